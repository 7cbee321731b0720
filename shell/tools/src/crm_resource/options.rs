//! The options of crm_resource, and what they ask for.
//!
//! In: words. Out: a [`Wish`], or what is wrong with them.
//! Absent: doing it.

use crate::Exit;
use crate::standard::{FORMATTED, Failed, Manual, STANDARD, misused};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::time::Interval;
use std::time::Duration;

const QUERIES: &str = "Queries";
const COMMANDS: &str = "Commands";
const LOCATIONS: &str = "Locations";
const ADVANCED: &str = "Advanced";
const ADDITIONAL: &str = "Additional";

const MORE: &str = "Examples:
  crm_resource --list
  crm_resource --list-agents ocf:heartbeat
  crm_resource --resource ip --locate
  crm_resource --resource ip --move --node n2
  crm_resource --resource ip --clear
  crm_resource --resource ip --set-parameter target-role --meta --parameter-value Stopped
  crm_resource --resource ip --cleanup --node n1";

pub const MANUAL: Manual = Manual {
    name: "crm_resource",
    // Some wishes take pairs of names and values; how many, is theirs to say.
    operands: &["[NAME=VALUE…]"; 64],
    about: "Shows and changes what there is of resources",
    tables: &[QUESTIONS, ORDERS, PLACES, RARE, OPTIONS, FORMATTED, STANDARD],
    more: MORE,
};

const QUESTIONS: &[Argument] = &[
    argument(Some('L'), "list", Value::None, QUERIES, "all resources with their state (the default)"),
    argument(Some('l'), "list-raw", Value::None, QUERIES, "ids of all instances of primitives"),
    argument(Some('c'), "list-cts", Value::None, QUERIES, ""),
    argument(Some('O'), "list-operations", Value::None, QUERIES, "operations that hold (of -r, on -N)"),
    argument(Some('o'), "list-all-operations", Value::None, QUERIES, "all recorded operations (of -r, on -N)"),
    argument(None, "list-options", Value::Required("TYPE"), QUERIES, "options of primitive or fencing resources"),
    argument(None, "list-standards", Value::None, QUERIES, "standards of agents"),
    argument(None, "list-ocf-providers", Value::None, QUERIES, "providers of OCF agents"),
    argument(None, "list-agents", Value::Required("STD:PROV"), QUERIES, "agents of a standard, of a provider"),
    argument(None, "list-ocf-alternatives", Value::Required("AGENT"), QUERIES, "providers that have this agent"),
    argument(None, "show-metadata", Value::Required("SPEC"), QUERIES, "what an agent says of itself"),
    argument(Some('q'), "query-xml", Value::None, QUERIES, "the resource as XML, with its template"),
    argument(Some('w'), "query-xml-raw", Value::None, QUERIES, "the resource as XML, as it is written"),
    argument(Some('g'), "get-parameter", Value::Required("PARAM"), QUERIES, "a parameter's value"),
    argument(Some('W'), "locate", Value::None, QUERIES, "where it runs"),
    argument(Some('a'), "constraints", Value::None, QUERIES, "location and colocation constraints"),
    argument(Some('A'), "stack", Value::None, QUERIES, "the same as --constraints --recursive"),
    argument(Some('Y'), "why", Value::None, QUERIES, "why resources do not run (-r, -N)"),
];

const ORDERS: &[Argument] = &[
    argument(None, "validate", Value::Optional("LEVEL"), COMMANDS, "let the agent check its parameters"),
    argument(Some('C'), "cleanup", Value::None, COMMANDS, "forget failures, and look again where something failed"),
    argument(Some('R'), "refresh", Value::None, COMMANDS, "forget the history, and look again"),
    argument(Some('p'), "set-parameter", Value::Required("PARAM"), COMMANDS, "set a parameter, to -v"),
    argument(Some('d'), "delete-parameter", Value::Required("PARAM"), COMMANDS, "remove a parameter"),
];

const PLACES: &[Argument] = &[
    argument(Some('M'), "move", Value::None, LOCATIONS, "to -N, or away from where it runs"),
    argument(Some('B'), "ban", Value::None, LOCATIONS, "away from -N, or from where it runs"),
    argument(Some('U'), "clear", Value::None, LOCATIONS, "forget moves and bans (-N: of one node)"),
    argument(None, "un-move", Value::None, LOCATIONS, ""),
    argument(None, "un-migrate", Value::None, LOCATIONS, ""),
    argument(Some('e'), "expired", Value::None, LOCATIONS, "with --clear: only those whose time is over"),
    argument(Some('u'), "lifetime", Value::Required("TIMESPEC"), LOCATIONS, "how long it holds (as PT1H)"),
    argument(None, "promoted", Value::None, LOCATIONS, "only the promoted role is meant"),
    argument(None, "master", Value::None, LOCATIONS, ""),
];

