//! A network that delays, drops and is cut in parts.

use super::Chance;
use std::collections::{BTreeMap, BTreeSet};

/// Links between hosts.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Which part a host is in; hosts of different parts do not hear each other.
    part: BTreeMap<u32, u64>,
    /// Cut besides, one way.
    deaf: BTreeSet<(u32, u32)>,
}

impl Network {
    /// How long a packet takes; `None` if it is lost. Milliseconds.
    pub fn passes(&self, from: u32, to: u32, faulty: bool, chance: &mut Chance) -> Option<u64> {
        let delay = 1 + chance.below(if faulty { 20 } else { 4 });
        let lost = faulty && chance.percent(2);
        let apart = self.part.get(&from) != self.part.get(&to) || self.deaf.contains(&(from, to));
        (!lost && !apart).then_some(delay)
    }

    pub fn cut(&mut self, parts: BTreeMap<u32, u64>) {
        self.part = parts;
    }

    pub fn deafen(&mut self, from: u32, to: u32) {
        self.deaf.insert((from, to));
    }

    pub fn mend(&mut self) {
        self.part.clear();
        self.deaf.clear();
    }
}
