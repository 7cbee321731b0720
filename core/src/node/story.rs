//! What happened, for the log: results, decisions, changes of the configuration. So that a log tells the
//! story by itself, each member tells what happened on it, and the leader of all.

use super::Node;
use super::message::{Author, OperationResult};
use crate::cib::patch::Change;
use crate::cib::{Edit, Patch, Version};
use crate::exit;
use crate::note::{Note, Severity};
use crate::scheduler::Output;
use crate::scheduler::successor::NoSuccessor;
use crate::status::operation::ExecutionStatus;
use crate::transition::summary;
use crate::xml::Element;
use std::collections::BTreeSet;

/// Lines of one decision that are told; the input that is kept tells the rest.
const CHANGES_MAX: usize = 50;

impl Node {
    /// An operation ended.
    pub(super) fn tell_result(&mut self, result: &OperationResult) {
        if result.node != self.me().id && !self.is_leader() {
            return;
        }
        let Some(entry) = result.edits.iter().find_map(entry) else { return };
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        let node = members.iter().find(|member| member.id == result.node);
        let node = node.map_or_else(|| format!("node {}", result.node), |member| member.name.clone());
        let every = match result.interval_ms {
            0 => String::new(),
            ms => format!(" (every {} s)", ms as f64 / 1000.0),
        };
        let text = format!("{}{every} of {} on {node}: {}", result.operation, result.resource, ended(entry));
        let is_probe = result.operation == "monitor" && result.interval_ms == 0;
        let severity = match is_probe {
            // What it finds is no failure.
            true if has_looked(entry) => Severity::Info,
            _ if result.failed => Severity::Warning,
            _ => Severity::Notice,
        };
        self.note(Note::new(severity, "result", text));
    }

    /// The leader decided.
    pub(super) fn tell_decision(&mut self, transition: i32, output: &Output) {
        let lines = summary::lines(&output.summary);
        let actions = output.graph.synapses.len();
        if output.graph.does_nothing() {
            return self.note(Note::info("transition", format!("transition {transition}: nothing is to be done")));
        }
        self.note(Note::notice("transition", format!("transition {transition}: {actions} actions")));
        let more = lines.len().saturating_sub(CHANGES_MAX);
        for line in lines.into_iter().take(CHANGES_MAX) {
            let words: Vec<&str> = line.split_whitespace().collect();
            self.note(Note::notice("transition", format!("  {}", words.join(" "))));
        }
        if more > 0 {
            self.note(Note::notice("transition", format!("  … and {more} more")));
        }
    }

    /// Clones that wait for a person, each time that it is so anew.
    pub(super) fn tell_of_no_successor(&mut self, now: &[NoSuccessor]) {
        for one in now.iter().filter(|one| !self.no_successor.contains(one)).cloned().collect::<Vec<_>>() {
            self.note(Note::warning(one.clone.clone(), one.to_string()));
        }
        self.no_successor = now.to_vec();
    }

    /// The configuration has changed.
    pub(super) fn tell_commit(&mut self, patch: &Patch, author: &Author, version: Version) {
        let Author { node, user, client, .. } = author;
        let by = [("by", user), ("with", client), ("on", node)];
        let by: String =
            by.iter().filter(|(_, who)| !who.is_empty()).map(|(word, who)| format!(" {word} {who}")).collect();
        let places: BTreeSet<&str> = patch.changes.iter().filter_map(section).collect();
        let places: Vec<&str> = places.into_iter().collect();
        let within = if places.is_empty() { String::new() } else { format!(" in {}", places.join(", ")) };
        let count = patch.changes.len();
        let text = format!("configuration {version}: {count} changes{within}{by}");
        self.note(Note::notice("cib", text));
    }
}

/// The entry of the history that an edit makes.
fn entry(edit: &Edit) -> Option<&Element> {
    match edit {
        Edit::Put { element, .. } if element.name == "lrm_rsc_op" => Some(element),
        _ => None,
    }
}

/// Whether a probe found the resource, or found that it is not there.
fn has_looked(entry: &Element) -> bool {
    let found = [exit::OK, exit::NOT_RUNNING, exit::PROMOTED].map(|code| code.to_string());
    entry.attr("op-status") == Some("0")
        && entry.attr("rc-code").is_some_and(|code| found.iter().any(|one| one == code))
}

/// "ok after 12 ms", "error after 20.0 s (timed out): why".
fn ended(entry: &Element) -> String {
    let number = |name: &str| entry.attr(name).and_then(|text| text.parse::<i64>().ok());
    let code = number("rc-code").and_then(|code| i32::try_from(code).ok()).unwrap_or(exit::ERROR);
    let status = number("op-status").and_then(|code| ExecutionStatus::from_code(i32::try_from(code).ok()?));
    let took = match number("exec-time").unwrap_or(0) {
        ms @ 0..1000 => format!("{ms} ms"),
        ms => format!("{:.1} s", ms as f64 / 1000.0),
    };
    let how = match status {
        None | Some(ExecutionStatus::Done) => String::new(),
        Some(status) => format!(" ({})", status.text().to_lowercase()),
    };
    let reason = entry.attr("exit-reason").filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} after {took}{how}{reason}", exit::text(code).to_lowercase())
}

/// The section of the configuration that a change is in.
fn section(change: &Change) -> Option<&str> {
    let steps = &change.path().0;
    let step = match steps.get(1)?.name.as_str() {
        "configuration" => steps.get(2).or(steps.get(1)),
        _ => steps.get(1),
    };
    step.map(|step| step.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attributes: &[(&str, &str)], expected: &str) {
        let entry = attributes.iter().fold(Element::new("lrm_rsc_op"), |entry, (name, value)| entry.with(name, *value));
        assert_eq!(ended(&entry), expected);
    }

    #[test]
    fn how_an_operation_ended_is_told_with_code_time_status_and_reason() {
        check(&[("rc-code", "0"), ("op-status", "0"), ("exec-time", "12")], "ok after 12 ms");
        check(&[("rc-code", "7"), ("op-status", "0"), ("exec-time", "1500")], "not running after 1.5 s");
        check(
            &[("rc-code", "1"), ("op-status", "2"), ("exec-time", "20000"), ("exit-reason", "no answer")],
            "error occurred after 20.0 s (timed out): no answer",
        );
        check(&[], "error occurred after 0 ms");
    }
}
