//! What would follow from requests to a daemon.
//!
//! In: a document and requests. Out: the document as it would be, and what is supposed of what only agents know.

use crate::admin::cleanup::{self, Forgotten};
use crate::admin::{self, Facts, Intent, Refusal, Transient, running};
use crate::attribute::table::{Change, Table};
use crate::cib::Document;
use crate::cib::edit::{Edit, apply_all};
use crate::exit;
use crate::lrm::result::NodeRef;
use crate::node::Request;
use crate::time::Now;
use crate::transition::TransitionKey;
use crate::xml::Element;
use std::collections::BTreeMap;
use std::fmt;

/// A document after requests, and what had to be supposed for that, in lines.
#[derive(Clone, Debug)]
pub struct After {
    pub document: Document,
    pub supposed: String,
}

/// Why nobody can say beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPreview {
    Refused(Refusal),
    /// Nothing follows from it that could be shown.
    NoChange,
}

impl fmt::Display for NoPreview {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoPreview::Refused(refusal) => refusal.fmt(out),
            NoPreview::NoChange => out.write_str("there is no preview of this"),
        }
    }
}

impl std::error::Error for NoPreview {}

impl From<Refusal> for NoPreview {
    fn from(refusal: Refusal) -> NoPreview {
        NoPreview::Refused(refusal)
    }
}

/// What a daemon would make of the document if it were asked for all of this.
///
/// # Errors
/// What is asked for is not there, or changes nothing that could be shown.
pub fn after(document: &Document, requests: &[Request], now: Now) -> Result<After, NoPreview> {
    let mut after = After { document: document.clone(), supposed: String::new() };
    for request in requests {
        let (words, edits) = effect(&after.document, request, now)?;
        after.document = apply_all(&after.document, &edits).expect("edits stand on what was just looked at");
        after.supposed.push_str(&words);
    }
    Ok(after)
}

/// What a request does to the status section, and what that supposes.
fn effect(document: &Document, request: &Request, now: Now) -> Result<(String, Vec<Edit>), NoPreview> {
    match request {
        Request::SetAttributes { node, pairs } => {
            let intent = Intent::Transient(Transient { node: node.clone(), pairs: pairs.clone() });
            Ok((String::new(), wish(document, &intent, now)?))
        }
        Request::ChangeAttributes { node, change, .. } => {
            let node = admin::find_node(document, node).ok_or_else(|| Refusal::NoNode(node.clone()))?;
            // A file has no daemon that could wait, or keep something to itself.
            let change = Change { delay_ms: None, ..change.clone() };
            let mut table = Table::default();
            Ok((String::new(), table.change(document, &node, &change, 0).edits))
        }
        Request::Forget { resource, node, failed_only } => {
            let forgotten = cleanup::forgotten(document, resource.as_deref(), node.as_deref(), *failed_only);
            Ok(looked_at_anew(document, forgotten?, now))
        }
        Request::Fence { node, action } => {
            let words = format!("Supposed {node} is fenced ({action}):\n");
            Ok((words, wish(document, &Intent::Down { node: node.clone() }, now)?))
        }
        Request::ConfirmFenced { node } => {
            let words = format!("Supposed {node} is down:\n");
            Ok((words, wish(document, &Intent::Down { node: node.clone() }, now)?))
        }
        Request::ChangeTicket { ticket, change } => {
            let intent = Intent::Ticket { ticket: ticket.clone(), change: change.clone() };
            Ok((String::new(), wish(document, &intent, now)?))
        }
        Request::Query
        | Request::QueryAttribute { .. }
        | Request::ForgetFencing { .. }
        | Request::RegisterDevice { .. }
        | Request::DeregisterDevice { .. }
        | Request::RegisteredDevices
        | Request::Commit { .. }
        | Request::Status
        | Request::Subscribe
        | Request::Shutdown => Err(NoPreview::NoChange),
    }
}

fn wish(document: &Document, intent: &Intent, now: Now) -> Result<Vec<Edit>, Refusal> {
    admin::edits(document, intent, &Facts { epoch: now.epoch(), ..Facts::default() })
}

/// The cluster probes what it has forgotten. Only the agents know what it will find; supposed is
/// what is believed now.
fn looked_at_anew(document: &Document, forgotten: Forgotten, now: Now) -> (String, Vec<Edit>) {
    if forgotten.edits.is_empty() {
        return ("There is nothing to forget.\n".into(), Vec::new());
    }
    let running = running::running(document, now);
    let mut edits = forgotten.edits;
    let mut looks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (node, name) in &forgotten.histories {
        let base = name.split(':').next().unwrap_or(name);
        looks.entry(base).or_default().push(&node.name);
        let here = running.get(base).into_iter().flatten().find(|active| active.node == node.name);
        let code = here.map_or(exit::NOT_RUNNING, |active| if active.promoted { exit::PROMOTED } else { exit::OK });
        edits.extend(probed(document, node, name, code));
    }
    let looks: Vec<String> = looks.iter().map(|(name, nodes)| format!("{name} on {}", nodes.join(", "))).collect();
    let words = match looks.is_empty() {
        true => String::new(),
        false => format!("Supposed a new look finds what is believed now of {}:\n", looks.join("; ")),
    };
    (words, edits)
}

const DIGESTS: [&str; 3] = ["op-digest", "op-force-restart", "op-restart-digest"];

/// A history with nothing in it but the result of a probe.
fn probed(document: &Document, node: &NodeRef, name: &str, code: i32) -> Option<Edit> {
    let path = node.resources_path();
    let mut history = path.find(document.root())?.child_with_id("lrm_resource", name)?.clone();
    // What a start was told, a probe would be told now.
    let last = history.child_with_id("lrm_rsc_op", &format!("{name}_last_0"));
    let told = last
        .map_or(Vec::new(), |entry| DIGESTS.map(|digest| (digest, entry.attr(digest).map(str::to_string))).to_vec());
    history.retain_elements(|_| false);
    let key = TransitionKey { action: 1, transition: -1, expected: exit::NOT_RUNNING, uuid: String::new() };
    let mut result = Element::new("lrm_rsc_op")
        .with("id", format!("{name}_last_0"))
        .with("operation_key", format!("{name}_monitor_0"))
        .with("operation", "monitor")
        .with("transition-key", key.to_string())
        .with("transition-magic", format!("0:{code};{key}"))
        .with("on_node", &node.name)
        .with("call-id", "1")
        .with("rc-code", code.to_string())
        .with("op-status", "0")
        .with("interval", "0");
    for (digest, value) in told {
        if let Some(value) = value {
            result.set(digest, value);
        }
    }
    history.push(result);
    Some(Edit::Put { parent: path, element: history })
}
