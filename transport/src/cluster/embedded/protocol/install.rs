//! A view is decided: tell everyone, deliver the rest of the old view, begin the new one.

use std::collections::BTreeMap;

use quorate_core::membership::{View, ViewId};

use super::packet::{Body, Departure, Installation, Process, Proposed};
use super::peer::{Mark, Peer};
use super::propose::{Accepted, Fills};
use super::sequencer::Sequencer;
use super::{Change, Current, Log, Millis, Protocol};
use crate::cluster::ClusterEvent;

/// A view we decided, until all its members have said hello from within it.
#[derive(Debug)]
pub(super) struct Installing {
    installation: Installation,
    accepts: BTreeMap<u32, Accepted>,
    fills: Fills,
    since: Millis,
    marks: BTreeMap<u32, Mark>,
}

impl Protocol {
    /// The first view of a node: itself.
    pub(super) fn begin_alone(&mut self) {
        self.epoch_max = self.settings.epoch + 1;
        let Process { id: coordinator, incarnation } = self.me();
        let ballot = ViewId { epoch: self.epoch_max, coordinator, incarnation };
        let members = vec![Proposed { process: self.me(), view: ViewId::default() }];
        let released = self.settings.nodes.len() == 1;
        self.promised = ballot;
        self.install(&Installation { ballot, members, targets: Vec::new(), departed: Vec::new(), released });
    }

    /// Sends a decided view to its members and goes there ourselves.
    pub(super) fn spread(&mut self, installation: Installation, accepts: BTreeMap<u32, Accepted>, fills: Fills) {
        for stamped in fills.get(&self.view.id).into_iter().flat_map(|fills| fills.values()) {
            self.log.insert(stamped.clone());
        }
        let decided = installation.clone();
        let marks = BTreeMap::new();
        self.installing = Some(Installing { installation, accepts, fills, since: self.now, marks });
        let me = self.me();
        for member in decided.members.iter().filter(|member| member.process != me) {
            self.send_installation(*member);
        }
        self.install(&decided);
    }

    fn send_installation(&mut self, to: Proposed) {
        let id = to.process.id;
        let mark = self.peers.get(&id).map(|peer| peer.mark()).unwrap_or_default();
        let Some(installing) = &mut self.installing else { return };
        installing.marks.insert(id, mark);
        let held = installing.accepts.get(&id).map(|accepted| accepted.received).unwrap_or(0);
        let lacking = installing.fills.get(&to.view).map(|fills| fills.range(held + 1..));
        let lacking: Vec<_> = lacking.into_iter().flatten().map(|(_, stamped)| stamped.clone()).collect();
        let installation = installing.installation.clone();
        for stamped in lacking {
            self.send(id, Body::Fill { ballot: installation.ballot, view: to.view, stamped });
        }
        self.send(id, Body::Install(installation));
    }

    /// Members that have not said hello from within the view we decided.
    fn not_installed(&self) -> Vec<Proposed> {
        let Some(installing) = &self.installing else { return Vec::new() };
        let members = installing.installation.members.iter().copied();
        let here = |member: &Proposed| {
            let stands = self.peers.get(&member.process.id).and_then(|peer| peer.view());
            member.process == self.me() || stands == Some(self.view.id) || self.away(member.process).is_some()
        };
        members.filter(|member| !here(member)).collect()
    }

    pub(super) fn awaits_installation(&self) -> bool {
        let Some(installing) = &self.installing else { return false };
        let in_time = self.now.saturating_sub(installing.since) <= self.settings.timing.consensus;
        in_time && !self.not_installed().is_empty()
    }

    pub(super) fn repeat_installation(&mut self) {
        let Some(installing) = &self.installing else { return };
        let marks = installing.marks.clone();
        for member in self.not_installed() {
            let mark = marks.get(&member.process.id).copied().unwrap_or_default();
            if self.peers.get(&member.process.id).is_some_and(|peer| peer.lost(mark)) {
                self.send_installation(member);
            }
        }
    }

    pub(super) fn install(&mut self, installation: &Installation) {
        let target = installation.target(self.view.id);
        let received = self.log.received();
        assert!(received >= target, "installing with {received} of {target} messages");
        while let Some(next) = self.log.deliver_up_to(target) {
            self.hand_out(next);
        }
        let next = self.current(installation);
        let before = std::mem::replace(&mut self.view, next);
        self.begin_view();
        self.announce(&before, &installation.departed);
        self.say_hello_to_all();
        self.submit();
    }

    fn current(&self, installation: &Installation) -> Current {
        let members: Vec<Process> = installation.members.iter().map(|member| member.process).collect();
        let ids: Vec<u32> = members.iter().map(|member| member.id).collect();
        let released = installation.released;
        let quorate = self.settings.votes.quorate(&self.votes(), &ids, released);
        Current { id: installation.ballot, members, released, quorate }
    }

    fn begin_view(&mut self) {
        self.view.members.sort();
        self.log = Log::default();
        self.sequencer = self.leads_view().then(|| Sequencer::new(&self.followers()));
        self.change = Change::Steady;
        if !self.leads_view() {
            self.installing = None;
        }
        self.orphaned = None;
        self.shunned.clear();
        self.merge_at = None;
        self.outbox.carry_over();
    }

    fn announce(&mut self, before: &Current, departed: &[(Process, Departure)]) {
        let members = self.view.members.iter().map(|member| self.member(member.id)).collect();
        let absent = |id: &u32| !self.view.members.iter().any(|member| member.id == *id);
        let has_ended = |id: &u32, peer: &Peer| {
            let told = departed.iter().any(|(process, why)| process.id == *id && *why == Departure::Ended);
            peer.refused || told && before.members.iter().any(|member| member.id == *id && peer.is(*member))
        };
        let ended =
            self.peers.iter().filter(|(id, peer)| absent(id) && has_ended(id, peer)).map(|(id, _)| *id).collect();
        // Whoever is silent is missed after a token time, and not before: one that was heard just now was
        // left out for another reason, and is on its way back.
        let token = self.settings.timing.token;
        let speaks = |peer: &Peer| peer.heard_within(self.now, peer.patience(token) / 2) && !peer.goodbye;
        let heard = self.peers.iter().filter(|(id, peer)| absent(id) && speaks(peer) && !has_ended(id, peer));
        let heard = heard.map(|(id, _)| *id).collect();
        self.tell_of_lost(before, departed);
        let view = View { id: self.view.id, members, quorate: self.view.quorate, ended, heard };
        self.event(ClusterEvent::View(view));
    }

    /// When those were last heard that are no members any more because nobody heard them. Who has gone on without us
    /// was heard just now: that is no silence.
    fn tell_of_lost(&mut self, before: &Current, departed: &[(Process, Departure)]) {
        let silence = self.settings.timing.token / 2;
        let lost = departed.iter().filter(|(process, why)| *why == Departure::Lost && before.members.contains(process));
        let told: Vec<String> = lost
            .filter_map(|(process, _)| {
                let heard = self.peers.get(&process.id).filter(|peer| peer.is(*process))?.heard?;
                let silent = self.now.saturating_sub(heard);
                (silent > silence).then(|| format!("{} was last heard {silent} ms ago", self.member(process.id).name))
            })
            .collect();
        told.into_iter().for_each(|words| self.event(ClusterEvent::Note(words)));
    }
}
