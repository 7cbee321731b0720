//! The engine of real hosts: Corosync between them.
//!
//! In: a group's name. Out: views and messages as `Cluster` promises them. One thread talks to
//! Corosync: `library` is the only one that calls it, `group` makes views and messages of what it
//! says, `piece` cuts what is too large for it.
//!
//! Corosync's promise is weaker than the embedded engine's in one point: a message may have been
//! handed out at some members only when one of them dies with all that it told.

pub mod group;
pub mod heard;
pub mod library;
pub mod piece;
pub mod presence;

use super::embedded::pulse::{Pulse, Watch};
use super::{Cluster, ClusterEvent, DownReason, MESSAGE_BYTES_MAX, MulticastError, Payload};
use group::{Group, Input, Output, Settings};
use heard::Heard;
use library::{Links, Map, Session, SessionError};
use quorate_core::membership::{Link, Member};
use std::collections::VecDeque;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as blocking;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// More that waits to come back is refused.
const QUEUED_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// How soon what was refused for want of room is tried again.
const AGAIN: Duration = Duration::from_millis(5);

/// In a token's time the thread looks so often whether the daemon's loop still works, and no more often than
/// this: a host at rest is to rest.
const LOOKS_IN_TOKEN: u32 = 10;
const LOOK_MIN: Duration = Duration::from_millis(100);

/// A daemon that says nothing for two tokens, and for so long, is no member though its Corosync is.
const SILENCE_MIN: Duration = Duration::from_secs(3);

/// How long leaving may take where Corosync has no room for it.
const LEAVE_TIME: Duration = Duration::from_secs(5);

/// Corosync's default, where it says nothing.
const TOKEN_DEFAULT_MS: u32 = 1_000;

/// What is to be known before the group is joined.
#[derive(Clone, Debug)]
pub struct Config {
    /// Members of one cluster name it alike.
    pub group: String,
    /// Later views have a greater one.
    pub epoch: u64,
    /// Greater at each start of this daemon.
    pub incarnation: u64,
}

/// Corosync as it runs on this host, before the group is joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    pub local: Member,
    /// All configured nodes, sorted by id.
    pub nodes: Vec<Member>,
    pub cluster_name: Option<String>,
    /// A host that is not heard for so long is lost. Milliseconds.
    pub token_ms: u32,
    /// How long its members then take to agree who is left. Milliseconds.
    pub consensus_ms: u32,
    pub two_node: bool,
    pub wait_for_all: bool,
}

/// Asks Corosync for ids, names and timing. A node's name is the one in the node list, else, for
/// this node, `host`, else its address.
///
/// # Errors
/// Its library is missing, or it does not run here.
pub fn survey(host: &str) -> Result<Surveyed, SessionError> {
    let map = Map::open()?;
    let local = map.number("runtime.votequorum.this_node_id").or_else(|| map.number("nodelist.local_node_id"));
    let mut places: Vec<String> = map
        .keys("nodelist.node.")
        .iter()
        .filter_map(|key| Some(key.strip_prefix("nodelist.node.")?.split_once('.')?.0.to_string()))
        .collect();
    places.sort();
    places.dedup();
    let node = |place: &String| {
        let key = |name: &str| format!("nodelist.node.{place}.{name}");
        let id = map.number(&key("nodeid"))?;
        let name = map.text(&key("name")).or_else(|| (Some(id) == local).then(|| host.to_string()));
        let name = name.or_else(|| map.text(&key("ring0_addr")))?;
        Some(Member { id, name })
    };
    let mut nodes: Vec<Member> = places.iter().filter_map(node).collect();
    nodes.sort_by_key(|node| node.id);
    let local = local.unwrap_or_default();
    let own = nodes.iter().find(|node| node.id == local).cloned();
    let two_node = map.number("runtime.votequorum.two_node").or_else(|| map.number("quorum.two_node"));
    let two_node = two_node.is_some_and(|number| number != 0) && nodes.len() == 2;
    let wait_for_all = map.number("runtime.votequorum.wait_for_all").or_else(|| map.number("quorum.wait_for_all"));
    let token_ms = map.number("runtime.config.totem.token").unwrap_or(TOKEN_DEFAULT_MS);
    Ok(Surveyed {
        local: own.unwrap_or_else(|| Member { id: local, name: host.to_string() }),
        nodes,
        cluster_name: map.text("totem.cluster_name"),
        token_ms,
        // 1.2 tokens, where nobody says otherwise (corosync.conf(5)).
        consensus_ms: map.number("runtime.config.totem.consensus").unwrap_or(token_ms + token_ms / 5),
        two_node,
        wait_for_all: wait_for_all.map_or(two_node, |number| number != 0),
    })
}

