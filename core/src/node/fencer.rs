//! Fencing as the leader conducts it: a request per node, each run of a device on a member
//! that is not the target, the outcome told to all.

use super::consequence;
use super::message::{ActionRef, Author, DeviceOrder, Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node};
use crate::cib::decode;
use crate::fencing::history::{self, FencingState};
use crate::fencing::request::{DeviceResult, Step as RequestStep, Verdict};
use crate::fencing::{DeviceRun, FencingEvent, FencingRequest, device};
use crate::lrm::result::NodeRef;
use crate::note::Note;
use crate::time::Now;
use crate::transition::{Action, Outcome};
use std::collections::BTreeMap;

/// Pause before a failed fencing is decided anew, doubled with each failure. Milliseconds.
const PAUSE_FIRST_MS: u64 = 2_000;
const PAUSE_LAST_MS: u64 = 60_000;

/// Requests under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Fencer {
    active: BTreeMap<String, Active>,
    /// Failures in a row, by target.
    failures: BTreeMap<String, u32>,
}

#[derive(Clone, Debug)]
struct Active {
    request: FencingRequest,
    event: FencingEvent,
    /// The transition's action that waits for it.
    action: Option<ActionRef>,
    /// Which run of the target's daemon was a member when the request began.
    incarnation: Option<u64>,
    runs: u32,
}

impl Node {
    /// The scheduler wants a node cut off.
    pub(super) fn fence_for_transition(&mut self, action: &Action) {
        let target = action.node.clone().unwrap_or_default();
        let operation = action.meta("stonith_action").unwrap_or("reboot").to_string();
        let waiting = Some(ActionRef { transition: self.transition(), action: action.id });
        let client = format!("transition {}", self.transition());
        let id = self.fencing_id();
        self.start_fencing(id, &target, &operation, self.me().name.clone(), client, waiting);
    }

    /// A person wants a node cut off, or vouches that it is.
    pub(super) fn fence_wanted(
        &mut self,
        request: RequestId,
        target: &str,
        action: &str,
        author: &Author,
        confirmed: bool,
    ) {
        if self.leadership.is_none() {
            return;
        }
        let id = request_name(request);
        let client = format!("{} for {}", author.client, author.user);
        if confirmed {
            let mut event = self.event(id, target, action, author.node.clone(), client);
            event.delegate = Some("a person".into());
            let incarnation = self.incarnation_of(target);
            return self.fenced(event, None, incarnation);
        }
        self.start_fencing(id, target, action, author.node.clone(), client, None);
    }

    fn fencing_id(&mut self) -> String {
        // Unique over all reigns of this node: an answer to an earlier reign's request must never
        // pass for the answer to a later one's.
        self.fencing_number += 1;
        format!("{}.{}", self.settings.uuid, self.fencing_number)
    }

    fn event(&self, id: String, target: &str, action: &str, origin: String, client: String) -> FencingEvent {
        FencingEvent {
            id,
            target: target.to_string(),
            action: action.to_string(),
            origin,
            client,
            delegate: None,
            state: FencingState::Pending,
            reason: String::new(),
            at: self.clock.epoch,
        }
    }

    fn start_fencing(
        &mut self,
        id: String,
        target: &str,
        action: &str,
        origin: String,
        client: String,
        waiting: Option<ActionRef>,
    ) {
        let (configuration, _) = decode::configuration(self.document().root());
        let devices = device::devices(&configuration, Now::from_epoch(self.clock.epoch));
        let attributes = self.node_attributes(target);
        let mut request = FencingRequest::new(target, action, devices, configuration.fencing_levels, attributes);
        let event = self.event(id.clone(), target, action, origin, client);
        let step = request.start();
        let incarnation = self.incarnation_of(target);
        let Some(leadership) = &mut self.leadership else { return };
        let active = Active { request, event: event.clone(), action: waiting, incarnation, runs: 0 };
        leadership.fencer.active.insert(id.clone(), active);
        self.send(Message::Fencing(event));
        self.fencing_step(&id, step);
    }

