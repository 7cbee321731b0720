//! What was done and what failed: operations, fail counts, failed actions; tickets and bans.

use super::{Builder, Extra};
use crate::cib::model::constraint::{Constraint, Location, LocationOf, LocationWant};
use crate::cib::model::rule::RuleScore;
use crate::exit;
use crate::fencing::FencingEvent;
use crate::fencing::history::FencingState as Recorded;
use crate::node::NodeStatus;
use crate::rules::{Facts, Recheck, holds};
use crate::scheduler::resolve::{FailedOperation, Node, Resource};
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::NodeId;
use crate::score::Score;
use crate::status::operation::ExecutionStatus;
use crate::status::{NodeState, OperationRecord, ResourceHistory};
use crate::view::cluster::{
    BanView, FailureView, FencingState, FencingView, NodeHistory, OperationView, ResourceHistoryView, TicketView,
};
use regex::Regex;

impl Extra {
    /// What a daemon says: of fencing what goes on first, then the newest.
    pub fn of(status: &NodeStatus) -> Extra {
        let mut fencing: Vec<FencingView> = status.fencing.iter().map(fencing).collect();
        fencing.sort_by_key(|event| std::cmp::Reverse((event.state == FencingState::Pending, event.completed)));
        Extra { told_by: Some(status.node.clone()), fencing }
    }
}

fn fencing(event: &FencingEvent) -> FencingView {
    let state = match event.state {
        Recorded::Pending => FencingState::Pending,
        Recorded::Succeeded => FencingState::Succeeded,
        Recorded::Failed => FencingState::Failed,
    };
    FencingView {
        target: event.target.clone(),
        action: event.action.clone(),
        state,
        client: event.client.clone(),
        origin: event.origin.clone(),
        delegate: event.delegate.clone(),
        completed: (state != FencingState::Pending).then_some(event.at),
        reason: Some(event.reason.clone()).filter(|reason| !reason.is_empty()),
    }
}

