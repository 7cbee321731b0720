//! How a call fails, in words and exit codes.

use crate::standard::Failed;
use crate::{Exit, door};
use quorate_core::cib::ApplyError;
use quorate_core::cib::command::CommandError;
use quorate_transport::local::daemon::AskError;
use quorate_transport::store::StoreError;

/// Why is for who asks for more words.
pub fn denied(why: &str, is_verbose: bool) -> Failed {
    let why = if is_verbose { format!(": {why}") } else { String::new() };
    (Exit::NOT_PERMITTED, format!("CIB API call failed: Permission denied{why}"))
}

pub fn failed(error: CommandError) -> Failed {
    let exit = match &error {
        CommandError::NoSuch | CommandError::XPath(_) => Exit::NO_SUCH,
        CommandError::Exists(_) => Exit::EXISTS,
        CommandError::Invalid => Exit::SOFTWARE,
        CommandError::Old { .. } => Exit::OLD,
        CommandError::Upgrade(_) | CommandError::NotACib(_) | CommandError::Incomplete(_) => Exit::CONFIG,
        CommandError::Unchanged => Exit::OK,
    };
    (exit, format!("CIB API call failed: {error}"))
}

pub fn not_stored(error: StoreError) -> Failed {
    match &error {
        StoreError::Apply(error) => unfit(error),
        StoreError::Daemon(AskError::Refused(_)) | StoreError::Unfit(_) | StoreError::Schema(_) => {
            (door::exit(&error), format!("CIB API call failed: {error}"))
        }
        _ => unreachable(error),
    }
}

pub fn unreachable(error: StoreError) -> Failed {
    (door::exit(&error), format!("Could not connect to the CIB API: {error}"))
}

pub fn unfit(error: &ApplyError) -> Failed {
    match error {
        ApplyError::Stale { base, current } if base < current => {
            (Exit::OLD, "CIB API call failed: Update was older than existing configuration".into())
        }
        _ => (Exit::ERROR, format!("CIB API call failed: Application of update diff failed: {error}")),
    }
}
