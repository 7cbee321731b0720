//! What is to be supposed before a decision is made on paper: nodes that come and go, tickets, results.
//!
//! In: a document and [`Injection`]s. Out: the document with them, and what was done, as values
//! that read as `crm_simulate` says it. Absent: deciding anything.

use super::graph::ResourceRef;
use super::history::{self, Standing, node_state, uuid_of};
use super::specification::{Operation, Wrong};
use crate::cib::Document;
use crate::exit;
use crate::status::failcount;
use crate::status::operation::ExecutionStatus;
use crate::time::Now;
use crate::xml::Element;
use std::fmt;

/// One thing to suppose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injection {
    Quorum(String),
    Watchdog(String),
    Node(Standing, String),
    Ticket(TicketChange, String),
    /// This result came in.
    Operation(Operation),
}

/// What is done to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketChange {
    Grant,
    Revoke,
    Standby,
    Activate,
}

/// What was changed in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modification {
    Quorum(String),
    Watchdog(String),
    Node(Standing, String),
    Ticket(TicketChange, String),
    Operation(String),
    Attribute(Attribute),
}

/// A transient attribute that was set on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub value: String,
    /// The id of the node's state.
    pub node_id: String,
}

/// The path of a node's state in messages: it is looked at alone.
pub const STATE_PATH: &str = "/node_state";

/// What must be known beside the document.
pub struct Names<'a, F: Fn(&str) -> Option<ResourceRef>> {
    /// The primitive of this name, an instance's name included.
    pub resource: F,
    pub resources: Vec<&'a str>,
    pub nodes: Vec<&'a str>,
    /// A start that failed once is not tried again on that node.
    pub start_failure_is_fatal: bool,
    pub now: Now,
}

/// Whether an injection is about things that exist. A node that comes up may be new.
///
/// # Errors
/// What it names is not there, or its value is none.
pub fn check<F: Fn(&str) -> Option<ResourceRef>>(injection: &Injection, known: &Names<F>) -> Result<(), Wrong> {
    match injection {
        Injection::Quorum(text) | Injection::Watchdog(text) => match boolean(text) {
            Some(_) => Ok(()),
            None => Err(Wrong::new(0..text.len(), format!("`{text}` is neither true nor false"))),
        },
        Injection::Node(Standing::Up, _) | Injection::Ticket(..) => Ok(()),
        Injection::Node(_, name) => check_node(name, 0, known),
        Injection::Operation(operation) => check_operation(operation, known),
    }
}

/// Whether an operation's resource and node exist.
///
/// # Errors
/// One of them does not.
pub fn check_operation<F: Fn(&str) -> Option<ResourceRef>>(
    operation: &Operation,
    known: &Names<F>,
) -> Result<(), Wrong> {
    let name = &operation.resource;
    if (known.resource)(name).is_none() {
        let wrong = Wrong::new(operation.resource_at(), format!("there is no primitive resource `{name}`"));
        return Err(wrong.known(known.resources.iter().copied()));
    }
    check_node(&operation.node, operation.node_at().start, known)
}

fn check_node<F: Fn(&str) -> Option<ResourceRef>>(name: &str, at: usize, known: &Names<F>) -> Result<(), Wrong> {
    match known.nodes.contains(&name) {
        true => Ok(()),
        false => {
            let wrong = Wrong::new(at..at + name.len(), format!("there is no node `{name}`"));
            Err(wrong.known(known.nodes.iter().copied()))
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    quorate_grammar::literal::boolean(text).ok()
}

/// Changes the document. Injections must have been checked.
pub fn inject<F: Fn(&str) -> Option<ResourceRef>>(
    document: &mut Document,
    injections: &[Injection],
    known: &Names<F>,
) -> Vec<Modification> {
    let mut done = Vec::new();
    for injection in injections {
        match injection {
            Injection::Quorum(text) => {
                let value = if boolean(text) == Some(false) { "0" } else { "1" };
                document.root_mut().set("have-quorum", value);
                document.count_status();
                done.push(Modification::Quorum(text.clone()));
            }
            Injection::Watchdog(text) => {
                set_property(document, "have-watchdog", text);
                document.count_configuration();
                done.push(Modification::Watchdog(text.clone()));
            }
            Injection::Node(standing, name) => {
                if *standing == Standing::Up {
                    introduce(document, name);
                }
                history::stand(document, name, *standing);
                done.push(Modification::Node(*standing, name.clone()));
            }
            Injection::Ticket(change, id) => {
                set_ticket(document, id, *change);
                document.count_status();
                done.push(Modification::Ticket(*change, id.clone()));
            }
            Injection::Operation(operation) => {
                done.push(Modification::Operation(operation.text.clone()));
                done.extend(inject_operation(document, operation, known).into_iter().map(Modification::Attribute));
            }
        }
    }
    done
}

/// A node that is not configured joins under its name, or the id that its state has.
fn introduce(document: &mut Document, name: &str) {
    let named = |element: &&Element| element.attr("uname") == Some(name);
    let state = document.status().elements_named("node_state").find(named);
    let is_remote = state.is_some_and(|state| state.attr("remote_node").is_some());
    let id = state.and_then(Element::id).unwrap_or(name).to_owned();
    let nodes = document.configuration_mut().child_or_new("nodes");
    if !is_remote && !nodes.elements().any(|node| node.attr("uname") == Some(name)) {
        nodes.push(Element::new("node").with("id", id).with("uname", name));
        document.count_configuration();
    }
}

fn set_property(document: &mut Document, name: &str, value: &str) {
    let config = document.configuration_mut().child_or_new("crm_config");
    let holds = |set: &Element| set.elements().any(|pair| pair.attr("name") == Some(name));
    let id = config.elements().find(|set| holds(set)).or_else(|| config.elements().next()).and_then(Element::id);
    let id = id.unwrap_or("cib-bootstrap-options").to_owned();
    let set = config.child_with_id_or_new("cluster_property_set", &id);
    put_pair(set, name, value);
}

/// Sets a pair in a set, or adds it.
fn put_pair(set: &mut Element, name: &str, value: &str) {
    if let Some(pair) = set.find_mut(|pair| pair.attr("name") == Some(name)) {
        pair.set("value", value);
        return;
    }
    let set_id = set.id().unwrap_or_default();
    let id: String = format!("{set_id}-{name}");
    let id: String = id.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '.' }).collect();
    set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
}

