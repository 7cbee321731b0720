//! One run of a fence agent, and how it went.
//!
//! In: nothing. Out: what is asked of whoever runs agents. Absent: when, and what follows (see `request`).

use super::delay::Delay;
use super::device::WATCHDOG_AGENT;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One run of a fence agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRun {
    pub device: String,
    pub agent: String,
    /// `off`, `on`, `reboot`, or a question: `metadata`, `list`, `status`.
    pub action: String,
    pub arguments: BTreeMap<String, String>,
    pub timeout_ms: u64,
    /// What is waited before the agent is started.
    pub delay: Delay,
    /// How many actions the device can be asked for at once; `None` for any number.
    pub at_once: Option<usize>,
}

impl DeviceRun {
    /// Whether nothing is run: the target's own watchdog is waited for.
    pub fn is_watchdog(&self) -> bool {
        self.agent == WATCHDOG_AGENT
    }

    /// Whether it may take the node down, or only asks, or switches on.
    pub fn cuts_off(&self) -> bool {
        matches!(self.action.as_str(), "off" | "reboot")
    }
}

/// How a run went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceResult {
    pub ok: bool,
    /// What the agent printed; for `list`, the ports; for `metadata`, the names of its actions.
    pub output: String,
    pub took_ms: u64,
}
