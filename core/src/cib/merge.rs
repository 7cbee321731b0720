//! Three-way merge of documents: base, theirs and mine.
//!
//! Changes to different elements, or to different attributes of one element, merge. Where
//! both changed the same thing differently, nothing merges and each overlap is named.

use super::document::Document;
use crate::xml::path::{Path, Step};
use crate::xml::{Element, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One thing that both sides changed, each in its way. `None` is absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The element; with [`Conflict::attribute`], one attribute of it.
    pub path: Path,
    pub attribute: Option<String>,
    pub base: Option<String>,
    pub theirs: Option<String>,
    pub mine: Option<String>,
}

/// What `mine` changed since `base`, put onto `theirs`; or every overlap.
///
/// The status is theirs: an editor does not write it. Versions are theirs too.
///
/// # Errors
/// Both changed the same thing: all such places.
pub fn merge(base: &Document, theirs: &Document, mine: &Document) -> Result<Document, Vec<Conflict>> {
    let mut conflicts = Vec::new();
    let path = Path(vec![Step { name: "cib".into(), id: None }, Step { name: "configuration".into(), id: None }]);
    let merged =
        element(Some(base.configuration()), theirs.configuration(), mine.configuration(), &path, &mut conflicts);
    conflicts.extend(schema_conflict(base, theirs, mine));
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut document = theirs.clone();
    *document.configuration_mut() = merged;
    let (root, before, wanted) = (document.root_mut(), base.root(), mine.root());
    if wanted.attr("validate-with") != before.attr("validate-with")
        && let Some(schema) = wanted.attr("validate-with")
    {
        root.set("validate-with", schema);
    }
    Ok(document)
}

/// Another schema is another language: what one side wrote in the old one does not belong in the
/// document that the other side put into the new one.
fn schema_conflict(base: &Document, theirs: &Document, mine: &Document) -> Option<Conflict> {
    let schema = |document: &Document| document.root().attr("validate-with").map(str::to_string);
    let writes = |side: &Document| side.configuration() != base.configuration();
    let moves = |side: &Document| schema(side) != schema(base);
    let clash = moves(mine) && writes(theirs) || moves(theirs) && writes(mine);
    (clash && schema(mine) != schema(theirs)).then(|| Conflict {
        path: Path(vec![Step { name: "cib".into(), id: None }]),
        attribute: Some("validate-with".to_string()),
        base: schema(base),
        theirs: schema(theirs),
        mine: schema(mine),
    })
}

fn shown(element: &Element) -> String {
    crate::xml::write(element)
}

fn element(
    base: Option<&Element>,
    theirs: &Element,
    mine: &Element,
    path: &Path,
    conflicts: &mut Vec<Conflict>,
) -> Element {
    if base == Some(mine) || theirs == mine {
        return theirs.clone();
    }
    if base == Some(theirs) {
        return mine.clone();
    }
    let mut merged = theirs.clone();
    attributes(base, theirs, mine, path, &mut merged, conflicts);
    children(base, theirs, mine, path, &mut merged, conflicts);
    merged
}

fn attributes(
    base: Option<&Element>,
    theirs: &Element,
    mine: &Element,
    path: &Path,
    merged: &mut Element,
    conflicts: &mut Vec<Conflict>,
) {
    let names = theirs.attributes.iter().chain(&mine.attributes);
    let names = names.chain(base.iter().flat_map(|base| &base.attributes));
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in names {
        if seen.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        let (b, t, m) = (base.and_then(|base| base.attr(name)), theirs.attr(name), mine.attr(name));
        if t == m || b == m {
            continue;
        }
        if b == t {
            match m {
                Some(value) => merged.set(name, value),
                None => drop(merged.unset(name)),
            }
            continue;
        }
        conflicts.push(Conflict {
            path: path.clone(),
            attribute: Some(name.to_string()),
            base: b.map(str::to_string),
            theirs: t.map(str::to_string),
            mine: m.map(str::to_string),
        });
    }
}

