//! Two documents to the patch between them.
//!
//! Elements are the same when name and id are. Where siblings without an id share a name,
//! or text differs, the parent is replaced whole: a path could not tell them apart.

use super::document::Document;
use super::patch::{AttributeChange, Change, Patch};
use super::version::Version;
use crate::xml::path::{Path, Step};
use crate::xml::{Element, Name, Node};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version attributes travel in the patch's head, not among its changes.
const VERSION_ATTRIBUTES: [&str; 3] = ["admin_epoch", "epoch", "num_updates"];

/// The changes that lead from one document to the other.
///
/// The target version is the new document's if that is higher, else the next one: a change of
/// the configuration raises the epoch.
pub fn diff(old: &Document, new: &Document) -> Patch {
    let mut found = Found::default();
    let path = Path(vec![Step { name: "cib".into(), id: None }]);
    attributes(old.root(), new.root(), &path, &mut found, &VERSION_ATTRIBUTES);
    children(old.root(), new.root(), &path, &mut found);
    let mut changes = in_turn(found.comments);
    changes.append(&mut found.deletions);
    changes.append(&mut found.rest);
    let mut patch = Patch { source: old.version(), target: new.version(), changes };
    if !patch.is_empty() && patch.target <= patch.source {
        patch.target = next(&patch);
    }
    patch
}

fn next(patch: &Patch) -> Version {
    let configuration =
        patch.changes.iter().any(|change| change.path().0.get(1).is_none_or(|step| step.name != "status"));
    match configuration {
        true => patch.source.next_configuration(),
        false => patch.source.next_status(),
    }
}

/// Comments go one by one: where each is when those before it have gone.
fn in_turn(comments: Vec<Change>) -> Vec<Change> {
    let mut places: BTreeMap<Path, Vec<usize>> = BTreeMap::new();
    for comment in comments {
        if let Change::DeleteComment { parent, position } = comment {
            places.entry(parent).or_default().push(position);
        }
    }
    let of_parent = |(parent, mut places): (Path, Vec<usize>)| {
        places.sort_unstable();
        let comments = places.into_iter().enumerate();
        comments.map(move |(gone, at)| Change::DeleteComment { parent: parent.clone(), position: at - gone })
    };
    places.into_iter().flat_map(of_parent).collect()
}

#[derive(Default)]
struct Found {
    comments: Vec<Change>,
    deletions: Vec<Change>,
    rest: Vec<Change>,
}

/// What tells a child from its siblings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Element(&'a str, Option<&'a str>),
    /// A comment's text, and which of the same text it is.
    Comment(&'a str, usize),
}

/// Compares two elements of one name and id. `false` if nothing can tell their children apart:
/// then the element has to go and come with all below it.
fn element(old: &Element, new: &Element, path: &Path, found: &mut Found) -> bool {
    if old.children != new.children && (keys(old).is_none() || keys(new).is_none()) {
        return false;
    }
    attributes(old, new, path, found, &[]);
    children(old, new, path, found);
    true
}

fn attributes(old: &Element, new: &Element, path: &Path, found: &mut Found, skip: &[&str]) {
    let mut changes = Vec::new();
    for (name, _) in &old.attributes {
        if !skip.contains(&name.as_str()) && new.attr(name).is_none() {
            changes.push(AttributeChange::Unset { name: name.to_string() });
        }
    }
    for (name, value) in &new.attributes {
        if !skip.contains(&name.as_str()) && old.attr(name) != Some(value) {
            changes.push(AttributeChange::Set { name: name.to_string(), value: value.to_string() });
        }
    }
    // Replicas digest the attributes in their order: a new order alone is a change too.
    let order = |element: &Element| -> Vec<Name> {
        let names = element.attributes.iter().map(|(name, _)| name.clone());
        names.filter(|name| !skip.contains(&name.as_str())).collect()
    };
    if !changes.is_empty() || order(old) != order(new) {
        let result = new.attributes.clone();
        found.rest.push(Change::Modify { path: path.clone(), attributes: changes, result });
    }
}

