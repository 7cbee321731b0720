//! The options of cibadmin, and what they ask for.
//!
//! In: words. Out: a [`Wish`], or what is wrong with them.
//! Absent: doing it, reading input.

use crate::Exit;
use crate::standard::{FORMATTED, Failed, Manual, STANDARD};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::cib::command::Scope;
use quorate_core::xml::xpath::XPath;
use std::time::Duration;

const COMMANDS: &str = "Commands";
const DATA: &str = "Data";
const ADDITIONAL: &str = "Additional";

const MORE: &str = "Examples:
  cibadmin --query
  cibadmin --query --scope resources
  cibadmin --query --xpath \"//primitive[@id='ip']\"
  cibadmin --create --scope constraints --xml-text '<rsc_location id=\"l\" rsc=\"ip\" node=\"n1\" score=\"10\"/>'
  cibadmin --delete --xml-text '<rsc_location id=\"l\"/>'
  cibadmin --replace --xml-file cib.xml";

pub const MANUAL: Manual = Manual {
    name: "cibadmin",
    operands: &[],
    about: "Shows and changes the CIB, the cluster's configuration and state, as XML",
    tables: &[WISHES, INPUT, OPTIONS, FORMATTED, STANDARD],
    more: MORE,
};

const WISHES: &[Argument] = &[
    argument(Some('u'), "upgrade", Value::None, COMMANDS, "bring the configuration to the latest schema (--force)"),
    argument(Some('Q'), "query", Value::None, COMMANDS, "show the CIB, or a part of it (the default)"),
    argument(Some('E'), "erase", Value::None, COMMANDS, "empty the whole CIB (--force)"),
    argument(Some('B'), "bump", Value::None, COMMANDS, "raise the CIB's epoch by one"),
    argument(Some('C'), "create", Value::None, COMMANDS, "create an object that is not there yet"),
    argument(Some('M'), "modify", Value::None, COMMANDS, "find an object and update it (-c: or create it)"),
    argument(Some('P'), "patch", Value::None, COMMANDS, "apply a difference of two CIBs, as crm_diff makes it"),
    argument(Some('R'), "replace", Value::None, COMMANDS, "replace an object with all below it"),
    argument(Some('D'), "delete", Value::None, COMMANDS, "delete the first object that fits"),
    argument(Some('d'), "delete-all", Value::None, COMMANDS, "with --xpath: delete all that fit (--force)"),
    argument(Some('a'), "empty", Value::Optional("SCHEMA"), COMMANDS, "show an empty CIB"),
    argument(Some('5'), "md5-sum", Value::None, COMMANDS, "show the digest of a CIB as it is stored"),
    argument(Some('6'), "md5-sum-versioned", Value::None, COMMANDS, "show the digest of a CIB as it is sent"),
];

const INPUT: &[Argument] = &[
    argument(Some('x'), "xml-file", Value::Required("FILE"), DATA, "take XML from this file"),
    argument(Some('X'), "xml-text", Value::Required("TEXT"), DATA, "take XML from this text"),
    argument(Some('p'), "xml-pipe", Value::None, DATA, "take XML from standard input"),
];

const OPTIONS: &[Argument] = &[
    argument(Some('f'), "force", Value::None, ADDITIONAL, "do what could do harm"),
    argument(Some('t'), "timeout", Value::Required("SECONDS"), ADDITIONAL, "how long an answer may take"),
    argument(Some('U'), "user", Value::Required("NAME"), ADDITIONAL, "act with this user's rights"),
    argument(Some('o'), "scope", Value::Required("SECTION"), ADDITIONAL, "look at this section only"),
    argument(Some('A'), "xpath", Value::Required("XPATH"), ADDITIONAL, "look at what this expression means"),
    argument(
        Some('S'),
        "show-access",
        Value::Optional("HOW"),
        ADDITIONAL,
        "with --query and --user: show what the user may see and change (color, text, namespace, auto)",
    ),
    argument(None, "score", Value::None, ADDITIONAL, "values may be sums, as in score=\"score+=10\" (always so)"),
    argument(Some('c'), "allow-create", Value::None, ADDITIONAL, "with --modify: create what is not there"),
    argument(Some('n'), "no-children", Value::None, ADDITIONAL, "with --query: the object without what is in it"),
    argument(Some('l'), "local", Value::None, ADDITIONAL, ""),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, ""),
    argument(Some('e'), "node-path", Value::None, ADDITIONAL, ""),
    argument(Some('s'), "sync-call", Value::None, ADDITIONAL, ""),
];

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Upgrade,
    Query,
    Erase,
    Bump,
    Create,
    Modify,
    Patch,
    Replace,
    Delete,
    DeleteAll,
    Empty,
    Digest,
    VersionedDigest,
}

