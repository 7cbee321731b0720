//! Cluster properties, read once into types.
//!
//! In: name-value pairs after rules. Out: [`ClusterOptions`]. Never here: documentation (see `agent::options`).
//! Either spelling of a renamed property is read; the new one wins.

use crate::note::Note;
use crate::score::Score;
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// What the scheduler does with resources when the partition has no quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoQuorumPolicy {
    Stop,
    Freeze,
    Ignore,
    Demote,
    Fence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementStrategy {
    Default,
    Utilization,
    Minimal,
    Balanced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStrategy {
    None,
    MigrateOnRed,
    OnlyGreen,
    Progressive,
    Custom,
}

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

/// Old name, new name: the old is read where the new is absent.
pub const RENAMED: [(&str, &str); 7] = [
    ("stonith-enabled", "fencing-enabled"),
    ("stonith-action", "fencing-action"),
    ("stonith-timeout", "fencing-timeout"),
    ("stonith-max-attempts", "fencing-max-attempts"),
    ("stonith-watchdog-timeout", "fencing-watchdog-timeout"),
    ("stop-orphan-resources", "stop-removed-resources"),
    ("stop-orphan-actions", "cancel-removed-actions"),
];

impl ClusterOptions {
    /// Reads the pairs; what cannot be read keeps its default and is noted.
    pub fn read(given: BTreeMap<String, String>, notes: &mut Vec<Note>) -> Self {
        let mut reader = Reader { given: &given, notes };
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
            concurrent_fencing: reader.boolean("concurrent-fencing", true),
            have_watchdog: reader.boolean("have-watchdog", false),
            priority_fencing_delay_ms: reader.interval("priority-fencing-delay", 0),
            fence_remote_without_quorum: reader.boolean("fence-remote-without-quorum", false),
            node_pending_timeout_ms: reader.interval("node-pending-timeout", 0),
            shutdown_lock: reader.boolean("shutdown-lock", false),
            shutdown_lock_limit_ms: reader.interval("shutdown-lock-limit", 0),
            cluster_delay: reader.text("cluster-delay").unwrap_or("60s").to_owned(),
            batch_limit: reader.text("batch-limit").unwrap_or("0").to_owned(),
            migration_limit: reader.text("migration-limit").map(str::to_owned),
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
    let old = || RENAMED.iter().find(|(_, new)| *new == name).and_then(|(old, _)| given.get(*old));
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

    fn boolean(&mut self, name: &str, default: bool) -> bool {
        self.parsed(name, default, |text| literal::boolean(text).ok())
    }

    fn interval(&mut self, name: &str, default_ms: u32) -> u32 {
        self.parsed(name, default_ms, |text| {
            let ms = literal::interval_ms(text).ok()?;
            u32::try_from(ms).ok()
        })
    }

    fn score(&mut self, name: &str, default: Score) -> Score {
        self.parsed(name, default, Score::parse)
    }

    fn parsed<T>(&mut self, name: &str, default: T, parse: impl Fn(&str) -> Option<T>) -> T {
        let Some(text) = self.text(name) else { return default };
        parse(text).unwrap_or_else(|| {
            self.notes.push(Note::error(name, format!("'{text}' is not a valid value, using the default")));
            default
        })
    }

    fn fencing_action(&mut self) -> String {
        match self.text("fencing-action") {
            Some(action @ ("reboot" | "off")) => action.to_owned(),
            None => "reboot".to_owned(),
            Some(other) => {
                self.notes.push(Note::error("fencing-action", format!("'{other}' is not reboot or off, using reboot")));
                "reboot".to_owned()
            }
        }
    }

    fn no_quorum_policy(&mut self, fencing_enabled: bool) -> NoQuorumPolicy {
        match self.text("no-quorum-policy").map(str::to_ascii_lowercase).as_deref() {
            None | Some("stop") => NoQuorumPolicy::Stop,
            Some("freeze") => NoQuorumPolicy::Freeze,
            Some("ignore") => NoQuorumPolicy::Ignore,
            Some("demote") => NoQuorumPolicy::Demote,
            Some("fence" | "suicide") if fencing_enabled => NoQuorumPolicy::Fence,
            Some("fence" | "suicide") => {
                self.notes.push(Note::error("no-quorum-policy", "using stop because fencing is disabled"));
                NoQuorumPolicy::Stop
            }
            Some(other) => {
                self.notes.push(Note::error("no-quorum-policy", format!("'{other}' is not a policy, using stop")));
                NoQuorumPolicy::Stop
            }
        }
    }

    fn placement(&mut self) -> PlacementStrategy {
        match self.text("placement-strategy") {
            None | Some("default") => PlacementStrategy::Default,
            Some("utilization") => PlacementStrategy::Utilization,
            Some("minimal") => PlacementStrategy::Minimal,
            Some("balanced") => PlacementStrategy::Balanced,
            Some(other) => {
                self.notes
                    .push(Note::error("placement-strategy", format!("'{other}' is not a strategy, using default")));
                PlacementStrategy::Default
            }
        }
    }

    fn health_strategy(&mut self) -> HealthStrategy {
        match self.text("node-health-strategy").map(str::to_ascii_lowercase).as_deref() {
            None | Some("none") => HealthStrategy::None,
            Some("migrate-on-red") => HealthStrategy::MigrateOnRed,
            Some("only-green") => HealthStrategy::OnlyGreen,
            Some("progressive") => HealthStrategy::Progressive,
            Some("custom") => HealthStrategy::Custom,
            Some(other) => {
                self.notes
                    .push(Note::error("node-health-strategy", format!("'{other}' is not a strategy, using none")));
                HealthStrategy::None
            }
        }
    }
}