fn children(
    base: Option<&Element>,
    theirs: &Element,
    mine: &Element,
    path: &Path,
    merged: &mut Element,
    conflicts: &mut Vec<Conflict>,
) {
    let mut nodes = Vec::new();
    for node in &theirs.children {
        match node {
            Node::Element(their) => nodes.extend(their_child(base, their, mine, path, conflicts)),
            Node::Comment(_) | Node::Text(_) => nodes.push(node.clone()),
        }
    }
    for (place, node) in mine.children.iter().enumerate() {
        match node {
            Node::Element(my) if is_new(base, theirs, my, path, conflicts) => {
                insert_after(&mut nodes, mine, place, my);
            }
            Node::Element(_) => {}
            Node::Comment(_) | Node::Text(_) => {
                let known = |parent: &Element| parent.children.contains(node);
                if !base.is_some_and(known) && !known(theirs) {
                    nodes.push(node.clone());
                }
            }
        }
    }
    // A comment that I removed.
    if let Some(base) = base {
        nodes.retain(|node| node.element().is_some() || mine.children.contains(node) || !base.children.contains(node));
    }
    merged.children = in_my_order(base, theirs, mine, nodes);
}

fn child<'a>(parent: &'a Element, step: &Step) -> Option<&'a Element> {
    parent.elements().find(|child| same(child, step))
}

/// A child that they have, with what I changed in it; none if I deleted it.
fn their_child(
    base: Option<&Element>,
    their: &Arc<Element>,
    mine: &Element,
    path: &Path,
    conflicts: &mut Vec<Conflict>,
) -> Option<Node> {
    let step = Step::to(their);
    let below = path.join(step.clone());
    match (base.and_then(|base| child(base, &step)), child(mine, &step)) {
        (was, Some(my)) => Some(Node::from(element(was, their, my, &below, conflicts))),
        (None, None) => Some(Node::Element(their.clone())),
        (Some(was), None) if *was == **their => None,
        (Some(was), None) => {
            let (base, theirs) = (Some(shown(was)), Some(shown(their)));
            conflicts.push(Conflict { path: below, attribute: None, base, theirs, mine: None });
            None
        }
    }
}

/// Whether a child of mine is one that only I have. Without it theirs may have deleted what I changed.
fn is_new(base: Option<&Element>, theirs: &Element, my: &Element, path: &Path, conflicts: &mut Vec<Conflict>) -> bool {
    let step = Step::to(my);
    if child(theirs, &step).is_some() {
        return false;
    }
    let Some(was) = base.and_then(|base| child(base, &step)) else { return true };
    if was != my {
        let (base, mine) = (Some(shown(was)), Some(shown(my)));
        conflicts.push(Conflict { path: path.join(step), attribute: None, base, theirs: None, mine });
    }
    false
}

fn same(child: &Element, step: &Step) -> bool {
    child.name == *step.name && child.id() == step.id.as_deref()
}

/// A new child goes behind the sibling it stands behind in my copy.
fn insert_after(nodes: &mut Vec<Node>, mine: &Element, place: usize, new: &Arc<Element>) {
    let before = mine.children[..place].iter().rev().find_map(|node| {
        let step = Step::to(node.element()?);
        nodes.iter().position(|node| node.element().is_some_and(|child| same(child, &step)))
    });
    let at = match (before, place) {
        (Some(at), _) => at + 1,
        (None, 0) => 0,
        (None, _) => nodes.len(),
    };
    nodes.insert(at, Node::Element(new.clone()));
}

/// If only I changed the order of the children, mine holds: in groups and rules order matters.
fn in_my_order(base: Option<&Element>, theirs: &Element, mine: &Element, mut nodes: Vec<Node>) -> Vec<Node> {
    let Some(base) = base else { return nodes };
    let steps = |parent: &Element| -> BTreeSet<Step> { parent.elements().map(Step::to).collect() };
    let sides = [steps(base), steps(theirs), steps(mine)];
    let common = |parent: &Element| -> Vec<Step> {
        let all = parent.elements().map(Step::to);
        all.filter(|step| sides.iter().all(|side| side.contains(step))).collect()
    };
    let (was, their, my) = (common(base), common(theirs), common(mine));
    if was == my || was != their {
        return nodes;
    }
    let places: BTreeMap<Step, usize> = mine.elements().map(Step::to).zip(0..).collect();
    let place = |node: &Node| places.get(&Step::to(node.element()?)).copied();
    let mut last = 0;
    let keys: Vec<usize> = nodes
        .iter()
        .map(|node| {
            last = place(node).unwrap_or(last);
            last
        })
        .collect();
    let mut keyed: Vec<(usize, Node)> = keys.into_iter().zip(nodes.drain(..)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, node)| node).collect()
}
