//! Fence agents: `name=value` lines on standard input, exit code 0 is success (Fence Agent API).

use crate::fence_actions::FenceActions;
use crate::fence_agent::call;
use crate::host::Host;
use crate::ocf::{last_line, late, not_run};
use crate::outcome::Outcome;
use crate::program::{End, Ended};
use quorate_core::exit;
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::device::WATCHDOG_AGENT;
use quorate_core::fencing::run::{DeviceResult, RunEnd};
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::text;
use quorate_core::time::Interval;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What an agent printed travels to all members: a list of thousands of ports, and no more.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// How often a device is asked whether it works before it counts as failed.
const ATTEMPTS_DEFAULT: u32 = 2;

/// The exit code of `status` where the node's power is off: the node is known all the same.
const STATUS_OFF: i32 = 2;

/// Runs one action of a fence agent against a node.
pub async fn fence(host: &Host, known: &FenceActions, run: &DeviceRun) -> DeviceResult {
    let began = Instant::now();
    let result = match run.action.as_str() {
        "metadata" => actions(host, known, run).await,
        action if lacks(host, known, run).await => {
            let output = format!("{} has no action {action}", run.agent);
            DeviceResult { end: RunEnd::Lacking, ..DeviceResult::failed(output) }
        }
        _ => once(host, run, run.timeout_ms).await,
    };
    let output = text::shortened(&text::visible(&result.output), OUTPUT_BYTES_MAX).into_owned();
    DeviceResult { output, took_ms: began.elapsed().as_millis() as u64, ..result }
}

async fn once(host: &Host, run: &DeviceRun, timeout_ms: u64) -> DeviceResult {
    let purpose = format!("fence device {} {}", run.device, run.action);
    let ended = call(host, &run.agent, &run.arguments, timeout_ms, purpose).await;
    match ended.end {
        End::Exited(0) => DeviceResult::done(ended.stdout),
        End::Exited(STATUS_OFF) if run.action == "status" => DeviceResult::done(ended.stdout),
        End::Exited(code) => DeviceResult::failed(format!("exit code {code}: {}", last_line(&ended.stderr))),
        End::TimedOut | End::Unwanted => DeviceResult::failed("timed out"),
        End::Signalled(signal) => DeviceResult::failed(format!("died of signal {signal}")),
        End::NotRun(obstacle) => DeviceResult::failed(obstacle.words),
    }
}

/// What the agent can be asked, in words.
async fn actions(host: &Host, known: &FenceActions, run: &DeviceRun) -> DeviceResult {
    match known.of(host, &run.agent).await {
        Some(actions) => DeviceResult::done(actions.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
        None => DeviceResult::failed(format!("{} does not say what it can", run.agent)),
    }
}

/// Whether the agent's metadata lists actions, and not this one, which nobody has spelled otherwise.
async fn lacks(host: &Host, known: &FenceActions, run: &DeviceRun) -> bool {
    let action = &run.action;
    if !run.changes_power() || run.arguments.get("action") != Some(action) {
        return false;
    }
    known.of(host, &run.agent).await.is_some_and(|actions| !actions.is_empty() && !actions.contains(action))
}

/// A fence device as a resource: starting and monitoring it ask the device whether it would work;
/// stopping it needs nothing.
pub async fn operate(host: &Host, run: &Run, running: bool) -> Outcome {
    let exited = |code| Outcome { report: ExitReport::exited(code), ran: true };
    match run.operation.as_str() {
        "stop" => return exited(exit::OK),
        // A probe: the device is active here only if this node started it.
        "monitor" if run.interval_ms == 0 => return exited(if running { exit::OK } else { exit::NOT_RUNNING }),
        // It is every node's own: there is nothing to ask.
        "start" | "monitor" if run.resource.kind == WATCHDOG_AGENT => return exited(exit::OK),
        "start" | "monitor" => {}
        other => {
            let mut outcome = exited(exit::UNIMPLEMENTED);
            outcome.report.reason = format!("fence devices have no action {other}");
            return outcome;
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
    let purpose = format!("fence device {} {}", run.resource.id, run.operation);
    outcome(ask(host, run, &arguments, &purpose).await)
}

/// Asks the device, and asks again within the same time if it says no: it may be busy.
async fn ask(host: &Host, run: &Run, arguments: &BTreeMap<String, String>, purpose: &str) -> Ended {
    let given = |name: &str| run.parameters.get(name).map(String::as_str);
    let timeout = given("pcmk_monitor_timeout").and_then(Interval::parse).map(|timeout| u64::from(timeout.ms()));
    let attempts = given("pcmk_monitor_retries").and_then(|text| text.parse().ok()).unwrap_or(ATTEMPTS_DEFAULT);
    let (began, timeout, mut attempts) = (Instant::now(), timeout.unwrap_or(run.timeout_ms), attempts);
    loop {
        let left = timeout.saturating_sub(began.elapsed().as_millis() as u64);
        let ended = call(host, &run.resource.kind, arguments, left, purpose.to_string()).await;
        attempts = attempts.saturating_sub(1);
        let refused = matches!(ended.end, End::Exited(1..) | End::Signalled(_));
        if !refused || attempts == 0 || began.elapsed() >= Duration::from_millis(timeout) {
            return Ended { took: began.elapsed(), ..ended };
        }
    }
}

fn outcome(ended: Ended) -> Outcome {
    let exec_ms = ended.took.as_millis() as u64;
    let said = last_line(&ended.stderr);
    let (code, status, reason) = match ended.end {
        End::NotRun(obstacle) => return not_run(obstacle),
        End::Exited(0) => (exit::OK, ExitStatus::Exited, String::new()),
        End::Exited(_) => (exit::ERROR, ExitStatus::Exited, said),
        End::TimedOut | End::Unwanted => {
            (exit::ERROR, ExitStatus::TimedOut, if said.is_empty() { late(ended.took) } else { said })
        }
        End::Signalled(signal) => (exit::ERROR, ExitStatus::Failed, format!("died of signal {signal}")),
    };
    Outcome { report: ExitReport { code, status, reason, exec_ms, rules: None }, ran: true }
}
