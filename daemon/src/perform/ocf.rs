//! OCF agents: where they are, what they are told (OCF Resource Agent API 1.1), what their exit
//! means.

use super::metadata::Known;
use super::program::{self, End, Ended};
use crate::options::Places;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Exit codes of the API that stand for runs which never got that far.
const NOT_INSTALLED: i32 = 5;
const ERROR: i32 = 1;

/// The prefix of the line on standard error that says why.
const EXIT_REASON: &str = "ocf-exit-reason:";

/// Runs one action of an OCF agent.
///
/// Beside it the agent is asked for its metadata, if it has not been yet: the first start is not
/// kept waiting for a second one.
pub async fn run(places: &Places, known: &Known, node: &str, run: &Run) -> ExitReport {
    let provider = run.resource.provider.as_deref().unwrap_or("heartbeat");
    let Some((root, program)) = find(places, provider, &run.resource.kind) else {
        let name = format!("ocf:{provider}:{}", run.resource.kind);
        return ExitReport {
            code: NOT_INSTALLED,
            status: ExitStatus::NotInstalled,
            reason: format!("agent {name} is not installed"),
            exec_ms: 0,
            rules: None,
        };
    };
    let environment = environment(places, node, run, &root);
    let timeout = Duration::from_millis(run.timeout_ms);
    let operation = [run.operation.as_str()];
    let performed = program::run(&program, &operation, &environment, String::new(), timeout);
    let (ended, rules) = tokio::join!(performed, known.rules(&program, &environment));
    ExitReport { rules, ..report(ended) }
}

/// The OCF root and the agent's file.
fn find(places: &Places, provider: &str, kind: &str) -> Option<(PathBuf, PathBuf)> {
    places.agents().into_iter().find_map(|root| {
        let file = root.join("resource.d").join(provider).join(kind);
        file.is_file().then_some((root, file))
    })
}

/// What an agent finds in its environment.
fn environment(places: &Places, node: &str, run: &Run, root: &Path) -> BTreeMap<String, String> {
    let mut environment = common(places, node);
    let mut set = |name: &str, value: &str| drop(environment.insert(name.to_string(), value.to_string()));
    for (name, value) in &run.parameters {
        match name.as_str() {
            "OCF_CHECK_LEVEL" => set(name, value),
            _ => set(&format!("OCF_RESKEY_{name}"), value),
        }
    }
    let shell_functions = root.join("lib/heartbeat/ocf-shellfuncs");
    let ocf_root = if shell_functions.exists() { root.to_path_buf() } else { PathBuf::from("/usr/lib/ocf") };
    set("OCF_ROOT", &ocf_root.to_string_lossy());
    set("OCF_RA_VERSION_MAJOR", "1");
    set("OCF_RA_VERSION_MINOR", "1");
    set("OCF_EXIT_REASON_PREFIX", EXIT_REASON);
    let resource = &run.resource;
    set("OCF_RESOURCE_INSTANCE", resource.long_id.as_deref().unwrap_or(&resource.id));
    set("OCF_RESOURCE_TYPE", &resource.kind);
    if let Some(provider) = &resource.provider {
        set("OCF_RESOURCE_PROVIDER", provider);
    }
    environment
}

/// What every program finds that runs for this node.
pub fn common(places: &Places, node: &str) -> BTreeMap<String, String> {
    let programs: Vec<String> = places.programs().iter().map(|place| place.to_string_lossy().into_owned()).collect();
    let state = places.agent_state().to_string_lossy().into_owned();
    let mut environment: BTreeMap<String, String> = [
        ("PATH", programs.join(":")),
        ("LC_ALL", "C".to_string()),
        ("HA_RSCTMP", state.clone()),
        ("HA_VARRUN", format!("{state}/")),
        ("HA_LOGFACILITY", "none".to_string()),
        ("HA_LOGFILE", places.log().to_string_lossy().into_owned()),
        ("HA_debug", "0".to_string()),
        ("HA_cluster_type", "corosync".to_string()),
        ("PCMK_logfile", places.log().to_string_lossy().into_owned()),
        ("OCF_RESKEY_CRM_meta_on_node", node.to_string()),
        // By these a node's programs and their heirs can be told from another's on the same host.
        ("QUORATE_ROOT", places.root.to_string_lossy().into_owned()),
        ("QUORATE_NODE", node.to_string()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into();
    // Agents call their tools by path: below a node's own root, its own.
    if places.root != Path::new("/") {
        let tools = places.root.join("usr/sbin").to_string_lossy().into_owned();
        environment.insert("HA_SBIN_DIR".to_string(), tools);
    }
    for name in ["TZ", "LANG", "HOME", "USER", "LOGNAME"] {
        if let Ok(value) = std::env::var(name) {
            environment.insert(name.to_string(), value);
        }
    }
    environment
}

fn report(ended: Ended) -> ExitReport {
    let said = ended.stderr.lines().rev().find_map(|line| line.trim().strip_prefix(EXIT_REASON));
    let said = said.unwrap_or_default().trim().to_string();
    let (code, status, reason) = match ended.end {
        End::Exited(code) => (code, ExitStatus::Exited, said),
        End::Signalled(signal) => (ERROR, ExitStatus::Failed, format!("the agent died of signal {signal}")),
        End::TimedOut => {
            let text = format!("the agent was killed after {:.1}s, its timeout", ended.took.as_secs_f32());
            (ERROR, ExitStatus::TimedOut, if said.is_empty() { text } else { said })
        }
        End::Missing => (NOT_INSTALLED, ExitStatus::NotInstalled, "the agent's interpreter is missing".into()),
        End::NotStarted(why) => (ERROR, ExitStatus::Failed, why),
    };
    ExitReport { code, status, reason, exec_ms: ended.took.as_millis() as u64, rules: None }
}
