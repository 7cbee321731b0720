//! All that a decision says.
//!
//! In: the last stage. Out: [`Output`].

use super::successor::NoSuccessor;
use super::trace::TraceLine;
use crate::note::Note;
use crate::transition::graph::Graph;
use std::collections::{BTreeMap, BTreeSet};

/// The graph and what led to it. Equal inputs give equal outputs.
#[derive(Clone, Debug)]
pub struct Output {
    pub graph: Graph,
    /// Scores in the order they were looked at; see [`super::trace`].
    pub trace: Vec<TraceLine>,
    /// The planned changes in words: "Start p1 ( n1 )".
    pub summary: Vec<crate::transition::summary::Change>,
    /// The graph in Graphviz's language.
    pub dot: String,
    /// Nodes that resources' failures have fenced, and which: what the graph cannot tell.
    pub fencing_causes: BTreeMap<String, BTreeSet<String>>,
    pub notes: Vec<Note>,
    /// Promotable clones that stay without a promoted instance until somebody sees to it.
    pub no_successor: Vec<NoSuccessor>,
    /// What a document without its secrets makes look changed, and is not.
    pub hidden_changes: Vec<String>,
}
