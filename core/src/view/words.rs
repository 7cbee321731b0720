//! The words for single facts, as Pacemaker 3 says them: every printer and screen uses these.
//!
//! In: parts of a view. Out: text without indentation.

use super::cluster::{
    Common, FailureView, FencingState, FencingView, Health, NodeKind, NodeView, OperationView, PrimitiveView,
    ResourceHistoryView,
};
use super::filter::ViewOptions;
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::exit;
use crate::score::Score;
pub use crate::time::interval_in_words as interval;
use crate::time::{Zone, in_words};
use quorate_grammar::literal::DateTime;

/// `Tue Jun 16 19:23:21 2020`
pub fn time(moment: i64, zone: &Zone) -> String {
    in_words(DateTime { epoch: moment, offset: zone.offset_at(moment) })
}

/// `2020-06-16 19:23:21Z`
pub fn time_iso(moment: i64, zone: &Zone) -> String {
    let offset = zone.offset_at(moment);
    let at = DateTime { epoch: moment, offset }.calendar();
    let suffix = match offset {
        0 => "Z".to_string(),
        offset => {
            format!(" {}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 3600, offset.abs() / 60 % 60)
        }
    };
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{suffix}", at.year, at.month, at.day, at.hour, at.minute, at.second)
}

/// As a line about a node begins.
pub const fn node_kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Member => "Node",
        NodeKind::Remote => "RemoteNode",
        NodeKind::Guest => "GuestNode",
    }
}

/// `online`, `standby (on-fail)`, `UNCLEAN (offline)`, …
pub fn node_state(node: &NodeView) -> String {
    let state = match node {
        NodeView { unclean: true, online: true, .. } => "UNCLEAN (online)",
        NodeView { unclean: true, pending: true, .. } => "UNCLEAN (pending)",
        NodeView { unclean: true, .. } => "UNCLEAN (offline)",
        NodeView { pending: true, .. } => "pending",
        NodeView { standby_on_fail: true, online: true, .. } => "standby (on-fail)",
        NodeView { standby: true, online: false, .. } => "OFFLINE (standby)",
        NodeView { standby: true, active: 0, .. } => "standby",
        NodeView { standby: true, .. } => "standby (with active resources)",
        NodeView { maintenance: true, online: true, .. } => "maintenance",
        NodeView { maintenance: true, .. } => "OFFLINE (maintenance)",
        NodeView { online: true, .. } => "online",
        _ => "OFFLINE",
    };
    let health = match node.health {
        Health::Green => "",
        Health::Yellow => " (health is YELLOW)",
        Health::Red => " (health is RED)",
    };
    let disk = node.disk.as_ref().map_or(String::new(), |disk| format!(" (disk: {disk})"));
    let why = node.switched_off_for.join(", ");
    let off = if why.is_empty() { String::new() } else { format!(" (switched off: {why} failed there)") };
    let engine = node.engine.as_ref().map_or(String::new(), |engine| format!(" (cluster: {engine})"));
    format!("{state}{health}{disk}{engine}{off}")
}

/// A node's name; in detail with the node that a guest is on, and with the id that is not the name.
pub fn node_name(name: &str, id: &str, host: Option<&str>, options: &ViewOptions) -> String {
    if !options.detail {
        return name.to_string();
    }
    let host = host.map(|host| format!("@{host}")).unwrap_or_default();
    let id = if id.is_empty() || id.eq_ignore_ascii_case(name) { String::new() } else { format!(" ({id})") };
    format!("{name}{host}{id}")
}

/// `p1 (ocf:heartbeat:Dummy): Started n1 (unmanaged)`, with tabs where Pacemaker has them.
pub fn primitive(primitive: &PrimitiveView, options: &ViewOptions, with_node: bool) -> String {
    primitive_named(&primitive.common.id, primitive, options, with_node)
}

