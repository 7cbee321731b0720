//! The one door to the cluster's daemon: reading the live CIB, committing to it, asking for actions.
//!
//! In: requests as values. Out: answers, or why there are none.
//! Absent: what to ask for (the levels decide).

use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::{Document, Patch};

/// What only a running cluster can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Cleanup { resource: Option<String>, node: Option<String>, force: bool },
    Refresh { resource: Option<String>, node: Option<String>, force: bool },
    SetFailcount { resource: String, node: String, value: String, operation: Option<String>, interval: Option<String> },
    Fence { node: String },
    ClearState { node: String },
    /// A transient attribute of a node; without value it is removed.
    StatusAttribute { node: String, name: String, value: Option<String> },
    RemoveNode { node: String },
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    Done,
    /// Someone was first: read again, merge, try again.
    Stale,
}

pub trait Cluster {
    fn read(&mut self) -> Outcome<Document>;
    fn commit(&mut self, patch: &Patch) -> Outcome<Committed>;
    fn ask(&mut self, ask: &Ask) -> Outcome<String>;
    /// Waits until nothing is left to do, at most this many seconds.
    fn wait_idle(&mut self, seconds: u64) -> Outcome;
}

/// There is no daemon to talk to.
pub struct Absent {
    pub reason: String,
}

impl Absent {
    fn failure<T>(&self) -> Outcome<T> {
        Err(Failure::new(Kind::Cluster, format!("the cluster on this node does not answer: {}", self.reason))
            .hint("start the node's daemon, or work on a file with CIB_file=PATH"))
    }
}

impl Cluster for Absent {
    fn read(&mut self) -> Outcome<Document> {
        self.failure()
    }

    fn commit(&mut self, _: &Patch) -> Outcome<Committed> {
        self.failure()
    }

    fn ask(&mut self, _: &Ask) -> Outcome<String> {
        self.failure()
    }

    fn wait_idle(&mut self, _: u64) -> Outcome {
        self.failure()
    }
}
