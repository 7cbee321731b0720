//! From orderings of tasks to edges between actions.
//!
//! In: orderings, oldest first. Out: edges; an action that an ordering names and nobody made.

use crate::cib::model::resource::Role;
use crate::scheduler::act::{Key, Plan};
use crate::scheduler::relation::{End, Ordering, Relation, Task};
use crate::scheduler::table::{ActionId, ResourceId};

impl Plan<'_> {
    pub(super) fn apply_orderings(&mut self) {
        for at in 0..self.orderings.len() {
            let ordering = self.orderings[at].clone();
            self.apply_ordering(&ordering);
        }
    }

    fn owner(&self, end: &End) -> Option<ResourceId> {
        match end {
            End::Task { resource, .. } => Some(*resource),
            End::Action(action) => self.actions[*action].resource,
            End::Point(at) => panic!("point {at} was not made into an action"),
        }
    }

    fn apply_ordering(&mut self, ordering: &Ordering) {
        match (self.owner(&ordering.first), self.owner(&ordering.then)) {
            (Some(first), then) => self.apply_to_resource(first, then, ordering),
            (None, Some(then)) => {
                let End::Action(first) = ordering.first else { return };
                self.order_after(Some(first), then, ordering);
            }
            (None, None) => {
                if let (End::Action(first), End::Action(then)) = (&ordering.first, &ordering.then) {
                    self.order(*first, *then, ordering.relation);
                }
            }
        }
    }

    fn apply_to_resource(&mut self, first: ResourceId, then: Option<ResourceId>, ordering: &Ordering) {
        let firsts = match &ordering.first {
            End::Action(action) => vec![*action],
            End::Task { task, interval_ms, .. } => {
                let found = self.find(first, &Key::Operation { task: task.clone(), interval_ms: *interval_ms }, None);
                if found.is_empty() && Some(first) != then {
                    self.make_missing(first, task, *interval_ms).into_iter().collect()
                } else {
                    found
                }
            }
            End::Point(_) => return,
        };
        for action in firsts {
            match (then, &ordering.then) {
                (Some(then), _) => self.order_after(Some(action), then, ordering),
                (None, End::Action(then)) => {
                    self.order(action, *then, ordering.relation);
                }
                (None, _) => {}
            }
        }
    }

    /// What nobody needs may still be waited for, unless it is as good as done.
    fn make_missing(&mut self, id: ResourceId, task: &Task, interval_ms: u32) -> Option<ActionId> {
        let role = self.state(id, true);
        let is_done =
            (role == Role::Stopped && *task == Task::Stop) || (role == Role::Unpromoted && *task == Task::Demote);
        if is_done {
            return None;
        }
        Some(self.action(id, Key::Operation { task: task.clone(), interval_ms }, task.clone(), None, true))
    }

    fn order_after(&mut self, first: Option<ActionId>, then: ResourceId, ordering: &Ordering) {
        let thens = match &ordering.then {
            End::Action(action) => vec![*action],
            End::Task { task, interval_ms, .. } => {
                self.find(then, &Key::Operation { task: task.clone(), interval_ms: *interval_ms }, None)
            }
            End::Point(_) => return,
        };
        let Some(first) = first else { return };
        let mut relation = ordering.relation;
        if self.actions[first].resource == Some(then) && self.actions[first].migration_abort {
            relation = relation.without(Relation::FIRST_IMPLIES_THEN);
        }
        for action in thens {
            self.order(first, action, relation);
        }
    }

    /// Orderings that cannot be, for one of the two makes the place where the other happens.
    pub(super) fn disable_invalid(&mut self) {
        for action in self.actions.ids().rev().collect::<Vec<_>>() {
            for at in (0..self.actions[action].before.len()).rev() {
                if self.is_invalid(action, at) {
                    self.actions[action].before[at].relation = Relation::NONE;
                }
            }
        }
    }

    fn is_invalid(&self, action: ActionId, at: usize) -> bool {
        let row = &self.actions[action];
        let edge = row.before[at];
        let input = &self.actions[edge.action];
        let makes_place = || {
            let connection = input.node.and_then(|node| self.situation.nodes[node].connection);
            let launcher = connection.and_then(|connection| self.resource(connection).launcher);
            launcher.is_some() && launcher == row.resource
        };
        if !edge.relation.has(Relation::GUEST_ALLOWED) && input.resource.is_some() && makes_place() {
            return true;
        }
        edge.relation == Relation::IF_ON_SAME_NODE_OR_TARGET
            && row.resource.is_some()
            && row.task == Task::MigrateTo
            && self.has_loop(action, action, at, &mut Vec::new())
    }

    fn has_loop(&self, origin: ActionId, action: ActionId, at: usize, path: &mut Vec<ActionId>) -> bool {
        let edge = self.actions[action].before[at];
        if path.contains(&edge.action) || self.input_verdict(action, at).is_none_or(|graphed| !graphed) {
            return false;
        }
        if edge.action == origin {
            return true;
        }
        path.push(edge.action);
        let found = (0..self.actions[edge.action].before.len())
            .rev()
            .any(|next| self.has_loop(origin, edge.action, next, path));
        path.pop();
        found
    }
}
