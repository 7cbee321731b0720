//! The key by which a result is matched to the action that asked for it.
//!
//! `ACTION:TRANSITION:EXPECTED_EXIT_CODE:UUID`; a magic puts `STATUS:EXIT_CODE;` before it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one action of one transition of one leader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransitionKey {
    pub action: u32,
    pub transition: i32,
    /// The exit code that counts as success.
    pub expected: i32,
    /// The leader's own mark; another leader's transitions have another.
    pub uuid: String,
}

impl TransitionKey {
    /// Reads a key; `None` if it is none.
    pub fn parse(text: &str) -> Option<TransitionKey> {
        let mut parts = text.splitn(4, ':');
        Some(TransitionKey {
            action: parts.next()?.parse().ok()?,
            transition: parts.next()?.parse().ok()?,
            expected: parts.next()?.parse().ok()?,
            uuid: parts.next()?.to_string(),
        })
    }
}

impl fmt::Display for TransitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.action, self.transition, self.expected, self.uuid)
    }
}
