//! `node`: what nodes may do, and what is known about them.
//!
//! In: calls. Out: edits of the configuration, and requests to the daemon.
//! Absent: adding nodes to the cluster (see `cluster`).

use crate::check;
use crate::command::{Argument, Call, Command, Flag, Level, Nodes, PREVIEW, Run, What, any, maybe, one};
use crate::error::{Failure, Outcome};
use crate::levels::resource::steer::{self, meet_with, refused, wish};
use crate::levels::resource::{one_pair, words_of};
use crate::session::Session;
use quorate_core::admin::attribute::{self, Sort};
use quorate_core::admin::standby;
use quorate_core::admin::{self, Facts, Intent, Transient};
use quorate_core::attribute::get as transient_value;
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Place};
use quorate_core::node::Request;
use quorate_core::status::{self, NodeState};
use quorate_core::xml::Element;
use quorate_grammar::diagnostic::closest;

const ACTIONS: What = What::Words(&["set", "delete", "show"]);

const STEERING: &[Flag] = &[ALL, PREVIEW];
const STANDBY: &[Argument] = &[any("node", What::NodeThat(Nodes::Standby))];
const MANAGED: &[Argument] = &[any("node", What::NodeThat(Nodes::Managed))];
const MAINTAINED: &[Argument] = &[any("node", What::NodeThat(Nodes::Maintenance))];
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

/// How long a standby may last.
pub const LIFETIMES: &[&str] = &["reboot", "forever"];

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
            arguments: &[any("node reboot|forever", What::NodeOrLifetime)],
            flags: &[ALL, PREVIEW],
            help: "let nodes run nothing",
            details: "With `reboot` until the node starts anew, else until `online`.",
            examples: &["standby n1", "standby n1 n2 reboot", "standby n1 --preview"],
            run: Run::Do(standby),
            ..Command::DEFAULT
        },
        Command::plain("online", STANDBY, STEERING, "let nodes run resources again", online),
        Command::plain(
            "maintenance",
            MANAGED,
            STEERING,
            "keep the cluster from acting on the resources of nodes",
            maintenance,
        ),
        Command::plain("ready", MAINTAINED, STEERING, "end the maintenance of nodes", ready),
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
        Command::plain("attribute", ATTRIBUTE, &[], "an attribute of a node", attribute_of),
        Command::plain("utilization", CAPACITY, &[], "a capacity of a node", utilization_of),
        Command::plain(
            "status-attr",
            ATTRIBUTE,
            &[],
            "an attribute of a node that is lost when it leaves",
            status_attribute,
        ),
        Command {
            name: "server",
            arguments: &[any("node", What::Node)],
            help: "the address of a node, its name if no other is known",
            details: "A remote node has the address that its resource is given (`server`). Without a node: of all.",
            run: Run::Do(server),
            ..Command::DEFAULT
        },
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

/// The words at the end are those of Pacemaker's tools, which programs look for.
fn unknown(document: &Document, name: &str, call: &Call, at: usize) -> Failure {
    let names = objects::all_node_names(document.configuration());
    let text = format!("there is no node `{name}` (Could not map name={name} to a UUID)");
    let mut failure = Failure::at(call.span(at), text);
    failure.diagnostics[0].hint =
        closest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    failure
}

fn place_of(document: &Document, call: &Call, at: usize) -> Outcome<Place> {
    let name = call.required(at);
    let found = objects::find_node(document.configuration(), name);
    found.map(|object| object.place).ok_or_else(|| unknown(document, name, call, at))
}

/// The nodes that were named (by so many words), every node with --all, else the node we are on.
fn chosen(session: &mut Session, call: &Call, named: usize) -> Outcome<Vec<String>> {
    let document = session.document()?;
    if call.has(ALL) {
        let nodes = objects::objects(document.configuration()).into_iter().filter(|object| object.kind == "node");
        return Ok(nodes.map(|object| name_of(object.element)).collect());
    }
    if named > 0 {
        return (0..named).map(|at| name_at(&document, call, at)).collect();
    }
    match objects::find_node(document.configuration(), &session.environment.node.host) {
        Some(object) => Ok(vec![name_of(object.element)]),
        None => Err(Failure::usage("this machine is no node of the cluster; name one")),
    }
}

fn name_of(node: &Element) -> String {
    node.attr("uname").or(node.id()).unwrap_or_default().to_string()
}

/// The name of the node that an argument means. What a resource makes a node has no entry before it is needed.
fn name_at(document: &Document, call: &Call, at: usize) -> Outcome<String> {
    let word = call.required(at);
    if objects::remote_node_names(document.configuration()).iter().any(|name| name == word) {
        return Ok(word.to_string());
    }
    place_of(document, call, at).map(|place| name_of(objects::at(document.configuration(), &place)))
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
        let online = state.is_some_and(NodeState::is_online);
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

fn server(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let wanted = (0..call.arguments.len()).map(|at| place_of(&document, call, at)).collect::<Outcome<Vec<Place>>>()?;
    let nodes = objects::objects(document.configuration()).into_iter().filter(|object| object.kind == "node");
    for node in nodes.filter(|node| wanted.is_empty() || wanted.contains(&node.place)) {
        let name = node.element.attr("uname").unwrap_or(&node.id);
        let line = address_of(document.configuration(), name).unwrap_or(name);
        session.ui.line(line);
    }
    Ok(())
}

/// Where a remote node is reached, if its resource says so.
fn address_of<'a>(configuration: &'a Element, name: &str) -> Option<&'a str> {
    let resource = objects::find_resource(configuration, name)?;
    attribute::get(resource.element, Sort::Parameter, "server")
}

// ---- what a node may do ----------------------------------------------------------------------------------

