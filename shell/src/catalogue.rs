//! The resource agents of this machine, by class and provider.
//!
//! In: the agent directories. Out: which agent a short name means, names for completion, and the
//! parameters that an agent's own metadata lists.
//! Absent: agents of other machines; a name that is not found here is taken as it is written.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// An agent as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentName<'a> {
    pub class: &'a str,
    pub provider: Option<&'a str>,
    pub name: &'a str,
}

impl fmt::Display for AgentName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            Some(provider) => write!(out, "{}:{provider}:{}", self.class, self.name),
            None => write!(out, "{}:{}", self.class, self.name),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Provider to its agents.
    ocf: BTreeMap<String, BTreeSet<String>>,
    fencing: BTreeSet<String>,
    /// Read once somebody asks, if it is this machine's.
    services: Option<OnceCell<Services>>,
}

/// What systemd and init scripts run.
#[derive(Clone, Debug)]
struct Services {
    units: BTreeSet<String>,
    scripts: BTreeSet<String>,
}

/// Who is meant when several providers have an agent of the same name.
const FIRST_PROVIDER: &str = "heartbeat";

impl Catalogue {
    /// Reads the directories of this machine.
    pub fn of_this_machine(ocf_root: PathBuf) -> Catalogue {
        let providers = names(ocf_root.join("resource.d"), |path| path.is_dir());
        let agents = |provider: String| {
            let found = names(ocf_root.join("resource.d").join(&provider), |path| path.is_file());
            (provider, found)
        };
        let is_fence = |name: &String| name.starts_with("fence_");
        Catalogue {
            ocf: providers.into_iter().map(agents).collect(),
            fencing: names(PathBuf::from("/usr/sbin"), |_| true).into_iter().filter(is_fence).collect(),
            services: Some(OnceCell::new()),
        }
    }

    pub fn new(ocf: &[(&str, &[&str])], fencing: &[&str]) -> Catalogue {
        let set = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        Catalogue {
            ocf: ocf.iter().map(|(provider, names)| (provider.to_string(), set(names))).collect(),
            fencing: set(fencing),
            services: None,
        }
    }

    /// The agent that is meant: `fence_*` fences, all else is ocf; of several providers
    /// heartbeat comes first.
    pub fn resolve<'a>(&'a self, class: Option<&'a str>, provider: Option<&'a str>, name: &'a str) -> AgentName<'a> {
        let class = class.unwrap_or(if name.starts_with("fence_") { "stonith" } else { "ocf" });
        let provider = match (class, provider) {
            ("ocf", None) => Some(self.provider(name)),
            (_, provider) => provider,
        };
        AgentName { class, provider, name }
    }

    fn provider(&self, name: &str) -> &str {
        let has = |provider: &str| self.ocf.get(provider).is_some_and(|names| names.contains(name));
        if has(FIRST_PROVIDER) {
            return FIRST_PROVIDER;
        }
        let other = self.ocf.keys().find(|provider| has(provider));
        other.map_or(FIRST_PROVIDER, |provider| provider)
    }

    /// Who provides ocf agents.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.ocf.keys().map(String::as_str)
    }

    /// The providers of an ocf agent of this name.
    pub fn providers_of(&self, name: &str) -> Vec<String> {
        self.ocf.iter().filter(|(_, names)| names.contains(name)).map(|(provider, _)| provider.clone()).collect()
    }

    /// The names of ocf agents, of one provider or of all.
    pub fn ocf(&self, provider: Option<&str>) -> Vec<String> {
        let of = self.ocf.iter().filter(|(name, _)| provider.is_none_or(|provider| provider == *name));
        let names: BTreeSet<&String> = of.flat_map(|(_, names)| names).collect();
        names.into_iter().cloned().collect()
    }

    pub fn fence_agents(&self) -> Vec<String> {
        self.fencing.iter().cloned().collect()
    }

    /// What may complete the name of an agent, one step further: class, provider, type.
    pub fn complete(&self, partial: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        match partial.split(':').collect::<Vec<_>>()[..] {
            [_] => {
                out.extend(["ocf:", "stonith:", "systemd:", "lsb:", "service:"].map(str::to_string));
                let plain = self.ocf.values().flatten().chain(&self.fencing);
                out.extend(plain.filter(|_| !partial.is_empty()).cloned());
            }
            ["ocf", _] => out.extend(self.ocf.keys().map(|provider| format!("ocf:{provider}:"))),
            ["ocf", provider, _] => {
                let names = self.ocf.get(provider).into_iter().flatten();
                out.extend(names.map(|name| format!("ocf:{provider}:{name}")));
            }
            ["stonith", _] => out.extend(self.fencing.iter().map(|name| format!("stonith:{name}"))),
            _ => {}
        }
        out.retain(|name| name.starts_with(partial));
        out.sort();
        out.dedup();
        out
    }

    /// The file of an ocf agent, if it is on this machine.
    pub fn knows(&self, agent: &AgentName) -> bool {
        match (agent.class, agent.provider) {
            ("ocf", Some(provider)) => self.ocf.get(provider).is_some_and(|names| names.contains(agent.name)),
            ("stonith", _) => self.fencing.contains(agent.name),
            _ => false,
        }
    }

    /// Whether it is a service or an init script that is known not to be on this machine.
    pub fn lacks(&self, agent: &AgentName) -> bool {
        let Some(services) = &self.services else { return false };
        let read = || Services { units: units().into_iter().collect(), scripts: init_scripts().into_iter().collect() };
        let Services { units, scripts } = services.get_or_init(read);
        let name = agent.name.strip_suffix(".service").unwrap_or(agent.name);
        let instance = name.split_once('@').map(|(template, _)| format!("{template}@"));
        let is_unit =
            || name.contains('.') || units.contains(name) || instance.is_some_and(|name| units.contains(&name));
        match agent.class {
            "lsb" => !scripts.contains(agent.name),
            "systemd" => !is_unit(),
            "service" => !scripts.contains(agent.name) && !is_unit(),
            _ => false,
        }
    }
}

/// The init scripts of this machine.
pub fn init_scripts() -> Vec<String> {
    let is_program = |path: &PathBuf| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    names(PathBuf::from("/etc/init.d"), is_program).into_iter().collect()
}

/// The services that systemd knows here.
pub fn units() -> Vec<String> {
    let places = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
    let all = places.into_iter().flat_map(|place| names(PathBuf::from(place), |path| !path.is_dir()));
    let services: BTreeSet<String> = all.filter_map(|name| name.strip_suffix(".service").map(str::to_string)).collect();
    services.into_iter().collect()
}

fn names(directory: PathBuf, keep: impl Fn(&PathBuf) -> bool) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return BTreeSet::new() };
    let paths = entries.flatten().map(|entry| entry.path()).filter(keep);
    let names = paths.filter_map(|path| path.file_name()?.to_str().map(str::to_string));
    names.filter(|name| !name.starts_with('.')).collect()
}
