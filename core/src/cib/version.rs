//! The version triple of a CIB.
//!
//! A configuration change raises `epoch` and resets `num_updates`; a status change raises
//! `num_updates`; only a person raises `admin_epoch`. Versions compare in that order.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `admin_epoch.epoch.num_updates`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    pub admin_epoch: u32,
    pub epoch: u32,
    pub num_updates: u32,
}

impl Version {
    /// The version after a change of the configuration.
    #[must_use]
    pub fn next_configuration(self) -> Version {
        Version { epoch: self.epoch.saturating_add(1), num_updates: 0, ..self }
    }

    /// The version after a change of the status.
    #[must_use]
    pub fn next_status(self) -> Version {
        Version { num_updates: self.num_updates.saturating_add(1), ..self }
    }

    /// Whether both hold the same configuration.
    pub fn same_configuration(self, other: Version) -> bool {
        (self.admin_epoch, self.epoch) == (other.admin_epoch, other.epoch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.admin_epoch, self.epoch, self.num_updates)
    }
}
