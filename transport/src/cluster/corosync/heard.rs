//! What Corosync says, as values.

use serde::{Deserialize, Serialize};

/// A ring of hosts, as Corosync names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RingId {
    pub node: u32,
    pub sequence: u64,
}

/// What Corosync says of a group and of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The processes of the group, by node and process id.
    Members {
        members: Vec<(u32, u32)>,
        /// Hosts came or went with them: they are those of a ring that is told next.
        with_hosts: bool,
    },
    /// The ring that Corosync itself is in now.
    Ring {
        id: RingId,
        nodes: Vec<u32>,
    },
    /// Whether that ring has quorum.
    Quorum {
        ring: RingId,
        quorate: bool,
    },
    Message {
        from: u32,
        bytes: Vec<u8>,
    },
    /// Corosync is to stop: a request waits for what its users say, else it stops anyway.
    Stop {
        is_request: bool,
    },
}
