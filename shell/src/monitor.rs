//! `quorate crm_mon`: the monitor, which is a program of its own.
//!
//! In: its arguments. Out: nothing, if it is found: it takes this process over.
//! Absent: what it shows (the crate `tui`).

use quorate_tools::{Exit, Io};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where packages put it: beside Pacemaker's own, its name is not in the way there.
const PACKAGED: &str = "/usr/lib/quorate/crm_mon";

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let program = beside(std::env::current_exe().ok().as_deref());
    let error = Command::new(&program).args(arguments).exec();
    io.error("quorate crm_mon", &format!("{}: {error}", program.display()));
    Exit::NOT_INSTALLED
}

/// As it is built, beside this program; else where packages put it.
fn beside(this: Option<&Path>) -> PathBuf {
    let built = this.and_then(Path::parent).map(|directory| directory.join("crm_mon"));
    // In a directory of programs that name may be the peer's.
    let built = built.filter(|built| !built.starts_with("/usr") && built.is_file());
    built.unwrap_or_else(|| PACKAGED.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peers_monitor_is_never_taken_for_ours() {
        assert_eq!(beside(Some(Path::new("/usr/bin/quorate"))), Path::new(PACKAGED));
        assert_eq!(beside(None), Path::new(PACKAGED));
    }
}
