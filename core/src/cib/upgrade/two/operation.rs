//! Operations: what they gave their agent that was meant for the cluster, and `requires`, which
//! is the whole resource's now.

use super::super::tree::replace_children;
use super::super::warning::Warning;
use super::set::{PREFIX, is_emptied, pairs};
use crate::xml::{Element, Node};

/// Parameters of an operation that were never the agent's.
const META: [&str; 7] = ["enabled", "interval-origin", "on-fail", "record-pending", "role", "start-delay", "timeout"];

const PARAMETERS: &str = "Resources-operation instance_attributes";
const OPERATION: &str = "Resources-operation";

/// What a resource's operations require. Of several, the last counts, and the operation's own
/// attribute before its meta attributes before its parameters.
#[derive(Default)]
pub struct Requires {
    from_parameters: Option<Element>,
    from_meta: Option<Element>,
    /// The attribute of operations: their id, whether it counts there, its value.
    own: Vec<Own>,
}

struct Own {
    operation: String,
    counts: bool,
    value: String,
}

impl Requires {
    /// Gives the resource the set with what it requires, unless it says so itself.
    pub fn put_into(self, resource: &mut Element, warnings: &mut Vec<Warning>) {
        let id = resource.id().unwrap_or_default().to_string();
        let mut own = None;
        for Own { operation, counts, value } in self.own {
            let subject = format!("{OPERATION}: {operation} (rsc={id})");
            note(&subject, OPERATION, "meta_attributes", counts, warnings);
            if counts {
                let pair = Element::new("nvpair")
                    .with("id", format!("{PREFIX}{operation}-meta-requires"))
                    .with("name", "requires")
                    .with("value", value);
                own = Some(Element::new("meta_attributes").with("id", format!("{PREFIX}{id}-meta")).with_child(pair));
            }
        }
        let said = resource
            .elements_named("meta_attributes")
            .any(|set| set.elements().any(|pair| pair.attr("name") == Some("requires")));
        if let Some(set) = own.or(self.from_meta).or(self.from_parameters).filter(|_| !said) {
            resource.push(set);
        }
    }
}

/// Says what becomes of one `requires`.
fn note(subject: &str, scope: &str, place: &str, counts: bool, warnings: &mut Vec<Warning>) {
    if counts {
        warnings.push(Warning::debug(format!(
            "{subject}: moving requires under {place} as requires unless already defined there for matching \
             start|promote"
        )));
    } else {
        warnings.push(Warning::info(format!("{subject}: dropping requires")));
        warnings.push(Warning::info(format!("{scope}: ... only start/promote operation taken into account")));
    }
}

/// Puts the operations of a resource into 3.0's words; `requires` of start and promote becomes the resource's.
pub fn translate(operations: &mut Element, resource: &str, requires: &mut Requires, warnings: &mut Vec<Warning>) {
    super::each(operations, "op", |operation| {
        let counts = matches!(operation.attr("name"), Some("start" | "promote"));
        parameters(operation, resource, counts, requires, warnings);
        meta(operation, resource, counts, requires, warnings);
        if let Some(value) = operation.unset("requires") {
            let operation = operation.id().unwrap_or_default().to_string();
            requires.own.push(Own { operation, counts, value });
        }
    });
}

/// Goes through the pairs of the operation's sets of one kind; sets that lose all are dropped.
fn take_pairs(operation: &mut Element, kind: &str, mut take: impl FnMut(&Element, &Element) -> bool) {
    replace_children(operation, |mut set| {
        if set.name != *kind {
            return vec![Node::from(set)];
        }
        let (before, whole) = (pairs(&set), set.clone());
        replace_children(&mut set, |pair| if take(&whole, &pair) { Vec::new() } else { vec![Node::from(pair)] });
        if is_emptied(&set, before) { Vec::new() } else { vec![Node::from(set)] }
    });
}

fn parameters(
    operation: &mut Element,
    resource: &str,
    counts: bool,
    requires: &mut Requires,
    warnings: &mut Vec<Warning>,
) {
    let id = operation.id().unwrap_or_default().to_string();
    let mut moved: Vec<(String, Element)> = Vec::new();
    take_pairs(operation, "instance_attributes", |set, pair| {
        let set_id = set.id().unwrap_or_default();
        let subject = format!("{PARAMETERS}: {id} (rsc={resource}, meta={set_id})");
        match pair.attr("name") {
            Some("requires") => {
                note(&subject, PARAMETERS, "per-resource-meta_attributes", counts, warnings);
                if counts {
                    requires.from_parameters = Some(requiring_set(set, pair));
                }
                true
            }
            Some(name) if META.contains(&name) => {
                warnings.push(Warning::debug(format!(
                    "{subject}: moving {name} under meta_attributes as {name} unless already defined there"
                )));
                // A later set's value took precedence.
                moved.retain(|(from, other)| from == set_id || other.attr("name") != Some(name));
                moved.push((set_id.to_string(), pair.clone()));
                true
            }
            _ => false,
        }
    });
    add_meta(operation, &id, moved.into_iter().map(|(_, pair)| pair).collect());
}

fn add_meta(operation: &mut Element, id: &str, moved: Vec<Element>) {
    let is_set = |child: &Element| child.name == "meta_attributes" && child.id().is_some();
    let known: Vec<String> = operation
        .elements_named("meta_attributes")
        .flat_map(|set| set.elements().filter_map(|pair| pair.attr("name").map(str::to_string)))
        .collect();
    let mut new = moved.into_iter().filter(|pair| !known.iter().any(|name| pair.attr("name") == Some(name))).peekable();
    if new.peek().is_none() {
        return;
    }
    if !operation.elements().any(is_set) {
        operation.push(Element::new("meta_attributes").with("id", format!("{PREFIX}{id}-meta")));
    }
    let set = operation.find_mut(is_set).expect("a set is there or was just made");
    new.for_each(|pair| set.push(pair));
}

fn meta(operation: &mut Element, resource: &str, counts: bool, requires: &mut Requires, warnings: &mut Vec<Warning>) {
    let id = operation.id().unwrap_or_default().to_string();
    take_pairs(operation, "meta_attributes", |set, pair| {
        if pair.attr("name") != Some("requires") {
            return false;
        }
        let subject = format!("{OPERATION}: {id} (rsc={resource}, meta={})", set.id().unwrap_or_default());
        note(&subject, OPERATION, "meta_attributes", counts, warnings);
        if counts {
            requires.from_meta = Some(requiring_set(set, pair));
        }
        true
    });
}

/// The set with this one pair, as the resource's. Its comments and the rule it depends on come along.
fn requiring_set(set: &Element, pair: &Element) -> Element {
    let others = set.elements_named("nvpair").any(|other| other.attr("name") != Some("requires"));
    let mut requiring = Element::new("meta_attributes");
    for (name, value) in &set.attributes {
        requiring.set(name.as_str(), value);
    }
    requiring.set("id", format!("{PREFIX}{}", set.id().unwrap_or_default()));
    for node in &set.children {
        match node {
            // The rule stays where it is if its set does.
            Node::Element(rule) if rule.name == "rule" => {
                let own = rule.id().filter(|_| others);
                requiring
                    .children
                    .push(own.map_or(node.clone(), |id| Node::from(Element::new("rule").with("id-ref", id))));
            }
            Node::Element(_) => {}
            other => requiring.children.push(other.clone()),
        }
    }
    requiring.push(pair.clone());
    requiring
}
