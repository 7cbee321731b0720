//! A resource's table of nodes while it is being placed, and which node is better.
//!
//! In: scores. Out: [`NodeTable`], [`Host`]s. Never here: who adds what.

use crate::scheduler::constrain::ProbeMode;
use crate::scheduler::scores::NodeScores;
use crate::scheduler::table::{Id, NodeId};
use crate::score::Score;
use std::collections::BTreeMap;

/// What one resource thinks of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub score: Score,
    /// Wanted before, and unwanted by the sum of others: it takes no further part.
    pub spent: bool,
    /// Instances of the collective placed there.
    pub count: u32,
    pub probe: ProbeMode,
}

/// Nodes that are absent are not to be considered at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTable {
    cells: Vec<Option<Cell>>,
}

impl NodeTable {
    /// No node is allowed.
    pub fn none(nodes: usize) -> Self {
        Self { cells: vec![None; nodes] }
    }

    /// The nodes that have a score are allowed.
    pub fn from_scores(scores: &NodeScores, nodes: usize) -> Self {
        let mut table = Self::none(nodes);
        for (node, score) in scores.iter() {
            table.cells[node.at()] = Some(Cell { score, ..Cell::default() });
        }
        table
    }

    /// `None` if the node is not considered.
    pub fn get(&self, node: NodeId) -> Option<&Cell> {
        self.cells[node.at()].as_ref()
    }

    /// `None` if the node is not considered.
    pub fn get_mut(&mut self, node: NodeId) -> Option<&mut Cell> {
        self.cells[node.at()].as_mut()
    }

    /// From now on the node is considered.
    pub fn insert(&mut self, node: NodeId, cell: Cell) {
        self.cells[node.at()] = Some(cell);
    }

    /// From now on the node is not considered at all.
    pub fn remove(&mut self, node: NodeId) {
        self.cells[node.at()] = None;
    }

    /// The node's score; `None` if it is not allowed.
    pub fn score(&self, node: NodeId) -> Option<Score> {
        self.get(node).map(|cell| cell.score)
    }

    /// In the order of names.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Cell)> {
        self.cells.iter().enumerate().filter_map(|(at, cell)| Some((NodeId::new(at), cell.as_ref()?)))
    }

    /// In the order of names.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NodeId, &mut Cell)> {
        self.cells.iter_mut().enumerate().filter_map(|(at, cell)| Some((NodeId::new(at), cell.as_mut()?)))
    }

    /// Adds to a node; one that is absent first gets what everybody thinks of it.
    pub fn add(&mut self, node: NodeId, score: Score, host: &Host) {
        let unknown = Cell { score: host.base, probe: host.probe, ..Cell::default() };
        self.cells[node.at()].get_or_insert(unknown).score += score;
    }
}

/// A node while resources are being placed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub online: bool,
    pub unclean: bool,
    /// The connection to it must be made anew.
    pub reset: bool,
    pub shutdown: bool,
    /// Standby or in maintenance.
    pub closed: bool,
    pub is_guest: bool,
    /// Has its name among its attributes, as all but remote nodes that were never seen have.
    pub is_named: bool,
    /// Resources placed here so far.
    pub load: u32,
    pub capacity: BTreeMap<String, i64>,
    /// Its place by the bytes of its name.
    pub rank: u32,
    pub base: Score,
    /// Whether what knows nothing better is looked for here.
    pub probe: ProbeMode,
}

impl Host {
    /// Online, and known to be safe.
    pub const fn is_well(&self) -> bool {
        self.online && !self.unclean
    }

    /// Resources may run there.
    pub const fn is_available(&self) -> bool {
        self.online && !self.shutdown && !self.unclean && !self.closed
    }
}
