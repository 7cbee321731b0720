//! Names that stand twice where one of them counts: in a set, or in the sets of one object.
//!
//! In: the configuration as it is written. Out: notes on the pairs that have no effect.
//! Absent: sets under rules that may hold or not; what refers to a set elsewhere.

use crate::cib::model::names::{self, Of};
use crate::note::Note;
use crate::score::Score;
use crate::xml::Element;
use std::collections::BTreeMap;

const SETS: [&str; 4] = ["cluster_property_set", "instance_attributes", "meta_attributes", "utilization"];

pub fn notes(configuration: &Element) -> Vec<Note> {
    let mut notes = Vec::new();
    let is_set = |element: &Element| SETS.contains(&element.name.as_str());
    for owner in configuration.descendants().filter(|owner| owner.elements().any(is_set)) {
        for kind in SETS {
            let sets: Vec<&Element> = owner.elements_named(kind).filter(|set| set.id().is_some()).collect();
            sets.iter().for_each(|set| within(set, &mut notes));
            if sets.len() > 1 {
                among(sets, &mut notes);
            }
        }
    }
    notes
}

/// Pairs with a name and a value of their own.
fn pairs(set: &Element) -> impl Iterator<Item = (&str, &str)> {
    let holder = set.child("attributes").unwrap_or(set);
    holder.elements_named("nvpair").filter_map(|pair| Some((pair.attr("name")?, pair.attr("value")?)))
}

/// The newest name of an option, by which it is one.
fn option<'a>(set: &Element, name: &'a str) -> &'a str {
    let of = match set.name.as_str() {
        "cluster_property_set" => Of::Cluster,
        "meta_attributes" => Of::Resource,
        _ => return name,
    };
    names::other(of, name).filter(|_| names::is_older(of, name)).unwrap_or(name)
}

/// Of one name the first pair counts; of two names of an option, the newer one's.
fn within(set: &Element, notes: &mut Vec<Note>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let id = set.id().unwrap_or_default();
    for (name, value) in pairs(set) {
        let Some(first) = seen.insert(option(set, name), name) else { continue };
        if first == name {
            let text = format!("`{name}` stands more than once in `{id}`: the first counts, not `{name}={value}`");
            notes.push(Note::info(id, text).at(format!("{name}={value}")));
            continue;
        }
        let newer = option(set, name);
        let older = if first == newer { name } else { first };
        seen.insert(newer, newer);
        let text = format!("`{older}` has no effect: `{newer}`, another name of the same option, is in `{id}`, too");
        notes.push(Note::info(id, text).at(older));
    }
}

/// Sets speak by falling score, later before earlier, the well-known set of the cluster first.
fn among(sets: Vec<&Element>, notes: &mut Vec<Note>) {
    let mut order: Vec<&Element> = sets.into_iter().rev().collect();
    let score = |set: &Element| set.attr("score").and_then(Score::parse).unwrap_or_default();
    order.sort_by_key(|set| (set.id() != Some("cib-bootstrap-options"), -score(set)));
    // What a set without a rule says, others say in vain.
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    for set in order {
        let id = set.id().unwrap_or_default();
        for (name, value) in pairs(set) {
            if let Some(other) = said.get(option(set, name)).filter(|other| **other != id) {
                let text = format!("`{name}` has no effect in `{id}`: it is in `{other}`, too, which comes first");
                notes.push(Note::info(id, text).at(name));
            } else if set.child("rule").is_none() && !value.eq_ignore_ascii_case("#default") {
                said.insert(option(set, name), id);
            }
        }
    }
}
