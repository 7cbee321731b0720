//! The daemon's loop: an event, a step of the node, its effects performed.
//!
//! One thread. Agents are child processes, the disk has a thread of its own, the cluster engine
//! too; all of them answer through one channel.

mod tools;

use crate::engine::{Configured, Engine, EngineError, SAY_EVERY};
use crate::limits;
use crate::load;
use crate::log::{Destinations, Log};
use crate::options::{DaemonOptions, Places};
use crate::perform::agent;
use crate::perform::alert::Alerts;
use crate::perform::disk::{Loaded, NothingValid, Store};
use crate::perform::disk_thread::{self, DiskWork};
use crate::perform::watchdog::{self, Watchdog};
use crate::replay::Series;
use crate::run_place::{LOOKED_AT_EVERY, RunPlace, RunPlaceError};
use crate::syslog::Syslog;
use crate::variables::{Panic, StartState, Variables};
use quorate_agents::fence_actions::FenceActions;
use quorate_agents::host::Host;
use quorate_agents::metadata::MetadataCache;
use quorate_core::cib::Document;
use quorate_core::cib::document::SCHEMA;
use quorate_core::cib::upgrade::{self, UpgradeError};
use quorate_core::exit::Exit;
use quorate_core::fencing::DeviceRun;
use quorate_core::membership::{Member, ViewId};
use quorate_core::node::{Clock, Effect, Event, Message, Node, Reply, Settings, Timer, Unsent};
use quorate_core::note::Note;
use quorate_core::schema;
use quorate_transport::cluster::{ClusterEvent, DownReason, MulticastError};
use quorate_transport::local::Caller;
use quorate_transport::local::server::{BindError, ClientId, Server};
use quorate_transport::owned::Owned;
use quorate_transport::wire::{self, WireError};
use quorate_transport::zone;
use sd_notify::NotifyState;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::mpsc as blocking;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// The version of the program as clusters show it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A disk that takes longer for the first answer is mentioned.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

/// So often the loop says that it works.
const BEATS_IN_TOKEN: u32 = 5;

/// Why the daemon does not start, or ends unasked.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Place(#[from] RunPlaceError),
    #[error("the stored configuration cannot be used: {0}")]
    Stored(#[from] NothingValid),
    #[error("the stored configuration cannot be used: {0}")]
    Schema(#[from] UpgradeError),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Tools(#[from] BindError),
    /// Resources run on; to the others this node is lost.
    #[error("the connection to the cluster is lost: {0}")]
    EngineLost(String),
    /// Starting it again will not help.
    #[error("{0}")]
    Refused(String),
}

impl RunError {
    /// What the process ends with. A supervisor may start it again, but for `FATAL`.
    pub fn exit(&self) -> Exit {
        match self {
            RunError::EngineLost(_) => Exit::DISCONNECT,
            RunError::Refused(_) => Exit::FATAL,
            _ => Exit::ERROR,
        }
    }
}

/// Says what an error of the system was about.
fn no(what: impl Display) -> impl FnOnce(std::io::Error) -> RunError {
    move |source| RunError::Io { what: what.to_string(), source }
}

/// Runs until the node has left the cluster.
///
/// # Errors
/// It cannot start, or ends unasked.
pub fn run(options: DaemonOptions) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no("cannot start"))?;
    runtime.block_on(async { Daemon::start(options)?.serve().await })
}

/// What a tool waits for: its connection and the number of its request.
type Asker = (ClientId, u64);

struct Daemon {
    host: Host,
    alerts: Alerts,
    /// What agents have said of themselves.
    agents: MetadataCache,
    fence_agents: FenceActions,
    watchdog: Watchdog,
    panic: Panic,
    node: Node,
    engine: Engine,
    server: Server,
    callers: BTreeMap<ClientId, Caller>,
    /// How many clients have gone since memory was given back.
    went: usize,
    askers: BTreeMap<u64, Asker>,
    next_asker: u64,
    /// Subscriptions, by the number their first reply went out under.
    subscribers: BTreeMap<u64, ClientId>,
    events: mpsc::UnboundedReceiver<Event>,
    tell: mpsc::UnboundedSender<Event>,
    disk: blocking::Sender<DiskWork>,
    inputs: Series,
    /// Inputs that could not be written.
    lost_inputs: mpsc::UnboundedReceiver<String>,
    /// Messages that the engine had no room for, in their order.
    unsent: VecDeque<Message>,
    timers: BTreeMap<(Instant, u64), Timer>,
    timer_count: u64,
    log: Log,
    began: Instant,
    test_hooks: bool,
    /// It was asked to end.
    is_ending: bool,
    /// Why it is none of the cluster.
    refused: Option<String>,
    run_place: RunPlace,
}

