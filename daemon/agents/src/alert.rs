//! Alert programs: told of something that happened by their environment (Pacemaker Explained, "Alert Agents").

use crate::host::{Environment, Host};
use crate::obstacle::Obstacle;
use crate::ocf::last_line;
use crate::program::{self, Call, End};
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::time::Duration;

/// What became of an alert's program that has not told its recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertError {
    Exited { path: String, code: i32, said: String },
    Signalled { path: String, signal: i32 },
    TimedOut { path: String, timeout: Duration },
    NotRun(Obstacle),
}

impl Display for AlertError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            AlertError::Exited { path, code, said } => write!(f, "{path}: exit code {code}: {said}"),
            AlertError::Signalled { path, signal } => write!(f, "{path} died of signal {signal}"),
            AlertError::TimedOut { path, timeout } => {
                write!(f, "{path} was killed after {} s, its timeout", timeout.as_secs_f32())
            }
            AlertError::NotRun(obstacle) => f.write_str(&obstacle.words),
        }
    }
}

impl std::error::Error for AlertError {}

/// Runs an alert's program.
///
/// # Errors
/// It could not be run, was killed, or exited with another code than 0.
pub async fn run(
    host: &Host,
    path: &str,
    own: &Environment,
    timeout: Duration,
    run_as: Option<(u32, u32)>,
) -> Result<(), AlertError> {
    let mut environment = host.environment();
    // An alert is about the cluster, not part of a resource.
    environment.remove("OCF_RESKEY_CRM_meta_on_node");
    environment.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    let purpose = format!("alert {path}");
    let (program, input) = (Path::new(path), String::new());
    let call = Call { program, arguments: Vec::new(), environment: &environment, input, timeout, purpose, run_as };
    let ended = program::run(call, &host.register).await;
    let path = path.to_string();
    match ended.end {
        End::Exited(0) => Ok(()),
        End::Exited(code) => Err(AlertError::Exited { path, code, said: last_line(&ended.stderr) }),
        End::Signalled(signal) => Err(AlertError::Signalled { path, signal }),
        End::TimedOut | End::Unwanted => Err(AlertError::TimedOut { path, timeout }),
        End::NotRun(obstacle) => Err(AlertError::NotRun(obstacle)),
    }
}
