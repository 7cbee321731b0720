//! One action of the plan, and what tells it from others.
//!
//! Only data: who makes actions is beside, in `make`; who decides that they are needed, in the other files.

use super::super::relation::{Relation, Task};
use super::super::table::{ActionId, NodeId, ResourceId};
use crate::score::Score;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tells actions of one resource apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Operation {
        task: Task,
        interval_ms: u32,
    },
    /// `pre`, `post`, `confirmed-pre`, `confirmed-post`; and of what.
    Notify {
        kind: &'static str,
        task: Task,
    },
}

impl Key {
    /// An operation that does not recur.
    pub const fn once(task: Task) -> Self {
        Self::Operation { task, interval_ms: 0 }
    }

    /// What is done or told of, where that happens once.
    pub const fn about(&self) -> Option<&Task> {
        match self {
            Self::Operation { task, interval_ms: 0 } | Self::Notify { task, .. } => Some(task),
            Self::Operation { .. } => None,
        }
    }

    /// Milliseconds; 0 if it does not recur.
    pub const fn interval_ms(&self) -> u32 {
        match self {
            Self::Operation { interval_ms, .. } => *interval_ms,
            Self::Notify { .. } => 0,
        }
    }

    /// As the graph names it: `p1_monitor_10000`, `c1_pre_notify_start_0`.
    pub fn text(&self, resource: &str) -> String {
        match self {
            Self::Operation { task, interval_ms } => {
                [resource, "_", task.as_str(), "_", &interval_ms.to_string()].concat()
            }
            Self::Notify { kind, task } => format!("{resource}_{kind}_notify_{task}_0"),
        }
    }
}

/// What must be certain before an action may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    Nothing,
    Quorum,
    Fencing,
}

/// One action, needed or not.
#[derive(Clone, Debug)]
pub struct Action {
    pub resource: Option<ResourceId>,
    pub task: Task,
    pub key: Key,
    /// For actions without a resource, their whole name.
    pub name: String,
    pub node: Option<NodeId>,
    /// Not needed, as far as is known.
    pub optional: bool,
    pub runnable: bool,
    /// Only a point in the plan.
    pub pseudo: bool,
    /// May be part of a live move.
    pub migratable: bool,
    pub always_in_graph: bool,
    /// A recurring operation that must be started anew.
    pub reschedule: bool,
    pub migration_abort: bool,
    pub on_dc: bool,
    pub in_graph: bool,
    pub reason: Option<String>,
    pub priority: Score,
    pub requires: Requires,
    /// Shared by all actions that are configured alike.
    pub meta: Arc<BTreeMap<String, String>>,
    /// Its own meta-attributes, which win.
    pub own_meta: Vec<(String, String)>,
    /// Parameters of the operation itself; due until the action has a node to see them.
    pub parameters: BTreeMap<String, String>,
    pub parameters_due: bool,
    /// What a cancel cancels.
    pub cancels: Option<Task>,
    /// How many of its firsts must be runnable, and are.
    pub min_runnable: u32,
    pub runnable_firsts: u32,
    /// Newest last.
    pub before: Vec<Edge>,
    pub after: Vec<Edge>,
}

/// One of two ends of an ordering between actions: the other action, and what it demands.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub action: ActionId,
    pub relation: Relation,
    pub graphed: bool,
}

impl Action {
    /// A meta-attribute of the operation; the action's own win over those that are configured.
    pub fn meta(&self, name: &str) -> Option<&str> {
        let own = self.own_meta.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        own.or_else(|| self.meta.get(name).map(String::as_str))
    }

    /// Sets a meta-attribute of the action; it goes last.
    pub fn set_meta(&mut self, name: &str, value: impl Into<String>) {
        self.own_meta.retain(|(own, _)| own != name);
        self.own_meta.push((name.to_owned(), value.into()));
    }

    /// Milliseconds, as its meta-attributes say; 0 if it does not recur.
    pub fn interval_ms(&self) -> u32 {
        self.meta("interval").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Says why; the first reason stays unless it is to be overwritten.
    pub fn set_reason(&mut self, reason: Option<&str>, overwrite: bool) {
        if overwrite || self.reason.is_none() {
            self.reason = reason.map(str::to_owned);
        }
    }
}

/// An action that is made, and of which nothing more is known.
pub(super) fn blank(task: Task, key: Key, node: Option<NodeId>, optional: bool) -> Action {
    Action {
        resource: None,
        task,
        key,
        name: String::new(),
        node,
        optional,
        runnable: true,
        pseudo: false,
        migratable: false,
        always_in_graph: false,
        reschedule: false,
        migration_abort: false,
        on_dc: false,
        in_graph: false,
        reason: None,
        priority: Score::ZERO,
        requires: Requires::Nothing,
        meta: Arc::default(),
        own_meta: Vec::new(),
        parameters: BTreeMap::new(),
        parameters_due: false,
        cancels: None,
        min_runnable: 0,
        runnable_firsts: 0,
        before: Vec::new(),
        after: Vec::new(),
    }
}
