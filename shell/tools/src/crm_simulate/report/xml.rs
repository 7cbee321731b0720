//! The report as a `pacemaker-result` document: elements and attributes as Pacemaker 3.0 has them.
//!
//! In: the same values as the text. Out: a document. The modifications stand together in one element,
//! as Pacemaker's schema has it (its newest code lets them, and all that follows, fall out).

use super::Title;
use crate::Exit;
use quorate_core::cib::model::resource::Role;
use quorate_core::scheduler::Situation;
use quorate_core::scheduler::trace::{TAKEN, TraceLine};
use quorate_core::transition::history::Standing;
use quorate_core::transition::injection::{Attribute, Modification, STATE_PATH, TicketChange};
use quorate_core::transition::simulation::Step;
use quorate_core::transition::summary::{Change, ResourceChange};
use quorate_core::view::xml::{API_VERSION, sections};
use quorate_core::view::{ClusterView, ViewOptions};
use quorate_core::xml::{Element, write_pretty};

pub struct Result {
    root: Element,
    errors: Vec<String>,
}

impl Title {
    const fn element(self) -> &'static str {
        match self {
            Title::Status => "cluster_status",
            Title::Modifications => "modifications",
            Title::Scores => "allocations",
            Title::Utilization => "utilizations",
            Title::ScoresAndUtilization => "allocations_utilizations",
            Title::Summary => "actions",
            Title::Transition => "transition",
            Title::Revised => "revised_cluster_status",
            Title::Timings => "timings",
        }
    }
}

impl Result {
    pub fn new(request: &str) -> Result {
        let root = Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request);
        Result { root, errors: Vec::new() }
    }

    pub fn error(&mut self, text: &str) {
        self.errors.push(text.to_owned());
    }

    fn block(&mut self, title: Title, children: impl IntoIterator<Item = Element>) -> &mut Element {
        let block = children.into_iter().fold(Element::new(title.element()), Element::with_child);
        self.root.push(block);
        let last = self.root.children.len() - 1;
        self.root.child_at_mut(last).expect("it was just pushed")
    }

    pub fn status(&mut self, title: Title, view: &ClusterView, options: &ViewOptions) {
        self.block(title, sections(view, options));
    }

    pub fn modifications(&mut self, modifications: &[Modification]) {
        let block = self.block(Title::Modifications, modifications.iter().filter_map(modification));
        for change in modifications {
            match change {
                Modification::Quorum(value) => block.set("quorum", value),
                Modification::Watchdog(value) => block.set("watchdog", value),
                _ => {}
            }
        }
    }

    pub fn scores<'t>(&mut self, title: Title, situation: &Situation, lines: impl Iterator<Item = &'t TraceLine>) {
        self.block(title, lines.map(|line| score(situation, line)));
    }

    pub fn summary(&mut self, changes: &[Change], reasons: &[Vec<String>]) {
        let explained = |(at, change): (usize, &Change)| {
            let why = reasons.get(at).into_iter().flatten();
            let why = why.map(|reason| Element::new("why").with("text", reason));
            Some(why.fold(self::change(change)?, Element::with_child))
        };
        self.block(Title::Summary, changes.iter().enumerate().filter_map(explained));
    }

    pub fn transition(&mut self, steps: &[Step]) {
        self.block(Title::Transition, steps.iter().filter_map(step));
    }

    pub fn timings(&mut self, timings: &[(String, f64)]) {
        let timing = |(file, seconds): &(String, f64)| {
            Element::new("timing").with("file", file).with("duration", format!("{seconds:.6}"))
        };
        self.block(Title::Timings, timings.iter().map(timing));
    }

    pub fn finish(mut self, exit: Exit) -> String {
        let mut status = Element::new("status").with("code", exit.0.to_string()).with("message", exit.words());
        if !self.errors.is_empty() {
            let error = |text: &String| Element { children: vec![text_node(text)], ..Element::new("error") };
            let errors = self.errors.iter().map(error);
            status.push(errors.fold(Element::new("errors"), Element::with_child));
        }
        self.root.push(status);
        write_pretty(&self.root)
    }
}

fn text_node(text: &str) -> quorate_core::xml::Node {
    quorate_core::xml::Node::Text(text.into())
}

fn modification(modification: &Modification) -> Option<Element> {
    Some(match modification {
        Modification::Quorum(_) | Modification::Watchdog(_) => return None,
        Modification::Node(standing, node) => {
            let action = match standing {
                Standing::Up => "Online",
                Standing::Down => "Offline",
                Standing::Lost => "Failing",
            };
            Element::new("modify_node").with("action", action).with("node", node)
        }
        Modification::Ticket(change, ticket) => {
            Element::new("modify_ticket").with("action", TicketChange::word(*change)).with("ticket", ticket)
        }
        Modification::Operation(text) => Element::new("inject_spec").with("spec", text),
        Modification::Attribute(attribute) => self::attribute(attribute),
    })
}

