//! One attribute of one object: read, set, removed, in the sets without rules.
//!
//! In: an object's element and names. Out: the changed element, with ids as Pacemaker's tools make them.
//! Absent: which object is meant, and where its attributes go for groups and clones.

use super::ids::Pool;
use super::objects::is_resource;
use quorate_core::xml::{Element, Node};

/// A sort of attribute and the set that is made for it when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Meta,
    Parameter,
    Utilization,
    /// An attribute of a node, in its own sort of set.
    Node,
    NodeUtilization,
}

impl Sort {
    fn element(self) -> &'static str {
        match self {
            Sort::Meta => "meta_attributes",
            Sort::Parameter | Sort::Node => "instance_attributes",
            Sort::Utilization | Sort::NodeUtilization => "utilization",
        }
    }

    fn set_id(self, owner: &str) -> String {
        match self {
            Sort::Node => format!("nodes-{owner}"),
            Sort::NodeUtilization => format!("nodes-{owner}-utilization"),
            _ => format!("{owner}-{}", self.element()),
        }
    }
}

fn is_plain_set(element: &Element, sort: Sort) -> bool {
    element.name == sort.element() && element.child("rule").is_none() && element.attr("id-ref").is_none()
}

fn names(pair: &Element, name: &str) -> bool {
    pair.name == "nvpair" && pair.attr("name") == Some(name)
}

pub fn get<'a>(object: &'a Element, sort: Sort, name: &str) -> Option<&'a str> {
    let sets = object.elements().filter(|set| is_plain_set(set, sort));
    let mut pairs = sets.flat_map(|set| set.elements()).filter(|pair| names(pair, name));
    pairs.next().and_then(|pair| pair.attr("value"))
}

/// The ids of the set and the pair that hold the attribute.
pub fn place<'a>(object: &'a Element, sort: Sort, name: &str) -> Option<(&'a str, &'a str)> {
    let sets = object.elements().filter(|set| is_plain_set(set, sort));
    let mut pairs = sets.flat_map(|set| set.elements().map(move |pair| (set, pair)));
    let (set, pair) = pairs.find(|(_, pair)| names(pair, name))?;
    Some((set.id()?, pair.id()?))
}

/// The value of a pair of a set.
pub fn pair<'a>(set: &'a Element, name: &str) -> Option<&'a str> {
    set.elements().find(|pair| names(pair, name)).and_then(|pair| pair.attr("value"))
}

/// Sets a pair of a set.
pub fn set_pair(set: &mut Element, name: &str, value: &str, pool: &mut Pool) {
    if let Some(pair) = set.find_mut(|pair| names(pair, name)) {
        return pair.set("value", value);
    }
    let id = pool.make(&format!("{}-{name}", set.id().unwrap_or_default()));
    set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
}

pub fn set(object: &mut Element, sort: Sort, name: &str, value: &str, pool: &mut Pool) {
    let has = |set: &Element| is_plain_set(set, sort) && set.elements().any(|pair| names(pair, name));
    if let Some(set) = object.find_mut(has) {
        return set_pair(set, name, value, pool);
    }
    if !object.elements().any(|set| is_plain_set(set, sort)) {
        let id = pool.make(&sort.set_id(object.id().unwrap_or_default()));
        insert_set(object, Element::new(sort.element()).with("id", id));
    }
    let set = object.find_mut(|set| is_plain_set(set, sort)).expect("it was just made");
    set_pair(set, name, value, pool);
}

/// In containers attributes come before the members; the schema has it so.
fn insert_set(object: &mut Element, set: Element) {
    let member = |node: &Node| node.element().is_some_and(|child| is_resource(child));
    let at = object.children.iter().position(member).unwrap_or(object.children.len());
    object.children.insert(at, Node::from(set));
}

/// Removes the attribute, and a set that it leaves empty. `false` if there was none.
pub fn unset(object: &mut Element, sort: Sort, name: &str) -> bool {
    let has = |set: &Element| is_plain_set(set, sort) && set.elements().any(|pair| names(pair, name));
    let Some(set) = object.find_mut(has) else { return false };
    set.retain_elements(|pair| !names(pair, name));
    if set.children.is_empty() {
        let gone = set.id().map(str::to_string);
        object.retain_elements(|set| {
            !(is_plain_set(set, sort) && set.children.is_empty() && set.id() == gone.as_deref())
        });
    }
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::xml::{read, write};

    fn check(before: &str, change: impl Fn(&mut Element, &mut Pool), after: &str) {
        let mut element = read(before).unwrap();
        let mut pool = Pool::of(&element);
        change(&mut element, &mut pool);
        assert_eq!(write(&element), after);
    }

    #[test]
    fn a_first_attribute_makes_its_set_before_the_members() {
        check(
            r#"<clone id="c"><primitive id="p"/></clone>"#,
            |element, pool| set(element, Sort::Meta, "target-role", "Stopped", pool),
            r#"<clone id="c"><meta_attributes id="c-meta_attributes"><nvpair id="c-meta_attributes-target-role" name="target-role" value="Stopped"/></meta_attributes><primitive id="p"/></clone>"#,
        );
        check(
            r#"<node id="2" uname="n2"/>"#,
            |element, pool| set(element, Sort::Node, "standby", "on", pool),
            r#"<node id="2" uname="n2"><instance_attributes id="nodes-2"><nvpair id="nodes-2-standby" name="standby" value="on"/></instance_attributes></node>"#,
        );
    }

    #[test]
    fn the_last_attribute_takes_its_set_along() {
        let one = r#"<p id="p"><meta_attributes id="m"><nvpair id="n" name="a" value="1"/></meta_attributes></p>"#;
        check(one, |element, _| assert!(unset(element, Sort::Meta, "a")), r#"<p id="p"/>"#);
        check(one, |element, _| assert!(!unset(element, Sort::Meta, "b")), one);
    }
}
