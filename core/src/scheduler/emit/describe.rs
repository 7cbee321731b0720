//! Actions as they are told to whoever performs them.
//!
//! In: a settled plan. Out: what is to be done where, with its parameters and facts of the cluster. Never here:
//! what each action waits for.

use crate::cib::document::FEATURE_SET;
use crate::scheduler::act::{Action, Edge, Plan};
use crate::scheduler::relation::Task;
use crate::scheduler::table::{ActionId, Id, NodeId, ResourceId};
use crate::transition::graph::{self, ActionKind, ResourceRef};
use crate::xml::Shapes;
use std::collections::BTreeMap;

/// These actions, in this order.
pub(super) fn describe(plan: &Plan, actions: &[ActionId]) -> Vec<graph::Action> {
    let mut describer = Describer { plan, parameters: BTreeMap::new(), shapes: Shapes::default() };
    actions.iter().map(|action| describer.details(*action)).collect()
}

/// Remote nodes that enter or leave maintenance, by id.
pub(super) fn maintenance_changes(plan: &Plan) -> Vec<(String, bool)> {
    let nodes = plan.situation.nodes.rows().iter();
    let changed = nodes.filter(|node| node.is_remote() && node.maintenance != node.remote_maintenance);
    changed.map(|node| (node.uuid.to_string(), node.maintenance)).collect()
}

/// Actions are counted from 1.
pub(super) fn number(action: ActionId) -> u32 {
    action.at() as u32 + 1
}

struct Describer<'p, 'a> {
    plan: &'p Plan<'a>,
    /// Parameters that are the same on every node, by resource.
    parameters: BTreeMap<ResourceId, Option<BTreeMap<String, String>>>,
    /// Names that actions have in common.
    shapes: Shapes,
}

impl Describer<'_, '_> {
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
            maintenance: if row.task == Task::MaintenanceNodes { maintenance_changes(plan) } else { Vec::new() },
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
                let arrives = |edge: &Edge| {
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

/// The key under the name that the executor knows the resource by.
fn history_key(row: &Action, name: &str) -> String {
    if row.task == Task::Notify {
        let word = |key: &str| row.meta(key).unwrap_or("").to_owned();
        return format!("{name}_{}_notify_{}_0", word("notify_type"), word("notify_operation"));
    }
    let task = row.cancels.as_ref().unwrap_or(&row.task);
    format!("{name}_{task}_{}", row.interval_ms())
}
