//! The states of nodes that say who is here: written by the members alike, never by tools.
//!
//! In: a view and what its members have agreed on, the document. Out: the states in it.
//! Absent: who is let in (`membership`).

use crate::cib::Document;
use crate::lrm::result::NodeRef;
use crate::membership::{Agreement, Join, Member, View};
use crate::status::cause::CAUSES;
use crate::status::history::SHUTDOWN_LOCK;
use crate::status::node::WATCHDOG_ATTRIBUTE;
use crate::xml::{Element, Node};

/// What a node's state says of its membership.
const MEMBERSHIP: [&str; 5] = ["uname", "in_ccm", "crmd", "join", "expected"];

/// How a node is named in the status section.
pub fn node_ref(member: &Member) -> NodeRef {
    NodeRef { id: member.id.to_string(), name: member.name.clone() }
}

/// Writes who is here and who is not, alike on every member.
pub(super) fn seat_members(document: &mut Document, view: &View, agreement: &Agreement) {
    let root = document.root_mut();
    root.set("have-quorum", if view.quorate { "1" } else { "0" });
    root.set("dc-uuid", agreement.leader.unwrap_or_default().to_string());
    let inside = view.members.iter().filter(|member| agreement.is_inside(member.id));
    let present: Vec<NodeRef> = inside.map(node_ref).collect();
    let status = document.status_mut();
    for node in &mut status.children {
        if let Node::Element(element) = node
            && element.name == "node_state"
            && !present.iter().any(|node| element.id() == Some(&node.id))
            && element.attr("remote_node").is_none()
        {
            let element = std::sync::Arc::make_mut(element);
            absent(element);
            let away = |id: &u32| !view.members.iter().any(|member| member.id == *id);
            let seen = |join: &Join| join.seen.iter().any(|id| away(id) && element.id() == Some(&id.to_string()));
            if agreement.joins.values().any(seen) {
                element.set("expected", "member");
            }
        }
    }
    let joins = agreement.joins.values().filter(|join| agreement.is_inside(join.id));
    for (member, join) in joins.map(|join| (join.id, join)) {
        let id = member.to_string();
        let old = status.child_with_id("node_state", &id).cloned();
        let seat = present_state(&id, join, old.as_ref(), agreement.epoch_seconds);
        match status.find_mut(|child| child.name == "node_state" && child.id() == Some(&id)) {
            Some(place) => *place = seat,
            None => status.push(seat),
        }
    }
}

/// A change by a tool may hold a status that is older than the view, wrong, or empty: who is a member stays one, or a
/// healthy node would be taken for lost; who is lost stays lost, or what runs there would be started elsewhere before
/// it is cut off. That one who is away is down may be said, as `crm node clearstate` of crmsh does. Returned are the
/// ids of the nodes of which something was said that is not so.
pub(super) fn keep_members(new: &mut Document, old: &Document, view: &View) -> Vec<String> {
    let mut kept = Vec::new();
    if std::ptr::eq(new.status(), old.status()) {
        return kept;
    }
    let states = old.status().elements_named("node_state").filter(|state| state.attr("remote_node").is_none());
    for was in states {
        let Some(id) = was.id() else { continue };
        let is_member = view.members.iter().any(|member| member.id.to_string() == id);
        match new.status().child_with_id("node_state", id) {
            Some(is) if words(is) == words(was) => continue,
            Some(is) if !is_member && is.attr("expected") == Some("down") => continue,
            None if !is_member && !is_configured(new, id) => continue,
            None if !is_member => new.status_mut().push(was.clone()),
            _ => say(new, id, was),
        }
        kept.push(id.to_string());
    }
    kept
}

fn words(state: &Element) -> [Option<&str>; 5] {
    MEMBERSHIP.map(|name| state.attr(name))
}

fn say(document: &mut Document, id: &str, was: &Element) {
    let state = document.status_mut().child_with_id_or_new("node_state", id);
    for (name, value) in MEMBERSHIP.into_iter().zip(words(was)) {
        match value {
            Some(value) => state.set(name, value),
            None => drop(state.unset(name)),
        }
    }
}

fn is_configured(document: &Document, id: &str) -> bool {
    document.configuration().child("nodes").is_some_and(|nodes| nodes.child_with_id("node", id).is_some())
}

/// The state of a node that is gone: its attributes went with it; whether it was expected to go
/// stands in `expected`.
fn absent(state: &mut Element) {
    state.set("in_ccm", "0");
    state.set("crmd", "0");
    state.set("join", "down");
    state.retain_elements(|child| child.name != "transient_attributes");
}

/// What a node that comes anew is known to wait for: resources that are kept for it since it was shut down.
/// What was done with them there is to be found out.
fn kept_for(old: Option<&Element>) -> Element {
    let mut kept = Element::new("lrm_resources");
    let known = old.and_then(|old| old.child("lrm")?.child("lrm_resources"));
    let is_kept = |history: &&Element| history.attr(SHUTDOWN_LOCK).is_some_and(|since| since != "0");
    for history in known.into_iter().flat_map(Element::elements).filter(is_kept) {
        let mut history = history.clone();
        history.children.clear();
        kept.push(history);
    }
    kept
}

fn present_state(id: &str, join: &Join, old: Option<&Element>, epoch: i64) -> Element {
    let since = |name: &str| {
        let known = old.and_then(|old| old.attr(name)).filter(|text| *text != "0");
        known.map_or_else(|| epoch.to_string(), str::to_string)
    };
    let mut state = Element::new("node_state")
        .with("id", id)
        .with("uname", &join.name)
        .with("in_ccm", since("in_ccm"))
        .with("crmd", since("crmd"))
        .with("crm-debug-origin", "join")
        .with("join", "member")
        .with("expected", "member");
    match &join.node_state {
        Some(own) => {
            state.children.clone_from(&own.children);
            state.retain_elements(|child| child.name != CAUSES);
        }
        None => state.push(Element::new("lrm").with("id", id).with_child(kept_for(old))),
    }
    crate::attribute::put(&mut state, "#feature-set", &join.feature_set);
    if join.watchdog {
        state.set(WATCHDOG_ATTRIBUTE, "true");
    }
    // What it was fenced for the others know, not itself.
    for causes in old.into_iter().flat_map(|old| old.elements_named(CAUSES)) {
        state.push(causes.clone());
    }
    state
}
