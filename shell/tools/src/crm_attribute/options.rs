//! crm_attribute's command line: what is wished, of which attribute, where.
//!
//! In: options, older names among them. Out: [`Wish`], or why there is none.

use crate::Exit;
use crate::standard::{FORMATTED, Failed, Manual, STANDARD};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::pattern::Pattern;
use quorate_transport::environment::variable;

const COMMANDS: &str = "Commands";
const SELECTING: &str = "Selecting attributes";
const ADDITIONAL: &str = "Additional";
const DEPRECATED: &str = "Deprecated";

const TABLE: &[Argument] = &[
    argument(Some('G'), "query", Value::None, COMMANDS, "print the value; without a name, of all there are"),
    argument(Some('v'), "update", Value::Required("VALUE"), COMMANDS, "set the value; `value++` and `value+=N` add"),
    argument(Some('D'), "delete", Value::None, COMMANDS, "remove the attribute"),
    argument(None, "list-options", Value::Required("TYPE"), COMMANDS, "describe all options of a type: cluster"),
    argument(Some('n'), "name", Value::Required("NAME"), SELECTING, "the attribute's name"),
    argument(Some('P'), "pattern", Value::Required("PATTERN"), SELECTING, "all attributes of a node that match this"),
    argument(
        Some('p'),
        "promotion",
        Value::Optional("RSC"),
        SELECTING,
        "the promotion score of this resource (of the agent's own, if none is named)",
    ),
    argument(Some('s'), "set-name", Value::Required("SET"), SELECTING, "the one in the set with this id"),
    argument(Some('i'), "id", Value::Required("ID"), SELECTING, "the one with this id"),
    argument(Some('N'), "node", Value::Required("NODE"), ADDITIONAL, "the node (default: this one)"),
    argument(Some('l'), "lifetime", Value::Required("LIFETIME"), ADDITIONAL, "how long it lasts: reboot or forever"),
    argument(
        Some('t'),
        "type",
        Value::Required("SECTION"),
        ADDITIONAL,
        "where it is: crm_config, rsc_defaults, op_defaults, nodes, status or tickets",
    ),
    argument(Some('z'), "utilization", Value::None, ADDITIONAL, "a node's capacity"),
    argument(
        Some('W'),
        "wait",
        Value::Required("UNTIL"),
        ADDITIONAL,
        "for a transient attribute: no, local, or cluster: all nodes have it",
    ),
    argument(Some('d'), "default", Value::Required("VALUE"), ADDITIONAL, "what to print if there is no value"),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "print the value alone"),
    argument(None, "all", Value::None, ADDITIONAL, "with --list-options: advanced ones, too"),
    argument(None, "score", Value::None, ADDITIONAL, "accepted: `value++` adds in any case"),
];

/// Names and letters from before.
const OLDER: &[Argument] = &[
    argument(None, "get-value", Value::None, DEPRECATED, ""),
    argument(None, "attr-value", Value::Required("VALUE"), DEPRECATED, ""),
    argument(None, "delete-attr", Value::None, DEPRECATED, ""),
    argument(None, "attr-name", Value::Required("NAME"), DEPRECATED, ""),
    argument(None, "attr-id", Value::Required("ID"), DEPRECATED, ""),
    argument(Some('U'), "node-uname", Value::Required("NODE"), DEPRECATED, ""),
    argument(None, "uname", Value::Required("NODE"), DEPRECATED, ""),
    argument(Some('Q'), "quiet-too", Value::None, DEPRECATED, ""),
    argument(Some('!'), "inhibit-policy-engine", Value::None, DEPRECATED, ""),
    argument(Some('r'), "resource-id", Value::Required("RSC"), DEPRECATED, ""),
];

pub const MANUAL: Manual = Manual {
    name: "crm_attribute",
    operands: &["[WORD]"],
    about: "Queries and changes options of the cluster, defaults, and attributes of nodes",
    tables: &[TABLE, OLDER, FORMATTED, STANDARD],
    more: "",
};

/// Where an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Cluster,
    ResourceDefaults,
    OperationDefaults,
    Nodes,
    Utilization,
    Status,
    Tickets,
}

impl Section {
    /// As answers call it.
    pub fn word(self) -> &'static str {
        match self {
            Section::Cluster => "crm_config",
            Section::ResourceDefaults => "rsc_defaults",
            Section::OperationDefaults => "op_defaults",
            Section::Nodes | Section::Utilization => "nodes",
            Section::Status => "status",
            Section::Tickets => "tickets",
        }
    }

    pub fn is_of_node(self) -> bool {
        matches!(self, Section::Nodes | Section::Utilization | Section::Status)
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Query,
    Update(String),
    Delete,
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub command: Command,
    pub section: Section,
    /// None: all.
    pub name: Option<String>,
    pub pattern: Option<Pattern>,
    pub set: Option<String>,
    pub id: Option<String>,
    pub node: Option<String>,
    pub default: Option<String>,
    pub quiet: bool,
    pub verbose: bool,
    /// A transient attribute is to be on all nodes before the call ends.
    pub everywhere: bool,
}

fn usage(text: impl Into<String>) -> Failed {
    (Exit::USAGE, text.into())
}

/// The last value that any of these options was given.
fn last(given: &Given, names: &[&str]) -> Option<String> {
    given
        .options
        .iter()
        .rev()
        .find(|(name, value)| names.contains(name) && value.is_some())
        .and_then(|one| one.1.clone())
}

