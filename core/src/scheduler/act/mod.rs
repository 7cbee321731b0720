//! Stage 4: from where everything is to where it shall be, as actions, each with its why.
//!
//! In: [`Situation`], [`Constraints`], [`Placement`]. Out: [`Actions`]. Actions are made in a fixed order,
//! for their numbers are seen. Never here: settling who waits for whom (see `order`).

mod action;
mod before_after;
mod change;
mod fence;
mod findings;
mod make;
mod migrate;
pub mod notify;
pub mod plan;
mod probe;
mod recurring;
mod remote;
mod shutdown;
mod start_stop;

pub use action::{Action, Edge, Key, Requires};
pub use before_after::BeforeAfter;
pub use plan::{Plan, Planned};

use super::constrain::Constraints;
use super::place::Placement;
use super::relation::Task;
use super::resolve::BundleSettings;
use super::resolve::Situation;
use super::table::{ActionId, ResourceId};
use crate::cib::model::resource::Role;
use crate::score::Score;

/// Every action that may matter, and what was noted about their order.
#[derive(Clone, Debug)]
pub struct Actions<'a> {
    pub plan: Plan<'a>,
}

/// Makes every action that may be needed, from where everything is to where it was placed.
/// `secure`: the document had its secrets removed, so that only other parameters count as changed.
pub fn act<'a>(
    situation: &'a Situation,
    constraints: &Constraints,
    placement: &'a Placement,
    secure: bool,
) -> Actions<'a> {
    let mut plan = Plan::new(situation, placement);
    plan.know_dependents(constraints);
    plan.act_on_findings();
    plan.make_points(constraints);
    plan.act_on_changes(secure);
    plan.learn_placement();
    for id in situation.resources.ids() {
        if placement.resources[id].refused {
            plan.mark_refused(id);
        }
    }
    plan.act_on_deferred(secure);
    if situation.options.probe_at_startup {
        plan.probe_everywhere();
    }
    if situation.options.stop_removed_resources {
        plan.forget_removed_failures();
    }
    for &id in &placement.top {
        plan.act_on(id);
    }
    plan.order_remote_connections();
    plan.fence_and_shut_down();
    Actions { plan }
}

