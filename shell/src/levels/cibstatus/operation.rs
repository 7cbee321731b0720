//! `cibstatus op`: an operation that ended as nobody saw it end.
//!
//! In: a call. Out: an operation with its result, all of it known: interval and node, too.

use super::{basis, current, none_of, suppose};
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_core::status::operation::ExecutionStatus;
use quorate_core::transition::injection::Injection;
use quorate_core::transition::specification::Operation;
use quorate_core::xml::Element;
use quorate_grammar::literal;
use std::collections::BTreeSet;

pub const NAMES: &[&str] =
    &["probe", "monitor", "start", "stop", "promote", "demote", "notify", "migrate_to", "migrate_from"];

/// Exit codes of agents, by crmsh's names and today's.
const BY_NAME: &[(&str, i32)] = &[
    ("success", 0),
    ("generic", 1),
    ("args", 2),
    ("unimplemented", 3),
    ("perm", 4),
    ("installed", 5),
    ("configured", 6),
    ("not_running", 7),
    ("master", 8),
    ("promoted", 8),
    ("failed_master", 9),
    ("failed_promoted", 9),
    ("degraded", 190),
    ("degraded_promoted", 191),
];

pub const CODES: &[&str] = &[
    "success",
    "generic",
    "args",
    "unimplemented",
    "perm",
    "installed",
    "configured",
    "not_running",
    "promoted",
    "failed_promoted",
    "degraded",
    "degraded_promoted",
];

pub const STATUSES: &[&str] = &["done", "pending", "cancelled", "timeout", "notsupported", "error"];

pub fn op(session: &mut Session, call: &Call) -> Outcome {
    let (task, interval) = task(call)?;
    let resource = call.required(1).to_string();
    let code = code(call)?;
    let status = status(call)?;
    let what_if = current(session)?;
    let document = basis(session, &what_if)?;
    if !document
        .configuration()
        .descendants()
        .any(|part| part.name == "primitive" && part.id() == Some(base(&resource)))
    {
        return Err(crate::levels::resource::missing(document.configuration(), &resource, call, 1));
    }
    let node = match call.argument(4) {
        Some(node) => node.to_string(),
        None => only_node(&document, call, &resource)?,
    };
    let interval = match (interval, task) {
        (Some(interval), _) => interval,
        (None, "monitor") => first_monitor(&document, &resource).ok_or_else(|| {
            Failure::at(call.span(0), format!("`{resource}` has no recurring monitor"))
                .hint("`monitor:SECONDS` or `probe`")
        })?,
        (None, _) => 0,
    };
    let words =
        format!("op {} {resource} {code} {} {node}", written(task, interval), call.argument(3).unwrap_or("done"));
    let text = format!("{resource}_{task}_{interval}@{node}={code}");
    let operation = Operation { text, resource, task: task.to_string(), interval, node, code, status };
    suppose(session, call, words, &Injection::Operation(operation))
}

/// An instance is said with its number.
fn base(resource: &str) -> &str {
    resource.split(':').next().unwrap_or(resource)
}

fn written(task: &str, interval: u64) -> String {
    match (task, interval) {
        ("monitor", 0) => "probe".to_string(),
        ("monitor", ms) if ms % 1000 == 0 => format!("monitor:{}", ms / 1000),
        ("monitor", ms) => format!("monitor:{ms}ms"),
        _ => task.to_string(),
    }
}

/// The task, and the interval if the word says it.
fn task(call: &Call) -> Outcome<(&'static str, Option<u64>)> {
    let word = call.required(0);
    let (name, interval) = word.split_once(':').map_or((word, None), |(name, interval)| (name, Some(interval)));
    let known = NAMES.iter().find(|one| **one == name).ok_or_else(|| none_of(name, NAMES, call.span(0)))?;
    match (*known, interval) {
        ("probe", None) => Ok(("monitor", Some(0))),
        ("monitor", Some(text)) => {
            let ms = literal::interval_ms(text).ok().and_then(|ms| u64::try_from(ms).ok());
            let ms = ms.ok_or_else(|| Failure::misused(call.span(0), format!("`{text}` is no interval")))?;
            Ok(("monitor", Some(ms)))
        }
        (name, None) => Ok((name, None)),
        (name, Some(_)) => Err(Failure::misused(call.span(0), format!("`{name}` has no interval"))),
    }
}