/// The same under another name: a bundle's replica stands for what runs in it.
pub fn primitive_named(name: &str, primitive: &PrimitiveView, options: &ViewOptions, with_node: bool) -> String {
    let several = primitive.nodes.len() > 1;
    let mut text = format!("{name}\t({}):\t", primitive.agent);
    if primitive.common.orphaned {
        text.push_str(" ORPHANED");
    }
    text.push(' ');
    text.push_str(&state(primitive, options));
    if with_node && !several {
        text.extend(primitive.shown_node().map(|node| format!(" {}", node.name)));
    }
    if primitive.role == Role::Stopped
        && let Some(failure) = &primitive.probe_failure
    {
        // Pacemaker leaves this blank at the end.
        text.push_str(&format!(" ({failure}) "));
    }
    let remarks = remarks(primitive, options, with_node);
    if !remarks.is_empty() {
        text.push_str(&format!(" ({})", remarks.join(", ")));
    }
    // Where several nodes have it, the description goes with it unasked.
    let described = are_described(options) || !with_node || several;
    text.push_str(&in_brackets(primitive.common.description.as_deref().filter(|_| described).as_slice()));
    if with_node && several {
        let names: Vec<&str> = primitive.nodes.iter().map(|node| node.name.as_str()).collect();
        text.push_str(&format!(" [ {} ]", names.join(" ")));
    }
    text
}

/// What an administrator says of a resource.
pub fn description(common: &Common, options: &ViewOptions) -> String {
    in_brackets(common.description.as_deref().filter(|_| are_described(options)).as_slice())
}

/// Whether descriptions are shown.
pub const fn are_described(options: &ViewOptions) -> bool {
    options.description || options.detail || options.without_places
}

/// `Started`, `FAILED Promoted`, `Stopping`, …
pub fn state(primitive: &PrimitiveView, options: &ViewOptions) -> String {
    if primitive.common.failed {
        return match primitive.role > Role::Unpromoted {
            true => format!("FAILED {}", primitive.role),
            false => "FAILED".to_string(),
        };
    }
    activity(primitive, options).to_string()
}

/// The role, or what is being done about it.
pub fn activity(primitive: &PrimitiveView, options: &ViewOptions) -> &'static str {
    match primitive.pending.as_deref().filter(|_| options.pending) {
        Some("start") => "Starting",
        Some("stop") => "Stopping",
        Some("promote") => "Promoting",
        Some("demote") => "Demoting",
        Some("migrate_to" | "migrate_from") => "Migrating",
        _ => primitive.role.as_str(),
    }
}

/// What is out of the ordinary.
pub fn remarks(primitive: &PrimitiveView, options: &ViewOptions, with_node: bool) -> Vec<String> {
    let common = &primitive.common;
    let mut remarks = Vec::new();
    // Of several places, none is judged.
    if with_node && primitive.nodes.len() < 2 && primitive.shown_node().is_some_and(|node| node.lost) {
        remarks.push("UNCLEAN".to_string());
    }
    if with_node && primitive.nodes.len() < 2 && is_locked_where_shown(primitive) {
        remarks.push("LOCKED".to_string());
    }
    if options.pending && primitive.pending.as_deref() == Some("monitor") {
        remarks.push("Monitoring".to_string());
    }
    if let Some(role) = limiting_role(primitive) {
        remarks.push(role);
    }
    if common.blocked {
        remarks.push("blocked".to_string());
    } else if common.maintenance {
        remarks.push("maintenance".to_string());
    } else if !common.managed {
        remarks.push("unmanaged".to_string());
    }
    if common.failure_ignored {
        remarks.push("failure ignored".to_string());
    }
    remarks
}

fn is_locked_where_shown(primitive: &PrimitiveView) -> bool {
    primitive.locked_to.is_some() && primitive.locked_to.as_ref() == primitive.shown_node()
}

/// A target role, where it keeps the resource from more.
fn limiting_role(primitive: &PrimitiveView) -> Option<String> {
    let written = primitive.common.target_role.as_deref()?;
    match Role::parse(written)? {
        Role::Stopped => Some("disabled".to_string()),
        Role::Unpromoted if primitive.promotable => Some(format!("target-role:{written}")),
        _ => None,
    }
}

/// `(promotable, disabled)` with a blank before, or nothing.
pub fn in_brackets(words: &[&str]) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

