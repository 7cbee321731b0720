//! Fence agents: `name=value` lines on standard input, exit code 0 is success (Fence Agent API).

use super::agent::reveal;
use super::ocf;
use super::program::{self, End};
use crate::options::Places;
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::request::DeviceResult;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Runs one action of a fence agent against a node.
pub async fn fence(places: &Places, node: &str, run: &DeviceRun) -> DeviceResult {
    let mut arguments = run.arguments.clone();
    if let Err(error) = reveal(places, &run.device, &mut arguments) {
        return DeviceResult { ok: false, output: error.to_string() };
    }
    let report = call(places, node, &run.agent, &arguments, run.timeout_ms).await;
    match report {
        Ok(ended) => match ended.end {
            End::Exited(0) => DeviceResult { ok: true, output: ended.stdout },
            End::Exited(code) => {
                let said = ended.stderr.lines().rev().find(|line| !line.trim().is_empty());
                DeviceResult { ok: false, output: format!("exit code {code}: {}", said.unwrap_or_default().trim()) }
            }
            End::TimedOut => DeviceResult { ok: false, output: "timed out".into() },
            End::Signalled(signal) => DeviceResult { ok: false, output: format!("died of signal {signal}") },
            End::Missing => DeviceResult { ok: false, output: "interpreter missing".into() },
            End::NotStarted(why) => DeviceResult { ok: false, output: why },
        },
        Err(why) => DeviceResult { ok: false, output: why },
    }
}

/// A fence device as a resource: starting and monitoring it ask the device whether it would work;
/// stopping it needs nothing.
pub async fn operate(places: &Places, node: &str, run: &Run, running: bool) -> ExitReport {
    match run.operation.as_str() {
        "stop" => return ExitReport::exited(0),
        // A probe: the device is active here only if this node started it.
        "monitor" if run.interval_ms == 0 => return ExitReport::exited(if running { 0 } else { 7 }),
        "start" | "monitor" => {}
        other => {
            let mut report = ExitReport::exited(3);
            report.reason = format!("fence devices have no action {other}");
            return report;
        }
    }
    let mut arguments: BTreeMap<String, String> = run
        .parameters
        .iter()
        .filter(|(name, _)| !name.starts_with("pcmk_") && !name.starts_with("CRM_meta_") && *name != "crm_feature_set")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let spelled = run.parameters.get("pcmk_monitor_action").map_or("monitor", String::as_str);
    arguments.insert("action".into(), spelled.into());
    match call(places, node, &run.resource.kind, &arguments, run.timeout_ms).await {
        Err(why) => ExitReport { code: 5, status: ExitStatus::NotInstalled, reason: why, exec_ms: 0, rules: None },
        Ok(ended) => {
            let exec_ms = ended.took.as_millis() as u64;
            let last = ended.stderr.lines().rev().find(|line| !line.trim().is_empty());
            let said = last.unwrap_or_default().trim().to_string();
            match ended.end {
                End::Exited(0) => ExitReport { exec_ms, ..ExitReport::exited(0) },
                End::TimedOut => {
                    ExitReport { code: 1, status: ExitStatus::TimedOut, reason: said, exec_ms, rules: None }
                }
                End::Exited(_) => {
                    ExitReport { code: 1, status: ExitStatus::Exited, reason: said, exec_ms, rules: None }
                }
                other => ExitReport {
                    code: 1,
                    status: ExitStatus::Failed,
                    reason: format!("{other:?}"),
                    exec_ms,
                    rules: None,
                },
            }
        }
    }
}

async fn call(
    places: &Places,
    node: &str,
    agent: &str,
    arguments: &BTreeMap<String, String>,
    timeout_ms: u64,
) -> Result<program::Ended, String> {
    let program = find(places, agent).ok_or_else(|| format!("fence agent {agent} is not installed"))?;
    let mut environment = ocf::common(places, node);
    // The node that runs a device is not the device's target: its heirs are not to be found as such.
    environment.remove("QUORATE_ROOT");
    let input: String = arguments.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let timeout = Duration::from_millis(timeout_ms);
    Ok(program::run(&program, &[], &environment, input, timeout).await)
}

fn find(places: &Places, agent: &str) -> Option<PathBuf> {
    // An agent's name is a file name, never a path.
    if agent.contains('/') {
        return None;
    }
    places.programs().into_iter().map(|place| place.join(agent)).find(|file| file.is_file())
}
