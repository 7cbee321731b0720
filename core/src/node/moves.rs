//! A resource moves to another node only while that node knows of it.
//!
//! What a leader orders in the last moments of a view may reach its own node alone: others have missed it by then, and
//! are about to fence it. Whatever it does to itself ends with that; but what it moves to one of them would be there
//! without their knowledge. So the first half of a move waits until its target has said, in the same view, that it
//! expects it.
//! In: orders, as all members hear them. Out: the half that is begun, or called off. Absent: what becomes of a move
//! whose source is lost (`admin::fence`).

use super::Node;
use super::message::Message;
use crate::cib::Edit;
use crate::lrm::Operation;
use crate::transition::TransitionKey;
use crate::xml::path::Step;
use std::collections::BTreeMap;

/// Moves from this node whose targets have not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    waiting: BTreeMap<TransitionKey, Operation>,
}

impl Node {
    /// All members hear that a move begins on one of them: its target says that it expects it.
    pub(super) fn hear_of_move(&mut self, operation: &Operation) {
        if target(operation) == Some(self.me().name.as_str()) {
            self.send(Message::MoveExpected { key: operation.key.clone() });
        }
    }

    /// This node is to begin a move.
    pub(super) fn await_target(&mut self, operation: Operation) {
        self.moves.waiting.insert(operation.key.clone(), operation);
    }

    /// A member expects what another one moves to it.
    pub(super) fn move_expected(&mut self, key: &TransitionKey) {
        if let Some(operation) = self.moves.waiting.remove(key) {
            self.perform(operation);
        }
    }

    /// The members change: what has not begun is called off, as if it had never been ordered.
    pub(super) fn call_off_moves(&mut self) {
        for operation in std::mem::take(&mut self.moves).waiting.into_values() {
            let record = Step { name: "lrm_rsc_op".into(), id: Some(operation.action.key.clone()) };
            let path = self.node_ref().history_path(operation.resource()).join(record);
            self.finish(&operation, vec![Edit::Delete { path }]);
        }
    }
}

/// Where the first half of a move leads.
pub(super) fn target(operation: &Operation) -> Option<&str> {
    let begins = operation.action.operation == "migrate_to";
    operation.action.meta("migrate_target").filter(|_| begins)
}
