//! The options that each of Pacemaker's daemons reads, as OCF metadata.
//!
//! In: a daemon's name. Out: a `resource-agent` element, with the types that OCF has words for. Which daemon reads
//! an option, and what marks advanced and deprecated ones, are facts that crmsh and pcs read; the texts are our own.
//! An older name of an option stands behind its newer one.

use crate::crm_resource::fencing_parameters;
use crate::documented::{agent, content, described};
use quorate_core::cib::model::documented::{CLUSTER, Documented, of_cluster};
use quorate_core::cib::model::kind::{self, Kind};
use quorate_core::cib::model::names::{self, Of};
use quorate_core::xml::Element;

/// How shortdescs of what few have reason to touch begin: pcs takes it off and lists them apart.
const ADVANCED: &str = "*** Advanced Use Only *** ";
const DEPRECATED: &str = "*** Deprecated *** ";

const BASED: [&str; 2] = ["enable-acl", "cluster-ipc-limit"];

/// What the scheduler does not read, beside the CIB manager's.
const CONTROLD: [&str; 15] = [
    "dc-version",
    "cluster-infrastructure",
    "cluster-name",
    "dc-deadtime",
    "cluster-recheck-interval",
    "election-timeout",
    "shutdown-escalation",
    "join-integration-timeout",
    "join-finalization-timeout",
    "transition-delay",
    "fencing-reaction",
    "fencing-watchdog-timeout",
    "fencing-max-attempts",
    "load-threshold",
    "node-action-limit",
];

/// What a daemon reads; `None` for those that read nothing.
pub fn of(daemon: &str) -> Option<Element> {
    let (title, parameters) = match daemon {
        "pacemaker-based" => ("Options of the daemon of the CIB", named(&BASED)),
        "pacemaker-controld" => ("Options of the controller", named(&CONTROLD)),
        "pacemaker-schedulerd" => ("Options of the scheduler", named(&of_scheduler())),
        "pacemaker-fenced" => ("Parameters that every fence device takes", of_devices()),
        _ => return None,
    };
    let parameters = parameters.into_iter().fold(Element::new("parameters"), Element::with_child);
    Some(agent(daemon, title, parameters))
}

fn of_scheduler() -> Vec<&'static str> {
    let elsewhere = |name: &str| BASED.contains(&name) || CONTROLD.contains(&name);
    CLUSTER.iter().map(|option| option.name).filter(|name| !elsewhere(name)).collect()
}

fn named(options: &[&str]) -> Vec<Element> {
    let documented = options.iter().filter_map(|name| of_cluster(name));
    documented.flat_map(|option| std::iter::once(current(option)).chain(older(option))).collect()
}

fn of_devices() -> Vec<Element> {
    fencing_parameters().iter().map(|(option, kind)| parameter(option, option.name, mark(option), *kind)).collect()
}

fn mark(option: &Documented) -> &'static str {
    if option.advanced { ADVANCED } else { "" }
}

fn current(option: &Documented) -> Element {
    parameter(option, option.name, mark(option), kind::of_cluster(option.name))
}

fn older(option: &Documented) -> Option<Element> {
    // What began with `crmd-` has not been known for long.
    let name = names::other(Of::Cluster, option.name).filter(|name| !name.starts_with("crmd-"))?;
    Some(parameter(option, name, DEPRECATED, kind::of_cluster(name)))
}

fn parameter(option: &Documented, name: &str, mark: &str, kind: Kind) -> Element {
    let short = format!("{mark}{}", option.text);
    let long = if mark == DEPRECATED { format!("the older name of {}", option.name) } else { option.text.into() };
    Element::new("parameter")
        .with("name", name)
        .with_child(described("longdesc", &long))
        .with_child(described("shortdesc", &short))
        .with_child(content(option, &kind, word(kind)))
}

/// The types of OCF's metadata.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::Count | Kind::Positive | Kind::Score | Kind::Port => "integer",
        Kind::Time | Kind::TimeOrNone => "time",
        Kind::Percentage => "percentage",
        Kind::One(_) => "select",
        Kind::Any => "string",
    }
}
