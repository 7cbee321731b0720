//! One run of a fence agent, and how it went.
//!
//! In: nothing. Out: what is asked of whoever runs agents. Absent: when, and what follows (see `request`).

use super::delay::Delay;
use super::device::WATCHDOG_AGENT;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How `metadata` tells that an agent's `on` is for every node that joins (`automatic="1"`, formerly
/// `required="1"`, of the action).
pub const AUTOMATIC_ON: &str = "on:automatic";

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

    /// Whether it does something to the node, and does not only ask.
    pub fn changes_power(&self) -> bool {
        matches!(self.action.as_str(), "off" | "reboot" | "on")
    }

    /// Whether it may take the node down, or only asks, or switches on.
    pub fn cuts_off(&self) -> bool {
        matches!(self.action.as_str(), "off" | "reboot")
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEnd {
    Done,
    /// It may succeed another time.
    Failed,
    /// The agent's metadata does not have the action: it was not asked, and need not be again.
    Lacking,
}

/// How a run went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceResult {
    pub end: RunEnd,
    /// What the agent printed; for `list`, the ports; for `metadata`, the names of its actions
    /// ([`AUTOMATIC_ON`] among them where nodes are to be let in by it).
    pub output: String,
    pub took_ms: u64,
}

impl DeviceResult {
    /// The agent has done it.
    pub fn done(output: impl Into<String>) -> DeviceResult {
        DeviceResult { end: RunEnd::Done, output: output.into(), took_ms: 0 }
    }

    /// It was not done, and why.
    pub fn failed(why: impl Into<String>) -> DeviceResult {
        DeviceResult { end: RunEnd::Failed, output: why.into(), took_ms: 0 }
    }

    /// Whether it was done.
    pub fn is_ok(&self) -> bool {
        self.end == RunEnd::Done
    }
}
