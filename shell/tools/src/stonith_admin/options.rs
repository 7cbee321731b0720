//! The options of stonith_admin, and the one thing they ask for.
//!
//! In: words. Out: a [`Wish`], or what is wrong with them.

use crate::Exit;
use crate::standard::{FORMATTED, Failed, Manual, STANDARD, misused};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::time::Interval;
use quorate_transport::environment::variable;
use std::time::Duration;

const DEFINITIONS: &str = "Definitions";
const QUERIES: &str = "Queries";
const FENCING: &str = "Fencing";
const ADDITIONAL: &str = "Additional";

const MORE: &str = "Examples:
  stonith_admin --list-registered
  stonith_admin --list n1
  stonith_admin --metadata --agent fence_ipmilan
  stonith_admin --reboot n1
  stonith_admin --confirm n1
  stonith_admin --history '*' --verbose";

pub const MANUAL: Manual = Manual {
    name: "stonith_admin",
    operands: &[],
    about: "Fences nodes, and shows fence devices and what was fenced",
    tables: &[DEFINE, ASK, FENCE, OPTIONS, FORMATTED, STANDARD],
    more: MORE,
};

const DEFINE: &[Argument] = &[
    argument(
        Some('R'),
        "register",
        Value::Required("DEVICE"),
        DEFINITIONS,
        "a device past the CIB, while daemons run (-a, -o)",
    ),
    argument(Some('D'), "deregister", Value::Required("DEVICE"), DEFINITIONS, "forget that device"),
    argument(
        Some('r'),
        "register-level",
        Value::Required("TARGET"),
        DEFINITIONS,
        "a fencing level for NAME, @PATTERN or ATTR=VALUE (-i, -v)",
    ),
    argument(Some('d'), "deregister-level", Value::Required("TARGET"), DEFINITIONS, "remove that level (-i)"),
];

const ASK: &[Argument] = &[
    argument(Some('l'), "list", Value::Required("HOST"), QUERIES, "devices that can cut off this node"),
    argument(Some('L'), "list-registered", Value::None, QUERIES, "all devices"),
    argument(Some('I'), "list-installed", Value::None, QUERIES, "all fence agents on this host"),
    argument(Some('s'), "list-targets", Value::Required("DEVICE"), QUERIES, "what this device can cut off"),
    argument(Some('M'), "metadata", Value::None, QUERIES, "what an agent says of itself (-a)"),
    argument(Some('Q'), "query", Value::Required("DEVICE"), QUERIES, "whether this device answers"),
    argument(Some('H'), "history", Value::Required("NODE"), QUERIES, "what was done to this node ('*': to any)"),
    argument(Some('h'), "last", Value::Required("NODE"), QUERIES, "when this node was fenced last"),
    argument(Some('K'), "validate", Value::None, QUERIES, "whether a device's parameters are right (-a, -o)"),
];

const FENCE: &[Argument] = &[
    argument(Some('F'), "fence", Value::Required("HOST"), FENCING, "switch this node off"),
    argument(Some('U'), "unfence", Value::Required("HOST"), FENCING, "let this node in again"),
    argument(Some('B'), "reboot", Value::Required("HOST"), FENCING, "reboot this node"),
    argument(Some('C'), "confirm", Value::Required("HOST"), FENCING, "you know that this node is down"),
];

const OPTIONS: &[Argument] = &[
    argument(Some('c'), "cleanup", Value::None, ADDITIONAL, "with -H: forget it"),
    argument(Some('b'), "broadcast", Value::None, ADDITIONAL, "accepted: all nodes know the same"),
    argument(Some('a'), "agent", Value::Required("AGENT"), ADDITIONAL, "the agent (with -M, -K, -R)"),
    argument(Some('o'), "option", Value::Required("NAME=VALUE"), ADDITIONAL, "a parameter (with -K, -R)"),
    argument(
        Some('e'),
        "env-option",
        Value::Required("NAME"),
        ADDITIONAL,
        "a parameter with the value of OCF_RESKEY_NAME",
    ),
    argument(Some('T'), "tag", Value::Required("TAG"), ADDITIONAL, "accepted"),
    argument(Some('v'), "device", Value::Required("DEVICE"), ADDITIONAL, "a device (with -r)"),
    argument(Some('i'), "index", Value::Required("LEVEL"), ADDITIONAL, "the number of the level, 1 to 9"),
    argument(Some('t'), "timeout", Value::Required("SECONDS"), ADDITIONAL, "how long it may take (120)"),
    argument(Some('y'), "delay", Value::Required("SECONDS"), ADDITIONAL, "wait so long before (with -F, -B, -U)"),
    argument(Some('n'), "as-node-id", Value::None, ADDITIONAL, "with -h: the node's id was given"),
    argument(
        None,
        "tolerance",
        Value::Required("SECONDS"),
        ADDITIONAL,
        "do nothing if the same was done so shortly before",
    ),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "say no more than is asked"),
];

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Installed,
    Registered,
    Able(String),
    Targets(String),
    Metadata,
    Query(String),
    History(String),
    Last(String),
    Validate,
    Fence { node: String, action: &'static str },
    Confirm(String),
    Level { target: String, add: bool },
    Register(String),
    Deregister(String),
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub action: Action,
    pub agent: Option<String>,
    pub parameters: Vec<(String, String)>,
    pub devices: Vec<String>,
    pub index: u32,
    pub timeout: Duration,
    pub delay: Duration,
    pub tolerance: Duration,
    pub cleanup: bool,
    pub as_id: bool,
    pub quiet: bool,
    pub verbose: bool,
}

