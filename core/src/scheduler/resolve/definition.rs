//! Operations as they are written, held against what they can be: said once, whatever happened so far.
//!
//! In: the resources of the situation. Out: notes on what is ignored or replaced.
//! Never here: what a failure leads to (see `operation`).

use super::Resolver;
use super::operation::never_recurs;
use crate::cib::model::kind;
use crate::cib::model::resource::{Operation, Role};
use crate::note::Note;
use crate::scheduler::table::ResourceId;
use crate::time::Interval;
use std::collections::BTreeSet;

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
    }

    fn check_operation(&mut self, id: ResourceId, operation: &Operation) {
        let name = operation.name.as_str();
        let promotable = self.resources[self.resources.top_of(id)].promotable;
        if operation.interval_ms > 0 && (never_recurs(name) || name == "notify") {
            let text = operation.attribute("interval").unwrap_or_default();
            self.error_of(id, "interval", &format!("ignoring the interval {text} of {name}: it does not recur"));
        }
        for word in ["timeout", "start-delay"] {
            let Some(text) = operation.attribute(word).filter(|text| !kind::of_operation(word).takes(text)) else {
                continue;
            };
            let why = format!("using the default {word} of {name} because '{text}' is no time");
            self.warn_of(id, word, &why);
        }
        self.inform_of_times(id, operation);
        if let Some(text) = operation.attribute("interval-origin").filter(|text| self.input.now.date(text).is_none()) {
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
        if let Some(text) = operation.attribute("on-fail") {
            self.check_on_fail(id, operation, text);
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
    fn inform_of_times(&mut self, id: ResourceId, operation: &Operation) {
        let name = operation.name.as_str();
        if operation.attribute("timeout").and_then(Interval::parse).is_some_and(|timeout| timeout.ms() == 0) {
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

    fn check_on_fail(&mut self, id: ResourceId, operation: &Operation, text: &str) {
        let name = operation.name.as_str();
        let promoted = operation.role.as_deref().and_then(Role::parse) == Some(Role::Promoted);
        let may_demote = name == "promote" || name == "monitor" && operation.interval_ms > 0 && promoted;
        let why = match text.to_ascii_lowercase().as_str() {
            "fence" if !self.options.fencing_enabled => {
                format!("using on-fail=stop for {name} because fencing is disabled")
            }
            word @ ("standby" | "demote" | "stop") if name == "stop" => {
                format!("using the default on-fail for stop because '{word}' is not allowed for it")
            }
            "demote" if !may_demote => {
                format!(
                    "using the default on-fail for {name} because 'demote' is allowed only for promote and for \
                     recurring monitors with role=Promoted"
                )
            }
            "restart-container" if self.resources[id].launcher.is_none() => {
                format!("using the default on-fail for {name} because it is in no container")
            }
            "ignore" | "nothing" | "block" | "stop" | "restart" | "migrate" | "standby" | "fence" | "demote"
            | "restart-container" => return,
            word => format!("using the default on-fail for {name} because '{word}' is not valid"),
        };
        self.error_of(id, "on-fail", &why);
    }

    /// What has no effect, though nothing is wrong with it.
    fn inform_of(&mut self, id: ResourceId, word: &str, message: &str) {
        self.say(Note::info(self.resources[id].config_id.as_str(), message).at(word));
    }
}
