//! `node`: what nodes may do, and what is known about them.
//!
//! In: calls. Out: edits of the configuration, and requests to the daemon.
//! Absent: adding nodes to the cluster (see `cluster`).

use crate::command::{Argument, Call, Command, Flag, Level, Nodes, PREVIEW, Run, What, maybe, one};
use crate::configure::attribute::{self, Sort};
use crate::configure::ids::Pool;
use crate::configure::objects::{self, Place};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::status;
use quorate_core::xml::Element;
use quorate_grammar::diagnostic::closest;

const ACTIONS: What = What::Words(&["set", "delete", "show"]);

const STEERING: &[Flag] = &[ALL, PREVIEW];
const STANDBY: &[Argument] = &[maybe("node", What::NodeThat(Nodes::Standby))];
const MANAGED: &[Argument] = &[maybe("node", What::NodeThat(Nodes::Managed))];
const MAINTAINED: &[Argument] = &[maybe("node", What::NodeThat(Nodes::Maintenance))];
const ATTRIBUTE: &[Argument] = &pair_of("instance_attributes");
const CAPACITY: &[Argument] = &pair_of("utilization");

const fn pair_of(sort: &'static str) -> [Argument; 4] {
    [
        one("node", What::Node),
        one("set|delete|show", ACTIONS),
        one("name", What::NodeAttribute(sort)),
        maybe("value", What::Text),
    ]
}

const fn on_node(
    name: &'static str,
    arguments: &'static [Argument],
    help: &'static str,
    run: fn(&mut Session, &Call) -> Outcome,
) -> Command {
    Command { name, arguments, flags: STEERING, help, run: Run::Do(run), ..Command::DEFAULT }
}

const fn of_node(
    name: &'static str,
    arguments: &'static [Argument],
    help: &'static str,
    run: fn(&mut Session, &Call) -> Outcome,
) -> Command {
    Command { name, arguments, help, run: Run::Do(run), ..Command::DEFAULT }
}

const ALL: Flag = Flag { name: "--all", short: "", help: "every node" };

pub static LEVEL: Level = Level {
    name: "node",
    help: "nodes: standby, maintenance, attributes",
    commands: &[
        Command {
            name: "show",
            aliases: &["list"],
            arguments: &[maybe("node", What::Node)],
            help: "nodes, their state and attributes",
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "standby",
            arguments: &[
                maybe("node", What::NodeThat(Nodes::Active)),
                maybe("reboot|forever", What::Words(&["reboot", "forever"])),
            ],
            flags: &[ALL, PREVIEW],
            help: "let a node run nothing",
            details: "With `reboot` until the node starts anew, else until `online`.",
            examples: &["standby n1", "standby n1 --preview"],
            run: Run::Do(standby),
            ..Command::DEFAULT
        },
        on_node("online", STANDBY, "let a node run resources again", online),
        on_node("maintenance", MANAGED, "keep the cluster from acting on a node's resources", maintenance),
        on_node("ready", MAINTAINED, "end a node's maintenance", ready),
        Command {
            name: "fence",
            arguments: &[one("node", What::Node)],
            flags: &[PREVIEW],
            help: "fence a node (its resources are recovered elsewhere)",
            run: Run::Do(fence),
            ..Command::DEFAULT
        },
        Command {
            name: "clearstate",
            arguments: &[one("node", What::NodeThat(Nodes::Offline))],
            flags: &[PREVIEW],
            help: "tell the cluster that a lost node is certainly down",
            details: "If it is not, its resources will run twice and data will be lost.",
            run: Run::Do(clear_state),
            ..Command::DEFAULT
        },
        of_node("attribute", ATTRIBUTE, "an attribute of a node", attribute_of),
        of_node("utilization", CAPACITY, "a capacity of a node", utilization_of),
        of_node("status-attr", ATTRIBUTE, "an attribute of a node that is lost when it leaves", status_attribute),
        Command {
            name: "delete",
            arguments: &[one("node", What::Node)],
            help: "forget a node that is not a member any more",
            run: Run::Do(delete),
            ..Command::DEFAULT
        },
    ],
};

// ---- finding them ------------------------------------------------------------------------------------

fn unknown(document: &Document, name: &str, call: &Call, at: usize) -> Failure {
    let names = objects::node_names(document.configuration());
    let mut failure = Failure::at(call.span(at), format!("there is no node `{name}`"));
    failure.diagnostics[0].hint =
        closest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    failure
}

fn place_of(document: &Document, call: &Call, at: usize) -> Outcome<Place> {
    let name = call.required(at);
    let found = objects::find_node(document.configuration(), name);
    found.map(|object| object.place).ok_or_else(|| unknown(document, name, call, at))
}

/// The node that was named, every node with --all, else the node we are on.
fn chosen(session: &mut Session, call: &Call) -> Outcome<Vec<Place>> {
    let document = session.document()?;
    if call.has(ALL) {
        let nodes = objects::objects(document.configuration()).into_iter().filter(|object| object.kind == "node");
        return Ok(nodes.map(|object| object.place).collect());
    }
    if call.argument(0).is_some() {
        return Ok(vec![place_of(&document, call, 0)?]);
    }
    match objects::find_node(document.configuration(), &session.environment.host) {
        Some(object) => Ok(vec![object.place]),
        None => Err(Failure::usage("this machine is no node of the cluster; name one")),
    }
}

