//! What is said of a resource: meta-attributes, evaluated and turned into types.
//!
//! In: own, inherited and default meta-attributes. Out: fields of [`Resource`].

use super::Resolver;
use super::make::Common;
use super::resource::{MultipleActive, Resource};
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::rules::{Facts, evaluate_sets};
use crate::scheduler::table::ResourceId;
use crate::score::Score;
use crate::time::Interval;
use quorate_grammar::literal;
use std::collections::BTreeMap;

impl Resolver<'_> {
    /// Own attributes, own blocks, the parents' blocks, the defaults, and last all that the parent has.
    pub(super) fn evaluate_meta(
        &mut self,
        common: &Common,
        parent: Option<ResourceId>,
        instance: Option<u32>,
    ) -> BTreeMap<String, String> {
        let facts = Facts {
            class: Some(common.agent.class.as_str()).filter(|class| !class.is_empty()),
            provider: common.agent.provider.as_deref(),
            agent: Some(common.agent.kind.as_str()).filter(|kind| !kind.is_empty()),
            ..Facts::default()
        };
        let now = self.input.now;
        let mut meta = common.attributes.clone();
        if let Some(number) = instance {
            meta.insert("clone".to_owned(), number.to_string());
        }
        evaluate_sets(common.meta, None, &facts, now, &mut self.recheck, &mut meta);
        let mut inherited = BTreeMap::new();
        for above in parent.into_iter().flat_map(|parent| self.resources.lineage(parent)) {
            if let Some(sets) = self.config_meta.get(self.resources[above].config_id.as_str()) {
                evaluate_sets(sets, None, &facts, now, &mut self.recheck, &mut inherited);
            }
        }
        fill(&mut meta, &inherited);
        evaluate_sets(&self.model.resource_defaults, None, &facts, now, &mut self.recheck, &mut meta);
        if let Some(parent) = parent {
            fill(&mut meta, &self.resources[parent].meta);
        }
        meta
    }

    /// Turns the meta-attributes everything depends on into types.
    pub(super) fn read_meta(&mut self, id: ResourceId) {
        let top_is_clone = self.resources[self.resources.top_of(id)].is_clone();
        let in_maintenance = self.options.maintenance_mode;
        let resource = &mut self.resources[id];
        let mut complaints = read_scores(resource);
        resource.critical = resource.meta("critical").is_none_or(|t| literal::boolean(t) == Ok(true));
        resource.notify = resource.meta_is_true("notify");
        let is_plain_remote = resource.remote_connection && resource.meta("container").is_none();
        resource.migratable = match resource.meta("allow-migrate") {
            Some(text) => literal::boolean(text) == Ok(true),
            None => is_plain_remote,
        };
        read_managed(resource, in_maintenance);
        if top_is_clone {
            resource.unique = is_unique(resource);
            resource.promotable = resource.meta_is_true("promotable");
        }
        match multiple_active(resource) {
            Ok(wanted) => resource.multiple_active = wanted,
            Err(complaint) => complaints.push(complaint),
        }
        if let Some(timeout) = resource.meta("failure-timeout").and_then(Interval::parse) {
            resource.failure_timeout_ms = timeout.ms();
        }
        self.have_fencing |= resource.fence_device;
        for (word, complaint) in complaints {
            self.warn_of(id, word, &complaint);
        }
        let requires = self.resources[id].meta("requires").map(str::to_owned);
        self.read_requires(id, requires.as_deref());
        if is_plain_remote {
            self.read_reconnect_interval(id);
        }
        if let Some(role) = self.configured_target(id) {
            self.resources[id].target = role;
        }
    }

    fn read_reconnect_interval(&mut self, id: ResourceId) {
        let parameters = self.parameters_on(id, None);
        if let Some(interval) = parameters.get("reconnect_interval").and_then(|text| Interval::parse(text)) {
            self.resources[id].reconnect_interval_ms = interval.ms();
            self.resources[id].failure_timeout_ms = interval.ms();
        }
    }

    fn read_requires(&mut self, id: ResourceId, wanted: Option<&str>) {
        let fencing_enabled = self.options.fencing_enabled;
        let resource = &self.resources[id];
        let default = if resource.fence_device || (resource.remote_connection && resource.is_primitive()) {
            "quorum"
        } else if self.unfencing_enabled {
            "unfencing"
        } else if fencing_enabled {
            "fencing"
        } else if self.no_quorum_policy == NoQuorumPolicy::Ignore {
            "nothing"
        } else {
            "quorum"
        };
        let known = ["nothing", "quorum", "fencing", "unfencing"];
        let lower = wanted.map(str::to_ascii_lowercase);
        let mut value = lower.as_deref().filter(|word| known.contains(word)).unwrap_or(default);
        if let Some(wrong) = wanted.filter(|word| !known.contains(&word.to_ascii_lowercase().as_str())) {
            self.error_of(id, "requires", &format!("using requires={default} because '{wrong}' is not valid"));
        }
        if value == "fencing" && wanted.is_some() && !fencing_enabled {
            self.warn_of(id, "requires", "requires=fencing has no effect because fencing is disabled");
        }
        if value == "unfencing" && (self.resources[id].fence_device || !fencing_enabled) {
            self.warn_of(id, "requires", "using requires=quorum because unfencing is not possible");
            value = "quorum";
        }
        let resource = &mut self.resources[id];
        resource.needs_quorum = value == "quorum";
        resource.needs_fencing = matches!(value, "fencing" | "unfencing");
        resource.needs_unfencing = value == "unfencing";
    }

    /// `target-role`, where it asks for less than the default.
    pub(super) fn configured_target(&mut self, id: ResourceId) -> Option<Role> {
        let text = self.resources[id].meta("target-role")?;
        if text.eq_ignore_ascii_case("started") || text.eq_ignore_ascii_case("default") {
            return None;
        }
        let text = text.to_owned();
        let Some(role) = Role::parse(&text) else {
            self.error_of(id, "target-role", &format!("ignoring target-role because '{text}' is not valid"));
            return None;
        };
        if role <= Role::Started {
            return Some(role);
        }
        if !self.resources[self.resources.top_of(id)].promotable {
            let why = format!("ignoring target-role because '{text}' only makes sense for promotable clones");
            self.error_of(id, "target-role", &why);
            return None;
        }
        (role == Role::Unpromoted).then_some(role)
    }

    pub(super) fn set_target(&mut self, id: ResourceId, role: Role, why: &str) {
        let resource = &mut self.resources[id];
        if resource.target != role {
            resource.target = role;
            resource.target_reason = Some(why.to_owned());
        }
    }
}

