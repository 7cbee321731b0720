//! What the daemon needs of a cluster engine: members, views, and messages in one order.
//!
//! In: bytes to multicast, a wish to leave. Out: `ClusterEvent`s, in the order they happened.
//! Never here: what the bytes mean, elections, the CIB; nor sockets (see `embedded`).
//!
//! The promise every engine keeps:
//! - within a view, all members get the same messages in the same order, the sender included;
//! - a view is ordered against messages: members that go together from one view to the next
//!   have got exactly the same messages before the next view is announced;
//! - a message sent but not yet ordered when the view changes is sent again in the next view, once;
//! - every partition goes on with its own view; `quorate` says which of them may act.
//!
//! The embedded engine promises more: a message is handed out only when every member of the view
//! holds it, so what one member has seen cannot be lost with that member. Corosync's closed
//! process groups, votequorum and cmap give the four points above and fit behind the same trait.

pub mod embedded;
pub mod loopback;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Message bytes, shared instead of copied.
pub type Payload = Arc<[u8]>;

/// The largest message an engine must carry: a full CIB of a very large cluster, with room.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A node the cluster is configured with, present or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: u32,
    pub name: String,
}

/// A node that is part of a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    pub id: u32,
    pub name: String,
}

/// Names a view; later views of one node compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ViewId {
    pub epoch: u64,
    /// Lowest node id of the view; it proposed the view.
    pub coordinator: u32,
    /// Which run of the coordinator it was, so that no two views ever share an id.
    pub incarnation: u64,
}

impl fmt::Display for ViewId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.coordinator, self.epoch)
    }
}

/// Why a member of the previous view is not in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Departure {
    /// It said goodbye.
    Left,
    /// It was not heard for longer than the token timeout, or went on without us.
    Lost,
    /// It came back as a new process before anyone missed it.
    Restarted,
}

/// Who is here, and whether they may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    /// Sorted by id; the local node is always one of them.
    pub members: Vec<Member>,
    /// Members that were not in this node's previous view. A node that left and came back between
    /// two views is in both `left` and `joined`.
    pub joined: Vec<Member>,
    /// Members of this node's previous view that are not in this one, or not as the same process.
    pub left: Vec<(Member, Departure)>,
    pub quorate: bool,
}

/// What an engine tells the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    View(View),
    Message {
        from: u32,
        bytes: Payload,
    },
    /// Something an administrator should read; nothing needs doing.
    Note(String),
    /// The engine has stopped; nothing follows.
    Down(DownReason),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownReason {
    /// `leave` was asked for and is done.
    Left,
    /// The engine cannot go on.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MulticastError {
    /// Sending it again will not help.
    #[error("message of {bytes} bytes exceeds the limit of {MESSAGE_BYTES_MAX}")]
    TooLarge { bytes: usize },
    /// Too much is queued; try again when messages have come back.
    #[error("{queued_bytes} bytes are already waiting to be sent")]
    Busy { queued_bytes: usize },
    #[error("the cluster engine has stopped")]
    Stopped,
}

/// A joined cluster engine. Dropping it stops the engine without a goodbye.
pub trait Cluster: Send {
    /// This node.
    fn local(&self) -> &Member;

    /// All configured nodes, sorted by id.
    fn nodes(&self) -> &[Node];

    /// Queues a message for all members of the view, this node included.
    fn multicast(&self, bytes: Payload) -> Result<(), MulticastError>;

    /// Says goodbye when all queued messages are out; `Down(Left)` follows.
    fn leave(&self);

    /// Views and messages in order. `None` only after `Down`.
    fn events(&mut self) -> &mut mpsc::UnboundedReceiver<ClusterEvent>;
}
