//! What runs here, on disk: so that the next daemon finds what its predecessor left running.
//!
//! An entry is made before a program is run, and goes when it has ended. A daemon that died leaves
//! entries: their programs are ended, with their groups and all that descends from them, before anything else is
//! done; also what such a program has put into a session of its own, which may yet come to be the resource. What an
//! agent that has ended left behind on purpose, the resource itself, has no entry and lives on.
//!
//! The files lie where a reboot empties them, and nothing depends on one that was lost with the
//! host: so they are written without waiting for a disk, in place, and used again for the next entry.
//! One without a mark in its first line is free.

use crate::tree::{self, Process, processes};
use nix::unistd::Pid;
use quorate_core::text;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// By this variable a program is found whose number was not written down any more.
pub const MARK: &str = "QUORATE_RUN";

/// How long a killed group may take to be gone. One that waits for a hanging disk may take longer.
const REAP_TIME: Duration = Duration::from_secs(5);

/// Where entries are kept; none where nobody comes after.
#[derive(Clone, Debug, Default)]
pub struct Register {
    directory: Option<PathBuf>,
    /// Differs from that of every other daemon on this host.
    prefix: String,
    count: Arc<AtomicU64>,
    free: Arc<Mutex<Vec<File>>>,
}

/// An entry's file is written whole: mark, purpose, number and start, a line each, and line ends.
const ENTRY_BYTES: usize = 512;
const PURPOSE_BYTES_MAX: usize = 300;

/// Files that are kept open for the next entries.
const FREE_MAX: usize = 64;

/// A program that runs. Dropped, it has ended.
#[derive(Debug)]
pub struct Entry {
    file: Option<File>,
    mark: String,
    purpose: String,
    free: Arc<Mutex<Vec<File>>>,
}

/// A program that was still running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What it was run for: resource or device, and action.
    pub purpose: String,
    /// Whether it is gone.
    pub gone: bool,
}

impl Register {
    /// Keeps entries in this directory, and makes it.
    pub fn open(directory: &Path) -> io::Result<Register> {
        fs::create_dir_all(directory)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let prefix = format!("{}-{}", since.as_micros(), std::process::id());
        Ok(Register { directory: Some(directory.to_path_buf()), prefix, ..Register::default() })
    }

    /// An entry for what is about to be run. Where it cannot be written the program is run all the
    /// same: a stop that fails for a full disk would do more harm.
    pub fn enter(&self, purpose: &str) -> Entry {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", self.prefix);
        let file = self.free_file().or_else(|| self.new_file(&mark));
        let purpose = text::shortened(&text::one_line(purpose), PURPOSE_BYTES_MAX).into_owned();
        let entry = Entry { file, mark, purpose, free: self.free.clone() };
        entry.write("");
        entry
    }

    /// One that is still where the next daemon looks for it.
    fn free_file(&self) -> Option<File> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(file) = free.pop() {
            if file.metadata().is_ok_and(|file| file.nlink() > 0) {
                return Some(file);
            }
        }
        None
    }

    fn new_file(&self, mark: &str) -> Option<File> {
        let path = self.directory.as_ref()?.join(mark);
        let created = File::create_new(&path);
        let made_again = |error: io::Error| {
            // Somebody has emptied the directory above.
            (error.kind() == io::ErrorKind::NotFound).then_some(())?;
            fs::create_dir_all(path.parent()?).ok()?;
            File::create_new(&path).ok()
        };
        created.map_or_else(made_again, Some)
    }

    /// Ends what former daemons left running, each with its group, and forgets it.
    pub fn end_predecessors(&self) -> Vec<Running> {
        let own = format!("{}-", self.prefix);
        self.end(|mark| !mark.starts_with(&own))
    }

    /// Ends what this daemon has running.
    pub fn end_own(&self) -> Vec<Running> {
        let own = format!("{}-", self.prefix);
        self.end(|mark| mark.starts_with(&own))
    }

    fn end(&self, meant: impl Fn(&str) -> bool) -> Vec<Running> {
        let Some(directory) = &self.directory else { return Vec::new() };
        let mut found = Vec::new();
        for file in fs::read_dir(directory).into_iter().flatten().flatten() {
            if !meant(&file.file_name().to_string_lossy()) {
                continue;
            }
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            let mut lines = text.lines();
            let mark = lines.next().unwrap_or_default();
            let purpose = lines.next().unwrap_or_default().to_string();
            let noted = lines.next().and_then(running_as_noted);
            let group = noted.or_else(|| marked(mark)).filter(|_| !mark.is_empty());
            if let Some(group) = group {
                found.push((purpose, end_all(group, mark)));
            }
            let _ = fs::remove_file(file.path());
        }
        let deadline = Instant::now() + REAP_TIME;
        let gone = |(purpose, ended)| Running { purpose, gone: tree::are_gone_by(&ended, deadline) };
        found.into_iter().map(gone).collect()
    }
}

impl Entry {
    /// What the program carries in its environment.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// It runs under this number.
    pub fn began(&self, id: u32) {
        let start = Process::read(id as i32).map_or(0, |process| process.start);
        self.write(&format!("{id} {start}"));
    }

