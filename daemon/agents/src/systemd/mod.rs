//! Units of systemd as resources: jobs followed to their end, states between two waited for.
//!
//! In: a `Run`. Out: its outcome. While the cluster has a unit started, a drop-in keeps systemd from
//! restarting it on its own, and at a shutdown from stopping it before the cluster has.

mod bus;

use crate::host::Host;
use crate::outcome::Outcome;
use bus::{BusError, Job, State, Systemd};
use quorate_core::exit;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What units' names end in (systemd.unit(5)); a name without is a service's.
const SUFFIXES: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// Runs one action of a unit.
pub async fn run(host: &Host, run: &Run) -> Outcome {
    let unit = unit_name(&run.resource.kind);
    let began = Instant::now();
    let acting = tokio::time::timeout(Duration::from_millis(run.timeout_ms), act(host, run, &unit));
    let mut outcome = acting.await.unwrap_or_else(|_| timed_out(&unit, began.elapsed()));
    outcome.report.exec_ms = began.elapsed().as_millis() as u64;
    outcome
}

async fn act(host: &Host, run: &Run, unit: &str) -> Outcome {
    // sd_booted(3)
    if !Path::new("/run/systemd/system").is_dir() {
        let words = "systemd does not run here".to_string();
        return Outcome::not_run(exit::NOT_INSTALLED, ExitStatus::NotInstalled, words);
    }
    let systemd = match Systemd::connect().await {
        Ok(systemd) => systemd,
        Err(error) => {
            let words = format!("systemd cannot be reached: {}", words_of(&error, unit));
            return Outcome::not_run(exit::ERROR, ExitStatus::Failed, words);
        }
    };
    let done = match run.operation.as_str() {
        "start" => start(host, &systemd, unit).await,
        "stop" => stop(host, &systemd, unit).await,
        "monitor" => systemd.lasting_state(unit).await.map(|state| exited(code(&state), String::new())),
        "reload" | "reload-agent" => reload(&systemd, unit).await,
        other => Ok(exited(exit::UNIMPLEMENTED, format!("units of systemd have no action {other}"))),
    };
    done.unwrap_or_else(|error| refused(&run.operation, &error, unit))
}

async fn start(host: &Host, systemd: &Systemd, unit: &str) -> Result<Outcome, BusError> {
    // Without it the unit runs as well, only that systemd may interfere.
    match DropIn::of(host, unit).write() {
        Ok(()) => systemd.reload_files().await?,
        Err(error) => return Err(BusError::Failed(error.to_string())),
    }
    let result = match systemd.job(Job::Start, unit).await {
        Err(BusError::NoSuchUnit) => {
            let _ = DropIn::of(host, unit).remove();
            return Err(BusError::NoSuchUnit);
        }
        ended => ended?,
    };
    let state = systemd.lasting_state(unit).await?;
    Ok(match (result.as_str(), state.is_active()) {
        ("done", true) => exited(exit::OK, String::new()),
        _ => exited(exit::ERROR, became(unit, "start", &result, &state)),
    })
}

async fn stop(host: &Host, systemd: &Systemd, unit: &str) -> Result<Outcome, BusError> {
    // First: while the daemon is itself being stopped, the file would have the unit wait for that.
    match DropIn::of(host, unit).remove() {
        Ok(true) => systemd.reload_files().await?,
        Ok(false) => {}
        Err(error) => return Err(BusError::Failed(error.to_string())),
    }
    let result = systemd.job(Job::Stop, unit).await?;
    let state = systemd.lasting_state(unit).await?;
    Ok(match state.is_active() {
        true => exited(exit::ERROR, became(unit, "stop", &result, &state)),
        false => exited(exit::OK, String::new()),
    })
}

async fn reload(systemd: &Systemd, unit: &str) -> Result<Outcome, BusError> {
    let result = systemd.job(Job::Reload, unit).await?;
    let state = systemd.lasting_state(unit).await?;
    Ok(match (result.as_str(), state.is_active()) {
        ("done", true) => exited(exit::OK, String::new()),
        _ => exited(exit::ERROR, became(unit, "reload", &result, &state)),
    })
}

