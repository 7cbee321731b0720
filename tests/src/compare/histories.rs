//! What may befall a running cluster, written into its CIB: nodes that are lost or leave, failures,
//! operations under way, changes of the configuration.

use super::configuration::{self, Inventory, one};
use crate::world::Chance;
use quorate_core::cib::Document;
use quorate_core::xml::Element;

/// A moment at which the CIBs of the comparison play.
pub const EPOCH: i64 = 1_700_000_000;

fn child<'a>(element: &'a mut Element, name: &str) -> Option<&'a mut Element> {
    element.find_mut(|child| child.name == name)
}

fn with_id<'a>(element: &'a mut Element, name: &str, id: &str) -> Option<&'a mut Element> {
    element.find_mut(|child| child.name == name && child.id() == Some(id))
}

/// With the id that Pacemaker's daemons give it: who supposes a failure finds a fail count by its id.
fn pair(set: &str, name: &str, value: &str) -> Element {
    Element::new("nvpair")
        .with("id", format!("{set}-{}", name.replace(['#', ':'], ".")))
        .with("name", name)
        .with("value", value)
}

/// A node's state as a member.
pub(super) fn member(number: u64) -> Element {
    let id = number.to_string();
    let lrm = Element::new("lrm").with("id", &id).with_child(Element::new("lrm_resources"));
    Element::new("node_state")
        .with("id", &id)
        .with("uname", format!("n{number}"))
        .with("in_ccm", "true")
        .with("crmd", "online")
        .with("join", "member")
        .with("expected", "member")
        .with_child(lrm)
}

fn state(document: &mut Document, node: u64) -> Option<&mut Element> {
    with_id(document.status_mut(), "node_state", &node.to_string())
}

/// Sets a transient attribute.
fn attribute(document: &mut Document, node: u64, name: &str, value: &str) {
    let Some(state) = state(document, node) else { return };
    let attributes = state.child_or_new("transient_attributes");
    attributes.set("id", node.to_string());
    let set = attributes.child_or_new("instance_attributes");
    let id = format!("status-{node}");
    set.set("id", &id);
    set.retain_elements(|known| known.attr("name") != Some(name));
    set.push(pair(&id, name, value));
}

/// One thing happens.
pub(super) fn befall(chance: &mut Chance, document: &mut Document, inventory: &mut Inventory, nodes: u64) {
    let node = 1 + chance.below(nodes);
    match chance.below(27) {
        0 | 1 => lost(chance, document, node),
        2 => attribute(document, node, "shutdown", &EPOCH.to_string()),
        3..=6 => failed(chance, document, inventory, node),
        7 | 8 => promotion_scores(chance, document, inventory, nodes),
        9 => attribute(document, node, "pingd", one(chance, &["0", "100"])),
        10 => forgotten(chance, document, node),
        11 => removed(chance, document, inventory),
        12..=14 => constrained(chance, document, inventory, nodes),
        15 => parameter(chance, document, inventory),
        16 => twice(chance, document, node, nodes),
        17 | 18 => under_way(chance, document, node, nodes),
        19 => ticket(chance, document, inventory),
        20 => document.root_mut().set("have-quorum", one(chance, &["0", "1"])),
        21 => standby(document, node),
        22 => options(chance, document),
        23 => pending(document, node),
        24 => maintenance(chance, document, inventory),
        25 => remote_fault(chance, document, inventory),
        _ => target_role(chance, document, inventory),
    }
}

fn lost(chance: &mut Chance, document: &mut Document, node: u64) {
    let expected = one(chance, &["member", "member", "down"]);
    let Some(state) = state(document, node) else { return };
    state.set("in_ccm", "false");
    state.set("crmd", "offline");
    state.set("join", "down");
    state.set("expected", expected);
}

/// A node that has joined the messaging layer only.
fn pending(document: &mut Document, node: u64) {
    let Some(state) = state(document, node) else { return };
    state.set("in_ccm", (EPOCH - 600).to_string());
    state.set("crmd", "0");
    state.set("join", "pending");
}

fn maintenance(chance: &mut Chance, document: &mut Document, inventory: &Inventory) {
    let Some(top) = inventory.tops.get(chance.below(inventory.tops.len() as u64) as usize) else { return };
    let name = one(chance, &["maintenance", "is-managed"]);
    let value = if name == "maintenance" { "true" } else { "false" };
    let Some(element) = primitive(document, &top.id) else { return };
    if element.name != *"primitive" {
        return;
    }
    let id = format!("{}-care", top.id);
    element.retain_elements(|part| part.id() != Some(&id));
    element.push(Element::new("meta_attributes").with("id", &id).with_child(pair(&id, name, value)));
}

/// Something befalls a remote node.
fn remote_fault(chance: &mut Chance, document: &mut Document, inventory: &Inventory) {
    let Some(remote) = inventory.remotes.get(chance.below(inventory.remotes.len() as u64) as usize) else { return };
    let (unclean, maintenance) = (chance.percent(50), chance.percent(20));
    let state = document.status_mut().child_with_id_or_new("node_state", remote);
    state.set("remote_node", "true");
    state.set("uname", remote);
    if maintenance {
        state.set("node_in_maintenance", "1");
    } else if unclean {
        state.set("node_fenced", "0");
        state.set("in_ccm", "false");
    } else {
        state.set("in_ccm", "true");
    }
}

