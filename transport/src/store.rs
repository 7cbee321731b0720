//! One door to a CIB, wherever it is: with the cluster, in a file, in a shadow, on standard input.
//!
//! In: what the environment says. Out: documents; patches committed, or why not. Files are
//! replaced whole and flushed to disk, and held against other writers meanwhile.
//! Absent: merging what others changed (see core's `cib::merge`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use quorate_core::cib::document::DocumentError;
use quorate_core::cib::{self, ApplyError, Document, Patch, Version};
use quorate_core::node::Refusal;
use quorate_core::text::read as read_text;
use quorate_core::{schema, xml};

use crate::local::address::Address;
use crate::local::daemon::{AskError, Daemon};
use crate::owned::Owned;

/// A new file is nobody else's business; an existing one keeps its permissions.
const NEW_FILE_MODE: u32 = 0o600;
const SHARED_FILE_MODE: u32 = 0o644;

/// Where a CIB is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CibSource {
    Live {
        at: Address,
    },
    File(PathBuf),
    Shadow {
        name: String,
        path: PathBuf,
    },
    /// Read once; cannot be written.
    Stdin,
}

/// Why a CIB is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// There is no such shadow.
    #[error("there is no shadow {name} ({})", path.display())]
    NoShadow { name: String, path: PathBuf },
    #[error("{what} is not a CIB: {error}")]
    NotACib { what: String, error: DocumentError },
    /// Someone else was first, or the patch is for another document.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// It would not be what it is when it is read again.
    #[error("{0}")]
    Unfit(String),
    /// Its schema does not allow it.
    #[error("{0}")]
    Schema(String),
    #[error("standard input cannot be written")]
    ReadOnly,
    #[error(transparent)]
    Daemon(AskError),
}

impl From<AskError> for StoreError {
    fn from(error: AskError) -> StoreError {
        match error {
            AskError::Refused(Refusal::Patch(error)) => StoreError::Apply(error),
            AskError::Refused(Refusal::Schema { reason }) => StoreError::Schema(reason),
            AskError::Refused(Refusal::Unfit { reason }) | AskError::Unfit(reason) => StoreError::Unfit(reason),
            error => StoreError::Daemon(error),
        }
    }
}

impl CibSource {
    /// The shadow of this name in a directory of shadows.
    pub fn shadow(name: &str, directory: &Path) -> CibSource {
        CibSource::Shadow { name: name.to_string(), path: directory.join(format!("shadow.{name}")) }
    }

    /// Whether it is the cluster's, not a file.
    pub fn is_live(&self) -> bool {
        matches!(self, CibSource::Live { .. })
    }

    /// Its name in prompts and messages. A file stands for the cluster.
    pub fn label(&self) -> &str {
        match self {
            CibSource::Live { .. } | CibSource::File(_) | CibSource::Stdin => "live",
            CibSource::Shadow { name, .. } => name,
        }
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            CibSource::Live { .. } | CibSource::Stdin => None,
            CibSource::File(path) | CibSource::Shadow { path, .. } => Some(path),
        }
    }

    /// The CIB there; `timeout` is for a daemon's answer.
    ///
    /// # Errors
    /// There is no such file, shadow or daemon, or what is there is no CIB.
    pub fn read(&self, timeout: Duration) -> Result<Document, StoreError> {
        match self {
            CibSource::Live { at } => Ok(connect(at, timeout)?.document()?),
            CibSource::File(path) => read_file(path),
            CibSource::Shadow { name, path } => match read_file(path) {
                Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    Err(StoreError::NoShadow { name: name.clone(), path: path.clone() })
                }
                other => other,
            },
            CibSource::Stdin => {
                let mut bytes = Vec::new();
                let path = PathBuf::from("standard input");
                let read = io::stdin().read_to_end(&mut bytes).and_then(|_| text(bytes));
                parse("standard input", &read.map_err(|source| StoreError::File { path, source })?)
            }
        }
    }

    /// Puts a patch in force; returns the version it made.
    ///
    /// # Errors
    /// Someone was first, the daemon refuses, or the file cannot be written.
    pub fn commit(&self, patch: &Patch, timeout: Duration) -> Result<Version, StoreError> {
        match self {
            CibSource::Live { at } => Ok(connect(at, timeout)?.commit(patch)?),
            CibSource::File(path) | CibSource::Shadow { path, .. } => {
                let change = |now: &Document| Ok::<_, StoreError>(cib::apply(now, patch)?);
                Ok(Rewrite::begin(path, change)?.finish()?.version())
            }
            CibSource::Stdin => Err(StoreError::ReadOnly),
        }
    }
}

