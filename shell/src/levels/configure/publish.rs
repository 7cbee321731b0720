//! The end of an editing session: commit, refresh; and steps back, undo and redo.
//!
//! In: calls. Out: the stage committed, dropped, or moved one step.
//! Absent: merging with what others changed (see `commit`).

use super::look::simulate;
use crate::check;
use crate::command::{Call, FORCE, PREVIEW};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_grammar::{Diagnostic, Severity};

pub fn commit(session: &mut Session, call: &Call) -> Outcome {
    let forced = call.has(FORCE) || call.argument(0) == Some("force") || session.switches.force;
    if call.has(PREVIEW) {
        return simulate(session, call);
    }
    if !session.is_changed() {
        session.ui.info("apparently there is nothing to commit");
        session.ui.info("try changing something first");
        return Ok(());
    }
    let found = session.check_batch()?;
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(found));
    }
    let problems = new_problems(session)?;
    check::report(session, &problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) && !forced {
        return Err(Failure::refused("nothing was committed").hint("put it right, or use `commit force`"));
    }
    session.commit_stage().map(drop)
}

/// Problems that the changes brought; those that were there before are no reason to refuse them.
fn new_problems(session: &mut Session) -> Outcome<Vec<check::Problem>> {
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    let before = check::check(&base, session.catalogue());
    let mut now = check::check(&work, session.catalogue());
    now.retain(|problem| !before.contains(problem));
    Ok(now)
}

pub fn refresh(session: &mut Session, _: &Call) -> Outcome {
    if session.is_changed()
        && session.manner == crate::session::Manner::Interactive
        && !session.confirm("All changes will be dropped. Go on?")
    {
        return Ok(());
    }
    session.drop_stage();
    session.stage().map(drop)
}

pub fn undo(session: &mut Session, _: &Call) -> Outcome {
    match session.stage()?.undo() {
        Some(command) => session.ui.info(&format!("took back: {command}")),
        None => session.ui.info("there is nothing to take back"),
    }
    Ok(())
}

pub fn redo(session: &mut Session, _: &Call) -> Outcome {
    match session.stage()?.redo() {
        Some(command) => session.ui.info(&format!("made again: {command}")),
        None => session.ui.info("there is nothing to make again"),
    }
    Ok(())
}
