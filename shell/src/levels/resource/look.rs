//! What runs where: `resource status`, `locate`, `constraints`.
//!
//! In: calls. Out: text.
//! Absent: changing anything.

use super::{expanded, resource};
use crate::command::Call;
use crate::configure::attribute::{self, Sort};
use crate::configure::objects::{self, is_resource};
use crate::configure::show;
use crate::error::Outcome;
use crate::running::{self, Active};
use crate::session::Session;
use crate::source::Source;
use quorate_core::xml::Element;
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// Those of the ids (or of what they contain) that run on some node of the live cluster.
pub fn running(session: &mut Session, ids: &[String]) -> Vec<String> {
    if session.source != Source::Live {
        return Vec::new();
    }
    let Ok(document) = session.document() else { return Vec::new() };
    let active = running::running(&document);
    let runs = |id: &String| {
        let found = objects::find_resource(document.configuration(), id);
        found.is_some_and(|object| primitives(object.element).iter().any(|id| active.contains_key(*id)))
    };
    ids.iter().filter(|id| runs(id)).cloned().collect()
}

/// `Started n1, Promoted n2`.
fn places(nodes: &[Active]) -> String {
    let place = |at: &Active| format!("{} {}", if at.promoted { "Promoted" } else { "Started" }, at.node);
    nodes.iter().map(place).collect::<Vec<_>>().join(", ")
}

pub fn primitives(element: &Element) -> Vec<&str> {
    element.descendants().filter(|part| part.name == "primitive").filter_map(Element::id).collect()
}

pub fn status(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let active = running::running(&document);
    let resources = document.configuration().child("resources").into_iter().flat_map(|section| section.elements());
    let chosen: Vec<&Element> = match call.arguments.is_empty() {
        true => resources.filter(|element| is_resource(element)).collect(),
        false => {
            let ids = expanded(&document, call)?;
            let found = ids.iter().filter_map(|id| objects::find_resource(document.configuration(), id));
            found.map(|object| object.element).collect()
        }
    };
    let mut text = String::new();
    chosen.iter().for_each(|element| describe(element, 0, &active, &mut text));
    if text.is_empty() {
        text.push_str("No resources\n");
    }
    session.ui.print(&text);
    Ok(())
}

fn describe(element: &Element, depth: usize, active: &BTreeMap<String, Vec<Active>>, text: &mut String) {
    let id = element.id().unwrap_or_default();
    let stopped = attribute::get(element, Sort::Meta, "target-role") == Some("Stopped");
    let mut notes: Vec<&str> = Vec::new();
    if stopped {
        notes.push("disabled");
    }
    if attribute::get(element, Sort::Meta, "is-managed").is_some_and(|value| literal::boolean(value) == Ok(false)) {
        notes.push("unmanaged");
    }
    if attribute::get(element, Sort::Meta, "maintenance").is_some_and(|value| literal::boolean(value) == Ok(true)) {
        notes.push("maintenance");
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let indent = "  ".repeat(depth);
    match &*element.name {
        "primitive" => {
            let agent: Vec<&str> = ["class", "provider", "type"].iter().filter_map(|name| element.attr(name)).collect();
            let place = active.get(id).map_or("Stopped".to_string(), |nodes| places(nodes));
            text.push_str(&format!("{indent}* {id}\t({}):\t{place}{notes}\n", agent.join(":")));
        }
        kind => {
            let kind = match kind {
                "group" => "Resource Group",
                "bundle" => "Container bundle",
                _ => "Clone Set",
            };
            text.push_str(&format!("{indent}* {kind}: {id}{notes}:\n"));
            element
                .elements()
                .filter(|child| is_resource(child))
                .for_each(|child| describe(child, depth + 1, active, text));
        }
    }
}

pub fn locate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let active = running::running(&document);
    for id in expanded(&document, call)? {
        let Some(object) = objects::find_resource(document.configuration(), &id) else { continue };
        let mut nodes: Vec<&Active> =
            primitives(object.element).iter().filter_map(|id| active.get(*id)).flatten().collect();
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() {
            session.ui.line(&format!("resource {id} is NOT running"));
        }
        nodes.iter().for_each(|node| session.ui.line(&format!("resource {id} is running on: {node}")));
    }
    Ok(())
}

pub fn constraints(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = resource(&document, call)?.id;
    let (mut objects, _) = show::select(document.configuration(), &[show::Selector::Related(id)]);
    objects.retain(|object| matches!(object.kind, "location" | "colocation" | "order" | "rsc_ticket"));
    let statements = show::statements(document.configuration(), &objects, session.catalogue());
    let mut ink = session.ui.ink();
    show::print(&statements, &mut ink);
    session.ui.print(&ink.text);
    Ok(())
}
