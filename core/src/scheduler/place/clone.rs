//! A clone: what it is colocated with first, then its instances, then roles.
//!
//! In: a clone. Out: a node for as many instances as there may be.

use super::Placer;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::Stage;

impl Placer<'_> {
    /// A clone has no node of its own, so none is returned.
    pub(super) fn assign_clone(
        &mut self,
        id: ResourceId,
        prefer: Option<NodeId>,
        stop_if_fail: bool,
    ) -> Option<NodeId> {
        if !self.row(id).unassigned || self.row(id).assigning {
            return None;
        }
        self.row_mut(id).assigning = true;
        let resource = &self.situation.resources[id];
        if resource.promotable {
            self.add_promotion_scores(id);
        }
        for at in self.this_with(id) {
            self.assign(self.constraints.colocations[at].primary, prefer, stop_if_fail);
        }
        for at in self.with_this(id) {
            self.add_dependent_scores(at, id);
        }
        self.trace_scores(Stage::Clone, id);
        self.sort_instances(id);
        if let Some(settings) = resource.clone_settings() {
            let instances = self.placement.children[id].clone();
            self.assign_instances(id, &instances, settings.max, settings.node_max);
        }
        if resource.promotable {
            self.set_instance_roles(id);
        }
        let row = self.row_mut(id);
        row.unassigned = false;
        row.assigning = false;
        None
    }
}
