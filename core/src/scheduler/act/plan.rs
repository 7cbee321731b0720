//! The plan while it grows: its actions, how they are ordered, and what becomes of each resource.
//!
//! Actions are numbered as they are made (see `make`). Never here: which actions are needed (see the files
//! beside).

use super::super::constrain::add_ordering;
use super::super::place::{Host, Placement, parts};
use super::super::relation::{End, Ordering, Relation, Task};
use super::super::resolve::{Resource, Situation, active_node};
use super::super::table::{ActionId, NodeId, ResourceId, Table};
use super::action::{Action, Edge, Key};
use crate::cib::model::resource::Role;
use crate::rules::Recheck;
use crate::score::Score;
use crate::status::OperationRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How deep settling may recurse before it goes on from the top.
pub const DEPTH_MAX: u32 = 400;

/// A colocation seen from its primary: score, the primary's role, the dependent's, the dependent.
pub type Dependent = (Score, Role, Role, ResourceId);

/// A comparison of definitions that needs to know where a container goes.
#[derive(Clone, Copy, Debug)]
pub enum Deferred<'a> {
    Definition(ResourceId, NodeId, &'a OperationRecord),
    Failure(ResourceId, NodeId, &'a OperationRecord),
}

/// The points around one kind of change of one clone.
#[derive(Clone, Debug)]
pub struct Notification {
    pub(super) task: Task,
    pub(super) pre: Option<ActionId>,
    pub(super) pre_done: Option<ActionId>,
    pub(super) post: ActionId,
    pub(super) post_done: ActionId,
}

/// All notifications of a clone.
#[derive(Clone, Debug, Default)]
pub struct Notifications {
    pub(super) start: Option<Notification>,
    pub(super) stop: Option<Notification>,
    pub(super) promote: Option<Notification>,
    pub(super) demote: Option<Notification>,
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
    /// The same by their keys, for that is how most are asked for.
    by_key: Table<ResourceId, Vec<(Key, Vec<ActionId>)>>,
    pub singletons: BTreeMap<String, ActionId>,
    pub orderings: Vec<Ordering>,
    pub resources: Table<ResourceId, Planned>,
    pub nodes: Table<NodeId, Host>,
    pub remote_reset: Table<NodeId, bool>,
    /// Clones, and nodes where they are never to be asked for: found when probing, for notifications.
    pub struck: BTreeSet<(ResourceId, NodeId)>,
    pub children: Table<ResourceId, Vec<ResourceId>>,
    /// Comparisons that need to know where containers go.
    pub(super) deferred: Vec<Deferred<'a>>,
    pub notifications: Table<ResourceId, Notifications>,
    /// For each resource, who must be where it is, as constraints have it.
    pub dependents: Table<ResourceId, Vec<Dependent>>,
    pub recheck: Recheck,
    /// In Pacemaker's words: who looks changed only because secrets are left out.
    pub hidden_changes: Vec<String>,
    /// How often and how deep actions are being settled.
    pub visits: u64,
    pub depth: u32,
    pub postponed: Vec<ActionId>,
    /// What is configured for tasks and their intervals in milliseconds.
    pub(super) meta_cache: BTreeMap<(ResourceId, Task, u32), Arc<BTreeMap<String, String>>>,
}

impl<'a> Plan<'a> {
    /// A plan without actions: everything as it was placed.
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
            by_key: Table::from_rows(vec![Vec::new(); count]),
            singletons: BTreeMap::new(),
            orderings: Vec::new(),
            resources: Table::from_rows(situation.resources.ids().map(planned).collect()),
            nodes: placement.nodes_before.clone(),
            remote_reset: Table::from_rows(placement.nodes.rows().iter().map(|node| node.reset).collect()),
            struck: BTreeSet::new(),
            children: placement.children.clone(),
            deferred: Vec::new(),
            notifications: Table::from_rows(vec![Notifications::default(); count]),
            dependents: Table::from_rows(vec![Vec::new(); count]),
            recheck: Recheck::default(),
            hidden_changes: Vec::new(),
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

    /// The resource as it was found.
    pub fn resource(&self, id: ResourceId) -> &'a Resource {
        &self.situation.resources[id]
    }

    /// Nothing is made or ordered any more: what only that needs is given back before the graph is made.
    pub fn close(&mut self) {
        self.orderings = Vec::new();
        self.actions.shrink_to_fit();
    }

    // Looking actions up.

    /// A resource's actions with this key, oldest first.
    fn with_key(&self, resource: ResourceId, key: &Key) -> &[ActionId] {
        self.by_key[resource].iter().find(|(known, _)| known == key).map_or(&[], |(_, actions)| actions)
    }

    /// The same. Given a node, those that are not on another: an action that nobody gave a node yet may happen there.
    pub fn find(&self, resource: ResourceId, key: &Key, node: Option<NodeId>) -> Vec<ActionId> {
        let may_be_there = |action: &&ActionId| {
            let place = self.actions[**action].node;
            node.is_none() || place.is_none() || place == node
        };
        self.with_key(resource, key).iter().filter(may_be_there).copied().collect()
    }

    /// Puts those that nobody gave a node yet on this one.
    pub(crate) fn put(&mut self, actions: &[ActionId], node: Option<NodeId>) {
        for &action in actions {
            let row = &mut self.actions[action];
            row.node = row.node.or(node);
        }
    }

    /// Those that are on exactly this node.
    pub fn find_exact(&self, resource: ResourceId, key: &Key, node: NodeId) -> Vec<ActionId> {
        let is_there = |action: &&ActionId| self.actions[**action].node == Some(node);
        self.with_key(resource, key).iter().filter(is_there).copied().collect()
    }

    /// The newest action that does this.
    pub fn newest(&self, resource: ResourceId, task: &Task, node: Option<NodeId>) -> Option<ActionId> {
        let fits = |action: &&ActionId| {
            let action = &self.actions[**action];
            action.task == *task && (node.is_none() || action.node == node)
        };
        self.of[resource].iter().rev().find(fits).copied()
    }

    /// The newest action with this key, on whatever node.
    pub fn newest_with_key(&self, resource: ResourceId, key: &Key) -> Option<ActionId> {
        self.with_key(resource, key).last().copied()
    }

    /// Adds an action of a resource.
    pub(super) fn add(&mut self, resource: ResourceId, row: Action) -> ActionId {
        let key = row.key.clone();
        let action = self.actions.push(row);
        self.of[resource].push(action);
        let by_key = &mut self.by_key[resource];
        match by_key.iter_mut().find(|(known, _)| *known == key) {
            Some((_, actions)) => actions.push(action),
            None => by_key.push((key, vec![action])),
        }
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

    /// The same for whatever actions of two resources do these tasks.
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

    /// The role of a resource, now or as planned; of a collective, the highest of any part.
    pub fn state(&self, id: ResourceId, current: bool) -> Role {
        let role = |part: ResourceId| {
            let planned = &self.resources[part];
            if current { planned.current } else { planned.next }
        };
        parts::role(&self.children, id, &role)
    }

    /// Every node that a resource or its parts will be on.
    pub fn assigned_nodes(&self, id: ResourceId) -> Vec<NodeId> {
        parts::nodes(&self.children, id, &|part| self.resources[part].node)
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

    /// Whether the resource, or any part of it, is left alone until somebody cleans up.
    pub fn any_part_blocked(&self, id: ResourceId) -> bool {
        self.resources[id].blocked || self.children[id].iter().any(|child| self.any_part_blocked(*child))
    }

    /// Whether one resource is what the other is part of.
    pub fn is_above(&self, above: ResourceId, below: ResourceId) -> bool {
        self.situation.resources.above(below).any(|id| id == above)
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
