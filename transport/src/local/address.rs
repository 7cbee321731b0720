//! Which cluster manager of this host is meant: ours, Pacemaker, or whichever runs.
//!
//! In: the environment, options. Out: an [`Address`] that `daemon` connects to.
//! Absent: whether it runs.

use std::path::{Path, PathBuf};

/// The variable that decides it.
pub const VARIABLE: &str = "CRM_CLUSTER";

/// Whose daemon is to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// Ours if it runs, else a Pacemaker that runs.
    #[default]
    Either,
    Quorate,
    Pacemaker,
    /// A word that names none: who connects is told so.
    Unknown(String),
}

impl From<&str> for Wanted {
    fn from(word: &str) -> Wanted {
        match word {
            "quorate" => Wanted::Quorate,
            "pacemaker" => Wanted::Pacemaker,
            _ => Wanted::Unknown(word.to_string()),
        }
    }
}

/// Where a cluster manager answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Our daemon's.
    pub socket: PathBuf,
    pub wanted: Wanted,
}

/// A socket alone is our daemon's.
impl From<&Path> for Address {
    fn from(socket: &Path) -> Address {
        Address { socket: socket.to_path_buf(), wanted: Wanted::Quorate }
    }
}

impl From<&PathBuf> for Address {
    fn from(socket: &PathBuf) -> Address {
        Address::from(socket.as_path())
    }
}

impl From<PathBuf> for Address {
    fn from(socket: PathBuf) -> Address {
        Address { socket, wanted: Wanted::Quorate }
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Address {
        address.clone()
    }
}
