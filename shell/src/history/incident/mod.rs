//! Incidents: what went wrong, what was done about it, and how long each resource was down.
//!
//! In: lines of daemons' logs. Out: [`Incident`]s, oldest first. The leader's log tells all of one; another
//! member's tells what happened there.
//! An incident begins when a member is lost, a node is fenced or an operation fails. It ends when the leader
//! finds nothing to do and what it took down runs again.
//! Absent: reading files, saved inputs, and words (see `page`).

mod gather;
pub mod line;
pub mod page;

pub use gather::incidents;
use line::{Line, Moment};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When the first thing went wrong, as far as anybody knows.
    pub began: Moment,
    /// When all was well again, if it is.
    pub ended: Option<Moment>,
    /// What is told of it, in order.
    pub lines: Vec<Line>,
    pub outages: Vec<Outage>,
}

/// A resource that did not run for a while, or that was not promoted anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Without the number of an instance.
    pub resource: String,
    pub promoted: bool,
    /// Where it was.
    pub from: String,
    pub since: Moment,
    /// From when on this counts.
    pub because: Since,
    /// Where it is to be, and the saved input that this was decided from.
    pub to: Option<String>,
    pub decided_from: Option<String>,
    pub until: Option<Moment>,
    /// When a recurring monitor first found it well there.
    pub healthy: Option<Moment>,
}

/// What an outage is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Its node was last heard.
    Silence,
    /// Its node was no member any more.
    Loss,
    /// An operation failed.
    Failure,
    /// It was decided to stop or demote it.
    Decision,
    /// It was stopped or demoted.
    Stop,
}
