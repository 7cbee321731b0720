//! Nodes that are not in our node list: they hold our key, or are in another's list. Whose list is right nobody
//! here can know: they count as nodes that are away, so that who was told of too few does not take itself for all.

use super::packet::{Installation, Proposed};
use super::{Introduced, Listed, Process, Protocol};
use crate::cluster::ClusterEvent;
use quorate_core::membership::ViewId;
use std::collections::BTreeMap;

impl Protocol {
    /// What a node says of its configuration, when it has connected.
    pub(super) fn introduced(&mut self, said: Introduced) {
        let before = self.votes();
        let known = self.peers.get_mut(&said.node).map(|peer| std::mem::replace(&mut peer.token, said.token));
        let is_news = known != Some(said.token) || self.lists.get(&said.node) != Some(&said.nodes);
        let words = if is_news { self.differences(&said) } else { Vec::new() };
        words.into_iter().for_each(|words| self.event(ClusterEvent::Note(words)));
        self.lists.insert(said.node, said.nodes);
        if self.votes() != before {
            self.reconsider_quorum();
        }
    }

    /// What there is of this at present, in short.
    pub fn remarks(&self) -> Vec<String> {
        let unknown =
            self.unknown.iter().map(|id| format!("node {id} has the key and is not listed: it counts as away"));
        let differing = self.lists.iter().filter(|(_, theirs)| !self.is_ours(theirs));
        let lists = differing.map(|(node, _)| format!("{} has another node list", self.called(*node)));
        let ours = self.settings.timing.token;
        let tokens = self.peers.iter().filter(|(_, peer)| peer.token != 0 && peer.token != ours);
        let tokens = tokens.map(|(node, peer)| format!("{} has token: {}, not {ours}", self.called(*node), peer.token));
        unknown.chain(lists).chain(tokens).collect()
    }

    /// Whether another's list has the same nodes and votes.
    fn is_ours(&self, theirs: &[Listed]) -> bool {
        let ours: BTreeMap<u32, u32> = self.settings.nodes.iter().map(|node| (node.id, node.votes)).collect();
        ours == theirs.iter().map(|node| (node.id, node.votes)).collect()
    }

    fn called(&self, node: u32) -> String {
        let name = self.member(node).name;
        if name.is_empty() { format!("node {node}") } else { name }
    }

    /// In what its configuration is another than ours, in words.
    fn differences(&self, said: &Introduced) -> Vec<String> {
        let who = self.called(said.node);
        let ours = &self.settings.nodes;
        let mut words = Vec::new();
        for theirs in &said.nodes {
            match ours.iter().find(|node| node.id == theirs.id) {
                None => words.push(format!(
                    "the node list of {who} has {} (id {}), ours has not: it counts for the quorum as a node that is \
                     away; give all nodes one list",
                    theirs.name, theirs.id
                )),
                Some(node) if node.votes != theirs.votes => words.push(format!(
                    "{} has {} votes in the node list of {who} and {} in ours: the greater number counts; give all \
                     nodes one list",
                    node.name, theirs.votes, node.votes
                )),
                Some(_) => {}
            }
        }
        for node in ours.iter().filter(|node| !said.nodes.iter().any(|theirs| theirs.id == node.id)) {
            words.push(format!("the node list of {who} lacks {}; give all nodes one list", node.name));
        }
        if said.token != self.settings.timing.token {
            words.push(format!(
                "{who} has token: {}, this node {}: the two wait for each other for the longer time; give all nodes \
                 one token",
                said.token, self.settings.timing.token
            ));
        }
        words
    }

    /// One speaks that we do not list. It counts until this node is started with another list.
    pub(super) fn unknown_node(&mut self, id: u32) {
        if !self.unknown.insert(id) {
            return;
        }
        let words = format!(
            "node {id} holds our key but is not in the node list: its packets are ignored, and it counts for the \
             quorum as a node that is away; restart this node when its list is right"
        );
        self.event(ClusterEvent::Note(words));
        self.reconsider_quorum();
    }

    /// The votes of all nodes that any list has; one of each that nobody has told us of.
    pub(super) fn votes(&self) -> BTreeMap<u32, u32> {
        let mut votes: BTreeMap<u32, u32> = self.unknown.iter().map(|id| (*id, 1)).collect();
        let ours = self.settings.nodes.iter().map(|node| (node.id, node.votes));
        let theirs = self.lists.values().flatten().map(|Listed { id, votes, .. }| (*id, *votes));
        for (id, count) in ours.chain(theirs) {
            let most = votes.entry(id).or_default();
            *most = count.max(*most);
        }
        votes
    }

    /// One that is alone begins another view. Those who are several do with the next change.
    fn reconsider_quorum(&mut self) {
        if self.view.quorate && self.steady() && self.followers().is_empty() {
            self.count_anew();
        }
    }

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
