//! Transient attributes of a node, set or removed together: they last until the node leaves.
//!
//! In: a node, names and values. Out: edits of the status section. A daemon is asked for the same by a request
//! (`node::Request`), since the status of a cluster is its own.
//! Absent: values that wait or that no document has (see `attribute::table`).

use super::find::find_node;
use super::refusal::Refusal;
use crate::attribute;
use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;

/// A value for each name; none takes the attribute away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transient {
    pub node: String,
    pub pairs: Vec<(String, Option<String>)>,
}

impl Transient {
    pub fn one(node: &str, name: &str, value: Option<&str>) -> Transient {
        Transient { node: node.to_string(), pairs: vec![(name.to_string(), value.map(str::to_string))] }
    }

    /// What is not so yet.
    ///
    /// # Errors
    /// There is no such node.
    pub fn edits(&self, document: &Document) -> Result<Vec<Edit>, Refusal> {
        let node = find_node(document, &self.node).ok_or_else(|| Refusal::NoNode(self.node.clone()))?;
        Ok(edits(document, &node, &self.pairs))
    }
}

/// The same for a node that was found. What stands somewhere already stays there: tools may have named its set.
pub fn edits(document: &Document, node: &NodeRef, pairs: &[(String, Option<String>)]) -> Vec<Edit> {
    let differs = |(name, value): &&(String, Option<String>)| attribute::get(document, node, name) != *value;
    let edits = |(name, value): &(String, Option<String>)| match value {
        Some(value) => vec![attribute::set_in_place(document, node, name, value)],
        None => attribute::remove_everywhere(document, node, name),
    };
    pairs.iter().filter(differs).flat_map(edits).collect()
}
