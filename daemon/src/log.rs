//! Notes to the log file, in the form of Pacemaker's: `Mon dd HH:MM:SS.mmm host quorated [pid] (about) level: text`.
//!
//! Appended line by line, so that logrotate's copytruncate works. Also to standard error when
//! nothing can be opened. A thread of its own writes: a disk that hangs does not hold the cluster up.
//! What a terminal would obey is written out, so that a log can be shown.

use crate::syslog::Syslog;
use quorate_core::note::Note;
use quorate_core::text;
use quorate_transport::owned::Owned;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Lines that may wait for the disk; beyond, they are counted instead.
const WAITING_MAX: usize = 4096;

/// How long the last lines may take when the daemon ends.
const LAST_WORDS_TIME: Duration = Duration::from_secs(2);

/// Where lines are to go.
#[derive(Debug, Default)]
pub struct Destinations {
    /// The file, if there is to be one.
    pub path: Option<PathBuf>,
    pub owned: Owned,
    /// Whether the file's directory is ours, too.
    pub own_directory: bool,
    pub syslog: Option<Syslog>,
    pub stderr: bool,
}

/// One line, before it is written.
struct Line {
    time: Time,
    level: String,
    about: String,
    text: String,
}

/// Where notes go.
#[derive(Debug)]
pub struct Log {
    /// `None` only while it is dropped.
    lines: Option<mpsc::SyncSender<Line>>,
    lost: Arc<AtomicU64>,
    /// Closed by the writer at its end.
    written: mpsc::Receiver<()>,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Log {
    /// Opens (or makes) the file, to be read and written by whom it is said.
    pub fn open(to: Destinations, host: &str) -> Log {
        let Destinations { path, owned, own_directory, syslog, stderr } = to;
        let place = path.map(|path| Place { path, owned, own_directory });
        let file = place.as_ref().map(|place| {
            place.open().inspect_err(|error| {
                eprintln!("quorated: cannot open {}: {error}", place.path.display());
            })
        });
        // Lines that can go nowhere else go to standard error.
        let stderr = stderr || matches!(file, Some(Err(_)));
        let (lines, waiting) = mpsc::sync_channel(WAITING_MAX);
        let (ended, written) = mpsc::channel();
        let lost = Arc::new(AtomicU64::new(0));
        let file = file.and_then(Result::ok);
        let writer =
            Writer { file, place, looked: Instant::now(), syslog, stderr, host: host.to_string(), lost: lost.clone() };
        let work = move || {
            writer.write_all(&waiting);
            drop(ended);
        };
        // Without a thread there is no log, and its lines are counted for nobody.
        let _ = std::thread::Builder::new().name("log".into()).spawn(work);
        Log { lines: Some(lines), lost, written }
    }

    /// Writes one note.
    pub fn note(&mut self, note: &Note) {
        self.line(note.severity.word(), &note.about, &note.message);
    }

    /// Writes one line; never waits.
    pub fn line(&mut self, level: &str, about: &str, text: &str) {
        let line = Line::new(level, about, text);
        let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !sent {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.written.recv_timeout(LAST_WORDS_TIME);
    }
}

/// Where the file is, and whose.
struct Place {
    path: PathBuf,
    owned: Owned,
    own_directory: bool,
}

impl Place {
    fn open(&self) -> io::Result<File> {
        match (self.path.parent(), self.own_directory) {
            (Some(directory), true) => self.owned.directory(directory)?,
            (Some(directory), false) => std::fs::create_dir_all(directory)?,
            (None, _) => {}
        }
        self.owned.append(&self.path)
    }
}

/// How often it is looked whether the file has been removed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct Writer {
    file: Option<File>,
    place: Option<Place>,
    looked: Instant,
    syslog: Option<Syslog>,
    stderr: bool,
    host: String,
    lost: Arc<AtomicU64>,
}

impl Writer {
    fn write_all(mut self, waiting: &mpsc::Receiver<Line>) {
        for line in waiting {
            self.write(&line);
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let text = format!("{lost} lines are missing here: the disk did not keep up");
                self.write(&Line::new("warning", "log", &text));
            }
        }
    }

