//! The first and the last stage: references to copies, copies to references.

use super::super::reference::{is_pointer, refers};
use super::super::tree::{configuration, has, replace_children, visit_fitting};
use super::super::warning::Warning;
use super::{PREFIX, is_dropped, is_original};
use crate::xml::{Element, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A permission for this is a permission for nothing.
const NOTHING: &str = "/*[false()]";

const ACL_WARNING: &str = "CIB syntax changes may invalidate ACLs that use \"xpath\". It is strongly \
     recommended to run \"cibadmin --upgrade\" and then examine the updated CIB carefully to ensure \
     ACLs still match the desired intent.";

type ById<'r> = BTreeMap<&'r str, &'r Element>;

// ---- unfold ------------------------------------------------------------------------------------

/// Replaces the elements of the configuration that refer to another by a copy. All others stay as they are.
pub fn unfold(root: Element) -> (Element, Vec<Warning>) {
    let Some(written) = root.child("configuration").filter(|written| written.descendants().any(refers)) else {
        return (root, Vec::new());
    };
    let known: ById = written
        .descendants()
        .filter(|element| !is_pointer(element))
        .filter_map(|element| Some((element.id()?, element)))
        .collect();
    let mut unfolded = root.clone();
    if let Some(configuration) = configuration(&mut unfolded) {
        replace_references(configuration, &known);
    }
    (unfolded, Vec::new())
}

fn replace_references(element: &mut Element, known: &ById) {
    for node in &mut element.children {
        if !has(node, &refers) {
            continue;
        }
        let Node::Element(child) = node else { continue };
        match target(child, known, &[]) {
            Some((id, target)) => *node = Node::from(copy(child, copied(target, known, &mut vec![id]))),
            None => replace_references(Arc::make_mut(child), known),
        }
    }
}

/// What an element refers to, unless that is what it stands in.
fn target<'r>(element: &Element, known: &ById<'r>, trail: &[&str]) -> Option<(&'r str, &'r Element)> {
    let id = element.attr("id-ref").filter(|id| !trail.contains(id))?;
    known.get_key_value(id).map(|(id, target)| (*id, *target))
}

/// The same with all that is in it, marked as a copy; references in it become copies, too.
fn copied<'r>(element: &Element, known: &ById<'r>, trail: &mut Vec<&'r str>) -> Element {
    if let Some((id, target)) = target(element, known, trail) {
        trail.push(id);
        let copy = copy(element, copied(target, known, trail));
        trail.pop();
        return copy;
    }
    let mut marked = element.clone();
    for node in &mut marked.children {
        if let Node::Element(child) = node {
            *node = Node::from(copied(child, known, trail));
        }
    }
    marked.with("original", "0")
}

/// What a reference stands for. A pair may be referred to under another name: that is a new pair.
fn copy(reference: &Element, mut target: Element) -> Element {
    let renamed = reference.attr("name").filter(|name| target.attr("name") != Some(name));
    if let (Some(name), Some(id)) = (renamed, reference.attr("id-ref")) {
        target.set("id", format!("{PREFIX}{id}-{name}"));
        target.set("name", name);
    }
    target
}

// ---- fold ------------------------------------------------------------------------------------

/// Removes the marks and what was dropped. The first copy of what is gone takes its place; other
/// copies become references again.
pub fn restore(mut root: Element) -> (Element, Vec<Warning>) {
    let mut warnings = Vec::new();
    if let Some(configuration) = configuration(&mut root) {
        let xpath = |element: &Element| element.name == "acl_permission" && element.attr("xpath").is_some();
        if configuration.descendants().any(xpath) {
            warnings.push(Warning::serious(ACL_WARNING));
        }
        if configuration.descendants().any(|element| is_marked(element) || is_referring(element)) {
            let originals = configuration.descendants().filter(|element| is_original(element) && !is_pointer(element));
            let mut defined: BTreeSet<String> = originals.filter_map(|one| one.id().map(str::to_string)).collect();
            fold(configuration, &mut defined);
            close_dangling(configuration, &defined);
        }
    }
    (root, warnings)
}

fn is_marked(element: &Element) -> bool {
    is_dropped(element) || element.attr("original").is_some() || element.attr("changed").is_some()
}

/// Whether it is of those that `close_dangling` looks after.
fn is_referring(element: &Element) -> bool {
    matches!(element.name.as_str(), "acl_permission" | "tag")
}

fn fold(element: &mut Element, defined: &mut BTreeSet<String>) {
    let mut folded = Vec::with_capacity(element.children.len());
    for mut node in std::mem::take(&mut element.children) {
        if let Node::Element(child) = &mut node
            && has_marks(child)
        {
            if is_dropped(child) {
                continue;
            }
            *child = Arc::new(unmarked(child, defined));
        }
        folded.push(node);
    }
    element.children = folded;
}

fn has_marks(element: &Element) -> bool {
    element.descendants().any(is_marked)
}

/// An element as it stays, or a reference in its place.
fn unmarked(element: &Element, defined: &mut BTreeSet<String>) -> Element {
    if let Some(id) = element.id().filter(|_| !is_original(element) && !is_pointer(element))
        && !defined.insert(id.to_string())
    {
        return Element::new(&element.name).with("id-ref", id);
    }
    let mut element = element.clone();
    fold(&mut element, defined);
    unmark(&mut element);
    element
}

fn unmark(element: &mut Element) {
    element.unset("original");
    element.unset("changed");
}

/// Permissions and tags for what is gone: the former lead nowhere, the latter shrink.
fn close_dangling(configuration: &mut Element, defined: &BTreeSet<String>) {
    if let Some(acls) = configuration.find_mut(|child| child.name == "acls") {
        visit_fitting(acls, &|element| element.name == "acl_permission", &mut |element| {
            let gone = element.attr("reference").is_some_and(|id| !defined.contains(id));
            if gone {
                super::rename_attribute(element, "reference", "xpath");
                element.set("xpath", NOTHING);
                unmark(element);
            }
        });
    }
    if let Some(tags) = configuration.find_mut(|child| child.name == "tags") {
        replace_children(tags, |mut tag| {
            let full = tag.child("obj_ref").is_some();
            tag.retain_elements(|member| member.id().is_none_or(|id| defined.contains(id)));
            let emptied = full && tag.child("obj_ref").is_none();
            if emptied { Vec::new() } else { vec![Node::from(tag)] }
        });
    }
}
