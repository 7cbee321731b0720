//! The options of crm_ticket, and the one thing they ask for.
//!
//! In: words. Out: [`TicketOptions`], [`Wish`], or what is wrong with them.
//! Absent: doing it.

use crate::standard::{FORMATTED, Manual, STANDARD};
use quorate_core::admin::ticket::Change;
use quorate_core::arguments::{Argument, Given, Value, argument};
use std::fmt;
use std::path::PathBuf;

const QUERIES: &str = "Queries";
const COMMANDS: &str = "Commands";
const ADVANCED: &str = "Advanced";
const ADDITIONAL: &str = "Additional";

const MORE: &str = "Examples:
  crm_ticket --info
  crm_ticket --ticket ticketA --constraints
  crm_ticket --ticket ticketA --grant --force
  crm_ticket --ticket ticketA --standby
  crm_ticket --ticket ticketA --set-attr owner --attr-value siteB
  crm_ticket --ticket ticketA --cleanup";

pub const MANUAL: Manual = Manual {
    name: "crm_ticket",
    operands: &[],
    about: "Shows and changes the tickets of this site",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: MORE,
};

const TABLE: &[Argument] = &[
    argument(Some('l'), "info", Value::None, QUERIES, "show tickets"),
    argument(Some('L'), "details", Value::None, QUERIES, "show tickets with all their attributes"),
    argument(Some('w'), "raw", Value::None, QUERIES, "show the names of tickets"),
    argument(Some('q'), "query-xml", Value::None, QUERIES, "show tickets as they stand in the CIB"),
    argument(Some('c'), "constraints", Value::None, QUERIES, "show the constraints that depend on tickets"),
    argument(Some('g'), "grant", Value::None, COMMANDS, "grant a ticket to this site (with --force)"),
    argument(Some('r'), "revoke", Value::None, COMMANDS, "revoke a ticket from this site (with --force)"),
    argument(Some('s'), "standby", Value::None, COMMANDS, "let what depends on a ticket stop in good order"),
    argument(Some('a'), "activate", Value::None, COMMANDS, "end the standby of a ticket"),
    argument(Some('G'), "get-attr", Value::Required("ATTRIBUTE"), ADVANCED, "show an attribute of a ticket"),
    argument(
        Some('S'),
        "set-attr",
        Value::Required("ATTRIBUTE"),
        ADVANCED,
        "set an attribute of a ticket, with -v; may be repeated",
    ),
    argument(
        Some('D'),
        "delete-attr",
        Value::Required("ATTRIBUTE"),
        ADVANCED,
        "remove an attribute of a ticket; may be repeated",
    ),
    argument(Some('C'), "cleanup", Value::None, ADVANCED, "forget a ticket"),
    argument(Some('v'), "attr-value", Value::Required("VALUE"), ADDITIONAL, "the value for -S"),
    argument(Some('d'), "default", Value::Required("VALUE"), ADDITIONAL, "what -G shows if there is no value"),
    argument(Some('f'), "force", Value::None, ADDITIONAL, "do what affects this and other sites"),
    argument(Some('t'), "ticket", Value::Required("ID"), ADDITIONAL, "the ticket"),
    argument(Some('x'), "xml-file", Value::Required("FILE"), ADDITIONAL, ""),
    argument(Some('n'), "set-name", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('i'), "nvpair", Value::Required("ID"), ADDITIONAL, ""),
    argument(Some('Q'), "quiet", Value::None, ADDITIONAL, ""),
];

#[derive(Debug)]
pub struct TicketOptions {
    pub info: bool,
    pub details: bool,
    pub raw: bool,
    pub query_xml: bool,
    pub constraints: bool,
    pub grant: bool,
    pub revoke: bool,
    pub standby: bool,
    pub activate: bool,
    pub get_attr: Option<String>,
    pub set_attr: Vec<String>,
    pub delete_attr: Vec<String>,
    pub cleanup: bool,
    pub attr_value: Vec<String>,
    pub default: Option<String>,
    pub force: bool,
    pub ticket: Option<String>,
    pub xml_file: Option<PathBuf>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    List { details: bool, raw: bool },
    State,
    Constraints,
    Attribute(String),
    Change(Change),
}

