//! crm_error: what numbers mean that Pacemaker's programs end with or tell.
//!
//! In: numbers. Out: names and words.

mod codes;

use crate::answer::{self, Answer};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io};
use codes::Row;
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::exit;
use quorate_core::xml::Element;

const ADDITIONAL: &str = "Additional";

const MANUAL: Manual = Manual {
    name: "crm_error",
    operands: &["[-- CODE…]"],
    about: "Says what the codes of Pacemaker's programs mean",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

const TABLE: &[Argument] = &[
    argument(Some('n'), "name", Value::None, ADDITIONAL, "show the name of each code, too"),
    argument(Some('l'), "list", Value::None, ADDITIONAL, "show all codes (if none is given)"),
    argument(Some('X'), "exit", Value::None, ADDITIONAL, "the codes are exit codes of programs"),
    argument(Some('r'), "rc", Value::None, ADDITIONAL, "the codes are return codes, not those of older functions"),
];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

/// Which codes are meant.
struct Kind {
    rows: Vec<Row>,
    unknown: (&'static str, &'static str),
}

impl Kind {
    fn of(given: &Given) -> Kind {
        match given.last_of(&["exit", "rc"]) {
            Some("exit") => {
                let row = |(code, name, words): &(i32, &str, &str)| (*code, name.to_string(), words.to_string());
                Kind {
                    rows: exit::codes().iter().map(row).collect(),
                    unknown: ("CRM_EX_UNKNOWN", "Unknown exit status"),
                }
            }
            Some(_) => Kind { rows: codes::returned(), unknown: ("Unknown", "Error") },
            None => Kind { rows: codes::legacy(), unknown: ("Unknown", "Error") },
        }
    }

    fn row(&self, code: i32) -> Row {
        let known = self.rows.iter().find(|row| row.0 == code).cloned();
        known.unwrap_or_else(|| (code, self.unknown.0.into(), self.unknown.1.into()))
    }
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let (given, kind) = (&call.given, Kind::of(&call.given));
    let named = given.has("name");
    if given.has("list") || given.operands.is_empty() {
        for row in &kind.rows {
            answer.line(listed(row, named));
            answer.part(element(row, named));
        }
        return Ok(());
    }
    for word in &given.operands {
        let code = word.parse().map_err(|_| (Exit::USAGE, format!("'{word}' is no number")))?;
        let row = kind.row(code);
        answer.line(match (named, given.has("verbose")) {
            (_, true) => listed(&row, named),
            (true, false) => format!("{} - {}", row.1, row.2),
            (false, false) => row.2.clone(),
        });
        answer.part(element(&row, named));
    }
    Ok(())
}

fn listed((code, name, words): &Row, named: bool) -> String {
    match named {
        true => format!("{code:>5}: {name:<27} {words}"),
        false => format!("{code:>5}: {words}"),
    }
}

fn element((code, name, words): &Row, named: bool) -> Element {
    let element = Element::new("result-code").with("code", code.to_string());
    let element = if named { element.with("name", name.as_str()) } else { element };
    element.with("description", words.as_str())
}
