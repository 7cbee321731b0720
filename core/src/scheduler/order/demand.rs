//! What one edge demands: who becomes required, who cannot run, who cannot move alive.
//!
//! In: an edge between two actions. Out: their flags, changed; whose changed.

use super::collective::Flags;
use crate::cib::model::resource::Role;
use crate::scheduler::act::{Action, Plan};
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::resolve::BundleSettings;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

/// Whose flags an edge changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub first: bool,
    pub then: bool,
}

impl Changed {
    /// What this or the other changed.
    pub fn and(&mut self, other: Self) {
        self.first |= other.first;
        self.then |= other.then;
    }
}

/// Which flags a demand may change.
#[derive(Clone, Copy)]
struct Filter {
    optional: bool,
    runnable: bool,
}

const OPTIONAL: Filter = Filter { optional: true, runnable: false };
const RUNNABLE: Filter = Filter { optional: false, runnable: true };
const BOTH: Filter = Filter { optional: true, runnable: true };

/// One demand of an edge, with the first's flags as it shall be seen.
#[derive(Clone, Copy)]
struct Demand {
    first: ActionId,
    then: ActionId,
    node: Option<NodeId>,
    flags: Flags,
    filter: Filter,
    relation: Relation,
}

/// The demands that only an action of a resource hears, after all others.
const REST: [(Relation, Filter); 4] = [
    (Relation::UNMIGRATABLE_THEN_BLOCKS, OPTIONAL),
    (Relation::FIRST_ELSE_THEN, OPTIONAL),
    (Relation::ORDERED, RUNNABLE),
    (Relation::ASYMMETRIC, RUNNABLE),
];

/// An edge as it is applied: its ends, and the first's flags as they shall be seen.
#[derive(Clone, Copy)]
struct Pair {
    first: ActionId,
    then: ActionId,
    /// Whose action `then` is.
    owner: Option<ResourceId>,
    node: Option<NodeId>,
    flags: Flags,
    relation: Relation,
}

impl Pair {
    const fn demand(self, relation: Relation, flags: Flags, filter: Filter) -> Demand {
        Demand { first: self.first, then: self.then, node: self.node, flags, filter, relation }
    }

    /// The first's flags for demands that ask only whether it is required.
    const fn only_optional(self) -> Flags {
        Flags { optional: self.flags.optional, runnable: false, migratable: false }
    }
}

/// A flag that is taken away, for the words of the reason.
#[derive(Clone, Copy)]
enum Flag {
    Optional,
    Runnable,
    Migratable,
}

impl Flag {
    const fn word(self) -> &'static str {
        match self {
            Self::Optional => "required",
            Self::Runnable => "unrunnable",
            Self::Migratable => "unmigrateable",
        }
    }

    const fn is_set(self, action: &Action) -> bool {
        match self {
            Self::Optional => action.optional,
            Self::Runnable => action.runnable,
            Self::Migratable => action.migratable,
        }
    }

    const fn clear(self, action: &mut Action) {
        match self {
            Self::Optional => action.optional = false,
            Self::Runnable => action.runnable = false,
            Self::Migratable => action.migratable = false,
        }
    }
}

