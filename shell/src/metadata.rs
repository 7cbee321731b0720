//! What agents and the cluster document: parameters, operations, meta attributes, properties.
//!
//! In: an agent's `meta-data`. Out: what it says, as values; told once, kept in memory and on disk
//! until the agent's file changes.
//! Absent: checking a configuration against it (see `check`).

use crate::catalogue::AgentName;
use quorate_agents::host::Environment;
use quorate_agents::program::{Call, End, run};
use quorate_agents::register::Register;
use quorate_core::agent::Metadata;
use quorate_core::cib::model::documented;
use quorate_tools::agent::wait;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

/// An agent only prints a text for it; agents themselves say 5 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Meta attributes of resources that the scheduler knows.
pub const META_ATTRIBUTES: &[&str] = &[
    "allow-migrate",
    "allow-unhealthy-nodes",
    "clone-max",
    "clone-min",
    "clone-node-max",
    "container-attribute-target",
    "critical",
    "failure-timeout",
    "globally-unique",
    "interleave",
    "is-managed",
    "maintenance",
    "migration-threshold",
    "multiple-active",
    "notify",
    "ordered",
    "priority",
    "promotable",
    "promoted-max",
    "promoted-node-max",
    "provides",
    "remote-addr",
    "remote-allow-migrate",
    "remote-connect-timeout",
    "remote-node",
    "remote-port",
    "requires",
    "resource-stickiness",
    "target-role",
];

/// Cluster options.
pub const PROPERTIES: &[&str] = &[
    "batch-limit",
    "cancel-removed-actions",
    "cluster-delay",
    "cluster-infrastructure",
    "cluster-ipc-limit",
    "cluster-name",
    "cluster-recheck-interval",
    "concurrent-fencing",
    "dc-deadtime",
    "dc-version",
    "election-timeout",
    "enable-acl",
    "enable-startup-probes",
    "fence-reaction",
    "fencing-action",
    "fencing-enabled",
    "fencing-max-attempts",
    "fencing-reaction",
    "fencing-repeat-limit",
    "fencing-timeout",
    "fencing-watchdog-timeout",
    "have-watchdog",
    "join-finalization-timeout",
    "join-integration-timeout",
    "load-threshold",
    "maintenance-mode",
    "migration-limit",
    "no-quorum-policy",
    "node-action-limit",
    "node-health-base",
    "node-health-green",
    "node-health-red",
    "node-health-strategy",
    "node-health-yellow",
    "node-pending-timeout",
    "pe-error-series-max",
    "pe-input-series-max",
    "pe-warn-series-max",
    "placement-strategy",
    "priority-fencing-delay",
    "remove-after-stop",
    "shutdown-escalation",
    "shutdown-lock",
    "shutdown-lock-limit",
    "start-failure-is-fatal",
    "startup-fencing",
    "stonith-action",
    "stonith-enabled",
    "stonith-max-attempts",
    "stonith-timeout",
    "stonith-watchdog-timeout",
    "stop-all-resources",
    "stop-orphan-actions",
    "stop-orphan-resources",
    "stop-removed-resources",
    "symmetric-cluster",
    "transition-delay",
];

/// The value of a cluster option that is not set.
pub fn default_of(name: &str) -> Option<&'static str> {
    match name {
        "remove-after-stop" => Some("false"),
        "cluster-infrastructure" => Some("corosync"),
        _ => documented::of_cluster(name).and_then(|option| option.default),
    }
}

/// What agents told once. They are programs, and completion asks at every key.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    known: Rc<RefCell<BTreeMap<String, Option<Rc<Metadata>>>>>,
    cache: Option<PathBuf>,
}

impl Memory {
    /// Keeps what it learns in this directory, too.
    pub fn kept_in(cache: PathBuf) -> Memory {
        Memory { cache: Some(cache), ..Memory::default() }
    }

    /// `None` for agents that are not here, or say nothing of themselves.
    pub fn metadata(&self, ocf_root: &Path, agent: &AgentName) -> Option<Rc<Metadata>> {
        let name = format!("{}:{}:{}", agent.class, agent.provider.unwrap_or_default(), agent.name);
        if let Some(known) = self.known.borrow().get(&name) {
            return known.clone();
        }
        let told = program(ocf_root, agent).and_then(|(path, arguments)| {
            let text = self.kept(&name, &path).or_else(|| {
                let text = ask(ocf_root, &path, arguments, TIMEOUT)?;
                self.keep(&name, &path, &text);
                Some(text)
            })?;
            Metadata::read(&text).ok().map(Rc::new)
        });
        self.known.borrow_mut().insert(name, told.clone());
        told
    }

