//! Attributes of nodes that the cluster sets itself, and those that are almost one that it reads.
//!
//! In: the configuration. Out: notes.
//! Absent: values (the shell's), transient attributes.

use super::rules::BUILTIN;
use crate::cib::model::Configuration;
use crate::cib::model::node::NodeConfig;
use crate::note::Note;
use quorate_grammar::diagnostic::closest;

/// What people set for the cluster to read.
const READ: [&str; 2] = ["maintenance", "standby"];

pub fn notes(model: &Configuration) -> Vec<Note> {
    model.nodes.iter().flat_map(of_node).collect()
}

fn of_node(node: &NodeConfig) -> Vec<Note> {
    let names = node.attributes.iter().flat_map(|set| &set.pairs).map(|pair| pair.name.as_str());
    let told = names.filter_map(|name| Some(Note::info(node.name.as_str(), text(name)?).at(name)));
    told.collect()
}

fn text(name: &str) -> Option<String> {
    if BUILTIN.contains(&name) {
        return Some(format!("`{name}` has no effect here: the cluster knows it by itself"));
    }
    let near = closest(name, READ).filter(|near| *near != name)?;
    Some(format!("`{name}` means nothing to the cluster; did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, options};

    #[test]
    fn attributes_that_do_not_become_what_they_look_like_are_told() {
        for (pairs, expected) in [
            ("standby=on maintenance=off", ""),
            ("site=a #health-disk=red standby_since=x rack=1", ""),
            ("Standby=on", "info n1 Standby"),
            ("stanby=on", "info n1 stanby"),
            ("maintenence=on", "info n1 maintenence"),
            ("#uname=n5", "info n1 #uname"),
            ("#kind=remote #site-name=x", "info n1 #kind; info n1 #site-name"),
        ] {
            let set = format!("<instance_attributes id=\"i\">{}</instance_attributes>", options(pairs));
            check(&format!("<nodes><node id=\"1\" uname=\"n1\">{set}</node></nodes>"), expected);
        }
    }
}