// ---- looking -------------------------------------------------------------------------------------------

fn show(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let only = call.argument(0).map(|_| place_of(&document, call, 0)).transpose()?;
    let known = status::read(document.status());
    let mut text = String::new();
    for object in objects::sorted(document.configuration()) {
        if object.kind != "node" || only.as_ref().is_some_and(|only| *only != object.place) {
            continue;
        }
        let name = object.element.attr("uname").unwrap_or(&object.id);
        let label = if name == object.id { name.to_string() } else { format!("{name}({})", object.id) };
        let kind = object.element.attr("type").unwrap_or("member");
        let state = known.nodes.iter().find(|state| state.id == object.id || state.uname.as_deref() == Some(name));
        let online = state.is_some_and(|state| state.member.is_in() && state.controller);
        let offline = if online { "" } else { "(offline)" };
        text.push_str(&format!("{label}: {kind}{offline}\n"));
        let pairs = object.element.elements().flat_map(|set| set.elements_named("nvpair"));
        let pairs: Vec<String> = pairs
            .filter_map(|pair| Some(format!("{}={}", pair.attr("name")?, pair.attr("value").unwrap_or_default())))
            .collect();
        if !pairs.is_empty() {
            text.push_str(&format!("\t{}\n", pairs.join(" ")));
        }
    }
    session.ui.print(&text);
    Ok(())
}

// ---- what a node may do ----------------------------------------------------------------------------------

fn steer(session: &mut Session, call: &Call, change: impl Fn(&mut Document, &Place)) -> Outcome {
    let places = chosen(session, call)?;
    let apply = |document: &mut Document| places.iter().for_each(|place| change(document, place));
    if call.has(PREVIEW) {
        let base = session.document()?;
        let mut document = base.clone();
        apply(&mut document);
        return session.preview(&base, &document);
    }
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    session.change(&words.join(" "), |_, document| {
        apply(document);
        Ok(())
    })
}

fn set(document: &mut Document, place: &Place, sort: Sort, name: &str, value: &str) {
    let mut pool = Pool::of(document.configuration());
    attribute::set(objects::at_mut(document.configuration_mut(), place), sort, name, value, &mut pool);
}

fn unset(document: &mut Document, place: &Place, sort: Sort, name: &str) -> bool {
    attribute::unset(objects::at_mut(document.configuration_mut(), place), sort, name)
}

fn standby(session: &mut Session, call: &Call) -> Outcome {
    match call.argument(1) {
        None | Some("forever") => {
            steer(session, call, |document, place| set(document, place, Sort::Node, "standby", "on"))
        }
        Some("reboot") => {
            let mut requests = Vec::new();
            for place in chosen(session, call)? {
                let node = name_at(session, &place)?;
                requests.push(Request::SetAttributes { node, pairs: vec![("standby".into(), Some("on".into()))] });
            }
            session.ask_or_preview(call, requests)
        }
        Some(word) => Err(Failure::misused(call.span(1), format!("`{word}` is neither reboot nor forever"))),
    }
}

fn name_at(session: &mut Session, place: &Place) -> Outcome<String> {
    let document = session.document()?;
    let node = objects::at(document.configuration(), place);
    Ok(node.attr("uname").or(node.id()).unwrap_or_default().to_string())
}

fn online(session: &mut Session, call: &Call) -> Outcome {
    steer(session, call, |document, place| {
        // A node that is not on standby is online already.
        let _ = unset(document, place, Sort::Node, "standby");
    })
}

fn maintenance(session: &mut Session, call: &Call) -> Outcome {
    steer(session, call, |document, place| set(document, place, Sort::Node, "maintenance", "true"))
}

fn ready(session: &mut Session, call: &Call) -> Outcome {
    steer(session, call, |document, place| set(document, place, Sort::Node, "maintenance", "off"))
}

// ---- attributes --------------------------------------------------------------------------------------------

fn attribute_of(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let place = place_of(&document, call, 0)?;
    attribute_command(session, call, Sort::Node, &document, &place)
}

fn utilization_of(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let place = place_of(&document, call, 0)?;
    attribute_command(session, call, Sort::NodeUtilization, &document, &place)
}

