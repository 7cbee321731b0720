//! Rules that ask for what is not known where they stand.
//!
//! In: the configuration as it is written. Out: notes on conditions that hold always or never.
//! Absent: what cannot be read (see `cib::decode`); nodes and resources that are not there (`constrain`).

use crate::note::Note;
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;

/// What every node has beside the attributes that it is given (Pacemaker Explained, "Node Attribute Expressions").
const BUILTIN: [&str; 6] = ["#cluster-name", "#id", "#is_dc", "#kind", "#site-name", "#uname"];

pub fn notes(configuration: &Element) -> Vec<Note> {
    let mut notes = Vec::new();
    for element in configuration.elements() {
        below(element, false, &mut notes);
    }
    notes
}

/// `of_node`: whether it is decided for one node at a time.
fn below(element: &Element, of_node: bool, notes: &mut Vec<Note>) {
    let of_node = match element.name.as_str() {
        "rsc_location" => true,
        "primitive" | "template" | "group" | "clone" | "master" | "op" => true,
        "nodes" | "alerts" | "meta_attributes" | "utilization" | "cluster_property_set" => false,
        _ => of_node,
    };
    for child in element.elements() {
        match child.name.as_str() {
            "expression" => expression(child, of_node, notes),
            _ => below(child, of_node, notes),
        }
    }
}

fn expression(expression: &Element, of_node: bool, notes: &mut Vec<Note>) {
    let (Some(id), Some(attribute)) = (expression.id(), expression.attr("attribute")) else { return };
    if !of_node {
        let text = format!("a rule here knows of no node, so that its `{attribute}` is never defined");
        notes.push(Note::info(id, text).at(attribute));
    } else if attribute.starts_with('#')
        && !BUILTIN.contains(&attribute)
        && let Some(near) = closest(attribute, BUILTIN)
    {
        let text = format!("no node has `{attribute}` unless something sets it; did you mean `{near}`?");
        notes.push(Note::info(id, text).at(attribute));
    }
}