/// A meta-attribute, and what is wrong with its value.
type Complaint = (&'static str, String);

fn read_scores(resource: &mut Resource) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut score = |name: &'static str, default: Score| match resource.meta.get(name).map(String::as_str) {
        None | Some("default") => default,
        Some(text) => Score::parse(text).unwrap_or_else(|| {
            complaints.push((name, format!("using the default {name} because '{text}' is no score")));
            default
        }),
    };
    resource.priority = score("priority", Score::ZERO);
    resource.stickiness = score("resource-stickiness", Score::ZERO);
    resource.migration_threshold = score("migration-threshold", Score::INFINITY);
    if resource.migration_threshold < Score::ZERO {
        let text = format!("using migration-threshold=INFINITY because {} is negative", resource.migration_threshold);
        complaints.push(("migration-threshold", text));
        resource.migration_threshold = Score::INFINITY;
    }
    complaints
}

/// `is-managed`, which maintenance overrules.
fn read_managed(resource: &mut Resource, in_maintenance: bool) {
    match resource.meta("is-managed") {
        None => {}
        Some(text) if text.eq_ignore_ascii_case("default") => {}
        Some(text) => resource.managed = literal::boolean(text) == Ok(true),
    }
    if resource.meta_is_true("maintenance") || in_maintenance {
        resource.managed = false;
        resource.maintenance = true;
    }
}

fn multiple_active(resource: &Resource) -> Result<MultipleActive, Complaint> {
    match resource.meta("multiple-active").map(str::to_ascii_lowercase).as_deref() {
        Some("stop_only") => Ok(MultipleActive::StopOnly),
        Some("block") => Ok(MultipleActive::Block),
        Some("stop_unexpected") => Ok(MultipleActive::StopUnexpected),
        None | Some("stop_start") => Ok(MultipleActive::StopStart),
        Some(other) => {
            Err(("multiple-active", format!("using multiple-active=stop_start because '{other}' is not valid")))
        }
    }
}

fn is_unique(resource: &Resource) -> bool {
    match resource.meta("globally-unique") {
        Some(text) => literal::boolean(text) == Ok(true),
        None => resource.meta("clone-node-max").is_some_and(|text| literal::cib::at_least(0, text) > 1),
    }
}

fn fill(meta: &mut BTreeMap<String, String>, from: &BTreeMap<String, String>) {
    for (name, value) in from {
        if !value.eq_ignore_ascii_case("#default") && !meta.contains_key(name) {
            meta.insert(name.clone(), value.clone());
        }
    }
}
