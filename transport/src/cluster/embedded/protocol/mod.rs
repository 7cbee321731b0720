//! The embedded engine's protocol: one pure machine per node.
//!
//! In: `Input` (packets, ticks, messages to send) with the time. Out: `Output` (packets to send,
//! events for the daemon). Same inputs, same outputs. Never here: clocks, sockets, randomness.
//!
//! How it works:
//! - Every node says hello to every configured node, again and again, with the view it is in.
//! - Each view has a coordinator, its lowest id. It stamps messages with sequence numbers
//!   (`sequencer`); a message is delivered once all members of the view hold it.
//! - When a member is gone, the coordinator (or, if it is the one that is gone, the next) proposes
//!   a view of those that remain (`propose`); members stop, tell how much they hold (`answer`),
//!   gaps are filled, and the view is installed.
//! - Whole views that hear each other merge (`merge`). A node begins alone in a view of its own.
//! - A view change either shrinks one view or merges whole views, and a node that has messages to
//!   send again, which another partition may have delivered already, does not merge before they
//!   are out. Together this makes every message arrive once at each node.

mod answer;
mod install;
mod leave;
mod log;
mod merge;
mod outbox;
pub mod packet;
mod peer;
mod propose;
mod sequencer;
mod suspect;
mod unknown;
mod votes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use quorate_core::membership::{Member, ViewId};
use serde::{Deserialize, Serialize};

use self::answer::Following;
use self::install::Installing;
use self::leave::Leaving;
use self::log::Log;
use self::outbox::Outbox;
use self::packet::{Body, Hello, Packet, Process};
use self::peer::Peer;
use self::propose::Leading;
use self::sequencer::Sequencer;
pub use self::votes::VoteRules;
use crate::cluster::{ClusterEvent, MESSAGE_BYTES_MAX, MulticastError, Payload};

/// Milliseconds on any clock that only goes forward.
pub type Millis = u64;

/// Bytes a node may have waiting before `multicast` is refused: four of the largest messages.
const QUEUED_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// A configured node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voter {
    pub id: u32,
    pub name: String,
    pub votes: u32,
}

/// Corosync's totem options, by their names there, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// A node not heard for so long is lost.
    pub token: Millis,
    pub token_retransmits_before_loss_const: u32,
    /// How long an answer to a proposal may take.
    pub consensus: Millis,
    /// Keeps nodes that must repeat an attempt from repeating it at the same moment.
    pub join: Millis,
    /// How long to wait for more company before merging.
    pub merge: Millis,
}

impl Default for Timing {
    /// Corosync's defaults.
    fn default() -> Timing {
        Timing::from_token(3000)
    }
}

impl Timing {
    /// Corosync's timing for a token time, in milliseconds.
    pub fn from_token(token: Millis) -> Timing {
        Timing {
            token,
            token_retransmits_before_loss_const: 4,
            consensus: token + token / 5,
            join: 50.min(token / 10),
            merge: 200.min(token / 5),
        }
    }

    /// After an outage: how long it may take until all who can hear each other again are in one view.
    /// `redial` is the longest pause between two attempts to connect.
    pub fn rejoin(&self, redial: Millis) -> Millis {
        let connect = self.token.max(1000);
        redial + connect + self.consensus + 2 * self.merge + 4 * self.hello()
    }

    /// Time between hellos: the token is lost when four of them are, and never more than 250 ms,
    /// because lost packets are noticed by hellos.
    pub fn hello(&self) -> Millis {
        let retransmits = u64::from(self.token_retransmits_before_loss_const.max(1));
        (self.token * 10 / (retransmits * 10 + 2)).clamp(1, 250)
    }
}

/// What a node's machine starts with.
#[derive(Debug, Clone)]
pub struct Settings {
    pub local: u32,
    /// Greater at each start of this node: microseconds since 1970 will do. Not 0.
    pub incarnation: u64,
    /// The epoch of the latest view that something on disk speaks of: later ones are greater.
    pub epoch: u64,
    pub nodes: Vec<Voter>,
    pub timing: Timing,
    pub votes: VoteRules,
}

