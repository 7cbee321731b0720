//! Recorded CIBs, varied: a value that another case has, a constraint more, a history on another node,
//! a node that is lost. So every feature that a recorded case knows meets the others.
//!
//! In: a seed and the `Pool` of all recorded cases, read by path. Out: a CIB as text. Deliberately
//! absent: damage without sense (`tests/scheduler_mutations.rs`); references stay whole.

use super::answer::Program;
use super::configuration::one;
use crate::world::Chance;
use quorate_core::xml::{self, Element};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A recorded CIB larger than this takes too long to shrink.
const BYTES_MAX: u64 = 200_000;

/// Attributes of constraints, sets, rules and operations that are given other values.
const STEERING: [(&str, &[&str]); 8] = [
    ("rsc_location", &["score", "role", "resource-discovery"]),
    ("rsc_colocation", &["score", "rsc-role", "with-rsc-role", "influence"]),
    ("rsc_order", &["score", "kind", "first-action", "then-action", "symmetrical", "require-all"]),
    ("rsc_ticket", &["loss-policy", "rsc-role"]),
    ("resource_set", &["sequential", "require-all", "action", "role"]),
    ("rule", &["score", "role", "boolean-op"]),
    ("op", &["on-fail", "role", "enabled"]),
    ("lrm_rsc_op", &["op-digest", "op-restart-digest", "call-id", "last-rc-change"]),
];

/// What an attribute may be told, for attributes that few cases have.
const KNOWN: [(&str, &[&str]); 10] = [
    ("score", &["INFINITY", "-INFINITY", "100", "1", "-1", "0"]),
    ("kind", &["Mandatory", "Optional", "Serialize"]),
    ("role", &["Started", "Promoted", "Unpromoted"]),
    ("rsc-role", &["Started", "Promoted", "Unpromoted"]),
    ("with-rsc-role", &["Started", "Promoted", "Unpromoted"]),
    ("first-action", &["start", "stop", "promote", "demote"]),
    ("then-action", &["start", "stop", "promote", "demote"]),
    ("symmetrical", &["true", "false"]),
    ("require-all", &["true", "false"]),
    ("sequential", &["true", "false"]),
];

/// Parts that may go without leaving a reference to them behind.
const REMOVABLE: [&str; 12] = [
    "nvpair",
    "rsc_location",
    "rsc_colocation",
    "rsc_order",
    "rsc_ticket",
    "resource_ref",
    "lrm_rsc_op",
    "lrm_resource",
    "op",
    "ticket_state",
    "utilization",
    "meta_attributes",
];

/// What the recorded cases say, by name.
#[derive(Debug, Default)]
pub struct Pool {
    files: Vec<PathBuf>,
    /// Names and values of nvpairs, by where they stand: `crm_config`, `meta_attributes`, ….
    pairs: BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>,
    /// Values of attributes, by element and name.
    attributes: BTreeMap<(String, String), BTreeSet<String>>,
    /// Attributes of node states that belong together.
    states: BTreeSet<Vec<(String, String)>>,
    /// Ends of operations, by name: result, status, expected result, interval.
    ends: BTreeMap<String, BTreeSet<(String, String, String, String)>>,
}

impl Pool {
    /// All cases below `corpus`, the folder of the recordings; `None` if there are none.
    pub fn read(corpus: &Path) -> Option<Pool> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(corpus.join("scheduler/xml")).ok()?.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| fs::metadata(path).is_ok_and(|data| data.len() <= BYTES_MAX));
        files.sort();
        let mut pool = Pool { files, ..Pool::default() };
        for file in pool.files.clone() {
            let Some(root) = fs::read_to_string(file).ok().and_then(|text| xml::read(&text).ok()) else { continue };
            pool.learn(&root, "");
        }
        Some(pool)
    }

    fn learn(&mut self, element: &Element, place: &'static str) {
        let place = match element.name.as_str() {
            "crm_config" => "crm_config",
            "meta_attributes" if place != "crm_config" => "meta_attributes",
            "transient_attributes" => "transient_attributes",
            "node" | "nodes" => "node",
            "instance_attributes" if place.is_empty() => "instance_attributes",
            _ => place,
        };
        match element.name.as_str() {
            "nvpair" => {
                let (Some(name), Some(value)) = (element.attr("name"), element.attr("value")) else { return };
                let names = self.pairs.entry(place).or_default();
                names.entry(name.to_string()).or_default().insert(value.to_string());
            }
            "node_state" => {
                let names = ["in_ccm", "crmd", "join", "expected"];
                let state =
                    names.iter().filter_map(|name| Some(((*name).to_string(), element.attr(name)?.to_string())));
                self.states.insert(state.collect());
            }
            "lrm_rsc_op" => self.learn_end(element),
            _ => (),
        }
        for (name, value) in &element.attributes {
            let steers = STEERING.iter().any(|(of, names)| element.name == **of && names.contains(&name.as_str()));
            if steers && name.as_str() != "last-rc-change" {
                let key = (element.name.to_string(), name.to_string());
                let values = self.attributes.entry(key).or_default();
                values.insert(value.to_string());
            }
        }
        element.elements().for_each(|child| self.learn(child, place));
    }

    fn learn_end(&mut self, operation: &Element) {
        let attribute = |name| operation.attr(name).map(str::to_string);
        let expected = operation.attr("transition-key").and_then(|key| key.split(':').nth(2));
        let (Some(name), Some(result), Some(status), Some(interval), Some(expected)) =
            (attribute("operation"), attribute("rc-code"), attribute("op-status"), attribute("interval"), expected)
        else {
            return;
        };
        self.ends.entry(name).or_default().insert((result, status, expected.to_string(), interval));
    }
}