fn histories(document: &mut Document, node: u64) -> Option<&mut Element> {
    child(child(state(document, node)?, "lrm")?, "lrm_resources")
}

fn pick<'a>(chance: &mut Chance, list: &'a mut Element) -> Option<&'a mut Element> {
    let count = list.elements().count() as u64;
    let ids: Vec<String> = list.elements().filter_map(|element| element.id().map(str::to_string)).collect();
    let id = ids.get(chance.below(count) as usize)?;
    let name = list.elements().next()?.name.to_string();
    with_id(list, &name, id)
}

fn failed(chance: &mut Chance, document: &mut Document, inventory: &Inventory, node: u64) {
    let code = one(chance, &["1", "7", "8", "9", "5"]).to_string();
    let count = one(chance, &["1", "1", "2", "3", "INFINITY"]).to_string();
    let times_out = chance.percent(10);
    let Some(list) = histories(document, node) else { return };
    let Some(history) = pick(chance, list) else { return };
    let id = history.id().unwrap_or_default().to_string();
    let base = id.split(':').next().unwrap_or_default().to_string();
    let monitors = inventory.primitives.iter().find(|primitive| primitive.id == base).map(|p| p.monitors.clone());
    let interval = monitors.and_then(|monitors| monitors.first().map(|monitor| monitor.0)).unwrap_or(10_000);
    let (task, interval) = match chance.below(4) {
        0 => ("start", 0),
        1 => ("stop", 0),
        _ => ("monitor", interval),
    };
    let (status, code) = if times_out { ("2", "1".to_string()) } else { ("0", code) };
    let expected = if task == "monitor" && code == "0" { "7" } else { "0" };
    let key = format!("3:9:{expected}:00000000-0000-0000-0000-000000000001");
    let call = 90 + chance.below(9);
    let operation = Element::new("lrm_rsc_op")
        .with("id", format!("{id}_last_failure_0"))
        .with("operation_key", format!("{id}_{task}_{interval}"))
        .with("operation", task)
        .with("crm-debug-origin", "test")
        .with("crm_feature_set", "3.19.0")
        .with("transition-key", &key)
        .with("transition-magic", format!("{status}:{code};{key}"))
        .with("exit-reason", "")
        .with("on_node", format!("n{node}"))
        .with("call-id", call.to_string())
        .with("rc-code", &code)
        .with("op-status", status)
        .with("interval", interval.to_string())
        .with("last-rc-change", (EPOCH - 30).to_string())
        .with("exec-time", "10")
        .with("queue-time", "0");
    let last = format!("{id}_last_failure_0");
    history.retain_elements(|known| known.id() != Some(&last));
    history.push(operation);
    let about = format!("{base}#{task}_{interval}");
    attribute(document, node, &format!("fail-count-{about}"), &count);
    attribute(document, node, &format!("last-failure-{about}"), &(EPOCH - 30).to_string());
}

fn promotion_scores(chance: &mut Chance, document: &mut Document, inventory: &Inventory, nodes: u64) {
    let promotable: Vec<_> = inventory.primitives.iter().filter(|primitive| primitive.promotable).collect();
    for primitive in promotable {
        for node in 1..=nodes {
            if chance.percent(70) {
                let score = one(chance, &["5", "10", "100", "-INFINITY", "1"]);
                attribute(document, node, &format!("master-{}", primitive.id), score);
            }
        }
    }
}

fn forgotten(chance: &mut Chance, document: &mut Document, node: u64) {
    let Some(list) = histories(document, node) else { return };
    let Some(id) = pick(chance, list).and_then(|history| history.id().map(str::to_string)) else { return };
    list.retain_elements(|history| history.id() != Some(&id));
}

/// A resource leaves the configuration, with every constraint that names it.
fn removed(chance: &mut Chance, document: &mut Document, inventory: &mut Inventory) {
    let Some(resources) = child(document.configuration_mut(), "resources") else { return };
    let ids: Vec<String> = resources.elements().filter_map(|element| element.id().map(str::to_string)).collect();
    if ids.len() < 2 {
        return;
    }
    let gone = ids[chance.below(ids.len() as u64) as usize].clone();
    let mut names = Vec::new();
    for element in resources.elements().filter(|element| element.id() == Some(&gone)) {
        names.extend(element.descendants().filter_map(|part| part.id().map(str::to_string)));
        names.push(gone.clone());
    }
    resources.retain_elements(|element| element.id() != Some(&gone));
    inventory.tops.retain(|top| !names.contains(&top.id));
    inventory.primitives.retain(|primitive| !names.contains(&primitive.id));
    if let Some(constraints) = child(document.configuration_mut(), "constraints") {
        constraints.retain_elements(|constraint| {
            let values = ["rsc", "with-rsc", "first", "then"].map(|name| constraint.attr(name).unwrap_or_default());
            let in_sets = constraint.descendants().filter_map(|part| part.id());
            !values.into_iter().chain(in_sets).any(|value| names.iter().any(|name| name == value))
        });
    }
}

