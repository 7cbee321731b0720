//! What may follow: the words of the language, in tables that productions, hints and completion read.
//!
//! In: a text up to a cursor. Out: what could stand there.
//! Absent: ids, agents and their parameters; who knows the cluster turns `Expected` into those.

use crate::crm::ast::{OptionsKind, SetKind};
use std::fmt;

/// A thing that may stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    Keyword(&'static str),
    /// A word that starts like this, such as `$id=`.
    Prefix(&'static str),
    NewId,
    Resource,
    /// A resource that may stand in a group or clone.
    Child,
    Node,
    NodeId,
    Agent,
    Template,
    /// NAME=VALUE of such a set.
    Pair(SetKind),
    /// NAME=VALUE of a property or a default.
    Option(OptionsKind),
    OperationName,
    /// NAME=VALUE of an operation.
    OperationAttribute,
    Score,
    OrderKind,
    Attribute,
    Value,
    Date,
    /// `hours=…` and its like.
    DateField,
    SetId,
    Ticket,
    Role,
    /// What a permission is about.
    Permission,
    /// The program of an alert.
    Path,
    Recipient,
    /// NAME=VALUE of a bundle's part.
    BundleSetting,
    Device,
    FencingTarget,
    Interval,
    Bracket(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let words = match self {
            Expected::Keyword(word) | Expected::Bracket(word) => return write!(f, "`{word}`"),
            Expected::Prefix(prefix) => return write!(f, "`{prefix}…`"),
            Expected::NewId => "an id",
            Expected::Resource => "a resource",
            Expected::Child => "a resource to contain",
            Expected::Node => "a node",
            Expected::NodeId => "`ID:`",
            Expected::Agent => "a resource agent such as `ocf:heartbeat:IPaddr2`",
            Expected::Template => "a template",
            Expected::Pair(_) | Expected::Option(_) => "NAME=VALUE",
            Expected::OperationName => "an operation such as `monitor`",
            Expected::OperationAttribute => "`interval=…` or another NAME=VALUE",
            Expected::Score => "a score such as `100:` or `inf:`",
            Expected::OrderKind => "a kind such as `Mandatory:`",
            Expected::Attribute => "a node attribute",
            Expected::Value => "a value",
            Expected::Date => "a date",
            Expected::DateField => "a field such as `hours=9-17`",
            Expected::SetId => "the id of a set",
            Expected::Role => "a role",
            Expected::Permission => "what is permitted, such as `xpath:…` or `meta:RSC:NAME`",
            Expected::Path => "the path of a program",
            Expected::Recipient => "a recipient",
            Expected::BundleSetting => "NAME=VALUE",
            Expected::Ticket => "a ticket such as `ticketA:`",
            Expected::Device => "a fencing device",
            Expected::FencingTarget => "a target such as `node1:`",
            Expected::Interval => "an interval such as `10s`",
        };
        f.write_str(words)
    }
}

// ---- the words -----------------------------------------------------------------------------------

/// A statement keyword.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub keyword: &'static str,
    pub help: &'static str,
}

const fn word(keyword: &'static str, help: &'static str) -> Word {
    Word { keyword, help }
}

/// The statements of the language, as this version reads them.
pub const STATEMENTS: &[Word] = &[
    word("node", "a cluster node and its attributes"),
    word("primitive", "a resource"),
    word("rsc_template", "a pattern that primitives may refer to"),
    word("group", "resources started together, in order, on one node"),
    word("clone", "a resource that runs on several nodes"),
    word("bundle", "a container and what runs in it"),
    word("location", "where a resource prefers to run"),
    word("colocation", "resources that run together or apart"),
    word("order", "which resource starts first"),
    word("rsc_ticket", "resources that depend on a ticket"),
    word("property", "cluster options"),
    word("rsc_defaults", "default meta attributes of resources"),
    word("op_defaults", "default meta attributes of operations"),
    word("fencing_topology", "which devices fence which node, in which order"),
    word("tag", "a name for several objects"),
    word("role", "what a user with this role may read and write"),
    word("user", "a user and their roles, for schemas before 2.0"),
    word("acl_target", "a user and their roles"),
    word("acl_group", "a group of users and their roles"),
    word("alert", "a program that is told what happens"),
    word("monitor", "one more monitor operation for a resource"),
    word("xml", "an object as raw XML"),
];

/// Older spellings, accepted and printed as the newer word.
pub const ALIASES: &[(&str, &str)] =
    &[("resource", "primitive"), ("collocation", "colocation"), ("master", "ms"), ("ms", "ms")];

/// What a permission allows.
pub const RIGHTS: &[&str] = &["read", "write", "deny"];

