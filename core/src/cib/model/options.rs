//! Cluster properties, read once into types.
//!
//! In: name-value pairs after rules. Out: [`ClusterOptions`]. Never here: documentation (see `agent::options`).
//! Either spelling of a renamed property is read; the new one wins.

use super::{kind, names};
use crate::note::Note;
use crate::score::Score;
use crate::time::Interval;
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// Once may be chance, twice is a pattern; a third reboot mends nothing.
const REPEAT_LIMIT_DEFAULT: u32 = 3;

/// What the scheduler does with resources when the partition has no quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoQuorumPolicy {
    Stop,
    Freeze,
    Ignore,
    Demote,
    Fence,
}

/// `placement-strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementStrategy {
    Default,
    Utilization,
    Minimal,
    Balanced,
}

/// `node-health-strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStrategy {
    None,
    MigrateOnRed,
    OnlyGreen,
    Progressive,
    Custom,
}

/// Cluster options of `crm_config`, as types, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOptions {
    /// As given, whatever the name.
    pub given: BTreeMap<String, String>,
    pub cluster_name: Option<String>,
    pub no_quorum_policy: NoQuorumPolicy,
    pub symmetric: bool,
    pub maintenance_mode: bool,
    pub stop_all_resources: bool,
    pub start_failure_is_fatal: bool,
    pub probe_at_startup: bool,
    pub stop_removed_resources: bool,
    pub cancel_removed_actions: bool,
    pub fencing_enabled: bool,
    pub startup_fencing: bool,
    pub fencing_action: String,
    pub fencing_timeout_ms: u32,
    /// Which fencing of a node for one failure within an hour switches it off; 0: none.
    pub fencing_repeat_limit: u32,
    pub concurrent_fencing: bool,
    pub have_watchdog: bool,
    pub priority_fencing_delay_ms: u32,
    pub fence_remote_without_quorum: bool,
    pub node_pending_timeout_ms: u32,
    pub shutdown_lock: bool,
    pub shutdown_lock_limit_ms: u32,
    pub cluster_delay: String,
    pub batch_limit: String,
    pub migration_limit: Option<String>,
    pub placement: PlacementStrategy,
    pub health_strategy: HealthStrategy,
    pub health_base: Score,
    pub health_green: Score,
    pub health_yellow: Score,
    pub health_red: Score,
}

impl ClusterOptions {
    /// Reads the pairs; what cannot be read keeps its default and is noted.
    pub fn read(given: BTreeMap<String, String>, notes: &mut Vec<Note>) -> Self {
        let mut reader = Reader { given: &given, notes };
        reader.check();
        let fencing_enabled = reader.boolean("fencing-enabled", true);
        let options = Self {
            cluster_name: reader.text("cluster-name").map(str::to_owned),
            no_quorum_policy: reader.no_quorum_policy(fencing_enabled),
            symmetric: reader.boolean("symmetric-cluster", true),
            maintenance_mode: reader.boolean("maintenance-mode", false),
            stop_all_resources: reader.boolean("stop-all-resources", false),
            start_failure_is_fatal: reader.boolean("start-failure-is-fatal", true),
            probe_at_startup: reader.boolean("enable-startup-probes", true),
            stop_removed_resources: reader.boolean("stop-removed-resources", true),
            cancel_removed_actions: reader.boolean("cancel-removed-actions", true),
            fencing_enabled,
            startup_fencing: fencing_enabled && reader.boolean("startup-fencing", true),
            fencing_action: reader.fencing_action(),
            fencing_timeout_ms: reader.interval("fencing-timeout", 60_000),
            fencing_repeat_limit: reader.count("fencing-repeat-limit", REPEAT_LIMIT_DEFAULT),
            concurrent_fencing: reader.boolean("concurrent-fencing", true),
            have_watchdog: reader.boolean("have-watchdog", false),
            priority_fencing_delay_ms: reader.interval("priority-fencing-delay", 0),
            fence_remote_without_quorum: reader.boolean("fence-remote-without-quorum", false),
            node_pending_timeout_ms: reader.interval("node-pending-timeout", 0),
            shutdown_lock: reader.boolean("shutdown-lock", false),
            shutdown_lock_limit_ms: reader.interval("shutdown-lock-limit", 0),
            cluster_delay: reader.valid("cluster-delay").unwrap_or("60s").to_owned(),
            batch_limit: reader.valid("batch-limit").unwrap_or("0").to_owned(),
            migration_limit: reader.valid("migration-limit").map(str::to_owned),
            placement: reader.placement(),
            health_strategy: reader.health_strategy(),
            health_base: reader.score("node-health-base", Score::ZERO),
            health_green: reader.score("node-health-green", Score::ZERO),
            health_yellow: reader.score("node-health-yellow", Score::ZERO),
            health_red: reader.score("node-health-red", Score::MINUS_INFINITY),
            given: BTreeMap::new(),
        };
        Self { given, ..options }
    }

