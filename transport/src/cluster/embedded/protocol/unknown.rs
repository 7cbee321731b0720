//! Nodes that hold our key and are not in our node list. Whose list is right nobody here can know: they count as
//! nodes that are away, so that who was told of too few does not take itself for all.

use super::packet::{Installation, Proposed};
use super::{Process, Protocol};
use crate::cluster::ClusterEvent;
use quorate_core::membership::ViewId;
use std::collections::BTreeMap;

impl Protocol {
    /// They count until this node is started with another list.
    pub(super) fn unknown_node(&mut self, id: u32) {
        if !self.unknown.insert(id) {
            return;
        }
        let words = format!(
            "node {id} holds our key but is not in the node list: its packets are ignored, and it counts for the \
             quorum as a node that is away; restart this node when its list is right"
        );
        self.event(ClusterEvent::Note(words));
        if self.view.quorate && self.steady() && self.followers().is_empty() {
            self.count_anew();
        }
    }

    /// The votes of all nodes; one of each that nobody has told us of.
    pub(super) fn votes(&self) -> BTreeMap<u32, u32> {
        let listed = self.settings.nodes.iter().map(|node| (node.id, node.votes));
        self.unknown.iter().map(|id| (*id, 1)).chain(listed).collect()
    }

    /// One that is alone begins another view. Those who are several do with the next change.
    fn count_anew(&mut self) {
        self.epoch_max += 1;
        let Process { id: coordinator, incarnation } = self.me();
        let ballot = ViewId { epoch: self.epoch_max, coordinator, incarnation };
        let members = vec![Proposed { process: self.me(), view: self.view.id }];
        let targets = vec![(self.view.id, self.log.received())];
        self.promised = ballot;
        let released = self.view.released;
        self.install(&Installation { ballot, members, targets, departed: Vec::new(), released });
    }
}
