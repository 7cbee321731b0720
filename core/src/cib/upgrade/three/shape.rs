//! Things that are written otherwise in 4.0, and mean the same.
//!
//! One value a name in an attribute set; `master` is a promotable clone; a ping node is a member
//! that may run nothing; `masters` is `promoted-max`; one rule a location constraint.

use super::super::tree::{configuration, is_attribute_set, replace_children, section, visit_fitting};
use super::super::warning::Warning;
use super::{PREFIX, dropped, make_copy, rename_attribute};
use crate::xml::{Element, Name, Node};
use std::collections::{BTreeMap, BTreeSet};

/// A value that stands for the one built in, and ends the search for an earlier one.
const DEFAULT: &str = "#default";

/// The same document in 4.0's shape, and what to say of that.
pub fn translate(mut root: Element) -> (Element, Vec<Warning>) {
    if let Some(configuration) = configuration(&mut root) {
        let is_concerned = |element: &Element| {
            matches!(element.name.as_str(), "master" | "docker" | "podman" | "rkt") || repeats_a_name(element)
        };
        visit_fitting(configuration, &is_concerned, &mut |element| match element.name.as_str() {
            "master" => promotable(element),
            "docker" | "podman" | "rkt" => promoted_max(element),
            _ => keep_one_of_each_name(element),
        });
    }
    let pings = ping_nodes(&mut root);
    let split = split_locations(&mut root);
    if let Some(constraints) = section(&mut root, "constraints") {
        pings.into_iter().for_each(|ban| constraints.push(ban));
    }
    if let Some(configuration) = configuration(&mut root).filter(|_| !split.is_empty()) {
        point_to_parts(configuration, &split);
    }
    (root, Vec::new())
}

fn repeats_a_name(set: &Element) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    is_attribute_set(set)
        && !set.elements_named("nvpair").filter_map(|pair| pair.attr("name")).all(|name| seen.insert(name))
}

/// The first value of a name counted, or the first after its last default.
fn keep_one_of_each_name(set: &mut Element) {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, node) in set.children.iter().enumerate() {
        let name = node.element().filter(|pair| pair.name == "nvpair").and_then(|pair| pair.attr("name"));
        if let Some(name) = name {
            places.entry(name.to_string()).or_default().push(at);
        }
    }
    for places in places.values().filter(|places| places.len() > 1) {
        let is_default = |at: &usize| set.children[*at].element().is_some_and(|p| p.attr("value") == Some(DEFAULT));
        let kept = match places.iter().rposition(is_default) {
            None => 0,
            Some(last) => (last + 1).min(places.len() - 1),
        };
        for (_, at) in places.iter().enumerate().filter(|(index, _)| *index != kept) {
            set.children[*at] = Node::from(dropped());
        }
    }
}

fn promotable(master: &mut Element) {
    master.name = Name::from("clone");
    master.set("changed", "1");
    let set_id = format!("{PREFIX}promotable-legacy-{}-meta_attributes", master.id().unwrap_or_default());
    let pair = Element::new("nvpair")
        .with("id", format!("{set_id}-promotable"))
        .with("name", "promotable")
        .with("value", "true");
    // Its score lets it win over any set that is there.
    let set = Element::new("meta_attributes").with("id", &set_id).with("score", "INFINITY").with_child(pair);
    master.children.insert(0, Node::from(set));
}

fn promoted_max(container: &mut Element) {
    if container.attr("promoted-max").is_some() {
        if container.unset("masters").is_some() {
            container.set("changed", "1");
        }
    } else {
        rename_attribute(container, "masters", "promoted-max");
    }
}

/// Ping nodes become members; the constraints that keep everything away from them.
fn ping_nodes(root: &mut Element) -> Vec<Element> {
    let Some(nodes) = section(root, "nodes") else { return Vec::new() };
    let mut bans = Vec::new();
    for at in 0..nodes.children.len() {
        let Some(node) = nodes.child_at_mut(at).filter(|node| node.attr("type") == Some("ping")) else { continue };
        node.set("type", "member");
        node.set("changed", "1");
        let name = node.attr("uname").unwrap_or_default();
        bans.push(
            Element::new("rsc_location")
                .with("id", format!("{PREFIX}ping-node-ban-{name}"))
                .with("rsc-pattern", ".*")
                .with("node", name)
                .with("score", "-INFINITY")
                .with("resource-discovery", "never"),
        );
    }
    bans
}

/// The ids that took the place of one id.
type Split = BTreeMap<String, Vec<String>>;

fn split_locations(root: &mut Element) -> Split {
    let mut split = Split::new();
    let rules = |constraint: &Element| constraint.elements_named("rule").count();
    let is_concerned = |constraint: &Element| constraint.name == "rsc_location" && rules(constraint) > 1;
    let constraints = section(root, "constraints").filter(|constraints| constraints.elements().any(is_concerned));
    let Some(constraints) = constraints else { return split };
    replace_children(constraints, |constraint| {
        if !is_concerned(&constraint) {
            return vec![Node::from(constraint)];
        }
        let rules = rules(&constraint);
        let parts: Vec<Element> = (0..rules).map(|which| part(&constraint, which)).collect();
        let ids = parts.iter().filter_map(|part| part.id().map(str::to_string)).collect();
        split.insert(constraint.id().unwrap_or_default().to_string(), ids);
        parts.into_iter().map(Node::from).collect()
    });
    split
}

/// The constraint with one of its rules only. What the rules share stays with the first.
fn part(constraint: &Element, which: usize) -> Element {
    let mut part = constraint.clone();
    part.set("id", format!("{PREFIX}{}-{}", constraint.id().unwrap_or_default(), which + 1));
    part.set("original", "0");
    let mut rule = 0;
    replace_children(&mut part, |mut child| {
        if child.name == "rule" {
            rule += 1;
            return if rule == which + 1 { vec![Node::from(child)] } else { Vec::new() };
        }
        if which > 0 {
            make_copy(&mut child);
        }
        vec![Node::from(child)]
    });
    part
}

/// Permissions and tags that meant a constraint mean all its parts.
fn point_to_parts(configuration: &mut Element, split: &Split) {
    let is_concerned = |element: &Element| matches!(element.name.as_str(), "acl_permission" | "tag");
    visit_fitting(configuration, &is_concerned, &mut |element| match element.name.as_str() {
        "acl_permission" => {
            let Some(parts) = element.attr("reference").and_then(|id| split.get(id)) else { return };
            let tests: Vec<String> = parts.iter().map(|id| format!("@id = '{id}'")).collect();
            rename_attribute(element, "reference", "xpath");
            element.set("xpath", format!("//*[{}]", tests.join(" or ")));
        }
        "tag" => replace_children(element, |member| match member.id().and_then(|id| split.get(id)) {
            Some(parts) => parts.iter().map(|id| Node::from(Element::new("obj_ref").with("id", id))).collect(),
            None => vec![Node::from(member)],
        }),
        _ => {}
    });
}
