//! What a delivered message changes. All members get the same messages in the same order.

use super::message::{ActionRef, Author, Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node, bound_to_view, moves};
use crate::admin::cleanup::{self, Forgetting};
use crate::admin::ticket;
use crate::cib::{Document, Edit, Patch, diff};
use crate::lrm::Operation;
use crate::lrm::result::NodeRef;
use crate::note::Note;
use crate::replica::{CommitError, Committed};
use crate::transition::Outcome;
use crate::xml::path::{Path, Step};
use std::collections::BTreeSet;

impl Node {
    pub(super) fn deliver(&mut self, from: u32, message: Message) {
        match message {
            Message::Join(join) => self.join_delivered(join),
            Message::Configuration { accord, root, commits } => {
                if self.replica.accord() == Some(accord) {
                    self.replica.take_configuration(root, commits);
                    self.finalize_join();
                }
            }
            Message::Status { accord, status } => {
                if self.replica.accord() == Some(accord) {
                    self.replica.take_status(status);
                    self.finalize_join();
                }
            }
            message if self.replica.agreement().is_none() => {
                // Nobody acts on it before all agree; its sender says it again afterwards.
                if from == self.me().id && !bound_to_view(&message) {
                    self.returned.push(message);
                }
            }
            message => self.agreed_delivery(from, message),
        }
    }

    fn join_delivered(&mut self, join: crate::membership::Join) {
        let Some(to_send) = self.replica.joined(join) else { return };
        let Some(accord) = self.replica.accord() else { return };
        if let Some((root, commits)) = to_send.configuration {
            self.effects.push(Effect::Multicast(Message::Configuration { accord, root, commits }));
        }
        if let Some(status) = to_send.status {
            self.effects.push(Effect::Multicast(Message::Status { accord, status }));
        }
        self.finalize_join();
    }

    /// If all have what they need, work begins: what waited is sent, the leader leads.
    fn finalize_join(&mut self) {
        if !self.replica.finalize_join() {
            return;
        }
        let Some((view, agreement)) = self.replica.agreement() else { return };
        self.caught_up |= view.members.len() == self.settings.nodes;
        let names: Vec<&str> = view.members.iter().map(|member| member.name.as_str()).collect();
        let leader = agreement.leader.and_then(|leader| agreement.joins.get(&leader));
        let leader = leader.map_or("nobody", |join| join.name.as_str());
        let quorum = if view.quorate { "with" } else { "without" };
        let outside: Vec<&str> =
            agreement.outside.iter().filter_map(|id| Some(agreement.joins.get(id)?.name.as_str())).collect();
        let mut text = format!("{} {quorum} quorum, led by {leader}", names.join(" "));
        if !outside.is_empty() {
            text += &format!("; kept out while being fenced: {}", outside.join(" "));
        }
        self.note(Note::notice("membership", text));
        self.alert_of_members();
        self.gather_attributes();
        self.gather_loads();
        self.await_others();
        self.drop_held();
        self.resume_disks();
        self.resume_fencing();
        self.ask_fencing_again();
        let waiting = std::mem::take(&mut self.outbox);
        for message in std::mem::take(&mut self.returned).into_iter().chain(waiting) {
            self.send(message);
        }
        self.tell_remarks();
        self.judge_commits();
        // Who waits for a commit in this view has to hear from everyone that it is on disk, even
        // where nothing else makes a member write.
        if !self.durability.terms_moved(self.replica.terms()) {
            self.persist();
        }
        if self.is_leader() {
            self.lead();
        }
        for (client, request, author) in std::mem::take(&mut self.unasked) {
            self.ask(client, request, author);
        }
    }

