//! What it means for a node to be cut off, or to be known to be down.
//!
//! In: a node. Out: edits of the status section.
//! Absent: cutting it off (see `fencing`).

use crate::cib::Edit;
use crate::lrm::result::NodeRef;
use crate::xml::Element;
use crate::xml::path::Step;

/// The node is down: nothing runs there, and what was known about it is void.
pub fn down(node: &NodeRef) -> Vec<Edit> {
    let state = node.state_path();
    let set = |name: &str, value: &str| Edit::Set { path: state.clone(), name: name.into(), value: value.into() };
    let gone = |name: &str| Edit::Delete { path: state.join(Step { name: name.into(), id: Some(node.id.clone()) }) };
    let element = Element::new("node_state").with("id", &node.id).with("uname", &node.name);
    let parent = state.split_last().map(|(parent, _)| parent).unwrap_or_default();
    vec![
        Edit::Merge { parent, element },
        set("in_ccm", "0"),
        set("crmd", "0"),
        set("join", "down"),
        set("expected", "down"),
        gone("transient_attributes"),
        gone("lrm"),
    ]
}
