//! Fence devices none of which may be used, and levels that are no node's.
//!
//! In: the situation, and the document, for attributes of nodes may be transient. Out: notes.
//! Absent: that there is no device at all (see `resolve::definition`); what a device can do (the fencer's).

use crate::cib::Document;
use crate::cib::model::fencing::FencingTarget;
use crate::cib::model::resource::Role;
use crate::note::Note;
use crate::scheduler::resolve::{Resource, Situation};
use regex::Regex;

pub fn notes(situation: &Situation) -> Vec<Note> {
    let options = &situation.options;
    // A watchdog is a device that nobody can stop.
    if !options.fencing_enabled || options.have_watchdog {
        return Vec::new();
    }
    let is_device = |resource: &Resource| resource.fence_device && resource.is_primitive();
    let mut devices = situation.resources.rows().iter().filter(|resource| is_device(resource)).peekable();
    let first = devices.peek().map(|device| device.config_id.clone());
    let note = first.filter(|_| devices.all(|device| device.target == Role::Stopped)).map(|device| {
        let text = "nothing can be fenced: fencing is enabled, and every fence device has target-role=Stopped";
        Note::info(device.as_str(), text).at("target-role")
    });
    note.into_iter().collect()
}

/// Levels for nodes by what these are like. (One for a node that is named may be there before the node.)
pub fn of_levels(document: &Document, situation: &Situation) -> Vec<Note> {
    let nodes = situation.nodes.rows();
    let transient = |name: &str, value: &str| {
        let mut pairs = document.status().descendants().filter(|part| part.name == "nvpair");
        pairs.any(|pair| pair.attr("name") == Some(name) && pair.attr("value") == Some(value))
    };
    let why = |target: &FencingTarget| match target {
        FencingTarget::Pattern(pattern) => {
            let regex = Regex::new(pattern).ok()?;
            let text = format!("no node has a name that fits `{pattern}`: this level is used for none");
            (!nodes.iter().any(|node| regex.is_match(&node.name))).then(|| (pattern.clone(), text))
        }
        FencingTarget::Attribute { name, value } => {
            let has = nodes.iter().any(|node| node.attributes.get(name) == Some(value)) || transient(name, value);
            let text = format!("no node has `{name}={value}`: this level is used for none unless something sets it");
            (!has).then(|| (name.clone(), text))
        }
        FencingTarget::Node(_) => None,
    };
    let levels = situation.model.fencing_levels.iter().filter(|_| !nodes.is_empty());
    levels
        .filter_map(|level| why(&level.target).map(|(word, text)| Note::info(level.id.as_str(), text).at(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::check;

    #[test]
    fn a_level_that_is_no_nodes_is_told() {
        let level = |target: &str, expected: &str| {
            let rack =
                "<instance_attributes id=\"i\"><nvpair id=\"r\" name=\"rack\" value=\"1\"/></instance_attributes>";
            let nodes = format!("<nodes><node id=\"1\" uname=\"n1\">{rack}</node></nodes>");
            let device = "<resources><primitive id=\"f\" class=\"stonith\" type=\"fence_x\"/></resources>";
            let level = format!("<fencing-level id=\"l\" index=\"1\" devices=\"f\" {target}/>");
            check(&format!("{nodes}{device}<fencing-topology>{level}</fencing-topology>"), expected);
        };
        level("target=\"n1\"", "");
        level("target-pattern=\"n[0-9]\"", "");
        level("target-pattern=\"m[0-9]\"", "info l m[0-9]");
        level("target-attribute=\"rack\" target-value=\"1\"", "");
        level("target-attribute=\"rack\" target-value=\"2\"", "info l rack");
        level("target-attribute=\"row\" target-value=\"1\"", "info l row");
    }
}
