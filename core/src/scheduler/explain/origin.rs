//! Where a score comes from, in words.
//!
//! In: the ledger of a placement. Out: parts of a score, in the order they were added.

use super::Explanation;
use crate::cib::model::resource::Role;
use crate::scheduler::constrain::Colocation;
use crate::scheduler::place::ledger::{Cause, Entry};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

/// One thing that counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub amount: String,
    pub words: String,
}

pub(super) fn parts(of: &Explanation, id: ResourceId, node: NodeId) -> Vec<Part> {
    let mut parts: Vec<Part> = start(of, id, node).into_iter().collect();
    let Some(ledger) = &of.placement.ledger else { return parts };
    let mine = ledger.entries.iter().filter(|entry| entry.resource == id && entry.node == node);
    for entry in mine {
        parts.push(Part { amount: amount(entry), words: words(of, id, entry) });
    }
    parts
}

/// What history said before any constraint was looked at.
fn start(of: &Explanation, id: ResourceId, node: NodeId) -> Option<Part> {
    let score = of.situation.resources[id].scores.get(node)?;
    let facts = &of.situation.nodes[node];
    if score == Score::ZERO || (score.is_banned() && facts.score.is_banned()) {
        return None;
    }
    let failed = of.situation.failed_operations.iter().rev();
    let failed = failed.clone().find(|failed| failed.node == node && of.is_part(failed.resource, id));
    let words = match failed {
        Some(failed) => {
            format!("its {} there failed: {}", failed.record.task(), failed.record.outcome())
        }
        None if of.situation.resources[id].active_on.contains(&node) => "it runs there, and is not managed".to_owned(),
        None => "what is known of it there".to_owned(),
    };
    Some(Part { amount: score.to_string(), words })
}

/// What was added; where the sum left the numbers, what became of it.
fn amount(entry: &Entry) -> String {
    match (entry.before, entry.after) {
        (_, None) => "out".to_owned(),
        (None, Some(after)) => after.to_string(),
        (Some(_), Some(after)) if after.is_banned() || after.is_infinite() => after.to_string(),
        (Some(before), Some(after)) if before.is_banned() || before.is_infinite() => format!("now {after}"),
        (Some(before), Some(after)) => (after.value() - before.value()).to_string(),
    }
}

fn words(of: &Explanation, id: ResourceId, entry: &Entry) -> String {
    let situation = of.situation;
    match &entry.cause {
        Cause::Location(at) => location(&of.constraints.locations[*at].id),
        Cause::LostTicket => "a ticket it needs is not held".to_owned(),
        Cause::NotThere => "it cannot be on such a node".to_owned(),
        Cause::ShutdownLock(home) => {
            format!("it is kept for {}, which was shut down (shutdown-lock)", situation.nodes[*home].name)
        }
        Cause::Stickiness => "stickiness, for it runs there".to_owned(),
        Cause::Failures(failing) => failures(of, *failing, entry.node),
        Cause::Discovery => "its locations name the nodes it may be on (resource-discovery=exclusive)".to_owned(),
        Cause::With(at) => with(of, &of.constraints.colocations[*at]),
        Cause::Wish(at) => wish(of, &of.constraints.colocations[*at], entry),
        Cause::Target => target(of, id),
        Cause::Full => full(of, id, entry.node),
        Cause::Crowded => "its collective has as many instances there as it may, or may not be there".to_owned(),
        Cause::Complete => "its clone has as many instances as it may (clone-max)".to_owned(),
        Cause::Promotion => "its agent's promotion score there".to_owned(),
        Cause::Contained => "it runs in its container".to_owned(),
    }
}

fn location(id: &str) -> String {
    let suffix = if id == "node-health-strategy" {
        return "the node's health (node-health-strategy)".to_owned();
    } else if id.starts_with("cli-ban-") {
        " (made by `crm resource ban` or `move`; `crm resource clear` removes it)"
    } else if id.starts_with("cli-prefer-") {
        " (made by `crm resource move`; `crm resource clear` removes it)"
    } else {
        ""
    };
    format!("location {id}{suffix}")
}

