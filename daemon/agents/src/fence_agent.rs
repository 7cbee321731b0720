//! Runs a fence agent once: its parameters are lines on its standard input (Fence Agent API).
//!
//! In: an agent's name, what it is told. Out: how it ended. Absent: what that means (see `fence`).

use crate::beside::beside;
use crate::host::Host;
use crate::obstacle::{Meaning, Obstacle};
use crate::program::{self, Call, End, Ended};
use crate::stamp::Stamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) async fn call(
    host: &Host,
    agent: &str,
    arguments: &BTreeMap<String, String>,
    timeout_ms: u64,
    purpose: String,
) -> Ended {
    let began = Instant::now();
    let not_run = |obstacle| {
        let (stdout, stderr) = (String::new(), String::new());
        Ended { end: End::NotRun(obstacle), stdout, stderr, took: began.elapsed() }
    };
    let timeout = Duration::from_millis(timeout_ms);
    let program = match installed(host, agent, timeout).await {
        Ok((program, _)) => program,
        Err(obstacle) => return not_run(obstacle),
    };
    // It would be read as another parameter.
    let in_two = |(name, value): &(&String, &String)| name.contains('\n') || value.contains('\n');
    if let Some((name, _)) = arguments.iter().find(in_two) {
        let words = format!("{name} holds a line end, which a fence agent cannot be told");
        return not_run(Obstacle::new(Meaning::Error, words));
    }
    let mut environment = host.environment();
    // The node that runs a device is not the device's target: its descendants are not to be found as such.
    environment.remove("QUORATE_ROOT");
    let input: String = arguments.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let timeout = timeout.saturating_sub(began.elapsed());
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

/// The agent's file, and which agent lies in it.
///
/// # Errors
/// It is not installed, or its disk does not answer within the time.
pub(crate) async fn installed(host: &Host, agent: &str, within: Duration) -> Result<(PathBuf, Stamp), Obstacle> {
    let (name, host) = (agent.to_string(), host.clone());
    match beside(within, move || find(&host, &name)).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(Obstacle::new(Meaning::NotInstalled, format!("fence agent {agent} is not installed"))),
        Err(no_answer) => Err(no_answer.obstacle(&format!("fence agent {agent}"), within)),
    }
}

fn find(host: &Host, agent: &str) -> Option<(PathBuf, Stamp)> {
    // An agent's name is a file name, never a path.
    if agent.contains('/') {
        return None;
    }
    let file = host.programs.iter().map(|place| place.join(agent)).find(|file| file.is_file())?;
    let stamp = Stamp::of(&file)?;
    Some((file, stamp))
}
