//! The pairs of a section of the CIB: found, set, removed.
//!
//! In: a document, a wish, the node that it is about. Out: what there is, or the changed document.
//! Absent: transient attributes of a cluster that runs, which its daemon keeps.

use super::options::{Section, Wish};
use quorate_core::attribute::table::summed;
use quorate_core::cib::Document;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::cib::pool::Pool;
use quorate_core::cib::upgrade::Schema;
use quorate_core::lrm::result::NodeRef;
use quorate_core::xml::Element;
use std::fmt;

/// One that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: String,
    pub name: String,
    pub value: String,
}

/// Those that fit, in the order of the document.
pub fn found(document: &Document, wish: &Wish, node: Option<&NodeRef>) -> Vec<Found> {
    let Some(holder) = holder(document, wish.section, node) else { return Vec::new() };
    let sets = holder.elements().filter(|set| is_set(set, wish.section) && fits_set(set, wish));
    let pairs = sets.flat_map(|set| set.elements_named("nvpair")).filter(|pair| fits(pair, wish));
    let one = |pair: &Element| {
        let get = |name: &str| pair.attr(name).unwrap_or_default().to_string();
        Found { id: get("id"), name: get("name"), value: get("value") }
    };
    pairs.map(one).collect()
}

/// Of an option that stands there under both of its names, the newer one, which counts.
pub fn counting(found: Vec<Found>, wish: &Wish) -> Vec<Found> {
    let of = match wish.section {
        Section::Cluster => Of::Cluster,
        Section::ResourceDefaults => Of::Resource,
        _ => return found,
    };
    let newer = |one: &Found| names::other(of, &one.name).filter(|_| names::is_older(of, &one.name));
    let stands = |name: &str| found.iter().any(|one| one.name == name);
    found.iter().filter(|one| !newer(one).is_some_and(stands)).cloned().collect()
}

/// A set has a name already, under another id than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    name: String,
    set: String,
    id: String,
    other_name: String,
    other_id: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Taken { name, set, id, other_name, other_id } = self;
        write!(out, "'{name}' is in {set} already, as '{other_name}' with the id {other_id}: ")?;
        write!(out, "another with the id {id} would have no effect")
    }
}

/// Whether a pair with the id that was asked for would be the only one of its name in its set: of two the first
/// counts.
///
/// # Errors
/// There is one already; which.
pub fn is_free(document: &Document, wish: &Wish, node: Option<&NodeRef>, found: &[Found]) -> Result<(), Taken> {
    let (Some(id), Some(name), []) = (&wish.id, &wish.name, found) else { return Ok(()) };
    let Some(holder) = holder(document, wish.section, node) else { return Ok(()) };
    let set = set_of(holder, wish, node);
    let by_name = Wish { id: None, set: Some(set.clone()), ..wish.clone() };
    match self::found(document, &by_name, node).first() {
        Some(other) => Err(Taken {
            name: name.clone(),
            set,
            id: id.clone(),
            other_name: other.name.clone(),
            other_id: other.id.clone(),
        }),
        None => Ok(()),
    }
}

fn fits_set(set: &Element, wish: &Wish) -> bool {
    wish.set.as_deref().is_none_or(|id| set.id() == Some(id))
}

fn fits(pair: &Element, wish: &Wish) -> bool {
    let name = pair.attr("name").unwrap_or_default();
    let named = wish.name.as_deref().is_none_or(|wanted| match wish.section {
        Section::Cluster => names::is_same(Of::Cluster, name, wanted),
        Section::ResourceDefaults => names::is_same(Of::Resource, name, wanted),
        _ => name == wanted,
    });
    let id = wish.id.as_deref().is_none_or(|id| pair.id() == Some(id));
    named && id && wish.pattern.as_ref().is_none_or(|pattern| pattern.matches(name))
}

const fn set_name(section: Section) -> &'static str {
    match section {
        Section::Cluster => "cluster_property_set",
        Section::ResourceDefaults | Section::OperationDefaults => "meta_attributes",
        Section::Utilization => "utilization",
        Section::Nodes | Section::Status | Section::Tickets => "instance_attributes",
    }
}

fn is_set(set: &Element, section: Section) -> bool {
    set.name == *set_name(section)
}

/// The element that has the sets.
fn holder<'a>(document: &'a Document, section: Section, node: Option<&NodeRef>) -> Option<&'a Element> {
    match section {
        Section::Nodes | Section::Utilization => {
            objects::find_node(document.configuration(), &node?.name).map(|object| object.element)
        }
        Section::Status => {
            let id = &node?.id;
            document.status().child_with_id("node_state", id)?.child("transient_attributes")
        }
        Section::Tickets => document.status().child("tickets"),
        _ => document.configuration().child(section.word()),
    }
}

