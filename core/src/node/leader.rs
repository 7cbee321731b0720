//! What only the leader does: decide, carry the decision out, hear the results.

use super::message::{ActionRef, Message, OperationResult};
use super::{Effect, Node, Timer, entries, option, probes_first};
use crate::attribute;
use crate::cib::Edit;
use crate::lrm::operation::ExitStatus;
use crate::lrm::queue::Finished;
use crate::lrm::result::{self, NodeRef};
use crate::lrm::{ExitReport, Operation};
use crate::note::Note;
use crate::scheduler;
use crate::status::failcount;
use crate::time::{Interval, Now};
use crate::transition::{Action, ActionKind, Executor, Graph, Outcome, Progress, TransitionKey};
use crate::xml::Element;
use crate::xml::path::{Path, Step};
use std::collections::{BTreeMap, BTreeSet};

/// What a note is about that tells of a fault in the scheduler.
pub const UNDECIDED: &str = "scheduler";

/// How long to wait after the start for nodes not yet seen, unless `dc-deadtime` says otherwise
/// (Pacemaker Explained, "Cluster Options"). Milliseconds.
const DEADTIME_DEFAULT_MS: u64 = 20_000;

/// How long a decision may stand although time passes, unless `cluster-recheck-interval` says
/// otherwise. Milliseconds.
const RECHECK_DEFAULT_MS: u64 = 15 * 60 * 1000;

/// A decision that nothing disturbs is carried out in fewer passes; more is a bug of ours.
const DECISIONS_PER_STEP_MAX: usize = 100;

/// What is noted where they are more.
pub const RESTLESS: &str = "decisions do not come to rest";

/// Until it is tried again then: requests are answered meanwhile. Milliseconds.
const RESTLESS_PAUSE_MS: u64 = 10_000;

/// After an order for a node that is not here; the membership or the CIB says otherwise sooner, as a rule.
/// Milliseconds.
const ABSENT_PAUSE_MS: u64 = 1_000;

/// A plan that succeeds and is made again so many times without anything else happening is
/// not carried out any more until something does.
const FOLLOW_UPS_MAX: u32 = 10;

/// What is said of a plan that leads to itself, as that for a clone whose instances change places, or one that is
/// undone by the next.
const AGAIN: &str = "what was just done would be done again: it is left until something changes";

/// What a plan has nodes do, by key and node.
type Work = BTreeSet<(String, Option<String>)>;

fn work(graph: &Graph) -> Work {
    let actions = graph.actions.iter().filter(|action| action.kind != ActionKind::Pseudo);
    actions.map(|action| (action.key.clone(), action.node.clone())).collect()
}

/// The leader's state; a new leader, or a new view, begins with none.
#[derive(Clone, Debug, Default)]
pub(super) struct Leadership {
    pub(super) executor: Option<Executor>,
    transition: i32,
    /// Nodes that resources' failures have fenced, and which.
    fencing_causes: BTreeMap<String, BTreeSet<String>>,
    /// Something changed since the latest decision.
    dirty: bool,
    /// Nodes may still be starting: no decision yet.
    waiting_for_nodes: bool,
    /// Transitions carried out since anything else changed.
    undisturbed: u32,
    /// What each of them has done.
    done: Vec<Work>,
    /// Actions of the transition that wait for what an earlier leader had begun: their nodes have not been asked.
    waiting: BTreeSet<u32>,
    /// Number of the timer in force, by kind.
    recheck: u64,
    start_up: u64,
    reconsider: u64,
}

/// A monitor that begins later than that does not hold a transition. Milliseconds.
const START_DELAY_WAITED_MS: u64 = 5 * 60 * 1000;

impl Node {
    /// Begins to lead.
    pub(super) fn lead(&mut self) {
        let mut leadership = Leadership { dirty: true, transition: self.next_transition, ..Leadership::default() };
        let wait_ms = self.wait_for_nodes_ms();
        leadership.waiting_for_nodes = wait_ms > 0;
        self.leadership = Some(leadership);
        self.advise();
        if wait_ms > 0 {
            let number = self.new_timer(|leadership| &mut leadership.start_up);
            self.timer_in(Timer::StartUp { number }, wait_ms);
        }
        if self.may_write() {
            let edits = self.founding_edits();
            if !edits.is_empty() {
                self.send(Message::Update { request: None, edits, ends: None });
            }
        }
    }