impl Builder<'_> {
    /// In the order of the status section, nodes that are gone left out.
    pub(super) fn history(&self) -> Vec<NodeHistory> {
        let states = self.situation.status.nodes.iter();
        let known = states.filter_map(|state| self.node_of(state).map(|node| (state, node)));
        let up = known.filter(|(_, (_, node))| node.online);
        let all = up.map(|(state, (id, node))| NodeHistory {
            node: node.name.to_string(),
            id: node.uuid.to_string(),
            kind: self.node_kind(node),
            host: self.host_of(node),
            resources: self.histories_on(state, id),
        });
        all.filter(|node| !node.resources.is_empty()).collect()
    }

    fn node_of(&self, state: &NodeState) -> Option<(NodeId, &Node)> {
        self.situation.nodes.iter().find(|(_, node)| *node.uuid == *state.id)
    }

    fn histories_on(&self, state: &NodeState, node: NodeId) -> Vec<ResourceHistoryView> {
        let views = state.history.iter().filter_map(|history| self.resource_history(history, node));
        views.collect()
    }

    fn resource_history(&self, history: &ResourceHistory, node: NodeId) -> Option<ResourceHistoryView> {
        let resource = self.resource_of(history.id())?;
        let node = &self.situation.nodes[node];
        let total = node.failures_of(resource);
        let operations = shown_operations(history);
        let view = ResourceHistoryView {
            id: resource.printed_id().to_string(),
            instance_id: resource.id.to_string(),
            kept_as: history.id().to_string(),
            orphaned: resource.removed,
            migration_threshold: resource.migration_threshold,
            fail_count: total.count,
            last_failure: (total.last > 0).then_some(total.last),
            operations,
        };
        let worth = !view.operations.is_empty() || view.fail_count > Score::ZERO;
        worth.then_some(view)
    }

    /// The resource of a history: named so itself, or an anonymous instance of it; one that is
    /// configured goes before one that is not any more.
    fn resource_of(&self, name: &str) -> Option<&Resource> {
        let primitives = || self.situation.resources.rows().iter().filter(|resource| resource.is_primitive());
        let exact = || primitives().filter(|resource| *resource.id == *name);
        let printed = || primitives().filter(|resource| resource.printed_id() == name);
        let kept = |resource: &&Resource| !resource.removed;
        exact().find(kept).or_else(|| printed().find(kept)).or_else(|| exact().next()).or_else(|| printed().next())
    }

    pub(super) fn failures(&self) -> Vec<FailureView> {
        // Where nothing is installed, nothing has failed either.
        let shown = self.situation.failed_operations.iter().filter(|failed| !failed.record.is_maskable_probe());
        shown.map(|failed| self.failure(failed)).collect()
    }

    fn failure(&self, failed: &FailedOperation) -> FailureView {
        let record = &failed.record;
        let deed = Deed::of(record.key());
        let status = record.status.unwrap_or(ExecutionStatus::Done);
        FailureView {
            resource: deed.resource.to_string(),
            key: record.key().to_string(),
            key_is_id: record.attr("operation_key").is_none(),
            node: self.situation.nodes[failed.node].name.to_string(),
            deed: deed.task.to_string(),
            task: record.task().to_string(),
            interval_ms: record.interval_ms,
            exit_code: record.exit_code.unwrap_or(exit::MAX),
            not_executed: (status != ExecutionStatus::Done).then(|| status.text()),
            status: status.text(),
            reason: record.attr("exit-reason").map(str::to_string),
            call: record.attr("call-id").unwrap_or_default().to_string(),
            last_change: record.last_change,
            queue_ms: record.attr("queue-time").map(str::to_string),
            exec_ms: record.attr("exec-time").map(str::to_string),
        }
    }

    pub(super) fn tickets(&self) -> Vec<TicketView> {
        let view = |ticket: &crate::status::TicketState| TicketView {
            id: ticket.id.clone(),
            granted: ticket.granted,
            standby: ticket.standby,
            last_granted: ticket.last_granted,
            attributes: ticket.attributes.clone(),
        };
        let mut tickets: Vec<TicketView> = self.situation.status.tickets.iter().map(view).collect();
        // One that constraints speak of and nobody has granted yet.
        for id in self.situation.model.constraints.iter().filter_map(ticket_named) {
            if !tickets.iter().any(|ticket| ticket.id == *id) {
                tickets.push(TicketView { id: id.clone(), ..TicketView::default() });
            }
        }
        tickets.sort_by(|left, right| left.id.cmp(&right.id));
        tickets
    }

    pub(super) fn bans(&self) -> Vec<BanView> {
        let locations = self.situation.model.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Location(location) => Some(location),
            _ => None,
        });
        // Pacemaker shows the last first.
        let mut bans: Vec<BanView> = locations.flat_map(|location| self.bans_of(location)).collect();
        bans.reverse();
        bans
    }

    fn bans_of(&self, location: &Location) -> Vec<BanView> {
        let mut bans = Vec::new();
        for (resource, submatches) in &self.meant_by(&location.of) {
            match &location.want {
                LocationWant::Node { node, score } => {
                    let role = location.role.as_deref();
                    bans.extend(score.and_then(|score| self.ban(&location.id, resource, node, score, role)));
                }
                LocationWant::Rules(rules) => {
                    for rule in rules {
                        let Some(RuleScore::Fixed(score)) = &rule.score else { continue };
                        let role = rule.role.as_deref().or(location.role.as_deref());
                        let nodes = self.situation.nodes.rows().iter();
                        let nodes = nodes.filter(|node| self.rule_holds(rule, node, submatches));
                        bans.extend(nodes.filter_map(|node| self.ban(&rule.id, resource, &node.name, *score, role)));
                    }
                }
                LocationWant::Nothing => {}
            }
        }
        bans
    }

    /// The resources a constraint is about, and what the parts of its pattern stand for.
    fn meant_by(&self, of: &LocationOf) -> Vec<(String, Vec<String>)> {
        match of {
            LocationOf::Resource(name) => vec![(name.clone(), Vec::new())],
            LocationOf::Sets(sets) => {
                sets.iter().flat_map(|set| &set.resources).map(|name| (name.clone(), Vec::new())).collect()
            }
            LocationOf::Pattern(pattern) => {
                let names = self.situation.top.iter().map(|top| self.situation.resources[*top].id.to_string());
                matched(pattern, names)
            }
        }
    }

    /// Nodes in the order of the configuration.
    fn rule_holds(&self, rule: &crate::cib::model::rule::Rule, node: &Node, submatches: &[String]) -> bool {
        let facts = Facts { node_attributes: Some(&node.attributes), submatches, ..Facts::default() };
        holds(rule, &facts, self.situation.now, &mut Recheck::default())
    }

    fn ban(&self, id: &str, resource: &str, node: &str, score: Score, role: Option<&str>) -> Option<BanView> {
        let known = self.situation.nodes.rows().iter().find(|known| known.name.eq_ignore_ascii_case(node))?;
        let promoted_only =
            role.is_some_and(|role| matches!(role.to_ascii_lowercase().as_str(), "promoted" | "master"));
        (score < Score::ZERO && self.is_configured_anywhere(resource)).then(|| BanView {
            id: id.to_string(),
            resource: resource.to_string(),
            node: known.name.to_string(),
            node_id: known.uuid.to_string(),
            host: self.host_of(known),
            score,
            promoted_only,
        })
    }

    fn is_configured_anywhere(&self, name: &str) -> bool {
        self.is_configured(name) || self.situation.by_name.contains_key(name)
    }
}