fn became(unit: &str, job: &str, result: &str, state: &State) -> String {
    let State { active, sub, load } = state;
    let load = if load == "loaded" { String::new() } else { format!(", {load}") };
    format!("systemd's job to {job} {unit} ended: {result}; the unit is {active} ({sub}){load}")
}

/// A unit's state in OCF's terms.
fn code(state: &State) -> i32 {
    if state.is_active() { exit::OK } else { exit::NOT_RUNNING }
}

fn exited(code: i32, reason: String) -> Outcome {
    Outcome { report: ExitReport { reason, ..ExitReport::exited(code) }, ran: true }
}

fn timed_out(unit: &str, took: Duration) -> Outcome {
    let reason = format!("{unit} was not done after {:.1}s, its timeout", took.as_secs_f32());
    let report = ExitReport { status: ExitStatus::TimedOut, reason, ..ExitReport::exited(exit::ERROR) };
    Outcome { report, ran: true }
}

/// systemd would not: what is not there needs not be stopped, and cannot be started.
fn refused(operation: &str, error: &BusError, unit: &str) -> Outcome {
    let words = words_of(error, unit);
    match (error, operation) {
        (BusError::NoSuchUnit, "stop") => exited(exit::OK, String::new()),
        (BusError::NoSuchUnit, _) => Outcome::not_run(exit::NOT_INSTALLED, ExitStatus::NotInstalled, words),
        (BusError::Failed(_), _) => {
            let report = ExitReport { status: ExitStatus::Failed, reason: words, ..ExitReport::exited(exit::ERROR) };
            Outcome { report, ran: true }
        }
    }
}

fn words_of(error: &BusError, unit: &str) -> String {
    match error {
        BusError::NoSuchUnit => format!("unit {unit} is not installed"),
        BusError::Failed(words) => words.clone(),
    }
}

fn unit_name(name: &str) -> String {
    if SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) { name.to_string() } else { format!("{name}.service") }
}

/// The file by which systemd leaves a unit to the cluster.
struct DropIn {
    unit: String,
    directory: PathBuf,
}

impl DropIn {
    fn of(host: &Host, unit: &str) -> DropIn {
        DropIn { unit: unit.to_string(), directory: host.root.join("run/systemd/system").join(format!("{unit}.d")) }
    }

    /// Under the name that Pacemaker gives it, so that each removes what the other left.
    fn file(&self) -> PathBuf {
        self.directory.join("50-pacemaker.conf")
    }

    fn write(&self) -> io::Result<()> {
        let mut text = format!(
            "[Unit]\nDescription=Cluster Controlled {}\nBefore=quorated.service pacemaker.service pacemaker_remote.service\n",
            self.unit.trim_end_matches(".service")
        );
        if self.unit.ends_with(".service") {
            text.push_str("\n[Service]\nRestart=no\n");
        }
        fs::create_dir_all(&self.directory)?;
        fs::write(self.file(), text)
    }

    /// `false` if there was none.
    fn remove(&self) -> io::Result<bool> {
        match fs::remove_file(self.file()) {
            Ok(()) => {
                // Others may keep files of their own there.
                let _ = fs::remove_dir(&self.directory);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_kind_is_a_services() {
        for (name, unit) in
            [("nginx", "nginx.service"), ("x.timer", "x.timer"), ("a@b", "a@b.service"), ("v1.2", "v1.2.service")]
        {
            assert_eq!(unit_name(name), unit);
        }
    }

    #[test]
    fn states_in_ocfs_terms() {
        let table = [("active", 0), ("reloading", 0), ("inactive", 7), ("failed", 7), ("maintenance", 7)];
        for (active, expected) in table {
            let state = State { active: active.into(), sub: String::new(), load: "loaded".into() };
            assert_eq!(code(&state), expected, "{active}");
            assert!(!state.is_passing());
        }
    }

    #[test]
    fn what_is_not_there_is_stopped_and_cannot_be_started() {
        assert_eq!(refused("stop", &BusError::NoSuchUnit, "x.service").report.code, exit::OK);
        let outcome = refused("start", &BusError::NoSuchUnit, "x.service");
        assert_eq!((outcome.report.status, outcome.ran), (ExitStatus::NotInstalled, false));
    }
}
