//! Guest nodes that are none: their options where nobody looks for them.
//!
//! In: the configuration. Out: notes.
//! Absent: names that are another's already (see `resolve::remote`).

use crate::cib::model::Configuration;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Cloned, Primitive, ResourceConfig};
use crate::note::Note;

/// What is said of a guest node beside its name.
const OF_GUESTS: [&str; 4] = ["remote-addr", "remote-allow-migrate", "remote-connect-timeout", "remote-port"];

pub fn notes(model: &Configuration) -> Vec<Note> {
    let mut notes = Vec::new();
    for set in &model.resource_defaults {
        makes_no_guest(
            &set.id,
            std::slice::from_ref(set),
            "it is no default: a primitive has it of its own",
            &mut notes,
        );
    }
    for resource in &model.resources {
        match resource {
            ResourceConfig::Primitive(primitive) => guest(primitive, &mut notes),
            ResourceConfig::Group(group) => {
                makes_no_guest(&group.id, &group.meta, "a guest node runs in a primitive", &mut notes);
                group.members.iter().for_each(|member| guest(member, &mut notes));
            }
            ResourceConfig::Clone(clone) => {
                makes_no_guest(&clone.id, &clone.meta, "a guest node runs in a primitive", &mut notes);
                let members: Vec<&Primitive> = match &clone.of {
                    Cloned::Primitive(primitive) => vec![primitive],
                    Cloned::Group(group) => group.members.iter().map(|member| &**member).collect(),
                };
                for member in members {
                    makes_no_guest(&member.id, &member.meta, "there is one such node, and this is cloned", &mut notes);
                }
            }
            ResourceConfig::Bundle(_) => {}
        }
    }
    notes
}

/// Whether some set has a pair of this name.
pub(super) fn says(sets: &[AttributeSet], name: &str) -> bool {
    sets.iter().flat_map(|set| &set.pairs).any(|pair| pair.name == name)
}

fn makes_no_guest(about: &str, sets: &[AttributeSet], why: &str, notes: &mut Vec<Note>) {
    if says(sets, "remote-node") {
        notes.push(Note::info(about, format!("`remote-node` has no effect here: {why}")).at("remote-node"));
    }
}

fn guest(primitive: &Primitive, notes: &mut Vec<Note>) {
    let id = primitive.id.as_str();
    let mut pairs = primitive.meta.iter().flat_map(|set| &set.pairs);
    match pairs.rfind(|pair| pair.name == "remote-node") {
        Some(pair) if pair.value.is_empty() => {
            notes.push(Note::error(id, "a guest node needs a name, and `remote-node` is empty").at("remote-node"));
        }
        Some(_) => {}
        None => {
            for name in OF_GUESTS.into_iter().filter(|name| says(&primitive.meta, name)) {
                notes.push(Note::info(id, format!("`{name}` has no effect without `remote-node`")).at(name));
            }
        }
    }
}
