//! How two documents differ, as Pacemaker's tools show it (`crm_diff`, `crm_shadow --diff`).
//!
//! In: two elements of one name. Out: the changes of a patch, versions and all.
//! Absent: the shortest patch (see `diff`, which replicas use): here all that another place among the siblings
//! makes of the others is told, too.

use super::patch::{AttributeChange, Change};
use crate::xml::path::{Path, Step};
use crate::xml::{Element, Node};

/// Whether another order of attributes alone is a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Counts,
    Ignored,
}

/// The changes that lead from one to the other, deletions first.
pub fn compare(old: &Element, new: &Element, order: Order) -> Vec<Change> {
    let path = Path(vec![Step { name: old.name.as_str().into(), id: None }]);
    let Found { mut deletions, mut rest } = element(old, new, &path, order);
    deletions.append(&mut rest);
    deletions
}

#[derive(Default)]
struct Found {
    deletions: Vec<Change>,
    rest: Vec<Change>,
}

/// Siblings, and which of them do not count any more for the places of others.
struct Places(Vec<bool>);

impl Places {
    fn of(count: usize) -> Places {
        Places(vec![false; count])
    }

    fn skip(&mut self, at: usize) {
        self.0[at] = true;
    }

    fn place(&self, at: usize) -> usize {
        self.0[..at].iter().filter(|skipped| !**skipped).count()
    }

    /// Whether one is at another place than before; if so, it does not count any more where it is later.
    fn moved(before: &mut Places, after: &mut Places, from: usize, to: usize) -> bool {
        let (old, new) = (before.place(from), after.place(to));
        match old.cmp(&new) {
            std::cmp::Ordering::Equal => return false,
            std::cmp::Ordering::Greater => before.skip(from),
            std::cmp::Ordering::Less => after.skip(to),
        }
        true
    }
}

fn element(old: &Element, new: &Element, path: &Path, order: Order) -> Found {
    let mut found = Found::default();
    let attributes = attributes(old, new, order);
    if !attributes.is_empty() {
        found.rest.push(Change::Modify { path: path.clone(), attributes, result: new.attributes.clone() });
    }
    if old.children != new.children {
        children(old, new, path, order, &mut found);
    }
    found
}

/// What is set, in its new order, then what is gone.
fn attributes(old: &Element, new: &Element, order: Order) -> Vec<AttributeChange> {
    let names: Vec<&str> = new.attributes.iter().map(|(name, _)| name.as_str()).collect();
    let (mut before, mut after) = (Places::of(old.attributes.iter().count()), Places::of(names.len()));
    let mut is_set = vec![true; names.len()];
    let mut gone = Vec::new();
    for (at, (name, value)) in old.attributes.iter().enumerate() {
        let Some(place) = names.iter().position(|other| *other == name.as_str()) else {
            gone.push(AttributeChange::Unset { name: name.to_string() });
            continue;
        };
        let differs = new.attr(name) != Some(value);
        is_set[place] = differs || order == Order::Counts && Places::moved(&mut before, &mut after, at, place);
    }
    let set = new.attributes.iter().zip(is_set).filter(|(_, is_set)| *is_set);
    let set = set.map(|((name, value), _)| AttributeChange::Set { name: name.to_string(), value: value.to_string() });
    set.chain(gone).collect()
}

fn children(old: &Element, new: &Element, path: &Path, order: Order, found: &mut Found) {
    let places = matches(&old.children, &new.children);
    let mut matches = vec![None; new.children.len()];
    places.iter().enumerate().for_each(|(at, to)| to.iter().for_each(|to| matches[*to] = Some(at)));
    let (mut before, mut after) = (Places::of(old.children.len()), Places::of(new.children.len()));
    let mut below: Vec<Vec<Change>> = vec![Vec::new(); new.children.len()];
    for (at, child) in old.children.iter().enumerate() {
        let Some(to) = places[at] else {
            found.deletions.extend(deleted(child, path, before.place(at)));
            before.skip(at);
            continue;
        };
        if let (Node::Element(child), Node::Element(now)) = (child, &new.children[to]) {
            let mut inner = element(child, now, &path.join(Step::to(now)), order);
            found.deletions.append(&mut inner.deletions);
            below[to] = inner.rest;
        }
    }
    for (position, (node, inner)) in new.children.iter().zip(below).enumerate() {
        found.rest.extend(inner);
        match (matches[position], node) {
            (None, _) => {
                after.skip(position);
                found.rest.push(Change::Create { parent: path.clone(), position, node: node.clone() });
            }
            (Some(from), Node::Element(child)) if Places::moved(&mut before, &mut after, from, position) => {
                found.rest.push(Change::Move { path: path.join(Step::to(child)), position });
            }
            (Some(_), _) => {}
        }
    }
}

