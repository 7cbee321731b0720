//! What it means for a node to be cut off, or to be known to be down.
//!
//! In: a node. Out: edits of the status section.
//! Absent: cutting it off (see `fencing`).

use super::find::find_node;
use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::xml::Element;
use crate::xml::path::{Path, Step};

/// The node is down: nothing runs there, and what was known about it is void; so is what was known of resources where
/// it was moving them to.
pub fn down(document: &Document, node: &NodeRef) -> Vec<Edit> {
    let state = node.state_path();
    let set = |name: &str, value: &str| Edit::Set { path: state.clone(), name: name.into(), value: value.into() };
    let gone = |name: &str| Edit::Delete { path: state.join(Step { name: name.into(), id: Some(node.id.clone()) }) };
    let element = Element::new("node_state").with("id", &node.id).with("uname", &node.name);
    let parent = state.split_last().map(|(parent, _)| parent).unwrap_or_default();
    let arrivals = moved_away(document, node).map(|path| Edit::Delete { path });
    let known = vec![
        Edit::Merge { parent, element },
        set("in_ccm", "0"),
        set("crmd", "0"),
        set("join", "down"),
        set("expected", "down"),
        gone("transient_attributes"),
        gone("lrm"),
    ];
    known.into_iter().chain(arrivals).collect()
}

/// The histories, on other nodes, of what a node was moving to them and has not stopped itself since: the agent may
/// have come to its end before its host did.
pub fn moved_away<'a>(document: &'a Document, node: &'a NodeRef) -> impl Iterator<Item = Path> + 'a {
    let known = node.resources_path().find(document.root()).into_iter().flat_map(Element::elements);
    known.filter_map(|history| {
        let target = find_node(document, unfinished_move(history)?.attr("migrate_target")?)?;
        let path = target.history_path(history.id()?);
        path.find(document.root()).is_some().then_some(path)
    })
}

fn unfinished_move(history: &Element) -> Option<&Element> {
    let call = |record: &Element| record.attr("call-id").and_then(|text| text.parse::<i64>().ok());
    let begun = history.elements().find(|record| record.attr("operation") == Some("migrate_to"))?;
    // What is pending has no number yet.
    let number = call(begun).filter(|number| *number >= 0).unwrap_or(i64::MAX);
    let stops = history.elements().filter(|record| record.attr("operation") == Some("stop"));
    let has_stopped = stops.filter_map(call).any(|stopped| stopped > number);
    (!has_stopped).then_some(begun)
}