    /// How long those who are missing may still be on their way. Milliseconds; 0 if they are missed.
    ///
    /// Right after its start a node does not judge those it has not seen yet. Once all have been
    /// together, whoever is missing is missed at once; but where an outage has just ended, others that
    /// were cut off like this one are still dialling, and who is heard is about to join.
    fn wait_for_nodes_ms(&self) -> u64 {
        let here = self.replica.view().map_or(0, |view| view.members.len());
        // A node list that was cut short makes one node a majority: those it lacks may be there, and are
        // heard in a moment.
        let is_cut_short = self.settings.nodes < self.configured_members();
        if here >= self.settings.nodes && !is_cut_short {
            return 0;
        }
        let since = |ms: u64| self.clock.ms - ms;
        let dead_time = match self.caught_up && !is_cut_short {
            true => 0,
            false => self.interval_option("dc-deadtime", DEADTIME_DEFAULT_MS),
        };
        let starting = dead_time.saturating_sub(since(self.started_ms));
        let healing = self.others_awaited_until.map_or(0, |at| at.saturating_sub(self.clock.ms));
        // Connected they are already; and of two nodes the other may be about to shoot.
        let joins_in = if self.settings.two_node { self.settings.rejoin_ms / 3 } else { self.settings.rejoin_ms };
        let joining = self.replica.view().is_some_and(|view| !view.heard.is_empty());
        starting.max(healing).max(if joining { joins_in.saturating_sub(since(self.viewed_ms)) } else { 0 })
    }

    /// How many cluster nodes the configuration has; guests and remote nodes are none.
    fn configured_members(&self) -> usize {
        let nodes = self.document().configuration().child("nodes").into_iter().flat_map(Element::elements);
        nodes.filter(|node| matches!(node.attr("type"), None | Some("member"))).count()
    }

    /// A partition that has just come by its quorum gives others time; once all have been together,
    /// nobody is waited for.
    pub(super) fn await_others(&mut self) {
        let Some(view) = self.replica.view() else { return };
        self.others_awaited_until = match self.others_awaited_until {
            _ if !view.quorate => None,
            _ if view.members.len() >= self.settings.nodes => Some(self.clock.ms),
            None => Some(self.clock.ms + self.settings.rejoin_ms),
            known => known,
        };
    }

    pub(super) fn interval_option(&self, name: &str, default_ms: u64) -> u64 {
        let given = option(self.document(), name).and_then(|text| Interval::parse(&text));
        given.map_or(default_ms, |interval| u64::from(interval.ms()))
    }

    /// Members the configuration does not name yet, and what the cluster says of itself.
    fn founding_edits(&self) -> Vec<Edit> {
        let step = |name: &str| Step { name: name.into(), id: None };
        let configuration = Path(vec![step("cib"), step("configuration")]);
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        let nodes = self.document().configuration().child("nodes");
        let mut edits = entries::united(self.document(), members);
        for member in members {
            let id = member.id.to_string();
            let known = nodes.and_then(|nodes| nodes.child_with_id("node", &id));
            if known.and_then(|node| node.attr("uname")) != Some(&member.name) {
                let element = Element::new("node").with("id", &id).with("uname", &member.name);
                edits.push(Edit::Merge { parent: configuration.join(step("nodes")), element });
            }
        }
        let set = "cib-bootstrap-options";
        let about = [
            ("have-watchdog", if self.settings.watchdog { "true" } else { "false" }),
            ("dc-version", self.settings.version.as_str()),
            ("cluster-infrastructure", self.settings.infrastructure.as_str()),
        ];
        // Who has given the cluster another name means it.
        let named = self.settings.cluster_name.as_deref().filter(|_| option(self.document(), "cluster-name").is_none());
        for (name, value) in about.into_iter().chain(named.map(|value| ("cluster-name", value))) {
            if option(self.document(), name).as_deref() != Some(value) {
                let pair =
                    Element::new("nvpair").with("id", format!("{set}-{name}")).with("name", name).with("value", value);
                let element = Element::new("cluster_property_set").with("id", set).with_child(pair);
                edits.push(Edit::Merge { parent: configuration.join(step("crm_config")), element });
            }
        }
        edits
    }