/// Where the document lies that a shadow was made from: beside it. Without it nobody could tell what the shadow
/// changed from what others did.
pub fn base_of(shadow: &Path, name: &str) -> PathBuf {
    shadow.with_file_name(format!(".shadow.{name}.base"))
}

/// The shadows there are in a directory, by name.
pub fn shadows(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("shadow.").map(str::to_string);
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}

/// A change of a CIB in a file, ready to take effect: the new file lies beside the old one, on disk,
/// and no other writer comes between. Dropped, it leaves everything as it was.
pub struct Rewrite {
    _held: Flock<File>,
    document: Document,
    staged: Option<Staged>,
}

impl Rewrite {
    /// `change` sees what is there now and says what is to be there.
    ///
    /// # Errors
    /// The file cannot be held, read or written, or `change` refuses.
    pub fn begin<E: From<StoreError>>(
        path: &Path,
        change: impl FnOnce(&Document) -> Result<Document, E>,
    ) -> Result<Rewrite, E> {
        let held = hold(path)?;
        let now = read_file(path)?;
        let document = change(&now)?;
        let same = document.root() == now.root();
        if let Some(reason) = xml::unfit(document.root()).filter(|_| !same) {
            return Err(StoreError::Unfit(reason).into());
        }
        expect_allowed(&now, &document)?;
        let staged = if same { None } else { Some(Staged::document(path, &document)?) };
        Ok(Rewrite { _held: held, document, staged })
    }

    /// Puts the new content in the place of the old; gives the document as it is now.
    ///
    /// # Errors
    /// The file cannot be put in its place.
    pub fn finish(self) -> Result<Document, StoreError> {
        if let Some(staged) = self.staged {
            finish_for_readers(staged, self.document.to_text().as_bytes())?;
        }
        Ok(self.document)
    }
}

/// A file takes what the daemon would take, and refuses in its words what brings a fault that was not there.
fn expect_allowed(now: &Document, next: &Document) -> Result<(), StoreError> {
    let faults = schema::new_faults(now.root(), next.root());
    if faults.is_empty() {
        return Ok(());
    }
    Err(StoreError::Schema(schema::in_short(&faults)))
}

fn connect(at: &Address, timeout: Duration) -> Result<Daemon, StoreError> {
    Daemon::connect(at, timeout).map_err(|error| StoreError::Daemon(error.into()))
}

/// The CIB in a file.
///
/// # Errors
/// The file cannot be read, or is no CIB.
pub fn read_file(path: &Path) -> Result<Document, StoreError> {
    let text = fs::read(path).and_then(text).map_err(|source| at(path, source))?;
    parse(&path.display().to_string(), &text)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    read_text(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn parse(what: &str, text: &str) -> Result<Document, StoreError> {
    Document::read(text).map_err(|error| StoreError::NotACib { what: what.to_string(), error })
}

fn at(path: &Path, source: io::Error) -> StoreError {
    StoreError::File { path: path.to_path_buf(), source }
}

/// Holds a file against other writers until dropped. While we wait it may be replaced, and the
/// lock be on what nobody reads any more; so the path is looked at again.
///
/// # Errors
/// The file cannot be opened or locked.
pub fn hold(path: &Path) -> Result<Flock<File>, StoreError> {
    loop {
        let file = File::open(path).map_err(|source| at(path, source))?;
        let inode = file.metadata().map_err(|source| at(path, source))?.ino();
        let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| at(path, errno.into()))?;
        if fs::metadata(path).is_ok_and(|now| now.ino() == inode) {
            return Ok(lock);
        }
    }
}

/// Replaces a file: whoever reads sees the old or the new one, whole; and after this returns the
/// new one survives a loss of power.
///
/// # Errors
/// The file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    Staged::new(path, bytes, NEW_FILE_MODE)?.finish()
}

/// The same for a file that is for others to read, such as a web page.
///
/// # Errors
/// The file cannot be written.
pub fn replace_shared(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    Staged::new(path, bytes, SHARED_FILE_MODE)?.finish()
}

/// The same for a file that its maker has open: pcs reads from there what became of it.
///
/// # Errors
/// The file cannot be written.
pub fn replace_for_readers(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    finish_for_readers(Staged::new(path, bytes, NEW_FILE_MODE)?, bytes)
}

/// Whoever has the old file open finds the new content there, too, as far as that can be. One that has another name,
/// a copy that somebody keeps, stays as it is.
fn finish_for_readers(staged: Staged, bytes: &[u8]) -> Result<(), StoreError> {
    let old = OpenOptions::new().write(true).open(&staged.path);
    staged.finish()?;
    if let Ok(mut old) = old
        && old.metadata().is_ok_and(|old| old.nlink() == 0)
    {
        let _ = old.set_len(0).and_then(|()| old.write_all(bytes));
    }
    Ok(())
}

