//! Values of parameters that the configuration must not show: it says `lrm://`, and the value is in a
//! file on each node (Pacemaker's `cibsecret`), beside it its MD5 as `.sign`.
//!
//! In: a node's root directory. Out: values, stored durably. The daemon reads them when it runs an
//! agent, the shell writes them.
//! Absent: bringing them to other nodes.

use crate::regular;
use crate::store::{self, StoreError};
use quorate_core::xml::digest::md5_hex;
use std::fmt;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What stands in the configuration instead of the value.
pub const MARK: &str = "lrm://";

/// What is longer is none.
const SECRET_BYTES_MAX: u64 = 1024 * 1024;

const DIRECTORY: &str = "var/lib/pacemaker/lrm/secrets";

/// The secrets of one node.
#[derive(Clone, Debug)]
pub struct Secrets {
    directory: PathBuf,
}

/// Why a secret cannot be had or kept.
#[derive(Debug)]
pub enum SecretError {
    /// A resource or parameter whose name is no file name.
    Name(String),
    Missing(PathBuf),
    File(PathBuf, io::Error),
    /// The value is not the one that was signed.
    Changed(PathBuf),
    /// A value of several lines, or with blanks at its end, does not come back as it was.
    Form,
    Store(StoreError),
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretError::Name(name) => write!(f, "`{name}` cannot name a secret"),
            SecretError::Missing(path) => write!(f, "there is no secret {}", path.display()),
            SecretError::File(path, error) => write!(f, "{}: {error}", path.display()),
            SecretError::Changed(path) => write!(f, "{} does not fit its .sign", path.display()),
            SecretError::Form => f.write_str("a secret is one line without blanks at its end"),
            SecretError::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SecretError {}

impl Secrets {
    /// Of the node whose files are below `root`.
    pub fn below(root: &Path) -> Secrets {
        Secrets { directory: root.join(DIRECTORY) }
    }

    /// Where the value of a parameter is kept. An anonymous clone's instances share it.
    ///
    /// # Errors
    /// A name cannot be that of a file.
    pub fn file(&self, resource: &str, parameter: &str) -> Result<PathBuf, SecretError> {
        let base = resource.split(':').next().unwrap_or_default();
        for name in [base, parameter] {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
                return Err(SecretError::Name(name.to_string()));
            }
        }
        Ok(self.directory.join(base).join(parameter))
    }

    /// The files of all values, without their checksums'.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>, SecretError> {
        let listed = |directory: &Path| match fs::read_dir(directory) {
            Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(SecretError::File(directory.to_path_buf(), error)),
        };
        let mut files = Vec::new();
        for resource in listed(&self.directory)?.iter().filter(|path| path.is_dir()) {
            files.extend(listed(resource)?.into_iter().filter(|path| signature(path).exists()));
        }
        files.sort();
        Ok(files)
    }

    /// The value, if it is the one that was signed.
    ///
    /// # Errors
    /// There is none, or it is not the one that was signed.
    pub fn get(&self, resource: &str, parameter: &str) -> Result<String, SecretError> {
        let path = self.file(resource, parameter)?;
        let read = |path: &Path| match regular::read_text(path, SECRET_BYTES_MAX) {
            Ok(text) => Ok(text.trim_end().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SecretError::Missing(path.to_path_buf())),
            Err(error) => Err(SecretError::File(path.to_path_buf(), error)),
        };
        let value = read(&path)?;
        let sign = read(&signature(&path))?;
        if md5_hex(value.as_bytes()) == sign { Ok(value) } else { Err(SecretError::Changed(path)) }
    }

    /// Keeps a value: when this returns it is on disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, resource: &str, parameter: &str, value: &str) -> Result<(), SecretError> {
        if value.contains('\n') || value.trim_end() != value {
            return Err(SecretError::Form);
        }
        let path = self.file(resource, parameter)?;
        let directory = path.parent().unwrap_or(&self.directory);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| SecretError::File(directory.to_path_buf(), error))?;
        // Between the two the value does not fit: an agent gets none rather than half a change.
        store::replace(&path, value.as_bytes()).map_err(SecretError::Store)?;
        store::replace(&signature(&path), md5_hex(value.as_bytes()).as_bytes()).map_err(SecretError::Store)
    }

    /// Forgets a value; there need not be one.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&self, resource: &str, parameter: &str) -> Result<(), SecretError> {
        let path = self.file(resource, parameter)?;
        for file in [signature(&path), path.clone()] {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(SecretError::File(file, error)),
                _ => {}
            }
        }
        // The last one takes the resource's directory with it.
        let _ = path.parent().map(fs::remove_dir);
        Ok(())
    }
}

/// Where the checksum of a value is kept.
pub fn signature(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".sign");
    path.with_file_name(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_value_comes_back_as_it_was_and_goes() {
        let root = tempfile::tempdir().unwrap();
        let secrets = Secrets::below(root.path());
        secrets.set("db", "password", "o'p en \"s\"").unwrap();
        assert_eq!(secrets.get("db:1", "password").unwrap(), "o'p en \"s\"");
        let file = secrets.file("db", "password").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        secrets.remove("db", "password").unwrap();
        secrets.remove("db", "password").unwrap();
        assert!(matches!(secrets.get("db", "password"), Err(SecretError::Missing(_))));
        assert!(!file.parent().unwrap().exists());
    }

    #[test]
    fn what_was_changed_beside_is_no_value() {
        let root = tempfile::tempdir().unwrap();
        let secrets = Secrets::below(root.path());
        secrets.set("db", "password", "one").unwrap();
        fs::write(secrets.file("db", "password").unwrap(), "two").unwrap();
        assert!(matches!(secrets.get("db", "password"), Err(SecretError::Changed(_))));
    }

    #[test]
    fn names_lead_nowhere_else() {
        let secrets = Secrets::below(Path::new("/nowhere"));
        for (resource, parameter) in [("..", "a"), ("a", "../b"), ("a/b", "c"), ("", "a"), (":0", "a")] {
            assert!(matches!(secrets.file(resource, parameter), Err(SecretError::Name(_))), "{resource} {parameter}");
        }
        assert!(matches!(secrets.set("a", "b", "two\nlines"), Err(SecretError::Form)));
    }
}