    fn new_timer(&mut self, of: impl Fn(&mut Leadership) -> &mut u64) -> u64 {
        self.timer_number += 1;
        if let Some(leadership) = &mut self.leadership {
            *of(leadership) = self.timer_number;
        }
        self.timer_number
    }

    /// A timer of the leader's fired; an old one is passed over.
    pub(super) fn reconsider(&mut self, timer: Timer, number: u64) {
        let Some(leadership) = &mut self.leadership else { return };
        match timer {
            Timer::StartUp { .. } if leadership.start_up == number => leadership.waiting_for_nodes = false,
            Timer::Recheck { .. } if leadership.recheck == number => {}
            Timer::Reconsider { .. } if leadership.reconsider == number => {}
            _ => return,
        }
        // Time has passed: what was done before may be right once more.
        leadership.dirty = true;
        leadership.undisturbed = 0;
        leadership.done.clear();
    }

    /// Something happened that the running transition does not know of.
    pub(super) fn something_changed(&mut self, what: &str) {
        let Some(leadership) = &mut self.leadership else { return };
        leadership.dirty = true;
        leadership.undisturbed = 0;
        leadership.done.clear();
        self.end_early(what);
    }

    fn end_early(&mut self, what: &str) {
        let Some(leadership) = &mut self.leadership else { return };
        if let Some(executor) = &mut leadership.executor
            && !executor.aborted()
        {
            executor.abort(crate::score::Score::INFINITY.value());
            let note = format!("transition {} ends early: {what}", leadership.transition);
            self.note(Note::info("transition", note));
        }
        self.end_waiting();
    }

    /// What has not been ordered yet is decided anew.
    fn end_waiting(&mut self) {
        let Some(leadership) = &mut self.leadership else { return };
        for action in std::mem::take(&mut leadership.waiting) {
            self.finished(action, Outcome::Failed);
        }
    }

    /// Tries again in a while.
    pub(super) fn reconsider_in(&mut self, after_ms: u64) {
        let number = self.new_timer(|leadership| &mut leadership.reconsider);
        self.timer_in(Timer::Reconsider { number }, after_ms);
    }

    /// Decides if there is something new and nothing runs; starts what may start.
    pub(super) fn drive(&mut self) {
        for _ in 0..DECISIONS_PER_STEP_MAX {
            self.start_actions();
            let Some(leadership) = &mut self.leadership else { return };
            if let Some(executor) = &leadership.executor {
                match executor.progress() {
                    Progress::Running => return,
                    Progress::Terminated => leadership.executor = None,
                    // All was done as planned: the next plan should be empty, and is looked at.
                    Progress::Complete => {
                        leadership.done.push(work(executor.graph()));
                        leadership.executor = None;
                        leadership.undisturbed += 1;
                        leadership.dirty |= leadership.undisturbed <= FOLLOW_UPS_MAX;
                    }
                }
            }
            let Some(leadership) = &self.leadership else { return };
            if !leadership.dirty || leadership.waiting_for_nodes {
                return;
            }
            self.decide();
        }
        self.note(Note::error("transition", RESTLESS));
        if let Some(leadership) = &mut self.leadership {
            leadership.dirty = false;
        }
        self.reconsider_in(RESTLESS_PAUSE_MS);
    }

