//! `resource`: what is to run, where, and whether the cluster may touch it.
//!
//! In: calls. Out: edits of the configuration, and requests to the daemon.
//! Absent: making resources (see `configure`).

use crate::command::{Argument, Call, Command, FORCE, Flag, Level, PREVIEW, Run, What, any, maybe, one, some};
use crate::configure::attribute::{self, Sort};
use crate::configure::ids::Pool;
use crate::configure::lower::unknown_resource;
use crate::configure::objects::{self, Object, is_resource};
use crate::configure::show;
use crate::error::{Failure, Outcome};
use crate::lifetime;
use crate::preview;
use crate::running;
use crate::session::{Manner, Session};
use crate::source::Source;
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::xml::Element;
use quorate_grammar::crm::print;
use quorate_grammar::{Word, literal};

const ACTIONS: What = What::Words(&["set", "delete", "show"]);
const ON_OFF: What = What::Words(&["on", "off", "true", "false"]);

const RESOURCES: &[Argument] = &[some("resource", What::Resource)];
const STEERING: &[Flag] = &[PREVIEW];
const META: &[Argument] =
    &[one("resource", What::Resource), one("set|delete|show", ACTIONS), one("name", What::MetaName), maybe("value", What::Text)];
const PARAMETER: &[Argument] =
    &[one("resource", What::Resource), one("set|delete|show", ACTIONS), one("name", What::ParameterName), maybe("value", What::Text)];
const PLAIN: &[Argument] =
    &[one("resource", What::Resource), one("set|delete|show", ACTIONS), one("name", What::Text), maybe("value", What::Text)];

const fn on_resources(name: &'static str, help: &'static str, run: fn(&mut Session, &Call) -> Outcome) -> Command {
    Command { name, arguments: RESOURCES, flags: STEERING, help, run: Run::Do(run), ..Command::DEFAULT }
}

const fn attributes(name: &'static str, help: &'static str, examples: &'static [&'static str], arguments: &'static [Argument], run: fn(&mut Session, &Call) -> Outcome) -> Command {
    Command { name, arguments, help, examples, run: Run::Do(run), ..Command::DEFAULT }
}

pub static LEVEL: Level = Level {
    name: "resource",
    help: "resources: start, stop, move, clean up",
    commands: &[
        Command { name: "status", aliases: &["list"], arguments: &[any("resource", What::Resource)], help: "what runs where", run: Run::Do(status), ..Command::DEFAULT },
        Command { name: "locate", arguments: &[some("resource", What::Resource)], help: "the nodes on which a resource runs", run: Run::Do(locate), ..Command::DEFAULT },
        on_resources("start", "let resources run", start),
        on_resources("stop", "let resources not run", stop),
        Command { name: "restart", arguments: &[some("resource", What::Resource)], help: "stop resources, wait, and let them run again", run: Run::Do(restart), ..Command::DEFAULT },
        on_resources("promote", "let a promotable clone have promoted instances", promote),
        on_resources("demote", "let a promotable clone have none", demote),
        on_resources("manage", "let the cluster act on resources again", manage),
        on_resources("unmanage", "keep the cluster from acting on resources; they are still watched", unmanage),
        Command {
            name: "maintenance",
            arguments: &[one("resource", What::Resource), maybe("on|off", ON_OFF)],
            flags: &[PREVIEW],
            help: "keep the cluster from acting on and watching a resource",
            run: Run::Do(maintenance),
            ..Command::DEFAULT
        },
        Command {
            name: "move",
            aliases: &["migrate"],
            arguments: &[one("resource", What::Resource), maybe("node", What::Node), any("lifetime force", What::Text)],
            flags: &[PREVIEW, FORCE],
            help: "move a resource to a node, or away from where it is",
            details: "Makes a location constraint (cli-prefer-… or cli-ban-…), which stays until `clear` or the end of\nthe lifetime, an ISO 8601 duration such as PT10M.",
            examples: &["move web n2", "move web n2 PT1H", "move web"],
            run: Run::Do(relocate),
            ..Command::DEFAULT
        },
        Command {
            name: "ban",
            arguments: &[one("resource", What::Resource), maybe("node", What::Node), any("lifetime force", What::Text)],
            flags: &[PREVIEW, FORCE],
            help: "keep a resource from a node; without one, from where it is",
            run: Run::Do(ban),
            ..Command::DEFAULT
        },
        Command {
            name: "clear",
            aliases: &["unmove", "unban", "unmigrate"],
            arguments: &[one("resource", What::Resource), maybe("node", What::Node)],
            flags: &[PREVIEW],
            help: "remove the constraints that `move` and `ban` made",
            run: Run::Do(clear),
            ..Command::DEFAULT
        },
        Command {
            name: "cleanup",
            arguments: &[maybe("resource", What::Resource), maybe("node", What::Node), maybe("force", What::Words(&["force"]))],
            help: "forget failures, so that the cluster tries again",
            run: Run::Do(cleanup),
            ..Command::DEFAULT
        },
        Command {
            name: "refresh",
            aliases: &["reprobe"],
            arguments: &[maybe("resource", What::Resource), maybe("node", What::Node), maybe("force", What::Words(&["force"]))],
            help: "forget the history and look anew at what runs",
            run: Run::Do(refresh),
            ..Command::DEFAULT
        },
        attributes("param", "a parameter of the agent", &["param ip set nic eth1", "param ip show nic"], PARAMETER, param),
        attributes("meta", "a meta attribute", &["meta web set resource-stickiness 100"], META, meta),
        attributes("utilization", "what a resource takes of a node's capacity", &["utilization db set memory 4096"], PLAIN, utilization),
        Command {
            name: "failcount",
            arguments: &[one("resource", What::Resource), one("set|delete|show", ACTIONS), one("node", What::Node), maybe("value", What::Text), maybe("operation", What::Text), maybe("interval", What::Text)],
            help: "how often a resource failed on a node",
            run: Run::Do(failcount),
            ..Command::DEFAULT
        },
        Command { name: "constraints", arguments: &[one("resource", What::Resource)], help: "the constraints that concern a resource", run: Run::Do(constraints), ..Command::DEFAULT },
    ],
};

