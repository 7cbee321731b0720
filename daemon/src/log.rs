//! Notes to the log file, in the form of Pacemaker's: `Mon dd HH:MM:SS.mmm host quorated [pid] (about) level: text`.
//!
//! Appended line by line, so that logrotate's copytruncate works. Also to standard error when it
//! is a terminal or nothing else can be opened.

use quorate_core::note::{Note, Severity};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where notes go.
#[derive(Debug)]
pub struct Log {
    file: Option<File>,
    host: String,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Log {
    /// Opens (or makes) the file.
    pub fn open(path: &Path, host: &str) -> Log {
        if let Some(parent) = path.parent() {
            let _ = std::fs::create_dir_all(parent);
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        if let Err(error) = &file {
            eprintln!("quorated: cannot open {}: {error}", path.display());
        }
        Log { file: file.ok(), host: host.to_string() }
    }

    /// Writes one note.
    pub fn note(&mut self, note: &Note) {
        let level = match note.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        self.line(level, &note.about, &note.message);
    }

    /// Writes one line.
    pub fn line(&mut self, level: &str, about: &str, text: &str) {
        let pid = std::process::id();
        let text = text.replace('\n', " | ");
        let line = format!("{} {} quorated [{pid}] ({about}) {level}: {text}\n", timestamp(), self.host);
        let written = self.file.as_mut().is_some_and(|file| file.write_all(line.as_bytes()).is_ok());
        if !written {
            eprint!("{line}");
        }
    }
}

fn timestamp() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() as libc::time_t;
    let local = local_time(seconds);
    format!(
        "{} {:02} {:02}:{:02}:{:02}.{:03}",
        MONTHS[(local.tm_mon.clamp(0, 11)) as usize],
        local.tm_mday,
        local.tm_hour,
        local.tm_min,
        local.tm_sec,
        since.subsec_millis()
    )
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
