//! crm_attribute: options of the cluster, defaults, attributes of nodes: queried, set, removed.
//!
//! Transient attributes (`-l reboot`, `-t status`, `-p`) live with the cluster, all others are committed to the
//! configuration. A file or a shadow takes both.

mod answer;
mod list;
mod options;
mod pairs;

use crate::door::{self, ChangeError};
use crate::standard::{self, Call, Failed, Format};
use crate::{Exit, Io};
use answer::Answer;
use options::{Command, MANUAL, Section, Wish};
use pairs::Found;
use quorate_core::admin;
use quorate_core::attribute::table::{Change, What, Which, summed};
use quorate_core::cib::{Document, objects};
use quorate_core::lrm::result::NodeRef;
use quorate_core::node::{Refusal, Reply, Request};
use quorate_core::view::xml::API_VERSION;
use quorate_core::xml::{Element, Node, write_pretty};
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::{ANSWER_WITHIN, AskError};
use quorate_transport::store::{CibSource, StoreError};
use std::convert::Infallible;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, respond)
}

fn respond(call: Call, io: &mut Io) -> Exit {
    let mut answer = Answer::default();
    let outcome = match call.given.value("list-options") {
        Some(kind) => list::options(&kind, call.given.has("all"), &mut answer),
        None => Wish::of(&call.given).and_then(|wish| act(&wish, &mut answer)),
    };
    tell(&call, &answer, outcome, io)
}

fn tell(call: &Call, answer: &Answer, outcome: Result<(), Failed>, io: &mut Io) -> Exit {
    let (exit, complaint) = match &outcome {
        Ok(()) => (Exit::OK, None),
        Err((exit, text)) => (*exit, Some(format!("{}: {text}", MANUAL.name))),
    };
    match call.format {
        Format::None => {}
        Format::Text => {
            answer.lines.iter().for_each(|line| io.line(line));
            let errors = answer.errors.iter().chain(&complaint);
            errors.for_each(|text| drop(writeln!(io.err, "{text}")));
        }
        Format::Xml => {
            let mut status = Element::new("status").with("code", exit.0.to_string()).with("message", exit.words());
            let errors = answer.errors.iter().chain(&complaint).map(|text| {
                let mut error = Element::new("error");
                error.children.push(Node::Text(text.as_str().into()));
                error
            });
            let errors = errors.fold(Element::new("errors"), Element::with_child);
            if !errors.children.is_empty() {
                status.push(errors);
            }
            let root = Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", &call.request);
            let root = answer.parts.iter().fold(root, |root, part| root.with_child(part.clone()));
            io.line(write_pretty(&root.with_child(status)).trim_end());
        }
    }
    exit
}

fn act(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let environment = Environment::of_process();
    let source = environment.first_source();
    let document = door::read(&source, ANSWER_WITHIN).map_err(|error| refused(error, wish))?;
    let node = match wish.section.is_of_node() {
        true => Some(node(wish, &document, &source, &environment)?),
        false => None,
    };
    let found = pairs::found(&document, wish, node.as_ref());
    match &wish.command {
        Command::Query => query(wish, &known(&source, wish, node.as_ref(), pairs::counting(found, wish))?, answer),
        Command::Update(value) => {
            is_one(wish, &found, answer)?;
            pairs::is_free(&document, wish, node.as_ref(), &found)
                .map_err(|taken| (Exit::EXISTS, taken.to_string()))?;
            let updated = update(&source, wish, node.as_ref(), &found, value);
            updated.inspect_err(|(exit, _)| tell_of(*exit, wish, value, answer))
        }
        Command::Delete => delete(&source, wish, node.as_ref(), &found, answer),
    }
}

/// Which value it was that may not be set there.
fn tell_of(exit: Exit, wish: &Wish, value: &str, answer: &mut Answer) {
    if let (Exit::NOT_PERMITTED, Some(name)) = (exit, &wish.name) {
        let (section, set) = (wish.section.word(), wish.set.as_deref().unwrap_or("<null>"));
        answer.errors.push(format!("Error setting {name}={value} (section={section}, set={set}): Permission denied"));
    }
}

/// Nobody wants one of several changed without saying which.
fn is_one(wish: &Wish, found: &[Found], answer: &mut Answer) -> Result<(), Failed> {
    if found.len() < 2 || wish.pattern.is_some() {
        return Ok(());
    }
    answer.lines.extend(several(found));
    let text = "Please choose from one of the matches below and supply the 'id' with --attr-id";
    Err((Exit::MULTIPLE, text.to_string()))
}

