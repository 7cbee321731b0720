//! `resource move`, `ban` and `clear`: location constraints as Pacemaker's tools make them.
//!
//! In: calls. Out: the changed configuration, or a preview of what follows from it.
//! Absent: constraints that people write (see `configure`).

use super::look::primitives;
use super::steer::steer;
use super::{node_name, resource};
use crate::clock;
use crate::command::{Call, FORCE};
use crate::configure::objects::{Object, is_resource};
use crate::error::{Failure, Outcome};
use crate::running::{self, Active};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::xml::Element;
use quorate_grammar::literal;
use std::collections::BTreeSet;

/// What `move` and `ban` were told beside the resource: `[NODE] [LIFETIME] [force]`.
struct Wanted {
    node: Option<String>,
    until: Option<String>,
    force: bool,
}

fn wanted(session: &Session, document: &Document, call: &Call) -> Outcome<Wanted> {
    let mut wanted = Wanted { node: None, until: None, force: call.has(FORCE) || session.is_forced() };
    for (at, word) in call.words().iter().enumerate().skip(1) {
        if word == "force" {
            wanted.force = true;
            continue;
        }
        let lifetime = word.starts_with('P') && literal::duration(word).is_ok();
        match lifetime {
            true => wanted.until = clock::end_of(word),
            false if wanted.node.is_none() => wanted.node = Some(node_name(document, call, at)?),
            false => {
                return Err(Failure::misused(
                    call.span(at),
                    format!("`{word}` is neither a lifetime such as PT10M nor `force`"),
                ));
            }
        }
    }
    Ok(wanted)
}

pub fn relocate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = wanted(session, &document, call)?;
    let (id, places) = (object.id.clone(), places(&document, &object));
    let Some(node) = &wanted.node else {
        if !wanted.force {
            return Err(Failure::usage(format!("where is `{id}` to be moved?"))
                .hint(format!("`move {id} NODE`, or `move {id} force` to keep it from where it runs")));
        }
        let from = only_place(&id, &places)?;
        return steer(session, call, |_, document| {
            constrain(document, &id, &from, "ban", wanted.until.as_deref());
            Ok(())
        });
    };
    let from = if let [place] = &places[..] { Some(place.clone()) } else { None };
    if from.as_ref() == Some(node) && !wanted.force {
        return Err(Failure::refused(format!("`{id}` runs on {node} already")).hint("`force` keeps it there"));
    }
    steer(session, call, |_, document| {
        forget_moves(document, &id, Some(node));
        constrain(document, &id, node, "prefer", wanted.until.as_deref());
        if let Some(from) = from.filter(|from| wanted.force && from != node) {
            constrain(document, &id, &from, "ban", wanted.until.as_deref());
        }
        Ok(())
    })
}

pub fn ban(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = wanted(session, &document, call)?;
    let node = match &wanted.node {
        Some(node) => node.clone(),
        None => only_place(&object.id, &places(&document, &object))?,
    };
    let id = object.id.clone();
    steer(session, call, |_, document| {
        constrain(document, &id, &node, "ban", wanted.until.as_deref());
        Ok(())
    })
}

/// The nodes that a resource is on; of a promotable clone that is where it is promoted, if it is somewhere.
fn places(document: &Document, object: &Object) -> Vec<String> {
    let active = running::running(document);
    let all: Vec<&Active> = primitives(object.element).iter().filter_map(|id| active.get(*id)).flatten().collect();
    let promoted = all.iter().any(|at| at.promoted);
    let nodes = all.iter().filter(|at| at.promoted || !promoted).map(|at| at.node.clone());
    nodes.collect::<BTreeSet<String>>().into_iter().collect()
}

fn only_place(id: &str, places: &[String]) -> Outcome<String> {
    match places {
        [node] => Ok(node.clone()),
        [] => Err(Failure::refused(format!("`{id}` does not run anywhere, so there is nowhere to move it from"))
            .hint("name a node")),
        _ => Err(Failure::refused(format!("`{id}` runs on {}", places.join(", ")))
            .hint("name the node it is to leave, with `ban`")),
    }
}

/// The constraint that Pacemaker's tools make for the same purpose, by the same ids.
fn constrain(document: &mut Document, id: &str, node: &str, kind: &str, until: Option<&str>) {
    let (name, score) = match kind {
        "prefer" => (format!("cli-prefer-{id}"), "INFINITY"),
        _ => (format!("cli-ban-{id}-on-{node}"), "-INFINITY"),
    };
    let mut element = Element::new("rsc_location").with("id", &name).with("rsc", id).with("role", "Started");
    match until {
        None => {
            element.set("node", node);
            element.set("score", score);
        }
        Some(end) => {
            let part = |what: &str| match kind {
                "prefer" => format!("cli-prefer-{what}-{id}"),
                _ => format!("{name}-{}", what.trim_end_matches("-end")),
            };
            let expression = Element::new("expression")
                .with("id", part("expr"))
                .with("attribute", "#uname")
                .with("operation", "eq")
                .with("value", node)
                .with("type", "string");
            let date = Element::new("date_expression")
                .with("id", part("lifetime-end"))
                .with("operation", "lt")
                .with("end", end);
            let rule = Element::new("rule").with("id", part("rule")).with("score", score).with("boolean-op", "and");
            element.push(rule.with_child(expression).with_child(date));
        }
    }
    let constraints = document.configuration_mut().child_or_new("constraints");
    // What is banned again keeps its place; a new preference comes last, as Pacemaker's tools have it.
    match constraints.find_mut(|child| kind == "ban" && child.id() == Some(&name)) {
        Some(old) => *old = element,
        None => {
            constraints.retain_elements(|child| child.id() != Some(&name));
            constraints.push(element);
        }
    }
}

/// Removes what `move` and `ban` made; with a node, only what concerns that node.
fn forget_moves(document: &mut Document, id: &str, node: Option<&str>) -> usize {
    let constraints = document.configuration_mut().child_or_new("constraints");
    let before = constraints.children.len();
    let prefer = format!("cli-prefer-{id}");
    let ban = format!("cli-ban-{id}-on-");
    constraints.retain_elements(|child| {
        let name = child.id().unwrap_or_default();
        let ours = child.attr("rsc") == Some(id) && (name == prefer || name.starts_with(&ban));
        let here = node.is_none_or(|node| {
            let rules = child
                .descendants()
                .any(|part| part.attr("attribute") == Some("#uname") && part.attr("value") == Some(node));
            child.attr("node") == Some(node) || rules
        });
        !(ours && here)
    });
    before - constraints.children.len()
}

pub fn clear(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let id = object.id.clone();
    let inside = object.element.descendants().filter(|part| is_resource(part)).filter_map(Element::id);
    let all: Vec<String> = inside.map(str::to_string).collect();
    let node = call.argument(1).map(|_| node_name(&document, call, 1)).transpose()?;
    steer(session, call, |session, document| {
        let forget = |id: &String| forget_moves(document, id, node.as_deref());
        match all.iter().map(forget).sum::<usize>() {
            0 => session.ui.info(&format!("{id} has no constraints that `move` or `ban` made")),
            count => session.ui.info(&format!("removed {count} migration constraints of {id}")),
        }
        Ok(())
    })
}
