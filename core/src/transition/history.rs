//! Results written into a document's histories on paper, as an executor would have reported them.
//!
//! In: what ran, where, how it went. Out: the document's status section changed in place.
//! Absent: the live way of results (see `lrm::result`), fail counts.

use super::graph::ResourceRef;
use super::key::TransitionKey;
use crate::cib::Document;
use crate::cib::document::FEATURE_SET;
use crate::status::operation::ExecutionStatus;
use crate::time::Now;
use crate::xml::{Element, Node};
use std::collections::{BTreeMap, BTreeSet};

/// The mark of a leader that never was.
const NO_LEADER: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// Who wrote it, for people who look at the document later.
const ORIGIN: &str = "crm_simulate";

/// An operation that ran to its end.
#[derive(Clone, Debug)]
pub struct Result<'a> {
    pub resource: &'a ResourceRef,
    /// The name its history is looked for first.
    pub name: &'a str,
    pub task: &'a str,
    pub interval: u64,
    pub node: &'a str,
    pub code: i32,
    pub status: ExecutionStatus,
    pub expected: i32,
    /// What the agent would say of a failure.
    pub reason: &'a str,
    pub digest: Option<String>,
    /// For a notification: its type and the operation it is about.
    pub notification: Option<(&'a str, &'a str)>,
    /// For a migration: attributes that say between which nodes.
    pub migration: Vec<(&'a str, &'a str)>,
    pub now: Now,
}

/// Writes results, and remembers where each history lies: a transition writes thousands.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    nodes: BTreeMap<String, Places>,
}

/// Where things of one node are among the children of their parents. Nothing is taken out meanwhile
/// but by [`Recorder::stand`].
#[derive(Clone, Debug)]
struct Places {
    state: usize,
    histories: BTreeMap<String, usize>,
    /// Names that several histories bear.
    doubled: BTreeSet<String>,
}

impl Recorder {
    /// Writes a result into the history of a node, which is made if there is none.
    pub fn record(&mut self, document: &mut Document, uuid: &str, result: &Result) {
        if !self.nodes.contains_key(result.node) {
            self.nodes.insert(result.node.to_owned(), places(document, result.node, uuid));
        }
        let places = self.nodes.get_mut(result.node).expect("it was just put there");
        let state = document.status_mut().child_at_mut(places.state).expect("states stay where they are");
        let histories = state.child_or_new("lrm").child_or_new("lrm_resources");
        let resource = result.resource;
        let found = places.histories.get(result.name).or_else(|| places.histories.get(&resource.id)).copied();
        let at = found.unwrap_or_else(|| {
            histories.push(new_history(resource));
            places.histories.insert(resource.id.clone(), histories.children.len() - 1);
            histories.children.len() - 1
        });
        let history = histories.child_at_mut(at).expect("histories stay where they are");
        let calls = history.elements().filter_map(|record| record.attr("call-id")?.parse::<i32>().ok());
        let latest = calls.max().unwrap_or(0).max(0);
        // Of several histories of one name none is known to be the right one, so calls are counted anew.
        let call = if places.doubled.contains(result.name) { 1 } else { latest + 1 };
        write(history, result, call);
    }

    /// Writes a node's standing.
    pub fn stand(&mut self, document: &mut Document, node: &str, standing: Standing) {
        // Two names may lead to one state, so what was known of any is found anew.
        self.nodes.clear();
        stand(document, node, standing);
    }
}

fn places(document: &mut Document, node: &str, uuid: &str) -> Places {
    join_doubles(document, node);
    let state = node_state(document, node, uuid);
    let state_id = state.id().unwrap_or_default().to_owned();
    let lrm = state.child_or_new("lrm");
    if lrm.id().is_none() {
        lrm.set("id", state_id);
    }
    let (mut histories, mut doubled) = (BTreeMap::new(), BTreeSet::new());
    for (at, history) in lrm.child_or_new("lrm_resources").children.iter().enumerate() {
        let Some(id) = history.element().filter(|history| history.name == "lrm_resource").and_then(|h| h.id()) else {
            continue;
        };
        match histories.get(id) {
            Some(_) => drop(doubled.insert(id.to_owned())),
            None => drop(histories.insert(id.to_owned(), at)),
        }
    }
    let is_state = |child: &Node| {
        child.element().is_some_and(|state| state.name == "node_state" && state.attr("uname") == Some(node))
    };
    let state = document.status().children.iter().position(is_state).expect("it was just made");
    Places { state, histories, doubled }
}