    fn decide(&mut self) {
        let Some(leadership) = &mut self.leadership else { return };
        leadership.dirty = false;
        leadership.transition += 1;
        let transition = leadership.transition;
        self.next_transition = transition;
        let document = self.document().clone();
        let now = Now::with_offset(self.clock.epoch, self.clock.offset);
        self.hear_of_causes();
        let (leaps, heard) = (self.leaps.all(), &self.causes_heard);
        let known = scheduler::Input::new(&document, now);
        let input = scheduler::Input { transition_id: transition, leaps, heard, ..known };
        let decided = scheduler::guarded(|| scheduler::schedule(&input));
        let epoch = self.clock.epoch;
        self.effects.push(Effect::SaveInput { document, transition, epoch });
        let output = match decided {
            Ok(output) => output,
            Err(fault) => return self.undecided(&fault.0),
        };
        self.tell_decision(transition, &output);
        for note in output.notes {
            self.note(note);
        }
        self.tell_of_no_successor(&output.no_successor);
        let mut graph = output.graph;
        probes_first::wait_for_probes(&mut graph, |name| {
            self.replica.view().is_some_and(|view| view.members.iter().any(|member| member.name == name))
        });
        let due = graph.recheck_by.map(|at| u64::try_from(at - epoch).unwrap_or(0).max(1) * 1000);
        let longest = self.interval_option("cluster-recheck-interval", RECHECK_DEFAULT_MS);
        let after_ms = due.unwrap_or(longest).min(longest.max(1000));
        let number = self.new_timer(|leadership| &mut leadership.recheck);
        self.timer_in(Timer::Recheck { number }, after_ms);
        let again = !graph.does_nothing() && self.has_just_done(&graph);
        if again {
            self.note(Note::warning("transition", AGAIN));
        }
        if graph.does_nothing() || again {
            let version = self.document().version();
            let term = self.replica.terms().term;
            return self.send(Message::Idle { version, term });
        }
        let actions = graph.synapses.len() as u32;
        self.send(Message::Transition { id: transition, actions });
        if let Some(leadership) = &mut self.leadership {
            leadership.executor = Some(Executor::new(graph));
            leadership.fencing_causes = output.fencing_causes;
        }
        self.bound_nodes();
    }

    /// Whether just this was done a moment ago, and nothing has happened since but what was decided: done once more it
    /// would lead to the same decisions again.
    fn has_just_done(&self, graph: &Graph) -> bool {
        self.leadership.as_ref().is_some_and(|leadership| leadership.done.contains(&work(graph)))
    }

    /// Without a decision all stays as it is until something changes, or time has passed.
    fn undecided(&mut self, fault: &str) {
        self.note(Note::error(UNDECIDED, format!("nothing is decided on this configuration: {fault}")));
        let number = self.new_timer(|leadership| &mut leadership.recheck);
        self.timer_in(Timer::Recheck { number }, RECHECK_DEFAULT_MS);
    }

    fn start_actions(&mut self) {
        loop {
            let Some(leadership) = &mut self.leadership else { return };
            let Some(executor) = &mut leadership.executor else { return };
            let delay = executor.graph().cluster_delay;
            let Some(action) = executor.start_next().cloned() else { return };
            self.start(action, delay);
        }
    }

    fn start(&mut self, action: Action, delay_ms: u64) {
        match action.kind {
            ActionKind::Pseudo => self.finished(action.id, Outcome::Done),
            ActionKind::Resource => self.order(action, delay_ms),
            ActionKind::Cluster => match action.operation.as_str() {
                "stonith" => self.fence_for_transition(&action),
                "clear_failcount" => self.clear_failcount(&action),
                "lrm_delete" => self.forget_history(action, delay_ms),
                _ => self.order(action, delay_ms),
            },
        }
    }

    fn finished(&mut self, action: u32, outcome: Outcome) {
        if let Some(leadership) = &mut self.leadership
            && let Some(executor) = &mut leadership.executor
        {
            executor.finished(action, outcome);
        }
    }

    /// The end of an action of this transition that is not an operation on a resource.
    pub(super) fn action_ended(&mut self, ended: ActionRef, outcome: Outcome) {
        if self.transition() == ended.transition {
            self.finished(ended.action, outcome);
        }
    }

