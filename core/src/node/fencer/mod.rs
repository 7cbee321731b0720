//! Fencing: every member follows each request alike, by the messages delivered; the one whose turn
//! it is runs the device; the proof counts for all at the same place in the order.
//!
//! So a request outlives the change of members that cutting one off brings about, be the target the
//! leader itself. Two laws hold throughout (`fencing::under_way` says by what means):
//! - a target is never cut off by two agents at once,
//! - nor after it was let in again: while an agent may still cut it off, it waits outside.
//!
//! Here: what is wanted, and what comes of it. `agents`: what runs. `resume`: what goes on when the
//! members agree anew. `record`: what is remembered. `registered`: devices that no configuration has.
//! `watchdog`: nodes that reset themselves.

mod agents;
mod record;
mod registered;
mod resume;
mod watchdog;

use super::Node;
use super::message::{ActionRef, FencingWish, Message};
use crate::admin::fence;
use crate::attribute;
use crate::cib::{Edit, decode};
use crate::fencing::device;
use crate::fencing::history::FencingState;
use crate::fencing::request::{Step as RequestStep, Verdict};
use crate::fencing::{AgentRun, Device, DeviceRun, FencingEvent, FencingRequest, UnderWay};
use crate::note::Note;
use crate::time::{Interval, Now};
use crate::transition::{Action, Outcome};
pub(super) use record::request_name;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Pause before a failed fencing is decided anew, doubled with each failure. Milliseconds.
const PAUSE_FIRST_MS: u64 = 2_000;
const PAUSE_LAST_MS: u64 = 60_000;

/// How long a device is tried, unless `fencing-timeout` or its own parameters say otherwise. Milliseconds.
const TIMEOUT_DEFAULT_MS: u64 = 60_000;

/// After so many failures in a row the leader does not try again by itself, unless
/// `fencing-max-attempts` says otherwise (Pacemaker Explained, "Cluster Options").
const ATTEMPTS_MAX_DEFAULT: u32 = 10;

/// How long a node that a device says is off may go on speaking. Longer than any engine takes to
/// notice that it has stopped. Milliseconds.
const STILL_HERE_MS: u64 = 20_000;

/// How much longer one of two nodes waits before it cuts off the other, where nothing else makes them
/// wait differently: long enough for the other's device to have ended it. Milliseconds.
const TIE_BREAK_MS: u64 = 5_000;

/// Requests under way, and those that wait for another of the same target.
#[derive(Clone, Debug, Default)]
pub(super) struct Fencer {
    /// By the target's name.
    active: BTreeMap<String, UnderWay>,
    /// Actions of the leader's transition that wait, by target.
    waits: BTreeMap<String, ActionRef>,
    waiting: VecDeque<FencingWish>,
    /// Agents that may be running, as all members know them.
    agents: BTreeSet<AgentRun>,
    /// Those that run here, or whose end is not delivered yet.
    own: Vec<AgentRun>,
    /// Those that are to be started here when their delay is over, by the number of their timer.
    delayed: BTreeMap<u64, (AgentRun, DeviceRun)>,
    /// What the leader's timers are for, by their number.
    limits: BTreeMap<u64, Limit>,
    timer_number: u64,
    /// An agent has ended: somebody may have to be let in.
    look_outside: bool,
    /// The latest runs of each node's daemon that were proved to be off, by the node's id. All of them: a clock
    /// that was put back makes a later run look like an earlier one.
    fenced: BTreeMap<u32, BTreeSet<u64>>,
    /// Failures in a row, by target.
    failures: BTreeMap<String, u32>,
    /// Devices that no configuration has, by their ids.
    registered: BTreeMap<String, Device>,
}

/// What may take only so long.
#[derive(Clone, Debug)]
enum Limit {
    /// An agent whose member is away.
    Agent(AgentRun),
    /// A target that is said to be off, and speaks.
    StillHere { fencing: String, target: String },
}

impl Fencer {
    fn knows(&self, id: &str) -> bool {
        let active = self.active.values().flat_map(UnderWay::events);
        active.chain(self.waiting.iter().map(|wish| &wish.event)).any(|event| event.id == id)
    }
}

