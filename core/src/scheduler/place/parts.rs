//! The role and the nodes of a resource, as those of its parts.
//!
//! In: who is part of whom, and what is so of a primitive. Out: what is so of the whole.

use crate::cib::model::resource::Role;
use crate::scheduler::table::{NodeId, ResourceId, Table};

/// Members and instances of each resource.
pub type Children = Table<ResourceId, Vec<ResourceId>>;

/// The highest role of any part.
pub fn role(children: &Children, id: ResourceId, of: &impl Fn(ResourceId) -> Role) -> Role {
    if children[id].is_empty() {
        return of(id);
    }
    children[id].iter().map(|child| role(children, *child, of)).max().unwrap_or_default()
}

/// Every node of any part, once, in the order of the parts.
pub fn nodes(children: &Children, id: ResourceId, of: &impl Fn(ResourceId) -> Option<NodeId>) -> Vec<NodeId> {
    let mut found = Vec::new();
    collect(children, id, of, &mut found);
    found
}

fn collect(children: &Children, id: ResourceId, of: &impl Fn(ResourceId) -> Option<NodeId>, into: &mut Vec<NodeId>) {
    if children[id].is_empty() {
        into.extend(of(id).filter(|node| !into.contains(node)));
    }
    for &child in &children[id] {
        collect(children, child, of, into);
    }
}
