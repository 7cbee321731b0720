//! Answering somebody else's proposal, and waiting for the view it promises.

use quorate_core::membership::ViewId;

use super::packet::{Body, Installation, Process, Proposed, Refusal, Stamped};
use super::{Change, Millis, Protocol};

/// We have accepted a proposal: no messages flow until a view is installed.
#[derive(Debug)]
pub(super) struct Following {
    pub ballot: ViewId,
    pub proposer: Process,
    pub since: Millis,
    pub abandoned: bool,
    /// The decided view, while messages of the old one are still missing.
    installation: Option<Installation>,
}

impl Protocol {
    pub(super) fn on_propose(&mut self, from: Process, ballot: ViewId, members: Vec<Proposed>) {
        if ballot.coordinator != from.id || ballot == self.view.id {
            return;
        }
        let again = matches!(&self.change, Change::Following(following) if following.ballot == ballot);
        if !again {
            if let Some(why) = self.objection(from, ballot, &members) {
                return self.send(from.id, Body::Refuse { ballot, why, epoch: self.epoch_max });
            }
            self.follow(from, ballot);
        }
        let (received, released) = (self.log.received(), self.view.released);
        self.send(from.id, Body::Accept { ballot, received, released });
    }

    fn follow(&mut self, proposer: Process, ballot: ViewId) {
        self.abandon_proposal();
        self.promised = ballot;
        self.epoch_max = self.epoch_max.max(ballot.epoch);
        self.orphaned = None;
        let since = self.now;
        self.change = Change::Following(Following { ballot, proposer, since, abandoned: false, installation: None });
    }

    fn objection(&self, from: Process, ballot: ViewId, members: &[Proposed]) -> Option<Refusal> {
        let view = self.view.id;
        if ballot <= self.promised {
            return Some(Refusal::Promised);
        }
        if !members.contains(&Proposed { process: self.me(), view }) {
            return Some(Refusal::Moved);
        }
        if members.iter().any(|member| member.process.id < from.id) {
            return Some(Refusal::Disagree);
        }
        if members.iter().all(|member| member.view == view) {
            // Somebody lower is alive and well: it would be its task to propose.
            let lower = self.view.members.iter().filter(|member| member.id < from.id);
            let wanted = lower.filter(|member| self.away(**member).is_none()).count() > 0;
            return wanted.then_some(Refusal::Disagree);
        }
        let whole = self.view.members.iter().all(|process| members.contains(&Proposed { process: *process, view }));
        if !whole {
            return Some(Refusal::Moved);
        }
        let ready = self.outbox.mergeable() && self.leaving.is_none();
        (!ready).then_some(Refusal::NotReady)
    }

    pub(super) fn on_abandon(&mut self, ballot: ViewId) {
        if let Change::Following(following) = &mut self.change
            && following.ballot == ballot
        {
            following.abandoned = true;
        }
    }

    pub(super) fn on_fetch(&mut self, from: u32, ballot: ViewId, view: ViewId, first: u64, last: u64) {
        let expected = matches!(&self.change, Change::Following(following) if following.ballot == ballot);
        if !expected || view != self.view.id {
            return;
        }
        for sequence in first..=last.min(self.log.received()) {
            if let Some(stamped) = self.log.get(sequence).cloned() {
                self.send(from, Body::Fill { ballot, view, stamped });
            }
        }
    }

    pub(super) fn on_fill(&mut self, ballot: ViewId, view: ViewId, stamped: Stamped) {
        let now = self.now;
        match &mut self.change {
            Change::Leading(_) => self.on_wanted(ballot, view, stamped),
            Change::Following(following) if following.ballot == ballot && view == self.view.id => {
                following.since = now;
                self.log.insert(stamped);
                self.install_when_filled();
            }
            _ => {}
        }
    }

    pub(super) fn on_install(&mut self, from: u32, installation: Installation) {
        if installation.ballot == self.view.id {
            return self.say_hello(from);
        }
        if let Change::Following(following) = &mut self.change
            && following.ballot == installation.ballot
        {
            following.installation = Some(installation);
            self.install_when_filled();
        }
    }

    fn install_when_filled(&mut self) {
        let Change::Following(following) = &mut self.change else { return };
        let view = self.view.id;
        let received = self.log.received();
        let filled = |installation: &mut Installation| received >= installation.target(view);
        if let Some(installation) = following.installation.take_if(filled) {
            self.install(&installation);
        }
    }
}

impl Installation {
    /// The last message to deliver before leaving `view`.
    pub(super) fn target(&self, view: ViewId) -> u64 {
        self.targets.iter().find(|(of, _)| *of == view).map(|(_, target)| *target).unwrap_or(0)
    }
}
