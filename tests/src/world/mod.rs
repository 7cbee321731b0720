//! A whole cluster in one thread: the daemon's own machines on a simulated clock, network, disk
//! and agents, with faults by a seed.
//!
//! What runs here is `core::node` and the embedded engine's protocol, as in production; what is
//! simulated is the world around them. The same seed is the same run, to the last message.

pub mod chance;
pub mod checkers;
mod faults;
mod host;
mod network;

pub use chance::Chance;
use checkers::Record;
use host::Host;
use network::Network;
use quorate_core::cib::{Document, diff};
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::request::DeviceResult;
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::node::{Effect, Event, Node, Refusal, Reply, Request, Timer, UNDECIDED};
use quorate_core::replica::Mark;
use quorate_core::xml::Element;
use quorate_transport::cluster::embedded::protocol::packet::Packet;
use quorate_transport::cluster::embedded::protocol::{Input, Output};
use quorate_transport::cluster::{ClusterEvent, DownReason};
use quorate_transport::wire;
use std::collections::{BTreeMap, BTreeSet};

/// How long faults go on, and how long the cluster then has to come to rest. Milliseconds.
const FAULTS_MS: u64 = 60_000;
const CALM_MS: u64 = 120_000;

/// The first moment of every run, seconds since the epoch.
const EPOCH: i64 = 1_700_000_000;

/// Numbers of requests that belong to a story lie above.
const STORY: u64 = 1 << 32;

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
    AgentEnds {
        node: u32,
        incarnation: u64,
        run: Box<Run>,
    },
    /// The agent goes on when its daemon is gone.
    DeviceEnds {
        node: u32,
        incarnation: u64,
        fencing: String,
        number: u32,
        run: Box<DeviceRun>,
    },
    DiskEnds {
        node: u32,
        incarnation: u64,
        number: u64,
        document: Box<Document>,
        mark: Mark,
    },
    Boot {
        node: u32,
    },
    Write,
    Fault,
    Heal,
}

