//! What a delivered message changes. All members get the same messages in the same order.

use super::consequence::{self, Forgetting};
use super::message::{ActionRef, Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node, bound_to_view};
use crate::cib::{Document, Edit, diff};
use crate::lrm::result::NodeRef;
use crate::note::Note;
use crate::replica::CommitError;
use crate::ticket;
use crate::transition::Outcome;
use crate::xml::path::Step;

impl Node {
    pub(super) fn deliver(&mut self, from: u32, message: Message) {
        match message {
            Message::Join(join) => self.join_delivered(join),
            Message::Configuration { view, root, commits } => {
                if self.replica.view().is_some_and(|current| current.id == view) {
                    self.replica.take_configuration(root, commits);
                    self.settle();
                }
            }
            Message::Status { view, status } => {
                if self.replica.view().is_some_and(|current| current.id == view) {
                    self.replica.take_status(status);
                    self.settle();
                }
            }
            message if self.replica.agreement().is_none() => {
                // Nobody acts on it before all agree; its sender says it again afterwards.
                if from == self.me().id && !bound_to_view(&message) {
                    self.outbox.push(message);
                }
            }
            message => self.agreed_delivery(from, message),
        }
    }

    fn join_delivered(&mut self, join: crate::membership::Join) {
        let Some(to_send) = self.replica.joined(join) else { return };
        let Some(view) = self.replica.view().map(|view| view.id) else { return };
        if let Some((root, commits)) = to_send.configuration {
            self.effects.push(Effect::Multicast(Message::Configuration { view, root, commits }));
        }
        if let Some(status) = to_send.status {
            self.effects.push(Effect::Multicast(Message::Status { view, status }));
        }
        self.settle();
    }

    /// If all have what they need, work begins: what waited is sent, the leader leads.
    fn settle(&mut self) {
        if !self.replica.settle() {
            return;
        }
        let Some((view, agreement)) = self.replica.agreement() else { return };
        self.caught_up |= view.members.len() == self.settings.nodes;
        let names: Vec<&str> = view.members.iter().map(|member| member.name.as_str()).collect();
        let leader = agreement.joins.get(&agreement.leader).map_or("", |join| &join.name);
        let note = Note::info(
            "membership",
            format!("{} {} quorum, led by {leader}", names.join(" "), if view.quorate { "with" } else { "without" }),
        );
        let leads = agreement.leader == self.me().id;
        self.note(note);
        self.resume_fencing();
        self.ask_fencing_again();
        for message in std::mem::take(&mut self.outbox) {
            self.effects.push(Effect::Multicast(message));
        }
        self.judge_commits();
        // Who waits for a commit in this view has to hear from everyone that it is on disk, even
        // where nothing else makes a member write.
        if !self.durability.mark_moved(self.replica.mark()) {
            self.persist();
        }
        if leads {
            self.lead();
        }
        for (client, request, author) in std::mem::take(&mut self.unasked) {
            self.ask(client, request, author);
        }
    }

    fn agreed_delivery(&mut self, from: u32, message: Message) {
        let from_leader = self.leader() == Some(from);
        match message {
            Message::Commit { request, patch, author, epoch_seconds } => {
                self.commit_delivered(request, &patch, &author, epoch_seconds);
            }
            Message::Persisted { term, version } => self.persisted_by(from, term, version),
            Message::Update { request, edits, ends } => {
                let failed = self.replica.update(&edits);
                if failed > 0 {
                    let text = format!("{failed} of {} edits had nothing to stand on", edits.len());
                    self.note(Note::warning("status update", text));
                }
                self.answer(request, Reply::Done);
                self.told(from, ends, "status update");
            }
            Message::Perform { to, operation, edits } if from_leader => {
                self.replica.update(&edits);
                self.activity.begun(&operation, to);
                if to == self.me().id {
                    self.perform(operation);
                }
            }
            Message::Result(result) => {
                self.replica.update(&result.edits);
                self.activity.ended(&result.key);
                self.result_delivered(result);
            }
            Message::Forget { request, resources, node, failed_only } => {
                self.forget_delivered(resources.as_deref(), node.as_deref(), failed_only);
                self.answer(request, Reply::Done);
                self.something_changed("history forgotten");
            }
            Message::Ticket { request, ticket, change, epoch_seconds } => {
                self.ticket_delivered(request, &ticket, &change, epoch_seconds);
            }
            Message::Fence(wish) => self.fence_delivered(wish),
            Message::DeviceRan { fencing, number, ok, output } => {
                self.device_ran(&fencing, number, ok, output);
            }
            Message::Transition { id, actions } if from_leader => {
                self.activity.transition(id, actions);
            }
            Message::Settled { version, term } if from_leader => {
                self.activity.forget_transition();
                self.activity.settle(version, term);
            }
            Message::Leaving { id } => self.leaving_delivered(id),
            Message::Perform { .. }
            | Message::Transition { .. }
            | Message::Settled { .. }
            | Message::Join(_)
            | Message::Configuration { .. }
            | Message::Status { .. } => {}
        }
    }

