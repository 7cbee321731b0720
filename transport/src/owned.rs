//! To whom the cluster's files belong, and who else may read them: as Pacemaker's, `hacluster` and the
//! group `haclient`, where they exist; else whoever runs the daemon.
//!
//! In: directories and files. Out: the same, narrowed. Absent: what is in them, replacing them (see `store`).

use std::fs::{self, DirEntry, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use nix::unistd::{Group, Uid, User};

use crate::local::ADMIN_GROUP;
use crate::regular;

/// Pacemaker's account.
const USER: &str = "hacluster";

/// An owner and the rights of a kind of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// `None` leaves them with whoever makes them.
    owner: Option<(u32, u32)>,
    pub file_mode: u32,
    pub directory_mode: u32,
}

impl Default for Owned {
    /// Files that nobody else reads.
    fn default() -> Owned {
        Owned { owner: None, file_mode: 0o600, directory_mode: 0o750 }
    }
}

impl Owned {
    /// Files with these rights that belong to the cluster's account.
    pub fn by_cluster(file_mode: u32, directory_mode: u32) -> Owned {
        let user = User::from_name(USER).ok().flatten();
        let group = Group::from_name(ADMIN_GROUP).ok().flatten();
        // Only root can give files away.
        let owner = user.zip(group).filter(|_| Uid::effective().is_root());
        let owner = owner.map(|(user, group)| (user.uid.as_raw(), group.gid.as_raw()));
        Owned { owner, file_mode, directory_mode }
    }

    /// Makes a directory, or narrows it.
    ///
    /// # Errors
    /// It cannot be made, or is not ours to change.
    pub fn directory(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)?;
        self.claim(path)?;
        fs::set_permissions(path, Permissions::from_mode(self.directory_mode))
    }

    /// Opens a file to write at its end, makes it if need be. What is no file (a device, a pipe that somebody
    /// reads) is left as it is.
    ///
    /// # Errors
    /// It cannot be opened, or is not ours to change; it is a pipe that nobody reads.
    pub fn append(&self, path: &Path) -> io::Result<File> {
        let file = regular::open_any(OpenOptions::new().create(true).append(true).mode(self.file_mode), path)?;
        if file.metadata()?.is_file() {
            self.claim(path)?;
            file.set_permissions(Permissions::from_mode(self.file_mode))?;
        }
        Ok(file)
    }

    /// A file before anybody knows its name.
    pub(crate) fn apply(&self, file: &File, path: &Path) -> io::Result<()> {
        self.claim(path)?;
        file.set_permissions(Permissions::from_mode(self.file_mode))
    }

    /// Takes from the files in a directory what is too much, and gives them their owner. What stands
    /// there by another name is somebody else's.
    ///
    /// # Errors
    /// The directory cannot be read, or a file is not ours to change.
    pub fn narrow(&self, directory: &Path, is_ours: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let ours = entry.file_name().to_str().is_some_and(&is_ours);
            // A link leads who knows where.
            if ours && entry.file_type()?.is_file() {
                self.narrow_one(&entry)?;
            }
        }
        Ok(())
    }

    fn narrow_one(&self, entry: &DirEntry) -> io::Result<()> {
        let about = entry.metadata()?;
        if self.owner.is_some_and(|owner| owner != (about.uid(), about.gid())) {
            self.claim(&entry.path())?;
        }
        let mode = about.mode() & 0o777;
        match mode & self.file_mode {
            narrowed if narrowed != mode => fs::set_permissions(entry.path(), Permissions::from_mode(narrowed)),
            _ => Ok(()),
        }
    }

    fn claim(&self, path: &Path) -> io::Result<()> {
        match self.owner {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn what_was_open_to_all_is_narrowed_and_what_is_not_ours_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let cib = directory.path().join("lib/cib");
        fs::create_dir_all(&cib).unwrap();
        for name in ["cib.xml", "shadow.a"] {
            fs::write(cib.join(name), "x").unwrap();
            fs::set_permissions(cib.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", cib.join("cib-0.raw")).unwrap();
        let owned = Owned::default();
        owned.directory(&cib).unwrap();
        owned.narrow(&cib, |name| name.starts_with("cib")).unwrap();
        assert_eq!(mode(&cib), 0o750);
        assert_eq!(mode(&cib.join("cib.xml")), 0o600);
        assert_eq!(mode(&cib.join("shadow.a")), 0o644);
        assert_eq!(mode(Path::new("/etc/passwd")), 0o644);
        drop(owned.append(&cib.join("log")).unwrap());
        assert_eq!(mode(&cib.join("log")), 0o600);
        let before = mode(Path::new("/dev/null"));
        drop(owned.append(Path::new("/dev/null")).unwrap());
        assert_eq!(mode(Path::new("/dev/null")), before);
    }
}
