//! What happened between two saved inputs: operations recorded, nodes come and gone, failures
//! counted, the configuration changed.
//!
//! In: inputs in their order. Out: events in the order of their times.
//! Absent: what no status section tells.

use super::archive::SavedInput;
use quorate_core::cib::Document;
use quorate_core::exit;
use quorate_core::status::{self, ClusterStatus, FailCounts, NodeState, operation};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Seconds since 1970.
    pub epoch: i64,
    pub node: Option<String>,
    pub resource: Option<String>,
    pub text: String,
    /// Routine: recurring monitors that found what they expected.
    pub is_routine: bool,
}

/// Events of a row of inputs. What the first one knows already counts as having happened before it.
pub fn events(inputs: &[SavedInput]) -> Vec<Event> {
    let mut found = Vec::new();
    let mut before: Option<&SavedInput> = None;
    for input in inputs {
        let empty = Document::empty();
        let (old, new) = (before.map_or(&empty, |input| &input.document), &input.document);
        let mut between = Between { epoch: input.epoch, found: &mut found };
        let (old_status, new_status) = (status::read(old.status()), status::read(new.status()));
        between.nodes(&old_status, &new_status);
        if before.is_some() {
            between.configuration(old, new);
        }
        before = Some(input);
    }
    found.sort_by_key(|event| event.epoch);
    found
}

struct Between<'f> {
    epoch: i64,
    found: &'f mut Vec<Event>,
}

impl Between<'_> {
    fn tell(&mut self, node: &str, text: String) {
        let node = Some(node.to_string());
        self.found.push(Event { epoch: self.epoch, node, resource: None, text, is_routine: false });
    }

    fn nodes(&mut self, old: &ClusterStatus, new: &ClusterStatus) {
        for node in &new.nodes {
            let name = node.uname.as_deref().unwrap_or(&node.id);
            let was = old.nodes.iter().find(|was| was.id == node.id);
            let is_in = NodeState::is_online;
            match (was.is_some_and(is_in), is_in(node)) {
                (false, true) => self.tell(name, "is online".into()),
                (true, false) => self.tell(name, "is offline".into()),
                _ => {}
            }
            if node.fenced && !was.is_some_and(|was| was.fenced) {
                self.tell(name, "was fenced".into());
            }
            self.operations(name, was, node);
            self.failures(name, was, node);
        }
        for gone in old.nodes.iter().filter(|was| !new.nodes.iter().any(|node| node.id == was.id)) {
            self.tell(gone.uname.as_deref().unwrap_or(&gone.id), "is forgotten".into());
        }
    }

    /// Records that are new, or that came out otherwise.
    fn operations(&mut self, node: &str, was: Option<&NodeState>, now: &NodeState) {
        for history in &now.history {
            let known = was.and_then(|was| was.history.iter().find(|known| known.id() == history.id()));
            for record in &history.operations {
                let same = |old: &&operation::OperationRecord| {
                    old.call_id == record.call_id && old.exit_code == record.exit_code && old.status == record.status
                };
                let known =
                    known.and_then(|known| known.operations.iter().filter(same).find(|old| old.id() == record.id()));
                if known.is_some() || record.call_id < 0 {
                    continue;
                }
                let code = record.exit_code.unwrap_or(exit::OK);
                let expected = record.expected_exit_code.is_none_or(|expected| expected == code);
                let every =
                    if record.interval_ms > 0 { format!(" every {}ms", record.interval_ms) } else { String::new() };
                let wrong = if expected { String::new() } else { format!(" (exit code {code}, not expected)") };
                self.found.push(Event {
                    epoch: record.last_change.unwrap_or(self.epoch),
                    node: Some(node.to_string()),
                    resource: Some(history.id().to_string()),
                    text: format!("{}{every}: {}{wrong}", record.task(), exit::text(code)),
                    is_routine: record.task() == "monitor" && expected,
                });
            }
        }
    }

    fn failures(&mut self, node: &str, was: Option<&NodeState>, now: &NodeState) {
        let (old, new) = (counts(was), counts(Some(now)));
        for ((resource, operation), count) in &new {
            if old.get(&(resource.clone(), operation.clone())) != Some(count) {
                self.count(node, resource, format!("{operation} failures: {count}"));
            }
        }
        for (resource, operation) in old.keys().filter(|key| !new.contains_key(*key)) {
            self.count(node, resource, format!("{operation} failures: forgotten"));
        }
    }

    fn count(&mut self, node: &str, resource: &str, text: String) {
        let (node, resource) = (Some(node.to_string()), Some(resource.to_string()));
        self.found.push(Event { epoch: self.epoch, node, resource, text, is_routine: false });
    }

    fn configuration(&mut self, old: &Document, new: &Document) {
        if old.configuration() == new.configuration() {
            return;
        }
        let epoch = |document: &Document| document.root().attr("epoch").unwrap_or("?").to_string();
        let text = format!("the configuration changed (epoch {} to {})", epoch(old), epoch(new));
        self.found.push(Event { epoch: self.epoch, node: None, resource: None, text, is_routine: false });
    }
}

type Counts = BTreeMap<(String, String), String>;

fn counts(node: Option<&NodeState>) -> Counts {
    let sets = node.into_iter().flat_map(|node| &node.transient.attributes);
    let pairs = sets.flat_map(|set| &set.pairs).map(|pair| (pair.name.clone(), pair.value.clone()));
    let attributes: BTreeMap<String, String> = pairs.collect();
    let counts = FailCounts::of(&attributes);
    let mut found = Counts::new();
    for (resource, failures) in counts.iter() {
        for failure in failures {
            if let Some(count) = failure.count {
                found.insert((resource.to_string(), failure.operation.clone()), count.to_string());
            }
        }
    }
    found
}
