//! Messages within a view: submitted to the coordinator, stamped, acknowledged, delivered.
//!
//! A message is delivered when all members of the view hold it. So whatever one member has seen,
//! every other member of that view can deliver too, even if the first one dies at that moment.

use std::collections::BTreeMap;

use quorate_core::membership::ViewId;

use super::packet::{Body, Hello, Stamped};
use super::peer::Mark;
use super::{Change, Protocol};
use crate::cluster::{ClusterEvent, Payload};

/// What the coordinator of a view remembers of its messages.
#[derive(Debug, Default)]
pub(super) struct Sequencer {
    last: u64,
    /// The newest message stamped for each sender.
    last_local: BTreeMap<u32, u64>,
    /// Submissions that overtook an earlier one of their sender, by that earlier one.
    early: BTreeMap<(u32, u64), (u64, Payload)>,
    followers: BTreeMap<u32, Follower>,
}

#[derive(Debug, Default)]
struct Follower {
    /// It has said hello from within the view.
    installed: bool,
    acked: u64,
    sent: u64,
    mark: Mark,
}

impl Sequencer {
    /// Nothing is ordered yet, and none of these has said hello.
    pub fn new(followers: &[u32]) -> Sequencer {
        let followers = followers.iter().map(|id| (*id, Follower::default())).collect();
        Sequencer { followers, ..Sequencer::default() }
    }

    /// What every member holds, given what the coordinator holds.
    fn stable(&self, own: u64) -> u64 {
        self.followers.values().map(|follower| follower.acked).fold(own, u64::min)
    }
}

impl Protocol {
    /// Submits as much of the outbox as the window allows.
    pub(super) fn submit(&mut self) {
        // Stamping may deliver at once, and delivering submits: one loop does for all.
        if self.submitting {
            return;
        }
        self.submitting = true;
        self.submit_window();
        self.submitting = false;
    }

    fn submit_window(&mut self) {
        while self.steady()
            && let Some(next) = self.outbox.submit_next()
        {
            if self.leads_view() {
                self.stamp(self.settings.local, next.previous, next.local, next.payload);
            } else {
                self.submitted = self.peers.get(&self.view.id.coordinator).map(|peer| peer.mark()).unwrap_or_default();
                self.send_submission(next.previous, next.local, next.payload);
            }
        }
    }

    fn send_submission(&mut self, previous: u64, local: u64, payload: Payload) {
        let view = self.view.id;
        self.send(view.coordinator, Body::Submit { view, previous, local, payload });
    }

    /// The coordinator has heard from us since, and our messages did not come back.
    pub(super) fn resubmit_lost(&mut self) {
        let Some(coordinator) = self.peers.get(&self.view.id.coordinator) else { return };
        if !self.steady() || !coordinator.lost(self.submitted) {
            return;
        }
        self.submitted = coordinator.mark();
        for again in self.outbox.unordered() {
            self.send_submission(again.previous, again.local, again.payload);
        }
    }

    pub(super) fn on_submit(&mut self, from: u32, view: ViewId, previous: u64, local: u64, payload: Payload) {
        if self.steady() && view == self.view.id && self.leads_view() {
            self.stamp(from, previous, local, payload);
            self.stamp_early(from);
        }
    }

    /// The submissions that waited for the one just stamped.
    fn stamp_early(&mut self, sender: u32) {
        while let Some(sequencer) = &mut self.sequencer {
            let last = sequencer.last_local.get(&sender).copied().unwrap_or_default();
            let Some((local, payload)) = sequencer.early.remove(&(sender, last)) else { return };
            self.stamp(sender, last, local, payload);
        }
    }

    /// Gives a message its place, unless it has one or one before it is missing.
    fn stamp(&mut self, sender: u32, previous: u64, local: u64, payload: Payload) {
        let Some(sequencer) = &mut self.sequencer else { return };
        let last_local = sequencer.last_local.entry(sender).or_default();
        if local <= previous || previous < *last_local {
            return;
        }
        if previous > *last_local {
            // The sender's window bounds how many these can be.
            sequencer.early.insert((sender, previous), (local, payload));
            return;
        }
        *last_local = local;
        sequencer.last += 1;
        let stamped = Stamped { sequence: sequencer.last, sender, local, payload };
        if sender == self.settings.local {
            self.outbox.ordered(local);
        }
        self.log.insert(stamped);
        for id in self.followers() {
            self.send_new(id);
        }
        self.advance_stable();
    }

