//! Agents that run, here or elsewhere: started when nobody else may cut the target off, followed to
//! their end, and until then a reason to keep the target out.

use super::{Limit, Node, STILL_HERE_MS};
use crate::fencing::run::DeviceResult;
use crate::fencing::{AgentRun, DeviceRun, UnderWay};
use crate::node::message::Message;
use crate::node::{Effect, Timer};

/// How much longer than its timeout the agent of an absent member may take: nobody ends it there.
/// Milliseconds.
const ORPHAN_GRACE_MS: u64 = 10_000;

impl Node {
    /// Has the device run whose turn it is, unless an agent may still cut the target off.
    pub(super) fn launch(&mut self, target: &str) {
        let busy = self.fencer.agents.iter().any(|agent| agent.cuts_off && agent.target == target);
        let Some(run) = self.fencer.active.get(target).and_then(|active| active.run.clone()) else { return };
        if busy {
            return;
        }
        let asked_now = self.asked_now(&run.device);
        if let Some(active) = self.fencer.active.get_mut(target) {
            active.waits_for_device = run.at_once.is_some_and(|limit| asked_now >= limit);
            if active.waits_for_device {
                return;
            }
        }
        if run.is_watchdog() && self.resets_itself_for(target) {
            return;
        }
        let Some(member) = self.who_runs_devices(target) else {
            return self.not_fenced(target, "no other node is left to do it");
        };
        let Some(active) = self.fencer.active.get_mut(target) else { return };
        active.runs += 1;
        active.event.delegate = Some(member.name);
        let agent = AgentRun {
            fencing: active.event.id.clone(),
            number: active.runs,
            target: target.to_string(),
            device: run.device.clone(),
            on: member.id,
            cuts_off: run.cuts_off(),
            timeout_ms: run.timeout_ms,
        };
        self.fencer.agents.insert(agent.clone());
        if member.id == self.settings.me.id {
            self.start_or_wait(agent, run);
        }
    }

    /// What the device does for members. What one who is away has begun is not waited for: who cuts that one off
    /// ends it, and that may need the same device.
    fn asked_now(&self, device: &str) -> usize {
        let members = self.replica.view().map(|view| view.members.as_slice()).unwrap_or_default();
        let is_here = |agent: &&AgentRun| members.iter().any(|member| member.id == agent.on);
        self.fencer.agents.iter().filter(|agent| agent.device == device).filter(is_here).count()
    }

    /// After failures in a row each member has its turn: an agent may be broken on one of them alone. The leader
    /// says whose it is with the request, for all must name the same.
    pub(super) fn who_tries_next(&self, target: &str) -> Option<String> {
        let failures = self.fencer.failures.get(target).copied().filter(|failures| *failures > 0)?;
        let (view, agreement) = self.replica.agreement()?;
        let able = view.members.iter().filter(|member| member.name != target && agreement.is_inside(member.id));
        let able: Vec<&crate::membership::Member> = able.collect();
        let leader = able.iter().position(|member| Some(member.id) == agreement.leader).unwrap_or(0);
        let next = able.get((leader + failures as usize) % able.len().max(1))?;
        Some(next.name.clone())
    }

    /// A member that takes part and is not the target: who is named in the request, else the leader, if it can be.
    /// Nobody cuts itself off unless a person asks and there is nobody else: alone, a failure would have a node reset itself at
    /// every boot, and nobody would remember. But a node that is here is let in again by itself, for there
    /// are devices that only it can tell.
    fn who_runs_devices(&self, target: &str) -> Option<crate::membership::Member> {
        let (view, agreement) = self.replica.agreement()?;
        let itself = view.members.iter().find(|member| member.name == target && agreement.is_inside(member.id));
        let active = self.fencer.active.get(target);
        if itself.is_some() && active.is_some_and(UnderWay::switches_on) {
            return itself.cloned();
        }
        let itself = itself.filter(|_| active.is_some_and(UnderWay::is_asked_for));
        let mut able = view.members.iter().filter(|member| member.name != target && agreement.is_inside(member.id));
        let named = active.and_then(|active| active.event.delegate.as_deref());
        let named = able.clone().find(|member| Some(member.name.as_str()) == named);
        let leader = able.clone().find(|member| Some(member.id) == agreement.leader);
        named.or(leader).or_else(|| able.next()).or(itself).cloned()
    }

