//! Bringing whole views together that hear each other.

use quorate_core::membership::ViewId;

use super::Protocol;
use super::packet::{Process, Proposed};
use super::peer::Standing;

impl Protocol {
    /// Called on the coordinator of a view in which all is well.
    pub(super) fn consider_merge(&mut self) {
        let foreign = self.mergeable_views();
        if foreign.is_empty() || self.leaving.is_some() || !self.own_view_mergeable() {
            self.merge_at = self.merge_at.filter(|at| *at > self.now);
            return;
        }
        let timing = self.settings.timing;
        // The lowest coordinator proposes; others wait long enough to see that it cannot.
        let lowest = foreign.iter().all(|(view, _)| view.coordinator > self.settings.local);
        let patience = if lowest { timing.merge } else { timing.merge + 2 * timing.consensus };
        let at = *self.merge_at.get_or_insert(self.now + patience);
        if self.now >= at {
            self.propose_merge(foreign);
        }
    }

    /// After a merge has failed: not at once again, and not all at the same moment.
    pub(super) fn postpone_merge(&mut self) {
        let timing = self.settings.timing;
        let rank = self.settings.nodes.iter().filter(|node| node.id < self.settings.local).count() as u64;
        self.merge_at = Some(self.now + timing.merge + (rank + 1) * timing.join);
    }

    fn propose_merge(&mut self, foreign: Vec<(ViewId, Vec<Process>)>) {
        let view = self.view.id;
        let mut members: Vec<Proposed> =
            self.view.members.iter().map(|process| Proposed { process: *process, view }).collect();
        for (view, processes) in foreign.into_iter().filter(|(view, _)| view.coordinator > self.settings.local) {
            members.extend(processes.into_iter().map(|process| Proposed { process, view }));
        }
        if members.iter().any(|member| member.view != view) {
            self.propose(members, Vec::new());
        }
    }

    fn own_view_mergeable(&self) -> bool {
        let follower_ready = |id: &u32| {
            let standing = self.peers.get(id).and_then(|peer| peer.standing.as_ref());
            standing.is_some_and(|standing| ready(standing, self.view.id))
        };
        self.outbox.mergeable() && self.followers().iter().all(follower_ready)
    }

    /// Views of which every member is heard, hears us, stands in it, and is ready.
    fn mergeable_views(&self) -> Vec<(ViewId, Vec<Process>)> {
        let ours = &self.view.members;
        let mut views: Vec<(ViewId, Vec<Process>)> = Vec::new();
        for standing in self.peers.values().filter_map(|peer| peer.standing.as_ref()) {
            let known = standing.view == self.view.id || views.iter().any(|(view, _)| *view == standing.view);
            let overlaps = standing.members.iter().any(|member| ours.iter().any(|own| own.id == member.id));
            let complete = standing.members.iter().all(|member| self.ready_in(*member, standing.view));
            if !known && !overlaps && complete {
                views.push((standing.view, standing.members.clone()));
            }
        }
        views
    }

    fn ready_in(&self, member: Process, view: ViewId) -> bool {
        let token = self.settings.timing.token;
        self.peers.get(&member.id).is_some_and(|peer| {
            let stands = peer.standing.as_ref().is_some_and(|standing| ready(standing, view));
            peer.is(member) && peer.linked(self.now, token) && stands
        })
    }
}

fn ready(standing: &Standing, view: ViewId) -> bool {
    standing.view == view && standing.mergeable && standing.frozen.is_none()
}
