//! Standby: a node runs nothing, until it is told otherwise or until it starts anew.
//!
//! In: a document and a node. Out: edits of the configuration; the rest is a transient attribute (see `attribute`).

use super::attribute::{self, Sort};
use super::find::find_node;
use super::refusal::Refusal;
use crate::cib::{Document, Edit};

/// The node attribute of standby.
pub const STANDBY: &str = "standby";

/// A standby that lasts, or its end.
///
/// # Errors
/// There is no such node.
pub fn edits(document: &Document, node: &str, on: bool) -> Result<Vec<Edit>, Refusal> {
    attribute::of_node(document, node, Sort::Node, STANDBY, on.then_some("on"))
}

/// Whether the node is on standby until it starts anew: whoever ends its standby has to end that, too.
pub fn ends_with_restart(document: &Document, node: &str) -> bool {
    let value = find_node(document, node).and_then(|node| crate::attribute::get(document, &node, STANDBY));
    value.is_some_and(|value| value != "off")
}
