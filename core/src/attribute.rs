//! Transient node attributes: values that last until the node leaves the cluster.
//!
//! In: a node, a name, a value. Out: edits of the status section, with Pacemaker's ids.

pub mod table;

use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::status::failcount;
use crate::xml::Element;
use crate::xml::path::{Path, Step};

/// The edit that sets an attribute.
pub fn set(node: &NodeRef, name: &str, value: &str) -> Edit {
    let pair = Element::new("nvpair").with("id", pair_id(node, name)).with("name", name).with("value", value);
    Edit::Put { parent: set_path(node), element: pair }
}

/// In which of a node's sets an attribute is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// By its id; the usual one, if none is named.
    pub set: Option<&'a str>,
    /// What a node can bear is kept apart.
    pub utilization: bool,
}

/// The edit that sets an attribute in a set.
fn put_edit(node: &NodeRef, place: Place, name: &str, value: &str) -> Edit {
    let kind = if place.utilization { "utilization" } else { "instance_attributes" };
    let usual = match place.utilization {
        false => format!("status-{}", node.id),
        true => format!("status-{}-utilization", node.id),
    };
    let set = place.set.map_or(usual, id_part);
    let pair = Element::new("nvpair").with("id", format!("{set}-{}", id_part(name)));
    let parent = sets_path(node).join(Step { name: kind.into(), id: Some(set) });
    Edit::Put { parent, element: pair.with("name", name).with("value", value) }
}

/// The edit that sets an attribute, where it stands already or else where [`set`] puts it.
pub fn set_in_place(document: &Document, node: &NodeRef, name: &str, value: &str) -> Edit {
    let path = sets_path(node);
    let sets = path.find(document.root()).into_iter().flat_map(Element::elements);
    let mut standing = sets.filter_map(|set| Some((set, set.elements().find(|pair| pair.attr("name") == Some(name))?)));
    match standing.next() {
        Some((set, pair)) => Edit::Put { parent: path.join(Step::to(set)), element: pair.clone().with("value", value) },
        None => set(node, name, value),
    }
}

/// The edits that remove an attribute from whichever of a node's sets has it.
pub fn remove_everywhere(document: &Document, node: &NodeRef, name: &str) -> Vec<Edit> {
    let path = sets_path(node);
    let Some(sets) = path.find(document.root()) else { return Vec::new() };
    let named = |set: &Element| {
        let pair = set.elements().find(|pair| pair.attr("name") == Some(name))?;
        Some(Edit::Delete { path: path.join(Step::to(set)).join(Step::to(pair)) })
    };
    sets.elements().filter_map(named).collect()
}

/// Puts an attribute into a node's state.
pub fn put(state: &mut Element, name: &str, value: &str) {
    let id = state.id().unwrap_or_default().to_string();
    let node = NodeRef { id: id.clone(), name: String::new() };
    let pair = Element::new("nvpair").with("id", pair_id(&node, name)).with("name", name).with("value", value);
    let inside = |parent: &mut Element, name: &str, id: &str| {
        if parent.child(name).is_none() {
            parent.push(Element::new(name).with("id", id));
        }
    };
    inside(state, "transient_attributes", &id);
    let Some(attributes) = state.find_mut(|child| child.name == "transient_attributes") else { return };
    inside(attributes, "instance_attributes", &format!("status-{id}"));
    let Some(set) = attributes.find_mut(|child| child.name == "instance_attributes") else { return };
    set.retain_elements(|old| old.attr("name") != Some(name));
    set.push(pair);
}

/// The value of an attribute.
pub fn get(document: &Document, node: &NodeRef, name: &str) -> Option<String> {
    let sets = sets_path(node).find(document.root())?;
    let mut pairs = sets.elements().flat_map(Element::elements);
    pairs.find(|pair| pair.attr("name") == Some(name))?.attr("value").map(str::to_string)
}

/// All attributes of a node, in their order.
pub fn all(document: &Document, node: &NodeRef) -> Vec<(String, String)> {
    let Some(sets) = sets_path(node).find(document.root()) else { return Vec::new() };
    let pairs = sets.elements().flat_map(Element::elements);
    let pair = |pair: &Element| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()));
    pairs.filter_map(pair).collect()
}

/// The edits that forget failures: of one resource (by the name its history is kept under) or all.
pub fn clear_failures(document: &Document, node: &NodeRef, resource: Option<&str>) -> Vec<Edit> {
    let names = all(document, node).into_iter().map(|(name, _)| name);
    let of_resource = |name: &String| match resource {
        Some(resource) => failcount::is_of(name, resource),
        None => failcount::about(name).is_some(),
    };
    names.filter(of_resource).flat_map(|name| remove_everywhere(document, node, &name)).collect()
}

fn pair_id(node: &NodeRef, name: &str) -> String {
    format!("status-{}-{}", node.id, id_part(name))
}

/// Ids hold letters, digits, `-`, `_` and `.` only.
fn id_part(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '.' }).collect()
}

fn sets_path(node: &NodeRef) -> Path {
    node.state_path().join(Step { name: "transient_attributes".into(), id: Some(node.id.clone()) })
}

fn set_path(node: &NodeRef) -> Path {
    sets_path(node).join(Step { name: "instance_attributes".into(), id: Some(format!("status-{}", node.id)) })
}
