//! Runs one action of an agent: here, or on another host by ssh.
//!
//! In: what the agent is told, where. Out: how it ended and what it said.
//! Absent: which actions, in which order (see `course`).

use super::subject::{Action, Subject, Told};
use crate::environment::Environment;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use quorate_transport::secret::{MARK, Secrets};
use quorate_transport::ssh::run::{self, Status};
use quorate_transport::ssh::{Options, Target};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
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
        let reason = self.output.lines().rev().find_map(|line| line.trim().strip_prefix(EXIT_REASON));
        let reason = reason.map_or(String::new(), |reason| format!(": {}", reason.trim()));
        match &self.end {
            End::Exited(code) => format!("{}{reason}", meaning(*code)),
            End::TimedOut => format!("killed after {:.1} s, its timeout{reason}", self.took.as_secs_f32()),
            End::Failed(why) => why.clone(),
        }
    }
}

const EXIT_REASON: &str = "ocf-exit-reason:";

/// Exit codes of the OCF Resource Agent API 1.1.
fn meaning(code: i32) -> String {
    let word = match code {
        0 => "ok",
        1 => "error",
        2 => "invalid parameter",
        3 => "not implemented",
        4 => "insufficient privileges",
        5 => "not installed",
        6 => "not configured",
        7 => "not running",
        8 => "promoted",
        9 => "failed while promoted",
        190 => "degraded",
        191 => "degraded while promoted",
        _ => return format!("exit code {code}"),
    };
    if code == 0 { word.to_string() } else { format!("{word} (exit code {code})") }
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

/// How often a running agent is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

fn here(environment: &Environment, subject: &Subject, told: &Told, action: Action, interrupted: &AtomicBool) -> Ran {
    let agent = Path::new("resource.d").join(&subject.provider).join(&subject.kind);
    let roots = [environment.root.join("usr/lib/ocf"), environment.ocf_root.clone()];
    let Some(program) = roots.iter().map(|root| root.join(&agent)).find(|file| file.is_file()) else {
        return Ran::not(format!("the agent ocf:{}:{} is not installed", subject.provider, subject.kind));
    };
    let values = match with_secrets(&environment.root, &subject.id, &told.values) {
        Ok(values) => values,
        Err(why) => return Ran::not(why),
    };
    let mut variables = variables(subject, &values);
    variables.extend(of_this_host(environment));
    // After a boot it may not be there yet. Who may not make it will hear that from the agent.
    let _ = std::fs::create_dir_all(state_of_agents(environment));
    match caught(&program, action, &variables, told.timeout, interrupted) {
        Ok(ran) => ran,
        Err(error) => Ran::not(format!("{}: {error}", program.display())),
    }
}

fn with_secrets(root: &Path, id: &str, values: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let secrets = Secrets::below(root);
    let revealed = |name: &String, value: &String| match value.as_str() {
        MARK => secrets.get(id, name).map_err(|error| error.to_string()),
        _ => Ok(value.clone()),
    };
    values.iter().map(|(name, value)| Ok((name.clone(), revealed(name, value)?))).collect()
}

/// What the agent finds in its environment wherever it runs.
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

const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What agents keep between their runs.
fn state_of_agents(environment: &Environment) -> PathBuf {
    environment.root.join("run/resource-agents")
}

/// Where things are: as the daemon tells its agents.
fn of_this_host(environment: &Environment) -> Vec<(String, String)> {
    let root = &environment.root;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let state = text(state_of_agents(environment));
    let own = root.join("usr/lib/ocf");
    let has_functions = own.join("lib/heartbeat/ocf-shellfuncs").exists();
    let mut found = vec![
        ("OCF_ROOT", text(if has_functions { own } else { environment.ocf_root.clone() })),
        ("HA_VARRUN", format!("{state}/")),
        ("HA_RSCTMP", state),
        ("QUORATE_ROOT", text(root.clone())),
        ("HOME", text(environment.home.clone())),
    ];
    match root == Path::new("/") {
        true => found.push(("PATH", PROGRAMS.to_string())),
        false => {
            let tools = text(root.join("usr/sbin"));
            found.push(("PATH", format!("{tools}:{PROGRAMS}")));
            found.push(("HA_SBIN_DIR", tools));
        }
    }
    found.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// Runs a program to its end. What it leaves behind may keep its output open, so that goes to a file.
fn caught(
    program: &Path,
    action: Action,
    variables: &BTreeMap<String, String>,
    timeout: Duration,
    interrupted: &AtomicBool,
) -> std::io::Result<Ran> {
    let output = tempfile::NamedTempFile::new()?;
    let began = Instant::now();
    let mut child = Command::new(program)
        .arg(action.word())
        .env_clear()
        .envs(variables)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(File::options().append(true).open(output.path())?)
        .stderr(File::options().append(true).open(output.path())?)
        .process_group(0)
        .spawn()?;
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    let end = loop {
        if let Some(status) = child.try_wait()? {
            break match (status.code(), status.signal()) {
                (Some(code), _) => End::Exited(code),
                (None, signal) => End::Failed(format!("the agent died of signal {}", signal.unwrap_or_default())),
            };
        }
        // A stop is the way out, so it is let finish.
        let unwanted = interrupted.load(Ordering::Relaxed) && !matches!(action, Action::Stop | Action::Demote);
        if unwanted || began.elapsed() >= timeout {
            if let Ok(group) = group {
                let _ = killpg(group, Signal::SIGKILL);
            }
            child.wait()?;
            break if unwanted { End::Failed("interrupted".to_string()) } else { End::TimedOut };
        }
        sleep(LOOK_EVERY);
    };
    let bytes = std::fs::read(output.path())?;
    Ok(Ran { end, output: String::from_utf8_lossy(&bytes).into_owned(), took: began.elapsed() })
}

// ---- another host --------------------------------------------------------------------------------------------

/// Connecting may take so long on top of the agent's own time.
const CONNECT: Duration = Duration::from_secs(20);

/// What `timeout` exits with when it had to kill.
const KILLED: [i32; 2] = [124, 137];

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
    let options = Options::for_home(&environment.home, told.timeout + CONNECT);
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
