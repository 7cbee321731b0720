//! What a node can say of the cluster's activity, learnt from the messages that pass.

use super::Node;
use super::request::{NodeStatus, TransitionStatus};
use crate::cib::Version;
use crate::lrm::Operation;
use crate::membership::View;
use crate::replica::Replica;
use crate::transition::{Action, TransitionKey};
use std::collections::BTreeMap;

/// What is going on.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    transition: Option<(i32, u32)>,
    running: BTreeMap<TransitionKey, Running>,
    idle: Option<(Version, u64)>,
}

/// An operation that was ordered and whose result has not come.
#[derive(Clone, Debug)]
struct Running {
    /// As `vip_start_0`.
    key: String,
    resource: String,
    /// Whose agent it is.
    on: u32,
    work: Work,
    /// Its result is not waited for any longer then. Milliseconds.
    until: u64,
}

/// What an operation is to its resource, elsewhere than where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// It only looks.
    Look,
    Change,
    /// It is half of a move: it changes what runs on another node, too.
    Move,
}

fn work_of(operation: &str) -> Work {
    match operation {
        "migrate_to" | "migrate_from" => Work::Move,
        "start" | "stop" | "promote" | "demote" | "reload" | "reload-agent" => Work::Change,
        _ => Work::Look,
    }
}

/// After an agent's time limit, until it is ended and its result is here. Milliseconds.
const RESULT_TRAVELS_MS: u64 = 10_000;

impl Activity {
    pub(super) fn transition(&mut self, id: i32, actions: u32) {
        self.transition = Some((id, actions));
        self.idle = None;
    }

    /// The transition is over: what its leader waited for has ended. What an earlier leader had begun goes on.
    pub(super) fn forget_transition(&mut self) {
        self.transition = None;
        self.running.retain(|_, running| running.work != Work::Look);
        self.idle = None;
    }

    /// Other members, perhaps another leader: agents that run go on where their node stays.
    pub(super) fn enter(&mut self, view: &View) {
        self.forget_transition();
        self.running.retain(|_, running| view.members.iter().any(|member| member.id == running.on));
    }

    pub(super) fn begun(&mut self, operation: &Operation, to: u32, now: u64) {
        let until = now + operation.start_delay_ms() + operation.timeout_ms() + RESULT_TRAVELS_MS;
        let running = Running {
            key: operation.action.key.clone(),
            resource: operation.resource().to_string(),
            on: to,
            work: work_of(&operation.action.operation),
            until,
        };
        self.running.insert(operation.key.clone(), running);
    }

    /// Until when an operation that changes a resource waits at most, so that it does not queue behind what is under
    /// way on its node, or behind a move. Milliseconds.
    pub(super) fn busy_until(&self, action: &Action, node: u32, now: u64) -> Option<u64> {
        let resource = &action.resource.as_ref().filter(|_| work_of(&action.operation) != Work::Look)?.id;
        let of_it = self.running.values().filter(|running| running.resource == *resource && running.until > now);
        let in_the_way = of_it.filter(|running| running.work == Work::Move || running.on == node);
        in_the_way.filter(|running| running.work != Work::Look).map(|running| running.until).max()
    }

    /// Whether nothing is being changed by what an earlier leader had begun.
    fn rests(&self, now: u64) -> bool {
        !self.running.values().any(|running| running.work != Work::Look && running.until > now)
    }

    pub(super) fn ended(&mut self, key: &TransitionKey) {
        self.running.remove(key);
    }

    pub(super) fn idle(&mut self, version: Version, term: u64) {
        self.idle = Some((version, term));
    }

    /// Whether the leader found nothing to do for the document as it is, and nothing is under way from before.
    pub(super) fn is_idle(&self, replica: &Replica, now: u64) -> bool {
        self.idle == Some((replica.document().version(), replica.terms().term)) && self.rests(now)
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
                running: running.map(|running| (running.key.clone(), name(running.on))).collect(),
            }),
            fencing: self.fencing.clone(),
            version: self.document().version(),
        }
    }
}
