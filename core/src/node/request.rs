//! What tools ask of a node, and what they hear.

use crate::cib::{ApplyError, Patch, Version};
use crate::fencing::FencingEvent;
use crate::ticket;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A request of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The whole CIB.
    Query,
    /// Commit a change of the configuration.
    Commit { patch: Patch },
    /// Set (or remove) transient attributes of a node: all or none.
    SetAttributes { node: String, pairs: Vec<(String, Option<String>)> },
    /// Forget history and failures, so that resources are probed anew. `failed_only` leaves
    /// alone what is well (cleanup); else everything goes (refresh).
    Forget { resource: Option<String>, node: Option<String>, failed_only: bool },
    /// Change what is known of a ticket.
    ChangeTicket { ticket: String, change: ticket::Change },
    /// Cut a node off (`reboot`, `off`).
    Fence { node: String, action: String },
    /// A person vouches that the node is off.
    ConfirmFenced { node: String },
    /// Who is here, who leads, what is going on.
    Status,
    /// From now on, tell me every change. The first news is the whole CIB.
    Subscribe,
    /// Stop the resources here and leave the cluster.
    Shutdown,
}

/// An answer, or news to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Document {
        root: Element,
    },
    Committed {
        version: Version,
    },
    Done,
    Status(NodeStatus),
    /// News: this changed.
    Changed {
        patch: Patch,
    },
    Refused(Refusal),
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The change does not fit what is there now.
    Patch(ApplyError),
    /// The result would be in a schema that is not known here.
    Schema { reason: String },
    /// This partition has no quorum: what it committed could be lost.
    NoQuorum,
    /// There is no such node or resource.
    Unknown { what: String, name: String },
    /// Fencing was tried.
    NotFenced { reason: String },
    /// The node is leaving or lost its place in the cluster.
    NotHere { reason: String },
    /// The caller may not.
    Denied { reason: String },
    /// The disk would not take it; the change is not durable on this node.
    Disk { reason: String },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Patch(error) => write!(f, "{error}"),
            Refusal::NoQuorum => f.write_str("this partition has no quorum"),
            Refusal::Unknown { what, name } => write!(f, "there is no {what} {name}"),
            Refusal::NotFenced { reason } => write!(f, "not fenced: {reason}"),
            Refusal::Schema { reason } | Refusal::NotHere { reason } | Refusal::Denied { reason } => {
                f.write_str(reason)
            }
            Refusal::Disk { reason } => write!(f, "cannot be written to disk: {reason}"),
        }
    }
}

/// A node's view of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    pub node: String,
    /// The leader's name, once there is one.
    pub leader: Option<String>,
    pub quorate: bool,
    /// Names of the members.
    pub members: Vec<String>,
    /// Whether the leader found nothing to do for the present state.
    pub settled: bool,
    /// The transition that runs.
    pub transition: Option<TransitionStatus>,
    pub fencing: Vec<FencingEvent>,
    pub version: Version,
}

/// A running transition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionStatus {
    pub id: i32,
    pub actions: u32,
    /// What is being done now, as `operation key` and node.
    pub running: Vec<(String, String)>,
}
