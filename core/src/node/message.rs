//! What nodes say to each other, all through the one ordered multicast.

use crate::cib::{Edit, Patch, Version};
use crate::fencing::FencingEvent;
use crate::lrm::Operation;
use crate::membership::{Join, ViewId};
pub use crate::replica::RequestId;
use crate::ticket;
use crate::transition::TransitionKey;
use crate::xml::Element;
use serde::{Deserialize, Serialize};

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
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// At the start of a view: what I hold.
    Join(Join),
    /// After the joins: what some lack, from the one whose it is.
    Configuration {
        view: ViewId,
        root: Element,
        commits: Vec<RequestId>,
    },
    Status {
        view: ViewId,
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
        to: u32,
        operation: Operation,
        edits: Vec<Edit>,
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
    /// A ticket changes, if the partition may change anything.
    Ticket {
        request: RequestId,
        ticket: String,
        change: ticket::Change,
        epoch_seconds: i64,
    },
    /// A node is to be cut off, or is said to be.
    Fence(FencingWish),
    /// How the run of a fence device went.
    DeviceRan {
        fencing: String,
        number: u32,
        ok: bool,
        output: String,
    },
    /// The leader began a transition of so many actions, or found nothing to do for a version.
    Transition {
        id: i32,
        actions: u32,
    },
    Settled {
        version: Version,
        term: u64,
    },
    /// I have stopped everything and go.
    Leaving {
        id: u32,
    },
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
    pub edits: Vec<Edit>,
}

/// Somebody wants a node cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingWish {
    /// Who, whom, how: pending.
    pub event: FencingEvent,
    /// A person vouches that the node is off: no device is asked.
    pub confirmed: bool,
    /// The leader's action that waits for it.
    pub waits: Option<ActionRef>,
}
