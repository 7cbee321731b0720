//! Cleanup and refresh: what was recorded of resources is forgotten, so that the cluster tries or looks again.
//!
//! In: a document and what is meant. Out: edits of the status section.
//! Absent: who may ask, waiting, answering (see `node::tools` and `node::delivery`).

use super::find::find_node;
use super::refusal::Refusal;
use super::transient::Transient;
use crate::attribute;
use crate::cib::objects::is_resource;
use crate::cib::{Document, Edit};
use crate::fencing::cause;
use crate::lrm::result::NodeRef;
use crate::status::failcount;
use crate::xml::Element;

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

/// One operation of a resource, as fail counts name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub task: String,
    pub interval_ms: u32,
}

/// What the cleanup of one operation comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfOperation {
    /// What was counted of it, taken away.
    pub counts: Vec<Transient>,
    /// Where it failed the whole history goes, so that the resource is looked at anew: resource and node.
    pub failed: Vec<(String, String)>,
}

/// What a cleanup takes out of the status section, as edits and in words.
pub fn forget(document: &Document, what: &Forgetting) -> Forgotten {
    let mut forgotten = Forgotten::default();
    nodes(document, what.node).for_each(|node| forget_on(document, node, what, &mut forgotten));
    forgotten
}

/// Forgets the history, or only the failures, of a resource, on a node, or everywhere.
///
/// # Errors
/// There is no such resource or node.
pub fn edits(
    document: &Document,
    resource: Option<&str>,
    node: Option<&str>,
    failed_only: bool,
) -> Result<Vec<Edit>, Refusal> {
    Ok(forgotten(document, resource, node, failed_only)?.edits)
}

/// The same in detail, by the names that people give.
///
/// # Errors
/// There is no such resource or node.
pub fn forgotten(
    document: &Document,
    resource: Option<&str>,
    node: Option<&str>,
    failed_only: bool,
) -> Result<Forgotten, Refusal> {
    known_node(document, node)?;
    let resources = meant_resources(document, resource)?;
    Ok(forget(document, &Forgetting { resources: resources.as_deref(), node, failed_only }))
}

/// What goes when the failures of one operation are forgotten.
///
/// # Errors
/// There is no such resource or node.
pub fn of_operation(
    document: &Document,
    resource: Option<&str>,
    node: Option<&str>,
    operation: &Operation,
) -> Result<OfOperation, Refusal> {
    known_node(document, node)?;
    let resources = meant_resources(document, resource)?;
    let is_meant = |name: &str| resources.as_ref().is_none_or(|all| all.iter().any(|wanted| names(wanted, name)));
    let mut found = OfOperation::default();
    for node in nodes(document, node) {
        let is_count = |name: &str| {
            let counted = failcount::of_operation(name);
            counted.is_some_and(|(of, task, ms)| is_meant(of) && task == operation.task && ms == operation.interval_ms)
        };
        let known = attribute::all(document, &node).into_iter().map(|(name, _)| name);
        let pairs: Vec<_> = known.filter(|name| is_count(name)).map(|name| (name, None)).collect();
        let has_failed =
            |history: &String| is_meant(history) && failed_entry(document, &node, history, Some(operation));
        let failed = histories(document, &node).into_iter().filter(has_failed);
        let base = |name: String| name.split(':').next().unwrap_or(&name).to_string();
        found.failed.extend(failed.map(|name| (base(name), node.name.clone())));
        if !pairs.is_empty() {
            found.counts.push(Transient { node: node.name, pairs });
        }
    }
    found.failed.dedup();
    Ok(found)
}

/// The same as edits.
pub(super) fn edits_of_operation(
    document: &Document,
    resource: Option<&str>,
    node: Option<&str>,
    operation: &Operation,
) -> Result<Vec<Edit>, Refusal> {
    let found = of_operation(document, resource, node, operation)?;
    let mut all = Vec::new();
    for counts in &found.counts {
        all.extend(counts.edits(document)?);
    }
    for (resource, node) in &found.failed {
        all.extend(edits(document, Some(resource), Some(node), true)?);
    }
    Ok(all)
}

fn meant_resources(document: &Document, resource: Option<&str>) -> Result<Option<Vec<String>>, Refusal> {
    let primitives = |name: &str| primitives_of(document, name).ok_or_else(|| Refusal::NoResource(name.to_string()));
    resource.map(primitives).transpose()
}

fn known_node(document: &Document, node: Option<&str>) -> Result<(), Refusal> {
    match node.filter(|name| find_node(document, name).is_none()) {
        Some(name) => Err(Refusal::NoNode(name.to_string())),
        None => Ok(()),
    }
}

/// Those with a state; nothing is known of others.
fn nodes<'a>(document: &'a Document, only: Option<&'a str>) -> impl Iterator<Item = NodeRef> + 'a {
    let states = document.status().elements_named("node_state");
    let named = states.filter_map(|state| Some(NodeRef { id: state.id()?.into(), name: state.attr("uname")?.into() }));
    named.filter(move |node| only.is_none_or(|name| node.name == name))
}

fn forget_on(document: &Document, node: NodeRef, what: &Forgetting, into: &mut Forgotten) {
    for history in histories(document, &node) {
        let wanted = what.resources.is_none_or(|wanted| wanted.iter().any(|wanted| names(wanted, &history)));
        if !wanted || (what.failed_only && !has_failed(document, &node, &history)) {
            continue;
        }
        into.edits.push(Edit::Delete { path: node.history_path(&history) });
        into.edits.extend(attribute::clear_failures(document, &node, Some(&history)));
        into.histories.push((node.clone(), history));
    }
    // A person has looked at them: fencing may be tried again.
    into.edits.extend(cause::forget(document, &node, what.resources));
    match what.resources {
        None => into.edits.extend(attribute::clear_failures(document, &node, None)),
        Some(wanted) => {
            let of = |resource: &String| attribute::clear_failures(document, &node, Some(resource));
            into.edits.extend(wanted.iter().flat_map(of));
        }
    }
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
    let counts = |name: &str| failcount::counted(name).is_some_and(|(counted, ..)| counted == resource);
    failed_entry(document, node, resource, None) || attribute::all(document, node).iter().any(|(name, _)| counts(name))
}

/// Whether the history has a failure, of one operation or of any.
fn failed_entry(document: &Document, node: &NodeRef, resource: &str, operation: Option<&Operation>) -> bool {
    let is_it = |entry: &Element, operation: &Operation| {
        let interval = entry.attr("interval").and_then(|text| text.parse().ok()).unwrap_or(0);
        entry.attr("operation") == Some(&operation.task) && interval == operation.interval_ms
    };
    let is_failure = |entry: &Element| {
        entry.id().is_some_and(|id| id.ends_with("_last_failure_0")) && operation.is_none_or(|of| is_it(entry, of))
    };
    node.history_path(resource).find(document.root()).is_some_and(|history| history.elements().any(is_failure))
}