fn attribute(attribute: &Attribute) -> Element {
    Element::new("inject_attr")
        .with("name", &attribute.name)
        .with("value", &attribute.value)
        .with("node_path", STATE_PATH)
        .with("cib_node", &attribute.node_id)
}

fn score(situation: &Situation, line: &TraceLine) -> Element {
    let node_name = |node| situation.nodes[node].name.as_str();
    match line {
        TraceLine::Allocation { stage, resource, node, score } => Element::new("node_weight")
            .with("function", stage.word())
            .with("node", node_name(*node))
            .with("score", score.to_string())
            .with("id", situation.resources[*resource].id.as_str()),
        TraceLine::Promotion { resource, node, score } => {
            let mut element = Element::new("promotion_score")
                .with("id", situation.resources[*resource].id.as_str())
                .with("score", score.to_string());
            if let Some(node) = node {
                element.set("node", node_name(*node));
            }
            element
        }
        TraceLine::Capacity { when, node, utilization } => {
            let element = Element::new("capacity").with("node", node_name(*node)).with("comment", when);
            with_amounts(element, utilization.iter().map(|(name, value)| (name, value)))
        }
        TraceLine::Taken { resource, node } => {
            let resource = &situation.resources[*resource];
            let element = Element::new("utilization")
                .with("resource", resource.id.as_str())
                .with("node", node_name(*node))
                .with("function", TAKEN);
            with_amounts(element, resource.utilization.iter())
        }
    }
}

fn with_amounts<'a>(element: Element, amounts: impl Iterator<Item = (&'a String, &'a String)>) -> Element {
    amounts.fold(element, |element, (name, value)| {
        element.with_child(Element { children: vec![text_node(value)], ..Element::new(name) })
    })
}

/// What is only logged by Pacemaker is not there.
fn change(change: &Change) -> Option<Element> {
    match change {
        Change::Node { what, node, reason } => {
            let reason = reason.as_ref()?;
            Some(Element::new("node_action").with("task", what).with("node", node).with("reason", reason))
        }
        Change::Resource(change) => Some(resource_change(change)),
    }
}

fn resource_change(change: &ResourceChange) -> Element {
    let mut element = Element::new("rsc_action")
        .with("action", change.what.to_ascii_lowercase())
        .with("resource", change.resource.as_str());
    let need_role = change.role > Role::Started || change.next_role > Role::Unpromoted;
    let same_role = change.role == change.next_role;
    let (role, next) = (change.role.to_string(), change.next_role.to_string());
    let pairs: Vec<(&str, &str)> = match (&change.origin, &change.destination) {
        (None, Some(to)) if need_role => vec![("role", &role), ("next-role", &next), ("dest", to)],
        (None, Some(to)) => vec![("node", to)],
        (Some(from), None) if need_role => vec![("role", &role), ("node", from)],
        (Some(from), None) => vec![("node", from)],
        (Some(from), Some(to)) if from == to && same_role && need_role => vec![("role", &role), ("source", from)],
        (Some(from), Some(to)) if from == to && same_role => vec![("source", from)],
        (Some(from), Some(to)) if same_role && need_role => vec![("source", from), ("dest", to), ("role", &role)],
        (Some(from), Some(to)) if same_role => vec![("source", from), ("dest", to)],
        (Some(from), Some(to)) if from == to => vec![("role", &role), ("next-role", &next), ("source", from)],
        (Some(from), Some(to)) => vec![("role", &role), ("source", from), ("next-role", &next), ("dest", to)],
        (None, None) => Vec::new(),
    };
    for (name, value) in pairs {
        element.set(name, value);
    }
    if let Some(reason) = &change.reason {
        element.set("reason", reason);
    }
    if change.blocked {
        element.set("blocked", "true");
    }
    element
}

fn step(step: &Step) -> Option<Element> {
    Some(match step {
        Step::Pseudo { key, node } => {
            let mut element = Element::new("pseudo_action").with("task", key);
            if let Some(node) = node {
                element.set("node", node);
            }
            element
        }
        Step::Resource { name, operation, interval, node } => {
            let mut element =
                Element::new("rsc_action").with("resource", name).with("op", operation).with("node", node);
            if *interval > 0 {
                element.set("interval", interval.to_string());
            }
            element
        }
        Step::Cluster { operation, resource, node } => {
            let mut element = Element::new("cluster_action").with("task", operation).with("node", node);
            if let Some(resource) = resource {
                element.set("id", resource);
            }
            element
        }
        Step::Fencing { node, how } => Element::new("fencing_action").with("target", node).with("op", how),
        Step::Pretended { .. } => return None,
        Step::Attribute(attribute) => self::attribute(attribute),
    })
}
