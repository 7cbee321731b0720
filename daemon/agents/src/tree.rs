//! A program with its group and all that descends from it, ended together.
//!
//! In: the number of a program that leads a group. Out: everything of it has got SIGKILL. What an agent
//! has put into a session of its own is still its child as long as it waits for it; a service that it
//! has left behind is nobody's any more, and lives on.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What the kernel says of a process.
pub struct Process {
    pub zombie: bool,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    /// When it began, in ticks since the boot: a number that is used again begins later.
    pub start: u64,
}

impl Process {
    pub fn read(id: i32) -> Option<Process> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name before may hold anything, blanks and brackets too.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Process {
            zombie: matches!(fields.first(), Some(&"Z" | &"X")),
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
        })
    }
}

/// The numbers of all processes.
pub fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Ends the tree; who was of it. They are stopped first, so that none begets another meanwhile.
pub fn end(leader: Pid) -> BTreeSet<i32> {
    let _ = killpg(leader, Signal::SIGSTOP);
    let mut tree = BTreeSet::from([leader.as_raw()]);
    loop {
        let is_new = |id: &i32| {
            !tree.contains(id)
                && Process::read(*id).is_some_and(|process| {
                    !process.zombie && (process.group == leader.as_raw() || tree.contains(&process.parent))
                })
        };
        let new: Vec<i32> = processes().filter(is_new).collect();
        if new.is_empty() {
            break;
        }
        for id in new {
            let _ = kill(Pid::from_raw(id), Signal::SIGSTOP);
            tree.insert(id);
        }
    }
    let _ = killpg(leader, Signal::SIGKILL);
    for id in tree.iter().filter(|id| **id != leader.as_raw()) {
        let _ = kill(Pid::from_raw(*id), Signal::SIGKILL);
    }
    tree
}

/// Whether all of a tree that was ended are gone by then.
pub fn are_gone_by(tree: &BTreeSet<i32>, deadline: Instant) -> bool {
    while tree.iter().any(|id| Process::read(*id).is_some_and(|process| !process.zombie)) {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    #[test]
    fn what_an_agent_waits_for_in_another_session_ends_with_it_and_what_it_left_behind_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let (inside, left) = (directory.path().join("inside"), directory.path().join("left"));
        let sleeper = |name: &str, into: &std::path::Path| {
            let file = directory.path().join(name);
            fs::write(&file, format!("echo $$ >{}\nexec sleep 1000\n", into.display())).unwrap();
            file
        };
        let (one, two) = (sleeper("one", &inside), sleeper("two", &left));
        // The one is waited for; the other's parent has gone.
        let script = format!("(setsid sh {} &); setsid -w sh {}; :", two.display(), one.display());
        let null = Stdio::null;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).stdin(null()).stdout(null()).stderr(null()).process_group(0);
        let mut child = command.spawn().unwrap();
        let number = |path: &std::path::Path| fs::read_to_string(path).ok()?.trim().parse::<i32>().ok();
        let until = Instant::now() + Duration::from_secs(20);
        while (number(&inside).is_none() || number(&left).is_none()) && Instant::now() < until {
            std::thread::sleep(LOOK_EVERY);
        }
        let (inside, left) = (number(&inside).unwrap(), number(&left).unwrap());
        let tree = end(Pid::from_raw(child.id() as i32));
        child.wait().unwrap();
        assert!(tree.contains(&inside) && !tree.contains(&left), "{tree:?}, {inside} inside, {left} left behind");
        assert!(are_gone_by(&tree, Instant::now() + Duration::from_secs(5)));
        assert!(Process::read(left).is_some_and(|process| !process.zombie));
        kill(Pid::from_raw(left), Signal::SIGKILL).unwrap();
    }
}
