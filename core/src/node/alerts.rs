//! What this node tells alerts of: members that come and go and fencing on every node, operations where they
//! ran, attributes by the leader.

use super::{Effect, Node};
use crate::alert::{self, Happening};
use crate::cib::Document;
use crate::fencing::FencingEvent;
use crate::fencing::history::FencingState;
use crate::lrm::queue::Finished;
use crate::note::Note;
use crate::time::Now;
use std::collections::BTreeMap;

/// What has been told.
#[derive(Clone, Debug, Default)]
pub(super) struct Alerts {
    sequence: u64,
    /// The members that were told of, by id.
    members: BTreeMap<u32, String>,
}

impl Node {
    fn alert(&mut self, happening: &Happening) {
        if !alert::is_any(self.document()) {
            return;
        }
        self.alerts.sequence += 1;
        let now = Now::with_offset(self.clock.epoch, self.clock.offset);
        let runs = alert::runs(self.document(), happening, self.alerts.sequence, now);
        self.effects.extend(runs.into_iter().map(Effect::Alert));
    }

    /// The members have agreed: who is new, and who is gone.
    pub(super) fn alert_of_members(&mut self) {
        let Some((view, _)) = self.replica.agreement() else { return };
        let now: BTreeMap<u32, String> = view.members.iter().map(|member| (member.id, member.name.clone())).collect();
        let before = std::mem::replace(&mut self.alerts.members, now.clone());
        let came = now.iter().filter(|(id, _)| !before.contains_key(id)).map(|node| (node, true));
        let went = before.iter().filter(|(id, _)| !now.contains_key(id)).map(|node| (node, false));
        for ((id, name), member) in went.chain(came) {
            if !member && !self.has_left(*id) {
                self.note(Note::warning("membership", format!("{name} is lost")));
            }
            self.alert(&Happening::Node { name: name.clone(), id: id.to_string(), member });
        }
    }

    /// Whether a node said before it went that it would.
    fn has_left(&self, id: u32) -> bool {
        let state = self.document().status().child_with_id("node_state", &id.to_string());
        state.is_some_and(|state| state.attr("expected") == Some("down"))
    }

    pub(super) fn alert_of_operation(&mut self, finished: &Finished) {
        if let Some(happening) = Happening::of_operation(finished, &self.settings.me.name) {
            self.alert(&happening);
        }
    }

    pub(super) fn alert_of_fencing(&mut self, event: &FencingEvent) {
        if event.state != FencingState::Pending {
            self.alert(&Happening::Fencing(event.clone()));
        }
    }

    pub(super) fn alert_of_attributes(&mut self, before: &Document) {
        if !self.is_leader() || !alert::is_any(self.document()) {
            return;
        }
        for happening in alert::attribute_changes(before, self.document()) {
            self.alert(&happening);
        }
    }
}
