//! Options that stand in one set under both of their names, so that one of them has no effect.
//!
//! In: a `<cib>` element. Out: faults, for changes that bring such.
//! Absent: documents that have them already (`scheduler::verify` says so), sets beside each other.

use super::fault::{Fault, Kind, Place};
use crate::cib::model::names::{self, Of};
use crate::xml::Element;

/// The sets of the cluster's options, and all meta attributes.
pub fn doubled(root: &Element) -> Vec<Fault> {
    let mut faults = Vec::new();
    let top = Place { element: root, above: None };
    let Some(configuration) = root.child("configuration") else { return faults };
    let configuration = Place { element: configuration, above: Some(&top) };
    for section in configuration.element.elements() {
        below(&Place { element: section, above: Some(&configuration) }, &mut faults);
    }
    faults
}

fn below(place: &Place, faults: &mut Vec<Fault>) {
    let of = match place.element.name.as_str() {
        "cluster_property_set" => Of::Cluster,
        "meta_attributes" => Of::Resource,
        "nodes" | "constraints" | "instance_attributes" | "operations" => return,
        _ => {
            let each = |element| below(&Place { element, above: Some(place) }, faults);
            return place.element.elements().for_each(each);
        }
    };
    let named = || place.element.elements().filter_map(|pair| Some((pair, pair.attr("name")?)));
    for (pair, older) in named().filter(|(_, name)| names::is_older(of, name)) {
        let newer = names::other(of, older).expect("what has a newer name has another");
        if named().any(|(_, name)| name == newer) {
            let text = format!("`{older}` and `{newer}` are two names of one option: only one can stand here");
            faults.push(Place { element: pair, above: Some(place) }.fault(Kind::Excluded, Some("name"), text));
        }
    }
}
