//! Several protocol machines, one clock, one network that misbehaves by a seed.

use std::collections::{BTreeMap, BTreeSet};

use quorate_core::membership::{View, ViewId};
use quorate_transport::cluster::embedded::protocol::packet::Packet;
use quorate_transport::cluster::embedded::protocol::{Input, Output, Protocol, Settings, Timing, VoteRules, Voter};
use quorate_transport::cluster::{ClusterEvent, DownReason};

#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// Percent of packets.
    pub drop: u64,
    pub duplicate: u64,
    /// Milliseconds at most.
    pub delay: u64,
    pub partitions: bool,
    pub crashes: bool,
    pub pauses: bool,
    pub leaves: bool,
}

const TOKEN: u64 = 500;
const FAULTY_FOR: u64 = 12_000;
const CALM_FOR: u64 = 12_000;

/// One run of a node's process: everything it was told, in order.
#[derive(Default)]
struct Run {
    views: Vec<View>,
    /// Per view, the messages delivered in it.
    delivered: Vec<Vec<Message>>,
    sent: BTreeSet<Message>,
    seen: BTreeSet<Message>,
    over: bool,
}

/// A message: node, run, number.
type Message = (u32, u64, u64);

struct Live {
    protocol: Protocol,
    run: (u32, u64),
    /// A paused process sees nothing until then.
    paused_until: u64,
    leaving: bool,
}

pub struct World {
    seed: u64,
    random: u64,
    now: u64,
    faults: Faults,
    /// As they are until all is left in peace.
    first_faults: Faults,
    nodes: u32,
    live: BTreeMap<u32, Live>,
    down_until: BTreeMap<u32, u64>,
    runs: BTreeMap<(u32, u64), Run>,
    /// Packets on their way: arrival, tie-breaker, receiver.
    network: BTreeMap<(u64, u64), (u32, Packet)>,
    posted: u64,
    /// Which side of a cut each node is on.
    side: BTreeMap<u32, u64>,
    /// One link that is cut besides, one way.
    one_way: Option<(u32, u32)>,
    incarnations: u64,
    messages: u64,
}

impl World {
    pub fn new(seed: u64, nodes: u32, faults: Faults) -> World {
        let mut world = World {
            seed,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66,
            now: 1,
            faults,
            first_faults: faults,
            nodes,
            live: BTreeMap::new(),
            down_until: BTreeMap::new(),
            runs: BTreeMap::new(),
            network: BTreeMap::new(),
            posted: 0,
            side: BTreeMap::new(),
            one_way: None,
            incarnations: 0,
            messages: 0,
        };
        for id in 1..=nodes {
            world.start(id);
        }
        world
    }

    pub fn run(&mut self) {
        while self.now < FAULTY_FOR {
            self.turn(true);
        }
        self.side.clear();
        self.one_way = None;
        self.faults.drop = 0;
        while self.now < FAULTY_FOR + CALM_FOR {
            self.turn(false);
        }
        self.check_liveness();
        self.check_order();
        self.check_synchrony();
        self.check_nothing_lost();
    }