/// Why it is not known what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    Nothing,
    /// These exclude each other.
    Several(String),
    NoValue {
        name: String,
    },
    NoName {
        value: String,
    },
    Misnamed(String),
}

impl fmt::Display for Unclear {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unclear::Nothing => out.write_str("Must supply a command"),
            Unclear::Several(names) => write!(out, "{names} exclude each other"),
            Unclear::NoValue { name } => write!(out, "Must supply value with -v for -S {name}"),
            Unclear::NoName { value } => write!(out, "Must supply attribute name with -S for -v {value}"),
            Unclear::Misnamed(name) => write!(out, "`{name}` is no name for an attribute of a ticket"),
        }
    }
}

impl TicketOptions {
    pub fn of(given: &Given) -> TicketOptions {
        TicketOptions {
            info: given.has("info"),
            details: given.has("details"),
            raw: given.has("raw"),
            query_xml: given.has("query-xml"),
            constraints: given.has("constraints"),
            grant: given.has("grant"),
            revoke: given.has("revoke"),
            standby: given.has("standby"),
            activate: given.has("activate"),
            get_attr: given.value("get-attr"),
            set_attr: given.values("set-attr"),
            delete_attr: given.values("delete-attr"),
            cleanup: given.has("cleanup"),
            attr_value: given.values("attr-value"),
            default: given.value("default"),
            force: given.has("force"),
            ticket: given.value("ticket"),
            xml_file: given.value("xml-file").map(PathBuf::from),
        }
    }

    /// The one thing that is asked for. Two at once are not guessed about.
    pub fn wish(&self) -> Result<Wish, Unclear> {
        let queries = [
            (self.info, "--info", Wish::List { details: false, raw: false }),
            (self.details, "--details", Wish::List { details: true, raw: false }),
            (self.raw, "--raw", Wish::List { details: false, raw: true }),
            (self.query_xml, "--query-xml", Wish::State),
            (self.constraints, "--constraints", Wish::Constraints),
            (self.cleanup, "--cleanup", Wish::Change(Change::Forget)),
        ];
        let mut wishes: Vec<(&str, Wish)> =
            queries.into_iter().filter(|(asked, ..)| *asked).map(|(_, name, wish)| (name, wish)).collect();
        wishes.extend(self.get_attr.iter().map(|name| ("--get-attr", Wish::Attribute(name.clone()))));
        let pairs = self.pairs()?;
        if !pairs.is_empty() {
            wishes.push(("a change", Wish::Change(Change::Set(pairs))));
        }
        let names: Vec<&str> = wishes.iter().map(|(name, _)| *name).collect();
        match names.len() {
            0 => Err(Unclear::Nothing),
            1 => Ok(wishes.remove(0).1),
            _ => Err(Unclear::Several(names.join(" and "))),
        }
    }

    fn pairs(&self) -> Result<Vec<(String, Option<String>)>, Unclear> {
        let (names, values) = (&self.set_attr, &self.attr_value);
        match (names.get(values.len()), values.get(names.len())) {
            (Some(name), _) => return Err(Unclear::NoValue { name: name.clone() }),
            (_, Some(value)) => return Err(Unclear::NoName { value: value.clone() }),
            (None, None) => {}
        }
        let both = [
            (self.grant && self.revoke, "--grant and --revoke"),
            (self.standby && self.activate, "--standby and --activate"),
        ];
        if let Some((_, names)) = both.iter().find(|(both, _)| *both) {
            return Err(Unclear::Several((*names).to_string()));
        }
        let flags = [
            (self.grant, "granted", "true"),
            (self.revoke, "granted", "false"),
            (self.standby, "standby", "true"),
            (self.activate, "standby", "false"),
        ];
        let mut pairs: Vec<(String, Option<String>)> =
            self.delete_attr.iter().map(|name| (name.clone(), None)).collect();
        let flags = flags.into_iter().filter(|(asked, ..)| *asked);
        pairs.extend(flags.map(|(_, name, value)| (name.to_string(), Some(value.to_string()))));
        pairs.extend(names.iter().cloned().zip(values.iter().cloned().map(Some)));
        match Change::Set(pairs.clone()).misnamed() {
            Some(name) => Err(Unclear::Misnamed(name.to_string())),
            None => Ok(pairs),
        }
    }
}