fn new_history(resource: &ResourceRef) -> Element {
    let mut history = Element::new("lrm_resource").with("id", &resource.id).with("class", &resource.class);
    if let Some(provider) = &resource.provider {
        history.set("provider", provider);
    }
    history.set("type", &resource.kind);
    history
}

/// Joins a node's histories of the same name in the first of them, as happens when a node's state is written.
/// The others stay as they are.
fn join_doubles(document: &mut Document, node: &str) {
    let is_named = |state: &Element| &*state.name == "node_state" && state.attr("uname") == Some(node);
    let Some(state) = document.status().elements().find(|state| is_named(state)) else { return };
    let histories = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
    let (mut known, mut doubles) = (BTreeSet::new(), Vec::new());
    for history in histories.into_iter().flat_map(|histories| histories.elements_named("lrm_resource")) {
        if history.id().is_some_and(|id| !known.insert(id)) {
            doubles.push(history.clone());
        }
    }
    if doubles.is_empty() {
        return;
    }
    let uuid = state.id().unwrap_or(node).to_owned();
    let histories = node_state(document, node, &uuid).child_or_new("lrm").child_or_new("lrm_resources");
    for double in &doubles {
        let first = histories.child_with_id_or_new("lrm_resource", double.id().unwrap_or_default());
        for record in double.elements_named("lrm_rsc_op") {
            let joined = first.child_with_id_or_new("lrm_rsc_op", record.id().unwrap_or_default());
            for (name, value) in &record.attributes {
                joined.set(name, value);
            }
        }
    }
}

fn write(history: &mut Element, result: &Result, call: i32) {
    let task = match result.task {
        "reload" | "reload-agent" => "start",
        other => other,
    };
    let (id, interval) = (&result.resource.id, result.interval);
    let code = if task == "notify" { 0 } else { result.code };
    let failed = match result.status {
        ExecutionStatus::Done => code != result.expected,
        status => !matches!(status, ExecutionStatus::Pending | ExecutionStatus::Cancelled),
    };
    let status = result.status.code();
    let key = format!("{id}_{task}_{interval}");
    let mut entries = vec![match task {
        "notify" => {
            let (kind, operation) = result.notification.unwrap_or_default();
            format!("{id}_{kind}_notify_{operation}_0")
        }
        "migrate_to" | "migrate_from" => key.clone(),
        _ if failed => format!("{id}_last_failure_0"),
        _ if interval > 0 => key.clone(),
        _ => format!("{id}_last_0"),
    }];
    if failed && interval == 0 && entries[0].ends_with("_last_failure_0") {
        entries.push(format!("{id}_last_0"));
    }
    let expected = result.expected;
    let transition =
        TransitionKey { action: call.unsigned_abs(), transition: -1, expected, uuid: NO_LEADER.to_owned() };
    for entry in entries {
        let record = history.child_with_id_or_new("lrm_rsc_op", &entry);
        record.set("operation_key", &key);
        record.set("operation", task);
        record.set("crm-debug-origin", ORIGIN);
        record.set("crm_feature_set", FEATURE_SET);
        record.set("transition-key", transition.to_string());
        record.set("transition-magic", format!("{status}:{code};{transition}"));
        record.set("exit-reason", if failed { result.reason } else { "" });
        record.set("on_node", result.node);
        record.set("call-id", call.to_string());
        record.set("rc-code", code.to_string());
        record.set("op-status", status.to_string());
        record.set("interval", interval.to_string());
        record.set("last-rc-change", result.now.epoch().to_string());
        record.set("exec-time", "0");
        record.set("queue-time", "0");
        for (name, value) in &result.migration {
            record.set(name, value);
        }
        if let Some(digest) = &result.digest {
            record.set("op-digest", digest);
        }
    }
}

