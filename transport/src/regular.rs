//! Files that a daemon reads and writes without waiting for somebody: a pipe, a socket or a device under a
//! file's name would have it wait without end.
//!
//! In: paths. Out: bytes, an open file, or why not. Absent: files that people name for tools; those may be pipes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::O_NONBLOCK;

/// The text of a file of no more than `limit` bytes.
///
/// # Errors
/// It cannot be read, is no regular file, is longer, or no UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {}: not UTF-8", line + 1))
    })
}

/// The bytes of a file of no more than `limit`.
///
/// # Errors
/// It cannot be read, is no regular file, or is longer.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(OpenOptions::new().read(true), path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"))),
        false => Ok(bytes),
    }
}

/// Opens a file so, if it is one.
///
/// # Errors
/// It cannot be opened, or is no regular file.
pub fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.custom_flags(O_NONBLOCK).open(path)?;
    // Reading and writing a file does not depend on the flag.
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
}

/// Opens whatever is there without waiting for somebody at its other end. Afterwards it may wait for them.
///
/// # Errors
/// It cannot be opened; nobody reads a pipe that is to be written.
pub fn open_any(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.custom_flags(O_NONBLOCK).open(path)?;
    fcntl(&file, FcntlArg::F_SETFL(OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?) & !OFlag::O_NONBLOCK))?;
    Ok(file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let plain = directory.path().join("plain");
        fs::write(&plain, "12345").unwrap();
        let strange = directory.path().join("strange");
        fs::write(&strange, b"a\nb\xff").unwrap();
        let table: [(&Path, u64, &str); 6] = [
            (&plain, 5, "12345"),
            (&plain, 4, "it has more than 4 bytes"),
            (&pipe, 9, "it is no regular file"),
            (directory.path(), 9, "it is no regular file"),
            (Path::new("/dev/zero"), 9, "it is no regular file"),
            (&strange, 9, "line 2: not UTF-8"),
        ];
        for (path, limit, expected) in table {
            let found = read_text(path, limit).unwrap_or_else(|error| error.to_string());
            assert_eq!(found, expected, "{}", path.display());
        }
        let written = open_any(OpenOptions::new().append(true), &pipe).unwrap_err();
        assert_eq!(written.raw_os_error(), Some(nix::libc::ENXIO));
    }
}