    fn start_or_wait(&mut self, agent: AgentRun, run: DeviceRun) {
        // The name of a request is unique, so this is chance enough.
        let chance = agent
            .fencing
            .bytes()
            .fold(u64::from(agent.number), |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        match run.delay.with(chance) {
            0 => self.start_agent(agent, run),
            delay_ms => {
                let number = self.fencing_timer(delay_ms);
                self.fencer.delayed.insert(number, (agent, run));
            }
        }
    }

    /// The devices that had to do with others are free: whoever waited for one has its turn.
    fn launch_waiting(&mut self) {
        let waiting = self.fencer.active.iter().filter(|(_, active)| active.waits_for_device);
        let targets: Vec<String> = waiting.map(|(target, _)| target.clone()).collect();
        for target in targets {
            self.launch(&target);
        }
    }

    fn start_agent(&mut self, agent: AgentRun, run: DeviceRun) {
        if run.is_watchdog() {
            return self.watchdog_waited_for(agent);
        }
        let (fencing, number) = (agent.fencing.clone(), agent.number);
        self.fencer.own.push(agent);
        self.effects.push(Effect::RunDevice { fencing, number, run });
    }

    fn fencing_timer(&mut self, after_ms: u64) -> u64 {
        self.fencer.timer_number += 1;
        let number = self.fencer.timer_number;
        self.timer_in(Timer::Fencing { number }, after_ms);
        number
    }

    /// A delay is over, or something has taken longer than it may.
    pub(in crate::node) fn fencing_timer_fired(&mut self, number: u64) {
        if let Some((agent, run)) = self.fencer.delayed.remove(&number) {
            // While members are agreeing, nothing is begun that they have not been told of.
            if self.replica.agreement().is_some() {
                self.start_agent(agent, run);
            }
            return;
        }
        match self.fencer.limits.remove(&number) {
            Some(Limit::Agent(agent)) if self.fencer.agents.contains(&agent) => {
                let gone = DeviceResult::failed("the node that ran the device is gone");
                let AgentRun { fencing, number, timeout_ms: took_ms, .. } = agent;
                self.send(Message::DeviceRan { fencing, number, result: DeviceResult { took_ms, ..gone } });
            }
            Some(Limit::StillHere { fencing, target }) => self.send(Message::StillHere { fencing, target }),
            _ => {}
        }
    }

    /// The leader sees to it that nothing is waited for without an end.
    pub(super) fn watch_absent_agents(&mut self) {
        if !self.is_leader() {
            return;
        }
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let absent = |agent: &&AgentRun| !members.iter().any(|member| member.id == agent.on);
        let absent: Vec<AgentRun> = self.fencer.agents.iter().filter(absent).cloned().collect();
        for agent in absent {
            let number = self.fencing_timer(agent.timeout_ms + ORPHAN_GRACE_MS);
            self.fencer.limits.insert(number, Limit::Agent(agent));
        }
    }

    pub(super) fn watch_still_here(&mut self, target: &str) {
        let Some(active) = self.fencer.active.get(target).filter(|_| self.is_leader()) else { return };
        let limit = Limit::StillHere { fencing: active.event.id.clone(), target: target.to_string() };
        let number = self.fencing_timer(STILL_HERE_MS);
        self.fencer.limits.insert(number, limit);
    }

    pub(in crate::node) fn still_here(&mut self, fencing: &str, target: &str) {
        if self.fencer.active.get(target).is_some_and(|active| active.proved && active.event.id == fencing) {
            self.not_fenced(target, "the device says that it is off, but it is still here");
            self.fencer.look_outside = true;
        }
    }

    /// An agent has ended: its request goes on, and so does what waited for the end.
    pub(in crate::node) fn device_ran(&mut self, fencing: &str, number: u32, result: DeviceResult) {
        let same = |agent: &AgentRun| agent.fencing == fencing && agent.number == number;
        self.fencer.own.retain(|agent| !same(agent));
        // One that is not waited for any more, for its member was away too long.
        let Some(agent) = self.fencer.agents.iter().find(|agent| same(agent)).cloned() else { return };
        self.fencer.agents.remove(&agent);
        let target = agent.target;
        self.fencer.look_outside = true;
        let may_cut_off = self.may_cut_off();
        let outside = self.is_kept_out(&target);
        let active = self.fencer.active.get_mut(&target);
        match active.filter(|active| active.event.id == fencing && active.runs == number) {
            Some(active) if !result.is_ok() && !may_cut_off && !active.is_asked_for() => {
                self.not_fenced(&target, "this partition has lost its quorum");
            }
            // It is here, and will be looked at as any member is, once all have agreed anew; should it be
            // gone by then, the same device has its turn again.
            Some(active) if !result.is_ok() && outside && !active.is_asked_for() => {}
            Some(active) => {
                active.run = None;
                let step = active.request.ran(result);
                self.fencing_step(&target, step);
            }
            // Its request has ended otherwise; the next may have waited for this.
            None if outside => {}
            None => self.launch(&target),
        }
        self.launch_waiting();
        // Its disk may have come back meanwhile.
        let epoch = self.replica.agreement().map_or(0, |(_, agreement)| agreement.epoch_seconds);
        if self.tell_of_disks(epoch, None) {
            self.something_changed("a disk");
        }
    }

    /// Whether an agent may still cut this member off.
    pub(in crate::node) fn is_being_cut_off(&self, id: u32) -> bool {
        let member = self.replica.view().and_then(|view| view.members.iter().find(|member| member.id == id));
        member
            .is_some_and(|member| self.fencer.agents.iter().any(|agent| agent.cuts_off && agent.target == member.name))
    }

    /// What an agent on a node that is proved to be off was doing is over.
    pub(super) fn agents_ended_with(&mut self, node: &str) {
        let Some(id) = self.find_node(node).and_then(|node| node.id.parse::<u32>().ok()) else { return };
        let ended: Vec<AgentRun> = self.fencer.agents.iter().filter(|agent| agent.on == id).cloned().collect();
        self.fencer.agents.retain(|agent| agent.on != id);
        self.fencer.look_outside = true;
        for agent in ended {
            if !self.is_kept_out(&agent.target) {
                self.resume(&agent.target);
            }
        }
        self.launch_waiting();
    }

    /// Agents against this target that have not been started are not started any more.
    pub(super) fn call_off(&mut self, target: &str) {
        let meant = |agent: &AgentRun| agent.target == target;
        let called_off: Vec<AgentRun> =
            self.fencer.delayed.values().map(|(agent, _)| agent).filter(|agent| meant(agent)).cloned().collect();
        self.fencer.delayed.retain(|_, (agent, _)| !meant(agent));
        for AgentRun { fencing, number, .. } in called_off {
            let result = DeviceResult::failed("it was called off before it began");
            self.send(Message::DeviceRan { fencing, number, result });
        }
    }
}
