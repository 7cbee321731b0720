//! crm_rule: whether rules of time are in effect.
//!
//! In: ids of rules, a date, the CIB. Out: for each whether it is in effect, not yet, or no more.
//! Absent: rules with several dates, and rules without any, as in Pacemaker's.

use crate::answer::{self, Answer};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io, clock, door};
use quorate_core::arguments::{Argument, Value, argument};
use quorate_core::cib::Document;
use quorate_core::cib::decode::rule;
use quorate_core::cib::model::rule::DateTest;
use quorate_core::rules::calendar::{self, Side};
use quorate_core::time::Now;
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use std::io::Read;

const MODES: &str = "Modes";
const DATA: &str = "Data";
const ADDITIONAL: &str = "Additional";

const MANUAL: Manual = Manual {
    name: "crm_rule",
    operands: &[],
    about: "Says whether rules of time are in effect",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

const TABLE: &[Argument] = &[
    argument(Some('c'), "check", Value::None, MODES, "say whether the rules are in effect"),
    argument(Some('X'), "xml-text", Value::Required("XML"), DATA, "a CIB as text (\"-\" is standard input)"),
    argument(Some('d'), "date", Value::Required("DATE"), ADDITIONAL, "the day to be asked about, not now"),
    argument(Some('r'), "rule", Value::Required("ID"), ADDITIONAL, "the rule; may be repeated"),
];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let given = &call.given;
    if !given.has("check") {
        return Err((Exit::USAGE, "No mode operation given".into()));
    }
    let ids = given.values("rule");
    if ids.is_empty() {
        return Err((Exit::USAGE, "--check requires use of --rule=".into()));
    }
    let now = match given.value("date") {
        None => clock::now(),
        Some(text) => {
            clock::supposed(&text).ok_or_else(|| (Exit::DATA_ERROR, format!("Invalid date specified: '{text}'")))?
        }
    };
    let document = document(given.value("xml-text").as_deref())?;
    let mut last = Exit::OK;
    for id in &ids {
        let found = check(&document, id, now);
        let exit = found.exit();
        match &found {
            Found::Unknown(_, why) => {
                answer.error(format!("Could not determine whether rule {id} is in effect: {why}"));
            }
            other => answer.line(format!("Rule {id} {}", other.words())),
        }
        answer.part(Element::new("rule-check").with("rule-id", id.as_str()).with("rc", exit.0.to_string()));
        last = if exit == Exit::OK { last } else { exit };
    }
    if last == Exit::OK { Ok(()) } else { Err((last, String::new())) }
}

fn document(text: Option<&str>) -> Result<Document, Failed> {
    match text {
        None => {
            let read = door::read(&Environment::of_process().first_source(), ANSWER_WITHIN);
            read.map_err(door::failed)
        }
        Some("-") => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text).ok().and_then(|_| Document::read(&text).ok());
            read.ok_or_else(|| (Exit::DATA_ERROR, "Couldn't parse input from STDIN".into()))
        }
        Some(text) => {
            Document::read(text).map_err(|_| (Exit::DATA_ERROR, format!("Couldn't parse input string: {text}")))
        }
    }
}

/// What is found of a rule.
enum Found {
    InEffect,
    /// A calendar fits, that has no end.
    Satisfied,
    Expired,
    NotYet,
    Unknown(Exit, &'static str),
}

impl Found {
    fn exit(&self) -> Exit {
        match self {
            Found::InEffect | Found::Satisfied => Exit::OK,
            Found::Expired => Exit::EXPIRED,
            Found::NotYet => Exit::NOT_YET_IN_EFFECT,
            Found::Unknown(exit, _) => *exit,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Found::InEffect => "is still in effect",
            Found::Satisfied => "satisfies conditions",
            Found::Expired => "is expired",
            Found::NotYet => "has not yet taken effect",
            Found::Unknown(_, why) => why,
        }
    }
}

fn check(document: &Document, id: &str, now: Now) -> Found {
    let named = |element: &&Element| element.name == "rule" && element.id() == Some(id);
    let Some(rule) = document.root().descendants().find(named) else {
        return Found::Unknown(Exit::NO_SUCH, "Rule not found");
    };
    let dates: Vec<&Element> = rule.descendants().filter(|element| element.name == "date_expression").collect();
    let date = match dates[..] {
        [] => return Found::Unknown(Exit::UNIMPLEMENTED, "Rule does not have a date expression"),
        [date] => date,
        _ => return Found::Unknown(Exit::UNIMPLEMENTED, "Rule has more than one date expression"),
    };
    let Some(expression) = rule::date(date) else {
        return Found::Unknown(Exit::DATA_ERROR, "Error parsing rule");
    };
    let is_calendar = match &expression.test {
        DateTest::Spec(fields) if fields.iter().all(|(name, _)| name != "years") => {
            let why = "Rule must either not use date_spec, or use date_spec with years=";
            return Found::Unknown(Exit::UNIMPLEMENTED, why);
        }
        test => matches!(test, DateTest::Spec(_)),
    };
    match calendar::side(&expression, now) {
        None => Found::Unknown(Exit::DATA_ERROR, "Error parsing rule"),
        Some(Side::Before) => Found::NotYet,
        Some(Side::After) => Found::Expired,
        Some(Side::Within) if is_calendar => Found::Satisfied,
        Some(Side::Within) => Found::InEffect,
    }
}
