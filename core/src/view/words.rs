//! The words for single facts, as Pacemaker 3 says them: every printer and screen uses these.
//!
//! In: parts of a view. Out: text without indentation.

use super::cluster::{
    Common, FailureView, Health, NodeKind, NodeView, OperationView, PrimitiveView, ResourceHistoryView,
};
use super::filter::Options;
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::score::Score;
use crate::status::operation::exit;
use crate::time::Zone;
use quorate_grammar::literal::DateTime;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Tue Jun 16 19:23:21 2020`
pub fn time(moment: i64, zone: &Zone) -> String {
    let at = DateTime { epoch: moment, offset: zone.offset_at(moment) }.calendar();
    let weekday = WEEKDAYS[(at.weekday as usize).clamp(1, 7) - 1];
    let month = MONTHS[(at.month as usize).clamp(1, 12) - 1];
    format!("{weekday} {month} {:>2} {:02}:{:02}:{:02} {}", at.day, at.hour, at.minute, at.second, at.year)
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

/// `10s`, `1m30s`, `1h`, `100ms`.
pub fn interval(ms: u32) -> String {
    let mut rest = ms;
    let mut text = String::new();
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m")] {
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    match (rest / 1000, rest % 1000) {
        (0, 0) if !text.is_empty() => {}
        (0, 0) => text.push_str("0s"),
        _ if rest < 1000 => text.push_str(&format!("{rest}ms")),
        (seconds, 0) => text.push_str(&format!("{seconds}s")),
        (seconds, ms) => text.push_str(&format!("{seconds}.{ms:03}s")),
    }
    text
}

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
        NodeView { standby: true, running, .. } if running.is_empty() => "standby",
        NodeView { standby: true, .. } => "standby (with active resources)",
        NodeView { maintenance: true, online: true, .. } => "maintenance",
        NodeView { maintenance: true, .. } => "OFFLINE (maintenance)",
        NodeView { online: true, .. } => "online",
        _ => "OFFLINE",
    };
    match node.health {
        Health::Green => state.to_string(),
        Health::Yellow => format!("{state} (health is YELLOW)"),
        Health::Red => format!("{state} (health is RED)"),
    }
}

/// A node's name; in detail with the id that is not the name, and with the node that a guest is on.
pub fn node_name(name: &str, id: &str, kind: NodeKind, host: Option<&str>, options: &Options) -> String {
    match host {
        _ if !options.detail => name.to_string(),
        Some(host) => format!("{name}@{host}"),
        None if kind == NodeKind::Member && !id.is_empty() && id != name => format!("{name} ({id})"),
        None => name.to_string(),
    }
}

/// `p1 (ocf:heartbeat:Dummy): Started n1 (unmanaged)`, with tabs where Pacemaker has them.
pub fn primitive(primitive: &PrimitiveView, options: &Options, with_node: bool) -> String {
    primitive_named(&primitive.common.id, primitive, options, with_node)
}

/// The same under another name: a bundle's replica stands for what runs in it.
pub fn primitive_named(name: &str, primitive: &PrimitiveView, options: &Options, with_node: bool) -> String {
    let mut text = format!("{name}\t({}):\t", primitive.agent);
    if primitive.common.orphaned {
        text.push_str(" ORPHANED");
    }
    text.push(' ');
    text.push_str(&state(primitive, options));
    let several = primitive.nodes.len() > 1;
    if with_node && !several {
        text.extend(primitive.shown_node().map(|node| format!(" {}", node.name)));
    }
    if primitive.nodes.is_empty()
        && let Some(failure) = &primitive.probe_failure
    {
        // Pacemaker leaves this blank at the end.
        text.push_str(&format!(" ({failure}) "));
    }
    let remarks = remarks(primitive, options, with_node);
    if !remarks.is_empty() {
        text.push_str(&format!(" ({})", remarks.join(", ")));
    }
    if with_node && several {
        let names: Vec<&str> = primitive.nodes.iter().map(|node| node.name.as_str()).collect();
        text.push_str(&format!(" [ {} ]", names.join(" ")));
    }
    text + &description(&primitive.common, options)
}

/// What an administrator says of a resource.
pub fn description(common: &Common, options: &Options) -> String {
    let wanted = options.description || options.detail;
    common.description.as_ref().filter(|_| wanted).map_or(String::new(), |text| format!(" ({text})"))
}

/// `Started`, `FAILED Promoted`, `Stopping`, …
pub fn state(primitive: &PrimitiveView, options: &Options) -> String {
    if primitive.common.failed {
        return match primitive.role > Role::Unpromoted {
            true => format!("FAILED {}", primitive.role),
            false => "FAILED".to_string(),
        };
    }
    activity(primitive, options).to_string()
}

/// The role, or what is being done about it.
pub fn activity(primitive: &PrimitiveView, options: &Options) -> &'static str {
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
pub fn remarks(primitive: &PrimitiveView, options: &Options, with_node: bool) -> Vec<String> {
    let common = &primitive.common;
    let mut remarks = Vec::new();
    // Of several places, none is judged.
    if with_node && primitive.nodes.len() < 2 && primitive.shown_node().is_some_and(|node| node.lost) {
        remarks.push("UNCLEAN".to_string());
    }
    if is_locked_where_shown(primitive) {
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
pub fn operation(operation: &OperationView, options: &Options) -> String {
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
pub fn failure(failure: &FailureView, options: &Options) -> String {
    match options.detail || options.failures_in_full {
        true => failure_technical(failure, options),
        false => failure_friendly(failure, options),
    }
}

fn failure_friendly(failure: &FailureView, options: &Options) -> String {
    let operation = match (failure.interval_ms, failure.task.as_str()) {
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

fn failure_technical(failure: &FailureView, options: &Options) -> String {
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
        if failure.queue_ms.is_some() || failure.exec_ms.is_some() {
            let queued = failure.queue_ms.as_deref().unwrap_or("0");
            let exec = failure.exec_ms.as_deref().unwrap_or("0");
            text.push_str(&format!(", queued={queued}ms, exec={exec}ms"));
        }
    }
    text
}

pub const fn no_quorum_policy(policy: NoQuorumPolicy) -> &'static str {
    match policy {
        NoQuorumPolicy::Freeze => "Freeze resources",
        NoQuorumPolicy::Stop => "Stop ALL resources",
        NoQuorumPolicy::Demote => "Demote promotable resources and stop all other resources",
        NoQuorumPolicy::Ignore => "Ignore",
        NoQuorumPolicy::Fence => "Fence nodes in partition",
    }
}

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
