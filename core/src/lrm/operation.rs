//! What to run, and how it went.

use crate::agent::ChangeRules;
use crate::agent::OPERATION_TIMEOUT_MS;
use crate::exit;
use crate::status::operation::ExecutionStatus;
use crate::transition::{Action, ResourceRef, TransitionKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One action of a transition, to be performed on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    pub key: TransitionKey,
    pub action: Action,
}

/// Names one run of an agent.
pub type Ticket = u64;

/// An agent to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub ticket: Ticket,
    pub resource: ResourceRef,
    /// The agent's action: `start`, `monitor`, …
    pub operation: String,
    /// 0 runs once.
    pub interval_ms: u64,
    pub timeout_ms: u64,
    /// Parameters by name, `CRM_meta_*` included.
    pub parameters: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// The agent's exit code; for runs that never exited, what stands for it.
    pub code: i32,
    pub status: ExitStatus,
    /// The agent's last `ocf-exit-reason:` line, or why it could not run.
    pub reason: String,
    pub exec_ms: u64,
    /// What the agent's metadata says of changes; `None` if they are not known.
    pub rules: Option<ChangeRules>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// The agent exited.
    Exited,
    /// It was killed at its timeout.
    TimedOut,
    /// There is no such agent here.
    NotInstalled,
    /// It could not be started, or died of a signal.
    Failed,
    /// A value that the configuration keeps secret is not here, or not as it was kept.
    NoSecrets,
}

impl ExitReport {
    /// A run that exited with this code and gave no reason.
    pub fn exited(code: i32) -> ExitReport {
        ExitReport { code, status: ExitStatus::Exited, reason: String::new(), exec_ms: 0, rules: None }
    }

    /// The status that goes with the exit in the history.
    pub fn execution_status(&self) -> ExecutionStatus {
        match self.status {
            ExitStatus::TimedOut => ExecutionStatus::TimedOut,
            ExitStatus::NotInstalled => ExecutionStatus::NotInstalled,
            ExitStatus::Failed => ExecutionStatus::Error,
            ExitStatus::NoSecrets => ExecutionStatus::NoSecrets,
            ExitStatus::Exited if self.code == exit::NOT_INSTALLED => ExecutionStatus::NotInstalled,
            ExitStatus::Exited => ExecutionStatus::Done,
        }
    }
}

impl Operation {
    /// The name the resource's history is kept under.
    pub fn resource(&self) -> &str {
        self.action.resource.as_ref().map_or("", |resource| &resource.id)
    }

    /// Milliseconds; 0 runs once.
    pub fn interval_ms(&self) -> u64 {
        self.action.interval()
    }

    /// Milliseconds.
    pub fn timeout_ms(&self) -> u64 {
        let given = self.action.meta("timeout").and_then(|text| text.parse().ok());
        given.filter(|ms| *ms > 0).unwrap_or(OPERATION_TIMEOUT_MS)
    }

    /// Milliseconds to wait before the first run.
    pub fn start_delay_ms(&self) -> u64 {
        self.action.meta("start_delay").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Whether it changes the resource: its monitors stop before.
    pub fn changes_state(&self) -> bool {
        self.interval_ms() == 0 && !matches!(self.action.operation.as_str(), "monitor" | "notify" | "cancel" | "delete")
    }
}
