//! The first and the last stage: references to copies, copies to references.

use super::super::reference::is_pointer;
use super::super::tree::{configuration, replace_children};
use super::super::warning::Warning;
use super::{PREFIX, is_dropped, is_original};
use crate::xml::{Element, Node};
use std::collections::{BTreeMap, BTreeSet};

/// A permission for this is a permission for nothing.
const NOTHING: &str = "/*[false()]";

const ACL_WARNING: &str = "CIB syntax changes may invalidate ACLs that use \"xpath\". It is strongly \
     recommended to run \"cibadmin --upgrade\" and then examine the updated CIB carefully to ensure \
     ACLs still match the desired intent.";

type ById<'r> = BTreeMap<&'r str, &'r Element>;

// ---- unfold ------------------------------------------------------------------------------------

/// Marks every element of the configuration and replaces those that refer to another by a copy.
pub fn unfold(root: Element) -> (Element, Vec<Warning>) {
    let known: ById = root
        .child("configuration")
        .into_iter()
        .flat_map(Element::descendants)
        .filter(|element| !is_pointer(element))
        .filter_map(|element| Some((element.id()?, element)))
        .collect();
    let mut marked = root.clone();
    replace_children(&mut marked, |child| {
        let mut trail = Vec::new();
        let marked = match child.name.as_str() {
            "configuration" => mark(&child, "1", &known, &mut trail),
            // No schema rules the status: it stays as it is.
            _ => child.with("original", "1"),
        };
        vec![Node::from(marked)]
    });
    (marked.with("original", "1"), Vec::new())
}

fn mark<'r>(element: &Element, original: &str, known: &ById<'r>, trail: &mut Vec<&'r str>) -> Element {
    let target = element.attr("id-ref").filter(|id| !trail.contains(id)).and_then(|id| known.get_key_value(id));
    if let Some((id, target)) = target {
        trail.push(id);
        let copy = copy(element, mark(target, "0", known, trail));
        trail.pop();
        return copy;
    }
    let mut marked = element.clone();
    marked.children = element
        .children
        .iter()
        .map(|node| match node {
            Node::Element(child) => Node::from(mark(child, original, known, trail)),
            other => other.clone(),
        })
        .collect();
    marked.with("original", original)
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
        let originals: BTreeSet<String> = configuration
            .descendants()
            .filter(|element| is_original(element) && !is_pointer(element))
            .filter_map(|element| element.id().map(str::to_string))
            .collect();
        let mut defined = originals;
        fold(configuration, &mut defined);
        close_dangling(configuration, &defined);
    }
    for child in 0..root.children.len() {
        if let Some(section) = root.child_at_mut(child) {
            unmark(section);
        }
    }
    unmark(&mut root);
    (root, warnings)
}

fn fold(element: &mut Element, defined: &mut BTreeSet<String>) {
    replace_children(element, |mut child| {
        if is_dropped(&child) {
            return Vec::new();
        }
        let is_copy = child.attr("original") == Some("0") && !is_pointer(&child);
        if let Some(id) = child.id().filter(|_| is_copy)
            && !defined.insert(id.to_string())
        {
            return vec![Node::from(Element::new(&child.name).with("id-ref", id))];
        }
        if !is_copy && let Some(id) = child.id().filter(|_| !is_pointer(&child)) {
            defined.insert(id.to_string());
        }
        fold(&mut child, defined);
        unmark(&mut child);
        vec![Node::from(child)]
    });
}

fn unmark(element: &mut Element) {
    element.unset("original");
    element.unset("changed");
}

/// Permissions and tags for what is gone: the former lead nowhere, the latter shrink.
fn close_dangling(configuration: &mut Element, defined: &BTreeSet<String>) {
    if let Some(acls) = configuration.find_mut(|child| child.name == "acls") {
        super::super::tree::visit(acls, &mut |element| {
            let gone = element.attr("reference").is_some_and(|id| !defined.contains(id));
            if element.name == "acl_permission" && gone {
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
