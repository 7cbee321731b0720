//! Runs a fence agent once: its parameters are lines on its standard input (Fence Agent API).
//!
//! In: an agent's name, what it is told. Out: how it ended. Absent: what that means (see `fence`).

use crate::host::Host;
use crate::obstacle::{Meaning, Obstacle};
use crate::program::{self, Call, End, Ended};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) async fn call(
    host: &Host,
    agent: &str,
    arguments: &BTreeMap<String, String>,
    timeout_ms: u64,
    purpose: String,
) -> Ended {
    let not_run = |meaning, words| {
        let (stdout, stderr) = (String::new(), String::new());
        Ended { end: End::NotRun(Obstacle::new(meaning, words)), stdout, stderr, took: Duration::ZERO }
    };
    let Some(program) = find(host, agent) else {
        return not_run(Meaning::NotInstalled, format!("fence agent {agent} is not installed"));
    };
    // It would be read as another parameter.
    let in_two = |(name, value): &(&String, &String)| name.contains('\n') || value.contains('\n');
    if let Some((name, _)) = arguments.iter().find(in_two) {
        let words = format!("{name} holds a line end, which a fence agent cannot be told");
        return not_run(Meaning::Error, words);
    }
    let mut environment = host.environment();
    // The node that runs a device is not the device's target: its descendants are not to be found as such.
    environment.remove("QUORATE_ROOT");
    let input: String = arguments.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let timeout = Duration::from_millis(timeout_ms);
    let call = Call {
        program: &program,
        arguments: Vec::new(),
        environment: &environment,
        input,
        timeout,
        purpose,
        run_as: None,
    };
    program::run(call, &host.register).await
}

/// The agent's file; `None` if it is not installed.
pub(crate) fn find(host: &Host, agent: &str) -> Option<PathBuf> {
    // An agent's name is a file name, never a path.
    if agent.contains('/') {
        return None;
    }
    host.programs.iter().map(|place| place.join(agent)).find(|file| file.is_file())
}
