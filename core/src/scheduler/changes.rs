//! What a settled plan changes, for people to read.
//!
//! In: a plan. Out: changes of nodes and resources, each with its why.

use super::act::{Action, BeforeAfter, Key, Plan};
use super::relation::Task;
use super::table::{ActionId, NodeId, ResourceId};
use crate::cib::model::resource::Role;
use crate::transition::summary::{Change, ResourceChange};

/// What a settled plan changes: nodes first, then resources in the order they were placed.
pub fn changes(plan: &Plan) -> Vec<Change> {
    let nodes = plan.actions.ids().rev().filter_map(|action| node_change(plan, action));
    let mut teller = Teller { plan, changes: nodes.collect() };
    for change in plan.before_after() {
        teller.tell(change);
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
    plan: &'p Plan<'a>,
    changes: Vec<Change>,
}

impl<'p> Teller<'p, '_> {
    fn find(&self, id: ResourceId, task: Task, node: Option<NodeId>) -> Option<&'p Action> {
        self.plan.find(id, &Key::once(task), node).first().map(|action| &self.plan.actions[*action])
    }

    fn say(
        &mut self,
        what: &'static str,
        change: BeforeAfter,
        places: (Option<NodeId>, Option<NodeId>),
        action: Option<&Action>,
        source: Option<&Action>,
    ) {
        let plan = self.plan;
        let name = |node: Option<NodeId>| node.map(|node| plan.situation.nodes[node].name.to_string());
        self.changes.push(Change::Resource(ResourceChange {
            what,
            resource: plan.resource(change.resource).id.to_string(),
            role: change.role,
            next_role: change.next_role,
            origin: name(places.0),
            destination: name(places.1),
            reason: source.or(action).and_then(|source| source.reason.clone()),
            blocked: action.is_some_and(|action| !action.runnable),
        }));
    }

    fn tell(&mut self, change: BeforeAfter) {
        let BeforeAfter { resource: id, current, next, role, next_role } = change;
        let moving = current.is_some() && next.is_some() && current != next;
        let start = self.find(id, Task::Start, next);
        let can_start = start.is_some_and(|start| start.runnable);
        let planned = &self.plan.resources[id];
        let stop = match self.find(id, Task::Stop, current.filter(|_| can_start)) {
            None if planned.stop_unexpected => self.find(id, Task::Stop, None),
            found => found,
        };
        let promote = self.find(id, Task::Promote, next);
        let demote = self.find(id, Task::Demote, next);
        if role == next_role {
            return self.tell_same_role(change, moving, [start, stop, promote, demote]);
        }
        let places = (current, next);
        if stop.is_some() && (next_role == Role::Stopped || (start.is_some() && !can_start)) {
            self.tell_stops(change, start);
        } else if stop.is_some() && planned.failed && planned.stop_if_failed {
            self.say("Recover", change, places, stop, start);
        } else if moving {
            self.say("Move", change, places, stop, None);
        } else if planned.reload {
            self.say("Reload", change, places, start, None);
        } else if is_required(stop) {
            self.say("Restart", change, places, start, None);
        } else if role == Role::Promoted {
            self.say("Demote", change, places, demote, None);
        } else if next_role == Role::Promoted {
            self.say("Promote", change, places, promote, None);
        } else if role == Role::Stopped && next_role > Role::Stopped {
            self.say("Start", change, places, start, None);
        }
    }

    fn tell_same_role(&mut self, change: BeforeAfter, moving: bool, actions: [Option<&Action>; 4]) {
        let [start, stop, promote, demote] = actions;
        let BeforeAfter { resource: id, current, next, .. } = change;
        let places = (current, next);
        let migrate = self.find(id, Task::MigrateFrom, next);
        let planned = &self.plan.resources[id];
        if current.is_some() && migrate.is_some_and(|migrate| migrate.runnable) {
            self.say("Migrate", change, places, start, None);
        } else if planned.reload {
            self.say("Reload", change, places, start, None);
        } else if !is_required(start) {
            if is_required(demote) && is_required(promote) {
                self.say("Re-promote", change, places, promote, demote);
            }
        } else if start.is_some_and(|start| !start.runnable) {
            self.say("Stop", change, (current, None), stop, with_reason(stop).or(start));
        } else if moving {
            self.say(if planned.failed { "Recover" } else { "Move" }, change, places, stop, None);
        } else if planned.failed {
            self.say("Recover", change, (current, None), stop, None);
        } else {
            self.say("Restart", change, places, start, None);
        }
    }

    fn tell_stops(&mut self, change: BeforeAfter, start: Option<&Action>) {
        for &node in &self.plan.resource(change.resource).active_on {
            let stop = self.find(change.resource, Task::Stop, Some(node));
            self.say("Stop", change, (Some(node), None), stop, with_reason(stop).or(start));
        }
    }
}

fn is_required(action: Option<&Action>) -> bool {
    action.is_some_and(|action| !action.optional)
}

fn with_reason(action: Option<&Action>) -> Option<&Action> {
    action.filter(|action| action.reason.is_some())
}