const RARE: &[Argument] = &[
    argument(Some('D'), "delete", Value::None, ADVANCED, "delete a resource from the CIB; -t says of which type"),
    argument(Some('F'), "fail", Value::None, ADVANCED, "tell the cluster that it failed on -N"),
    argument(None, "restart", Value::None, ADVANCED, "stop it, and let it run again"),
    argument(None, "wait", Value::None, ADVANCED, "wait until nothing is left to do"),
    argument(None, "digests", Value::None, ADVANCED, "the digests of its parameters on -N"),
    argument(None, "force-demote", Value::None, ADVANCED, "run the agent's demote here, past the cluster"),
    argument(None, "force-stop", Value::None, ADVANCED, "run the agent's stop here, past the cluster"),
    argument(None, "force-start", Value::None, ADVANCED, "run the agent's start here, past the cluster"),
    argument(None, "force-promote", Value::None, ADVANCED, "run the agent's promote here, past the cluster"),
    argument(None, "force-check", Value::Optional("LEVEL"), ADVANCED, "run the agent's monitor here, past the cluster"),
];

const OPTIONS: &[Argument] = &[
    argument(Some('r'), "resource", Value::Required("ID"), ADDITIONAL, "the resource"),
    argument(Some('N'), "node", Value::Required("NAME"), ADDITIONAL, "the node"),
    argument(Some('H'), "host-uname", Value::Required("NAME"), ADDITIONAL, ""),
    argument(None, "recursive", Value::None, ADDITIONAL, "with -p, --constraints: what is colocated, too"),
    argument(Some('t'), "resource-type", Value::Required("TYPE"), ADDITIONAL, "primitive, clone, group, … (with -D)"),
    argument(Some('v'), "parameter-value", Value::Required("VALUE"), ADDITIONAL, "the value for -p"),
    argument(Some('m'), "meta", Value::None, ADDITIONAL, "a meta-attribute is meant (with -g, -p, -d)"),
    argument(Some('z'), "utilization", Value::None, ADDITIONAL, "a utilization attribute is meant"),
    argument(None, "element", Value::None, ADDITIONAL, "an attribute of the XML element is meant"),
    argument(Some('n'), "operation", Value::Required("OPERATION"), ADDITIONAL, "only failures of this (with -C)"),
    argument(Some('I'), "interval", Value::Required("N"), ADDITIONAL, "the interval of that operation"),
    argument(None, "class", Value::Required("CLASS"), ADDITIONAL, "an agent's standard (without -r)"),
    argument(None, "agent", Value::Required("AGENT"), ADDITIONAL, "an agent's name"),
    argument(None, "provider", Value::Required("PROVIDER"), ADDITIONAL, "an agent's provider"),
    argument(None, "option", Value::Required("PARAM"), ADDITIONAL, "NAME=VALUE for that agent"),
    argument(Some('s'), "set-name", Value::Required("ID"), ADDITIONAL, "in this set of attributes (with -p, -d)"),
    argument(Some('i'), "nvpair", Value::Required("ID"), ADDITIONAL, "the pair of this id (with -p, -d)"),
    argument(Some('T'), "timeout", Value::Required("N"), ADDITIONAL, "how long it may take"),
    argument(None, "all", Value::None, ADDITIONAL, "with --list-options: the advanced ones, too"),
    argument(Some('f'), "force", Value::None, ADDITIONAL, "do it all the same"),
    argument(Some('Q'), "quiet", Value::None, ADDITIONAL, "say no more than is asked"),
];

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    List,
    ListInstances,
    ListConfiguration,
    Operations {
        all: bool,
    },
    ListOptions(String),
    Standards,
    Providers,
    Agents(String),
    Alternatives(String),
    Metadata(String),
    Xml {
        expanded: bool,
    },
    Get(String),
    Locate,
    Constraints {
        recursive: bool,
    },
    Why,
    /// As the option is called, without its dashes; at which level of checks.
    Execute(String, Option<u32>),
    Cleanup,
    Refresh,
    Set(String),
    Unset(String),
    Move,
    Ban,
    Clear,
    Delete,
    Fail,
    Restart,
    Wait,
    Digests,
}

/// Whose instances an id may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Exact,
    /// Of clones whose instances are all alike.
    Anonymous,
    /// Of any clone.
    Any,
}