fn several(found: &[Found]) -> Vec<String> {
    let title = format!("Multiple attributes match name={}", found.first().map_or("", |one| &one.name));
    let line = |one: &Found| format!("  Value: {} \t(id={})", one.value, one.id);
    std::iter::once(title).chain(found.iter().map(line)).collect()
}

/// What the cluster's daemons know of a transient attribute, be it not written yet, or kept to them. Others are
/// as the CIB has them.
fn known(source: &CibSource, wish: &Wish, node: Option<&NodeRef>, found: Vec<Found>) -> Result<Vec<Found>, Failed> {
    let (CibSource::Live { at }, Section::Status, Some(name), Some(node)) = (source, wish.section, &wish.name, node)
    else {
        return Ok(found);
    };
    // Whoever names a set or an id means what is written there.
    if wish.set.is_some() || wish.id.is_some() {
        return Ok(found);
    }
    let request = Request::QueryAttribute { name: name.clone(), node: Some(node.name.clone()) };
    match door::reply(at, &request, ANSWER_WITHIN) {
        Ok(Reply::Attributes { values }) => {
            let id = found.first().map_or_else(String::new, |one| one.id.clone());
            let value = values.into_iter().find_map(|(_, value)| value);
            Ok(value.into_iter().map(|value| Found { id: id.clone(), name: name.clone(), value }).collect())
        }
        Ok(_) | Err(StoreError::Daemon(AskError::Refused(Refusal::Unknown { .. }))) => Ok(found),
        Err(error) => Err(refused(error, wish)),
    }
}

fn query(wish: &Wish, found: &[Found], answer: &mut Answer) -> Result<(), Failed> {
    let scope = wish.section.word();
    let mut print = |name: &str, value: &str| {
        let line = if wish.quiet { value.to_string() } else { format!("scope={scope}  name={name} value={value}") };
        answer.lines.push(line);
        answer.parts.push(Element::new("attribute").with("name", name).with("value", value).with("scope", scope));
    };
    match (found, &wish.default, &wish.name) {
        ([], Some(default), Some(name)) => print(name, default),
        ([], _, _) => return Err((Exit::NO_SUCH, "Error performing operation: No such device or address".into())),
        // It is told under the name that it was asked for.
        (_, _, Some(name)) => found.iter().for_each(|one| print(name, &one.value)),
        _ => found.iter().for_each(|one| print(&one.name, &one.value)),
    }
    Ok(())
}

fn update(source: &CibSource, wish: &Wish, node: Option<&NodeRef>, found: &[Found], value: &str) -> Result<(), Failed> {
    if wish.pattern.is_some() && found.is_empty() {
        return Err((Exit::NO_SUCH, "Error performing operation: No such device or address".into()));
    }
    if let (Section::Status, Some(node)) = (wish.section, node) {
        // What is added is added where the change is delivered: another may add at the same time.
        if let (CibSource::Live { .. }, Some(name), true) = (source, &wish.name, summed(None, value) != value) {
            let what = What::Value(Some(value.to_string()));
            let change = Change { what, ..Change::of(Which::Name(name.clone())) };
            let request = Request::ChangeAttributes { node: node.name.clone(), change, everywhere: wish.everywhere };
            return door::ask(source, &request).map_err(|error| refused(error, wish));
        }
        let named = |one: &Found| (one.name.clone(), Some(summed(Some(&one.value), value)));
        let pairs = match (found, &wish.name) {
            ([], Some(name)) => vec![(name.clone(), Some(summed(None, value)))],
            (found, _) => found.iter().map(named).collect(),
        };
        return set_transient(source, wish, node, pairs);
    }
    commit(source, wish, |now| pairs::with_value(now, wish, node, &pairs::found(now, wish, node), value))
}

/// Each is on all nodes before the next.
fn set_everywhere(
    source: &CibSource,
    wish: &Wish,
    node: &NodeRef,
    pairs: Vec<(String, Option<String>)>,
) -> Result<(), Failed> {
    pairs.into_iter().try_for_each(|(name, value)| {
        let change = Change { what: What::Value(value), ..Change::of(Which::Name(name)) };
        let request = Request::ChangeAttributes { node: node.name.clone(), change, everywhere: true };
        door::ask(source, &request).map_err(|error| refused(error, wish))
    })
}

