//! Actions as they are told to whoever performs them.
//!
//! In: a settled plan. Out: what is to be done where, with its parameters and facts of the cluster. Never here:
//! what each action waits for.

use super::attributes::{Teller, shows_node};
use crate::scheduler::act::{Action, Edge, Plan};
use crate::scheduler::relation::Task;
use crate::scheduler::resolve::Resource;
use crate::scheduler::table::{ActionId, Id, NodeId, ResourceId};
use crate::transition::graph::{self, ActionKind, ResourceRef};
use std::collections::BTreeMap;

/// These actions, in this order.
pub(super) fn describe(plan: &Plan, actions: &[ActionId]) -> Vec<graph::Action> {
    let mut describer = Describer { plan, teller: Teller::new(plan), references: BTreeMap::new() };
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
    teller: Teller<'p, 'a>,
    references: BTreeMap<ResourceId, ResourceRef>,
}

impl Describer<'_, '_> {
    fn details(&mut self, action: ActionId) -> graph::Action {
        let attributes = self.teller.tell(action);
        let plan = self.plan;
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
            operation: row.task.as_str().to_owned(),
            key,
            internal_key,
            node: node.map(|node| plan.situation.nodes[node].name.as_str().to_owned()),
            node_uuid: node.map(|node| plan.situation.nodes[node].uuid.as_str().to_owned()),
            router_node: node
                .and_then(|_| plan.connection_host(action))
                .map(|host| plan.situation.nodes[host].name.to_string()),
            resource: resource
                .map(|id| self.references.entry(id).or_insert_with(|| reference(plan.resource(id))).clone()),
            attributes,
            downed: node.map(|node| self.downed(row, node)).unwrap_or_default(),
            shutdown_lock: resource.and_then(|id| self.lock(row, id)),
            maintenance: if row.task == Task::MaintenanceNodes { maintenance_changes(plan) } else { Vec::new() },
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
}

fn reference(resource: &Resource) -> ResourceRef {
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

/// The key under the name that the executor knows the resource by.
fn history_key(row: &Action, name: &str) -> String {
    if row.task == Task::Notify {
        let word = |key: &str| row.meta(key).unwrap_or("").to_owned();
        return format!("{name}_{}_notify_{}_0", word("notify_type"), word("notify_operation"));
    }
    let task = row.cancels.as_ref().unwrap_or(&row.task);
    format!("{name}_{task}_{}", row.interval_ms())
}
