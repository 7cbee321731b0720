//! crm_node: what the cluster layer knows of nodes. Agents call it for the local node's name.
//!
//! In: options; the daemon, or the CIB in a file. Out: names; or a node that is gone forgotten.

use crate::standard::{self, Call, Failed, Manual, STANDARD};
use crate::{Exit, Io, door};
use quorate_core::admin::{self, Facts, Intent};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::cib::Document;
use quorate_core::node::NodeStatus;
use quorate_core::status;
use quorate_core::xml::Element;
use quorate_grammar::literal;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::{CibSource, StoreError};

const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const WISHES: &[Argument] = &[
    argument(Some('n'), "name", Value::None, COMMANDS, "this node's name"),
    argument(Some('i'), "cluster-id", Value::None, COMMANDS, "this node's id"),
    argument(Some('l'), "list", Value::None, COMMANDS, "all known nodes"),
    argument(Some('p'), "partition", Value::None, COMMANDS, "the members of this partition"),
    argument(Some('q'), "quorum", Value::None, COMMANDS, "1 if this partition has quorum, else 0"),
    argument(Some('N'), "name-for-id", Value::Required("ID"), COMMANDS, "the name of the node with this id"),
    argument(Some('R'), "remove", Value::Required("NAME"), COMMANDS, "forget a node that is gone (needs --force)"),
];

const MORE: &[Argument] = &[
    argument(Some('f'), "force", Value::None, ADDITIONAL, "do what could do harm"),
    argument(Some('Q'), "quiet", Value::None, ADDITIONAL, "accepted: no more than the answer is printed"),
    argument(Some('C'), "corosync", Value::None, ADDITIONAL, ""),
];

const MANUAL: Manual = Manual {
    name: "crm_node",
    operands: &[],
    about: "Shows what the cluster layer knows of nodes",
    tables: &[WISHES, MORE, STANDARD],
    more: "",
};

/// Runs the tool. Of several wishes the last counts.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, look_up)
}

fn look_up(call: Call, io: &mut Io) -> Exit {
    let names: Vec<&str> = WISHES.iter().map(|argument| argument.name).collect();
    let Some(wish) = call.given.last_of(&names) else {
        io.error(MANUAL.name, "one of --name, --cluster-id, --list, --partition, --quorum, … is needed");
        return Exit::USAGE;
    };
    match act(wish, &call.given, io) {
        Ok(()) => Exit::OK,
        Err((exit, message)) => {
            io.error(MANUAL.name, &message);
            exit
        }
    }
}

fn act(wish: &str, given: &Given, io: &mut Io) -> Result<(), Failed> {
    let environment = Environment::of_process();
    // An agent's daemon is its node: no need to ask it.
    if let (Some(name), "name") = (&environment.node, wish) {
        io.line(name);
        return Ok(());
    }
    let source = environment.first_source();
    let (document, status) = read(&source, &environment).map_err(door::failed)?;
    match wish {
        "remove" => remove(&given.value("remove").unwrap_or_default(), given.has("force"), &source, &status),
        _ => answer(wish, given, &document, &status, io),
    }
}

fn read(source: &CibSource, environment: &Environment) -> Result<(Document, NodeStatus), StoreError> {
    let (document, status) = door::read_with_status(source, ANSWER_WITHIN)?;
    let in_file = || recorded(&document, environment.node_or_host().to_string());
    let status = status.unwrap_or_else(in_file);
    Ok((document, status))
}

/// What the CIB itself says of members and quorum.
fn recorded(document: &Document, node: String) -> NodeStatus {
    let nodes = status::read(document.status()).nodes;
    let members = nodes.into_iter().filter(|node| node.member.is_in()).filter_map(|node| node.uname);
    let quorate = document.root().attr("have-quorum").is_some_and(|text| literal::boolean(text) == Ok(true));
    NodeStatus { node, members: members.map(|name| name.to_string()).collect(), quorate, ..NodeStatus::default() }
}

fn nodes(document: &Document) -> impl Iterator<Item = (&str, &str)> {
    let all = document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements());
    // Nodes that resources make are none of the cluster layer's.
    let of_cluster = |node: &&Element| node.attr("type") != Some("remote");
    all.filter(of_cluster).map(|node| (node.id().unwrap_or_default(), node.attr("uname").unwrap_or_default()))
}

fn answer(wish: &str, given: &Given, document: &Document, status: &NodeStatus, io: &mut Io) -> Result<(), Failed> {
    let none = |what: String| Err((Exit::NO_SUCH, format!("there is no node {what}")));
    match wish {
        "name" => io.line(&status.node),
        "quorum" => io.line(if status.quorate { "1" } else { "0" }),
        "partition" => io.line(&status.members.join(" ")),
        "name-for-id" => {
            let wanted = given.value("name-for-id").unwrap_or_default();
            let Some((_, name)) = nodes(document).find(|(id, _)| *id == wanted) else {
                return none(format!("with the id {wanted}"));
            };
            io.line(name);
        }
        "cluster-id" => {
            let Some((id, _)) = nodes(document).find(|(_, name)| *name == status.node) else {
                return none(status.node.clone());
            };
            io.line(id);
        }
        _ => {
            for (id, name) in nodes(document) {
                let state = if status.members.iter().any(|member| member == name) { "member" } else { "lost" };
                io.line(&format!("{id} {name} {state}"));
            }
        }
    }
    Ok(())
}

/// Only what is gone is forgotten.
fn remove(name: &str, force: bool, source: &CibSource, status: &NodeStatus) -> Result<(), Failed> {
    if !force {
        return Err((Exit::USAGE, format!("{name} and all that is known of it would be forgotten: --force is needed")));
    }
    let facts = Facts { in_cluster: status.members.clone(), ..Facts::default() };
    let intent = Intent::DeleteNode { node: name.to_string() };
    let made = |now: &Document| Ok(door::counted(now, admin::apply(now, &intent, &facts)?));
    let changed = door::change(source, ANSWER_WITHIN, made).map(drop);
    changed.map_err(|error| error.told(not_forgotten))
}

fn not_forgotten(refusal: admin::Refusal) -> Failed {
    match refusal {
        admin::Refusal::IsMember(_) => (Exit::UNSAFE, format!("{refusal}; stop it there first")),
        _ => (Exit::NO_SUCH, refusal.to_string()),
    }
}
