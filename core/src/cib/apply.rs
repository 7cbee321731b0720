//! A patch onto the document it was made for, or the reason why not.
//!
//! All or nothing: the document given is never changed.

use super::document::Document;
use super::patch::{AttributeChange, Change, Patch};
use super::version::Version;
use crate::xml::path::Path;
use crate::xml::{Attributes, Element, Node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Why a patch was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplyError {
    /// Someone committed first: fetch, rebase, try again.
    Stale { base: Version, current: Version },
    /// The patch does not fit the document it claims to be for.
    Mismatch { path: String, reason: String },
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Stale { base, current } => {
                write!(f, "patch made on {base}, CIB is now {current}")
            }
            ApplyError::Mismatch { path, reason } => {
                write!(f, "patch does not fit: {path} {reason}")
            }
        }
    }
}

impl std::error::Error for ApplyError {}

/// The document after the patch.
///
/// A patch that leaves the status alone may have been made on any `num_updates` of its
/// configuration: monitors must not make an administrator's commit stale.
///
/// # Errors
/// The patch is for another version, or does not fit this one.
pub fn apply(document: &Document, patch: &Patch) -> Result<Document, ApplyError> {
    let current = document.version();
    let fits = match patch.touches_status() {
        true => patch.source == current,
        false => patch.source.same_configuration(current),
    };
    if !fits {
        return Err(ApplyError::Stale { base: patch.source, current });
    }
    let mut work = document.clone();
    let (placed, other): (Vec<&Change>, Vec<&Change>) =
        patch.changes.iter().partition(|change| matches!(change, Change::Create { .. } | Change::Move { .. }));
    for change in other {
        apply_in_place(work.root_mut(), change)?;
    }
    place_all(work.root_mut(), placed)?;
    let target = match patch.target.same_configuration(current) {
        true if patch.target <= current => current.next_status(),
        _ => patch.target,
    };
    work.set_version(target);
    Ok(work)
}

fn mismatch(path: &Path, reason: &str) -> ApplyError {
    ApplyError::Mismatch { path: path.to_string(), reason: reason.to_string() }
}

fn target<'a>(root: &'a mut Element, path: &Path) -> Result<&'a mut Element, ApplyError> {
    path.find_mut(root).ok_or_else(|| mismatch(path, "is missing"))
}

fn apply_in_place(root: &mut Element, change: &Change) -> Result<(), ApplyError> {
    match change {
        Change::Delete { path } => {
            take(root, path)?;
        }
        Change::Modify { path, attributes, result } => {
            let element = target(root, path)?;
            for change in attributes {
                match change {
                    AttributeChange::Set { name, value } => element.set(name, value),
                    AttributeChange::Unset { name } => drop(element.unset(name)),
                }
            }
            order_attributes(element, result);
        }
        // What goes before it does not count for its place any more.
        Change::DeleteComment { parent, position } => {
            let element = target(root, parent)?;
            match element.children.get(*position) {
                Some(Node::Comment(_) | Node::Text(_)) => drop(element.children.remove(*position)),
                _ => return Err(mismatch(parent, "has no comment at that place")),
            }
        }
        Change::Create { .. } | Change::Move { .. } => {}
    }
    Ok(())
}

/// The order of attributes is part of the document: replicas must digest the same.
fn order_attributes(element: &mut Element, order: &Attributes) {
    let place = |name: &str| order.iter().position(|(other, _)| other == name);
    element.attributes.sort_by_key(|name| place(name).unwrap_or(order.len()));
}

fn take(root: &mut Element, path: &Path) -> Result<Node, ApplyError> {
    let (parent, step) = path.split_last().ok_or_else(|| mismatch(path, "is no path"))?;
    let parent = target(root, &parent)?;
    let at = parent
        .children
        .iter()
        .position(|node| node.element().is_some_and(|child| step.fits(child)))
        .ok_or_else(|| mismatch(path, "is missing"))?;
    Ok(parent.children.remove(at))
}

/// Creations and moves, each to its final place, parent by parent: what moves is taken out first,
/// so that only what stays is counted; then the first places are filled first.
fn place_all(root: &mut Element, changes: Vec<&Change>) -> Result<(), ApplyError> {
    let mut parents: BTreeMap<Path, Vec<(usize, &Change)>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Create { parent, position, .. } => {
                parents.entry(parent.clone()).or_default().push((*position, change));
            }
            Change::Move { path, position } => {
                let (parent, _) = path.split_last().ok_or_else(|| mismatch(path, "is no path"))?;
                parents.entry(parent).or_default().push((*position, change));
            }
            _ => {}
        }
    }
    for (parent, changes) in parents {
        let mut placed: Vec<(usize, Node)> = Vec::with_capacity(changes.len());
        for (position, change) in changes {
            match change {
                Change::Create { node, .. } => placed.push((position, node.clone())),
                Change::Move { path, .. } => placed.push((position, take(root, path)?)),
                _ => {}
            }
        }
        placed.sort_by_key(|(position, _)| *position);
        let siblings = &mut target(root, &parent)?.children;
        for (position, node) in placed {
            if let Node::Element(element) = &node
                && siblings.iter().any(|other| same_key(other, element))
            {
                return Err(mismatch(&parent, "already has what the patch creates"));
            }
            siblings.insert(position.min(siblings.len()), node);
        }
    }
    Ok(())
}

fn same_key(node: &Node, element: &Arc<Element>) -> bool {
    node.element().is_some_and(|other| other.name == element.name && other.id() == element.id() && other.id().is_some())
}
