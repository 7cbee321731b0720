//! What must not happen before a probe has told how things are.
//!
//! In: probes and edges. Out: more edges from probes: to stops that a start would need, to what follows a stop.

use crate::scheduler::act::{Key, Plan};
use crate::scheduler::relation::{End, Ordering, Relation, Task};
use crate::scheduler::table::{ActionId, Id, ResourceId};

/// Marks the actions one walk has seen, without clearing anything between walks.
struct Walk {
    stamps: Vec<u32>,
    stamp: u32,
}

impl Walk {
    fn next(&mut self, actions: usize) {
        self.stamps.resize(actions, 0);
        self.stamp += 1;
    }

    fn visit(&mut self, action: ActionId) -> bool {
        let seen = self.stamps[action.at()] == self.stamp;
        self.stamps[action.at()] = self.stamp;
        !seen
    }
}

impl Plan<'_> {
    pub(super) fn order_probes(&mut self) {
        let mut walk = Walk { stamps: Vec::new(), stamp: 0 };
        for &top in &self.placement.top {
            self.order_probes_of(top, &mut walk);
        }
        self.order_probes_before_what_follows_stops();
    }

    fn order_probes_of(&mut self, id: ResourceId, walk: &mut Walk) {
        if !self.resource(id).is_primitive() {
            for child in self.children[id].clone() {
                self.order_probes_of(child, walk);
            }
            return;
        }
        for probe in self.find(id, &Key::once(Task::Monitor), None) {
            for at in (0..self.actions[probe].after.len()).rev() {
                self.order_starts_after_probe(id, probe, at);
                let after = self.actions[probe].after[at].action;
                walk.next(self.actions.len());
                self.order_stops_after_probe(id, probe, after, walk);
            }
        }
    }

    /// A clone may not start anywhere where one of its probes cannot run.
    fn order_starts_after_probe(&mut self, id: ResourceId, probe: ActionId, at: usize) {
        let edge = self.actions[probe].after[at];
        let Some(owner) = self.actions[edge.action].resource else { return };
        let is_collective = self.resource(owner).is_clone() || self.resource(owner).is_bundle();
        let top = self.situation.top_of(id);
        if !is_collective
            || self.actions[probe].runnable
            || edge.relation.has(Relation::UNRUNNABLE_FIRST_BLOCKS)
            || top != owner
            || self.actions[edge.action].task != Task::Start
        {
            return;
        }
        for next in (0..self.actions[edge.action].after.len()).rev() {
            let then = self.actions[edge.action].after[next].action;
            let Some(then_owner) = self.actions[then].resource else { continue };
            let is_instance_start = self.resource(then_owner).active_on.is_empty()
                && self.situation.top_of(then_owner) == owner
                && self.actions[then].task == Task::Start;
            if is_instance_start {
                self.order(probe, then, Relation::ORDERED | Relation::UNRUNNABLE_FIRST_BLOCKS);
            }
        }
    }

    /// If what a probe finds makes others restart, they must not have stopped before it.
    fn order_stops_after_probe(&mut self, id: ResourceId, probe: ActionId, after: ActionId, walk: &mut Walk) {
        if !walk.visit(after) {
            return;
        }
        let owner = self.actions[after].resource;
        if let Some(owner) = owner.filter(|owner| *owner != id && self.resource(*owner).is_primitive()) {
            let down = match self.actions[after].task {
                Task::Start => Some(Task::Stop),
                Task::Promote => Some(Task::Demote),
                _ => None,
            };
            for then in down.map(|down| self.find(owner, &Key::once(down), None)).unwrap_or_default() {
                if !self.actions[then].pseudo {
                    self.order(probe, then, Relation::ORDERED);
                }
            }
        }
        let collective = owner.filter(|owner| self.resource(*owner).is_clone() || self.resource(*owner).is_bundle());
        let interleave = collective.is_some_and(|owner| self.resource(owner).meta_is_true("interleave"));
        let compatible = collective.filter(|_| interleave).and_then(|owner| self.compatible_instance(id, owner, false));
        for at in (0..self.actions[after].after.len()).rev() {
            let edge = self.actions[after].after[at];
            if !edge.relation.has(Relation::FIRST_IMPLIES_THEN)
                && !self.leads_into_instance(id, owner, collective.is_some() && interleave, compatible, edge.action)
            {
                continue;
            }
            self.order_stops_after_probe(id, probe, edge.action, walk);
        }
    }

    /// From a collective's action to those of its own parts, where these follow from it.
    fn leads_into_instance(
        &self,
        probed: ResourceId,
        owner: Option<ResourceId>,
        interleave: bool,
        compatible: Option<ResourceId>,
        then: ActionId,
    ) -> bool {
        let (Some(owner), Some(chained)) = (owner, self.actions[then].resource) else { return false };
        let own = self.resource(owner);
        if own.is_primitive() || self.resource(probed).parent == Some(owner) {
            return false;
        }
        let chained_resource = self.resource(chained);
        if chained_resource.is_clone() || chained_resource.is_bundle() || chained_resource.parent != Some(owner) {
            return false;
        }
        !interleave || compatible == Some(chained)
    }

    fn order_probes_before_what_follows_stops(&mut self) {
        for at in 0..self.orderings.len() {
            let ordering = self.orderings[at].clone();
            self.order_probes_like_stop(&ordering);
        }
    }

    fn order_probes_like_stop(&mut self, ordering: &Ordering) {
        let Some((first, first_task)) = self.end_task(&ordering.first) else { return };
        let Some(first) = first.filter(|_| first_task == Task::Stop && !ordering.relation.is_none()) else { return };
        let then = self.end_task(&ordering.then);
        let then_owner = then.as_ref().and_then(|(owner, _)| *owner);
        let then_task = then.map(|(_, task)| task);
        if then_owner == Some(first) {
            return;
        }
        let stops_container =
            then_owner.is_some() && self.resource(first).launcher == then_owner && then_task == Some(Task::Stop);
        if stops_container {
            return;
        }
        let mut relation = Relation::ORDERED;
        for kept in [Relation::IF_FIRST_UNMIGRATABLE, Relation::IF_ON_SAME_NODE] {
            if ordering.relation.has(kept) {
                relation |= kept;
            }
        }
        if ordering.relation == Relation::IF_REQUIRED_ON_SAME_NODE
            || ordering.relation == Relation::IF_ON_SAME_NODE_OR_TARGET
        {
            relation = ordering.relation;
        }
        let probes = self.find(first, &Key::once(Task::Monitor), None);
        if probes.is_empty() {
            return;
        }
        let thens = match &ordering.then {
            End::Action(action) => vec![*action],
            End::Task { resource, task, interval_ms } => {
                self.find(*resource, &Key::Operation { task: task.clone(), interval_ms: *interval_ms }, None)
            }
            End::Point(_) => Vec::new(),
        };
        for &probe in &probes {
            for &then in &thens {
                if self.probe_comes_first(probe, then) {
                    self.order(probe, then, relation);
                }
            }
        }
    }

    fn end_task(&self, end: &End) -> Option<(Option<ResourceId>, Task)> {
        match end {
            End::Task { resource, task, interval_ms: 0 } => Some((Some(*resource), task.clone())),
            End::Task { .. } | End::Point(_) => None,
            End::Action(action) => Some((self.actions[*action].resource, self.actions[*action].task.clone())),
        }
    }

    fn probe_comes_first(&self, probe: ActionId, then: ActionId) -> bool {
        let (probe, then) = (&self.actions[probe], &self.actions[then]);
        let is_unfencing =
            then.task == Task::Stonith && probe.node == then.node && then.meta("stonith_action") == Some("on");
        let is_other_shutdown =
            then.task == Task::DoShutdown && probe.node.is_some() && then.node.is_some() && probe.node != then.node;
        !is_unfencing && !is_other_shutdown
    }
}