    /// A property by its current name, whichever name it was given under.
    pub fn value(&self, name: &str) -> Option<&str> {
        lookup(&self.given, name)
    }
}

fn lookup<'a>(given: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let old = || names::other(names::Of::Cluster, name).and_then(|old| given.get(old));
    given.get(name).or_else(old).map(String::as_str)
}

struct Reader<'a> {
    given: &'a BTreeMap<String, String>,
    notes: &'a mut Vec<Note>,
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        lookup(self.given, name)
    }

    /// The value, if it is one that the option takes.
    fn valid(&self, name: &str) -> Option<&'a str> {
        self.text(name).filter(|text| kind::of_cluster(name).takes(text))
    }

    /// Says what is no value, of all options that are known.
    fn check(&mut self) {
        for (name, text) in self.given.iter() {
            let kind = kind::of_cluster(name);
            if !kind.takes(text) {
                let message = format!("using the default of {name} because '{text}' is not {}", kind.words());
                self.notes.push(Note::error(name, message).at(name));
            }
        }
    }

    fn boolean(&self, name: &str, default: bool) -> bool {
        self.text(name).and_then(|text| literal::boolean(text).ok()).unwrap_or(default)
    }

    fn interval(&self, name: &str, default_ms: u32) -> u32 {
        self.text(name).and_then(Interval::parse).map_or(default_ms, Interval::ms)
    }

    /// What is below 0 is 0.
    fn count(&self, name: &str, default: u32) -> u32 {
        let number = self.valid(name).and_then(|text| text.trim().parse::<i64>().ok());
        number.map_or(default, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }

    fn score(&self, name: &str, default: Score) -> Score {
        self.text(name).and_then(Score::parse).unwrap_or(default)
    }

    fn fencing_action(&self) -> String {
        // An older word, which only the older name has.
        let is_older = self.text("fencing-action").is_some_and(|text| text.eq_ignore_ascii_case("poweroff"));
        if is_older && !self.given.contains_key("fencing-action") {
            return "off".to_owned();
        }
        self.valid("fencing-action").unwrap_or("reboot").to_ascii_lowercase()
    }

    fn no_quorum_policy(&mut self, fencing_enabled: bool) -> NoQuorumPolicy {
        match self.text("no-quorum-policy").map(str::to_ascii_lowercase).as_deref() {
            None | Some("stop") => NoQuorumPolicy::Stop,
            Some("freeze") => NoQuorumPolicy::Freeze,
            Some("ignore") => NoQuorumPolicy::Ignore,
            Some("demote") => NoQuorumPolicy::Demote,
            Some("fence" | "suicide") if fencing_enabled => NoQuorumPolicy::Fence,
            Some("fence" | "suicide") => {
                let text = "using no-quorum-policy=stop because fencing is disabled";
                self.notes.push(Note::error("no-quorum-policy", text).at("no-quorum-policy"));
                NoQuorumPolicy::Stop
            }
            Some(_) => NoQuorumPolicy::Stop,
        }
    }

    fn placement(&self) -> PlacementStrategy {
        match self.text("placement-strategy").map(str::to_ascii_lowercase).as_deref() {
            Some("utilization") => PlacementStrategy::Utilization,
            Some("minimal") => PlacementStrategy::Minimal,
            Some("balanced") => PlacementStrategy::Balanced,
            _ => PlacementStrategy::Default,
        }
    }

    fn health_strategy(&self) -> HealthStrategy {
        match self.text("node-health-strategy").map(str::to_ascii_lowercase).as_deref() {
            Some("migrate-on-red") => HealthStrategy::MigrateOnRed,
            Some("only-green") => HealthStrategy::OnlyGreen,
            Some("progressive") => HealthStrategy::Progressive,
            Some("custom") => HealthStrategy::Custom,
            _ => HealthStrategy::None,
        }
    }
}
