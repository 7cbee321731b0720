//! The work this node is given: operations on its resources, and leaving.

use super::message::{Message, OperationResult};
use super::{Effect, Node, Timer};
use crate::cib::Edit;
use crate::lrm::queue::Finished;
use crate::lrm::result;
use crate::lrm::{LrmEffect, Operation};
use crate::xml::Element;
use crate::xml::path::Step;

impl Node {
    /// Does what the leader asked of this node.
    pub(super) fn perform(&mut self, operation: Operation) {
        match operation.action.operation.as_str() {
            "do_shutdown" => {
                self.finish(&operation, Vec::new());
                let id = self.me().id;
                self.send(Message::Leaving { id });
            }
            "cancel" => self.cancel(&operation),
            "delete" | "lrm_delete" => self.delete(&operation),
            _ => {
                let effects = self.lrm.perform(operation, self.moment());
                self.lrm_wants(effects);
            }
        }
    }

    fn cancel(&mut self, operation: &Operation) {
        let task = operation.action.meta("operation").unwrap_or("monitor").to_string();
        let interval = operation.action.meta("interval").and_then(|text| text.parse().ok()).unwrap_or(0);
        let resource = operation.resource();
        self.lrm.cancel(resource, &task, interval);
        let id = format!("{resource}_{task}_{interval}");
        let path = self.node_ref().history_path(resource).join(Step { name: "lrm_rsc_op".into(), id: Some(id) });
        self.finish(operation, vec![Edit::Delete { path }]);
    }

    fn delete(&mut self, operation: &Operation) {
        let resource = operation.resource();
        self.lrm.forget(resource);
        let path = self.node_ref().history_path(resource);
        self.finish(operation, vec![Edit::Delete { path }]);
    }

    /// Tells that something was done that no agent was needed for.
    pub(super) fn finish(&mut self, operation: &Operation, edits: Vec<Edit>) {
        let result = OperationResult {
            node: self.me().id,
            key: operation.key.clone(),
            resource: operation.resource().to_string(),
            operation: operation.action.operation.clone(),
            interval_ms: 0,
            failed: false,
            at: self.clock.epoch,
            edits,
        };
        self.send(Message::Result(result));
    }

    /// The second after the latest half of a move of a resource, wherever it was done. What different nodes have done
    /// is ordered by the second alone, by their own clocks: what follows a move is not to look as old as it.
    fn after_moves_of(&self, resource: &str) -> i64 {
        let states = self.document().status().elements_named("node_state");
        let known = states.filter_map(|state| state.child("lrm")?.child("lrm_resources"));
        let records =
            known.filter_map(|known| known.child_with_id("lrm_resource", resource)).flat_map(Element::elements);
        let halves = records.filter(|record| record.attr("migrate_target").is_some());
        let moments = halves.filter_map(|record| record.attr("last-rc-change")?.parse::<i64>().ok());
        moments.max().map_or(0, |latest| latest + 1)
    }

    pub(super) fn lrm_wants(&mut self, effects: Vec<LrmEffect>) {
        for effect in effects {
            match effect {
                LrmEffect::Run(run) => self.effects.push(Effect::Run(run)),
                LrmEffect::Timer { ticket, after_ms } => self.timer_in(Timer::Lrm(ticket), after_ms),
                LrmEffect::Finished(finished) => self.ended(&finished),
            }
        }
    }

    fn ended(&mut self, finished: &Finished) {
        let after = self.after_moves_of(finished.operation.resource());
        let finished = &Finished { changed_at: finished.changed_at.max(after), ..finished.clone() };
        self.alert_of_operation(finished);
        let operation = &finished.operation;
        let result = OperationResult {
            node: self.me().id,
            key: operation.key.clone(),
            resource: operation.resource().to_string(),
            operation: operation.action.operation.clone(),
            interval_ms: operation.interval_ms(),
            failed: result::failed(finished),
            at: finished.changed_at,
            edits: result::edits(finished, &self.node_ref()),
        };
        self.send(Message::Result(result));
    }
}
