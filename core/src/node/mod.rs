//! One node of the cluster: `step(Event, Clock) -> Vec<Effect>`.
//!
//! Everything a node knows is in [`Node`]; everything it wants done is an [`Effect`]. The
//! same machine runs in the daemon and, many at once, under the simulator. Each file here
//! is about one noun: messages delivered, requests of tools, local work, leading, fencing.

mod access;
mod advice;
mod alerts;
mod attributes;
mod delivery;
pub mod disk;
pub mod effect;
mod entries;
pub mod event;
mod fencer;
mod held;
mod leader;
mod load;
pub mod message;
mod moves;
mod persistence;
mod probes_first;
pub mod remarks;
mod reports;
pub mod request;
mod speech;
mod story;
mod tools;
mod unsent;
mod work;

pub use effect::Effect;
pub use event::{ClientId, Clock, Event, Foreign, Timer, Unsent};
pub use leader::{RESTLESS, UNDECIDED};
pub use message::Message;
pub use request::{NodeStatus, Refusal, Reply, Request, Unsaved};

use crate::admin;
use crate::cib::Document;
use crate::cib::acl::Subject;
use crate::cib::model::names;
use crate::fencing::FencingEvent;
use crate::lrm::result::NodeRef;
use crate::lrm::{Lrm, queue::Moment};
use crate::membership::load::{Busy, Load};
use crate::membership::{Member, View};
use crate::note::Note;
use crate::replica::{AboutMe, PersistedTerms, Replica, node_ref};
use crate::scheduler::successor::NoSuccessor;
use crate::time::Leaps;
use alerts::Alerts;
use attributes::Attributes;
use disk::Disks;
use fencer::Fencer;
use held::Held;
use leader::Leadership;
use message::{FencingWish, RequestId};
use moves::Moves;
use persistence::Durability;
use reports::Activity;
use std::collections::{BTreeMap, BTreeSet};

/// How long a node may take to leave in order, unless `shutdown-escalation` says otherwise (Pacemaker
/// Explained, "Cluster Options"). Milliseconds.
const ESCALATION_DEFAULT_MS: u64 = 20 * 60 * 1000;

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
    /// After an outage: how long others may take to find us again. Milliseconds.
    pub rejoin_ms: u64,
    /// A watchdog resets this node when its daemon does not look after it.
    pub watchdog: bool,
    /// Greater at each start of this node.
    pub incarnation: u64,
    /// Marks this run's transitions; unique.
    pub uuid: String,
    /// What the properties `cluster-infrastructure` and `dc-version` are to say.
    pub infrastructure: String,
    pub version: String,
    /// What the property `cluster-name` is to say where nobody has set it.
    pub cluster_name: Option<String>,
    /// Whether this node is to join on standby, or not, whatever it was before; none leaves it as it was.
    pub starts_on_standby: Option<bool>,
    /// How many operations on resources may run on this host at once, if it says so itself.
    pub jobs_max: Option<u32>,
    pub cores: u32,
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
    disks: Disks,
    attributes: Attributes,
    held: Held,
    activity: Activity,
    moves: Moves,
    fencing: Vec<FencingEvent>,
    /// What was remembered of fencing before was forgotten then. Seconds since the epoch.
    fencing_since: i64,
    /// It has been in a partition with quorum since its start.
    had_quorum: bool,
    fencer: Fencer,
    /// The latest fencing request's number, over all reigns of this node.
    fencing_number: u64,
    /// Own messages that wait for the members to agree.
    outbox: Vec<Message>,
    /// What was sent, and came back while nobody acts on it: to be said again, before the outbox.
    returned: Vec<Message>,
    /// Since when the view is in force.
    viewed_ms: u64,
    /// Until when others may be on their way that were cut off like this one; none without quorum.
    /// Milliseconds.
    others_awaited_until: Option<u64>,
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
    /// Subscribers that access lists bind.
    limited: BTreeMap<ClientId, Subject>,
    /// What has been said of the configuration.
    advised: BTreeSet<String>,
    alerts: Alerts,
    /// How busy this host was said to be.
    load: Busy,
    /// What members said of theirs, by their ids.
    loads: BTreeMap<u32, Load>,
    leaving: bool,
    /// What the present step asks for.
    effects: Vec<Effect>,
    clock: Clock,
    /// What the clock has left out since the start.
    leaps: Leaps,
    /// When this node heard of fencings for failures, by its own clock and their ids.
    causes_heard: BTreeMap<String, i64>,
    /// What the cluster engine finds amiss; empty if nothing.
    remarks: String,
    /// Promotable clones that were told to have no successor.
    no_successor: Vec<NoSuccessor>,
}

