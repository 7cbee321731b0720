//! Answers and errors for programs: what `--output json` prints instead of text.
//!
//! In: failures, configurations, problems, the cluster's view. Out: JSON values, in the shapes that
//! the README lists: members may be added, none is renamed or dropped.
//! Absent: when and where they are printed (see `ui`).

mod status;

pub use status::status;

use crate::check::problem::Problem;
use crate::commit;
use crate::configure::REFERENCE;
use crate::configure::show;
use crate::error::{Failure, Kind, Origin};
use quorate_core::cib::Document;
use quorate_core::cib::merge::Conflict;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::Statement;
use quorate_grammar::span::locate;
use quorate_grammar::{Diagnostic, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

// ---- errors ------------------------------------------------------------------------------------------------

pub fn failure(failure: &Failure, origin: &Origin) -> Value {
    let origin = failure.origin.as_deref().unwrap_or(origin);
    json!({
        "severity": "error",
        "kind": kind(failure.kind),
        "exit_code": failure.exit_code(),
        "message": failure.message,
        "hints": failure.hints,
        "diagnostics": failure.diagnostics.iter().map(|one| diagnostic(one, origin)).collect::<Vec<_>>(),
        "conflicts": failure.conflicts.iter().map(conflict).collect::<Vec<_>>(),
    })
}

/// Something to know that is no error.
pub fn message(severity: &str, text: &str) -> Value {
    json!({ "severity": severity, "message": text, "hints": [], "diagnostics": [], "conflicts": [] })
}

pub fn warnings(diagnostics: &[Diagnostic], origin: &Origin) -> Value {
    let places: Vec<Value> = diagnostics.iter().map(|one| diagnostic(one, origin)).collect();
    json!({ "severity": "warning", "message": "", "hints": [], "diagnostics": places, "conflicts": [] })
}

/// Lines and columns count from 1, columns in characters; the span is bytes from 0, its end excluded.
pub fn diagnostic(diagnostic: &Diagnostic, origin: &Origin) -> Value {
    let (place, _) = locate(&origin.text, diagnostic.span.start);
    json!({
        "file": origin.name,
        "line": place.line,
        "column": place.column,
        "span": { "start": diagnostic.span.start, "end": diagnostic.span.end },
        "severity": severity(diagnostic.severity),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}

fn conflict(conflict: &Conflict) -> Value {
    json!({
        "place": commit::place(conflict),
        "was": conflict.base,
        "theirs": conflict.theirs,
        "mine": conflict.mine,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Usage => "usage",
        Kind::Input => "input",
        Kind::Refused => "refused",
        Kind::Conflict => "conflict",
        Kind::File => "file",
        Kind::Script => "script",
        Kind::Check => "check",
        Kind::Cluster => "cluster",
        Kind::Denied => "denied",
        Kind::Timeout => "timeout",
        Kind::Unsupported => "unsupported",
    }
}

// ---- verify ------------------------------------------------------------------------------------------------

pub fn problems(problems: &[Problem]) -> Value {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let one = |problem: &Problem| json!({ "severity": severity(problem.severity), "object": problem.object, "message": problem.message });
    json!({
        "errors": errors,
        "warnings": problems.len() - errors,
        "problems": problems.iter().map(one).collect::<Vec<_>>(),
    })
}

// ---- show --------------------------------------------------------------------------------------------------

/// Objects as statements and as elements; secrets are masked in both.
pub fn objects(document: &Document, objects: &[Object], statements: &[Statement], secrets: &[String]) -> Value {
    let one = |(object, statement): (&Object, &Statement)| {
        let mut element = object.element.clone();
        show::mask_element(&mut element, secrets);
        json!({
            "kind": object.kind,
            "id": object.id,
            "text": show::text(std::slice::from_ref(statement)).trim_end(),
            "element": self::element(&element, true),
        })
    };
    json!({
        "schema": document.root().attr("validate-with"),
        "version": document.version().to_string(),
        "objects": objects.iter().zip(statements).map(one).collect::<Vec<_>>(),
    })
}

/// An element with all below it. Resources in a container are objects of their own: the container
/// names them by id.
fn element(element: &Element, outermost: bool) -> Value {
    let attributes: BTreeMap<&str, &str> = element.attributes.iter().map(|(name, value)| (&**name, value)).collect();
    if !outermost && is_resource(element) {
        return json!({ "name": REFERENCE, "attributes": { "id": element.id() }, "children": [] });
    }
    let children: Vec<Value> = element.elements().map(|child| self::element(child, false)).collect();
    json!({ "name": &*element.name, "attributes": attributes, "children": children })
}

// ---- diff --------------------------------------------------------------------------------------------------

/// Each object that one has and the other has not, or has otherwise.
pub fn diff(
    old: &Document,
    new: &Document,
    old_name: &str,
    new_name: &str,
    raise: &dyn Fn(&Document) -> Vec<Statement>,
) -> Value {
    let (before, after) = (Side::of(old, raise), Side::of(new, raise));
    let names: std::collections::BTreeSet<&Name> = before.0.keys().chain(after.0.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (old, new) = (before.0.get(name), after.0.get(name));
        let action = match (old, new) {
            (Some(old), Some(new)) if old.plain == new.plain => continue,
            (Some(_), Some(_)) => "modify",
            (None, _) => "create",
            (_, None) => "delete",
        };
        changes.push(json!({
            "action": action,
            "kind": name.1,
            "id": name.2,
            "before": old.map(|old| &old.masked),
            "after": new.map(|new| &new.masked),
        }));
    }
    json!({ "from": old_name, "to": new_name, "changes": changes })
}

/// Rank, kind and id.
type Name = (usize, &'static str, String);

struct Said {
    plain: String,
    masked: String,
}

struct Side(BTreeMap<Name, Said>);

impl Side {
    fn of(document: &Document, raise: &dyn Fn(&Document) -> Vec<Statement>) -> Side {
        let objects = objects::sorted(document.configuration());
        let statements = raise(document);
        let said = |(object, mut statement): (Object, Statement)| {
            let text = |statement: &Statement| show::text(std::slice::from_ref(statement)).trim_end().to_string();
            let plain = text(&statement);
            show::mask(std::slice::from_mut(&mut statement), &[show::SECRETS.to_string()]);
            ((objects::rank(object.kind), object.kind, object.id), Said { plain, masked: text(&statement) })
        };
        Side(objects.into_iter().zip(statements).map(said).collect())
    }
}