fn deleted(child: &Node, path: &Path, position: usize) -> Option<Change> {
    match child {
        Node::Element(child) => Some(Change::Delete { path: path.join(Step::to(child)) }),
        Node::Comment(_) => Some(Change::DeleteComment { parent: path.clone(), position }),
        Node::Text(_) => None,
    }
}

/// For each old child the new one that it is.
fn matches(old: &[Node], new: &[Node]) -> Vec<Option<usize>> {
    let mut is_taken = vec![false; new.len()];
    let mut place = |(at, child): (usize, &Node)| {
        let fits = |place: usize| match (child, &new[place]) {
            (Node::Element(old), Node::Element(new)) => old.name == new.name && old.id() == new.id(),
            // A comment is the same if it says the same at the same place.
            (Node::Comment(old), Node::Comment(new)) => old == new && at == place,
            (Node::Text(old), Node::Text(new)) => old == new,
            _ => false,
        };
        let place = (0..new.len()).find(|place| !is_taken[*place] && fits(*place))?;
        is_taken[place] = true;
        Some(place)
    };
    old.iter().enumerate().map(&mut place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::Patch;
    use crate::cib::Version;
    use crate::xml;

    /// Changes as `operation path`, and the place where there is one.
    #[track_caller]
    fn check(old: &str, new: &str, order: Order, expected: &[&str]) {
        let (old, new) = (xml::read(old).expect("XML"), xml::read(new).expect("XML"));
        let changes = compare(&old, &new, order);
        let shown = Patch { source: Version::default(), target: Version::default(), changes }.to_xml();
        let line = |change: &Element| {
            let place = change.attr("position").map_or(String::new(), |place| format!(" {place}"));
            let names: Vec<&str> = change
                .child("change-list")
                .into_iter()
                .flat_map(Element::elements)
                .filter_map(|one| one.attr("name"))
                .collect();
            let names = if names.is_empty() { String::new() } else { format!(" {}", names.join(" ")) };
            format!("{} {}{place}{names}", change.attr("operation").unwrap_or(""), change.attr("path").unwrap_or(""))
        };
        let lines: Vec<String> = shown.elements_named("change").map(line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn attributes_are_told_in_their_new_order() {
        let (old, new) = ("<a><b id=\"1\" x=\"1\" y=\"2\"/></a>", "<a><b id=\"1\" y=\"2\" x=\"1\"/></a>");
        check(old, new, Order::Ignored, &[]);
        check(old, new, Order::Counts, &["modify /a/b[@id='1'] y x"]);
        let shorter = "<a><b id=\"1\" y=\"3\"/></a>";
        check(old, shorter, Order::Ignored, &["modify /a/b[@id='1'] y x"]);
    }

    #[test]
    fn what_changes_its_place_moves_others_too() {
        let old = "<a><b id=\"1\"/><b id=\"2\"/><b id=\"3\"/></a>";
        check(
            old,
            "<a><b id=\"2\"/><b id=\"1\"/><b id=\"3\"/></a>",
            Order::Counts,
            &["move /a/b[@id='2'] 0", "move /a/b[@id='1'] 1"],
        );
        check(old, "<a><b id=\"1\"/><b id=\"3\"/></a>", Order::Counts, &["delete /a/b[@id='2']"]);
        check(old, "<a><c/><b id=\"1\"/><b id=\"2\"/><b id=\"3\"/></a>", Order::Counts, &["create /a 0"]);
    }

    #[test]
    fn places_of_comments_are_counted_without_what_was_deleted_before() {
        check(
            "<a><!--x--><b/><!--y--></a>",
            "<a><b/></a>",
            Order::Counts,
            &["delete /a/comment 0", "delete /a/comment 1"],
        );
    }
}
