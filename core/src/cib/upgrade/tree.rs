//! Walking a tree that is being rewritten.
//!
//! In: an element that the caller owns and what to do to each. Only what is changed is copied.

use crate::xml::{Element, Node};

/// Visits the element and all below it, parents before their children; children that the visit of
/// their parent put there are visited too.
pub fn visit(element: &mut Element, act: &mut dyn FnMut(&mut Element)) {
    act(element);
    for at in 0..element.children.len() {
        if let Some(child) = element.child_at_mut(at) {
            visit(child, act);
        }
    }
}

/// Visits those elements only that fit, in the same order. What has none of them below it stays shared.
pub fn visit_fitting(element: &mut Element, fits: &dyn Fn(&Element) -> bool, act: &mut dyn FnMut(&mut Element)) {
    if fits(element) {
        act(element);
    }
    for at in 0..element.children.len() {
        if has(&element.children[at], fits)
            && let Some(child) = element.child_at_mut(at)
        {
            visit_fitting(child, fits, act);
        }
    }
}

/// Whether a node is an element with some that fits in it, itself included.
pub fn has(node: &Node, fits: &dyn Fn(&Element) -> bool) -> bool {
    node.element().is_some_and(|element| element.descendants().any(fits))
}

/// Puts nodes in the place of each child element, which may be the child itself.
pub fn replace_children(element: &mut Element, mut with: impl FnMut(Element) -> Vec<Node>) {
    let mut children = Vec::with_capacity(element.children.len());
    for node in std::mem::take(&mut element.children) {
        match node {
            Node::Element(child) => {
                children.extend(with(std::sync::Arc::unwrap_or_clone(child)));
            }
            other => children.push(other),
        }
    }
    element.children = children;
}

/// `<configuration>` of a `<cib>`, if it has one.
pub fn configuration(root: &mut Element) -> Option<&mut Element> {
    root.find_mut(|child| child.name == "configuration")
}

/// One section of `<configuration>`, if it is there.
pub fn section<'r>(root: &'r mut Element, name: &str) -> Option<&'r mut Element> {
    configuration(root)?.find_mut(|child| child.name == *name)
}

/// Whether this is a list of name and value pairs.
pub fn is_attribute_set(element: &Element) -> bool {
    matches!(element.name.as_str(), "cluster_property_set" | "instance_attributes" | "meta_attributes" | "utilization")
}

/// Changes every child of this name.
pub fn each(parent: &mut Element, name: &str, mut act: impl FnMut(&mut Element)) {
    for at in 0..parent.children.len() {
        if let Some(child) = parent.child_at_mut(at).filter(|child| child.name == *name) {
            act(child);
        }
    }
}
