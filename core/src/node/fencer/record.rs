//! What is remembered of fencing, and who is answered.

use super::Node;
use crate::fencing::cause::{self, Proved};
use crate::fencing::history::{self, FencingState};
use crate::fencing::under_way::Brought;
use crate::fencing::{FencingEvent, UnderWay};
use crate::node::Effect;
use crate::node::message::RequestId;
use crate::node::request::{Refusal, Reply};
use crate::status::{self, cause::OFF_IMPOSSIBLE};
use std::collections::{BTreeMap, BTreeSet};

/// Fenced runs of a node's daemon that are remembered.
const FENCED_RUNS_MAX: usize = 32;

impl Node {
    /// A node was cut off: for which failures, for with its state they are forgotten.
    pub(super) fn remember_causes(&mut self, target: &str, proved: &UnderWay) {
        self.remember_for(target, proved, &proved.event.action);
    }

    /// It was to be switched off for a failure, and nothing can do that: wanted again, it would end alike.
    /// Whether it is remembered.
    pub(super) fn remember_impossible(&mut self, target: &str, failed: &UnderWay) -> bool {
        let is_remembered =
            failed.event.action == "off" && !failed.causes.is_empty() && self.find_node(target).is_some();
        if is_remembered {
            self.remember_for(target, failed, OFF_IMPOSSIBLE);
        }
        is_remembered
    }

    fn remember_for(&mut self, target: &str, ended: &UnderWay, action: &str) {
        let FencingEvent { id, at, .. } = &ended.event;
        let Some(node) = self.find_node(target) else { return };
        let worked = cause::worked(self.document(), &node, &ended.causes);
        let proved = Proved { fencing: id, action, at: *at, resources: &ended.causes, worked: &worked };
        let edits = cause::remember(self.document(), &node, &proved);
        if !edits.is_empty() {
            self.replica.update(&edits);
            self.hear_of_causes();
        }
    }

    /// How long ago a node was fenced for a failure is judged by this node's clock alone: those of two leaders may be
    /// hours apart, and one would take for long past what the other has just done.
    pub(in crate::node) fn hear_of_causes(&mut self) {
        let states = self.document().status().elements_named("node_state");
        let ids: BTreeSet<String> = states.flat_map(status::cause::read).map(|cause| cause.id).collect();
        self.causes_heard.retain(|id, _| ids.contains(id));
        let now = self.clock.epoch;
        for id in ids {
            self.causes_heard.entry(id).or_insert(now);
        }
    }

    /// Members that meet know afterwards what any of them remembered, but for what was forgotten.
    pub(super) fn share_history(&mut self, brought: &[Brought]) {
        let since = brought.iter().map(|brought| brought.history_since).max().unwrap_or(0);
        self.fencing_since = since.max(self.fencing_since);
        let known: BTreeSet<String> = self.fencing.iter().map(|event| event.id.clone()).collect();
        let others = brought.iter().flat_map(|brought| &brought.history);
        let mut all: BTreeMap<String, FencingEvent> = BTreeMap::new();
        for event in others.filter(|event| event.at > since || since == 0) {
            all.entry(event.id.clone()).or_insert_with(|| event.clone());
        }
        // What is pending here has ended elsewhere, if somebody knows its end.
        self.fencing.retain(|event| event.state == FencingState::Pending || event.at > since || since == 0);
        self.fencing.retain(|event| event.state != FencingState::Pending || !all.contains_key(&event.id));
        let pending = |event: &FencingEvent| !self.fencing.iter().any(|own| own.id == event.id);
        let new: Vec<FencingEvent> = all.into_values().filter(pending).collect();
        for event in &new {
            if known.contains(&event.id) {
                self.answer_fencing(event);
            }
        }
        self.fencing.extend(new);
        self.fencing.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
        let surplus = self.fencing.len().saturating_sub(history::EVENTS_MAX);
        self.fencing.drain(..surplus);
    }

