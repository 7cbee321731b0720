//! `quorate install-links DIR`: the names under which the one program is called.
//!
//! In: a directory. Out: symbolic links to this program in it.
//! Absent: what the names do (see `main`).

use crate::tools::{Exit, Io};
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The tools this program is, beside `quorate` itself.
pub const NAMES: &[&str] = &["crm", "crm_attribute", "crm_node", "crm_simulate", "crm_ticket"];

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let [directory] = arguments else {
        io.error("quorate install-links", "usage: quorate install-links DIR");
        return Exit::USAGE;
    };
    match std::env::current_exe().and_then(|program| link_all(Path::new(directory), &program)) {
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
    for name in NAMES {
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