    /// splitmix64, so that a seed means the same for ever.
    fn chance(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    fn start(&mut self, id: u32) {
        self.incarnations += 1;
        let incarnation = self.incarnations;
        let nodes = (1..=self.nodes).map(|id| Voter { id, name: format!("n{id}"), votes: 1 }).collect();
        let wait_for_all = self.seed.is_multiple_of(3);
        let votes = VoteRules { wait_for_all, ..VoteRules::default() };
        let settings = Settings { local: id, incarnation, epoch: 0, nodes, timing: Timing::from_token(TOKEN), votes };
        let (protocol, outputs) = Protocol::start(settings, self.now);
        self.runs.insert((id, incarnation), Run::default());
        self.live.insert(id, Live { protocol, run: (id, incarnation), paused_until: 0, leaving: false });
        self.perform(id, outputs);
    }

    /// One millisecond, or as much as nothing happens.
    fn turn(&mut self, faulty: bool) {
        self.now += 1 + self.chance(4);
        if faulty {
            self.misbehave();
        }
        let waking: Vec<u32> = self.down_until.iter().filter(|(_, at)| **at <= self.now).map(|(id, _)| *id).collect();
        for id in waking {
            self.down_until.remove(&id);
            self.start(id);
        }
        self.arrive();
        let ids: Vec<u32> = self.live.keys().copied().collect();
        for id in ids {
            if faulty && self.chance(40) == 0 {
                self.send_something(id);
            }
            let Some(live) = self.live.get(&id) else { continue };
            if live.paused_until <= self.now && live.protocol.wake_at() <= self.now {
                self.step(id, Input::Tick);
            }
        }
        self.check_one_quorate_view();
    }

    fn misbehave(&mut self) {
        let id = 1 + self.chance(u64::from(self.nodes)) as u32;
        let until = self.now + 50 + self.chance(3 * TOKEN);
        match self.chance(2400) {
            0..6 if self.faults.partitions => {
                let sides = 1 + self.chance(3);
                self.side = (1..=self.nodes).map(|node| (node, self.chance(sides))).collect();
            }
            6..10 if self.faults.partitions => {
                let other = 1 + self.chance(u64::from(self.nodes)) as u32;
                self.one_way = (self.chance(2) == 0).then_some((id, other));
            }
            10..14 if self.faults.crashes => self.stop(id, until),
            20..24 if self.faults.pauses => {
                if let Some(live) = self.live.get_mut(&id) {
                    live.paused_until = until;
                }
            }
            30..32 if self.faults.leaves => {
                if let Some(live) = self.live.get_mut(&id) {
                    live.leaving = true;
                    self.step(id, Input::Leave);
                }
            }
            _ => {}
        }
    }

    /// The process ends; a new one starts later.
    fn stop(&mut self, id: u32, until: u64) {
        if let Some(live) = self.live.remove(&id) {
            if let Some(run) = self.runs.get_mut(&live.run) {
                run.over = true;
            }
            self.down_until.insert(id, until);
        }
    }

    fn send_something(&mut self, id: u32) {
        let Some(live) = self.live.get(&id) else { return };
        if live.paused_until > self.now || live.leaving || live.protocol.admits(16).is_err() {
            return;
        }
        self.messages += 1;
        let message = (live.run.0, live.run.1, self.messages);
        let run = self.runs.get_mut(&live.run).expect("every live process has a run");
        run.sent.insert(message);
        let mut bytes = Vec::new();
        bytes.extend(message.0.to_be_bytes());
        bytes.extend(message.1.to_be_bytes());
        bytes.extend(message.2.to_be_bytes());
        self.step(id, Input::Multicast(bytes.into()));
    }

    fn step(&mut self, id: u32, input: Input) {
        let now = self.now;
        if let Some(live) = self.live.get_mut(&id) {
            let outputs = live.protocol.step(input, now);
            self.perform(id, outputs);
        }
    }

    fn perform(&mut self, id: u32, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, packet } => self.post(id, to, packet),
                Output::Event(event) => self.hear(id, event),
            }
        }
    }

    fn post(&mut self, from: u32, to: u32, packet: Packet) {
        let cut = self.side.get(&from) != self.side.get(&to) || self.one_way == Some((from, to));
        if cut || self.chance(100) < self.faults.drop {
            return;
        }
        // The spelling is tested along the way.
        let packet = match self.posted % 16 {
            0 => Packet::decode(&packet.encode()).expect("our own packet"),
            _ => packet,
        };
        let copies = if self.chance(100) < self.faults.duplicate { 2 } else { 1 };
        for _ in 0..copies {
            self.posted += 1;
            let at = self.now + 1 + self.chance(self.faults.delay + 1);
            self.network.insert((at, self.posted), (to, packet.clone()));
        }
    }

    fn arrive(&mut self) {
        let now = self.now;
        let later = self.network.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut self.network, later);
        for ((_, order), (to, packet)) in due {
            match self.live.get(&to) {
                // Packets wait in the paused process's socket.
                Some(live) if live.paused_until > now => {
                    self.network.insert((live.paused_until + 1, order), (to, packet));
                }
                Some(_) => self.step(to, Input::Packet(packet)),
                None => {}
            }
        }
    }

    fn hear(&mut self, id: u32, event: ClusterEvent) {
        let live = self.live.get(&id).expect("only live processes hear");
        let run = self.runs.get_mut(&live.run).expect("every live process has a run");
        match event {
            ClusterEvent::View(view) => {
                assert!(view.members.iter().any(|member| member.id == id), "node {id} is not in its own view {view:?}");
                run.views.push(view);
                run.delivered.push(Vec::new());
            }
            ClusterEvent::Message { from, bytes } => {
                let number = |range: std::ops::Range<usize>| {
                    bytes[range].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
                };
                let message = (number(0..4) as u32, number(4..12), number(12..20));
                assert_eq!(from, message.0, "wrong sender");
                assert!(run.seen.insert(message), "node {id} got {message:?} twice");
                run.delivered.last_mut().expect("a view comes before any message").push(message);
            }
            ClusterEvent::Note(words) => {
                let Faults { drop, partitions, crashes, pauses, .. } = self.first_faults;
                let silence = drop > 0 || partitions || crashes || pauses;
                assert!(silence && words.contains(" was last heard "), "unexpected note: {words}");
            }
            ClusterEvent::Remarks(remarks) => panic!("unexpected remarks: {remarks:?}"),
            ClusterEvent::StopWanted => panic!("nobody stops this engine but its user"),
            ClusterEvent::Down(reason) => {
                assert_eq!(reason, DownReason::Left);
                let until = self.now + 100;
                self.stop(id, until);
            }
        }
    }

    /// Views whose members are all in them right now.
    fn check_one_quorate_view(&self) {
        let standing: BTreeMap<u32, ViewId> =
            self.live.iter().map(|(id, live)| (*id, live.protocol.view_id())).collect();
        let whole = self.live.values().filter(|live| {
            let members = live.protocol.member_ids();
            live.protocol.quorate() && members.iter().all(|id| standing.get(id) == Some(&live.protocol.view_id()))
        });
        let ids: BTreeSet<ViewId> = whole.map(|live| live.protocol.view_id()).collect();
        assert!(ids.len() <= 1, "two quorate views at {}: {ids:?}", self.now);
    }

    fn check_liveness(&self) {
        let everyone: Vec<u32> = (1..=self.nodes).collect();
        for live in self.live.values() {
            assert_eq!(live.protocol.member_ids(), everyone, "not all in one view{}", self.state());
            assert!(live.protocol.quorate(), "all together and not quorate");
            let run = &self.runs[&live.run];
            let missing: Vec<&Message> = run.sent.difference(&run.seen).collect();
            assert!(missing.is_empty(), "never came back to their sender: {missing:?}{}", self.state());
        }
        assert_eq!(self.live.len(), everyone.len());
    }

    fn state(&self) -> String {
        self.live.values().map(|live| format!("\n{:?}", live.protocol)).collect()
    }

    /// In one view, one sequence: of any two members, one has a prefix of the other's.
    fn check_order(&self) {
        let mut longest: BTreeMap<ViewId, &Vec<Message>> = BTreeMap::new();
        for run in self.runs.values() {
            for (view, delivered) in run.views.iter().zip(&run.delivered) {
                let other = longest.entry(view.id).or_insert(delivered);
                let shared = other.len().min(delivered.len());
                assert_eq!(other[..shared], delivered[..shared], "different order in view {}", view.id);
                if delivered.len() > other.len() {
                    *other = delivered;
                }
            }
        }
    }

    /// Who goes from the same view to the same view has delivered the same.
    fn check_synchrony(&self) {
        let mut passages: BTreeMap<(ViewId, ViewId), &Vec<Message>> = BTreeMap::new();
        for run in self.runs.values() {
            for (step, delivered) in run.views.windows(2).zip(&run.delivered) {
                let other = passages.entry((step[0].id, step[1].id)).or_insert(delivered);
                assert_eq!(*other, delivered, "different messages between {} and {}", step[0].id, step[1].id);
            }
        }
    }

    /// What a process that died has delivered in a view, all that went on from that view have too.
    fn check_nothing_lost(&self) {
        let mut kept: BTreeMap<ViewId, usize> = BTreeMap::new();
        for run in self.runs.values() {
            for (view, delivered) in run.views.iter().zip(&run.delivered).rev().skip(1) {
                let least = kept.entry(view.id).or_insert(delivered.len());
                *least = (*least).min(delivered.len());
            }
        }
        for run in self.runs.values().filter(|run| run.over) {
            let last = run.views.iter().zip(&run.delivered).next_back();
            if let Some((view, delivered)) = last
                && let Some(least) = kept.get(&view.id)
            {
                assert!(delivered.len() <= *least, "a message died with its only holder in view {}", view.id);
            }
        }
    }
}
