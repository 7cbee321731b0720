//! Names that agents and the cluster document: parameters, meta attributes, properties.
//!
//! In: an agent's `meta-data`. Out: names, for completion.
//! Absent: checking values against them.

use crate::catalogue::AgentName;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

/// Meta attributes of resources that the scheduler knows.
pub const META_ATTRIBUTES: &[&str] = &[
    "allow-migrate",
    "allow-unhealthy-nodes",
    "clone-max",
    "clone-min",
    "clone-node-max",
    "container-attribute-target",
    "critical",
    "failure-timeout",
    "globally-unique",
    "interleave",
    "is-managed",
    "maintenance",
    "migration-threshold",
    "multiple-active",
    "notify",
    "ordered",
    "priority",
    "promotable",
    "promoted-max",
    "promoted-node-max",
    "provides",
    "remote-addr",
    "remote-allow-migrate",
    "remote-connect-timeout",
    "remote-node",
    "remote-port",
    "requires",
    "resource-stickiness",
    "target-role",
];

/// Cluster options.
pub const PROPERTIES: &[&str] = &[
    "batch-limit",
    "cluster-delay",
    "cluster-infrastructure",
    "cluster-ipc-limit",
    "cluster-name",
    "cluster-recheck-interval",
    "concurrent-fencing",
    "dc-deadtime",
    "dc-version",
    "election-timeout",
    "enable-acl",
    "enable-startup-probes",
    "fence-reaction",
    "fencing-action",
    "fencing-enabled",
    "fencing-max-attempts",
    "fencing-reaction",
    "fencing-timeout",
    "fencing-watchdog-timeout",
    "have-watchdog",
    "join-finalization-timeout",
    "join-integration-timeout",
    "load-threshold",
    "maintenance-mode",
    "migration-limit",
    "no-quorum-policy",
    "node-action-limit",
    "node-health-base",
    "node-health-green",
    "node-health-red",
    "node-health-strategy",
    "node-health-yellow",
    "node-pending-timeout",
    "pe-error-series-max",
    "pe-input-series-max",
    "pe-warn-series-max",
    "placement-strategy",
    "priority-fencing-delay",
    "remove-after-stop",
    "shutdown-escalation",
    "shutdown-lock",
    "shutdown-lock-limit",
    "start-failure-is-fatal",
    "startup-fencing",
    "stonith-action",
    "stonith-enabled",
    "stonith-max-attempts",
    "stonith-timeout",
    "stonith-watchdog-timeout",
    "stop-all-resources",
    "stop-orphan-actions",
    "stop-orphan-resources",
    "symmetric-cluster",
    "transition-delay",
];

/// What agents told once. They are programs, and completion asks at every key.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    parameters: Rc<RefCell<BTreeMap<String, Vec<String>>>>,
}

impl Memory {
    pub fn parameters(&self, ocf_root: &Path, agent: &AgentName) -> Vec<String> {
        let name = format!("{}:{}:{}", agent.class, agent.provider.unwrap_or_default(), agent.name);
        let mut known = self.parameters.borrow_mut();
        known.entry(name).or_insert_with(|| parameters(ocf_root, agent)).clone()
    }
}

/// The names of an agent's parameters, as the agent itself tells them.
fn parameters(ocf_root: &Path, agent: &AgentName) -> Vec<String> {
    let mut command = match (agent.class, agent.provider) {
        ("ocf", Some(provider)) => Command::new(ocf_root.join("resource.d").join(provider).join(agent.name)),
        ("stonith", _) => Command::new(Path::new("/usr/sbin").join(agent.name)),
        _ => return Vec::new(),
    };
    let action = if agent.class == "stonith" { vec!["-o", "metadata"] } else { vec!["meta-data"] };
    let output = command.args(action).env("OCF_ROOT", ocf_root).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    let start = text.find("<resource-agent").unwrap_or(0);
    let Ok(root) = quorate_core::xml::read(&text[start..]) else { return Vec::new() };
    root.descendants()
        .filter(|part| part.name == "parameter")
        .filter_map(|part| part.attr("name").map(str::to_string))
        .collect()
}
