//! Agents of the simulated world: they go on when their daemon is gone, some are slow, some fail.

use super::{World, host};
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::node::{Event, Request};

impl World {
    pub(super) fn agent_ends(&mut self, node: u32, incarnation: u64, number: u64) {
        // One that was ended meanwhile, with its host or by the daemon that came after its own, does nothing more.
        let Some(run) = self.host(node).agents.remove(&number) else { return };
        let run = &run;
        let cut_short = self.host(node).cut_short.remove(&number);
        let stop = run.operation == "stop";
        let there = run.resource.id != host::NOWHERE;
        let fails = there && self.faulty && self.chance.percent(if stop { 1 } else { 2 });
        let never = run.resource.id == host::STUBBORN || (run.resource.id == host::CRASHED && node == 1);
        if stop && (fails || never) {
            self.record.failed_stop.insert(node);
        }
        let fails = fails || cut_short;
        let code = if fails { 1 } else { self.agent_acts(node, run) };
        if fails || run.operation == "monitor" && run.interval_ms == 0 {
            self.tell(|| format!("n{node} {} {} exits with {code}", run.resource.id, run.operation));
        }
        if self.lives(node, incarnation) {
            if self.record.allowed.promoted.contains_key(&run.resource.id) {
                self.promotion_score(node, run, code);
            }
            let mut report = ExitReport::exited(code);
            if code == host::NOT_INSTALLED {
                report.status = ExitStatus::NotInstalled;
            } else if code == 1 {
                report.reason = self.any_text();
            }
            self.step(node, Event::AgentExited { ticket: run.ticket, report });
        }
    }

    /// What an agent may print: any characters, those that XML cannot hold too.
    fn any_text(&mut self) -> String {
        let length = self.chance.below(40);
        let mut any = || match self.chance.below(3) {
            0 => char::from(self.chance.below(128) as u8),
            1 => char::from_u32(self.chance.below(0x11_0000) as u32).unwrap_or('\u{fffe}'),
            _ => 'x',
        };
        (0..length).map(|_| any()).collect()
    }

    /// What an agent does to its resource, seen by the checkers.
    fn agent_acts(&mut self, node: u32, run: &Run) -> i32 {
        let code = match run.operation.as_str() {
            "migrate_to" => self.carry_over(node, run),
            _ => self.host(node).agent(run),
        };
        let key = (node, run.resource.id.clone());
        if matches!(run.operation.as_str(), "start" | "stop" | "promote" | "demote" | "migrate_to" | "migrate_from")
            && code == 0
            && run.resource.class != "stonith"
        {
            self.tell(|| format!("n{node} {} {} done", run.resource.id, run.operation));
        }
        let (active, promoted) = self.hosts[&node].state(&run.resource.id);
        self.record.active(key, active, promoted, self.now);
        code
    }

    /// What is on its way to a host that loses its power gets lost there, even if the host is back by then.
    pub(super) fn cut_moves_short(&mut self, target: u32) {
        for host in self.hosts.values_mut() {
            let moves = host.agents.iter().filter(|(_, run)| run.operation == "migrate_to" && goes_to(run) == target);
            host.cut_short.extend(moves.map(|(number, _)| *number));
        }
    }

    /// It runs on the other host from one moment to the next; where that cannot be reached it stays.
    fn carry_over(&mut self, node: u32, run: &Run) -> i32 {
        let target = goes_to(run);
        let resource = &run.resource.id;
        if self.hosts[&target].life.is_none() || !self.host(node).active.remove(resource) {
            return 1;
        }
        self.host(target).active.insert(resource.clone());
        self.record.active((node, resource.clone()), false, false, self.now);
        self.record.active((target, resource.clone()), true, false, self.now);
        0
    }

    /// A daemon that starts ends the agents that another one left running: at any point of their work.
    pub(super) fn end_orphans(&mut self, node: u32) {
        for (_, run) in std::mem::take(&mut self.host(node).agents) {
            if self.chance.percent(50) {
                self.agent_acts(node, &run);
            }
        }
        self.devices.retain(|_, device| device.by != node);
    }

    /// The agent tells its score, as real ones do through crm_attribute.
    /// A probe that finds the resource restores it, for it is lost with a daemon.
    fn promotion_score(&mut self, node: u32, run: &Run, code: i32) {
        let value = match (run.operation.as_str(), code) {
            ("start" | "demote" | "monitor", 0) => Some("5".to_string()),
            ("promote", 0) | ("monitor", 8) => Some("10".to_string()),
            ("stop", 0) => None,
            _ => return,
        };
        let pairs = vec![(format!("master-{}", run.resource.id), value)];
        let request = Request::SetAttributes { node: format!("n{node}"), pairs };
        let event =
            Event::Request { client: 0, request, user: "root".into(), groups: None, program: "crm_attribute".into() };
        self.step(node, event);
    }
}

/// The host that a resource moves to.
fn goes_to(run: &Run) -> u32 {
    let target = run.parameters.get("CRM_meta_migrate_target").map(String::as_str).unwrap_or_default();
    target.trim_start_matches('n').parse().expect("nodes are n1, n2, …")
}
