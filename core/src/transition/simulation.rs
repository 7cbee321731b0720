//! A transition carried out on paper: every action succeeds as expected.
//!
//! In: a graph and the document it was decided for. Out: what was done, in words, and the
//! document as it would be. Absent: chosen failures, injected events.

use super::graph::{Action, ActionKind, Graph, ResourceRef};
use super::key::TransitionKey;
use super::{Executor, Outcome, Progress};
use crate::cib::Document;
use crate::time::Now;
use crate::xml::Element;

/// The mark of a leader that never was.
const NO_LEADER: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// A transition after its end.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// One for every action that was carried out, in the order they ran.
    pub lines: Vec<String>,
    /// The document with the results.
    pub document: Document,
    /// Whether all of the graph was done.
    pub complete: bool,
}

/// What a simulation has to know beside the graph.
pub struct Setting<'a> {
    pub document: &'a Document,
    /// Whether a resource, or an instance of one, goes by this name.
    pub known: &'a dyn Fn(&str) -> bool,
    pub now: Now,
}

/// Carries out a graph.
pub fn simulate(graph: Graph, setting: &Setting) -> Simulation {
    let mut document = setting.document.clone();
    let mut executor = Executor::new(graph);
    let mut lines = Vec::new();
    while let Some(action) = executor.start_next() {
        let action = action.clone();
        lines.push(carry_out(&action, setting, &mut document));
        executor.finished(action.id, Outcome::Done);
    }
    Simulation { lines, document, complete: executor.progress() == Progress::Complete }
}

fn carry_out(action: &Action, setting: &Setting, document: &mut Document) -> String {
    let node = action.node.as_deref().unwrap_or_default();
    match (action.kind, &action.resource) {
        (ActionKind::Pseudo, _) => {
            let place = action.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
            format!("Pseudo action:   {}{place}", action.key)
        }
        (ActionKind::Resource, Some(resource)) => {
            let name = history_name(resource, setting);
            let recorded = !matches!(action.operation.as_str(), "delete" | "meta-data");
            if recorded {
                record(action, resource, name, setting.now, document);
            }
            let interval = match action.interval() {
                interval if recorded && interval > 0 => format!("={interval}"),
                _ => String::new(),
            };
            format!("Resource action: {name:<15} {}{interval} on {node}", action.operation)
        }
        (ActionKind::Cluster, _) if action.operation == "stonith" => {
            let how = action.meta("stonith_action").unwrap_or_default();
            if !how.eq_ignore_ascii_case("on") {
                fence(node, document);
            }
            format!("Fencing {node} ({how})")
        }
        (_, resource) => {
            let resource = resource.as_ref().map(|resource| format!(" for {}", resource.id)).unwrap_or_default();
            format!("Cluster action:  {}{resource} on {node}", action.operation)
        }
    }
}

/// The name a resource's history is kept under: the configured one, if there is such a resource.
fn history_name<'a>(resource: &'a ResourceRef, setting: &Setting) -> &'a str {
    match &resource.long_id {
        Some(long) if !(setting.known)(&resource.id) && (setting.known)(long) => long,
        _ => &resource.id,
    }
}

/// Writes the result of an operation into a node's history.
fn record(action: &Action, resource: &ResourceRef, name: &str, now: Now, document: &mut Document) {
    let Some(node) = &action.node else { return };
    let uuid = if action.router_node.is_some() { Some(node) } else { action.node_uuid.as_ref() };
    let state = node_state(document, node, uuid.unwrap_or(node));
    let state_id = state.id().unwrap_or_default().to_owned();
    let lrm = state.child_or_new("lrm");
    if lrm.id().is_none() {
        lrm.set("id", state_id);
    }
    let histories = lrm.child_or_new("lrm_resources");
    let kept_as = match histories.child_with_id("lrm_resource", name) {
        Some(_) => name,
        None => &resource.id,
    };
    let history = histories.child_with_id_or_new("lrm_resource", kept_as);
    if history.attr("class").is_none() {
        history.set("class", &resource.class);
        if let Some(provider) = &resource.provider {
            history.set("provider", provider);
        }
        history.set("type", &resource.kind);
    }
    let calls = history.elements().filter_map(|record| record.attr("call-id")?.parse::<i32>().ok());
    let call = calls.max().unwrap_or(0).max(0) + 1;
    write_result(history, action, resource, node, call, now);
}

fn write_result(history: &mut Element, action: &Action, resource: &ResourceRef, node: &str, call: i32, now: Now) {
    let task = match action.operation.as_str() {
        "reload" | "reload-agent" => "start",
        other => other,
    };
    let interval = action.interval();
    let key = format!("{}_{task}_{interval}", resource.id);
    let id = match task {
        "notify" => {
            let of = |name| action.meta(name).unwrap_or_default();
            format!("{}_{}_notify_{}_0", resource.id, of("notify_type"), of("notify_operation"))
        }
        "migrate_to" | "migrate_from" => key.clone(),
        _ if interval > 0 => key.clone(),
        _ => format!("{}_last_0", resource.id),
    };
    let expected = action.meta("op_target_rc").and_then(|code| code.parse().ok()).unwrap_or(0);
    let code = if task == "notify" { 0 } else { expected };
    let transition =
        TransitionKey { action: call.unsigned_abs(), transition: -1, expected, uuid: NO_LEADER.to_owned() };
    let record = history.child_with_id_or_new("lrm_rsc_op", &id);
    record.set("operation_key", key);
    record.set("operation", task);
    record.set("transition-key", transition.to_string());
    record.set("transition-magic", format!("0:{code};{transition}"));
    record.set("exit-reason", "");
    record.set("on_node", node);
    record.set("call-id", call.to_string());
    record.set("rc-code", code.to_string());
    record.set("op-status", "0");
    record.set("interval", interval.to_string());
    record.set("last-rc-change", now.epoch().to_string());
    record.set("op-digest", action.digest());
    for name in ["migrate_source", "migrate_target"] {
        if let (true, Some(value)) = (task.starts_with("migrate_"), action.meta(name)) {
            record.set(name, value);
        }
    }
}

/// The node is gone: its history and transient attributes too.
fn fence(node: &str, document: &mut Document) {
    let uuid = uuid_of(document, node).unwrap_or_else(|| node.to_owned());
    let state = node_state(document, node, &uuid);
    for (name, value) in [("in_ccm", "false"), ("crmd", "offline"), ("join", "down"), ("expected", "down")] {
        state.set(name, value);
    }
    state.retain_elements(|part| !matches!(&*part.name, "lrm" | "transient_attributes"));
}

fn uuid_of(document: &Document, node: &str) -> Option<String> {
    let nodes = document.configuration().child("nodes")?;
    let found = nodes.elements_named("node").find(|entry| entry.attr("uname") == Some(node))?;
    found.id().map(str::to_owned)
}

/// The state entry of a node, made if there is none.
fn node_state<'a>(document: &'a mut Document, node: &str, uuid: &str) -> &'a mut Element {
    let is_named = |state: &Element| &*state.name == "node_state" && state.attr("uname") == Some(node);
    let status = document.status_mut();
    let id = match status.elements().find(|state| is_named(state)) {
        Some(state) => state.id().unwrap_or(uuid).to_owned(),
        None => uuid.to_owned(),
    };
    let state = status.child_with_id_or_new("node_state", &id);
    state.set("uname", node);
    state
}
