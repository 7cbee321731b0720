//! What an agent finds of parameters (`validate-all`), asked on this host.
//!
//! In: a subject, what it is told, how long it may take. Out: how it ended and what it said.
//! Absent: the cluster, which knows nothing of it.

use super::agent::{self, Ran, Site};
use super::subject::{Action, Subject, Told};
use crate::environment::Environment;
use crate::error::{Failure, Outcome};
use quorate_core::agent::{Metadata, OPERATION_TIMEOUT_MS};
use quorate_grammar::literal;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub const VALIDATE: Action = Action::Other("validate-all");

/// How long the agent says that it needs at least; the time of any operation if it does not say.
pub fn time(metadata: Option<&Metadata>) -> Duration {
    let action = metadata.and_then(|metadata| metadata.actions.iter().find(|action| action.name == VALIDATE.word()));
    let advised = action.and_then(|action| literal::interval_ms(action.timeout.as_deref()?).ok());
    Duration::from_millis(advised.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(OPERATION_TIMEOUT_MS))
}

pub fn ask(environment: &Environment, subject: &Subject, told: &Told, interrupted: &AtomicBool) -> Ran {
    let here = Site { node: environment.node.host.clone(), target: None };
    agent::run(environment, subject, told, VALIDATE, &here, interrupted)
}

/// What came of it: `refused` says what the agent did not do.
///
/// # Errors
/// It found something wrong, or gave no answer.
pub fn verdict(ran: &Ran, refused: &str) -> Outcome {
    match ran.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failure::refused(format!("{refused} (exit code {code})"))),
        None => Err(Failure::refused(format!("{refused}: {}", ran.words()))),
    }
}