enum Flow {
    GoOn,
    End,
    /// The engine has failed, and why.
    Lost(String),
}

impl Daemon {
    fn start(options: DaemonOptions) -> Result<Daemon, RunError> {
        let places = options.places.clone();
        let connections_max = limits::connections_max(limits::raise_descriptors());
        limits::keep_no_memory();
        limits::keep_files_to_us();
        limits::take_file_sizes_as_errors();
        let configured = Configured::read(&options)?;
        let me = configured.local();
        let run_place = RunPlace::take(&places)?;
        std::fs::create_dir_all(places.agent_state()).map_err(no(places.agent_state().display()))?;
        let variables = Variables::read(std::env::vars());
        let mut log = open_log(&places, &variables, &me.name);
        let host = agent::host(&places, &me.name).map_err(no(places.run().display()))?;
        agent::end_predecessors(&host, &mut log);
        let (store, loaded) = load(&places, &mut log)?;
        let watchdog = Watchdog::open(options.watchdog.as_deref()).map_err(no("the watchdog"))?;
        let engine = configured.join(&places, ViewId::epoch_of(loaded.terms.term), &mut log)?;
        let server = Server::bind_for(&places.socket(), connections_max)?;
        let began = Instant::now();
        let settings = settings(&engine, me, options.watchdog.is_some(), &variables);
        let document = in_latest_schema(loaded.document, &mut log)?;
        let node = Node::new(settings, document, loaded.terms, clock(began));
        let (tell, events) = mpsc::unbounded_channel();
        let disk = disk_thread::start(store, tell.clone()).map_err(no("the disk thread"))?;
        let (lost, lost_inputs) = mpsc::unbounded_channel();
        let inputs = Series::open(places.inputs(), move |error| drop(lost.send(error)))
            .map_err(no(places.inputs().display()))?;
        Ok(Daemon {
            alerts: Alerts::new(host.clone()),
            host,
            agents: MetadataCache::default(),
            fence_agents: FenceActions::default(),
            watchdog,
            panic: variables.panic,
            node,
            engine,
            server,
            callers: BTreeMap::new(),
            went: 0,
            askers: BTreeMap::new(),
            next_asker: 0,
            subscribers: BTreeMap::new(),
            events,
            tell,
            disk,
            inputs,
            lost_inputs,
            unsent: VecDeque::new(),
            timers: BTreeMap::new(),
            timer_count: 0,
            log,
            began,
            test_hooks: options.test_hooks,
            is_ending: false,
            refused: None,
            run_place,
        })
    }

