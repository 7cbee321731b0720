//! One operation in flight per resource, the others wait in order; monitors come round.

use super::operation::{ExitReport, Operation, Run, Ticket};
use crate::exit;
use std::collections::{BTreeMap, VecDeque};

/// What the local resource manager wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LrmEffect {
    /// Run an agent; its exit comes back with the ticket.
    Run(Run),
    /// Wake me with the ticket.
    Timer { ticket: Ticket, after_ms: u64 },
    /// An operation ended and is news: the first run, or a recurring one that changed.
    Finished(Finished),
}

/// An operation that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub operation: Operation,
    pub report: ExitReport,
    pub call_id: u32,
    /// How long it waited for others of its resource. Milliseconds.
    pub queue_ms: u64,
    /// Seconds since the epoch when this result was first seen.
    pub changed_at: i64,
}

#[derive(Clone, Debug)]
struct Task {
    operation: Operation,
    call_id: u32,
    queued_at_ms: u64,
}

#[derive(Clone, Debug)]
struct Recurring {
    operation: Operation,
    call_id: u32,
    /// The result told last.
    told: Option<ExitReport>,
    /// Seconds since the epoch when it was told.
    told_at: i64,
    /// Set while neither queued nor running: the timer that will queue it.
    timer: Option<Ticket>,
}

#[derive(Clone, Debug, Default)]
struct Resource {
    waiting: VecDeque<Task>,
    /// What is not to run before its timer fires (`start-delay`).
    delayed: Vec<(Ticket, Task)>,
    running: Option<(Ticket, Task, u64)>,
    /// By operation name and interval.
    recurring: BTreeMap<(String, u64), Recurring>,
    /// What the agent was last told that it runs with: a stop has to find the same, whatever the
    /// configuration says by then.
    runs_with: Option<BTreeMap<String, String>>,
}

/// The node's resources and what is being done to them.
#[derive(Clone, Debug, Default)]
pub struct Lrm {
    resources: BTreeMap<String, Resource>,
    call_id: u32,
    ticket: Ticket,
}

/// The present, as the queue needs it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds of a clock that only goes forward.
    pub ms: u64,
    /// Seconds since the epoch.
    pub epoch: i64,
}

impl Lrm {
    /// Takes an operation to be performed in its turn.
    pub fn perform(&mut self, operation: Operation, now: Moment) -> Vec<LrmEffect> {
        self.call_id += 1;
        let call_id = self.call_id;
        let name = operation.resource().to_string();
        let delay_ms = operation.start_delay_ms();
        if delay_ms > 0 {
            self.ticket += 1;
        }
        let later = (delay_ms > 0).then_some(self.ticket);
        let resource = self.resources.entry(name.clone()).or_default();
        if operation.changes_state() {
            resource.forget_recurring();
        }
        if operation.interval_ms() > 0 {
            let slot = (operation.action.operation.clone(), operation.interval_ms());
            let recurring = Recurring { operation: operation.clone(), call_id, told: None, told_at: 0, timer: later };
            // The same monitor again: the new one replaces the old and tells its first result.
            resource.recurring.insert(slot, recurring);
            resource.waiting.retain(|task| !same_slot(&task.operation, &operation));
        }
        let recurs = operation.interval_ms() > 0;
        let task = Task { operation, call_id, queued_at_ms: now.ms };
        match later {
            Some(ticket) if recurs => vec![LrmEffect::Timer { ticket, after_ms: delay_ms }],
            Some(ticket) => {
                resource.delayed.push((ticket, task));
                vec![LrmEffect::Timer { ticket, after_ms: delay_ms }]
            }
            None => {
                resource.waiting.push_back(task);
                self.advance(&name, now)
            }
        }
    }

    /// Stops a recurring operation; `false` if there was none.
    pub fn cancel(&mut self, resource: &str, operation: &str, interval_ms: u64) -> bool {
        let Some(resource) = self.resources.get_mut(resource) else { return false };
        let slot = (operation.to_string(), interval_ms);
        resource.waiting.retain(|task| slot_of(&task.operation) != slot);
        resource.recurring.remove(&slot).is_some()
    }

    /// Stops all recurring operations of a resource: its history is to be forgotten.
    pub fn forget(&mut self, resource: &str) {
        if let Some(resource) = self.resources.get_mut(resource) {
            resource.forget_recurring();
        }
    }

    /// Hears how a run ended.
    pub fn exited(&mut self, ticket: Ticket, report: ExitReport, now: Moment) -> Vec<LrmEffect> {
        let found = self
            .resources
            .iter()
            .find(|(_, resource)| resource.running.as_ref().is_some_and(|run| run.0 == ticket))
            .map(|(name, _)| name.clone());
        let Some(name) = found else { return Vec::new() };
        let resource = self.resources.entry(name.clone()).or_default();
        let Some((_, task, queue_ms)) = resource.running.take() else { return Vec::new() };
        resource.learn(&task.operation, &report);
        let finished =
            Finished { operation: task.operation, report, call_id: task.call_id, queue_ms, changed_at: now.epoch };
        let mut effects = match finished.operation.interval_ms() {
            0 => vec![LrmEffect::Finished(finished)],
            _ => self.recurred(&name, finished),
        };
        effects.extend(self.advance(&name, now));
        effects
    }

