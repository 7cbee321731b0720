//! The order in which Pacemaker's table of nodes gives them back.
//!
//! In: node ids in the order they were put in. Out: their places in that table's order.
//! It decides one thing only: which of equally roomy nodes gets what fits nowhere. Any order would do,
//! but all nodes of a mixed cluster, and whoever compares the two programs, must see the same.

/// Slots of the smallest table, as a power of two.
const SHIFT_MIN: usize = 3;
/// The largest primes not above the sizes of tables, from one slot on.
const PRIMES: [u32; 21] = [
    1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071, 262_139, 524_287,
    1_048_573,
];

struct Buckets {
    shift: usize,
    /// Hash and place of the key.
    slots: Vec<Option<(u32, usize)>>,
    taken: usize,
}

fn hash(key: &str) -> u32 {
    let hash = key.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add_signed(i32::from(byte as i8)));
    // The two lowest values mark free slots.
    if hash < 2 { 2 } else { hash }
}

impl Buckets {
    fn home(&self, hash: u32) -> usize {
        (hash.wrapping_mul(11) % PRIMES[self.shift]) as usize
    }

    /// The first slot on a key's way that is not occupied.
    fn slot(&self, hash: u32, is_occupied: impl Fn(usize) -> bool) -> usize {
        let (mut at, mut step) = (self.home(hash), 0);
        while is_occupied(at) {
            step += 1;
            // Some slot is free always, and triangular steps come to each of them.
            assert!(step <= self.slots.len(), "a hash table without a free slot");
            at = (at + step) & (self.slots.len() - 1);
        }
        at
    }

    fn insert(&mut self, hash: u32, key: usize) {
        let at = self.slot(hash, |at| self.slots[at].is_some());
        self.slots[at] = Some((hash, key));
        self.taken += 1;
        if self.slots.len() <= self.taken + self.taken / 16 && self.shift + 1 < PRIMES.len() {
            self.grow();
        }
    }

    /// Each key goes where it belongs now; who sits there goes on in turn.
    fn grow(&mut self) {
        let wanted = (self.taken as f64 * 1.333) as usize;
        self.shift = ((usize::BITS - wanted.leading_zeros()) as usize).clamp(SHIFT_MIN, PRIMES.len() - 1);
        let old = self.slots.len();
        self.slots.resize((1 << self.shift).max(old), None);
        let mut moved = vec![false; self.slots.len()];
        for from in 0..old {
            if moved[from] {
                continue;
            }
            let mut moving = self.slots[from].take();
            while let Some((hash, key)) = moving {
                let at = self.slot(hash, |at| moved[at]);
                moved[at] = true;
                moving = self.slots[at].replace((hash, key));
            }
        }
    }
}

/// The places of the keys, in the order of the table.
pub(super) fn order<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<usize> {
    let mut buckets = Buckets { shift: SHIFT_MIN, slots: vec![None; 1 << SHIFT_MIN], taken: 0 };
    for (at, key) in keys.enumerate() {
        buckets.insert(hash(key), at);
    }
    buckets.slots.into_iter().flatten().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_key_comes_back_once() {
        for count in [0_usize, 1, 7, 8, 15, 16, 31, 100, 1000] {
            let keys: Vec<String> = (0..count).map(|number| format!("node{number}")).collect();
            let mut back = order(keys.iter().map(String::as_str));
            back.sort_unstable();
            assert_eq!(back, (0..count).collect::<Vec<_>>());
        }
    }
}
