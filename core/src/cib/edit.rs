//! Edits: what to do to a document, whatever version it is.
//!
//! The same edits on the same document give the same document on every node. An edit
//! whose target is missing says so instead of guessing.

use super::document::Document;
use super::objects::is_resource;
use crate::xml::path::{Path, Step};
use crate::xml::{Element, Node};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One change to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// Puts an element under a parent: in the place of the child with the same name and id,
    /// else as the last. Parents that are missing are made.
    Put { parent: Path, element: Element },
    /// Adds attributes and children to the child with the same name and id (or puts it),
    /// going down the element; attributes not named stay (cibadmin's "modify").
    Merge { parent: Path, element: Element },
    /// Sets one attribute of an element that is there.
    Set { path: Path, name: String, value: String },
    /// Removes one attribute; absent is fine.
    Unset { path: Path, name: String },
    /// Removes an element; absent is fine.
    Delete { path: Path },
}

/// An edit that has nothing to stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// What was looked for.
    pub path: Path,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {}", self.path)
    }
}

impl std::error::Error for EditError {}

impl Edit {
    /// The path of the element the edit is about.
    pub fn path(&self) -> Path {
        match self {
            Edit::Put { parent, element } | Edit::Merge { parent, element } => parent.join(Step::to(element)),
            Edit::Set { path, .. } | Edit::Unset { path, .. } | Edit::Delete { path } => path.clone(),
        }
    }

    /// Whether it changes what administrators write, not what the cluster finds.
    pub fn is_of_configuration(&self) -> bool {
        self.path().0.get(1).is_some_and(|step| step.name == "configuration")
    }

    /// Makes the change.
    ///
    /// # Errors
    /// What it is about is not there.
    pub fn apply(&self, document: &mut Document) -> Result<(), EditError> {
        match self {
            Edit::Put { parent, element } => {
                put(parent_or_new(document, parent)?, element);
            }
            Edit::Merge { parent, element } => {
                merge_child(parent_or_new(document, parent)?, element);
            }
            Edit::Set { path, name, value } => {
                let missing = EditError { path: path.clone() };
                path.find_mut(document.root_mut()).ok_or(missing)?.set(name, value);
            }
            Edit::Unset { path, name } => {
                if let Some(element) = path.find_mut(document.root_mut()) {
                    element.unset(name);
                }
            }
            Edit::Delete { path } => {
                let Some((parent, step)) = path.split_last() else {
                    return Err(EditError { path: path.clone() });
                };
                if path.find(document.root()).is_some()
                    && let Some(parent) = parent.find_mut(document.root_mut())
                {
                    parent.retain_elements(|child| !step.fits(child));
                }
            }
        }
        Ok(())
    }
}

/// Makes every change or none.
///
/// # Errors
/// What one of them is about is not there.
pub fn apply_all(document: &Document, edits: &[Edit]) -> Result<Document, EditError> {
    let mut work = document.clone();
    for edit in edits {
        edit.apply(&mut work)?;
    }
    Ok(work)
}

fn parent_or_new<'a>(document: &'a mut Document, path: &Path) -> Result<&'a mut Element, EditError> {
    let missing = || EditError { path: path.clone() };
    let (first, rest) = path.0.split_first().ok_or_else(missing)?;
    if !first.fits(document.root()) {
        return Err(missing());
    }
    Ok(rest.iter().fold(document.root_mut(), |at, step| match &step.id {
        Some(id) => at.child_with_id_or_new(&step.name, id),
        None => at.child_or_new(&step.name),
    }))
}

fn put(parent: &mut Element, element: &Element) {
    let step = Step::to(element);
    let at = parent.children.iter().position(|node| node.element().is_some_and(|child| step.fits(child)));
    match at {
        Some(at) => parent.children[at] = Node::from(element.clone()),
        None => add(parent, element),
    }
}

/// As the last, but in containers attributes come before the members: the schema has it so.
fn add(parent: &mut Element, element: &Element) {
    let is_member = |node: &Node| node.element().is_some_and(|child| is_resource(child));
    let end = parent.children.len();
    let at = if is_set(element) { parent.children.iter().position(is_member).unwrap_or(end) } else { end };
    parent.children.insert(at, Node::from(element.clone()));
}

fn is_set(element: &Element) -> bool {
    matches!(&*element.name, "instance_attributes" | "meta_attributes" | "utilization")
}

fn merge_child(parent: &mut Element, element: &Element) {
    let step = Step::to(element);
    match parent.find_mut(|child| step.fits(child)) {
        None => add(parent, element),
        Some(old) => {
            for (name, value) in &element.attributes {
                old.set(name, value);
            }
            for child in element.elements() {
                merge_child(old, child);
            }
        }
    }
}
