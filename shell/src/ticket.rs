//! Changing tickets where the CIB is: with the cluster, or in a file that stands for it.
//!
//! In: a source and a change. Out: the change in force, or why not.
//! Absent: whether it is wise (the callers ask for --force).

use crate::client::ANSWER_WITHIN;
use crate::clock;
use quorate_core::cib::Document;
use quorate_core::cib::edit::apply_all;
use quorate_core::node::Request;
use quorate_core::ticket::{self, Change};
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{CibSource, Rewrite, StoreError};
use std::path::Path;

pub fn change(source: &CibSource, id: &str, change: &Change) -> Result<(), StoreError> {
    match source {
        CibSource::Live { socket } => {
            let request = Request::ChangeTicket { ticket: id.to_string(), change: change.clone() };
            let connected = Daemon::connect(socket, ANSWER_WITHIN).map_err(AskError::from);
            connected.and_then(|mut daemon| daemon.ask(&request)).map(drop).map_err(StoreError::from)
        }
        CibSource::File(path) => in_file(path, id, change),
        CibSource::Shadow { name, path } if !path.exists() => {
            Err(StoreError::NoShadow { name: name.clone(), path: path.clone() })
        }
        CibSource::Shadow { path, .. } => in_file(path, id, change),
        CibSource::Stdin => Err(StoreError::ReadOnly),
    }
}

fn in_file(path: &Path, id: &str, change: &Change) -> Result<(), StoreError> {
    let changed = |now: &Document| {
        let edits = ticket::edits(now, id, change, clock::now().epoch());
        let mut next = apply_all(now, &edits).expect("a ticket's edits stand on what is there");
        if next.root() != now.root() {
            next.set_version(now.version().next_status());
        }
        Ok::<_, StoreError>(next)
    };
    Rewrite::begin(path, changed)?.finish().map(drop)
}
