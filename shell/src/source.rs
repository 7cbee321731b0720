//! Where a CIB is: with the cluster, in a file, in a shadow; and reading and writing it there.
//!
//! In: a source. Out: documents; writes are atomic, synced, and never over something unseen.
//! Absent: merging (see `commit`), the daemon's protocol (see `client`).

use crate::environment::Environment;
use crate::error::{Failure, Kind, Outcome};
use nix::fcntl::{Flock, FlockArg};
use quorate_core::cib::Document;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Live,
    File(PathBuf),
    Shadow { name: String, path: PathBuf },
}

impl Source {
    /// What is meant when nothing else is said: a file if `CIB_file` names one, else the cluster.
    pub fn home(environment: &Environment) -> Source {
        match &environment.cib_file {
            Some(path) => Source::File(path.clone()),
            None => Source::Live,
        }
    }

    pub fn shadow(environment: &Environment, name: &str) -> Source {
        let path = environment.shadow_directory().join(format!("shadow.{name}"));
        Source::Shadow { name: name.to_string(), path }
    }

    /// The name in the prompt.
    pub fn label(&self) -> &str {
        match self {
            Source::Live | Source::File(_) => "live",
            Source::Shadow { name, .. } => name,
        }
    }

    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Live => None,
            Source::File(path) | Source::Shadow { path, .. } => Some(path),
        }
    }
}

pub fn read_file(path: &Path) -> Outcome<Document> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    Document::read(&text).map_err(|error| Failure::new(Kind::File, format!("{}: {error}", path.display())))
}

/// Holds a file against other writers, from reading to replacing it.
pub struct Held {
    path: PathBuf,
    _lock: Flock<File>,
}

/// Locks the file. It may be replaced by another while we wait, so the path is looked at again.
pub fn hold(path: &Path) -> Outcome<Held> {
    loop {
        let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        let inode = file.metadata().map_err(|error| Failure::file(path, &error))?.ino();
        let lock = Flock::lock(file, FlockArg::LockExclusive)
            .map_err(|(_, error)| Failure::file(path, &std::io::Error::from(error)))?;
        if fs::metadata(path).is_ok_and(|now| now.ino() == inode) {
            return Ok(Held { path: path.to_path_buf(), _lock: lock });
        }
    }
}

impl Held {
    pub fn read(&self) -> Outcome<Document> {
        read_file(&self.path)
    }

    pub fn write(&self, document: &Document) -> Outcome {
        write_file(&self.path, document)
    }
}

/// Writes beside the file and renames, so that a reader sees the old or the new, whole.
pub fn write_file(path: &Path, document: &Document) -> Outcome {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    replace(&path, &document.to_text()).map_err(|error| Failure::file(&path, &error))
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(directory)?;
    beside.write_all(text.as_bytes())?;
    match fs::metadata(path) {
        Ok(old) => {
            beside.as_file().set_permissions(old.permissions())?;
            // Only root can give files away; the owner is then as it should be already.
            let _ = std::os::unix::fs::chown(beside.path(), Some(old.uid()), Some(old.gid()));
        }
        Err(_) => beside.as_file().set_permissions(fs::Permissions::from_mode(0o600))?,
    }
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// The shadows there are, by name.
pub fn shadows(environment: &Environment) -> Vec<String> {
    let Ok(entries) = fs::read_dir(environment.shadow_directory()) else { return Vec::new() };
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("shadow.").map(str::to_string);
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}
