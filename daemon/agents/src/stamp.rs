//! Which agent lies in a file: a file's time of change and its length; another pair is another agent.

use std::path::Path;
use std::time::SystemTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    /// `None` if there is no such file.
    pub fn of(file: &Path) -> Option<Stamp> {
        let about = std::fs::metadata(file).ok()?;
        Some(Stamp { changed: about.modified().ok(), bytes: about.len() })
    }
}
