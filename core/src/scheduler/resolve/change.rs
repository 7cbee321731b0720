//! Whether a resource's definition changed since an operation ran, told by digests.
//!
//! In: a record and the parameters as they are now. Out: [`Change`].
//! Never here: what to do about a change (see `act`).

use super::operation::{Definitions, configured};
use super::resource::Resource;
use super::{Node, Resolver};
use crate::rules::{Facts, Recheck, settle};
use crate::scheduler::table::{NodeId, ResourceId, Table};
use crate::status::OperationRecord;
use crate::xml::digest::parameters_digest;
use std::collections::BTreeMap;

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
    /// The digest without the parameters that must not be shown.
    pub fn secure(&self, hidden: &str) -> String {
        let hidden: Vec<_> = hidden.split(' ').collect();
        digest_of(self.parameters.iter().filter(|(name, _)| !hidden.contains(&name.as_str())))
    }

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
}

impl Changes<'_> {
    pub fn digests(&self, id: ResourceId, node: NodeId, task: &str, interval_ms: u32, record: Option<&OperationRecord>, recheck: &mut Recheck) -> Digests {
        let resource = &self.resources[id];
        let now = self.definitions.now;
        let mut parameters = super::parameters_on(self.resources, self.nodes, now, id, Some(node));
        let operation = resource.primitive().and_then(|p| configured(p, task, interval_ms, true));
        let facts = Facts { node_attributes: Some(&self.nodes[node].attributes), ..Facts::default() };
        let mut extra = BTreeMap::new();
        if let Some(operation) = operation {
            settle(&operation.parameters, None, &facts, now, recheck, &mut extra);
        }
        let operation_has_parameters = interval_ms == 0 && !extra.is_empty();
        let meta = self.definitions.operation_meta(resource, operation, task, interval_ms, &parameters, recheck);
        for (name, value) in extra {
            parameters.entry(name).or_insert(value);
        }
        parameters.retain(|name, _| !is_left_out(name));
        if interval_ms != 0
            && let Some(timeout) = meta.get("timeout")
        {
            parameters.insert("CRM_meta_timeout".to_owned(), timeout.clone());
        }
        let restart = record.and_then(|record| restart_digest(record, &parameters));
        Digests { all: digest_of(parameters.iter()), restart, operation_has_parameters, parameters }
    }

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

/// Only the parameters that the record names as needing a restart.
fn restart_digest(record: &OperationRecord, parameters: &BTreeMap<String, String>) -> Option<String> {
    record.attr("op-restart-digest")?;
    let Some(names) = record.attr("op-force-restart") else { return Some(digest_of(parameters.iter())) };
    let names: Vec<_> = names.split(' ').collect();
    Some(digest_of(parameters.iter().filter(|(name, _)| names.contains(&name.as_str()))))
}

impl Resolver<'_> {
    pub(super) fn change_since(&mut self, id: ResourceId, node: NodeId, record: &OperationRecord) -> Change {
        let changes = Changes {
            definitions: Definitions { operation_defaults: &self.model.operation_defaults, now: self.input.now },
            resources: &self.resources,
            nodes: &self.nodes,
        };
        changes.since(id, node, record, &mut self.recheck)
    }
}
