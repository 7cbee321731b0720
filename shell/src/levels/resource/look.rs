//! What runs where: `resource status`, `locate`, `constraints`.
//!
//! In: calls. Out: text.
//! Absent: changing anything.

use super::{expanded, node_name, resource};
use crate::command::Call;
use crate::configure::show;
use crate::error::{Failure, Outcome};
use crate::levels::status;
use crate::operations::{Recorded, recorded};
use crate::preview;
use crate::session::Session;
use quorate_core::admin::running::{self, Active};
use quorate_core::cib::objects;
use quorate_core::view::{Section, Sections, ViewOptions};
use quorate_core::xml::Element;
use quorate_tools::clock;
use quorate_tools::why::Wrong;

/// Those of the ids (or of what they contain) that run on some node of the live cluster.
pub fn running(session: &mut Session, ids: &[String]) -> Vec<String> {
    if !session.source.is_live() {
        return Vec::new();
    }
    // What is on the stage was read some time ago.
    let source = session.source.clone();
    let Ok(document) = session.read_from(&source) else { return Vec::new() };
    let active = running::running(&document, clock::now());
    let runs = |id: &String| {
        let found = objects::find_resource(document.configuration(), id);
        found.is_some_and(|object| primitives(object.element).iter().any(|id| active.contains_key(*id)))
    };
    ids.iter().filter(|id| runs(id)).cloned().collect()
}

pub fn primitives(element: &Element) -> Vec<&str> {
    element.descendants().filter(|part| part.name == "primitive").filter_map(Element::id).collect()
}

pub fn status(session: &mut Session, call: &Call) -> Outcome {
    if !call.arguments.is_empty() {
        return locate(session, call);
    }
    let sections = Sections::of(&[Section::Resources]);
    let options = ViewOptions { sections, inactive: true, without_places: true, ..ViewOptions::default() };
    status::show(session, &options)
}

pub fn locate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let active = running::running(&document, clock::now());
    for id in expanded(&document, call)? {
        let Some(object) = objects::find_resource(document.configuration(), &id) else { continue };
        let mut nodes: Vec<&Active> =
            primitives(object.element).iter().filter_map(|id| active.get(*id)).flatten().collect();
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() {
            session.ui.aside(&format!("resource {id} is NOT running"));
        }
        nodes.iter().for_each(|node| session.ui.line(&format!("resource {id} is running on: {node}")));
    }
    Ok(())
}

pub fn why(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let lines = quorate_tools::why::why(&document, call.required(0), call.argument(1)).map_err(|wrong| {
        let place = usize::from(matches!(wrong, Wrong::Node { .. }));
        let mut failure = Failure::at(call.span(place), wrong.to_string());
        failure.hints.extend(wrong.hint());
        failure
    })?;
    lines.iter().for_each(|line| session.ui.line(line));
    Ok(())
}

pub fn scores(session: &mut Session, _: &Call) -> Outcome {
    let document = session.document()?;
    let text = preview::simulator(&document, &["-s", "-U"])?;
    session.page(&text);
    Ok(())
}

pub fn operations(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    if call.argument(0).is_some() {
        resource(&document, call)?;
    }
    if call.argument(1).is_some() {
        node_name(&document, call, 1)?;
    }
    let base = |id: &str| id.split(':').next().unwrap_or_default().to_string();
    let wanted = |event: &Recorded| {
        let is_resource = call.argument(0).is_none_or(|id| event.resource == id || base(&event.resource) == id);
        is_resource && call.argument(1).is_none_or(|node| event.node == node)
    };
    let mut text = String::new();
    for event in recorded(&document).iter().filter(|event| wanted(event)) {
        text.push_str(&format!("{} {} {}\n", clock::text(event.at), event.node, event.text));
    }
    session.page(&text);
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