    /// For which resources' failures the present transition fences a node.
    pub(super) fn fencing_causes_of(&self, node: &str) -> BTreeSet<String> {
        let causes = self.leadership.as_ref().and_then(|leadership| leadership.fencing_causes.get(node));
        causes.cloned().unwrap_or_default()
    }

    pub(super) fn transition(&self) -> i32 {
        self.leadership.as_ref().map_or(0, |leadership| leadership.transition)
    }

    /// Asks the action's node to do it.
    fn order(&mut self, action: Action, delay_ms: u64) {
        let name = action.router_node.as_deref().or(action.node.as_deref()).unwrap_or_default();
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        let Some(member) = members.iter().find(|member| member.name == name).cloned() else {
            let text = format!("{} cannot run: {name} is not here", action.key);
            self.note(Note::warning("transition", text));
            self.finished(action.id, Outcome::Failed);
            self.end_early("an action's node is gone");
            return self.reconsider_in(ABSENT_PAUSE_MS);
        };
        if let Some(until) = self.activity.busy_until(&action, member.id, self.clock.ms) {
            return self.wait_with(&action, until);
        }
        let transition = self.transition();
        let expected = action.meta("op_target_rc").and_then(|text| text.parse().ok()).unwrap_or(0);
        let uuid = self.settings.uuid.clone();
        let key = TransitionKey { action: action.id, transition, expected, uuid };
        let operation = Operation { key, action };
        let node = NodeRef { id: member.id.to_string(), name: member.name };
        let edits = result::pending_edits(&operation, &node, self.clock.epoch);
        let timer = Timer::Action { transition, action: operation.action.id };
        self.timer_in(timer, operation.timeout_ms() + operation.start_delay_ms() + delay_ms);
        let Some(accord) = self.replica.accord() else { return };
        let (id, recurs, delay_ms) = (operation.action.id, operation.interval_ms() > 0, operation.start_delay_ms());
        self.send(Message::Perform { accord, to: member.id, operation, edits });
        // As for Pacemaker: its first result is not waited for.
        if recurs && delay_ms > START_DELAY_WAITED_MS {
            self.finished(id, Outcome::Done);
        }
    }

    /// An earlier leader's operation is under way on this resource: what was decided without its result is not
    /// queued behind it (a second `migrate_to` would fail), but decided anew when it has come.
    fn wait_with(&mut self, action: &Action, until: u64) {
        let transition = self.transition();
        self.note(Note::info("transition", format!("{} waits for what an earlier leader had begun", action.key)));
        if let Some(leadership) = &mut self.leadership {
            leadership.waiting.insert(action.id);
        }
        self.timer_in(Timer::Action { transition, action: action.id }, until - self.clock.ms);
    }

    /// The order could not be sent.
    pub(super) fn performed_by_nobody(&mut self, action: u32) {
        self.finished(action, Outcome::Failed);
        self.something_changed("an action could not be ordered");
    }

    fn clear_failcount(&mut self, action: &Action) {
        let node = action.node.as_deref().and_then(|name| self.find_node(name));
        if let (Some(node), Some(resource)) = (node, &action.resource) {
            let edits = attribute::clear_failures(self.document(), &node, Some(&resource.id));
            if !edits.is_empty() {
                return self.update_for(action, edits);
            }
        }
        self.finished(action.id, Outcome::Done);
    }

    /// A resource's history on a node is forgotten: by the node, or, where it is away, for it.
    fn forget_history(&mut self, action: Action, delay_ms: u64) {
        let name = action.node.as_deref().unwrap_or_default();
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        if members.iter().any(|member| member.name == name) {
            return self.order(action, delay_ms);
        }
        match (self.find_node(name), &action.resource) {
            (Some(node), Some(resource)) => {
                let edits = vec![Edit::Delete { path: node.history_path(&resource.id) }];
                self.update_for(&action, edits);
            }
            _ => self.finished(action.id, Outcome::Done),
        }
    }

    /// An action that is done when the CIB was changed so.
    fn update_for(&mut self, action: &Action, edits: Vec<Edit>) {
        let ends = Some(ActionRef { transition: self.transition(), action: action.id });
        self.send(Message::Update { request: None, edits, ends });
    }