const ACTIONS: [(&str, Action); 13] = [
    ("upgrade", Action::Upgrade),
    ("query", Action::Query),
    ("erase", Action::Erase),
    ("bump", Action::Bump),
    ("create", Action::Create),
    ("modify", Action::Modify),
    ("patch", Action::Patch),
    ("replace", Action::Replace),
    ("delete", Action::Delete),
    ("delete-all", Action::DeleteAll),
    ("empty", Action::Empty),
    ("md5-sum", Action::Digest),
    ("md5-sum-versioned", Action::VersionedDigest),
];

impl Action {
    fn is_dangerous(self) -> bool {
        matches!(self, Action::Upgrade | Action::Erase | Action::DeleteAll)
    }

    /// Whether it deletes what a path means, without input.
    pub fn deletes(self) -> bool {
        matches!(self, Action::Delete | Action::DeleteAll)
    }

    fn wants_input(self, scope: &Scope) -> bool {
        match self {
            Action::Upgrade | Action::Query | Action::Erase | Action::Bump | Action::Empty => false,
            _ => !(self.deletes() && matches!(scope, Scope::XPath(_))),
        }
    }
}

/// Where XML comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    File(String),
    Text(String),
    Pipe,
}

/// How rights are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// As the terminal has it.
    Auto,
    Color,
    Text,
    Namespace,
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub action: Action,
    pub scope: Scope,
    /// None: the action takes none.
    pub input: Option<Input>,
    pub schema: Option<String>,
    /// With whose rights.
    pub user: Option<String>,
    pub verbose: bool,
    pub show_access: Option<Show>,
    pub may_create: bool,
    pub no_children: bool,
    pub node_path: bool,
    pub timeout: Duration,
}

const TIMEOUT_SECONDS: u64 = 30;

impl Wish {
    /// # Errors
    /// Something is missing or cannot be meant.
    pub fn of(given: &Given) -> Result<Wish, Failed> {
        let names = ACTIONS.map(|(name, _)| name);
        let name = given.last_of(&names).unwrap_or("query");
        let action = ACTIONS.iter().find(|one| one.0 == name).map_or(Action::Query, |one| one.1);
        if action.is_dangerous() && !given.has("force") {
            let text = "The supplied command is considered dangerous. To prevent accidental destruction of the \
                cluster, the --force flag is required in order to proceed.";
            return Err((Exit::UNSAFE, text.into()));
        }
        let user = given.value("user");
        let show_access = show_access(given)?;
        if show_access.is_some() && user.is_none() {
            return Err((Exit::USAGE, "The supplied command requires -U user specified.".into()));
        }
        let scope = scope(given)?;
        Ok(Wish {
            action,
            input: input(given, action, &scope)?,
            scope,
            schema: given.value("empty"),
            user,
            verbose: given.has("verbose"),
            show_access,
            may_create: given.has("allow-create"),
            no_children: given.has("no-children"),
            node_path: given.has("node-path"),
            timeout: timeout(given)?,
        })
    }
}

fn show_access(given: &Given) -> Result<Option<Show>, Failed> {
    if !given.has("show-access") {
        return Ok(None);
    }
    match given.value("show-access").unwrap_or_default().as_str() {
        "" | "auto" => Ok(Some(Show::Auto)),
        "color" => Ok(Some(Show::Color)),
        "text" => Ok(Some(Show::Text)),
        "namespace" => Ok(Some(Show::Namespace)),
        other => Err((Exit::USAGE, format!("Unrecognized value for --show-access: \"{other}\""))),
    }
}

fn scope(given: &Given) -> Result<Scope, Failed> {
    match given.last_of(&["scope", "xpath"]) {
        Some("scope") => Ok(Scope::Section(given.value("scope").unwrap_or_default())),
        Some(_) => {
            let text = given.value("xpath").unwrap_or_default();
            XPath::parse(&text).map(Scope::XPath).map_err(|error| (Exit::NO_SUCH, format!("{text}: {error}")))
        }
        None => Ok(Scope::Whole),
    }
}

/// A file comes before a text, a text before the pipe.
fn input(given: &Given, action: Action, scope: &Scope) -> Result<Option<Input>, Failed> {
    if !action.wants_input(scope) {
        return Ok(None);
    }
    let file = given.value("xml-file").map(Input::File);
    let text = given.value("xml-text").map(Input::Text);
    let pipe = given.has("xml-pipe").then_some(Input::Pipe);
    let either = if action.deletes() { "either --xpath or " } else { "" };
    let missing = format!("The supplied command requires {either}input via --xml-file, --xml-text, or --xml-pipe");
    file.or(text).or(pipe).map(Some).ok_or((Exit::USAGE, missing))
}

fn timeout(given: &Given) -> Result<Duration, Failed> {
    let Some(text) = given.value("timeout") else { return Ok(Duration::from_secs(TIMEOUT_SECONDS)) };
    let wrong = || (Exit::USAGE, format!("Cannot parse integer value '{text}' for --timeout"));
    let seconds: i64 = text.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).unwrap_or(TIMEOUT_SECONDS)))
}