/// `set NAME VALUE`, `set NAME=VALUE`, `delete NAME` or `show NAME` for one object.
pub fn attribute_command(
    session: &mut Session,
    call: &Call,
    sort: Sort,
    document: &Document,
    place: &Place,
) -> Outcome {
    let word = call.required(2).to_string();
    let (name, value) = match (word.split_once('='), call.argument(3)) {
        (Some((name, value)), None) if call.required(1) == "set" => (name.to_string(), Some(value.to_string())),
        (_, value) => (word.clone(), value.map(str::to_string)),
    };
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    match (call.required(1), value) {
        ("set", Some(value)) => session.change(&words.join(" "), |session, document| {
            set(document, place, sort, &name, &value);
            tell_set(session, objects::at(document.configuration(), place), sort, &name, &value);
            Ok(())
        }),
        ("set", None) => Err(Failure::usage(format!("`set {name}` needs a value"))),
        ("delete", None) => session.change(&words.join(" "), |session, document| {
            let before = objects::at(document.configuration(), place).clone();
            if !unset(document, place, sort, &name) {
                return Err(Failure::at(call.span(2), format!("`{name}` is not set")));
            }
            tell_deleted(session, &before, sort, &name);
            Ok(())
        }),
        ("show", None) => match attribute::get(objects::at(document.configuration(), place), sort, &name) {
            Some(value) => {
                let node = matches!(sort, Sort::Node | Sort::NodeUtilization);
                let line = if node { format!("scope=nodes  name={name} value={value}") } else { value.to_string() };
                session.ui.line(&line);
                Ok(())
            }
            None => Err(Failure::at(call.span(2), format!("`{name}` is not set"))),
        },
        (word @ ("delete" | "show"), Some(_)) => {
            Err(Failure::misused(call.span(3), format!("`{word}` takes no value")))
        }
        (word, _) => Err(Failure::misused(call.span(1), format!("`{word}` is none of set, delete, show"))),
    }
}

/// What Pacemaker's tools say of it, which crmsh lets through.
fn tell_set(session: &mut Session, object: &Element, sort: Sort, name: &str, value: &str) {
    let is_resource = !matches!(sort, Sort::Node | Sort::NodeUtilization);
    if let Some((set, pair)) = attribute::place(object, sort, name).filter(|_| is_resource) {
        let owner = object.id().unwrap_or_default();
        session.ui.line(&format!("Set '{owner}' option: id={pair} set={set} name={name} value={value}"));
    }
}

fn tell_deleted(session: &mut Session, object: &Element, sort: Sort, name: &str) {
    let Some((_, pair)) = attribute::place(object, sort, name) else { return };
    let what = match sort {
        Sort::Node | Sort::NodeUtilization => "nodes attribute".to_string(),
        _ => format!("'{}' option", object.id().unwrap_or_default()),
    };
    session.ui.line(&format!("Deleted {what}: id={pair} name={name}"));
}

fn status_attribute(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let place = place_of(&document, call, 0)?;
    let node = name_at(session, &place)?;
    let (name, value) = (call.required(2).to_string(), call.argument(3).map(str::to_string));
    match (call.required(1), value) {
        ("set", Some(value)) => session.ask(Request::SetAttributes { node, pairs: vec![(name, Some(value))] }),
        ("delete", None) => session.ask(Request::SetAttributes { node, pairs: vec![(name, None)] }),
        ("show", None) => {
            let states =
                document.status().elements_named("node_state").find(|state| state.attr("uname") == Some(&node));
            let pairs = states
                .and_then(|state| state.child("transient_attributes"))
                .into_iter()
                .flat_map(|part| part.descendants());
            let found = pairs.into_iter().find(|pair| pair.name == "nvpair" && pair.attr("name") == Some(&name));
            match found.and_then(|pair| pair.attr("value")) {
                Some(value) => {
                    session.ui.line(&format!("scope=status  name={name} value={value}"));
                    Ok(())
                }
                None => Err(Failure::at(call.span(2), format!("`{name}` is not set"))),
            }
        }
        _ => Err(Failure::usage("expected set NAME VALUE, delete NAME or show NAME")),
    }
}

// ---- what the daemon does ------------------------------------------------------------------------------------

fn fence(session: &mut Session, call: &Call) -> Outcome {
    let node = named(session, call)?;
    if call.has(PREVIEW) {
        return session.preview_of(&[Request::Fence { node, action: "reboot".into() }]);
    }
    if !session.confirm(&format!("Fence {node} now?")) {
        return Err(Failure::refused("nothing was done").hint("use -F to answer yes beforehand"));
    }
    session.ask(Request::Fence { node, action: "reboot".into() })
}

fn clear_state(session: &mut Session, call: &Call) -> Outcome {
    let node = named(session, call)?;
    if call.has(PREVIEW) {
        return session.preview_of(&[Request::ConfirmFenced { node }]);
    }
    if !session.confirm(&format!("Is {node} certainly down? If not, its resources may run twice and destroy data.")) {
        return Err(Failure::refused("nothing was done").hint("use -F to answer yes beforehand"));
    }
    session.ask(Request::ConfirmFenced { node })
}

fn delete(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let place = place_of(&document, call, 0)?;
    let node = name_at(session, &place)?;
    let member = session.source.is_live() && session.cluster_status()?.members.contains(&node);
    if member {
        return Err(
            Failure::refused(format!("`{node}` is a member of the cluster")).hint("stop the cluster there first")
        );
    }
    session.change(&format!("delete {node}"), |_, document| {
        drop(objects::take(document.configuration_mut(), &place));
        document.status_mut().retain_elements(|state| state.attr("uname") != Some(&node));
        Ok(())
    })
}

fn named(session: &mut Session, call: &Call) -> Outcome<String> {
    let document = session.document()?;
    let place = place_of(&document, call, 0)?;
    name_at(session, &place)
}
