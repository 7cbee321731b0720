//! The end of an editing session: commit, refresh; and steps back, undo and redo.
//!
//! In: calls. Out: the stage committed, dropped, or moved one step.
//! Absent: merging with what others changed (see `commit`).

use super::look::simulate;
use crate::check;
use crate::command::{Call, FORCE, PREVIEW};
use crate::configure::stage::Undone;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_grammar::Diagnostic;

pub fn commit(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    if let Some(at) = words.iter().position(|word| word != "force" && word != "replace") {
        return Err(Failure::at(call.span(at), format!("`{}` is neither force nor replace", words[at])));
    }
    let has = |word: &str| words.iter().any(|given| given == word);
    let (forced, replaced) = (call.has(FORCE) || has("force") || session.switches.force, has("replace"));
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
    check::before_commit(session, forced)?;
    if replaced {
        session.rebase_stage()?;
    }
    session.commit_stage().map(drop)
}

pub fn refresh(session: &mut Session, _: &Call) -> Outcome {
    if session.is_changed()
        && session.mode == crate::session::RunMode::Interactive
        && !session.confirm("All changes will be dropped. Go on?")
    {
        return Ok(());
    }
    session.drop_stage();
    session.stage().map(drop)
}

pub fn undo(session: &mut Session, _: &Call) -> Outcome {
    match session.stage()?.undo() {
        Some(Undone { command, was_committed: false }) => session.ui.info(&format!("took back: {command}")),
        Some(Undone { command, was_committed: true }) => {
            session.ui.info(&format!("took back: {command}; it was committed, so this has to be committed too"));
        }
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
