//! Actions and what is known of them while the plan grows.
//!
//! In: requests for actions. Out: [`Plan`], with each action made once and numbered as it is made.
//! Never here: which actions are needed (see the files beside).

use super::super::constrain::add_ordering;
use super::super::place::{Host, Placement};
use super::super::relation::{End, Ordering, Relation, Task};
use super::super::resolve::operation::configured;
use super::super::resolve::{Resource, Situation, active_node};
use super::super::table::{ActionId, NodeId, ResourceId, Table};
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::{Operation, Role};
use crate::rules::{Facts, Recheck, settle};
use crate::score::Score;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How deep settling may recurse before it goes on from the top.
pub const DEPTH_MAX: u32 = 400;

/// A colocation seen from its primary: score, the primary's role, the dependent's, the dependent.
pub type Dependent = (Score, Role, Role, ResourceId);

/// What tells actions of one resource apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Operation {
        task: Task,
        interval_ms: u32,
    },
    /// `pre`, `post`, `confirmed-pre`, `confirmed-post`; and of what.
    Notify {
        kind: &'static str,
        task: Task,
    },
}

impl Key {
    pub const fn once(task: Task) -> Self {
        Self::Operation { task, interval_ms: 0 }
    }

    /// What is done or told of, where that happens once.
    pub const fn about(&self) -> Option<&Task> {
        match self {
            Self::Operation { task, interval_ms: 0 } | Self::Notify { task, .. } => Some(task),
            Self::Operation { .. } => None,
        }
    }

    pub const fn interval_ms(&self) -> u32 {
        match self {
            Self::Operation { interval_ms, .. } => *interval_ms,
            Self::Notify { .. } => 0,
        }
    }

    pub fn text(&self, resource: &str) -> String {
        match self {
            Self::Operation { task, interval_ms } => format!("{resource}_{task}_{interval_ms}"),
            Self::Notify { kind, task } => format!("{resource}_{kind}_notify_{task}_0"),
        }
    }
}

/// What must be certain before an action may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    Nothing,
    Quorum,
    Fencing,
}

/// One action, needed or not.
#[derive(Clone, Debug)]
pub struct Action {
    pub resource: Option<ResourceId>,
    pub task: Task,
    pub key: Key,
    /// For actions without a resource, their whole name.
    pub name: String,
    pub node: Option<NodeId>,
    /// Not needed, as far as is known.
    pub optional: bool,
    pub runnable: bool,
    /// Only a point in the plan.
    pub pseudo: bool,
    /// May be part of a live move.
    pub migratable: bool,
    pub always_in_graph: bool,
    /// A recurring operation that must be started anew.
    pub reschedule: bool,
    pub migration_abort: bool,
    pub on_dc: bool,
    pub in_graph: bool,
    pub reason: Option<String>,
    pub priority: Score,
    pub requires: Requires,
    /// Shared by all actions that are configured alike.
    pub meta: Arc<BTreeMap<String, String>>,
    /// Its own meta-attributes, which win.
    pub own_meta: Vec<(String, String)>,
    /// Parameters of the operation itself; due until the action has a node to see them.
    pub parameters: BTreeMap<String, String>,
    pub parameters_due: bool,
    /// What a cancel cancels.
    pub cancels: Option<Task>,
    /// How many of its firsts must be runnable, and are.
    pub min_runnable: u32,
    pub runnable_firsts: u32,
    /// Newest last.
    pub before: Vec<Edge>,
    pub after: Vec<Edge>,
}

#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub action: ActionId,
    pub relation: Relation,
    pub graphed: bool,
}

impl Action {
    pub fn meta(&self, name: &str) -> Option<&str> {
        let own = self.own_meta.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        own.or_else(|| self.meta.get(name).map(String::as_str))
    }

    pub fn set_meta(&mut self, name: &str, value: impl Into<String>) {
        self.own_meta.retain(|(own, _)| own != name);
        self.own_meta.push((name.to_owned(), value.into()));
    }

