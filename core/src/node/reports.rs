//! What a node can say of the cluster's activity, learnt from the messages that pass.

use super::Node;
use super::request::{NodeStatus, TransitionStatus};
use crate::cib::Version;
use crate::lrm::Operation;
use crate::replica::Replica;
use crate::transition::TransitionKey;
use std::collections::BTreeMap;

/// What is going on.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    transition: Option<(i32, u32)>,
    running: BTreeMap<TransitionKey, (String, u32)>,
    idle: Option<(Version, u64)>,
}

impl Activity {
    pub(super) fn transition(&mut self, id: i32, actions: u32) {
        self.transition = Some((id, actions));
        self.idle = None;
    }

    pub(super) fn forget_transition(&mut self) {
        self.transition = None;
        self.running.clear();
        self.idle = None;
    }

    pub(super) fn begun(&mut self, operation: &Operation, to: u32) {
        self.running.insert(operation.key.clone(), (operation.action.key.clone(), to));
    }

    pub(super) fn ended(&mut self, key: &TransitionKey) {
        self.running.remove(key);
    }

    pub(super) fn idle(&mut self, version: Version, term: u64) {
        self.idle = Some((version, term));
    }

    /// Whether the leader found nothing to do for the document as it is.
    pub(super) fn is_idle(&self, replica: &Replica) -> bool {
        self.idle == Some((replica.document().version(), replica.terms().term))
    }
}

impl Node {
    /// What this node knows of the cluster.
    pub fn status(&self) -> NodeStatus {
        let view = self.replica.view();
        let members = view.map_or(&[][..], |view| &view.members);
        let name = |id: u32| {
            let member = members.iter().find(|member| member.id == id);
            member.map_or_else(|| id.to_string(), |member| member.name.clone())
        };
        let running = self.activity.running.values();
        NodeStatus {
            node: self.me().name.clone(),
            leader: self.leader().map(name),
            quorate: view.is_some_and(|view| view.quorate),
            members: members.iter().map(|member| member.name.clone()).collect(),
            idle: self.is_idle(),
            transition: self.activity.transition.map(|(id, actions)| TransitionStatus {
                id,
                actions,
                running: running.map(|(key, node)| (key.clone(), name(*node))).collect(),
            }),
            fencing: self.fencing.clone(),
            version: self.document().version(),
        }
    }
}