/// A node as another one's list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub id: u32,
    pub name: String,
    pub votes: u32,
}

/// What a node says of its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    pub node: u32,
    /// How long it waits for others.
    pub token: Millis,
    pub nodes: Vec<Listed>,
}

/// What can happen to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A node has connected; before its packets.
    Introduced(Introduced),
    Packet(Packet),
    /// Part of a packet has arrived from this node: it lives, though its hello may be queued
    /// behind something large.
    Heard {
        from: u32,
    },
    /// This node's host answers, and says that nobody listens there.
    Refused {
        node: u32,
    },
    /// Time has passed; due at least every `Timing::hello`.
    Tick,
    Multicast(Payload),
    Leave,
}

/// What is to be done for the machine, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    Send { to: u32, packet: Packet },
    Event(ClusterEvent),
}

/// The view this node is in.
#[derive(Debug, Clone)]
struct Current {
    id: ViewId,
    members: Vec<Process>,
    /// `wait_for_all` is satisfied.
    released: bool,
    quorate: bool,
}

/// Where a change of view stands.
#[derive(Debug)]
enum Change {
    /// None under way: messages flow.
    Steady,
    Leading(Leading),
    Following(Following),
}

/// One node's machine.
pub struct Protocol {
    settings: Settings,
    now: Millis,
    peers: BTreeMap<u32, Peer>,
    view: Current,
    log: Log,
    outbox: Outbox,
    /// When a submission was last sent to the sequencer.
    submitted: peer::Mark,
    sequencer: Option<Sequencer>,
    change: Change,
    installing: Option<Installing>,
    /// The highest ballot this node gave its word to.
    promised: ViewId,
    epoch_max: u64,
    /// Since when the coordinator is gone and nobody has proposed a new view.
    orphaned: Option<Millis>,
    /// Members that should have proposed and did not.
    shunned: BTreeSet<u32>,
    merge_at: Option<Millis>,
    leaving: Option<Leaving>,
    stopped: bool,
    hello_at: Millis,
    unknown: BTreeSet<u32>,
    /// What others have for their node lists, as they said last.
    lists: BTreeMap<u32, Vec<Listed>>,
    submitting: bool,
    outputs: Vec<Output>,
}

impl fmt::Debug for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "node {} view {} {:?} ", self.settings.local, self.view.id, self.member_ids())?;
        write!(out, "log {:?} outbox {:?} change {:?} ", self.log, self.outbox, self.change)?;
        write!(out, "promised {} sequencer {:?} ", self.promised, self.sequencer)?;
        write!(out, "installing {:?} merge_at {:?} now {}", self.installing, self.merge_at, self.now)
    }
}

impl Protocol {
    /// A node that begins alone; its first view is among the outputs.
    pub fn start(settings: Settings, now: Millis) -> (Protocol, Vec<Output>) {
        assert!(settings.nodes.iter().any(|node| node.id == settings.local), "the node list lacks the local node");
        assert!(settings.incarnation != 0, "incarnation 0 means unknown");
        let others = settings.nodes.iter().filter(|node| node.id != settings.local);
        let nowhere = Current { id: ViewId::default(), members: Vec::new(), released: false, quorate: false };
        let mut protocol = Protocol {
            now,
            peers: others.map(|node| (node.id, Peer::default())).collect(),
            view: nowhere,
            log: Log::default(),
            outbox: Outbox::default(),
            submitted: peer::Mark::default(),
            sequencer: None,
            change: Change::Steady,
            installing: None,
            promised: ViewId::default(),
            epoch_max: 0,
            orphaned: None,
            shunned: BTreeSet::new(),
            merge_at: None,
            leaving: None,
            stopped: false,
            hello_at: now,
            unknown: BTreeSet::new(),
            lists: BTreeMap::new(),
            submitting: false,
            outputs: Vec::new(),
            settings,
        };
        protocol.begin_alone();
        let outputs = std::mem::take(&mut protocol.outputs);
        (protocol, outputs)
    }

