//! What was done with a resource on a node.
//!
//! In: `<lrm>` of a node. Out: [`ResourceHistory`]s in document order. A large cluster has a resource's
//! history on every node, so words stay in the shared element.

use super::operation::OperationRecord;
use crate::xml::Element;
use std::sync::Arc;

/// Says of a `<lrm_resource>` since when it is kept for its node, in seconds since 1970; 0 if it is not.
pub const SHUTDOWN_LOCK: &str = "shutdown-lock";

/// One `<lrm_resource>`.
#[derive(Clone, Debug)]
pub struct ResourceHistory {
    element: Arc<Element>,
    pub operations: Vec<OperationRecord>,
}

impl ResourceHistory {
    /// As the executor knows it: an anonymous clone's instances lose their number.
    pub fn id(&self) -> &str {
        self.element.id().unwrap_or_default()
    }

    /// The agent's class: `ocf`, `systemd`, `stonith`, …
    pub fn class(&self) -> Option<&str> {
        self.element.attr("class")
    }

    /// The agent's provider; only `ocf` has one.
    pub fn provider(&self) -> Option<&str> {
        self.element.attr("provider")
    }

    /// The agent's name.
    pub fn kind(&self) -> Option<&str> {
        self.element.attr("type")
    }

    /// The container a removed resource ran in.
    pub fn container(&self) -> Option<&str> {
        self.element.attr("container")
    }

    /// Since when the resource is kept for this node while it is down, in seconds since 1970.
    pub fn shutdown_lock(&self) -> Option<i64> {
        self.element.attr(SHUTDOWN_LOCK).and_then(|text| text.parse().ok()).filter(|since| *since != 0)
    }
}

/// What a node's state says of the resources that were seen on it.
pub fn read(node_state: &Element) -> Vec<ResourceHistory> {
    let Some(list) = node_state.child("lrm").and_then(|lrm| lrm.child("lrm_resources")) else {
        return Vec::new();
    };
    let mut histories = Vec::with_capacity(list.children.len());
    let elements = list.children.iter().filter_map(|node| node.element());
    histories.extend(elements.filter(|element| element.name == "lrm_resource").filter_map(resource));
    histories
}

/// `None` for one without an id: nobody could say whose it is.
fn resource(element: &Arc<Element>) -> Option<ResourceHistory> {
    element.id()?;
    let mut operations = Vec::with_capacity(element.children.len());
    let entries = element.children.iter().filter_map(|node| node.element());
    operations.extend(entries.filter(|entry| entry.name == "lrm_rsc_op").map(OperationRecord::new));
    Some(ResourceHistory { element: Arc::clone(element), operations })
}
