//! Corosync between the simulated hosts, with no more than it promises: rings of hosts, a closed process group,
//! votequorum.
//!
//! Its word about the group's processes and its messages come in one order to all hosts of a ring; about quorum
//! it speaks in a stream of its own. Who goes together from one ring to the next has got the same
//! messages of the first. Who does not, a host that dies among them, may have got more: what it has seen the
//! others may never see.
//! In: hosts that are up, who hears whom, packets. Out: what each host's process is told, turn by turn.

use super::Chance;
use quorate_transport::cluster::corosync::heard::{Heard, RingId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Between two of its turns. Milliseconds.
pub const TURN_MS: u64 = 10;

/// A host that is not heard for so long is out of the ring. Milliseconds.
const TOKEN_MS: u64 = 1_000;

/// A process of the group: its node, and a number that no other process has.
type Process = (u32, u32);

/// What has a place in a ring's order.
#[derive(Clone, Debug)]
enum Item {
    Message { from: u32, bytes: Vec<u8> },
    Joins(Process),
    Leaves(Process),
}

struct Ring {
    id: RingId,
    nodes: BTreeSet<u32>,
    order: Vec<Item>,
    /// The token goes round: all of it are up and hear each other.
    goes_round: bool,
}

/// Corosync on one host.
struct Station {
    ring: u64,
    /// Of the ring's order: what this host has, and what it has handed out.
    received: usize,
    handed_out: usize,
    outgoing: VecDeque<Item>,
    /// The group as it was handed out.
    members: Vec<Process>,
    process: Option<u32>,
    /// What the process is to be told of quorum, and when: turns from now on.
    words: VecDeque<(u64, Heard)>,
    /// All hosts were seen since it began (votequorum's `wait_for_all`).
    has_seen_all: bool,
}

/// All of it.
#[derive(Default)]
pub struct Corosync {
    count: usize,
    rings: BTreeMap<u64, Ring>,
    stations: BTreeMap<u32, Station>,
    sequence: u64,
    processes: u32,
    /// Since when the rings are not what the network is, and for how long that is borne. Milliseconds.
    astray: Option<(u64, u64)>,
}

/// What a host's process is told.
pub type Told = (u32, Heard);

impl Corosync {
    pub fn new(count: usize) -> Corosync {
        Corosync { count, ..Corosync::default() }
    }

    /// A host is switched on, if it is not: it is in a ring of its own.
    fn host_is_up(&mut self, node: u32) {
        if self.stations.contains_key(&node) {
            return;
        }
        let ring = self.begin_ring(BTreeSet::from([node]));
        let station = Station {
            ring,
            received: 0,
            handed_out: 0,
            outgoing: VecDeque::new(),
            members: Vec::new(),
            process: None,
            words: VecDeque::new(),
            has_seen_all: self.count == 1,
        };
        self.stations.insert(node, station);
    }

    pub fn host_is_off(&mut self, node: u32) {
        self.stations.remove(&node);
    }

    /// A daemon begins on a host, and joins the group: what it is told first.
    pub fn join(&mut self, node: u32) -> [Heard; 2] {
        self.host_is_up(node);
        self.processes += 1;
        let process = self.processes;
        let quorate = self.is_quorate(node);
        let station = self.stations.get_mut(&node).expect("it is up");
        station.process = Some(process);
        station.outgoing.push_back(Item::Joins((node, process)));
        let ring = &self.rings[&station.ring];
        let nodes = ring.nodes.iter().copied().collect();
        [Heard::Ring { id: ring.id, nodes }, Heard::Quorum { ring: ring.id, quorate }]
    }

    /// A host's process has left the group, or has ended.
    pub fn leave(&mut self, node: u32) {
        let Some(station) = self.stations.get_mut(&node) else { return };
        if let Some(process) = station.process.take() {
            station.words.clear();
            station.outgoing.push_back(Item::Leaves((node, process)));
        }
    }

    pub fn send(&mut self, from: u32, bytes: Vec<u8>) {
        if let Some(station) = self.stations.get_mut(&from) {
            station.outgoing.push_back(Item::Message { from, bytes });
        }
    }

    fn begin_ring(&mut self, nodes: BTreeSet<u32>) -> u64 {
        self.sequence += 4;
        let id = RingId { node: *nodes.first().expect("a ring has hosts"), sequence: self.sequence };
        self.rings.insert(self.sequence, Ring { id, nodes, order: Vec::new(), goes_round: true });
        self.sequence
    }

    /// More than half of all hosts; of two, one that has seen the other since it began.
    fn is_quorate(&self, node: u32) -> bool {
        let Some(station) = self.stations.get(&node) else { return false };
        let here = self.rings[&station.ring].nodes.len();
        here * 2 > self.count && station.has_seen_all_if(self.count == 2)
            || self.count == 2 && here == 1 && station.has_seen_all
    }

    /// Some time passes. `awake`: hosts that do not stand still; `hears`: whether both of two hear each other.
    pub fn turn(
        &mut self,
        now: u64,
        awake: &BTreeSet<u32>,
        hears: &dyn Fn(u32, u32) -> bool,
        chance: &mut Chance,
    ) -> Vec<Told> {
        let up: Vec<u32> = self.stations.keys().copied().filter(|node| awake.contains(node)).collect();
        let parts = parts(&up, hears);
        self.look_at_rings(&parts, chance);
        let mut told = Vec::new();
        if self.is_time_for_rings(now, &parts, chance) {
            told.extend(self.form_rings(&parts, chance));
        }
        self.put_in_order(chance);
        for node in up {
            told.extend(self.hand_out(node, chance));
            told.extend(self.say(node));
        }
        let used: BTreeSet<u64> = self.stations.values().map(|station| station.ring).collect();
        self.rings.retain(|sequence, _| used.contains(sequence));
        told
    }

    /// A ring that breaks leaves each host with what it has got, which is not the same for all.
    fn look_at_rings(&mut self, parts: &[BTreeSet<u32>], chance: &mut Chance) {
        for (sequence, ring) in &mut self.rings {
            let all_in_it = ring.nodes.iter().all(|node| self.stations.get(node).is_some_and(|s| s.ring == *sequence));
            let goes_round = all_in_it && parts.contains(&ring.nodes);
            let breaks = ring.goes_round && !goes_round;
            ring.goes_round = goes_round;
            for station in self.stations.values_mut().filter(|station| station.ring == *sequence) {
                let on_the_way = (ring.order.len() - station.handed_out) as u64;
                match (breaks, goes_round) {
                    (true, _) => station.received = station.handed_out + chance.below(on_the_way + 1) as usize,
                    (false, true) => station.received = ring.order.len(),
                    (false, false) => {}
                }
            }
        }
    }

    fn is_as_it_is(&self, part: &BTreeSet<u32>) -> bool {
        let first = part.first().expect("a part has hosts");
        let ring = self.stations[first].ring;
        self.rings[&ring].nodes == *part && part.iter().all(|node| self.stations[node].ring == ring)
    }

    fn is_time_for_rings(&mut self, now: u64, parts: &[BTreeSet<u32>], chance: &mut Chance) -> bool {
        if parts.iter().all(|part| self.is_as_it_is(part)) {
            self.astray = None;
            return false;
        }
        let (since, borne) = *self.astray.get_or_insert_with(|| (now, TOKEN_MS + chance.below(TOKEN_MS / 2)));
        if now < since + borne {
            return false;
        }
        self.astray = None;
        true
    }

    /// Hosts that hear each other go into a ring of their own; first they hand out what any of them has got of
    /// the ring that they were in together.
    fn form_rings(&mut self, parts: &[BTreeSet<u32>], chance: &mut Chance) -> Vec<Told> {
        let mut told = Vec::new();
        for part in parts.iter().filter(|part| !self.is_as_it_is(part)).cloned().collect::<Vec<_>>() {
            let mut got: BTreeMap<u64, usize> = BTreeMap::new();
            for station in part.iter().map(|node| &self.stations[node]) {
                let most = got.entry(station.ring).or_default();
                *most = station.received.max(*most);
            }
            for node in &part {
                let station = self.stations.get_mut(node).expect("it is up");
                station.received = got[&station.ring];
                told.extend(self.hand_out_all(*node));
            }
            let members: Vec<Process> = part.iter().filter_map(|node| self.stations[node].in_group(*node)).collect();
            let ring = self.begin_ring(part.clone());
            for node in &part {
                told.extend(self.enter(*node, ring, &members, chance));
            }
        }
        told
    }

    fn enter(&mut self, node: u32, ring: u64, members: &[Process], chance: &mut Chance) -> Vec<Told> {
        let (id, nodes) = (self.rings[&ring].id, self.rings[&ring].nodes.clone());
        let station = self.stations.get_mut(&node).expect("it is up");
        (station.ring, station.received, station.handed_out) = (ring, 0, 0);
        station.has_seen_all |= nodes.len() == self.count;
        let quorate = self.is_quorate(node);
        let station = self.stations.get_mut(&node).expect("it is up");
        let before = std::mem::replace(&mut station.members, members.to_vec());
        if station.process.is_none() {
            return Vec::new();
        }
        let stay: Vec<Process> = before.iter().copied().filter(|one| members.contains(one)).collect();
        let mut told = Vec::new();
        if stay != before && stay != members && chance.percent(50) {
            told.push(Heard::Members { members: stay, with_hosts: true });
        }
        if before != members {
            told.push(Heard::Members { members: members.to_vec(), with_hosts: true });
        }
        told.push(Heard::Ring { id, nodes: nodes.into_iter().collect() });
        // The one stream does not wait for the other.
        let quorum = Heard::Quorum { ring: id, quorate };
        match station.words.is_empty() && chance.percent(50) {
            true => told.insert(0, quorum),
            false => station.words.push_back((chance.below(4), quorum)),
        }
        told.into_iter().map(|heard| (node, heard)).collect()
    }

    fn put_in_order(&mut self, chance: &mut Chance) {
        let mut nodes: Vec<u32> = self.stations.keys().copied().collect();
        while !nodes.is_empty() {
            let node = nodes.swap_remove(chance.below(nodes.len() as u64) as usize);
            let station = self.stations.get_mut(&node).expect("it is up");
            let ring = self.rings.get_mut(&station.ring).expect("it is in a ring");
            if ring.goes_round {
                ring.order.extend(station.outgoing.drain(..));
            }
        }
        for station in self.stations.values_mut() {
            let ring = &self.rings[&station.ring];
            if ring.goes_round {
                station.received = ring.order.len();
            }
        }
    }

    /// Now and then a host is late.
    fn hand_out(&mut self, node: u32, chance: &mut Chance) -> Vec<Told> {
        if chance.percent(25) { Vec::new() } else { self.hand_out_all(node) }
    }

    fn hand_out_all(&mut self, node: u32) -> Vec<Told> {
        let station = self.stations.get_mut(&node).expect("it is up");
        let order = &self.rings[&station.ring].order;
        let items = order[station.handed_out..station.received].to_vec();
        station.handed_out = station.received;
        items.into_iter().filter_map(|item| Some((node, station.take(node, item)?))).collect()
    }

    /// What is to be said of quorum, when its time has come.
    fn say(&mut self, node: u32) -> Vec<Told> {
        let station = self.stations.get_mut(&node).expect("it is up");
        let mut told = Vec::new();
        while let Some((turns, _)) = station.words.front_mut() {
            if *turns > 0 {
                *turns -= 1;
                break;
            }
            let (_, word) = station.words.pop_front().expect("there is one");
            if station.process.is_some() {
                told.push((node, word));
            }
        }
        told
    }
}

impl Station {
    /// The host's process, once its joining has a place in the order, whether or not that was lost.
    fn in_group(&self, node: u32) -> Option<Process> {
        let process = (node, self.process?);
        let waits = self.outgoing.iter().any(|item| matches!(item, Item::Joins(one) if *one == process));
        (!waits).then_some(process)
    }

    fn has_seen_all_if(&self, it_counts: bool) -> bool {
        !it_counts || self.has_seen_all
    }

    /// The next of the order; what of it the process hears.
    fn take(&mut self, node: u32, item: Item) -> Option<Heard> {
        let is_member = |station: &Station| station.process.is_some_and(|one| station.members.contains(&(node, one)));
        match item {
            Item::Message { from, bytes } => is_member(self).then_some(Heard::Message { from, bytes }),
            Item::Joins(process) => {
                self.members.push(process);
                self.members.sort_unstable();
                is_member(self).then(|| Heard::Members { members: self.members.clone(), with_hosts: false })
            }
            Item::Leaves(process) => {
                self.members.retain(|one| *one != process);
                is_member(self).then(|| Heard::Members { members: self.members.clone(), with_hosts: false })
            }
        }
    }
}

/// Hosts that all hear each other, as many together as there are.
fn parts(up: &[u32], hears: &dyn Fn(u32, u32) -> bool) -> Vec<BTreeSet<u32>> {
    let mut parts: Vec<BTreeSet<u32>> = Vec::new();
    for node in up {
        match parts.iter_mut().find(|part| part.iter().all(|other| hears(*node, *other))) {
            Some(part) => {
                part.insert(*node);
            }
            None => parts.push(BTreeSet::from([*node])),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(corosync: &mut Corosync, from: u64, to: u64, chance: &mut Chance) -> Vec<Told> {
        let awake: BTreeSet<u32> = corosync.stations.keys().copied().collect();
        let turn = |now| corosync.turn(now * TURN_MS, &awake, &|_, _| true, chance);
        (from..to).flat_map(turn).collect()
    }

    fn has_got(told: &[Told], node: u32) -> bool {
        told.iter().any(|(to, heard)| *to == node && matches!(heard, Heard::Message { .. }))
    }

    #[test]
    fn what_a_host_has_seen_that_dies_all_others_see_or_none() {
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            let mut chance = Chance::new(seed);
            let mut corosync = Corosync::new(3);
            (1..=3).for_each(|node| drop(corosync.join(node)));
            turns(&mut corosync, 0, 400, &mut chance);
            corosync.send(1, b"words".to_vec());
            let mut told = turns(&mut corosync, 400, 401, &mut chance);
            corosync.host_is_off(1);
            told.extend(turns(&mut corosync, 401, 800, &mut chance));
            assert_eq!(has_got(&told, 2), has_got(&told, 3), "seed {seed}");
            seen.insert((has_got(&told, 1), has_got(&told, 2)));
        }
        // It alone, nobody, all, and the others alone.
        assert_eq!(seen.len(), 4, "{seen:?}");
    }
}