/// The recorded case of a seed with one to four changes, sometimes a dozen; now and then after its plan was carried out.
pub fn variation(seed: u64, pool: &Pool, simulator: &Program) -> String {
    let mut chance = Chance::new(seed);
    let file = &pool.files[chance.below(pool.files.len() as u64) as usize];
    let mut text = fs::read_to_string(file).unwrap_or_default();
    if chance.percent(25) {
        text = simulator.after(&text).unwrap_or(text);
    }
    let Ok(mut root) = xml::read(&text) else { return text };
    let most = if chance.percent(20) { 12 } else { 4 };
    for _ in 0..1 + chance.below(most) {
        vary(&mut chance, pool, &mut root);
    }
    xml::write_pretty(&root)
}

fn vary(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    match chance.below(20) {
        0 | 1 => removed(chance, root),
        2 | 3 => revalued(chance, pool, root),
        4..=6 => steered(chance, pool, root),
        7 | 8 => option(chance, pool, root),
        9 | 10 => meta(chance, pool, root),
        11 | 12 => fate(chance, pool, root),
        13 => transient(chance, pool, root),
        14 => moved(chance, root),
        15 | 16 => ended(chance, pool, root),
        _ => constrained(chance, root),
    }
}

/// Ways to all elements for which `wanted` holds.
fn places(root: &Element, wanted: &dyn Fn(&Element) -> bool) -> Vec<Vec<usize>> {
    fn walk(element: &Element, wanted: &dyn Fn(&Element) -> bool, path: &mut Vec<usize>, into: &mut Vec<Vec<usize>>) {
        for (at, child) in element.children.iter().enumerate() {
            let Some(child) = child.element() else { continue };
            path.push(at);
            if wanted(child) {
                into.push(path.clone());
            }
            walk(child, wanted, path, into);
            path.pop();
        }
    }
    let mut into = Vec::new();
    walk(root, wanted, &mut Vec::new(), &mut into);
    into
}

fn at<'a>(root: &'a mut Element, path: &[usize]) -> &'a mut Element {
    path.iter().fold(root, |element, step| element.child_at_mut(*step).expect("a place is an element"))
}

fn chosen<'a>(
    chance: &mut Chance,
    root: &'a mut Element,
    wanted: &dyn Fn(&Element) -> bool,
) -> Option<&'a mut Element> {
    let all = places(root, wanted);
    let path = all.get(chance.below(all.len() as u64) as usize)?;
    Some(at(root, path))
}

fn from<'a, T>(chance: &mut Chance, set: impl ExactSizeIterator<Item = &'a T>) -> Option<&'a T> {
    let count = set.len() as u64;
    let mut set = set;
    set.nth(chance.below(count) as usize)
}

fn removed(chance: &mut Chance, root: &mut Element) {
    let name = one(chance, &REMOVABLE);
    let all = places(root, &|element| element.name == *name);
    let Some(path) = all.get(chance.below(all.len() as u64) as usize) else { return };
    let (last, above) = path.split_last().expect("no place is the root");
    let parent = at(root, above);
    // A set without references, a constraint without sets is no CIB.
    if name != "resource_ref" || parent.elements().count() > 1 {
        parent.children.remove(*last);
    }
}

fn revalued(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let Some(pair) = chosen(chance, root, &|element| element.name == *"nvpair") else { return };
    let Some(name) = pair.attr("name").map(str::to_string) else { return };
    let values: BTreeSet<&String> = pool.pairs.values().filter_map(|names| names.get(&name)).flatten().collect();
    if let Some(value) = values.iter().nth(chance.below(values.len() as u64) as usize) {
        pair.set("value", value.as_str());
    }
}

