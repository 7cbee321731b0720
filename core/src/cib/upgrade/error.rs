//! What stands in the way of an upgrade.

use super::super::document::SCHEMA;
use std::fmt;

/// Why a document cannot be upgraded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpgradeError {
    /// It claims a schema that this program does not know: it is newer, or far older.
    UnknownSchema { schema: String },
    /// An element refers to an id that no element has.
    Dangling { element: String, id: String },
    /// An element is, by reference, a part of itself.
    Circular { element: String, id: String },
    /// Two elements have the same id, so that references to it are ambiguous.
    Ambiguous { element: String, id: String },
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSchema { schema } => {
                write!(out, "validate-with=\"{schema}\" is no schema from pacemaker-1.0 to {SCHEMA}")
            }
            Self::Dangling { element, id } => {
                write!(out, "<{element} id-ref=\"{id}\"> refers to an id that nothing has")
            }
            Self::Circular { element, id } => {
                write!(out, "<{element} id-ref=\"{id}\"> stands inside of what it refers to")
            }
            Self::Ambiguous { element, id } => {
                write!(out, "<{element} id-ref=\"{id}\"> refers to an id that several elements have")
            }
        }
    }
}

impl std::error::Error for UpgradeError {}
