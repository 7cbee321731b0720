//! Something that is wrong with a configuration, or may be.

use quorate_grammar::{Diagnostic, Severity};

/// How it is said that an agent is not on this machine.
pub(super) const ABSENT: &str = "is not here";

/// How it is said that a constraint is better on a group.
pub(super) const GROUPED: &str = "is in the group";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub object: String,
    pub message: String,
    /// It is about what the scheduler makes of it: the word that is to blame, or none. Such may be committed.
    pub effect: Option<String>,
    /// An attribute that the schema does not allow so.
    pub blamed: Option<Blamed>,
}

/// What is to blame: an attribute as the document has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    pub name: String,
    pub value: Option<String>,
}

impl Problem {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same problem again, however grave it is taken.
    pub(super) fn key(&self) -> String {
        match self.is_of_agent() {
            true => self.message.clone(),
            false => format!("{}: {}", self.object, self.message),
        }
    }

    /// It concerns an agent, and all that use it alike.
    pub(super) fn is_of_agent(&self) -> bool {
        self.severity == Severity::Warning && self.message.contains(ABSENT)
    }

    /// It says how something is done better, not that it does nothing.
    pub(super) fn is_advice(&self) -> bool {
        self.message.contains(GROUPED)
    }

    pub(super) fn of(object: &str, found: Diagnostic) -> Problem {
        let message = match &found.hint {
            Some(hint) => format!("{}; {hint}", found.message),
            None => found.message,
        };
        Problem { severity: found.severity, object: object.to_string(), message, effect: None, blamed: None }
    }
}