impl Plan<'_> {
    /// Who cannot start where another cannot: each collective speaks for its parts, each part for itself.
    fn know_dependents(&mut self, constraints: &Constraints) {
        for id in self.situation.resources.ids() {
            let mut found = Vec::new();
            self.collect_dependents(constraints, id, id, &mut found);
            self.dependents[id] = found
                .into_iter()
                .map(|at| {
                    let colocation = &constraints.colocations[at];
                    (colocation.score, colocation.primary_role, colocation.dependent_role, colocation.dependent)
                })
                .collect();
        }
    }

    fn collect_dependents(
        &self,
        constraints: &Constraints,
        id: ResourceId,
        origin: ResourceId,
        found: &mut Vec<usize>,
    ) {
        let resource = self.resource(id);
        let own = self.placement.colocated.with_this[id].iter().copied();
        if id == origin || !resource.is_primitive() {
            found.extend(own);
        } else {
            found.extend(own.filter(|at| constraints.colocations[*at].explicit));
            return;
        }
        if let Some(settings) = resource.group() {
            for &member in self.children[id].iter().filter(|member| settings.colocated && **member != origin) {
                self.collect_dependents(constraints, member, origin, found);
            }
        }
    }

    fn act_on(&mut self, id: ResourceId) {
        let resource = self.resource(id);
        if resource.is_group() {
            self.act_on_group(id);
        } else if resource.is_clone() {
            self.act_on_clone(id);
        } else if let Some(settings) = resource.bundle() {
            self.act_on_bundle(id, settings);
        } else if resource.is_primitive() {
            self.act_on_primitive(id);
        }
    }

    fn act_on_group(&mut self, id: ResourceId) {
        for member in self.children[id].clone() {
            self.act_on(member);
        }
        let mut points = vec![Task::Start, Task::Running, Task::Stop, Task::Stopped];
        if self.resource(id).meta_is_true("promotable") {
            points.extend([Task::Demote, Task::Demoted, Task::Promote, Task::Promoted]);
        }
        for task in points {
            self.pseudo(id, task, true, true);
        }
    }

    fn act_on_bundle(&mut self, id: ResourceId, settings: &BundleSettings) {
        for replica in &settings.replicas {
            for part in replica.ip.into_iter().chain([replica.container]).chain(replica.remote) {
                self.act_on(part);
            }
        }
        self.act_on_instances(id, &settings.containers());
        let Some(inside) = settings.inside else { return };
        self.act_on(inside);
        if self.resource(inside).promotable {
            self.pseudo(id, Task::Promote, true, true);
            let promoted = self.pseudo(id, Task::Promoted, true, true);
            self.actions[promoted].priority = Score::INFINITY;
            self.pseudo(id, Task::Demote, true, true);
            let demoted = self.pseudo(id, Task::Demoted, true, true);
            self.actions[demoted].priority = Score::INFINITY;
        }
    }

    fn act_on_clone(&mut self, id: ResourceId) {
        let instances = self.children[id].clone();
        let [start, started, stop, stopped] = self.act_on_instances(id, &instances);
        self.make_start_notifications(id, start, started, stop, stopped);
        if self.resource(id).promotable {
            self.act_on_promotable(id);
        }
    }

    /// Points for all instances together: they start, have started, stop, have stopped.
    fn act_on_instances(&mut self, id: ResourceId, instances: &[ResourceId]) -> [ActionId; 4] {
        let mut state = InstanceState::default();
        for &instance in instances {
            self.act_on(instance);
            self.check_instance(instance, &mut state);
        }
        let start = self.pseudo(id, Task::Start, !state.starting, true);
        let started = self.pseudo(id, Task::Running, !state.starting, false);
        self.actions[started].priority = Score::INFINITY;
        if state.active || state.starting {
            self.actions[started].runnable = true;
        }
        let stop = self.pseudo(id, Task::Stop, !state.stopping, true);
        let stopped = self.pseudo(id, Task::Stopped, !state.stopping, true);
        self.actions[stopped].priority = Score::INFINITY;
        if !state.restarting {
            self.actions[stop].migratable = true;
        }
        [start, started, stop, stopped]
    }

    fn check_instance(&self, id: ResourceId, state: &mut InstanceState) {
        let children = &self.children[id];
        if !children.is_empty() {
            for &child in children {
                self.check_instance(child, state);
            }
            return;
        }
        let actions = || self.of[id].iter().map(|action| &self.actions[*action]).filter(|action| !action.optional);
        let starting = actions().any(|action| action.task == Task::Start && action.runnable);
        let stopping = actions().any(|action| action.task == Task::Stop && (action.pseudo || action.runnable));
        state.active |= !self.resource(id).active_on.is_empty();
        state.starting |= starting;
        state.stopping |= stopping;
        state.restarting |= starting && stopping;
    }

    fn act_on_promotable(&mut self, id: ResourceId) {
        let (mut promoting, mut demoting) = (false, false);
        for instance in self.children[id].clone() {
            // A second time, now that all starts and stops are known.
            self.act_on(instance);
            self.check_roles(instance, &mut promoting, &mut demoting);
        }
        let promote = self.pseudo(id, Task::Promote, !promoting, true);
        let promoted = self.pseudo(id, Task::Promoted, !promoting, true);
        self.actions[promoted].priority = Score::INFINITY;
        self.make_promote_notifications(id, promote, promoted);
        let demote = self.pseudo(id, Task::Demote, !demoting, true);
        let demoted = self.pseudo(id, Task::Demoted, !demoting, true);
        self.actions[demoted].priority = Score::INFINITY;
        self.make_demote_notifications(id, demote, demoted);
        // Promotion scores were lent to the instances as priorities.
        let priority = self.resources[id].priority;
        for instance in self.children[id].clone() {
            self.resources[instance].priority = priority;
        }
    }

    fn check_roles(&self, id: ResourceId, promoting: &mut bool, demoting: &mut bool) {
        for &child in &self.children[id] {
            self.check_roles(child, promoting, demoting);
        }
        if self.children[id].is_empty() {
            for action in self.of[id].iter().map(|action| &self.actions[*action]).filter(|action| !action.optional) {
                *promoting |= action.task == Task::Promote;
                *demoting |= action.task == Task::Demote;
            }
        }
    }

    pub(crate) fn set_next(&mut self, id: ResourceId, role: Role) {
        self.resources[id].next = role;
    }
}

#[derive(Default)]
struct InstanceState {
    starting: bool,
    stopping: bool,
    restarting: bool,
    active: bool,
}
