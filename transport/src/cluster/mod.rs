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

pub mod corosync;
pub mod embedded;
pub mod file;
pub mod loopback;
pub mod nodelist;

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate_core::membership::{Member, View};
use tokio::sync::mpsc;

/// Message bytes, shared instead of copied.
pub type Payload = Arc<[u8]>;

/// The largest message an engine must carry: a full CIB of a very large cluster, with room.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

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
    /// What is amiss with the membership at present and somebody has to mend, in short; it takes the place of what
    /// was said before, and may be nothing.
    Remarks(Vec<String>),
    /// The engine will be stopped in some seconds: the time to leave in order.
    StopWanted,
    /// The engine has stopped; nothing follows.
    Down(DownReason),
}

/// Why an engine has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownReason {
    /// `leave` was asked for and is done.
    Left,
    /// The engine cannot go on.
    Failed(String),
}

/// Why a message is not sent.
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
    fn nodes(&self) -> &[Member];

    /// Queues a message for all members of the view, this node included.
    ///
    /// # Errors
    /// It is too large, too much is waiting, or the engine has stopped; nothing is sent then.
    fn multicast(&self, bytes: Payload) -> Result<(), MulticastError>;

    /// The caller's loop works: to be said at least four times in a token time. An engine whose caller
    /// stands still falls silent, so that the others go on without this node.
    fn beat(&self) {}

    /// For tests of partitions: from now on nothing passes to or from these nodes. Says whether the engine can do that.
    fn block(&self, peers: BTreeSet<u32>) -> bool {
        let _ = peers;
        false
    }

    /// Says goodbye when all queued messages are out; `Down(Left)` follows.
    fn leave(&self);

    /// Views and messages in order. `None` only after `Down`.
    fn events(&mut self) -> &mut mpsc::UnboundedReceiver<ClusterEvent>;
}
