//! Leading a change of view: propose, gather answers, fetch what somebody lacks.

use std::collections::BTreeMap;

use quorate_core::membership::ViewId;

use super::packet::{Body, Departure, Installation, Process, Proposed, Refusal, Stamped};
use super::peer::Mark;
use super::{Change, Millis, Protocol};

/// A proposal of ours that is not decided yet.
#[derive(Debug)]
pub(super) struct Leading {
    pub ballot: ViewId,
    since: Millis,
    members: Vec<Proposed>,
    departed: Vec<(Process, Departure)>,
    accepts: BTreeMap<u32, Accepted>,
    marks: BTreeMap<u32, Mark>,
    /// Messages that somebody lacks and we have to ask for.
    wants: Vec<Want>,
    fills: Fills,
}

/// Messages of old views, by view and sequence.
pub(super) type Fills = BTreeMap<ViewId, BTreeMap<u64, Stamped>>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub received: u64,
    pub released: bool,
}

#[derive(Debug, Clone, Copy)]
struct Want {
    view: ViewId,
    holder: u32,
    first: u64,
    last: u64,
}

impl Leading {
    fn is_merge(&self) -> bool {
        self.members.iter().any(|member| member.view != self.members[0].view)
    }

    fn silent(&self) -> impl Iterator<Item = Process> {
        self.members.iter().map(|member| member.process).filter(|process| !self.accepts.contains_key(&process.id))
    }

    /// The furthest message anyone holds of a view, who holds it, and the least anyone holds.
    fn extent(&self, view: ViewId) -> (u64, u32, u64) {
        let of_view = self.members.iter().filter(|member| member.view == view);
        let held: Vec<(u64, u32)> =
            of_view.map(|member| (self.received(member.process.id), member.process.id)).collect();
        let most = held.iter().map(|(received, _)| *received).max().unwrap_or(0);
        let least = held.iter().map(|(received, _)| *received).min().unwrap_or(0);
        let holder = held.iter().find(|(received, _)| *received == most).map(|(_, id)| *id).unwrap_or(0);
        (most, holder, least)
    }

    fn received(&self, id: u32) -> u64 {
        self.accepts.get(&id).map(|accepted| accepted.received).unwrap_or(0)
    }

    fn views(&self) -> Vec<ViewId> {
        let mut views: Vec<ViewId> = self.members.iter().map(|member| member.view).collect();
        views.sort();
        views.dedup();
        views
    }
}

impl Protocol {
    pub(super) fn propose(&mut self, members: Vec<Proposed>, departed: Vec<(Process, Departure)>) {
        self.abandon_proposal();
        self.epoch_max = self.epoch_max.max(self.promised.epoch).max(self.view.id.epoch) + 1;
        let Process { id: coordinator, incarnation } = self.me();
        let ballot = ViewId { epoch: self.epoch_max, coordinator, incarnation };
        self.promised = ballot;
        self.orphaned = None;
        self.merge_at = None;
        let own = Accepted { received: self.log.received(), released: self.view.released };
        let accepts = BTreeMap::from([(coordinator, own)]);
        let (marks, wants, fills) = Default::default();
        let leading = Leading { ballot, since: self.now, members, departed, accepts, marks, wants, fills };
        let others: Vec<u32> = leading.silent().map(|process| process.id).collect();
        self.change = Change::Leading(leading);
        for id in others {
            self.send_proposal(id);
        }
        self.gather();
    }

    fn send_proposal(&mut self, to: u32) {
        let mark = self.peers.get(&to).map(|peer| peer.mark()).unwrap_or_default();
        let Change::Leading(leading) = &mut self.change else { return };
        leading.marks.insert(to, mark);
        let (ballot, members) = (leading.ballot, leading.members.clone());
        self.send(to, Body::Propose { ballot, members });
    }

    /// Tells those who wait for our proposal to wait no longer.
    pub(super) fn abandon_proposal(&mut self) {
        let Change::Leading(leading) = &self.change else { return };
        let ballot = leading.ballot;
        let local = self.settings.local;
        let others: Vec<u32> = leading.members.iter().map(|member| member.process.id).collect();
        for id in others.into_iter().filter(|id| *id != local) {
            self.send(id, Body::Abandon { ballot });
        }
    }

    pub(super) fn on_accept(&mut self, from: u32, ballot: ViewId, received: u64, released: bool) {
        let Change::Leading(leading) = &mut self.change else { return };
        let is_new = leading.ballot == ballot && leading.silent().any(|process| process.id == from);
        if is_new {
            leading.accepts.insert(from, Accepted { received, released });
            self.gather();
        }
    }

