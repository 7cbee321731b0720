//! Agents and what they tell: names in steps, parameters with their help, advised operations.
//!
//! In: metadata. Out: candidates.
//! Absent: asking the agents (see `metadata`).

use super::{Candidate, Knowledge, Rank, start, whole};
use quorate_core::agent::{Advice, Metadata, Parameter};
use quorate_grammar::crm::expect;

/// Agents' names, in steps: class, provider, type.
pub fn agents(knowledge: &Knowledge, partial: &str) -> Vec<Candidate> {
    let names = knowledge.catalogue().complete(partial).into_iter();
    names.map(|name| if name.ends_with(':') { start(name) } else { whole(name) }).collect()
}

// ---- parameters --------------------------------------------------------------------------------------------

/// The parameters as candidates `NAME` or, for pairs, `NAME=`.
pub fn parameters(metadata: &Metadata, end: &str) -> Vec<Candidate> {
    metadata.parameters.iter().map(|one| parameter(one, end)).collect()
}

fn parameter(one: &Parameter, end: &str) -> Candidate {
    let mut help = Vec::new();
    if one.required {
        help.push("required".to_string());
    }
    if one.deprecated {
        help.push("deprecated".to_string());
    }
    help.push(first_line(if one.short.is_empty() { &one.long } else { &one.short }));
    if let Some(default) = one.default.as_deref().filter(|default| !default.is_empty()) {
        help.push(format!("default {default}"));
    }
    help.retain(|word| !word.is_empty());
    let rank = match (one.required, one.deprecated) {
        (true, _) => Rank::First,
        (false, true) => Rank::Last,
        _ => Rank::Common,
    };
    let text = format!("{}{end}", one.name);
    let candidate = if end.is_empty() { whole(text) } else { start(text) };
    candidate.with(help.join("; ")).ranked(rank)
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_string()
}

/// The values that a parameter takes: those it lists, or true and false, its default first.
pub fn parameter_values(metadata: &Metadata, name: &str) -> Vec<Candidate> {
    let Some(one) = metadata.parameter(name) else { return Vec::new() };
    let mut found: Vec<Candidate> = one.options.iter().map(whole).collect();
    if one.kind == "boolean" && found.is_empty() {
        found.extend(expect::BOOLEANS.iter().map(|word| whole(*word)));
    }
    if let Some(default) = one.default.as_deref().filter(|default| !default.is_empty()) {
        found.insert(0, whole(default).with("the default").ranked(Rank::First));
    }
    found
}

// ---- operations --------------------------------------------------------------------------------------------

/// Names of operations: the agent's with what it advises, else all there are.
pub fn operations(metadata: Option<&Metadata>) -> Vec<Candidate> {
    let told = metadata.map_or(&[][..], |metadata| &metadata.actions);
    if told.is_empty() {
        return expect::OPERATION_NAMES.iter().map(|name| whole(*name)).collect();
    }
    let named = |advice: &Advice| {
        let rank = match advice.name.as_str() {
            "monitor" => Rank::First,
            // Those that the cluster does not repeat, nor time.
            "meta-data" | "validate-all" | "status" => Rank::Last,
            _ => Rank::Common,
        };
        whole(&advice.name).with(advised(advice)).ranked(rank)
    };
    told.iter().filter(|advice| expect::OPERATION_NAMES.contains(&advice.name.as_str())).map(named).collect()
}

fn advised(advice: &Advice) -> String {
    let parts = [("interval", &advice.interval), ("timeout", &advice.timeout), ("role", &advice.role)];
    let parts: Vec<String> =
        parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
    if parts.is_empty() { String::new() } else { format!("advised: {}", parts.join(" ")) }
}

/// `interval=10s timeout=20s` as advised for this operation, then every name that is not given yet.
pub fn attributes(metadata: Option<&Metadata>, operation: &str, given: &[String]) -> Vec<Candidate> {
    let is_given = |name: &str| given.iter().any(|word| word.split_once('=').is_some_and(|(known, _)| known == name));
    let mut found = Vec::new();
    for advice in advice(metadata, operation) {
        for (name, value) in pairs(advice) {
            if !is_given(name) {
                found.push(whole(format!("{name}={value}")).with("advised by the agent").ranked(Rank::First));
            }
        }
    }
    let names = expect::OPERATION_ATTRIBUTES.iter().filter(|name| !is_given(name));
    found.extend(names.map(|name| {
        let rank = if about(name).is_empty() { Rank::Last } else { Rank::Common };
        start(format!("{name}=")).with(about(name)).ranked(rank)
    }));
    found
}

/// What may be said of all operations at once.
pub fn defaults() -> Vec<Candidate> {
    let names = ["timeout", "on-fail", "enabled", "record-pending", "start-delay"];
    names.map(|name| start(format!("{name}=")).with(about(name))).to_vec()
}

/// What is advised for one attribute of an operation.
pub fn attribute_values(metadata: Option<&Metadata>, operation: &str, name: &str) -> Vec<Candidate> {
    let advice = advice(metadata, operation);
    let values = advice.iter().flat_map(|advice| pairs(advice)).filter(|(known, _)| *known == name);
    values.map(|(_, value)| whole(value).with("advised by the agent").ranked(Rank::First)).collect()
}

fn advice<'a>(metadata: Option<&'a Metadata>, operation: &str) -> Vec<&'a Advice> {
    metadata.map_or(Vec::new(), |metadata| metadata.actions.iter().filter(|advice| advice.name == operation).collect())
}

fn pairs(advice: &Advice) -> Vec<(&'static str, &str)> {
    let parts = [
        ("interval", &advice.interval),
        ("timeout", &advice.timeout),
        ("start-delay", &advice.start_delay),
        ("role", &advice.role),
    ];
    let told = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    // No interval and no delay is what happens anyway.
    told.filter(|(_, value)| !matches!(*value, "0" | "0s")).collect()
}

fn about(attribute: &str) -> &'static str {
    match attribute {
        "interval" => "how often it is repeated",
        "timeout" => "how long it may take",
        "on-fail" => "what follows if it fails",
        "role" => "in which role it is run",
        "start-delay" => "how long it waits before the first time",
        "enabled" => "whether it is run at all",
        "record-pending" => "whether it is noted when it begins",
        "interval-origin" => "the date from which intervals are counted",
        _ => "",
    }
}
