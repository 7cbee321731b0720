//! A whole cluster in one thread: the daemon's own machines on a simulated clock, network, disk
//! and agents, with faults by a seed.
//!
//! What runs here is `core::node` and the embedded engine's protocol, or what makes views of Corosync's words, as in
//! production; what is simulated is the world around them, Corosync itself included. The same seed is the same run, to the last message.

mod agents;
mod any;
mod beneath;
pub mod chance;
pub mod checkers;
pub(crate) mod corosync;
mod disk;
mod faults;
mod fencing;
pub(crate) mod host;
pub(crate) mod network;
mod setting;
mod story;
mod tools;

pub use chance::Chance;
use checkers::Record;
use corosync::Corosync;
use disk::DiskWork;
pub use fencing::FenceDevices;
use host::Host;
pub use host::{BROKEN, CRASHED, MOVABLE, STUBBORN};
use network::Network;
use quorate_core::node::{Effect, Event, RESTLESS, Reply, Timer, UNDECIDED};
use quorate_core::replica::PersistedTerms;
use quorate_transport::cluster::embedded::protocol::packet::Packet;
use quorate_transport::cluster::embedded::protocol::{Input, Output};
use quorate_transport::cluster::{ClusterEvent, DownReason};
use std::collections::BTreeMap;

/// How long faults go on, and how long the cluster then has to come to rest. Milliseconds.
const FAULTS_MS: u64 = 60_000;
const CALM_MS: u64 = 120_000;

/// The first moment of every run, seconds since the epoch.
const EPOCH: i64 = 1_700_000_000;

/// No clock is behind by more. Milliseconds.
const CLOCK_SPAN_MS: u64 = 30 * 24 * 3_600_000;

/// A host that resets itself is back after so long. Milliseconds.
const RESET_MS: u64 = 4_000;

/// A run writes no more steps than this; more is a loop.
const STEPS_MAX: u64 = 3_000_000;

/// What is going to happen.
#[derive(Clone, Debug)]
enum Happening {
    /// The engine of a node looks around.
    Tick {
        node: u32,
        incarnation: u64,
    },
    Packet {
        to: u32,
        packet: Box<Packet>,
    },
    Refused {
        to: u32,
        node: u32,
    },
    Timer {
        node: u32,
        incarnation: u64,
        timer: Timer,
    },
    /// The agent goes on when its daemon is gone.
    AgentEnds {
        node: u32,
        incarnation: u64,
        number: u64,
    },
    DeviceEnds {
        node: u32,
        incarnation: u64,
        number: u64,
    },
    DiskEnds {
        node: u32,
        incarnation: u64,
    },
    Boot {
        node: u32,
    },
    Write,
    Fault,
    /// The network is whole again.
    Mend,
    Heal,
    /// Nobody is on standby any more.
    Relieve,
    /// Corosync goes on.
    Turn,
}

/// The cluster and what is around it.
pub struct World {
    pub seed: u64,
    now: u64,
    sequence: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    hosts: BTreeMap<u32, Host>,
    network: Network,
    /// What is between the hosts, if it is not the embedded engine.
    corosync: Option<Corosync>,
    chance: Chance,
    faulty: bool,
    failing: Option<&'static str>,
    /// By the configuration; one that was made by chance may well say that something runs nowhere.
    all_can_run: bool,
    /// When the faults by chance were over, in milliseconds; a story makes its own.
    mended_at: Option<u64>,
    steps: u64,
    written: u32,
    /// Commits that wait for their answer: node, its incarnation, asker.
    asked: BTreeMap<(u32, u64, u64), String>,
    /// Fence agents that run, by the number of their start.
    devices: BTreeMap<u64, fencing::Device>,
    /// How long fence agents take, if it is not left to chance. Milliseconds.
    pub fence_agents_take: Option<u64>,
    pub fence_devices: FenceDevices,
    /// How long each half of a move takes, if it is not left to chance. Milliseconds.
    pub moves_take: Option<u64>,
    /// A disk has forgotten what it had said it stored.
    disk_forgot: bool,
    /// When something last befell a host, in milliseconds.
    disturbed: BTreeMap<u32, u64>,
    /// What tools of a story were answered, by the number of the request.
    answers: BTreeMap<u64, Reply>,
    /// People who wait for a node to be cut off.
    fencing_asked: BTreeMap<(u32, u64, u64), u32>,
    pub record: Record,
    /// What happened, for a failing seed.
    pub story: Vec<String>,
    pub verbose: bool,
}

