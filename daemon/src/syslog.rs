//! Lines for the host's own log: syslog's datagrams (RFC 3164) at `/dev/log`, where journald listens, too.
//!
//! Never waits: a log daemon that does not keep up misses lines, which stand in the file.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// A severity's number (syslog(3)) and Pacemaker's word for it.
const LEVELS: [(&str, u8); 6] = [("crit", 2), ("error", 3), ("warning", 4), ("notice", 5), ("info", 6), ("debug", 7)];

/// A facility's name and number (syslog(3)), as `PCMK_logfacility` names them.
const FACILITIES: [(&str, u8); 10] = [
    ("daemon", 3),
    ("user", 1),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// The facility of this name; `None` for `none` and `/dev/null`.
///
/// # Errors
/// There is no such facility.
pub fn facility(name: &str) -> Result<Option<u8>, String> {
    match name {
        "none" | "/dev/null" => Ok(None),
        name => match FACILITIES.iter().find(|(known, _)| *known == name) {
            Some((_, number)) => Ok(Some(*number)),
            None => Err(format!("`{name}` is no facility of syslog")),
        },
    }
}

/// The number of a level; that of `info` for others.
pub fn level(word: &str) -> u8 {
    known_level(word).unwrap_or(6)
}

/// The number of a level that has this name.
pub fn known_level(word: &str) -> Option<u8> {
    let word = if word == "err" { "error" } else { word };
    LEVELS.iter().find(|(known, _)| *known == word).map(|(_, number)| *number)
}

/// The host's log.
#[derive(Debug)]
pub struct Syslog {
    socket: UnixDatagram,
    path: PathBuf,
    facility: u8,
    /// Lines beyond this level are not sent.
    up_to: u8,
}

impl Syslog {
    /// Sends to the socket at this path, whoever listens there at the time.
    pub fn open(path: &Path, facility: u8, up_to: u8) -> Option<Syslog> {
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Syslog { socket, path: path.to_path_buf(), facility, up_to })
    }

    /// Sends a line, if its level is one of those that are wanted.
    pub fn line(&self, word: &str, time: &str, text: &str) {
        let level = level(word);
        if level <= self.up_to {
            let priority = u32::from(self.facility) * 8 + u32::from(level);
            let line = format!("<{priority}>{time} quorated[{}]: {word}: {text}", std::process::id());
            let _ = self.socket.send_to(line.as_bytes(), &self.path);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_up_to_the_level_are_sent_with_their_priority() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let listener = UnixDatagram::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let log = Syslog::open(&path, 3, level("notice")).unwrap();
        log.line("info", "Nov  7 10:00:00", "too much");
        log.line("warning", "Nov  7 10:00:00", "n2 is lost");
        let mut buffer = [0; 200];
        let length = listener.recv(&mut buffer).unwrap();
        let pid = std::process::id();
        let text = String::from_utf8_lossy(&buffer[..length]);
        assert_eq!(text, format!("<28>Nov  7 10:00:00 quorated[{pid}]: warning: n2 is lost"));
        assert!(listener.recv(&mut buffer).is_err());
    }

    #[test]
    fn facilities_are_those_of_syslog_and_none() {
        assert_eq!(facility("daemon"), Ok(Some(3)));
        assert_eq!(facility("local7"), Ok(Some(23)));
        assert_eq!(facility("none"), Ok(None));
        assert!(facility("nowhere").is_err());
    }
}
