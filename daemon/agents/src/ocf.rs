//! OCF agents: where they are, what they are told (OCF Resource Agent API 1.1), what their exit
//! means.

use crate::beside::beside;
use crate::host::{Environment, Host};
use crate::metadata::MetadataCache;
use crate::obstacle::{Meaning, Obstacle};
use crate::outcome::Outcome;
use crate::program::{self, Call, End, Ended};
use crate::stamp::Stamp;
use quorate_core::exit;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where agents are that no node has for itself.
const ROOT: &str = "/usr/lib/ocf";

/// The prefix of the line on standard error that says why.
pub const EXIT_REASON: &str = "ocf-exit-reason:";

/// How a shell says that it found no program, or might not run it; so does `env` in a first line, and
/// by the former the loader which misses a library.
pub const NOT_FOUND: i32 = 127;
pub const NOT_EXECUTABLE: i32 = 126;

/// How long an action that has ended may wait for what the agent says of its parameters. By then it
/// was asked at the probe, and has answered if it ever will.
const RULES_TIME: Duration = Duration::from_secs(1);

/// An agent's action, ready to be run.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub program: PathBuf,
    pub environment: Environment,
    /// `None` if the file went just now.
    pub stamp: Option<Stamp>,
}

/// Runs one action of an OCF agent.
pub async fn run(host: &Host, metadata: &MetadataCache, run: &Run) -> Outcome {
    let began = Instant::now();
    let prepared = match prepare_in_time(host, run).await {
        Ok(prepared) => prepared,
        Err(obstacle) => return not_run_for(obstacle, began.elapsed()),
    };
    if let Some(stamp) = prepared.stamp {
        metadata.ask(host, &prepared.program, stamp, &prepared.environment);
    }
    let ended = program::run(prepared.call(run), &host.register).await;
    // Only what changes a resource is kept with what changes of its parameters mean.
    let looks_only = run.interval_ms > 0 || run.operation == "monitor";
    let within = if looks_only { Duration::ZERO } else { RULES_TIME };
    let rules = metadata.rules(&prepared.program, within).await;
    let outcome = outcome(ended);
    Outcome { report: ExitReport { rules, ..outcome.report }, ..outcome }
}

/// The same as [`prepare`], for who must not wait for a disk longer than the action may take.
async fn prepare_in_time(host: &Host, run: &Run) -> Result<Prepared, Obstacle> {
    let (within, (host, run)) = (Duration::from_millis(run.timeout_ms), (host.clone(), run.clone()));
    let agent = run.resource.kind.clone();
    match beside(within, move || prepare(&host, &run)).await {
        Ok(prepared) => prepared,
        Err(no_answer) => Err(no_answer.obstacle(&agent, within)),
    }
}

/// Where the agent is, and what it is told.
pub fn prepare(host: &Host, run: &Run) -> Result<Prepared, Obstacle> {
    let provider = run.resource.provider.as_deref().unwrap_or("heartbeat");
    match find(host, provider, &run.resource.kind) {
        Some((root, program)) => {
            let stamp = Stamp::of(&program);
            Ok(Prepared { program, environment: environment(host, run, &root), stamp })
        }
        None => {
            let words = format!("agent ocf:{provider}:{} is not installed", run.resource.kind);
            Err(Obstacle::new(Meaning::NotInstalled, words))
        }
    }
}

impl Prepared {
    pub fn call<'a>(&'a self, run: &'a Run) -> Call<'a> {
        Call {
            program: &self.program,
            arguments: vec![run.operation.as_str()],
            environment: &self.environment,
            input: String::new(),
            timeout: Duration::from_millis(run.timeout_ms),
            purpose: format!("{} {}", run.resource.id, run.operation),
            run_as: None,
        }
    }
}

/// The OCF root and the agent's file.
fn find(host: &Host, provider: &str, kind: &str) -> Option<(PathBuf, PathBuf)> {
    host.agents.iter().find_map(|root| {
        let file = root.join("resource.d").join(provider).join(kind);
        file.is_file().then(|| (root.clone(), file))
    })
}

