//! The embedded engine on real sockets: a thread that feeds the protocol machine.
//!
//! In: the node list, the key, messages. Out: `ClusterEvent`s. The engine has a thread of its own,
//! so that a daemon busy with its disk or its scheduler does not look dead to its peers.
//! Never here: decisions; they are `protocol`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quorate_core::membership::Member;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::complaints::{Complaint, Complaints};
use super::introduction::{Gate, Introduction};
use super::keys::{self, ClusterKey};
use super::link::{Arrival, Incoming, LinkError, Outgoing};
use super::protocol::packet::Packet;
use super::protocol::{Input, Introduced, Listed, Output, Protocol, Settings, Timing, VoteRules, Voter};
use super::pulse::{Pulse, Watch};
use crate::cluster::{Cluster, ClusterEvent, DownReason, MESSAGE_BYTES_MAX, MulticastError, Payload};

/// Bytes this node may have waiting: four of the largest messages.
const QUEUED_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
/// Bytes that may wait for one peer; beyond, packets are dropped and later asked for again.
const LINK_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
const REDIAL_FIRST: Duration = Duration::from_millis(50);
/// The longest pause between two attempts to reach a peer.
pub const REDIAL_LAST: Duration = Duration::from_secs(1);
/// Packets that may wait for the machine; then connections wait.
const ARRIVALS_MAX: usize = 1024;
/// How often a loop that stands still is looked at.
const STILL_PAUSE: Duration = Duration::from_millis(20);

/// A configured node and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub id: u32,
    pub name: String,
    pub votes: u32,
    pub socket: SocketAddr,
}

/// What an engine starts with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Empty if it has no name.
    pub cluster: String,
    pub local: u32,
    pub nodes: Vec<Address>,
    pub timing: Timing,
    pub votes: VoteRules,
    pub key: ClusterKey,
    /// The epoch of the latest view that something on disk speaks of.
    pub epoch: u64,
}

/// Why an engine cannot start. An address that is not up yet is `Listen`.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("the node list does not contain the local node {id}")]
    NotListed { id: u32 },
    #[error("node id {id} is listed twice")]
    Twice { id: u32 },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot start the cluster thread: {0}")]
    Thread(io::Error),
}

/// The daemon's hold on a running engine.
pub struct Embedded {
    local: Member,
    nodes: Vec<Member>,
    commands: mpsc::UnboundedSender<Command>,
    events: mpsc::UnboundedReceiver<ClusterEvent>,
    queued_bytes: Arc<AtomicUsize>,
    pulse: Pulse,
}

enum Command {
    Multicast(Payload),
    Leave,
    Block(BTreeSet<u32>),
}

/// Listens, starts the engine's thread, and returns at once; the first event is a view of this
/// node alone, and others follow as peers are heard.
///
/// # Errors
/// The node list is wrong, the address cannot be listened on, or no thread can be started.
pub fn join(config: Config) -> Result<Embedded, JoinError> {
    let mut ids = BTreeSet::new();
    if let Some(twice) = config.nodes.iter().find(|node| !ids.insert(node.id)) {
        return Err(JoinError::Twice { id: twice.id });
    }
    let own = config.nodes.iter().find(|node| node.id == config.local);
    let own = own.ok_or(JoinError::NotListed { id: config.local })?;
    let listener = listen(own.socket).map_err(|source| JoinError::Listen { address: own.socket, source })?;
    let member = |node: &Address| Member { id: node.id, name: node.name.clone() };
    let local = member(own);
    let mut nodes: Vec<Member> = config.nodes.iter().map(member).collect();
    nodes.sort_by_key(|node| node.id);
    let (commands, orders) = mpsc::unbounded_channel();
    let (told, events) = mpsc::unbounded_channel();
    let queued_bytes = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(JoinError::Thread)?;
    let queued = queued_bytes.clone();
    let pulse = Pulse::new();
    let watch = pulse.watch(Duration::from_millis(config.timing.token));
    let work = move || runtime.block_on(run(config, listener, orders, told, queued, watch));
    std::thread::Builder::new().name("cluster".into()).spawn(work).map_err(JoinError::Thread)?;
    Ok(Embedded { local, nodes, commands, events, queued_bytes, pulse })
}

fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl Cluster for Embedded {
    fn local(&self) -> &Member {
        &self.local
    }

    fn nodes(&self) -> &[Member] {
        &self.nodes
    }

    fn multicast(&self, bytes: Payload) -> Result<(), MulticastError> {
        let length = bytes.len();
        if length > MESSAGE_BYTES_MAX {
            return Err(MulticastError::TooLarge { bytes: length });
        }
        let queued_bytes = self.queued_bytes.fetch_add(length, Ordering::Relaxed);
        if queued_bytes + length > QUEUED_BYTES_MAX {
            self.queued_bytes.fetch_sub(length, Ordering::Relaxed);
            return Err(MulticastError::Busy { queued_bytes });
        }
        self.commands.send(Command::Multicast(bytes)).map_err(|_| MulticastError::Stopped)
    }

    fn beat(&self) {
        self.pulse.beat();
    }

    fn block(&self, peers: BTreeSet<u32>) -> bool {
        self.commands.send(Command::Block(peers)).is_ok()
    }

    fn leave(&self) {
        let _ = self.commands.send(Command::Leave);
    }

    fn events(&mut self) -> &mut mpsc::UnboundedReceiver<ClusterEvent> {
        &mut self.events
    }
}

/// What the connections tell the engine.
enum Arrived {
    Packet { from: u32, packet: Packet },
    Part { from: u32 },
    Refused { node: u32 },
    Opened(Introduced),
    Closed { from: u32 },
    Complaint(Complaint),
}

/// Sends packets to one peer.
struct Link {
    packets: mpsc::UnboundedSender<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
}

struct Engine {
    local: u32,
    protocol: Protocol,
    begin: Instant,
    links: BTreeMap<u32, Link>,
    /// Open connections from each peer.
    open: BTreeMap<u32, usize>,
    blocked: BTreeSet<u32>,
    complaints: Complaints,
    /// What was last said to be amiss.
    remarks: Vec<String>,
    events: mpsc::UnboundedSender<ClusterEvent>,
    queued_bytes: Arc<AtomicUsize>,
    down: bool,
}

async fn run(
    config: Config,
    listener: StdListener,
    mut orders: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<ClusterEvent>,
    queued_bytes: Arc<AtomicUsize>,
    mut watch: Watch,
) {
    let (arrivals, mut arrived) = mpsc::channel(ARRIVALS_MAX);
    let config = Arc::new(config);
    match TcpListener::from_std(listener) {
        Ok(listener) => tokio::spawn(accept(listener, config.clone(), arrivals.clone(), gate(&config))),
        Err(error) => {
            let _ = events.send(ClusterEvent::Down(DownReason::Failed(format!("cannot listen: {error}"))));
            return;
        }
    };
    let mut engine = Engine::start(&config, incarnation(), &arrivals, events, queued_bytes);
    while !engine.down {
        if watch.stands_still() {
            tokio::time::sleep(STILL_PAUSE).await;
            continue;
        }
        let wake = engine.begin + Duration::from_millis(engine.protocol.wake_at());
        tokio::select! {
            order = orders.recv() => match order {
                Some(Command::Multicast(payload)) => engine.step(Input::Multicast(payload)),
                Some(Command::Leave) => engine.step(Input::Leave),
                Some(Command::Block(peers)) => engine.blocked = peers,
                // The daemon has dropped us.
                None => return,
            },
            Some(arrival) = arrived.recv() => engine.arrive(arrival),
            () = tokio::time::sleep_until(wake.into()) => engine.tick(),
        }
    }
}

