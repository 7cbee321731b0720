//! attrd_updater: transient attributes of nodes as the daemons keep them: set, delayed, private; asked for.
//!
//! In: options; the daemon, or the CIB in a file. Out: values as Pacemaker's tool tells them.
//! Absent: what a change amounts to (see core's `attribute::table`).

use crate::answer::{self, Answer};
use crate::door;
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD, misused};
use crate::{Exit, Io};
use quorate_core::admin;
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::attribute;
use quorate_core::attribute::table::{Change, What, Which};
use quorate_core::cib::Document;
use quorate_core::node::{Refusal, Reply, Request};
use quorate_core::pattern::Pattern;
use quorate_core::time::Interval;
use quorate_core::xml::{Element, write};
use quorate_transport::environment::{Environment, variable};
use quorate_transport::local::daemon::{ANSWER_WITHIN, AskError};
use quorate_transport::store::{CibSource, StoreError};

const REQUIRED: &str = "Required";
const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const NAMES: &[Argument] = &[
    argument(Some('n'), "name", Value::Required("NAME"), REQUIRED, "the attribute"),
    argument(
        Some('P'),
        "pattern",
        Value::Required("PATTERN"),
        REQUIRED,
        "all attributes that match (with -B, -D, -U, -Y)",
    ),
];

const WISHES: &[Argument] = &[
    argument(Some('U'), "update", Value::Required("VALUE"), COMMANDS, "set a value"),
    argument(Some('v'), "value", Value::Required("VALUE"), COMMANDS, ""),
    argument(
        Some('B'),
        "update-both",
        Value::Required("VALUE"),
        COMMANDS,
        "set a value, and how long values wait (-d)",
    ),
    argument(Some('Y'), "update-delay", Value::None, COMMANDS, "set how long values wait (-d)"),
    argument(Some('Q'), "query", Value::None, COMMANDS, "show the value (the default)"),
    argument(Some('D'), "delete", Value::None, COMMANDS, "take the attribute away"),
    argument(Some('R'), "refresh", Value::None, COMMANDS, "accepted: what the CIB is to have, it has"),
];

const OPTIONS: &[Argument] = &[
    argument(
        Some('d'),
        "delay",
        Value::Required("SECONDS"),
        ADDITIONAL,
        "how long values wait for others before they are written",
    ),
    argument(Some('s'), "set", Value::Required("SET"), ADDITIONAL, "the set of a new attribute"),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, "of this node, not of the local one"),
    argument(Some('A'), "all", Value::None, ADDITIONAL, "of all nodes (with -Q)"),
    argument(
        Some('l'),
        "lifetime",
        Value::Required("LIFETIME"),
        ADDITIONAL,
        "reboot; forever is taken and means the same",
    ),
    argument(Some('S'), "section", Value::Required("LIFETIME"), ADDITIONAL, ""),
    argument(Some('p'), "private", Value::None, ADDITIONAL, "a new attribute is never written to the CIB"),
    argument(Some('W'), "wait", Value::Required("UNTIL"), ADDITIONAL, "no, local, or cluster: all nodes have it"),
    argument(Some('z'), "utilization", Value::None, ADDITIONAL, "a new attribute is an amount that the node can bear"),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, ""),
];

const MANUAL: Manual = Manual {
    name: "attrd_updater",
    operands: &[],
    about: "Shows and changes transient attributes of nodes",
    tables: &[NAMES, WISHES, OPTIONS, FORMATTED, STANDARD],
    more: "",
};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let given = &call.given;
    let wishes: Vec<&str> = WISHES.iter().map(|one| one.name).collect();
    let wish = given.last_of(&wishes).unwrap_or("query");
    check(given, wish)?;
    if wish == "refresh" {
        return Ok(());
    }
    let environment = Environment::of_process();
    let source = environment.first_source();
    if wish == "query" {
        let name = given.value("name").unwrap_or_default();
        let node = node(given, &environment, &source).map_err(refused)?;
        let node = if given.has("all") { None } else { Some(node) };
        return query(&source, &name, node.as_deref(), answer);
    }
    let delayed = given.value("delay").is_some();
    if matches!(wish, "update-both" | "update-delay") && !delayed {
        let letter = if wish == "update-both" { 'B' } else { 'Y' };
        answer.line(format!("Warning: '{letter}' command given without required --delay"));
    }
    let request = Request::ChangeAttributes {
        node: node(given, &environment, &source).map_err(refused)?,
        change: change(given, wish)?,
        everywhere: given.value("wait").as_deref() == Some("cluster"),
    };
    door::ask(&source, &request).map_err(refused)
}