/// The links from this host to the others, as Corosync sees them now.
///
/// # Errors
/// Its library is missing, or it does not run here.
pub fn links(host: &str) -> Result<Vec<Link>, SessionError> {
    let surveyed = survey(host)?;
    let asked = Links::open()?;
    let others = surveyed.nodes.iter().filter(|node| node.id != surveyed.local.id);
    let links: Result<Vec<Vec<Link>>, SessionError> = others.map(|node| asked.to(node)).collect();
    Ok(links?.into_iter().flatten().collect())
}

/// The daemon's hold on the engine.
pub struct Corosync {
    surveyed: Surveyed,
    commands: blocking::Sender<Command>,
    /// A byte wakes the thread.
    wake: UnixStream,
    events: mpsc::UnboundedReceiver<ClusterEvent>,
    queued_bytes: Arc<AtomicUsize>,
    pulse: Pulse,
}

enum Command {
    Multicast(Payload),
    Leave,
}

/// Joins the group; the first event is the first view that its members agree on.
///
/// # Errors
/// A library is missing, Corosync does not run here, or no thread can be started.
pub fn join(surveyed: Surveyed, config: Config) -> Result<Corosync, JoinError> {
    let (commands, orders) = blocking::channel();
    let (told, events) = mpsc::unbounded_channel();
    let (wake, woken) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    woken.set_nonblocking(true)?;
    let queued_bytes = Arc::new(AtomicUsize::new(0));
    let pulse = Pulse::new();
    let token = Duration::from_millis(surveyed.token_ms.into());
    let watch = pulse.watch(token);
    let look = (token / LOOKS_IN_TOKEN).max(LOOK_MIN);
    let silence = ((token * 2).max(SILENCE_MIN).as_millis() / look.as_millis()) as u32;
    let (ready, is_ready) = blocking::channel();
    let (tick_ms, loss_ms) = (look.as_millis() as u64, u64::from(surveyed.token_ms) + u64::from(surveyed.consensus_ms));
    let (local, queued) = (surveyed.local.clone(), queued_bytes.clone());
    let work = move || {
        let session = match Session::open(&config.group) {
            Ok(session) => session,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let _ = ready.send(Ok(()));
        let Config { epoch, incarnation, .. } = config;
        let settings = Settings { me: local, epoch, incarnation, silence, tick_ms, loss_ms };
        let engine = Engine {
            group_name: config.group,
            session,
            group: Group::new(settings),
            outgoing: VecDeque::new(),
            events: told,
            queued_bytes: queued,
            standing: Standing::Joining,
            is_awaited: false,
            look,
            ticked: Instant::now(),
            is_excluded: false,
        };
        engine.run(&orders, woken, watch);
    };
    std::thread::Builder::new().name("cluster".into()).spawn(work)?;
    is_ready.recv().unwrap_or(Err(SessionError::Refused { call: "the cluster thread", code: 0 }))?;
    Ok(Corosync { surveyed, commands, wake, events, queued_bytes, pulse })
}

/// Why the group is not joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("cannot start the cluster thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Corosync {
    fn command(&self, command: Command) -> Result<(), MulticastError> {
        self.commands.send(command).map_err(|_| MulticastError::Stopped)?;
        // A full pipe wakes it as well.
        let _ = std::io::Write::write(&mut &self.wake, &[0]);
        Ok(())
    }
}

impl Cluster for Corosync {
    fn local(&self) -> &Member {
        &self.surveyed.local
    }

    fn nodes(&self) -> &[Member] {
        &self.surveyed.nodes
    }

    fn multicast(&self, bytes: Payload) -> Result<(), MulticastError> {
        let length = bytes.len();
        if length > MESSAGE_BYTES_MAX {
            return Err(MulticastError::TooLarge { bytes: length });
        }
        let queued_bytes = self.queued_bytes.load(Ordering::Relaxed);
        if queued_bytes + length > QUEUED_BYTES_MAX {
            return Err(MulticastError::Busy { queued_bytes });
        }
        self.queued_bytes.fetch_add(length, Ordering::Relaxed);
        self.command(Command::Multicast(bytes))
    }

    fn beat(&self) {
        self.pulse.beat();
    }

    fn leave(&self) {
        let _ = self.command(Command::Leave);
    }

    fn events(&mut self) -> &mut mpsc::UnboundedReceiver<ClusterEvent> {
        &mut self.events
    }
}

/// Where this process stands with the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Joining,
    Joined,
    /// The daemon's loop stands still: this node is no member until it works again.
    Away,
    /// All that waits is sent first.
    Leaving {
        since: Instant,
    },
}

