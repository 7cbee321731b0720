//! One score per node, where a node may also be absent: not to be considered at all.
//!
//! In: scores of single nodes. Out: [`NodeScores`]. Never here: who may add what (see `place`).

use super::table::{Id, NodeId};
use crate::score::Score;

/// How many resources use them: every resource has such a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeScores {
    rows: Vec<Option<Score>>,
}

impl NodeScores {
    /// No node is present.
    pub fn none(nodes: usize) -> Self {
        Self { rows: vec![None; nodes] }
    }

    /// `None` where nothing was said.
    pub fn get(&self, node: NodeId) -> Option<Score> {
        self.rows.get(node.at()).copied().flatten()
    }

    /// Whether anything was said of the node.
    pub fn contains(&self, node: NodeId) -> bool {
        self.get(node).is_some()
    }

    /// Replaces what was said of the node.
    pub fn set(&mut self, node: NodeId, score: Score) {
        if self.rows.len() <= node.at() {
            self.rows.resize(node.at() + 1, None);
        }
        self.rows[node.at()] = Some(score);
    }

    /// Forgets what was said of the node.
    pub fn remove(&mut self, node: NodeId) {
        if let Some(row) = self.rows.get_mut(node.at()) {
            *row = None;
        }
    }

    /// Adds to a node; one that is absent first gets `base`.
    pub fn add(&mut self, node: NodeId, score: Score, base: Score) {
        let sum = self.get(node).unwrap_or(base) + score;
        self.set(node, sum);
    }

    /// Present nodes in the order of their names.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeId, Score)> {
        self.rows.iter().enumerate().filter_map(|(at, score)| Some((NodeId::new(at), (*score)?)))
    }

    /// Whether nothing was said of any node.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(Option::is_none)
    }
}
