//! A fence device of the configuration, and which nodes it can cut off.
//!
//! Parameters as Pacemaker Explained, "Special Options for Fencing Resources" lists them.

use crate::cib::model::Configuration;
use crate::cib::model::resource::{Cloned, Primitive, ResourceConfig};
use crate::rules::evaluate::{self, Recheck};
use crate::rules::expression::Facts;
use crate::time::{Interval, Now};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How often a failing run is repeated, the first run included.
const ATTEMPTS_DEFAULT: u32 = 2;

/// The pseudo-device of nodes that reset themselves, and its agent, by Pacemaker's names.
pub const WATCHDOG: &str = "watchdog";
/// The agent whose device stands for hosts that reset themselves.
pub const WATCHDOG_AGENT: &str = "fence_watchdog";

/// Names that agents have for the port, and do not tell apart.
const PORTS: [&str; 2] = ["plug", "port"];

/// A configured fence device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: String,
    /// The agent's name: `fence_ipmilan`.
    pub agent: String,
    /// All instance attributes, `pcmk_*` included.
    pub parameters: BTreeMap<String, String>,
    /// It lets a node in again that was cut off (`provides=unfencing`).
    pub unfences: bool,
}

/// How it is known which nodes a device can cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// These nodes.
    Listed(BTreeSet<String>),
    /// The device itself lists them (its `list` action).
    AskList,
    /// The device itself knows the node (its `status` action for it).
    AskStatus,
    /// However the agent can be asked, by its metadata.
    AskAgent,
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
    let values = |sets| {
        let mut into = BTreeMap::new();
        let facts = Facts::default();
        evaluate::evaluate_sets(sets, None, &facts, now, &mut Recheck::default(), &mut into);
        into
    };
    let meta = values(&primitive.meta);
    if meta.get("target-role").is_some_and(|role| role.eq_ignore_ascii_case("Stopped")) {
        return None;
    }
    Some(Device {
        id: primitive.id.clone(),
        agent: primitive.agent.kind.clone(),
        parameters: values(&primitive.parameters),
        unfences: meta.get("provides").is_some_and(|what| what.eq_ignore_ascii_case("unfencing")),
    })
}

impl Device {
    /// The pseudo-device that waits until a node's own watchdog has reset it.
    pub fn watchdog() -> Device {
        let (id, agent) = (WATCHDOG.to_string(), WATCHDOG_AGENT.to_string());
        Device { id, agent, parameters: BTreeMap::new(), unfences: false }
    }

    /// Whether it stands for hosts that reset themselves.
    pub fn is_watchdog(&self) -> bool {
        self.agent == WATCHDOG_AGENT
    }

