//! Carries a graph out: says which action may run now, and hears how each went.
//!
//! The same executor drives the live cluster and `crm_simulate`. It considers synapses in
//! their order, in passes: what a pass releases behind the current place still runs in this
//! pass, what it releases before waits for the next. Absent: timers, nodes' load, agents.

use super::graph::{Action, ActionKind, Graph};
use crate::score::Score;
use std::collections::{BTreeMap, BTreeSet};

/// How an action went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Failed,
}

/// Where the transition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Actions are running or may run.
    Running,
    /// All is done.
    Complete,
    /// Nothing runs any more, and not all was done: something failed, or it was aborted.
    Terminated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    InFlight,
    Confirmed,
    Failed,
}

/// A graph in execution.
#[derive(Clone, Debug)]
pub struct Executor {
    graph: Graph,
    /// By synapse place.
    state: Vec<State>,
    /// Inputs not yet confirmed, by synapse place.
    missing: Vec<usize>,
    /// Whether an input failed, by synapse place.
    blocked: Vec<bool>,
    /// Synapse places that wait for an action, by action id.
    successors: BTreeMap<u32, Vec<usize>>,
    /// Synapse place of an action, by action id.
    place: BTreeMap<u32, usize>,
    this_pass: BTreeSet<usize>,
    next_pass: BTreeSet<usize>,
    at: usize,
    in_flight: usize,
    /// How many operations on resources a node may have running; one that is not named has no bound.
    node_limits: BTreeMap<String, usize>,
    /// How many it has.
    on_node: BTreeMap<String, usize>,
    /// Only synapses of at least this priority still start.
    abort_priority: Option<i32>,
}

impl Executor {
    /// Takes a graph to be carried out.
    pub fn new(graph: Graph) -> Executor {
        let count = graph.synapses.len();
        let place: BTreeMap<u32, usize> =
            graph.synapses.iter().enumerate().map(|(at, synapse)| (graph.actions[synapse.action].id, at)).collect();
        let mut successors: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut missing = vec![0; count];
        for (at, synapse) in graph.synapses.iter().enumerate() {
            // An input that no synapse makes is never confirmed: what waits for it does not run.
            for input in synapse.inputs.iter() {
                successors.entry(*input).or_default().push(at);
                missing[at] += 1;
            }
        }
        let this_pass = (0..count).filter(|at| missing[*at] == 0).collect();
        Executor {
            state: vec![State::Waiting; count],
            blocked: vec![false; count],
            missing,
            successors,
            place,
            this_pass,
            next_pass: BTreeSet::new(),
            at: 0,
            in_flight: 0,
            node_limits: BTreeMap::new(),
            on_node: BTreeMap::new(),
            abort_priority: None,
            graph,
        }
    }

    /// Bounds how many operations on resources run on each node at once (`node-action-limit`), from now on.
    pub fn limit_nodes(&mut self, limits: BTreeMap<String, usize>) {
        self.node_limits = limits;
    }

    /// The graph as it was given.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The next action that may run now. It counts as running until [`Executor::finished`];
    /// a pseudo action is to be finished at once.
    pub fn start_next(&mut self) -> Option<&Action> {
        let limit = self.graph.batch_limit as usize;
        // Each round either returns or moves a synapse out of a finite set.
        loop {
            if limit > 0 && self.in_flight >= limit {
                return None;
            }
            let Some(at) = self.this_pass.range(self.at..).next().copied() else {
                self.at = 0;
                if self.next_pass.is_empty() {
                    return None;
                }
                self.this_pass.append(&mut self.next_pass);
                continue;
            };
            self.this_pass.remove(&at);
            self.at = at + 1;
            if !self.may_start(at) {
                continue;
            }
            if self.migrations_full(at) || self.node_full(at) {
                // It waits for another to end; the pass goes on behind it.
                self.next_pass.insert(at);
                if self.only_held_back() {
                    self.this_pass.append(&mut self.next_pass);
                    self.at = 0;
                    return None;
                }
                continue;
            }
            self.state[at] = State::InFlight;
            self.in_flight += 1;
            for node in self.busy_nodes(at) {
                *self.on_node.entry(node).or_default() += 1;
            }
            return Some(&self.graph.actions[self.graph.synapses[at].action]);
        }
    }

