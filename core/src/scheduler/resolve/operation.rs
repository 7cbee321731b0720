//! Operations as configured: their meta-attributes, and what a failure of one should lead to.
//!
//! In: a resource, an operation's name and interval. Out: evaluated values.
//! Never here: whether the operation is needed.

use super::resource::Resource;
use super::{Node, Resolver};
use crate::agent::OPERATION_TIMEOUT_MS;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Operation, Primitive, Role};
use crate::rules::{Facts, Recheck, evaluate_sets};
use crate::scheduler::table::{NodeId, ResourceId, Table};
use crate::time::{Interval, Now};
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// From least to most severe; of several failures the most severe speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnFail {
    Ignore,
    Demote,
    Restart,
    ResetRemote,
    RestartContainer,
    /// Run anywhere but here.
    Ban,
    Block,
    Stop,
    Standby,
    Fence,
}

/// Where operations are defined, apart from the resource itself.
#[derive(Clone, Copy)]
pub struct Definitions<'a> {
    pub operation_defaults: &'a [AttributeSet],
    pub now: Now,
}

/// The `<op>` with this name and interval.
pub fn configured<'a>(
    primitive: &'a Primitive,
    name: &str,
    interval_ms: u32,
    disabled_too: bool,
) -> Option<&'a Operation> {
    let exact = |name: &str, interval_ms: u32| {
        let fits = |op: &&Operation| op.name == name && op.interval_ms == interval_ms && (disabled_too || op.enabled);
        primitive.operations.iter().find(fits)
    };
    let is_migration = matches!(name, "migrate_to" | "migrate_from");
    exact(name, interval_ms).or_else(|| exact("migrate", 0).filter(|_| is_migration))
}

impl Definitions<'_> {
    /// What is said of an operation, defaults and computed values included.
    pub fn operation_meta(
        &self,
        resource: &Resource,
        operation: Option<&Operation>,
        name: &str,
        interval_ms: u32,
        parameters: &BTreeMap<String, String>,
        recheck: &mut Recheck,
    ) -> BTreeMap<String, String> {
        let facts = Facts {
            class: Some(resource.agent.class.as_str()),
            provider: resource.agent.provider.as_deref(),
            agent: Some(resource.agent.kind.as_str()),
            operation: Some((name, interval_ms)),
            ..Facts::default()
        };
        let mut meta = BTreeMap::new();
        if let Some(operation) = operation {
            evaluate_sets(&operation.meta, None, &facts, self.now, recheck, &mut meta);
            meta.extend(operation.attributes.iter().map(|(n, v)| (n.clone(), v.clone())));
        }
        let is_probe = name == "monitor" && interval_ms == 0;
        if is_probe && !meta.contains_key("timeout") {
            let monitor = resource.primitive().and_then(most_frequent_monitor);
            if let Some(timeout) = monitor.and_then(|monitor| monitor.attribute("timeout")) {
                meta.insert("timeout".to_owned(), timeout.to_owned());
            }
        }
        evaluate_sets(self.operation_defaults, None, &facts, self.now, recheck, &mut meta);
        meta.remove("id");
        if interval_ms > 0 {
            meta.insert("interval".to_owned(), interval_ms.to_string());
        } else {
            meta.remove("interval");
        }
        if resource.fence_device
            && (is_probe || name == "start")
            && let Some(timeout) = parameters.get("pcmk_monitor_timeout")
        {
            meta.insert("timeout".to_owned(), timeout.clone());
        }
        let timeout = timeout_ms(meta.get("timeout").map(String::as_str));
        meta.insert("timeout".to_owned(), timeout.to_string());
        check_on_fail(resource, operation, name, &mut meta);
        self.insert_start_delay(interval_ms, &mut meta);
        meta
    }

    fn insert_start_delay(&self, interval_ms: u32, meta: &mut BTreeMap<String, String>) {
        let delay = match meta.get("start-delay") {
            Some(text) => literal::cib::interval_ms(text).map_or(0, |ms| ms.min(i64::from(i32::MAX))),
            None => {
                let origin = meta.get("interval-origin").and_then(|text| self.now.date(text));
                let seconds = i64::from(interval_ms / 1000);
                match origin {
                    Some(origin) if interval_ms > 0 && seconds > 0 => {
                        let past = (self.now.epoch() - origin.epoch) % seconds;
                        ((if past <= 0 { 0 } else { seconds }) - past) * 1000
                    }
                    _ => return,
                }
            }
        };
        meta.insert("start-delay".to_owned(), delay.to_string());
    }
}