fn code(call: &Call) -> Outcome<i32> {
    let word = call.required(2);
    if let Some((_, code)) = BY_NAME.iter().find(|(name, _)| *name == word) {
        return Ok(*code);
    }
    match word.parse::<u8>() {
        Ok(code) => Ok(code.into()),
        Err(_) if word.chars().all(|c| c.is_ascii_digit()) => {
            Err(Failure::misused(call.span(2), format!("`{word}` is no exit code (0 to 255)")))
        }
        Err(_) => Err(none_of(word, CODES, call.span(2))),
    }
}

fn status(call: &Call) -> Outcome<ExecutionStatus> {
    match call.argument(3) {
        None | Some("done" | "0") => Ok(ExecutionStatus::Done),
        Some("pending" | "-1") => Ok(ExecutionStatus::Pending),
        Some("cancelled" | "1") => Ok(ExecutionStatus::Cancelled),
        Some("timeout" | "2") => Ok(ExecutionStatus::TimedOut),
        Some("notsupported" | "3") => Ok(ExecutionStatus::NotSupported),
        Some("error" | "4") => Ok(ExecutionStatus::Error),
        Some(word) => Err(none_of(word, STATUSES, call.span(3))),
    }
}

/// Where the resource runs; if it runs nowhere, where it is known from.
fn only_node(document: &Document, call: &Call, resource: &str) -> Outcome<String> {
    let active = preview::active(document, base(resource));
    let nodes: BTreeSet<String> = match active.is_empty() {
        false => active,
        true => histories(document, resource).map(|(node, _)| node.to_string()).collect(),
    };
    let nodes: Vec<String> = nodes.into_iter().collect();
    match &nodes[..] {
        [only] => Ok(only.clone()),
        [] => Err(Failure::at(call.span(1), format!("`{resource}` runs nowhere; name the node"))
            .hint("op OPERATION RESOURCE EXIT-CODE STATUS NODE")),
        several => Err(Failure::at(call.span(1), format!("`{resource}` is on {}; name the node", several.join(", ")))
            .hint("op OPERATION RESOURCE EXIT-CODE STATUS NODE")),
    }
}

/// The interval of the first monitor that recurs: the configured one, its template's, or a recorded one.
fn first_monitor(document: &Document, resource: &str) -> Option<u64> {
    let configuration = document.configuration();
    let own = objects::find_resource(configuration, base(resource))?;
    let template = own.element.attr("template").and_then(|id| objects::find(configuration, id));
    let configured = configured_monitor(own.element).or_else(|| configured_monitor(template?.element));
    configured.or_else(|| {
        let monitors = histories(document, resource).flat_map(|(_, history)| history.elements());
        let monitors = monitors.filter(|record| record.attr("operation") == Some("monitor"));
        monitors.filter_map(|record| record.attr("interval")?.parse().ok()).find(|ms| *ms > 0)
    })
}

/// What is recorded of a resource, with the nodes.
fn histories<'a>(document: &'a Document, resource: &'a str) -> impl Iterator<Item = (&'a str, &'a Element)> {
    let states = document.status().elements_named("node_state");
    states.flat_map(move |state| {
        let node = state.attr("uname").or(state.id()).unwrap_or_default();
        let all = state.descendants().filter(|part| part.name == "lrm_resource");
        all.filter(|history| history.id().is_some_and(|id| base(id) == base(resource)))
            .map(move |history| (node, history))
    })
}

fn configured_monitor(primitive: &Element) -> Option<u64> {
    let all = primitive.elements_named("operations").flat_map(|all| all.elements_named("op"));
    let monitors = all.filter(|op| op.attr("name") == Some("monitor"));
    let interval = |op: &Element| u64::try_from(literal::interval_ms(op.attr("interval")?).ok()?).ok();
    monitors.filter_map(interval).find(|ms| *ms > 0)
}