    /// A recurring operation ran: it is told if it is news, and comes again.
    fn recurred(&mut self, name: &str, mut finished: Finished) -> Vec<LrmEffect> {
        self.ticket += 1;
        let ticket = self.ticket;
        let resource = self.resources.entry(name.to_string()).or_default();
        let Some(recurring) = resource.recurring.get_mut(&slot_of(&finished.operation)) else {
            return Vec::new();
        };
        if recurring.call_id != finished.call_id {
            return Vec::new();
        }
        recurring.timer = Some(ticket);
        let after_ms = finished.operation.interval_ms();
        let mut effects = vec![LrmEffect::Timer { ticket, after_ms }];
        if !recurring.told.as_ref().is_some_and(|told| same_result(told, &finished.report)) {
            recurring.told = Some(finished.report.clone());
            // All runs share a call id, so only their times tell results apart: a later one must
            // not bear the same second.
            recurring.told_at = finished.changed_at.max(recurring.told_at + 1);
            finished.changed_at = recurring.told_at;
            effects.push(LrmEffect::Finished(finished));
        }
        effects
    }

    /// A timer fired: the turn of a recurring operation, or of one that was delayed, has come.
    pub fn timer(&mut self, ticket: Ticket, now: Moment) -> Vec<LrmEffect> {
        let delayed = self.resources.iter_mut().find_map(|(name, resource)| {
            let at = resource.delayed.iter().position(|(of, _)| *of == ticket)?;
            let (_, task) = resource.delayed.remove(at);
            resource.waiting.push_back(task);
            Some(name.clone())
        });
        if let Some(name) = delayed {
            return self.advance(&name, now);
        }
        let mut due = None;
        for (name, resource) in &mut self.resources {
            if let Some(recurring) = resource.recurring.values_mut().find(|r| r.timer == Some(ticket)) {
                recurring.timer = None;
                due = Some((name.clone(), recurring.operation.clone(), recurring.call_id));
                break;
            }
        }
        let Some((name, operation, call_id)) = due else { return Vec::new() };
        let resource = self.resources.entry(name.clone()).or_default();
        resource.waiting.push_back(Task { operation, call_id, queued_at_ms: now.ms });
        self.advance(&name, now)
    }

    /// Whether nothing is running or waiting (recurring operations between runs aside).
    pub fn is_idle(&self) -> bool {
        let rests = |resource: &Resource| {
            resource.running.is_none() && resource.waiting.is_empty() && resource.delayed.is_empty()
        };
        self.resources.values().all(rests)
    }

    fn advance(&mut self, name: &str, now: Moment) -> Vec<LrmEffect> {
        let Some(resource) = self.resources.get_mut(name) else { return Vec::new() };
        if resource.running.is_some() {
            return Vec::new();
        }
        let Some(task) = resource.waiting.pop_front() else { return Vec::new() };
        self.ticket += 1;
        let ticket = self.ticket;
        let mut run = run(ticket, &task.operation);
        if let Some(known) = resource.runs_with.as_ref().filter(|_| run.operation == "stop") {
            run.parameters.retain(|name, _| name.starts_with("CRM_meta_"));
            run.parameters.extend(known.clone());
        }
        let queue_ms = now.ms.saturating_sub(task.queued_at_ms);
        resource.running = Some((ticket, task, queue_ms));
        vec![LrmEffect::Run(run)]
    }
}

impl Resource {
    /// A resource that reloaded or was found with these parameters runs with them; one that should
    /// have started may, whatever came of it.
    fn learn(&mut self, operation: &Operation, report: &ExitReport) {
        let well = matches!(report.code, exit::OK | exit::PROMOTED);
        let runs = match operation.action.operation.as_str() {
            "start" => true,
            "reload" | "reload-agent" => well,
            "monitor" => well && self.runs_with.is_none(),
            _ => false,
        };
        if runs {
            let mut parameters = parameters_of(operation);
            parameters.retain(|name, _| !name.starts_with("CRM_meta_"));
            self.runs_with = Some(parameters);
        }
    }

    fn forget_recurring(&mut self) {
        self.recurring.clear();
        self.waiting.retain(|task| task.operation.interval_ms() == 0);
    }
}

fn slot_of(operation: &Operation) -> (String, u64) {
    (operation.action.operation.clone(), operation.interval_ms())
}

fn same_slot(a: &Operation, b: &Operation) -> bool {
    slot_of(a) == slot_of(b)
}

fn same_result(a: &ExitReport, b: &ExitReport) -> bool {
    (a.code, a.status, &a.reason) == (b.code, b.status, &b.reason)
}

