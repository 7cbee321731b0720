//! Actions that history and constraints demand before anything is placed.
//!
//! In: findings of `resolve`, points of `constrain`. Out: their actions, in that order.

use super::Plan;
use super::plan::Deferred;
use crate::scheduler::constrain::Constraints;
use crate::scheduler::relation::{End, Ordering, Point, Relation, Task};
use crate::scheduler::resolve::Finding;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};
use crate::score::Score;

use super::action::Key;

impl Plan<'_> {
    pub(super) fn act_on_findings(&mut self) {
        let situation = self.situation;
        for finding in &situation.findings {
            match finding {
                Finding::Fence { node, reason, priority_delay } => {
                    self.fence_action(*node, None, true, Some(reason), *priority_delay);
                }
                Finding::Stop { resource, node } => {
                    self.stop(*resource, Some(*node), false);
                }
                Finding::Demote { resource, node } => {
                    self.demote(*resource, Some(*node), false);
                }
                Finding::StopNotNeeded { resource, node } => {
                    for stop in self.find(*resource, &Key::once(Task::Stop), Some(*node)) {
                        self.actions[stop].optional = true;
                    }
                }
                Finding::Recurring { resource, node, task, interval_ms } => {
                    let task = Task::parse(task);
                    let key = Key::Operation { task: task.clone(), interval_ms: *interval_ms };
                    self.action(*resource, key, task, Some(*node), true);
                }
                Finding::ClearFailCount { resource, node, after_fencing, reachable, .. } => {
                    let clear = self.clear_fail_count(*resource, *node);
                    self.actions[clear].runnable |= reachable;
                    if *after_fencing {
                        self.order_after_own_fencing(*resource, clear);
                    }
                }
                Finding::CheckFailure { resource, node, record } => {
                    self.deferred.push(Deferred::Failure(*resource, *node, record));
                }
                Finding::ForgetHistory { resource, node } => {
                    self.once(*resource, Task::LrmDelete, Some(*node), false);
                }
            }
        }
    }

    pub(super) fn clear_fail_count(&mut self, id: ResourceId, node: NodeId) -> ActionId {
        let clear = self.once(id, Task::ClearFailCount, Some(node), false);
        self.actions[clear].set_meta("op_no_wait", "true");
        clear
    }

    fn order_after_own_fencing(&mut self, id: ResourceId, action: ActionId) {
        let name = &self.resource(id).id;
        if let Some(node) = self.situation.node_by_name(name) {
            let fence = self.fence_action(node, None, true, None, false);
            self.order(fence, action, Relation::FIRST_IMPLIES_THEN);
        }
    }

    pub(super) fn make_points(&mut self, constraints: &Constraints) {
        let points: Vec<_> = constraints.points.iter().map(|point| self.make_point(point)).collect();
        for &(id, node) in &self.placement.unlocked {
            self.once(id, Task::LrmDelete, Some(node), false);
        }
        let as_action = |end: &End| match end {
            End::Point(at) => End::Action(points[*at]),
            other => other.clone(),
        };
        self.orderings = constraints
            .orderings
            .iter()
            .map(|ordering| Ordering {
                first: as_action(&ordering.first),
                then: as_action(&ordering.then),
                relation: ordering.relation,
            })
            .collect();
    }

    fn make_point(&mut self, point: &Point) -> ActionId {
        match point {
            Point::Pseudo { name, min_runnable } => {
                let action = self.named_point(name);
                self.actions[action].min_runnable = *min_runnable;
                action
            }
            Point::LoadStopped { name, node } => {
                let action = self.named_point(name);
                let row = &mut self.actions[action];
                row.node = Some(*node);
                row.optional = false;
                action
            }
            Point::Unfence { node } => self.fence_action(*node, Some("on"), true, None, false),
            Point::Fence { node, reason } => self.fence_action(*node, None, true, Some(reason), false),
        }
    }

    /// Failures of what is not configured any more are forgotten.
    pub(super) fn forget_removed_failures(&mut self) {
        for id in self.placement.top.clone() {
            if !self.resource(id).removed {
                continue;
            }
            for node in self.situation.nodes.ids() {
                let failures = self.situation.fail_count(id, node, true).0;
                if !self.nodes[node].online || failures == Score::ZERO {
                    continue;
                }
                let clear = self.clear_fail_count(id, node);
                self.order_later(End::Action(clear), End::of(id, Task::Stop), Relation::ORDERED);
            }
        }
    }
}
