//! Where resources run, as the scheduler reads it from the status section.
//!
//! In: a document. Out: nodes and roles by resource.
//! Absent: what should run where (see `scheduler`).

use crate::cib::Document;
use crate::cib::model::resource::Role;
use crate::cib::objects::Object;
use crate::scheduler::{Input, resolve};
use crate::time::Now;
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};
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
pub fn running(document: &Document, now: Now) -> BTreeMap<String, Vec<Active>> {
    let situation = resolve(&Input::new(document, now));
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

/// The nodes that a resource is to leave when it is moved: those it is on; of a promotable clone those where
/// it is promoted, if it is anywhere.
pub fn places(document: &Document, object: &Object, now: Now) -> Vec<String> {
    let active = running(document, now);
    let primitives = object.element.descendants().filter(|part| part.name == "primitive").filter_map(Element::id);
    let all: Vec<&Active> = primitives.filter_map(|id| active.get(id)).flatten().collect();
    let promoted = all.iter().any(|at| at.promoted);
    let nodes = all.iter().filter(|at| at.promoted || !promoted).map(|at| at.node.clone());
    nodes.collect::<BTreeSet<String>>().into_iter().collect()
}