/// A node's membership, as the cluster layer and the leader would tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the cluster, and meant to be.
    Up,
    /// Left in good order: nothing is known of what ran there.
    Down,
    /// Vanished while it was meant to be there.
    Lost,
}

/// Writes a node's standing. As with Pacemaker each part of it is a change of its own: a state that
/// was not there, what it says, a history and attributes that go.
pub fn stand(document: &mut Document, node: &str, standing: Standing) {
    let is_new = !has_state(document, node);
    let uuid = uuid_of(document, node).unwrap_or_else(|| node.to_owned());
    let state = node_state(document, node, &uuid);
    let values = match standing {
        Standing::Up => ["true", "online", "member", "member"],
        Standing::Lost => ["false", "online", "member", "member"],
        Standing::Down => ["false", "offline", "down", "down"],
    };
    for (name, value) in ["in_ccm", "crmd", "join", "expected"].into_iter().zip(values) {
        state.set(name, value);
    }
    state.set("crm-debug-origin", ORIGIN);
    let parts = state.children.len();
    if standing == Standing::Down {
        state.retain_elements(|part| !matches!(&*part.name, "lrm" | "transient_attributes"));
    }
    let changes = usize::from(is_new) + 1 + parts - state.children.len();
    (0..changes).for_each(|_| document.count_status());
}

fn has_state(document: &Document, node: &str) -> bool {
    document.status().elements_named("node_state").any(|state| state.attr("uname") == Some(node))
}

/// A node's id, by its name.
pub fn uuid_of(document: &Document, node: &str) -> Option<String> {
    let configured = document.configuration().child("nodes");
    let configured = configured.into_iter().flat_map(|nodes| nodes.elements_named("node"));
    let mut known = configured.chain(document.status().elements_named("node_state"));
    known.find(|entry| entry.attr("uname") == Some(node))?.id().map(str::to_owned)
}

/// The state entry of a node, made if there is none.
pub fn node_state<'a>(document: &'a mut Document, node: &str, uuid: &str) -> &'a mut Element {
    let is_named = |state: &Element| &*state.name == "node_state" && state.attr("uname") == Some(node);
    let status = document.status_mut();
    let id = match status.elements().find(|state| is_named(state)) {
        Some(state) => state.id().unwrap_or(uuid).to_owned(),
        None => uuid.to_owned(),
    };
    let state = status.child_with_id_or_new("node_state", &id);
    if state.attr("uname") != Some(node) {
        state.set("uname", node);
    }
    state
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_one_node_share_its_histories() {
        let mut document = Document::read(r#"<cib><configuration/><status/></cib>"#).unwrap();
        let resource = ResourceRef {
            id: "r".to_owned(),
            long_id: None,
            class: "ocf".to_owned(),
            provider: None,
            kind: "Dummy".to_owned(),
        };
        let started = |node: &'static str| Result {
            resource: &resource,
            name: "r",
            task: "start",
            interval: 0,
            node,
            code: 0,
            status: ExecutionStatus::Done,
            expected: 0,
            reason: "",
            digest: None,
            notification: None,
            migration: Vec::new(),
            now: Now::from_epoch(1),
        };
        let mut recorder = Recorder::default();
        recorder.record(&mut document, "2", &started("a"));
        recorder.record(&mut document, "2", &started("b"));
        recorder.stand(&mut document, "b", Standing::Down);
        recorder.record(&mut document, "2", &started("a"));
        let states: Vec<&Element> = document.status().elements().collect();
        let [state] = states[..] else { panic!("one node has {} states", states.len()) };
        assert_eq!((state.id(), state.attr("uname")), (Some("2"), Some("a")));
        let histories = state.child("lrm").unwrap().child("lrm_resources").unwrap();
        let calls: Vec<&str> = histories.descendants().filter_map(|part| part.attr("call-id")).collect();
        assert_eq!(calls, ["1"], "what was known before went with the node");
    }
}
