//! Whether a resource's definition changed since an operation ran, told by digests.
//!
//! In: a record and the parameters as they are now. Out: [`Change`].
//! Never here: what to do about a change (see `act`).

use super::operation::{Definitions, configured};
use super::resource::Resource;
use super::{Node, Resolver};
use crate::rules::{Facts, Recheck, evaluate_sets};
use crate::scheduler::table::{NodeId, ResourceId, Table};
use crate::status::OperationRecord;
use crate::xml::digest::parameters_digest;
use std::collections::BTreeMap;

/// What became of a definition since an operation ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    None,
    /// The record has no digest to compare with.
    Unknown,
    /// Something changed that a reload or a new monitor covers.
    Parameters,
    /// Something changed that needs a restart.
    Restart,
}

/// What a digest is taken of: parameters of the resource, then of the operation, and the timeout if recurring.
pub struct Digests {
    pub all: String,
    pub restart: Option<String>,
    /// The operation itself has parameters, so that a change of any needs a restart.
    operation_has_parameters: bool,
    parameters: BTreeMap<String, String>,
}

impl Digests {
    /// The parameters that entered, sorted by name.
    pub fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }
}

fn digest_of<'a>(parameters: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    parameters_digest(parameters.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Names that never enter a digest.
fn is_left_out(name: &str) -> bool {
    const OWN: [&str; 6] = ["id", "crm_feature_set", "op-digest", "on_node", "on_node_uuid", "pcmk_external_ip"];
    name.starts_with("CRM_meta_") || OWN.contains(&name)
}

/// Everything that computing digests needs to see.
#[derive(Clone, Copy)]
pub struct Changes<'a> {
    pub definitions: Definitions<'a>,
    pub resources: &'a Table<ResourceId, Resource>,
    pub nodes: &'a Table<NodeId, Node>,
    /// Of the document, for what has none of its own.
    pub feature_set: &'a str,
    /// Where a container will be; where it is, before anything is placed.
    pub assigned: Option<&'a dyn Fn(ResourceId) -> Option<NodeId>>,
}

impl Changes<'_> {
    /// The digests of what the agent would be given now. `recheck` learns when a rule of the parameters turns.
    pub fn digests(
        &self,
        id: ResourceId,
        node: NodeId,
        task: &str,
        interval_ms: u32,
        record: Option<&OperationRecord>,
        recheck: &mut Recheck,
    ) -> Digests {
        let resource = &self.resources[id];
        let now = self.definitions.now;
        let mut parameters = super::parameters_on(self.resources, self.nodes, now, id, Some(node));
        let operation = resource.primitive().and_then(|p| configured(p, task, interval_ms, true));
        let facts = Facts { node_attributes: Some(&self.nodes[node].attributes), ..Facts::default() };
        let mut extra = BTreeMap::new();
        if let Some(operation) = operation {
            evaluate_sets(&operation.parameters, None, &facts, now, recheck, &mut extra);
        }
        let operation_has_parameters = interval_ms == 0 && !extra.is_empty();
        let meta = self.definitions.operation_meta(resource, operation, task, interval_ms, &parameters, recheck);
        for (name, value) in extra {
            parameters.entry(name).or_insert(value);
        }
        parameters.retain(|name, _| !is_left_out(name));
        if let Some(host) = self.container_host(id, &parameters) {
            parameters.insert("addr".to_owned(), self.nodes[host].name.to_string());
        }
        if interval_ms != 0
            && let Some(timeout) = meta.get("timeout")
        {
            parameters.insert("CRM_meta_timeout".to_owned(), timeout.clone());
        }
        let restart = record.and_then(|record| restart_digest(record, &parameters));
        Digests { all: digest_of(parameters.iter()), restart, operation_has_parameters, parameters }
    }

    /// A container without an address of its own is reached at its host.
    fn container_host(&self, id: ResourceId, parameters: &BTreeMap<String, String>) -> Option<NodeId> {
        let launcher =
            self.resources[id].launcher.filter(|_| parameters.get("addr").is_some_and(|addr| addr == "#uname"))?;
        let assigned = self.assigned.and_then(|assigned| assigned(launcher));
        assigned.or_else(|| self.resources[launcher].active_on.first().copied())
    }

    /// Compares the digests of a record with those of today.
    pub fn since(&self, id: ResourceId, node: NodeId, record: &OperationRecord, recheck: &mut Recheck) -> Change {
        let digests = self.digests(id, node, record.task(), record.interval_ms, Some(record), recheck);
        if record.attr("op-restart-digest") != digests.restart.as_deref() {
            return Change::Restart;
        }
        match record.attr("op-digest") {
            None => Change::Unknown,
            Some(recorded) if recorded == digests.all => Change::None,
            Some(_) if digests.operation_has_parameters => Change::Restart,
            Some(_) => Change::Parameters,
        }
    }
}

