//! crm_master: the promotion score of a resource's instance, by the name that older agents call.
//!
//! In: options; which resource, from `OCF_RESOURCE_INSTANCE`. Out: what crm_attribute makes of them.

use crate::crm_standby::{is_quiet, last};
use crate::standard::{self, Call, Manual, STANDARD};
use crate::{Exit, Io, crm_attribute};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_transport::environment::variable;

const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const TABLE: &[Argument] = &[
    argument(Some('G'), "query", Value::None, COMMANDS, "show the score (the default)"),
    argument(None, "get-value", Value::None, COMMANDS, ""),
    argument(Some('v'), "update", Value::Required("VALUE"), COMMANDS, "set the score"),
    argument(None, "attr-value", Value::Required("VALUE"), COMMANDS, ""),
    argument(Some('D'), "delete", Value::None, COMMANDS, "remove the score"),
    argument(None, "delete-attr", Value::None, COMMANDS, ""),
    argument(Some('r'), "resource", Value::Required("ID"), ADDITIONAL, "the resource, if no agent calls"),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, "on this node, not on the local one"),
    argument(Some('U'), "uname", Value::Required("NODE"), ADDITIONAL, ""),
    argument(
        Some('l'),
        "lifetime",
        Value::Required("LIFETIME"),
        ADDITIONAL,
        "until when it holds: reboot, forever (default)",
    ),
    argument(Some('i'), "id", Value::Required("ID"), ADDITIONAL, "the id of the attribute"),
    argument(None, "attr-id", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "show the value alone"),
    argument(Some('Q'), "quiet-too", Value::None, ADDITIONAL, ""),
];

const MANUAL: Manual = Manual {
    name: "crm_master",
    operands: &[],
    about: "Shows and changes a resource's promotion score (better: crm_attribute --promotion)",
    tables: &[TABLE, STANDARD],
    more: "",
};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call: Call, io| act(&call.given, io))
}

fn act(given: &Given, io: &mut Io) -> Exit {
    let named = given.value("resource").or_else(|| variable("OCF_RESOURCE_INSTANCE"));
    let Some(resource) = named.filter(|resource| !resource.is_empty()) else {
        io.error(MANUAL.name, "No resource specified");
        return Exit::ERROR;
    };
    let mut words: Vec<String> = vec!["-n".into(), format!("master-{resource}")];
    words.extend(["--lifetime".into(), given.value("lifetime").unwrap_or_else(|| "forever".into())]);
    for (names, option) in [(["node", "uname"], "-N"), (["id", "attr-id"], "--id")] {
        if let Some(value) = last(given, &names) {
            words.extend([option.to_string(), value]);
        }
    }
    if is_quiet(given) {
        words.push("-q".into());
    }
    let wish = given.last_of(&["query", "get-value", "update", "attr-value", "delete", "delete-attr"]);
    match wish.unwrap_or("query") {
        wish @ ("update" | "attr-value") => words.extend(["--update".into(), given.value(wish).unwrap_or_default()]),
        "delete" | "delete-attr" => words.push("--delete".into()),
        _ => words.push("--query".into()),
    }
    crm_attribute::run(&words, io)
}