/// What an agent finds in its environment.
fn environment(host: &Host, run: &Run, root: &Path) -> Environment {
    let mut environment = host.environment();
    let mut set = |name: &str, value: &str| drop(environment.insert(name.to_string(), value.to_string()));
    for (name, value) in &run.parameters {
        match name.as_str() {
            "OCF_CHECK_LEVEL" => set(name, value),
            _ => set(&format!("OCF_RESKEY_{name}"), value),
        }
    }
    let shell_functions = root.join("lib/heartbeat/ocf-shellfuncs");
    let ocf_root = if shell_functions.exists() { root.to_path_buf() } else { PathBuf::from(ROOT) };
    set("OCF_ROOT", &ocf_root.to_string_lossy());
    set("OCF_RA_VERSION_MAJOR", "1");
    set("OCF_RA_VERSION_MINOR", "1");
    set("OCF_EXIT_REASON_PREFIX", EXIT_REASON);
    let resource = &run.resource;
    // An instance of an anonymous clone is called as its primitive, as with Pacemaker: agents name what they keep
    // in the cluster by it.
    set("OCF_RESOURCE_INSTANCE", &resource.id);
    set("OCF_RESOURCE_TYPE", &resource.kind);
    if let Some(provider) = &resource.provider {
        set("OCF_RESOURCE_PROVIDER", provider);
    }
    environment
}

/// The last reason that an agent gave.
pub fn exit_reason(stderr: &str) -> &str {
    let said = stderr.lines().rev().find_map(|line| line.trim().strip_prefix(EXIT_REASON));
    said.unwrap_or_default().trim()
}

/// What an obstacle means by the API.
pub fn not_run(obstacle: Obstacle) -> Outcome {
    let (code, status) = match obstacle.meaning {
        Meaning::NotInstalled => (exit::NOT_INSTALLED, ExitStatus::NotInstalled),
        Meaning::NotPermitted => (exit::INSUFFICIENT_PRIVILEGES, ExitStatus::Failed),
        Meaning::Error => (exit::ERROR, ExitStatus::Failed),
        Meaning::Late => (exit::ERROR, ExitStatus::TimedOut),
    };
    Outcome::not_run(code, status, obstacle.words)
}

/// The same, of one that was tried for a while.
fn not_run_for(obstacle: Obstacle, took: Duration) -> Outcome {
    let Outcome { report, ran } = not_run(obstacle);
    Outcome { report: ExitReport { exec_ms: took.as_millis() as u64, ..report }, ran }
}

/// Of an agent that did not end in time, and said nothing.
pub fn late(took: Duration) -> String {
    format!("the agent was killed after {:.1}s, its timeout", took.as_secs_f32())
}

/// What the end of an agent means by the API.
pub fn outcome(ended: Ended) -> Outcome {
    let said = exit_reason(&ended.stderr).to_string();
    let last = || if said.is_empty() { last_line(&ended.stderr) } else { said.clone() };
    let (code, status, reason) = match ended.end {
        End::NotRun(obstacle) => return not_run_for(obstacle, ended.took),
        End::Exited(NOT_FOUND) => (exit::NOT_INSTALLED, ExitStatus::Exited, last()),
        End::Exited(NOT_EXECUTABLE) => (exit::INSUFFICIENT_PRIVILEGES, ExitStatus::Exited, last()),
        End::Exited(code) => (code, ExitStatus::Exited, said),
        End::Signalled(signal) => (exit::ERROR, ExitStatus::Failed, format!("the agent died of signal {signal}")),
        End::TimedOut | End::Unwanted => {
            (exit::ERROR, ExitStatus::TimedOut, if said.is_empty() { late(ended.took) } else { said })
        }
    };
    let exec_ms = ended.took.as_millis() as u64;
    Outcome { report: ExitReport { code, status, reason, exec_ms, rules: None }, ran: true }
}

/// The last line that says anything.
pub fn last_line(text: &str) -> String {
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or_default().trim().to_string()
}
