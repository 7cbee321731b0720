//! Options of the cluster, of resources and of operations: whether there are such, and such values.
//!
//! In: a pair and whose option it is. Out: diagnostics at its words.

use crate::metadata::{META_ATTRIBUTES, PROPERTIES};
use quorate_grammar::crm::ast::Pair;
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Word, literal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Cluster,
    Resource,
    Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Boolean,
    Integer,
    Score,
    Time,
    One(&'static [&'static str]),
    Any,
}

const OPERATION_OPTIONS: &[&str] = &[
    "description",
    "enabled",
    "interval",
    "interval-origin",
    "on-fail",
    "record-pending",
    "role",
    "start-delay",
    "timeout",
];

/// The values that options take, where it is not any text.
fn value_of(name: &str) -> Value {
    match name {
        "symmetric-cluster"
        | "maintenance-mode"
        | "stop-all-resources"
        | "start-failure-is-fatal"
        | "enable-startup-probes"
        | "fencing-enabled"
        | "stonith-enabled"
        | "startup-fencing"
        | "concurrent-fencing"
        | "shutdown-lock"
        | "stop-orphan-resources"
        | "stop-orphan-actions"
        | "enable-acl"
        | "is-managed"
        | "maintenance"
        | "notify"
        | "ordered"
        | "interleave"
        | "globally-unique"
        | "allow-migrate"
        | "critical"
        | "allow-unhealthy-nodes"
        | "promotable"
        | "enabled"
        | "record-pending" => Value::Boolean,
        "clone-max" | "clone-min" | "clone-node-max" | "promoted-max" | "promoted-node-max" | "migration-limit" => {
            Value::Integer
        }
        "priority"
        | "resource-stickiness"
        | "migration-threshold"
        | "node-health-green"
        | "node-health-yellow"
        | "node-health-red" => Value::Score,
        "failure-timeout"
        | "cluster-delay"
        | "dc-deadtime"
        | "fencing-timeout"
        | "stonith-timeout"
        | "timeout"
        | "interval"
        | "start-delay"
        | "shutdown-escalation"
        | "election-timeout"
        | "cluster-recheck-interval"
        | "priority-fencing-delay"
        | "shutdown-lock-limit"
        | "node-pending-timeout" => Value::Time,
        "no-quorum-policy" => Value::One(&["stop", "freeze", "ignore", "demote", "fence", "suicide"]),
        "fencing-action" | "stonith-action" => Value::One(&["reboot", "off"]),
        "placement-strategy" => Value::One(&["default", "utilization", "minimal", "balanced"]),
        "node-health-strategy" => Value::One(&["none", "migrate-on-red", "only-green", "progressive", "custom"]),
        "target-role" => Value::One(&["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"]),
        "multiple-active" => Value::One(&["block", "stop_only", "stop_start", "stop_unexpected"]),
        "requires" => Value::One(&["nothing", "quorum", "fencing", "unfencing"]),
        _ => Value::Any,
    }
}

/// The values from which one is chosen, without those of older schemas.
pub fn values_of(name: &str) -> &'static [&'static str] {
    match value_of(name) {
        Value::Boolean => &["true", "false"],
        Value::One(_) if name == "target-role" => &["Started", "Stopped", "Promoted", "Unpromoted"],
        Value::One(words) => words,
        _ => &[],
    }
}

fn names(known: Known) -> &'static [&'static str] {
    match known {
        Known::Cluster => PROPERTIES,
        Known::Resource => META_ATTRIBUTES,
        Known::Operation => OPERATION_OPTIONS,
    }
}

pub fn check(pair: &Pair, known: Known, found: &mut Vec<Diagnostic>) {
    let Pair::Named { name, value, .. } = pair else { return };
    let all = names(known);
    if all.contains(&name.as_str()) {
        if let Some(value) = value {
            found.extend(wrong_value(name, value));
        }
        return;
    }
    // Agents and people keep attributes of their own there; a slip is what is meant to be found.
    if let Some(near) = closest(&name.text, all.iter().copied()) {
        let what = match known {
            Known::Cluster => "cluster option",
            Known::Resource => "meta attribute",
            Known::Operation => "option of an operation",
        };
        found.push(
            Diagnostic::warning(name.span, format!("the cluster knows no {what} `{}`", name.text))
                .hint(format!("did you mean `{near}`?")),
        );
    }
}

fn wrong_value(name: &Word, value: &Word) -> Option<Diagnostic> {
    let text = value.text.as_str();
    let wanted = match value_of(name.as_str()) {
        Value::Any => return None,
        Value::Boolean if literal::boolean(text).is_ok() => return None,
        Value::Integer if text.parse::<i64>().is_ok() => return None,
        Value::Score if literal::score(text).is_ok() => return None,
        Value::Time if literal::interval_ms(text).is_ok() => return None,
        Value::One(words) if words.iter().any(|word| word.eq_ignore_ascii_case(text)) => return None,
        _ if text.eq_ignore_ascii_case("#default") => return None,
        Value::Boolean => "true or false".to_string(),
        Value::Integer => "a whole number".to_string(),
        Value::Score => "a whole number or INFINITY".to_string(),
        Value::Time => "a time such as 30s".to_string(),
        Value::One(words) => format!("one of {}", words.join(", ")),
    };
    let mut diagnostic = Diagnostic::error(value.span, format!("`{}` is {wanted}, not `{text}`", name.text));
    if let Value::One(words) = value_of(name.as_str()) {
        diagnostic.hint = closest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    }
    Some(diagnostic)
}
