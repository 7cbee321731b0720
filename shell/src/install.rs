//! `quorate install-links DIR`: the names under which the one program is called.
//!
//! In: a directory, and one for the names of Pacemaker's daemons (crmsh and pcs look for these below
//! `/usr/lib/pacemaker`). Out: symbolic links to this program in them.
//! Absent: what the names do (see `main`).

use quorate_tools::{Exit, Io, TOOLS};
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What this program is called, beside `quorate` itself.
pub fn names() -> impl Iterator<Item = &'static str> {
    let linked = TOOLS.iter().filter(|tool| tool.linked).map(|tool| tool.name);
    ["crm", "crm_report"].into_iter().chain(linked)
}

const USAGE: &str = "usage: quorate install-links DIR [--daemons DIR] [--program PROGRAM]";
const HELP: &str = "\n\nMakes links to this program in DIR, under the names of its tools; those of Pacemaker's daemons in the \
                    other DIR, if it is given; links that say PROGRAM, if that is";

/// Where links go, and what they say.
struct Wanted<'a> {
    directory: &'a str,
    daemons: Option<&'a str>,
    program: Option<&'a str>,
}

fn wanted(arguments: &[String]) -> Option<Wanted<'_>> {
    let is_path = |word: &&String| !word.starts_with('-') && !word.is_empty();
    let mut words = arguments.iter();
    let directory = words.next().filter(is_path)?;
    let mut wanted = Wanted { directory, daemons: None, program: None };
    while let Some(option) = words.next() {
        let value = words.next().filter(is_path)?;
        match option.as_str() {
            "--daemons" => wanted.daemons = Some(value),
            "--program" => wanted.program = Some(value),
            _ => return None,
        }
    }
    Some(wanted)
}

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    if matches!(arguments, [word] if word == "--help" || word == "-h") {
        io.line(&format!("{USAGE}{HELP}"));
        return Exit::OK;
    }
    let Some(Wanted { directory, daemons, program }) = wanted(arguments) else {
        io.error("quorate install-links", USAGE);
        return Exit::USAGE;
    };
    let program = program.map_or_else(std::env::current_exe, |program| Ok(program.into()));
    let linked = |program: PathBuf| link_all(Path::new(directory), Path::new(daemons.unwrap_or(directory)), &program);
    match program.and_then(linked) {
        Ok(()) => Exit::OK,
        Err(error) => {
            io.error("quorate install-links", &error.to_string());
            Exit::ERROR
        }
    }
}

/// Whether it is a name of one of Pacemaker's daemons that nobody calls by hand.
fn is_daemon(name: &str) -> bool {
    name.starts_with("pacemaker-")
}

/// Makes the links; one that is there is replaced, but a file of another kind is not.
///
/// # Errors
/// A directory or a link cannot be made, or something else is in its place.
pub fn link_all(directory: &Path, daemons: &Path, program: &Path) -> io::Result<()> {
    names().try_for_each(|name| link(if is_daemon(name) { daemons } else { directory }, name, program))
}

fn link(directory: &Path, name: &str, program: &Path) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", directory.display()));
    std::fs::create_dir_all(directory).map_err(told)?;
    let link = directory.join(name);
    match std::fs::symlink_metadata(&link) {
        Ok(old) if old.is_symlink() => std::fs::remove_file(&link).map_err(told)?,
        Ok(_) => {
            let message = format!("{} is there and is no link", link.display());
            return Err(io::Error::new(ErrorKind::AlreadyExists, message));
        }
        Err(_) => {}
    }
    symlink(program, &link).map_err(told)
}