    async fn serve(mut self) -> Result<(), RunError> {
        let mut terminate = signal(SignalKind::terminate()).map_err(no("signals"))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no("signals"))?;
        supervisor(&[NotifyState::Ready, NotifyState::Status(&format!("node {}", self.node.me().name))]);
        let mut measured = tokio::time::interval(load::EVERY);
        let mut looked = tokio::time::interval(LOOKED_AT_EVERY);
        let mut beat = tokio::time::interval((self.engine.token / BEATS_IN_TOKEN).max(Duration::from_millis(1)));
        loop {
            self.engine.cluster.beat();
            self.watchdog.pet();
            let due = self.timers.keys().next().map(|(at, _)| *at);
            let timer = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let flow = tokio::select! {
                event = self.engine.cluster.events().recv() => self.engine_event(event),
                event = self.server.next() => self.tool_event(event),
                Some(event) = self.events.recv() => self.step(event),
                Some((level, words)) = self.alerts.remarks.recv() => {
                    self.log.line(level, "alert", &words);
                    Flow::GoOn
                }
                Some(error) = self.lost_inputs.recv() => {
                    self.log.line("error", "scheduler", &error);
                    Flow::GoOn
                }
                () = timer => self.fire(),
                _ = beat.tick() => Flow::GoOn,
                _ = looked.tick() => self.keep_run_place(),
                _ = measured.tick() => match load::average_hundredths() {
                    Some(hundredths) => self.step(Event::Load { hundredths }),
                    None => Flow::GoOn,
                },
                _ = terminate.recv() => self.terminate(),
                _ = interrupt.recv() => self.terminate(),
            };
            match flow {
                Flow::GoOn => {}
                Flow::End => {
                    let outcome = self.refused.take().map_or(Ok(()), |reason| Err(RunError::Refused(reason)));
                    return self.end(outcome);
                }
                Flow::Lost(why) => return self.end(Err(RunError::EngineLost(why))),
            }
        }
    }

    fn end(mut self, outcome: Result<(), RunError>) -> Result<(), RunError> {
        // Nobody would hear of their results; and what they do must not go on unseen.
        agent::end_own(&self.host, &mut self.log);
        match &outcome {
            Ok(()) => self.log.line("notice", "stop", "quorated ends"),
            Err(error) => self.log.line("error", "stop", &format!("quorated ends: {error}")),
        }
        outcome
    }

    /// Somebody wants the daemon to end: its resources stop first.
    fn terminate(&mut self) -> Flow {
        self.is_ending = true;
        self.log.line("notice", "stop", "asked to end: what runs here is stopped first");
        supervisor(&[NotifyState::Stopping, NotifyState::Status("resources are stopped")]);
        self.step(Event::Terminate)
    }

    fn engine_event(&mut self, event: Option<ClusterEvent>) -> Flow {
        match event {
            Some(ClusterEvent::View(view)) => {
                // What was decided in the view before is not carried out in this one.
                self.unsent.retain(outlives_its_view);
                self.step(Event::View(view))
            }
            Some(ClusterEvent::Message { from, bytes }) => {
                self.multicast_waiting();
                self.message(from, &bytes)
            }
            Some(ClusterEvent::Note(text)) => {
                self.log.line("warning", "cluster", &text);
                Flow::GoOn
            }
            Some(ClusterEvent::Remarks(remarks)) => self.step(Event::Remarks(remarks)),
            Some(ClusterEvent::Down(DownReason::Left)) => {
                self.watchdog.disarm();
                Flow::End
            }
            None => Flow::End,
            Some(ClusterEvent::Down(DownReason::Failed(why))) => Flow::Lost(why),
            Some(ClusterEvent::StopWanted) if self.is_ending => Flow::GoOn,
            Some(ClusterEvent::StopWanted) => self.terminate(),
        }
    }

    fn message(&mut self, from: u32, bytes: &[u8]) -> Flow {
        match wire::decode_message(bytes) {
            Ok(message) => self.step(Event::Message { from, message }),
            Err(WireError::Foreign(foreign)) => self.step(Event::Foreign { from, foreign }),
            Err(error) => {
                self.log.line("error", "message", &format!("from node {from}: {error}"));
                Flow::GoOn
            }
        }
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
            Effect::Multicast(message) => return self.multicast(message),
            Effect::Run(run) => self.run_agent(run),
            Effect::RunDevice { fencing, number, run } => self.run_device(fencing, number, run),
            Effect::Alert(run) => {
                if let Err(words) = self.alerts.tell(run) {
                    self.log.line("warning", "alert", &words);
                }
            }
            Effect::Timer { timer, after_ms } => self.set_timer(timer, after_ms),
            Effect::Persist { number, document, terms } => {
                agent::learn_fence_agents(&self.host, &self.fence_agents, &document);
                let _ = self.disk.send(DiskWork::Write { number, document, terms });
            }
            Effect::CheckDisk { number } => {
                let _ = self.disk.send(DiskWork::Check { number });
            }
            Effect::SaveInput { document, transition, epoch } => self.save_input(document, transition, epoch),
            Effect::Reply { client, reply } => {
                if let Some((client, number)) = self.askers.remove(&client) {
                    self.server.clients().reply(client, number, wire::encode_reply(&reply));
                }
            }
            Effect::Notify { to, reply } => self.notify(&to, &reply),
            Effect::Note(note) => self.note(&note),
            Effect::Leave => self.engine.cluster.leave(),
            Effect::Refused { reason } => {
                self.refused = Some(reason);
                self.engine.cluster.leave();
            }
            Effect::Exit => return Flow::End,
            Effect::Reset { reason } => {
                self.log.line("error", "watchdog", &format!("resetting this host: {reason}"));
                watchdog::reset(&self.host.root, self.panic);
                return Flow::End;
            }
        }
        Flow::GoOn
    }

    fn run_device(&mut self, fencing: String, number: u32, run: DeviceRun) {
        let (host, known, tell) = (self.host.clone(), self.fence_agents.clone(), self.tell.clone());
        self.log.line("info", "fencing", &format!("running {} {}", run.agent, run.action));
        tokio::spawn(async move {
            let result = agent::fence(host, known, run).await;
            let _ = tell.send(Event::DeviceRan { fencing, number, result });
        });
    }

    fn set_timer(&mut self, timer: Timer, after_ms: u64) {
        self.timer_count += 1;
        let at = Instant::now() + Duration::from_millis(after_ms);
        self.timers.insert((at, self.timer_count), timer);
    }

    fn save_input(&mut self, document: Document, transition: i32, epoch: i64) {
        let text = match self.inputs.keep(document, epoch) {
            Some(number) => format!("transition {transition} decided from pe-input-{number}.bz2"),
            None => format!("transition {transition} decided; its input is not kept, the disk lags behind"),
        };
        self.log.line("info", "scheduler", &text);
    }

    fn notify(&mut self, to: &[u64], reply: &Reply) {
        let bytes = wire::encode_reply(reply);
        for client in to.iter().filter_map(|to| self.subscribers.get(to)).collect::<BTreeSet<_>>() {
            self.server.clients().push(*client, bytes.clone());
        }
    }

    /// Sends a message, or lets it wait behind others that could not be sent: their order holds.
    fn multicast(&mut self, message: Message) -> Flow {
        if !self.unsent.is_empty() && !waited_for(&message) {
            self.unsent.push_back(message);
            return Flow::GoOn;
        }
        let reason =
            match self.engine.cluster.multicast(wire::encode_message(&message, self.node.is_established()).into()) {
                Ok(()) | Err(MulticastError::Stopped) => return Flow::GoOn,
                Err(MulticastError::Busy { .. }) if !waited_for(&message) => {
                    self.unsent.push_back(message);
                    return Flow::GoOn;
                }
                Err(error @ MulticastError::Busy { .. }) => Unsent::Busy { reason: error.to_string() },
                Err(error @ MulticastError::TooLarge { .. }) => Unsent::TooLarge { reason: error.to_string() },
            };
        self.step(Event::Unsent { message, why: reason })
    }

    /// Sends again what could not be sent, as far as that goes now.
    fn multicast_waiting(&mut self) {
        while let Some(message) = self.unsent.front() {
            match self.engine.cluster.multicast(wire::encode_message(message, self.node.is_established()).into()) {
                Err(MulticastError::Busy { .. }) => return,
                _ => drop(self.unsent.pop_front()),
            }
        }
    }

    fn run_agent(&mut self, run: quorate_core::lrm::Run) {
        let (host, agents, tell) = (self.host.clone(), self.agents.clone(), self.tell.clone());
        if run.interval_ms == 0 {
            self.log.line("info", "agent", &format!("{} {}", run.resource.id, run.operation));
        }
        tokio::spawn(async move {
            let ticket = run.ticket;
            let report = agent::operate(host, agents, run).await;
            let _ = tell.send(Event::AgentExited { ticket, report });
        });
    }

    fn note(&mut self, note: &Note) {
        self.log.note(note);
    }
}