/// Operations that are done once, whatever interval is configured.
pub fn never_recurs(name: &str) -> bool {
    const NEVER: [&str; 7] = ["stop", "start", "demote", "promote", "reload-agent", "migrate_to", "migrate_from"];
    NEVER.contains(&name)
}

fn timeout_ms(text: Option<&str>) -> i64 {
    let ms = text.and_then(literal::cib::interval_ms).filter(|ms| *ms > 0);
    ms.unwrap_or(OPERATION_TIMEOUT_MS as i64).min(i64::from(i32::MAX))
}

fn most_frequent_monitor(primitive: &Primitive) -> Option<&Operation> {
    let monitors = primitive.operations.iter().filter(|op| op.name == "monitor" && op.interval_ms > 0 && op.enabled);
    monitors.min_by_key(|op| op.interval_ms)
}

fn is_promoted_role(role: Option<&str>) -> bool {
    role.and_then(Role::parse) == Some(Role::Promoted)
}

/// Drops an `on-fail` that its operation cannot have, and gives demote the promoted monitor's.
fn check_on_fail(resource: &Resource, operation: Option<&Operation>, name: &str, meta: &mut BTreeMap<String, String>) {
    let value = meta.get("on-fail").map(|value| value.to_ascii_lowercase());
    if name == "stop" && matches!(value.as_deref(), Some("standby" | "demote" | "stop")) {
        meta.remove("on-fail");
        return;
    }
    if name == "demote" && value.is_none() {
        let operations = resource.primitive().map(|p| p.operations.as_slice()).unwrap_or_default();
        for monitor in operations.iter().filter(|op| op.name == "monitor" && op.interval_ms > 0 && op.enabled) {
            if let (Some(on_fail), true) = (monitor.attribute("on-fail"), is_promoted_role(monitor.role.as_deref()))
                && !on_fail.eq_ignore_ascii_case("demote")
            {
                meta.insert("on-fail".to_owned(), on_fail.to_owned());
            }
        }
        return;
    }
    if name == "lrm_delete" {
        meta.insert("on-fail".to_owned(), "ignore".to_owned());
        return;
    }
    let may_demote = operation.is_some_and(|op| {
        op.name == "promote" || (op.name == "monitor" && op.interval_ms > 0 && is_promoted_role(op.role.as_deref()))
    });
    if value.as_deref() == Some("demote") && !may_demote {
        meta.remove("on-fail");
    }
}

