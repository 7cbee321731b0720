//! Fencing of unclean nodes and polite leaving of others; the DC last.
//!
//! In: nodes. Out: fencing and shutdown actions, one after the other where that is configured.

use super::Plan;
use crate::scheduler::relation::{End, Relation, Task};
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

impl Plan<'_> {
    pub(super) fn fence_and_shut_down(&mut self) {
        let any_managed = self.placement.top.iter().any(|id| self.any_part_managed(*id));
        let concurrent = self.situation.options.concurrent_fencing;
        let (mut fencings, mut shutdowns): (Vec<ActionId>, Vec<ActionId>) = (Vec::new(), Vec::new());
        let mut dc_down = None;
        for node in self.situation.nodes.ids() {
            let is_dc = self.situation.dc == Some(node);
            if self.situation.is_guest(node) {
                if self.remote_reset[node] && any_managed && self.can_fence(node) {
                    self.fence_guest(node);
                }
                continue;
            }
            let host = &self.nodes[node];
            if any_managed && host.unclean && self.can_fence(node) {
                let fencing = self.schedule_fencing(node);
                if is_dc {
                    dc_down = Some(fencing);
                } else {
                    if let Some(&last) = fencings.last().filter(|_| !concurrent) {
                        self.order(last, fencing, Relation::ORDERED);
                    }
                    fencings.push(fencing);
                }
            } else if !self.situation.nodes[node].is_remote() && host.online && host.shutdown {
                let shutdown = self.shut_down(node);
                if is_dc {
                    dc_down = Some(shutdown);
                } else {
                    shutdowns.push(shutdown);
                }
            }
        }
        let Some(dc_down) = dc_down else { return };
        if self.actions[dc_down].task == Task::DoShutdown {
            for &shutdown in shutdowns.iter().rev() {
                self.order(shutdown, dc_down, Relation::ORDERED);
            }
        }
        if concurrent {
            for &fencing in fencings.iter().rev() {
                self.order(fencing, dc_down, Relation::ORDERED);
            }
        } else if let Some(&last) = fencings.last() {
            self.order(last, dc_down, Relation::ORDERED);
        }
    }

    fn any_part_managed(&self, id: ResourceId) -> bool {
        self.resources[id].managed || self.children[id].iter().any(|child| self.any_part_managed(*child))
    }

    fn shut_down(&mut self, node: NodeId) -> ActionId {
        let name = format!("do_shutdown-{}", self.situation.nodes[node].name);
        let shutdown = self.cluster_action(name, Task::DoShutdown, Some(node), false);
        self.order_stops_before(node, shutdown);
        self.actions[shutdown].set_meta("op_no_wait", "true");
        shutdown
    }

    fn order_stops_before(&mut self, node: NodeId, shutdown: ActionId) {
        for action in self.actions.ids().rev().collect::<Vec<_>>() {
            let row = &self.actions[action];
            let Some(id) = row.resource.filter(|_| row.node == Some(node) && row.task == Task::Stop) else { continue };
            let in_maintenance = self.resource(id).maintenance || self.situation.nodes[node].maintenance;
            let is_left_alone = !self.resources[id].managed && !self.resources[id].blocked;
            if in_maintenance || is_left_alone {
                continue;
            }
            self.actions[action].optional = false;
            let relation = Relation::ORDERED | Relation::UNRUNNABLE_FIRST_BLOCKS;
            self.order_later(End::Action(action), End::Action(shutdown), relation);
        }
    }
}
