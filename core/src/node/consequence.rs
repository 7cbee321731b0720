//! What requests do to the status section, as edits: the same for whoever does it, and for whoever
//! wants to see beforehand what would follow.
//!
//! In: a document and what is asked. Out: edits.
//! Absent: who may ask, waiting, answering (see `tools` and `delivery`).

use crate::attribute;
use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::xml::Element;
use crate::xml::path::Step;

/// What is to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Forgetting<'a> {
    /// Primitives; all, if none is named.
    pub resources: Option<&'a [String]>,
    /// All, if none is named.
    pub node: Option<&'a str>,
    /// Histories that hold no failure stay.
    pub failed_only: bool,
}

/// A forgetting in detail.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    /// The histories that go, by node, under the names they are kept under.
    pub histories: Vec<(NodeRef, String)>,
    /// Deletes them, and the fail counts.
    pub edits: Vec<Edit>,
}

pub fn forget(document: &Document, what: &Forgetting) -> Forgotten {
    let states = document.status().elements_named("node_state");
    let meant = states.filter(|state| what.node.is_none_or(|name| state.attr("uname") == Some(name)));
    let mut forgotten = Forgotten::default();
    for state in meant {
        let (Some(id), Some(name)) = (state.id(), state.attr("uname")) else { continue };
        forget_on(document, NodeRef { id: id.into(), name: name.into() }, what, &mut forgotten);
    }
    forgotten
}

fn forget_on(document: &Document, node: NodeRef, what: &Forgetting, into: &mut Forgotten) {
    for history in histories(document, &node) {
        let wanted = what.resources.is_none_or(|wanted| wanted.iter().any(|wanted| names(wanted, &history)));
        if !wanted || (what.failed_only && !has_failed(document, &node, &history)) {
            continue;
        }
        let step = Step { name: "lrm_resource".into(), id: Some(history.clone()) };
        into.edits.push(Edit::Delete { path: node.resources_path().join(step) });
        into.edits.extend(attribute::clear_failures(document, &node, Some(&history)));
        into.histories.push((node.clone(), history));
    }
    match what.resources {
        None => into.edits.extend(attribute::clear_failures(document, &node, None)),
        Some(wanted) => {
            let of = |resource: &String| attribute::clear_failures(document, &node, Some(resource));
            into.edits.extend(wanted.iter().flat_map(of));
        }
    }
}

/// The node is down: nothing runs there, and what was known about it is void.
pub fn down(node: &NodeRef) -> Vec<Edit> {
    let state = node.state_path();
    let set = |name: &str, value: &str| Edit::Set { path: state.clone(), name: name.into(), value: value.into() };
    let gone = |name: &str| Edit::Delete { path: state.join(Step { name: name.into(), id: Some(node.id.clone()) }) };
    let element = Element::new("node_state").with("id", &node.id).with("uname", &node.name);
    let parent = state.split_last().map(|(parent, _)| parent).unwrap_or_default();
    vec![
        Edit::Merge { parent, element },
        set("in_ccm", "0"),
        set("crmd", "0"),
        set("join", "down"),
        set("expected", "down"),
        gone("transient_attributes"),
        gone("lrm"),
    ]
}

/// The primitives a resource consists of; `None` if there is no such resource, neither in the
/// configuration nor in a history.
pub fn primitives_of(document: &Document, name: &str) -> Option<Vec<String>> {
    let resources = document.configuration().child("resources");
    let found = resources.and_then(|resources| {
        resources.descendants().skip(1).find(|element| element.id() == Some(name) && is_resource(element))
    });
    if let Some(element) = found {
        let primitives = element.descendants().filter(|inner| inner.name == "primitive");
        return Some(primitives.filter_map(|inner| inner.id().map(str::to_string)).collect());
    }
    let base = name.split(':').next().unwrap_or(name);
    let mut histories = document.status().descendants();
    let known = histories
        .any(|element| element.name == "lrm_resource" && element.id().is_some_and(|id| id == name || id == base));
    known.then(|| vec![base.to_string()])
}

/// A node by its name, as the configuration or the status section knows it.
pub fn find_node(document: &Document, name: &str) -> Option<NodeRef> {
    let nodes = document.configuration().child("nodes");
    let configured = nodes.into_iter().flat_map(|nodes| nodes.elements());
    let mut known = configured.chain(document.status().elements_named("node_state"));
    let node = known.find(|node| node.attr("uname") == Some(name))?;
    Some(NodeRef { id: node.id()?.to_string(), name: name.to_string() })
}

fn is_resource(element: &Element) -> bool {
    matches!(element.name.as_str(), "primitive" | "group" | "clone" | "master" | "bundle")
}

/// The resources a node has a history of.
fn histories(document: &Document, node: &NodeRef) -> Vec<String> {
    let resources = node.resources_path();
    let Some(resources) = resources.find(document.root()) else { return Vec::new() };
    resources.elements().filter_map(|resource| resource.id().map(str::to_string)).collect()
}

/// A history may be kept under an instance's name.
fn names(wanted: &str, history: &str) -> bool {
    history == wanted || history.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(':'))
}

fn has_failed(document: &Document, node: &NodeRef, resource: &str) -> bool {
    let path = node.resources_path().join(Step { name: "lrm_resource".into(), id: Some(resource.to_string()) });
    let is_failure = |entry: &Element| entry.id().is_some_and(|id| id.ends_with("_last_failure_0"));
    let failed_entry = path.find(document.root()).is_some_and(|history| history.elements().any(is_failure));
    let prefix = format!("fail-count-{resource}#");
    failed_entry || attribute::all(document, node).iter().any(|(name, _)| name.starts_with(&prefix))
}
