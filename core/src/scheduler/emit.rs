//! Stage 6: the transition graph, ready to be carried out.
//!
//! In: [`OrderedActions`]. Out: [`Graph`]. Never here: changing a decision, save telling clones' instances,
//! which can only be said when it is settled what each will do.

use super::act::{Action, Key, Plan};
use super::order::OrderedActions;
use super::relation::{Relation, Task};
use super::resolve::Replica;
use super::table::{ActionId, Id, NodeId, ResourceId};
use crate::cib::document::FEATURE_SET;
use crate::score::Score;
use crate::transition::graph::{self, ActionKind, Graph, ResourceRef, Synapse};
use crate::xml::Shapes;
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// The graph, and the plan it came from for those who explain it.
#[derive(Clone, Debug)]
pub struct Emitted<'a> {
    pub graph: Graph,
    pub plan: Plan<'a>,
}

/// Writes down what is needed and can run, with what each action waits for.
pub fn emit(ordered: OrderedActions<'_>, transition_id: i32) -> Emitted<'_> {
    let mut emitter = Emitter {
        graph: header(&ordered.plan, transition_id),
        plan: ordered.plan,
        places: BTreeMap::new(),
        sorted: Vec::new(),
        parameters: BTreeMap::new(),
        shapes: Shapes::default(),
    };
    let expected = emitter.plan.actions.ids().filter(|action| emitter.plan.belongs_in_graph(*action)).count();
    emitter.graph.actions.reserve_exact(expected);
    emitter.graph.synapses.reserve_exact(expected);
    for id in emitter.plan.placement.top.clone() {
        emitter.emit_resource(id);
    }
    emitter.emit_maintenance();
    for action in emitter.plan.actions.ids().rev().collect::<Vec<_>>() {
        emitter.emit_action(action);
    }
    Emitted { graph: emitter.graph, plan: emitter.plan }
}

struct Emitter<'a> {
    plan: Plan<'a>,
    graph: Graph,
    /// Where an action stands in the graph's list.
    places: BTreeMap<ActionId, usize>,
    /// Whether an action's inputs are sorted and unique.
    sorted: Vec<bool>,
    /// Parameters that are the same on every node, by resource.
    parameters: BTreeMap<ResourceId, Option<BTreeMap<String, String>>>,
    /// Names that actions have in common.
    shapes: Shapes,
}

fn header(plan: &Plan, transition_id: i32) -> Graph {
    let options = &plan.situation.options;
    let ms = |text: &str| literal::cib::interval_ms(text).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
    let fencing_timeout = options.value("fencing-timeout").unwrap_or("60s");
    Graph {
        transition_id,
        cluster_delay: ms(&options.cluster_delay),
        fencing_timeout: ms(fencing_timeout),
        cluster_delay_text: options.cluster_delay.clone(),
        fencing_timeout_text: fencing_timeout.to_owned(),
        failed_stop_offset: "INFINITY".to_owned(),
        failed_start_offset: if options.start_failure_is_fatal { "INFINITY" } else { "1" }.to_owned(),
        batch_limit: options.batch_limit.parse().unwrap_or(0),
        migration_limit: options
            .migration_limit
            .as_deref()
            .and_then(|text| text.parse().ok())
            .filter(|limit| *limit > 0),
        recheck_by: None,
        actions: Vec::new(),
        synapses: Vec::new(),
    }
}