/// Short names for XPaths of permissions, with the least and the most arguments they take.
pub const SHORTCUTS: &[(&str, usize, usize)] = &[
    ("meta", 1, 2),
    ("params", 1, 2),
    ("utilization", 1, 1),
    ("location", 1, 1),
    ("property", 0, 1),
    ("node", 0, 1),
    ("nodeattr", 0, 1),
    ("nodeutil", 0, 1),
    ("status", 0, 0),
    ("cib", 0, 0),
];

/// What a bundle may run in.
pub const ENGINES: &[&str] = &["docker", "podman", "rkt"];

const ENGINE_SETTINGS: &[&str] =
    &["image", "replicas", "replicas-per-host", "promoted-max", "masters", "run-command", "network", "options"];

/// The settings of a bundle's parts.
pub const BUNDLE_SETTINGS: &[(&str, &[&str])] = &[
    ("docker", ENGINE_SETTINGS),
    ("podman", ENGINE_SETTINGS),
    ("rkt", ENGINE_SETTINGS),
    ("network", &["ip-range-start", "control-port", "host-interface", "host-netmask", "add-host"]),
    ("port-mapping", &["port", "internal-port", "range"]),
    ("storage-mapping", &["source-dir", "source-dir-root", "target-dir", "options"]),
];

/// Expressions that are written by their XML names, and the attributes they have.
pub const PLAIN_EXPRESSIONS: &[(&str, &[&str])] = &[
    ("expression", &["attribute", "operation", "type", "value", "value-source"]),
    ("rsc_expression", &["class", "provider", "type"]),
    ("op_expression", &["name", "interval"]),
    ("date_expression", &["operation", "start", "end"]),
];

/// Rules in rules in rules: nobody writes more, and the reader must not run out of stack.
pub const NESTING_MAX: usize = 32;

/// Attributes of an operation. Every other name is a parameter of the agent during it.
pub const OPERATION_ATTRIBUTES: &[&str] = &[
    "description",
    "enabled",
    "id",
    "interval",
    "interval-origin",
    "on-fail",
    "record-pending",
    "role",
    "start-delay",
    "timeout",
];

/// Attributes of operations in older schemas, written `$NAME=VALUE`.
pub const OLD_OPERATION_ATTRIBUTES: &[&str] = &["requires", "prereq", "on_fail", "start_delay", "interval_origin"];

pub const OPERATION_NAMES: &[&str] = &[
    "monitor",
    "start",
    "stop",
    "promote",
    "demote",
    "notify",
    "reload",
    "reload-agent",
    "migrate_to",
    "migrate_from",
    "validate-all",
    "meta-data",
    "status",
];

pub const ROLES: &[&str] = &["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"];
pub const ACTIONS: &[&str] = &["start", "stop", "promote", "demote"];
pub const ORDER_KINDS: &[&str] = &["Mandatory", "Optional", "Serialize"];
pub const LOSS_POLICIES: &[&str] = &["stop", "demote", "fence", "freeze"];
pub const DISCOVERY: &[&str] = &["always", "never", "exclusive"];
pub const NODE_KINDS: &[&str] = &["member", "remote"];
pub const BOOLEANS: &[&str] = &["true", "false"];
pub const COMPARISONS: &[&str] = &["lt", "gt", "lte", "gte", "eq", "ne"];
pub const COMPARISON_TYPES: &[&str] = &["string", "number", "integer", "version"];
pub const ON_FAIL: &[&str] = &["restart", "stop", "block", "ignore", "fence", "standby", "demote", "restart-container"];

/// Fields of `date spec` and of a duration. `yearsdays` is the older schemas' spelling.
pub const DATE_FIELDS: &[&str] = &[
    "seconds",
    "minutes",
    "hours",
    "monthdays",
    "weekdays",
    "yeardays",
    "yearsdays",
    "days",
    "months",
    "weeks",
    "years",
    "weekyears",
    "moon",
];

/// Words that end an attribute list and start the next thing.
pub const SECTIONS: &[&str] =
    &["params", "meta", "utilization", "attributes", "operations", "op", "op_params", "op_meta", "rule"];

/// The values a NAME=VALUE may take, where the language fixes them.
pub fn values_of(name: &str) -> &'static [&'static str] {
    match name {
        "role" | "$role" => ROLES,
        "on-fail" => ON_FAIL,
        "enabled" | "record-pending" | "symmetrical" | "sequential" | "require-all" => BOOLEANS,
        "loss-policy" => LOSS_POLICIES,
        "resource-discovery" => DISCOVERY,
        "interval" | "timeout" | "start-delay" => &["10s", "20s", "30s", "60s"],
        _ => &[],
    }
}
