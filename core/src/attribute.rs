//! Transient node attributes: values that last until the node leaves the cluster.
//!
//! In: a node, a name, a value. Out: edits of the status section, with Pacemaker's ids.

use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::xml::Element;
use crate::xml::path::{Path, Step};

/// The edit that sets an attribute.
pub fn set(node: &NodeRef, name: &str, value: &str) -> Edit {
    let pair = Element::new("nvpair").with("id", pair_id(node, name)).with("name", name).with("value", value);
    Edit::Put { parent: set_path(node), element: pair }
}

/// The edit that removes an attribute.
pub fn remove(node: &NodeRef, name: &str) -> Edit {
    let step = Step { name: "nvpair".into(), id: Some(pair_id(node, name)) };
    Edit::Delete { path: set_path(node).join(step) }
}

/// The value of an attribute.
pub fn get(document: &Document, node: &NodeRef, name: &str) -> Option<String> {
    let pairs = set_path(node).find(document.root())?;
    let pair = pairs.elements().find(|pair| pair.attr("name") == Some(name))?;
    pair.attr("value").map(str::to_string)
}

/// All attributes of a node, in their order.
pub fn all(document: &Document, node: &NodeRef) -> Vec<(String, String)> {
    let Some(pairs) = set_path(node).find(document.root()) else { return Vec::new() };
    let pair = |pair: &Element| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()));
    pairs.elements().filter_map(pair).collect()
}

/// The edits that forget failures: of one resource (by the name its history is kept under) or all.
pub fn clear_failures(document: &Document, node: &NodeRef, resource: Option<&str>) -> Vec<Edit> {
    let names = all(document, node).into_iter().map(|(name, _)| name);
    let of_resource = |name: &String| {
        let rest = ["fail-count-", "last-failure-"].iter().find_map(|prefix| name.strip_prefix(prefix));
        rest.is_some_and(|rest| {
            resource.is_none_or(|resource| rest == resource || rest.starts_with(&format!("{resource}#")))
        })
    };
    names.filter(of_resource).map(|name| remove(node, &name)).collect()
}

fn pair_id(node: &NodeRef, name: &str) -> String {
    format!("status-{}-{}", node.id, id_part(name))
}

/// Ids hold letters, digits, `-`, `_` and `.` only.
fn id_part(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '.' }).collect()
}

fn set_path(node: &NodeRef) -> Path {
    node.state_path()
        .join(Step { name: "transient_attributes".into(), id: Some(node.id.clone()) })
        .join(Step { name: "instance_attributes".into(), id: Some(format!("status-{}", node.id)) })
}
