//! The options of crm_shadow, and the one thing they ask for.
//!
//! In: words. Out: [`Wish`], or what is wrong with them.
//! Absent: doing it.

use crate::Exit;
use crate::standard::{FORMATTED, Failed, Manual, STANDARD};
use quorate_core::arguments::{Argument, Given, Value, argument};

const QUERIES: &str = "Queries";
const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const MORE: &str = "Examples:
  crm_shadow --create-empty plan
  crm_shadow --create plan --batch
  crm_shadow --diff
  crm_shadow --commit plan --force
  crm_shadow --delete plan --force";

pub const MANUAL: Manual = Manual {
    name: "crm_shadow",
    operands: &[],
    about: "Makes, shows and commits shadows: copies of the configuration to try things out on",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: MORE,
};

const TABLE: &[Argument] = &[
    argument(Some('w'), "which", Value::None, QUERIES, "show which shadow is in use"),
    argument(Some('p'), "display", Value::None, QUERIES, "show the shadow in use as XML"),
    argument(Some('d'), "diff", Value::None, QUERIES, "show how the shadow in use differs from the cluster"),
    argument(Some('F'), "file", Value::None, QUERIES, "show where the shadow in use lies"),
    argument(Some('c'), "create", Value::Required("NAME"), COMMANDS, "copy the cluster's CIB into a new shadow"),
    argument(Some('e'), "create-empty", Value::Required("NAME"), COMMANDS, "make a shadow with nothing in it"),
    argument(Some('C'), "commit", Value::Required("NAME"), COMMANDS, "put a shadow in force (with --force)"),
    argument(Some('D'), "delete", Value::Required("NAME"), COMMANDS, "delete a shadow (with --force)"),
    argument(Some('E'), "edit", Value::None, COMMANDS, "edit the shadow in use with $EDITOR"),
    argument(Some('r'), "reset", Value::Required("NAME"), COMMANDS, "copy the CIB over a shadow (with --force)"),
    argument(Some('s'), "switch", Value::Required("NAME"), COMMANDS, "use another shadow"),
    argument(Some('f'), "force", Value::None, ADDITIONAL, "do what replaces or deletes something"),
    argument(Some('b'), "batch", Value::None, ADDITIONAL, "start no shell"),
    argument(Some('a'), "all", Value::None, ADDITIONAL, "with --commit: the status, too"),
    argument(Some('v'), "validate-with", Value::Required("SCHEMA"), ADDITIONAL, "with --create-empty: its schema"),
];

const WISHES: [&str; 11] =
    ["which", "display", "diff", "file", "create", "create-empty", "commit", "delete", "edit", "reset", "switch"];

/// What is asked for, of which shadow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Which,
    Display,
    Diff,
    File,
    Edit,
    Create(String),
    CreateEmpty { name: String, schema: Option<String> },
    Commit { name: String, all: bool },
    Delete(String),
    Reset(String),
    Switch(String),
}

impl Wish {
    /// The last one that was given, as Pacemaker's does.
    ///
    /// # Errors
    /// Nothing is asked for.
    pub fn of(given: &Given) -> Result<Wish, Failed> {
        let asked =
            given.last_of(&WISHES).ok_or_else(|| (Exit::USAGE, "No query or command option supplied".into()))?;
        let name = given.value(asked).unwrap_or_default();
        Ok(match asked {
            "which" => Wish::Which,
            "display" => Wish::Display,
            "diff" => Wish::Diff,
            "file" => Wish::File,
            "edit" => Wish::Edit,
            "create" => Wish::Create(name),
            "create-empty" => Wish::CreateEmpty { name, schema: given.value("validate-with") },
            "commit" => Wish::Commit { name, all: given.has("all") },
            "delete" => Wish::Delete(name),
            "reset" => Wish::Reset(name),
            _ => Wish::Switch(name),
        })
    }

    /// The shadow that is named.
    pub fn name(&self) -> Option<&str> {
        match self {
            Wish::Which | Wish::Display | Wish::Diff | Wish::File | Wish::Edit => None,
            Wish::CreateEmpty { name, .. } | Wish::Commit { name, .. } => Some(name),
            Wish::Create(name) | Wish::Delete(name) | Wish::Reset(name) | Wish::Switch(name) => Some(name),
        }
    }
}
