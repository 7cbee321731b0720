//! Which kind of agent a resource has, and so who runs it.

use super::metadata::Known;
use super::{fence_agent, ocf};
use crate::options::Places;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};

/// Runs an agent's action. `running` says whether this node started the resource and has not
/// stopped it: fence devices have no process that could be asked.
pub async fn run(places: Places, known: Known, node: String, run: Run, running: bool) -> ExitReport {
    match run.resource.class.as_str() {
        "ocf" => ocf::run(&places, &known, &node, &run).await,
        "stonith" => fence_agent::operate(&places, &node, &run, running).await,
        class => ExitReport {
            code: 5,
            status: ExitStatus::NotInstalled,
            reason: format!("agents of class {class} are not supported"),
            exec_ms: 0,
            rules: None,
        },
    }
}
