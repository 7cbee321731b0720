//! Who of the group still speaks. Corosync keeps a process as a member that lives and does nothing.
//!
//! In: who said something, and ticks. Out: when to say something, and who has been silent for too long.
//! Absent: clocks; a process that stood still itself counts one tick for all that time.

use std::collections::BTreeMap;

/// One that has nothing to say says so this many times before it counts as silent.
const BEATS: u32 = 6;

/// Who was heard lately, counted in ticks.
#[derive(Debug)]
pub struct Presence {
    /// Ticks since somebody was heard.
    silent: BTreeMap<u32, u32>,
    /// Ticks since this one has spoken.
    since_beat: u32,
    /// Who is silent for so many ticks is no member.
    limit: u32,
}

/// What follows from a tick.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub is_to_beat: bool,
    pub silent: Vec<u32>,
}

impl Presence {
    /// Nobody heard yet; silent for `limit` ticks is too long.
    pub fn new(limit: u32) -> Presence {
        Presence { silent: BTreeMap::new(), since_beat: 0, limit }
    }

    /// A node has spoken.
    pub fn heard(&mut self, node: u32) {
        self.silent.insert(node, 0);
    }

    /// For how many ticks a node has said nothing, if it has ever been heard.
    pub fn silence(&self, node: u32) -> Option<u32> {
        self.silent.get(&node).copied()
    }

    /// Nobody has been silent yet.
    pub fn begin(&mut self) {
        self.silent.clear();
    }

    /// Some time has passed. Nobody is accused by one who does not hear itself: then it is Corosync that is slow.
    pub fn tick(&mut self, me: u32, members: impl Iterator<Item = u32>) -> Verdict {
        let mut silent = Vec::new();
        for node in members {
            let ticks = self.silent.entry(node).or_default();
            *ticks += 1;
            // Should the word get lost, it is said again.
            if ticks.is_multiple_of(self.limit + 1) && node != me {
                silent.push(node);
            }
        }
        self.since_beat += 1;
        let is_to_beat = self.since_beat > self.limit / BEATS;
        if is_to_beat {
            self.since_beat = 0;
        }
        if self.silent.get(&me).is_none_or(|ticks| *ticks > self.limit / 2) {
            silent.clear();
        }
        Verdict { is_to_beat, silent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks, of which the named are heard after each; when somebody is accused first.
    fn accused(heard: &[u32]) -> Option<(u32, Vec<u32>)> {
        let mut presence = Presence::new(30);
        (1..=100).find_map(|tick| {
            let silent = presence.tick(1, [1, 2, 3].into_iter()).silent;
            heard.iter().for_each(|node| presence.heard(*node));
            (!silent.is_empty()).then_some((tick, silent))
        })
    }

    #[test]
    fn who_says_nothing_is_accused_by_who_hears_itself() {
        assert_eq!(accused(&[1, 2, 3]), None);
        assert_eq!(accused(&[1, 2]), Some((31, vec![3])));
        assert_eq!(accused(&[1]), Some((31, vec![2, 3])));
        assert_eq!(accused(&[2]), None, "it does not hear itself");
        assert_eq!(accused(&[]), None);
    }

    #[test]
    fn one_speaks_several_times_before_it_counts_as_silent() {
        let mut presence = Presence::new(30);
        let beats = (0..30).filter(|_| presence.tick(1, [1].into_iter()).is_to_beat).count();
        assert_eq!(beats, 5);
    }
}
