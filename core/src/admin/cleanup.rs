//! Cleanup and refresh: what was recorded of resources is forgotten, so that the cluster tries or looks again.
//!
//! In: a document and what is meant. Out: edits of the status section.
//! Absent: who may ask, waiting, answering (see `node::tools` and `node::delivery`).

use super::find::find_node;
use super::refusal::Refusal;
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

/// What a cleanup takes out of the status section, as edits and in words.
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
    if let Some(name) = node.filter(|name| find_node(document, name).is_none()) {
        return Err(Refusal::NoNode(name.to_string()));
    }
    let primitives = |name: &str| primitives_of(document, name).ok_or_else(|| Refusal::NoResource(name.to_string()));
    let resources = resource.map(primitives).transpose()?;
    Ok(forget(document, &Forgetting { resources: resources.as_deref(), node, failed_only }))
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
    let path = node.history_path(resource);
    let is_failure = |entry: &Element| entry.id().is_some_and(|id| id.ends_with("_last_failure_0"));
    let failed_entry = path.find(document.root()).is_some_and(|history| history.elements().any(is_failure));
    let counts = |name: &str| failcount::counted(name).is_some_and(|(counted, ..)| counted == resource);
    failed_entry || attribute::all(document, node).iter().any(|(name, _)| counts(name))
}
