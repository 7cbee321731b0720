//! The transition graph: actions and what each has to wait for.
//!
//! A plain value, complete before anything runs. Its XML is in `xml`.

use crate::xml::Attributes;
use crate::xml::digest::parameters_digest;
use serde::{Deserialize, Serialize};

/// What the scheduler wants done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub transition_id: i32,
    /// Added to every action's timeout, for the way through the network. Milliseconds.
    pub cluster_delay: u64,
    /// How long fencing may take. Milliseconds.
    pub fencing_timeout: u64,
    /// Both as configured, for the graph's XML repeats the words.
    pub cluster_delay_text: String,
    pub fencing_timeout_text: String,
    /// The fail count that a failed start or stop leaves ("INFINITY" or "1").
    pub failed_stop_offset: String,
    pub failed_start_offset: String,
    /// How many actions may run at once; 0 is no limit.
    pub batch_limit: u32,
    /// How many migrations may run at once per node; `None` is no limit.
    pub migration_limit: Option<u32>,
    /// When time alone will change the decision: seconds since the epoch.
    pub recheck_by: Option<i64>,
    pub actions: Vec<Action>,
    /// In the order they are written and considered.
    pub synapses: Vec<Synapse>,
}

/// Who carries an action out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ActionKind {
    /// A resource's agent on a node (`rsc_op`).
    Resource,
    /// Nobody: a point in the plan (`pseudo_event`).
    Pseudo,
    /// The cluster itself: fencing, shutdown, clearing (`crm_event`).
    Cluster,
}

/// The resource an action is for, as agents and logs know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRef {
    /// The name its history is kept under.
    pub id: String,
    /// The instance's own name, where that differs: `clone:1`.
    pub long_id: Option<String>,
    pub class: String,
    pub provider: Option<String>,
    pub kind: String,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Consecutive in the order of creation, those that need not run included.
    pub id: u32,
    pub kind: ActionKind,
    /// `start`, `monitor`, `stonith`, `running`, …
    pub operation: String,
    /// `RESOURCE_OPERATION_INTERVAL`.
    pub key: String,
    /// The same with the instance's own name, where that differs.
    pub internal_key: Option<String>,
    /// The node's name.
    pub node: Option<String>,
    /// The node's id in the CIB.
    pub node_uuid: Option<String>,
    /// The cluster node that speaks for a remote node.
    pub router_node: Option<String>,
    pub resource: Option<ResourceRef>,
    /// Parameters and `CRM_meta_*`, in the order of their names.
    pub attributes: Attributes,
    /// Ids of the nodes this action takes down.
    pub downed: Vec<String>,
    /// Since when the resource is kept for its node.
    pub shutdown_lock: Option<i64>,
    /// Remote nodes that enter or leave maintenance, by id.
    pub maintenance: Vec<(String, bool)>,
}

impl Action {
    /// The operation's interval in milliseconds; 0 runs once.
    pub fn interval(&self) -> u64 {
        self.meta("interval").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The digest of what the agent is given: without what the cluster adds, but with the timeout of
    /// a recurring operation. The history keeps it, to tell whether the definition changed since.
    pub fn digest(&self) -> String {
        self.digest_of(|_| true)
    }

    /// The same of some parameters only.
    pub fn digest_of(&self, wanted: impl Fn(&str) -> bool) -> String {
        let recurring = self.interval() > 0;
        let counts = |name: &str| match name {
            "crm_feature_set" | "op-digest" | "on_node" | "on_node_uuid" | "pcmk_external_ip" | "id" => false,
            "CRM_meta_timeout" => recurring,
            name => !name.starts_with("CRM_meta_"),
        };
        let given = self.attributes.iter().filter(|(name, _)| counts(name) && wanted(name));
        parameters_digest(given.map(|(name, value)| (name.as_str(), value)))
    }

    /// A meta-attribute of the operation, by its name without `CRM_meta_`.
    pub fn meta(&self, name: &str) -> Option<&str> {
        let name = name.replace('-', "_");
        let is_it = |known: &str| known.strip_prefix("CRM_meta_") == Some(name.as_str());
        self.attributes.iter().find(|(known, _)| is_it(known)).map(|(_, value)| value)
    }
}

/// An action with the actions that must be done before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synapse {
    pub id: u32,
    /// A synapse of priority INFINITY runs even after a failed input.
    pub priority: i32,
    /// Place of the action in [`Graph::actions`].
    pub action: usize,
    /// Ids of the actions waited for, sorted, unique.
    pub inputs: Vec<u32>,
}

impl Graph {
    /// The action with this id.
    pub fn action(&self, id: u32) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// Whether nothing needs doing: points that only order others are there at every decision.
    pub fn does_nothing(&self) -> bool {
        self.actions.iter().all(|action| action.kind == ActionKind::Pseudo)
    }
}