// ---- finding them ----------------------------------------------------------------------------------

/// The ids that are meant: as written, the members of a tag, or all that match a pattern.
fn expanded(document: &Document, call: &Call) -> Outcome<Vec<String>> {
    let configuration = document.configuration();
    let mut ids: Vec<String> = Vec::new();
    for (at, word) in call.words().iter().enumerate() {
        let found = expand(configuration, word);
        if found.is_empty() {
            return Err(missing(configuration, word, call, at));
        }
        ids.extend(found);
    }
    ids.dedup();
    Ok(ids)
}

fn expand(configuration: &Element, word: &str) -> Vec<String> {
    if word.contains(['*', '?', '[']) {
        return objects::resource_ids(configuration).into_iter().filter(|id| show::glob(word, id)).collect();
    }
    match objects::find(configuration, word).filter(|object| object.kind == "tag") {
        Some(tag) => {
            let members = tag.element.elements().filter_map(Element::id);
            members.filter(|id| objects::find_resource(configuration, id).is_some()).map(str::to_string).collect()
        }
        None => objects::find_resource(configuration, word).map(|object| object.id).into_iter().collect(),
    }
}

fn missing(configuration: &Element, word: &str, call: &Call, at: usize) -> Failure {
    Failure::input(vec![unknown_resource(configuration, &Word::at(word, call.span(at)))])
}

fn resource<'a>(document: &'a Document, call: &Call) -> Outcome<Object<'a>> {
    let configuration = document.configuration();
    let found = objects::find_resource(configuration, call.required(0)).filter(|object| is_resource(object.element));
    found.ok_or_else(|| missing(configuration, call.required(0), call, 0))
}

fn node_name(document: &Document, call: &Call, at: usize) -> Outcome<String> {
    let word = call.required(at);
    let names = objects::node_names(document.configuration());
    if names.iter().any(|name| name == word) {
        return Ok(word.to_string());
    }
    let mut failure = Failure::at(call.span(at), format!("there is no node `{word}`"));
    let near = quorate_grammar::diagnostic::closest(word, names.iter().map(String::as_str));
    failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
    Err(failure)
}

// ---- looking ---------------------------------------------------------------------------------------

/// Those of the ids (or of what they contain) that run on some node of the live cluster.
pub fn running(session: &mut Session, ids: &[String]) -> Vec<String> {
    if session.source != Source::Live {
        return Vec::new();
    }
    let Ok(document) = session.document() else { return Vec::new() };
    let active = running::running(&document);
    let runs = |id: &String| {
        let found = objects::find_resource(document.configuration(), id);
        found.is_some_and(|object| primitives(object.element).iter().any(|id| active.contains_key(*id)))
    };
    ids.iter().filter(|id| runs(id)).cloned().collect()
}

