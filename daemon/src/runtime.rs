//! The daemon's loop: an event, a step of the node, its effects performed.
//!
//! One thread. Agents are child processes, the disk has a thread of its own, the cluster engine
//! too; all of them answer through one channel.

use crate::log::Log;
use crate::options::{ClusterFile, Options, Places};
use crate::perform::disk::Store;
use crate::perform::metadata::Known;
use crate::perform::{agent, fence_agent};
use crate::replay::Series;
use quorate_core::cib::document::SCHEMA;
use quorate_core::cib::{Document, upgrade};
use quorate_core::membership::{Member, View, ViewId};
use quorate_core::node::{Clock, Effect, Event, Node, Refusal, Reply, Request, Settings, Timer};
use quorate_core::note::Note;
use quorate_core::replica::Mark;
use quorate_transport::cluster::embedded::keys::ClusterKey;
use quorate_transport::cluster::embedded::protocol::{Timing, VoteRules};
use quorate_transport::cluster::embedded::socket::{self, Address, Embedded};
use quorate_transport::cluster::{Cluster, ClusterEvent, DownReason};
use quorate_transport::local::server::{ClientId, LocalEvent, Server};
use quorate_transport::local::{Access, Caller};
use quorate_transport::wire;
use quorate_transport::zone;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::mpsc as blocking;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// The version of the program as clusters show it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why the daemon cannot run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot read {path}: {source}")]
    Configuration { path: String, source: std::io::Error },
    #[error("{path}: {error}")]
    File { path: String, error: String },
    #[error("{path} does not list this node, {node}; name it with --node")]
    NotListed { path: String, node: String },
    #[error("another quorated runs here ({path} is locked)")]
    Running { path: String },
    #[error("the stored configuration cannot be used: {0}")]
    Stored(String),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error(transparent)]
    Join(#[from] socket::JoinError),
    #[error("{0}")]
    Other(String),
}

/// Runs until the node has left the cluster.
pub fn run(options: Options) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| StartError::Io { what: "cannot start".into(), source })?;
    runtime.block_on(async { Daemon::start(options)?.serve().await })
}

/// What a tool waits for: its connection and the number of its request.
type Asker = (ClientId, u64);

struct Daemon {
    places: Places,
    /// What agents have said of themselves.
    agents: Known,
    node: Node,
    engine: Embedded,
    server: Server,
    callers: BTreeMap<ClientId, Caller>,
    askers: BTreeMap<u64, Asker>,
    next_asker: u64,
    /// Subscriptions, by the number their first reply went out under.
    subscribers: BTreeMap<u64, ClientId>,
    events: mpsc::UnboundedReceiver<Event>,
    tell: mpsc::UnboundedSender<Event>,
    disk: blocking::Sender<Write>,
    inputs: Series,
    /// Inputs that could not be written.
    lost_inputs: mpsc::UnboundedReceiver<String>,
    timers: BTreeMap<(Instant, u64), Timer>,
    timer_count: u64,
    /// Fence devices this node has started.
    devices: BTreeSet<String>,
    log: Log,
    began: Instant,
    test_hooks: bool,
    _lock: File,
}

struct Write {
    number: u64,
    document: Document,
    mark: Mark,
}

enum Flow {
    GoOn,
    End,
}