/// What is wrong with a run.
#[derive(Debug)]
pub struct Broken {
    pub law: &'static str,
    pub detail: String,
}

impl World {
    /// A cluster of two to five nodes, as the seed has it.
    pub fn new(seed: u64) -> World {
        let failing = match seed % 4 {
            1 => Some(STUBBORN),
            3 => Some(BROKEN),
            2 if seed % 8 == 2 => Some(CRASHED),
            _ => None,
        };
        let world = World::faulty(seed, failing);
        match seed % 5 {
            4 => world.with_properties(&[("shutdown-lock", "true"), ("shutdown-lock-limit", "20s")]),
            _ => world,
        }
    }

    /// A cluster whose nodes start and that nothing befalls.
    pub fn calm(seed: u64, nodes: u32, chance: Chance) -> World {
        World::calm_with(seed, nodes, chance, None)
    }

    /// The same with a resource that fails alike everywhere. It keeps a node that is asked to stop, as any
    /// does whose stop failed.
    pub fn calm_with(seed: u64, nodes: u32, chance: Chance, failing: Option<&'static str>) -> World {
        let mut world = World {
            seed,
            now: 1,
            sequence: 0,
            agenda: BTreeMap::new(),
            hosts: (1..=nodes).map(|id| (id, Host::new(id, nodes))).collect(),
            network: Network::default(),
            corosync: None,
            chance,
            faulty: false,
            failing,
            all_can_run: true,
            mended_at: None,
            steps: 0,
            written: 0,
            asked: BTreeMap::new(),
            devices: BTreeMap::new(),
            fence_agents_take: None,
            fence_devices: FenceDevices::Work,
            moves_take: None,
            disk_forgot: false,
            disturbed: BTreeMap::new(),
            answers: BTreeMap::new(),
            fencing_asked: BTreeMap::new(),
            record: Record::default(),
            story: Vec::new(),
            verbose: false,
        };
        let document = host::configuration(nodes, failing);
        for (id, host) in &mut world.hosts {
            host.disk = Some((document.clone(), PersistedTerms { term: 1, configuration_term: 1 }));
            let _ = id;
        }
        for node in 1..=nodes {
            let at = world.chance.below(500);
            world.after(at, Happening::Boot { node });
        }
        world
    }

    /// Runs to the end; the first law that breaks ends it.
    pub fn run(&mut self) -> Result<(), Broken> {
        self.run_until(FAULTS_MS + CALM_MS)?;
        checkers::at_rest(self)?;
        if self.all_can_run { checkers::all_run(self) } else { Ok(()) }
    }

