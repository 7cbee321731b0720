//! The status in use: the cluster's, or what was put in its place.

use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::Session;
use crate::what_if::{Origin, WhatIf};
use quorate_core::cib::Document;
use quorate_core::transition::injection::Injection;
use quorate_grammar::Span;
use quorate_grammar::diagnostic::closest;

/// What is supposed so far; without anything, the cluster's status as it is now.
pub(super) fn current(session: &mut Session) -> Outcome<WhatIf> {
    match &session.kept.what_if {
        Some(what_if) => Ok(what_if.clone()),
        None => {
            let home = session.environment.home();
            Ok(WhatIf::new(Origin::Live, session.read_from(&home)?))
        }
    }
}

/// The CIB that is decided about.
pub(super) fn basis(session: &mut Session, what_if: &WhatIf) -> Outcome<Document> {
    match what_if.origin {
        Origin::Live => Ok(what_if.under(&session.document()?)),
        Origin::Loaded { .. } => Ok(what_if.document().clone()),
    }
}

/// One more event. What is wrong with it is found at the word that says it.
pub(super) fn suppose(session: &mut Session, call: &Call, words: String, injection: &Injection) -> Outcome {
    let mut what_if = current(session)?;
    let before = basis(session, &what_if)?;
    let after = preview::suppose(&before, injection).map_err(|wrong| {
        let at = match injection {
            Injection::Operation(operation) if wrong.at == operation.resource_at() => call.span(1),
            Injection::Operation(_) if call.argument(4).is_some() => call.span(4),
            Injection::Operation(_) => call.span(0),
            _ => call.span(0),
        };
        let mut failure = Failure::at(at, &wrong.message);
        let said = session.origin.text.get(at.range()).unwrap_or_default().to_string();
        let near = closest(&said, wrong.known.iter().map(String::as_str)).map(str::to_string);
        failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
        failure
    })?;
    what_if.put(words, &before, &after);
    session.kept.what_if = Some(what_if);
    Ok(())
}

pub(super) fn none_of(word: &str, words: &[&str], span: Span) -> Failure {
    let mut failure = Failure::misused(span, format!("`{word}` is none of {}", words.join(", ")));
    let near = closest(word, words.iter().copied()).map(str::to_string);
    failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
    failure
}
