//! What tools ask of a node, and what they hear.

use crate::admin::{Transient, ticket};
use crate::attribute::table::{Change, What, Which};
use crate::cib::{ApplyError, Patch, Version};
use crate::fencing::{Device, FencingEvent};
use crate::xml::Element;
use crate::xml::unfit::unfit_value;
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
    /// Change transient attributes of a node, private and delayed ones among them. `everywhere`: the answer comes
    /// when all members have the change.
    ChangeAttributes { node: String, change: Change, everywhere: bool },
    /// The value of an attribute on a node, or on all that have it.
    QueryAttribute { name: String, node: Option<String> },
    /// Forget history and failures, so that resources are probed anew. `failed_only` leaves
    /// alone what is well (cleanup); else everything goes (refresh).
    Forget { resource: Option<String>, node: Option<String>, failed_only: bool },
    /// Change what is known of a ticket.
    ChangeTicket { ticket: String, change: ticket::Change },
    /// Cut a node off (`reboot`, `off`).
    Fence { node: String, action: String },
    /// A person confirms that the node is off.
    ConfirmFenced { node: String },
    /// Forget the fencings that are over, of one node or all.
    ForgetFencing { node: Option<String> },
    /// A fence device that no configuration has, until all daemons have ended (`stonith_admin --register`).
    RegisterDevice { device: Device },
    /// It is not there any more.
    DeregisterDevice { device: String },
    /// Those devices.
    RegisteredDevices,
    /// Who is here, who leads, what is going on.
    Status,
    /// From now on, tell me every change. The first news is the whole CIB.
    Subscribe,
    /// Stop the resources here and leave the cluster.
    Shutdown,
}

impl From<Transient> for Request {
    fn from(Transient { node, pairs }: Transient) -> Request {
        Request::SetAttributes { node, pairs }
    }
}

impl Request {
    /// Why what it brings cannot be kept: it holds what XML cannot.
    pub fn unfit(&self) -> Option<String> {
        match self {
            Request::Commit { patch } => patch.unfit(),
            Request::SetAttributes { pairs, .. } => unfit_pairs(pairs),
            Request::ChangeTicket { ticket, change: ticket::Change::Set(pairs) } => {
                unfit_value("the ticket's name", ticket).or_else(|| unfit_pairs(pairs))
            }
            Request::ChangeAttributes { change, .. } => unfit_change(change),
            Request::RegisterDevice { device } => device.parameters.iter().find_map(|(name, value)| {
                unfit_value("the name of a parameter", name).or_else(|| unfit_value(name, value))
            }),
            _ => None,
        }
    }
}

fn unfit_change(change: &Change) -> Option<String> {
    let name = match &change.which {
        Which::Name(name) => name,
        Which::Pattern(_) => "value",
    };
    let value = match &change.what {
        What::Value(value) | What::Both(value) => value.clone(),
        What::Delay => None,
    };
    unfit_pairs(&[(name.to_string(), value)])
}

/// Names of attributes stand in values of XML, too.
fn unfit_pairs(pairs: &[(String, Option<String>)]) -> Option<String> {
    pairs.iter().find_map(|(name, value)| {
        let value = value.as_deref().unwrap_or_default();
        unfit_value("the name of an attribute", name).or_else(|| unfit_value(name, value))
    })
}

/// An answer, or news to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Document {
        root: Element,
    },
    Committed {
        version: Version,
        /// Whether so many nodes have it on disk that no later majority can miss it.
        durable: bool,
        /// Who could not store it, and why.
        unsaved: Vec<Unsaved>,
    },
    Done,
    /// Values of an attribute, by node; none where it is known and unset.
    Attributes {
        values: Vec<(String, Option<String>)>,
    },
    Status(NodeStatus),
    /// Fence devices that no configuration has.
    Devices {
        devices: Vec<Device>,
    },
    /// News: this changed.
    Changed {
        patch: Patch,
    },
    Refused(Refusal),
}

/// A node that has a change in force, but not on its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    pub node: String,
    pub reason: String,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The change does not fit what is there now.
    Patch(ApplyError),
    /// The result would be in a schema that is not known here, or not be what its schema allows.
    Schema { reason: String },
    /// This partition has no quorum, or most of the nodes' daemons are not here: what it committed could be lost.
    NoQuorum,
    /// There is no such node or resource.
    Unknown { what: String, name: String },
    /// Fencing was tried.
    NotFenced { reason: String },
    /// The node is leaving or lost its place in the cluster.
    NotHere { reason: String },
    /// The caller may not.
    Denied { reason: String },
    /// Too few disks could take it: it is not in force.
    Disk { reason: String },
    /// It cannot be kept as it is, or cannot travel; trying again will not help.
    Unfit { reason: String },
    /// Too much waits to be sent; the same will do in a moment.
    Busy { reason: String },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Patch(error) => write!(f, "{error}"),
            Refusal::NoQuorum => f.write_str("this partition has no quorum: most of the nodes must be here"),
            Refusal::Unknown { what, name } => write!(f, "there is no {what} {name}"),
            Refusal::NotFenced { reason } => write!(f, "not fenced: {reason}"),
            Refusal::Schema { reason }
            | Refusal::NotHere { reason }
            | Refusal::Denied { reason }
            | Refusal::Unfit { reason } => f.write_str(reason),
            Refusal::Busy { reason } => write!(f, "{reason}; try again"),
            Refusal::Disk { reason } => write!(f, "too few nodes could store it, so nothing was changed: {reason}"),
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
    pub idle: bool,
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
