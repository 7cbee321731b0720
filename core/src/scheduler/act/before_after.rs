//! What each primitive is now and shall be, one after the other as they are told of.
//!
//! In: a plan. Out: nodes and roles, before and after. Never here: which actions lead there.

use super::plan::Plan;
use crate::cib::model::resource::Role;
use crate::scheduler::table::{NodeId, ResourceId};

/// A primitive that is managed and runs or shall run.
#[derive(Clone, Copy, Debug)]
pub struct BeforeAfter {
    pub resource: ResourceId,
    pub current: Option<NodeId>,
    pub next: Option<NodeId>,
    /// What runs where it is has started, whatever its history says.
    pub role: Role,
    pub next_role: Role,
}

impl Plan<'_> {
    /// In the order they were placed; of a bundle, replica by replica.
    pub fn before_after(&self) -> Vec<BeforeAfter> {
        let mut primitives = Vec::new();
        for &top in &self.placement.top {
            self.collect_primitives(top, &mut primitives);
        }
        primitives.into_iter().filter_map(|id| self.before_after_of(id)).collect()
    }

    fn collect_primitives(&self, id: ResourceId, into: &mut Vec<ResourceId>) {
        if let Some(settings) = self.resource(id).bundle() {
            for part in settings.replicas.iter().flat_map(|replica| replica.parts().chain(replica.inside)) {
                self.collect_primitives(part, into);
            }
        } else if self.children[id].is_empty() {
            into.push(id);
        } else {
            for &child in &self.children[id] {
                self.collect_primitives(child, into);
            }
        }
    }

    fn before_after_of(&self, id: ResourceId) -> Option<BeforeAfter> {
        let (resource, planned) = (self.resource(id), &self.resources[id]);
        let is_active = !resource.active_on.is_empty();
        let current = if is_active { self.current_node(id) } else { None };
        if (current.is_none() && resource.removed) || !planned.managed || (current.is_none() && planned.node.is_none())
        {
            return None;
        }
        let role = if is_active && planned.current == Role::Stopped { Role::Started } else { planned.current };
        Some(BeforeAfter { resource: id, current, next: planned.node, role, next_role: planned.next })
    }
}