/// The cluster and its surroundings.
pub struct World {
    pub seed: u64,
    now: u64,
    sequence: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    hosts: BTreeMap<u32, Host>,
    network: Network,
    chance: Chance,
    faulty: bool,
    steps: u64,
    written: u32,
    /// Commits that wait for their answer: node, its incarnation, asker.
    asked: BTreeMap<(u32, u64, u64), String>,
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
        let mut chance = Chance::new(seed);
        let nodes = 2 + chance.below(4) as u32;
        let mut world = World::calm(seed, nodes, chance);
        world.faulty = true;
        world.after(3_000, Happening::Write);
        world.after(20_000, Happening::Fault);
        world.after(FAULTS_MS, Happening::Heal);
        world
    }

    /// A cluster whose nodes start and that nothing befalls.
    pub fn calm(seed: u64, nodes: u32, chance: Chance) -> World {
        let mut world = World {
            seed,
            now: 1,
            sequence: 0,
            agenda: BTreeMap::new(),
            hosts: (1..=nodes).map(|id| (id, Host::new(id, nodes))).collect(),
            network: Network::default(),
            chance,
            faulty: false,
            steps: 0,
            written: 0,
            asked: BTreeMap::new(),
            answers: BTreeMap::new(),
            fencing_asked: BTreeMap::new(),
            record: Record::default(),
            story: Vec::new(),
            verbose: false,
        };
        let document = host::configuration(nodes);
        for (id, host) in &mut world.hosts {
            host.disk = Some((document.clone(), Mark { term: 1, configuration_term: 1 }));
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
        checkers::at_rest(self)
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
            Happening::Boot { .. } | Happening::Write | Happening::Fault | Happening::Heal => return None,
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
            Happening::Tick { node, incarnation } => {
                if self.lives(node, incarnation) {
                    self.engine(node, Input::Tick);
                    self.after(50, Happening::Tick { node, incarnation });
                }
            }
            Happening::Packet { to, packet } => self.engine(to, Input::Packet(*packet)),
            Happening::Refused { to, node } => self.engine(to, Input::Refused { node }),
            Happening::Timer { node, incarnation, timer } => {
                if self.lives(node, incarnation) {
                    self.step(node, Event::Timer(timer));
                }
            }
            Happening::AgentEnds { node, incarnation, run } => self.agent_ends(node, incarnation, &run),
            Happening::DeviceEnds { node, incarnation, fencing, number, run } => {
                let result = self.device_ends(node, &run);
                if self.lives(node, incarnation) {
                    self.step(node, Event::DeviceRan { fencing, number, result });
                }
            }
            Happening::DiskEnds { node, incarnation, number, document, mark } => {
                if self.lives(node, incarnation) {
                    self.host(node).disk = Some((*document, mark));
                    self.step(node, Event::Persisted { number });
                }
            }
            Happening::Boot { node } => self.boot(node),
            Happening::Write => self.write(),
            Happening::Fault => self.fault(),
            Happening::Heal => self.heal(),
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
        // Incarnations grow with time; several may fall into one simulated millisecond.
        let incarnation = now * 1_000_000 + steps;
        let outputs = host.start(incarnation, now, EPOCH);
        self.tell(|| format!("n{node} starts"));
        self.engine_outputs(node, outputs);
        self.after(50, Happening::Tick { node, incarnation });
    }

    fn engine(&mut self, node: u32, input: Input) {
        let now = self.now;
        let Some(life) = &mut self.host(node).life else {
            return;
        };
        let outputs = life.protocol.step(input, now);
        self.engine_outputs(node, outputs);
    }

    fn engine_outputs(&mut self, node: u32, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, packet } => self.send(node, to, packet),
                Output::Event(ClusterEvent::View(view)) => {
                    let view = host::view(&view);
                    self.tell(|| format!("n{node} sees {:?} quorate {}", names(&view.members), view.quorate));
                    self.step(node, Event::View(view));
                }
                Output::Event(ClusterEvent::Message { from, bytes }) => {
                    let message = wire::decode_message(&bytes).expect("our own message");
                    self.step(node, Event::Message { from, message });
                }
                Output::Event(ClusterEvent::Note(text)) => self.tell(|| format!("n{node}: {text}")),
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
        let clock = host::clock(now, EPOCH);
        let Some(life) = &mut self.host(node).life else {
            return;
        };
        let incarnation = life.incarnation;
        for effect in life.node.step(event, clock) {
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
                let bytes = wire::encode_message(&message).into();
                self.engine(node, Input::Multicast(bytes));
            }
            Effect::Run(run) => {
                let ms = 5 + self.chance.below(60);
                self.after(ms, Happening::AgentEnds { node, incarnation, run: Box::new(run) });
            }
            Effect::RunDevice { fencing, number, run } => {
                let ms = 20 + self.chance.below(300);
                self.tell(|| format!("n{node} runs {} {} for {fencing}", run.device, run.action));
                let run = Box::new(run);
                self.after(ms, Happening::DeviceEnds { node, incarnation, fencing, number, run });
            }
            Effect::Timer { timer, after_ms } => {
                self.after(after_ms.max(1), Happening::Timer { node, incarnation, timer });
            }
            Effect::Persist { number, document, mark } => {
                // A disk does one write after the other.
                let ends = (self.now + 1 + self.chance.below(15)).max(self.hosts[&node].disk_busy_until + 1);
                self.host(node).disk_busy_until = ends;
                let ms = ends - self.now;
                let document = Box::new(document);
                self.after(ms, Happening::DiskEnds { node, incarnation, number, document, mark });
            }
            Effect::Reply { client, reply } => self.answered(node, incarnation, client, reply),
            Effect::Note(note) if note.about == UNDECIDED => panic!("n{node} {note}"),
            Effect::Note(note) => self.tell(|| format!("n{node} {note}")),
            Effect::Leave => self.engine(node, Input::Leave),
            Effect::Exit => self.stop(node),
            Effect::SaveInput { .. } | Effect::Notify(_) => {}
        }
    }

    /// The daemon ends by itself.
    fn stop(&mut self, node: u32) {
        self.tell(|| format!("n{node} ends"));
        self.host(node).life = None;
        self.after(5_000, Happening::Boot { node });
    }

    fn agent_ends(&mut self, node: u32, incarnation: u64, run: &Run) {
        let fails = self.faulty && self.chance.percent(2) && run.operation != "stop";
        let host = self.host(node);
        // A host that lost its power meanwhile has no agents left.
        if !host.powered || host.powered_since > incarnation {
            return;
        }
        let code = if fails { 1 } else { host.agent(run) };
        let key = (node, run.resource.id.clone());
        if matches!(run.operation.as_str(), "start" | "stop") && code == 0 && run.resource.class != "stonith" {
            self.tell(|| format!("n{node} {} {} done", run.resource.id, run.operation));
        }
        let (active, promoted) = self.hosts[&node].state(&run.resource.id);
        self.record.active(key, active, promoted, self.now);
        if self.lives(node, incarnation) {
            if run.resource.id == "db" {
                self.promotion_score(node, run, code);
            }
            let report = ExitReport::exited(code);
            self.step(node, Event::AgentExited { ticket: run.ticket, report });
        }
    }

    /// The agent tells its score, as real ones do through crm_attribute.
    /// A probe that finds the resource restores it, for it is lost with a daemon.
    fn promotion_score(&mut self, node: u32, run: &Run, code: i32) {
        let value = match (run.operation.as_str(), code) {
            ("start" | "demote" | "monitor", 0) => Some("5".to_string()),
            ("promote", 0) | ("monitor", 8) => Some("10".to_string()),
            ("stop", 0) => None,
            _ => return,
        };
        let pairs = vec![("master-db".to_string(), value)];
        let request = Request::SetAttributes { node: format!("n{node}"), pairs };
        let event = Event::Request { client: 0, request, user: "root".into(), program: "crm_attribute".into() };
        self.step(node, event);
    }

    /// The device cuts the node's power, proves it, and (for a reboot) switches it on again.
    fn device_ends(&mut self, by: u32, run: &DeviceRun) -> DeviceResult {
        if self.faulty && self.chance.percent(10) {
            return DeviceResult { ok: false, output: "the device does not answer".into() };
        }
        let Some(target) = run.arguments.get("nodename").and_then(|name| name.strip_prefix('n')) else {
            return DeviceResult { ok: false, output: "no node named".into() };
        };
        let target: u32 = target.parse().expect("nodes are n1, n2, …");
        self.tell(|| format!("n{target} is fenced by n{by}"));
        self.record.fenced.push((target, self.now));
        self.power_off(target);
        let back = 2_000 + self.chance.below(4_000);
        self.power_on_after(target, back);
        DeviceResult { ok: true, output: String::new() }
    }

    fn power_off(&mut self, node: u32) {
        let (now, steps) = (self.now, self.steps);
        let host = self.host(node);
        host.life = None;
        host.paused_until = 0;
        host.clear();
        host.powered_since = now * 1_000_000 + steps;
        self.record.off(node);
    }

    fn power_on_after(&mut self, node: u32, ms: u64) {
        self.after(ms, Happening::Boot { node });
    }

    /// Someone commits a tag through some node, as often as the run lasts.
    fn write(&mut self) {
        let gap = 200 + self.chance.below(2_000);
        if self.faulty {
            self.after(gap, Happening::Write);
        }
        let node = 1 + self.chance.below(self.hosts.len() as u64) as u32;
        let Some(life) = &self.hosts[&node].life else {
            return;
        };
        let (incarnation, base) = (life.incarnation, life.node.document().clone());
        self.written += 1;
        let name = format!("t{}", self.written);
        let mut work = base.clone();
        let reference = Element::new("obj_ref").with("id", "p1");
        work.configuration_mut().child_or_new("tags").push(Element::new("tag").with("id", &name).with_child(reference));
        let client = u64::from(self.written);
        self.asked.insert((node, incarnation, client), name);
        let request = Request::Commit { patch: diff(&base, &work) };
        let event = Event::Request { client, request, user: "root".into(), program: "writer".into() };
        self.step(node, event);
    }

    /// A tool asks a node; the answer comes in time, under this number.
    pub fn ask(&mut self, node: u32, request: Request) -> u64 {
        self.written += 1;
        let client = STORY + u64::from(self.written);
        self.tell(|| format!("n{node} is asked: {request:?}"));
        self.step(node, Event::Request { client, request, user: "root".into(), program: "story".into() });
        client
    }

    pub fn answer(&self, number: u64) -> Option<&Reply> {
        self.answers.get(&number)
    }

    /// Cuts the network: these nodes hear each other, and the others each other.
    pub fn cut_off(&mut self, nodes: &[u32]) {
        let ids = self.hosts.keys().copied();
        let part = ids.map(|id| (id, u64::from(nodes.contains(&id)))).collect();
        self.tell(|| format!("{nodes:?} are cut off"));
        self.network.cut(part);
    }

    pub fn mend(&mut self) {
        self.tell(|| "the network is mended".into());
        self.network.mend();
    }

    /// A host loses its power, and has it again after a while.
    pub fn lose_power_for(&mut self, node: u32, ms: u64) {
        self.tell(|| format!("n{node} loses power"));
        self.power_off(node);
        self.power_on_after(node, ms);
    }

    fn answered(&mut self, node: u32, incarnation: u64, client: u64, reply: Reply) {
        if client > STORY {
            self.tell(|| format!("n{node} answers: {reply:?}"));
            self.answers.insert(client, reply);
            return;
        }
        if let Some(target) = self.fencing_asked.remove(&(node, incarnation, client)) {
            return self.tell(|| format!("n{node} answers about n{target}: {reply:?}"));
        }
        let Some(name) = self.asked.remove(&(node, incarnation, client)) else {
            return;
        };
        match reply {
            Reply::Committed { version } => {
                self.tell(|| format!("n{node} acknowledges {name} as {version}"));
                self.record.acknowledged.insert(name);
            }
            Reply::Refused(Refusal::Patch(_) | Refusal::NoQuorum) => {}
            other => self.tell(|| format!("n{node} answers {name}: {other:?}")),
        }
    }

    /// Living nodes, with what they hold.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        self.hosts.iter().filter_map(|(id, host)| Some((*id, &host.life.as_ref()?.node)))
    }

    /// Living nodes whose tools wait to hear of a fencing, and of whose.
    pub fn unanswered(&self) -> Vec<(u32, u32)> {
        let waiting = self.fencing_asked.iter().filter(|((node, incarnation, _), _)| self.lives(*node, *incarnation));
        waiting.map(|((node, _, _), target)| (*node, *target)).collect()
    }

    /// Where each resource is active.
    pub fn active(&self) -> BTreeMap<String, BTreeSet<u32>> {
        let mut active: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (id, host) in &self.hosts {
            for resource in &host.active {
                active.entry(resource.clone()).or_default().insert(*id);
            }
        }
        active
    }

    pub fn size(&self) -> usize {
        self.hosts.len()
    }
}

fn names(members: &[quorate_core::membership::Member]) -> Vec<&str> {
    members.iter().map(|member| member.name.as_str()).collect()
}