    /// Runs to that moment.
    pub fn run_until(&mut self, end: u64) -> Result<(), Broken> {
        while self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= end) {
            let Some(((at, sequence), happening)) = self.agenda.pop_first() else { break };
            self.now = at;
            self.steps += 1;
            if let Some(until) = self.paused_until(&happening) {
                // Its place stays: what a disk was given first, it has first.
                self.agenda.insert((until, sequence), happening);
                continue;
            }
            if self.steps > STEPS_MAX {
                let detail = format!("{} steps by {} ms", self.steps, self.now);
                return Err(Broken { law: "the cluster comes to rest", detail });
            }
            self.happen(happening);
            self.record.check()?;
        }
        Ok(())
    }

    /// A host that stands still does not notice anything until it goes on.
    fn paused_until(&self, happening: &Happening) -> Option<u64> {
        let node = match happening {
            Happening::Tick { node, .. }
            | Happening::Timer { node, .. }
            | Happening::AgentEnds { node, .. }
            | Happening::DeviceEnds { node, .. }
            | Happening::DiskEnds { node, .. } => node,
            Happening::Packet { to, .. } | Happening::Refused { to, .. } => to,
            Happening::Boot { .. }
            | Happening::Write
            | Happening::Fault
            | Happening::Mend
            | Happening::Heal
            | Happening::Relieve
            | Happening::Turn => return None,
        };
        Some(self.hosts[node].paused_until).filter(|until| *until > self.now)
    }

    fn after(&mut self, ms: u64, happening: Happening) {
        self.sequence += 1;
        self.agenda.insert((self.now + ms, self.sequence), happening);
    }

    fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.verbose {
            let line = format!("{:>7} {}", self.now, text());
            self.story.push(line);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Tick { node, incarnation } => self.tick(node, incarnation),
            Happening::Packet { to, packet } => self.engine(to, Input::Packet(*packet)),
            Happening::Refused { to, node } => self.engine(to, Input::Refused { node }),
            Happening::Timer { node, incarnation, timer } => {
                if self.lives(node, incarnation) {
                    self.step(node, Event::Timer(timer));
                }
            }
            Happening::AgentEnds { node, incarnation, number } => self.agent_ends(node, incarnation, number),
            Happening::DeviceEnds { node, incarnation, number } => self.device_ends(node, incarnation, number),
            Happening::DiskEnds { node, incarnation } => self.disk_ends(node, incarnation),
            Happening::Boot { node } => self.boot(node),
            Happening::Write => self.write(),
            Happening::Fault => self.fault(),
            Happening::Mend => self.mend(),
            Happening::Heal => self.heal(),
            Happening::Relieve => self.relieve(),
            Happening::Turn => self.turn_corosync(),
        }
    }

    fn host(&mut self, node: u32) -> &mut Host {
        self.hosts.get_mut(&node).expect("hosts are never removed")
    }

    fn lives(&self, node: u32, incarnation: u64) -> bool {
        self.hosts[&node].life.as_ref().is_some_and(|life| life.incarnation == incarnation)
    }

    fn boot(&mut self, node: u32) {
        let (now, steps) = (self.now, self.steps);
        let host = self.host(node);
        if host.life.is_some() || !host.powered {
            return;
        }
        // A daemon whose disk does not answer waits for it before it becomes a member.
        if self.hosts[&node].disk_hangs_until.is_some_and(|until| until > self.now) {
            return self.after(100, Happening::Boot { node });
        }
        self.end_orphans(node);
        self.disturb(node);
        // Incarnations grow with time as long as the clock does; several may fall into one simulated millisecond.
        let clock_ms = CLOCK_SPAN_MS.saturating_add_signed(self.hosts[&node].clock_ahead * 1_000) + now;
        let incarnation = clock_ms * 1_000_000 + steps;
        let over_corosync = self.corosync.is_some();
        let outputs = self.host(node).start(incarnation, now, EPOCH, over_corosync);
        self.tell(|| format!("n{node} starts"));
        self.engine_outputs(node, outputs);
        self.join_group(node);
        self.after(50, Happening::Tick { node, incarnation });
    }

    fn engine_outputs(&mut self, node: u32, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, packet } => self.send(node, to, packet),
                Output::Event(ClusterEvent::View(view)) => {
                    self.tell(|| format!("n{node} sees {:?} quorate {}", names(&view.members), view.quorate));
                    self.step(node, Event::View(view));
                }
                Output::Event(ClusterEvent::Message { from, bytes }) => {
                    let event = self.hosts[&node].hears(from, &bytes);
                    self.step(node, event);
                }
                Output::Event(ClusterEvent::Note(text)) => self.tell(|| format!("n{node}: {text}")),
                Output::Event(ClusterEvent::Remarks(remarks)) => self.step(node, Event::Remarks(remarks)),
                Output::Event(ClusterEvent::StopWanted) => self.step(node, Event::Terminate),
                Output::Event(ClusterEvent::Down(DownReason::Left)) => self.stop(node),
                Output::Event(ClusterEvent::Down(DownReason::Failed(why))) => {
                    self.tell(|| format!("n{node} engine failed: {why}"));
                    self.stop(node);
                }
            }
        }
    }

    fn send(&mut self, from: u32, to: u32, packet: Packet) {
        let (powered, alive) = {
            let host = &self.hosts[&to];
            (host.powered, host.life.is_some())
        };
        let Some(delay) = self.network.passes(from, to, self.faulty, &mut self.chance) else {
            return;
        };
        if alive {
            self.after(delay, Happening::Packet { to, packet: Box::new(packet) });
        } else if powered {
            self.after(delay, Happening::Refused { to: from, node: to });
        }
    }

    fn step(&mut self, node: u32, event: Event) {
        let now = self.now;
        let clock = host::clock(now, EPOCH + self.hosts[&node].clock_ahead);
        let Some(life) = &mut self.host(node).life else {
            return;
        };
        let incarnation = life.incarnation;
        let had_agreed = life.node.agreed().is_some();
        let effects = life.node.step(event, clock);
        if !had_agreed && life.node.agreed().is_some() {
            self.spread_knowledge(node);
        }
        for effect in effects {
            // An effect may have ended this life.
            if !self.lives(node, incarnation) {
                return;
            }
            self.perform(node, incarnation, effect);
        }
    }

    fn perform(&mut self, node: u32, incarnation: u64, effect: Effect) {
        match effect {
            Effect::Multicast(message) => {
                let bytes = self.hosts[&node].says(&message);
                self.engine(node, Input::Multicast(bytes.into()));
            }
            Effect::Run(run) => {
                let slow = self.faulty && self.chance.percent(5);
                let by_chance = 5 + self.chance.below(if slow { 4_000 } else { 60 });
                let ms = self.moves_take.filter(|_| run.operation.starts_with("migrate_")).unwrap_or(by_chance);
                let number = self.sequence;
                self.host(node).agents.insert(number, run);
                self.after(ms, Happening::AgentEnds { node, incarnation, number });
            }
            Effect::RunDevice { fencing, number, run } => self.device_begins(node, incarnation, fencing, number, run),
            Effect::Timer { timer, after_ms } => {
                self.after(after_ms.max(1), Happening::Timer { node, incarnation, timer });
            }
            Effect::Persist { number, document, terms } => {
                self.disk_begins(node, incarnation, DiskWork::Write { number, document, terms });
            }
            Effect::CheckDisk { number } => self.disk_begins(node, incarnation, DiskWork::Check { number }),
            Effect::Reply { client, reply } => self.answered(node, incarnation, client, reply),
            Effect::Note(note) if note.about == UNDECIDED || note.message == RESTLESS => panic!("n{node} {note}"),
            Effect::Note(note) => self.tell(|| format!("n{node} {note}")),
            Effect::Leave => self.engine(node, Input::Leave),
            Effect::Refused { .. } => self.refused(node),
            Effect::Exit => self.stop(node),
            Effect::Reset { reason } => {
                self.tell(|| format!("n{node} resets itself: {reason}"));
                self.power_off(node);
                self.power_on_after(node, RESET_MS);
            }
            Effect::SaveInput { .. } | Effect::Notify { .. } | Effect::Alert(_) => {}
        }
    }

    /// The daemon ends by itself.
    fn stop(&mut self, node: u32) {
        self.tell(|| format!("n{node} ends"));
        self.forget(node);
        self.host(node).life = None;
        self.disturb(node);
        self.after(5_000, Happening::Boot { node });
    }

    fn power_off(&mut self, node: u32) {
        self.forget(node);
        let host = self.host(node);
        host.life = None;
        host.paused_until = 0;
        host.clear();
        self.devices.retain(|_, device| device.by != node);
        self.cut_moves_short(node);
        if let Some(corosync) = &mut self.corosync {
            corosync.host_is_off(node);
        }
        self.disk_loses_power(node);
        self.record.off(node);
        self.disturb(node);
    }

    /// Whatever befalls a host may be a reason to cut it off.
    fn disturb(&mut self, node: u32) {
        let last = self.disturbed.entry(node).or_default();
        *last = self.now.max(*last);
    }

    /// Something has changed for all: the network.
    fn disturb_all(&mut self) {
        self.network.changed_at = self.now;
        for node in self.hosts.keys().copied().collect::<Vec<_>>() {
            self.disturb(node);
        }
    }

    fn power_on_after(&mut self, node: u32, ms: u64) {
        self.after(ms, Happening::Boot { node });
    }
}

fn names(members: &[quorate_core::membership::Member]) -> Vec<&str> {
    members.iter().map(|member| member.name.as_str()).collect()
}