fn children(old: &Element, new: &Element, path: &Path, found: &mut Found) {
    if old.children == new.children {
        return;
    }
    let (Some(before), Some(after)) = (keys(old), keys(new)) else {
        return;
    };
    let places: BTreeMap<&Key, usize> = before.iter().zip(0..).collect();
    let kept: Vec<Option<usize>> = after.iter().map(|key| places.get(key).copied()).collect();
    deletions(old, &before, &kept, path, found);
    let stay = longest_rise(&kept);
    for (position, node) in new.children.iter().enumerate() {
        match (kept[position], node) {
            (None, _) => found.rest.push(Change::Create { parent: path.clone(), position, node: node.clone() }),
            (Some(at), Node::Element(child)) => {
                let below = path.join(Step::to(child));
                let former = old.children[at].element().expect("equal keys are of one kind");
                if !Arc::ptr_eq(former, child) && !element(former, child, &below, found) {
                    found.deletions.push(Change::Delete { path: below });
                    found.rest.push(Change::Create { parent: path.clone(), position, node: node.clone() });
                } else if !stay[position] {
                    found.rest.push(Change::Move { path: below, position });
                }
            }
            (Some(at), Node::Comment(_)) if !stay[position] => {
                // A comment has no path to move it by: it goes and comes.
                found.comments.push(Change::DeleteComment { parent: path.clone(), position: at });
                found.rest.push(Change::Create { parent: path.clone(), position, node: node.clone() });
            }
            (Some(_), Node::Comment(_) | Node::Text(_)) => {}
        }
    }
}

fn deletions(old: &Element, keys: &[Key], kept: &[Option<usize>], path: &Path, found: &mut Found) {
    let mut stays = vec![false; keys.len()];
    kept.iter().flatten().for_each(|at| stays[*at] = true);
    for (position, node) in old.children.iter().enumerate() {
        if stays[position] {
            continue;
        }
        match node {
            Node::Element(child) => {
                found.deletions.push(Change::Delete { path: path.join(Step::to(child)) });
            }
            Node::Comment(_) | Node::Text(_) => {
                found.comments.push(Change::DeleteComment { parent: path.clone(), position });
            }
        }
    }
}

/// What tells the children apart, or `None` if nothing does.
fn keys(element: &Element) -> Option<Vec<Key<'_>>> {
    let mut keys = Vec::with_capacity(element.children.len());
    let mut comments: BTreeMap<&str, usize> = BTreeMap::new();
    for node in &element.children {
        keys.push(match node {
            Node::Element(child) => Key::Element(&child.name, child.id()),
            Node::Comment(text) => {
                let count = comments.entry(text).or_default();
                *count += 1;
                Key::Comment(text, *count)
            }
            Node::Text(_) => return None,
        });
    }
    let mut sorted: Vec<&Key> = keys.iter().collect();
    sorted.sort();
    // A name without an id fits every sibling of that name.
    let alike = |pair: &[&Key]| match (pair[0], pair[1]) {
        (Key::Element(a, None), Key::Element(b, _)) => a == b,
        (a, b) => a == b,
    };
    (!sorted.windows(2).any(alike)).then_some(keys)
}

/// Marks the largest set of kept children that are in the same order before and after: the
/// others have to move.
fn longest_rise(places: &[Option<usize>]) -> Vec<bool> {
    // Patience sorting: tails[k] is the index that ends the best run of length k + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; places.len()];
    for (index, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let length = tails.partition_point(|tail| places[*tail].is_some_and(|other| other < *place));
        previous[index] = length.checked_sub(1).map(|shorter| tails[shorter]);
        match tails.get_mut(length) {
            Some(tail) => *tail = index,
            None => tails.push(index),
        }
    }
    let mut stay = vec![false; places.len()];
    let mut at = tails.last().copied();
    while let Some(index) = at {
        stay[index] = true;
        at = previous[index];
    }
    stay
}
