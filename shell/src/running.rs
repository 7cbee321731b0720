//! Where resources run, as the scheduler reads it from the status section.
//!
//! In: a document. Out: nodes and roles by resource.
//! Absent: what should run where (see `preview`).

use crate::clock;
use quorate_core::cib::Document;
use quorate_core::cib::model::resource::Role;
use quorate_core::scheduler::{Input, resolve};
use std::collections::BTreeMap;
use std::fmt;

/// A node on which a resource is active.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Active {
    pub node: String,
    pub promoted: bool,
}

impl fmt::Display for Active {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", self.node, if self.promoted { " Promoted" } else { "" })
    }
}

/// Primitives by id (instances of a clone together) and where they are active.
pub fn running(document: &Document) -> BTreeMap<String, Vec<Active>> {
    let situation = resolve(&Input::new(document, clock::now()));
    let mut found: BTreeMap<String, Vec<Active>> = BTreeMap::new();
    for (_, resource) in situation.resources.iter() {
        if !resource.children.is_empty() || resource.active_on.is_empty() {
            continue;
        }
        let id = resource.id.split(':').next().unwrap_or(&resource.id).to_string();
        let promoted = resource.role == Role::Promoted;
        let nodes =
            resource.active_on.iter().map(|at| Active { node: situation.nodes[*at].name.to_string(), promoted });
        let known = found.entry(id).or_default();
        known.extend(nodes);
        known.sort();
        known.dedup();
    }
    found
}
