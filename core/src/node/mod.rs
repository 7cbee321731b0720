//! One node of the cluster: `step(Event, Clock) -> Vec<Effect>`.
//!
//! Everything a node knows is in [`Node`]; everything it wants done is an [`Effect`]. The
//! same machine runs in the daemon and, many at once, under the simulator. Each file here
//! is about one noun: messages delivered, requests of tools, local work, leading, fencing.

pub mod consequence;
mod delivery;
mod departure;
pub mod effect;
pub mod event;
mod fencer;
mod leader;
pub mod message;
mod persistence;
mod reports;
pub mod request;
mod tools;
mod work;

pub use effect::Effect;
pub use event::{ClientId, Clock, Event, Timer};
pub use leader::UNDECIDED;
pub use message::Message;
pub use request::{NodeStatus, Refusal, Reply, Request};

use crate::cib::Document;
use crate::fencing::FencingEvent;
use crate::lrm::result::NodeRef;
use crate::lrm::{Lrm, queue::Moment};
use crate::membership::{Member, View};
use crate::note::Note;
use crate::replica::{Mark, Replica, node_ref};
use fencer::Fencer;
use leader::Leadership;
use message::{FencingWish, RequestId};
use persistence::Durability;
use reports::Activity;
use std::collections::{BTreeMap, BTreeSet};

/// What a node is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub me: Member,
    /// How many nodes the cluster is configured with: a commit is acknowledged when a majority
    /// of them holds it on disk, or all that are here.
    pub nodes: usize,
    /// Of two nodes one alone is quorate (corosync's `two_node`).
    pub two_node: bool,
    /// Not before both have been together once since its start (`wait_for_all`).
    pub wait_for_all: bool,
    /// Greater at each start of this node.
    pub incarnation: u64,
    /// Marks this run's transitions; unique.
    pub uuid: String,
    /// What the properties `cluster-infrastructure` and `dc-version` are to say.
    pub infrastructure: String,
    pub version: String,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    settings: Settings,
    started_ms: u64,
    replica: Replica,
    lrm: Lrm,
    leadership: Option<Leadership>,
    /// The latest transition's number: a later reign of this node goes on from it.
    next_transition: i32,
    /// The leader's latest timer, over all its reigns.
    timer_number: u64,
    durability: Durability,
    activity: Activity,
    fencing: Vec<FencingEvent>,
    fencer: Fencer,
    /// The latest fencing request's number, over all reigns of this node.
    fencing_number: u64,
    /// Own messages that wait for the members to agree.
    outbox: Vec<Message>,
    /// All nodes have agreed with this one since its start: it knows what they knew.
    caught_up: bool,
    /// Whom our tools want cut off.
    fencing_asked: BTreeMap<RequestId, FencingWish>,
    /// Tools that wait for their request to be delivered, or for more.
    waiting: BTreeMap<RequestId, ClientId>,
    /// Requests of tools that wait for the members to agree.
    unasked: Vec<(ClientId, Request, message::Author)>,
    request_number: u64,
    subscribers: BTreeSet<ClientId>,
    leaving: bool,
    /// What the present step asks for.
    effects: Vec<Effect>,
    clock: Clock,
}

impl Node {
    /// A node at its start, with what its disk held.
    pub fn new(settings: Settings, document: Document, mark: Mark, clock: Clock) -> Node {
        Node {
            replica: Replica::new(settings.me.clone(), document, mark),
            started_ms: clock.ms,
            settings,
            lrm: Lrm::default(),
            leadership: None,
            next_transition: 0,
            timer_number: 0,
            durability: Durability::default(),
            activity: Activity::default(),
            fencing: Vec::new(),
            fencer: Fencer::default(),
            fencing_number: 0,
            outbox: Vec::new(),
            caught_up: false,
            fencing_asked: BTreeMap::new(),
            waiting: BTreeMap::new(),
            unasked: Vec::new(),
            request_number: 0,
            subscribers: BTreeSet::new(),
            leaving: false,
            effects: Vec::new(),
            clock,
        }
    }

    /// The document as this node knows it.
    pub fn document(&self) -> &Document {
        self.replica.document()
    }

    /// Who this node is.
    pub fn me(&self) -> &Member {
        &self.settings.me
    }

    /// The leader's id, once the members agree.
    pub fn leader(&self) -> Option<u32> {
        self.replica.agreement().map(|(_, agreement)| agreement.leader)
    }

    /// Whether this node leads, found nothing to do, and nothing has changed since.
    pub fn settled(&self) -> bool {
        self.activity.settled(&self.replica)
    }

    /// Folds an event into the state and says what is to be done.
    pub fn step(&mut self, event: Event, clock: Clock) -> Vec<Effect> {
        self.clock = clock;
        let before = self.replica.document().clone();
        self.fold(event);
        self.after_change(&before);
        self.drive();
        std::mem::take(&mut self.effects)
    }