impl Engine {
    fn start(
        config: &Arc<Config>,
        incarnation: u64,
        arrivals: &mpsc::Sender<Arrived>,
        events: mpsc::UnboundedSender<ClusterEvent>,
        queued_bytes: Arc<AtomicUsize>,
    ) -> Engine {
        let voter = |node: &Address| Voter { id: node.id, name: node.name.clone(), votes: node.votes };
        let settings = Settings {
            local: config.local,
            incarnation,
            epoch: config.epoch,
            nodes: config.nodes.iter().map(voter).collect(),
            timing: config.timing,
            votes: config.votes.clone(),
        };
        let (protocol, outputs) = Protocol::start(settings, 0);
        let peers = config.nodes.iter().filter(|node| node.id != config.local);
        let links = peers
            .map(|node| (node.id, Link::start(node.clone(), incarnation, config.clone(), arrivals.clone())))
            .collect();
        let mut engine = Engine {
            local: config.local,
            protocol,
            begin: Instant::now(),
            links,
            open: BTreeMap::new(),
            blocked: BTreeSet::new(),
            complaints: Complaints::default(),
            remarks: Vec::new(),
            events,
            queued_bytes,
            down: false,
        };
        engine.perform(outputs);
        engine
    }

    fn step(&mut self, input: Input) {
        let now = self.begin.elapsed().as_millis() as u64;
        let outputs = self.protocol.step(input, now);
        self.perform(outputs);
    }

    fn tick(&mut self) {
        self.step(Input::Tick);
        let mut remarks = self.protocol.remarks();
        remarks.extend(self.complaints.last(Instant::now()).map(str::to_string));
        if remarks != self.remarks {
            self.remarks.clone_from(&remarks);
            self.tell(ClusterEvent::Remarks(remarks));
        }
    }

    fn perform(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, packet } if !self.blocked.contains(&to) => {
                    if let Some(link) = self.links.get(&to) {
                        link.send(packet.encode());
                    }
                }
                Output::Send { .. } => {}
                Output::Event(event) => self.tell(event),
            }
        }
    }

    fn tell(&mut self, event: ClusterEvent) {
        match &event {
            ClusterEvent::Message { from, bytes } if *from == self.local => {
                self.queued_bytes.fetch_sub(bytes.len(), Ordering::Relaxed);
            }
            ClusterEvent::Down(_) => self.down = true,
            _ => {}
        }
        // When nobody listens any more, the order channel is closed too, and that ends us.
        let _ = self.events.send(event);
    }

    fn arrive(&mut self, arrival: Arrived) {
        match arrival {
            Arrived::Packet { from, packet } if self.expects(from) && packet.from.id == from => {
                self.step(Input::Packet(packet));
            }
            Arrived::Part { from } if self.expects(from) => self.step(Input::Heard { from }),
            Arrived::Packet { .. } | Arrived::Part { .. } => {}
            Arrived::Refused { node } => {
                // As long as it has a connection to us, it lives, whatever its port says.
                if self.open.get(&node).copied().unwrap_or(0) == 0 && self.expects(node) {
                    self.step(Input::Refused { node });
                }
            }
            Arrived::Opened(introduced) => {
                let from = introduced.node;
                *self.open.entry(from).or_default() += 1;
                self.complaints.settle(from);
                if self.expects(from) {
                    self.step(Input::Introduced(introduced));
                }
            }
            Arrived::Closed { from } => {
                let open = self.open.entry(from).or_default();
                *open = open.saturating_sub(1);
            }
            Arrived::Complaint(complaint) => {
                if let Some(words) = self.complaints.make(complaint, Instant::now()) {
                    self.tell(ClusterEvent::Note(words));
                }
            }
        }
    }

    fn expects(&self, from: u32) -> bool {
        !self.blocked.contains(&from)
    }
}

/// Differs at each start, and grows as long as the clock is not set back.
fn incarnation() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros() as u64 + 1
}

impl Link {
    fn start(peer: Address, incarnation: u64, config: Arc<Config>, arrivals: mpsc::Sender<Arrived>) -> Link {
        let (packets, queue) = mpsc::unbounded_channel();
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let dialler = Dialler { peer, incarnation, config, arrivals, queue, waiting_bytes: waiting_bytes.clone() };
        tokio::spawn(dialler.run());
        Link { packets, waiting_bytes }
    }

