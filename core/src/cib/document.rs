//! The faithful tree of a CIB: unknown elements, attributes and comments are kept.
//!
//! A document is cheap to copy; copies share what has not been changed.

use super::version::Version;
use crate::xml::{self, Element, Node, XmlError};
use std::fmt;
use std::sync::Arc;

/// The schema new documents claim.
pub const SCHEMA: &str = "pacemaker-4.0";

/// The version of Pacemaker whose formats and answers these are.
pub const PACEMAKER: &str = "3.0.2";

/// The feature set this program speaks (Pacemaker 3.0.2).
pub const FEATURE_SET: &str = "3.20.5";

/// Sections of `<configuration>` that every document has.
pub(super) const SECTIONS: [&str; 4] = ["crm_config", "nodes", "resources", "constraints"];

/// A whole CIB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    root: Arc<Element>,
}

/// Why a text is not a CIB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentError {
    /// It is not XML.
    Xml(XmlError),
    /// Its root is not `<cib>`.
    NotACib { found: String },
    /// A section is there twice.
    Twice { section: String },
    /// A version attribute is not a number.
    Version { attribute: &'static str, value: String },
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocumentError::Xml(error) => write!(f, "{error}"),
            DocumentError::NotACib { found } => {
                write!(f, "the root element is <{found}>, not <cib>")
            }
            DocumentError::Twice { section } => write!(f, "<cib> holds <{section}> twice"),
            DocumentError::Version { attribute, value } => {
                write!(f, "{attribute}=\"{value}\" is not a version number")
            }
        }
    }
}

impl std::error::Error for DocumentError {}

impl Document {
    /// A configuration with nothing in it, version 0.0.0.
    pub fn empty() -> Document {
        let mut configuration = Element::new("configuration");
        for section in SECTIONS {
            configuration.push(Element::new(section));
        }
        let root = Element::new("cib")
            .with("crm_feature_set", FEATURE_SET)
            .with("validate-with", SCHEMA)
            .with("admin_epoch", "0")
            .with("epoch", "0")
            .with("num_updates", "0")
            .with_child(configuration)
            .with_child(Element::new("status"));
        Document { root: Arc::new(root) }
    }

    /// Reads a document; missing sections are added, missing version numbers are 0.
    ///
    /// # Errors
    /// The text is not XML, or not a CIB.
    pub fn read(text: &str) -> Result<Document, DocumentError> {
        Document::from_element(xml::read(text).map_err(DocumentError::Xml)?)
    }

    /// The document of a `<cib>` element.
    ///
    /// # Errors
    /// The element is not a CIB.
    pub fn from_element(mut root: Element) -> Result<Document, DocumentError> {
        if root.name != "cib" {
            return Err(DocumentError::NotACib { found: root.name.to_string() });
        }
        for attribute in ["admin_epoch", "epoch", "num_updates"] {
            match root.attr(attribute).map(str::parse::<u32>) {
                None => root.set(attribute, "0"),
                Some(Ok(_)) => {}
                Some(Err(_)) => {
                    let value = root.attr(attribute).unwrap_or_default().to_string();
                    return Err(DocumentError::Version { attribute, value });
                }
            }
        }
        root.children.retain(|node| !matches!(node, Node::Text(_)));
        let names: Vec<&str> = root.elements().map(|section| section.name.as_str()).collect();
        if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(DocumentError::Twice { section: twice.1.to_string() });
        }
        let configuration = root.child_or_new("configuration");
        for section in SECTIONS {
            if configuration.child(section).is_none() {
                configuration.push(Element::new(section));
            }
        }
        if root.child("status").is_none() {
            root.push(Element::new("status"));
        }
        Ok(Document { root: Arc::new(root) })
    }

    /// The `<cib>` element.
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// The `<cib>` element to be changed. Keep the sections; see [`Document::set_version`].
    pub fn root_mut(&mut self) -> &mut Element {
        Arc::make_mut(&mut self.root)
    }

    /// `<configuration>`.
    pub fn configuration(&self) -> &Element {
        self.root.child("configuration").expect("every document has a configuration")
    }

    /// `<configuration>` to be changed.
    pub fn configuration_mut(&mut self) -> &mut Element {
        self.root_mut().child_or_new("configuration")
    }

    /// `<status>`.
    pub fn status(&self) -> &Element {
        self.root.child("status").expect("every document has a status")
    }

    /// `<status>` to be changed.
    pub fn status_mut(&mut self) -> &mut Element {
        self.root_mut().child_or_new("status")
    }

    /// The version triple.
    pub fn version(&self) -> Version {
        let number = |name| self.root.attr(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        Version { admin_epoch: number("admin_epoch"), epoch: number("epoch"), num_updates: number("num_updates") }
    }

    /// Writes the version triple.
    pub fn set_version(&mut self, version: Version) {
        let root = self.root_mut();
        root.set("epoch", version.epoch.to_string());
        root.set("num_updates", version.num_updates.to_string());
        root.set("admin_epoch", version.admin_epoch.to_string());
    }

    /// Counts a change of the status, which was made on paper.
    pub fn count_status(&mut self) {
        self.set_version(self.version().next_status());
    }

    /// Counts a change of the configuration, which was made on paper.
    pub fn count_configuration(&mut self) {
        self.set_version(self.version().next_configuration());
    }

    /// Whether both copies are the same object: a cheap way to see that nothing changed.
    pub fn same(&self, other: &Document) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    /// The document without its status, as it is stored on disk.
    #[must_use]
    pub fn without_status(&self) -> Document {
        let mut document = self.clone();
        document.root_mut().retain_elements(|child| child.name != "status");
        document.root_mut().push(Element::new("status"));
        document
    }

    /// The digest by which replicas compare themselves: who wrote it when does not count.
    pub fn digest(&self) -> String {
        let mut root = (*self.root).clone();
        root.attributes
            .retain(|name, _| !matches!(name, "crm-debug-origin" | "cib-last-written") && !name.starts_with("update-"));
        xml::digest::element_digest(&root)
    }

    /// The document as text, indented.
    pub fn to_text(&self) -> String {
        xml::write_pretty(&self.root)
    }
}