    pub(super) fn agreed_delivery(&mut self, from: u32, message: Message) {
        let Some(message) = self.hold(from, message) else { return };
        let from_leader = self.leader() == Some(from);
        match message {
            Message::Commit { request, patch, author, epoch_seconds } => {
                self.commit_delivered(request, &patch, &author, epoch_seconds);
            }
            Message::NotPersisted { term, version, reason } => self.not_persisted_by(from, term, version, &reason),
            Message::Disk { state, epoch_seconds } => self.disk_said(from, state, epoch_seconds),
            Message::Persisted { term, version } => {
                self.term_stored_by(from, term);
                self.persisted_by(from, term, version);
            }
            Message::Update { request, edits, ends } => self.update_delivered(from, request, &edits, ends),
            Message::Perform { accord, to, operation, edits }
                if from_leader && self.replica.accord() == Some(accord) =>
            {
                self.order_delivered(to, operation, &edits);
            }
            Message::MoveExpected { key } => self.move_expected(&key),
            Message::Result(result) => {
                self.replica.update(&result.edits);
                self.tell_result(&result);
                self.count_failure(&result);
                self.activity.ended(&result.key);
                self.result_delivered(result);
            }
            Message::Forget { request, resources, node, failed_only } => {
                self.forget_delivered(request, resources.as_deref(), node.as_deref(), failed_only);
            }
            Message::Device { request, id, device } => self.device_delivered(request, id, device),
            Message::Ticket { request, ticket, change, epoch_seconds } => {
                self.ticket_delivered(request, &ticket, &change, epoch_seconds);
            }
            Message::ChangeAttributes { request, node, change, everywhere } => {
                self.attributes_changed(from, request, &node, &change, everywhere);
            }
            Message::AttributesSeen { request } => self.attributes_seen(from, request),
            Message::WriteAttributes { names } => self.attributes_written(&names),
            Message::Load { load } => self.load_delivered(from, load),
            Message::Fence(wish) => self.fence_delivered(wish),
            Message::ForgetFencing { request, node, epoch_seconds } => {
                self.forget_fencing(node.as_deref(), epoch_seconds);
                self.answer(request, Reply::Done);
            }
            Message::DeviceRan { fencing, number, result } => self.device_ran(&fencing, number, result),
            Message::StillHere { fencing, target } => self.still_here(&fencing, &target),
            Message::Transition { id, actions } if from_leader => {
                self.activity.transition(id, actions);
            }
            Message::Idle { version, term } if from_leader => {
                self.activity.forget_transition();
                self.activity.idle(version, term);
            }
            Message::Leaving { id } => self.leaving_delivered(id),
            Message::Perform { .. }
            | Message::Transition { .. }
            | Message::Idle { .. }
            | Message::Join(_)
            | Message::Configuration { .. }
            | Message::Status { .. } => {}
        }
    }

    fn update_delivered(&mut self, from: u32, request: Option<RequestId>, edits: &[Edit], ends: Option<ActionRef>) {
        if let Err(refusal) = self.may_update(edits) {
            return self.answer(request, Reply::Refused(refusal));
        }
        let failed = self.replica.update(edits);
        if failed > 0 {
            let text = format!("{failed} of {} edits had nothing to stand on", edits.len());
            self.note(Note::warning("status update", text));
        }
        self.answer(request, Reply::Done);
        self.told(from, ends, "status update");
    }

    /// The leader has an operation run: all know of it, one does it.
    fn order_delivered(&mut self, to: u32, operation: Operation, edits: &[Edit]) {
        self.replica.update(edits);
        self.activity.begun(&operation, to, self.clock.ms);
        self.hear_of_move(&operation);
        match to == self.me().id {
            true if moves::target(&operation).is_some() => self.await_target(operation),
            true => self.perform(operation),
            false => {}
        }
    }

    /// A change of the configuration needs what a commit needs, whoever makes it.
    fn may_update(&self, edits: &[Edit]) -> Result<(), Refusal> {
        if edits.iter().any(Edit::is_of_configuration) { self.may_commit() } else { Ok(()) }
    }

