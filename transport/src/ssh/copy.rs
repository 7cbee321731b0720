//! Files to many hosts, and back.
//!
//! A file is written beside its place, flushed to disk, and renamed: at every moment the place
//! holds the old file or the new one, never half of it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ssh2::{ErrorCode, File, FileStat, OpenFlags, OpenType, Sftp};

use super::privilege::{Sent, is_raised, sent};
use super::run::{Status, execute};
use super::session::Visit;
use super::{SshError, SshOptions, Target, fan_out};

/// The largest file that is fetched.
const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
const CHUNK_BYTES: usize = 256 * 1024;
/// SSH_FX_OP_UNSUPPORTED: a server without OpenSSH's fsync extension.
const UNSUPPORTED: ErrorCode = ErrorCode::SFTP(8);

/// Puts the same file on all targets, with the given permissions.
pub fn put(
    targets: &[Target],
    bytes: &[u8],
    path: &Path,
    mode: u32,
    options: &SshOptions,
    done: impl FnMut(&Target, &Result<(), SshError>) + Send,
) -> Vec<Result<(), SshError>> {
    fan_out(targets, options.parallel, |target| put_on(target, bytes, path, mode, options), done)
}

/// Fetches the file from all targets.
pub fn get(
    targets: &[Target],
    path: &Path,
    options: &SshOptions,
    done: impl FnMut(&Target, &Result<Vec<u8>, SshError>) + Send,
) -> Vec<Result<Vec<u8>, SshError>> {
    fan_out(targets, options.parallel, |target| get_from(target, path, options), done)
}

fn put_on(target: &Target, bytes: &[u8], path: &Path, mode: u32, options: &SshOptions) -> Result<(), SshError> {
    let visit = Visit::begin(target, options)?;
    visit.limit_calls()?;
    let sftp = visit.session.sftp().map_err(|error| visit.broken(error))?;
    let beside = beside(path);
    let move_in = |command: &str| told(&visit, &sent(target, options, command), path).map(drop);
    let (written, placed) = if is_raised(target, options) {
        // Who is not root writes where everybody may, for nobody else to read; root fetches it from there.
        let written = Path::new("/tmp").join(beside.file_name().unwrap_or_default());
        let placed = write_beside(&visit, &sftp, &written, bytes, 0o600)
            .and_then(|()| move_in(&fetched(&written, &beside, path, mode)));
        (written, placed)
    } else {
        let placed = write_beside(&visit, &sftp, &beside, bytes, mode).and_then(|()| move_in(&renamed(&beside, path)));
        (beside, placed)
    };
    if placed.is_err() || is_raised(target, options) {
        let _ = sftp.unlink(&written);
    }
    placed
}

/// Renaming by sftp refuses to replace a file, and libssh2's extension for it is not within reach;
/// the host's own `mv` replaces in one step, and `sync` makes that last.
fn renamed(beside: &Path, path: &Path) -> String {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    format!("mv -fT -- {} {} && sync -- {}", quote(beside), quote(path), quote(directory))
}

/// The same of a file that lies elsewhere and is somebody else's.
fn fetched(written: &Path, beside: &Path, path: &Path, mode: u32) -> String {
    let (from, to) = (quote(written), quote(beside));
    format!("install -m {mode:o} -- {from} {to} && sync -- {to} && {}", renamed(beside, path))
}

/// What a command says that does something with a file.
fn told(visit: &Visit, sent: &Sent, path: &Path) -> Result<Vec<u8>, SshError> {
    let finished = execute(visit, sent)?;
    if finished.status == Status::Code(0) {
        return Ok(finished.stdout);
    }
    let why = String::from_utf8_lossy(&finished.stderr).trim().to_string();
    Err(SshError::File { host: visit.host.clone(), path: path.display().to_string(), why })
}

/// One word for a shell.
fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

fn write_beside(visit: &Visit, sftp: &Sftp, beside: &Path, bytes: &[u8], mode: u32) -> Result<(), SshError> {
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    let mode = i32::try_from(mode & 0o7777).expect("twelve bits");
    let opened = sftp.open_mode(beside, flags, mode, OpenType::File);
    let mut file = opened.map_err(|error| refused(visit, beside, &error))?;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        visit.limit_calls()?;
        file.write_all(chunk).map_err(|error| visit.broken(error))?;
    }
    // The server's umask has taken from the mode; set it as wanted.
    let stat = FileStat { size: None, uid: None, gid: None, perm: Some(mode as u32), atime: None, mtime: None };
    file.setstat(stat).map_err(|error| refused(visit, beside, &error))?;
    flush(visit, &mut file, beside)?;
    file.close().map_err(|error| refused(visit, beside, &error))
}

fn flush(visit: &Visit, file: &mut File, beside: &Path) -> Result<(), SshError> {
    visit.limit_calls()?;
    match file.fsync() {
        Err(error) if error.code() != UNSUPPORTED => Err(refused(visit, beside, &error)),
        _ => Ok(()),
    }
}

fn get_from(target: &Target, path: &Path, options: &SshOptions) -> Result<Vec<u8>, SshError> {
    let visit = Visit::begin(target, options)?;
    if is_raised(target, options) {
        return told(&visit, &sent(target, options, &format!("cat -- {}", quote(path))), path);
    }
    visit.limit_calls()?;
    let sftp = visit.session.sftp().map_err(|error| visit.broken(error))?;
    let mut file = sftp.open(path).map_err(|error| refused(&visit, path, &error))?;
    let mut bytes = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        visit.limit_calls()?;
        match file.read(&mut chunk).map_err(|error| visit.broken(error))? {
            0 => return Ok(bytes),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
        if bytes.len() > FILE_BYTES_MAX {
            return Err(SshError::TooMuchOutput { host: visit.host.clone(), limit: FILE_BYTES_MAX });
        }
    }
}

/// A name no other copy uses, in the same directory so that renaming works.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}-{}", std::process::id(), since.as_nanos()))
}

fn refused(visit: &Visit, path: &Path, error: &ssh2::Error) -> SshError {
    match visit.left() {
        Err(timeout) => timeout,
        Ok(_) => {
            let (host, path) = (visit.host.clone(), path.display().to_string());
            SshError::File { host, path, why: error.message().to_string() }
        }
    }
}