impl Plan<'_> {
    /// Takes a flag away, and says because of whom unless that is the same resource.
    fn clear_because(&mut self, action: ActionId, flag: Flag, because: ActionId) {
        if !flag.is_set(&self.actions[action]) {
            return;
        }
        flag.clear(&mut self.actions[action]);
        let (cause, own) = (&self.actions[because], self.actions[action].resource);
        if cause.resource == own {
            return;
        }
        let reason = match cause.resource {
            Some(id) => format!("{} {} {}", flag.word(), self.resource(id).id, cause.task),
            None => format!("{} {}", flag.word(), cause.task),
        };
        self.actions[action].set_reason(Some(&reason), false);
    }

    /// Applies everything the edge at `at` among `then`'s inputs demands.
    pub(super) fn apply_edge(&mut self, then: ActionId, at: usize, first_flags: Flags, then_flags: Flags) -> Changed {
        let mut pair = self.pair(then, at, first_flags);
        let (first, flags) = (pair.first, pair.flags);
        let mut changed = self.require_then(pair);
        changed.and(self.ask_owner(pair, Relation::INTERMEDIATE_STOP, flags, BOTH));
        changed.and(self.require_first(pair));
        changed.and(self.ask_owner(pair, Relation::PROMOTED_THEN_IMPLIES_FIRST, pair.only_optional(), OPTIONAL));
        if pair.relation.has(Relation::MIN_RUNNABLE) {
            changed.and(self.count_runnable(then, pair.owner, pair.demand(Relation::MIN_RUNNABLE, flags, RUNNABLE)));
        }
        changed.and(self.await_nested_probe(&mut pair, at));
        changed.and(self.block_then(pair));
        for (kind, filter) in REST {
            changed.and(self.ask_owner(pair, kind, flags, filter));
        }
        self.show_in_graph(first, then, pair.relation, first_flags, then_flags);
        changed.and(self.wait_for_blocked_stop(first, then, pair.relation));
        changed
    }

    /// The edge at `at` among `then`'s inputs, with `FIRST_IMPLIES_SAME_NODE_THEN` made plain.
    fn pair(&mut self, then: ActionId, at: usize, flags: Flags) -> Pair {
        let (first, mut relation) = (self.actions[then].before[at].action, self.actions[then].before[at].relation);
        let mut node = self.actions[then].node;
        if relation.has(Relation::FIRST_IMPLIES_SAME_NODE_THEN) {
            relation = relation.without(Relation::FIRST_IMPLIES_SAME_NODE_THEN) | Relation::FIRST_IMPLIES_THEN;
            self.actions[then].before[at].relation = relation;
            node = self.actions[first].node;
        }
        Pair { first, then, owner: self.actions[then].resource, node, flags, relation }
    }

    /// If the edge is of this kind, the resource of `then` is asked; an action without one is not.
    fn ask_owner(&mut self, pair: Pair, kind: Relation, flags: Flags, filter: Filter) -> Changed {
        match pair.owner {
            Some(owner) if pair.relation.has(kind) => self.update(owner, pair.demand(kind, flags, filter)),
            Some(_) | None => Changed::default(),
        }
    }

    fn require_then(&mut self, pair: Pair) -> Changed {
        let mut changed = self.ask_owner(pair, Relation::FIRST_IMPLIES_THEN, pair.only_optional(), OPTIONAL);
        let row = &mut self.actions[pair.then];
        let is_bare = pair.owner.is_none() && pair.relation.has(Relation::FIRST_IMPLIES_THEN);
        if is_bare && !pair.flags.optional && row.optional {
            row.optional = false;
            changed.then = true;
        }
        changed
    }

    fn require_first(&mut self, pair: Pair) -> Changed {
        if !pair.relation.has(Relation::THEN_IMPLIES_FIRST) {
            return Changed::default();
        }
        let row = &mut self.actions[pair.first];
        if let Some(owner) = row.resource {
            return self.update(owner, pair.demand(Relation::THEN_IMPLIES_FIRST, pair.flags, OPTIONAL));
        }
        let blocks = !pair.flags.optional && row.runnable;
        row.runnable &= !blocks;
        Changed { first: blocks, then: false }
    }

    /// What probes inside of a guest waits for the guest, unless it is there already.
    fn await_nested_probe(&mut self, pair: &mut Pair, at: usize) -> Changed {
        if pair.owner.is_none() || !pair.relation.has(Relation::NESTED_REMOTE_PROBE) {
            return Changed::default();
        }
        let is_active = self.actions[pair.first].resource.is_some_and(|id| !self.resource(id).active_on.is_empty());
        if !pair.flags.runnable && is_active {
            self.actions[pair.then].before[at].relation = Relation::NONE;
            pair.relation = Relation::NONE;
            return Changed::default();
        }
        let demand = pair.demand(Relation::UNRUNNABLE_FIRST_BLOCKS, pair.flags, RUNNABLE);
        pair.owner.map_or_else(Changed::default, |owner| self.update(owner, demand))
    }

    fn block_then(&mut self, pair: Pair) -> Changed {
        let mut changed = self.ask_owner(pair, Relation::UNRUNNABLE_FIRST_BLOCKS, pair.flags, RUNNABLE);
        let row = &mut self.actions[pair.then];
        let is_bare = pair.owner.is_none() && pair.relation.has(Relation::UNRUNNABLE_FIRST_BLOCKS);
        if is_bare && !pair.flags.runnable && row.runnable {
            row.runnable = false;
            changed.then = true;
        }
        changed
    }

    fn count_runnable(&mut self, then: ActionId, owner: Option<ResourceId>, demand: Demand) -> Changed {
        if let Some(owner) = owner {
            return self.update(owner, demand);
        }
        let mut changed = Changed::default();
        if demand.flags.runnable {
            let row = &mut self.actions[then];
            row.runnable_firsts += 1;
            if row.runnable_firsts >= row.min_runnable && !row.runnable {
                row.runnable = true;
                changed.then = true;
            }
        }
        changed
    }

    fn show_in_graph(
        &mut self,
        first: ActionId,
        then: ActionId,
        relation: Relation,
        first_flags: Flags,
        then_flags: Flags,
    ) {
        if self.actions[first].runnable && relation.has(Relation::FIRST_IMPLIES_THEN_GRAPHED) && !first_flags.optional {
            self.actions[then].always_in_graph = true;
        }
        if relation.has(Relation::THEN_IMPLIES_FIRST_GRAPHED) && !then_flags.optional {
            self.actions[first].always_in_graph = true;
        }
    }

    /// A stop that is blocked keeps back what depends on it.
    fn wait_for_blocked_stop(&mut self, first: ActionId, then: ActionId, relation: Relation) -> Changed {
        let strong = Relation::FIRST_IMPLIES_THEN | Relation::THEN_IMPLIES_FIRST | Relation::INTERMEDIATE_STOP;
        let row = &self.actions[first];
        let is_blocked = row.resource.is_some_and(|id| !self.resources[id].managed && self.resources[id].blocked);
        let mut changed = Changed::default();
        if relation.has_any(strong)
            && is_blocked
            && !row.runnable
            && row.task == Task::Stop
            && self.actions[then].runnable
        {
            self.actions[then].runnable = false;
            changed.then = true;
        }
        changed
    }

    /// Lets a resource apply a demand to its action; collectives pass it on to their parts.
    fn update(&mut self, owner: ResourceId, demand: Demand) -> Changed {
        let resource = self.resource(owner);
        if resource.is_group() {
            self.update_group(demand)
        } else if resource.is_clone() || resource.is_bundle() {
            self.update_clone(demand)
        } else {
            self.update_one(demand)
        }
    }

    fn update_one(&mut self, demand: Demand) -> Changed {
        let Demand { first, then, filter, relation, .. } = demand;
        let (first_before, then_before) = (self.own_state(first), self.own_state(then));
        if relation.has(Relation::ASYMMETRIC) {
            self.apply_asymmetric(first, then);
        }
        self.apply_to_first(demand, first_before.0, then_before.0);
        self.apply_to_then(demand);
        if relation.has(Relation::INTERMEDIATE_STOP) {
            self.apply_restart(first, then, filter);
        }
        let changed =
            Changed { first: self.own_state(first) != first_before, then: self.own_state(then) != then_before };
        if changed.then && self.actions[then].resource.is_some_and(|id| self.resource(id).parent.is_some()) {
            // What a part does, its collective does.
            self.settle(then);
        }
        changed
    }

    /// What `then` asks of the first, by the flags that both had before.
    fn apply_to_first(&mut self, demand: Demand, first_before: Flags, then_before: Flags) {
        let Demand { first, then, flags, filter, relation, .. } = demand;
        if relation.has(Relation::THEN_IMPLIES_FIRST) && !then_before.optional {
            if filter.optional && !flags.optional && first_before.optional {
                self.clear_because(first, Flag::Optional, then);
            }
            if flags.migratable && !self.own_flags(then).migratable {
                self.clear_because(first, Flag::Migratable, then);
            }
        }
        let is_promoted = self.actions[then].resource.is_some_and(|id| self.resources[id].current == Role::Promoted);
        let is_wanted = relation.has(Relation::PROMOTED_THEN_IMPLIES_FIRST) && filter.optional;
        if is_wanted && is_promoted && !self.own_flags(then).optional {
            self.clear_because(first, Flag::Optional, then);
            if self.actions[first].migratable && !self.own_flags(then).migratable {
                self.clear_because(first, Flag::Migratable, then);
            }
        }
        if relation.has(Relation::UNMIGRATABLE_THEN_BLOCKS) && filter.optional {
            let now = self.own_flags(then);
            if !(now.migratable && now.runnable) {
                self.clear_because(first, Flag::Runnable, then);
            }
            if !self.own_flags(then).optional {
                self.clear_because(first, Flag::Optional, then);
            }
        }
    }

    /// What the first asks of `then`.
    fn apply_to_then(&mut self, demand: Demand) {
        let Demand { first, then, flags, filter, relation, .. } = demand;
        if relation.has(Relation::FIRST_ELSE_THEN) && filter.optional && !self.actions[first].runnable {
            self.clear_because(then, Flag::Migratable, first);
            self.actions[then].pseudo = false;
        }
        let blocks = relation.has(Relation::UNRUNNABLE_FIRST_BLOCKS) && filter.runnable && !flags.runnable;
        if blocks && self.own_flags(then).runnable {
            self.clear_because(then, Flag::Runnable, first);
            self.clear_because(then, Flag::Migratable, first);
        }
        let drags_in = !flags.optional && !self.actions[first].migratable;
        let implies = relation.has(Relation::FIRST_IMPLIES_THEN) && filter.optional;
        if implies && self.own_flags(then).optional && drags_in {
            self.clear_because(then, Flag::Optional, first);
        }
    }

    fn own_state(&self, action: ActionId) -> (Flags, bool, bool) {
        let row = &self.actions[action];
        (self.own_flags(action), row.pseudo, row.always_in_graph)
    }

    fn apply_asymmetric(&mut self, first: ActionId, then: ActionId) {
        let Some(id) = self.actions[then].resource.filter(|_| !self.actions[first].runnable) else { return };
        let row = &self.actions[then];
        if row.optional {
            let role = self.state(id, true);
            let runs_only_here = row.node.is_some_and(|node| self.resource(id).active_on == [node]);
            let is_done = (role == Role::Stopped && row.task == Task::Stop)
                || (role >= Role::Started && row.task == Task::Start && runs_only_here);
            if is_done {
                return;
            }
        }
        self.clear_because(then, Flag::Optional, first);
        self.clear_because(then, Flag::Runnable, first);
    }

    /// What must start again must stop before; what cannot start must stop all the same.
    fn apply_restart(&mut self, first: ActionId, then: ActionId, filter: Filter) {
        let row = &self.actions[then];
        let is_restart = filter.optional && !row.optional;
        let managed = row.resource.is_some_and(|id| self.resources[id].managed);
        let is_stop = filter.runnable && !row.runnable && managed && row.resource == self.actions[first].resource;
        if !is_restart && !is_stop {
            return;
        }
        if self.actions[first].runnable || !self.actions[then].optional {
            self.clear_because(first, Flag::Optional, then);
        }
        if !self.actions[then].migratable {
            self.clear_because(first, Flag::Migratable, then);
        }
        if !self.actions[first].optional && !self.actions[first].runnable {
            self.clear_because(then, Flag::Runnable, first);
        }
    }

    /// What a collective is made of, as others depend on it.
    pub(crate) fn instances(&self, id: ResourceId) -> Vec<ResourceId> {
        self.resource(id).bundle().map_or_else(|| self.children[id].clone(), BundleSettings::containers)
    }

    /// What runs in a bundle's container.
    fn inside(&self, container: ResourceId) -> Option<ResourceId> {
        let settings = self.resource(self.resource(container).parent?).bundle()?;
        settings.replicas.iter().find(|replica| replica.container == container)?.inside
    }

    fn update_group(&mut self, demand: Demand) -> Changed {
        let mut changed = self.update_one(demand);
        let row = &self.actions[demand.then];
        let (Some(id), task) = (row.resource, row.task.clone()) else { return changed };
        for member in self.children[id].clone() {
            if let Some(action) = self.newest(member, &task, demand.node) {
                changed.and(self.update(member, Demand { then: action, ..demand }));
            }
        }
        changed
    }

    fn update_clone(&mut self, demand: Demand) -> Changed {
        let Some(id) = self.actions[demand.then].resource else { return Changed::default() };
        if self.interleaves(demand.first, demand.then) {
            return self.update_interleaved(id, demand);
        }
        let mut changed = self.update_one(demand);
        for instance in self.instances(id) {
            changed.and(self.update_instance(instance, demand));
        }
        changed
    }

    fn update_instance(&mut self, instance: ResourceId, demand: Demand) -> Changed {
        let task = self.actions[demand.then].task.clone();
        let Some(action) = self.newest(instance, &task, demand.node) else { return Changed::default() };
        if !self.flags(action, demand.node).runnable {
            return Changed::default();
        }
        let changed = self.update(instance, Demand { then: action, ..demand });
        if changed.then {
            for at in (0..self.actions[action].after.len()).rev() {
                let after = self.actions[action].after[at].action;
                self.settle(after);
            }
        }
        changed
    }

    /// Clones whose instances wait for each other node by node.
    fn interleaves(&self, first: ActionId, then: ActionId) -> bool {
        let (Some(first_id), Some(then_id)) = (self.actions[first].resource, self.actions[then].resource) else {
            return false;
        };
        let is_collective = |id: ResourceId| self.resource(id).is_clone() || self.resource(id).is_bundle();
        if first_id == then_id || !is_collective(first_id) || !is_collective(then_id) {
            return false;
        }
        // When stopping, the one that stops first depends on the other.
        let goes_down = matches!(self.actions[then].key.about(), Some(Task::Stop | Task::Demote));
        let dependent = if goes_down { first_id } else { then_id };
        self.resource(dependent).meta_is_true("interleave")
    }

    fn update_interleaved(&mut self, then_id: ResourceId, demand: Demand) -> Changed {
        let mut changed = Changed::default();
        let Some(first_id) = self.actions[demand.first].resource else { return changed };
        let first_task = self.instance_task(demand.first, first_id);
        let then_task = self.actions[demand.then].task.clone();
        let current = matches!(self.actions[demand.first].key.about(), Some(Task::Stopped | Task::Demoted));
        for then_instance in self.instances(then_id) {
            let Some(first_instance) = self.compatible_instance(then_instance, first_id, current) else {
                let mandatory = Relation::UNRUNNABLE_FIRST_BLOCKS | Relation::FIRST_IMPLIES_THEN;
                if !current && demand.relation.has_any(mandatory) && self.unassign(then_instance) {
                    changed.then = true;
                }
                continue;
            };
            let looks_inside = !matches!(self.actions[demand.first].task, Task::Stop | Task::Stopped);
            let first_inside = self.inside(first_instance).filter(|_| looks_inside);
            let first_node = demand.node.filter(|_| first_inside.is_none());
            let Some(first_action) = self.newest(first_inside.unwrap_or(first_instance), &first_task, first_node)
            else {
                continue;
            };
            let then_inside = self
                .inside(then_instance)
                .filter(|_| matches!(then_task, Task::Promote | Task::Promoted | Task::Demote | Task::Demoted));
            let then_node = demand.node.filter(|_| then_inside.is_none());
            let Some(then_action) = self.newest(then_inside.unwrap_or(then_instance), &then_task, then_node) else {
                continue;
            };
            if self.order(first_action, then_action, demand.relation) {
                changed.and(Changed { first: true, then: true });
            }
            let flags = self.flags(first_action, demand.node);
            changed.and(self.update(then_instance, Demand { first: first_action, then: then_action, flags, ..demand }));
        }
        changed
    }
}