    fn send(&self, packet: Vec<u8>) {
        if self.waiting_bytes.load(Ordering::Relaxed) > LINK_BYTES_MAX {
            return;
        }
        self.waiting_bytes.fetch_add(packet.len(), Ordering::Relaxed);
        let _ = self.packets.send(packet);
    }
}

/// Keeps one connection to a peer, and writes what is queued for it.
struct Dialler {
    peer: Address,
    /// This node's.
    incarnation: u64,
    config: Arc<Config>,
    arrivals: mpsc::Sender<Arrived>,
    queue: mpsc::UnboundedReceiver<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl Dialler {
    async fn run(mut self) {
        let mut pause = REDIAL_FIRST;
        while !self.queue.is_closed() {
            let dialled = {
                let dial = dial(&self.peer, self.incarnation, &self.config);
                drop_meanwhile(&mut self.queue, &self.waiting_bytes, dial).await
            };
            match dialled {
                Ok(link) => {
                    pause = REDIAL_FIRST;
                    self.write(link).await;
                }
                Err(error) => self.report(error).await,
            }
            let rest = tokio::time::sleep(pause);
            drop_meanwhile(&mut self.queue, &self.waiting_bytes, rest).await;
            pause = (pause * 2).min(REDIAL_LAST);
        }
    }

    async fn report(&self, error: LinkError) {
        let node = self.peer.id;
        let what = match &error {
            LinkError::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let _ = self.arrivals.send(Arrived::Refused { node }).await;
                return;
            }
            error if error.is_misconfiguration() => error.to_string(),
            // It may be off: but then nothing would take the connection and say nothing on it.
            LinkError::Silent => "takes connections, but does not answer".into(),
            LinkError::Io(error) if error.kind() == io::ErrorKind::TimedOut => "does not answer".into(),
            _ => return,
        };
        let words = format!("node {} at {} {what}", self.peer.name, self.peer.socket);
        let is_misconfiguration = error.is_misconfiguration();
        let complaint = Complaint { about: Some(node), words, is_misconfiguration };
        let _ = self.arrivals.send(Arrived::Complaint(complaint)).await;
    }

    /// Until the connection ends.
    async fn write(&mut self, mut link: Outgoing) {
        loop {
            let packet = tokio::select! {
                packet = self.queue.recv() => packet,
                () = link.closed() => return,
            };
            let Some(packet) = packet else { return };
            if self.write_queued(&mut link, packet).await.is_err() {
                return;
            }
        }
    }

    /// Writes a packet, together with as many as are waiting behind it.
    async fn write_queued(&mut self, link: &mut Outgoing, first: Vec<u8>) -> io::Result<()> {
        let mut next = Some(first);
        while let Some(packet) = next {
            self.waiting_bytes.fetch_sub(packet.len(), Ordering::Relaxed);
            link.push(&packet).await?;
            next = if link.is_full() { None } else { self.queue.try_recv().ok() };
        }
        link.flush().await
    }
}

/// While there is no connection, packets are lost; the protocol expects that.
async fn drop_meanwhile<T>(
    queue: &mut mpsc::UnboundedReceiver<Vec<u8>>,
    waiting_bytes: &AtomicUsize,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            Some(packet) = queue.recv() => {
                waiting_bytes.fetch_sub(packet.len(), Ordering::Relaxed);
            }
        }
    }
}

async fn dial(peer: &Address, incarnation: u64, config: &Config) -> Result<Outgoing, LinkError> {
    let patience = Duration::from_millis(config.timing.token.max(1000));
    let connecting = tokio::time::timeout(patience, TcpStream::connect(peer.socket));
    let stream = connecting.await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    // Data that nobody acknowledges for two tokens ends the connection: a new one finds the way
    // again sooner than the old one's growing pauses would.
    SockRef::from(&stream).set_tcp_user_timeout(Some(Duration::from_millis(2 * config.timing.token)))?;
    Outgoing::open(stream, &config.key, &introduction(peer, incarnation, config)?).await
}

