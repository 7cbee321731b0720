//! Fencing: every member follows each request alike, by the messages delivered; the one whose turn
//! it is runs the device; the proof counts for all at the same place in the order.
//!
//! So a request outlives the change of members that cutting one off brings about, be the target the
//! leader itself. It is given up when members come together that were not together before: whoever
//! comes may have been with the target meanwhile, and a proof from before would say nothing.

use super::consequence;
use super::message::{ActionRef, FencingWish, Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node};
use crate::cib::decode;
use crate::fencing::history::{self, FencingState};
use crate::fencing::request::{DeviceResult, Step as RequestStep, Verdict};
use crate::fencing::{DeviceRun, FencingEvent, FencingRequest, device};
use crate::note::Note;
use crate::time::Now;
use crate::transition::{Action, Outcome};
use std::collections::{BTreeMap, VecDeque};

/// Pause before a failed fencing is decided anew, doubled with each failure. Milliseconds.
const PAUSE_FIRST_MS: u64 = 2_000;
const PAUSE_LAST_MS: u64 = 60_000;

/// Requests under way, and those that wait for another of the same target.
#[derive(Clone, Debug, Default)]
pub(super) struct Fencer {
    /// By the target's name.
    active: BTreeMap<String, Active>,
    waiting: VecDeque<FencingWish>,
    /// Failures in a row, by target.
    failures: BTreeMap<String, u32>,
}

#[derive(Clone, Debug)]
struct Active {
    request: FencingRequest,
    event: FencingEvent,
    /// Others who want just this, too.
    joined: Vec<FencingEvent>,
    /// The leader's action that waits for it.
    waits: Option<ActionRef>,
    /// Which run of the target's daemon was a member when the request began.
    incarnation: Option<u64>,
    /// The device that is being run, by which member, and how many were run before.
    run: Option<DeviceRun>,
    on: u32,
    runs: u32,
}

impl Active {
    fn events(&self) -> impl Iterator<Item = &FencingEvent> {
        std::iter::once(&self.event).chain(&self.joined)
    }
}

impl Fencer {
    fn knows(&self, id: &str) -> bool {
        let active = self.active.values().flat_map(Active::events);
        active.chain(self.waiting.iter().map(|wish| &wish.event)).any(|event| event.id == id)
    }
}

impl Node {
    /// The scheduler wants a node cut off. Whatever is being done to that node already will do.
    pub(super) fn fence_for_transition(&mut self, action: &Action) {
        let target = action.node.clone().unwrap_or_default();
        let waits = ActionRef { transition: self.transition(), action: action.id };
        if let Some(active) = self.fencer.active.get_mut(&target) {
            active.waits = Some(waits);
            return;
        }
        // Unique over all reigns of this node: an answer to an earlier reign's request must never
        // pass for the answer to a later one's.
        self.fencing_number += 1;
        let event = FencingEvent {
            id: format!("{}.{}", self.settings.uuid, self.fencing_number),
            target,
            action: action.meta("stonith_action").unwrap_or("reboot").to_string(),
            origin: self.me().name.clone(),
            client: format!("transition {}", self.transition()),
            asked: false,
            delegate: None,
            state: FencingState::Pending,
            reason: String::new(),
            at: self.clock.epoch,
        };
        self.send(Message::Fence(FencingWish { event, confirmed: false, waits: Some(waits) }));
    }

    /// A node is to be cut off, or a person vouches that it is.
    pub(super) fn fence_delivered(&mut self, wish: FencingWish) {
        self.remember(wish.event.clone());
        if wish.confirmed {
            return self.vouched(wish.event);
        }
        match self.fencer.active.get_mut(&wish.event.target) {
            // A transition only needs the node to be off.
            Some(active) if active.event.action == wish.event.action || wish.waits.is_some() => {
                active.waits = wish.waits.or(active.waits);
                active.joined.push(wish.event);
            }
            Some(_) => self.fencer.waiting.push_back(wish),
            None => self.start_fencing(wish),
        }
    }

    /// A person's word is a proof, also for what devices are being tried for.
    fn vouched(&mut self, mut event: FencingEvent) {
        event.delegate = Some("a person".into());
        let target = event.target.clone();
        let incarnation = self.incarnation_of(&target);
        let active = self.fencer.active.remove(&target);
        let waits = active.as_ref().and_then(|active| active.waits);
        let others = active.iter().flat_map(Active::events).cloned();
        let events = std::iter::once(event).chain(others).collect();
        self.fenced(&target, incarnation, events, waits);
    }

