//! What all of `history` looks into.

use crate::command::Flag;
use crate::error::Outcome;
use crate::history::archive::Archive;
use crate::session::Session;

pub(super) const VERBOSE: Flag =
    Flag { name: "--verbose", short: "-v", help: "times, the deciding node, how much was decided" };

/// The inputs and logs, read if they are not yet.
pub(super) fn archive(session: &mut Session) -> Outcome<&Archive> {
    if session.kept.history.archive.is_none() {
        let read = match &session.kept.history.source {
            Some(source) => Archive::open(source)?,
            None => Archive::of_node(&session.environment.node.root)?,
        };
        keep(session, Some(read));
    }
    Ok(session.kept.history.archive.as_ref().expect("it was just read"))
}

/// Works on what was read, and says what could not be.
pub(super) fn keep(session: &mut Session, read: Option<Archive>) {
    read.iter().flat_map(|archive| &archive.unreadable).for_each(|error| session.ui.warn(error));
    session.kept.history.archive = read;
}
