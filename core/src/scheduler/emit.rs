//! Stage 6: the transition graph, ready to be carried out.
//!
//! In: [`OrderedActions`]. Out: [`Graph`]. Never here: changing a decision, save telling clones' instances,
//! which can only be said when it is settled what each will do.

mod attributes;
mod describe;

use super::act::{Key, Plan};
use super::order::OrderedActions;
use super::relation::{Relation, Task};
use super::resolve::Replica;
use super::table::{ActionId, Id, ResourceId};
use crate::score::Score;
use crate::transition::graph::{Graph, Synapse};
use describe::{describe, maintenance_changes, number};
use quorate_grammar::literal;

/// The graph, and the plan it came from for those who explain it.
#[derive(Clone, Debug)]
pub struct Emitted<'a> {
    pub graph: Graph,
    pub plan: Plan<'a>,
}

/// Writes down what is needed and can run, with what each action waits for.
pub fn emit(ordered: OrderedActions<'_>, transition_id: i32) -> Emitted<'_> {
    let mut emitter = Emitter {
        graph: header(&ordered.plan, transition_id),
        plan: ordered.plan,
        listed: Vec::new(),
        marks: Vec::new(),
    };
    let expected = emitter.plan.actions.ids().filter(|action| emitter.plan.belongs_in_graph(*action)).count();
    emitter.graph.synapses.reserve_exact(expected);
    for id in emitter.plan.placement.top.clone() {
        emitter.emit_resource(id);
    }
    emitter.emit_maintenance();
    for action in emitter.plan.actions.ids().rev().collect::<Vec<_>>() {
        emitter.emit_action(action);
    }
    emitter.graph.actions = describe(&emitter.plan, &emitter.listed);
    Emitted { graph: emitter.graph, plan: emitter.plan }
}

struct Emitter<'a> {
    plan: Plan<'a>,
    graph: Graph,
    /// The actions of the graph.
    listed: Vec<ActionId>,
    marks: Vec<Mark>,
}

/// What is done about an action already.
#[derive(Clone, Copy, Default)]
struct Mark {
    /// Where it stands in the graph.
    place: Option<usize>,
    /// Whether its inputs are sorted and unique.
    sorted: bool,
}

fn header(plan: &Plan, transition_id: i32) -> Graph {
    let options = &plan.situation.options;
    let ms = |text: &str| literal::cib::interval_ms(text).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
    let fencing_timeout = options.value("fencing-timeout").unwrap_or("60s");
    Graph {
        transition_id,
        cluster_delay: ms(&options.cluster_delay),
        fencing_timeout: ms(fencing_timeout),
        cluster_delay_text: options.cluster_delay.clone(),
        fencing_timeout_text: fencing_timeout.to_owned(),
        failed_stop_offset: "INFINITY".to_owned(),
        failed_start_offset: if options.start_failure_is_fatal { "INFINITY" } else { "1" }.to_owned(),
        batch_limit: options.batch_limit.parse().unwrap_or(0),
        migration_limit: options
            .migration_limit
            .as_deref()
            .and_then(|text| text.parse().ok())
            .filter(|limit| *limit > 0),
        recheck_by: None,
        actions: Vec::new(),
        synapses: Vec::new(),
    }
}

