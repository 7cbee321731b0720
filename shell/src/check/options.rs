//! Options of the cluster, of resources and of operations: whether there are such, and such values.
//!
//! In: a pair and whose option it is. Out: diagnostics at its words.

use crate::metadata::{META_ATTRIBUTES, PROPERTIES};
use quorate_core::cib::model::kind::{self, Kind};
use quorate_core::cib::model::names::{self as renamed, Of};
use quorate_grammar::crm::ast::Pair;
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Word};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionOf {
    Cluster,
    Resource,
    Operation,
    Alert,
}

/// What is said of options that the cluster does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody but the cluster reads the set, so they have no effect.
    Told,
    /// Agents and people keep attributes of their own there; a slip is what is meant to be found.
    ToldIfNear,
}

/// How it is said that there is no such option.
pub const UNKNOWN: &str = "the cluster knows no";

const ALERT_OPTIONS: &[&str] = &["enabled", "timeout", "timestamp-format"];

/// What other versions and programs write among the cluster's options, and nobody reads.
const RECORDS: &[&str] = &["last-lrm-refresh"];

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

/// The values that an option takes.
fn kind_of(known: OptionOf, name: &str) -> Kind {
    match known {
        OptionOf::Cluster => kind::of_cluster(name),
        OptionOf::Resource => kind::of_resource(name),
        OptionOf::Operation => kind::of_operation(name),
        OptionOf::Alert => kind::of_alert(name),
    }
}

/// The values from which one is chosen, without those of older schemas.
pub fn values_of(name: &str) -> &'static [&'static str] {
    let kinds = [kind::of_cluster(name), kind::of_resource(name), kind::of_operation(name)];
    match kinds.into_iter().find(|kind| *kind != Kind::Any) {
        Some(Kind::Boolean) => &["true", "false"],
        Some(Kind::One(_)) if name == "target-role" => &["Started", "Stopped", "Promoted", "Unpromoted"],
        Some(Kind::One(words)) => words,
        _ => &[],
    }
}

fn names(known: OptionOf) -> &'static [&'static str] {
    match known {
        OptionOf::Cluster => PROPERTIES,
        OptionOf::Resource => META_ATTRIBUTES,
        OptionOf::Operation => OPERATION_OPTIONS,
        OptionOf::Alert => ALERT_OPTIONS,
    }
}

pub fn check(pair: &Pair, known: OptionOf, unknown: Unknown, found: &mut Vec<Diagnostic>) {
    let Pair::Named { name, value, .. } = pair else { return };
    let all = names(known);
    let other = match known {
        OptionOf::Cluster => renamed::other(Of::Cluster, &name.text),
        OptionOf::Resource => renamed::other(Of::Resource, &name.text),
        OptionOf::Operation | OptionOf::Alert => None,
    };
    // It is out of date, and has its effect nevertheless.
    let is_older = known == OptionOf::Resource && name.text == "collocated";
    if is_older || all.contains(&name.as_str()) || other.is_some_and(|other| all.contains(&other)) {
        if let Some(value) = value {
            found.extend(wrong_value(kind_of(known, &name.text), name, value));
        }
        return;
    }
    if known == OptionOf::Resource && unknown == Unknown::ToldIfNear && belongs_elsewhere(name, found) {
        return;
    }
    let older: Vec<&str> = match known {
        OptionOf::Cluster => renamed::older(Of::Cluster).collect(),
        OptionOf::Resource => renamed::older(Of::Resource).collect(),
        OptionOf::Operation | OptionOf::Alert => Vec::new(),
    };
    let near = closest(&name.text, all.iter().copied().chain(older));
    if near.is_none() && (unknown == Unknown::ToldIfNear || RECORDS.contains(&name.as_str())) {
        return;
    }
    let what = match known {
        OptionOf::Cluster => "cluster option",
        OptionOf::Resource => "meta attribute",
        OptionOf::Operation => "option of an operation",
        OptionOf::Alert => "option of alerts",
    };
    let mut diagnostic = Diagnostic::warning(name.span, format!("{UNKNOWN} {what} `{}`", name.text));
    diagnostic.hint = near.map(|near| format!("did you mean `{near}`?"));
    found.push(diagnostic);
}

/// An option of operations or of the cluster, written among those of a resource: nobody else has such.
fn belongs_elsewhere(name: &Word, found: &mut Vec<Diagnostic>) -> bool {
    let is_of_cluster = |name: &str| PROPERTIES.contains(&name);
    let other = renamed::other(Of::Cluster, &name.text);
    let (whose, where_to) = match name.as_str() {
        "interval" | "timeout" | "on-fail" | "start-delay" | "record-pending" => ("operations", "`op monitor …`"),
        text if is_of_cluster(text) || other.is_some_and(is_of_cluster) => ("the cluster", "`property …`"),
        _ => return false,
    };
    let text = format!("`{}` is an option of {whose}, and has no effect here", name.text);
    found.push(Diagnostic::warning(name.span, text).hint(format!("it stands behind {where_to}")));
    true
}

/// Whether that is said of this option: there is none such.
pub fn is_unknown(message: &str, name: &str) -> bool {
    message.starts_with(UNKNOWN) && message.split(';').next().is_some_and(|said| said.ends_with(&format!("`{name}`")))
}

/// What is written like an option of an operation, and is handed to the agent.
pub fn meant_for_operation(pair: &Pair, found: &mut Vec<Diagnostic>) {
    let Pair::Named { name, .. } = pair else { return };
    let near = closest(&name.text, OPERATION_OPTIONS.iter().copied()).filter(|near| *near != name.text);
    if let Some(near) = near {
        let text = format!("`{}` is no option of an operation, and is handed to the agent", name.text);
        found.push(Diagnostic::warning(name.span, text).hint(format!("did you mean `{near}`?")));
    }
}

fn wrong_value(kind: Kind, name: &Word, value: &Word) -> Option<Diagnostic> {
    let text = value.text.as_str();
    if text.eq_ignore_ascii_case("#default") {
        return None;
    }
    let (takes, is_plain) = (kind.takes(text), kind.is_plain(text));
    if takes && is_plain {
        return None;
    }
    // Read, but not as it looks; or looked at as people write it, but not read.
    if takes {
        let reading = kind.reading(text).unwrap_or_default();
        let message = format!("`{}` is {}; `{text}` is read as {reading}", name.text, kind.words());
        return Some(Diagnostic::warning(value.span, message));
    }
    if is_plain {
        let message = format!("`{}` is {}; `{text}` is no value here, and has no effect", name.text, kind.words());
        return Some(Diagnostic::warning(value.span, message).hint(spelled_out(text)));
    }
    let mut diagnostic = Diagnostic::error(value.span, format!("`{}` is {}, not `{text}`", name.text, kind.words()));
    if let Kind::One(words) = kind {
        diagnostic.hint = closest(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    }
    Some(diagnostic)
}

fn spelled_out(text: &str) -> String {
    let sign = if text.trim_start().starts_with('-') { "-" } else { "" };
    format!("did you mean `{sign}INFINITY`?")
}
