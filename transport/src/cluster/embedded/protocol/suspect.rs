//! Who is gone, and who should therefore propose a new view.

use super::packet::{Departure, Process, Proposed};
use super::{Change, Protocol};

impl Protocol {
    /// Why a member is no longer there at all.
    pub(super) fn gone(&self, member: Process) -> Option<Departure> {
        if member == self.me() {
            return None;
        }
        let peer = self.peers.get(&member.id)?;
        if !peer.is(member) {
            return Some(if peer.incarnation.is_some() { Departure::Restarted } else { Departure::Lost });
        }
        if peer.goodbye {
            return Some(Departure::Left);
        }
        let patience = peer.patience(self.settings.timing.token);
        let why = if peer.refused { Departure::Ended } else { Departure::Lost };
        (!peer.heard_within(self.now, patience)).then_some(why)
    }

    /// Why a member is no longer in our view: gone, or in a later one.
    pub(super) fn away(&self, member: Process) -> Option<Departure> {
        self.gone(member).or_else(|| {
            let peer = self.peers.get(&member.id)?;
            (peer.view()? > self.view.id).then_some(Departure::Lost)
        })
    }

    /// In our view, as far as we can tell from here.
    fn with_us(&self, member: Process) -> bool {
        let stands = self.peers.get(&member.id).and_then(|peer| peer.view());
        member == self.me()
            || (self.away(member).is_none() && stands == Some(self.view.id) && !self.shunned.contains(&member.id))
    }

    /// Looks whether the view must change, and whether it is on us to change it.
    pub(super) fn consider_change(&mut self) {
        match &self.change {
            Change::Steady if self.leads_view() => self.lead_steady(),
            Change::Steady => self.follow_steady(),
            Change::Leading(_) => self.supervise_proposal(),
            Change::Following(following) => {
                let expired = self.now.saturating_sub(following.since) > 2 * self.settings.timing.consensus;
                if following.abandoned || expired || self.gone(following.proposer).is_some() {
                    self.orphan();
                }
            }
        }
    }

    fn lead_steady(&mut self) {
        if self.awaits_installation() {
            return;
        }
        self.installing = None;
        let all_here = self.view.members.iter().all(|member| self.with_us(*member));
        if !all_here || self.stuck_follower() {
            self.propose_rest();
        } else {
            self.consider_merge();
        }
    }

    /// A member waits for a proposer that has given up, and we were not part of that.
    fn stuck_follower(&self) -> bool {
        self.followers().iter().any(|id| {
            let standing = self.peers.get(id).and_then(|peer| peer.standing.as_ref());
            let frozen = standing.filter(|standing| standing.view == self.view.id).and_then(|standing| standing.frozen);
            frozen.is_some_and(|since| self.now.saturating_sub(since) > self.settings.timing.consensus / 2)
        })
    }

    fn follow_steady(&mut self) {
        let coordinator = self.view.members.iter().find(|member| member.id == self.view.id.coordinator).copied();
        if coordinator.is_some_and(|coordinator| self.away(coordinator).is_some()) {
            self.orphan();
        } else {
            self.orphaned = None;
            self.shunned.clear();
        }
    }

    /// Nobody leads us: the lowest member left proposes, and has so long to do it.
    fn orphan(&mut self) {
        let since = *self.orphaned.get_or_insert(self.now);
        let mut candidates = self.view.members.iter().filter(|member| self.with_us(**member)).map(|member| member.id);
        let local = self.settings.local;
        if candidates.next() == Some(local) {
            self.propose_rest();
        } else if self.now.saturating_sub(since) > self.settings.timing.consensus {
            self.orphaned = Some(self.now);
            let lower = self.view.members.iter().map(|member| member.id).filter(|id| *id < local);
            self.shunned.extend(lower);
        }
    }

    /// Proposes the view of those that remain of ours.
    pub(super) fn propose_rest(&mut self) {
        let view = self.view.id;
        let rest: Vec<Process> = self.view.members.iter().copied().filter(|member| self.with_us(*member)).collect();
        let missing = self.view.members.iter().filter(|member| !rest.contains(member));
        let departed = missing.map(|member| (*member, self.away(*member).unwrap_or(Departure::Lost))).collect();
        let members = rest.into_iter().map(|process| Proposed { process, view }).collect();
        self.propose(members, departed);
    }
}
