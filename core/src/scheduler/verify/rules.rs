//! Rules that ask for what is not known where they stand, or not there at all.
//!
//! In: the configuration as it is written. Out: notes on conditions that hold always or never.
//! Absent: what cannot be read (see `cib::decode`); names of nodes that are not there (`constrain`).

use super::existing::Existing;
use crate::note::Note;
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;

/// What every node has beside the attributes that it is given (Pacemaker Explained, "Node Attribute Expressions").
pub(super) const BUILTIN: [&str; 6] = ["#cluster-name", "#id", "#is_dc", "#kind", "#site-name", "#uname"];

/// What decides whether a rule holds, beside the time.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// It is decided for one node at a time.
    node: bool,
    /// Of a resource it may be asked which agent it has; of an operation, which it is.
    agent: bool,
    operation: bool,
}

pub fn notes(configuration: &Element) -> Vec<Note> {
    let mut notes = Vec::new();
    let existing = Existing::of(configuration);
    for element in configuration.elements() {
        below(element, Known { node: false, agent: true, operation: true }, &existing, &mut notes);
    }
    notes
}

fn below(element: &Element, known: Known, existing: &Existing, notes: &mut Vec<Note>) {
    let known = match element.name.as_str() {
        "rsc_location" => Known { node: true, agent: false, operation: false },
        "primitive" | "template" | "group" | "clone" | "master" => Known { node: true, operation: false, ..known },
        "op" => Known { node: true, operation: true, ..known },
        "cluster_property_set" => Known::default(),
        "rsc_defaults" => Known { operation: false, ..known },
        "nodes" | "alerts" | "meta_attributes" | "utilization" => Known { node: false, ..known },
        _ => known,
    };
    for child in element.elements() {
        match child.name.as_str() {
            "expression" => expression(child, known.node, existing, notes),
            "rsc_expression" if !known.agent => never(child, "resource", notes),
            "op_expression" if !known.operation => never(child, "operation", notes),
            "rsc_expression" => told(child, existing.lacks_agent(child), notes),
            "op_expression" => told(child, existing.lacks_operation(child), notes),
            _ => below(child, known, existing, notes),
        }
    }
}

/// What a condition asks for, and why nothing is it.
fn told(condition: &Element, why: Option<(String, String)>, notes: &mut Vec<Note>) {
    if let (Some(id), Some((word, why))) = (condition.id(), why) {
        notes.push(Note::info(id, format!("this condition never holds: {why}")).at(word));
    }
}

/// A condition on what is not known here.
fn never(condition: &Element, what: &str, notes: &mut Vec<Note>) {
    let asked = ["name", "interval", "class", "provider", "type"];
    let mut asked = asked.iter().filter_map(|name| condition.attr(name));
    // One on a resource that asks for nothing holds.
    if let (Some(id), Some(word)) = (condition.id(), asked.next()) {
        let text = format!("this condition never holds: a rule here knows of no {what}");
        notes.push(Note::info(id, text).at(word));
    }
}

fn expression(expression: &Element, of_node: bool, existing: &Existing, notes: &mut Vec<Note>) {
    let (Some(id), Some(attribute)) = (expression.id(), expression.attr("attribute")) else { return };
    if !of_node {
        let text = format!("a rule here knows of no node, so that its `{attribute}` is never defined");
        notes.push(Note::info(id, text).at(attribute));
    } else if let Some(values) = only(expression, attribute, existing) {
        let value = expression.attr("value").unwrap_or_default();
        let holds = if expression.attr("operation") == Some("ne") { "always" } else { "never" };
        let text = format!("this condition {holds} holds: `{attribute}` is {values}, and not `{value}`");
        notes.push(Note::info(id, text).at(value));
    } else if attribute.starts_with('#')
        && !BUILTIN.contains(&attribute)
        && let Some(near) = closest(attribute, BUILTIN)
    {
        let text = format!("no node has `{attribute}` unless something sets it; did you mean `{near}`?");
        notes.push(Note::info(id, text).at(attribute));
    }
}

/// The words that an attribute is one of, if it is compared with another.
fn only(expression: &Element, attribute: &str, existing: &Existing) -> Option<String> {
    let words: Vec<&str> = match attribute {
        "#kind" => vec!["cluster", "remote", "container"],
        "#is_dc" => vec!["true", "false"],
        "#id" => existing.node_ids.clone(),
        "#cluster-name" => existing.cluster_name.into_iter().collect(),
        _ => return None,
    };
    let is = |name: &str, words: &[&str]| expression.attr(name).is_some_and(|word| words.contains(&word));
    let by_letter = expression.attr("type").is_none_or(|kind| kind == "string");
    let is_literal = expression.attr("value-source").is_none_or(|source| source == "literal");
    let value = expression.attr("value").filter(|_| is("operation", &["eq", "ne"]) && by_letter && is_literal)?;
    let is_one = words.iter().any(|word| word.eq_ignore_ascii_case(value));
    let (last, rest) = words.split_last()?;
    let all = if rest.is_empty() { format!("`{last}`") } else { format!("{} or {last}", rest.join(", ")) };
    (!is_one).then_some(all)
}
