//! What the cluster would do with a configuration, or after a request, before anything is written.
//!
//! In: the document as it would be, or as it is and what would be asked. Out: the transition's
//! summary as text. This is the one file of the shell that knows the scheduler's decisions.

use crate::clock;
use crate::error::{Failure, Outcome};
use crate::running;
use crate::tools::{Exit, Io, crm_simulate, read_cib};
use quorate_core::attribute;
use quorate_core::cib::Document;
use quorate_core::cib::edit::{Edit, apply_all};
use quorate_core::lrm::result::NodeRef;
use quorate_core::node::Request;
use quorate_core::node::consequence::{self, Forgetting};
use quorate_core::note::Severity;
use quorate_core::scheduler::{Input, Output, decide, resolve, schedule};
use quorate_core::status;
use quorate_core::ticket;
use quorate_core::transition::injection::{self, Injection};
use quorate_core::transition::key::TransitionKey;
use quorate_core::transition::simulation::{Setting, simulate};
use quorate_core::transition::specification::Wrong;
use quorate_core::transition::summary;
use quorate_core::view::{self, cluster::TicketView};
use quorate_core::xml::Element;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub fn preview(document: &Document) -> String {
    let output = schedule(&Input::new(document, clock::now()));
    format!("{}{}", complaints(document, &output), would("The cluster would", &output))
}

/// What `crm_simulate` prints with these options for a document.
pub fn simulator(document: &Document, options: &[&str]) -> Outcome<String> {
    let wrong = unwritten;
    let file = tempfile::NamedTempFile::new().map_err(wrong)?;
    std::fs::write(file.path(), document.to_text()).map_err(wrong)?;
    let path = file.path().display().to_string();
    let words: Vec<String> = ["-x", &path].iter().chain(options).map(|word| (*word).to_string()).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = crm_simulate::run(&words, &mut Io { out: &mut out, err: &mut err });
    match exit == Exit::OK {
        true => Ok(String::from_utf8_lossy(&out).into_owned()),
        false => Err(Failure::refused(String::from_utf8_lossy(&err).trim().replace(&path, "the configuration"))),
    }
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::file(Path::new("a temporary file"), &error)
}

/// The same, carried out on paper; and the document as it would be then.
pub fn carried_out(document: &Document, options: &[&str]) -> Outcome<(String, Document)> {
    let left = tempfile::NamedTempFile::new().map_err(unwritten)?;
    let path = left.path().display().to_string();
    let options: Vec<&str> = ["-S", "-O", &path].into_iter().chain(options.iter().copied()).collect();
    let text = simulator(document, &options)?;
    let document = read_cib(left.path()).map_err(|error| Failure::refused(format!("the simulation: {error}")))?;
    Ok((text, document))
}

/// The document with one more event in its status.
pub fn suppose(document: &Document, injection: &Injection) -> Result<Document, Wrong> {
    let latest = latest(document);
    let situation = resolve(&Input::new(&latest, clock::now()));
    let known = crm_simulate::known(&situation, &[]);
    injection::check(injection, &known)?;
    let mut document = document.clone();
    injection::inject(&mut document, std::slice::from_ref(injection), &known);
    Ok(document)
}

/// All tickets: those with a state, and those that constraints speak of.
pub fn tickets(document: &Document) -> Vec<TicketView> {
    let document = latest(document);
    let situation = resolve(&Input::new(&document, clock::now()));
    view::build(&document, &situation, &view::Extra::default()).tickets
}

/// The nodes on which a resource is active.
pub fn active(document: &Document, id: &str) -> BTreeSet<String> {
    let active = running::running(&latest(document)).remove(id).unwrap_or_default();
    active.into_iter().map(|at| at.node).collect()
}

/// In the words of the newest schema, which the scheduler speaks.
fn latest(document: &Document) -> Document {
    let latest = quorate_core::cib::upgrade::to_latest(document).map(|(document, _)| document);
    latest.unwrap_or_else(|_| document.clone())
}

/// What was to be done with a CIB at a moment that is past.
pub fn decided(document: &Document, epoch: i64) -> Vec<String> {
    summary::lines(&schedule(&Input::new(&latest(document), clock::at(epoch))).summary)
}

fn complaints(document: &Document, output: &Output) -> String {
    let mut text = String::new();
    let online = status::read(document.status()).nodes.iter().filter(|node| node.member.is_in()).count();
    if online == 0 {
        text.push_str("(no node is online in this CIB)\n");
    }
    for note in output.notes.iter().filter(|note| note.severity > Severity::Info) {
        text.push_str(&format!("{}: {}\n", note.about, note.message));
    }
    text
}

fn would(beginning: &str, output: &Output) -> String {
    let lines = summary::lines(&output.summary);
    if lines.is_empty() {
        return format!("{beginning} do nothing.\n");
    }
    let lines: String = lines.iter().map(|line| format!("  * {line}\n")).collect();
    format!("{beginning}:\n{lines}")
}

