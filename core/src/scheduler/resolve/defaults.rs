//! What all operations share unless they say otherwise, held against the operations that take it.
//!
//! In: `op_defaults`, the resources of the situation. Out: notes on what is ignored or replaced.
//! Never here: what an operation says of itself (see `definition`).

use super::Resolver;
use super::Variant;
use super::definition::{NotTaken, OWN};
use super::operation::{configured, never_recurs};
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Operation, Primitive};
use crate::note::{Note, Severity};
use crate::rules::{Recheck, evaluate_sets};
use crate::scheduler::table::ResourceId;
use crate::time::Interval;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What every collective does as a whole.
const OF_COLLECTIVES: [&str; 2] = ["start", "stop"];

/// An operation that may take a default: one that is configured, or that the cluster does by itself.
struct Taker<'a> {
    resource: ResourceId,
    name: &'a str,
    interval_ms: u32,
    configured: Option<&'a Operation>,
}

impl Resolver<'_> {
    pub(super) fn check_operation_defaults(&mut self) {
        let sets = self.model.operation_defaults.clone();
        for pair in sets.iter().flat_map(|set| set.pairs.iter().map(move |pair| (set, pair))) {
            self.inform_of_default(pair.0, &pair.1.name, &pair.1.value);
        }
        let is_said = |name: &str| sets.iter().flat_map(|set| &set.pairs).any(|pair| pair.name == name);
        if is_said("on-fail") || is_said("interval-origin") {
            self.check_taken(&sets);
        }
    }

    fn inform_of_default(&mut self, set: &AttributeSet, name: &str, value: &str) {
        let why = if OWN.contains(&name) {
            format!("`{name}` has no effect here: it counts where an operation has it of its own")
        } else if name == "timeout" && Interval::parse(value).is_some_and(|timeout| timeout.ms() == 0) {
            "the timeout of operations stays what it is without this because 0 is none".to_owned()
        } else {
            return;
        };
        self.say(Note::info(set.id.as_str(), why).at(name));
    }

    /// The values that an operation takes from the defaults, and cannot have.
    fn check_taken(&mut self, sets: &[AttributeSet]) {
        let primitives = self.primitives();
        let mut takers: Vec<Taker> =
            primitives.iter().flat_map(|(id, primitive)| self.takers(*id, primitive)).collect();
        takers.extend(self.takers_of_collectives());
        let mut found: Vec<Note> = Vec::new();
        for taker in &takers {
            let taken = self.taken(sets, taker);
            let wrong =
                [("on-fail", self.wrong_on_fail(taker, &taken)), ("interval-origin", self.wrong_origin(taker, &taken))];
            for (name, wrong) in wrong {
                let Some((severity, why)) = wrong else { continue };
                let Some(set) = self.speaker(sets, taker, name, &taken) else { continue };
                found.push(Note::new(severity, set, why).at(name));
            }
        }
        self.say_gravest(found);
    }

    /// One operation stands for all that take a default alike.
    fn say_gravest(&mut self, mut found: Vec<Note>) {
        found.sort_by_key(|note| std::cmp::Reverse(note.severity));
        let mut told: BTreeSet<(String, String)> = BTreeSet::new();
        for note in found {
            if told.insert((note.about.clone(), note.word.clone())) {
                self.say(note);
            }
        }
    }

    /// Each primitive once, whatever instances it has.
    fn primitives(&self) -> Vec<(ResourceId, Arc<Primitive>)> {
        let mut seen = BTreeSet::new();
        let all = self.resources.iter().filter_map(|(id, resource)| match &resource.variant {
            Variant::Primitive(primitive) => Some((id, Arc::clone(primitive))),
            _ => None,
        });
        all.filter(|(_, primitive)| seen.insert(primitive.id.clone())).collect()
    }

    fn takers_of_collectives(&self) -> Vec<Taker<'static>> {
        let collectives = self.resources.iter().filter(|(_, resource)| !resource.is_primitive());
        let each = |resource| OF_COLLECTIVES.map(|name| Taker { resource, name, interval_ms: 0, configured: None });
        collectives.flat_map(|(resource, _)| each(resource)).collect()
    }

    fn takers<'a>(&self, resource: ResourceId, primitive: &'a Primitive) -> Vec<Taker<'a>> {
        let promotable = self.resources[self.resources.top_of(resource)].promotable;
        let roles: &[&str] = if promotable { &["promote", "demote"] } else { &[] };
        let once = ["monitor", "start", "stop"].iter().chain(roles).map(|name| (*name, 0));
        let recurring = primitive.operations.iter().filter(|op| op.interval_ms > 0 && !never_recurs(&op.name));
        let recurring = recurring.filter(|op| op.enabled).map(|op| (op.name.as_str(), op.interval_ms));
        let taker = |(name, interval_ms)| {
            let configured = configured(primitive, name, interval_ms, true);
            Taker { resource, name, interval_ms, configured }
        };
        once.chain(recurring).map(taker).collect()
    }

    /// The defaults that an operation takes: those of which it says nothing itself.
    fn taken(&self, sets: &[AttributeSet], taker: &Taker) -> BTreeMap<String, String> {
        let own = taker.configured.map(|operation| self.said_of(taker.resource, operation)).unwrap_or_default();
        let mut taken = self.evaluated(sets, taker);
        taken.retain(|name, _| !own.contains_key(name));
        taken
    }

    fn evaluated(&self, sets: &[AttributeSet], taker: &Taker) -> BTreeMap<String, String> {
        let facts = self.facts_of(taker.resource, taker.name, taker.interval_ms);
        let mut values = BTreeMap::new();
        evaluate_sets(sets, None, &facts, self.input.now, &mut Recheck::default(), &mut values);
        values
    }

    /// The set that a value is taken from.
    fn speaker(
        &self,
        sets: &[AttributeSet],
        taker: &Taker,
        name: &str,
        taken: &BTreeMap<String, String>,
    ) -> Option<String> {
        let says = |set: &&AttributeSet| self.evaluated(std::slice::from_ref(*set), taker).get(name) == taken.get(name);
        sets.iter().find(says).map(|set| set.id.clone())
    }

    fn wrong_on_fail(&self, taker: &Taker, taken: &BTreeMap<String, String>) -> Option<(Severity, String)> {
        let text = taken.get("on-fail")?;
        let not_taken = self.not_taken(taker.resource, taker.name, taker.interval_ms, taker.configured, text);
        let NotTaken { instead, why } = not_taken?;
        let is_collective = !self.resources[taker.resource].is_primitive();
        let is_of_container = text.eq_ignore_ascii_case("restart-container");
        // It is meant for what is in containers, and passed over by others.
        if is_of_container && self.resources.iter().any(|(_, resource)| resource.launcher.is_some()) {
            return None;
        }
        // Pacemaker complains of stops of collectives, which it always has in mind, and not of others.
        let severity = match is_of_container || taker.name == "stop" && !is_collective {
            true => Severity::Info,
            false => Severity::Error,
        };
        Some((severity, format!("using {instead} for {} because {why}", taker.name)))
    }

    fn wrong_origin(&self, taker: &Taker, taken: &BTreeMap<String, String>) -> Option<(Severity, String)> {
        let text = taken.get("interval-origin").filter(|_| taker.interval_ms > 0)?;
        let is_date = self.input.now.date(text).is_some();
        (!is_date).then(|| (Severity::Error, format!("ignoring the interval-origin because '{text}' is no date")))
    }
}
