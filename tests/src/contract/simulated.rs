//! Engines without sockets: the embedded one's protocol on a simulated network, or what makes views of the words of a
//! simulated Corosync. The same seed is the same run.

use super::{Net, Told, payload};
use crate::world::Chance;
use crate::world::corosync::{Corosync, TURN_MS};
use crate::world::host::{self, Engine};
use crate::world::network::Network;
use quorate_transport::cluster::corosync::group;
use quorate_transport::cluster::corosync::heard::Heard;
use quorate_transport::cluster::embedded::protocol::packet::Packet;
use quorate_transport::cluster::embedded::protocol::{Input, Output, Protocol};
use quorate_transport::cluster::{ClusterEvent, DownReason};
use std::collections::{BTreeMap, BTreeSet};

/// How often engines look around. Milliseconds.
const EMBEDDED_TICK_MS: u64 = 50;
const GROUP_TICK_MS: u64 = 100;

/// Nobody is told anything for so long: nobody will be. Milliseconds.
const SILENT_MS: u64 = 60_000;

/// Who leaves waits no longer for what it has said. Milliseconds.
const LEAVE_MS: u64 = 5_000;

pub struct Simulated {
    now: u64,
    last_told: u64,
    count: u32,
    chance: Chance,
    network: Network,
    corosync: Option<Corosync>,
    engines: BTreeMap<u32, Engine>,
    incarnation: u64,
    paused: BTreeSet<u32>,
    away: BTreeSet<u32>,
    /// What is on its way, by when it arrives.
    on_the_way: BTreeMap<(u64, u64), (u32, Arrival)>,
    sequence: u64,
    told: Vec<(u32, Told)>,
}

enum Arrival {
    Packet(Box<Packet>),
    Refused(u32),
}

impl Simulated {
    pub fn embedded(seed: u64, count: u32) -> Simulated {
        Simulated::of(seed, count, None)
    }

    pub fn corosync(seed: u64, count: u32) -> Simulated {
        Simulated::of(seed, count, Some(Corosync::new(count as usize)))
    }

    fn of(seed: u64, count: u32, corosync: Option<Corosync>) -> Simulated {
        Simulated {
            now: 0,
            last_told: 0,
            count,
            chance: Chance::new(seed),
            network: Network::default(),
            corosync,
            engines: BTreeMap::new(),
            incarnation: 0,
            paused: BTreeSet::new(),
            away: BTreeSet::new(),
            on_the_way: BTreeMap::new(),
            sequence: 0,
            told: Vec::new(),
        }
    }

    fn arrives(&mut self, at: u64, node: u32, arrival: Arrival) {
        self.sequence += 1;
        self.on_the_way.insert((at, self.sequence), (node, arrival));
    }

    // ---- the embedded engine ---------------------------------------------------------------------------

    fn embedded_step(&mut self, node: u32, input: Input) {
        let now = self.now;
        let Some(Engine::Embedded(protocol)) = self.engines.get_mut(&node) else { return };
        let outputs = protocol.step(input, now);
        self.outputs(node, outputs);
    }