/// What follows when something is stopped, and let go on as soon as all of that is done.
pub fn stop_and_go(stopped: &Document, go: impl FnOnce(&mut Document)) -> String {
    let now = clock::now();
    let input = Input::new(stopped, now);
    let situation = resolve(&input);
    let output = decide(&input, &situation);
    let mut text = format!("{}{}", complaints(stopped, &output), would("The cluster would first", &output));
    let histories: BTreeSet<&str> =
        situation.resources.rows().iter().filter_map(|resource| resource.history_id.as_deref()).collect();
    let known = |name: &str| situation.resource_by_name(name).is_some() || histories.contains(name);
    let done = simulate(output.graph, &Setting { document: stopped, known: &known, now, failures: &[] });
    if !done.complete {
        text.push_str("This would not come to an end, so nothing would be started again.\n");
        return text;
    }
    let mut document = done.document;
    go(&mut document);
    text.push_str(&would("and then", &schedule(&Input::new(&document, now))));
    text
}

/// What would follow if the daemon were asked for all of this.
pub fn after(document: &Document, requests: &[Request]) -> Outcome<String> {
    let mut text = String::new();
    let mut next = document.clone();
    for request in requests {
        let (words, edits) = effect(&next, request)?;
        next = apply_all(&next, &edits).map_err(|error| Failure::refused(format!("cannot preview this: {error}")))?;
        text.push_str(&words);
    }
    Ok(format!("{text}{}", preview(&next)))
}

/// What a request does to the status section, and what that supposes.
fn effect(document: &Document, request: &Request) -> Outcome<(String, Vec<Edit>)> {
    match request {
        Request::SetAttributes { node, pairs } => {
            let node = find(document, node)?;
            let edit = |(name, value): &(String, Option<String>)| match value {
                Some(value) => attribute::set(&node, name, value),
                None => attribute::remove(&node, name),
            };
            Ok((String::new(), pairs.iter().map(edit).collect()))
        }
        Request::Forget { resource, node, failed_only } => {
            let resources = match resource {
                None => None,
                Some(name) => {
                    Some(consequence::primitives_of(document, name).ok_or_else(|| no_such("resource", name))?)
                }
            };
            let what = Forgetting { resources: resources.as_deref(), node: node.as_deref(), failed_only: *failed_only };
            Ok(looked_at_anew(document, &what))
        }
        Request::Fence { node, action } => {
            let words = format!("Supposed {node} is fenced ({action}):\n");
            Ok((words, consequence::down(&find(document, node)?)))
        }
        Request::ConfirmFenced { node } => {
            let words = format!("Supposed {node} is down:\n");
            Ok((words, consequence::down(&find(document, node)?)))
        }
        Request::ChangeTicket { ticket, change } => {
            Ok((String::new(), ticket::edits(document, ticket, change, clock::now().epoch())))
        }
        Request::Query | Request::Commit { .. } | Request::Status | Request::Subscribe | Request::Shutdown => {
            Err(Failure::refused("there is no preview of this"))
        }
    }
}

fn find(document: &Document, name: &str) -> Outcome<NodeRef> {
    consequence::find_node(document, name).ok_or_else(|| no_such("node", name))
}

fn no_such(what: &str, name: &str) -> Failure {
    Failure::refused(format!("there is no {what} `{name}`"))
}

/// The cluster probes what it has forgotten. Only the agents know what it will find; supposed is
/// what is believed now.
fn looked_at_anew(document: &Document, what: &Forgetting) -> (String, Vec<Edit>) {
    let forgotten = consequence::forget(document, what);
    if forgotten.edits.is_empty() {
        return ("There is nothing to forget.\n".into(), Vec::new());
    }
    let running = running::running(document);
    let mut edits = forgotten.edits;
    let mut looks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (node, name) in &forgotten.histories {
        let base = name.split(':').next().unwrap_or(name);
        looks.entry(base).or_default().push(&node.name);
        let here = running.get(base).into_iter().flatten().find(|active| active.node == node.name);
        let code = here.map_or(NOT_RUNNING, |active| if active.promoted { PROMOTED } else { RUNNING });
        edits.extend(probed(document, node, name, code));
    }
    let looks: Vec<String> = looks.iter().map(|(name, nodes)| format!("{name} on {}", nodes.join(", "))).collect();
    let words = match looks.is_empty() {
        true => String::new(),
        false => format!("Supposed a new look finds what is believed now of {}:\n", looks.join("; ")),
    };
    (words, edits)
}

const RUNNING: i32 = 0;
const NOT_RUNNING: i32 = 7;
const PROMOTED: i32 = 8;
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
    let key = TransitionKey { action: 1, transition: -1, expected: NOT_RUNNING, uuid: String::new() };
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
