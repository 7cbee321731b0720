//! From what Corosync says to views and messages: a pure machine, no library and no clock.
//!
//! Corosync tells three things in streams of their own: who is in the group, which ring its hosts are
//! in, and whether a ring has quorum. Whenever one of them changes, the members greet each other: with
//! what they see, and with the newest view that they know of. When all have greeted who see the same,
//! the view begins, under an id that all of them compute alike. Messages that were not ordered before
//! that belong to nobody and are sent again in the new view.
//! In: `Input`. Out: packets for the group, `ClusterEvent`s. Absent: calls of Corosync (`library`).

use super::heard::{Heard, RingId};
use super::piece::{self, Assembly, Piece};
use super::presence::Presence;
use crate::cluster::{ClusterEvent, Payload};
use quorate_core::membership::{Member, View, ViewId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Something for the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Heard(Heard),
    Multicast(Payload),
    /// Some time has passed, always the same.
    Tick,
    /// The connection to Corosync is another: what was heard of the group is of the former.
    Reconnected,
}

/// Something for who runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// To the group, behind all before.
    Send(Vec<u8>),
    /// What was to be sent and is not yet is not wanted any more.
    Drop,
    /// The others go on without this member, which was not heard: it has to come anew.
    Excluded,
    Event(ClusterEvent),
}

/// What a member sees when it greets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sight {
    ring: RingId,
    /// Node and process ids: a process that was started again is another.
    members: Vec<(u32, u32)>,
    /// How often quorum has changed meanwhile.
    round: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Greeting {
    sight: Sight,
    name: String,
    /// Of the newest view it knows of, and which run of its daemon it is.
    epoch: u64,
    incarnation: u64,
    quorate: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Packet {
    Greeting(Greeting),
    /// Quorum has changed: all greet again.
    Again(Sight),
    /// Nothing to say, but here.
    Beat,
    /// This process is not heard: the others go on without it.
    Silent {
        node: u32,
        process: u32,
    },
    Piece {
        epoch: u64,
        coordinator: u32,
        incarnation: u64,
        piece: Piece,
    },
}

/// What the machine knows of itself at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub me: Member,
    /// Later views have a greater one.
    pub epoch: u64,
    pub incarnation: u64,
    /// Ticks after which a silent member is none.
    pub silence: u32,
    pub tick_ms: u64,
    /// How long after its last word Corosync loses a host: it waits for the token, and for all to agree.
    pub loss_ms: u64,
}

/// The machine.
pub struct Group {
    settings: Settings,
    ring: Option<RingId>,
    /// Hosts in the ring.
    hosts: Vec<u32>,
    quorum: Option<(RingId, bool)>,
    /// Those in Corosync's group, without those that are not heard.
    members: Vec<(u32, u32)>,
    /// In the group, and not heard.
    silent: Vec<(u32, u32)>,
    presence: Presence,
    round: u32,
    greeted: bool,
    greetings: BTreeMap<u32, Greeting>,
    /// Of those who were in the last view.
    names: BTreeMap<u32, String>,
    view: Option<ViewId>,
    assembly: Assembly,
    /// Messages of ours that have not come back, in their order, with their numbers; those after
    /// `sent` have not been sent in this view.
    own: VecDeque<(u64, Payload)>,
    sent: usize,
    number: u64,
}

impl Group {
    /// A member that has heard nothing yet.
    pub fn new(settings: Settings) -> Group {
        Group {
            presence: Presence::new(settings.silence),
            settings,
            ring: None,
            hosts: Vec::new(),
            quorum: None,
            members: Vec::new(),
            silent: Vec::new(),
            round: 0,
            greeted: false,
            greetings: BTreeMap::new(),
            names: BTreeMap::new(),
            view: None,
            assembly: Assembly::default(),
            own: VecDeque::new(),
            sent: 0,
            number: 0,
        }
    }