impl Daemon {
    fn start(options: Options) -> Result<Daemon, StartError> {
        let places = options.places.clone();
        let path = places.configuration();
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|source| StartError::Configuration { path: shown.clone(), source })?;
        let file = ClusterFile::parse(&text)
            .map_err(|error| StartError::File { path: shown.clone(), error: error.to_string() })?;
        let name = options.node.clone().unwrap_or_else(host_name);
        let own = file.node(&name).cloned();
        let own = own.ok_or_else(|| StartError::NotListed { path: shown, node: name.clone() })?;
        let lock = lock(&places)?;
        std::fs::create_dir_all(places.agent_state())
            .map_err(|source| StartError::Io { what: places.agent_state().display().to_string(), source })?;
        let mut log = Log::open(&places.log(), &name);
        log.line("info", "start", &format!("quorated {VERSION} as {name}"));
        let store = Store::open(&places.cib())
            .map_err(|source| StartError::Io { what: places.cib().display().to_string(), source })?;
        let loaded = store.load().map_err(StartError::Stored)?;
        for complaint in &loaded.complaints {
            log.line("error", "cib", complaint);
        }
        let key = ClusterKey::read(&places.key()).map_err(|error| StartError::Other(error.to_string()))?;
        let engine = socket::join(engine_config(&file, own.id, key))?;
        let server = Server::bind(&places.socket()).map_err(|error| StartError::Other(error.to_string()))?;
        let began = Instant::now();
        let settings = settings(&file, Member { id: own.id, name });
        let document = in_latest_schema(loaded.document, &mut log)?;
        let node = Node::new(settings, document, loaded.mark, clock(began));
        let (tell, events) = mpsc::unbounded_channel();
        let disk = disk_thread(store, tell.clone())?;
        let (lost, lost_inputs) = mpsc::unbounded_channel();
        let inputs = Series::open(places.inputs(), move |error| drop(lost.send(error)))
            .map_err(|source| StartError::Io { what: places.inputs().display().to_string(), source })?;
        Ok(Daemon {
            places,
            agents: Known::default(),
            node,
            engine,
            server,
            callers: BTreeMap::new(),
            askers: BTreeMap::new(),
            next_asker: 0,
            subscribers: BTreeMap::new(),
            events,
            tell,
            disk,
            inputs,
            lost_inputs,
            timers: BTreeMap::new(),
            timer_count: 0,
            devices: BTreeSet::new(),
            log,
            began,
            test_hooks: options.test_hooks,
            _lock: lock,
        })
    }

    async fn serve(mut self) -> Result<(), StartError> {
        let no_signal = |source| StartError::Io { what: "signals".into(), source };
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signal)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signal)?;
        loop {
            let due = self.timers.keys().next().map(|(at, _)| *at);
            let timer = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let flow = tokio::select! {
                event = self.engine.events().recv() => self.engine_event(event),
                event = self.server.next() => self.tool_event(event),
                Some(event) = self.events.recv() => self.step(event),
                Some(error) = self.lost_inputs.recv() => {
                    self.log.line("error", "scheduler", &error);
                    Flow::GoOn
                }
                () = timer => self.fire(),
                _ = terminate.recv() => self.step(Event::Terminate),
                _ = interrupt.recv() => self.step(Event::Terminate),
            };
            if let Flow::End = flow {
                self.log.line("info", "stop", "quorated ends");
                return Ok(());
            }
        }
    }

    fn engine_event(&mut self, event: Option<ClusterEvent>) -> Flow {
        match event {
            Some(ClusterEvent::View(view)) => {
                let members = view.members.iter();
                let members = members.map(|member| Member { id: member.id, name: member.name.clone() });
                let id =
                    ViewId { epoch: view.id.epoch, coordinator: view.id.coordinator, incarnation: view.id.incarnation };
                self.step(Event::View(View { id, members: members.collect(), quorate: view.quorate }))
            }
            Some(ClusterEvent::Message { from, bytes }) => match wire::decode_message(&bytes) {
                Ok(message) => self.step(Event::Message { from, message }),
                Err(error) => {
                    self.log.line("error", "message", &format!("from node {from}: {error}"));
                    Flow::GoOn
                }
            },
            Some(ClusterEvent::Note(text)) => {
                self.log.line("warning", "cluster", &text);
                Flow::GoOn
            }
            Some(ClusterEvent::Down(DownReason::Left)) | None => Flow::End,
            Some(ClusterEvent::Down(DownReason::Failed(why))) => {
                self.log.line("error", "cluster", &why);
                Flow::End
            }
        }
    }

    fn tool_event(&mut self, event: LocalEvent) -> Flow {
        match event {
            LocalEvent::Connected { client, caller } => {
                self.callers.insert(client, caller);
                Flow::GoOn
            }
            LocalEvent::Gone { client } => {
                self.callers.remove(&client);
                let gone = |(asker, (of, _)): (&u64, &Asker)| (*of == client).then_some(*asker);
                let mut askers: Vec<u64> = self.askers.iter().filter_map(gone).collect();
                askers.extend(self.subscribers.iter().filter(|(_, of)| **of == client).map(|(asker, _)| *asker));
                for asker in askers {
                    self.askers.remove(&asker);
                    self.subscribers.remove(&asker);
                    if let Flow::End = self.step(Event::ClientGone { client: asker }) {
                        return Flow::End;
                    }
                }
                Flow::GoOn
            }
            LocalEvent::Refused { why } => {
                self.log.line("warning", "tools", &why);
                Flow::GoOn
            }
            LocalEvent::Request { client, number, bytes } => self.request(client, number, &bytes),
        }
    }

    fn request(&mut self, client: ClientId, number: u64, bytes: &[u8]) -> Flow {
        if self.test_hooks && self.cut_links(client, number, bytes) {
            return Flow::GoOn;
        }
        let Some(caller) = self.callers.get(&client) else { return Flow::GoOn };
        let request = match wire::decode_request(bytes) {
            Ok(request) => request,
            Err(error) => {
                self.server.clients().close(client, &error.to_string());
                return Flow::GoOn;
            }
        };
        if request == Request::Shutdown && caller.access != Access::Owner {
            let reason = "only root may stop a node".to_string();
            let reply = Reply::Refused(Refusal::Denied { reason });
            self.server.clients().reply(client, number, wire::encode_reply(&reply));
            return Flow::GoOn;
        }
        let user = caller.user.clone();
        let program = caller.pid.map_or_else(String::new, program_name);
        self.next_asker += 1;
        let asker = self.next_asker;
        self.askers.insert(asker, (client, number));
        if request == Request::Subscribe {
            self.subscribers.insert(asker, client);
        }
        self.step(Event::Request { client: asker, request, user, program })
    }

    /// For tests of partitions: `block ID ID…` cuts the links to those nodes.
    fn cut_links(&mut self, client: ClientId, number: u64, bytes: &[u8]) -> bool {
        let Some(ids) = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix("block")) else {
            return false;
        };
        let ids: BTreeSet<u32> = ids.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        self.engine.set_blocked(ids);
        self.server.clients().reply(client, number, wire::encode_reply(&Reply::Done));
        true
    }

    fn fire(&mut self) -> Flow {
        let now = Instant::now();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let timer = entry.remove();
            if let Flow::End = self.step(Event::Timer(timer)) {
                return Flow::End;
            }
        }
        Flow::GoOn
    }

    fn step(&mut self, event: Event) -> Flow {
        let effects = self.node.step(event, clock(self.began));
        let mut flow = Flow::GoOn;
        for effect in effects {
            if let Flow::End = self.perform(effect) {
                flow = Flow::End;
            }
        }
        flow
    }

    fn perform(&mut self, effect: Effect) -> Flow {
        match effect {
            Effect::Multicast(message) => {
                if let Err(error) = self.engine.multicast(wire::encode_message(&message).into()) {
                    self.log.line("error", "cluster", &format!("a message was not sent: {error}"));
                }
            }
            Effect::Run(run) => self.run_agent(run),
            Effect::RunDevice { fencing, number, run } => {
                let (places, node, tell) = (self.places.clone(), self.node.me().name.clone(), self.tell.clone());
                self.log.line("info", "fencing", &format!("running {} {}", run.agent, run.action));
                tokio::spawn(async move {
                    let result = fence_agent::fence(&places, &node, &run).await;
                    let _ = tell.send(Event::DeviceRan { fencing, number, result });
                });
            }
            Effect::Timer { timer, after_ms } => {
                self.timer_count += 1;
                let at = Instant::now() + Duration::from_millis(after_ms);
                self.timers.insert((at, self.timer_count), timer);
            }
            Effect::Persist { number, document, mark } => {
                let _ = self.disk.send(Write { number, document, mark });
            }
            Effect::SaveInput { document, transition, epoch } => {
                let text = match self.inputs.keep(document, epoch) {
                    Some(number) => format!("transition {transition} decided from pe-input-{number}.bz2"),
                    None => format!("transition {transition} decided; its input is not kept, the disk lags behind"),
                };
                self.log.line("info", "scheduler", &text);
            }
            Effect::Reply { client, reply } => {
                if let Some((client, number)) = self.askers.remove(&client) {
                    self.server.clients().reply(client, number, wire::encode_reply(&reply));
                }
            }
            Effect::Notify(reply) => {
                let bytes = wire::encode_reply(&reply);
                for client in self.subscribers.values().collect::<BTreeSet<_>>() {
                    self.server.clients().push(*client, bytes.clone());
                }
            }
            Effect::Note(note) => self.note(&note),
            Effect::Leave => self.engine.leave(),
            Effect::Exit => return Flow::End,
        }
        Flow::GoOn
    }

    fn run_agent(&mut self, run: quorate_core::lrm::Run) {
        let running = self.devices.contains(&run.resource.id);
        if run.resource.class == "stonith" {
            match run.operation.as_str() {
                "start" => drop(self.devices.insert(run.resource.id.clone())),
                "stop" => drop(self.devices.remove(&run.resource.id)),
                _ => {}
            }
        }
        let (places, node, tell) = (self.places.clone(), self.node.me().name.clone(), self.tell.clone());
        let agents = self.agents.clone();
        if run.interval_ms == 0 {
            self.log.line("info", "agent", &format!("{} {}", run.resource.id, run.operation));
        }
        tokio::spawn(async move {
            let ticket = run.ticket;
            let report = agent::run(places, agents, node, run, running).await;
            let _ = tell.send(Event::AgentExited { ticket, report });
        });
    }

    fn note(&mut self, note: &Note) {
        self.log.note(note);
    }
}

