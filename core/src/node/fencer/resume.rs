//! What goes on when the members agree anew, and who is let in when an agent has ended.

use super::Node;
use crate::fencing::history::FencingState;
use crate::fencing::under_way::{self, Brought};
use crate::fencing::{AgentRun, FencingEvent, UnderWay};
use crate::node::message::Message;
use std::collections::BTreeSet;

impl Node {
    /// What this member tells the others of fencing when they meet.
    pub(in crate::node) fn fencing_brought(&self) -> Brought {
        Brought {
            own: self.fencer.own.clone(),
            agents: self.fencer.agents.iter().cloned().collect(),
            requests: self.fencer.active.values().cloned().collect(),
            history: self.fencing.iter().filter(|event| event.state != FencingState::Pending).cloned().collect(),
            history_since: self.fencing_since,
            fenced: self.fencer.fenced.clone(),
            registered: self.fencer.registered.clone(),
        }
    }

    /// The members have agreed: all of them follow the same requests and agents from here on.
    pub(in crate::node) fn resume_fencing(&mut self) {
        let Some((_, agreement)) = self.replica.agreement() else { return };
        let (requests, agents) = (agreement.requests.clone(), agreement.agents.clone());
        let brought: Vec<Brought> = agreement.joins.values().map(|join| join.fencing.clone()).collect();
        self.share_history(&brought);
        self.share_fenced_runs(&brought);
        self.share_registered(&brought);
        self.fencer.limits.clear();
        self.fencer.waits.clear();
        self.fencer.waiting.clear();
        self.fencer.delayed.retain(|_, (agent, _)| agents.contains(agent));
        self.fencer.agents = agents;
        let by_target = |request: UnderWay| (request.event.target.clone(), request);
        self.fencer.active = requests.into_iter().map(by_target).collect();
        self.close_abandoned();
        self.watch_absent_agents();
        let targets: Vec<String> = self.fencer.active.keys().cloned().collect();
        for target in targets {
            self.resume(&target);
        }
    }

    /// Goes on with the request about this target, if it still has a reason.
    pub(super) fn resume(&mut self, target: &str) {
        let (here, may_cut_off) = (self.run_here(target), self.may_cut_off());
        let Some(active) = self.fencer.active.get(target) else { return };
        for event in active.events().cloned().collect::<Vec<_>>() {
            self.remember_begun(event);
        }
        let Some(active) = self.fencer.active.get(target) else { return };
        let current = |agent: &AgentRun| agent.fencing == active.event.id && agent.number == active.runs;
        let runs = self.fencer.agents.iter().any(current);
        match here {
            // It has gone, as the devices said.
            _ if active.proved && here != active.incarnation => self.said_to_be_off(target),
            _ if active.proved => self.watch_still_here(target),
            _ if runs => {}
            // Nothing cuts it off any more and it is here: it is looked at as any member is.
            Some(_) if active.switches_on() => self.launch(target),
            Some(_) if !active.is_asked_for() => self.give_up(target, "it has come back"),
            Some(_) if !self.is_asked_by_a_member(active) => self.give_up(target, "who asked for it is away"),
            _ if !may_cut_off && !active.is_asked_for() => self.give_up(target, "this partition has lost its quorum"),
            _ => self.launch(target),
        }
    }

    fn is_asked_by_a_member(&self, active: &UnderWay) -> bool {
        let members = self.replica.view().map(|view| view.members.as_slice()).unwrap_or_default();
        active.events().any(|event| event.asked && members.iter().any(|member| member.name == event.origin))
    }

    fn give_up(&mut self, target: &str, reason: &str) {
        if let Some(active) = self.fencer.active.remove(target) {
            for event in active.events() {
                self.remember_failed(event.clone(), reason);
            }
        }
    }

    /// Requests that nobody follows any more have failed; but what a tool of a member waits for,
    /// that member asks for anew.
    fn close_abandoned(&mut self) {
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let asked_again =
            |event: &FencingEvent| event.asked && members.iter().any(|member| member.name == event.origin);
        let abandoned = self.fencing.iter().filter(|event| {
            event.state == FencingState::Pending && !self.fencer.knows(&event.id) && !asked_again(event)
        });
        let abandoned: Vec<FencingEvent> = abandoned.cloned().collect();
        for event in abandoned {
            self.remember_failed(event, "the members of the cluster changed meanwhile");
        }
    }

    /// What our tools wait for and nobody follows is asked for again.
    pub(in crate::node) fn ask_fencing_again(&mut self) {
        let on_its_way = |id: &str| {
            self.returned
                .iter()
                .chain(&self.outbox)
                .any(|message| matches!(message, Message::Fence(wish) if wish.event.id == id))
        };
        let lost = self.fencing_asked.values().filter(|wish| {
            let id = &wish.event.id;
            !self.fencer.knows(id) && !on_its_way(id)
        });
        let lost: Vec<Message> = lost.map(|wish| Message::Fence(wish.clone())).collect();
        self.outbox.extend(lost);
    }

    /// If somebody need not be kept out any more, the members agree anew: with all of it.
    pub(in crate::node) fn let_in_who_may(&mut self) {
        if !std::mem::take(&mut self.fencer.look_outside) {
            return;
        }
        let Some((view, agreement)) = self.replica.agreement() else { return };
        let members = view.members.iter().map(|member| (member.id, member.name.as_str()));
        let mut out: BTreeSet<u32> = under_way::kept_out(members, &self.fencer.agents);
        // One that is said to be off while it speaks is let in when it has been found to be here.
        let believed = |id: &u32| {
            let join = agreement.joins.get(id);
            join.is_some_and(|join| {
                let active = self.fencer.active.get(&join.name);
                active.is_some_and(|active| active.proved && active.incarnation == Some(join.incarnation))
            })
        };
        out.extend(agreement.outside.iter().filter(|id| believed(id)));
        if agreement.outside.iter().any(|id| !out.contains(id)) {
            let view = view.clone();
            self.gather(view);
        }
    }
}
