//! What is injected into a CIB: random options of `crm_simulate` that inject.
//!
//! In: a seed and a CIB. Out: options that name its nodes, resources and tickets.

use super::configuration::one;
use crate::world::Chance;
use quorate_core::xml::{self, Element};

/// One to three of them.
pub fn injections(seed: u64, cib: &str) -> Vec<String> {
    let Ok(root) = xml::read(cib) else { return Vec::new() };
    let mut chance = Chance::new(seed ^ 0x5afe);
    let mut options = Vec::new();
    for _ in 0..1 + chance.below(3) {
        suppose(&mut chance, &root, &mut options);
    }
    options
}

fn suppose(chance: &mut Chance, root: &Element, options: &mut Vec<String>) {
    let nodes = attributes(root, "node", "uname");
    let mut resources = Vec::new();
    primitives(root, false, &mut resources);
    // The peer knows an instance of a clone by its plain name once it has run.
    let known = attributes(root, "lrm_resource", "id");
    resources.retain(|(id, cloned)| !cloned || known.contains(id));
    let resources: Vec<String> = resources.into_iter().map(|(id, _)| id).collect();
    let tickets = attributes(root, "rsc_ticket", "ticket");
    let mut add = |option: &str, value: Option<String>| {
        options.extend(value.into_iter().flat_map(|value| [option.to_string(), value]));
    };
    match chance.below(12) {
        // The peer makes cluster nodes of guest nodes then.
        0 if !has_guests(root) => add("--node-up", pick(chance, &nodes)),
        0 => (),
        1 | 2 => add("--node-down", pick(chance, &nodes)),
        3 | 4 => add("--node-fail", pick(chance, &nodes)),
        5 => {
            // Alone it means nothing to the peer.
            add("--quorum", Some(one(chance, &["0", "1"]).to_string()));
            add("--watchdog", Some("false".to_string()));
        }
        6 => {
            let option = one(chance, &["--ticket-grant", "--ticket-revoke", "--ticket-standby", "--ticket-activate"]);
            add(option, pick(chance, &tickets));
        }
        kind => {
            let (Some(resource), Some(node)) = (pick(chance, &resources), pick(chance, &nodes)) else { return };
            let task = match chance.below(6) {
                0 => "monitor_0",
                1 => "start_0",
                2 => "stop_0",
                3 => "promote_0",
                4 => "demote_0",
                _ => "monitor_10000",
            };
            let result = one(chance, &["0", "1", "5", "6", "7", "8", "9"]);
            let option = if kind < 9 { "--op-inject" } else { "--op-fail" };
            add(option, Some(format!("{resource}_{task}@{node}={result}")));
        }
    }
}

fn has_guests(root: &Element) -> bool {
    let is_guest = |element: &Element| {
        element.name == *"bundle"
            || element.attr("name") == Some("remote-node")
            || element.attr("type") == Some("remote")
    };
    root.descendants().any(is_guest)
}

/// Names of primitives, and whether they are cloned.
fn primitives(element: &Element, cloned: bool, into: &mut Vec<(String, bool)>) {
    if element.name == *"primitive" {
        into.extend(element.id().map(|id| (id.to_string(), cloned)));
    }
    let cloned = cloned || ["clone", "bundle"].iter().any(|name| element.name == **name);
    element.elements().for_each(|child| primitives(child, cloned, into));
}

fn attributes(root: &Element, element: &str, name: &str) -> Vec<String> {
    let all = root.descendants().filter(|found| found.name == *element);
    all.filter_map(|found| found.attr(name).map(str::to_string)).collect()
}

fn pick(chance: &mut Chance, of: &[String]) -> Option<String> {
    of.get(chance.below(of.len() as u64) as usize).cloned()
}