fn primitives(element: &Element) -> Vec<&str> {
    element.descendants().filter(|part| part.name == "primitive").filter_map(Element::id).collect()
}

fn status(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let active = running::running(&document);
    let resources = document.configuration().child("resources").into_iter().flat_map(|section| section.elements());
    let chosen: Vec<&Element> = match call.arguments.is_empty() {
        true => resources.filter(|element| is_resource(element)).collect(),
        false => {
            let ids = expanded(&document, call)?;
            let found = ids.iter().filter_map(|id| objects::find_resource(document.configuration(), id));
            found.map(|object| object.element).collect()
        }
    };
    let mut text = String::new();
    chosen.iter().for_each(|element| describe(element, 0, &active, &mut text));
    if text.is_empty() {
        text.push_str("No resources\n");
    }
    session.ui.print(&text);
    Ok(())
}

fn describe(element: &Element, depth: usize, active: &std::collections::BTreeMap<String, Vec<String>>, text: &mut String) {
    let id = element.id().unwrap_or_default();
    let stopped = attribute::get(element, Sort::Meta, "target-role") == Some("Stopped");
    let mut notes: Vec<&str> = Vec::new();
    if stopped {
        notes.push("disabled");
    }
    if attribute::get(element, Sort::Meta, "is-managed").is_some_and(|value| literal::boolean(value) == Ok(false)) {
        notes.push("unmanaged");
    }
    if attribute::get(element, Sort::Meta, "maintenance").is_some_and(|value| literal::boolean(value) == Ok(true)) {
        notes.push("maintenance");
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let indent = "  ".repeat(depth);
    match &*element.name {
        "primitive" => {
            let agent: Vec<&str> = ["class", "provider", "type"].iter().filter_map(|name| element.attr(name)).collect();
            let place = active.get(id).map_or("Stopped".to_string(), |nodes| format!("Started {}", nodes.join(" ")));
            text.push_str(&format!("{indent}* {id}\t({}):\t{place}{notes}\n", agent.join(":")));
        }
        kind => {
            let kind = match kind {
                "group" => "Resource Group",
                "bundle" => "Container bundle",
                _ => "Clone Set",
            };
            text.push_str(&format!("{indent}* {kind}: {id}{notes}:\n"));
            element.elements().filter(|child| is_resource(child)).for_each(|child| describe(child, depth + 1, active, text));
        }
    }
}

fn locate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let active = running::running(&document);
    for id in expanded(&document, call)? {
        let Some(object) = objects::find_resource(document.configuration(), &id) else { continue };
        let mut nodes: Vec<&String> = primitives(object.element).iter().filter_map(|id| active.get(*id)).flatten().collect();
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() {
            session.ui.line(&format!("resource {id} is NOT running"));
        }
        nodes.iter().for_each(|node| session.ui.line(&format!("resource {id} is running on: {node}")));
    }
    Ok(())
}

fn constraints(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = resource(&document, call)?.id;
    let (mut objects, _) = show::select(document.configuration(), &[show::Selector::Related(id)]);
    objects.retain(|object| matches!(object.kind, "location" | "colocation" | "order" | "rsc_ticket"));
    let statements = show::statements(document.configuration(), &objects, session.catalogue());
    let mut ink = session.ui.ink();
    for statement in &statements {
        print::write(statement, print::Layout::Lines, &mut ink);
        ink.text.push('\n');
    }
    session.ui.print(&ink.text);
    Ok(())
}

// ---- meta attributes that steer the cluster ----------------------------------------------------------

/// Makes a change, or shows what the cluster would do after it.
fn steer(session: &mut Session, call: &Call, change: impl FnOnce(&mut Session, &mut Document) -> Outcome) -> Outcome {
    if call.has(PREVIEW) {
        let mut document = session.document()?;
        change(session, &mut document)?;
        let text = preview::preview(&document)?;
        session.ui.print(&text);
        return Ok(());
    }
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    session.change(&words.join(" "), change)
}

/// Sets a meta attribute on resources. For a member of a clone the clone is meant; what members
/// have set to the contrary is removed, after asking.
fn set_meta(session: &mut Session, call: &Call, name: &str, value: &str) -> Outcome {
    let ids = expanded(&session.document()?, call)?;
    steer(session, call, |session, document| {
        for id in &ids {
            set_one(session, document.configuration_mut(), id, name, value);
        }
        Ok(())
    })
}