impl Wish {
    /// # Errors
    /// Nothing is wished, or something is missing.
    pub fn of(given: &Given) -> Result<Wish, Failed> {
        let Some(action) = action(given) else {
            return misused("one of --list-registered, --list, --reboot, --history, … is needed");
        };
        let agent = given.value("agent");
        if matches!(action, Action::Metadata | Action::Validate | Action::Register(_)) && agent.is_none() {
            return misused("Please specify an agent to query using -a,--agent [value]");
        }
        let number = |name: &str, default: i64| match given.value(name) {
            None => Ok(default),
            Some(text) => {
                let wrong = (Exit::USAGE, format!("Cannot parse integer value '{text}' for --{name}"));
                text.parse::<i64>().map_err(|_| wrong)
            }
        };
        let timeout = number("timeout", 120)?;
        let timeout = u64::try_from(timeout)
            .map_err(|_| (Exit::USAGE, format!("Integer value \"{timeout}\" for -t out of range")))?;
        Ok(Wish {
            agent,
            parameters: parameters(given)?,
            devices: given.values("device"),
            index: u32::try_from(number("index", 0)?).unwrap_or(0),
            timeout: Duration::from_secs(timeout),
            // -1 would take away the devices' own delays, which are theirs here.
            delay: Duration::from_secs(u64::try_from(number("delay", 0)?).unwrap_or(0)),
            tolerance: given
                .value("tolerance")
                .and_then(|text| Interval::parse(&text))
                .map_or(Duration::ZERO, |time| Duration::from_millis(time.ms().into())),
            cleanup: given.has("cleanup"),
            as_id: given.has("as-node-id"),
            quiet: given.has("quiet"),
            verbose: given.has("verbose"),
            action,
        })
    }
}

/// Of several wishes the one that Pacemaker's tool looks at last.
fn action(given: &Given) -> Option<Action> {
    let named = |name: &str| given.value(name);
    let fence = |name: &str, action| named(name).map(|node| Action::Fence { node, action });
    let level = |name: &str, add| named(name).map(|target| Action::Level { target, add });
    let flag = |name: &str, action: Action| given.has(name).then_some(action);
    let wishes = [
        flag("validate", Action::Validate),
        flag("list-installed", Action::Installed),
        flag("list-registered", Action::Registered),
        named("register").map(Action::Register),
        named("query").map(Action::Query),
        named("deregister").map(Action::Deregister),
        named("list-targets").map(Action::Targets),
        named("list").map(Action::Able),
        flag("metadata", Action::Metadata),
        fence("reboot", "reboot"),
        fence("fence", "off"),
        fence("unfence", "on"),
        named("confirm").map(Action::Confirm),
        named("last").map(Action::Last),
        named("history").map(Action::History),
        level("register-level", true),
        level("deregister-level", false),
    ];
    wishes.into_iter().flatten().last()
}

fn parameters(given: &Given) -> Result<Vec<(String, String)>, Failed> {
    let mut all = Vec::new();
    for text in given.values("option") {
        match text.split_once('=').filter(|(name, _)| !name.is_empty()) {
            Some((name, value)) => all.push((name.to_string(), value.to_string())),
            None => return Err((Exit::SOFTWARE, format!("Invalid option: -o {text}: Invalid argument"))),
        }
    }
    for name in given.values("env-option") {
        match variable(&format!("OCF_RESKEY_{name}")) {
            Some(value) => all.push((name, value)),
            None => return Err((Exit::INVALID_PARAMETER, format!("Invalid option: -e {name}"))),
        }
    }
    Ok(all)
}