    /// Bytes of ours that have not come back.
    pub fn waiting_bytes(&self) -> usize {
        self.own.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Takes one thing, and says what follows.
    pub fn step(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Heard(Heard::Members { members, with_hosts }) => {
                let mut outputs = if with_hosts { self.tell_of_lost(&members) } else { Vec::new() };
                self.group_is(members);
                // What was said of the former ring, its quorum and its hosts, is not true of these.
                if with_hosts {
                    (self.ring, self.hosts) = (None, Vec::new());
                }
                self.round = 0;
                outputs.extend(self.gather());
                outputs
            }
            Input::Heard(Heard::Ring { id, nodes }) => {
                (self.ring, self.hosts) = (Some(id), nodes);
                self.round = 0;
                self.gather()
            }
            Input::Heard(Heard::Quorum { ring, quorate }) => self.quorum_is(ring, quorate),
            // The engine's business.
            Input::Heard(Heard::Stop { .. }) => Vec::new(),
            Input::Heard(Heard::Message { from, bytes }) => {
                self.presence.heard(from);
                match postcard::from_bytes(&bytes) {
                    Ok(packet) => self.arrived(from, packet),
                    Err(error) => {
                        let words = format!("a packet of node {from} cannot be read: {error}");
                        vec![Output::Event(ClusterEvent::Note(words))]
                    }
                }
            }
            Input::Tick => self.tick(),
            Input::Reconnected => {
                (self.ring, self.hosts, self.quorum) = (None, Vec::new(), None);
                (self.members, self.silent) = (Vec::new(), Vec::new());
                self.gather()
            }
            Input::Multicast(payload) => {
                self.number += 1;
                self.own.push_back((self.number, payload));
                self.send_own()
            }
        }
    }

    /// When those were last heard whose hosts are gone. Their daemons say something now and then, and until shortly
    /// before it loses a host Corosync has heard it: it was the later one. Who has gone in order was heard just now.
    fn tell_of_lost(&self, group: &[(u32, u32)]) -> Vec<Output> {
        let lost = self.members.iter().filter(|one| !group.contains(one) && one.0 != self.settings.me.id);
        let told = lost.filter_map(|(node, _)| {
            let name = self.names.get(node)?;
            let silent = u64::from(self.presence.silence(*node)?) * self.settings.tick_ms;
            let silent = silent.min(self.settings.loss_ms);
            let words = format!("{name} was last heard {silent} ms ago");
            (silent > self.settings.loss_ms / 2).then_some(Output::Event(ClusterEvent::Note(words)))
        });
        told.collect()
    }

    /// Who comes does not know who was not heard: then all have another chance.
    fn group_is(&mut self, group: Vec<(u32, u32)>) {
        let known = |one: &(u32, u32)| self.members.contains(one) || self.silent.contains(one);
        if group.iter().all(known) {
            self.silent.retain(|one| group.contains(one));
        } else {
            self.silent.clear();
            self.presence.begin();
        }
        self.members = group.into_iter().filter(|one| !self.silent.contains(one)).collect();
    }

    fn is_member(&self) -> bool {
        self.members.iter().any(|(node, _)| *node == self.settings.me.id)
    }

    fn tick(&mut self) -> Vec<Output> {
        if !self.is_member() {
            return Vec::new();
        }
        let verdict = self.presence.tick(self.settings.me.id, self.members.iter().map(|(node, _)| *node));
        let mut outputs = Vec::new();
        if verdict.is_to_beat {
            outputs.push(send(&Packet::Beat));
        }
        let silent = self.members.iter().filter(|(node, _)| verdict.silent.contains(node));
        outputs.extend(silent.map(|(node, process)| send(&Packet::Silent { node: *node, process: *process })));
        outputs
    }

    /// At one place of the order for all, the silent one included.
    fn is_silent(&mut self, silent: (u32, u32)) -> Vec<Output> {
        let Some(place) = self.members.iter().position(|one| *one == silent) else { return Vec::new() };
        if silent.0 == self.settings.me.id {
            return vec![Output::Excluded];
        }
        self.silent.push(self.members.remove(place));
        let mut outputs = self.gather();
        let words = format!("the daemon of node {} is not heard though its Corosync is: it is no member", silent.0);
        outputs.push(Output::Event(ClusterEvent::Note(words)));
        outputs
    }

    fn quorum_is(&mut self, ring: RingId, quorate: bool) -> Vec<Output> {
        let before = self.quorum.replace((ring, quorate));
        if before == Some((ring, quorate)) || self.ring != Some(ring) {
            return Vec::new();
        }
        match self.greeted {
            // The others may not have been told yet, or be told otherwise: all greet at one place of the order.
            true => self.sight().map(|sight| vec![send(&Packet::Again(sight))]).unwrap_or_default(),
            false => self.greet(),
        }
    }

    fn sight(&self) -> Option<Sight> {
        let (ring, members) = (self.ring?, self.members.clone());
        // Who has left the group is told of those who stay, and has nothing to say to them.
        self.is_member().then_some(Sight { ring, members, round: self.round })
    }