/// Tells who started the daemon how it stands (sd_notify(3)). Nobody may be there to be told.
fn supervisor(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}

/// Whether a tool waits for what becomes of a message: it is told rather than kept waiting.
fn waited_for(message: &Message) -> bool {
    match message {
        Message::Commit { .. } | Message::Ticket { .. } | Message::Device { .. } => true,
        Message::Update { request, .. } | Message::Forget { request, .. } => request.is_some(),
        Message::Fence(wish) => wish.event.asked,
        _ => false,
    }
}

/// Facts are told in the next view, too; orders and plans are not.
fn outlives_its_view(message: &Message) -> bool {
    matches!(message, Message::Result(_) | Message::DeviceRan { .. } | Message::Update { .. } | Message::Leaving { .. })
}

/// A node whose disk does not answer would be cut off again as soon as it is a member: it does not
/// become one before. One whose disk refuses does, and says so.
fn wait_for_disk(store: &Store, log: &mut Log) {
    let (answered, answer) = blocking::channel();
    let checked = store.clone();
    std::thread::spawn(move || drop(answered.send(checked.check())));
    let mut patience = DISK_PATIENCE;
    loop {
        match answer.recv_timeout(patience) {
            Ok(Ok(())) | Err(blocking::RecvTimeoutError::Disconnected) => return,
            Ok(Err(error)) => return log.line("error", "disk", &error.to_string()),
            Err(blocking::RecvTimeoutError::Timeout) => {
                // The log may lie on the same disk.
                eprintln!("quorated: waiting: the disk of the configuration does not answer");
                patience = SAY_EVERY;
            }
        }
    }
}