fn steered(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let (element, names) = STEERING[chance.below(STEERING.len() as u64) as usize];
    let name = one(chance, names);
    let Some(found) = chosen(chance, root, &|child| child.name == *element) else { return };
    let known = KNOWN.iter().find(|(of, _)| *of == name).map(|(_, values)| *values);
    let seen = pool.attributes.get(&(element.to_string(), name.to_string()));
    let value = match (known, seen) {
        (Some(values), _) if chance.percent(50) => one(chance, values).to_string(),
        (_, Some(values)) => from(chance, values.iter()).cloned().unwrap_or_default(),
        _ => return,
    };
    let has_rule = found.child("rule").is_some();
    if element == "rsc_location" && name == "score" && (has_rule || found.child("resource_set").is_some()) {
        return;
    }
    if element == "rule" && found.attr("score-attribute").is_some() {
        return;
    }
    if element == "rsc_order" && matches!(name, "kind" | "score") {
        found.unset("kind");
        found.unset("score");
    }
    found.set(name, value);
}

fn pair_of(pool: &Pool, chance: &mut Chance, place: &str) -> Option<(String, String)> {
    let names = pool.pairs.get(place)?;
    let (name, values) = names.iter().nth(chance.below(names.len() as u64) as usize)?;
    Some((name.clone(), from(chance, values.iter())?.clone()))
}

fn set_pair(set: &mut Element, (name, value): (String, String)) {
    let id = format!("vary-{}-{}", set.id().unwrap_or_default(), name.replace(['#', ':', '(', ')', ' '], "-"));
    set.retain_elements(|known| known.attr("name") != Some(&name));
    set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
}

fn section<'a>(root: &'a mut Element, names: &[&str]) -> &'a mut Element {
    names.iter().fold(root, |element, name| element.child_or_new(name))
}

fn option(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let Some(pair) = pair_of(pool, chance, "crm_config") else { return };
    let config = section(root, &["configuration", "crm_config"]);
    if config.elements().next().is_none() {
        config.push(Element::new("cluster_property_set").with("id", "vary-options"));
    }
    if let Some(set) = config.find_mut(|child| child.name == *"cluster_property_set") {
        set_pair(set, pair);
    }
}

const RESOURCES: [&str; 4] = ["primitive", "group", "clone", "bundle"];

fn is_resource(element: &Element) -> bool {
    RESOURCES.iter().any(|name| element.name == **name) && element.id().is_some()
}

fn meta(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let Some(pair) = pair_of(pool, chance, "meta_attributes") else { return };
    // Another name of a guest node is another configuration altogether.
    if pair.0.starts_with("remote-") {
        return;
    }
    let resources = section(root, &["configuration", "resources"]);
    let Some(resource) = chosen(chance, resources, &is_resource) else { return };
    let id = resource.id().unwrap_or_default().to_string();
    let own = |child: &Element| child.name == *"meta_attributes" && child.attr("id-ref").is_none();
    if resource.find_mut(|child| own(child)).is_none() {
        resource.push(Element::new("meta_attributes").with("id", format!("vary-{id}")));
    }
    if let Some(set) = resource.find_mut(|child| own(child)) {
        set_pair(set, pair);
    }
}

fn fate(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let Some(state) = from(chance, pool.states.iter()) else { return };
    let wanted = |element: &Element| element.name == *"node_state" && element.attr("remote_node").is_none();
    if let Some(node) = chosen(chance, section(root, &["status"]), &wanted) {
        for name in ["in_ccm", "crmd", "join", "expected"] {
            node.unset(name);
        }
        state.iter().for_each(|(name, value)| node.set(name, value.as_str()));
    }
}

fn transient(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let Some(pair) = pair_of(pool, chance, "transient_attributes") else { return };
    let Some(node) = chosen(chance, section(root, &["status"]), &|element| element.name == *"node_state") else {
        return;
    };
    let id = node.id().unwrap_or_default().to_string();
    let attributes = node.child_or_new("transient_attributes");
    attributes.set("id", &id);
    let set = attributes.child_or_new("instance_attributes");
    if set.id().is_none() {
        set.set("id", format!("vary-status-{id}"));
    }
    set_pair(set, pair);
}

/// A history is found on another node, too.
fn moved(chance: &mut Chance, root: &mut Element) {
    let status = section(root, &["status"]);
    let Some(history) = chosen(chance, status, &|element| element.name == *"lrm_resource").map(|found| found.clone())
    else {
        return;
    };
    if let Some(list) = chosen(chance, status, &|element| element.name == *"lrm_resources") {
        list.retain_elements(|known| known.id() != history.id());
        list.push(history);
    }
}

