//! What the document's schema does not allow, as problems of objects.
//!
//! In: a document. Out: problems, each with its object.
//! Absent: the grammar itself (`core::schema`), and schemas before 2.10 (they are upgraded first).

use super::problem::{Blamed, Problem};
use quorate_core::cib::Document;
use quorate_core::schema::{Fault, LATEST, faults, new_faults};
use quorate_grammar::Severity;

pub use quorate_core::schema::names;

/// Every element of the latest schema with each of its attributes.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, &'static str)> {
    quorate_core::schema::vocabulary(LATEST)
}

pub fn check(document: &Document) -> Vec<Problem> {
    faults(document.root()).into_iter().map(problem).collect()
}

/// Those that were not in `base`.
pub fn brought(base: &Document, work: &Document) -> Vec<Problem> {
    new_faults(base.root(), work.root()).into_iter().map(problem).collect()
}

/// The names that the schema of a document excludes, and it has: of these it is said what replaced them.
pub fn excluded(problems: &[Problem]) -> Vec<&str> {
    let named = problems.iter().filter(|problem| problem.message.starts_with("the schema excludes"));
    named.filter_map(|problem| problem.blamed.as_ref()?.value.as_deref()).collect()
}

fn problem(fault: Fault) -> Problem {
    let Fault { object, message, attribute, value, .. } = fault;
    let blamed = Some(Blamed { name: attribute.unwrap_or_default(), value });
    Problem { severity: Severity::Error, object, message, effect: None, blamed }
}