impl Wish {
    /// # Errors
    /// What is wished excludes itself, or cannot be done.
    pub fn of(given: &Given) -> Result<Wish, Failed> {
        // Behind --delete words mean nothing, as with Pacemaker's.
        let deletes = given.has("delete") || given.has("delete-attr");
        if let Some(word) = given.operands.first().filter(|_| !deletes) {
            return Err(usage(format!("non-option ARGV-elements: {word}")));
        }
        let section = section(given)?;
        let mut name = last(given, &["name", "attr-name"]);
        let promotion = given.has("promotion");
        let pattern = given.value("pattern");
        if [name.is_some(), promotion, pattern.is_some()].into_iter().filter(|one| *one).count() > 1 {
            return Err(usage("--name, --promotion and --pattern exclude each other"));
        }
        if promotion {
            name = Some(format!("master-{}", promotable(given.value("promotion"))?));
        }
        if name.as_deref() == Some("") {
            return Err(usage("an attribute has a name, and this one is empty"));
        }
        let pattern = match pattern {
            None => None,
            Some(_) if !section.is_of_node() => return Err(usage("--pattern is for attributes of nodes")),
            Some(text) => Some(Pattern::new(&text).ok_or_else(|| usage(format!("'{text}' is no regular expression")))?),
        };
        let id = last(given, &["id", "attr-id"]);
        let command = command(given)?;
        let is_named = name.is_some() || pattern.is_some();
        match command {
            Command::Delete if !is_named && id.is_none() => {
                return Err(usage("Error: must specify attribute name or pattern to delete"));
            }
            Command::Update(_) if !is_named && id.is_none() => {
                return Err(usage("Error: must specify attribute name or pattern to update"));
            }
            _ => {}
        }
        Ok(Wish {
            command,
            section,
            name,
            pattern,
            set: given.value("set-name"),
            id,
            node: last(given, &["node", "node-uname", "uname"]),
            default: given.value("default"),
            quiet: given.has("quiet") || given.has("quiet-too"),
            verbose: given.has("verbose"),
            everywhere: everywhere(given)?,
        })
    }
}

/// The last of several wishes counts; one is asked if none is named.
fn command(given: &Given) -> Result<Command, Failed> {
    let commands = ["query", "get-value", "update", "attr-value", "delete", "delete-attr"];
    let value = last(given, &["update", "attr-value"]);
    Ok(match given.last_of(&commands) {
        None | Some("query" | "get-value") => Command::Query,
        Some("delete" | "delete-attr") if value.is_some() => {
            return Err(usage("--update and --delete exclude each other"));
        }
        Some("delete" | "delete-attr") => Command::Delete,
        Some(_) if given.has("delete") || given.has("delete-attr") => {
            return Err(usage("--update and --delete exclude each other"));
        }
        Some(_) => Command::Update(value.unwrap_or_default()),
    })
}

fn is_of_node(given: &Given) -> bool {
    ["node", "node-uname", "uname"].iter().any(|name| given.has(name))
}

/// Whether all nodes are to have it before the call ends.
fn everywhere(given: &Given) -> Result<bool, Failed> {
    match given.value("wait").as_deref() {
        None | Some("no" | "local") => Ok(false),
        Some("cluster") => Ok(true),
        Some(_) => Err(usage("--wait= must be one of 'no', 'local', 'cluster'")),
    }
}

fn section(given: &Given) -> Result<Section, Failed> {
    let (kind, lifetime) = (given.value("type"), given.value("lifetime"));
    let lasting = match lifetime.as_deref() {
        None => None,
        Some("reboot" | "transient") => Some(false),
        Some("forever" | "permanent") => Some(true),
        Some(other) => return Err(usage(format!("--lifetime '{other}' is neither reboot nor forever"))),
    };
    if given.has("utilization") {
        return match kind.as_deref() {
            None | Some("nodes") if lasting != Some(false) => Ok(Section::Utilization),
            _ => Err(usage("--utilization is for nodes, and lasts")),
        };
    }
    match kind.as_deref() {
        Some("crm_config") => Ok(Section::Cluster),
        Some("rsc_defaults") => Ok(Section::ResourceDefaults),
        Some("op_defaults") => Ok(Section::OperationDefaults),
        Some("tickets") => Ok(Section::Tickets),
        Some("status") => Ok(Section::Status),
        Some("nodes") if lasting == Some(false) => Ok(Section::Status),
        Some("nodes") => Ok(Section::Nodes),
        Some(other) => Err(usage(format!(
            "--type '{other}' is none of crm_config, rsc_defaults, op_defaults, nodes, status, tickets"
        ))),
        None if lasting == Some(false) => Ok(Section::Status),
        None if given.has("promotion") && lasting.is_none() => Ok(Section::Status),
        None if lasting == Some(true) || is_of_node(given) => Ok(Section::Nodes),
        None if given.has("pattern") => Ok(Section::Nodes),
        None => Ok(Section::Cluster),
    }
}

/// The resource whose promotion score is meant: instances of a clone share their node's.
fn promotable(resource: Option<String>) -> Result<String, Failed> {
    let own = || variable("OCF_RESOURCE_INSTANCE");
    let named = resource.filter(|name| !name.is_empty()).or_else(own).unwrap_or_default();
    match named.split(':').next() {
        Some(name) if !name.is_empty() => Ok(name.to_string()),
        _ => {
            let text = "-p/--promotion must be called from an OCF resource agent or with a resource ID specified";
            Err(usage(text))
        }
    }
}