    /// A result was delivered: it may end an action of the transition, and it may be a failure.
    pub(super) fn result_delivered(&mut self, result: OperationResult) {
        let Some(leadership) = &mut self.leadership else { return };
        let ours = result.key.uuid == self.settings.uuid && result.key.transition == leadership.transition;
        let outcome = if result.failed { Outcome::Failed } else { Outcome::Done };
        let awaited =
            ours && leadership.executor.as_mut().is_some_and(|executor| executor.finished(result.key.action, outcome));
        if result.failed {
            self.something_changed(&format!("{}_{} failed", result.resource, result.operation));
        } else if !awaited {
            self.something_changed("a result of an earlier transition");
        }
    }

    /// Failures of probes are findings, all others count (Pacemaker Explained, "Failure Counts").
    ///
    /// Every member counts on delivery, so that a count is lost with no leader.
    pub(super) fn count_failure(&mut self, result: &OperationResult) {
        if !result.failed {
            return;
        }
        let once = match result.operation.as_str() {
            "start" => Some(self.offset("start-failure-is-fatal")),
            "stop" => Some("INFINITY".to_string()),
            "promote" | "demote" | "migrate_to" | "migrate_from" => None,
            _ if result.interval_ms > 0 => None,
            _ => return,
        };
        let members = self.replica.view().map_or(&[][..], |view| &view.members);
        let Some(member) = members.iter().find(|member| member.id == result.node) else { return };
        let node = crate::replica::node_ref(member);
        let [count_name, last_name] = failcount::names(&result.resource, &result.operation, result.interval_ms);
        let old = attribute::get(self.document(), &node, &count_name);
        let next = match (once.as_deref(), old.as_deref()) {
            (Some("INFINITY"), _) | (_, Some("INFINITY")) => "INFINITY".to_string(),
            (_, old) => (old.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0) + 1).to_string(),
        };
        let edits =
            vec![attribute::set(&node, &count_name, &next), attribute::set(&node, &last_name, &result.at.to_string())];
        self.replica.update(&edits);
    }

    fn offset(&self, name: &str) -> String {
        let fatal = option(self.document(), name);
        let fatal = fatal.and_then(|text| quorate_grammar::literal::boolean(&text).ok()).unwrap_or(true);
        if fatal { "INFINITY".into() } else { "1".into() }
    }

    /// An action should have ended long ago: its node is there, but does not answer.
    pub(super) fn action_overdue(&mut self, transition: i32, action: u32) {
        let Some(leadership) = &self.leadership else { return };
        if leadership.transition != transition {
            return;
        }
        if leadership.waiting.contains(&action) {
            return self.something_changed("an earlier leader's operation did not end in time");
        }
        let Some(executor) = &leadership.executor else { return };
        let Some(action) = executor.running().find(|running| running.id == action).cloned() else { return };
        self.note(Note::error("transition", format!("{} did not end in time", action.key)));
        let node = action.node.as_deref().and_then(|name| self.find_node(name));
        self.finished(action.id, Outcome::Failed);
        if let (Some(node), Some(_)) = (node, &action.resource) {
            let edits = overdue_edits(&action, transition, &self.settings.uuid, &node, self.clock.epoch);
            self.send(Message::Update { request: None, edits, ends: None });
        }
        self.something_changed("an action did not end in time");
    }
}

fn overdue_edits(action: &Action, transition: i32, uuid: &str, node: &NodeRef, epoch: i64) -> Vec<Edit> {
    let expected = action.meta("op_target_rc").and_then(|text| text.parse().ok()).unwrap_or(0);
    let key = TransitionKey { action: action.id, transition, expected, uuid: uuid.to_string() };
    let report = ExitReport {
        code: 1,
        status: ExitStatus::TimedOut,
        reason: "the node did not answer in time".into(),
        exec_ms: 0,
        rules: None,
    };
    let operation = Operation { key, action: action.clone() };
    let finished = Finished { operation, report, call_id: 0, queue_ms: 0, changed_at: epoch };
    result::edits(&finished, node)
}
