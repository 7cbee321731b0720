//! Recurring operations: those to start, to leave alone, and to cancel.
//!
//! In: a placed primitive and its configured operations. Out: monitors and cancels.

use super::Plan;
use super::action::Key;
use crate::cib::model::resource::{Operation, Role};
use crate::exit;
use crate::scheduler::relation::{End, Relation, Task};
use crate::scheduler::resolve::operation::never_recurs;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

/// A recurring operation as it shall be.
struct Recurring {
    task: Task,
    interval_ms: u32,
    /// `Unknown` is every role but promoted.
    role: Role,
}

impl Recurring {
    fn key(&self) -> Key {
        Key::Operation { task: self.task.clone(), interval_ms: self.interval_ms }
    }
}

impl Plan<'_> {
    pub(super) fn make_recurring(&mut self, id: ResourceId) {
        let resource = self.resource(id);
        let planned = &self.resources[id];
        if planned.blocked || resource.maintenance {
            return;
        }
        let node = planned.node;
        let is_in_maintenance = node.is_some_and(|node| self.situation.nodes[node].maintenance);
        let will_run = planned.next != Role::Stopped || !planned.managed;
        let start = node.filter(|_| !is_in_maintenance && will_run).map(|node| self.start(id, Some(node), true));
        let operations = resource.primitive().map(|primitive| primitive.operations.as_slice()).unwrap_or_default();
        for at in 0..operations.len() {
            let Some(recurring) = recurring(operations, at) else { continue };
            if let Some(start) = start {
                self.recur_where_active(id, start, node, &recurring);
            }
            self.recur_where_inactive(id, node, &recurring);
        }
    }

    fn recur_where_active(&mut self, id: ResourceId, start: ActionId, node: Option<NodeId>, op: &Recurring) {
        if op.role == Role::Stopped {
            return;
        }
        let Some(place) = node else { return };
        let optional = self.is_running_already(id, place, op, start);
        let next = self.resources[id].next;
        let role_fits = if op.role == Role::Unknown { next != Role::Promoted } else { next == op.role };
        if !role_fits {
            if optional {
                self.cancel_for_other_role(id, place, op);
            }
            return;
        }
        let monitor = self.action(id, op.key(), op.task.clone(), node, optional);
        if !self.actions[start].runnable || !self.nodes[place].is_well() {
            self.actions[monitor].runnable = false;
        }
        if next == Role::Promoted {
            self.actions[monitor].set_meta("op_target_rc", exit::PROMOTED.to_string());
        }
        if self.resources[id].managed {
            self.order_monitor(id, monitor);
        }
    }

    fn order_monitor(&mut self, id: ResourceId, monitor: ActionId) {
        let relation = Relation::FIRST_IMPLIES_THEN | Relation::UNRUNNABLE_FIRST_BLOCKS;
        self.order_later(End::of(id, Task::Start), End::Action(monitor), relation);
        self.order_later(End::of(id, Task::ReloadAgent), End::Action(monitor), relation);
        let after_role = Relation::ORDERED | Relation::UNRUNNABLE_FIRST_BLOCKS;
        if self.resources[id].next == Role::Promoted {
            self.order_later(End::of(id, Task::Promote), End::Action(monitor), after_role);
        } else if self.resources[id].current == Role::Promoted {
            self.order_later(End::of(id, Task::Demote), End::Action(monitor), after_role);
        }
    }

    fn is_running_already(&self, id: ResourceId, node: NodeId, op: &Recurring, start: ActionId) -> bool {
        if !self.actions[start].optional {
            return false;
        }
        let known = self.find_exact(id, &op.key(), node);
        !known.is_empty() && known.iter().all(|action| !self.actions[*action].reschedule)
    }

    fn cancel_for_other_role(&mut self, id: ResourceId, node: NodeId, op: &Recurring) {
        let cancel = self.cancel(id, node, &op.task, op.interval_ms);
        let planned = &self.resources[id];
        let before = match (planned.current, planned.next) {
            (Role::Unpromoted | Role::Started, Role::Promoted) => Some(Task::Promote),
            (Role::Unpromoted | Role::Started, Role::Stopped) => Some(Task::Stop),
            (Role::Promoted, _) => Some(Task::Demote),
            _ => None,
        };
        if let Some(before) = before {
            self.order_later(End::Action(cancel), End::of(id, before), Relation::UNRUNNABLE_FIRST_BLOCKS);
        }
    }

    pub(super) fn cancel(&mut self, id: ResourceId, node: NodeId, task: &Task, interval_ms: u32) -> ActionId {
        let key = Key::Operation { task: task.clone(), interval_ms };
        let cancel = self.action(id, key, Task::Cancel, Some(node), false);
        let row = &mut self.actions[cancel];
        row.task = Task::Cancel;
        row.cancels = Some(task.clone());
        row.set_meta("operation", task.as_str());
        row.set_meta("interval", interval_ms.to_string());
        cancel
    }

    /// Looks for a resource where it shall not be.
    fn recur_where_inactive(&mut self, id: ResourceId, node: Option<NodeId>, op: &Recurring) {
        if op.role != Role::Stopped || !self.resource(id).unique {
            return;
        }
        for place in self.situation.nodes.ids() {
            if node == Some(place) {
                self.cancel_if_running(id, place, op);
                continue;
            }
            let optional = !self.find_exact(id, &op.key(), place).is_empty();
            let monitor = self.action(id, op.key(), op.task.clone(), Some(place), optional);
            self.actions[monitor].set_meta("op_target_rc", exit::NOT_RUNNING.to_string());
            if self.resources[id].managed {
                for probe in self.find(id, &Key::once(Task::Monitor), Some(place)) {
                    self.order(probe, monitor, Relation::UNRUNNABLE_FIRST_BLOCKS);
                }
            }
            self.order_after_stops(id, place, monitor);
            if !self.nodes[place].is_well() {
                self.actions[monitor].runnable = false;
            }
        }
    }

    fn cancel_if_running(&mut self, id: ResourceId, node: NodeId, op: &Recurring) {
        if self.find_exact(id, &op.key(), node).is_empty() {
            return;
        }
        let cancel = self.cancel(id, node, &op.task, op.interval_ms);
        if matches!(self.resources[id].next, Role::Started | Role::Unpromoted) {
            self.order_later(End::Action(cancel), End::of(id, Task::Start), Relation::UNRUNNABLE_FIRST_BLOCKS);
        }
    }

    fn order_after_stops(&mut self, id: ResourceId, node: NodeId, monitor: ActionId) {
        let managed = self.resources[id].managed;
        for stop in self.find_exact(id, &Key::once(Task::Stop), node) {
            let (stop_optional, stop_runnable) = (self.actions[stop].optional, self.actions[stop].runnable);
            let row = &mut self.actions[monitor];
            row.optional |= !stop_optional && !row.optional && !managed;
            row.runnable &= stop_runnable;
            if managed {
                let relation = Relation::FIRST_IMPLIES_THEN | Relation::UNRUNNABLE_FIRST_BLOCKS;
                self.order_later(End::Action(stop), End::Action(monitor), relation);
            }
        }
    }
}

fn recurring(operations: &[Operation], at: usize) -> Option<Recurring> {
    let operation = &operations[at];
    let same = |other: &&Operation| other.name == operation.name && other.interval_ms == operation.interval_ms;
    let is_duplicated = operations.iter().filter(same).filter(|other| !other.id.is_empty()).count() > 1;
    let any_enabled = operations.iter().filter(same).any(|other| other.enabled);
    if operation.interval_ms == 0
        || operation.id.is_empty()
        || never_recurs(&operation.name)
        || is_duplicated
        || !any_enabled
    {
        return None;
    }
    let role = match operation.role.as_deref() {
        None => Role::Unknown,
        Some(text) => Role::parse(text)?,
    };
    Some(Recurring { task: Task::parse(&operation.name), interval_ms: operation.interval_ms, role })
}