impl Action {
    fn of(name: &str, value: Option<String>) -> Result<Action, Failed> {
        let text = value.clone().unwrap_or_default();
        Ok(match name {
            "list-raw" => Action::ListInstances,
            "list-cts" => Action::ListConfiguration,
            "list-operations" => Action::Operations { all: false },
            "list-all-operations" => Action::Operations { all: true },
            "list-options" => Action::ListOptions(text),
            "list-standards" => Action::Standards,
            "list-ocf-providers" => Action::Providers,
            "list-agents" => Action::Agents(text),
            "list-ocf-alternatives" => Action::Alternatives(text),
            "show-metadata" => Action::Metadata(text),
            "query-xml" => Action::Xml { expanded: true },
            "query-xml-raw" => Action::Xml { expanded: false },
            "get-parameter" => Action::Get(text),
            "locate" => Action::Locate,
            "constraints" => Action::Constraints { recursive: false },
            "stack" => Action::Constraints { recursive: true },
            "why" => Action::Why,
            "cleanup" => Action::Cleanup,
            "refresh" => Action::Refresh,
            "set-parameter" => Action::Set(text),
            "delete-parameter" => Action::Unset(text),
            "move" => Action::Move,
            "ban" => Action::Ban,
            "clear" | "un-move" | "un-migrate" => Action::Clear,
            "delete" => Action::Delete,
            "fail" => Action::Fail,
            "restart" => Action::Restart,
            "wait" => Action::Wait,
            "digests" => Action::Digests,
            "list" => Action::List,
            execute => Action::Execute(execute.to_string(), level(value)?),
        })
    }

    /// Whether it takes pairs of names and values.
    fn takes_pairs(&self) -> bool {
        matches!(self, Action::Digests | Action::Execute(..))
    }

    fn needs_resource(&self) -> bool {
        use Action::{
            Ban, Clear, Constraints, Delete, Digests, Execute, Fail, Get, Locate, Move, Restart, Set, Unset, Xml,
        };
        matches!(
            self,
            Ban | Clear
                | Constraints { .. }
                | Delete
                | Digests
                | Execute(..)
                | Fail
                | Get(_)
                | Locate
                | Move
                | Restart
                | Set(_)
                | Unset(_)
                | Xml { .. }
        )
    }

    fn needs_node(&self) -> bool {
        matches!(self, Action::Digests | Action::Fail)
    }

    /// Whether a CIB is looked at.
    pub fn needs_cib(&self) -> bool {
        use Action::{Agents, Alternatives, ListOptions, Metadata, Providers, Standards};
        !matches!(self, Agents(_) | Alternatives(_) | ListOptions(_) | Metadata(_) | Providers | Standards)
    }

    /// How the resource is looked for; none: it is not.
    pub fn finds(&self) -> Option<Match> {
        use Action::{Ban, Cleanup, Clear, Constraints, Digests, Execute, Fail, Get, Locate, Move, Refresh, Restart};
        use Action::{Set, Unset, Why, Xml};
        match self {
            Ban
            | Cleanup
            | Clear
            | Constraints { .. }
            | Digests
            | Execute(..)
            | Locate
            | Move
            | Refresh
            | Restart
            | Why => Some(Match::Anonymous),
            Get(_) | Set(_) | Unset(_) | Xml { .. } => Some(Match::Any),
            Fail => Some(Match::Exact),
            _ => None,
        }
    }

    /// Whether one numbered instance of a clone cannot be meant.
    pub fn refuses_instances(&self) -> bool {
        matches!(self, Action::Ban | Action::Clear | Action::Delete | Action::Move | Action::Restart)
    }
}

fn level(value: Option<String>) -> Result<Option<u32>, Failed> {
    let wrong = |text: &String| (Exit::USAGE, format!("Invalid check level setting: {text}"));
    value.map(|text| text.parse().map_err(|_| wrong(&text))).transpose()
}

/// Which sort of attribute `-g`, `-p` and `-d` are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Parameter,
    Meta,
    Utilization,
    Element,
}

/// An agent that is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub class: String,
    pub provider: Option<String>,
    pub kind: String,
    pub parameters: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub action: Action,
    pub resource: Option<String>,
    pub node: Option<String>,
    pub kind: Kind,
    pub value: Option<String>,
    pub set: Option<String>,
    pub pair: Option<String>,
    pub of_type: Option<String>,
    pub operation: Option<String>,
    pub interval_ms: u32,
    pub lifetime: Option<String>,
    pub timeout: Option<Duration>,
    pub agent: Option<Named>,
    pub pairs: Vec<(String, String)>,
    pub promoted: bool,
    pub expired: bool,
    pub recursive: bool,
    pub all: bool,
    pub force: bool,
    pub quiet: bool,
    pub verbosity: usize,
}