impl Plan<'_> {
    pub(super) fn belongs_in_graph(&self, action: ActionId) -> bool {
        let row = &self.actions[action];
        if !row.runnable || (row.optional && !row.always_in_graph) {
            return false;
        }
        if let Some(id) = row.resource
            && !self.resources[id].managed
            && row.task != Task::Monitor
            && row.interval_ms() == 0
        {
            return false;
        }
        if row.pseudo || matches!(row.task, Task::Stonith | Task::DoShutdown) {
            return true;
        }
        let Some(node) = row.node else { return false };
        let host = &self.nodes[node];
        row.on_dc || (host.is_guest && !self.remote_reset[node]) || host.is_well()
    }

    /// Whether an input is to be waited for; `None` where the edge turns out to say nothing.
    pub(super) fn input_verdict(&self, action: ActionId, at: usize) -> Option<bool> {
        let row = &self.actions[action];
        let edge = &row.before[at];
        let input = &self.actions[edge.action];
        let relation = edge.relation;
        if edge.graphed {
            return Some(true);
        }
        if relation.is_none() {
            return Some(false);
        }
        let only_order =
            Relation::THEN_IMPLIES_FIRST_GRAPHED | Relation::FIRST_IMPLIES_THEN_GRAPHED | Relation::ORDERED;
        let can_change = !relation.without(only_order).is_none();
        let waits_for_unrunnable =
            can_change && !relation.has(Relation::MIN_RUNNABLE) && !relation.has(Relation::UNMIGRATABLE_THEN_BLOCKS);
        if !input.runnable && !waits_for_unrunnable {
            return Some(false);
        }
        if relation.has(Relation::IF_FIRST_UNMIGRATABLE) && input.migratable {
            return Some(false);
        }
        let is_stop = input.key == Key::once(Task::Stop) && input.resource.is_some();
        if relation == Relation::ORDERED && input.migratable && is_stop {
            return Some(false);
        }
        if relation == Relation::IF_ON_SAME_NODE_OR_TARGET {
            let moved_to = row.resource.filter(|_| row.task == Task::MigrateTo).map(|id| self.resources[id].node);
            return match moved_to {
                Some(target) => (input.node == target).then_some(true),
                None => (input.node == row.node && !input.optional).then_some(true),
            };
        }
        if relation == Relation::IF_REQUIRED_ON_SAME_NODE {
            let elsewhere = input.node.is_some() && row.node.is_some() && input.node != row.node;
            return (!elsewhere && !input.optional).then_some(true);
        }
        let is_hopeless = input.resource.is_some_and(|id| self.resources[id].failed && !self.resources[id].managed);
        let for_clone = row.resource.is_some_and(|id| self.resource(id).is_clone());
        if input.resource != row.resource && is_hopeless && is_stop && for_clone {
            return Some(false);
        }
        let is_shown = input.always_in_graph || input.in_graph || self.belongs_in_graph(edge.action);
        Some(!input.optional || is_shown)
    }
}

