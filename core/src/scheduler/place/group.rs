//! The members of a group, in line.
//!
//! In: a group. Out: a node for each member; normally the same.

use super::Placer;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::Stage;

impl Placer<'_> {
    pub(super) fn assign_group(
        &mut self,
        id: ResourceId,
        prefer: Option<NodeId>,
        stop_if_fail: bool,
    ) -> Option<NodeId> {
        if !self.row(id).unassigned {
            return self.row(id).node;
        }
        let members = self.placement.children[id].clone();
        let &first = members.first().filter(|_| !self.row(id).assigning)?;
        self.row_mut(id).assigning = true;
        self.row_mut(id).current = self.row(first).current;
        self.trace_scores(Stage::Group, id);
        let mut chosen = None;
        for member in members {
            let node = self.assign(member, prefer, stop_if_fail);
            chosen = chosen.or(node);
        }
        let next = self.row(first).next;
        self.set_next(id, next, "first group member");
        let row = self.row_mut(id);
        row.assigning = false;
        row.unassigned = false;
        let in_line = self.situation.resources[id].group().is_some_and(|settings| settings.colocated);
        chosen.filter(|_| in_line)
    }
}
