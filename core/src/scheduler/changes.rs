//! What a settled plan changes, for people to read.
//!
//! In: a plan. Out: changes of nodes and resources, each with its why.

use super::act::{Key, Plan};
use super::relation::Task;
use super::table::{ActionId, NodeId, ResourceId};
use crate::cib::model::resource::Role;
use crate::transition::summary::{Change, ResourceChange};

/// What a settled plan changes: nodes first, then resources in the order they were placed.
/// Actions that only an ordering made are put where their resource will be, by being looked for there.
pub fn changes(plan: &mut Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    for action in plan.actions.ids().rev() {
        changes.extend(node_change(plan, action));
    }
    let placement = plan.placement;
    let mut teller = Teller { plan, changes };
    for &id in &placement.top {
        teller.tell(id);
    }
    teller.changes
}

fn node_change(plan: &Plan, action: ActionId) -> Option<Change> {
    let row = &plan.actions[action];
    if row.resource.is_some() || row.optional {
        return None;
    }
    let what = match row.task {
        Task::DoShutdown => "Shutdown".to_owned(),
        Task::Stonith => format!("Fence ({})", row.meta("stonith_action").unwrap_or("")),
        _ => return None,
    };
    let node = row.node?;
    let name = &plan.situation.nodes[node].name;
    let connection = plan.situation.nodes[node].connection;
    let launcher = connection.and_then(|connection| plan.resource(connection).launcher);
    let node = match launcher {
        Some(launcher) => format!("{name} (resource: {})", plan.resource(launcher).id),
        None => name.to_string(),
    };
    Some(Change::Node { what, node, reason: row.reason.clone() })
}

struct Teller<'p, 'a> {
    plan: &'p mut Plan<'a>,
    changes: Vec<Change>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, id: ResourceId) {
        if let Some(settings) = self.plan.resource(id).bundle() {
            for replica in &settings.replicas {
                for part in replica.parts().chain(replica.inside) {
                    self.tell(part);
                }
            }
            return;
        }
        let children = self.plan.children[id].clone();
        if !children.is_empty() {
            for child in children {
                self.tell(child);
            }
            return;
        }
        let resource = self.plan.resource(id);
        let mut current = None;
        if !resource.active_on.is_empty() {
            current = self.plan.current_node(id);
            if self.plan.resources[id].current == Role::Stopped {
                self.plan.resources[id].current = Role::Started;
            }
        }
        if current.is_none() && resource.removed {
            return;
        }
        let next = self.plan.resources[id].node;
        if self.plan.resources[id].managed && (current.is_some() || next.is_some()) {
            self.tell_change(id, current, next);
        }
    }

    fn find(&mut self, id: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
        self.plan.find(id, &Key::once(task), node).first().copied()
    }

    fn say(
        &mut self,
        what: &'static str,
        id: ResourceId,
        places: (Option<NodeId>, Option<NodeId>),
        action: Option<ActionId>,
        source: Option<ActionId>,
    ) {
        let plan = &self.plan;
        let name = |node: Option<NodeId>| node.map(|node| plan.situation.nodes[node].name.to_string());
        let planned = &plan.resources[id];
        let reason = source.or(action).and_then(|source| plan.actions[source].reason.clone());
        self.changes.push(Change::Resource(ResourceChange {
            what,
            resource: plan.resource(id).id.to_string(),
            role: planned.current,
            next_role: planned.next,
            origin: name(places.0),
            destination: name(places.1),
            reason,
            blocked: action.is_some_and(|action| !plan.actions[action].runnable),
        }));
    }

    fn tell_change(&mut self, id: ResourceId, current: Option<NodeId>, next: Option<NodeId>) {
        let moving = current.is_some() && next.is_some() && current != next;
        let start = self.find(id, Task::Start, next);
        let can_start = start.is_some_and(|start| self.plan.actions[start].runnable);
        let stop_node = current.filter(|_| can_start);
        let stop = match self.find(id, Task::Stop, stop_node) {
            None if self.plan.resources[id].stop_unexpected => self.find(id, Task::Stop, None),
            found => found,
        };
        let promote = self.find(id, Task::Promote, next);
        let demote = self.find(id, Task::Demote, next);
        let planned = &self.plan.resources[id];
        if planned.current == planned.next {
            return self.tell_same_role(id, (current, next), moving, [start, stop, promote, demote]);
        }
        let (failed, stop_if_failed, reload) = (planned.failed, planned.stop_if_failed, planned.reload);
        let (role, next_role) = (planned.current, planned.next);
        let is_required =
            |teller: &Self, action: Option<ActionId>| action.is_some_and(|a| !teller.plan.actions[a].optional);
        if stop.is_some() && (next_role == Role::Stopped || (start.is_some() && !can_start)) {
            self.tell_stops(id, start);
        } else if stop.is_some() && failed && stop_if_failed {
            self.say("Recover", id, (current, next), stop, start);
        } else if moving {
            self.say("Move", id, (current, next), stop, None);
        } else if reload {
            self.say("Reload", id, (current, next), start, None);
        } else if is_required(self, stop) {
            self.say("Restart", id, (current, next), start, None);
        } else if role == Role::Promoted {
            self.say("Demote", id, (current, next), demote, None);
        } else if next_role == Role::Promoted {
            self.say("Promote", id, (current, next), promote, None);
        } else if role == Role::Stopped && next_role > Role::Stopped {
            self.say("Start", id, (current, next), start, None);
        }
    }

    fn tell_same_role(
        &mut self,
        id: ResourceId,
        places: (Option<NodeId>, Option<NodeId>),
        moving: bool,
        [start, stop, promote, demote]: [Option<ActionId>; 4],
    ) {
        let (current, next) = places;
        let migrate = self.find(id, Task::MigrateFrom, next);
        let row = |teller: &Self, action: Option<ActionId>| action.map(|action| teller.plan.actions[action].clone());
        let is_required =
            |teller: &Self, action: Option<ActionId>| row(teller, action).is_some_and(|row| !row.optional);
        let failed = self.plan.resources[id].failed;
        if current.is_some() && row(self, migrate).is_some_and(|row| row.runnable) {
            self.say("Migrate", id, places, start, None);
        } else if self.plan.resources[id].reload {
            self.say("Reload", id, places, start, None);
        } else if !is_required(self, start) {
            if is_required(self, demote) && is_required(self, promote) {
                self.say("Re-promote", id, places, promote, demote);
            }
        } else if row(self, start).is_some_and(|row| !row.runnable) {
            let has_reason = row(self, stop).is_some_and(|row| row.reason.is_some());
            let source = if has_reason { stop } else { start };
            self.say("Stop", id, (current, None), stop, source);
        } else if moving {
            self.say(if failed { "Recover" } else { "Move" }, id, places, stop, None);
        } else if failed {
            self.say("Recover", id, (current, None), stop, None);
        } else {
            self.say("Restart", id, places, start, None);
        }
    }

    fn tell_stops(&mut self, id: ResourceId, start: Option<ActionId>) {
        for &node in &self.plan.resource(id).active_on {
            let stop = self.find(id, Task::Stop, Some(node));
            let has_reason = stop.is_some_and(|stop| self.plan.actions[stop].reason.is_some());
            let source = if has_reason { stop } else { start };
            self.say("Stop", id, (Some(node), None), stop, source);
        }
    }
}
