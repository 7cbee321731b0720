//! Whether a configuration holds together.
//!
//! In: a document. Out: problems in words; none of them has a place in a text.
//! Absent: the schema, and agents' metadata.

use crate::catalogue::Catalogue;
use crate::configure::{references, show};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_grammar::Severity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub object: String,
    pub message: String,
}

impl Problem {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

pub fn check(document: &Document, catalogue: &Catalogue) -> Vec<Problem> {
    let configuration = document.configuration();
    let mut problems = Vec::new();
    for statement in show::all(configuration, catalogue) {
        let object = statement.kind.id().map_or_else(|| statement.kind.keyword().to_string(), |id| id.text.clone());
        for found in references::check([&statement], configuration) {
            let message = match &found.hint {
                Some(hint) => format!("{}; {hint}", found.message),
                None => found.message,
            };
            problems.push(Problem { severity: found.severity, object: object.clone(), message });
        }
    }
    problems
}

pub fn report(session: &mut Session, problems: &[Problem]) {
    for problem in problems {
        let text = format!("{}: {}", problem.object, problem.message);
        match problem.severity {
            Severity::Error => session.ui.failure(&crate::error::Failure::refused(text), &Default::default()),
            Severity::Warning => session.ui.warn(&text),
        }
    }
}