    pub fn parameters(&self, ocf_root: &Path, agent: &AgentName) -> Vec<String> {
        let metadata = self.metadata(ocf_root, agent);
        metadata.map_or(Vec::new(), |told| told.parameters.iter().map(|one| one.name.clone()).collect())
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.cache.as_ref()?.join(name.replace('/', "%2f")))
    }

    /// What was kept, if the agent's file is still the same.
    fn kept(&self, name: &str, agent: &Path) -> Option<String> {
        let text = std::fs::read_to_string(self.file(name)?).ok()?;
        let (stamp, text) = text.split_once('\n')?;
        (stamp == self::stamp(agent)?).then(|| text.to_string())
    }

    /// Without a place to keep it the agent is asked again next time.
    fn keep(&self, name: &str, agent: &Path, text: &str) {
        let (Some(file), Some(stamp)) = (self.file(name), stamp(agent)) else { return };
        let Some(directory) = file.parent() else { return };
        if std::fs::create_dir_all(directory).is_ok()
            && let Ok(mut staged) = tempfile::NamedTempFile::new_in(directory)
            && std::io::Write::write_all(&mut staged, format!("{stamp}\n{text}").as_bytes()).is_ok()
        {
            let _ = staged.persist(file);
        }
    }
}

/// Path, size and time of change: an agent that is replaced has another.
fn stamp(agent: &Path) -> Option<String> {
    let facts = std::fs::metadata(agent).ok()?;
    let changed = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", agent.display(), facts.len(), changed.as_nanos()))
}

/// The agent's program and what makes it tell.
fn program(ocf_root: &Path, agent: &AgentName) -> Option<(PathBuf, &'static [&'static str])> {
    let plain = !agent.name.contains('/') && !agent.name.is_empty();
    let (path, arguments): (PathBuf, &[&str]) = match (agent.class, agent.provider) {
        ("ocf", Some(provider)) if plain => {
            (ocf_root.join("resource.d").join(provider).join(agent.name), &["meta-data"])
        }
        ("stonith", _) if plain => (Path::new("/usr/sbin").join(agent.name), &["-o", "metadata"]),
        _ => return None,
    };
    path.is_file().then_some((path, arguments))
}

/// `None` if it does not tell, or not within the time: one that hangs must not keep people from their commands.
fn ask(ocf_root: &Path, program: &Path, arguments: &[&str], timeout: Duration) -> Option<String> {
    let given = std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
    let mut environment: Environment = given.collect();
    environment.insert("OCF_ROOT".to_string(), ocf_root.to_string_lossy().into_owned());
    let call = Call {
        program,
        arguments: arguments.to_vec(),
        environment: &environment,
        input: String::new(),
        timeout,
        purpose: format!("{} meta-data", program.display()),
        run_as: None,
    };
    let ended = wait(run(call, &Register::default())).ok()?;
    // What one said before it was ended may be half of it, and would be kept.
    let told = matches!(ended.end, End::Exited(_)) && ended.stdout.contains("<resource-agent");
    told.then_some(ended.stdout)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_hangs_is_not_waited_for_nor_believed() {
        let directory = tempfile::tempdir().unwrap();
        let agent = directory.path().join("Hangs");
        std::fs::write(&agent, "#!/bin/sh\necho '<resource-agent/>'\nsleep 1000\n").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&agent, PermissionsExt::from_mode(0o755)).unwrap();
        let told = ask(directory.path(), &agent, &["meta-data"], Duration::from_millis(200));
        assert_eq!(told, None, "what it said until then may not be all");
    }

    #[test]
    fn an_agent_is_asked_again_only_when_it_changed() {
        let directory = tempfile::tempdir().unwrap();
        let agents = directory.path().join("resource.d/acme");
        std::fs::create_dir_all(&agents).unwrap();
        let write = |word: &str| {
            let script = format!(
                "#!/bin/sh\necho asked >> {0}/asked\necho '<resource-agent><parameters><parameter name=\"{word}\"/></parameters></resource-agent>'\n",
                directory.path().display()
            );
            std::fs::write(agents.join("Svc"), script).unwrap();
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(agents.join("Svc"), PermissionsExt::from_mode(0o755)).unwrap();
        };
        let agent = AgentName { class: "ocf", provider: Some("acme"), name: "Svc" };
        let names = || Memory::kept_in(directory.path().join("cache")).parameters(directory.path(), &agent);
        write("one");
        assert_eq!((names(), names()), (vec!["one".to_string()], vec!["one".to_string()]));
        write("other");
        assert_eq!(names(), ["other"]);
        let asked = std::fs::read_to_string(directory.path().join("asked")).unwrap();
        assert_eq!(asked.lines().count(), 2);
    }
}
