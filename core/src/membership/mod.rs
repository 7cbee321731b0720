//! Who is here, who leads, and whose document everyone continues with.
//!
//! In: views of the cluster engine and the joins of its members. Out: an agreement that every
//! member computes alike. Absent: heartbeats and votes (the engine's), sending anything.

pub mod election;
pub mod join;

pub use join::{Agreement, Gathering, Join};

use serde::{Deserialize, Serialize};

/// A node of the cluster layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    pub id: u32,
    pub name: String,
}

/// Names a view; no two views share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ViewId {
    pub epoch: u64,
    pub coordinator: u32,
    pub incarnation: u64,
}

/// Who is here together, and whether they may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    /// Sorted by id; this node is one of them.
    pub members: Vec<Member>,
    pub quorate: bool,
}