fn open_log(places: &Places, variables: &Variables, name: &str) -> Log {
    let mut log = Log::open(log_places(places, variables), name);
    log.line("notice", "start", &format!("quorated {VERSION} as {name}"));
    for remark in &variables.remarks {
        log.line("warning", "environment", remark);
    }
    log
}

/// Where the configuration is stored, and what is there.
fn load(places: &Places, log: &mut Log) -> Result<(Store, Loaded), RunError> {
    let store = Store::open(&places.cib()).map_err(no(places.cib().display()))?;
    wait_for_disk(&store, log);
    let loaded = store.load()?;
    for complaint in &loaded.complaints {
        log.line("error", "cib", complaint);
    }
    Ok((store, loaded))
}

fn settings(engine: &Engine, me: Member, watchdog: bool, variables: &Variables) -> Settings {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let incarnation = since.as_micros() as u64;
    let version = format!("{VERSION}-quorate");
    let uuid =
        format!("{:08x}-{:04x}-4000-8000-{:012x}", me.id, std::process::id() & 0xffff, incarnation & 0xffff_ffff_ffff);
    Settings {
        me,
        nodes: engine.cluster.nodes().len(),
        two_node: engine.two_node,
        wait_for_all: engine.wait_for_all,
        watchdog,
        rejoin_ms: engine.rejoin.as_millis() as u64,
        incarnation,
        uuid,
        infrastructure: engine.infrastructure.into(),
        cluster_name: engine.cluster_name.clone(),
        starts_on_standby: variables.start_state.map(|state| state == StartState::Standby),
        jobs_max: variables.node_action_limit,
        cores: load::cores(),
        version,
    }
}

/// What an older program stored is translated; this counts as a change of the configuration.
fn in_latest_schema(stored: Document, log: &mut Log) -> Result<Document, RunError> {
    // A configuration is not lost for being invalid; commits may mend it piece by piece.
    for fault in schema::faults(stored.root()) {
        log.line("error", "cib", &format!("the stored configuration is not what its schema allows: {fault}"));
    }
    let (mut latest, warnings) = upgrade::to_latest(&stored)?;
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

/// Where the log's lines go: to the place's file, unless an administrator has said otherwise.
fn log_places(places: &Places, variables: &Variables) -> Destinations {
    let socket = places.root.join("dev/log");
    let syslog = variables.facility.and_then(|facility| Syslog::open(&socket, facility, variables.priority));
    let path = variables.log_file.clone().unwrap_or_else(|| Some(places.log()));
    let owned = Owned::by_cluster(variables.log_file_mode, 0o770);
    // Others may keep their files where an administrator wants ours.
    let own_directory = variables.log_file.is_none();
    Destinations { path, owned, own_directory, syslog, stderr: variables.stderr }
}

fn clock(began: Instant) -> Clock {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = since.as_secs() as i64;
    Clock { ms: began.elapsed().as_millis() as u64, epoch, offset: zone::offset_at(epoch) }
}