/// The same wish for every node that the call means.
fn steer(session: &mut Session, call: &Call, intent: impl Fn(String) -> Intent) -> Outcome {
    let nodes = chosen(session, call, call.arguments.len())?;
    wish(session, call, &nodes.into_iter().map(intent).collect::<Vec<_>>())
}

fn standby(session: &mut Session, call: &Call) -> Outcome {
    let lifetime = call.arguments.last().map(|last| last.text.as_str()).filter(|word| LIFETIMES.contains(word));
    let nodes = chosen(session, call, call.arguments.len() - usize::from(lifetime.is_some()))?;
    if lifetime != Some("reboot") {
        let intent = |node| Intent::Standby { node, on: true };
        return wish(session, call, &nodes.into_iter().map(intent).collect::<Vec<_>>());
    }
    let requests = nodes.iter().map(|node| standby::until_restart(node).into()).collect();
    session.ask_or_preview(call.has(PREVIEW), requests)
}

/// Ends a standby that lasts, and one that would end with the node's next start.
fn online(session: &mut Session, call: &Call) -> Outcome {
    let nodes = chosen(session, call, call.arguments.len())?;
    let document = session.document()?;
    let ended = nodes.iter().filter_map(|node| standby::end_until_restart(&document, node));
    let requests: Vec<Request> = ended.map(Request::from).collect();
    let intent = |node| Intent::Standby { node, on: false };
    let intents: Vec<Intent> = nodes.into_iter().map(intent).collect();
    if !call.has(PREVIEW) {
        wish(session, call, &intents)?;
        return if session.source.is_live() { session.ask_or_preview(call.has(PREVIEW), requests) } else { Ok(()) };
    }
    let mut next = document.clone();
    for intent in &intents {
        meet_with(&mut next, intent, &Facts::default()).map_err(|refusal| refused(call, &refusal))?;
    }
    let supposed = session.supposed(&document, &next)?;
    let text = crate::preview::after(&supposed, &requests)?;
    session.ui.print(&text);
    Ok(())
}

fn maintenance(session: &mut Session, call: &Call) -> Outcome {
    steer(session, call, |node| Intent::NodeMaintenance { node, on: true })
}

fn ready(session: &mut Session, call: &Call) -> Outcome {
    steer(session, call, |node| Intent::NodeMaintenance { node, on: false })
}

// ---- attributes --------------------------------------------------------------------------------------------

fn attribute_of(session: &mut Session, call: &Call) -> Outcome {
    attribute_command(session, call, Sort::Node)
}

fn utilization_of(session: &mut Session, call: &Call) -> Outcome {
    attribute_command(session, call, Sort::NodeUtilization)
}

/// `set NAME VALUE`, `set NAME=VALUE`, `delete NAME` or `show NAME` of one node.
fn attribute_command(session: &mut Session, call: &Call, sort: Sort) -> Outcome {
    let document = session.document()?;
    let node = name_at(&document, call, 0)?;
    let element = objects::find_node(document.configuration(), &node).map(|object| object.element);
    let word = call.required(2).to_string();
    let (name, value) = match (word.split_once('='), call.argument(3)) {
        (Some((name, value)), None) if call.required(1) == "set" => (name.to_string(), Some(value.to_string())),
        (_, value) => (word.clone(), value.map(str::to_string)),
    };
    one_pair(call)?;
    let known = element.and_then(|element| attribute::place(element, sort, &name));
    let intent = |value| Intent::NodeAttribute { node: node.clone(), sort, name: name.clone(), value };
    match (call.required(1), value) {
        ("set", Some(value)) => {
            wish(session, call, &[intent(Some(value.clone()))])?;
            let (after, words) = (session.document()?, words_of(call, &name, &value));
            let id = element.and_then(Element::id).unwrap_or(&node);
            check::tell_of(session, &document, &after, id, words.each_ref());
            Ok(())
        }
        ("set", None) => Err(Failure::usage(format!("`set {name}` needs a value"))),
        ("delete", None) => {
            let Some((_, pair)) = known else {
                session.ui.info(&format!("`{name}` is not set"));
                return Ok(());
            };
            session.ui.line(&format!("Deleted nodes attribute: id={pair} name={name}"));
            wish(session, call, &[intent(None)])
        }
        ("show", None) => match element.and_then(|element| attribute::get(element, sort, &name)) {
            Some(value) => {
                session.ui.line(&format!("scope=nodes  name={name} value={value}"));
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

fn status_attribute(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let node = name_at(&document, call, 0)?;
    one_pair(call)?;
    let (name, value) = (call.required(2).to_string(), call.argument(3).map(str::to_string));
    match (call.required(1), value) {
        ("set", Some(value)) => session.ask_anywhere(Transient::one(&node, &name, Some(&value)).into()),
        ("delete", None) => session.ask_anywhere(Transient::one(&node, &name, None).into()),
        ("show", None) => {
            let known = admin::find_node(&document, &node);
            match known.and_then(|node| transient_value(&document, &node, &name)) {
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
    // Programs compare all that is said, so there is no more than this.
    let gone = |_| Failure::refused(format!("node {} not found in the CIB", call.required(0)));
    let node = name_at(&document, call, 0).map_err(gone)?;
    let in_cluster = if session.source.is_live() { session.cluster_status()?.members } else { Vec::new() };
    let facts = Facts { in_cluster, ..Facts::default() };
    steer::steer(session, call, |_, document| {
        meet_with(document, &Intent::DeleteNode { node }, &facts).map_err(|refusal| refused(call, &refusal))
    })
}

fn named(session: &mut Session, call: &Call) -> Outcome<String> {
    name_at(&session.document()?, call, 0)
}