    /// One thing happens at `now`; what follows from it is returned in order.
    pub fn step(&mut self, input: Input, now: Millis) -> Vec<Output> {
        self.excuse_silence(now);
        self.now = self.now.max(now);
        if !self.stopped {
            self.take(input);
        }
        std::mem::take(&mut self.outputs)
    }

    /// A machine that stood still was not listening: it does not hold the silence against others. What
    /// they have said meanwhile is still waiting to be read.
    ///
    /// One that stood still for a token time may be one of many that did, as guests of one host do: those
    /// it was with have as long to go on as others have after an outage.
    fn excuse_silence(&mut self, now: Millis) {
        let Timing { token, .. } = self.settings.timing;
        let gap = now.saturating_sub(self.now);
        if gap <= self.settings.timing.hello() + token / 2 {
            return;
        }
        let patience = if gap > token { self.settings.timing.rejoin(0) } else { 0 };
        for peer in self.peers.values_mut() {
            let was_heard = peer.heard_within(self.now, peer.patience(token));
            peer.excuse(gap + if was_heard { patience } else { 0 });
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Introduced(said) => self.introduced(said),
            Input::Packet(packet) => self.receive(packet),
            Input::Heard { from } => self.heard(from),
            Input::Refused { node } => self.refused(node),
            Input::Tick => self.tick(),
            Input::Multicast(payload) => {
                self.outbox.push(payload);
                self.submit();
            }
            Input::Leave => self.leave(),
        }
    }

    /// Whether a message of so many bytes may be handed in now.
    ///
    /// # Errors
    /// It is too large, too much is waiting, or the node is leaving.
    pub fn admits(&self, bytes: usize) -> Result<(), MulticastError> {
        let queued_bytes = self.outbox.queued_bytes();
        if bytes > MESSAGE_BYTES_MAX {
            Err(MulticastError::TooLarge { bytes })
        } else if self.stopped || self.leaving.is_some() {
            Err(MulticastError::Stopped)
        } else if queued_bytes + bytes > QUEUED_BYTES_MAX {
            Err(MulticastError::Busy { queued_bytes })
        } else {
            Ok(())
        }
    }

    /// When the next `Tick` is due.
    pub fn wake_at(&self) -> Millis {
        self.hello_at
    }

    /// The view this node is in.
    pub fn view_id(&self) -> ViewId {
        self.view.id
    }

    /// Ids of that view's members, in order.
    pub fn member_ids(&self) -> Vec<u32> {
        self.view.members.iter().map(|member| member.id).collect()
    }

    /// Whether that view has a quorum.
    pub fn quorate(&self) -> bool {
        self.view.quorate
    }

    fn receive(&mut self, packet: Packet) {
        let Packet { from, to_incarnation, body } = packet;
        let token = self.settings.timing.token;
        let Some(peer) = self.peers.get_mut(&from.id) else {
            return self.unknown_node(from.id);
        };
        let known = peer.incarnation;
        if !peer.admit(from.incarnation, self.now, token) {
            return;
        }
        peer.heard = Some(self.now);
        peer.refused = false;
        let is_new = known != peer.incarnation;
        let for_us = to_incarnation == self.settings.incarnation;
        match body {
            Body::Hello(hello) => self.on_hello(from.id, hello, for_us),
            Body::Goodbye => peer.goodbye = true,
            body if for_us => self.on_body(from, body),
            _ => {}
        }
        if is_new {
            self.say_hello(from.id);
        }
        self.do_what_is_due();
    }

