//! Options of primitive resources, and parameters that every fence device takes: what each is for, in a line.
//!
//! In: a type. Out: a list.

use super::list::Listed;
use quorate_core::cib::model::documented::Documented;
use quorate_core::cib::model::kind::Kind::{self, Any, Boolean, Integer, One, Positive, Score, Time, TimeOrNone};

/// Name, purpose, default, whether few have reason to touch it, kind of value.
type Row = (&'static str, &'static str, Option<&'static str>, bool, Kind);

const PRIMITIVE: &[Row] = &[
    ("priority", "which resources stay when not all can run: the higher", Some("0"), false, Score),
    ("critical", "colocations with it move what it depends on, too", Some("true"), false, Boolean),
    (
        "target-role",
        "the state that it is to be kept in",
        Some("Started"),
        false,
        One(&["Stopped", "Started", "Unpromoted", "Promoted"]),
    ),
    ("is-managed", "the cluster may start and stop it", Some("true"), false, Boolean),
    ("maintenance", "nothing is done about it, nor is it watched", Some("false"), false, Boolean),
    ("resource-stickiness", "how much it wants to stay where it is", None, false, Score),
    ("requires", "what must be so before it starts", None, false, One(&["nothing", "quorum", "fencing", "unfencing"])),
    ("migration-threshold", "after so many failures it leaves the node", Some("INFINITY"), false, Score),
    ("failure-timeout", "after so long a failure is forgotten", Some("0"), false, Time),
    (
        "multiple-active",
        "what to do if it is found on several nodes",
        Some("stop_start"),
        false,
        One(&["block", "stop_only", "stop_start", "stop_unexpected"]),
    ),
    ("allow-migrate", "it can be moved without a stop", None, false, Boolean),
    ("allow-unhealthy-nodes", "it may run on nodes that are ill", Some("false"), false, Boolean),
    (
        "container-attribute-target",
        "whose attributes are looked at: of the container, or of its host",
        None,
        false,
        Any,
    ),
    ("remote-node", "the name of the node that it makes of a guest", None, false, Any),
    ("remote-addr", "where that node is reached", None, false, Any),
    ("remote-port", "at which port that node is reached", Some("3121"), false, Positive),
    ("remote-connect-timeout", "how long connecting to that node may take", Some("60s"), false, TimeOrNone),
    ("remote-allow-migrate", "the connection to that node can be moved without a stop", Some("true"), false, Boolean),
];

const FENCING: &[Row] = &[
    ("pcmk_host_argument", "the agent's parameter that names the machine; none: it is told none", None, true, Any),
    ("pcmk_host_map", "names of nodes to names of machines, as node1:1;node2:2,3", None, false, Any),
    ("pcmk_host_list", "the nodes it can cut off", None, false, Any),
    (
        "pcmk_host_check",
        "how it is known which nodes it can cut off",
        None,
        false,
        One(&["dynamic-list", "static-list", "status", "none"]),
    ),
    ("pcmk_delay_max", "a random delay before it cuts off, of so much at most", Some("0s"), false, Time),
    ("pcmk_delay_base", "a delay before it cuts off, for all nodes or as node1:1s;node2:5s", Some("0s"), false, Any),
    ("pcmk_action_limit", "how many actions it may carry out at once", Some("1"), false, Integer),
    ("pcmk_reboot_action", "what the agent is asked instead of reboot", Some("reboot"), true, Any),
    ("pcmk_reboot_timeout", "how long reboot may take", Some("60s"), true, Time),
    ("pcmk_reboot_retries", "how often reboot is tried", Some("2"), true, Integer),
    ("pcmk_off_action", "what the agent is asked instead of off", Some("off"), true, Any),
    ("pcmk_off_timeout", "how long off may take", Some("60s"), true, Time),
    ("pcmk_off_retries", "how often off is tried", Some("2"), true, Integer),
    ("pcmk_on_action", "what the agent is asked instead of on", Some("on"), true, Any),
    ("pcmk_on_timeout", "how long on may take", Some("60s"), true, Time),
    ("pcmk_on_retries", "how often on is tried", Some("2"), true, Integer),
    ("pcmk_list_action", "what the agent is asked instead of list", Some("list"), true, Any),
    ("pcmk_list_timeout", "how long list may take", Some("60s"), true, Time),
    ("pcmk_list_retries", "how often list is tried", Some("2"), true, Integer),
    ("pcmk_monitor_action", "what the agent is asked instead of monitor", Some("monitor"), true, Any),
    ("pcmk_monitor_timeout", "how long monitor may take", Some("60s"), true, Time),
    ("pcmk_monitor_retries", "how often monitor is tried", Some("2"), true, Integer),
    ("pcmk_status_action", "what the agent is asked instead of status", Some("status"), true, Any),
    ("pcmk_status_timeout", "how long status may take", Some("60s"), true, Time),
    ("pcmk_status_retries", "how often status is tried", Some("2"), true, Integer),
];

/// The options of a type, which the caller has checked.
pub fn of(kind: &str) -> Listed {
    let (name, title, rows) = match kind {
        "fencing" => ("fence-attributes", "Parameters of fence devices", FENCING),
        _ => ("primitive-meta", "Meta-attributes of primitive resources", PRIMITIVE),
    };
    Listed { name, title, options: rows.iter().map(documented).collect() }
}

/// What every fence device takes.
pub fn fencing_parameters() -> Vec<(Documented, Kind)> {
    FENCING.iter().map(documented).collect()
}

fn documented(row: &Row) -> (Documented, Kind) {
    let (name, text, default, advanced, kind) = *row;
    (Documented { name, text, default, advanced, generated: false }, kind)
}
