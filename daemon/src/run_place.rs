//! The directory of what runs: the lock that makes this daemon the only one of its node, and the tools' socket.
//!
//! Somebody may empty `/run` under a daemon: then tools would find nobody, and a second daemon of the same node could
//! start. Both are made again. In: its path. Out: the lock, held for the life of the daemon.

use crate::options::Places;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// How long tools may find nobody.
pub const LOOKED_AT_EVERY: Duration = Duration::from_secs(2);

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunPlaceError {
    #[error("another quorated runs here ({path} is locked)")]
    Running { path: String },
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
}

/// The kernel lets the lock go with the process.
pub struct RunPlace {
    pub places: Places,
    lock: File,
    /// What was last said of it.
    pub said: String,
}

impl RunPlace {
    /// Makes the directory, and takes the lock in it.
    ///
    /// # Errors
    /// It cannot be made, or another daemon has it.
    pub fn take(places: &Places) -> Result<RunPlace, RunPlaceError> {
        let path = places.pid();
        let shown = path.display().to_string();
        let fail = |source| RunPlaceError::Io { path: shown.clone(), source };
        fs::create_dir_all(places.run()).map_err(fail)?;
        let lock = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(fail)?;
        if lock.try_lock().is_err() {
            return Err(RunPlaceError::Running { path: shown });
        }
        lock.set_len(0).map_err(fail)?;
        fs::write(&path, format!("{}\n", std::process::id())).map_err(fail)?;
        Ok(RunPlace { places: places.clone(), lock, said: String::new() })
    }

    /// Whether the lock is not where another daemon would look for it.
    pub fn is_gone(&self) -> bool {
        let number = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        let own = self.lock.metadata().ok().map(|file| (file.dev(), file.ino()));
        number(&self.places.pid()) != own
    }
}
