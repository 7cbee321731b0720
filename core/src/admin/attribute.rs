//! Attributes, meta attributes, parameters and utilization: read, set, removed, in the sets without rules.
//!
//! In: an object or its element, and names. Out: edits, or the changed element; ids as Pacemaker's tools make them.
//! Absent: which object's attribute is meant where several may have it (see `holder`), rules.

use super::refusal::Refusal;
use crate::cib::model::names::{self, Of};
use crate::cib::objects::{self, is_resource};
use crate::cib::pool::Pool;
use crate::cib::upgrade::Schema;
use crate::cib::{Document, Edit};
use crate::xml::path::{Path, Step};
use crate::xml::{Element, Node};

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

/// Whether a pair is the attribute of this name; a meta attribute may have another name beside it.
pub fn names(pair: &Element, sort: Sort, name: &str) -> bool {
    let other = if sort == Sort::Meta { names::other(Of::Resource, name) } else { None };
    is_called(pair, name) || other.is_some_and(|other| is_called(pair, other))
}

fn is_called(pair: &Element, name: &str) -> bool {
    pair.name == "nvpair" && pair.attr("name") == Some(name)
}

/// The same of cluster options.
fn is_option(pair: &Element, name: &str) -> bool {
    is_called(pair, name) || names::other(Of::Cluster, name).is_some_and(|other| is_called(pair, other))
}

/// The value of this name in an object's sets that hold under no rule.
pub fn get<'a>(object: &'a Element, sort: Sort, name: &str) -> Option<&'a str> {
    let sets = object.elements().filter(|set| is_plain_set(set, sort));
    let mut pairs = sets.flat_map(|set| set.elements()).filter(|pair| names(pair, sort, name));
    pairs.next().and_then(|pair| pair.attr("value"))
}

/// The ids of the set and the pair that hold the attribute.
pub fn place<'a>(object: &'a Element, sort: Sort, name: &str) -> Option<(&'a str, &'a str)> {
    let sets = object.elements().filter(|set| is_plain_set(set, sort));
    let mut pairs = sets.flat_map(|set| set.elements().map(move |pair| (set, pair)));
    let (set, pair) = pairs.find(|(_, pair)| names(pair, sort, name))?;
    Some((set.id()?, pair.id()?))
}

/// The value of an option in a set of cluster options, whichever of its names it has there: of both the newer one's.
pub fn option<'a>(set: &'a Element, name: &str) -> Option<&'a str> {
    let pairs = set.elements().filter(|pair| is_option(pair, name));
    let is_older = |pair: &&Element| pair.attr("name").is_some_and(|name| names::is_older(Of::Cluster, name));
    pairs.min_by_key(is_older).and_then(|pair| pair.attr("value"))
}

/// The value of an option of the cluster, from the usual set, else from the first that has it.
pub fn option_of<'a>(configuration: &'a Element, name: &str) -> Option<&'a str> {
    let sets = configuration.child("crm_config").into_iter().flat_map(Element::elements);
    let values = sets.filter_map(|set| Some((set.id() != Some(PROPERTIES), option(set, name)?)));
    values.min_by_key(|(is_another, _)| *is_another).map(|(_, value)| value)
}

/// Sets a pair of a set: the first that is this one. Others that are it, too, go.
fn set_pair(set: &mut Element, is_it: &dyn Fn(&Element) -> bool, name: &str, value: &str, pool: &mut Pool) {
    if let Some(pair) = set.find_mut(is_it) {
        pair.set("value", value);
        let kept = pair.id().map(str::to_string);
        return set.retain_elements(|pair| !is_it(pair) || pair.id() == kept.as_deref());
    }
    let id = pool.make(&format!("{}-{name}", set.id().unwrap_or_default()));
    set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
}

/// Sets a value where it stands already, else in a set without a rule, made if need be; new ids are the pool's.
pub fn set(object: &mut Element, sort: Sort, name: &str, value: &str, pool: &mut Pool) {
    let has = |set: &Element| is_plain_set(set, sort) && set.elements().any(|pair| names(pair, sort, name));
    let is_it = |pair: &Element| names(pair, sort, name);
    if let Some(set) = object.find_mut(has) {
        return set_pair(set, &is_it, name, value, pool);
    }
    if !object.elements().any(|set| is_plain_set(set, sort)) {
        let id = pool.make(&sort.set_id(object.id().unwrap_or_default()));
        insert_set(object, Element::new(sort.element()).with("id", id));
    }
    let set = object.find_mut(|set| is_plain_set(set, sort)).expect("it was just made");
    set_pair(set, &is_it, name, value, pool);
}

/// In containers attributes come before the members; the schema has it so.
fn insert_set(object: &mut Element, set: Element) {
    let member = |node: &Node| node.element().is_some_and(|child| is_resource(child));
    let at = object.children.iter().position(member).unwrap_or(object.children.len());
    object.children.insert(at, Node::from(set));
}

