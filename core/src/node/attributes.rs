//! Transient attributes beyond the document: asked for, changed on delivery, written when they are due.
//!
//! In: requests, deliveries, timers. Out: messages, edits, replies. Every member keeps the same table; the leader
//! alone says when what waits is written, and every member writes it on delivery.
//! Absent: what a change amounts to (see `attribute::table`).

use super::event::{ClientId, Timer};
use super::message::{Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node};
use crate::attribute::table::{Change, Table};
use crate::lrm::result::NodeRef;
use std::collections::{BTreeMap, BTreeSet};

/// What a node keeps for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) table: Table,
    /// Own requests that are answered once all members have the change: who has it already.
    seen: BTreeMap<RequestId, BTreeSet<u32>>,
}

impl Node {
    pub(super) fn change_attributes(&mut self, client: ClientId, node: String, change: Change, everywhere: bool) {
        if self.find_node(&node).is_none() {
            return self.unknown(client, "node", &node);
        }
        let request = self.wait(client);
        if everywhere {
            self.attributes.seen.insert(request, BTreeSet::new());
        }
        self.send(Message::ChangeAttributes { request: Some(request), node, change, everywhere });
    }

    pub(super) fn query_attribute(&mut self, client: ClientId, name: &str, node: Option<&str>) {
        let known = |node: &NodeRef| {
            let value = self.attributes.table.value(self.document(), node, name)?;
            Some((node.name.clone(), value))
        };
        let values: Vec<(String, Option<String>)> = match node {
            Some(node) => self.find_node(node).iter().filter_map(known).collect(),
            None => {
                let has = |node: &NodeRef| {
                    self.attributes.table.nodes_of(name).contains(&node.name)
                        || crate::attribute::get(self.document(), node, name).is_some()
                };
                self.known_nodes().iter().filter(|node| has(node)).filter_map(known).collect()
            }
        };
        let reply = match values.is_empty() {
            true => Reply::Refused(Refusal::Unknown { what: "attribute".into(), name: name.to_string() }),
            false => Reply::Attributes { values },
        };
        self.effects.push(Effect::Reply { client, reply });
    }

    /// Members, and nodes of the status section, by name.
    fn known_nodes(&self) -> Vec<NodeRef> {
        let states = self.document().status().elements_named("node_state");
        let named = states.filter_map(|state| state.attr("uname")).map(str::to_string);
        let members = self.replica.view().into_iter().flat_map(|view| &view.members).map(|member| member.name.clone());
        let names: BTreeSet<String> = named.chain(members).collect();
        names.iter().filter_map(|name| self.find_node(name)).collect()
    }

    pub(super) fn attributes_changed(
        &mut self,
        from: u32,
        request: Option<RequestId>,
        node: &str,
        change: &Change,
        everywhere: bool,
    ) {
        let Some(node) = self.find_node(node) else {
            let refusal = Refusal::Unknown { what: "node".into(), name: node.to_string() };
            return self.answer(request, Reply::Refused(refusal));
        };
        let document = self.document().clone();
        let outcome = self.attributes.table.change(&document, &node, change, self.clock.ms);
        if !outcome.edits.is_empty() {
            self.replica.update(&outcome.edits);
            self.something_changed("an attribute changed");
        }
        if let Some(after_ms) = outcome.wait_ms {
            self.timer_in(Timer::Attributes, after_ms);
        }
        match (everywhere, request) {
            (true, Some(request)) if from != self.me().id => self.send(Message::AttributesSeen { request }),
            (true, Some(request)) => self.attributes_seen(from, request),
            _ => self.answer(request, Reply::Done),
        }
    }

    /// A member has the change. Only who asked counts.
    pub(super) fn attributes_seen(&mut self, by: u32, request: RequestId) {
        let Some(seen) = self.attributes.seen.get_mut(&request) else { return };
        seen.insert(by);
        let Some((view, agreement)) = self.replica.agreement() else { return };
        let inside = view.members.iter().map(|member| member.id).filter(|id| agreement.is_inside(*id));
        if inside.into_iter().all(|id| seen.contains(&id)) {
            self.attributes.seen.remove(&request);
            self.answer(Some(request), Reply::Done);
        }
    }

    /// What waits may be due.
    pub(super) fn attributes_due(&mut self) {
        let names = self.attributes.table.due(self.clock.ms);
        if self.is_leader() && !names.is_empty() {
            self.send(Message::WriteAttributes { names });
        }
    }

    pub(super) fn attributes_written(&mut self, names: &[String]) {
        let document = self.document().clone();
        let mut table = std::mem::take(&mut self.attributes.table);
        let edits = table.write(&document, names, &|name| self.find_node(name));
        self.attributes.table = table;
        if !edits.is_empty() {
            self.replica.update(&edits);
            self.something_changed("attributes were written");
        }
    }

    /// The members have agreed: values of who is not among them are gone, those of who came are here. Whatever was
    /// asked for before has either been delivered to all of them, or is sent again.
    pub(super) fn gather_attributes(&mut self) {
        let Some((_, agreement)) = self.replica.agreement() else { return };
        let inside = agreement.joins.values().filter(|join| agreement.is_inside(join.id));
        let members = inside.map(|join| (join.name.as_str(), &join.attributes[..]));
        let (table, wait_ms) = Table::of(members, self.clock.ms);
        self.attributes.table = table;
        if let Some(after_ms) = wait_ms {
            self.timer_in(Timer::Attributes, after_ms);
        }
        let resent: BTreeSet<RequestId> = self
            .returned
            .iter()
            .chain(&self.outbox)
            .filter_map(|message| match message {
                Message::ChangeAttributes { request, .. } => *request,
                _ => None,
            })
            .collect();
        let seen = std::mem::take(&mut self.attributes.seen);
        for (request, by) in seen {
            match resent.contains(&request) {
                true => drop(self.attributes.seen.insert(request, by)),
                false => self.answer(Some(request), Reply::Done),
            }
        }
    }
}
