//! crmadmin: the nodes there are, who leads, and how a node's daemon is.
//!
//! In: what is asked. Out: names, states, as text, XML or variables of a shell.

use crate::answer::{self, Answer};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io, clock, door};
use quorate_core::arguments::{Argument, Value, argument};
use quorate_core::cib::{Document, objects};
use quorate_core::node::NodeStatus;
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;

const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const MANUAL: Manual = Manual {
    name: "crmadmin",
    operands: &[],
    about: "Says which nodes there are, who leads, and how a node's daemon is",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

const TABLE: &[Argument] = &[
    argument(Some('S'), "status", Value::Required("NODE"), COMMANDS, "the state of a node's controller"),
    argument(Some('P'), "pacemakerd", Value::None, COMMANDS, "the state of this node's daemon"),
    argument(Some('D'), "dc_lookup", Value::None, COMMANDS, "who leads the cluster"),
    argument(Some('N'), "nodes", Value::Optional("TYPE"), COMMANDS, "the nodes: all, cluster, guest, remote"),
    argument(Some('H'), "health", Value::None, COMMANDS, ""),
    argument(Some('t'), "timeout", Value::Required("DURATION"), ADDITIONAL, "how long to wait for an answer"),
    argument(Some('B'), "bash-export", Value::None, ADDITIONAL, "with -N: as variables for a shell"),
    argument(Some('i'), "ipc-name", Value::Required("NAME"), ADDITIONAL, ""),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "the answer alone"),
];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let (given, quiet) = (&call.given, call.given.has("quiet"));
    match given.last_of(&["status", "pacemakerd", "dc_lookup", "nodes"]) {
        Some("nodes") => nodes(given.value("nodes").as_deref(), quiet, given.has("bash-export"), answer),
        Some("dc_lookup") => {
            let leader = status()?.leader;
            match (&leader, quiet) {
                (Some(name), true) => answer.line(name),
                (None, true) => {}
                (_, false) => {
                    let name = leader.as_deref().unwrap_or("not yet elected");
                    answer.line(format!("Designated Controller is: {name}"));
                }
            }
            answer.part(Element::new("dc").with("node_name", leader.unwrap_or_default()));
            Ok(())
        }
        Some("pacemakerd") => {
            status()?;
            let at = clock::text(clock::now().epoch());
            match quiet {
                true => answer.line("running"),
                false => answer.line(format!("Status of pacemakerd: 'Pacemaker is running' (last updated {at})")),
            }
            let element = Element::new("pacemakerd").with("sys_from", "pacemakerd").with("state", "running");
            answer.part(element.with("last_updated", at));
            Ok(())
        }
        Some(_) => controller(&given.value("status").unwrap_or_default(), quiet, answer),
        None if given.has("health") => Err((Exit::USAGE, "Cluster-wide health option not supported".into())),
        None => Err((Exit::USAGE, "error: Must specify a command option".into())),
    }
}

fn status() -> Result<NodeStatus, Failed> {
    let known = door::status(&Environment::of_process().address(), ANSWER_WITHIN);
    known.map_err(|error| (door::exit(&error), format!("error: Command failed: {error}")))
}

/// As Pacemaker's controller would name the state it is in.
fn controller(node: &str, quiet: bool, answer: &mut Answer) -> Result<(), Failed> {
    let status = status()?;
    if !status.members.iter().any(|member| member == node) {
        return Err((Exit::NO_HOST, format!("error: Command failed: {node} is no member")));
    }
    let state = match (status.leader.as_deref(), status.idle) {
        (None, _) => "S_ELECTION",
        (Some(leader), _) if leader != node => "S_NOT_DC",
        (Some(_), true) => "S_IDLE",
        (Some(_), false) => "S_TRANSITION_ENGINE",
    };
    match quiet {
        true => answer.line(state),
        false => answer.line(format!("Controller on {node} in state {state}: ok")),
    }
    answer.part(Element::new("crmd").with("node_name", node).with("state", state).with("result", "ok"));
    Ok(())
}

/// A node that the configuration has.
struct ListedNode {
    kind: &'static str,
    name: String,
    id: String,
}

fn nodes(kinds: Option<&str>, quiet: bool, export: bool, answer: &mut Answer) -> Result<(), Failed> {
    let source = Environment::of_process().first_source();
    let document = door::read(&source, ANSWER_WITHIN)
        .map_err(|error| (door::exit(&error), format!("error: Command failed: {error}")))?;
    let is_wanted = |kind: &str| {
        kinds.is_none_or(|kinds| kinds.split(',').any(|wanted| wanted.is_empty() || wanted == "all" || wanted == kind))
    };
    let mut all = Element::new("nodes");
    for ListedNode { kind, name, id } in known(&document).iter().filter(|node| is_wanted(node.kind)) {
        answer.line(match (export, quiet) {
            (true, _) => format!("export {name}={id}"),
            (false, true) => name.clone(),
            (false, false) => format!("{kind} node: {name} ({id})"),
        });
        all.push(Element::new("node").with("type", *kind).with("name", name.as_str()).with("id", id.as_str()));
    }
    answer.part(all);
    Ok(())
}

/// The cluster's nodes, guests, and remote nodes, in this order.
fn known(document: &Document) -> Vec<ListedNode> {
    let configuration = document.configuration();
    let elements = configuration.child("nodes").into_iter().flat_map(|nodes| nodes.elements_named("node"));
    let members = elements.filter(|node| node.attr("type") != Some("remote"));
    let member = |node: &Element| {
        let id = node.id().unwrap_or_default();
        ListedNode { kind: "cluster", name: node.attr("uname").unwrap_or(id).into(), id: id.into() }
    };
    let mut known: Vec<ListedNode> = members.map(member).collect();
    let resources = || configuration.child("resources").into_iter().flat_map(Element::descendants);
    let guest = |element: &Element| {
        let pair = element.name == "nvpair" && element.attr("name") == Some("remote-node");
        element.attr("value").filter(|_| pair).map(|name| ListedNode {
            kind: "guest",
            name: name.into(),
            id: name.into(),
        })
    };
    known.extend(resources().filter_map(guest));
    let remote = |element: &Element| {
        let id = element.id().filter(|_| element.name == "primitive" && objects::is_remote(element))?;
        Some(ListedNode { kind: "remote", name: id.into(), id: id.into() })
    };
    known.extend(resources().filter_map(remote));
    known
}
