//! Runs one action of an agent: here, or on another host by ssh.
//!
//! In: what the agent is told, where. Out: how it ended and what it said.
//! Absent: which actions, in which order (see `sequence`).

use super::subject::{Action, Subject, Told};
use crate::environment::Environment;
use quorate_agents::ocf::{self, EXIT_REASON};
use quorate_agents::{operation, program};
use quorate_core::exit;
use quorate_core::lrm::Run;
use quorate_core::transition::ResourceRef;
use quorate_tools::agent;
use quorate_transport::secret::MARK;
use quorate_transport::ssh::run::{self, Status};
use quorate_transport::ssh::{SshOptions, Target};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A node, and how to get there.
#[derive(Clone, Debug)]
pub struct Site {
    pub node: String,
    /// `None` is this host.
    pub target: Option<Target>,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    TimedOut,
    /// It did not run, or was killed.
    Failed(String),
}

#[derive(Clone, Debug)]
pub struct Ran {
    pub end: End,
    /// All that it printed.
    pub output: String,
    pub took: Duration,
}

impl Ran {
    fn not(why: String) -> Ran {
        Ran { end: End::Failed(why), output: String::new(), took: Duration::ZERO }
    }

    pub fn code(&self) -> Option<i32> {
        if let End::Exited(code) = self.end { Some(code) } else { None }
    }

    /// In words, with the reason if the agent gave one.
    pub fn words(&self) -> String {
        let reason = match ocf::exit_reason(&self.output) {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        match &self.end {
            End::Exited(code) => format!("{}{reason}", meaning(*code)),
            End::TimedOut => format!("killed after {:.1} s, its timeout{reason}", self.took.as_secs_f32()),
            End::Failed(why) => why.clone(),
        }
    }
}

fn meaning(code: i32) -> String {
    let word = exit::text(code).to_lowercase();
    if code == exit::OK { word } else { format!("{word} (exit code {code})") }
}

pub fn run(
    environment: &Environment,
    subject: &Subject,
    told: &Told,
    action: Action,
    site: &Site,
    interrupted: &AtomicBool,
) -> Ran {
    match &site.target {
        None => here(environment, subject, told, action, interrupted),
        Some(target) => there(environment, subject, told, action, target),
    }
}

// ---- this host ---------------------------------------------------------------------------------------------

/// How often it is looked whether anybody still wants the agent's answer.
const LOOK_EVERY: Duration = Duration::from_millis(10);

fn here(environment: &Environment, subject: &Subject, told: &Told, action: Action, interrupted: &AtomicBool) -> Ran {
    let values = match agent::with_secrets(&environment.node.root, &subject.id, &told.values) {
        Ok(values) => values,
        Err(error) => return Ran::not(error.to_string()),
    };
    let node = told.values.get("CRM_meta_on_node").map_or("", String::as_str);
    let roots = vec![environment.node.root.join("usr/lib/ocf"), environment.ocf_root.clone()];
    let host = agent::host(&environment.node, node, roots);
    // After a boot it may not be there yet. Who may not make it will hear that from the agent.
    let _ = std::fs::create_dir_all(&host.state);
    let run = asked(subject, values, told.timeout, action);
    let prepared = match ocf::prepare(&host, &run) {
        Ok(prepared) => prepared,
        Err(obstacle) => return Ran::not(format!("the {}", obstacle.words)),
    };
    operation::begin(&host, &run);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Ran::not(error.to_string()),
    };
    let unwanted = async {
        // A stop is the way out, so it is let finish.
        while !interrupted.load(Ordering::Relaxed) || matches!(action, Action::Stop | Action::Demote) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let ended = runtime.block_on(program::run_while_wanted(prepared.call(&run), &host.register, unwanted));
    let end = match ended.end {
        program::End::Exited(code) => End::Exited(code),
        program::End::Signalled(signal) => End::Failed(format!("the agent died of signal {signal}")),
        program::End::TimedOut => End::TimedOut,
        program::End::Unwanted => End::Failed("interrupted".to_string()),
        program::End::NotRun(obstacle) => End::Failed(obstacle.words),
    };
    Ran { end, output: ended.stdout + &ended.stderr, took: ended.took }
}

fn asked(subject: &Subject, parameters: BTreeMap<String, String>, timeout: Duration, action: Action) -> Run {
    let resource = ResourceRef {
        id: subject.id.clone(),
        long_id: None,
        class: subject.class.clone(),
        provider: Some(subject.provider.clone()),
        kind: subject.kind.clone(),
    };
    let timeout_ms = timeout.as_millis() as u64;
    Run { ticket: 0, resource, operation: action.word().to_string(), interval_ms: 0, timeout_ms, parameters }
}

const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// ---- another host --------------------------------------------------------------------------------------------

/// Connecting may take so long on top of the agent's own time.
const CONNECT: Duration = Duration::from_secs(20);

/// What `timeout` exits with when it had to kill.
const KILLED: [i32; 2] = [124, 137];

/// What the agent finds in its environment there.
fn variables(subject: &Subject, values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, value) in values {
        let name = if name == "OCF_CHECK_LEVEL" { name.clone() } else { format!("OCF_RESKEY_{name}") };
        variables.insert(name, value.clone());
    }
    let fixed = [
        ("OCF_RA_VERSION_MAJOR", "1"),
        ("OCF_RA_VERSION_MINOR", "1"),
        ("OCF_EXIT_REASON_PREFIX", EXIT_REASON),
        ("OCF_RESOURCE_INSTANCE", &subject.id),
        ("OCF_RESOURCE_TYPE", &subject.kind),
        ("OCF_RESOURCE_PROVIDER", &subject.provider),
        ("LC_ALL", "C"),
        ("HA_LOGFACILITY", "none"),
        ("HA_debug", "0"),
        ("HA_cluster_type", "corosync"),
    ];
    variables.extend(fixed.map(|(name, value)| (name.to_string(), value.to_string())));
    variables
}

