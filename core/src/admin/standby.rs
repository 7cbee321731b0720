//! Standby: a node runs nothing, until it is told otherwise or until it starts anew.
//!
//! In: a document and a node. Out: edits of the configuration; or, until the next start, a transient attribute.

use super::attribute::{self, Sort};
use super::find::find_node;
use super::refusal::Refusal;
use super::transient::Transient;
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

/// A standby that ends when the node starts anew.
pub fn until_restart(node: &str) -> Transient {
    Transient::one(node, STANDBY, Some("on"))
}

/// Ends such a standby, where the node is in one: whoever ends a node's standby has to end that, too.
pub fn end_until_restart(document: &Document, node: &str) -> Option<Transient> {
    let value = find_node(document, node).and_then(|node| crate::attribute::get(document, &node, STANDBY));
    value.filter(|value| value != "off").map(|_| Transient::one(node, STANDBY, None))
}
