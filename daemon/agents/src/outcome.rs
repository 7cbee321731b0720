//! How far an operation got, before it is judged.

use quorate_core::lrm::ExitReport;
use quorate_core::lrm::operation::ExitStatus;

/// How an operation went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub report: ExitReport,
    /// Whether the agent was run at all.
    pub ran: bool,
}

impl Outcome {
    pub fn not_run(code: i32, status: ExitStatus, reason: String) -> Outcome {
        Outcome { report: ExitReport { code, status, reason, exec_ms: 0, rules: None }, ran: false }
    }
}