/// With the cluster in one go; in a file each is a change of its own, as with Pacemaker.
fn set_transient(
    source: &CibSource,
    wish: &Wish,
    node: &NodeRef,
    pairs: Vec<(String, Option<String>)>,
) -> Result<(), Failed> {
    let is_live = matches!(source, CibSource::Live { .. });
    if is_live && wish.everywhere {
        return set_everywhere(source, wish, node, pairs);
    }
    let at_once = if is_live { pairs.len().max(1) } else { 1 };
    for pairs in pairs.chunks(at_once) {
        let request = Request::SetAttributes { node: node.name.clone(), pairs: pairs.to_vec() };
        door::ask(source, &request).map_err(|error| refused(error, wish))?;
    }
    Ok(())
}

fn delete(
    source: &CibSource,
    wish: &Wish,
    node: Option<&NodeRef>,
    found: &[Found],
    answer: &mut Answer,
) -> Result<(), Failed> {
    // What is not there is gone.
    if found.is_empty() {
        return Ok(());
    }
    // Of several the name does not say which; they are told, and stay.
    if found.len() > 1 && wish.pattern.is_none() {
        answer.lines.extend(several(found));
        let text = "Please choose from one of the matches below and supply the 'id' with --attr-id";
        return Err((Exit::MULTIPLE, text.to_string()));
    }
    let what = if node.is_some() || wish.node.is_some() { "attribute" } else { "option" };
    if let (Section::Status, Some(node)) = (wish.section, node) {
        let pairs = found.iter().map(|one| (one.name.clone(), None)).collect();
        set_transient(source, wish, node, pairs)?;
    } else {
        commit(source, wish, |now| pairs::without(now, wish, node, &pairs::found(now, wish, node)))?;
    }
    if !wish.quiet {
        let line = |one: &Found| format!("Deleted {} {what}: id={} name={}", wish.section.word(), one.id, one.name);
        answer.lines.extend(found.iter().map(line));
    }
    Ok(())
}

/// What `next` makes of the CIB as it is, made anew where others were first. The state of a cluster is its
/// daemon's; a file's is nobody's.
fn commit(source: &CibSource, wish: &Wish, next: impl Fn(&Document) -> Document) -> Result<(), Failed> {
    let of_status = wish.section == Section::Tickets;
    if of_status && source.path().is_none() {
        return Err((Exit::USAGE, "attributes of tickets are changed by crm_ticket".into()));
    }
    let made = |now: &Document| {
        let mut next = next(now);
        if !of_status {
            next = door::counted(now, next);
        } else if next.root() != now.root() {
            next.set_version(now.version().next_status());
        }
        Ok::<_, Infallible>(next)
    };
    let changed = door::change(source, ANSWER_WITHIN, made).map(drop);
    changed.map_err(|error| match error {
        ChangeError::Store(error) => refused(error, wish),
        error => error.told(|never| match never {}),
    })
}

fn node(wish: &Wish, document: &Document, source: &CibSource, environment: &Environment) -> Result<NodeRef, Failed> {
    let name = match &wish.node {
        Some(name) => name.clone(),
        None => door::this_node(source, environment).map_err(|error| refused(error, wish))?,
    };
    let configuration = document.configuration();
    let found = objects::find_node(configuration, &name);
    if let Some((id, name)) = found.and_then(|object| Some((object.element.id()?, object.element.attr("uname")?))) {
        return Ok(NodeRef { id: id.to_string(), name: name.to_string() });
    }
    // Upper and lower case are the same in names of nodes.
    if let Some(node) = admin::find_node(&document.without_status(), &name) {
        return Ok(node);
    }
    match objects::remote_node_names(configuration).contains(&name) {
        true => Ok(NodeRef { id: name.clone(), name }),
        false => Err((Exit::NO_SUCH, format!("Could not map name={name} to a UUID"))),
    }
}

/// Why an access list refuses is for who asks for more words.
fn refused(error: StoreError, wish: &Wish) -> Failed {
    let exit = door::exit(&error);
    match error {
        StoreError::Daemon(AskError::Refused(Refusal::Denied { reason })) => (exit, denied(&reason, wish)),
        error => (exit, error.to_string()),
    }
}

fn denied(reason: &str, wish: &Wish) -> String {
    let why = if wish.verbose { format!(": {reason}") } else { String::new() };
    format!("Error performing operation: Permission denied{why}")
}
