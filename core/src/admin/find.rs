//! The nodes and resources that an operator names.

use super::refusal::Refusal;
use crate::cib::Document;
use crate::cib::objects::{self, Object, is_resource};
use crate::lrm::result::NodeRef;

/// A node by its name, as the configuration or the status section knows it.
pub fn find_node(document: &Document, name: &str) -> Option<NodeRef> {
    let nodes = document.configuration().child("nodes");
    let configured = nodes.into_iter().flat_map(|nodes| nodes.elements());
    let mut known = configured.chain(document.status().elements_named("node_state"));
    let node = known.find(|node| node.attr("uname") == Some(name))?;
    Some(NodeRef { id: node.id()?.to_string(), name: name.to_string() })
}

/// The resource (or template) that people name.
///
/// # Errors
/// There is none of that name.
pub(super) fn find_resource<'a>(document: &'a Document, id: &str) -> Result<Object<'a>, Refusal> {
    let found = objects::find_resource(document.configuration(), id);
    found.filter(|object| is_resource(object.element)).ok_or_else(|| Refusal::NoResource(id.to_string()))
}
