//! This node's own messages, from `multicast` until they come back ordered.
//!
//! In: payloads. Out: what to submit now, within a window.

use std::collections::VecDeque;

use crate::cluster::Payload;

/// Enough to keep a network busy; few enough that a view change has little to repair.
const WINDOW_MESSAGES: usize = 64;
/// One message may exceed it when it is alone.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug)]
struct Pending {
    local: u64,
    payload: Payload,
    /// Was submitted in an earlier view, so another partition may have delivered it.
    carried: bool,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    last_local: u64,
    queue: VecDeque<Pending>,
    /// How many of the queue were submitted in this view, and the message before them.
    submitted: usize,
    ordered: usize,
    last_ordered: u64,
    queued_bytes: usize,
}

/// A message to hand to the sequencer.
pub(super) struct Submission {
    pub previous: u64,
    pub local: u64,
    pub payload: Payload,
}

impl Outbox {
    /// Puts a message behind all others.
    pub fn push(&mut self, payload: Payload) {
        self.last_local += 1;
        self.queued_bytes += payload.len();
        self.queue.push_back(Pending { local: self.last_local, payload, carried: false });
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How much waits. Bytes.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// False while something submitted in an earlier view still waits.
    pub fn mergeable(&self) -> bool {
        self.queue.front().is_none_or(|first| !first.carried)
    }

    /// The next message that fits the window, marked as submitted.
    pub fn submit_next(&mut self) -> Option<Submission> {
        let next = self.queue.get(self.submitted)?;
        let in_flight = self.queue.iter().take(self.submitted);
        let bytes: usize = in_flight.map(|pending| pending.payload.len()).sum();
        if self.submitted > 0 && (self.submitted >= WINDOW_MESSAGES || bytes + next.payload.len() > WINDOW_BYTES) {
            return None;
        }
        let submission = self.submission(self.submitted);
        self.submitted += 1;
        submission
    }

    /// What was submitted in this view and has not come back, for sending it again.
    pub fn unordered(&self) -> Vec<Submission> {
        (self.ordered..self.submitted).filter_map(|index| self.submission(index)).collect()
    }

    fn submission(&self, index: usize) -> Option<Submission> {
        let pending = self.queue.get(index)?;
        let previous = match index.checked_sub(1) {
            Some(before) => self.queue.get(before)?.local,
            None => self.last_ordered,
        };
        Some(Submission { previous, local: pending.local, payload: pending.payload.clone() })
    }

    /// The sequencer has stamped our message.
    pub fn ordered(&mut self, local: u64) {
        let stamped = self.queue.iter().take_while(|pending| pending.local <= local).count();
        self.ordered = self.ordered.max(stamped);
    }

    /// Our message was handed to the daemon.
    pub fn delivered(&mut self, local: u64) {
        while self.queue.front().is_some_and(|first| first.local <= local) {
            let Some(first) = self.queue.pop_front() else { break };
            self.queued_bytes -= first.payload.len();
            self.submitted = self.submitted.saturating_sub(1);
            self.ordered = self.ordered.saturating_sub(1);
            self.last_ordered = first.local;
        }
    }

    /// A new view begins: all that was submitted is submitted again.
    pub fn carry_over(&mut self) {
        for pending in self.queue.iter_mut().take(self.submitted) {
            pending.carried = true;
        }
        self.submitted = 0;
        self.ordered = 0;
        self.last_ordered = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_view_submits_again_what_did_not_come_back() {
        let mut outbox = Outbox::default();
        for byte in 0..3u8 {
            outbox.push(vec![byte].into());
        }
        let first: Vec<_> =
            std::iter::from_fn(|| outbox.submit_next()).map(|sent| (sent.previous, sent.local)).collect();
        assert_eq!(first, [(0, 1), (1, 2), (2, 3)]);
        outbox.ordered(1);
        outbox.delivered(1);
        assert_eq!(outbox.unordered().len(), 2);
        assert!(outbox.mergeable());
        outbox.carry_over();
        assert!(!outbox.mergeable());
        let again: Vec<_> =
            std::iter::from_fn(|| outbox.submit_next()).map(|sent| (sent.previous, sent.local)).collect();
        assert_eq!(again, [(0, 2), (2, 3)]);
    }

    #[test]
    fn the_window_bounds_bytes_but_lets_one_large_message_pass() {
        let mut outbox = Outbox::default();
        outbox.push(vec![0; WINDOW_BYTES + 1].into());
        outbox.push(vec![0; 1].into());
        assert!(outbox.submit_next().is_some());
        assert!(outbox.submit_next().is_none());
    }
}