fn set_one(session: &mut Session, configuration: &mut Element, id: &str, name: &str, value: &str) {
    let place = objects::find_resource(configuration, id).map(|object| target(configuration, &object.place));
    let Some(place) = place else { return };
    let mut pool = Pool::of(configuration);
    let object = objects::at_mut(configuration, &place);
    attribute::set(object, Sort::Meta, name, value, &mut pool);
    let clone = matches!(&*object.name, "clone" | "master");
    let members: Vec<String> = object
        .descendants()
        .skip(1)
        .filter(|part| is_resource(part) && attribute::get(part, Sort::Meta, name).is_some())
        .filter_map(|part| part.id().map(str::to_string))
        .collect();
    for member in members {
        // Instances of a clone cannot differ, so there is nothing to ask about them.
        if clone || session.confirm(&format!("Override '{name}' of the member {member}?")) || session.manner != Manner::Interactive {
            let place = objects::find_resource(configuration, &member).expect("it was just listed").place;
            attribute::unset(objects::at_mut(configuration, &place), Sort::Meta, name);
            session.ui.info(&format!("removed '{name}' of {member}: {} decides it now", id));
        }
    }
}

/// The clone around a resource, if there is one: its instances are all the same.
fn target(configuration: &Element, place: &[usize]) -> objects::Place {
    let clone = |at: usize| matches!(&*objects::at(configuration, &place[..at]).name, "clone" | "master");
    (2..place.len()).find(|at| clone(*at)).map_or_else(|| place.to_vec(), |at| place[..at].to_vec())
}

fn start(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "target-role", "Started")
}

fn stop(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "target-role", "Stopped")
}

fn promote(session: &mut Session, call: &Call) -> Outcome {
    promotable(session, call)?;
    set_meta(session, call, "target-role", "Promoted")
}

fn demote(session: &mut Session, call: &Call) -> Outcome {
    promotable(session, call)?;
    set_meta(session, call, "target-role", "Unpromoted")
}

fn promotable(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    for (at, id) in expanded(&document, call)?.iter().enumerate() {
        let Some(object) = objects::find_resource(document.configuration(), id) else { continue };
        let clone = objects::at(document.configuration(), &target(document.configuration(), &object.place));
        let yes = clone.name == "master" || attribute::get(clone, Sort::Meta, "promotable").is_some_and(|value| literal::boolean(value) == Ok(true));
        if !yes {
            return Err(Failure::at(call.span(at), format!("`{id}` is not a promotable clone")).hint(format!("make it one with `resource meta {id} set promotable true`")));
        }
    }
    Ok(())
}

fn manage(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "is-managed", "true")
}

fn unmanage(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "is-managed", "false")
}

fn maintenance(session: &mut Session, call: &Call) -> Outcome {
    let value = match call.argument(1) {
        None => true,
        Some(word) => literal::boolean(word).map_err(|_| Failure::at(call.span(1), format!("`{word}` is neither on nor off")))?,
    };
    let id = resource(&session.document()?, call)?.id;
    steer(session, call, |session, document| {
        set_one(session, document.configuration_mut(), &id, "maintenance", if value { "true" } else { "false" });
        Ok(())
    })
}

fn restart(session: &mut Session, call: &Call) -> Outcome {
    if session.source != Source::Live || session.manner == Manner::Batch {
        return Err(Failure::refused("a restart needs the running cluster, and a command of its own"));
    }
    let before = session.document()?;
    let waits = std::mem::replace(&mut session.switches.wait, true);
    let outcome = stop(session, call).and_then(|()| {
        let ids = expanded(&before, call)?;
        let roles = ids.iter().map(|id| (id.clone(), role_before(&before, id)));
        let roles: Vec<(String, Option<String>)> = roles.collect();
        session.change("restart", |session, document| {
            for (id, role) in &roles {
                let role = role.as_deref().filter(|role| *role != "Stopped").unwrap_or("Started");
                set_one(session, document.configuration_mut(), id, "target-role", role);
            }
            Ok(())
        })
    });
    session.switches.wait = waits;
    outcome
}

fn role_before(document: &Document, id: &str) -> Option<String> {
    let object = objects::find_resource(document.configuration(), id)?;
    attribute::get(object.element, Sort::Meta, "target-role").map(str::to_string)
}

// ---- moving ----------------------------------------------------------------------------------------

/// What `move` and `ban` were told beside the resource: `[NODE] [LIFETIME] [force]`.
struct Destination {
    node: Option<String>,
    until: Option<String>,
}

