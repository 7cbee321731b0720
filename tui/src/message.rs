//! What happens to the screen, and what the screen asks for.

use quorate_core::node::request::NodeStatus;

use crate::action::Action;
use crate::snapshot::Snapshot;

/// A key, whatever terminal it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Char(char),
    Control(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
}

#[derive(Clone, Debug)]
pub enum Message {
    Key(Key),
    /// The process was asked to end (SIGTERM, SIGHUP, SIGINT).
    Ended,
    Resized {
        width: u16,
        height: u16,
    },
    /// The state as of now (seconds since 1970).
    Refreshed {
        snapshot: Box<Snapshot>,
        now: i64,
    },
    /// The daemon told how it stands, and nothing else has changed.
    Status(Box<NodeStatus>),
    /// No connection; it is tried again all the time.
    Lost {
        why: String,
    },
    Previewed {
        action: Action,
        outcome: Result<Vec<String>, String>,
    },
    Performed {
        action: Action,
        outcome: Result<(), String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Quit,
    /// Fetch everything anew.
    Refresh,
    /// What would the cluster do?
    Preview(Action),
    Perform(Action),
}
