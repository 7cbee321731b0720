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
    /// When it last changed, in milliseconds.
    pub changed_at: u64,
}

impl Network {
    /// How long a packet takes; `None` if it is lost. Milliseconds.
    pub fn passes(&self, from: u32, to: u32, faulty: bool, chance: &mut Chance) -> Option<u64> {
        let delay = 1 + chance.below(if faulty { 20 } else { 4 });
        let lost = faulty && chance.percent(2);
        (!lost && self.hears(to, from)).then_some(delay)
    }

    /// Whether one host gets what another sends.
    fn hears(&self, host: u32, other: u32) -> bool {
        self.part.get(&other) == self.part.get(&host) && !self.deaf.contains(&(other, host))
    }

    pub fn hear_each_other(&self, one: u32, other: u32) -> bool {
        self.hears(one, other) && self.hears(other, one)
    }

    /// Whether everyone hears everyone.
    pub fn is_whole(&self) -> bool {
        self.part.is_empty() && self.deaf.is_empty()
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