impl Node {
    /// A node at its start, with what its disk held.
    pub fn new(settings: Settings, document: Document, terms: PersistedTerms, clock: Clock) -> Node {
        Node {
            replica: Replica::new(settings.me.clone(), document, terms),
            started_ms: clock.ms,
            settings,
            lrm: Lrm::default(),
            leadership: None,
            next_transition: 0,
            timer_number: 0,
            durability: Durability::default(),
            disks: Disks::default(),
            attributes: Attributes::default(),
            held: Held::default(),
            activity: Activity::default(),
            moves: Moves::default(),
            fencing: Vec::new(),
            fencing_since: 0,
            had_quorum: false,
            fencer: Fencer::default(),
            fencing_number: 0,
            outbox: Vec::new(),
            returned: Vec::new(),
            viewed_ms: clock.ms,
            others_awaited_until: None,
            caught_up: false,
            fencing_asked: BTreeMap::new(),
            waiting: BTreeMap::new(),
            unasked: Vec::new(),
            request_number: 0,
            subscribers: BTreeSet::new(),
            limited: BTreeMap::new(),
            advised: BTreeSet::new(),
            alerts: Alerts::default(),
            load: Busy::default(),
            loads: BTreeMap::new(),
            leaving: false,
            effects: Vec::new(),
            clock,
            leaps: Leaps::default(),
            causes_heard: BTreeMap::new(),
            remarks: String::new(),
            no_successor: Vec::new(),
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
        self.replica.agreement().and_then(|(_, agreement)| agreement.leader)
    }

    fn is_leader(&self) -> bool {
        self.leader() == Some(self.settings.me.id)
    }

    /// Which run of a node's daemon takes part, as this member sees it.
    pub fn let_in(&self, id: u32) -> Option<u64> {
        let (_, agreement) = self.replica.agreement()?;
        let join = agreement.joins.get(&id).filter(|join| agreement.is_inside(join.id))?;
        Some(join.incarnation)
    }

    /// The ids of the members, once they have agreed what all of them go on with.
    pub fn agreed(&self) -> Option<impl Iterator<Item = u32>> {
        let (view, _) = self.replica.agreement()?;
        Some(view.members.iter().map(|member| member.id))
    }

    /// Whether this node leads, found nothing to do, and nothing has changed since.
    pub fn is_idle(&self) -> bool {
        self.activity.is_idle(&self.replica, self.clock.ms)
    }

    /// Folds an event into the state and says what is to be done.
    pub fn step(&mut self, event: Event, clock: Clock) -> Vec<Effect> {
        let went = (clock.ms / 1000).saturating_sub(self.clock.ms / 1000) as i64;
        self.leaps.hear(self.clock.epoch + went, clock.epoch);
        self.clock = clock;
        let before = self.replica.document().clone();
        self.fold(event);
        self.let_in_who_may();
        self.take_start_state();
        self.after_change(&before);
        self.drive();
        std::mem::take(&mut self.effects)
    }

    fn fold(&mut self, event: Event) {
        match event {
            Event::View(view) => self.enter(view),
            Event::Message { from, message } => self.deliver(from, message),
            Event::Request { client, request, user, groups, program } => {
                let subject = groups.map(|groups| Subject { user: user.clone(), groups });
                if self.answered_by_rights(client, &request, subject) {
                    return;
                }
                let (node, offset) = (self.me().name.clone(), self.clock.offset);
                let author = message::Author { node, user, client: program, offset };
                self.ask(client, request, author);
            }
            Event::ClientGone { client } => {
                self.waiting.retain(|_, waiting| *waiting != client);
                self.fencing_asked.retain(|request, _| self.waiting.contains_key(request));
                self.subscribers.remove(&client);
                self.limited.remove(&client);
            }
            Event::AgentExited { ticket, report } => {
                let effects = self.lrm.exited(ticket, report, self.moment());
                self.lrm_wants(effects);
            }
            Event::DeviceRan { fencing, number, result } => {
                self.send(Message::DeviceRan { fencing, number, result });
            }
            Event::Remarks(remarks) => self.remarked(&remarks),
            Event::Load { hundredths } => self.load_measured(hundredths),
            Event::Foreign { from, foreign } => self.foreign(from, foreign),
            Event::Unsent { message, why } => self.unsent(message, why),
            Event::Timer(timer) => self.timer(timer),
            Event::Persisted { number } => self.persisted(number),
            Event::PersistFailed { number, reason } => self.persist_failed(number, reason),
            Event::DiskChecked { number, result } => self.disk_checked(number, result),
            Event::Terminate => self.terminate(),
        }
    }

    /// As soon as this node is known and may write, it joins in the state that its host's settings name.
    fn take_start_state(&mut self) {
        let Some(on) = self.settings.starts_on_standby else { return };
        if self.replica.agreement().is_none() || !self.may_write() {
            return;
        }
        if let Ok(edits) = admin::standby::edits(self.document(), &self.settings.me.name, on) {
            self.settings.starts_on_standby = None;
            self.send(Message::Update { request: None, edits, ends: None });
        }
    }

    fn enter(&mut self, mut view: View) {
        // The engine is content when hosts have seen each other. Those that may act for more than half of all
        // must also have heard what the others knew.
        if self.settings.wait_for_all && !self.is_majority(&view) && !self.caught_up {
            view.quorate = false;
        }
        self.viewed_ms = self.clock.ms;
        self.reset_without_quorum(&view);
        self.watch_disk();
        self.gather(view);
    }

    /// The members of the view are to agree, at its beginning or anew.
    fn gather(&mut self, view: View) {
        self.leadership = None;
        self.activity.enter(&view);
        // What the former leader of a former view asked for is not asked again.
        self.outbox.retain(|message| !bound_to_view(message));
        self.returned.retain(|message| !bound_to_view(message));
        self.call_off_moves();
        let uptime_ms = self.clock.ms - self.started_ms;
        let fencing = self.fencing_brought();
        let (incarnation, epoch) = (self.settings.incarnation, self.clock.epoch);
        let (disk, disk_recovered) = (self.disk_state(), self.disk_recovered());
        let watchdog = self.settings.watchdog;
        let attributes = self.attributes.table.brought(&self.settings.me.name);
        let load = self.own_load();
        let about =
            AboutMe { incarnation, uptime_ms, epoch, fencing, disk, disk_recovered, watchdog, attributes, load };
        let join = self.replica.enter(view, about);
        self.effects.push(Effect::Multicast(Message::Join(join)));
    }

    fn timer(&mut self, timer: Timer) {
        match timer {
            Timer::Lrm(ticket) => {
                let effects = self.lrm.timer(ticket, self.moment());
                self.lrm_wants(effects);
            }
            Timer::Action { transition, action } => self.action_overdue(transition, action),
            Timer::Disk => self.disk_timer(),
            Timer::Escalation => self.escalate(),
            Timer::Attributes => self.attributes_due(),
            Timer::Fencing { number } => self.fencing_timer_fired(number),
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
        // Nobody decides anything about a node that the configuration does not have, and that has no quorum to
        // be entered there: its end, neither.
        let has_no_quorum = self.replica.agreement().is_some_and(|(view, _)| !view.quorate);
        if has_no_quorum && !self.has_an_entry() {
            return self.send(Message::Leaving { id: self.me().id });
        }
        match self.interval_option("shutdown-escalation", ESCALATION_DEFAULT_MS) {
            0 => {}
            after_ms => self.timer_in(Timer::Escalation, after_ms),
        }
        let edit = crate::attribute::set(&self.node_ref(), "shutdown", &self.clock.epoch.to_string());
        self.send(Message::Update { request: None, edits: vec![edit], ends: None });
    }

    fn has_an_entry(&self) -> bool {
        let id = self.me().id.to_string();
        self.document().configuration().child("nodes").is_some_and(|nodes| nodes.child_with_id("node", &id).is_some())
    }

    /// Something keeps this node from leaving in order: it leaves all the same, and what it runs is the
    /// others' to fence.
    fn escalate(&mut self) {
        let text = "this node could not leave in order within shutdown-escalation: it ends at once";
        self.note(Note::error("stop", text));
        self.effects.push(Effect::Exit);
    }

    /// Multicasts, or waits until the members agree and this one is let in.
    fn send(&mut self, message: Message) {
        let may = match self.replica.agreement() {
            Some(_) => self.replica.is_inside() || message.may_come_from_outside(),
            None => false,
        };
        match may {
            true => self.effects.push(Effect::Multicast(message)),
            false => self.outbox.push(message),
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
        admin::find_node(self.document(), name)
    }

    /// Whether this partition may change the configuration: no other may do so now.
    ///
    /// Quorum is enough if it means a majority of daemons. Corosync counts hosts: where their daemons are
    /// missing, those who come back may know of something newer. Of two nodes one alone writes
    /// (`two_node`, a quorum device) while the other is known to be down, or both sides of a cut could.
    fn may_write(&self) -> bool {
        let Some(view) = self.replica.view() else { return false };
        if self.ignores_quorum() {
            return true;
        }
        let of_two = self.settings.nodes <= 2;
        view.quorate && (self.is_majority(view) || of_two && self.others_are_down(view))
    }

    /// Whether more than half of all configured nodes are in a view.
    fn is_majority(&self, view: &View) -> bool {
        view.members.len() * 2 > self.settings.nodes
    }

    fn ignores_quorum(&self) -> bool {
        option(self.document(), "no-quorum-policy").as_deref() == Some("ignore")
    }

    /// Whether this partition may cut off nodes that are away, without being asked by a person.
    fn may_cut_off(&self) -> bool {
        self.replica.view().is_some_and(|view| view.quorate) || self.ignores_quorum()
    }

    fn is_fencing_enabled(&self) -> bool {
        let fencing = option(self.document(), "fencing-enabled");
        fencing.is_none_or(|text| quorate_grammar::literal::boolean(&text) != Ok(false))
    }

    fn others_are_down(&self, view: &View) -> bool {
        if !self.is_fencing_enabled() {
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
        | Message::MoveExpected { .. }
        | Message::Transition { .. }
        | Message::Idle { .. } => true,
        Message::Fence(wish) => wish.waits.is_some(),
        _ => false,
    }
}

/// The value of a cluster property by its present name, whichever stands there; rules aside.
fn option(document: &Document, name: &str) -> Option<String> {
    let older = names::other(names::Of::Cluster, name);
    let value = |name: &str| {
        let sets = document.configuration().child("crm_config")?;
        let mut pairs = sets.elements().flat_map(|set| set.elements());
        let pair = pairs.find(|pair| pair.attr("name") == Some(name))?;
        pair.attr("value").map(str::to_string)
    };
    value(name).or_else(|| value(older?))
}
