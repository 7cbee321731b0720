//! Why a program was never run, and what that means for who wanted it run.
//!
//! The meanings are those of Pacemaker's executor (`services__handle_exec_error`): what is missing
//! or is no program is "not installed", what may not be run "insufficient privileges", anything
//! else an error. What a shell says by its exit codes 126 and 127 means the same.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// What kept a program from being run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    pub meaning: Meaning,
    /// For people, the program's name included.
    pub words: String,
}

/// What an obstacle means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    NotInstalled,
    NotPermitted,
    /// It may be there and in order: the fault is in the call, or in this host.
    Error,
    /// The disk that it lies on did not answer in time.
    Late,
}

impl Obstacle {
    pub fn new(meaning: Meaning, words: String) -> Obstacle {
        Obstacle { meaning, words }
    }

    /// Of what was looked for on a disk that does not answer.
    pub fn late(what: impl Display, took: Duration) -> Obstacle {
        let words = format!("{what}: the disk that it lies on has not answered for {:.1}s", took.as_secs_f32());
        Obstacle::new(Meaning::Late, words)
    }

    /// What an error means that running this program gave.
    pub fn of(program: &Path, error: &io::Error) -> Obstacle {
        let meaning = match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR | libc::EISDIR | libc::ELOOP | libc::EINVAL | libc::ENOEXEC) => {
                Meaning::NotInstalled
            }
            // A library or an interpreter that is of another machine, or broken.
            Some(libc::ELIBBAD | libc::ELIBACC | libc::ENAMETOOLONG) => Meaning::NotInstalled,
            Some(libc::EACCES | libc::EPERM) => Meaning::NotPermitted,
            _ => Meaning::Error,
        };
        let missing = error.raw_os_error() == Some(libc::ENOENT) && program.exists();
        let words = match interpreter(program).filter(|_| missing) {
            Some(interpreter) => format!("{}: its interpreter {interpreter} is missing", program.display()),
            // Recorded as an error that ran nothing, so that the words are all that says what kind.
            None if meaning == Meaning::NotPermitted => {
                format!("insufficient privileges: {}: {}", program.display(), plain(error))
            }
            None => format!("{}: {}", program.display(), plain(error)),
        };
        Obstacle { meaning, words }
    }

    /// What a program is kept from being run by that the kernel would pass to a shell: a file that is
    /// neither a script nor a program of this machine.
    pub fn of_content(program: &Path) -> Option<Obstacle> {
        let head = head(program);
        let known = head.starts_with(b"#!") || head.starts_with(b"\x7fELF");
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // A script without its first line is run by the shell, as it always was.
        let text = std::str::from_utf8(line).is_ok_and(|line| !line.contains('\0'));
        let no_program = !known && !text;
        no_program.then(|| Obstacle::new(Meaning::NotInstalled, format!("{}: Exec format error", program.display())))
    }
}

/// Whether an error is about what we or this host have too little of just now.
pub fn is_passing(error: &io::Error) -> bool {
    let passing = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE, libc::EINTR, libc::ETXTBSY];
    error.raw_os_error().is_some_and(|code| passing.contains(&code))
}

/// Without the number that Rust adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}

/// As far as the kernel looks for an interpreter.
const HEAD_BYTES: u64 = 256;

fn head(program: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    // Who opens a pipe waits for somebody at its other end.
    if !program.metadata().is_ok_and(|data| data.is_file()) {
        return head;
    }
    // Who cannot read it leaves it to the kernel.
    let _ = File::open(program).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    head
}

fn interpreter(program: &Path) -> Option<String> {
    let head = head(program);
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    String::from_utf8_lossy(line).split_whitespace().next().map(str::to_string)
}
