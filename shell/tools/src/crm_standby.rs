//! crm_standby: whether a node runs nothing, by the attribute that says so.
//!
//! In: options. Out: what crm_attribute makes of them.

use crate::standard::{self, Call, Manual, STANDARD};
use crate::{Exit, Io, crm_attribute};
use quorate_core::arguments::{Argument, Given, Value, argument};

const COMMANDS: &str = "Commands";
const ADDITIONAL: &str = "Additional";

const TABLE: &[Argument] = &[
    argument(Some('G'), "query", Value::None, COMMANDS, "show whether the node is on standby (the default)"),
    argument(None, "get-value", Value::None, COMMANDS, ""),
    argument(Some('v'), "update", Value::Required("VALUE"), COMMANDS, "set it: on, off"),
    argument(None, "attr-value", Value::Required("VALUE"), COMMANDS, ""),
    argument(Some('D'), "delete", Value::None, COMMANDS, "let the default hold"),
    argument(None, "delete-attr", Value::None, COMMANDS, ""),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, "of this node, not of the local one"),
    argument(Some('U'), "uname", Value::Required("NODE"), ADDITIONAL, ""),
    argument(Some('l'), "lifetime", Value::Required("LIFETIME"), ADDITIONAL, "until when it holds: reboot, forever"),
    argument(Some('i'), "id", Value::Required("ID"), ADDITIONAL, "the id of the attribute"),
    argument(None, "attr-id", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "show the value alone"),
    argument(Some('Q'), "quiet-too", Value::None, ADDITIONAL, ""),
];

const MANUAL: Manual = Manual {
    name: "crm_standby",
    operands: &[],
    about: "Shows and changes whether a node is on standby: it runs no resources then",
    tables: &[TABLE, STANDARD],
    more: "",
};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call: Call, io| act(&call.given, io))
}

/// The last value of an option that has two names.
pub fn last(given: &Given, names: &[&'static str]) -> Option<String> {
    given.last_of(names).and_then(|name| given.value(name))
}

/// Whether no more than the value is to be told, by either name.
pub fn is_quiet(given: &Given) -> bool {
    given.has("quiet") || given.has("quiet-too")
}

fn act(given: &Given, io: &mut Io) -> Exit {
    let mut words: Vec<String> = vec!["-n".into(), "standby".into()];
    if let Some(node) = last(given, &["node", "uname"]) {
        words.extend(["-N".into(), node]);
    }
    if let Some(id) = last(given, &["id", "attr-id"]) {
        words.extend(["--id".into(), id]);
    }
    if is_quiet(given) {
        words.push("-q".into());
    }
    let wish = given.last_of(&["query", "get-value", "update", "attr-value", "delete", "delete-attr"]);
    let wish = wish.unwrap_or("query");
    match wish {
        "update" | "attr-value" => words.extend(["--update".into(), given.value(wish).unwrap_or_default()]),
        "delete" | "delete-attr" => words.push("--delete".into()),
        _ => words.push("--query".into()),
    }
    let with = |lifetime: &str, more: &[&str]| {
        let rest = ["-l", lifetime].into_iter().chain(more.iter().copied()).map(str::to_string);
        words.iter().cloned().chain(rest).collect::<Vec<_>>()
    };
    match (given.value("lifetime"), wish) {
        (Some(lifetime), _) => crm_attribute::run(&with(&lifetime, &[]), io),
        (None, "update" | "attr-value") => crm_attribute::run(&with("forever", &[]), io),
        (None, "delete" | "delete-attr") => {
            crm_attribute::run(&with("forever", &[]), io);
            crm_attribute::run(&with("reboot", &[]), io);
            Exit::OK
        }
        (None, _) => {
            // What lasts comes before what does not, and that before the default.
            let (mut said, mut unsaid) = (Vec::new(), std::io::sink());
            let lasting = crm_attribute::run(&with("forever", &[]), &mut Io { out: &mut said, err: &mut unsaid });
            if lasting == Exit::OK {
                let _ = io.out.write_all(&said);
                return Exit::OK;
            }
            crm_attribute::run(&with("reboot", &["-d", "off"]), io)
        }
    }
}