    pub fn interval_ms(&self) -> u32 {
        self.meta("interval").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn set_reason(&mut self, reason: Option<&str>, overwrite: bool) {
        if overwrite || self.reason.is_none() {
            self.reason = reason.map(str::to_owned);
        }
    }
}

/// What the plan makes of a resource; starts as placed.
#[derive(Clone, Debug)]
pub struct Planned {
    pub node: Option<NodeId>,
    pub current: Role,
    pub next: Role,
    pub managed: bool,
    pub blocked: bool,
    pub failed: bool,
    pub stop_if_failed: bool,
    pub start_pending: bool,
    pub priority: Score,
    /// Parameters changed that can be reloaded.
    pub reload: bool,
    /// Stopped where it should not be, and left alone where it should.
    pub stop_unexpected: bool,
    pub restarting: bool,
    pub partial_migration: Option<(NodeId, NodeId)>,
}

/// The growing plan: all stages from here on work on it, one after the other.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    pub situation: &'a Situation,
    pub placement: &'a Placement,
    pub actions: Table<ActionId, Action>,
    /// Each resource's actions, oldest first.
    pub of: Table<ResourceId, Vec<ActionId>>,
    pub singletons: BTreeMap<String, ActionId>,
    pub orderings: Vec<Ordering>,
    pub resources: Table<ResourceId, Planned>,
    pub nodes: Table<NodeId, Host>,
    pub remote_reset: Table<NodeId, bool>,
    /// Clones, and nodes where they are never to be asked for: found when probing, for notifications.
    pub struck: BTreeSet<(ResourceId, NodeId)>,
    pub children: Table<ResourceId, Vec<ResourceId>>,
    /// Comparisons that need to know where containers go.
    pub(super) deferred: Vec<super::change::Deferred<'a>>,
    pub notifications: Table<ResourceId, super::notify::Notifications>,
    /// For each resource, who must be where it is, as constraints have it.
    pub dependents: Table<ResourceId, Vec<Dependent>>,
    pub recheck: Recheck,
    /// How often and how deep actions are being settled.
    pub visits: u64,
    pub depth: u32,
    pub postponed: Vec<ActionId>,
    meta_cache: BTreeMap<(ResourceId, String), Arc<BTreeMap<String, String>>>,
}

impl<'a> Plan<'a> {
    pub fn new(situation: &'a Situation, placement: &'a Placement) -> Self {
        let planned = |id: ResourceId| {
            let (resource, placed) = (&situation.resources[id], &placement.resources[id]);
            Planned {
                node: placed.node,
                current: placed.current,
                next: placed.next,
                managed: placed.managed,
                blocked: placed.blocked,
                failed: placed.failed,
                stop_if_failed: resource.stop_if_failed || (placed.failed && !resource.failed),
                start_pending: resource.start_pending,
                priority: placed.priority,
                reload: false,
                stop_unexpected: false,
                restarting: false,
                partial_migration: resource.partial_migration,
            }
        };
        let count = situation.resources.len();
        Self {
            situation,
            placement,
            actions: Table::new(),
            of: Table::from_rows(vec![Vec::new(); count]),
            singletons: BTreeMap::new(),
            orderings: Vec::new(),
            resources: Table::from_rows(situation.resources.ids().map(planned).collect()),
            nodes: placement.nodes_before.clone(),
            remote_reset: Table::from_rows(placement.nodes.rows().iter().map(|node| node.reset).collect()),
            struck: BTreeSet::new(),
            children: placement.children.clone(),
            deferred: Vec::new(),
            notifications: Table::from_rows(vec![super::notify::Notifications::default(); count]),
            dependents: Table::from_rows(vec![Vec::new(); count]),
            recheck: Recheck::default(),
            visits: 0,
            depth: 0,
            postponed: Vec::new(),
            meta_cache: BTreeMap::new(),
        }
    }

    /// From here on, nodes are what placing made of them; who was found unclean meanwhile stays so.
    pub fn learn_placement(&mut self) {
        let placement = self.placement;
        for node in placement.nodes.ids() {
            let found_unclean = self.nodes[node].unclean && !placement.nodes_before[node].unclean;
            self.nodes[node] = placement.nodes[node].clone();
            self.nodes[node].unclean |= found_unclean;
        }
    }