fn check(given: &Given, wish: &str) -> Result<(), Failed> {
    let known = ["reboot", "status", "forever", "nodes"];
    for name in ["lifetime", "section"] {
        if let Some(value) = given.value(name).filter(|value| !known.contains(&value.as_str())) {
            return misused(format!("Unknown value for --lifetime: {value}"));
        }
    }
    if given.value("wait").is_some_and(|until| !matches!(until.as_str(), "no" | "local" | "cluster")) {
        return misused("--wait= must be one of 'no', 'local', 'cluster'");
    }
    let (name, pattern) = (given.value("name"), given.value("pattern"));
    match (&name, &pattern) {
        (Some(_), Some(_)) => return misused("Error: --name and --pattern cannot be used at the same time"),
        (None, Some(_)) if matches!(wish, "query" | "refresh") => {
            return misused("Error: pattern can only be used with delete or update");
        }
        (None, Some(text)) if Pattern::new(text).is_none() => {
            return misused(format!("'{text}' is no regular expression"));
        }
        (None, None) if wish != "refresh" => return misused("Command requires --name or --pattern argument"),
        _ => {}
    }
    if name.as_deref() == Some("") {
        return misused("an attribute has a name, and this one is empty");
    }
    // An empty variable of a script is no wish for the local node.
    if given.value("node").as_deref() == Some("") {
        return misused("a node has a name, and this one is empty");
    }
    Ok(())
}

fn change(given: &Given, wish: &str) -> Result<Change, Failed> {
    let delay_ms = match given.value("delay") {
        None => None,
        Some(text) => {
            let wrong = (Exit::USAGE, format!("--delay '{text}' is no time"));
            Some(u64::from(Interval::parse(&text).ok_or(wrong)?.ms()))
        }
    };
    let value = given.last_of(&["update", "value", "update-both"]).and_then(|name| given.value(name));
    Ok(Change {
        which: match given.value("pattern") {
            Some(pattern) => Which::Pattern(pattern),
            None => Which::Name(given.value("name").unwrap_or_default()),
        },
        what: match wish {
            "update-delay" => What::Delay,
            "update-both" => What::Both(value),
            "delete" => What::Value(None),
            _ => What::Value(value),
        },
        delay_ms,
        private: given.has("private"),
        set: given.value("set"),
        utilization: given.has("utilization"),
    })
}

/// The node that is meant: an agent's own, if none is named.
fn node(given: &Given, environment: &Environment, source: &CibSource) -> Result<String, StoreError> {
    let named = given.value("node").filter(|node| !matches!(node.as_str(), "auto" | "localhost"));
    match named.or_else(|| variable("OCF_RESKEY_CRM_meta_on_node")) {
        Some(node) => Ok(node),
        None => door::this_node(source, environment),
    }
}

fn refused(error: StoreError) -> Failed {
    let text = match &error {
        StoreError::Daemon(AskError::Client(_)) => format!("Could not connect to attribute manager: {error}"),
        _ => error.to_string(),
    };
    (door::exit(&error), text)
}

fn query(source: &CibSource, name: &str, node: Option<&str>, answer: &mut Answer) -> Result<(), Failed> {
    let missing = || (Exit::CONFIG, format!("Could not query value of {name}: attribute does not exist"));
    let values = match source {
        CibSource::Live { at } => {
            let request = Request::QueryAttribute { name: name.to_string(), node: node.map(str::to_string) };
            match door::reply(at, &request, ANSWER_WITHIN) {
                Ok(Reply::Attributes { values }) => values,
                Ok(_) | Err(StoreError::Daemon(AskError::Refused(Refusal::Unknown { .. }))) => Vec::new(),
                Err(error) => return Err(refused(error)),
            }
        }
        source => written(&door::read(source, ANSWER_WITHIN).map_err(refused)?, name, node),
    };
    if values.is_empty() {
        return Err(missing());
    }
    for (host, value) in values {
        let value = value.unwrap_or_default();
        let shown = Element::new("attribute").with("name", name).with("value", &value).with("host", &host);
        // What XML escapes is escaped in the line, too: scripts take it for the value of an attribute.
        let one = write(&Element::new("v").with("v", &value));
        let escaped = one.strip_prefix("<v v=\"").and_then(|rest| rest.strip_suffix("\"/>")).unwrap_or(&value);
        answer.line(format!("name=\"{name}\" host=\"{host}\" value=\"{escaped}\""));
        answer.part(shown);
    }
    Ok(())
}

/// What a document itself says.
fn written(document: &Document, name: &str, node: Option<&str>) -> Vec<(String, Option<String>)> {
    let states = document.status().elements_named("node_state").filter_map(|state| state.attr("uname"));
    let meant = states.filter(|host| node.is_none_or(|node| node == *host));
    let value = |host: &str| {
        let value = attribute::get(document, &admin::find_node(document, host)?, name)?;
        Some((host.to_string(), Some(value)))
    };
    meant.filter_map(value).collect()
}