    /// Who removes the file, or its directory, does not mean that there is to be no log.
    fn follow(&mut self) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        let is_removed = |file: &File| file.metadata().is_ok_and(|about| about.nlink() == 0);
        if self.file.as_ref().is_some_and(is_removed)
            && let Some(Ok(file)) = self.place.as_ref().map(Place::open)
        {
            self.file = Some(file);
        }
    }

    fn write(&mut self, line: &Line) {
        self.follow();
        let text = line.in_file(&self.host);
        let written = self.file.as_mut().is_some_and(|file| file.write_all(text.as_bytes()).is_ok());
        if self.stderr || (self.file.is_some() && !written) {
            eprint!("{text}");
        }
        if let Some(syslog) = &self.syslog {
            syslog.line(&line.level, &line.time.seconds(), &format!("({}) {}", line.about, line.text));
        }
    }
}

impl Line {
    fn new(level: &str, about: &str, text: &str) -> Line {
        let (about, text) = (text::one_line(about), text::one_line(text));
        Line { time: Time::now(), level: level.to_string(), about, text }
    }

    fn in_file(&self, host: &str) -> String {
        let Line { time, level, about, text } = self;
        format!(
            "{} {:02} {}.{:03} {host} quorated [{}] ({about}) {level}: {text}\n",
            time.month,
            time.day,
            time.clock,
            time.millis,
            std::process::id()
        )
    }
}

/// When a line was said, where the host is.
struct Time {
    month: &'static str,
    day: i32,
    /// `HH:MM:SS`
    clock: String,
    millis: u32,
}

impl Time {
    fn now() -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let local = local_time(since.as_secs() as libc::time_t);
        Time {
            month: MONTHS[(local.tm_mon.clamp(0, 11)) as usize],
            day: local.tm_mday,
            clock: format!("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec),
            millis: since.subsec_millis(),
        }
    }

    /// `Mon  d HH:MM:SS`, as syslog takes it.
    fn seconds(&self) -> String {
        format!("{} {:2} {}", self.month, self.day, self.clock)
    }
}

#[allow(unsafe_code)]
fn local_time(seconds: libc::time_t) -> libc::tm {
    // SAFETY: `localtime_r` writes the whole struct it is given and keeps no pointer.
    unsafe {
        let mut local = std::mem::zeroed();
        libc::localtime_r(&seconds, &mut local);
        local
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::path::Path;

    fn log_to(path: &Path) -> Log {
        Log::open(Destinations { path: Some(path.to_path_buf()), ..Destinations::default() }, "n1")
    }

    #[test]
    fn lines_are_on_disk_when_it_is_closed_and_show_what_a_terminal_would_obey() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log/pacemaker.log");
        let mut log = log_to(&path);
        for number in 0..100 {
            log.line("info", "a\u{1b}", &format!("{number} \u{1b}[31m\nb"));
        }
        drop(log);
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written.lines().count(), 100);
        assert!(written.lines().last().unwrap().ends_with("(a\\x1b) info: 99 \\x1b[31m | b"), "{written}");
    }

    #[test]
    fn a_log_that_was_removed_is_made_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log/pacemaker.log");
        let mut log = log_to(&path);
        log.line("info", "x", "before");
        let until = Instant::now() + 30 * LOOK_EVERY;
        while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains("before")) && Instant::now() < until {
            std::thread::yield_now();
        }
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        while !path.exists() && Instant::now() < until {
            log.line("info", "x", "after");
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(log);
        assert!(std::fs::read_to_string(&path).unwrap().contains("after"));
    }

    /// A disk that hangs: nobody waits for it, and what was lost is said when it goes on.
    #[test]
    fn what_the_disk_does_not_take_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let open = File::options().read(true).write(true).open(&path).unwrap();
        let mut log = log_to(&path);
        // More than the pipe and the queue hold.
        for number in 0..3 * WAITING_MAX {
            log.line("info", "x", &format!("{number} {}", "y".repeat(100)));
        }
        let read = std::thread::spawn(move || {
            let mut lines = std::io::BufRead::lines(std::io::BufReader::new(open)).map_while(Result::ok);
            lines.find(|line| line.contains("lines are missing here"))
        });
        assert!(read.join().unwrap().is_some());
    }
}