impl Node {
    /// The scheduler wants a node cut off. Whatever is being done to that node already will do.
    pub(super) fn fence_for_transition(&mut self, action: &Action) {
        let target = action.node.clone().unwrap_or_default();
        let waits = ActionRef { transition: self.transition(), action: action.id };
        let how = action.meta("stonith_action").unwrap_or("reboot");
        if self.fencer.active.get(&target).is_some_and(|active| active.switches_on() == (how == "on")) {
            self.fencer.waits.insert(target, waits);
            return;
        }
        // Unique over all reigns of this node: an answer to an earlier reign's request must never
        // pass for the answer to a later one's.
        self.fencing_number += 1;
        let seconds = action.meta("priority-fencing-delay").and_then(|text| text.parse::<u64>().ok());
        let priority_ms = seconds.unwrap_or(0) * 1000;
        let delay_ms = if priority_ms == 0 { self.tie_break_ms(&target, how) } else { priority_ms };
        let event = FencingEvent {
            id: format!("{}.{}", self.settings.uuid, self.fencing_number),
            delegate: self.who_tries_next(&target),
            target,
            action: how.to_string(),
            origin: self.me().name.clone(),
            client: format!("transition {}", self.transition()),
            asked: false,
            state: FencingState::Pending,
            reason: String::new(),
            at: self.clock.epoch,
        };
        let causes = self.fencing_causes_of(&event.target);
        let attributes = if how == "on" { unfenced(action, self.clock.epoch) } else { Vec::new() };
        let waits = Some(waits);
        self.send(Message::Fence(FencingWish { event, confirmed: false, waits, delay_ms, causes, attributes }));
    }

    /// Two nodes that lose each other would shoot at the same time. Unless they are configured to wait
    /// differently, or a priority decides, the one of the higher id waits: the other survives. Nobody
    /// waits if the other's host says that its daemon has ended: who does not run does not shoot; nor
    /// if `priority-fencing-delay` is 0.
    fn tie_break_ms(&self, target: &str, action: &str) -> u64 {
        let Some(view) = self.replica.view() else { return 0 };
        let Some(other) = self.find_node(target).and_then(|node| node.id.parse::<u32>().ok()) else { return 0 };
        let alone = self.settings.two_node && view.members.len() < self.settings.nodes;
        let priority = super::option(self.document(), "priority-fencing-delay");
        let most_ms = match priority.and_then(|text| Interval::parse(&text)) {
            Some(priority) => TIE_BREAK_MS.min(u64::from(priority.ms()) / 2),
            None => TIE_BREAK_MS,
        };
        if !alone || other > self.me().id || view.ended.contains(&other) {
            return 0;
        }
        let wait = |name: &str| self.fencing_request(name, action, self.clock.epoch).first_delay();
        let (theirs, ours) = (wait(target), wait(&self.me().name));
        if theirs == ours && theirs.is_none_or(|delay| delay.span_ms == 0) { most_ms } else { 0 }
    }

    /// A node is to be cut off, or a person confirms that it is (`stonith_admin --confirm`).
    pub(super) fn fence_delivered(&mut self, wish: FencingWish) {
        self.remember(wish.event.clone());
        let target = wish.event.target.clone();
        if wish.confirmed && self.is_let_in(&target) {
            return self.remember_failed(wish.event, &format!("{target} is not off: it is a member of the cluster"));
        }
        if wish.confirmed {
            return self.confirmed_by_hand(wish.event);
        }
        // What a leader wanted of a node that is away does not outlive its quorum.
        if !self.may_cut_off() && !wish.event.asked && self.run_here(&target).is_none() {
            if let Some(waits) = wish.waits {
                self.action_ended(waits, Outcome::Failed);
            }
            return self.remember_failed(wish.event, "this partition has lost its quorum");
        }
        match self.fencer.active.get_mut(&target) {
            // A transition only needs the node to be off.
            Some(active)
                if active.event.action == wish.event.action
                    || (wish.waits.is_some() && !active.switches_on() && wish.event.action != "on") =>
            {
                active.joined.push(wish.event);
                active.causes.extend(wish.causes);
                if let Some(waits) = wish.waits {
                    self.fencer.waits.insert(target, waits);
                }
            }
            Some(_) => self.fencer.waiting.push_back(wish),
            None => self.start_fencing(wish),
        }
    }

    /// A person's word is a proof, also for what devices are being tried for.
    fn confirmed_by_hand(&mut self, mut event: FencingEvent) {
        event.delegate = Some("a person".into());
        let target = event.target.clone();
        let active = self.fencer.active.remove(&target);
        let others = active.iter().flat_map(UnderWay::events).cloned();
        let events = std::iter::once(event).chain(others).collect();
        self.call_off(&target);
        self.remember_run(&target, self.run_let_in(&target));
        self.fenced(&target, events);
    }

