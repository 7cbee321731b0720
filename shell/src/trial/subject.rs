//! What is tried: a resource with all that its agent is told on a node.
//!
//! In: a configuration, an id. Out: parameters and meta attributes as the cluster would give them.
//! Absent: values of secrets (see `agent`).

use quorate_core::agent::OPERATION_TIMEOUT_MS;
use quorate_core::cib::Document;
use quorate_core::rules::evaluate::Recheck;
use quorate_core::scheduler::resolve::operation::configured;
use quorate_core::scheduler::resolve::{CloneSettings, Resource, Variant};
use quorate_core::scheduler::{Input, Situation, resolve};
use quorate_core::time::Now;
use std::collections::BTreeMap;
use std::time::Duration;

/// An action of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A monitor that is to find out whether it runs.
    Probe,
    Start,
    Monitor,
    Promote,
    Demote,
    Stop,
    /// One that changes nothing of what is known here.
    Other(&'static str),
}

const OTHERS: &[&str] =
    &["validate-all", "meta-data", "reload", "reload-agent", "migrate_to", "migrate_from", "notify", "recover"];

impl Action {
    /// Those that a person may ask for by name.
    pub fn read(word: &str) -> Option<Action> {
        let known = [Action::Start, Action::Monitor, Action::Promote, Action::Demote, Action::Stop];
        let other = || OTHERS.iter().find(|other| **other == word).map(|other| Action::Other(other));
        known.into_iter().find(|action| action.word() == word).or_else(other)
    }

    /// What the agent is called with.
    pub fn word(self) -> &'static str {
        match self {
            Action::Probe | Action::Monitor => "monitor",
            Action::Start => "start",
            Action::Promote => "promote",
            Action::Demote => "demote",
            Action::Stop => "stop",
            Action::Other(word) => word,
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        if self == Action::Probe { "probe" } else { self.word() }
    }
}

#[derive(Clone, Debug)]
pub struct Subject {
    pub id: String,
    pub class: String,
    pub provider: String,
    pub kind: String,
    pub promotable: bool,
}

/// What an agent is told for one action.
#[derive(Clone, Debug)]
pub struct Told {
    /// Parameters by name, `CRM_meta_…` among them.
    pub values: BTreeMap<String, String>,
    pub timeout: Duration,
}

/// The configuration, read once.
pub struct Subjects {
    situation: Situation,
}

impl Subjects {
    pub fn of(document: &Document, now: Now) -> Subjects {
        Subjects { situation: resolve(&Input::new(document, now)) }
    }

    /// The primitive with this id, or its first instance.
    fn find(&self, id: &str) -> Option<&Resource> {
        let rows = self.situation.resources.rows();
        rows.iter().find(|resource| resource.is_primitive() && *resource.config_id == *id && !resource.removed)
    }

    pub fn subject(&self, id: &str) -> Option<Subject> {
        let resource = self.find(id)?;
        let agent = &resource.agent;
        Some(Subject {
            id: id.to_string(),
            class: agent.class.clone(),
            provider: agent.provider.clone().unwrap_or_default(),
            kind: agent.kind.clone(),
            promotable: self.clone_around(resource).is_some_and(|(clone, _)| clone.promotable),
        })
    }

    fn clone_around(&self, resource: &Resource) -> Option<(&Resource, &CloneSettings)> {
        let mut at = resource.parent;
        while let Some(parent) = at {
            let parent = &self.situation.resources[parent];
            if let Variant::Clone(settings) = &parent.variant {
                return Some((parent, settings));
            }
            at = parent.parent;
        }
        None
    }

    /// What the agent of a subject is told for an action on a node.
    pub fn told(&self, id: &str, node: &str, action: Action) -> Option<Told> {
        let resource = self.find(id)?;
        let row = self.situation.resource_by_name(&resource.id.to_string())?;
        let parameters = self.situation.parameters_on(row, self.situation.node_by_name(node));
        let interval = if action == Action::Monitor { monitor_interval(resource) } else { 0 };
        let operation = resource.primitive().and_then(|primitive| configured(primitive, action.word(), interval, true));
        let definitions = self.situation.definitions();
        let meta = definitions.operation_meta(
            resource,
            operation,
            action.word(),
            interval,
            &parameters,
            &mut Recheck::default(),
        );
        let timeout_ms = meta.get("timeout").and_then(|text| text.parse().ok()).unwrap_or(OPERATION_TIMEOUT_MS);
        let mut values = parameters;
        let mut set = |name: &str, value: String| values.insert(format!("CRM_meta_{}", name.replace('-', "_")), value);
        set("name", action.word().to_string());
        set("timeout", timeout_ms.to_string());
        set("interval", interval.to_string());
        set("on_node", node.to_string());
        if let Some((clone, settings)) = self.clone_around(resource) {
            set("clone", "0".to_string());
            set("clone-max", settings.max.to_string());
            set("clone-node-max", settings.node_max.to_string());
            set("globally-unique", clone.unique.to_string());
            set("notify", "false".to_string());
            if clone.promotable {
                for old in ["promoted", "master"] {
                    set(&format!("{old}-max"), settings.promoted_max.to_string());
                    set(&format!("{old}-node-max"), settings.promoted_node_max.to_string());
                }
            }
        }
        if let Some(operation) = operation {
            let level = operation.attribute("OCF_CHECK_LEVEL").map(str::to_string);
            level.map(|level| values.insert("OCF_CHECK_LEVEL".to_string(), level));
        }
        Some(Told { values, timeout: Duration::from_millis(timeout_ms) })
    }
}

const MONITOR_MS: u32 = 10_000;

/// The interval of its first recurring monitor.
fn monitor_interval(resource: &Resource) -> u32 {
    let operations = resource.primitive().into_iter().flat_map(|primitive| &primitive.operations);
    let monitors = operations.filter(|operation| operation.name == "monitor" && operation.interval_ms > 0);
    monitors.map(|operation| operation.interval_ms).next().unwrap_or(MONITOR_MS)
}
