//! The messages of one view as one member holds them.
//!
//! In: stamped messages in any order, and how far they are stable. Out: messages to deliver.
//! Kept: only what some member may still lack.

use std::collections::{BTreeMap, VecDeque};

use super::packet::Stamped;

#[derive(Debug, Default)]
pub(super) struct Log {
    /// Everything up to here was handed to the daemon, and every member holds it.
    delivered: u64,
    stable: u64,
    /// The messages `delivered + 1 ..= received`.
    held: VecDeque<Stamped>,
    /// Messages beyond a gap.
    ahead: BTreeMap<u64, Stamped>,
}

impl Log {
    /// The end of the gapless prefix.
    pub fn received(&self) -> u64 {
        self.delivered + self.held.len() as u64
    }

    /// Every member holds the messages up to this number.
    pub fn stable(&self) -> u64 {
        self.stable
    }

    /// Keeps a message until it is delivered; one that is here already is passed over.
    pub fn insert(&mut self, stamped: Stamped) {
        if stamped.sequence <= self.received() {
            return;
        }
        self.ahead.insert(stamped.sequence, stamped);
        while let Some(next) = self.ahead.remove(&(self.received() + 1)) {
            self.held.push_back(next);
        }
    }

    /// A message that is not delivered yet, if the gapless prefix has it.
    pub fn get(&self, sequence: u64) -> Option<&Stamped> {
        let index = sequence.checked_sub(self.delivered + 1)?;
        self.held.get(usize::try_from(index).ok()?)
    }

    /// Every member holds the messages up to `upto`.
    pub fn set_stable(&mut self, upto: u64) {
        self.stable = self.stable.max(upto);
    }

    /// The next message that every member holds.
    pub fn deliver_stable(&mut self) -> Option<Stamped> {
        self.deliver_up_to(self.stable)
    }

    /// The next message, if its number is not beyond `last`.
    pub fn deliver_up_to(&mut self, last: u64) -> Option<Stamped> {
        if self.delivered >= last {
            return None;
        }
        let next = self.held.pop_front()?;
        self.delivered = next.sequence;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(sequence: u64) -> Stamped {
        Stamped { sequence, sender: 1, local: sequence, payload: Vec::new().into() }
    }

    #[test]
    fn a_gap_holds_everything_behind_it() {
        let mut log = Log::default();
        log.insert(stamped(1));
        log.insert(stamped(3));
        log.set_stable(9);
        assert_eq!(log.received(), 1);
        assert_eq!(log.deliver_stable().map(|next| next.sequence), Some(1));
        assert_eq!(log.deliver_stable(), None);
        log.insert(stamped(2));
        log.insert(stamped(2));
        assert_eq!(log.received(), 3);
        assert_eq!(log.get(3).map(|next| next.sequence), Some(3));
        assert_eq!(log.deliver_up_to(2).map(|next| next.sequence), Some(2));
        assert_eq!(log.deliver_up_to(2), None);
    }
}
