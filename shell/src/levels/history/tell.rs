//! What `history` tells in lines: events, inputs, log.
//!
//! In: an archive. Out: text.
//! Absent: single decisions (see `transition`).

use super::archive;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::history::HistoryFilter;
use crate::history::archive::SavedInput;
use crate::history::event::{Event, events};
use crate::preview::decided;
use crate::session::Session;
use quorate_core::xml::Element;
use quorate_tools::clock;
use std::collections::BTreeSet;

/// The inputs of the span that is looked at.
fn seen(session: &mut Session) -> Outcome<Vec<SavedInput>> {
    let all = archive(session)?.inputs.clone();
    Ok(all.into_iter().filter(|input| session.kept.history.at(input.epoch)).collect())
}

fn line(event: &Event) -> String {
    let who = match (&event.resource, &event.node) {
        (Some(resource), Some(node)) => format!("{resource} on {node}: "),
        (None, Some(node)) => format!("{node}: "),
        _ => String::new(),
    };
    format!("{} {who}{}", clock::text(event.epoch), event.text)
}

fn tell(session: &mut Session, wanted: impl Fn(&Event) -> bool) -> Outcome<usize> {
    let found = events(&archive(session)?.inputs);
    let filter: &HistoryFilter = &session.kept.history;
    let kept = |event: &&Event| {
        let node = filter.nodes.is_empty() || event.node.as_ref().is_none_or(|node| filter.nodes.contains(node));
        node && filter.at(event.epoch) && (filter.detail || !event.is_routine) && wanted(event)
    };
    let lines: Vec<String> = found.iter().filter(kept).map(line).collect();
    let lines: Vec<String> =
        lines.into_iter().filter(|line| !filter.exclude.iter().any(|pattern| pattern.is_match(line))).collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    session.page(&text);
    Ok(lines.len())
}

pub fn all(session: &mut Session, _: &Call) -> Outcome {
    tell(session, |_| true).map(drop)
}

pub fn node(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    for (at, word) in words.iter().enumerate() {
        let known = archive(session)?.inputs.iter().any(|input| nodes(input).contains(word));
        if !known {
            return Err(Failure::at(call.span(at), format!("no input knows a node `{word}`")));
        }
    }
    let concerns =
        |event: &Event| event.resource.is_none() && event.node.as_ref().is_some_and(|node| words.contains(node));
    tell(session, concerns).map(drop)
}

pub fn resource(session: &mut Session, call: &Call) -> Outcome {
    let mut wanted = BTreeSet::new();
    for (at, word) in call.words().iter().enumerate() {
        let inputs = &archive(session)?.inputs;
        let found = inputs.iter().rev().find_map(|input| inside(&input.document, word));
        let parts = found.ok_or_else(|| Failure::at(call.span(at), format!("no input knows a resource `{word}`")))?;
        wanted.extend(parts);
    }
    let base = |id: &str| id.split(':').next().unwrap_or(id).to_string();
    let concerns =
        |event: &Event| event.resource.as_ref().is_some_and(|id| wanted.contains(id) || wanted.contains(&base(id)));
    tell(session, concerns).map(drop)
}

/// A resource and all below it.
fn inside(document: &quorate_core::cib::Document, id: &str) -> Option<Vec<String>> {
    let resources = document.configuration().child("resources")?;
    let found = resources.descendants().find(|element| element.id() == Some(id))?;
    let below = found.descendants().filter_map(Element::id).map(str::to_string);
    Some(below.chain([id.to_string()]).collect())
}

fn nodes(input: &SavedInput) -> BTreeSet<String> {
    let status = input.document.status().elements_named("node_state").filter_map(|node| node.attr("uname"));
    let nodes = input.document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements());
    nodes.filter_map(|node| node.attr("uname")).chain(status).map(str::to_string).collect()
}