/// ` migration-threshold=3 fail-count=1 last-failure='…'`
pub fn fail_counts(history: &ResourceHistoryView, zone: &Zone) -> String {
    let mut text = format!("migration-threshold={}", history.migration_threshold.value());
    if history.fail_count > Score::ZERO {
        text.push_str(&format!(" fail-count={}", history.fail_count.value()));
    }
    if let Some(last) = history.last_failure {
        text.push_str(&format!(" last-failure='{}'", time(last, zone)));
    }
    text
}

/// `(20) monitor: interval="10000ms" …`
pub fn operation(operation: &OperationView, options: &ViewOptions) -> String {
    let mut details = Vec::new();
    if operation.interval_ms > 0 {
        details.push(format!("interval=\"{}ms\"", operation.interval_ms));
    }
    if options.timing {
        if let Some(moment) = operation.last_change {
            details.push(format!("last-rc-change=\"{}\"", time(moment, &options.zone)));
        }
        details.extend(operation.exec_ms.as_ref().map(|ms| format!("exec-time=\"{ms}ms\"")));
        details.extend(operation.queue_ms.as_ref().map(|ms| format!("queue-time=\"{ms}ms\"")));
        details.push(format!("rc={} ({})", operation.exit_code, exit::text(operation.exit_code)));
    }
    let head = format!("({}) {}", operation.call, operation.task);
    if details.is_empty() { head } else { format!("{head}: {}", details.join(" ")) }
}

/// One line of the list of failed actions.
pub fn failure(failure: &FailureView, options: &ViewOptions) -> String {
    match options.detail || options.failures_in_full {
        true => failure_technical(failure, options),
        false => failure_friendly(failure, options),
    }
}

fn failure_friendly(failure: &FailureView, options: &ViewOptions) -> String {
    let operation = match (failure.interval_ms, failure.deed.as_str()) {
        (0, "monitor") => "probe".to_string(),
        (0, task) => task.to_string(),
        (ms, task) => format!("{}-interval {task}", interval(ms)),
    };
    let mut text = format!("{} {operation} on {}", failure.resource, failure.node);
    let reason = failure.reason.as_deref().unwrap_or("");
    match failure.not_executed {
        Some(status) if reason.is_empty() => text.push_str(&format!(" could not be executed ({status})")),
        Some(status) => text.push_str(&format!(" could not be executed ({status}: {reason})")),
        None => {
            text.push_str(&format!(" returned '{}'", exit::text(failure.exit_code)));
            if !reason.is_empty() {
                text.push_str(&format!(" ({reason})"));
            }
        }
    }
    if let Some(moment) = failure.last_change {
        text.push_str(&format!(" at {}", time(moment, &options.zone)));
    }
    let took = failure.exec_ms.as_ref().and_then(|text| text.parse::<u32>().ok()).filter(|ms| *ms > 0);
    if let Some(ms) = took {
        text.push_str(&format!(" after {}", interval(ms)));
    }
    text
}

fn failure_technical(failure: &FailureView, options: &ViewOptions) -> String {
    let mut text = format!(
        "{} on {} '{}' ({}): call={}, status='{}'",
        failure.key,
        failure.node,
        exit::text(failure.exit_code),
        failure.exit_code,
        failure.call,
        failure.status
    );
    if let Some(reason) = failure.reason.as_ref().filter(|reason| !reason.is_empty()) {
        text.push_str(&format!(", exitreason='{reason}'"));
    }
    if let Some(moment) = failure.last_change {
        text.push_str(&format!(", last-rc-change='{}'", time(moment, &options.zone)));
    }
    text.extend(failure.queue_ms.as_ref().map(|ms| format!(", queued={ms}ms")));
    text.extend(failure.exec_ms.as_ref().map(|ms| format!(", exec={ms}ms")));
    text
}

