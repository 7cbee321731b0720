//! A status section to try things out on: loaded, changed on paper, and put under a configuration.
//!
//! In: a CIB's status and what is to be supposed. Out: documents to decide about.
//! Absent: commands (see `levels::cibstatus`), deciding, and any way to a cluster's status.

use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use quorate_transport::store::CibSource;

/// Where a status comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The cluster, or the file that stands for it.
    Live,
    /// A file or a shadow, under the name that it was loaded by.
    Loaded { name: String, source: CibSource },
}

impl Origin {
    pub fn name(&self) -> &str {
        match self {
            Origin::Live => "live",
            Origin::Loaded { name, .. } => name,
        }
    }
}

/// A status that a session works on.
#[derive(Clone, Debug)]
pub struct WhatIf {
    pub origin: Origin,
    /// With everything supposed so far.
    document: Document,
    /// What was supposed since it was loaded, as commands.
    changes: Vec<String>,
    /// Nodes that only the what-if status knows.
    joined: Vec<Element>,
}

impl WhatIf {
    pub fn new(origin: Origin, document: Document) -> WhatIf {
        WhatIf { origin, document, changes: Vec::new(), joined: Vec::new() }
    }

    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    pub fn status(&self) -> &Element {
        self.document.status()
    }

    /// The CIB that the status came with.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Takes what became of a document that this status was put under.
    pub fn put(&mut self, change: String, before: &Document, after: &Document) {
        let known = objects::node_names(before.configuration());
        let nodes = after.configuration().child("nodes").into_iter().flat_map(Element::elements);
        let is_new = |node: &&Element| node.attr("uname").is_some_and(|name| !known.iter().any(|one| one == name));
        self.joined.extend(nodes.filter(is_new).cloned());
        self.document = self.under(&self.document);
        *self.document.status_mut() = after.status().clone();
        take_quorum(&mut self.document, after);
        self.changes.push(change);
    }

    /// A configuration in the state that is supposed.
    pub fn under(&self, configuration: &Document) -> Document {
        let mut document = configuration.clone();
        *document.status_mut() = self.status().clone();
        take_quorum(&mut document, &self.document);
        let known = objects::node_names(configuration.configuration());
        let missing = |node: &&Element| node.attr("uname").is_some_and(|name| !known.iter().any(|one| one == name));
        for node in self.joined.iter().filter(missing) {
            document.configuration_mut().child_or_new("nodes").push(node.clone());
        }
        document
    }
}

/// How a simulation stands among the changes.
pub const SIMULATED: &str = "simulate";

fn take_quorum(document: &mut Document, from: &Document) {
    match from.root().attr("have-quorum") {
        Some(value) if document.root().attr("have-quorum") != Some(value) => {
            let value = value.to_string();
            document.root_mut().set("have-quorum", value);
        }
        _ => {}
    }
}