    fn outputs(&mut self, node: u32, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, packet } => {
                    let Some(delay) = self.network.passes(node, to, false, &mut self.chance) else { continue };
                    let at = self.now + delay;
                    match self.engines.contains_key(&to) {
                        true => self.arrives(at, to, Arrival::Packet(Box::new(packet))),
                        false => self.arrives(at, node, Arrival::Refused(to)),
                    }
                }
                Output::Event(event) => self.event(node, event),
            }
        }
    }

    fn event(&mut self, node: u32, event: ClusterEvent) {
        let Some(told) = Told::of(event) else { return };
        if told == Told::Left {
            self.end(node);
        }
        self.last_told = self.now;
        self.told.push((node, told));
    }

    fn end(&mut self, node: u32) {
        self.engines.remove(&node);
        self.paused.remove(&node);
        if let Some(corosync) = &mut self.corosync {
            corosync.leave(node);
        }
    }

    fn deliver(&mut self) {
        let due: Vec<_> = self.on_the_way.range(..=(self.now, u64::MAX)).map(|(key, _)| *key).collect();
        for key in due {
            let Some((node, arrival)) = self.on_the_way.remove(&key) else { continue };
            if self.paused.contains(&node) {
                // It is there when the process goes on.
                self.on_the_way.insert((self.now + 1, key.1), (node, arrival));
                continue;
            }
            match arrival {
                Arrival::Packet(packet) => self.embedded_step(node, Input::Packet(*packet)),
                Arrival::Refused(other) => self.embedded_step(node, Input::Refused { node: other }),
            }
        }
    }

    // ---- over Corosync ---------------------------------------------------------------------------------

    fn group_step(&mut self, node: u32, input: group::Input) {
        let Some(Engine::Corosync { group, .. }) = self.engines.get_mut(&node) else { return };
        let mut events = Vec::new();
        let mut is_excluded = false;
        for output in group.step(input) {
            match (output, &mut self.corosync) {
                (group::Output::Send(bytes), Some(corosync)) => corosync.send(node, bytes),
                (group::Output::Excluded, _) => is_excluded = true,
                (group::Output::Event(event), _) => events.push(event),
                (group::Output::Send(_) | group::Output::Drop, _) => {}
            }
        }
        events.into_iter().for_each(|event| self.event(node, event));
        if is_excluded && self.engines.contains_key(&node) {
            if let Some(corosync) = &mut self.corosync {
                corosync.leave(node);
            }
            self.group_step(node, group::Input::Reconnected);
            self.join_group(node);
        }
    }

    fn join_group(&mut self, node: u32) {
        let first = self.corosync.as_mut().map(|corosync| corosync.join(node));
        first.into_iter().flatten().for_each(|heard| self.hear(node, heard));
    }

    fn hear(&mut self, node: u32, heard: Heard) {
        self.group_step(node, group::Input::Heard(heard));
    }

    fn leave_if_done(&mut self, node: u32) {
        let now = self.now;
        if let Some(Engine::Corosync { group, leaving: Some(since) }) = self.engines.get(&node)
            && (group.waiting_bytes() == 0 || now > since + LEAVE_MS)
        {
            self.event(node, ClusterEvent::Down(DownReason::Left));
        }
    }

    /// Corosync itself goes on where a process stands still.
    fn turn_corosync(&mut self) {
        let network = &self.network;
        let hears = |one, other| network.hear_each_other(one, other);
        let awake: BTreeSet<u32> = (1..=self.count).filter(|node| !self.paused.contains(node)).collect();
        let Some(corosync) = &mut self.corosync else { return };
        for (node, heard) in corosync.turn(self.now, &awake, &hears, &mut self.chance) {
            self.hear(node, heard);
        }
    }
}

impl Net for Simulated {
    fn start(&mut self, node: u32) {
        self.incarnation += 1;
        let incarnation = self.incarnation * 1_000_000 + u64::from(node);
        if self.corosync.is_some() {
            let group = Box::new(host::group(node, incarnation, 0));
            self.engines.insert(node, Engine::Corosync { group, leaving: None });
            return self.join_group(node);
        }
        let (protocol, outputs) = Protocol::start(host::embedded(node, self.count, incarnation, 0), self.now);
        self.engines.insert(node, Engine::Embedded(Box::new(protocol)));
        self.outputs(node, outputs);
    }

    fn leave(&mut self, node: u32) {
        let now = self.now;
        match self.engines.get_mut(&node) {
            Some(Engine::Corosync { leaving, .. }) => *leaving = Some(now),
            Some(Engine::Embedded(_)) => self.embedded_step(node, Input::Leave),
            None => panic!("n{node} does not run"),
        }
    }

    fn kill(&mut self, node: u32) {
        self.end(node);
    }

    fn pause(&mut self, node: u32, stands_still: bool) {
        match stands_still {
            true => self.paused.insert(node),
            false => self.paused.remove(&node),
        };
    }

    fn cut(&mut self, node: u32, away: bool) {
        match away {
            true => self.away.insert(node),
            false => self.away.remove(&node),
        };
        let parts = (1..=self.count).map(|node| (node, if self.away.contains(&node) { u64::from(node) } else { 0 }));
        self.network.cut(parts.collect());
    }

    fn send(&mut self, node: u32, name: &str, size: usize) {
        let bytes = payload(name, size);
        match self.engines.get(&node) {
            Some(Engine::Corosync { .. }) => self.group_step(node, group::Input::Multicast(bytes.into())),
            Some(Engine::Embedded(_)) => self.embedded_step(node, Input::Multicast(bytes.into())),
            None => panic!("n{node} does not run"),
        }
    }

    fn turn(&mut self) -> Option<Vec<(u32, Told)>> {
        if self.now > self.last_told + SILENT_MS {
            return None;
        }
        self.now += TURN_MS;
        self.deliver();
        self.turn_corosync();
        for node in self.engines.keys().copied().collect::<Vec<_>>() {
            if self.paused.contains(&node) {
                continue;
            }
            match self.corosync.is_some() {
                true if self.now.is_multiple_of(GROUP_TICK_MS) => self.group_step(node, group::Input::Tick),
                false if self.now.is_multiple_of(EMBEDDED_TICK_MS) => self.embedded_step(node, Input::Tick),
                _ => {}
            }
            self.leave_if_done(node);
        }
        Some(std::mem::take(&mut self.told))
    }
}