    /// How it is known which nodes this device can cut off.
    pub fn targets(&self) -> Targets {
        let mut listed: BTreeSet<String> = self.aliases().into_keys().collect();
        listed.extend(self.words("pcmk_host_list"));
        match self.parameter("pcmk_host_check") {
            Some("none") => Targets::All,
            Some("dynamic-list") => Targets::AskList,
            Some("status") => Targets::AskStatus,
            Some("static-list") => Targets::Listed(listed),
            _ if !listed.is_empty() => Targets::Listed(listed),
            // The watchdog is every node's own.
            _ if self.is_watchdog() => Targets::All,
            _ => Targets::AskAgent,
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    fn words(&self, parameter: &str) -> Vec<String> {
        let words = self.parameter(parameter).unwrap_or_default().split([',', ';', ' ', '\t', '\n']);
        words.filter(|word| !word.is_empty()).map(str::to_string).collect()
    }

    /// The ports of `pcmk_host_map`: `node1:1;node2=2,3`. A backslash takes the next character as it is.
    fn aliases(&self) -> BTreeMap<String, String> {
        let (mut aliases, mut name, mut word) = (BTreeMap::new(), None, String::new());
        let mut letters = self.parameter("pcmk_host_map").unwrap_or_default().chars();
        loop {
            match letters.next() {
                Some('\\') => word.extend(letters.next()),
                Some(':' | '=') if name.is_none() => name = Some(std::mem::take(&mut word)),
                letter @ (None | Some(';' | ' ' | '\t' | '\n')) => {
                    let port = std::mem::take(&mut word);
                    if let Some(name) = name.take().filter(|name| !name.is_empty() && !port.is_empty()) {
                        aliases.insert(name, port);
                    }
                    if letter.is_none() {
                        return aliases;
                    }
                }
                Some(letter) => word.push(letter),
            }
        }
    }

    /// The name the device knows the node by.
    pub fn port(&self, node: &str) -> String {
        self.aliases().remove(node).unwrap_or_else(|| node.to_string())
    }

    /// How many actions it can be asked for at once; `None` for any number.
    pub fn actions_at_once(&self) -> Option<usize> {
        match self.parameter("pcmk_action_limit").map(|text| text.trim().parse::<i64>()) {
            Some(Ok(-1)) => None,
            Some(Ok(limit)) => Some(usize::try_from(limit).unwrap_or(1).max(1)),
            _ => Some(1),
        }
    }

    /// How long this action may take with all its repetitions, where the request allows so much.
    pub fn timeout_ms(&self, action: &str, of_request_ms: u64) -> u64 {
        let given = self.parameter(&format!("pcmk_{action}_timeout")).and_then(Interval::parse);
        given.map_or(of_request_ms, |interval| u64::from(interval.ms()))
    }

    /// How often this action is tried, the first run included.
    pub fn attempts(&self, action: &str) -> u32 {
        let text = self.parameter(&format!("pcmk_{action}_retries"));
        text.and_then(|text| text.parse().ok()).unwrap_or(ATTEMPTS_DEFAULT).max(1)
    }

    /// What the agent is told for this action against this node: its own parameters, the action
    /// as the device spells it, the node, and the port under the argument the device wants.
    pub fn arguments(&self, action: &str, node: Option<&str>) -> BTreeMap<String, String> {
        let own = self.parameters.iter().filter(|(name, _)| !name.starts_with("pcmk_"));
        let mut arguments: BTreeMap<String, String> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        let spelled = self.parameter(&format!("pcmk_{action}_action")).unwrap_or(action);
        arguments.insert("action".into(), spelled.to_string());
        let Some(node) = node else { return arguments };
        arguments.insert("nodename".into(), node.to_string());
        match self.parameter("pcmk_host_argument") {
            Some("none") => {}
            Some(name) => drop(arguments.insert(name.to_string(), self.port(node))),
            // Agents name their target `port` or, since the newer fence library, `plug`. Whoever gives one
            // of the two means it: the agent takes both for the same.
            None if PORTS.iter().any(|name| arguments.contains_key(*name)) => {}
            None => arguments.extend(PORTS.map(|name| (name.to_string(), self.port(node)))),
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(parameters: &[(&str, &str)]) -> Device {
        let pair = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let parameters = parameters.iter().map(pair).collect();
        Device { id: "d".into(), agent: "fence_x".into(), parameters, unfences: false }
    }

    #[track_caller]
    fn check_targets(parameters: &[(&str, &str)], expected: &str) {
        let shown = match device(parameters).targets() {
            Targets::Listed(names) => names.into_iter().collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{parameters:?}");
    }

    #[test]
    fn a_device_reaches_whom_it_lists_or_is_asked() {
        check_targets(&[("pcmk_host_list", "n1,n2;n3 n4")], "n1 n2 n3 n4");
        check_targets(&[("pcmk_host_map", "n1:1;n2:2,3")], "n1 n2");
        check_targets(&[("pcmk_host_map", "n1:1"), ("pcmk_host_list", "n2")], "n1 n2");
        check_targets(&[], "AskAgent");
        check_targets(&[("pcmk_host_list", "n1"), ("pcmk_host_check", "dynamic-list")], "AskList");
        check_targets(&[("pcmk_host_map", "n1:1"), ("pcmk_host_check", "status")], "AskStatus");
        check_targets(&[("pcmk_host_list", "n1"), ("pcmk_host_check", "none")], "All");
        check_targets(&[("pcmk_host_check", "static-list")], "");
    }

    #[track_caller]
    fn check_port(parameters: &[(&str, &str)], expected: &str) {
        let arguments = device(parameters).arguments("off", Some("n1"));
        let shown = arguments.iter().filter(|(name, _)| !["action", "nodename"].contains(&name.as_str()));
        let shown: Vec<String> = shown.map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown.join(" "), expected, "{parameters:?}");
    }

    #[test]
    fn the_port_is_told_under_the_name_the_device_wants() {
        check_port(&[], "plug=n1 port=n1");
        check_port(&[("pcmk_host_map", "n2:2;n1:5,6")], "plug=5,6 port=5,6");
        check_port(&[("pcmk_host_map", "n1=a\\:b\\;c n2:7")], "plug=a:b;c port=a:b;c");
        // A port is the same however it is found out whom the device reaches.
        check_port(&[("pcmk_host_map", "n1:5"), ("pcmk_host_check", "dynamic-list")], "plug=5 port=5");
        check_port(&[("pcmk_host_argument", "none")], "");
        check_port(&[("pcmk_host_argument", "domain"), ("pcmk_host_map", "n1:vm1")], "domain=vm1");
        // What the administrator says is not contradicted under the other name.
        check_port(&[("plug", "3")], "plug=3");
    }

    #[test]
    fn actions_are_spelled_and_bounded_as_configured() {
        let device = device(&[
            ("pcmk_reboot_action", "off"),
            ("pcmk_off_timeout", "90s"),
            ("pcmk_status_retries", "4"),
            ("pcmk_on_action", "enable"),
        ]);
        let spelled = |action: &str| device.arguments(action, None)["action"].clone();
        assert_eq!([spelled("reboot"), spelled("on"), spelled("off")], ["off", "enable", "off"]);
        assert_eq!([device.timeout_ms("off", 60_000), device.timeout_ms("on", 60_000)], [90_000, 60_000]);
        assert_eq!([device.attempts("status"), device.attempts("off")], [4, 2]);
    }

    #[test]
    fn a_device_does_one_thing_at_once_unless_told_otherwise() {
        let limit = |text: &str| device(&[("pcmk_action_limit", text)]).actions_at_once();
        assert_eq!(device(&[]).actions_at_once(), Some(1));
        assert_eq!([limit("-1"), limit("3"), limit("0"), limit("x")], [None, Some(3), Some(1), Some(1)]);
    }
}