fn destination(document: &Document, call: &Call) -> Outcome<Destination> {
    let mut destination = Destination { node: None, until: None };
    for (at, word) in call.words().iter().enumerate().skip(1) {
        if word == "force" {
            continue;
        }
        let lifetime = word.starts_with('P') && literal::duration(word).is_ok();
        match lifetime {
            true => destination.until = lifetime::end(word),
            false if destination.node.is_none() => destination.node = Some(node_name(document, call, at)?),
            false => return Err(Failure::at(call.span(at), format!("`{word}` is neither a lifetime such as PT10M nor `force`"))),
        }
    }
    Ok(destination)
}

fn relocate(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = destination(&document, call)?;
    let id = top(&document, &object);
    steer(session, call, |_, document| {
        forget_moves(document, &id, None);
        match &wanted.node {
            Some(node) => constrain(document, &id, node, "prefer", wanted.until.as_deref()),
            None => leave(document, &id, wanted.until.as_deref())?,
        }
        Ok(())
    })
}

fn ban(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let wanted = destination(&document, call)?;
    let id = top(&document, &object);
    steer(session, call, |_, document| match &wanted.node {
        Some(node) => {
            constrain(document, &id, node, "ban", wanted.until.as_deref());
            Ok(())
        }
        None => leave(document, &id, wanted.until.as_deref()),
    })
}

/// Constraints are about the outermost container: its members go where it goes.
fn top(document: &Document, object: &Object) -> String {
    let outermost = objects::at(document.configuration(), &object.place[..2]);
    outermost.id().unwrap_or_default().to_string()
}

/// Bans a resource from the one node it runs on.
fn leave(document: &mut Document, id: &str, until: Option<&str>) -> Outcome {
    let active = running::running(document);
    let object = objects::find_resource(document.configuration(), id);
    let primitives: Vec<&str> = object.map_or(Vec::new(), |object| primitives(object.element));
    let mut nodes: Vec<String> = primitives.iter().filter_map(|id| active.get(*id)).flatten().cloned().collect();
    nodes.sort();
    nodes.dedup();
    match &nodes[..] {
        [node] => {
            let node = node.clone();
            constrain(document, id, &node, "ban", until);
            Ok(())
        }
        [] => Err(Failure::refused(format!("`{id}` does not run anywhere, so there is nowhere to move it from")).hint("name a node")),
        _ => Err(Failure::refused(format!("`{id}` runs on {}", nodes.join(", "))).hint("name the node it is to leave, with `ban`")),
    }
}

/// The constraint that Pacemaker's tools make for the same purpose, by the same ids.
fn constrain(document: &mut Document, id: &str, node: &str, kind: &str, until: Option<&str>) {
    let (name, score) = match kind {
        "prefer" => (format!("cli-prefer-{id}"), "INFINITY"),
        _ => (format!("cli-ban-{id}-on-{node}"), "-INFINITY"),
    };
    let mut element = Element::new("rsc_location").with("id", &name).with("rsc", id).with("role", "Started");
    match until {
        None => {
            element.set("node", node);
            element.set("score", score);
        }
        Some(end) => {
            let part = |what: &str| name.replacen(&format!("cli-{kind}"), &format!("cli-{kind}-{what}"), 1);
            let expression = Element::new("expression").with("id", part("expr")).with("attribute", "#uname").with("operation", "eq").with("value", node);
            let date = Element::new("date_expression").with("id", part("lifetime-end")).with("operation", "lt").with("end", end);
            let rule = Element::new("rule").with("id", part("rule")).with("score", score).with("boolean-op", "and");
            element.push(rule.with_child(expression).with_child(date));
        }
    }
    let constraints = document.configuration_mut().child_or_new("constraints");
    constraints.retain_elements(|child| child.id() != Some(&name));
    constraints.push(element);
}

/// Removes what `move` and `ban` made; with a node, only what concerns that node.
fn forget_moves(document: &mut Document, id: &str, node: Option<&str>) -> usize {
    let constraints = document.configuration_mut().child_or_new("constraints");
    let before = constraints.children.len();
    let prefer = format!("cli-prefer-{id}");
    let ban = format!("cli-ban-{id}-on-");
    constraints.retain_elements(|child| {
        let name = child.id().unwrap_or_default();
        let ours = child.attr("rsc") == Some(id) && (name == prefer || name.starts_with(&ban));
        let here = node.is_none_or(|node| {
            let rules = child.descendants().any(|part| part.attr("attribute") == Some("#uname") && part.attr("value") == Some(node));
            child.attr("node") == Some(node) || rules
        });
        !(ours && here)
    });
    before - constraints.children.len()
}

