//! Making actions: each once, and what is known of it brought up to date whenever it is asked for again.
//!
//! In: requests for actions. Out: rows of the plan. Never here: which actions are needed.

use super::super::relation::Task;
use super::super::resolve::operation::configured;
use super::super::table::{ActionId, NodeId, ResourceId};
use super::action::{Action, Key, Requires, blank};
use super::plan::Plan;
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::{Operation, Role};
use crate::rules::{Facts, evaluate_sets};
use std::collections::BTreeMap;
use std::sync::Arc;

impl<'a> Plan<'a> {
    /// The start of a resource on a node; the one that is there already, if there is one.
    pub fn start(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Start), Task::Start, node, optional)
    }

    /// The stop of a resource on a node, likewise.
    pub fn stop(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Stop), Task::Stop, node, optional)
    }

    /// The promotion of a resource on a node, likewise.
    pub fn promote(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Promote), Task::Promote, node, optional)
    }

    /// The demotion of a resource on a node, likewise.
    pub fn demote(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(Task::Demote), Task::Demote, node, optional)
    }

    /// The action of this task that does not recur, made if need be.
    pub fn once(&mut self, id: ResourceId, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        self.action(id, Key::once(task.clone()), task, node, optional)
    }

    /// The action with this key, made if need be; what is known of it is brought up to date, its node too.
    pub fn action(&mut self, id: ResourceId, key: Key, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
        let existing = self.find(id, &key, node);
        self.put(&existing, node);
        let existing = existing.first().copied();
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
        let row = blank(task, key, node, optional);
        self.add(id, Action { resource: Some(id), on_dc, requires, meta, parameters_due, ..row })
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
        let known_by = (id, task.clone(), interval_ms);
        if let Some(meta) = self.meta_cache.get(&known_by).filter(|_| !depends_on_node) {
            return Arc::clone(meta);
        }
        let operation = self.operation_of(id, key, task);
        let parameters = if depends_on_node { self.situation.parameters_on(id, node) } else { BTreeMap::new() };
        let definitions = self.situation.definitions();
        let name = task.as_str();
        let meta = definitions.operation_meta(resource, operation, name, interval_ms, &parameters, &mut self.recheck);
        let meta = Arc::new(meta);
        self.meta_cache.insert(known_by, Arc::clone(&meta));
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
        evaluate_sets(&operation.parameters, None, &facts, self.situation.now, &mut self.recheck, &mut parameters);
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
}
