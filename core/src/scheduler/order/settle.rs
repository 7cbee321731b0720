//! The one fixpoint: demands are applied, and applied again to whom they changed, until nothing changes.
//!
//! In: an action. Out: it and its neighbours, settled. The order of visits is depth first,
//! for the first reason given is the one that stays.

use super::demand::Changed;
use crate::scheduler::act::{Key, Plan};
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::table::{ActionId, Id, NodeId, ResourceId};

/// How often one action may be visited on average; flags only fall, so that far fewer do.
const VISITS_MAX: u64 = 10_000;

impl Plan<'_> {
    /// Applies what the inputs of an action demand, and again to whom that changed.
    ///
    /// # Panics
    /// If actions go on changing each other: flags only fall, so that is a fault of ours.
    pub fn settle(&mut self, then: ActionId) {
        self.visits += 1;
        let bound = VISITS_MAX * (self.actions.len() as u64 + 1);
        assert!(self.visits <= bound, "ordering {} actions did not settle in {bound} visits", self.actions.len());
        self.depth += 1;
        if self.depth > super::super::act::plan::DEPTH_MAX {
            self.postponed.push(then);
        } else {
            self.settle_now(then);
        }
        self.depth -= 1;
        if self.depth == 0 {
            while let Some(action) = self.postponed.pop() {
                self.settle(action);
            }
        }
    }

    fn settle_now(&mut self, then: ActionId) {
        let mut changed = Changed::default();
        let flags_before = self.whole_state(then);
        if self.actions[then].min_runnable > 0 {
            let row = &mut self.actions[then];
            row.runnable_firsts = 0;
            row.runnable = false;
        }
        for at in (0..self.actions[then].before.len()).rev() {
            changed.first = false;
            changed.and(self.apply_input(then, at));
            if changed.first {
                let first = self.seen_as(then, self.actions[then].before[at].action);
                for after in (0..self.actions[first].after.len()).rev() {
                    let action = self.actions[first].after[after].action;
                    self.settle(action);
                }
                self.settle(first);
            }
        }
        if self.actions[then].min_runnable > 0 {
            changed.then = self.whole_state(then) != flags_before;
        }
        if changed.then {
            if flags_before.1 && !self.actions[then].runnable {
                self.block_dependents(then);
            }
            self.settle(then);
            for after in (0..self.actions[then].after.len()).rev() {
                let action = self.actions[then].after[after].action;
                self.settle(action);
            }
        }
    }

    fn whole_state(&self, action: ActionId) -> (bool, bool, bool, bool, bool) {
        let row = &self.actions[action];
        (row.optional, row.runnable, row.pseudo, row.migratable, row.always_in_graph)
    }

    fn apply_input(&mut self, then: ActionId, at: usize) -> Changed {
        let edge = self.actions[then].before[at];
        let first = edge.action;
        let (first_node, then_node) = (self.place_of(first), self.place_of(then));
        if edge.relation.has(Relation::IF_ON_SAME_NODE)
            && first_node.is_some()
            && then_node.is_some()
            && first_node != then_node
        {
            self.actions[then].before[at].relation = Relation::NONE;
            return Changed::default();
        }
        let first_owner = self.actions[first].resource;
        if first_owner.is_some() && edge.relation.has(Relation::THEN_CANCELS_FIRST) && !self.actions[then].optional {
            self.actions[first].optional = true;
            if let Some(id) = first_owner.filter(|_| self.actions[first].task == Task::ReloadAgent) {
                self.resources[id].reload = false;
            }
        }
        let seen = self.seen_as(then, first);
        if seen != first {
            // Others wait for the completion of a collective's action, not for its beginning.
            let is_new = self.order(seen, then, edge.relation);
            if is_new {
                self.actions[then].before[at].relation = Relation::NONE;
            }
            return Changed { first: false, then: is_new };
        }
        let first_flags = self.flags_for_ordering(first, then_node);
        let then_flags = self.flags_for_ordering(then, first_node);
        self.apply_edge(then, at, first_flags, then_flags)
    }

    /// A group's start happens where the group goes.
    fn place_of(&self, action: ActionId) -> Option<NodeId> {
        let row = &self.actions[action];
        match row.resource {
            Some(id) if self.resource(id).is_group() && row.task == Task::Start => self.assigned_node(id),
            _ => row.node,
        }
    }

    fn seen_as(&self, then: ActionId, first: ActionId) -> ActionId {
        let (Some(first_id), Some(then_id)) = (self.actions[first].resource, self.actions[then].resource) else {
            return first;
        };
        if first_id == then_id || self.is_above(first_id, then_id) || self.resource(first_id).is_primitive() {
            return first;
        }
        self.completion_of(first, first_id).unwrap_or(first)
    }

    fn completion_of(&self, action: ActionId, id: ResourceId) -> Option<ActionId> {
        let Key::Operation { task, interval_ms: 0 } = &self.actions[action].key else { return None };
        let completed = match task {
            Task::Stop | Task::Stopped => Task::Stopped,
            Task::Start | Task::Running => Task::Running,
            Task::Promote | Task::Promoted => Task::Promoted,
            Task::Demote | Task::Demoted => Task::Demoted,
            _ => return None,
        };
        let resource = self.resource(id);
        let key = if resource.notify && (resource.is_clone() || resource.is_bundle()) {
            Key::Notify { kind: "confirmed-post", task: completed }
        } else {
            Key::once(completed)
        };
        self.newest_with_key(id, &key)
    }

    /// Colocations in which a resource is the primary: score, roles, dependent.
    pub(super) fn situation_colocations_with(&self, id: ResourceId) -> Vec<super::super::act::plan::Dependent> {
        debug_assert!(id.at() < self.dependents.len());
        self.dependents[id].clone()
    }
}