fn failures(of: &Explanation, failing: ResourceId, node: NodeId) -> String {
    let failed = of.situation.failed_operations.iter().rev();
    let last = failed.clone().find(|failed| failed.node == node && of.is_part(failing, failed.resource));
    let last = last.map(|failed| format!("; its {} failed: {}", failed.record.task(), failed.record.outcome()));
    let last = last.unwrap_or_default();
    let resource = &of.situation.resources[failing];
    let (count, _) = of.situation.fail_count(failing, node, true);
    let (name, threshold) = (resource.failure_name(), resource.migration_threshold);
    let node = &of.situation.nodes[node].name;
    format!(
        "fail count {count} of {name} reached migration-threshold={threshold}; `crm resource cleanup {name} {node}` forgets it{last}"
    )
}

fn with(of: &Explanation, colocation: &Colocation) -> String {
    let primary = name_and_role(of, colocation.primary, colocation.primary_role);
    let mut nodes: Vec<&str> = places(of, colocation.primary, colocation.primary_role);
    nodes.dedup();
    let place =
        if nodes.is_empty() { "which has no place".to_owned() } else { format!("which is on {}", nodes.join(", ")) };
    let attribute = colocation.node_attribute.as_ref().filter(|name| *name != "#uname");
    let same = attribute.map(|name| format!(", by node attribute {name}")).unwrap_or_default();
    let verb = if colocation.score < Score::ZERO { "apart from" } else { "with" };
    format!("{}{verb} {primary}, {place}{same}", constraint(colocation))
}

/// The nodes of a resource's parts, of those in a role if one is named.
fn places<'e>(of: &'e Explanation, id: ResourceId, role: Role) -> Vec<&'e str> {
    let mut nodes = Vec::new();
    for part in of.situation.with_descendants(id) {
        let row = &of.placement.resources[part];
        let counts = role <= Role::Started || row.next == role;
        nodes.extend(row.node.filter(|_| counts).map(|node| of.situation.nodes[node].name.as_str()));
    }
    nodes
}

fn wish(of: &Explanation, colocation: &Colocation, entry: &Entry) -> String {
    let dependent = name_and_role(of, colocation.dependent, colocation.dependent_role);
    let what = match entry.after {
        Some(after) if after.is_banned() => "cannot be there",
        _ if colocation.score < Score::ZERO => "keeps apart from it",
        _ => "adds its own wishes",
    };
    format!("{}{dependent}, which depends on it, {what}", constraint(colocation))
}

fn constraint(colocation: &Colocation) -> String {
    if colocation.explicit { format!("colocation {}: ", colocation.id) } else { String::new() }
}

fn name_and_role(of: &Explanation, id: ResourceId, role: Role) -> String {
    let name = &of.situation.resources[id].id;
    match role {
        Role::Promoted | Role::Unpromoted => format!("{name} ({role})"),
        _ => name.to_string(),
    }
}

fn target(of: &Explanation, id: ResourceId) -> String {
    let row = &of.placement.resources[id];
    if of.situation.resources[id].target_role() == Some(Role::Stopped) {
        return "it is to be stopped (target-role=Stopped)".to_owned();
    }
    let why = of.situation.resources[id].target_reason.as_ref().or(row.next_reason.as_ref());
    match why {
        Some(why) => format!("it is to be stopped ({why})"),
        None => "it is to be stopped".to_owned(),
    }
}

fn full(of: &Explanation, id: ResourceId, node: NodeId) -> String {
    let amounts = |pairs: &mut dyn Iterator<Item = (String, String)>| {
        let words: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }
    };
    let resource = &of.situation.resources[id];
    let needs = amounts(&mut resource.utilization.iter().map(|(name, value)| (name.clone(), value.clone())));
    let host = &of.situation.nodes[node];
    let has = amounts(&mut host.utilization.iter().map(|(name, value)| (name.clone(), value.clone())));
    format!("no room: it needs {needs}, besides what must be with it; the node has {has} in all")
}

impl Explanation<'_> {
    /// Whether one resource is another or a part of it.
    pub(super) fn is_part(&self, part: ResourceId, whole: ResourceId) -> bool {
        part == whole || self.situation.with_descendants(whole).contains(&part)
    }
}