    /// A change is in the document: it ends an action of the transition that it was part of, and is
    /// news to every other.
    fn told(&mut self, from: u32, ends: Option<ActionRef>, what: &str) {
        match ends {
            Some(ends) if from == self.me().id && self.transition() == ends.transition => {
                self.action_ended(ends, Outcome::Done);
            }
            Some(_) | None => self.something_changed(what),
        }
    }

    fn commit_delivered(
        &mut self,
        request: RequestId,
        patch: &crate::cib::Patch,
        author: &super::message::Author,
        epoch_seconds: i64,
    ) {
        if !self.may_write() {
            return self.answer(Some(request), Reply::Refused(Refusal::NoQuorum));
        }
        match self.replica.commit(request, patch) {
            Ok(version) => {
                let root = crate::xml::path::Path(vec![Step { name: "cib".into(), id: None }]);
                let set =
                    |name: &str, value: &str| Edit::Set { path: root.clone(), name: name.into(), value: value.into() };
                let written = crate::time::Now::from_epoch(epoch_seconds).at.to_string();
                self.replica.update(&[
                    set("cib-last-written", &written),
                    set("update-origin", &author.node),
                    set("update-client", &author.client),
                    set("update-user", &author.user),
                ]);
                let term = self.replica.mark().term;
                self.durability.await_commit(request, term, version, &self.waiting);
                self.something_changed("configuration change");
            }
            Err(CommitError::Patch(error)) => self.answer(Some(request), Reply::Refused(Refusal::Patch(error))),
            Err(CommitError::Schema(error)) => {
                let reason = error.to_string();
                self.answer(Some(request), Reply::Refused(Refusal::Schema { reason }));
            }
        }
    }

    /// A partition without quorum could lose the change when it meets the others, and who asked (another
    /// site may run the resources next) would rely on it.
    fn ticket_delivered(&mut self, request: RequestId, ticket: &str, change: &ticket::Change, epoch_seconds: i64) {
        if !self.may_write() {
            return self.answer(Some(request), Reply::Refused(Refusal::NoQuorum));
        }
        let edits = ticket::edits(self.document(), ticket, change, epoch_seconds);
        if !edits.is_empty() {
            self.replica.update(&edits);
            self.something_changed("a ticket changed");
        }
        self.answer(Some(request), Reply::Done);
    }

    /// Deletes histories and fail counts; where this node is meant, monitors end too.
    fn forget_delivered(&mut self, resources: Option<&[String]>, node: Option<&str>, failed_only: bool) {
        let forgotten = consequence::forget(self.document(), &Forgetting { resources, node, failed_only });
        for (at, resource) in &forgotten.histories {
            if at.name == self.me().name {
                self.lrm.forget(resource);
            }
        }
        if !forgotten.edits.is_empty() {
            self.replica.update(&forgotten.edits);
        }
    }

    /// A member has stopped everything and goes: it need not be fenced.
    fn leaving_delivered(&mut self, id: u32) {
        let path = NodeRef { id: id.to_string(), name: String::new() }.state_path();
        let set = |name: &str, value: &str| Edit::Set { path: path.clone(), name: name.into(), value: value.into() };
        self.replica.update(&[set("join", "down"), set("expected", "down")]);
        if id == self.me().id {
            self.effects.push(Effect::Leave);
        }
    }

    /// Answers the tool that waits for this request, if it asked here.
    pub(super) fn answer(&mut self, request: Option<RequestId>, reply: Reply) {
        if let Some(client) = request.and_then(|request| self.waiting.remove(&request)) {
            self.effects.push(Effect::Reply { client, reply });
        }
    }

    /// What every change of the document brings: subscribers hear it, the disk gets it.
    pub(super) fn after_change(&mut self, before: &Document) {
        let after = self.replica.document().clone();
        if after.same(before) {
            return;
        }
        if !self.subscribers.is_empty() {
            let patch = diff(before, &after);
            self.effects.push(Effect::Notify(Reply::Changed { patch }));
        }
        let mark_moved = self.durability.mark_moved(self.replica.mark());
        if !after.version().same_configuration(before.version()) || mark_moved {
            self.persist();
        }
    }
}