struct Engine {
    group_name: String,
    session: Session,
    group: Group,
    outgoing: VecDeque<Vec<u8>>,
    events: mpsc::UnboundedSender<ClusterEvent>,
    queued_bytes: Arc<AtomicUsize>,
    standing: Standing,
    /// Corosync stops when it hears that this node has left.
    is_awaited: bool,
    /// How often it looks.
    look: Duration,
    ticked: Instant,
    /// The others go on without it.
    is_excluded: bool,
}

impl Engine {
    fn run(mut self, orders: &blocking::Receiver<Command>, mut woken: UnixStream, mut watch: Watch) {
        let reason = loop {
            match self.turn(orders, &mut woken, &mut watch) {
                Ok(None) => {}
                Ok(Some(reason)) => break reason,
                Err(error) => break DownReason::Failed(error.to_string()),
            }
        };
        let _ = self.events.send(ClusterEvent::Down(reason));
    }

    /// Waits for something, and does what there is to do.
    fn turn(
        &mut self,
        orders: &blocking::Receiver<Command>,
        woken: &mut UnixStream,
        watch: &mut Watch,
    ) -> Result<Option<DownReason>, SessionError> {
        self.wait(woken);
        while woken.read(&mut [0; 256]).is_ok_and(|bytes| bytes > 0) {}
        self.stand(watch.stands_still() || self.is_excluded)?;
        loop {
            match orders.try_recv() {
                Ok(Command::Multicast(payload)) => self.step(Input::Multicast(payload)),
                Ok(Command::Leave) => self.standing = Standing::Leaving { since: Instant::now() },
                Err(blocking::TryRecvError::Empty) => break,
                // The daemon has dropped us: no goodbye.
                Err(blocking::TryRecvError::Disconnected) => return Ok(Some(DownReason::Left)),
            }
        }
        for heard in self.session.dispatch()? {
            match heard {
                Heard::Stop { is_request } => self.asked_to_stop(is_request)?,
                heard => self.step(Input::Heard(heard)),
            }
        }
        if self.ticked.elapsed() >= self.look {
            self.ticked = Instant::now();
            self.step(Input::Tick);
        }
        // Only members may send.
        let is_member = matches!(self.standing, Standing::Joined | Standing::Leaving { .. });
        while let Some(bytes) = self.outgoing.front().filter(|_| is_member) {
            if !self.session.multicast(bytes)? {
                break;
            }
            self.outgoing.pop_front();
        }
        self.queued_bytes.store(self.group.waiting_bytes(), Ordering::Relaxed);
        self.leave_if_done()
    }

    /// Until something is heard or ordered; not long where something waits for room.
    fn wait(&self, woken: &UnixStream) {
        let busy = !self.outgoing.is_empty() || self.standing != Standing::Joined;
        let timeout = if busy { AGAIN } else { self.look };
        self.session.wait(woken.as_fd(), timeout);
    }

    fn stand(&mut self, still: bool) -> Result<(), SessionError> {
        match self.standing {
            Standing::Joining if self.session.join()? => self.standing = Standing::Joined,
            Standing::Joined if still => {
                // Its end is heard as a member's going.
                self.session = Session::open(&self.group_name)?;
                self.standing = Standing::Away;
                self.step(Input::Reconnected);
            }
            Standing::Away if self.is_excluded || !still => {
                self.is_excluded = false;
                self.standing = Standing::Joining;
            }
            _ => {}
        }
        Ok(())
    }

    /// Corosync does not stop under a node that works, as with Pacemaker; where it stops in any case,
    /// the time until then is used.
    fn asked_to_stop(&mut self, is_request: bool) -> Result<(), SessionError> {
        if !is_request {
            self.is_awaited = true;
            let _ = self.events.send(ClusterEvent::StopWanted);
            return Ok(());
        }
        let words = "Corosync is asked to stop, which it does not as long as quorated runs: stop quorated first";
        let _ = self.events.send(ClusterEvent::Note(words.into()));
        self.session.reply_to_stop(false)
    }

    fn step(&mut self, input: Input) {
        for output in self.group.step(input) {
            match output {
                Output::Send(bytes) => self.outgoing.push_back(bytes),
                Output::Drop => self.outgoing.clear(),
                Output::Excluded => self.is_excluded = true,
                Output::Event(event) => drop(self.events.send(event)),
            }
        }
    }

    fn leave_if_done(&mut self) -> Result<Option<DownReason>, SessionError> {
        let Standing::Leaving { since } = self.standing else { return Ok(None) };
        let late = since.elapsed() > LEAVE_TIME;
        if (self.group.waiting_bytes() > 0 || !self.outgoing.is_empty()) && !late {
            return Ok(None);
        }
        let left = self.session.leave()?;
        if left && self.is_awaited {
            // It may have stopped already.
            let _ = self.session.reply_to_stop(true);
        }
        Ok((left || late).then_some(DownReason::Left))
    }
}