impl Wish {
    /// # Errors
    /// What is wished excludes itself, or lacks something.
    pub fn of(given: &Given) -> Result<Wish, Failed> {
        let action = action(given)?;
        if given.has("expired") && action != Action::Clear {
            return misused("--expired requires --clear or -U");
        }
        let agent = named(given, &action)?;
        let resource = given.value("resource");
        let nameless = ["set-parameter", "get-parameter", "delete-parameter", "set-property", "node", "host-uname"];
        if let Some(option) = nameless.iter().find(|option| given.values(option).iter().any(String::is_empty)) {
            return misused(format!("--{option} must name something"));
        }
        if agent.is_none() && given.has("option") {
            return misused("--option must be used with --validate and without -r");
        }
        if action.needs_resource() && agent.is_none() && !given.has("expired") && resource.is_none() {
            return misused("Must supply a resource ID with -r/--resource");
        }
        let node = given.last_of(&["node", "host-uname"]).and_then(|name| given.value(name));
        if action.needs_node() && node.is_none() {
            return misused("Must supply a node name with -N/--node");
        }
        let kind = match given.last_of(&["meta", "utilization", "element"]) {
            Some("meta") => Kind::Meta,
            Some("utilization") => Kind::Utilization,
            Some(_) => Kind::Element,
            None => Kind::Parameter,
        };
        Ok(Wish {
            pairs: pairs(&given.operands, &action)?,
            action,
            resource,
            node,
            kind,
            value: given.value("parameter-value"),
            set: given.value("set-name"),
            pair: given.value("nvpair"),
            of_type: given.value("resource-type"),
            operation: given.value("operation"),
            interval_ms: given.value("interval").and_then(|text| Interval::parse(&text)).map_or(0, Interval::ms),
            lifetime: given.value("lifetime"),
            timeout: timeout(given)?,
            agent,
            promoted: given.has("promoted") || given.has("master"),
            expired: given.has("expired"),
            recursive: given.has("recursive"),
            all: given.has("all"),
            force: given.has("force"),
            quiet: given.has("quiet"),
            verbosity: given.count("verbose"),
        })
    }
}

/// What is wrong with the value of an option, if anything.
pub fn misread(given: &Given) -> Option<String> {
    let unknown = given.values("list-options").iter().any(|kind| !matches!(kind.as_str(), "primitive" | "fencing"));
    unknown.then(|| "Error parsing option --list-options".to_string())
}

/// The last wish counts.
fn action(given: &Given) -> Result<Action, Failed> {
    let names: Vec<&str> =
        [QUESTIONS, ORDERS, PLACES, RARE].iter().flat_map(|table| table.iter()).map(|one| one.name).collect();
    let wishes: Vec<&str> =
        names.into_iter().filter(|name| !matches!(*name, "expired" | "lifetime" | "promoted" | "master")).collect();
    let last = given.options.iter().rev().find(|(name, _)| wishes.contains(name));
    last.map_or(Ok(Action::List), |(name, value)| Action::of(name, value.clone()))
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some((name.to_string(), value.to_string()))
}

fn pairs(operands: &[String], action: &Action) -> Result<Vec<(String, String)>, Failed> {
    if !operands.is_empty() && !action.takes_pairs() {
        let lines = operands.iter().enumerate();
        let lines = lines.map(|(at, word)| format!("\n[{} of {}] {word}", at + 1, operands.len()));
        return misused(format!("non-option ARGV-elements:{}", lines.collect::<String>()));
    }
    let parsed =
        |word: &String| pair(word).ok_or((Exit::USAGE, format!("Error parsing '{word}' as a name=value pair")));
    operands.iter().map(parsed).collect()
}

fn timeout(given: &Given) -> Result<Option<Duration>, Failed> {
    let Some(text) = given.value("timeout") else { return Ok(None) };
    let wrong = || (Exit::USAGE, "Error parsing option --timeout".to_string());
    let interval = Interval::parse(&text).ok_or_else(wrong)?;
    Ok(Some(Duration::from_millis(interval.ms().into())).filter(|timeout| !timeout.is_zero()))
}

/// The agent of `--class`, `--provider`, `--agent`.
fn named(given: &Given, action: &Action) -> Result<Option<Named>, Failed> {
    let (class, provider, kind) = (given.value("class"), given.value("provider"), given.value("agent"));
    if class.is_none() && provider.is_none() && kind.is_none() {
        return Ok(None);
    }
    if given.has("resource") {
        return misused("--class, --agent, and --provider cannot be used with -r/--resource");
    }
    if !matches!(action, Action::Execute(..)) {
        return misused("--class, --agent, and --provider can only be used with --validate and --force-*");
    }
    let ocf = class.as_deref() == Some("ocf");
    let parameters = given.values("option").iter().filter_map(|text| pair(text)).collect();
    match (class, provider, kind) {
        (Some(class), provider @ Some(_), Some(kind)) if ocf => Ok(Some(Named { class, provider, kind, parameters })),
        _ if ocf => misused("--provider and --agent are required with --class=ocf"),
        (_, Some(_), _) => misused("--provider is supported only with --class=ocf"),
        (_, _, None) => misused("--agent is required with --class"),
        (None, _, _) => misused("--class is required with --agent"),
        (Some(class), None, Some(kind)) => Ok(Some(Named { class, provider: None, kind, parameters })),
    }
}
