//! Nodes of one name, and remote nodes whose name or place cannot be.
//!
//! In: the configuration as it is written. Out: notes on nodes and connections that are taken for something else.
//! Absent: guest nodes (see `resolve::make`).

use crate::cib::objects::{is_remote, remote_node_names};
use crate::note::Note;
use crate::xml::Element;

pub fn notes(configuration: &Element) -> Vec<Note> {
    let mut notes = Vec::new();
    let nodes = || configuration.child("nodes").into_iter().flat_map(Element::elements);
    let is_node = |name: &str| {
        let mut nodes = nodes().filter(|node| node.attr("type") != Some("remote"));
        nodes.any(|node| node.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(name)))
    };
    let mut seen: Vec<String> = Vec::new();
    for name in nodes().filter_map(|node| node.attr("uname")) {
        if seen.contains(&name.to_ascii_lowercase()) {
            let text = format!("more than one node is called `{name}`: upper and lower case are the same there");
            notes.push(Note::error(name, text).at(name));
        }
        seen.push(name.to_ascii_lowercase());
    }
    let connected = remote_node_names(configuration);
    for node in nodes().filter(|node| node.attr("type") == Some("remote")) {
        let Some((id, name)) =
            node.id().zip(node.attr("uname")).filter(|(_, name)| !connected.iter().any(|one| one == name))
        else {
            continue;
        };
        let text = format!(
            "nothing connects to the remote node `{name}`: a resource ocf:pacemaker:remote of that name does, or the \
             `remote-node` of a guest"
        );
        notes.push(Note::info(id, text).at("remote"));
    }
    for resource in configuration.child("resources").into_iter().flat_map(Element::descendants) {
        let Some(id) = resource.id() else { continue };
        if resource.name == "primitive" && is_remote(resource) && is_node(id) {
            let text = format!("the remote node `{id}` is named like a node of the cluster: they are one to it");
            notes.push(Note::warning(id, text).at(id));
        }
        let members = || resource.elements().chain(resource.elements_named("group").flat_map(Element::elements));
        if matches!(resource.name.as_str(), "clone" | "master")
            && let Some(member) = members().find(|member| is_remote(member))
        {
            let name = member.id().unwrap_or_default();
            let text = format!("the connection to the remote node `{name}` cannot be cloned: there is one such node");
            notes.push(Note::info(id, text).at(name));
        }
    }
    notes
}
