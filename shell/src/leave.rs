//! Leaving a level, with what is pending there.
//!
//! In: the session. Out: the session a level further out; the configuration committed, or asked about.

use crate::check;
use crate::error::Outcome;
use crate::levels::configure::look::print_diff;
use crate::session::{RunMode, Session};

/// Leaves the current level. What is pending in `configure` is committed, or asked about.
pub fn leave(session: &mut Session) -> Outcome {
    let Some(level) = session.levels.last().copied() else { return Ok(()) };
    if level == "configure" {
        leave_configure(session)?;
    }
    session.levels.pop();
    Ok(())
}

pub fn leave_configure(session: &mut Session) -> Outcome {
    if session.is_changed() {
        match session.mode {
            RunMode::Batch | RunMode::Single => {
                let committed = check::before_commit(session, false).and_then(|()| session.commit_stage());
                if let Err(failure) = committed {
                    session.drop_stage();
                    return Err(failure);
                }
            }
            RunMode::Interactive => {
                print_diff(session)?;
                if session.confirm("There are changes that have not been committed. Commit them?") {
                    session.commit_stage()?;
                } else {
                    session.ui.warn("the changes were dropped");
                }
            }
        }
    }
    session.drop_stage();
    Ok(())
}
