//! One page for one incident.
//!
//! In: an incident, and who can say why a place was chosen. Out: text.

use super::line::{Line, Moment, Planned, Told};
use super::{Incident, Outage, Since};

/// Why a resource went where it did, by the saved input that it was decided from.
pub type Reasons<'r> = dyn Fn(&Outage) -> Vec<String> + 'r;

/// `which`: "1 of 3".
pub fn page(incident: &Incident, which: &str, reasons: &Reasons) -> String {
    let over = match incident.ended {
        Some(ended) => format!("over after {}", seconds(ended.since(incident.began))),
        None => "not seen to be over".to_string(),
    };
    let mut text = format!("Incident {which}: {}\n{}, {over}\n\n", what(incident), incident.began);
    text += "What happened:\n";
    for (at, words) in told(incident) {
        text += &format!("  {:>12}  {words}\n", format!("+{}", seconds(at.since(incident.began))));
    }
    text += "\nHow long what was down:\n";
    if incident.outages.is_empty() {
        text += "  nothing that is known of here\n";
    }
    incident.outages.iter().for_each(|outage| text += &down(outage));
    let chosen = incident.outages.iter().filter(|outage| outage.to.is_some());
    let why: Vec<String> = chosen.flat_map(reasons).collect();
    if !why.is_empty() {
        text += "\nWhy there:\n";
        why.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    text
}

/// What began it, in a few words.
fn what(incident: &Incident) -> String {
    let cause = incident.lines.iter().find_map(|line| match &line.told {
        Told::Lost { node } => Some(format!("{node} is lost")),
        Told::FencingAsked { target, .. } => Some(format!("{target} is fenced")),
        Told::Result(ended) if ended.failed => {
            Some(format!("{} of {} failed on {}", ended.operation, ended.resource, ended.node))
        }
        _ => None,
    });
    cause.unwrap_or_default()
}

fn told(incident: &Incident) -> Vec<(Moment, String)> {
    let mut all = Vec::new();
    let silent = incident.lines.first().filter(|line| line.at != incident.began);
    if silent.is_some() {
        all.push((incident.began, format!("last heartbeat: {}", what(incident))));
    }
    let mut notifies = Notifies::default();
    for line in &incident.lines {
        if notifies.take(line) {
            continue;
        }
        all.extend(notifies.tell());
        let asked = |target: &str| asked_at(incident, target, line.at);
        if let Some(words) = words(line, asked) {
            all.push((line.at, words));
        }
    }
    all.extend(notifies.tell());
    all
}

fn asked_at(incident: &Incident, target: &str, before: Moment) -> Option<i64> {
    let asked = incident
        .lines
        .iter()
        .filter(|line| line.at <= before)
        .rev()
        .find(|line| matches!(&line.told, Told::FencingAsked { target: of, .. } if of == target));
    asked.map(|line| before.since(line.at))
}

fn words(line: &Line, asked: impl Fn(&str) -> Option<i64>) -> Option<String> {
    Some(match &line.told {
        Told::Members { words, .. } => format!("members: {words}"),
        Told::Lost { node } => format!("{node} is lost"),
        Told::FencingAsked { words, .. } | Told::NotFenced { words } => format!("fencing: {words}"),
        Told::Fenced { target, words } => {
            let took = asked(target).map(|ms| format!(", {} after it was asked for", seconds(ms))).unwrap_or_default();
            format!("fencing: {words}{took}")
        }
        Told::Decided { transition, input } => {
            let input = input.as_ref().map(|input| format!(" ({input})")).unwrap_or_default();
            format!("scheduler: transition {transition}{input}")
        }
        Told::Planned(Planned { words, .. }) | Told::PlannedOther { words } => format!("  {words}"),
        Told::Result(ended) if ended.failed => format!("FAILED {}", ended.words),
        Told::Result(ended) => ended.words.clone(),
        Told::Rest => "nothing more is to be done".to_string(),
        Told::Begins | Told::LastHeard { .. } => return None,
    })
}

/// Notifications come in dozens: a row of them is one line.
#[derive(Default)]
struct Notifies {
    count: usize,
    last: Option<Moment>,
}

impl Notifies {
    fn take(&mut self, line: &Line) -> bool {
        let is_one = matches!(&line.told, Told::Result(ended) if ended.operation == "notify" && !ended.failed);
        if is_one {
            self.count += 1;
            self.last = Some(line.at);
        }
        is_one
    }

    fn tell(&mut self) -> Option<(Moment, String)> {
        let Notifies { count, last } = std::mem::take(self);
        let words = if count == 1 { "1 notification".to_string() } else { format!("{count} notifications") };
        last.map(|at| (at, format!("{words} answered")))
    }
}

fn down(outage: &Outage) -> String {
    let Outage { resource, promoted, from, since, because, to, until, healthy, .. } = outage;
    let promoted = if *promoted { " promoted" } else { "" };
    let to = to.as_deref().unwrap_or("nowhere");
    let span = match until {
        Some(until) => seconds(until.since(*since)),
        None => "still down".to_string(),
    };
    let because = match because {
        Since::Silence => format!("since {from} was last heard"),
        Since::Loss => format!("since {from} was no member any more"),
        Since::Failure => "since it was found to have failed; it was down before".to_string(),
        Since::Decision => "since that was decided".to_string(),
        Since::Stop => "since it was stopped".to_string(),
    };
    let healthy = match healthy {
        Some(at) => format!("first healthy monitor after {}", seconds(at.since(*since))),
        None => "no monitor seen since".to_string(),
    };
    format!("  {resource}{promoted}: {from} -> {to}, {span} ({because}); {healthy}\n")
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests;
