//! Why a resource is where it is: the one question behind `quorate why` and `crm resource why`.
//!
//! In: a document, a resource, perhaps a node. Out: lines of text, or which name is wrong.

use crate::clock;
use quorate_core::cib::Document;
use quorate_core::cib::upgrade;
use quorate_core::scheduler::explain::explain;
use quorate_core::scheduler::{Input, resolve};
use quorate_grammar::diagnostic::closest;
use std::fmt;

/// A name that nothing has, and what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    Resource {
        name: String,
        near: Option<String>,
    },
    Node {
        name: String,
        near: Option<String>,
    },
    /// The document itself cannot be decided on.
    Document(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Resource { name, .. } => write!(f, "there is no resource `{name}`"),
            Wrong::Node { name, .. } => write!(f, "there is no node `{name}`"),
            Wrong::Document(error) => f.write_str(error),
        }
    }
}

impl Wrong {
    pub fn hint(&self) -> Option<String> {
        match self {
            Wrong::Resource { near, .. } | Wrong::Node { near, .. } => {
                near.as_ref().map(|near| format!("did you mean `{near}`?"))
            }
            Wrong::Document(_) => None,
        }
    }
}

pub fn why(document: &Document, resource: &str, node: Option<&str>) -> Result<Vec<String>, Wrong> {
    let (document, _) = upgrade::to_latest(document).map_err(|error| Wrong::Document(error.to_string()))?;
    let recorded = document.root().attr("execution-date").and_then(|date| date.parse().ok());
    let situation = resolve(&Input::new(&document, recorded.map_or_else(clock::now, clock::at)));
    let explanation = explain(&situation);
    let node = match node {
        None => None,
        Some(name) => Some(situation.node_by_name(name).ok_or_else(|| {
            let names = situation.nodes.rows().iter().map(|node| node.name.as_str());
            Wrong::Node { name: name.into(), near: closest(name, names).map(str::to_owned) }
        })?),
    };
    let found = explanation.find(resource);
    if found.is_empty() {
        let near = closest(resource, explanation.names()).map(str::to_owned);
        return Err(Wrong::Resource { name: resource.into(), near });
    }
    Ok(found.into_iter().flat_map(|id| explanation.why(id, node)).collect())
}
