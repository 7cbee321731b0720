//! The nodes and resources that an operator names.

use super::refusal::Refusal;
use crate::cib::Document;
use crate::cib::objects::{self, Object, is_resource};
use crate::lrm::result::NodeRef;
use crate::xml::Element;

/// A node by its name, as the configuration or the status section knows it. One that is spelled in other letters
/// counts where none is spelled so: upper and lower case are the same in names of nodes.
pub fn find_node(document: &Document, name: &str) -> Option<NodeRef> {
    let nodes = document.configuration().child("nodes");
    let known = || {
        let configured = nodes.into_iter().flat_map(Element::elements);
        configured.chain(document.status().elements_named("node_state"))
    };
    let exact = known().find(|node| node.attr("uname") == Some(name));
    let is_it = |node: &&Element| node.attr("uname").is_some_and(|known| known.eq_ignore_ascii_case(name));
    let node = exact.or_else(|| known().find(is_it))?;
    Some(NodeRef { id: node.id()?.to_string(), name: node.attr("uname")?.to_string() })
}

/// The resource (or template) that people name.
///
/// # Errors
/// There is none of that name.
pub(super) fn find_resource<'a>(document: &'a Document, id: &str) -> Result<Object<'a>, Refusal> {
    let found = objects::find_resource(document.configuration(), id);
    found.filter(|object| is_resource(object.element)).ok_or_else(|| Refusal::NoResource(id.to_string()))
}
