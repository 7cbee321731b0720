//! Batches: a file, a pipe, or one command, run as one transaction.
//!
//! In: a text and its name. Out: every error of it, or its effect; never half of it.
//! Absent: the prompt (see `repl`).

use crate::dispatch;
use crate::error::{Failure, Origin};
use crate::leave;
use crate::session::{RunMode, Session};
use crate::words::joined;
use quorate_grammar::{Diagnostic, line};

/// Runs a whole text. If any line is wrong, all errors are shown and nothing is changed.
///
/// `at` is the level to start in.
pub fn batch(session: &mut Session, name: &str, at: &[String], text: &str) -> u8 {
    session.mode = if session.switches.keep_going { RunMode::Single } else { RunMode::Batch };
    let origin = Origin { name: name.to_string(), text: text.to_string() };
    session.origin = origin.clone();
    let mut errors = Errors { origin, count: 0 };
    if let Err(failure) = enter(session, at) {
        errors.add(session, failure);
    }
    let (lines, diagnostics) = line::lines(text);
    errors.add(session, Failure::input(diagnostics));
    for line in &lines {
        if session.done {
            break;
        }
        if session.switches.echo {
            echo(session, line);
        }
        if let Err(failure) = dispatch::run(session, line) {
            errors.add(session, failure);
        }
        session.line_told();
    }
    finish(session, errors)
}

/// `.INP: LINE`, joins removed.
fn echo(session: &mut Session, line: &line::Line) {
    let text = session.origin.text.get(line.span.range()).unwrap_or_default();
    let pieces: Vec<&str> = text.lines().map(|piece| piece.trim_end().trim_end_matches('\\')).collect();
    session.ui.line(&format!(".INP: {}", pieces.concat()));
}

/// Enters a level by name, as if it had been typed.
pub fn enter(session: &mut Session, at: &[String]) -> Result<(), Failure> {
    let (lines, _) = line::lines(&joined(at));
    lines.first().map_or(Ok(()), |line| dispatch::run(session, line))
}

struct Errors {
    origin: Origin,
    count: usize,
}

impl Errors {
    fn add(&mut self, session: &mut Session, mut failure: Failure) {
        let consequence = |diagnostic: &Diagnostic| diagnostic.is_error() && session.is_consequence(diagnostic);
        failure.diagnostics.retain(|diagnostic| !consequence(diagnostic));
        let errors = failure.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        self.count += errors.max(usize::from(!failure.message.is_empty()));
        session.ui.failure(&failure, &self.origin);
    }
}

fn finish(session: &mut Session, mut errors: Errors) -> u8 {
    match session.check_batch() {
        Ok(diagnostics) => errors.add(session, Failure::input(diagnostics)),
        Err(failure) => errors.add(session, failure),
    }
    if session.switches.keep_going {
        return finish_loosely(session, &errors);
    }
    if errors.count > 0 {
        let noun = if errors.count == 1 { "error" } else { "errors" };
        let summary = format!("{} {noun}; nothing was changed", errors.count);
        session.ui.failure(&Failure::refused(summary), &Origin::default());
        return 1;
    }
    let finished = leave::leave_configure(session).and_then(|()| session.finish_batch());
    match finished {
        Ok(()) => 0,
        Err(failure) => {
            session.ui.failure(&failure, &errors.origin);
            failure.exit_code()
        }
    }
}

/// What was right is kept.
fn finish_loosely(session: &mut Session, errors: &Errors) -> u8 {
    match leave::leave_configure(session) {
        Ok(()) => u8::from(errors.count > 0),
        Err(failure) => {
            session.ui.failure(&failure, &errors.origin);
            failure.exit_code()
        }
    }
}

/// Runs one command given as words on the command line.
pub fn single(session: &mut Session, text: &str) -> u8 {
    session.mode = RunMode::Single;
    session.origin = Origin { name: "crm".to_string(), text: text.to_string() };
    let (lines, diagnostics) = line::lines(text);
    let first = lines.first().filter(|_| diagnostics.is_empty());
    let outcome = match first {
        Some(line) => dispatch::run(session, line),
        None => Err(Failure::input(diagnostics)),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            let origin = session.origin.clone();
            session.ui.failure(&failure, &origin);
            failure.exit_code()
        }
    }
}
