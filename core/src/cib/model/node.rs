//! Nodes as configured.
//!
//! In: nothing. Out: [`NodeConfig`]. Never here: whether the node is there (see `status`).

use super::attributes::AttributeSet;
use crate::ids::{NodeName, NodeUuid};
use crate::score::Score;

/// A `node` of the `nodes` section.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    pub uuid: NodeUuid,
    pub name: NodeName,
    pub kind: NodeKind,
    pub description: Option<String>,
    /// Added for every resource on this node.
    pub score: Score,
    pub attributes: Vec<AttributeSet>,
    pub utilization: Vec<AttributeSet>,
}

/// The `type` of a configured node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Member,
    Remote,
}