/// The same for a file of the cluster, whose owner and rights are given.
///
/// # Errors
/// The file cannot be written.
pub fn replace_owned(path: &Path, bytes: &[u8], owned: Owned) -> Result<(), StoreError> {
    Staged::owned(path, bytes, owned)?.finish()
}

/// A file's new content, on disk beside it. Dropped, it is gone.
pub struct Staged {
    path: PathBuf,
    beside: tempfile::NamedTempFile,
}

impl Staged {
    /// A document to be put in a file's place.
    ///
    /// # Errors
    /// The new file cannot be written.
    pub fn document(path: &Path, document: &Document) -> Result<Staged, StoreError> {
        Staged::new(path, document.to_text().as_bytes(), NEW_FILE_MODE)
    }

    /// For a file of the cluster.
    ///
    /// # Errors
    /// The new file cannot be written.
    pub fn owned(path: &Path, bytes: &[u8], owned: Owned) -> Result<Staged, StoreError> {
        Staged::with_rights(path, bytes, Rights::Owned(owned))
    }

    fn new(path: &Path, bytes: &[u8], new_mode: u32) -> Result<Staged, StoreError> {
        Staged::with_rights(path, bytes, Rights::Kept { new_mode })
    }

    fn with_rights(path: &Path, bytes: &[u8], rights: Rights) -> Result<Staged, StoreError> {
        // A link stays a link: what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        match write_beside(&path, bytes, rights) {
            Ok(beside) => Ok(Staged { path, beside }),
            Err(source) => Err(at(&path, source)),
        }
    }

    /// Takes the old one's place.
    ///
    /// # Errors
    /// The file cannot be put in its place.
    pub fn finish(self) -> Result<(), StoreError> {
        Staged::finish_together([self])
    }

    /// Several take their places, in their order, and are on disk together when this returns; a crash before
    /// may leave any of them in its place and others not. They are in one directory.
    ///
    /// # Errors
    /// A file cannot be put in its place.
    pub fn finish_together(all: impl IntoIterator<Item = Staged>) -> Result<(), StoreError> {
        let mut latest = None;
        for Staged { path, beside } in all {
            beside.persist(&path).map_err(|error| at(&path, error.error))?;
            latest = Some(path);
        }
        let Some(path) = latest else { return Ok(()) };
        File::open(directory_of(&path)).and_then(|it| it.sync_all()).map_err(|source| at(&path, source))
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Who may do what with the new file.
enum Rights {
    /// Those of the old one; a new one is made with this mode.
    Kept {
        new_mode: u32,
    },
    Owned(Owned),
}

fn write_beside(path: &Path, bytes: &[u8], rights: Rights) -> io::Result<tempfile::NamedTempFile> {
    let mut beside = tempfile::NamedTempFile::new_in(directory_of(path))?;
    beside.write_all(bytes)?;
    match (rights, fs::metadata(path)) {
        (Rights::Owned(owned), _) => owned.apply(beside.as_file(), beside.path())?,
        (Rights::Kept { .. }, Ok(old)) => {
            beside.as_file().set_permissions(old.permissions())?;
            // Only root can give files away; for others the owner is right already.
            let _ = std::os::unix::fs::chown(beside.path(), Some(old.uid()), Some(old.gid()));
        }
        (Rights::Kept { new_mode }, Err(_)) => {
            beside.as_file().set_permissions(fs::Permissions::from_mode(new_mode))?;
        }
    }
    beside.as_file().sync_all()?;
    Ok(beside)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::xml::Element;

    const PATIENCE: Duration = Duration::from_secs(1);

    /// A shadow directory with one empty CIB in it.
    fn shadow() -> (tempfile::TempDir, CibSource) {
        let dir = tempfile::tempdir().unwrap();
        let source = CibSource::shadow("test", dir.path());
        fs::write(dir.path().join("shadow.test"), Document::empty().to_text()).unwrap();
        (dir, source)
    }

    fn with_primitive(document: &Document, id: &str) -> Document {
        let mut next = document.clone();
        let primitive = Element::new("primitive").with("id", id).with("class", "lsb").with("type", "demo");
        next.configuration_mut().child_or_new("resources").push(primitive);
        next.set_version(document.version().next_configuration());
        next
    }

    #[test]
    fn a_committed_patch_is_in_the_file_and_nothing_is_left_beside_it() {
        let (dir, source) = shadow();
        let base = source.read(PATIENCE).unwrap();
        let next = with_primitive(&base, "p1");
        let version = source.commit(&cib::diff(&base, &next), PATIENCE).unwrap();
        let stored = source.read(PATIENCE).unwrap();
        assert_eq!(stored.version(), version);
        assert!(stored.to_text().contains("p1"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_comes_second_is_told_so_and_changes_nothing() {
        let (_dir, source) = shadow();
        let base = source.read(PATIENCE).unwrap();
        source.commit(&cib::diff(&base, &with_primitive(&base, "p1")), PATIENCE).unwrap();
        let error = source.commit(&cib::diff(&base, &with_primitive(&base, "p2")), PATIENCE).unwrap_err();
        assert!(matches!(error, StoreError::Apply(ApplyError::Stale { .. })), "{error}");
        assert!(!source.read(PATIENCE).unwrap().to_text().contains("p2"));
    }

    #[test]
    fn many_writers_lose_nothing() {
        let (_dir, source) = shadow();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let source = &source;
                scope.spawn(move || {
                    for round in 0..10 {
                        loop {
                            let base = source.read(PATIENCE).unwrap();
                            let next = with_primitive(&base, &format!("p{writer}-{round}"));
                            match source.commit(&cib::diff(&base, &next), PATIENCE) {
                                Ok(_) => break,
                                Err(StoreError::Apply(_)) => {}
                                Err(error) => panic!("{error}"),
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(source.read(PATIENCE).unwrap().to_text().matches("<primitive").count(), 40);
    }

    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_link_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    /// pcs makes a file, names it to a tool, and reads its own handle.
    #[test]
    fn who_has_a_file_open_sees_what_became_of_it_and_a_copy_by_another_name_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (path, copy) = (directory.path().join("cib.xml"), directory.path().join("copy.xml"));
        fs::write(&path, "old and longer").unwrap();
        let mut open = File::open(&path).unwrap();
        replace_for_readers(&path, b"new").unwrap();
        let mut seen = String::new();
        open.read_to_string(&mut seen).unwrap();
        assert_eq!((seen.as_str(), fs::read_to_string(&path).unwrap().as_str()), ("new", "new"));
        fs::hard_link(&path, &copy).unwrap();
        replace_for_readers(&path, b"newest").unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "new");
    }

    #[test]
    fn a_rewrite_that_is_dropped_changes_nothing_and_others_wait_for_it() {
        let (dir, source) = shadow();
        let base = source.read(PATIENCE).unwrap();
        let path = source.path().unwrap();
        let mine = |now: &Document| Ok::<_, StoreError>(with_primitive(now, "mine"));
        drop(Rewrite::begin(path, mine).unwrap());
        assert_eq!(source.read(PATIENCE).unwrap(), base);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let open = Rewrite::begin(path, mine).unwrap();
        let theirs = std::thread::scope(|scope| {
            let late = scope.spawn(|| {
                let theirs = |now: &Document| Ok::<_, StoreError>(with_primitive(now, "theirs"));
                Rewrite::begin(path, theirs).unwrap().finish().unwrap()
            });
            while !somebody_waits_for_a_lock_in(dir.path()) {
                assert!(!late.is_finished(), "it has not waited");
                std::thread::yield_now();
            }
            open.finish().unwrap();
            late.join().unwrap()
        });
        assert!(theirs.to_text().contains("mine") && theirs.to_text().contains("theirs"));
    }

    /// The kernel lists who waits for a lock, behind `->`, by the file's inode.
    fn somebody_waits_for_a_lock_in(directory: &Path) -> bool {
        let held = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().ino());
        let inodes: Vec<String> = held.map(|inode| format!(":{inode} ")).collect();
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("->") && inodes.iter().any(|inode| line.contains(inode)))
    }

    #[test]
    fn shadows_are_listed_by_name() {
        let (dir, _) = shadow();
        fs::write(dir.path().join("shadow.a"), "").unwrap();
        fs::write(dir.path().join(".shadow.a.base"), "").unwrap();
        assert_eq!(shadows(dir.path()), ["a", "test"]);
        assert_eq!(shadows(&dir.path().join("none")), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = CibSource::shadow("none", dir.path()).read(PATIENCE).unwrap_err();
        assert!(matches!(missing, StoreError::NoShadow { .. }));
        fs::write(dir.path().join("junk"), "<a/>").unwrap();
        let junk = CibSource::File(dir.path().join("junk")).read(PATIENCE).unwrap_err();
        assert!(matches!(junk, StoreError::NotACib { .. }));
        let live = CibSource::Live { at: dir.path().join("none").into() }.read(PATIENCE).unwrap_err();
        assert!(matches!(live, StoreError::Daemon(AskError::Client(_))), "{live}");
    }
}
