//! The directory of what runs: the lock that makes this daemon the only one of its node, and the tools' socket.
//!
//! Somebody may empty `/run` under a daemon: then tools would find nobody, and a second daemon of the same node could
//! start. Both are made again. In: its path. Out: the lock, held for the life of the daemon.

use super::{Daemon, Flow, RunError};
use crate::options::Places;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// How long tools may find nobody.
pub(super) const LOOKED_AT_EVERY: Duration = Duration::from_secs(2);

/// The kernel lets the lock go with the process.
pub(super) struct RunPlace {
    places: Places,
    lock: File,
    /// What was last said of it.
    said: String,
}

impl RunPlace {
    /// Makes the directory, and takes the lock in it.
    ///
    /// # Errors
    /// It cannot be made, or another daemon has it.
    pub fn take(places: &Places) -> Result<RunPlace, RunError> {
        let path = places.pid();
        let shown = path.display().to_string();
        let fail = |source| RunError::Io { what: shown.clone(), source };
        fs::create_dir_all(places.run()).map_err(fail)?;
        let lock = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(fail)?;
        if lock.try_lock().is_err() {
            return Err(RunError::Running { path: shown });
        }
        lock.set_len(0).map_err(fail)?;
        fs::write(&path, format!("{}\n", std::process::id())).map_err(fail)?;
        Ok(RunPlace { places: places.clone(), lock, said: String::new() })
    }

    /// Whether the lock is not where another daemon would look for it.
    fn is_gone(&self) -> bool {
        let number = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        let own = self.lock.metadata().ok().map(|file| (file.dev(), file.ino()));
        number(&self.places.pid()) != own
    }
}

impl Daemon {
    /// What was removed is made again.
    pub(super) fn keep_run_place(&mut self) -> Flow {
        let lock = self.run_place.is_gone().then(|| RunPlace::take(&self.run_place.places));
        let mut said = match lock {
            None => String::new(),
            Some(Ok(place)) => {
                self.run_place = place;
                "was removed, and is made again".into()
            }
            Some(Err(error)) => format!("was removed, and cannot be made again: {error}"),
        };
        if let Some(Err(error)) = self.server.is_gone().then(|| self.server.listen_again()) {
            said = format!("tools cannot reach this daemon: {error}");
        }
        if said != self.run_place.said {
            if !said.is_empty() {
                let directory = self.run_place.places.run();
                self.log.line("warning", "tools", &format!("{} {said}", directory.display()));
            }
            self.run_place.said = said;
        }
        Flow::GoOn
    }
}