    fn write(&self, number: &str) {
        let mut bytes = format!("{}\n{}\n{number}\n", self.mark, self.purpose).into_bytes();
        bytes.resize(ENTRY_BYTES, b'\n');
        if let Some(file) = &self.file {
            let _ = file.write_all_at(&bytes, 0);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        // A mark that begins with a line end is none.
        let _ = file.write_all_at(b"\n", 0);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < FREE_MAX {
            free.push(file);
        }
    }
}

/// Number and start as they were written down, if that process is still there.
fn running_as_noted(line: &str) -> Option<Pid> {
    let (id, start) = line.split_once(' ')?;
    let (id, start): (i32, u64) = (id.parse().ok()?, start.trim().parse().ok()?);
    let process = Process::read(id)?;
    (process.start == start && !process.zombie).then(|| Pid::from_raw(id))
}

/// How many entries in a directory stand for something.
pub fn entries(directory: &Path) -> usize {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let texts = files.map(|file| fs::read_to_string(file.path()).unwrap_or_default());
    texts.filter(|text| !text.is_empty() && !text.starts_with('\n')).count()
}

/// Ends a program that runs, and whatever else bears its mark.
fn end_all(group: Pid, mark: &str) -> BTreeSet<i32> {
    let mut ended = tree::end(group);
    for (id, process) in bearers(mark) {
        if !ended.contains(&id) {
            ended.extend(tree::end(Pid::from_raw(process.group)));
        }
    }
    ended
}

/// A daemon may die between a program's start and the note of its number. A program that we run
/// leads a group in our session; a service that it left behind leads none, or a session of its own.
fn marked(mark: &str) -> Option<Pid> {
    let leads = |(id, process): &(i32, Process)| process.group == *id && process.session != *id;
    bearers(mark).find(leads).map(|(id, _)| Pid::from_raw(id))
}

/// What carries this mark in its environment, and lives.
fn bearers(mark: &str) -> impl Iterator<Item = (i32, Process)> {
    let variable = format!("{MARK}={mark}");
    processes().filter_map(move |id| {
        let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
        let has = environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
        Process::read(id).filter(|process| has && !process.zombie).map(|process| (id, process))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use nix::sys::signal::Signal;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    /// A program as we would run it, with a service that it leaves behind.
    fn spawn(entry: &Entry, script: &str) -> Child {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).env(MARK, entry.mark()).process_group(0);
        command.spawn().unwrap()
    }

    /// What a daemon that dies leaves: nothing is dropped.
    fn leave(register: &Register, script: &str, noted: bool) -> Child {
        let entry = register.enter("r start");
        let child = spawn(&entry, script);
        if noted {
            entry.began(child.id());
        }
        std::mem::forget(entry);
        child
    }

    #[test]
    fn what_still_runs_is_ended_with_its_group_whether_its_number_was_noted_or_not() {
        let directory = tempfile::tempdir().unwrap();
        for noted in [true, false] {
            let former = Register::open(directory.path()).unwrap();
            let mut child = leave(&former, "sleep 1000 & sleep 1000", noted);
            // Until it has its own environment it cannot be told from its parent.
            while !noted && marked(&format!("{}-0", former.prefix)).is_none() {
                std::thread::sleep(Duration::from_millis(10));
            }
            let found = Register::open(directory.path()).unwrap().end_predecessors();
            assert_eq!(found, [Running { purpose: "r start".into(), gone: true }]);
            assert!(child.wait().unwrap().code().is_none());
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_a_running_program_has_put_into_a_session_of_its_own_is_ended_too() {
        let directory = tempfile::tempdir().unwrap();
        let former = Register::open(directory.path()).unwrap();
        let left = directory.path().join("../put-aside-by-a-test");
        let script = format!("(setsid sh -c 'echo $$ >{}; sleep 1000' &); sleep 1000", left.display());
        let mut child = leave(&former, &script, true);
        let service = loop {
            match fs::read_to_string(&left).ok().and_then(|text| text.trim().parse::<i32>().ok()) {
                Some(id) => break id,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        fs::remove_file(&left).unwrap();
        let found = Register::open(directory.path()).unwrap().end_predecessors();
        assert_eq!(found, [Running { purpose: "r start".into(), gone: true }]);
        assert!(Process::read(service).is_none_or(|process| process.zombie));
        child.wait().unwrap();
    }

    #[test]
    fn what_a_program_that_has_ended_left_behind_lives_on() {
        let directory = tempfile::tempdir().unwrap();
        let former = Register::open(directory.path()).unwrap();
        let left = directory.path().join("../left-behind-by-a-test");
        let script = format!("sleep 1000 >/dev/null 2>&1 & echo $! >{}", left.display());
        leave(&former, &script, true).wait().unwrap();
        let service: i32 = fs::read_to_string(&left).unwrap().trim().parse().unwrap();
        fs::remove_file(&left).unwrap();
        assert_eq!(Register::open(directory.path()).unwrap().end_predecessors(), []);
        nix::sys::signal::kill(Pid::from_raw(service), Signal::SIGKILL).unwrap();
    }

    #[test]
    fn a_number_that_another_process_bears_now_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let own = std::process::id();
        fs::write(directory.path().join("1-1-1"), format!("1-1-1\nr start\n{own} 1\n")).unwrap();
        assert_eq!(Register::open(directory.path()).unwrap().end_predecessors(), []);
    }

    #[test]
    fn an_entry_goes_with_its_program_and_its_file_serves_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let register = Register::open(directory.path()).unwrap();
        let long = "x".repeat(1000);
        for purpose in ["r monitor", &long, "r stop"] {
            let entry = register.enter(purpose);
            assert_eq!(entries(directory.path()), 1);
            drop(entry);
            assert_eq!(entries(directory.path()), 0);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
