//! crm_failcount: how often operations of a resource failed on a node; and that forgotten.
//!
//! In: options; the CIB. Out: a count, as crm_attribute tells attributes; or what crm_resource's cleanup does.

use crate::crm_standby::{is_quiet, last};
use crate::standard::{self, Call, Failed, Manual, STANDARD};
use crate::{Exit, Io, crm_resource, door};
use quorate_core::admin;
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::attribute;
use quorate_core::score::Score;
use quorate_core::status::failcount;
use quorate_core::time::Interval;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::{CibSource, StoreError};

const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const TABLE: &[Argument] = &[
    argument(Some('G'), "query", Value::None, COMMANDS, "show the count"),
    argument(None, "get-value", Value::None, COMMANDS, ""),
    argument(Some('D'), "delete", Value::None, COMMANDS, "forget the failures"),
    argument(None, "delete-attr", Value::None, COMMANDS, ""),
    argument(Some('r'), "resource", Value::Required("ID"), ADDITIONAL, "of this resource"),
    argument(None, "resource-id", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('n'), "operation", Value::Required("OPERATION"), ADDITIONAL, "of this operation alone"),
    argument(Some('I'), "interval", Value::Required("INTERVAL"), ADDITIONAL, "of this interval (with -n)"),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, "on this node, not on the local one"),
    argument(Some('U'), "uname", Value::Required("NODE"), ADDITIONAL, ""),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "show the count alone"),
    argument(Some('Q'), "quiet-too", Value::None, ADDITIONAL, ""),
    argument(Some('v'), "attr-value", Value::Required("VALUE"), ADDITIONAL, ""),
    argument(Some('i'), "attr-id", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('l'), "lifetime", Value::Required("LIFETIME"), ADDITIONAL, ""),
];

const MANUAL: Manual = Manual {
    name: "crm_failcount",
    operands: &[],
    about: "Shows and forgets how often a resource failed on a node",
    tables: &[TABLE, STANDARD],
    more: "",
};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call: Call, io| match act(&call.given, io) {
        Ok(exit) => exit,
        Err((exit, text)) => {
            io.error(MANUAL.name, &text);
            exit
        }
    })
}

fn act(given: &Given, io: &mut Io) -> Result<Exit, Failed> {
    let usage = |text: &str| (Exit::USAGE, text.to_string());
    for ignored in ["attr-id", "lifetime"] {
        if given.has(ignored) {
            io.error(MANUAL.name, &format!("ignoring deprecated option '--{ignored}'"));
        }
    }
    let forget = match given.last_of(&["query", "get-value", "delete", "delete-attr", "attr-value"]) {
        Some("query" | "get-value") => false,
        Some("attr-value") if given.value("attr-value").as_deref() != Some("0") => {
            io.error(MANUAL.name, "ignoring deprecated option '--attr-value' with nonzero value");
            return Err(usage("must specify a command"));
        }
        Some(_) => true,
        None => return Err(usage("must specify a command")),
    };
    let resource = last(given, &["resource", "resource-id"]).filter(|name| !name.is_empty());
    let resource = resource.ok_or_else(|| usage("resource name required"))?;
    if last(given, &["node", "uname"]).is_some_and(|name| name.is_empty()) {
        return Err(usage("node name required"));
    }
    let interval = given.value("interval").and_then(|text| Interval::parse(&text)).map_or(0, Interval::ms);
    let operation = given.value("operation").map(|operation| (operation, interval));
    let source = Environment::of_process().first_source();
    let node = node(given, &source).map_err(door::failed)?;
    match forget {
        true => Ok(clear(&node, &resource, operation, given, io)),
        false => count(&source, &node, &resource, operation, given, io),
    }
}

fn node(given: &Given, source: &CibSource) -> Result<String, StoreError> {
    match last(given, &["node", "uname"]) {
        Some(node) => Ok(node),
        None => door::this_node(source, &Environment::of_process()),
    }
}

fn clear(node: &str, resource: &str, operation: Option<(String, u32)>, given: &Given, io: &mut Io) -> Exit {
    let mut words: Vec<String> = ["--cleanup", "-N", node, "-r", resource].map(str::to_string).to_vec();
    if let Some((operation, interval)) = operation {
        words.extend(["-n".into(), operation, "-I".into(), format!("{interval}ms")]);
    }
    if is_quiet(given) {
        words.push("--quiet".into());
    }
    crm_resource::run(&words, io)
}

fn count(
    source: &CibSource,
    node: &str,
    resource: &str,
    operation: Option<(String, u32)>,
    given: &Given,
    io: &mut Io,
) -> Result<Exit, Failed> {
    let document = door::read(source, ANSWER_WITHIN).map_err(door::failed)?;
    let known = admin::find_node(&document, node)
        .ok_or_else(|| (Exit::NO_SUCH, format!("Could not map name={node} to a UUID")))?;
    let whole = format!("{}{resource}", failcount::COUNT);
    let all = attribute::all(&document, &known);
    let sum = |fits: &dyn Fn(&str) -> bool| {
        let counted = all.iter().filter(|(name, _)| fits(name)).filter_map(|(_, value)| Score::parse(value));
        counted.fold(Score::ZERO, |sum, one| sum + one)
    };
    let (mut name, mut count) = match operation {
        Some((operation, interval)) => {
            let name = format!("{whole}#{operation}_{interval}");
            let count = sum(&|other| other == name);
            (name, count)
        }
        None => (whole.clone(), sum(&|other| other.starts_with(&format!("{whole}#")))),
    };
    // Before 1.1.17 there was one count for all operations.
    if count == Score::ZERO {
        let old = sum(&|other| other == whole);
        if old != Score::ZERO {
            (name, count) = (whole, old);
        }
    }
    let quiet = is_quiet(given);
    io.line(&if quiet { count.to_string() } else { format!("scope=status  name={name} value={count}") });
    Ok(Exit::OK)
}
