//! Init scripts: `/etc/init.d/NAME ACTION` (LSB 5.0, "Init Script Actions"), in Pacemaker's words of results.
//!
//! In: a `Run`. Out: its outcome. Absent: parameters, which such a script does not take.

use crate::host::Host;
use crate::obstacle::{Meaning, Obstacle};
use crate::ocf;
use crate::outcome::Outcome;
use crate::program::{self, Call, Ended};
use quorate_core::exit;
use quorate_core::lrm::Run;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `status` says beyond 0, by the standard, and as Pacemaker's own scripts may say.
const DEAD_WITH_PID_FILE: i32 = 1;
const DEAD_WITH_LOCK_FILE: i32 = 2;
const STOPPED: i32 = 3;
const STATUS_NOT_INSTALLED: i32 = 150;
const STATUS_NOT_PERMITTED: i32 = 151;

/// The standard's codes of the other actions are OCF's, up to this one.
const CODE_MAX: i32 = exit::NOT_RUNNING;

/// The script of this name, if there is one.
pub fn find(host: &Host, name: &str) -> Option<PathBuf> {
    // A script's name is a file name, never a path.
    if name.contains('/') {
        return None;
    }
    let mut places = vec![host.root.join("etc/init.d")];
    if host.root != Path::new("/") {
        places.push(PathBuf::from("/etc/init.d"));
    }
    places.into_iter().map(|place| place.join(name)).find(|file| file.is_file())
}

/// Runs one action of an init script.
pub async fn run(host: &Host, run: &Run) -> Outcome {
    match ended(host, run).await {
        Ok(ended) => outcome(ended, run),
        Err(obstacle) => ocf::not_run(obstacle),
    }
}

fn looks(run: &Run) -> bool {
    run.operation == "monitor"
}

/// The same, told as it ended.
///
/// # Errors
/// There is no such script.
pub async fn ended(host: &Host, run: &Run) -> Result<Ended, Obstacle> {
    let name = &run.resource.kind;
    let Some(script) = find(host, name) else {
        return Err(Obstacle::new(Meaning::NotInstalled, format!("init script {name} is not installed")));
    };
    let environment = host.environment();
    let call = Call {
        program: &script,
        arguments: vec![if looks(run) { "status" } else { &run.operation }],
        environment: &environment,
        input: String::new(),
        timeout: Duration::from_millis(run.timeout_ms),
        purpose: format!("{} {}", run.resource.id, run.operation),
        run_as: None,
    };
    Ok(program::run(call, &host.register).await)
}

/// What the end of a script means in OCF's terms.
pub fn outcome(ended: Ended, run: &Run) -> Outcome {
    let exited = match ended.end {
        program::End::Exited(code) => Some(code),
        _ => None,
    };
    let mut outcome = ocf::outcome(ended);
    if let Some(code) = exited {
        outcome.report.code = meaning(code, looks(run));
    }
    outcome
}

/// What an exit code means in OCF's terms.
fn meaning(code: i32, of_status: bool) -> i32 {
    match code {
        ocf::NOT_FOUND => exit::NOT_INSTALLED,
        ocf::NOT_EXECUTABLE => exit::INSUFFICIENT_PRIVILEGES,
        _ if !of_status && (0..=CODE_MAX).contains(&code) => code,
        _ if !of_status => exit::ERROR,
        0 => exit::OK,
        DEAD_WITH_PID_FILE | DEAD_WITH_LOCK_FILE | STOPPED => exit::NOT_RUNNING,
        STATUS_NOT_INSTALLED => exit::NOT_INSTALLED,
        STATUS_NOT_PERMITTED => exit::INSUFFICIENT_PRIVILEGES,
        _ => exit::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(of_status: bool, meanings: &[(i32, i32)]) {
        for (code, expected) in meanings {
            assert_eq!(meaning(*code, of_status), *expected, "{code}");
        }
    }

    #[test]
    fn status_says_more_than_its_number() {
        let gone = exit::NOT_RUNNING;
        check(true, &[(0, 0), (1, gone), (2, gone), (3, gone), (4, 1), (5, 1), (150, 5), (151, 4), (199, 1), (127, 5)]);
    }

    #[test]
    fn other_actions_speak_as_ocf_agents_do() {
        check(
            false,
            &[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 1), (126, 4), (127, 5), (255, 1)],
        );
    }
}
