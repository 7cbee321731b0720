//! An operation's end as the entry of the status section that the scheduler reads.
//!
//! Ids and attributes as Pacemaker writes them: `R_last_0` for what runs once, `R_migrate_to_0` for a move's half,
//! `R_monitor_N` for what recurs, `R_last_failure_0` for what did not end as expected.

use super::operation::Operation;
use super::queue::Finished;
use crate::agent::ChangeRules;
use crate::cib::Edit;
use crate::cib::document::FEATURE_SET;
use crate::exit;
use crate::status::history::SHUTDOWN_LOCK;
use crate::status::operation::ExecutionStatus;
use crate::transition::ResourceRef;
use crate::xml::Element;
use crate::xml::path::{Path, Step};

/// Whether the operation ended otherwise than its transition expected.
pub fn failed(finished: &Finished) -> bool {
    finished.report.execution_status() != ExecutionStatus::Done
        || finished.report.code != finished.operation.key.expected
}

/// What the result changes in the status of this node.
pub fn edits(finished: &Finished, node: &NodeRef) -> Vec<Edit> {
    let operation = &finished.operation;
    let (resource, task) = (operation.resource(), operation.action.operation.as_str());
    let Some(reference) = &operation.action.resource else { return Vec::new() };
    if task == "notify" {
        return Vec::new();
    }
    let last = format!("{resource}_last_0");
    let mut ids = Vec::new();
    match (failed(finished), operation.interval_ms()) {
        _ if is_half_of_a_move(task) => ids.push(operation.action.key.clone()),
        (true, 0) => ids.extend([format!("{resource}_last_failure_0"), last]),
        (true, _) => ids.push(format!("{resource}_last_failure_0")),
        (false, 0) => ids.push(last),
        (false, interval) => ids.push(format!("{resource}_{task}_{interval}")),
    }
    let lock = lock(finished);
    ids.into_iter().flat_map(|id| put(reference, node, entry(&id, finished, node), lock)).collect()
}

/// The entry that says an operation has begun.
///
/// None for a demotion: it would take the place of what says that the resource is promoted, and it is until
/// the demotion has ended. A leader that comes in between must not promote another.
pub fn pending_edits(operation: &Operation, node: &NodeRef, epoch: i64) -> Vec<Edit> {
    let Some(reference) = &operation.action.resource else { return Vec::new() };
    let task = operation.action.operation.as_str();
    let worth = matches!(task, "start" | "stop" | "promote" | "migrate_to" | "migrate_from");
    let probe = task == "monitor" && operation.interval_ms() == 0;
    if !worth && !probe {
        return Vec::new();
    }
    let id = if is_half_of_a_move(task) { operation.action.key.clone() } else { format!("{}_last_0", reference.id) };
    let element = attributes(&id, operation)
        .with("transition-magic", format!("-1:{};{}", exit::NONE, operation.key))
        .with("exit-reason", "")
        .with("on_node", &node.name)
        .with("call-id", "-1")
        .with("rc-code", exit::NONE.to_string())
        .with("op-status", "-1")
        .with("interval", "0")
        .with("last-rc-change", epoch.to_string())
        .with("exec-time", "0")
        .with("queue-time", "0")
        .with("op-digest", operation.action.digest());
    put(reference, node, element, None).to_vec()
}

/// A node as the status section names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRef {
    pub id: String,
    pub name: String,
}

impl NodeRef {
    /// The path of the node's state.
    pub fn state_path(&self) -> Path {
        let step = |name: &str, id: Option<&str>| Step { name: name.into(), id: id.map(Into::into) };
        Path(vec![step("cib", None), step("status", None), step("node_state", Some(&self.id))])
    }

    /// The path of the node's resource histories.
    pub fn resources_path(&self) -> Path {
        self.state_path()
            .join(Step { name: "lrm".into(), id: Some(self.id.clone()) })
            .join(Step { name: "lrm_resources".into(), id: None })
    }

    /// The path of what is known of one resource there, by the name its history is kept under.
    pub fn history_path(&self, resource: &str) -> Path {
        self.resources_path().join(Step { name: "lrm_resource".into(), id: Some(resource.into()) })
    }
}

/// What is done with a resource that waits for this node keeps it waiting, or ends it (0); none where it does
/// not wait (Pacemaker Explained, "Cluster Options": `shutdown-lock`).
fn lock(finished: &Finished) -> Option<i64> {
    let action = &finished.operation.action;
    let since = action.shutdown_lock?;
    let keeps = finished.report.execution_status() == ExecutionStatus::Done
        && matches!(
            (action.operation.as_str(), finished.report.code),
            ("stop", exit::OK) | ("monitor", exit::NOT_RUNNING)
        );
    Some(if keeps { since } else { 0 })
}