/// Removes the attribute, and a set that it leaves empty. `false` if there was none.
pub fn unset(object: &mut Element, sort: Sort, name: &str) -> bool {
    let has = |set: &Element| is_plain_set(set, sort) && set.elements().any(|pair| names(pair, sort, name));
    let Some(set) = object.find_mut(has) else { return false };
    set.retain_elements(|pair| !names(pair, sort, name));
    if set.children.is_empty() {
        let gone = set.id().map(str::to_string);
        object.retain_elements(|set| {
            !(is_plain_set(set, sort) && set.children.is_empty() && set.id() == gone.as_deref())
        });
    }
    true
}

// ---- as edits ------------------------------------------------------------------------------------------

/// Sets the attribute of the object at the path, or removes it.
pub fn edits(document: &Document, holder: &Path, sort: Sort, name: &str, value: Option<&str>) -> Vec<Edit> {
    let Some(before) = holder.find(document.root()) else { return Vec::new() };
    let mut after = before.clone();
    let (name, value) = in_words_of(document, sort, name, value);
    match value {
        Some(value) => set(&mut after, sort, name, value, &mut Pool::of(document.configuration())),
        None => drop(unset(&mut after, sort, name)),
    }
    between(holder, before, &after)
}

/// Name and value of a meta attribute as the document's schema has them.
fn in_words_of<'a>(
    document: &Document,
    sort: Sort,
    name: &'a str,
    value: Option<&'a str>,
) -> (&'a str, Option<&'a str>) {
    let Some(schema) = schema(document).filter(|_| sort == Sort::Meta) else { return (name, value) };
    let name = names::in_schema(Of::Resource, name, schema);
    (name, if name == "target-role" { value.map(|role| names::role_in_schema(role, schema)) } else { value })
}

fn schema(document: &Document) -> Option<Schema> {
    document.root().attr("validate-with").and_then(Schema::parse)
}

/// An attribute of a node, that lasts.
///
/// # Errors
/// There is no such node.
pub fn of_node(
    document: &Document,
    node: &str,
    sort: Sort,
    name: &str,
    value: Option<&str>,
) -> Result<Vec<Edit>, Refusal> {
    let configuration = document.configuration();
    if let Some(object) = objects::find_node(configuration, node) {
        return Ok(edits(document, &object.path(configuration), sort, name, value));
    }
    if !objects::remote_node_names(configuration).iter().any(|name| name == node) {
        return Err(Refusal::NoNode(node.to_string()));
    }
    let Some(value) = value else { return Ok(Vec::new()) };
    // A node that a resource makes is entered with its first attribute, as Pacemaker's tools do.
    let mut element = Element::new("node").with("id", node).with("type", "remote").with("uname", node);
    set(&mut element, sort, name, value, &mut Pool::of(configuration));
    let parent = Path(["cib", "configuration", "nodes"].map(|name| Step { name: name.into(), id: None }).to_vec());
    Ok(vec![Edit::Put { parent, element }])
}

/// A property of the cluster: where it is set, else in the set that Pacemaker's tools use, else in the first. It
/// may have an older or a newer name; a new one gets the name that the document's schema has for it.
pub fn property(document: &Document, name: &str, value: Option<&str>) -> Vec<Edit> {
    let configuration = document.configuration();
    let Some(options) = configuration.child("crm_config") else { return Vec::new() };
    let name = schema(document).map_or(name, |schema| names::in_schema(Of::Cluster, name, schema));
    let is_it = |pair: &Element| is_option(pair, name);
    let holds = options.elements().find(|set| set.elements().any(is_it));
    let usual = || options.child_with_id("cluster_property_set", PROPERTIES);
    let path = Path(["cib", "configuration", "crm_config"].map(|name| Step { name: name.into(), id: None }).to_vec());
    let mut pool = Pool::of(configuration);
    match (holds.or_else(usual).or_else(|| options.elements().next()), value) {
        (Some(set), Some(value)) => {
            let mut after = set.clone();
            set_pair(&mut after, &is_it, name, value, &mut pool);
            vec![Edit::Put { parent: path, element: after }]
        }
        (None, Some(value)) => {
            let mut set = Element::new("cluster_property_set").with("id", pool.make(PROPERTIES));
            set_pair(&mut set, &is_it, name, value, &mut pool);
            vec![Edit::Put { parent: path, element: set }]
        }
        (_, None) => holds.map_or(Vec::new(), |set| vec![without(&path, set, name)]),
    }
}

/// The set of properties that Pacemaker's tools make.
const PROPERTIES: &str = "cib-bootstrap-options";

/// The set without the pair; a set of properties stays when it is empty.
fn without(parent: &Path, set: &Element, name: &str) -> Edit {
    let mut after = set.clone();
    after.retain_elements(|pair| !is_option(pair, name));
    Edit::Put { parent: parent.clone(), element: after }
}

/// What makes the sets of one element into those of the other.
fn between(holder: &Path, before: &Element, after: &Element) -> Vec<Edit> {
    let is_kept = |set: &&Element| after.elements().any(|other| Step::to(other) == Step::to(set));
    let gone = before.elements().filter(|set| !is_kept(set));
    let gone = gone.map(|set| Edit::Delete { path: holder.join(Step::to(set)) });
    let is_new = |set: &&Element| !before.elements().any(|other| other == *set);
    let put = after.elements().filter(is_new);
    gone.chain(put.map(|set| Edit::Put { parent: holder.clone(), element: set.clone() })).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::xml::{read, write};

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
