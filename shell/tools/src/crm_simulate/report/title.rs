//! Titles of what crm_simulate prints.

use quorate_core::scheduler::trace::Told;

/// A block with a title; every format has its own word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    Status,
    Modifications,
    Scores,
    Utilization,
    ScoresAndUtilization,
    Summary,
    Transition,
    Revised,
    Timings,
}

impl Title {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Title::Status => "Current cluster status",
            Title::Modifications => "Performing Requested Modifications",
            Title::Scores => "Assignment Scores",
            Title::Utilization => "Utilization Information",
            Title::ScoresAndUtilization => "Assignment Scores and Utilization Information",
            Title::Summary => "Transition Summary",
            Title::Transition => "Executing Cluster Transition",
            Title::Revised => "Revised Cluster Status",
            Title::Timings => "Timings",
        }
    }

    /// The block for what is told of the trace.
    pub const fn of_trace(told: Told) -> Option<Title> {
        match (told.scores, told.utilization) {
            (true, true) => Some(Title::ScoresAndUtilization),
            (true, false) => Some(Title::Scores),
            (false, true) => Some(Title::Utilization),
            (false, false) => None,
        }
    }
}
