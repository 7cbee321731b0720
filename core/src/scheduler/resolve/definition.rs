//! Operations as they are written, held against what they can be: said once, whatever happened so far.
//!
//! In: the resources of the situation. Out: notes on what is ignored or replaced.
//! Never here: what a failure leads to (see `operation`), what all operations share (see `defaults`).

use super::Resolver;
use super::operation::never_recurs;
use crate::cib::model::kind;
use crate::cib::model::resource::{Operation, Role};
use crate::note::Note;
use crate::rules::{Facts, Recheck, evaluate_sets};
use crate::scheduler::table::ResourceId;
use crate::time::Interval;
use std::collections::{BTreeMap, BTreeSet};

/// What counts as an attribute of an `<op>` only, whatever its meta-attributes and the defaults say.
pub(super) const OWN: [&str; 3] = ["enabled", "interval", "role"];

/// An `on-fail` that is not taken: what is used instead, and why.
pub(super) struct NotTaken {
    pub(super) instead: &'static str,
    pub(super) why: String,
}

impl Resolver<'_> {
    pub(super) fn check_definitions(&mut self) {
        if self.options.fencing_enabled && !self.have_fencing {
            let why = "fencing is enabled and there is no fence device: nothing is started";
            self.say(Note::error("fencing-enabled", why).at("fencing-enabled"));
        }
        let mut seen = BTreeSet::new();
        for id in self.resources.ids().collect::<Vec<_>>() {
            let resource = &self.resources[id];
            // The instances of a clone are one definition.
            if !resource.is_primitive() || !seen.insert(resource.config_id.clone()) {
                continue;
            }
            let Some(primitive) = resource.primitive() else { continue };
            let all = primitive.operations.clone();
            let enabled = all.iter().filter(|one| one.enabled);
            enabled.for_each(|operation| self.check_operation(id, operation));
            self.check_repeated(id, &all);
        }
        self.check_operation_defaults();
    }

    fn check_operation(&mut self, id: ResourceId, operation: &Operation) {
        let name = operation.name.as_str();
        let promotable = self.resources[self.resources.top_of(id)].promotable;
        let said = self.said_of(id, operation);
        if operation.interval_ms > 0 && (never_recurs(name) || name == "notify") {
            let text = operation.attribute("interval").unwrap_or_default();
            self.error_of(id, "interval", &format!("ignoring the interval {text} of {name}: it does not recur"));
        }
        for word in ["timeout", "start-delay"] {
            let Some(text) = said.get(word).filter(|text| !kind::of_operation(word).takes(text)) else {
                continue;
            };
            let why = format!("using the default {word} of {name} because '{text}' is no time");
            self.warn_of(id, word, &why);
        }
        self.inform_of_times(id, operation, &said);
        self.inform_of_meta(id, operation);
        if let Some(text) = said.get("interval-origin").filter(|text| self.input.now.date(text).is_none()) {
            let why = format!("ignoring the interval-origin of {name} because '{text}' is no date");
            self.error_of(id, "interval-origin", &why);
        }
        let role = operation.role.as_deref();
        let parsed = role.and_then(Role::parse);
        match role {
            Some(text) if parsed.is_none() => {
                let why = format!("ignoring {name} with role={text}, which is no role");
                self.error_of(id, "role", &why);
            }
            Some(text) if matches!(parsed, Some(Role::Promoted | Role::Unpromoted)) && !promotable => {
                let why = format!("{name} with role={text} is never run because it is not promotable");
                self.inform_of(id, "role", &why);
            }
            _ => {}
        }
        let not_taken =
            said.get("on-fail").and_then(|text| self.not_taken(id, name, operation.interval_ms, Some(operation), text));
        if let Some(NotTaken { instead, why }) = not_taken {
            self.error_of(id, "on-fail", &format!("using {instead} for {name} because {why}"));
        }
    }

    /// Its meta-attributes, and before them its attributes.
    pub(super) fn said_of(&self, id: ResourceId, operation: &Operation) -> BTreeMap<String, String> {
        let mut said = BTreeMap::new();
        if !operation.meta.is_empty() {
            let facts = self.facts_of(id, &operation.name, operation.interval_ms);
            evaluate_sets(&operation.meta, None, &facts, self.input.now, &mut Recheck::default(), &mut said);
        }
        said.extend(operation.attributes.clone());
        said
    }

    /// What rules know of an operation.
    pub(super) fn facts_of<'a>(&'a self, id: ResourceId, name: &'a str, interval_ms: u32) -> Facts<'a> {
        let agent = &self.resources[id].agent;
        Facts {
            class: Some(agent.class.as_str()),
            provider: agent.provider.as_deref(),
            agent: Some(agent.kind.as_str()),
            operation: Some((name, interval_ms)),
            ..Facts::default()
        }
    }

    /// Operations are told apart by name and interval: of two that recur alike none is run, of others one counts.
    fn check_repeated(&mut self, id: ResourceId, operations: &[Operation]) {
        for (at, operation) in operations.iter().enumerate() {
            let same = |other: &&Operation| other.name == operation.name && other.interval_ms == operation.interval_ms;
            if !operations[..at].iter().any(|other| same(&other)) {
                continue;
            }
            let (name, interval) = (&operation.name, operation.attribute("interval").unwrap_or("0"));
            let twice = format!("{name} with interval {interval} stands here more than once");
            let note = match operation.interval_ms > 0 && !never_recurs(name) {
                true => Note::error(self.resources[id].config_id.as_str(), format!("{twice}: none of them is run")),
                false => Note::info(self.resources[id].config_id.as_str(), format!("{twice}: the first counts")),
            };
            self.say(note.at(name.as_str()));
        }
    }

    /// Times that are taken, and mean something else than they seem to.
    fn inform_of_times(&mut self, id: ResourceId, operation: &Operation, said: &BTreeMap<String, String>) {
        let name = operation.name.as_str();
        if said.get("timeout").and_then(|text| Interval::parse(text)).is_some_and(|timeout| timeout.ms() == 0) {
            self.inform_of(id, "timeout", &format!("using the default timeout of {name} because 0 is none"));
        }
        // One with more to say, such as a timeout, speaks of the probe.
        let says_more = operation.attributes.keys().any(|key| !matches!(key.as_str(), "id" | "name" | "interval"));
        let is_bare = !says_more && operation.meta.is_empty() && operation.parameters.is_empty();
        if name == "monitor" && operation.interval_ms == 0 && is_bare {
            // The schema wants an interval, so that one that nobody wrote is there as 0s.
            let word = if operation.attribute("interval").is_none_or(|text| text == "0s") { name } else { "interval" };
            self.inform_of(id, word, "monitor without an interval beyond 0 does not recur, and has no effect");
        }
    }

    /// Meta-attributes of an operation that are passed over for its attributes.
    fn inform_of_meta(&mut self, id: ResourceId, operation: &Operation) {
        let name = operation.name.as_str();
        for pair in operation.meta.iter().flat_map(|set| &set.pairs) {
            let written = format!("{}={}", pair.name, pair.value);
            let why = match operation.attribute(&pair.name) {
                _ if OWN.contains(&pair.name.as_str()) => {
                    format!("`{written}` has no effect among the meta attributes of {name}: write it among its own")
                }
                Some(own) => format!("`{written}` has no effect: {name} has {}={own} of its own", pair.name),
                None => continue,
            };
            self.inform_of(id, &written, &why);
        }
    }

    /// Whether an operation of this name may have this `on-fail`; `None` if it may.
    pub(super) fn not_taken(
        &self,
        id: ResourceId,
        name: &str,
        interval_ms: u32,
        operation: Option<&Operation>,
        text: &str,
    ) -> Option<NotTaken> {
        let role = operation.and_then(|operation| operation.role.as_deref()).and_then(Role::parse);
        let is_promoted_monitor = name == "monitor" && interval_ms > 0 && role == Some(Role::Promoted);
        let may_demote = is_promoted_monitor || name == "promote" && operation.is_some();
        let why = match text.to_ascii_lowercase().as_str() {
            "fence" if !self.options.fencing_enabled => {
                return Some(NotTaken { instead: "on-fail=stop", why: "fencing is disabled".to_owned() });
            }
            word @ ("standby" | "demote" | "stop") if name == "stop" => format!("'{word}' is not allowed for it"),
            "demote" if !may_demote => {
                "'demote' is allowed only for promote and for recurring monitors with role=Promoted".to_owned()
            }
            "restart-container" if self.resources[id].launcher.is_none() => "it is in no container".to_owned(),
            "ignore" | "nothing" | "block" | "stop" | "restart" | "migrate" | "standby" | "fence" | "demote"
            | "restart-container" => return None,
            word => format!("'{word}' is not valid"),
        };
        Some(NotTaken { instead: "the default on-fail", why })
    }

    /// What has no effect, though nothing is wrong with it.
    fn inform_of(&mut self, id: ResourceId, word: &str, message: &str) {
        self.say(Note::info(self.resources[id].config_id.as_str(), message).at(word));
    }
}
