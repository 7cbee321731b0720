//! What was done with a resource on a node.
//!
//! In: `<lrm>` of a node. Out: [`ResourceHistory`]s in document order.

use super::operation::OperationRecord;
use crate::xml::Element;

#[derive(Clone, Debug)]
pub struct ResourceHistory {
    /// As the executor knows it: an anonymous clone's instances lose their number.
    pub id: String,
    pub class: Option<String>,
    pub provider: Option<String>,
    pub kind: Option<String>,
    /// The container a removed resource ran in.
    pub container: Option<String>,
    /// Since when the resource is kept for this node while it is down.
    pub shutdown_lock: Option<i64>,
    pub operations: Vec<OperationRecord>,
}

pub(super) fn read(node_state: &Element) -> Vec<ResourceHistory> {
    let resources = node_state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
    resources.into_iter().flat_map(|r| r.elements_named("lrm_resource")).filter_map(resource).collect()
}

fn resource(element: &Element) -> Option<ResourceHistory> {
    let text = |name: &str| element.attr(name).map(str::to_owned);
    let entries = element.children.iter().filter_map(|node| node.element());
    Some(ResourceHistory {
        id: element.id()?.to_owned(),
        class: text("class"),
        provider: text("provider"),
        kind: text("type"),
        container: text("container"),
        shutdown_lock: element.attr("shutdown-lock").and_then(|t| t.parse().ok()).filter(|since| *since != 0),
        operations: entries.filter(|e| e.name == "lrm_rsc_op").map(OperationRecord::new).collect(),
    })
}