fn put(resource: &ResourceRef, node: &NodeRef, entry: Element, lock: Option<i64>) -> [Edit; 2] {
    let mut element = Element::new("lrm_resource")
        .with("id", &resource.id)
        .with("class", &resource.class)
        .with("type", &resource.kind);
    if let Some(provider) = &resource.provider {
        element.set("provider", provider);
    }
    if let Some(since) = lock {
        element.set(SHUTDOWN_LOCK, since.to_string());
    }
    let parent = node.resources_path();
    let history = parent.join(Step::to(&element));
    [Edit::Merge { parent, element }, Edit::Put { parent: history, element: entry }]
}

fn attributes(id: &str, operation: &Operation) -> Element {
    let mut element = Element::new("lrm_rsc_op")
        .with("id", id)
        .with("operation_key", &operation.action.key)
        .with("operation", &operation.action.operation)
        .with("crm-debug-origin", "lrm")
        .with("crm_feature_set", FEATURE_SET)
        .with("transition-key", operation.key.to_string());
    if is_half_of_a_move(&operation.action.operation) {
        say_where_it_moves(operation, &mut element);
    }
    element
}

/// It is kept beside what was done last: until the other half and the end of the first are known, too, it says that
/// the resource may be on both nodes.
fn is_half_of_a_move(task: &str) -> bool {
    matches!(task, "migrate_to" | "migrate_from")
}

/// From one half of a move alone it is known where the resource may be: on both nodes.
fn say_where_it_moves(operation: &Operation, element: &mut Element) {
    for end in ["migrate_source", "migrate_target"] {
        if let Some(node) = operation.action.meta(end) {
            element.set(end, node);
        }
    }
}

fn entry(id: &str, finished: &Finished, node: &NodeRef) -> Element {
    let (operation, report) = (&finished.operation, &finished.report);
    let status = status_code(report.execution_status());
    let mut element = attributes(id, operation);
    if let Some(task) = stands_for(&operation.action.operation, failed(finished)) {
        element.set("operation", task);
        element.set("operation_key", format!("{}_{task}_0", operation.resource()));
    }
    element = element
        .with("transition-magic", format!("{status}:{};{}", report.code, operation.key))
        .with("exit-reason", &report.reason)
        .with("on_node", &node.name)
        .with("call-id", finished.call_id.to_string())
        .with("rc-code", report.code.to_string())
        .with("op-status", status.to_string())
        .with("interval", operation.interval_ms().to_string())
        .with("last-rc-change", finished.changed_at.to_string())
        .with("exec-time", report.exec_ms.to_string())
        .with("queue-time", finished.queue_ms.to_string())
        .with("op-digest", operation.action.digest());
    if let Some(rules) = &report.rules {
        say_what_changes_mean(rules, operation, &mut element);
    }
    element
}

/// A reload is kept as what it amounts to: the resource now runs with these parameters, or its state
/// has to be looked at.
fn stands_for(task: &str, failed: bool) -> Option<&'static str> {
    match task {
        "reload" | "reload-agent" if failed => Some("monitor"),
        "reload" | "reload-agent" => Some("start"),
        _ => None,
    }
}

/// By these the scheduler tells later whether a change of parameters needs a restart, and whether
/// it was one that not everyone may see.
fn say_what_changes_mean(rules: &ChangeRules, operation: &Operation, element: &mut Element) {
    if let Some(names) = rules.restart.as_ref().filter(|_| operation.interval_ms() == 0) {
        element.set("op-force-restart", word_list(names));
        let digest = operation.action.digest_of(|name| names.iter().any(|known| known == name));
        element.set("op-restart-digest", digest);
    }
    if !rules.private.is_empty() {
        element.set("op-secure-params", word_list(&rules.private));
        let digest = operation.action.digest_of(|name| !rules.private.iter().any(|known| known == name));
        element.set("op-secure-digest", digest);
    }
}

/// Words with a blank around each, so that a reader can look for " word ".
fn word_list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        words => format!(" {} ", words.join(" ")),
    }
}

fn status_code(status: ExecutionStatus) -> i32 {
    (-1..=11).find(|code| ExecutionStatus::from_code(*code) == Some(status)).expect("every status has its code")
}