    /// Sends a follower what it was not sent yet.
    fn send_new(&mut self, to: u32) {
        let Some(follower) = self.sequencer.as_mut().and_then(|sequencer| sequencer.followers.get_mut(&to)) else {
            return;
        };
        if !follower.installed {
            return;
        }
        let (first, last) = (follower.sent + 1, self.log.received());
        follower.sent = last;
        if let Some(peer) = self.peers.get(&to) {
            follower.mark = peer.mark();
        }
        for sequence in first..=last {
            self.send_ordered(to, sequence);
        }
    }

    fn send_ordered(&mut self, to: u32, sequence: u64) {
        let view = self.view.id;
        let Some(stamped) = self.log.get(sequence).cloned() else {
            unreachable!("message {sequence} was dropped before node {to} had it");
        };
        self.send(to, Body::Ordered { view, stamped });
    }

    pub(super) fn on_ordered(&mut self, from: u32, view: ViewId, stamped: Stamped) {
        if !self.steady() || view != self.view.id || from != view.coordinator {
            return;
        }
        let before = self.log.received();
        if stamped.sender == self.settings.local {
            self.outbox.ordered(stamped.local);
        }
        self.log.insert(stamped);
        // A repeated message is acknowledged again: the first acknowledgement may be lost.
        let received = self.log.received();
        if received > before || received > self.log.stable() {
            self.send(from, Body::Ack { view, received });
        }
        self.deliver();
    }

    pub(super) fn on_ack(&mut self, from: u32, view: ViewId, received: u64) {
        if !self.steady() || view != self.view.id {
            return;
        }
        let Some(follower) = self.sequencer.as_mut().and_then(|sequencer| sequencer.followers.get_mut(&from)) else {
            return;
        };
        if received > follower.acked {
            follower.acked = received;
            self.advance_stable();
        }
    }

    /// A member of our view says how far it is: send what it lacks.
    pub(super) fn on_follower_hello(&mut self, from: u32, hello: &Hello) {
        if !self.steady() || !self.leads_view() {
            return;
        }
        self.on_ack(from, hello.view, hello.received);
        let Some(peer) = self.peers.get(&from) else { return };
        let Some(follower) = self.sequencer.as_mut().and_then(|sequencer| sequencer.followers.get_mut(&from)) else {
            return;
        };
        follower.installed = true;
        if follower.acked < follower.sent && peer.lost(follower.mark) {
            follower.sent = follower.acked;
        }
        if follower.sent < self.log.received() {
            self.send_new(from);
        }
    }

    fn advance_stable(&mut self) {
        let Some(sequencer) = &self.sequencer else { return };
        let upto = sequencer.stable(self.log.received());
        if upto <= self.log.stable() {
            return;
        }
        self.log.set_stable(upto);
        let view = self.view.id;
        for id in self.followers() {
            self.send(id, Body::Stable { view, upto });
        }
        self.deliver();
    }

    pub(super) fn on_stable(&mut self, view: ViewId, upto: u64) {
        if matches!(self.change, Change::Steady) && view == self.view.id && !self.leads_view() {
            self.log.set_stable(upto);
            self.deliver();
        }
    }

    /// Hands out what all members hold, and lets the window move on.
    fn deliver(&mut self) {
        while let Some(next) = self.log.deliver_stable() {
            self.hand_out(next);
        }
        self.submit();
    }

    pub(super) fn hand_out(&mut self, stamped: Stamped) {
        if stamped.sender == self.settings.local {
            self.outbox.delivered(stamped.local);
        }
        self.event(ClusterEvent::Message { from: stamped.sender, bytes: stamped.payload });
    }
}