fn holder_mut<'a>(document: &'a mut Document, section: Section, node: Option<&NodeRef>) -> Option<&'a mut Element> {
    match section {
        Section::Nodes | Section::Utilization => {
            let node = node?;
            let nodes = document.configuration_mut().child_or_new("nodes");
            let is_it =
                |element: &Element| element.attr("uname") == Some(&node.name) || element.id() == Some(&node.name);
            if !nodes.elements().any(is_it) {
                // What a resource makes a node is entered with its first attribute.
                let entry = Element::new("node").with("id", &node.id).with("type", "remote").with("uname", &node.name);
                nodes.push(entry);
            }
            nodes.find_mut(is_it)
        }
        Section::Status => None,
        Section::Tickets => Some(document.status_mut().child_or_new("tickets")),
        _ => Some(document.configuration_mut().child_or_new(section.word())),
    }
}

/// The set that a new pair goes into: the one that is named, else one that is there, else the usual.
fn set_of(holder: &Element, wish: &Wish, node: Option<&NodeRef>) -> String {
    if let Some(set) = &wish.set {
        return set.clone();
    }
    let usual = match wish.section {
        Section::Cluster => "cib-bootstrap-options".to_string(),
        Section::ResourceDefaults | Section::OperationDefaults => format!("{}-options", wish.section.word()),
        Section::Nodes => format!("nodes-{}", node.map_or("", |node| &node.id)),
        Section::Utilization => format!("nodes-{}-utilization", node.map_or("", |node| &node.id)),
        Section::Status => format!("status-{}", node.map_or("", |node| &node.id)),
        Section::Tickets => "status-tickets".to_string(),
    };
    let plain =
        |set: &&Element| is_set(set, wish.section) && set.child("rule").is_none() && set.attr("id-ref").is_none();
    let sets: Vec<&str> = holder.elements().filter(plain).filter_map(Element::id).collect();
    match sets.first() {
        Some(first) if !sets.contains(&usual.as_str()) => (*first).to_string(),
        _ => usual,
    }
}

/// The document with the value: of those that were found, or of a new one.
pub fn with_value(document: &Document, wish: &Wish, node: Option<&NodeRef>, old: &[Found], value: &str) -> Document {
    let mut next = document.clone();
    let mut pool = Pool::of(document.configuration());
    let schema = document.root().attr("validate-with").and_then(Schema::parse);
    let Some(holder) = holder_mut(&mut next, wish.section, node) else { return next };
    if !old.is_empty() {
        for one in old {
            let value = summed(Some(&one.value), value);
            each_pair(holder, &one.id, &mut |pair| pair.set("value", &value));
        }
        return next;
    }
    let set = set_of(holder, wish, node);
    if holder.child_with_id(set_name(wish.section), &set).is_none() {
        holder.push(Element::new(set_name(wish.section)).with("id", &set));
    }
    let name = wish.name.clone().unwrap_or_default();
    let name = match (wish.section, schema) {
        (Section::Cluster, Some(schema)) => names::in_schema(Of::Cluster, &name, schema).to_string(),
        (Section::ResourceDefaults, Some(schema)) => names::in_schema(Of::Resource, &name, schema).to_string(),
        _ => name,
    };
    let id = wish.id.clone().unwrap_or_else(|| pool.make(&format!("{set}-{name}")));
    let pair = Element::new("nvpair").with("id", id).with("name", name).with("value", summed(None, value));
    let is_it = |child: &Element| child.name == *set_name(wish.section) && child.id() == Some(&set);
    holder.find_mut(is_it).expect("it is there, or was just made").push(pair);
    next
}

/// The document without those that were found. Sets stay, be they empty.
pub fn without(document: &Document, wish: &Wish, node: Option<&NodeRef>, old: &[Found]) -> Document {
    let mut next = document.clone();
    let Some(holder) = holder_mut(&mut next, wish.section, node) else { return next };
    for one in old {
        let is_it = |pair: &Element| pair.name == "nvpair" && pair.id() == Some(&one.id);
        if let Some(set) = holder.find_mut(|set| set.elements().any(is_it)) {
            set.retain_elements(|pair| !is_it(pair));
        }
    }
    next
}

fn each_pair(holder: &mut Element, id: &str, change: &mut dyn FnMut(&mut Element)) {
    let is_it = |pair: &Element| pair.name == "nvpair" && pair.id() == Some(id);
    if let Some(pair) = holder.find_mut(|set| set.elements().any(is_it)).and_then(|set| set.find_mut(is_it)) {
        change(pair);
    }
}