fn clear(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = top(&document, &resource(&document, call)?);
    let node = call.argument(1).map(|_| node_name(&document, call, 1)).transpose()?;
    steer(session, call, |session, document| {
        match forget_moves(document, &id, node.as_deref()) {
            0 => session.ui.info(&format!("{id} has no constraints that `move` or `ban` made")),
            count => session.ui.info(&format!("removed {count} migration constraints of {id}")),
        }
        Ok(())
    })
}

// ---- attributes --------------------------------------------------------------------------------------

fn param(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Parameter)
}

fn meta(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Meta)
}

fn utilization(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Utilization)
}

fn attribute_of(session: &mut Session, call: &Call, sort: Sort) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let place = object.place.clone();
    super::node::attribute_command(session, call, sort, &document, &place)
}

// ---- what the daemon does ------------------------------------------------------------------------------

fn whom(session: &mut Session, call: &Call) -> Outcome<(Option<String>, Option<String>, bool)> {
    let mut words = call.words();
    let force = words.last().is_some_and(|last| last == "force");
    if force {
        words.pop();
    }
    let document = session.document()?;
    if !words.is_empty() {
        resource(&document, call)?;
    }
    if words.len() > 1 {
        node_name(&document, call, 1)?;
    }
    let mut words = words.into_iter();
    Ok((words.next(), words.next(), force || session.switches.force))
}

fn cleanup(session: &mut Session, call: &Call) -> Outcome {
    let (resource, node, force) = whom(session, call)?;
    session.ask(Request::Forget { resource, node, failed_only: !force })
}

fn refresh(session: &mut Session, call: &Call) -> Outcome {
    let (resource, node, _) = whom(session, call)?;
    session.ask(Request::Forget { resource, node, failed_only: false })
}

fn failcount(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = resource(&document, call)?.id;
    let node = node_name(&document, call, 2)?;
    let value = call.argument(3);
    match (call.required(1), value) {
        ("show", None) => {
            let counts = fail_counts(&document, &id, &node);
            let sum: i64 = counts.iter().filter_map(|(_, value)| literal::score(value).ok()).map(i64::from).sum();
            let count = score_text(sum);
            session.ui.line(&format!("scope=status  name=fail-count-{id} value={count}"));
            Ok(())
        }
        ("delete", None) => {
            let names = fail_counts(&document, &id, &node).into_iter().map(|(name, _)| name);
            let pairs = names.flat_map(|name| [(name.replacen("fail-count-", "last-failure-", 1), None), (name, None)]);
            session.ask(Request::SetAttributes { node, pairs: pairs.collect() })
        }
        ("set", Some(value)) => {
            literal::score(value).map_err(|error| Failure::at(call.span(3), error.to_string()))?;
            let operation = call.argument(4).unwrap_or("monitor");
            let interval = call.argument(5).unwrap_or("0");
            let interval = literal::interval_ms(interval).map_err(|error| Failure::at(call.span(5), error.to_string()))?;
            let name = format!("fail-count-{id}#{operation}_{interval}");
            session.ask(Request::SetAttributes { node, pairs: vec![(name, Some(value.to_string()))] })
        }
        ("set", None) => Err(Failure::usage("set needs a value")),
        (word @ ("show" | "delete"), Some(_)) => Err(Failure::at(call.span(3), format!("`{word}` takes no value"))),
        (word, _) => Err(Failure::at(call.span(1), format!("`{word}` is none of set, delete, show"))),
    }
}

/// The fail counts of a resource on a node, one for each operation, by their attributes' names.
fn fail_counts(document: &Document, id: &str, node: &str) -> Vec<(String, String)> {
    let prefix = format!("fail-count-{id}#");
    let mut states = document.status().elements_named("node_state");
    let state = states.find(|state| state.attr("uname") == Some(node) || state.id() == Some(node));
    let pairs = state.into_iter().flat_map(|state| state.descendants()).filter(|part| part.name == "nvpair");
    let named = pairs.filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string())));
    named.filter(|(name, _)| name.starts_with(&prefix)).collect()
}

fn score_text(score: i64) -> String {
    if score >= i64::from(literal::INFINITY) { "INFINITY".to_string() } else { score.to_string() }
}