fn ticket_named(constraint: &Constraint) -> Option<&String> {
    match constraint {
        Constraint::Ticket(ticket) => Some(&ticket.ticket),
        _ => None,
    }
}

/// What an operation's key says: `p1` and `monitor` of `p1_monitor_10000`.
pub(super) struct Deed<'a> {
    pub resource: &'a str,
    pub task: &'a str,
}

/// Tasks that have a line in their name.
const LONG_TASKS: [&str; 2] = ["_migrate_to", "_migrate_from"];

impl<'a> Deed<'a> {
    /// The parts of an operation's key.
    pub fn of(key: &'a str) -> Deed<'a> {
        let Some((rest, _)) = key.rsplit_once('_') else { return Deed { resource: key, task: "" } };
        let long = LONG_TASKS.iter().find_map(|task| Some((rest.strip_suffix(task)?, &task[1..])));
        let (resource, task) = long.or_else(|| rest.rsplit_once('_')).unwrap_or((rest, ""));
        Deed { resource, task }
    }
}

/// By call, without what is of no interest: notifications, and probes that found nothing.
fn shown_operations(history: &ResourceHistory) -> Vec<OperationView> {
    let records: Vec<&OperationRecord> = history.operations.iter().filter(|record| is_shown(record)).collect();
    let records = merge_sort(records, &|left: &&OperationRecord, right: &&OperationRecord| left.compare_age(right));
    records.into_iter().map(operation).collect()
}

fn is_shown(record: &OperationRecord) -> bool {
    let found_nothing = record.is_probe() && record.exit_code == Some(exit::NOT_RUNNING);
    record.task() != "notify" && !found_nothing
}

fn operation(record: &OperationRecord) -> OperationView {
    let task = if record.is_probe() { "probe" } else { record.task() };
    OperationView {
        call: record.attr("call-id").unwrap_or_default().to_string(),
        task: task.to_string(),
        interval_ms: record.interval_ms,
        exit_code: record.exit_code.unwrap_or(exit::MAX),
        last_change: record.last_change,
        exec_ms: record.attr("exec-time").map(str::to_string),
        queue_ms: record.attr("queue-time").map(str::to_string),
    }
}

/// The names that a pattern means: those it matches, or with `!` before it those it does not. A
/// pattern that is none means nothing; the scheduler complains about it.
fn matched(pattern: &str, names: impl Iterator<Item = String>) -> Vec<(String, Vec<String>)> {
    let (text, inverted) = pattern.strip_prefix('!').map_or((pattern, false), |text| (text, true));
    let Ok(regex) = Regex::new(text) else { return Vec::new() };
    let meant = names.filter_map(|name| match (regex.captures(&name), inverted) {
        (Some(captures), false) => {
            let part = |group: Option<regex::Match>| group.map_or_else(String::new, |part| part.as_str().to_owned());
            let parts = captures.iter().map(part).collect();
            Some((name, parts))
        }
        (None, true) => Some((name, Vec::new())),
        _ => None,
    });
    meant.collect()
}