impl Plan<'_> {
    pub(super) fn belongs_in_graph(&self, action: ActionId) -> bool {
        let row = &self.actions[action];
        if !row.runnable || (row.optional && !row.always_in_graph) {
            return false;
        }
        if let Some(id) = row.resource
            && !self.resources[id].managed
            && row.task != Task::Monitor
            && row.interval_ms() == 0
        {
            return false;
        }
        if row.pseudo || matches!(row.task, Task::Stonith | Task::DoShutdown) {
            return true;
        }
        let Some(node) = row.node else { return false };
        let host = &self.nodes[node];
        row.on_dc || (host.is_guest && !self.remote_reset[node]) || host.is_well()
    }

    /// Whether an input is to be waited for; `None` where the edge turns out to say nothing.
    pub(super) fn input_verdict(&self, action: ActionId, at: usize) -> Option<bool> {
        let row = &self.actions[action];
        let edge = &row.before[at];
        let input = &self.actions[edge.action];
        let relation = edge.relation;
        if edge.graphed {
            return Some(true);
        }
        if relation.is_none() {
            return Some(false);
        }
        let only_order =
            Relation::THEN_IMPLIES_FIRST_GRAPHED | Relation::FIRST_IMPLIES_THEN_GRAPHED | Relation::ORDERED;
        let can_change = !relation.without(only_order).is_none();
        let waits_for_unrunnable =
            can_change && !relation.has(Relation::MIN_RUNNABLE) && !relation.has(Relation::UNMIGRATABLE_THEN_BLOCKS);
        if !input.runnable && !waits_for_unrunnable {
            return Some(false);
        }
        if relation.has(Relation::IF_FIRST_UNMIGRATABLE) && input.migratable {
            return Some(false);
        }
        let is_stop = input.key == Key::once(Task::Stop) && input.resource.is_some();
        if relation == Relation::ORDERED && input.migratable && is_stop {
            return Some(false);
        }
        if relation == Relation::IF_ON_SAME_NODE_OR_TARGET {
            let moved_to = row.resource.filter(|_| row.task == Task::MigrateTo).map(|id| self.resources[id].node);
            return match moved_to {
                Some(target) => (input.node == target).then_some(true),
                None => (input.node == row.node && !input.optional).then_some(true),
            };
        }
        if relation == Relation::IF_REQUIRED_ON_SAME_NODE {
            let elsewhere = input.node.is_some() && row.node.is_some() && input.node != row.node;
            return (!elsewhere && !input.optional).then_some(true);
        }
        let is_hopeless = input.resource.is_some_and(|id| self.resources[id].failed && !self.resources[id].managed);
        let for_clone = row.resource.is_some_and(|id| self.resource(id).is_clone());
        if input.resource != row.resource && is_hopeless && is_stop && for_clone {
            return Some(false);
        }
        let is_shown = input.always_in_graph || input.in_graph || self.belongs_in_graph(edge.action);
        Some(!input.optional || is_shown)
    }
}

impl Emitter<'_> {
    fn emit_resource(&mut self, id: ResourceId) {
        if self.plan.resource(id).is_clone() {
            for action in self.plan.of[id].clone().into_iter().rev() {
                self.plan.flags(action, None);
            }
            self.plan.notify_instances(id);
            for child in self.plan.children[id].clone() {
                self.emit_resource(child);
            }
        }
        if let Some(settings) = self.plan.resource(id).bundle() {
            // Its own points come with the rest of all actions.
            for part in settings.inside.into_iter().chain(settings.replicas.iter().flat_map(Replica::parts)) {
                self.emit_resource(part);
            }
            return;
        }
        for action in self.plan.of[id].clone().into_iter().rev() {
            self.emit_action(action);
        }
        if !self.plan.resource(id).is_clone() {
            for child in self.plan.children[id].clone() {
                self.emit_resource(child);
            }
        }
    }

    fn emit_maintenance(&mut self) {
        if !maintenance_changes(&self.plan).is_empty() {
            let action = self.plan.named_point("maintenance_nodes");
            self.plan.actions[action].always_in_graph = true;
        }
    }

    /// Sorts inputs by action and joins what two edges demand of one.
    fn sort_inputs(&mut self, action: ActionId) {
        if std::mem::replace(&mut self.mark(action).sorted, true) {
            return;
        }
        let before = &mut self.plan.actions[action].before;
        before.sort_by_key(|edge| edge.action);
        before.dedup_by(|next, kept| {
            let same = next.action == kept.action;
            if same {
                kept.relation |= next.relation;
            }
            same
        });
    }

    fn emit_action(&mut self, action: ActionId) {
        self.sort_inputs(action);
        if self.plan.actions[action].in_graph || !self.plan.belongs_in_graph(action) {
            return;
        }
        self.plan.actions[action].in_graph = true;
        let place = self.list(action);
        let mut inputs = Vec::new();
        for at in 0..self.plan.actions[action].before.len() {
            match self.plan.input_verdict(action, at) {
                Some(true) => {
                    self.plan.actions[action].before[at].graphed = true;
                    let input = self.plan.actions[action].before[at].action;
                    self.list(input);
                    inputs.push(number(input));
                }
                Some(false) => {}
                None => self.plan.actions[action].before[at].relation = Relation::NONE,
            }
        }
        let row = &self.plan.actions[action];
        let own = row.resource.map_or(Score::ZERO, |id| self.plan.resources[id].priority);
        let id = self.graph.synapses.len() as u32;
        self.graph.synapses.push(Synapse {
            id,
            priority: own.max(row.priority).max(Score::ZERO).value(),
            action: place,
            inputs,
        });
    }

    /// Puts an action into the graph's list once.
    fn list(&mut self, action: ActionId) -> usize {
        let next = self.listed.len();
        let place = *self.mark(action).place.get_or_insert(next);
        if place == next {
            self.listed.push(action);
        }
        place
    }

    fn mark(&mut self, action: ActionId) -> &mut Mark {
        // Telling instances makes more actions.
        self.marks.resize(self.plan.actions.len(), Mark::default());
        &mut self.marks[action.at()]
    }
}
