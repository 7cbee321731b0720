//! Requests of tools: some are answered at once, most become messages and are answered when
//! those are delivered.

use super::event::ClientId;
use super::fencer::request_name;
use super::message::{Author, FencingWish, Message, RequestId};
use super::request::{Refusal, Reply, Request};
use super::{Effect, Node};
use crate::admin::{cleanup, ticket, transient};
use crate::attribute::table::{Change, What, Which};
use crate::fencing::FencingEvent;
use crate::fencing::history::FencingState;
use std::collections::BTreeSet;

impl Node {
    pub(super) fn ask(&mut self, client: ClientId, request: Request, author: Author) {
        if let Some(reason) = request.unfit() {
            return self.reply(client, Reply::Refused(Refusal::Unfit { reason }));
        }
        match request {
            Request::Query => self.reply(client, self.document_reply()),
            Request::Status => self.reply(client, Reply::Status(self.status())),
            Request::RegisteredDevices => self.reply(client, self.registered_devices()),
            Request::Subscribe => {
                self.subscribers.insert(client);
                self.reply(client, self.document_reply());
            }
            Request::Shutdown => {
                self.reply(client, Reply::Done);
                if !self.leaving {
                    self.terminate();
                }
            }
            request if !self.replica.is_inside() => {
                self.unasked.push((client, request, author));
            }
            Request::Commit { patch } => {
                let request = self.wait(client);
                let epoch_seconds = self.clock.epoch;
                self.send(Message::Commit { request, patch, author, epoch_seconds });
            }
            Request::SetAttributes { node, pairs } => self.set_attributes(client, &node, &pairs),
            Request::ChangeAttributes { node, change, everywhere } => {
                self.change_attributes(client, node, change, everywhere);
            }
            Request::QueryAttribute { name, node } => self.query_attribute(client, &name, node.as_deref()),
            Request::Forget { resource, node, failed_only } => {
                self.forget(client, resource, node, failed_only);
            }
            Request::ChangeTicket { ticket, change } => self.change_ticket(client, ticket, change),
            Request::Fence { node, action } => self.fence(client, node, action, author, false),
            Request::ForgetFencing { node } => {
                let (request, epoch_seconds) = (Some(self.wait(client)), self.clock.epoch);
                self.send(Message::ForgetFencing { request, node, epoch_seconds });
            }
            Request::RegisterDevice { device } => self.register_device(client, device),
            Request::DeregisterDevice { device } => self.deregister_device(client, device),
            Request::ConfirmFenced { node } => self.fence(client, node, "off".into(), author, true),
        }
    }

    pub(super) fn reply(&mut self, client: ClientId, reply: Reply) {
        self.effects.push(Effect::Reply { client, reply });
    }

    pub(super) fn document_reply(&self) -> Reply {
        Reply::Document { root: self.document().root().clone() }
    }

    /// A number for a request whose answer comes with its delivery.
    pub(super) fn wait(&mut self, client: ClientId) -> RequestId {
        self.request_number += 1;
        let request =
            RequestId { node: self.me().id, incarnation: self.settings.incarnation, number: self.request_number };
        self.waiting.insert(request, client);
        request
    }

    pub(super) fn unknown(&mut self, client: ClientId, what: &str, name: &str) {
        let refusal = Refusal::Unknown { what: what.into(), name: name.into() };
        self.reply(client, Reply::Refused(refusal));
    }

    fn set_attributes(&mut self, client: ClientId, node: &str, pairs: &[(String, Option<String>)]) {
        let Some(node_ref) = self.find_node(node) else {
            return self.unknown(client, "node", node);
        };
        // What may wait or be kept to the daemons is changed where that is known.
        if pairs.iter().any(|(name, _)| self.attributes.table.knows(name)) {
            return self.set_known(client, node, pairs);
        }
        let edits = transient::edits(self.document(), &node_ref, pairs);
        if edits.is_empty() {
            return self.reply(client, Reply::Done);
        }
        let request = self.wait(client);
        self.send(Message::Update { request: Some(request), edits, ends: None });
    }

    fn set_known(&mut self, client: ClientId, node: &str, pairs: &[(String, Option<String>)]) {
        let request = self.wait(client);
        for (at, (name, value)) in pairs.iter().enumerate() {
            let change = Change {
                which: Which::Name(name.clone()),
                what: What::Value(value.clone()),
                delay_ms: None,
                private: false,
                set: None,
                utilization: false,
            };
            let request = (at + 1 == pairs.len()).then_some(request);
            self.send(Message::ChangeAttributes { request, node: node.to_string(), change, everywhere: false });
        }
    }

    fn forget(&mut self, client: ClientId, resource: Option<String>, node: Option<String>, failed_only: bool) {
        if let Some(name) = &node
            && self.find_node(name).is_none()
        {
            return self.unknown(client, "node", name);
        }
        let resources = match &resource {
            None => None,
            Some(name) => match cleanup::primitives_of(self.document(), name) {
                Some(primitives) => Some(primitives),
                None => return self.unknown(client, "resource", name),
            },
        };
        let request = self.wait(client);
        self.send(Message::Forget { request: Some(request), resources, node, failed_only });
    }

    fn change_ticket(&mut self, client: ClientId, ticket: String, change: ticket::Change) {
        let wrong = match change.misnamed() {
            _ if ticket.is_empty() => Some("a ticket has a name".to_string()),
            misnamed => misnamed.map(|name| format!("`{name}` is no name for an attribute of a ticket")),
        };
        if let Some(reason) = wrong {
            return self.reply(client, Reply::Refused(Refusal::Denied { reason }));
        }
        let request = self.wait(client);
        let epoch_seconds = self.clock.epoch;
        self.send(Message::Ticket { request, ticket, change, epoch_seconds });
    }

    fn fence(&mut self, client: ClientId, node: String, action: String, author: Author, confirmed: bool) {
        if self.find_node(&node).is_none() {
            return self.unknown(client, "node", &node);
        }
        let request = self.wait(client);
        let event = FencingEvent {
            id: request_name(request),
            target: node,
            action,
            origin: author.node,
            client: format!("{} for {}", author.client, author.user),
            asked: true,
            delegate: None,
            state: FencingState::Pending,
            reason: String::new(),
            at: self.clock.epoch,
        };
        let wish =
            FencingWish { event, confirmed, waits: None, delay_ms: 0, causes: BTreeSet::new(), attributes: Vec::new() };
        self.fencing_asked.insert(request, wish.clone());
        self.send(Message::Fence(wish));
    }
}
