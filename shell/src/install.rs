//! `quorate install-links DIR`: the names under which the one program is called.
//!
//! In: a directory. Out: symbolic links to this program in it.
//! Absent: what the names do (see `main`).

use quorate_tools::{Exit, Io, TOOLS};
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What this program is called, beside `quorate` itself.
pub fn names() -> impl Iterator<Item = &'static str> {
    let linked = TOOLS.iter().filter(|tool| tool.linked).map(|tool| tool.name);
    std::iter::once("crm").chain(linked)
}

const USAGE: &str = "usage: quorate install-links DIR [PROGRAM]\n\n\
    Makes links to this program in DIR, under the names of its tools; with PROGRAM, links that say PROGRAM";

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let is_word = |word: &String| !word.starts_with('-') && !word.is_empty();
    let (directory, program) = match arguments {
        [word] if word == "--help" || word == "-h" => {
            io.line(USAGE);
            return Exit::OK;
        }
        [directory] if is_word(directory) => (directory, std::env::current_exe()),
        [directory, program] if is_word(directory) && is_word(program) => (directory, Ok(program.into())),
        _ => {
            io.error("quorate install-links", USAGE);
            return Exit::USAGE;
        }
    };
    match program.and_then(|program| link_all(Path::new(directory), &program)) {
        Ok(()) => Exit::OK,
        Err(error) => {
            io.error("quorate install-links", &format!("{directory}: {error}"));
            Exit::ERROR
        }
    }
}

/// Makes the links; one that is there is replaced, but a file of another kind is not.
pub fn link_all(directory: &Path, program: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for name in names() {
        let link = directory.join(name);
        match std::fs::symlink_metadata(&link) {
            Ok(old) if old.is_symlink() => std::fs::remove_file(&link)?,
            Ok(_) => {
                let message = format!("{} is there and is no link", link.display());
                return Err(std::io::Error::new(ErrorKind::AlreadyExists, message));
            }
            Err(_) => {}
        }
        symlink(program, &link)?;
    }
    Ok(())
}