/// What this node says of itself to a peer.
fn introduction(peer: &Address, incarnation: u64, config: &Config) -> io::Result<Introduction> {
    let own = config.nodes.iter().find(|node| node.id == config.local);
    let listed = |node: &Address| Listed { id: node.id, name: node.name.clone(), votes: node.votes };
    Ok(Introduction {
        salt: keys::salt()?,
        dialer: config.local,
        dialer_name: own.map(|own| own.name.clone()).unwrap_or_default(),
        incarnation,
        acceptor: peer.id,
        acceptor_name: peer.name.clone(),
        cluster: config.cluster.clone(),
        token: config.timing.token,
        nodes: config.nodes.iter().map(listed).collect(),
    })
}

fn gate(config: &Config) -> Arc<Gate> {
    let listed = config.nodes.iter().map(|node| (node.id, (node.name.clone(), node.socket.ip()))).collect();
    Arc::new(Gate::new(config.local, listed, &config.cluster, Duration::from_millis(config.timing.token)))
}

async fn accept(listener: TcpListener, config: Arc<Config>, arrivals: mpsc::Sender<Arrived>, gate: Arc<Gate>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                tokio::spawn(receive(stream, address, config.clone(), arrivals.clone(), gate.clone()));
            }
            // Out of file descriptors, mostly: let others finish first.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn receive(
    stream: TcpStream,
    address: SocketAddr,
    config: Arc<Config>,
    arrivals: mpsc::Sender<Arrived>,
    gate: Arc<Gate>,
) {
    let mut incoming = match Incoming::accept(stream, &config.key, &gate).await {
        Ok(incoming) => incoming,
        Err((about, error)) => {
            if error.is_misconfiguration() {
                let _ = arrivals.send(refusal(about, address, &config, &error)).await;
            }
            return;
        }
    };
    let (from, incarnation) = (incoming.from.dialer, incoming.from.incarnation);
    gate.enter(&incoming.from, incoming.address);
    let _ = arrivals.send(Arrived::Opened(incoming.from.introduced())).await;
    let error = pass_on(&mut incoming, &config, &arrivals, &gate).await;
    gate.leave(from, incarnation);
    if error.is_misconfiguration() {
        let _ = arrivals.send(refusal(Some(from), address, &config, &error)).await;
    }
    let _ = arrivals.send(Arrived::Closed { from }).await;
}

/// Why somebody who dialled us is not let in.
fn refusal(about: Option<u32>, address: SocketAddr, config: &Config, error: &LinkError) -> Arrived {
    let known = config.nodes.iter().find(|node| Some(node.id) == about);
    let who = known.map(|node| format!("node {}", node.name)).unwrap_or_else(|| "somebody".into());
    let words = format!("{who} from {} {error}; refused", address.ip());
    Arrived::Complaint(Complaint { about, words, is_misconfiguration: true })
}

async fn pass_on(incoming: &mut Incoming, config: &Config, arrivals: &mpsc::Sender<Arrived>, gate: &Gate) -> LinkError {
    let patience = Duration::from_millis(3 * config.timing.token.max(incoming.from.token));
    let (from, incarnation) = (incoming.from.dialer, incoming.from.incarnation);
    loop {
        let arrived = match incoming.next(patience).await {
            Ok(Arrival::Part) => Arrived::Part { from },
            Ok(Arrival::Packet(bytes)) => match Packet::decode(&bytes) {
                Ok(packet) => Arrived::Packet { from, packet },
                Err(_) => return LinkError::Strange,
            },
            Err(error) => return error,
        };
        if !gate.heard(from, incarnation) {
            return LinkError::Superseded;
        }
        if arrivals.send(arrived).await.is_err() {
            return LinkError::Silent;
        }
    }
}