    fn start_fencing(&mut self, wish: FencingWish) {
        let target = wish.event.target.clone();
        if self.leadership.is_some() {
            let FencingEvent { action, client, origin, .. } = &wish.event;
            let text = format!("{target} is to be fenced ({action}), asked by {client} on {origin}");
            self.note(Note::notice("fencing", text));
        }
        // The asker's clock: all members must find the same devices.
        let request = self.fencing_request(&target, &wish.event.action, wish.event.at);
        let mut request = request.delayed_by(wish.delay_ms);
        let step = request.start();
        let active = UnderWay {
            request,
            event: wish.event,
            joined: Vec::new(),
            causes: wish.causes,
            attributes: wish.attributes,
            waits_for_device: false,
            incarnation: self.run_let_in(&target),
            run: None,
            runs: 0,
            proved: false,
        };
        if let Some(waits) = wish.waits {
            self.fencer.waits.insert(target.clone(), waits);
        }
        self.fencer.active.insert(target.clone(), active);
        self.fencing_step(&target, step);
    }

    /// A request with the devices and levels of this moment.
    fn fencing_request(&self, target: &str, action: &str, epoch: i64) -> FencingRequest {
        let (configuration, _) = decode::configuration(self.document().root());
        let devices = self.with_registered(device::devices(&configuration, Now::from_epoch(epoch)));
        let (levels, attributes) = (configuration.fencing_levels, self.node_attributes(target));
        FencingRequest::new(target, action, devices, levels, attributes)
            .within(self.interval_option("fencing-timeout", TIMEOUT_DEFAULT_MS))
            .watchdog_after(self.watchdog_resets_after_ms(target))
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
            RequestStep::Run(run) => {
                if let Some(active) = self.fencer.active.get_mut(target) {
                    active.run = Some(run);
                }
                self.launch(target);
            }
            RequestStep::End(Verdict::Failed(reason)) => self.not_fenced(target, &reason),
            RequestStep::End(Verdict::Impossible(reason)) => self.cannot_be_fenced(target, &reason),
            RequestStep::End(Verdict::Fenced) => self.said_to_be_off(target),
        }
    }

    /// All devices say so. A target that was here before they ran, and is still, belies them: it has
    /// to go first. One that has come back as another run of its daemon is another story.
    fn said_to_be_off(&mut self, target: &str) {
        let here = self.run_here(target);
        let Some(active) = self.fencer.active.get_mut(target) else { return };
        if active.switches_on() {
            return self.let_in_again(target);
        }
        if here.is_some() && here == active.incarnation {
            active.proved = true;
            active.run = None;
            if target == self.me().name {
                self.react_to_own_fencing(true);
            }
            return self.watch_still_here(target);
        }
        if let Some(active) = self.fencer.active.remove(target) {
            self.remember_run(target, active.incarnation);
            // Its history goes with the fencing.
            self.remember_causes(target, &active);
            self.fenced(target, active.events().cloned().collect());
        }
    }

    /// A node has its access again: what was found of its devices is remembered with it.
    fn let_in_again(&mut self, target: &str) {
        let Some(active) = self.fencer.active.remove(target) else { return };
        if let Some(node) = self.find_node(target).filter(|_| self.is_let_in(target)) {
            let set = |(name, value): &(String, String)| attribute::set(&node, name, value);
            let edits: Vec<Edit> = active.attributes.iter().map(set).collect();
            self.replica.update(&edits);
        }
        let at = self.clock.epoch;
        for event in active.events().cloned().collect::<Vec<_>>() {
            self.remember(FencingEvent { state: FencingState::Succeeded, at, ..event });
        }
        self.fencer.failures.remove(target);
        if self.leadership.is_some() {
            self.note(Note::info("fencing", format!("{target} is let in again by its fence devices")));
        }
        match self.fencer.waits.remove(target) {
            Some(action) if action.transition == self.transition() => self.action_ended(action, Outcome::Done),
            _ => self.something_changed("a node is unfenced"),
        }
        self.fence_next(target);
    }

    /// It would end alike at once: it is not tried again before something changes. One for a failure is over:
    /// what failed is blocked instead, and the rest goes on.
    fn cannot_be_fenced(&mut self, target: &str, reason: &str) {
        let Some(active) = self.fencer.active.get(target).cloned() else { return };
        let blocks = self.remember_impossible(target, &active);
        self.ended_without_proof(target, reason, false);
        if blocks {
            self.something_changed("a failure that no fencing ends");
        }
    }

    pub(super) fn not_fenced(&mut self, target: &str, reason: &str) {
        self.ended_without_proof(target, reason, true);
    }

    fn ended_without_proof(&mut self, target: &str, reason: &str, may_help_later: bool) {
        let Some(active) = self.fencer.active.remove(target) else { return };
        let waits = self.fencer.waits.remove(target);
        let failures = self.fencer.failures.entry(target.to_string()).or_default();
        *failures += 1;
        let failures = *failures;
        let pause = PAUSE_FIRST_MS << (failures - 1).min(10);
        let attempts_max = super::option(self.document(), "fencing-max-attempts");
        let attempts_max = attempts_max.and_then(|text| text.trim().parse().ok()).unwrap_or(ATTEMPTS_MAX_DEFAULT);
        for event in active.events() {
            self.remember_failed(event.clone(), reason);
        }
        if self.leadership.is_some() {
            let what = if active.switches_on() { "let in again" } else { "fenced" };
            self.note(Note::error("fencing", format!("{target} is not {what}: {reason}")));
            if let Some(action) = waits {
                self.action_ended(action, Outcome::Failed);
                let no_more = match may_help_later {
                    true if failures < attempts_max => return self.try_again_in(target, pause.min(PAUSE_LAST_MS)),
                    true => format!("{failures} failures"),
                    false => "no device can do it".to_string(),
                };
                let text = format!("{target} is not tried again before something changes: {no_more}");
                self.note(Note::error("fencing", text));
            }
        }
        self.fence_next(target);
    }

    fn try_again_in(&mut self, target: &str, pause_ms: u64) {
        self.reconsider_in(pause_ms);
        self.fence_next(target);
    }

    /// The node is proved to be off: its state says so before anything starts elsewhere.
    fn fenced(&mut self, target: &str, events: Vec<FencingEvent>) {
        let waits = self.fencer.waits.remove(target);
        if !self.is_let_in(target) {
            for node in self.nodes_called(target) {
                if fence::moved_away(self.document(), &node).next().is_some() {
                    self.something_changed("what the fenced node was moving may have arrived");
                }
                self.replica.update(&fence::down(self.document(), &node));
            }
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
        self.agents_ended_with(target);
        self.fence_next(target);
    }

    /// What waited until this target's request had ended.
    fn fence_next(&mut self, target: &str) {
        let next = self.fencer.waiting.iter().position(|wish| wish.event.target == target);
        if let Some(wish) = next.and_then(|place| self.fencer.waiting.remove(place)) {
            self.start_fencing(wish);
        }
    }

    /// Which run of the target's daemon is here, let in or not.
    fn run_here(&self, name: &str) -> Option<u64> {
        let (_, agreement) = self.replica.agreement()?;
        let join = agreement.joins.values().find(|join| join.name == name)?;
        Some(join.incarnation)
    }

    /// Whether the target takes part now.
    fn is_let_in(&self, name: &str) -> bool {
        let agreement = self.replica.agreement().map(|(_, agreement)| agreement);
        agreement.is_some_and(|agreement| {
            let join = agreement.joins.values().find(|join| join.name == name);
            join.is_some_and(|join| agreement.is_inside(join.id))
        })
    }

    /// Whether the target is here, and is not let in.
    fn is_kept_out(&self, name: &str) -> bool {
        self.run_here(name).is_some() && !self.is_let_in(name)
    }

    /// Which run of its daemon was let in last.
    fn run_let_in(&self, name: &str) -> Option<u64> {
        let (_, agreement) = self.replica.agreement()?;
        let id: u32 = self.find_node(name)?.id.parse().ok()?;
        agreement.let_in.get(&id).map(|run| run.incarnation)
    }
}

/// What a node remembers of having been let in, for the scheduler.
fn unfenced(action: &Action, epoch: i64) -> Vec<(String, String)> {
    let digests = [("#digests-all", "digests-all"), ("#digests-secure", "digests-secure")];
    let known = digests.into_iter().filter_map(|(name, meta)| Some((name.to_string(), action.meta(meta)?.to_string())));
    std::iter::once(("#node-unfenced".to_string(), epoch.to_string())).chain(known).collect()
}