fn constrained(chance: &mut Chance, document: &mut Document, inventory: &mut Inventory, nodes: u64) {
    if !inventory.tops.is_empty() {
        let constraints = configuration::constraints(chance, inventory, nodes);
        let configuration = document.configuration_mut();
        configuration.retain_elements(|part| part.name != "constraints");
        configuration.push(constraints);
    }
}

fn primitive<'a>(document: &'a mut Document, id: &str) -> Option<&'a mut Element> {
    fn find<'a>(element: &'a mut Element, id: &str) -> Option<&'a mut Element> {
        if element.id() == Some(id) {
            return Some(element);
        }
        find(element.find_mut(|child| child.find_id(id).is_some())?, id)
    }
    find(child(document.configuration_mut(), "resources")?, id)
}

/// A parameter changes, so that a digest no longer fits.
fn parameter(chance: &mut Chance, document: &mut Document, inventory: &Inventory) {
    let Some(known) = inventory.primitives.get(chance.below(inventory.primitives.len() as u64) as usize) else {
        return;
    };
    let value = chance.below(3).to_string();
    let Some(element) = primitive(document, &known.id) else { return };
    let id = format!("{}-parameters", known.id);
    element.retain_elements(|part| part.id() != Some(&id));
    element.push(Element::new("instance_attributes").with("id", &id).with_child(pair(&id, "fake", &value)));
}

/// What runs on one node is found on another, too.
fn twice(chance: &mut Chance, document: &mut Document, node: u64, nodes: u64) {
    let other = 1 + chance.below(nodes);
    let Some(list) = histories(document, node) else { return };
    let Some(history) = pick(chance, list).cloned() else { return };
    let Some(list) = histories(document, other) else { return };
    list.retain_elements(|known| known.id() != history.id());
    list.push(history);
}

/// The last operation has not ended yet.
fn under_way(chance: &mut Chance, document: &mut Document, node: u64, nodes: u64) {
    let other = 1 + chance.below(nodes);
    let task = one(chance, &["start", "stop", "monitor", "promote", "demote", "migrate_to", "migrate_from"]);
    let Some(list) = histories(document, node) else { return };
    let Some(history) = pick(chance, list) else { return };
    let id = history.id().unwrap_or_default().to_string();
    let expected = if task == "monitor" { "7" } else { "0" };
    let key = format!("4:9:{expected}:00000000-0000-0000-0000-000000000001");
    let last = format!("{id}_last_0");
    let Some(operation) = with_id(history, "lrm_rsc_op", &last) else { return };
    operation.set("operation", task);
    operation.set("operation_key", format!("{id}_{task}_0"));
    operation.set("transition-key", &key);
    operation.set("transition-magic", format!("-1:193;{key}"));
    operation.set("call-id", "-1");
    operation.set("rc-code", "193");
    operation.set("op-status", "-1");
    operation.set("interval", "0");
    if task.starts_with("migrate") {
        operation.set("migrate_source", format!("n{node}"));
        operation.set("migrate_target", format!("n{other}"));
    }
}

fn ticket(chance: &mut Chance, document: &mut Document, inventory: &Inventory) {
    let tickets = document.status_mut().child_or_new("tickets");
    for name in &inventory.tickets {
        let mut state = Element::new("ticket_state").with("id", name);
        state.set("granted", one(chance, &["true", "false"]));
        state.set("standby", one(chance, &["false", "false", "true"]));
        state.set("last-granted", (EPOCH - 100).to_string());
        tickets.retain_elements(|known| known.id() != Some(name));
        tickets.push(state);
    }
}

fn standby(document: &mut Document, node: u64) {
    let nodes = document.configuration_mut().child_or_new("nodes");
    let Some(node) = with_id(nodes, "node", &node.to_string()) else { return };
    let Some(set) = child(node, "instance_attributes") else { return };
    let id = set.id().unwrap_or_default().to_string();
    set.retain_elements(|known| known.attr("name") != Some("standby"));
    set.push(pair(&id, "standby", "on"));
}

fn options(chance: &mut Chance, document: &mut Document) {
    let options = configuration::options(chance);
    *document.configuration_mut().child_or_new("crm_config") = options;
}

fn target_role(chance: &mut Chance, document: &mut Document, inventory: &Inventory) {
    let Some(known) = inventory.primitives.get(chance.below(inventory.primitives.len() as u64) as usize) else {
        return;
    };
    let value = match known.promotable {
        true => one(chance, &["Stopped", "Started", "Unpromoted", "Promoted"]),
        false => one(chance, &["Stopped", "Started"]),
    };
    let Some(element) = primitive(document, &known.id) else { return };
    let id = format!("{}-target", known.id);
    element.retain_elements(|part| part.id() != Some(&id));
    element.push(Element::new("meta_attributes").with("id", &id).with_child(pair(&id, "target-role", value)));
}