/// `reboot of n2 by n1 for pacemaker-controld.1@n1 last successful at …`
pub fn fencing_friendly(event: &FencingView, options: &ViewOptions) -> String {
    let over = event.state != FencingState::Pending;
    let by = event.delegate.as_ref().filter(|_| over).map(|node| format!(" by {node}")).unwrap_or_default();
    let mut text = format!("{} of {}{by} for {}@{}", fencing_deed(event), event.target, event.client, event.origin);
    if !options.tells_all_fencing() {
        text.push_str(" last");
    }
    text.push_str(&fencing_outcome(event));
    if let Some(moment) = event.completed {
        text.push_str(&format!(" at {}", time_iso(moment, &options.zone)));
    }
    text
}

/// `reboot of n2 successful: delegate=n1, client=…, origin=…, last-successful='…'`
pub fn fencing_technical(event: &FencingView, options: &ViewOptions) -> String {
    let over = event.state != FencingState::Pending;
    let mut text = format!("{} of {}{}: ", fencing_deed(event), event.target, fencing_outcome(event));
    text.extend(event.delegate.as_ref().filter(|_| over).map(|node| format!("delegate={node}, ")));
    text.push_str(&format!("client={}, origin={}", event.client, event.origin));
    if let Some(moment) = event.completed {
        let word = match event.state {
            _ if options.tells_all_fencing() => "completed",
            FencingState::Failed => "last-failed",
            _ => "last-successful",
        };
        text.push_str(&format!(", {word}='{}'", time_iso(moment, &options.zone)));
    }
    text
}

fn fencing_deed(event: &FencingView) -> &str {
    match event.action.as_str() {
        "on" => "unfencing",
        "off" => "turning off",
        action => action,
    }
}

fn fencing_outcome(event: &FencingView) -> String {
    match (event.state, &event.reason) {
        (FencingState::Failed, Some(reason)) => format!(" failed ({reason})"),
        (FencingState::Failed, None) => " failed".to_string(),
        (FencingState::Succeeded, _) => " successful".to_string(),
        (FencingState::Pending, _) => " pending".to_string(),
    }
}

/// What happens without quorum, in words.
pub const fn no_quorum_policy(policy: NoQuorumPolicy) -> &'static str {
    match policy {
        NoQuorumPolicy::Freeze => "Freeze resources",
        NoQuorumPolicy::Stop => "Stop ALL resources",
        NoQuorumPolicy::Demote => "Demote promotable resources and stop all other resources",
        NoQuorumPolicy::Ignore => "Ignore",
        NoQuorumPolicy::Fence => "Fence nodes in partition",
    }
}

/// The option's value.
pub const fn no_quorum_policy_value(policy: NoQuorumPolicy) -> &'static str {
    match policy {
        NoQuorumPolicy::Freeze => "freeze",
        NoQuorumPolicy::Stop => "stop",
        NoQuorumPolicy::Demote => "demote",
        NoQuorumPolicy::Ignore => "ignore",
        NoQuorumPolicy::Fence => "fence",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_said_in_the_largest_units() {
        let cases = [
            (0, "0s"),
            (100, "100ms"),
            (1000, "1s"),
            (1500, "1.500s"),
            (10_000, "10s"),
            (60_000, "1m"),
            (90_000, "1m30s"),
            (120_000, "2m"),
            (3_600_000, "1h"),
            (3_661_500, "1h1m1.500s"),
            (86_400_000, "1d"),
        ];
        for (ms, text) in cases {
            assert_eq!(interval(ms), text, "{ms}");
        }
    }

    #[test]
    fn times_are_said_in_their_zone() {
        let utc = Zone::default();
        assert_eq!(time(1_592_335_401, &utc), "Tue Jun 16 19:23:21 2020");
        assert_eq!(time_iso(1_592_335_401, &utc), "2020-06-16 19:23:21Z");
        let berlin = Zone { offset: 7200, changes: Vec::new() };
        assert_eq!(time(1_592_335_401, &berlin), "Tue Jun 16 21:23:21 2020");
        assert_eq!(time_iso(1_592_335_401, &berlin), "2020-06-16 21:23:21 +02:00");
        assert_eq!(time(1_588_680_276, &utc), "Tue May  5 12:04:36 2020");
    }
}