    fn may_commit(&self) -> Result<(), Refusal> {
        if !self.may_write() {
            return Err(Refusal::NoQuorum);
        }
        self.too_few_disks().map_or(Ok(()), |reason| Err(Refusal::Disk { reason }))
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

    fn commit_delivered(&mut self, request: RequestId, patch: &Patch, author: &Author, epoch_seconds: i64) {
        if let Err(refusal) = self.may_commit() {
            return self.answer(Some(request), Reply::Refused(refusal));
        }
        let before = self.replica.document().version();
        let nodes = configured_nodes(self.document());
        let (version, kept) = match self.replica.commit(request, patch) {
            Ok(Committed { version, kept }) => (version, kept),
            Err(error) => return self.answer(Some(request), Reply::Refused(refusal_of(error))),
        };
        if !kept.is_empty() {
            let text = format!(
                "a change by {} on {} had the state of node {} otherwise than it is: who is a member, the members say",
                author.client,
                author.node,
                kept.join(", ")
            );
            self.note(Note::warning("status", text));
        }
        let left = configured_nodes(self.document());
        nodes.difference(&left).for_each(|(id, name)| self.forget_node(id, name));
        self.unite_entries();
        self.replica.update(&signature(author, epoch_seconds));
        let term = self.replica.terms().term;
        if (before.admin_epoch, before.epoch) == (version.admin_epoch, version.epoch) {
            // The status is on no disk: there is nothing to wait for.
            self.answer(Some(request), Reply::Committed { version, durable: true, unsaved: Vec::new() });
        } else {
            self.durability.await_commit(request, term, version, &self.waiting);
        }
        self.tell_commit(patch, author, version);
        self.something_changed("configuration change");
        if self.is_leader() {
            self.advise();
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
    fn forget_delivered(
        &mut self,
        request: Option<RequestId>,
        resources: Option<&[String]>,
        node: Option<&str>,
        failed_only: bool,
    ) {
        let forgotten = cleanup::forget(self.document(), &Forgetting { resources, node, failed_only });
        for (at, resource) in &forgotten.histories {
            if at.name == self.me().name {
                self.lrm.forget(resource);
            }
        }
        if !forgotten.edits.is_empty() {
            self.replica.update(&forgotten.edits);
        }
        self.answer(request, Reply::Done);
        self.something_changed("history forgotten");
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
        self.alert_of_attributes(before);
        if !self.subscribers.is_empty() {
            let patch = diff(before, &after);
            let to = self.subscribers.iter().copied().collect();
            self.effects.push(Effect::Notify { to, reply: Reply::Changed { patch } });
        }
        self.notify_limited(before);
        let terms_moved = self.durability.terms_moved(self.replica.terms());
        if !after.version().same_configuration(before.version()) || terms_moved {
            self.persist();
        }
    }
}

/// Who changed the configuration and when, as the root of a CIB says it.
fn signature(author: &Author, epoch_seconds: i64) -> [Edit; 4] {
    let root = Path(vec![Step { name: "cib".into(), id: None }]);
    let set = |name: &str, value: &str| Edit::Set { path: root.clone(), name: name.into(), value: value.into() };
    let written = crate::time::in_words(crate::time::Now::with_offset(epoch_seconds, author.offset).at);
    [
        set("cib-last-written", &written),
        set("update-origin", &author.node),
        set("update-client", &author.client),
        set("update-user", &author.user),
    ]
}

/// What a tool is told of a change that the document does not take.
fn refusal_of(error: CommitError) -> Refusal {
    match error {
        CommitError::Patch(error) => Refusal::Patch(error),
        CommitError::Schema(error) => Refusal::Schema { reason: error.to_string() },
        CommitError::Invalid(faults) => Refusal::Schema { reason: crate::schema::in_short(&faults) },
    }
}

/// Ids and names.
fn configured_nodes(document: &Document) -> BTreeSet<(String, String)> {
    let nodes = document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements());
    nodes.filter_map(|node| Some((node.id()?.to_string(), node.attr("uname")?.to_string()))).collect()
}
