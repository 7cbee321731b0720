//! The ids of a configuration: which are taken, and new ones made as crmsh makes them.
//!
//! In: a configuration, and ids that are wanted. Out: ids that are free.
//! Absent: ids of objects; people choose those.

use crate::xml::Element;
use std::collections::BTreeSet;

/// The ids that are taken.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    taken: BTreeSet<String>,
}

impl Pool {
    /// Every id of a configuration.
    pub fn of(configuration: &Element) -> Pool {
        Pool { taken: own_ids(configuration).map(str::to_string).collect() }
    }

    /// The ids of an element that is about to be replaced are free again.
    pub fn release(&mut self, element: &Element) {
        for id in own_ids(element) {
            self.taken.remove(id);
        }
    }

    /// Whether the id is taken.
    pub fn has(&self, id: &str) -> bool {
        self.taken.contains(id)
    }

    /// From now on the id is taken.
    pub fn take(&mut self, id: &str) {
        self.taken.insert(id.to_string());
    }

    /// The wanted id, or with the first of `-0`, `-1`, … that is free.
    pub fn make(&mut self, wanted: &str) -> String {
        let wanted = proper(wanted);
        let mut numbered = (0..).map(|number| format!("{wanted}-{number}"));
        let id = match self.has(&wanted) {
            false => wanted,
            true => numbered.find(|id| !self.has(id)).expect("one of endlessly many numbers is free"),
        };
        self.take(&id);
        id
    }
}

/// What an XML id cannot hold becomes a dot, and a leading digit gets a prefix.
fn proper(wanted: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let id: String = wanted.chars().map(|c| if allowed(c) { c } else { '.' }).collect();
    if id.starts_with(|c: char| c.is_ascii_digit()) { format!("num-{id}") } else { id }
}

/// The ids of an element and all below it; those of references are somebody else's.
pub fn own_ids(element: &Element) -> impl Iterator<Item = &str> {
    let refers = |element: &&Element| !matches!(&*element.name, "resource_ref" | "obj_ref" | "role" | "role_ref");
    element.descendants().filter(refers).filter_map(Element::id)
}
