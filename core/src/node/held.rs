//! Changes of the configuration that wait until the term is on enough disks.
//!
//! A change that is made in a term counts as newer than all that was made in earlier ones. If the
//! members that agreed on the term could forget it, another majority might take a lower one, and what
//! it acknowledges would be given up when both meet. So nothing is made in a term before enough of
//! its members have it on disk that any later majority has one of them.
//! In: messages delivered, alike on every member. Out: the same messages, at the same place of the
//! order; or a refusal.

use super::Node;
use super::message::Message;
use super::request::{Refusal, Reply};
use crate::cib::Edit;
use std::collections::BTreeSet;

/// What waits, in the order of its delivery.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Members that have said in this term that they have it on disk.
    stored_by: BTreeSet<u32>,
    messages: Vec<(u32, Message)>,
}

impl Node {
    /// Keeps a change of the configuration that comes too early; gives back any other message.
    pub(super) fn hold(&mut self, from: u32, message: Message) -> Option<Message> {
        let early = changes_configuration(&message)
            && self.may_write()
            && self.too_few_disks().is_none()
            && self.held.stored_by.len() < self.holders_needed();
        if early {
            self.held.messages.push((from, message));
            return None;
        }
        Some(message)
    }

    /// A member has something of this term on disk, and so the term.
    pub(super) fn term_stored_by(&mut self, from: u32, term: u64) {
        if term == self.replica.terms().term {
            self.held.stored_by.insert(from);
            self.look_at_held();
        }
    }

    /// What waits is carried out, or refused, if it need not wait any more.
    pub(super) fn look_at_held(&mut self) {
        if self.held.stored_by.len() < self.holders_needed() && self.too_few_disks().is_none() {
            return;
        }
        for (from, message) in std::mem::take(&mut self.held.messages) {
            self.agreed_delivery(from, message);
        }
    }

    /// The members have agreed anew: whether others have made what waited here is not known.
    pub(super) fn drop_held(&mut self) {
        let me = self.settings.me.id;
        let mut again = Vec::new();
        for (from, message) in std::mem::take(&mut self.held).messages {
            let reason = "the members changed before it was safe to make the change".to_string();
            match message {
                Message::Commit { request, .. } => {
                    self.answer(Some(request), Reply::Refused(Refusal::NotHere { reason }));
                }
                Message::Update { request: Some(request), .. } => {
                    self.answer(Some(request), Reply::Refused(Refusal::NotHere { reason }));
                }
                message if from == me => again.push(message),
                _ => {}
            }
        }
        self.returned.splice(0..0, again);
    }
}

fn changes_configuration(message: &Message) -> bool {
    match message {
        Message::Commit { .. } => true,
        Message::Update { edits, .. } => edits.iter().any(Edit::is_of_configuration),
        _ => false,
    }
}
