//! Who is here, who leads, and whose document everyone continues with.
//!
//! In: views of the cluster engine and the joins of its members. Out: an agreement that every
//! member computes alike. Absent: heartbeats and votes (the engine's), sending anything.

pub mod disk;
pub mod election;
pub mod join;
pub mod load;

pub use disk::DiskState;
pub use join::{Agreement, Gathering};

use crate::cib::Version;
use crate::fencing::under_way::Brought;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A node of the cluster layer, configured or here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    pub id: u32,
    pub name: String,
}

/// A way from this node to another, as the cluster layer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other node.
    pub node: Member,
    /// `ring0_addr` is 0.
    pub number: usize,
    pub local_address: String,
    pub address: String,
    pub is_connected: bool,
}

/// Names a view; later views of one node compare greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ViewId {
    pub epoch: u64,
    /// The node that proposed the view: the lowest id in it.
    pub coordinator: u32,
    /// Which run of the coordinator it was, so that no two views ever share an id.
    pub incarnation: u64,
}

impl fmt::Display for ViewId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.coordinator, self.epoch)
    }
}

/// A run of a node's daemon that was let in. The later view's is the later one: its incarnation comes from a
/// clock, which may have been put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LetIn {
    /// [`ViewId::term`] of the latest view that it was let into.
    pub term: u64,
    pub incarnation: u64,
}

impl ViewId {
    /// The term of an agreement in this view: greater than that of any view that one of its members has
    /// promised itself to before, be the agreement there known to others or not. Engines go on from
    /// the epoch of the latest term ([`ViewId::epoch_of`]), which is on disk.
    pub fn term(self) -> u64 {
        self.epoch << 32 | u64::from(self.coordinator)
    }

    /// The epoch of the view in which a term began.
    pub fn epoch_of(term: u64) -> u64 {
        term >> 32
    }
}

/// Names one agreement of the members of a view: they agree when it begins, and again whenever one
/// of them that was kept out is let in. What was ordered under one is not carried out under another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Accord {
    pub view: ViewId,
    /// 0 when the view begins.
    pub round: u32,
}

/// Who is here together, and whether they may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    /// Sorted by id; this node is one of them.
    pub members: Vec<Member>,
    pub quorate: bool,
    /// Nodes that are away and whose hosts say that no daemon runs there: not merely unheard.
    pub ended: Vec<u32>,
    /// Nodes that are away, but heard: they are about to join.
    pub heard: Vec<u32>,
}

/// What a member says of itself at the start of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    pub accord: Accord,
    pub id: u32,
    pub name: String,
    /// Which run of its daemon.
    pub incarnation: u64,
    pub feature_set: String,
    /// Milliseconds since its daemon started.
    pub uptime_ms: u64,
    /// Whether it led its former view.
    pub led: bool,
    /// Counts the quorate agreements the member took part in: who was with the majority last
    /// knows more.
    pub term: u64,
    /// The term in which the configuration it holds was last changed.
    pub configuration_term: u64,
    /// The term its status section comes from; 0 if its daemon has just started.
    pub status_term: u64,
    pub version: Version,
    /// Members that left a view apart may hold different configurations of one version.
    pub configuration_digest: String,
    pub status_digest: String,
    /// Its own `<node_state>`: what it ran and runs.
    pub node_state: Option<Element>,
    /// Its clock, seconds since the epoch.
    pub epoch_seconds: i64,
    /// Nodes it saw alive in views that ended before their members agreed: whatever a document
    /// says of them, they are not known to be down.
    pub seen: Vec<u32>,
    /// Which run of each node's daemon was let in last, as far as it knows.
    pub let_in: BTreeMap<u32, LetIn>,
    pub fencing: Brought,
    pub disk: DiskState,
    /// Whether a watchdog resets it when its daemon stands still.
    pub watchdog: bool,
    /// When it last heard of a disk that works again, seconds since the epoch.
    pub disk_recovered: Option<i64>,
    /// What it knows of attributes that no document holds.
    pub attributes: Vec<crate::attribute::table::Brought>,
    pub load: load::Load,
}
