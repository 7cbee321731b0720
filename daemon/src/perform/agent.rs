//! Agents of this node: where things are for them, and the values that the configuration does not show.

use crate::log::Log;
use crate::options::Places;
use quorate_agents::activity::Activity;
use quorate_agents::fence_actions::FenceActions;
use quorate_agents::host::Host;
use quorate_agents::metadata::MetadataCache;
use quorate_agents::outcome::Outcome;
use quorate_agents::register::{Register, Running};
use quorate_agents::{fence, operation};
use quorate_core::cib::Document;
use quorate_core::exit;
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::run::DeviceResult;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use quorate_transport::secret::{MARK, SecretError, Secrets};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// This node's host.
pub fn host(places: &Places, node: &str) -> io::Result<Host> {
    Ok(Host {
        root: places.root.clone(),
        node: node.to_string(),
        agents: places.agents(),
        programs: places.programs(),
        state: places.agent_state(),
        log: Some(places.log()),
        register: Register::open(&places.run().join("running"))?,
        activity: Activity::open(&places.run().join("active"))?,
    })
}

/// Ends what a daemon before us left running: before anything is asked or started, so that nothing
/// is done twice at once.
pub fn end_predecessors(host: &Host, log: &mut Log) {
    ended(host, host.register.end_predecessors(), "of the daemon before ", log);
}

/// Ends what this daemon has running, when it ends itself.
pub fn end_own(host: &Host, log: &mut Log) {
    ended(host, host.register.end_own(), "", log);
}

fn ended(host: &Host, programs: Vec<Running>, whose: &str, log: &mut Log) {
    for program in programs {
        operation::interrupted(host, &program.purpose);
        let (level, outcome) = match program.gone {
            true => ("warning", "was still running, and was ended with its group"),
            false => ("error", "is still running and cannot be ended: it waits for a disk, or for the kernel"),
        };
        log.line(level, "agent", &format!("{} {whose}{outcome}", program.purpose));
    }
}

/// Runs a resource's agent.
pub async fn operate(host: Host, metadata: MetadataCache, mut run: Run) -> ExitReport {
    let before = operation::begin(&host, &run);
    // Without its secrets a resource can at least be stopped.
    if let Err(error) = reveal(&host, &run.resource.id, &mut run.parameters)
        && run.operation != "stop"
    {
        let outcome = Outcome::not_run(exit::NOT_CONFIGURED, ExitStatus::NoSecrets, error.to_string());
        return operation::judge(&host, &run, before, outcome);
    }
    operation::run(&host, &metadata, &run, before).await
}

/// Runs a fence agent against a node.
pub async fn fence(host: Host, known: FenceActions, mut run: DeviceRun) -> DeviceResult {
    match reveal(&host, &run.device.clone(), &mut run.arguments) {
        Ok(()) => fence::fence(&host, &known, &run).await,
        Err(error) => DeviceResult::failed(error.to_string()),
    }
}

/// Asks the fence agents of a configuration what they can do, so that it is known when they are needed.
pub fn learn_fence_agents(host: &Host, known: &FenceActions, document: &Document) {
    let resources = document.configuration().child("resources");
    let elements = resources.into_iter().flat_map(|resources| resources.descendants());
    let devices = elements.filter(|element| element.attr("class") == Some("stonith"));
    let agents: BTreeSet<String> = devices.filter_map(|device| device.attr("type").map(str::to_string)).collect();
    for agent in agents {
        let (host, known) = (host.clone(), known.clone());
        tokio::spawn(async move { drop(known.of(&host, &agent).await) });
    }
}

/// Puts the values of this node where the configuration only says that there are some.
fn reveal(host: &Host, resource: &str, values: &mut BTreeMap<String, String>) -> Result<(), SecretError> {
    let secrets = Secrets::below(&host.root);
    for (name, value) in values.iter_mut().filter(|(_, value)| *value == MARK) {
        *value = secrets.get(resource, name)?;
    }
    Ok(())
}
