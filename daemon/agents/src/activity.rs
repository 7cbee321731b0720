//! Which resources may be active on this host since it booted, as far as we had a hand in it.
//!
//! In: what agents were told, and what they said. Out: what a probe or a stop that could not be
//! carried out means. It is kept on disk, where a reboot empties it: a daemon that comes back still
//! knows what its predecessor started.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
#[derive(Clone, Debug, Default)]
pub struct Activity {
    directory: Option<PathBuf>,
}

const ACTIVE: &str = "active\n";
const INTERRUPTED: &str = "interrupted\n";

impl Activity {
    /// Keeps traces in this directory, and makes it.
    pub fn open(directory: &Path) -> io::Result<Activity> {
        fs::create_dir_all(directory)?;
        Ok(Activity { directory: Some(directory.to_path_buf()) })
    }

    pub fn of(&self, resource: &str) -> Trace {
        // Where nothing can be kept, the worst is assumed.
        let Some(file) = self.file(resource) else { return Trace::Active };
        match fs::read_to_string(file) {
            Ok(text) if text == INTERRUPTED => Trace::Interrupted,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Trace::None,
            Ok(_) | Err(_) => Trace::Active,
        }
    }

    pub fn set(&self, resource: &str, trace: Trace) {
        let Some(file) = self.file(resource) else { return };
        let _ = match trace {
            Trace::None => fs::remove_file(file),
            Trace::Active => fs::write(file, ACTIVE),
            Trace::Interrupted => fs::write(file, INTERRUPTED),
        };
    }

    fn file(&self, resource: &str) -> Option<PathBuf> {
        let plain = !resource.is_empty() && !resource.starts_with('.') && !resource.contains('/');
        self.directory.as_ref().filter(|_| plain).map(|directory| directory.join(resource))
    }
}