pub fn info(session: &mut Session, _: &Call) -> Outcome {
    let label = archive(session)?.label.clone();
    let logs = archive(session)?.logs.len();
    let inputs = seen(session)?;
    let mut text = format!("Source: {label}\n");
    if let (Some(first), Some(last)) = (inputs.first(), inputs.last()) {
        text += &format!("Period: {} - {}\n", clock::text(first.epoch), clock::text(last.epoch));
        text += &format!("Nodes: {}\n", Vec::from_iter(nodes(last)).join(" "));
        let resources = last.document.configuration().child("resources").into_iter().flat_map(|all| all.elements());
        let resources: Vec<&str> = resources.filter_map(Element::id).collect();
        text += &format!("Resources: {}\n", resources.join(" "));
        text += &format!("Transitions: {} ({} to {})\n", inputs.len(), first.name, last.name);
    } else {
        text += "Transitions: 0\n";
    }
    text += &format!("Logs: {logs}\n");
    session.ui.print(&text);
    Ok(())
}

pub fn latest(session: &mut Session, _: &Call) -> Outcome {
    let inputs = seen(session)?;
    let [.., last] = &inputs[..] else { return Err(Failure::refused("there is no transition in this span of time")) };
    let from = inputs.len().checked_sub(2).and_then(|at| inputs.get(at)).map_or(i64::MIN, |input| input.epoch);
    tell(session, |event| event.epoch >= from)?;
    let text = summary(last);
    session.ui.print(&text);
    Ok(())
}

/// A decision: when, from what, and what for.
fn summary(input: &SavedInput) -> String {
    let lines = decided(&input.document, input.epoch);
    let head = format!("{} {}: {}", clock::text(input.epoch), input.name, count(lines.len()));
    lines.iter().fold(format!("{head}\n"), |text, line| format!("{text}  * {line}\n"))
}

fn count(actions: usize) -> String {
    match actions {
        0 => "nothing to do".into(),
        1 => "1 action".into(),
        more => format!("{more} actions"),
    }
}

pub fn transitions(session: &mut Session, _: &Call) -> Outcome {
    let text: String = seen(session)?.iter().map(summary).collect();
    session.page(&text);
    Ok(())
}

pub fn inputs(session: &mut Session, call: &Call) -> Outcome {
    let mut verbose = call.has(super::VERBOSE);
    let mut ranges = Vec::new();
    for (at, word) in call.words().iter().enumerate() {
        let number = |text: &str| text.parse::<u32>().ok();
        match word.split_once(':').map(|(from, to)| (number(from), number(to))) {
            _ if word == "v" => verbose = true,
            Some((Some(from), Some(to))) => ranges.push(from..=to),
            None if number(word).is_some() => ranges.extend(number(word).map(|number| number..=number)),
            _ => return Err(Failure::misused(call.span(at), format!("`{word}` is no number, no FROM:TO and not `v`"))),
        }
    }
    let wanted = |input: &&SavedInput| {
        ranges.is_empty() || input.number().is_some_and(|number| ranges.iter().any(|range| range.contains(&number)))
    };
    let inputs = seen(session)?;
    let mut text = String::new();
    for input in inputs.iter().filter(wanted) {
        text += &match verbose {
            false => format!("{}\n", input.path.display()),
            true => {
                let actions = count(decided(&input.document, input.epoch).len());
                format!("{} {:<16} {:<12} {actions}\n", clock::text(input.epoch), input.name, input.leader())
            }
        };
    }
    session.page(&text);
    Ok(())
}

pub fn log(session: &mut Session, call: &Call) -> Outcome {
    let nodes = call.words();
    let lines = archive(session)?.log();
    let of_node =
        |line: &str| nodes.is_empty() || line.split_whitespace().any(|word| nodes.iter().any(|node| node == word));
    let kept =
        |line: &&String| of_node(line) && !session.kept.history.exclude.iter().any(|pattern| pattern.is_match(line));
    let text: String = lines.iter().filter(kept).map(|line| format!("{line}\n")).collect();
    session.page(&text);
    Ok(())
}
