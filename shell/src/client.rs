//! The one door to the cluster's daemon: reading the live CIB, committing to it, asking for actions.
//!
//! In: requests as values. Out: answers, or why there are none.
//! Absent: what to ask for (the levels decide), bytes and sockets (transport).

use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::{ApplyError, Document, Patch, Version};
use quorate_core::node::{NodeStatus, Refusal, Reply, Request, Unsaved};
use quorate_transport::local::address::Address;
use quorate_transport::local::daemon::{ANSWER_WITHIN, AskError, Daemon};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is in force. What is to be said besides: who could not store it.
    Done(Vec<String>),
    /// Someone was first: read again, merge, try again.
    Stale,
}

pub trait Cluster {
    fn read(&mut self) -> Outcome<Document>;
    fn commit(&mut self, patch: &Patch) -> Outcome<Committed>;
    fn ask(&mut self, request: &Request) -> Outcome;
    fn status(&mut self) -> Outcome<NodeStatus>;
    /// Waits until the cluster has nothing left to do.
    fn wait(&mut self, at_most: Duration) -> Outcome;
    /// Whether a Pacemaker answers, whose guest this is.
    fn is_pacemaker(&self) -> bool {
        false
    }
}

/// The daemon of this node.
pub struct Local {
    at: Address,
    answer_within: Duration,
    /// Set when the person at the terminal has had enough.
    interrupted: Arc<AtomicBool>,
    daemon: Option<Daemon>,
    /// The newest version that we made.
    committed: Option<Version>,
}

/// How often the cluster is looked at while waiting for it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The leader may need a moment to look at what was just committed.
const QUIET_LOOKS: u32 = 2;

impl Local {
    pub fn new(at: impl Into<Address>) -> Local {
        Local {
            at: at.into(),
            answer_within: ANSWER_WITHIN,
            interrupted: Arc::default(),
            daemon: None,
            committed: None,
        }
    }

    /// For who would rather have no answer than a late one.
    #[must_use]
    pub fn within(self, answer_within: Duration) -> Local {
        Local { answer_within, ..self }
    }

    /// Waiting ends when this is set.
    #[must_use]
    pub fn until(self, interrupted: Arc<AtomicBool>) -> Local {
        Local { interrupted, ..self }
    }

    fn daemon(&mut self) -> Outcome<&mut Daemon> {
        if self.daemon.is_none() {
            let daemon = Daemon::connect(&self.at, self.answer_within)
                .map_err(|error| Failure::unanswered(&error).hint("to work on a file instead, set CIB_file=PATH"))?;
            self.daemon = Some(daemon);
        }
        Ok(self.daemon.as_mut().expect("it was just connected"))
    }

    /// One exchange. After a failure of the connection the next one connects anew.
    fn exchange(&mut self, request: &Request) -> Result<Reply, Failed> {
        let daemon = self.daemon().map_err(Failed::Failure)?;
        daemon.ask(request).map_err(|error| match error {
            AskError::Refused(refusal) => Failed::Refused(refusal),
            AskError::Lacking(what) => Failed::Failure(Failure::refused(what)),
            AskError::Unfit(reason) => Failed::Refused(Refusal::Unfit { reason }),
            error => {
                self.daemon = None;
                Failed::Failure(match &error {
                    AskError::Client(error) => Failure::unanswered(error),
                    _ => Failure::new(Kind::Cluster, error.to_string()),
                })
            }
        })
    }
}

enum Failed {
    Refused(Refusal),
    Failure(Failure),
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Failure {
        match failed {
            Failed::Refused(refusal) => refused(&refusal),
            Failed::Failure(failure) => failure,
        }
    }
}

fn refused(refusal: &Refusal) -> Failure {
    let kind = match refusal {
        Refusal::Denied { .. } => Kind::Denied,
        Refusal::Unfit { .. } => Kind::Refused,
        _ => Kind::Cluster,
    };
    let failure = Failure::new(kind, refusal.to_string());
    match refusal {
        Refusal::NoQuorum => failure.hint("more nodes must be reachable before anything can be changed"),
        _ => failure,
    }
}

fn misfit() -> Failure {
    Failure::new(Kind::Cluster, "the daemon gave an answer that does not fit the question")
}

/// A change that is in force, but not on the disks of all.
fn remarks(durable: bool, unsaved: &[Unsaved]) -> Vec<String> {
    let mut remarks: Vec<String> =
        unsaved.iter().map(|at| format!("in force, but {} could not store it: {}", at.node, at.reason)).collect();
    if !durable {
        remarks.push("fewer than a majority of the nodes have it on disk: it could be lost with them".into());
    }
    remarks
}

impl Cluster for Local {
    fn read(&mut self) -> Outcome<Document> {
        match self.exchange(&Request::Query)? {
            Reply::Document { root } => Document::from_element(root).map_err(|_| misfit()),
            _ => Err(misfit()),
        }
    }

    fn commit(&mut self, patch: &Patch) -> Outcome<Committed> {
        match self.exchange(&Request::Commit { patch: patch.clone() }) {
            Ok(Reply::Committed { version, durable, unsaved }) => {
                self.committed = Some(version);
                Ok(Committed::Done(remarks(durable, &unsaved)))
            }
            Err(Failed::Refused(Refusal::Patch(ApplyError::Stale { .. }))) => Ok(Committed::Stale),
            Ok(_) => Err(misfit()),
            Err(failed) => Err(failed.into()),
        }
    }

    fn ask(&mut self, request: &Request) -> Outcome {
        match self.exchange(request)? {
            Reply::Done | Reply::Committed { .. } => Ok(()),
            _ => Err(misfit()),
        }
    }

    fn status(&mut self) -> Outcome<NodeStatus> {
        match self.exchange(&Request::Status)? {
            Reply::Status(status) => Ok(status),
            _ => Err(misfit()),
        }
    }

    fn is_pacemaker(&self) -> bool {
        match &self.daemon {
            Some(daemon) => daemon.is_pacemaker(),
            None => Daemon::connect(&self.at, self.answer_within).is_ok_and(|daemon| daemon.is_pacemaker()),
        }
    }

    fn wait(&mut self, at_most: Duration) -> Outcome {
        let started = Instant::now();
        let mut quiet_looks = 0;
        loop {
            let status = self.status()?;
            let seen = self.committed.is_none_or(|version| status.version >= version);
            let quiet = seen && status.idle && status.transition.is_none();
            quiet_looks = if quiet { quiet_looks + 1 } else { 0 };
            if quiet_looks >= QUIET_LOOKS {
                return Ok(());
            }
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Failure::refused(format!("waiting was interrupted: {}", pending(&status))));
            }
            if started.elapsed() >= at_most {
                let waited = at_most.as_secs_f32();
                return Err(Failure::new(
                    Kind::Timeout,
                    format!("gave up waiting after {waited} s: {}", pending(&status)),
                ));
            }
            sleep(LOOK_EVERY.min(at_most));
        }
    }
}

/// What the cluster has not done yet.
fn pending(status: &NodeStatus) -> String {
    let running: Vec<String> = status
        .transition
        .iter()
        .flat_map(|transition| &transition.running)
        .map(|(action, node)| format!("{action} on {node}"))
        .collect();
    match running.is_empty() {
        true => "the cluster is still busy".to_string(),
        false => format!("still running: {}", running.join(", ")),
    }
}
