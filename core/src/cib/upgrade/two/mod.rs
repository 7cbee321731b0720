//! From 2.10 to 3.0: words of the first releases go.
//!
//! Three stages: attribute sets that refer to others become copies, so that each use can be
//! translated by itself (`unfold`); everything is translated (`translate`); copies that are still
//! the same as what they were made of become references again (`fold`).

mod operation;
mod property;
mod reference;
mod resource;
mod set;

pub use reference::{fold, unfold};

use super::tree::{each, section};
use super::warning::Warning;
use crate::xml::Element;

/// What the end of every word for "ignored before, gone now" says of colocations.
const NEVER_WORKED: &str = "Constraints-colocation: ... was actually never in effect";

/// Schema 2.x to 3.0, and what to say of that.
pub fn translate(mut root: Element) -> (Element, Vec<Warning>) {
    let mut warnings = Vec::new();
    property::translate(&mut root, &mut warnings);
    if let Some(nodes) = section(&mut root, "nodes") {
        each(nodes, "node", |node| node_type(node, &mut warnings));
    }
    if let Some(resources) = section(&mut root, "resources") {
        resource::translate(resources, &mut warnings);
    }
    if let Some(constraints) = section(&mut root, "constraints") {
        each(constraints, "rsc_colocation", |colocation| score_attribute(colocation, &mut warnings));
    }
    root.set("validate-with", "pacemaker-3.0");
    (root, warnings)
}

fn node_type(node: &mut Element, warnings: &mut Vec<Warning>) {
    if node.attr("type") != Some("normal") {
        return;
    }
    warnings.push(Warning::debug(format!(
        "Cluster node: {} (id={}): keeping type as type, redefined as member, for matching normal",
        node.attr("uname").unwrap_or_default(),
        node.id().unwrap_or_default()
    )));
    node.set("type", "member");
}

fn score_attribute(colocation: &mut Element, warnings: &mut Vec<Warning>) {
    for name in ["score-attribute", "score-attribute-mangle"] {
        if colocation.unset(name).is_some() {
            let id = colocation.id().unwrap_or_default();
            warnings.push(Warning::info(format!("Constraints-colocation: {id}: dropping {name}")));
            warnings.push(Warning::info(NEVER_WORKED));
        }
    }
}
