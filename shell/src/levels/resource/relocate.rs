//! `resource move`, `ban` and `clear`: location constraints as Pacemaker's tools make them.
//!
//! In: calls. Out: the changed configuration, or a preview of what follows from it.
//! Absent: constraints that people write (see `configure`).

use super::look::primitives;
use super::steer::steer;
use super::{node_name, resource};
use crate::clock;
use crate::command::Call;
use crate::configure::objects::{self, Object};
use crate::error::{Failure, Outcome};
use crate::running;
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::xml::Element;
use quorate_grammar::literal;

/// What `move` and `ban` were told beside the resource: `[NODE] [LIFETIME] [force]`.
struct Destination {
    node: Option<String>,
    until: Option<String>,
}

fn destination(document: &Document, call: &Call) -> Outcome<Destination> {
    let mut destination = Destination { node: None, until: None };
    for (at, word) in call.words().iter().enumerate().skip(1) {
        if word == "force" {
            continue;
        }
        let lifetime = word.starts_with('P') && literal::duration(word).is_ok();
        match lifetime {
            true => destination.until = clock::end_of(word),
            false if destination.node.is_none() => destination.node = Some(node_name(document, call, at)?),
            false => {
                return Err(Failure::misused(
                    call.span(at),
                    format!("`{word}` is neither a lifetime such as PT10M nor `force`"),
                ));
            }
        }
    }
    Ok(destination)
}

pub fn relocate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = destination(&document, call)?;
    let id = top(&document, &object);
    steer(session, call, |_, document| {
        forget_moves(document, &id, None);
        match &wanted.node {
            Some(node) => constrain(document, &id, node, "prefer", wanted.until.as_deref()),
            None => leave(document, &id, wanted.until.as_deref())?,
        }
        Ok(())
    })
}

pub fn ban(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = destination(&document, call)?;
    let id = top(&document, &object);
    steer(session, call, |_, document| match &wanted.node {
        Some(node) => {
            constrain(document, &id, node, "ban", wanted.until.as_deref());
            Ok(())
        }
        None => leave(document, &id, wanted.until.as_deref()),
    })
}

/// Constraints are about the outermost container: its members go where it goes.
fn top(document: &Document, object: &Object) -> String {
    let outermost = objects::at(document.configuration(), &object.place[..2]);
    outermost.id().unwrap_or_default().to_string()
}

/// Bans a resource from the one node it runs on.
fn leave(document: &mut Document, id: &str, until: Option<&str>) -> Outcome {
    let active = running::running(document);
    let object = objects::find_resource(document.configuration(), id);
    let primitives: Vec<&str> = object.map_or(Vec::new(), |object| primitives(object.element));
    let mut nodes: Vec<String> =
        primitives.iter().filter_map(|id| active.get(*id)).flatten().map(|at| at.node.clone()).collect();
    nodes.sort();
    nodes.dedup();
    match &nodes[..] {
        [node] => {
            let node = node.clone();
            constrain(document, id, &node, "ban", until);
            Ok(())
        }
        [] => Err(Failure::refused(format!("`{id}` does not run anywhere, so there is nowhere to move it from"))
            .hint("name a node")),
        _ => Err(Failure::refused(format!("`{id}` runs on {}", nodes.join(", ")))
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
            let part = |what: &str| name.replacen(&format!("cli-{kind}"), &format!("cli-{kind}-{what}"), 1);
            let expression = Element::new("expression")
                .with("id", part("expr"))
                .with("attribute", "#uname")
                .with("operation", "eq")
                .with("value", node);
            let date = Element::new("date_expression")
                .with("id", part("lifetime-end"))
                .with("operation", "lt")
                .with("end", end);
            let rule = Element::new("rule").with("id", part("rule")).with("score", score).with("boolean-op", "and");
            element.push(rule.with_child(expression).with_child(date));
        }
    }
    let constraints = document.configuration_mut().child_or_new("constraints");
    constraints.retain_elements(|child| child.id() != Some(&name));
    constraints.push(element);
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
    let id = top(&document, &resource(&document, call)?);
    let node = call.argument(1).map(|_| node_name(&document, call, 1)).transpose()?;
    steer(session, call, |session, document| {
        match forget_moves(document, &id, node.as_deref()) {
            0 => session.ui.info(&format!("{id} has no constraints that `move` or `ban` made")),
            count => session.ui.info(&format!("removed {count} migration constraints of {id}")),
        }
        Ok(())
    })
}