fn there(environment: &Environment, subject: &Subject, told: &Told, action: Action, target: &Target) -> Ran {
    if let Some((name, _)) = told.values.iter().find(|(_, value)| *value == MARK) {
        return Ran::not(format!("{name} of {} is a secret, and is not sent to other nodes", subject.id));
    }
    let mut variables = variables(subject, &told.values);
    let ocf_root = environment.ocf_root.display().to_string();
    variables.insert("HA_RSCTMP".to_string(), "/run/resource-agents".to_string());
    variables.insert("PATH".to_string(), PROGRAMS.to_string());
    variables.insert("OCF_ROOT".to_string(), ocf_root.clone());
    let assigned: Vec<String> = variables.iter().map(|(name, value)| quoted(&format!("{name}={value}"))).collect();
    let program = format!("{ocf_root}/resource.d/{}/{}", subject.provider, subject.kind);
    let seconds = told.timeout.as_secs().max(1);
    // Names of parameters may be no names of variables for the shell there: `env` takes them.
    let command = format!(
        "exec env {} timeout -s KILL {seconds} {} {} 2>&1",
        assigned.join(" "),
        quoted(&program),
        action.word()
    );
    let options = SshOptions::for_home(&environment.node.home, told.timeout + CONNECT);
    let began = Instant::now();
    let results = run::run(std::slice::from_ref(target), &command, &options, |_, _| {});
    let took = began.elapsed();
    match results.into_iter().next() {
        Some(Ok(finished)) => {
            let end = match finished.status {
                Status::Code(code) if KILLED.contains(&code) => End::TimedOut,
                // By the shell there, or by `env`.
                Status::Code(126 | 127) => End::Failed(format!("{program} cannot be run there")),
                Status::Code(code) => End::Exited(code),
                Status::Signal(name) => End::Failed(format!("ended by SIG{name}")),
            };
            Ran { end, output: String::from_utf8_lossy(&finished.stdout).into_owned(), took }
        }
        Some(Err(error)) => {
            let hint = error.hint().map_or(String::new(), |hint| format!("; {hint}"));
            Ran::not(format!("{error}{hint}"))
        }
        None => Ran::not("there was no answer".to_string()),
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
