//! Which kind of agent a resource has, and so who runs it.

use super::metadata::Known;
use super::{fence_agent, ocf};
use crate::options::Places;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use quorate_transport::secret::{MARK, SecretError, Secrets};
use std::collections::BTreeMap;

/// The exit code of the API for a resource that cannot run as it is configured.
const NOT_CONFIGURED: i32 = 6;

/// Puts the values of this node where the configuration only says that there are some.
pub fn reveal(places: &Places, resource: &str, values: &mut BTreeMap<String, String>) -> Result<(), SecretError> {
    let secrets = Secrets::below(&places.root);
    for (name, value) in values.iter_mut().filter(|(_, value)| *value == MARK) {
        *value = secrets.get(resource, name)?;
    }
    Ok(())
}

/// Runs an agent's action. `running` says whether this node started the resource and has not
/// stopped it: fence devices have no process that could be asked.
pub async fn run(places: Places, known: Known, node: String, mut run: Run, running: bool) -> ExitReport {
    // Without its secrets a resource can at least be stopped.
    if let Err(error) = reveal(&places, &run.resource.id, &mut run.parameters)
        && run.operation != "stop"
    {
        let reason = error.to_string();
        return ExitReport { code: NOT_CONFIGURED, status: ExitStatus::NoSecrets, reason, exec_ms: 0, rules: None };
    }
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
