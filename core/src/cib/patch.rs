//! What turned one version of a document into another.

use super::version::Version;
use crate::xml::path::Path;
use crate::xml::unfit::{unfit_name, unfit_value};
use crate::xml::{Attributes, Element, Node, unfit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Changes between two versions, deletions first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    pub source: Version,
    pub target: Version,
    pub changes: Vec<Change>,
}

/// One change of Pacemaker's patchset format 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new element (or comment) with all below it, at its final place among its siblings.
    Create { parent: Path, position: usize, node: Node },
    /// An element goes, with all below it.
    Delete { path: Path },
    /// A comment goes: it has no path of its own, so its place is given, when what is deleted before it has gone.
    DeleteComment { parent: Path, position: usize },
    /// Attributes of an element change; the children stay.
    Modify { path: Path, attributes: Vec<AttributeChange>, result: Attributes },
    /// An element goes to another place among its siblings.
    Move { path: Path, position: usize },
}

/// One attribute of a [`Change::Modify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeChange {
    Set { name: String, value: String },
    Unset { name: String },
}

impl Patch {
    /// Whether there is nothing to change (versions aside).
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The same changes of a document of this version.
    pub fn made_for(self, version: Version) -> Patch {
        Patch { source: version, target: version.next_configuration(), ..self }
    }

    /// Why it cannot travel as it is, and what it makes cannot be kept.
    pub fn unfit(&self) -> Option<String> {
        self.changes.iter().find_map(|change| change.path().unfit().or_else(|| change.unfit_content()))
    }

    /// Whether any change is inside the status section.
    pub fn touches_status(&self) -> bool {
        self.changes.iter().any(|change| {
            let path = change.path();
            path.0.get(1).is_some_and(|step| step.name == "status")
        })
    }
}

impl Change {
    fn unfit_content(&self) -> Option<String> {
        match self {
            // In an element of its own, as it travels.
            Change::Create { node, .. } => {
                let mut around = Element::new("change");
                around.children.push(node.clone());
                unfit(&around)
            }
            Change::Modify { attributes, result, .. } => {
                let mut all = Element::new("result");
                all.attributes.clone_from(result);
                let names = attributes.iter().find_map(|change| match change {
                    AttributeChange::Set { name, value } => unfit_name(name).or_else(|| unfit_value(name, value)),
                    AttributeChange::Unset { name } => unfit_name(name),
                });
                names.or_else(|| unfit(&all))
            }
            Change::Delete { .. } | Change::DeleteComment { .. } | Change::Move { .. } => None,
        }
    }

    /// The element the change is about; for creations and comments, their parent.
    pub fn path(&self) -> &Path {
        match self {
            Change::Create { parent, .. } | Change::DeleteComment { parent, .. } => parent,
            Change::Delete { path } | Change::Modify { path, .. } | Change::Move { path, .. } => path,
        }
    }
}

/// A patch travels in its XML form.
impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_xml().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Patch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Patch, D::Error> {
        Patch::from_xml(&Element::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
