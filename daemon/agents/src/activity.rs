//! Which resources may be active on this host since it booted, as far as we had a hand in it.
//!
//! In: what agents were told, and what they said. Out: what a probe or a stop that could not be
//! carried out means. It is kept on disk, where a reboot empties it: a daemon that comes back still
//! knows what its predecessor started.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nobody started it here, and nobody found it active.
    None,
    /// It was started, or found active.
    Active,
    /// An action that changes it was ended with the daemon that ran it: it may be half started, and
    /// has to be stopped before anything else.
    Interrupted,
}

/// The traces of a host.
///
/// What was learnt since the start is kept in memory, too: somebody may empty the directory meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    directory: Option<PathBuf>,
    known: Arc<Mutex<BTreeMap<String, Trace>>>,
}

const ACTIVE: &str = "active\n";
const INTERRUPTED: &str = "interrupted\n";

impl Activity {
    /// Keeps traces in this directory, and makes it.
    pub fn open(directory: &Path) -> io::Result<Activity> {
        fs::create_dir_all(directory)?;
        let activity = Activity { directory: Some(directory.to_path_buf()), known: Arc::default() };
        for file in fs::read_dir(directory)?.flatten() {
            let resource = file.file_name().to_string_lossy().into_owned();
            let trace = activity.on_disk(&resource);
            activity.known().insert(resource, trace);
        }
        Ok(activity)
    }

    pub fn of(&self, resource: &str) -> Trace {
        // Where nothing can be kept, the worst is assumed.
        if self.file(resource).is_none() {
            return Trace::Active;
        }
        self.known().get(resource).copied().unwrap_or(Trace::None)
    }

    fn on_disk(&self, resource: &str) -> Trace {
        let Some(file) = self.file(resource) else { return Trace::Active };
        match fs::read_to_string(file) {
            Ok(text) if text == INTERRUPTED => Trace::Interrupted,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Trace::None,
            Ok(_) | Err(_) => Trace::Active,
        }
    }

    pub fn set(&self, resource: &str, trace: Trace) {
        let Some(file) = self.file(resource) else { return };
        self.known().insert(resource.to_string(), trace);
        let written = write(&file, trace);
        if written.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            self.write_all();
        }
    }

    /// The directory is gone: whoever comes after is to know all the same.
    fn write_all(&self) {
        let Some(directory) = &self.directory else { return };
        let _ = fs::create_dir_all(directory);
        for (resource, trace) in self.known().iter() {
            if let Some(file) = self.file(resource) {
                let _ = write(&file, *trace);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Trace>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, resource: &str) -> Option<PathBuf> {
        let plain = !resource.is_empty() && !resource.starts_with('.') && !resource.contains('/');
        self.directory.as_ref().filter(|_| plain).map(|directory| directory.join(resource))
    }
}

fn write(file: &Path, trace: Trace) -> io::Result<()> {
    match trace {
        Trace::None => fs::remove_file(file).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
        Trace::Active => fs::write(file, ACTIVE),
        Trace::Interrupted => fs::write(file, INTERRUPTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clean-up job may empty `/run` while we run: what is active stays known, also to the next daemon.
    #[test]
    fn what_is_active_is_known_although_the_directory_was_emptied() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("active");
        let activity = Activity::open(&directory).expect("it opens");
        activity.set("db", Trace::Active);
        fs::remove_dir_all(&directory).expect("it is there");
        assert_eq!(activity.of("db"), Trace::Active);
        activity.set("vip", Trace::Interrupted);
        let next = Activity::open(&directory).expect("it opens");
        assert_eq!((next.of("db"), next.of("vip"), next.of("other")), (Trace::Active, Trace::Interrupted, Trace::None));
    }
}