/// Feature sets before this left the operation's own parameters and the timeout out of secure digests.
const SECURE_DIGEST_OF_ALL: [u32; 3] = [3, 16, 0];

/// Whether a feature set is older than another.
fn is_older(feature_set: &str, than: [u32; 3]) -> bool {
    let mut parts = feature_set.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)];
    version < than
}

impl Changes<'_> {
    /// Whether nothing differs but parameters that are kept secret, as in an input with passwords removed.
    pub fn only_hidden_changed(
        &self,
        id: ResourceId,
        node: NodeId,
        record: &OperationRecord,
        recheck: &mut Recheck,
    ) -> bool {
        let Some(recorded) = record.attr("op-secure-digest") else { return false };
        let digests = self.digests(id, node, record.task(), record.interval_ms, Some(record), recheck);
        let hidden = record.attr("op-secure-params");
        let feature_set = record.attr("crm_feature_set").unwrap_or("");
        self.secure_digest(id, node, &digests, hidden, feature_set) == recorded
    }

    fn secure_digest(
        &self,
        id: ResourceId,
        node: NodeId,
        digests: &Digests,
        hidden: Option<&str>,
        feature_set: &str,
    ) -> String {
        let old = !feature_set.is_empty() && is_older(feature_set, SECURE_DIGEST_OF_ALL);
        let mut parameters = if old {
            super::parameters_on(self.resources, self.nodes, self.definitions.now, id, Some(node))
        } else {
            digests.parameters.clone()
        };
        let hidden: Vec<_> = hidden.unwrap_or("").split(' ').collect();
        let is_device = self.resources[id].fence_device;
        parameters.retain(|name, _| !hidden.contains(&name.as_str()));
        if old {
            parameters.retain(|name, _| !(is_left_out(name) || is_device && name.starts_with("pcmk_")));
        }
        digest_of(parameters.iter())
    }

    /// Digests of a device's parameters as unfencing remembers them: all, and without secrets.
    pub fn device_digests(&self, id: ResourceId, node: NodeId, recheck: &mut Recheck) -> (String, String) {
        let digests = self.digests(id, node, "stonith-on", 0, None, recheck);
        let secure = self.secure_digest(id, node, &digests, Some(" passwd password user "), self.feature_set);
        (digests.all, secure)
    }
}

/// Only the parameters that the record names as needing a restart.
fn restart_digest(record: &OperationRecord, parameters: &BTreeMap<String, String>) -> Option<String> {
    record.attr("op-restart-digest")?;
    let Some(names) = record.attr("op-force-restart") else { return Some(digest_of(parameters.iter())) };
    let names: Vec<_> = names.split(' ').collect();
    Some(digest_of(parameters.iter().filter(|(name, _)| names.contains(&name.as_str()))))
}

/// Whether a connection's address is that of its container's host, which is known only once that is placed.
pub fn needs_host_as_address(resource: &Resource, parameters: &BTreeMap<String, String>) -> bool {
    resource.remote_connection && parameters.get("addr").is_some_and(|addr| addr.eq_ignore_ascii_case("#uname"))
}

impl Resolver<'_> {
    pub(super) fn needs_host_as_address(&self, id: ResourceId) -> bool {
        let resource = &self.resources[id];
        resource.remote_connection && needs_host_as_address(resource, &self.parameters_on(id, None))
    }

    pub(super) fn change_since(&mut self, id: ResourceId, node: NodeId, record: &OperationRecord) -> Change {
        let changes = Changes {
            definitions: Definitions { operation_defaults: &self.model.operation_defaults, now: self.input.now },
            resources: &self.resources,
            nodes: &self.nodes,
            feature_set: "",
            assigned: None,
        };
        changes.since(id, node, record, &mut self.recheck)
    }
}