    pub fn resource(&self, id: ResourceId) -> &'a Resource {
        &self.situation.resources[id]
    }

    // Looking actions up.

    fn has_key(&self, action: ActionId, key: &Key) -> bool {
        self.actions[action].key == *key
    }

    /// A resource's actions with this key, oldest first. Given a node, one without a node is put on it.
    pub fn find(&mut self, resource: ResourceId, key: &Key, node: Option<NodeId>) -> Vec<ActionId> {
        let mut found = Vec::new();
        for &action in &self.of[resource] {
            let row = &mut self.actions[action];
            if row.key != *key {
                continue;
            }
            if let (Some(node), None) = (node, row.node) {
                row.node = Some(node);
            }
            if node.is_none() || row.node == node {
                found.push(action);
            }
        }
        found
    }

    /// Those that are on exactly this node.
    pub fn find_exact(&self, resource: ResourceId, key: &Key, node: NodeId) -> Vec<ActionId> {
        let fits = |action: &&ActionId| self.has_key(**action, key) && self.actions[**action].node == Some(node);
        self.of[resource].iter().filter(fits).copied().collect()
    }

    /// The newest action that does this.
    pub fn newest(&self, resource: ResourceId, task: &Task, node: Option<NodeId>) -> Option<ActionId> {
        let fits = |action: &&ActionId| {
            let action = &self.actions[**action];
            action.task == *task && (node.is_none() || action.node == node)
        };
        self.of[resource].iter().rev().find(fits).copied()
    }

    pub fn newest_with_key(&self, resource: ResourceId, key: &Key) -> Option<ActionId> {
        self.of[resource].iter().rev().find(|action| self.has_key(**action, key)).copied()
    }

    // Making actions.

    pub fn start(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Start), Task::Start, node, optional)
    }

    pub fn stop(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Stop), Task::Stop, node, optional)
    }

    pub fn promote(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Promote), Task::Promote, node, optional)
    }

    pub fn demote(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Demote), Task::Demote, node, optional)
    }

    pub fn once(&mut self, id: ResourceId, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(task.clone()), task, node, optional)
    }

    /// The action with this key, made if need be; what is known of it is brought up to date.
    pub fn action(&mut self, id: ResourceId, key: Key, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        let existing = self.find(id, &key, node).first().copied();
        let action = existing.unwrap_or_else(|| self.make(id, key, task, node, optional));
        self.update_optional(action, id, optional);
        self.update_parameters(action, id);
        self.update_runnable(action, id);
        action
    }

    fn make(&mut self, id: ResourceId, key: Key, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        let requires = self.requires(id, &task);
        let meta = self.operation_meta(id, &key, &task, node);
        let parameters_due = self.operation_of(id, &key, &task).is_some_and(|op| !op.parameters.is_empty());
        let on_dc = task == Task::LrmDelete;
        let action = self.actions.push(Action {
            resource: Some(id),
            on_dc,
            requires,
            meta,
            parameters_due,
            ..blank(task, key, node, optional)
        });
        self.of[id].push(action);
        action
    }

    fn requires(&self, id: ResourceId, task: &Task) -> Requires {
        let resource = self.resource(id);
        match task {
            Task::Start | Task::Promote if resource.needs_fencing => Requires::Fencing,
            Task::Start | Task::Promote if resource.needs_quorum => Requires::Quorum,
            _ => Requires::Nothing,
        }
    }

    /// The configured operation that an action carries out.
    fn operation_of(&self, id: ResourceId, key: &Key, task: &Task) -> Option<&'a Operation> {
        let primitive = self.resource(id).primitive()?;
        let own = configured(primitive, task.as_str(), key.interval_ms(), true);
        own.or_else(|| match key {
            Key::Notify { .. } => configured(primitive, Task::Notify.as_str(), 0, true),
            Key::Operation { .. } => None,
        })
    }

    /// What is configured for what an action does: a cancel has nothing of what it cancels.
    fn operation_meta(
        &mut self,
        id: ResourceId,
        key: &Key,
        task: &Task,
        node: Option<NodeId>,
    ) -> Arc<BTreeMap<String, String>> {
        let resource = self.resource(id);
        let depends_on_node = resource.fence_device;
        let interval_ms = key.interval_ms();
        let name = task.as_str().to_owned();
        let text = format!("{name} {interval_ms}");
        if let Some(meta) = self.meta_cache.get(&(id, text.clone())).filter(|_| !depends_on_node) {
            return Arc::clone(meta);
        }
        let operation = self.operation_of(id, key, task);
        let parameters = if depends_on_node { self.situation.parameters_on(id, node) } else { BTreeMap::new() };
        let definitions = self.situation.definitions();
        let meta = definitions.operation_meta(resource, operation, &name, interval_ms, &parameters, &mut self.recheck);
        let meta = Arc::new(meta);
        self.meta_cache.insert((id, text), Arc::clone(&meta));
        meta
    }

    fn update_optional(&mut self, action: ActionId, id: ResourceId, optional: bool) {
        let managed = self.resources[id].managed;
        let row = &mut self.actions[action];
        if row.node.is_some() && !row.pseudo && !managed && row.meta("interval").is_none() {
            row.optional = true;
        } else if !optional {
            row.optional = false;
        }
    }

    fn update_parameters(&mut self, action: ActionId, id: ResourceId) {
        let row = &self.actions[action];
        let Some(node) = row.node.filter(|_| row.parameters_due) else { return };
        let Some(operation) = self.operation_of(id, &row.key, &row.task) else { return };
        let facts = Facts { node_attributes: Some(&self.situation.nodes[node].attributes), ..Facts::default() };
        let mut parameters = BTreeMap::new();
        settle(&operation.parameters, None, &facts, self.situation.now, &mut self.recheck, &mut parameters);
        let row = &mut self.actions[action];
        (row.parameters, row.parameters_due) = (parameters, false);
    }

    fn update_runnable(&mut self, action: ActionId, id: ResourceId) {
        let row = &self.actions[action];
        if row.pseudo {
            return;
        }
        let Some(node) = row.node else {
            self.actions[action].runnable = false;
            return;
        };
        let host = &self.nodes[node];
        let is_running_guest = host.is_guest && !self.remote_reset[node];
        if !row.on_dc && !host.online && !is_running_guest {
            let was_stop = row.task == Task::Stop;
            self.actions[action].runnable = false;
            if self.resources[id].managed && was_stop && !self.nodes[node].unclean {
                self.fence_node(node, "stop is unrunnable", false);
            }
        } else if !row.on_dc && self.situation.nodes[node].pending {
            self.actions[action].runnable = false;
        } else if row.requires == Requires::Nothing {
            let lost_guest = host.is_guest && !self.can_fence(node);
            let row = &mut self.actions[action];
            row.set_reason(None, true);
            row.runnable = !lost_guest;
        } else {
            self.update_runnable_by_quorum(action, id);
        }
    }

    fn update_runnable_by_quorum(&mut self, action: ActionId, id: ResourceId) {
        match self.effective_quorum_policy(id) {
            NoQuorumPolicy::Stop => {
                let row = &mut self.actions[action];
                row.runnable = false;
                row.set_reason(Some("no quorum"), true);
            }
            NoQuorumPolicy::Freeze => {
                let planned = &self.resources[id];
                if !self.is_fully_active(id) || planned.next > planned.current {
                    let row = &mut self.actions[action];
                    row.runnable = false;
                    row.set_reason(Some("quorum freeze"), true);
                }
            }
            NoQuorumPolicy::Ignore | NoQuorumPolicy::Demote | NoQuorumPolicy::Fence => {
                self.actions[action].runnable = true
            }
        }
    }

    fn effective_quorum_policy(&mut self, id: ResourceId) -> NoQuorumPolicy {
        match self.situation.no_quorum_policy {
            _ if self.situation.quorate => NoQuorumPolicy::Ignore,
            NoQuorumPolicy::Demote => {
                let planned = &mut self.resources[id];
                if !matches!(planned.current, Role::Promoted | Role::Unpromoted) {
                    return NoQuorumPolicy::Stop;
                }
                planned.next = planned.next.min(Role::Unpromoted);
                NoQuorumPolicy::Ignore
            }
            policy => policy,
        }
    }

    fn is_fully_active(&self, id: ResourceId) -> bool {
        let children = &self.children[id];
        if children.is_empty() {
            let managed = self.resources[id].managed;
            return self.resource(id).active_on.iter().any(|node| {
                let host = &self.nodes[*node];
                host.unclean || host.online || !managed
            });
        }
        children.iter().all(|child| self.is_fully_active(*child))
    }

    /// A point of a collective: runnable or not as told, on no node.
    pub fn pseudo(&mut self, id: ResourceId, task: Task, optional: bool, runnable: bool) -> ActionId {
        let action = self.once(id, task, None, optional);
        let row = &mut self.actions[action];
        row.pseudo = true;
        row.runnable |= runnable;
        action
    }

    /// An action of the cluster itself.
    pub fn cluster_action(&mut self, name: String, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        let action = self.singletons.get(&name).copied().unwrap_or_else(|| {
            let key = Key::once(task.clone());
            let action = self.actions.push(Action { name: name.clone(), ..blank(task, key, node, optional) });
            self.singletons.insert(name, action);
            action
        });
        if !optional {
            self.actions[action].optional = false;
        }
        action
    }

    /// A named point that belongs to no resource.
    pub fn named_point(&mut self, name: &str) -> ActionId {
        if let Some(action) = self.singletons.get(name) {
            return *action;
        }
        let action = self.cluster_action(name.to_owned(), Task::parse(name), None, true);
        let row = &mut self.actions[action];
        row.pseudo = true;
        row.runnable = true;
        action
    }

    // Ordering actions.

    /// Puts an edge between two actions, unless one with a demand in common is there. Returns whether it is new.
    pub fn order(&mut self, first: ActionId, then: ActionId, relation: Relation) -> bool {
        // A constraint may name one resource twice: nothing comes before itself.
        if relation.is_none() || first == then {
            return false;
        }
        let is_known = |edge: &Edge| edge.action == then && edge.relation.has_any(relation);
        if self.actions[first].after.iter().any(is_known) {
            return false;
        }
        self.actions[first].after.push(Edge { action: then, relation, graphed: false });
        self.actions[then].before.push(Edge { action: first, relation, graphed: false });
        true
    }

    /// Notes an ordering to be applied once all actions exist.
    pub fn order_later(&mut self, first: End, then: End, relation: Relation) {
        let actions = &self.actions;
        let does = |end: &End| match end {
            End::Task { resource, task, .. } => Some((*resource, task.clone())),
            End::Action(action) => actions[*action].resource.map(|id| (id, actions[*action].task.clone())),
            End::Point(_) => None,
        };
        add_ordering(self.situation, &mut self.orderings, &does, (first, then), relation);
    }

    pub fn order_tasks_later(
        &mut self,
        first: ResourceId,
        first_task: Task,
        then: ResourceId,
        then_task: Task,
        relation: Relation,
    ) {
        self.order_later(End::of(first, first_task), End::of(then, then_task), relation);
    }

    // Facts of resources in the plan.

    pub fn state(&self, id: ResourceId, current: bool) -> Role {
        let children = &self.children[id];
        if children.is_empty() {
            let planned = &self.resources[id];
            return if current { planned.current } else { planned.next };
        }
        children.iter().map(|child| self.state(*child, current)).max().unwrap_or_default()
    }

    pub fn assigned_nodes(&self, id: ResourceId) -> Vec<NodeId> {
        if self.children[id].is_empty() {
            return self.resources[id].node.into_iter().collect();
        }
        let mut nodes = Vec::new();
        for &child in &self.children[id] {
            for node in self.assigned_nodes(child) {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    /// The only node assigned to a resource's parts.
    pub fn assigned_node(&self, id: ResourceId) -> Option<NodeId> {
        match self.assigned_nodes(id).as_slice() {
            [node] => Some(*node),
            _ => None,
        }
    }

    /// The only node a resource's parts are active on.
    pub fn only_active_node(&self, id: ResourceId) -> Option<NodeId> {
        let mut nodes: Vec<NodeId> = Vec::new();
        self.collect_active(id, &mut nodes);
        match nodes.as_slice() {
            [node] => Some(*node),
            _ => None,
        }
    }

    fn collect_active(&self, id: ResourceId, nodes: &mut Vec<NodeId>) {
        if self.children[id].is_empty() {
            for &node in &self.resource(id).active_on {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
        }
        for &child in &self.children[id] {
            self.collect_active(child, nodes);
        }
    }

    /// Where a resource is active, a halfway move still counting if it is going on.
    pub fn current_node(&self, id: ResourceId) -> Option<NodeId> {
        active_node(self.resource(id), self.resources[id].partial_migration, |node| self.nodes[node].is_well())
    }

    /// How many nodes a resource is active on: all, and those that are online and clean.
    pub fn active_counts(&self, id: ResourceId) -> (usize, usize) {
        let active = &self.resource(id).active_on;
        (active.len(), active.iter().filter(|node| self.nodes[**node].is_well()).count())
    }

    pub fn any_part_blocked(&self, id: ResourceId) -> bool {
        self.resources[id].blocked || self.children[id].iter().any(|child| self.any_part_blocked(*child))
    }

    pub fn is_above(&self, above: ResourceId, below: ResourceId) -> bool {
        std::iter::successors(self.resource(below).parent, |id| self.resource(*id).parent).any(|id| id == above)
    }

    /// The instance of a collective that is, or will be, where another resource is.
    pub fn compatible_instance(&self, with: ResourceId, collective: ResourceId, current: bool) -> Option<ResourceId> {
        let place_of = |id: ResourceId| if current { self.only_active_node(id) } else { self.assigned_node(id) };
        let on = |node: NodeId| {
            let fits =
                |instance: &&ResourceId| !self.any_part_blocked(**instance) && place_of(**instance) == Some(node);
            self.instances(collective).iter().find(fits).copied()
        };
        match place_of(with) {
            Some(node) => on(node),
            None => self.ranked(with).into_iter().find_map(on),
        }
    }

    fn ranked(&self, id: ResourceId) -> Vec<NodeId> {
        let allowed = &self.placement.resources[id].allowed;
        let mut nodes: Vec<_> = allowed.iter().map(|(node, _)| node).collect();
        let score = |node: NodeId| {
            let usable = self.nodes[node].is_available();
            allowed.score(node).filter(|_| usable).unwrap_or(Score::MINUS_INFINITY)
        };
        nodes.sort_by_key(|node| (-score(*node), self.nodes[*node].load, self.nodes[*node].rank));
        nodes
    }

    /// Takes back a resource's node, and what was planned there.
    pub fn unassign(&mut self, id: ResourceId) -> bool {
        let children = self.children[id].clone();
        if !children.is_empty() {
            let changed: Vec<bool> = children.into_iter().map(|child| self.unassign(child)).collect();
            return changed.contains(&true);
        }
        let changed = self.resources[id].node.take().is_some();
        self.resources[id].next = Role::Stopped;
        self.mark_refused(id);
        changed
    }

    /// What finding no node means for the actions there are already.
    pub fn mark_refused(&mut self, id: ResourceId) {
        for &action in &self.of[id] {
            let row = &mut self.actions[action];
            match row.task {
                Task::Stop => row.optional = false,
                Task::Start => row.runnable = false,
                _ if row.interval_ms() > 0 && row.meta("op_target_rc") != Some("7") => row.runnable = false,
                _ => {}
            }
        }
    }
}

fn blank(task: Task, key: Key, node: Option<NodeId>, optional: bool) -> Action {
    Action {
        resource: None,
        task,
        key,
        name: String::new(),
        node,
        optional,
        runnable: true,
        pseudo: false,
        migratable: false,
        always_in_graph: false,
        reschedule: false,
        migration_abort: false,
        on_dc: false,
        in_graph: false,
        reason: None,
        priority: Score::ZERO,
        requires: Requires::Nothing,
        meta: Arc::default(),
        own_meta: Vec::new(),
        parameters: BTreeMap::new(),
        parameters_due: false,
        cancels: None,
        min_runnable: 0,
        runnable_firsts: 0,
        before: Vec::new(),
        after: Vec::new(),
    }
}