impl Emitter<'_> {
    fn emit_resource(&mut self, id: ResourceId) {
        if self.plan.resource(id).is_clone() {
            for action in self.plan.of[id].clone().into_iter().rev() {
                self.plan.flags(action, None);
            }
            self.plan.notify_instances(id);
            for child in self.plan.children[id].clone() {
                self.emit_resource(child);
            }
        }
        if let Some(settings) = self.plan.resource(id).bundle() {
            // Its own points come with the rest of all actions.
            for part in settings.inside.into_iter().chain(settings.replicas.iter().flat_map(Replica::parts)) {
                self.emit_resource(part);
            }
            return;
        }
        for action in self.plan.of[id].clone().into_iter().rev() {
            self.emit_action(action);
        }
        if !self.plan.resource(id).is_clone() {
            for child in self.plan.children[id].clone() {
                self.emit_resource(child);
            }
        }
    }

    fn emit_maintenance(&mut self) {
        if !self.maintenance_changes().is_empty() {
            let action = self.plan.named_point("maintenance_nodes");
            self.plan.actions[action].always_in_graph = true;
        }
    }

    fn maintenance_changes(&self) -> Vec<(String, bool)> {
        let nodes = self.plan.situation.nodes.rows().iter();
        let changed = nodes.filter(|node| node.is_remote() && node.maintenance != node.remote_maintenance);
        changed.map(|node| (node.uuid.to_string(), node.maintenance)).collect()
    }

    /// Sorts inputs by action and joins what two edges demand of one.
    fn sort_inputs(&mut self, action: ActionId) {
        if self.sorted.len() < self.plan.actions.len() {
            self.sorted.resize(self.plan.actions.len(), false);
        }
        if std::mem::replace(&mut self.sorted[action.at()], true) {
            return;
        }
        let before = &mut self.plan.actions[action].before;
        before.sort_by_key(|edge| edge.action);
        before.dedup_by(|next, kept| {
            let same = next.action == kept.action;
            if same {
                kept.relation |= next.relation;
            }
            same
        });
    }

    fn emit_action(&mut self, action: ActionId) {
        self.sort_inputs(action);
        if self.plan.actions[action].in_graph || !self.plan.belongs_in_graph(action) {
            return;
        }
        self.plan.actions[action].in_graph = true;
        let place = self.describe(action);
        let mut inputs = Vec::new();
        for at in 0..self.plan.actions[action].before.len() {
            match self.plan.input_verdict(action, at) {
                Some(true) => {
                    self.plan.actions[action].before[at].graphed = true;
                    let input = self.plan.actions[action].before[at].action;
                    self.describe(input);
                    inputs.push(number(input));
                }
                Some(false) => {}
                None => self.plan.actions[action].before[at].relation = Relation::NONE,
            }
        }
        let row = &self.plan.actions[action];
        let own = row.resource.map_or(Score::ZERO, |id| self.plan.resources[id].priority);
        let id = self.graph.synapses.len() as u32;
        self.graph.synapses.push(Synapse {
            id,
            priority: own.max(row.priority).max(Score::ZERO).value(),
            action: place,
            inputs,
        });
    }

    /// Puts an action into the graph's list once; its details are those of the moment it is carried out.
    fn describe(&mut self, action: ActionId) -> usize {
        if let Some(place) = self.places.get(&action).copied() {
            if self.plan.actions[action].in_graph {
                self.graph.actions[place] = self.details(action);
            }
            return place;
        }
        let details = self.details(action);
        self.graph.actions.push(details);
        self.places.insert(action, self.graph.actions.len() - 1);
        self.graph.actions.len() - 1
    }

    fn details(&mut self, action: ActionId) -> graph::Action {
        let attributes = self.attributes(action);
        let attributes = self.shapes.pack(attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let plan = &self.plan;
        let row = &plan.actions[action];
        let is_cluster = matches!(row.task, Task::DoShutdown | Task::ClearFailCount | Task::LrmDelete);
        let kind = if is_cluster || (row.task == Task::Stonith && !row.pseudo) {
            ActionKind::Cluster
        } else if row.pseudo {
            ActionKind::Pseudo
        } else {
            ActionKind::Resource
        };
        let node = row.node.filter(|_| shows_node(row));
        let resource = row.resource.filter(|_| !row.pseudo);
        let history = row.resource.and_then(|id| plan.resource(id).history_id.as_deref());
        let own_key = row.resource.map_or_else(|| row.name.clone(), |id| row.key.text(&plan.resource(id).id));
        let (key, internal_key) = match history {
            Some(name) => (history_key(row, name), Some(own_key)),
            None => (own_key, None),
        };
        graph::Action {
            id: number(action),
            kind,
            operation: row.task.to_string(),
            key,
            internal_key,
            node: node.map(|node| plan.situation.nodes[node].name.to_string()),
            node_uuid: node.map(|node| plan.situation.nodes[node].uuid.to_string()),
            router_node: node
                .and_then(|_| plan.connection_host(action))
                .map(|host| plan.situation.nodes[host].name.to_string()),
            resource: resource.map(|id| self.reference(id)),
            attributes,
            downed: node.map(|node| self.downed(row, node)).unwrap_or_default(),
            shutdown_lock: resource.and_then(|id| self.lock(row, id)),
            maintenance: if row.task == Task::MaintenanceNodes { self.maintenance_changes() } else { Vec::new() },
        }
    }

    fn reference(&self, id: ResourceId) -> ResourceRef {
        let resource = self.plan.resource(id);
        let history = resource.history_id.clone();
        let own = resource.id.to_string();
        let config = resource.config_id.to_string();
        let (name, long_id) = match history {
            Some(history) if resource.removed => (history, Some(own)),
            Some(history) if !resource.unique && history != config => (config, Some(history)),
            _ if !resource.unique => (config, Some(own)),
            _ => (own, None),
        };
        let word = |name: &str| resource.meta(name).unwrap_or("").to_owned();
        ResourceRef {
            id: name,
            long_id,
            class: word("class"),
            provider: resource.meta("provider").map(str::to_owned),
            kind: word("type"),
        }
    }

    fn lock(&self, row: &Action, id: ResourceId) -> Option<i64> {
        let (node, since) = self.plan.placement.resources[id].shutdown_lock?;
        let leaves = self.plan.nodes[node].shutdown;
        (row.node == Some(node) && (!leaves || row.task == Task::Stop)).then_some(since)
    }

    fn downed(&self, row: &Action, node: NodeId) -> Vec<String> {
        let uuid = |node: NodeId| self.plan.situation.nodes[node].uuid.to_string();
        match row.task {
            Task::DoShutdown => vec![uuid(node)],
            Task::Stonith if matches!(row.meta("stonith_action"), Some("off" | "reboot")) => {
                let mut downed = vec![uuid(node)];
                for &id in &self.plan.situation.nodes[node].running {
                    let resource = self.plan.resource(id);
                    if resource.remote_connection && resource.launcher.is_some() {
                        downed.extend(self.plan.situation.node_by_name(&resource.id).map(uuid));
                    }
                }
                downed
            }
            Task::Stop => {
                let Some(id) = row.resource.filter(|id| self.plan.resource(*id).remote_connection) else {
                    return Vec::new();
                };
                let arrives = |edge: &super::act::Edge| {
                    let input = &self.plan.actions[edge.action];
                    input.resource == Some(id) && input.task == Task::MigrateFrom
                };
                if row.before.iter().any(arrives) { Vec::new() } else { vec![self.plan.resource(id).id.to_string()] }
            }
            _ => Vec::new(),
        }
    }

    fn attributes(&mut self, action: ActionId) -> BTreeMap<String, String> {
        let (resource, node) = (self.plan.actions[action].resource, self.plan.actions[action].node);
        let is_primitive = resource.is_some_and(|id| self.plan.resource(id).is_primitive());
        let mut attributes = match resource {
            Some(id) if node.is_some() || is_primitive => self.parameters_on(id, node),
            _ => BTreeMap::new(),
        };
        let row = &self.plan.actions[action];
        // The operation's own parameters win over the resource's.
        attributes.extend(row.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        attributes.insert("crm_feature_set".to_owned(), FEATURE_SET.to_owned());
        let metas = row.meta.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in metas.chain(row.own_meta.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            insert_meta(&mut attributes, name, value);
        }
        if let Some(node) = node.filter(|_| shows_node(row)) {
            let facts = &self.plan.situation.nodes[node];
            insert_meta(&mut attributes, "on_node", &facts.name);
            insert_meta(&mut attributes, "on_node_uuid", &facts.uuid);
        }
        if let Some(id) = resource {
            self.add_resource_meta(id, &mut attributes);
            self.add_guest_host(action, id, &mut attributes);
        }
        attributes
    }

    fn parameters_on(&mut self, id: ResourceId, node: Option<NodeId>) -> BTreeMap<String, String> {
        let situation = self.plan.situation;
        let known = self.parameters.entry(id).or_insert_with(|| {
            // Without rules, every node sees the same.
            let has_rules = |at| situation.resources[at].parameters.iter().any(|set| set.rule.is_some());
            let has_rules = situation.resources.lineage(id).any(has_rules);
            (!has_rules).then(|| situation.parameters_on(id, None))
        });
        let mut parameters = known.clone().unwrap_or_else(|| situation.parameters_on(id, node));
        if parameters.get("addr").is_some_and(|addr| addr == "#uname")
            && let Some(container) = self.plan.resource(id).launcher
            && let Some(host) = self.plan.assigned_node(container).or_else(|| self.plan.current_node(container))
        {
            parameters.insert("addr".to_owned(), situation.nodes[host].name.to_string());
        }
        parameters
    }

    fn add_resource_meta(&self, id: ResourceId, attributes: &mut BTreeMap<String, String>) {
        let resources = &self.plan.situation.resources;
        for part in resources.lineage(id) {
            let resource = self.plan.resource(part);
            if resource.is_primitive() {
                for name in ["clone", "remote-node"] {
                    if let Some(value) = resource.meta(name) {
                        insert_meta(attributes, name, value);
                    }
                }
                for launcher in resources.lineage(part).filter_map(|at| resources[at].launcher) {
                    insert_meta(attributes, "container", &self.plan.resource(launcher).id);
                }
                if let Some(ip) = resource.meta("external-ip") {
                    attributes.insert("pcmk_external_ip".to_owned(), ip.to_owned());
                }
            }
            if let Some(settings) = resource.clone_settings() {
                insert_meta(attributes, "globally-unique", &resource.unique.to_string());
                insert_meta(attributes, "notify", &resource.notify.to_string());
                insert_meta(attributes, "clone-max", &settings.max.to_string());
                insert_meta(attributes, "clone-node-max", &settings.node_max.to_string());
                if resource.promotable {
                    // Agents from before the renaming read the old names.
                    for (new, old, value) in [
                        ("promoted-max", "master-max", settings.promoted_max),
                        ("promoted-node-max", "master-node-max", settings.promoted_node_max),
                    ] {
                        insert_meta(attributes, new, &value.to_string());
                        insert_meta(attributes, old, &value.to_string());
                    }
                }
            }
        }
    }

    /// On a guest, which host its container is on.
    fn add_guest_host(&self, action: ActionId, id: ResourceId, attributes: &mut BTreeMap<String, String>) {
        let plan = &self.plan;
        let row = &plan.actions[action];
        let connection = row.node.and_then(|node| plan.situation.nodes[node].connection);
        let Some(launcher) = connection.and_then(|connection| plan.resource(connection).launcher) else { return };
        let task = match row.task {
            Task::Notify | Task::Notified => row.meta("notify_operation").map_or(row.task.clone(), Task::parse),
            ref task => task.clone(),
        };
        let host = match task {
            Task::Stop | Task::Stopped | Task::Demote | Task::Demoted => plan.current_node(launcher),
            Task::Start | Task::Running | Task::Monitor | Task::Promote | Task::Promoted => {
                plan.resources[launcher].node
            }
            _ => None,
        };
        if let Some(host) = host {
            if let Some(target) = plan.resource(id).meta("container-attribute-target") {
                insert_meta(attributes, "container-attribute-target", target);
            }
            insert_meta(attributes, "physical_host", &plan.situation.nodes[host].name);
        }
    }
}

/// Pseudo actions happen nowhere, save the fencing of guests.
fn shows_node(row: &Action) -> bool {
    !row.pseudo || matches!(row.task, Task::Stonith | Task::DoShutdown | Task::ClearFailCount | Task::LrmDelete)
}

fn insert_meta(attributes: &mut BTreeMap<String, String>, name: &str, value: &str) {
    if !name.contains(['#', ':']) {
        attributes.insert(format!("CRM_meta_{}", name.replace('-', "_")), value.to_owned());
    }
}

/// Actions are counted from 1.
fn number(action: ActionId) -> u32 {
    action.at() as u32 + 1
}

/// The key under the name that the executor knows the resource by.
fn history_key(row: &Action, name: &str) -> String {
    if row.task == Task::Notify {
        let word = |key: &str| row.meta(key).unwrap_or("").to_owned();
        return format!("{name}_{}_notify_{}_0", word("notify_type"), word("notify_operation"));
    }
    let task = row.cancels.as_ref().unwrap_or(&row.task);
    format!("{name}_{task}_{}", row.interval_ms())
}
