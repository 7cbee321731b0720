//! `quorate why RSC [NODE]` and `crm resource why`: why a resource is where it is, and why not elsewhere.
//!
//! In: a document, a resource, perhaps a node. Out: every score's origin, in words, or which name is wrong.

use crate::standard::{self, Call, Manual, STANDARD};
use crate::{Exit, Io, clock, door};
use quorate_core::cib::Document;
use quorate_core::cib::upgrade;
use quorate_core::scheduler::explain::explain;
use quorate_core::scheduler::{Input, resolve};
use quorate_grammar::diagnostic::closest;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use std::fmt;

const MANUAL: Manual = Manual {
    name: "why",
    operands: &["RSC", "[NODE]"],
    about: "Says why a resource (an instance of one, a group, clone or bundle) is where it is, and why not elsewhere",
    tables: &[STANDARD],
    more: "",
};

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

/// # Errors
/// There is nothing of that name, or the document cannot be decided on.
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

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, answer)
}

fn answer(call: Call, io: &mut Io) -> Exit {
    let Some(resource) = call.given.operands.first() else {
        io.error(MANUAL.name, "which resource? usage: why RSC [NODE]");
        return Exit::USAGE;
    };
    let document = match door::read(&Environment::of_process().first_source(), ANSWER_WITHIN) {
        Ok(document) => document,
        Err(error) => {
            io.error(MANUAL.name, &error.to_string());
            return door::exit(&error);
        }
    };
    match why(&document, resource, call.given.operands.get(1).map(String::as_str)) {
        Ok(lines) => {
            lines.iter().for_each(|line| io.line(line));
            Exit::OK
        }
        Err(wrong) => {
            io.error(MANUAL.name, &wrong.to_string());
            if let Some(hint) = wrong.hint() {
                io.error(MANUAL.name, &format!("hint: {hint}"));
            }
            if matches!(wrong, Wrong::Document(_)) { Exit::CONFIG } else { Exit::NO_SUCH }
        }
    }
}
