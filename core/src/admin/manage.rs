//! Manage and maintenance: what the cluster leaves alone.
//!
//! In: a document, and a resource, a node, or the cluster. Out: edits.

use super::attribute::{self, Sort};
use super::refusal::Refusal;
use super::target_role::{Members, set_meta};
use crate::cib::{Document, Edit};

pub(super) const MANAGED: &str = "is-managed";
pub(super) const MAINTENANCE: &str = "maintenance";

/// Whether the cluster may start and stop a resource.
///
/// # Errors
/// There is no such resource.
pub fn managed(document: &Document, id: &str, managed: bool, members: &Members) -> Result<Vec<Edit>, Refusal> {
    set_meta(document, id, MANAGED, word(managed), members)
}

/// Whether the cluster leaves a resource and its monitors alone.
///
/// # Errors
/// There is no such resource.
pub fn maintenance(document: &Document, id: &str, on: bool, members: &Members) -> Result<Vec<Edit>, Refusal> {
    set_meta(document, id, MAINTENANCE, word(on), members)
}

/// The end of a node's maintenance is written as `off`, as crmsh does.
///
/// # Errors
/// There is no such node.
pub fn of_node(document: &Document, node: &str, on: bool) -> Result<Vec<Edit>, Refusal> {
    let value = if on { "true" } else { "off" };
    attribute::of_node(document, node, Sort::Node, MAINTENANCE, Some(value))
}

/// Maintenance mode for all of the cluster, on or off.
pub fn of_cluster(document: &Document, on: bool) -> Vec<Edit> {
    attribute::property(document, "maintenance-mode", Some(word(on)))
}

pub(super) fn word(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
