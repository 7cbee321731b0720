//! Alert programs: told of something that happened by their environment (Pacemaker Explained, "Alert Agents").

use crate::host::{Environment, Host};
use crate::ocf::last_line;
use crate::program::{self, Call, End};
use std::path::Path;
use std::time::Duration;

/// Runs an alert's program; what went wrong, in words.
///
/// # Errors
/// It could not be run, was killed, or exited with another code than 0.
pub async fn run(
    host: &Host,
    path: &str,
    own: &Environment,
    timeout: Duration,
    run_as: Option<(u32, u32)>,
) -> Result<(), String> {
    let mut environment = host.environment();
    // An alert is about the cluster, not part of a resource.
    environment.remove("OCF_RESKEY_CRM_meta_on_node");
    environment.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    let purpose = format!("alert {path}");
    let (program, input) = (Path::new(path), String::new());
    let call = Call { program, arguments: Vec::new(), environment: &environment, input, timeout, purpose, run_as };
    let ended = program::run(call, &host.register).await;
    match ended.end {
        End::Exited(0) => Ok(()),
        End::Exited(code) => Err(format!("{path}: exit code {code}: {}", last_line(&ended.stderr))),
        End::Signalled(signal) => Err(format!("{path} died of signal {signal}")),
        End::TimedOut | End::Unwanted => {
            Err(format!("{path} was killed after {} s, its timeout", timeout.as_secs_f32()))
        }
        End::NotRun(obstacle) => Err(obstacle.words),
    }
}
