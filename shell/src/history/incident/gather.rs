//! Which lines belong to one incident, and what was down between them.

use super::line::{Ended, Line, Moment, Place, Planned, Told};
use super::{Incident, Outage, Since};
use std::collections::BTreeMap;

/// What the leader and the node where it happened both tell, they tell within this time.
const TOLD_TWICE_MS: i64 = 3_000;

/// After so long without a word the next trouble is another incident.
const SILENCE_MAX_MS: i64 = 600_000;

/// The incidents that lines tell of; several hosts' logs may be mixed.
pub fn incidents(mut lines: Vec<Line>) -> Vec<Incident> {
    lines.sort_by_key(|line| line.at);
    let mut all = Gather::default();
    for line in once(lines) {
        all.take(line);
    }
    all.close(None);
    all.done
}

/// Without what another host has told just before.
fn once(lines: Vec<Line>) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::new();
    for line in lines {
        let near = kept.iter().rev().take_while(|other| line.at.since(other.at) <= TOLD_TWICE_MS);
        let is_of_host = matches!(line.told, Told::Begins | Told::Members { .. });
        if is_of_host || !near.into_iter().any(|other| other.told == line.told && other.host != line.host) {
            kept.push(line);
        }
    }
    kept
}

#[derive(Default)]
struct Gather {
    /// Whom each host was last with.
    members: BTreeMap<String, Vec<String>>,
    /// When a node was last heard, of which it is not known yet that it is lost.
    heard: BTreeMap<String, Moment>,
    open: Option<Open>,
    done: Vec<Incident>,
}

struct Open {
    incident: Incident,
    /// From when on, and why, nothing that was on these nodes runs.
    gone: BTreeMap<String, (Moment, Since)>,
    /// When a resource failed on a node.
    failed: BTreeMap<(String, String), Moment>,
    /// The input of the decision that is being told.
    input: Option<String>,
    /// Something is wrong, not only other than it was.
    is_trouble: bool,
    at_rest: bool,
}

impl Gather {
    fn take(&mut self, line: Line) {
        match &line.told {
            Told::Begins => drop(self.members.remove(&line.host)),
            Told::LastHeard { node, silent_ms } => {
                self.heard.insert(node.clone(), line.at.before(*silent_ms));
            }
            Told::Members { members, .. } => {
                let before = self.members.insert(line.host.clone(), members.clone()).unwrap_or_default();
                let gone: Vec<String> = before.into_iter().filter(|node| !members.contains(node)).collect();
                self.members_are(line, &gone);
            }
            Told::Lost { node } => {
                let node = node.clone();
                self.trouble(line.at).lost(&node);
                self.push(line);
            }
            Told::FencingAsked { .. } => {
                self.trouble(line.at);
                self.push(line);
            }
            Told::Result(ended) if ended.failed => {
                let key = (ended.resource.clone(), ended.node.clone());
                let at = line.at;
                self.trouble(at).failed.insert(key, at);
                self.push(line);
            }
            _ => self.goes_on(line),
        }
    }

    /// Who is gone may have left in order: that alone is no trouble.
    fn members_are(&mut self, line: Line, gone: &[String]) {
        if gone.is_empty() && self.open.is_none() {
            return;
        }
        let heard: Vec<Option<Moment>> = gone.iter().map(|node| self.heard.remove(node)).collect();
        let first = heard.iter().flatten().copied().chain([line.at]).min().unwrap_or(line.at);
        let open = self.opened(first);
        for (node, heard) in gone.iter().zip(heard) {
            let since = heard.map_or((line.at, Since::Loss), |at| (at, Since::Silence));
            open.gone.entry(node.clone()).or_insert(since);
        }
        self.push(line);
    }

    fn goes_on(&mut self, line: Line) {
        let Some(open) = &mut self.open else { return };
        match &line.told {
            Told::Decided { input, .. } => {
                open.input.clone_from(input);
                open.at_rest = false;
            }
            Told::Planned(planned) => open.planned(line.at, planned),
            Told::Result(ended) => {
                if ended.operation == "monitor" && !ended.recurs {
                    return;
                }
                open.ended(line.at, ended);
            }
            Told::Rest => return self.rests(line),
            _ => {}
        }
        self.push(line);
    }

