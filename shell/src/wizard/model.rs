//! A wizard as it is read: what it asks, and what it does.
//!
//! In: built by `read`. Out: the values that `plan`, `values` and the listings look at.
//! Absent: a person's answers (see `values`).

use quorate_core::agent::Metadata;
use std::rc::Rc;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wizard {
    pub name: String,
    pub category: String,
    pub short: String,
    pub long: String,
    pub steps: Vec<Step>,
    pub actions: Vec<Action>,
}

/// Questions that belong together. A step without a name asks in the wizard's own name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub name: Option<String>,
    pub required: bool,
    pub short: String,
    pub long: String,
    pub parameters: Vec<Parameter>,
    pub source: Source,
}

/// Where a step's questions come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Source {
    #[default]
    Own,
    /// An agent: the answers, from this one on, are its parameters.
    Agent { agent: String, operations: String, first: usize },
    /// Another wizard, with its own steps and actions.
    Wizard(Box<Wizard>),
}

impl Step {
    pub fn steps(&self) -> &[Step] {
        match &self.source {
            Source::Wizard(wizard) => &wizard.steps,
            _ => &[],
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub required: bool,
    pub unique: bool,
    pub advanced: bool,
    pub short: String,
    pub long: String,
    pub kind: String,
    /// The values that an `enum` takes.
    pub values: Vec<String>,
    pub example: Option<String>,
    pub default: Option<Preset>,
}

/// A default: a text whose marks are filled by a wizard's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    pub text: String,
    /// It switches something off.
    pub is_no: bool,
    /// Whose values: this many wizards further out.
    pub above: usize,
}

/// What a wizard does, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    pub verb: Verb,
    pub text: String,
    pub short: Option<String>,
    pub long: String,
    pub nodes: String,
    pub when: Option<String>,
    pub sudo: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verb {
    /// The steps of what was included under that name.
    Include,
    /// Statements of the configuration language.
    #[default]
    Cib,
    /// Commands of the shell.
    Crm,
    Install,
    Service,
    Call,
    Copy,
    Collect,
    Validate,
    Apply,
    ApplyLocal,
    Report,
}

pub const VERBS: &[(Verb, &str, &str)] = &[
    (Verb::Include, "include", ""),
    (Verb::Cib, "cib", "Configure cluster resources"),
    (Verb::Crm, "crm", "Run crm command"),
    (Verb::Install, "install", "Install packages"),
    (Verb::Service, "service", "Manage system services"),
    (Verb::Call, "call", "Run command on nodes"),
    (Verb::Copy, "copy", "Install file on nodes"),
    (Verb::Collect, "collect", "Collect data from nodes"),
    (Verb::Validate, "validate", "Verify collected data"),
    (Verb::Apply, "apply", "Apply changes to nodes"),
    (Verb::ApplyLocal, "apply_local", "Apply changes to cluster"),
    (Verb::Report, "report", "Report the result"),
];

impl Verb {
    pub fn name(self) -> &'static str {
        VERBS.iter().find(|(verb, _, _)| *verb == self).map_or("", |(_, name, _)| name)
    }

    pub fn description(self) -> &'static str {
        VERBS.iter().find(|(verb, _, _)| *verb == self).map_or("", |(_, _, text)| text)
    }

    /// It changes the configuration and nothing else.
    pub fn is_local(self) -> bool {
        matches!(self, Verb::Cib | Verb::Crm)
    }
}

/// Where a wizard finds what it includes.
pub trait Wizards {
    /// A wizard that is included by so many others.
    fn nested(&self, name: &str, depth: usize) -> Result<Wizard, String>;

    fn agent(&self, name: &str) -> Option<Rc<Metadata>>;
}