/// Writes in order; if several wait, only the latest: it holds all before.
fn disk_thread(store: Store, tell: mpsc::UnboundedSender<Event>) -> Result<blocking::Sender<Write>, StartError> {
    let (sender, receiver) = blocking::channel::<Write>();
    let work = move || {
        while let Ok(mut write) = receiver.recv() {
            while let Ok(newer) = receiver.try_recv() {
                write = newer;
            }
            let number = write.number;
            let event = match store.save(&write.document, write.mark) {
                Ok(()) => Event::Persisted { number },
                Err(error) => Event::PersistFailed { number, reason: error.to_string() },
            };
            if tell.send(event).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("disk".into())
        .spawn(work)
        .map_err(|source| StartError::Io { what: "the disk thread".into(), source })?;
    Ok(sender)
}

fn engine_config(file: &ClusterFile, local: u32, key: ClusterKey) -> socket::Config {
    let nodes = file.nodes.iter().map(|node| Address {
        id: node.id,
        name: node.name.clone(),
        votes: node.votes,
        socket: node.address,
    });
    socket::Config {
        local,
        nodes: nodes.collect(),
        timing: file.token.map_or_else(Timing::default, Timing::from_token),
        votes: VoteRules {
            expected_votes: file.expected_votes,
            two_node: file.two_node,
            wait_for_all: file.waits_for_all(),
        },
        key,
    }
}

fn settings(file: &ClusterFile, me: Member) -> Settings {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let incarnation = since.as_micros() as u64;
    let version = format!("{VERSION}-quorate");
    let uuid =
        format!("{:08x}-{:04x}-4000-8000-{:012x}", me.id, std::process::id() & 0xffff, incarnation & 0xffff_ffff_ffff);
    Settings {
        me,
        nodes: file.nodes.len(),
        two_node: file.two_node && file.nodes.len() == 2,
        wait_for_all: file.waits_for_all(),
        incarnation,
        uuid,
        infrastructure: "quorate".into(),
        version,
    }
}

/// Held for the life of the daemon; the kernel lets it go with the process.
/// What an older program stored is translated; this counts as a change of the configuration.
fn in_latest_schema(stored: Document, log: &mut Log) -> Result<Document, StartError> {
    let (mut latest, warnings) = upgrade::to_latest(&stored).map_err(|error| StartError::Stored(error.to_string()))?;
    if latest.same(&stored) {
        return Ok(stored);
    }
    let claimed = stored.root().attr("validate-with").unwrap_or_default();
    log.line("info", "cib", &format!("the configuration was in {claimed}, it is now in {SCHEMA}"));
    for warning in warnings {
        log.line("warning", "cib", &warning.to_string());
    }
    latest.set_version(stored.version().next_configuration());
    Ok(latest)
}

fn lock(places: &Places) -> Result<File, StartError> {
    let path = places.pid();
    let shown = path.display().to_string();
    let fail = |source| StartError::Io { what: shown.clone(), source };
    std::fs::create_dir_all(places.run()).map_err(fail)?;
    let file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(fail)?;
    if file.try_lock().is_err() {
        return Err(StartError::Running { path: shown });
    }
    file.set_len(0).map_err(fail)?;
    std::fs::write(&path, format!("{}\n", std::process::id())).map_err(fail)?;
    Ok(file)
}

fn clock(began: Instant) -> Clock {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = since.as_secs() as i64;
    Clock { ms: began.elapsed().as_millis() as u64, epoch, offset: zone::offset_at(epoch) }
}

fn host_name() -> String {
    nix::unistd::gethostname().map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned())
}

fn program_name(pid: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim().to_string()
}