/// An operation ended as one of its name did in another case, and was the last one.
fn ended(chance: &mut Chance, pool: &Pool, root: &mut Element) {
    let status = section(root, &["status"]);
    let Some(history) = chosen(chance, status, &|element| element.name == *"lrm_resource") else { return };
    let names: Vec<&String> = pool.ends.keys().collect();
    let usual = ["monitor", "start", "stop", "promote", "demote"];
    let name = match chance.percent(80) {
        true => one(chance, &usual).to_string(),
        false => names[chance.below(names.len() as u64) as usize].clone(),
    };
    let Some(ends) = pool.ends.get(&name) else { return };
    let Some((result, code, expected, interval)) = from(chance, ends.iter()).cloned() else { return };
    let id = history.id().unwrap_or_default().to_string();
    let call = history.elements().filter_map(|op| op.attr("call-id")?.parse::<i64>().ok()).max().unwrap_or(0) + 1;
    let place = history.elements().find_map(|op| op.attr("on_node").map(str::to_string));
    let when = history.elements().filter_map(|op| op.attr("last-rc-change")?.parse::<i64>().ok()).max();
    let key = format!("3:9:{expected}:00000000-0000-0000-0000-000000000001");
    let failed = result != expected && chance.percent(50);
    let own = match (failed, interval.as_str()) {
        (true, _) => format!("{id}_last_failure_0"),
        (_, "0") => format!("{id}_last_0"),
        _ => format!("{id}_{name}_{interval}"),
    };
    let mut operation = Element::new("lrm_rsc_op")
        .with("id", &own)
        .with("operation_key", format!("{id}_{name}_{interval}"))
        .with("operation", name)
        .with("crm_feature_set", "3.19.0")
        .with("transition-key", &key)
        .with("transition-magic", format!("{code}:{result};{key}"))
        .with("call-id", if code == "-1" { "-1".to_string() } else { call.to_string() })
        .with("rc-code", result)
        .with("op-status", code)
        .with("interval", interval);
    if let Some(place) = place {
        operation.set("on_node", place);
    }
    if let Some(when) = when {
        operation.set("last-rc-change", (when + 1).to_string());
    }
    history.retain_elements(|known| known.id() != Some(&own));
    history.push(operation);
}

/// The outermost resource that one is part of: constraints within one make no sense.
fn family<'a>(root: &'a Element, id: &str) -> Option<&'a str> {
    let resources = root.child("configuration")?.child("resources")?;
    resources.elements().find(|top| top.find_id(id).is_some())?.id()
}

fn constrained(chance: &mut Chance, root: &mut Element) {
    let ids = |root: &Element, section: &str, name: &str| -> Vec<String> {
        let part = root.child("configuration").and_then(|part| part.child(section));
        let all = part.into_iter().flat_map(Element::descendants);
        match name {
            "" => all.filter(|element| is_resource(element)).filter_map(|e| e.id().map(str::to_string)).collect(),
            _ => all.filter_map(|element| element.attr(name).map(str::to_string)).collect(),
        }
    };
    let (resources, nodes) = (ids(root, "resources", ""), ids(root, "nodes", "uname"));
    if resources.is_empty() || nodes.is_empty() {
        return;
    }
    let pick = |chance: &mut Chance, of: &[String]| of[chance.below(of.len() as u64) as usize].clone();
    let (first, second, node) = (pick(chance, &resources), pick(chance, &resources), pick(chance, &nodes));
    let id = format!("vary-constraint-{}", chance.below(1_000_000));
    let known = |name: &str| KNOWN.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, values)| *values);
    let maybe = |chance: &mut Chance, element: &mut Element, names: &[&str]| {
        for name in names {
            if chance.percent(25) {
                element.set(name, one(chance, known(name)));
            }
        }
    };
    let score = one(chance, known("score")).to_string();
    let mut element;
    match chance.below(3) {
        0 => {
            element = Element::new("rsc_location").with("id", id).with("rsc", first).with("node", node);
            element.set("score", score);
            maybe(chance, &mut element, &["role"]);
        }
        _ if family(root, &first) == family(root, &second) => return,
        1 => {
            element = Element::new("rsc_colocation").with("id", id).with("rsc", first).with("with-rsc", second);
            element.set("score", score);
            maybe(chance, &mut element, &["rsc-role", "with-rsc-role"]);
        }
        _ => {
            element = Element::new("rsc_order").with("id", id).with("first", first).with("then", second);
            maybe(chance, &mut element, &["kind", "first-action", "then-action", "symmetrical", "require-all"]);
        }
    }
    section(root, &["configuration", "constraints"]).push(element);
}