    fn rests(&mut self, line: Line) {
        let Some(open) = &mut self.open else { return };
        let is_over = open.incident.outages.iter().all(|outage| outage.until.is_some());
        let at = line.at;
        if !open.at_rest {
            open.at_rest = true;
            self.push(line);
        }
        if is_over {
            self.close(Some(at));
        }
    }

    fn push(&mut self, line: Line) {
        if let Some(open) = &mut self.open {
            open.incident.lines.push(line);
        }
    }

    fn opened(&mut self, at: Moment) -> &mut Open {
        let last = self.open.as_ref().and_then(|open| open.incident.lines.last()).map(|line| line.at);
        if last.is_some_and(|last| at.since(last) > SILENCE_MAX_MS) {
            self.close(None);
        }
        self.open.get_or_insert_with(|| Open {
            incident: Incident { began: at, ended: None, lines: Vec::new(), outages: Vec::new() },
            gone: BTreeMap::new(),
            failed: BTreeMap::new(),
            input: None,
            is_trouble: false,
            at_rest: false,
        })
    }

    fn trouble(&mut self, at: Moment) -> &mut Open {
        let open = self.opened(at);
        open.is_trouble = true;
        open
    }

    fn close(&mut self, ended: Option<Moment>) {
        let Some(open) = self.open.take().filter(|open| open.is_trouble) else { return };
        self.done.push(Incident { ended, ..open.incident });
    }
}

impl Open {
    /// It was not only away.
    fn lost(&mut self, node: &str) {
        let began = self.incident.began;
        self.gone.entry(node.to_string()).or_insert((began, Since::Loss));
    }

    fn planned(&mut self, at: Moment, planned: &Planned) {
        let base = planned.resource.split(':').next().unwrap_or_default();
        let is_instance = base != planned.resource;
        if let Some(from) = &planned.from {
            let goes_on = planned.to.as_ref() == Some(from) && !matches!(&*planned.what, "Recover" | "Restart");
            if from.promoted && !goes_on {
                self.down(at, base, true, from);
            }
            if !is_instance && !goes_on && !matches!(&*planned.what, "Promote" | "Demote" | "Migrate" | "Reload") {
                self.down(at, base, false, from);
            }
        }
        let Some(to) = &planned.to else { return };
        let input = self.input.clone();
        for outage in self.incident.outages.iter_mut().filter(|outage| outage.is_open(base)) {
            if to.promoted || !outage.promoted {
                outage.to = Some(to.node.clone());
                outage.decided_from.clone_from(&input);
            }
        }
    }

    fn down(&mut self, at: Moment, resource: &str, promoted: bool, from: &Place) {
        let known = |outage: &Outage| outage.is_open(resource) && outage.promoted == promoted;
        if self.incident.outages.iter().any(known) {
            return;
        }
        let failed = self.failed.get(&(resource.to_string(), from.node.clone()));
        let failed = failed.map(|at| (*at, Since::Failure));
        let (since, because) = self.gone.get(&from.node).copied().or(failed).unwrap_or((at, Since::Decision));
        self.incident.outages.push(Outage {
            resource: resource.to_string(),
            promoted,
            from: from.node.clone(),
            since,
            because,
            to: None,
            decided_from: None,
            until: None,
            healthy: None,
        });
    }

    fn ended(&mut self, at: Moment, ended: &Ended) {
        for outage in self.incident.outages.iter_mut().filter(|outage| outage.resource == ended.resource) {
            let (begins, ends) = if outage.promoted { ("promote", "demote") } else { ("start", "stop") };
            if outage.until.is_none() && ended.ok && ended.operation == begins {
                (outage.until, outage.to) = (Some(at), Some(ended.node.clone()));
            } else if outage.because == Since::Decision && ended.operation == ends && ended.node == outage.from {
                (outage.since, outage.because) = (at, Since::Stop);
            } else if ended.recurs && ended.ok && outage.to.as_ref() == Some(&ended.node) && outage.until.is_some() {
                outage.healthy.get_or_insert(at);
            }
        }
    }
}

impl Outage {
    fn is_open(&self, resource: &str) -> bool {
        self.resource == resource && self.until.is_none()
    }
}