    fn fold(&mut self, event: Event) {
        match event {
            Event::View(view) => self.enter(view),
            Event::Message { from, message } => self.deliver(from, message),
            Event::Request { client, request, user, program } => {
                let author = message::Author { node: self.me().name.clone(), user, client: program };
                self.ask(client, request, author);
            }
            Event::ClientGone { client } => {
                self.waiting.retain(|_, waiting| *waiting != client);
                self.fencing_asked.retain(|request, _| self.waiting.contains_key(request));
                self.subscribers.remove(&client);
            }
            Event::AgentExited { ticket, report } => {
                let effects = self.lrm.exited(ticket, report, self.moment());
                self.lrm_wants(effects);
            }
            Event::DeviceRan { fencing, number, result } => {
                let (ok, output) = (result.ok, result.output);
                self.send(Message::DeviceRan { fencing, number, ok, output });
            }
            Event::Timer(timer) => self.timer(timer),
            Event::Persisted { number } => self.persisted(number),
            Event::PersistFailed { number, reason } => self.persist_failed(number, reason),
            Event::Terminate => self.terminate(),
        }
    }

    fn enter(&mut self, mut view: View) {
        // The engine is content when two nodes have seen each other. A node that alone may act for
        // both must also have heard what the other knew.
        let alone = self.settings.two_node && view.members.len() < self.settings.nodes;
        if alone && self.settings.wait_for_all && !self.caught_up {
            view.quorate = false;
        }
        self.leadership = None;
        self.activity.forget_transition();
        // What the former leader of a former view asked for is not asked again.
        self.outbox.retain(|message| !bound_to_view(message));
        let uptime_ms = self.clock.ms - self.started_ms;
        let join = self.replica.enter(view, self.settings.incarnation, uptime_ms, self.clock.epoch);
        self.effects.push(Effect::Multicast(Message::Join(join)));
    }

    fn timer(&mut self, timer: Timer) {
        match timer {
            Timer::Lrm(ticket) => {
                let effects = self.lrm.timer(ticket, self.moment());
                self.lrm_wants(effects);
            }
            Timer::Action { transition, action } => self.action_overdue(transition, action),
            Timer::Recheck { number } | Timer::StartUp { number } | Timer::Reconsider { number } => {
                self.reconsider(timer, number);
            }
        }
    }

    /// The operator wants the daemon to end: resources stop first, then it leaves.
    fn terminate(&mut self) {
        if std::mem::replace(&mut self.leaving, true) {
            self.effects.push(Effect::Exit);
            return;
        }
        let edit = crate::attribute::set(&self.node_ref(), "shutdown", &self.clock.epoch.to_string());
        self.send(Message::Update { request: None, edits: vec![edit], ends: None });
    }

    /// Multicasts, or waits until the members agree.
    fn send(&mut self, message: Message) {
        match self.replica.agreement() {
            Some(_) => self.effects.push(Effect::Multicast(message)),
            None => self.outbox.push(message),
        }
    }

    fn note(&mut self, note: Note) {
        self.effects.push(Effect::Note(note));
    }

    fn timer_in(&mut self, timer: Timer, after_ms: u64) {
        self.effects.push(Effect::Timer { timer, after_ms });
    }

    fn moment(&self) -> Moment {
        Moment { ms: self.clock.ms, epoch: self.clock.epoch }
    }

    fn node_ref(&self) -> NodeRef {
        node_ref(self.me())
    }

    /// A node by its name: a member, or one of the configuration.
    fn find_node(&self, name: &str) -> Option<NodeRef> {
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        if let Some(member) = members.iter().find(|member| member.name == name) {
            return Some(node_ref(member));
        }
        consequence::find_node(self.document(), name)
    }

    /// Whether this partition may change the configuration: no other may do so now.
    ///
    /// Quorum is enough if it means a majority. Where fewer nodes are quorate (`two_node`), the
    /// others must be known to be down, or both sides of a cut could write.
    fn may_write(&self) -> bool {
        let Some(view) = self.replica.view() else { return false };
        if option(self.document(), "no-quorum-policy").as_deref() == Some("ignore") {
            return true;
        }
        let alone = self.settings.two_node && view.members.len() < self.settings.nodes;
        view.quorate && (!alone || self.others_are_down(view))
    }

    fn others_are_down(&self, view: &View) -> bool {
        let fencing = ["fencing-enabled", "stonith-enabled"];
        let fencing = fencing.iter().find_map(|name| option(self.document(), name));
        if fencing.is_some_and(|text| quorate_grammar::literal::boolean(&text) == Ok(false)) {
            return true;
        }
        let nodes = self.document().configuration().child("nodes");
        let mut absent = nodes
            .into_iter()
            .flat_map(|nodes| nodes.elements())
            .filter(|node| !view.members.iter().any(|member| node.id() == Some(&member.id.to_string())));
        absent.all(|node| {
            let state = self.document().status().child_with_id("node_state", node.id().unwrap_or_default());
            state.is_some_and(|state| state.attr("expected") == Some("down") && state.attr("in_ccm") == Some("0"))
        })
    }
}

/// Messages that mean something only in the view and from the leader they were sent in.
fn bound_to_view(message: &Message) -> bool {
    match message {
        Message::Join(_)
        | Message::Configuration { .. }
        | Message::Status { .. }
        | Message::Perform { .. }
        | Message::Transition { .. }
        | Message::Settled { .. } => true,
        Message::Fence(wish) => wish.waits.is_some(),
        _ => false,
    }
}

/// The value of a cluster property, rules aside.
fn option(document: &Document, name: &str) -> Option<String> {
    let sets = document.configuration().child("crm_config")?;
    let mut pairs = sets.elements().flat_map(|set| set.elements());
    let pair = pairs.find(|pair| pair.attr("name") == Some(name))?;
    pair.attr("value").map(str::to_string)
}