fn set_ticket(document: &mut Document, id: &str, change: TicketChange) {
    let tickets = document.status_mut().child_or_new("tickets");
    let ticket = tickets.child_with_id_or_new("ticket_state", id);
    match change {
        TicketChange::Grant => ticket.set("granted", "true"),
        TicketChange::Revoke => ticket.set("granted", "false"),
        TicketChange::Standby => ticket.set("standby", "true"),
        TicketChange::Activate => ticket.set("standby", "false"),
    }
}

fn inject_operation<F: Fn(&str) -> Option<ResourceRef>>(
    document: &mut Document,
    operation: &Operation,
    known: &Names<F>,
) -> Vec<Attribute> {
    let resource = (known.resource)(&operation.resource).expect("the injection was checked");
    let uuid = uuid_of(document, &operation.node).unwrap_or_else(|| operation.node.clone());
    let for_good = match operation.task.as_str() {
        "stop" => true,
        "start" => known.start_failure_is_fatal,
        _ => false,
    };
    let attributes = fail(document, &uuid, operation, operation.code, for_good, known.now);
    let result = history::Result {
        name: &operation.resource,
        resource: &resource,
        task: &operation.task,
        interval: operation.interval,
        node: &operation.node,
        code: operation.code,
        status: operation.status,
        expected: 0,
        reason: "Simulated action result",
        digest: None,
        notification: None,
        migration: Vec::new(),
        now: known.now,
    };
    history::Recorder::default().record(document, &uuid, &result);
    (0..=attributes.len()).for_each(|_| document.count_status());
    attributes
}

/// Counts a failure, as the leader would: a probe that finds nothing is none.
pub fn fail(
    document: &mut Document,
    uuid: &str,
    operation: &Operation,
    code: i32,
    for_good: bool,
    now: Now,
) -> Vec<Attribute> {
    let went_well = match operation.status {
        ExecutionStatus::Done => code == exit::OK || (code == exit::NOT_RUNNING && operation.interval == 0),
        status => matches!(status, ExecutionStatus::Pending | ExecutionStatus::Cancelled),
    };
    if went_well {
        return Vec::new();
    }
    let state = node_state(document, &operation.node, uuid);
    let [count_name, last_name] = failcount::names(&operation.resource, &operation.task, operation.interval);
    let before = transient(state, &count_name).and_then(|count| count.parse::<i64>().ok()).unwrap_or(0);
    let count = if for_good { "INFINITY".to_owned() } else { (before + 1).to_string() };
    let pairs = [(count_name, count), (last_name, now.epoch().to_string())];
    pairs.into_iter().map(|(name, value)| set_transient(state, name, value)).collect()
}

fn transient<'a>(state: &'a Element, name: &str) -> Option<&'a str> {
    let sets = state.child("transient_attributes")?.elements();
    sets.flat_map(Element::elements).find(|pair| pair.attr("name") == Some(name))?.attr("value")
}

fn set_transient(state: &mut Element, name: String, value: String) -> Attribute {
    let node_id = state.id().unwrap_or_default().to_owned();
    let attributes = state.child_or_new("transient_attributes");
    if attributes.id().is_none() {
        attributes.set("id", &node_id);
    }
    let set = attributes.child_or_new("instance_attributes");
    if set.id().is_none() {
        set.set("id", &node_id);
    }
    put_pair(set, &name, &value);
    Attribute { name, value, node_id }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Injecting attribute {}={} into {STATE_PATH} '{}'", self.name, self.value, self.node_id)
    }
}

impl fmt::Display for Modification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quorum(value) => write!(f, "Setting quorum: {value}"),
            Self::Watchdog(value) => write!(f, "Setting watchdog: {value}"),
            Self::Node(Standing::Up, node) => write!(f, "Bringing node {node} online"),
            Self::Node(Standing::Down, node) => write!(f, "Taking node {node} offline"),
            Self::Node(Standing::Lost, node) => write!(f, "Failing node {node}"),
            Self::Ticket(TicketChange::Standby, ticket) => write!(f, "Making ticket {ticket} standby"),
            Self::Ticket(change, ticket) => write!(f, "{} ticket {ticket}", change.word()),
            Self::Operation(text) => write!(f, "Injecting {text} into the configuration"),
            Self::Attribute(attribute) => attribute.fmt(f),
        }
    }
}

impl TicketChange {
    /// As `crm_simulate` says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Grant => "Granting",
            Self::Revoke => "Revoking",
            Self::Standby => "Standby",
            Self::Activate => "Activating",
        }
    }
}