    fn start_fencing(&mut self, wish: FencingWish) {
        let target = wish.event.target.clone();
        let (configuration, _) = decode::configuration(self.document().root());
        // The asker's clock: all members must find the same devices.
        let devices = device::devices(&configuration, Now::from_epoch(wish.event.at));
        let attributes = self.node_attributes(&target);
        let levels = configuration.fencing_levels;
        let mut request = FencingRequest::new(&target, &wish.event.action, devices, levels, attributes);
        let step = request.start();
        let active = Active {
            request,
            event: wish.event,
            joined: Vec::new(),
            waits: wish.waits,
            incarnation: self.incarnation_of(&target),
            run: None,
            on: 0,
            runs: 0,
        };
        self.fencer.active.insert(target.clone(), active);
        self.fencing_step(&target, step);
    }

    /// The permanent attributes of a node, which topologies may ask for.
    fn node_attributes(&self, name: &str) -> BTreeMap<String, String> {
        let nodes = self.document().configuration().child("nodes");
        let node = nodes.and_then(|nodes| nodes.elements().find(|node| node.attr("uname") == Some(name)));
        let pairs = node.into_iter().flat_map(|node| node.descendants().filter(|pair| pair.name == "nvpair"));
        pairs.filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()))).collect()
    }

    fn fencing_step(&mut self, target: &str, step: RequestStep) {
        match step {
            RequestStep::Run(run) => self.run_device(target, run),
            RequestStep::End(Verdict::Failed(reason)) => self.not_fenced(target, &reason),
            RequestStep::End(Verdict::Fenced) => {
                if let Some(active) = self.fencer.active.remove(target) {
                    let events = active.events().cloned().collect();
                    self.fenced(target, active.incarnation, events, active.waits);
                }
            }
        }
    }

    /// A member that is not the target runs the device: the leader, if it can be.
    fn run_device(&mut self, target: &str, run: DeviceRun) {
        let leader = self.leader();
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let mut able = members.iter().filter(|member| member.name != target);
        let chosen = able.clone().find(|member| Some(member.id) == leader).or_else(|| able.next());
        let Some(member) = chosen else {
            return self.not_fenced(target, "no other node is left to do it");
        };
        let Some(active) = self.fencer.active.get_mut(target) else { return };
        active.runs += 1;
        active.on = member.id;
        active.event.delegate = Some(member.name.clone());
        active.run = Some(run.clone());
        if member.id == self.settings.me.id {
            let (fencing, number) = (active.event.id.clone(), active.runs);
            self.effects.push(Effect::RunDevice { fencing, number, run });
        }
    }

    pub(super) fn device_ran(&mut self, id: &str, number: u32, ok: bool, output: String) {
        let found = self.fencer.active.iter_mut().find(|(_, active)| active.event.id == id);
        let Some((target, active)) = found else { return };
        // A device that was run again elsewhere is not waited for any more.
        if active.runs == number {
            let target = target.clone();
            let step = active.request.ran(DeviceResult { ok, output });
            self.fencing_step(&target, step);
        }
    }

    fn not_fenced(&mut self, target: &str, reason: &str) {
        let Some(active) = self.fencer.active.remove(target) else { return };
        let failures = self.fencer.failures.entry(target.to_string()).or_default();
        *failures += 1;
        let pause = PAUSE_FIRST_MS << (*failures - 1).min(10);
        for event in active.events() {
            self.remember_failed(event.clone(), reason);
        }
        if self.leadership.is_some() {
            self.note(Note::error("fencing", format!("{target} is not fenced: {reason}")));
            if let Some(action) = active.waits {
                self.action_ended(action, Outcome::Failed);
                self.reconsider_in(pause.min(PAUSE_LAST_MS));
            }
        }
        self.fence_next(target);
    }

    /// The node is proved to be off: its state says so before anything starts elsewhere.
    fn fenced(&mut self, target: &str, incarnation: Option<u64>, events: Vec<FencingEvent>, waits: Option<ActionRef>) {
        let here = self.incarnation_of(target);
        let came_back = here.is_some() && here != incarnation;
        if let Some(node) = self.find_node(target).filter(|_| !came_back) {
            self.replica.update(&consequence::down(&node));
        }
        let at = self.clock.epoch;
        for event in events {
            self.remember(FencingEvent { state: FencingState::Succeeded, at, ..event });
        }
        self.fencer.failures.remove(target);
        if self.leadership.is_some() {
            self.note(Note::info("fencing", format!("{target} is fenced")));
        }
        match waits {
            Some(action) if action.transition == self.transition() => self.action_ended(action, Outcome::Done),
            _ => self.something_changed("a node is fenced"),
        }
        self.fence_next(target);
    }

    /// What waited until this target's request had ended.
    fn fence_next(&mut self, target: &str) {
        let next = self.fencer.waiting.iter().position(|wish| wish.event.target == target);
        if let Some(wish) = next.and_then(|place| self.fencer.waiting.remove(place)) {
            self.start_fencing(wish);
        }
    }

    /// Which run of a member's daemon this is.
    fn incarnation_of(&self, name: &str) -> Option<u64> {
        let (_, agreement) = self.replica.agreement()?;
        let join = agreement.joins.values().find(|join| join.name == name)?;
        Some(join.incarnation)
    }

    /// The members have agreed anew: what is under way goes on if they were together before and may
    /// decide, else it is given up.
    pub(super) fn resume_fencing(&mut self) {
        let Some((view, agreement)) = self.replica.agreement() else { return };
        let members: Vec<u32> = agreement.joins.keys().copied().collect();
        let go_on = agreement.together && view.quorate;
        if !go_on {
            self.fencer = Fencer::default();
        }
        self.give_up_alive();
        self.close_given_up();
        let targets: Vec<String> = self.fencer.active.keys().cloned().collect();
        for target in targets {
            let Some(active) = self.fencer.active.get_mut(&target) else { continue };
            // The transition it was for ended with the view; the next may wait for it again.
            active.waits = None;
            if let Some(run) = active.run.clone().filter(|_| !members.contains(&active.on)) {
                self.run_device(&target, run);
            }
        }
    }

    /// A target that was seen alive since the last agreement is not the one that was to be cut off.
    fn give_up_alive(&mut self) {
        let Some((view, agreement)) = self.replica.agreement() else { return };
        let here = |id: &u32| view.members.iter().any(|member| member.id == *id);
        let seen: Vec<u32> = agreement.joins.values().flat_map(|join| &join.seen).copied().collect();
        let alive: Vec<String> = seen.iter().filter(|id| !here(id)).map(u32::to_string).collect();
        let name = |target: &String| self.find_node(target).map(|node| node.id);
        let gone: Vec<String> = self
            .fencer
            .active
            .keys()
            .filter(|target| name(target).is_some_and(|id| alive.contains(&id)))
            .cloned()
            .collect();
        for target in gone {
            self.fencer.active.remove(&target);
        }
    }

    /// Requests that nobody follows any more have failed; but what a tool of a member waits for,
    /// that member asks for anew.
    fn close_given_up(&mut self) {
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let asked_again =
            |event: &FencingEvent| event.asked && members.iter().any(|member| member.name == event.origin);
        let given_up = self.fencing.iter().filter(|event| {
            event.state == FencingState::Pending && !self.fencer.knows(&event.id) && !asked_again(event)
        });
        let given_up: Vec<FencingEvent> = given_up.cloned().collect();
        for event in given_up {
            self.remember_failed(event, "the members of the cluster changed meanwhile");
        }
    }

    /// What our tools wait for and nobody follows is asked for again.
    pub(super) fn ask_fencing_again(&mut self) {
        let on_its_way =
            |id: &str| self.outbox.iter().any(|message| matches!(message, Message::Fence(wish) if wish.event.id == id));
        let lost = self.fencing_asked.values().filter(|wish| {
            let id = &wish.event.id;
            !self.fencer.knows(id) && !on_its_way(id)
        });
        let lost: Vec<Message> = lost.map(|wish| Message::Fence(wish.clone())).collect();
        self.outbox.extend(lost);
    }

    fn remember_failed(&mut self, event: FencingEvent, reason: &str) {
        let (state, at) = (FencingState::Failed, self.clock.epoch);
        self.remember(FencingEvent { state, reason: reason.to_string(), at, ..event });
    }

    /// Everyone remembers; the node whose tool asked answers it.
    fn remember(&mut self, event: FencingEvent) {
        let reply = match event.state {
            FencingState::Pending => None,
            FencingState::Succeeded => Some(Reply::Done),
            FencingState::Failed => Some(Reply::Refused(Refusal::NotFenced { reason: event.reason.clone() })),
        };
        let asked = self.fencing_asked.keys().find(|request| request_name(**request) == event.id).copied();
        if let (Some(reply), Some(request)) = (reply, asked) {
            self.fencing_asked.remove(&request);
            self.answer(Some(request), reply);
        }
        history::record(&mut self.fencing, event);
        if !self.subscribers.is_empty() {
            let status = Reply::Status(self.status());
            self.effects.push(Effect::Notify(status));
        }
    }
}

/// The name of the fencing that a tool asks for.
pub(super) fn request_name(request: RequestId) -> String {
    format!("{}.{}.{}", request.node, request.incarnation, request.number)
}