    fn on_body(&mut self, from: Process, body: Body) {
        match body {
            Body::Submit { view, previous, local, payload } => self.on_submit(from.id, view, previous, local, payload),
            Body::Ordered { view, stamped } => self.on_ordered(from.id, view, stamped),
            Body::Ack { view, received } => self.on_ack(from.id, view, received),
            Body::Stable { view, upto } => self.on_stable(view, upto),
            Body::Propose { ballot, members } => self.on_propose(from, ballot, members),
            Body::Accept { ballot, received, released } => self.on_accept(from.id, ballot, received, released),
            Body::Refuse { ballot, why, epoch } => self.on_refuse(from.id, ballot, why, epoch),
            Body::Fetch { ballot, view, first, last } => self.on_fetch(from.id, ballot, view, first, last),
            Body::Fill { ballot, view, stamped } => self.on_fill(ballot, view, stamped),
            Body::Install(installation) => self.on_install(from.id, installation),
            Body::Abandon { ballot } => self.on_abandon(ballot),
            Body::Hello(_) | Body::Goodbye => unreachable!("taken by receive"),
        }
    }

    fn on_hello(&mut self, from: u32, hello: Hello, for_us: bool) {
        self.epoch_max = self.epoch_max.max(hello.epoch);
        let Some(peer) = self.peers.get_mut(&from) else { return };
        if !peer.note(&hello, for_us, self.now) || hello.view != self.view.id {
            return;
        }
        self.on_follower_hello(from, &hello);
        if from == self.view.id.coordinator {
            self.on_stable(hello.view, hello.stable);
            self.resubmit_lost();
        }
    }

    fn heard(&mut self, from: u32) {
        if let Some(peer) = self.peers.get_mut(&from)
            && peer.incarnation.is_some()
        {
            peer.heard = Some(self.now);
            peer.refused = false;
        }
    }

    fn refused(&mut self, node: u32) {
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.heard = None;
            peer.refused = true;
        }
        self.do_what_is_due();
    }

    fn tick(&mut self) {
        if self.now >= self.hello_at {
            self.say_hello_to_all();
            self.repeat_lost_change();
            self.repeat_goodbye();
        }
        self.do_what_is_due();
    }

    /// Does what has become due: a farewell, a change of view.
    fn do_what_is_due(&mut self) {
        if !self.progress_leave() {
            self.consider_change();
        }
    }

    fn say_hello_to_all(&mut self) {
        self.hello_at = self.now + self.settings.timing.hello();
        let ids: Vec<u32> = self.peers.keys().copied().collect();
        for id in ids {
            self.say_hello(id);
        }
    }

    fn say_hello(&mut self, to: u32) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        peer.hello_sent += 1;
        let hello = Hello {
            number: peer.hello_sent,
            echo: peer.hello_got,
            epoch: self.epoch_max,
            view: self.view.id,
            members: self.view.members.clone(),
            mergeable: self.outbox.mergeable() && self.leaving.is_none(),
            received: self.log.received(),
            stable: self.log.stable(),
            frozen: !self.steady(),
        };
        self.send(to, Body::Hello(hello));
    }

    fn send(&mut self, to: u32, body: Body) {
        let to_incarnation = self.peers.get(&to).and_then(|peer| peer.incarnation).unwrap_or(0);
        let packet = Packet { from: self.me(), to_incarnation, body };
        self.outputs.push(Output::Send { to, packet });
    }

    fn event(&mut self, event: ClusterEvent) {
        self.outputs.push(Output::Event(event));
    }

    fn me(&self) -> Process {
        Process { id: self.settings.local, incarnation: self.settings.incarnation }
    }

    fn steady(&self) -> bool {
        matches!(self.change, Change::Steady)
    }

    fn leads_view(&self) -> bool {
        self.view.id.coordinator == self.settings.local
    }

    /// The members of the view other than this node.
    fn followers(&self) -> Vec<u32> {
        let local = self.settings.local;
        self.view.members.iter().map(|member| member.id).filter(|id| *id != local).collect()
    }

    fn member(&self, id: u32) -> Member {
        let name = self.settings.nodes.iter().find(|node| node.id == id).map(|node| node.name.clone());
        Member { id, name: name.unwrap_or_default() }
    }
}
