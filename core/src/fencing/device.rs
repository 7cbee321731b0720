//! A fence device of the configuration, and which nodes it can cut off.
//!
//! Parameters as Pacemaker Explained, "Special Options for Fencing Resources" lists them.

use crate::cib::model::Configuration;
use crate::cib::model::resource::{Cloned, Primitive, ResourceConfig};
use crate::rules::evaluate::{self, Recheck};
use crate::rules::expression::Facts;
use crate::time::{Interval, Now};
use std::collections::BTreeMap;

/// A run's timeout where neither the device nor the request gives one.
const TIMEOUT_DEFAULT_MS: u64 = 60_000;

/// How often a failing run is repeated, the first run included.
const ATTEMPTS_DEFAULT: u32 = 2;

/// A configured fence device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    /// The agent's name: `fence_ipmilan`.
    pub agent: String,
    /// All instance attributes, `pcmk_*` included.
    pub parameters: BTreeMap<String, String>,
}

/// How it is known which nodes a device can cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// These nodes, each with the port the device knows it by.
    Listed(BTreeMap<String, String>),
    /// The device itself says so (its `list` action).
    AskDevice,
    /// Any node.
    All,
}

/// The enabled fence devices, in the order of the configuration.
pub fn devices(configuration: &Configuration, now: Now) -> Vec<Device> {
    let mut found = Vec::new();
    for resource in &configuration.resources {
        match resource {
            ResourceConfig::Primitive(primitive) => found.extend(device(primitive, now)),
            ResourceConfig::Group(group) => {
                found.extend(group.members.iter().filter_map(|member| device(member, now)));
            }
            ResourceConfig::Clone(clone) => match &clone.of {
                Cloned::Primitive(primitive) => found.extend(device(primitive, now)),
                Cloned::Group(group) => {
                    found.extend(group.members.iter().filter_map(|member| device(member, now)));
                }
            },
            ResourceConfig::Bundle(_) => {}
        }
    }
    found
}

fn device(primitive: &Primitive, now: Now) -> Option<Device> {
    if primitive.agent.class != "stonith" {
        return None;
    }
    let settle = |sets| {
        let mut into = BTreeMap::new();
        let facts = Facts::default();
        evaluate::settle(sets, None, &facts, now, &mut Recheck::default(), &mut into);
        into
    };
    let meta = settle(&primitive.meta);
    if meta.get("target-role").is_some_and(|role| role.eq_ignore_ascii_case("Stopped")) {
        return None;
    }
    Some(Device {
        id: primitive.id.clone(),
        agent: primitive.agent.kind.clone(),
        parameters: settle(&primitive.parameters),
    })
}

impl Device {
    /// How it is known which nodes this device can cut off.
    pub fn targets(&self) -> Targets {
        let mut listed = BTreeMap::new();
        if let Some(map) = self.parameters.get("pcmk_host_map") {
            for pair in map.split([';', ' ', ',', '\t']).filter(|pair| !pair.is_empty()) {
                if let Some((node, port)) = pair.split_once([':', '=']) {
                    listed.insert(node.to_string(), port.to_string());
                }
            }
        }
        for node in self.words("pcmk_host_list") {
            listed.entry(node.clone()).or_insert(node);
        }
        match self.parameters.get("pcmk_host_check").map(String::as_str) {
            Some("none") => Targets::All,
            Some("dynamic-list") => Targets::AskDevice,
            _ if !listed.is_empty() => Targets::Listed(listed),
            _ => Targets::AskDevice,
        }
    }

    fn words(&self, parameter: &str) -> Vec<String> {
        let text = self.parameters.get(parameter).map_or("", String::as_str);
        let words = text.split([',', ';', ' ', '\t']).filter(|word| !word.is_empty());
        words.map(str::to_string).collect()
    }

    /// The name the device knows the node by.
    pub fn port(&self, node: &str) -> String {
        match self.targets() {
            Targets::Listed(listed) => listed.get(node).cloned().unwrap_or_else(|| node.to_string()),
            Targets::AskDevice | Targets::All => node.to_string(),
        }
    }

    /// How long one run of this action may take.
    pub fn timeout_ms(&self, action: &str) -> u64 {
        let text = self.parameters.get(&format!("pcmk_{action}_timeout"));
        let given = text.and_then(|text| Interval::parse(text)).map(|interval| u64::from(interval.ms()));
        given.unwrap_or(TIMEOUT_DEFAULT_MS)
    }

    /// How often this action is tried, the first run included.
    pub fn attempts(&self, action: &str) -> u32 {
        let text = self.parameters.get(&format!("pcmk_{action}_retries"));
        text.and_then(|text| text.parse().ok()).unwrap_or(ATTEMPTS_DEFAULT).max(1)
    }

    /// What the agent is told for this action against this node: its own parameters, the action
    /// as the device spells it, the node, and the port under the argument the device wants.
    pub fn arguments(&self, action: &str, node: Option<&str>) -> BTreeMap<String, String> {
        let mut arguments: BTreeMap<String, String> = self
            .parameters
            .iter()
            .filter(|(name, _)| !name.starts_with("pcmk_"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let spelled = self.parameters.get(&format!("pcmk_{action}_action"));
        arguments.insert("action".into(), spelled.map_or(action, String::as_str).to_string());
        let Some(node) = node else { return arguments };
        arguments.insert("nodename".into(), node.to_string());
        match self.parameters.get("pcmk_host_argument").map(String::as_str) {
            Some("none") => {}
            Some(name) => drop(arguments.insert(name.to_string(), self.port(node))),
            None => {
                // Agents name their target `port` or, since the newer fence library, `plug`.
                for name in ["port", "plug"] {
                    arguments.entry(name.to_string()).or_insert_with(|| self.port(node));
                }
            }
        }
        arguments
    }
}