    fn may_start(&self, at: usize) -> bool {
        let synapse = &self.graph.synapses[at];
        let pseudo = self.graph.actions[synapse.action].kind == ActionKind::Pseudo;
        let urgent = self.abort_priority.is_none_or(|abort| synapse.priority >= abort);
        (pseudo || urgent) && (!self.blocked[at] || synapse.priority >= Score::INFINITY.value())
    }

    fn migrations_full(&self, at: usize) -> bool {
        let Some(limit) = self.graph.migration_limit else {
            return false;
        };
        let action = &self.graph.actions[self.graph.synapses[at].action];
        let is_full = |node: &str| {
            let running = self.running().filter(|other| migrates(other) && ends(other).contains(&node));
            running.count() >= limit as usize
        };
        migrates(action) && ends(action).into_iter().any(is_full)
    }

    fn node_full(&self, at: usize) -> bool {
        let is_full = |node: String| {
            let running = self.on_node.get(&node).copied().unwrap_or(0);
            self.node_limits.get(&node).is_some_and(|limit| running >= *limit)
        };
        !self.node_limits.is_empty() && self.busy_nodes(at).into_iter().any(is_full)
    }

    /// The nodes that an operation on a resource keeps busy.
    fn busy_nodes(&self, at: usize) -> Vec<String> {
        let action = &self.graph.actions[self.graph.synapses[at].action];
        match action.kind {
            ActionKind::Resource => ends(action).into_iter().map(str::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether nothing is left to look at but what a limit holds back.
    fn only_held_back(&self) -> bool {
        self.this_pass.is_empty() && self.in_flight > 0
    }

    /// The actions running now.
    pub fn running(&self) -> impl Iterator<Item = &Action> {
        let in_flight = |at: &usize| self.state[*at] == State::InFlight;
        (0..self.state.len()).filter(in_flight).map(|at| &self.graph.actions[self.graph.synapses[at].action])
    }

    /// Hears how a running action went; `false` if it was not running.
    pub fn finished(&mut self, action: u32, outcome: Outcome) -> bool {
        let Some(at) = self.place.get(&action).copied() else {
            return false;
        };
        if self.state[at] != State::InFlight {
            return false;
        }
        self.in_flight -= 1;
        for node in self.busy_nodes(at) {
            *self.on_node.entry(node).or_default() -= 1;
        }
        self.state[at] = match outcome {
            Outcome::Done => State::Confirmed,
            Outcome::Failed => State::Failed,
        };
        for next in self.successors.get(&action).cloned().unwrap_or_default() {
            self.missing[next] -= 1;
            self.blocked[next] |= outcome == Outcome::Failed;
            if self.missing[next] == 0 {
                match next >= self.at {
                    true => self.this_pass.insert(next),
                    false => self.next_pass.insert(next),
                };
            }
        }
        true
    }

    /// From now on only synapses of at least this priority start; what runs is waited for.
    pub fn abort(&mut self, priority: i32) {
        self.abort_priority = Some(self.abort_priority.map_or(priority, |old| old.max(priority)));
    }

    /// Whether the transition was aborted.
    pub fn aborted(&self) -> bool {
        self.abort_priority.is_some()
    }

    /// Where the transition stands, after [`Executor::start_next`] gave nothing more.
    pub fn progress(&self) -> Progress {
        let startable = |set: &BTreeSet<usize>| set.iter().any(|at| self.may_start(*at));
        if self.in_flight > 0 || startable(&self.this_pass) || startable(&self.next_pass) {
            return Progress::Running;
        }
        match self.state.iter().all(|state| *state == State::Confirmed) {
            true => Progress::Complete,
            false => Progress::Terminated,
        }
    }
}

fn migrates(action: &Action) -> bool {
    matches!(action.operation.as_str(), "migrate_to" | "migrate_from")
}

/// The nodes that have to do with an action. A move is work for where it comes from and for where it goes, as
/// Pacemaker counts it: a host that is moved to from all others is not flooded.
fn ends(action: &Action) -> Vec<&str> {
    if !migrates(action) {
        return action.node.as_deref().into_iter().collect();
    }
    let mut ends: Vec<&str> =
        ["migrate_source", "migrate_target"].into_iter().filter_map(|end| action.meta(end)).collect();
    if ends.is_empty() {
        ends.extend(action.node.as_deref());
    }
    ends
}
