//! A transition carried out on paper: every action succeeds as expected, save those that are to fail.
//!
//! In: a graph and the document it was decided for. Out: what was done, step by step, and the
//! document as it would be. Absent: events that come from outside (see `injection`).

use super::graph::{Action, ActionKind, Graph, ResourceRef};
use super::history::{self, Recorder, Standing};
use super::injection::{self, Attribute};
use super::specification::Operation;
use super::{Executor, Outcome, Progress};
use crate::cib::Document;
use crate::score::Score;
use crate::status::operation::ExecutionStatus;
use crate::time::Now;
use std::fmt;

/// A transition after its end.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// The document with the results.
    pub document: Document,
    /// Whether all of the graph was done, or as much as a wished failure let be done.
    pub complete: bool,
    /// Which of the failures wished for came to pass, by place.
    pub failed: Vec<bool>,
}

/// One thing that was done on paper; reads as `crm_simulate` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Pseudo {
        key: String,
        node: Option<String>,
    },
    Resource {
        name: String,
        operation: String,
        interval: u64,
        node: String,
    },
    Cluster {
        operation: String,
        resource: Option<String>,
        node: String,
    },
    Fencing {
        node: String,
        how: String,
    },
    /// The step before was made to fail.
    Pretended {
        action: u32,
        code: i32,
    },
    Attribute(Attribute),
}

/// What a simulation has to know beside the graph.
pub struct Setting<'a> {
    pub document: &'a Document,
    /// Whether a resource, or an instance of one, goes by this name.
    pub known: &'a dyn Fn(&str) -> bool,
    /// When results are written: later than all that was recorded, whatever time is decided for.
    pub now: Now,
    /// Operations that are to end otherwise than expected.
    pub failures: &'a [Operation],
}

/// Carries out a graph.
pub fn simulate(graph: Graph, setting: &Setting) -> Simulation {
    let executor = Executor::new(graph);
    let failed = vec![false; setting.failures.len()];
    let mut run = Run {
        executor,
        setting,
        document: setting.document.clone(),
        steps: Vec::new(),
        failed,
        recorder: Recorder::default(),
    };
    while let Some(action) = run.executor.start_next().cloned() {
        let outcome = run.carry_out(&action);
        if outcome == Outcome::Failed {
            run.executor.abort(Score::INFINITY.value());
        }
        run.executor.finished(action.id, outcome);
    }
    // A failure that was wished for ends a transition early, as it should.
    let complete = run.executor.aborted() || run.executor.progress() == Progress::Complete;
    Simulation { steps: run.steps, document: run.document, complete, failed: run.failed }
}

struct Run<'a> {
    executor: Executor,
    setting: &'a Setting<'a>,
    document: Document,
    steps: Vec<Step>,
    failed: Vec<bool>,
    recorder: Recorder,
}

