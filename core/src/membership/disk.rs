//! Whether a member can store the configuration.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a member's disk does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskState {
    #[default]
    Good,
    /// It refuses, for this reason.
    Failing(String),
    /// It does not answer.
    Hanging,
}

impl fmt::Display for DiskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskState::Good => f.write_str("good"),
            DiskState::Failing(reason) => f.write_str(reason),
            DiskState::Hanging => f.write_str("the disk does not answer"),
        }
    }
}