/// What the agent is given, meta-attributes included. What the cluster expects of it is not its business.
fn parameters_of(operation: &Operation) -> BTreeMap<String, String> {
    let given = operation.action.attributes.iter().filter(|(name, _)| *name != "CRM_meta_op_target_rc");
    given.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn run(ticket: Ticket, operation: &Operation) -> Run {
    let resource = operation.action.resource.clone().expect("only resource actions are performed");
    Run {
        ticket,
        resource,
        operation: operation.action.operation.clone(),
        interval_ms: operation.interval_ms(),
        timeout_ms: operation.timeout_ms(),
        parameters: parameters_of(operation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transition::{Action, ActionKind, ResourceRef, TransitionKey};
    use crate::xml::Shapes;

    /// An operation as `start:ip=1`, `monitor@10:ip=1` or `monitor@10+5:ip=1`; interval and start delay are in
    /// milliseconds.
    fn operation(text: &str) -> Operation {
        let (name, ip) = text.split_once(":ip=").expect("an address");
        let (task, interval) = name.split_once('@').unwrap_or((name, "0"));
        let (interval, delay) = interval.split_once('+').unwrap_or((interval, "0"));
        let attributes = [("ip", ip), ("CRM_meta_interval", interval), ("CRM_meta_start_delay", delay)];
        let action = Action {
            id: 1,
            kind: ActionKind::Resource,
            operation: task.into(),
            key: format!("r_{task}_{interval}"),
            internal_key: None,
            node: None,
            node_uuid: None,
            router_node: None,
            resource: Some(ResourceRef {
                id: "r".into(),
                long_id: None,
                class: "ocf".into(),
                provider: None,
                kind: "x".into(),
            }),
            attributes: Shapes::default().pack(attributes.into_iter()),
            downed: Vec::new(),
            shutdown_lock: None,
            maintenance: Vec::new(),
        };
        Operation { key: TransitionKey { action: 1, transition: 1, expected: 0, uuid: String::new() }, action }
    }

    /// Feeds `operation:ip=N` (perform), `=CODE` (the running agent exits), `.` (the latest timer
    /// fires); shows what follows.
    #[track_caller]
    fn check(script: &str, expected: &str) {
        let mut lrm = Lrm::default();
        let (mut running, mut timer) = (None, None);
        let mut log = Vec::new();
        for (second, word) in script.split_whitespace().enumerate() {
            let now = Moment { ms: second as u64 * 1000, epoch: second as i64 };
            let effects = match word.strip_prefix('=') {
                Some(code) => {
                    let report = ExitReport::exited(code.parse().expect("a code"));
                    lrm.exited(running.take().expect("something runs"), report, now)
                }
                None if word == "." => lrm.timer(timer.take().expect("a timer"), now),
                None => lrm.perform(operation(word), now),
            };
            for effect in effects {
                match effect {
                    LrmEffect::Run(run) => {
                        running = Some(run.ticket);
                        log.push(format!("{}:ip={}", run.operation, run.parameters["ip"]));
                    }
                    LrmEffect::Timer { ticket, .. } => timer = Some(ticket),
                    LrmEffect::Finished(finished) => log.push(format!("={}", finished.report.code)),
                }
            }
        }
        assert_eq!(log.join(" "), expected, "{script}");
    }

    #[test]
    fn operations_of_a_resource_run_one_after_the_other() {
        check("start:ip=1 promote:ip=1 =0 =0", "start:ip=1 =0 promote:ip=1 =0");
    }

    #[test]
    fn a_monitor_comes_round_and_tells_only_what_is_news() {
        check("monitor@10:ip=1 =0 . =0 . =7", "monitor:ip=1 =0 monitor:ip=1 monitor:ip=1 =7");
    }

    #[test]
    fn what_has_a_start_delay_waits_for_it_once() {
        check("monitor@10+5:ip=1 . =0 . =7", "monitor:ip=1 =0 monitor:ip=1 =7");
        check("monitor@10+5:ip=1 stop:ip=1 =0 .", "stop:ip=1 =0");
        check("start@0+5:ip=1 . =0", "start:ip=1 =0");
    }

    #[test]
    fn a_change_of_state_ends_the_monitors() {
        check("monitor@10:ip=1 =0 stop:ip=1 =0 .", "monitor:ip=1 =0 stop:ip=1 =0");
    }

    #[test]
    fn a_resource_is_stopped_as_it_was_started() {
        check(
            "start:ip=1 =0 stop:ip=2 =0 start:ip=2 =0 stop:ip=3",
            "start:ip=1 =0 stop:ip=1 =0 start:ip=2 =0 stop:ip=2",
        );
        check("start:ip=1 =0 reload-agent:ip=2 =0 stop:ip=3", "start:ip=1 =0 reload-agent:ip=2 =0 stop:ip=2");
        check(
            "start:ip=1 =0 stop:ip=2 =0 start:ip=2 =1 stop:ip=3",
            "start:ip=1 =0 stop:ip=1 =0 start:ip=2 =1 stop:ip=2",
        );
    }

    #[test]
    fn a_resource_that_was_found_is_stopped_as_it_was_found() {
        check("monitor:ip=1 =0 stop:ip=2", "monitor:ip=1 =0 stop:ip=1");
        check("monitor:ip=1 =7 stop:ip=2", "monitor:ip=1 =7 stop:ip=2");
        check("start:ip=1 =0 monitor@10:ip=2 =0 stop:ip=3", "start:ip=1 =0 monitor:ip=2 =0 stop:ip=1");
    }
}
