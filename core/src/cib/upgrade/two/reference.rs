//! Attribute sets that are what another set is: to copies and back.
//!
//! A copy is known by its id, which begins with a mark; ids inside it begin with its own. So a
//! document may be left in between and taken up again.

use super::super::tree::{configuration, replace_children, visit};
use super::super::warning::Warning;
use crate::xml::{Element, Node};
use std::collections::BTreeMap;

const MARK: &str = "_cibtr-2_";

fn is_foldable(element: &Element) -> bool {
    matches!(element.name.as_str(), "cluster_property_set" | "instance_attributes" | "meta_attributes")
}

/// The sets of a document by their ids.
fn sets(root: &Element) -> BTreeMap<String, Element> {
    root.descendants()
        .filter(|element| is_foldable(element))
        .filter_map(|set| Some((set.id()?.to_string(), set.clone())))
        .collect()
}

/// Puts what is pointed at in the place of pointers to it, so that each can be translated for itself.
pub fn unfold(mut root: Element) -> (Element, Vec<Warning>) {
    let sets = sets(&root);
    if let Some(configuration) = configuration(&mut root) {
        visit(configuration, &mut |element| {
            let target = element.attr("id-ref").and_then(|id| sets.get(id));
            if let Some(target) = target.filter(|target| is_foldable(element) && target.name == element.name) {
                *element = copy(target);
            }
        });
    }
    (root, Vec::new())
}

fn copy(set: &Element) -> Element {
    let id = format!("{MARK}{}", set.id().unwrap_or_default());
    let inner = format!("_{id}__");
    let mut copy = set.clone();
    visit(&mut copy, &mut |element| {
        if let Some(id) = element.id().map(|id| format!("{inner}{id}")) {
            element.set("id", id);
        }
    });
    copy.set("id", id);
    copy
}

/// The way back: what still says the same becomes a pointer again.
pub fn fold(mut root: Element) -> (Element, Vec<Warning>) {
    let sets = sets(&root);
    let mut warnings = Vec::new();
    if let Some(configuration) = configuration(&mut root) {
        visit(configuration, &mut |parent| {
            replace_children(parent, |child| vec![Node::from(folded(child, &sets, &mut warnings))]);
        });
    }
    (root, warnings)
}

fn folded(set: Element, sets: &BTreeMap<String, Element>, warnings: &mut Vec<Warning>) -> Element {
    let marked = set.id().filter(|_| is_foldable(&set)).and_then(|id| id.strip_prefix(MARK));
    let Some(id) = marked else { return set };
    match sets.get(id).filter(|original| original.name == set.name) {
        Some(original) if without_comments(&copy(original)) == without_comments(&set) => {
            Element::new(&set.name).with("id-ref", id)
        }
        Some(_) => set,
        None => {
            warnings.push(Warning::debug(format!(
                "{}: original element pointed to with @id-ref ({id}) disappeared during upgrade",
                set.name
            )));
            set
        }
    }
}

fn without_comments(set: &Element) -> Element {
    let mut bare = set.clone();
    visit(&mut bare, &mut |element| element.children.retain(|node| node.element().is_some()));
    bare
}
