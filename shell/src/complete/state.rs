//! Resources and nodes by their state: what can be stopped is what may run, and so on.
//!
//! In: the document. Out: names with what they are now.
//! Absent: what a command does to them.

use super::{Candidate, Knowledge, whole};
use crate::command::{Nodes, Resources};
use quorate_core::admin::running;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::status;
use quorate_core::xml::Element;
use quorate_grammar::literal;
use quorate_tools::clock;
use std::collections::BTreeSet;

// ---- resources -------------------------------------------------------------------------------------------

pub fn resources(knowledge: &Knowledge, state: Resources) -> Vec<Candidate> {
    let Some(document) = &knowledge.document else { return Vec::new() };
    let configuration = document.configuration();
    let has_status = document.status().elements().next().is_some();
    let active: BTreeSet<String> = match state {
        Resources::Stopped if has_status => running::running(document, clock::now()).into_keys().collect(),
        _ => BTreeSet::new(),
    };
    let moved = moved(configuration);
    let all = objects::objects(configuration);
    let tags = knowledge.ids(&["tag"]);
    let fits = |object: &&Object| match state {
        Resources::Stopped => is_stopped(object, configuration) || has_status && !runs(object.element, &active),
        Resources::Running => !is_stopped(object, configuration),
        Resources::Promotable => is_promotable(object.element),
        Resources::Managed => !is_unmanaged(object, configuration),
        Resources::Unmanaged => is_unmanaged(object, configuration),
        Resources::Moved => moved.contains(object.id.as_str()),
    };
    let described = |object: &Object| whole(&object.id).with(described(object, configuration));
    let mut found: Vec<Candidate> =
        all.iter().filter(|object| is_resource(object.element)).filter(fits).map(described).collect();
    if matches!(state, Resources::Running | Resources::Stopped) {
        found.extend(tags);
    }
    found
}

/// Any primitive below it is active.
fn runs(element: &Element, active: &BTreeSet<String>) -> bool {
    element.descendants().any(|below| below.name == "primitive" && below.id().is_some_and(|id| active.contains(id)))
}

fn described(object: &Object, configuration: &Element) -> String {
    let mut words = vec![object.kind];
    if is_stopped(object, configuration) {
        words.push("stopped");
    }
    if is_unmanaged(object, configuration) {
        words.push("unmanaged");
    }
    words.join(", ")
}

/// The object and what contains it, from the outermost inwards.
fn holders<'a>(object: &Object, configuration: &'a Element) -> impl Iterator<Item = &'a Element> {
    (2..=object.place.len()).map(move |end| objects::at(configuration, &object.place[..end]))
}

fn meta<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let mut pairs = element.elements_named("meta_attributes").flat_map(|set| set.elements_named("nvpair"));
    pairs.find(|pair| pair.attr("name") == Some(name)).and_then(|pair| pair.attr("value"))
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| literal::boolean(value) == Ok(true))
}

fn is_stopped(object: &Object, configuration: &Element) -> bool {
    let stopped =
        |holder: &Element| meta(holder, "target-role").is_some_and(|role| role.eq_ignore_ascii_case("Stopped"));
    holders(object, configuration).any(stopped)
}

fn is_unmanaged(object: &Object, configuration: &Element) -> bool {
    let unmanaged = |holder: &Element| {
        meta(holder, "is-managed").is_some_and(|value| literal::boolean(value) == Ok(false))
            || is_on(meta(holder, "maintenance"))
    };
    holders(object, configuration).any(unmanaged)
}

fn is_promotable(element: &Element) -> bool {
    element.name == "master" || element.name == "clone" && is_on(meta(element, "promotable"))
}

/// Those with a constraint that `move` or `ban` made.
fn moved(configuration: &Element) -> BTreeSet<&str> {
    let constraints = configuration.child("constraints").into_iter().flat_map(Element::elements);
    let made = constraints.filter(|one| {
        one.id().is_some_and(|id| ["cli-ban-", "cli-prefer-", "cli-standby-"].iter().any(|start| id.starts_with(start)))
    });
    made.filter_map(|constraint| constraint.attr("rsc")).collect()
}

// ---- nodes -------------------------------------------------------------------------------------------------

pub fn nodes(knowledge: &Knowledge, state: Nodes) -> Vec<Candidate> {
    let Some(document) = &knowledge.document else { return Vec::new() };
    let known = status::read(document.status());
    let mut found = Vec::new();
    for node in document.configuration().child("nodes").into_iter().flat_map(Element::elements) {
        let Some(name) = node.attr("uname") else { continue };
        let report =
            known.nodes.iter().find(|one| Some(one.id.as_str()) == node.id() || one.uname.as_deref() == Some(name));
        let is_online = report.is_some_and(|one| one.is_online());
        let standby = is_on(attribute(node, "standby"))
            || transient(document.status(), node).is_some_and(|state| is_on(attribute(state, "standby")));
        let maintenance = is_on(attribute(node, "maintenance"));
        let fits = match state {
            Nodes::Any => true,
            Nodes::Active => !standby,
            Nodes::Standby => standby,
            Nodes::Managed => !maintenance,
            Nodes::Maintenance => maintenance,
            Nodes::Offline => !is_online,
        };
        if fits {
            found.push(whole(name).with(words(report.is_some(), is_online, standby, maintenance)));
        }
    }
    found
}

fn words(is_known: bool, is_online: bool, standby: bool, maintenance: bool) -> String {
    let mut words = Vec::new();
    if is_known {
        words.push(if is_online { "online" } else { "offline" });
    }
    if standby {
        words.push("standby");
    }
    if maintenance {
        words.push("maintenance");
    }
    words.join(", ")
}

/// An attribute in any set below.
fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let mut pairs = element.elements_named("instance_attributes").flat_map(|set| set.elements_named("nvpair"));
    pairs.find(|pair| pair.attr("name") == Some(name)).and_then(|pair| pair.attr("value"))
}

fn transient<'a>(status: &'a Element, node: &Element) -> Option<&'a Element> {
    let state = status.elements_named("node_state").find(|state| state.id() == node.id())?;
    state.child("transient_attributes")
}
