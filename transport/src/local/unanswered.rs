//! Why a tool has no answer of a cluster manager, or not the one it wanted.
//!
//! In: what went wrong. Out: [`AskError`], in words.

use super::client::ClientError;
use crate::pacemaker::command::Lack;
use quorate_core::node::Refusal;

/// Why a tool has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon understood, and would not.
    #[error("{0}")]
    Refused(Refusal),
    /// It was not sent: what it brings cannot be kept as it is.
    #[error("{0}")]
    Unfit(String),
    /// The cluster manager that runs here cannot do it; ours might.
    #[error("{0}")]
    Lacking(String),
    #[error("the cluster daemon gave an answer that does not fit the question: {0}")]
    Misfit(String),
}

impl From<Lack> for AskError {
    fn from(lack: Lack) -> AskError {
        AskError::Lacking(lack.what)
    }
}
