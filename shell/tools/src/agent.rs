//! Agents run by hand on this host, as its daemon runs them.
//!
//! In: the environment, what an agent is to be told. Out: where things are; how it ended and what it said.
//! Absent: what the cluster knows of it, what the outcome means.

use quorate_agents::activity::{Activity, Trace};
use quorate_agents::host::Host;
use quorate_agents::ocf;
use quorate_agents::operation;
use quorate_agents::outcome::Outcome;
use quorate_agents::program::{self, Call, Ended};
use quorate_agents::register::Register;
use quorate_agents::{fence, init_script, systemd};
use quorate_core::lrm::Run;
use quorate_transport::environment::{Environment, variable};
use quorate_transport::secret::{MARK, SecretError, Secrets};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where fence agents are.
pub const FENCE_AGENTS: &str = "/usr/sbin";

const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How long an agent may take to print what it is.
const METADATA_TIME: Duration = Duration::from_secs(30);

/// Directories that have `resource.d`, the node's own first.
pub fn ocf_roots(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.root.join("usr/lib/ocf");
    let usual = variable("OCF_ROOT").map_or_else(|| PathBuf::from("/usr/lib/ocf"), PathBuf::from);
    if own == usual { vec![own] } else { vec![own, usual] }
}

/// This host as its daemon sees it. The daemon's register is its own: it ends what stands there when it starts.
pub fn host(environment: &Environment, node: &str, agents: Vec<PathBuf>) -> Host {
    let root = &environment.root;
    let mut programs: Vec<PathBuf> = PROGRAMS.split(':').map(PathBuf::from).collect();
    if root != Path::new("/") {
        programs.insert(0, root.join("usr/sbin"));
    }
    Host {
        root: root.clone(),
        node: node.to_string(),
        agents,
        programs,
        state: root.join("run/resource-agents"),
        log: None,
        register: Register::default(),
        // A person who is not root cannot tell the daemon what was started; agents will tell that they may not either.
        activity: Activity::open(&root.join("run/quorate/active")).unwrap_or_default(),
    }
}

/// Parameters with their secrets.
///
/// # Errors
/// A secret is not there, or not as it was signed.
pub fn with_secrets(
    root: &Path,
    id: &str,
    values: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, SecretError> {
    let secrets = Secrets::below(root);
    let revealed = |name: &String, value: &String| match value.as_str() {
        MARK => secrets.get(id, name),
        _ => Ok(value.clone()),
    };
    values.iter().map(|(name, value)| Ok((name.clone(), revealed(name, value)?))).collect()
}

/// Waits for what an agent's runner promises.
///
/// # Errors
/// This process cannot wait.
pub fn wait<T>(promise: impl Future<Output = T>) -> io::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(promise))
}

/// What came of an action of an OCF agent, and what it printed.
#[derive(Debug)]
pub struct Ran {
    pub outcome: Outcome,
    pub stdout: String,
    pub stderr: String,
}

/// Runs one action of an OCF agent here. `extra` is put in its environment.
///
/// # Errors
/// This process cannot run anything.
pub fn ocf_action(host: &Host, run: &Run, extra: &[(&str, &str)]) -> io::Result<Ran> {
    // After a boot it may not be there yet. Who may not make it will hear that from the agent.
    let _ = std::fs::create_dir_all(&host.state);
    let mut prepared = match ocf::prepare(host, run) {
        Ok(prepared) => prepared,
        Err(obstacle) => {
            return Ok(Ran { outcome: ocf::not_run(obstacle), stdout: String::new(), stderr: String::new() });
        }
    };
    for (name, value) in extra {
        prepared.environment.insert((*name).to_string(), (*value).to_string());
    }
    let before = operation::begin(host, run);
    let ended = wait(program::run(prepared.call(run), &host.register))?;
    let (stdout, stderr) = (ended.stdout.clone(), ended.stderr.clone());
    let outcome = ocf::outcome(ended);
    let ran = outcome.ran;
    // What is known to be active here follows; what the cluster would make of the outcome is not asked.
    operation::judge(host, run, before, outcome.clone());
    Ok(Ran { outcome: Outcome { ran, ..outcome }, stdout, stderr })
}

/// Runs one action of an agent of another standard than OCF here, as the cluster would.
///
/// # Errors
/// This process cannot run anything.
pub fn other_action(host: &Host, run: &Run) -> io::Result<Ran> {
    let before = operation::begin(host, run);
    let ran = wait(other(host, run, before == Trace::Active))?;
    operation::judge(host, run, before, ran.outcome.clone());
    Ok(ran)
}

async fn other(host: &Host, run: &Run, is_active: bool) -> Ran {
    let silent = |outcome| Ran { outcome, stdout: String::new(), stderr: String::new() };
    let is_script = match run.resource.class.as_str() {
        "lsb" => true,
        "service" => init_script::find(host, &run.resource.kind).is_some(),
        _ => false,
    };
    if is_script {
        return match init_script::ended(host, run).await {
            Ok(ended) => {
                let (stdout, stderr) = (ended.stdout.clone(), ended.stderr.clone());
                Ran { outcome: init_script::outcome(ended, run), stdout, stderr }
            }
            Err(obstacle) => silent(ocf::not_run(obstacle)),
        };
    }
    match run.resource.class.as_str() {
        "stonith" => silent(fence::operate(host, run, is_active).await),
        _ => silent(systemd::run(host, run).await),
    }
}

/// What an agent prints of itself; none if it is not here, or prints nothing.
pub fn metadata(environment: &Environment, class: &str, provider: Option<&str>, kind: &str) -> Option<String> {
    if kind.is_empty() || kind.contains('/') {
        return None;
    }
    let roots = ocf_roots(environment);
    let (program, arguments) = match (class, provider) {
        ("ocf", Some(provider)) if !provider.contains('/') => {
            let files = roots.iter().map(|root| root.join("resource.d").join(provider).join(kind));
            (files.into_iter().find(|file| file.is_file())?, vec!["meta-data"])
        }
        ("stonith", _) => (Path::new(FENCE_AGENTS).join(kind), vec!["-o", "metadata"]),
        _ => return None,
    };
    let host = host(environment, "", roots.clone());
    let mut variables = host.environment();
    let root = roots.iter().find(|root| root.join("lib/heartbeat").is_dir()).unwrap_or(&roots[0]);
    variables.insert("OCF_ROOT".to_string(), root.display().to_string());
    let names = [("INSTANCE", kind), ("TYPE", kind), ("PROVIDER", provider.unwrap_or_default())];
    variables.extend(names.map(|(name, value)| (format!("OCF_RESOURCE_{name}"), value.to_string())));
    let purpose = format!("{} meta-data", program.display());
    let input = String::new();
    let call = Call {
        program: &program,
        arguments,
        environment: &variables,
        input,
        timeout: METADATA_TIME,
        purpose,
        run_as: None,
    };
    let Ended { stdout, .. } = wait(program::run(call, &host.register)).ok()?;
    stdout.contains("<resource-agent").then_some(stdout)
}
