//! Values and names that 4.0 does not know, and the order of attribute sets.
//!
//! Sets are sorted by score, which 4.0 still honours but by which nobody finds their way.

use super::super::tree::{configuration, is_attribute_set, visit_fitting};
use super::super::warning::Warning;
use super::dropped;
use crate::score::Score;
use crate::xml::{Element, Node};
use std::cmp::Reverse;

/// Cluster properties by their old and new names.
const RENAMED: [(&str, &str); 3] = [
    ("crmd-finalization-timeout", "join-finalization-timeout"),
    ("crmd-integration-timeout", "join-integration-timeout"),
    ("crmd-transition-delay", "transition-delay"),
];

/// Fencing levels beyond this one were never used.
const LEVEL_MAX: u32 = 9;

/// Values and names as 4.0 has them, and what to say of that.
pub fn translate(mut root: Element) -> (Element, Vec<Warning>) {
    let mut warnings = Vec::new();
    if let Some(configuration) = configuration(&mut root) {
        visit_fitting(configuration, &is_concerned, &mut |element| {
            sort(element);
            match element.name.as_str() {
                "cluster_property_set" => properties(element, &mut warnings),
                "date_spec" => moon(element, &mut warnings),
                "fencing-topology" => drop_children(element, is_beyond),
                _ => {}
            }
            if is_attribute_set(element) {
                drop_children(element, is_valueless);
            }
        });
    }
    root.set("validate-with", "pacemaker-4.0");
    (root, warnings)
}

/// Whether something of it may not be as 4.0 has it.
fn is_concerned(element: &Element) -> bool {
    matches!(element.name.as_str(), "cluster_property_set" | "date_spec" | "fencing-topology")
        || is_attribute_set(element) && element.elements().any(is_valueless)
        || !is_sorted(element)
}

fn is_sorted(element: &Element) -> bool {
    element.children.iter().filter(|node| node.element().is_some()).is_sorted_by_key(rank)
}

/// What stands before an element, a comment say, goes along with it.
fn sort(element: &mut Element) {
    if is_sorted(element) {
        return;
    }
    let (mut groups, mut group) = (Vec::new(), Vec::new());
    for node in std::mem::take(&mut element.children) {
        let rank = node.element().is_some().then(|| rank(&node));
        group.push(node);
        groups.extend(rank.map(|rank| (rank, std::mem::take(&mut group))));
    }
    groups.sort_by_key(|(rank, _)| *rank);
    element.children.extend(groups.into_iter().flat_map(|(_, nodes)| nodes).chain(group));
}

/// Attribute sets go behind the other children, the highest score first. The set that the tools write to rules
/// over all others.
fn rank(node: &Node) -> Option<Reverse<(bool, Score)>> {
    let set = node.element().filter(|child| is_attribute_set(child))?;
    let score = set.attr("score").and_then(Score::parse).unwrap_or(Score::ZERO);
    Some(Reverse((set.id() == Some("cib-bootstrap-options"), score)))
}

fn drop_children(element: &mut Element, unfit: fn(&Element) -> bool) {
    for at in 0..element.children.len() {
        if element.children[at].element().is_some_and(|child| unfit(child)) {
            element.children[at] = Node::from(dropped());
        }
    }
}

fn is_valueless(element: &Element) -> bool {
    element.name == "nvpair" && element.attr("value").is_none() && element.attr("id-ref").is_none()
}

fn is_beyond(element: &Element) -> bool {
    let index = element.attr("index").and_then(|index| index.parse::<u32>().ok());
    element.name == "fencing-level" && index.is_some_and(|index| index > LEVEL_MAX)
}

fn properties(set: &mut Element, warnings: &mut Vec<Warning>) {
    for at in 0..set.children.len() {
        let Some(pair) = set.child_at_mut(at).filter(|pair| pair.name == "nvpair") else { continue };
        if pair.attr("name") == Some("remove-after-stop") {
            let id = pair.id().unwrap_or_default();
            let why = format!("Dropping nvpair {id} because the remove-after-stop property is unsupported");
            warnings.push(Warning::serious(why).of(id));
            set.children[at] = Node::from(dropped());
        } else {
            property(pair);
        }
    }
}

fn property(pair: &mut Element) {
    let name = pair.attr("name").unwrap_or_default();
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name) {
        pair.set("name", new);
        pair.set("changed", "1");
    } else if name == "stonith-action" && pair.attr("value") == Some("poweroff") {
        pair.set("value", "off");
        pair.set("changed", "1");
    }
}

fn moon(date: &mut Element, warnings: &mut Vec<Warning>) {
    if date.unset("moon").is_none() {
        return;
    }
    date.set("changed", "1");
    let id = date.id().unwrap_or_default();
    let why = format!("Dropping moon attribute from date spec {id} because moon phase is no longer supported");
    warnings.push(Warning::serious(why).of(id));
}
