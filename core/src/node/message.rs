//! What nodes say to each other, all through the one ordered multicast.

use crate::admin::ticket;
use crate::attribute::table::Change;
use crate::cib::{Edit, Patch, Version};
use crate::fencing::run::DeviceResult;
use crate::fencing::{Device, FencingEvent};
use crate::lrm::Operation;
use crate::membership::load::Load;
use crate::membership::{Accord, DiskState, Join};
pub use crate::replica::RequestId;
use crate::transition::TransitionKey;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An action of a leader's transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRef {
    pub transition: i32,
    pub action: u32,
}

/// Who wrote a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub node: String,
    pub user: String,
    pub client: String,
    /// Seconds that its place is east of Greenwich: when it was, is told in its own time.
    pub offset: i32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// At the start of a view: what I hold.
    Join(Join),
    /// After the joins: what some lack, from the one whose it is.
    Configuration {
        accord: Accord,
        root: Element,
        commits: Vec<RequestId>,
    },
    Status {
        accord: Accord,
        status: Element,
    },
    /// A change of the configuration.
    Commit {
        request: RequestId,
        patch: Patch,
        author: Author,
        epoch_seconds: i64,
    },
    /// I have the configuration of this version on disk.
    Persisted {
        term: u64,
        version: Version,
    },
    /// I cannot get the configuration of this version on disk.
    NotPersisted {
        term: u64,
        version: Version,
        reason: String,
    },
    /// What my disk does has changed.
    Disk {
        state: DiskState,
        epoch_seconds: i64,
    },
    /// A change of the status, or one that holds on any version.
    ///
    /// With an `ends`, it is what that action of the leader's transition was for.
    Update {
        request: Option<RequestId>,
        edits: Vec<Edit>,
        ends: Option<ActionRef>,
    },
    /// Leader to one node: do this. The edits say that it has begun.
    Perform {
        /// Under which it was ordered: it is carried out under no other.
        accord: Accord,
        to: u32,
        operation: Operation,
        edits: Vec<Edit>,
    },
    /// I know that this move is about to begin towards me.
    MoveExpected {
        key: TransitionKey,
    },
    /// How it went. The edits are the history entry.
    Result(OperationResult),
    /// Forget the history of resources (all, if none is named) on nodes (all, if none is named),
    /// or only what failed there.
    Forget {
        request: Option<RequestId>,
        resources: Option<Vec<String>>,
        node: Option<String>,
        failed_only: bool,
    },
    /// What is remembered of fencing, of one node or all, is forgotten.
    ForgetFencing {
        request: Option<RequestId>,
        node: Option<String>,
        epoch_seconds: i64,
    },
    /// A fence device that no configuration has comes, or goes.
    Device {
        request: RequestId,
        id: String,
        device: Option<Device>,
    },
    /// A ticket changes, if the partition may change anything.
    Ticket {
        request: RequestId,
        ticket: String,
        change: ticket::Change,
        epoch_seconds: i64,
    },
    /// Transient attributes of a node change. `everywhere`: who asks wants to know when all members have it.
    ChangeAttributes {
        request: Option<RequestId>,
        node: String,
        change: Change,
        everywhere: bool,
    },
    /// I have that change.
    AttributesSeen {
        request: RequestId,
    },
    /// Leader to all: what waits of these attributes is written now.
    WriteAttributes {
        names: Vec<String>,
    },
    /// A node is to be cut off, or is said to be.
    Fence(FencingWish),
    /// How the run of a fence device went.
    DeviceRan {
        fencing: String,
        number: u32,
        result: DeviceResult,
    },
    /// A node that a device says is off still speaks, long after.
    StillHere {
        fencing: String,
        target: String,
    },
    /// The leader began a transition of so many actions, or found nothing to do for a version.
    Transition {
        id: i32,
        actions: u32,
    },
    Idle {
        version: Version,
        term: u64,
    },
    /// How busy my host is, where that has changed.
    Load {
        load: Load,
    },
    /// I have stopped everything and go.
    Leaving {
        id: u32,
    },
}

impl Message {
    /// What a member says that is kept out: what it has done already, and what it holds.
    pub fn may_come_from_outside(&self) -> bool {
        matches!(
            self,
            Message::DeviceRan { .. } | Message::Persisted { .. } | Message::NotPersisted { .. } | Message::Disk { .. }
        )
    }
}

/// How an operation ended, for the status section and for the leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationResult {
    pub node: u32,
    pub key: TransitionKey,
    pub resource: String,
    pub operation: String,
    pub interval_ms: u64,
    pub failed: bool,
    /// Seconds since the epoch when it ended.
    pub at: i64,
    pub edits: Vec<Edit>,
}

/// Somebody wants a node cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingWish {
    /// Who, whom, how: pending.
    pub event: FencingEvent,
    /// A person confirms that the node is off: no device is asked.
    pub confirmed: bool,
    /// The leader's action that waits for it.
    pub waits: Option<ActionRef>,
    /// What is to be waited before a device cuts it off. Milliseconds.
    pub delay_ms: u64,
    /// Resources whose failure it is for.
    pub causes: BTreeSet<String>,
    /// Attributes that the node has once it is let in again.
    pub attributes: Vec<(String, String)>,
}