    /// The permanent attributes of a node, which topologies may ask for.
    fn node_attributes(&self, name: &str) -> BTreeMap<String, String> {
        let nodes = self.document().configuration().child("nodes");
        let node = nodes.and_then(|nodes| nodes.elements().find(|node| node.attr("uname") == Some(name)));
        let pairs = node.into_iter().flat_map(|node| node.descendants().filter(|pair| pair.name == "nvpair"));
        pairs.filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()))).collect()
    }

    fn fencing_step(&mut self, id: &str, step: RequestStep) {
        match step {
            RequestStep::Run(run) => self.order_run(id, run),
            RequestStep::End(verdict) => self.fencing_ended(id, verdict),
        }
    }

    /// Asks a member that is not the target to run the device: this node, if it can be.
    fn order_run(&mut self, id: &str, run: DeviceRun) {
        let me = self.me().id;
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let Some(active) = self.leadership.as_mut().and_then(|leading| leading.fencer.active.get_mut(id)) else {
            return;
        };
        let mut able = members.iter().filter(|member| member.name != active.event.target);
        let chosen = able.clone().find(|member| member.id == me).or_else(|| able.next()).cloned();
        let Some(member) = chosen else {
            let reason = "no other node is left to do it".to_string();
            return self.fencing_ended(id, Verdict::Failed(reason));
        };
        active.runs += 1;
        active.event.delegate = Some(member.name);
        let order = DeviceOrder {
            fencing: id.to_string(),
            number: active.runs,
            device: run.device,
            agent: run.agent,
            action: run.action,
            arguments: run.arguments,
            timeout_ms: run.timeout_ms,
        };
        self.send(Message::RunDevice { to: member.id, run: order });
    }

    /// This member is the one asked.
    pub(super) fn run_device(&mut self, order: DeviceOrder) {
        let run = DeviceRun {
            device: order.device,
            agent: order.agent,
            action: order.action,
            arguments: order.arguments,
            timeout_ms: order.timeout_ms,
        };
        self.effects.push(Effect::RunDevice { fencing: order.fencing, number: order.number, run });
    }

    pub(super) fn device_ran(&mut self, id: &str, number: u32, ok: bool, output: String) {
        let Some(leadership) = &mut self.leadership else { return };
        let Some(active) = leadership.fencer.active.get_mut(id) else { return };
        if active.runs == number {
            let step = active.request.ran(DeviceResult { ok, output });
            self.fencing_step(id, step);
        }
    }

    fn fencing_ended(&mut self, id: &str, verdict: Verdict) {
        let Some(leadership) = &mut self.leadership else { return };
        let Some(active) = leadership.fencer.active.remove(id) else { return };
        let mut event = active.event;
        event.at = self.clock.epoch;
        match verdict {
            Verdict::Fenced => self.fenced(event, active.action, active.incarnation),
            Verdict::Failed(reason) => {
                let failures = leadership.fencer.failures.entry(event.target.clone()).or_default();
                *failures += 1;
                let pause = PAUSE_FIRST_MS << (*failures - 1).min(10);
                self.note(Note::error("fencing", format!("{} is not fenced: {reason}", event.target)));
                event.state = FencingState::Failed;
                event.reason = reason;
                self.send(Message::Fencing(event));
                if let Some(action) = active.action {
                    self.action_ended(action, Outcome::Failed);
                    self.reconsider_in(pause.min(PAUSE_LAST_MS));
                }
            }
        }
    }

    /// The node is proved to be off: its state says so before anything starts elsewhere.
    fn fenced(&mut self, mut event: FencingEvent, action: Option<ActionRef>, incarnation: Option<u64>) {
        if let Some(leadership) = &mut self.leadership {
            leadership.fencer.failures.remove(&event.target);
        }
        event.state = FencingState::Succeeded;
        if let Some(node) = self.find_node(&event.target) {
            self.send(Message::Fenced { id: node.id, name: node.name, incarnation, ends: action });
        } else if let Some(action) = action {
            // No document speaks of it, so there is nothing to write before going on.
            self.action_ended(action, Outcome::Done);
        }
        self.note(Note::info("fencing", format!("{} is fenced", event.target)));
        self.send(Message::Fencing(event));
    }

    /// The run of a member's daemon.
    fn incarnation_of(&self, name: &str) -> Option<u64> {
        let (_, agreement) = self.replica.agreement()?;
        let join = agreement.joins.values().find(|join| join.name == name)?;
        Some(join.incarnation)
    }

    /// Its state says that it is down, unless it has come back since.
    pub(super) fn down_delivered(&mut self, node: NodeRef, incarnation: Option<u64>) {
        let here = self.incarnation_of(&node.name);
        if here.is_some() && here != incarnation {
            return;
        }
        self.replica.update(&consequence::down(&node));
    }

    /// Everyone remembers; the node whose tool asked answers it. A node that dies of its fencing
    /// makes a new view, in which the leader may fence it anew of its own accord: whoever had it
    /// fenced, the tool has what it asked for.
    pub(super) fn fencing_delivered(&mut self, event: FencingEvent) {
        let meant = |(request, target): (&RequestId, &String)| match event.state {
            FencingState::Pending => false,
            FencingState::Succeeded => *target == event.target,
            FencingState::Failed => request_name(*request) == event.id,
        };
        let ended: Vec<RequestId> =
            self.fencing_asked.iter().filter(|asked| meant(*asked)).map(|(request, _)| *request).collect();
        for request in ended {
            self.fencing_asked.remove(&request);
            let reason = event.reason.clone();
            let failed = event.state == FencingState::Failed;
            let reply = if failed { Reply::Refused(Refusal::NotFenced { reason }) } else { Reply::Done };
            self.answer(Some(request), reply);
        }
        history::record(&mut self.fencing, event);
        if !self.subscribers.is_empty() {
            let status = Reply::Status(self.status());
            self.effects.push(Effect::Notify(status));
        }
    }
}

fn request_name(request: RequestId) -> String {
    format!("{}.{}.{}", request.node, request.incarnation, request.number)
}