impl Resolver<'_> {
    /// What a failure of this operation leads to, and the role it leaves wanted.
    pub(super) fn failure_handling(
        &mut self,
        id: ResourceId,
        node: NodeId,
        task: &str,
        interval_ms: u32,
    ) -> (OnFail, Role) {
        let resource = &self.resources[id];
        let operation = resource.primitive().and_then(|p| configured(p, task, interval_ms, true));
        let parameters = if resource.fence_device { self.parameters_on(id, Some(node)) } else { BTreeMap::new() };
        let definitions = Definitions { operation_defaults: &self.model.operation_defaults, now: self.input.now };
        let meta = definitions.operation_meta(resource, operation, task, interval_ms, &parameters, &mut self.recheck);
        let on_fail = self.on_fail(id, node, task, interval_ms, meta.get("on-fail").map(String::as_str));
        let stops = on_fail == OnFail::Stop
            || (on_fail == OnFail::ResetRemote && self.resources[id].reconnect_interval_ms != 0);
        let role = match task {
            _ if stops => Role::Stopped,
            "promote" => Role::Unpromoted,
            _ => Role::Started,
        };
        (on_fail, role)
    }

    fn on_fail(&mut self, id: ResourceId, node: NodeId, task: &str, interval_ms: u32, value: Option<&str>) -> OnFail {
        let fencing_enabled = self.options.fencing_enabled;
        let name = self.resources[id].id.to_string();
        let has_launcher = self.resources[id].launcher.is_some();
        let mut chosen = match value.map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("block") => Some(OnFail::Block),
            Some("fence") if fencing_enabled => Some(self.fence_or_block(id, node, true)),
            Some("fence") => Some(OnFail::Stop),
            Some("standby") => Some(OnFail::Standby),
            Some("ignore" | "nothing") => Some(OnFail::Ignore),
            Some("migrate") => Some(OnFail::Ban),
            Some("stop") => Some(OnFail::Stop),
            Some("restart") => Some(OnFail::Restart),
            Some("restart-container") => has_launcher.then_some(OnFail::RestartContainer),
            Some("demote") => Some(OnFail::Demote),
            // Said where operations are checked.
            Some(_) => None,
        };
        let resource = &self.resources[id];
        let managed = resource.managed;
        let is_probe = task == "monitor" && interval_ms == 0;
        let is_plain_remote = resource.remote_connection
            && self.node_by_name(&name).is_some_and(|node| self.nodes[node].is_remote() && !self.is_guest(node));
        let needs_reset = is_plain_remote && !is_probe && task != "start";
        // An unmanaged connection cannot be reset whatever is configured.
        if needs_reset && !managed {
            chosen = None;
        }
        chosen.unwrap_or(match task {
            _ if has_launcher => OnFail::RestartContainer,
            _ if needs_reset && managed => OnFail::ResetRemote,
            _ if needs_reset => OnFail::Stop,
            "stop" if fencing_enabled && self.fails_alike(id) => {
                self.warn_once(&name, "nobody is fenced for its failed stop: it fails alike on every node");
                OnFail::Block
            }
            "stop" if fencing_enabled => self.fence_or_block(id, node, false),
            "stop" => OnFail::Block,
            _ => OnFail::Restart,
        })
    }

    /// Whether a configured on-fail=block makes failures of this resource stay until cleaned up.
    pub(super) fn failure_blocks(
        &self,
        id: ResourceId,
        node: NodeId,
        record: Option<&crate::status::OperationRecord>,
    ) -> bool {
        failure_blocks(&self.status, &self.nodes, &self.resources[id], node, record)
    }
}

/// See [`Resolver::failure_blocks`]; without a record, any of the resource's on the node counts.
pub fn failure_blocks(
    status: &crate::status::ClusterStatus,
    nodes: &Table<NodeId, Node>,
    resource: &Resource,
    node: NodeId,
    record: Option<&crate::status::OperationRecord>,
) -> bool {
    let Some(primitive) = resource.primitive() else { return false };
    let blocking = primitive.operations.iter().filter(|op| op.attribute("on-fail") == Some("block"));
    let base = super::resource::without_instance(&resource.id);
    let fits = |op: &Operation, record: &crate::status::OperationRecord| {
        let same = op.interval_ms == record.interval_ms && op.name.eq_ignore_ascii_case(record.task());
        let is_last_failure = record.id() == format!("{base}_last_failure_0");
        let is_own = record.id() == format!("{base}_{}_{}", op.name, op.interval_ms);
        same && (is_last_failure || (is_own && record.exit_code != record.expected_exit_code))
    };
    blocking.into_iter().any(|op| match record {
        Some(record) => fits(op, record),
        None => status
            .nodes
            .iter()
            .filter(|state| state.uname.as_deref() == Some(nodes[node].name.as_str()))
            .flat_map(|state| state.history.iter().filter(|history| history.id() == base))
            .flat_map(|history| &history.operations)
            .any(|record| fits(op, record)),
    })
}

/// `RESOURCE_TASK_INTERVAL`
pub fn key(resource: &str, task: &str, interval: Interval) -> String {
    format!("{resource}_{task}_{interval}")
}
