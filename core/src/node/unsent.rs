//! Messages that could not be sent: whoever waits for one hears it at once, and not when its time is over.
//!
//! In: the message, and why. Out: a refusal to the tool that asked, a failed action of the leader, a
//! result without what made it too large. Absent: sending later what nobody waits for (the daemon's).

use super::Node;
use super::event::Unsent;
use super::message::{Message, OperationResult};
use super::request::{Refusal, Reply};
use crate::fencing::run::DeviceResult;
use crate::note::Note;
use crate::transition::Outcome;

impl Node {
    pub(super) fn unsent(&mut self, message: Message, why: Unsent) {
        let (refusal, reason) = match why {
            Unsent::TooLarge { reason } => (Refusal::Unfit { reason: reason.clone() }, reason),
            Unsent::Busy { reason } => (Refusal::Busy { reason: reason.clone() }, reason),
        };
        self.note(Note::error("cluster", format!("a message was not sent: {reason}")));
        match message {
            Message::Commit { request, .. } | Message::Ticket { request, .. } | Message::Device { request, .. } => {
                self.answer(Some(request), Reply::Refused(refusal));
            }
            Message::Update { request, ends, .. } => {
                self.answer(request, Reply::Refused(refusal));
                if let Some(ends) = ends {
                    self.action_ended(ends, Outcome::Failed);
                }
            }
            Message::Forget { request, .. }
            | Message::ChangeAttributes { request, .. }
            | Message::ForgetFencing { request, .. } => self.answer(request, Reply::Refused(refusal)),
            Message::Fence(wish) => {
                let asked = self.fencing_asked.iter().find(|(_, asked)| asked.event.id == wish.event.id);
                let request = asked.map(|(request, _)| *request);
                if let Some(request) = request {
                    self.fencing_asked.remove(&request);
                    self.answer(Some(request), Reply::Refused(refusal));
                }
                if let Some(waits) = wish.waits {
                    self.action_ended(waits, Outcome::Failed);
                }
            }
            // It failed, whatever it was: what it brought cannot be told.
            Message::Result(result) if !(result.failed && result.edits.is_empty()) => {
                self.send(Message::Result(OperationResult { failed: true, edits: Vec::new(), ..result }));
            }
            Message::DeviceRan { fencing, number, result } if !result.output.is_empty() => {
                let result = DeviceResult { took_ms: result.took_ms, ..DeviceResult::failed("") };
                self.send(Message::DeviceRan { fencing, number, result });
            }
            Message::Perform { operation, .. } => self.performed_by_nobody(operation.action.id),
            _ => {}
        }
    }
}