    /// The members have to agree anew what they see.
    fn gather(&mut self) -> Vec<Output> {
        self.view = None;
        self.greeted = false;
        self.greetings.clear();
        self.assembly.clear();
        self.sent = 0;
        let mut outputs = vec![Output::Drop];
        outputs.extend(self.greet());
        outputs
    }

    /// Says what this member sees, once it knows all of it: quorum is taken for the ring it was said of.
    fn greet(&mut self) -> Vec<Output> {
        let (Some(sight), Some((ring, quorate))) = (self.sight(), self.quorum) else { return Vec::new() };
        if ring != sight.ring {
            return Vec::new();
        }
        self.greeted = true;
        let Settings { me, epoch, incarnation, .. } = self.settings.clone();
        vec![send(&Packet::Greeting(Greeting { sight, name: me.name, epoch, incarnation, quorate }))]
    }

    fn arrived(&mut self, from: u32, packet: Packet) -> Vec<Output> {
        match packet {
            Packet::Greeting(greeting) if Some(&greeting.sight) == self.sight().as_ref() && self.view.is_none() => {
                self.greetings.entry(from).or_insert(greeting);
                self.begin_if_all()
            }
            Packet::Again(sight) if Some(&sight) == self.sight().as_ref() => {
                self.round += 1;
                self.gather()
            }
            Packet::Piece { epoch, coordinator, incarnation, piece }
                if self.view == Some(ViewId { epoch, coordinator, incarnation }) =>
            {
                self.piece(from, piece)
            }
            Packet::Silent { node, process } => self.is_silent((node, process)),
            Packet::Beat => Vec::new(),
            // Of a view that is over, or that this member does not see.
            Packet::Greeting(_) | Packet::Again(_) | Packet::Piece { .. } => Vec::new(),
        }
    }

    /// The view begins when all that are in the group have greeted alike.
    fn begin_if_all(&mut self) -> Vec<Output> {
        if !self.members.iter().all(|(node, _)| self.greetings.contains_key(node)) {
            return Vec::new();
        }
        let Some((coordinator, first)) = self.greetings.first_key_value() else { return Vec::new() };
        let epoch = self.greetings.values().map(|greeting| greeting.epoch).max().unwrap_or(0) + 1;
        let id = ViewId { epoch, coordinator: *coordinator, incarnation: first.incarnation };
        let member = |(id, greeting): (&u32, &Greeting)| Member { id: *id, name: greeting.name.clone() };
        let view = View {
            id,
            members: self.greetings.iter().map(member).collect(),
            quorate: self.greetings.values().all(|greeting| greeting.quorate),
            ended: self.hosts.iter().copied().filter(|host| self.has_no_process(*host)).collect(),
            heard: Vec::new(),
        };
        self.names = self.greetings.iter().map(|(id, greeting)| (*id, greeting.name.clone())).collect();
        self.settings.epoch = epoch;
        self.view = Some(id);
        let mut outputs = vec![Output::Event(ClusterEvent::View(view))];
        outputs.extend(self.send_own());
        outputs
    }

    fn has_no_process(&self, host: u32) -> bool {
        !self.members.iter().chain(&self.silent).any(|(node, _)| *node == host)
    }

    fn send_own(&mut self) -> Vec<Output> {
        let Some(ViewId { epoch, coordinator, incarnation }) = self.view else { return Vec::new() };
        let mut outputs = Vec::new();
        for (number, payload) in self.own.iter().skip(self.sent) {
            let pieces = piece::cut(*number, payload).into_iter();
            outputs.extend(pieces.map(|piece| send(&Packet::Piece { epoch, coordinator, incarnation, piece })));
        }
        self.sent = self.own.len();
        outputs
    }

    fn piece(&mut self, from: u32, piece: Piece) -> Vec<Output> {
        let Some((number, bytes)) = self.assembly.take(from, piece) else { return Vec::new() };
        if from == self.settings.me.id && self.own.front().is_some_and(|(own, _)| *own == number) {
            self.own.pop_front();
            self.sent = self.sent.saturating_sub(1);
        }
        vec![Output::Event(ClusterEvent::Message { from, bytes: bytes.into() })]
    }
}

fn send(packet: &Packet) -> Output {
    Output::Send(postcard::to_stdvec(packet).expect("a packet has a serial form"))
}