    /// What is over is forgotten, of one node or all.
    pub(in crate::node) fn forget_fencing(&mut self, node: Option<&str>, epoch_seconds: i64) {
        let meant = |event: &FencingEvent| node.is_none_or(|name| event.target == name);
        self.fencing.retain(|event| event.state == FencingState::Pending || !meant(event));
        if node.is_none() {
            self.fencing_since = epoch_seconds;
        }
        self.tell_of_fencing();
    }

    /// This run of a node's daemon was proved to be off: it must not be met again.
    pub(super) fn remember_run(&mut self, target: &str, run: Option<u64>) {
        let id = self.find_node(target).and_then(|node| node.id.parse().ok());
        if let (Some(id), Some(run)) = (id, run) {
            self.know_fenced(id, &[run].into());
        }
    }

    fn know_fenced(&mut self, id: u32, runs: &BTreeSet<u64>) {
        let known = self.fencer.fenced.entry(id).or_default();
        known.extend(runs);
        while known.len() > FENCED_RUNS_MAX {
            known.pop_first();
        }
    }

    /// Whoever hears here that this very run of it was fenced reacts.
    pub(super) fn share_fenced_runs(&mut self, brought: &[Brought]) {
        for (id, runs) in brought.iter().flat_map(|brought| &brought.fenced) {
            self.know_fenced(*id, runs);
        }
        let mine = self.fencer.fenced.get(&self.settings.me.id);
        if mine.is_some_and(|runs| runs.contains(&self.settings.incarnation)) {
            self.react_to_own_fencing(false);
        }
    }

    pub(super) fn remember_failed(&mut self, event: FencingEvent, reason: &str) {
        let (state, at) = (FencingState::Failed, self.clock.epoch);
        self.remember(FencingEvent { state, reason: reason.to_string(), at, ..event });
    }

    /// A request that this member has come to follow in the middle.
    pub(super) fn remember_begun(&mut self, event: FencingEvent) {
        if !self.fencing.iter().any(|known| known.id == event.id) {
            self.remember(event);
        }
    }

    /// Everyone remembers; the node whose tool asked answers it.
    pub(super) fn remember(&mut self, event: FencingEvent) {
        self.answer_fencing(&event);
        self.alert_of_fencing(&event);
        history::record(&mut self.fencing, event);
        self.tell_of_fencing();
    }

    fn answer_fencing(&mut self, event: &FencingEvent) {
        let reply = match event.state {
            FencingState::Pending => None,
            FencingState::Succeeded => Some(Reply::Done),
            FencingState::Failed => Some(Reply::Refused(Refusal::NotFenced { reason: event.reason.clone() })),
        };
        let asked = self.fencing_asked.keys().find(|request| request_name(**request) == event.id).copied();
        if let (Some(reply), Some(request)) = (reply, asked) {
            self.fencing_asked.remove(&request);
            self.answer(Some(request), reply);
        }
    }

    /// A node is no node of the cluster any more: what is over is forgotten with it. One that is here, or about
    /// which something is being done, is not.
    pub(in crate::node) fn forget_node(&mut self, id: &str, name: &str) {
        if self.run_here(name).is_some() || self.fencer.active.contains_key(name) {
            return;
        }
        self.fencing.retain(|event| event.target != name);
        self.fencer.failures.remove(name);
        if let Ok(id) = id.parse::<u32>() {
            self.fencer.fenced.remove(&id);
        }
        self.tell_of_fencing();
    }

    fn tell_of_fencing(&mut self) {
        if !self.subscribers.is_empty() || !self.limited.is_empty() {
            let status = Reply::Status(self.status());
            let to = self.subscribers.iter().chain(self.limited.keys()).copied().collect();
            self.effects.push(Effect::Notify { to, reply: status });
        }
    }
}

/// The name of the fencing that a tool asks for.
pub(in crate::node) fn request_name(request: RequestId) -> String {
    format!("{}.{}.{}", request.node, request.incarnation, request.number)
}