impl Run<'_> {
    fn carry_out(&mut self, action: &Action) -> Outcome {
        let node = action.node.clone().unwrap_or_default();
        match (action.kind, &action.resource) {
            (ActionKind::Pseudo, _) => {
                self.steps.push(Step::Pseudo { key: action.key.clone(), node: action.node.clone() });
            }
            (ActionKind::Resource, Some(resource)) => return self.operate(action, resource, node),
            (ActionKind::Cluster, _) if action.operation == "stonith" => {
                let how = action.meta("stonith_action").unwrap_or_default().to_owned();
                if !how.eq_ignore_ascii_case("on") {
                    self.recorder.stand(&mut self.document, &node, Standing::Down);
                }
                self.steps.push(Step::Fencing { node, how });
            }
            (_, resource) => {
                let resource = resource.as_ref().map(|resource| resource.id.clone());
                self.steps.push(Step::Cluster { operation: action.operation.clone(), resource, node });
            }
        }
        Outcome::Done
    }

    fn operate(&mut self, action: &Action, resource: &ResourceRef, node: String) -> Outcome {
        let name = self.history_name(resource);
        let recorded = !matches!(action.operation.as_str(), "delete" | "meta-data");
        let (interval, operation) = (if recorded { action.interval() } else { 0 }, action.operation.clone());
        self.steps.push(Step::Resource { name: name.to_owned(), operation, interval, node });
        let Some(node) = action.node.as_deref().filter(|_| recorded) else { return Outcome::Done };
        let uuid = if action.router_node.is_some() { node } else { action.node_uuid.as_deref().unwrap_or(node) };
        let expected = action.meta("op_target_rc").and_then(|code| code.parse().ok()).unwrap_or(0);
        let wish = self.wish(action, resource);
        let code = wish.as_ref().map_or(expected, |(_, wish)| wish.code);
        if let Some((at, wish)) = &wish {
            self.failed[*at] = true;
            self.pretend(action, wish, uuid);
        }
        let migrates = action.operation.starts_with("migrate_");
        let migration = ["migrate_source", "migrate_target"].into_iter().filter(|_| migrates);
        let notification = |name| action.meta(name).unwrap_or_default();
        let result = history::Result {
            resource,
            name,
            task: &action.operation,
            interval,
            node,
            code,
            status: wish.as_ref().map_or(ExecutionStatus::Done, |(_, wish)| wish.status),
            expected,
            reason: "User-injected result",
            digest: Some(action.digest()),
            notification: Some((notification("notify_type"), notification("notify_operation"))),
            migration: migration.filter_map(|name| Some((name, action.meta(name)?))).collect(),
            now: self.setting.now,
        };
        self.recorder.record(&mut self.document, uuid, &result);
        self.document.count_status();
        if wish.is_some() { Outcome::Failed } else { Outcome::Done }
    }

    /// The result wished for this action, under the name it was wished by: instances of an anonymous
    /// clone may be named with or without their number.
    fn wish(&self, action: &Action, resource: &ResourceRef) -> Option<(usize, Operation)> {
        let is_it = |name: &str| name.eq_ignore_ascii_case(&resource.id) || resource.long_id.as_deref() == Some(name);
        let fits = |wish: &Operation| {
            is_it(&wish.resource)
                && wish.task == action.operation
                && wish.interval == action.interval()
                && action.node.as_deref().is_some_and(|node| node.eq_ignore_ascii_case(&wish.node))
        };
        let at = self.setting.failures.iter().position(fits)?;
        Some((at, self.setting.failures[at].clone()))
    }

    fn pretend(&mut self, action: &Action, wish: &Operation, uuid: &str) {
        self.steps.push(Step::Pretended { action: action.id, code: wish.code });
        let graph = self.executor.graph();
        let offset = match action.operation.as_str() {
            "start" => graph.failed_start_offset.as_str(),
            "stop" => graph.failed_stop_offset.as_str(),
            _ => "1",
        };
        let for_good = offset.is_empty() || offset.eq_ignore_ascii_case("INFINITY");
        let attributes = injection::fail(&mut self.document, uuid, wish, wish.code, for_good, self.setting.now);
        attributes.iter().for_each(|_| self.document.count_status());
        self.steps.extend(attributes.into_iter().map(Step::Attribute));
    }

    /// The name a resource's history is kept under: the configured one, if there is such a resource.
    fn history_name<'a>(&self, resource: &'a ResourceRef) -> &'a str {
        let known = self.setting.known;
        match &resource.long_id {
            Some(long) if !known(&resource.id) && known(long) => long,
            _ => &resource.id,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pseudo { key, node: None } => write!(f, "Pseudo action:   {key}"),
            Self::Pseudo { key, node: Some(node) } => write!(f, "Pseudo action:   {key} on {node}"),
            Self::Resource { name, operation, interval: 0, node } => {
                write!(f, "Resource action: {name:<15} {operation} on {node}")
            }
            Self::Resource { name, operation, interval, node } => {
                write!(f, "Resource action: {name:<15} {operation}={interval} on {node}")
            }
            Self::Cluster { operation, resource: None, node } => write!(f, "Cluster action:  {operation} on {node}"),
            Self::Cluster { operation, resource: Some(resource), node } => {
                write!(f, "Cluster action:  {operation} for {resource} on {node}")
            }
            Self::Fencing { node, how } => write!(f, "Fencing {node} ({how})"),
            Self::Pretended { action, code } => write!(f, "Pretending action {action} failed with rc={code}"),
            Self::Attribute(attribute) => attribute.fmt(f),
        }
    }
}
