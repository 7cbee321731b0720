//! What the document's schema does not allow, as problems of objects.
//!
//! In: a document. Out: problems, each with its object.
//! Absent: the grammar itself (`core::schema`), and schemas before 2.10 (they are upgraded first).

use super::problem::{Blamed, Problem};
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::Schema;
use quorate_core::schema::{Fault, LATEST, OLDEST, faults, new_faults};
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

/// What a document has that it may not have once it claims another schema.
pub fn lost(document: &Document, claimed: &Document) -> Vec<Problem> {
    let known = faults(document.root());
    let mut new = faults(claimed.root());
    // What the oldest schema that there is a grammar of has no words for, none before it has.
    let schema = claimed.root().attr("validate-with").and_then(Schema::parse);
    if schema.is_some_and(|schema| schema < OLDEST) {
        let mut oldest = claimed.root().clone();
        oldest.set("validate-with", OLDEST.to_string());
        let more = faults(&oldest).into_iter().filter(|fault| !new.contains(fault)).collect::<Vec<_>>();
        new.extend(more);
    }
    new.into_iter().filter(|fault| !known.contains(fault)).map(problem).collect()
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