    pub(super) fn on_refuse(&mut self, from: u32, ballot: ViewId, why: Refusal, epoch: u64) {
        self.epoch_max = self.epoch_max.max(epoch);
        let Change::Leading(leading) = &self.change else { return };
        if leading.ballot != ballot || leading.accepts.contains_key(&from) {
            return;
        }
        let is_merge = leading.is_merge();
        match why {
            // It may come to see things as we do; if it does not, we go without it.
            Refusal::Disagree => return,
            Refusal::Moved if !is_merge => {
                self.shunned.insert(from);
            }
            Refusal::Moved | Refusal::Promised | Refusal::NotReady => {}
        }
        self.retry(is_merge);
    }

    /// Gives up on those who are gone, and after a while on those who do not answer.
    pub(super) fn supervise_proposal(&mut self) {
        let Change::Leading(leading) = &self.change else { return };
        let is_merge = leading.is_merge();
        let expired = self.now.saturating_sub(leading.since) > self.settings.timing.consensus;
        let mut awaited: Vec<Process> = leading.silent().collect();
        let holders = leading.wants.iter().map(|want| want.holder);
        let holders: Vec<u32> = holders.collect();
        awaited.extend(
            leading.members.iter().map(|member| member.process).filter(|process| holders.contains(&process.id)),
        );
        if expired {
            self.shunned.extend(awaited.iter().map(|process| process.id));
        } else if !awaited.iter().any(|process| self.gone(*process).is_some()) {
            return;
        }
        self.retry(is_merge);
    }

    /// A merge that fails leaves each view as it was; it is tried again later.
    fn retry(&mut self, was_merge: bool) {
        self.propose_rest();
        if was_merge {
            self.postpone_merge();
        }
    }

    /// Once all have answered: is everything here that somebody lacks?
    fn gather(&mut self) {
        let Change::Leading(leading) = &mut self.change else { return };
        if leading.silent().next().is_some() {
            return;
        }
        for view in leading.views() {
            let (most, holder, least) = leading.extent(view);
            if most == least {
                continue;
            }
            if view == self.view.id && self.log.received() == most {
                let held = (least + 1..=most).filter_map(|sequence| self.log.get(sequence).cloned());
                leading.fills.insert(view, held.map(|stamped| (stamped.sequence, stamped)).collect());
            } else {
                leading.wants.push(Want { view, holder, first: least + 1, last: most });
            }
        }
        leading.since = self.now;
        self.fetch_wants();
        self.complete();
    }

    fn fetch_wants(&mut self) {
        let Change::Leading(leading) = &mut self.change else { return };
        let (ballot, wants) = (leading.ballot, leading.wants.clone());
        for want in &wants {
            let mark = self.peers.get(&want.holder).map(|peer| peer.mark()).unwrap_or_default();
            leading.marks.insert(want.holder, mark);
        }
        for Want { view, holder, first, last } in wants {
            self.send(holder, Body::Fetch { ballot, view, first, last });
        }
    }

    pub(super) fn on_wanted(&mut self, ballot: ViewId, view: ViewId, stamped: Stamped) {
        let Change::Leading(leading) = &mut self.change else { return };
        if leading.ballot != ballot {
            return;
        }
        leading.since = self.now;
        let fills = leading.fills.entry(view).or_default();
        fills.insert(stamped.sequence, stamped);
        let complete = |want: &Want| (want.first..=want.last).all(|sequence| fills.contains_key(&sequence));
        leading.wants.retain(|want| want.view != view || !complete(want));
        self.complete();
    }

    fn complete(&mut self) {
        let ready = |leading: &Leading| leading.wants.is_empty() && leading.silent().next().is_none();
        if !matches!(&self.change, Change::Leading(leading) if ready(leading)) {
            return;
        }
        let Change::Leading(leading) = std::mem::replace(&mut self.change, Change::Steady) else { return };
        let targets = leading.views().into_iter().map(|view| (view, leading.extent(view).0)).collect();
        let ids: Vec<u32> = leading.members.iter().map(|member| member.process.id).collect();
        let released = leading.accepts.values().any(|accepted| accepted.released) || self.all_nodes(&ids);
        let Leading { ballot, members, departed, accepts, fills, .. } = leading;
        self.spread(Installation { ballot, members, targets, departed, released }, accepts, fills);
    }

    fn all_nodes(&self, ids: &[u32]) -> bool {
        self.settings.nodes.iter().all(|node| ids.contains(&node.id))
    }

    /// Sends again what was lost on the way.
    pub(super) fn repeat_lost_change(&mut self) {
        self.repeat_installation();
        let Change::Leading(leading) = &self.change else { return };
        let lost = |id: u32| {
            let mark = leading.marks.get(&id).copied().unwrap_or_default();
            self.peers.get(&id).is_some_and(|peer| peer.lost(mark))
        };
        let silent: Vec<u32> = leading.silent().map(|process| process.id).filter(|id| lost(*id)).collect();
        let fetch_lost = leading.wants.iter().any(|want| lost(want.holder));
        for id in silent {
            self.send_proposal(id);
        }
        if fetch_lost {
            self.fetch_wants();
        }
    }
}
