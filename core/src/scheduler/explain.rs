//! Why things are where they are: scores with their origins, in words.
//!
//! In: a situation. Out: [`Explanation`], asked resource by resource. The decision is made once more
//! with a ledger, so an ordinary decision costs nothing for it.
//! Absent: in which sequence actions come (the graph says that).

mod ignored;
mod node;
mod origin;
mod waits;

use super::constrain::{Constraints, constrain};
use super::place::{Placement, place_noting};
use super::resolve::{Resource, Situation};
use super::successor::without_successor;
use super::table::{NodeId, ResourceId};
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::score::Score;
use crate::transition::summary::{Change, ResourceChange};

/// A decision that can say its reasons.
pub struct Explanation<'s> {
    situation: &'s Situation,
    constraints: Constraints,
    placement: Placement,
}

/// Decides for a situation where everything goes, keeping where every score comes from.
pub fn explain(situation: &Situation) -> Explanation<'_> {
    let constraints = constrain(situation);
    let placement = place_noting(situation, &constraints);
    Explanation { situation, constraints, placement }
}

impl Explanation<'_> {
    /// What goes by a name: a resource or instance, or all instances of what is cloned.
    pub fn find(&self, name: &str) -> Vec<ResourceId> {
        if let Some(id) = self.situation.resource_by_name(name) {
            return vec![id];
        }
        let rows = self.situation.resources.iter();
        rows.filter(|(_, resource)| resource.config_id.as_str() == name).map(|(id, _)| id).collect()
    }

    /// Names that can be asked for.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.situation.resources.rows().iter().map(|resource| resource.config_id.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Why a resource is where it is (or is not), for all nodes or one, line by line.
    pub fn why(&self, id: ResourceId, node: Option<NodeId>) -> Vec<String> {
        let resource = &self.situation.resources[id];
        let parts = self.parts(id);
        if resource.is_primitive() {
            return self.why_primitive(id, node);
        }
        let mut lines = vec![format!("{} is {}.", resource.id, kind(resource))];
        lines.extend(self.remarks(id));
        let lacking = without_successor(self.situation, &self.placement);
        lines.extend(lacking.iter().filter(|one| resource.config_id == *one.clone).map(|one| format!("  {one}")));
        let in_line = resource.group().is_some_and(|settings| settings.colocated);
        if let Some((first, rest)) = parts.split_first().filter(|_| in_line) {
            lines.push(format!("  its members go where {} goes", self.situation.resources[*first].id));
            lines.extend(self.why(*first, node));
            let told = |member: &ResourceId| {
                let follows = self.placement.resources[*member].node == self.placement.resources[*first].node;
                if follows { vec![self.heading(*member)] } else { self.why(*member, node) }
            };
            lines.extend(rest.iter().flat_map(told));
            return lines;
        }
        lines.extend(parts.iter().flat_map(|part| self.why(*part, node)));
        lines
    }

    fn parts(&self, id: ResourceId) -> Vec<ResourceId> {
        let resource = &self.situation.resources[id];
        match resource.bundle() {
            Some(settings) => {
                let parts =
                    |replica: &super::resolve::Replica| replica.parts().chain(replica.inside).collect::<Vec<_>>();
                settings.replicas.iter().flat_map(parts).collect()
            }
            None => self.placement.children[id].clone(),
        }
    }

    fn why_primitive(&self, id: ResourceId, node: Option<NodeId>) -> Vec<String> {
        let mut lines = vec![self.heading(id)];
        lines.extend(self.remarks(id));
        lines.extend(self.waits(id));
        lines.extend(self.promotion(id));
        let nodes = node.map_or_else(|| self.by_worth(id), |node| vec![node]);
        lines.extend(nodes.into_iter().flat_map(|node| self.verdict(id, node).lines()));
        lines
    }

    /// The chosen node, then the others, best first.
    fn by_worth(&self, id: ResourceId) -> Vec<NodeId> {
        let row = &self.placement.resources[id];
        let mut nodes: Vec<NodeId> = self.situation.nodes.ids().collect();
        let usable = |node: NodeId| self.placement.nodes[node].is_available();
        nodes.sort_by_key(|node| {
            let score = row.allowed.score(*node).filter(|_| usable(*node));
            (row.node != Some(*node), std::cmp::Reverse(score))
        });
        nodes
    }

    /// What a resource does now and will do.
    fn heading(&self, id: ResourceId) -> String {
        let (resource, row) = (&self.situation.resources[id], &self.placement.resources[id]);
        let name = |node: NodeId| self.situation.nodes[node].name.as_str();
        let here = self.situation.active_node(id);
        let role = |role: Role| match role {
            Role::Promoted => " promoted",
            Role::Unpromoted => " unpromoted",
            _ => "",
        };
        let (now, next) = (role(row.current), role(row.next));
        let to_run = row.node.filter(|_| row.next != Role::Stopped);
        let words = match (here, to_run) {
            (None, None) => "does not run, and will not".to_owned(),
            (None, Some(to)) => format!("does not run; its place is{next} on {}", name(to)),
            (Some(from), None) => format!("runs{now} on {}, and has no place to be", name(from)),
            (Some(from), Some(to)) if from == to && (now == next || row.next == Role::Unknown) => {
                format!("runs{now} on {}, and that is its place", name(from))
            }
            (Some(from), Some(to)) if from == to => format!("runs{now} on {}; its place is{next} there", name(from)),
            (Some(from), Some(to)) => format!("runs{now} on {}; its place is{next} on {}", name(from), name(to)),
        };
        format!("{} {words}.", resource.id)
    }

    /// What holds for a resource whatever the node.
    fn remarks(&self, id: ResourceId) -> Vec<String> {
        let (situation, resource) = (self.situation, &self.situation.resources[id]);
        let (row, options) = (&self.placement.resources[id], &self.situation.options);
        let mut remarks = Vec::new();
        let mut say = |holds: bool, words: String| remarks.extend(holds.then(|| format!("  {words}")));
        let no_device = options.fencing_enabled && !situation.have_fencing;
        say(resource.maintenance, "it is in maintenance: nothing is done about it".into());
        say(
            !resource.managed && !resource.maintenance,
            "it is not managed (is-managed=false): it stays as it is".into(),
        );
        say(row.blocked, "it is blocked by a failure (on-fail=block) until that is cleaned up".into());
        say(resource.target_role() == Some(Role::Stopped), "it is to be stopped (target-role=Stopped)".into());
        say(options.stop_all_resources, "everything is to be stopped (stop-all-resources=true)".into());
        let policy = match situation.no_quorum_policy {
            NoQuorumPolicy::Stop => Some("everything is stopped (no-quorum-policy=stop)"),
            NoQuorumPolicy::Freeze => Some("nothing is started (no-quorum-policy=freeze)"),
            NoQuorumPolicy::Demote => Some("nothing is promoted (no-quorum-policy=demote)"),
            NoQuorumPolicy::Fence => Some("its nodes are to be fenced (no-quorum-policy=fence)"),
            NoQuorumPolicy::Ignore => None,
        };
        if let Some(policy) = policy {
            say(!situation.quorate, format!("there is no quorum: {policy}"));
        }
        say(
            no_device && resource.is_primitive(),
            "fencing is enabled and there is no fence device: nothing is started".into(),
        );
        if let Some((node, _)) = row.shutdown_lock {
            say(true, format!("it is kept for {} (shutdown-lock)", situation.nodes[node].name));
        }
        for need in self.constraints.tickets[id].iter().filter(|need| !need.held) {
            let role = if need.role > Role::Started {
                format!(" to be {}", need.role.to_string().to_lowercase())
            } else {
                String::new()
            };
            say(
                true,
                format!("it needs ticket {}{role} ({}), which this site does not hold", need.ticket, need.constraint),
            );
        }
        if let Some(settings) = resource.clone_settings() {
            let (max, per_node) = (settings.max, settings.node_max);
            say(true, format!("it may have {max} instances (clone-max), {per_node} on a node (clone-node-max)"));
        }
        for failed in situation.failed_operations.iter().filter(|failed| failed.resource == id) {
            let (record, node) = (&failed.record, &situation.nodes[failed.node].name);
            say(true, format!("its {} on {node} failed: {}", record.task(), record.outcome()));
        }
        remarks.extend(self.without_effect(id));
        remarks
    }

    /// What was decided about promoting an instance.
    fn promotion(&self, id: ResourceId) -> Option<String> {
        let row = &self.placement.resources[id];
        if !self.situation.resources[self.situation.top_of(id)].promotable || row.node.is_none() {
            return None;
        }
        let resources = &self.situation.resources;
        let owner = resources.lineage(id).take_while(|at| !resources[*at].is_clone()).last().unwrap_or(id);
        let score = self.placement.resources[owner].promotion_priority;
        let settings = self.situation.resources[self.situation.top_of(id)].clone_settings()?;
        let max = settings.promoted_max;
        Some(match row.next {
            Role::Promoted => {
                format!("  it is promoted: its promotion score is {score}, and {max} may be promoted (promoted-max)")
            }
            _ if score < Score::ZERO => format!(
                "  it is not promoted: its promotion score is {score}, and no agent, location or colocation raises it"
            ),
            _ => format!(
                "  it is not promoted: its promotion score is {score}, and {max} with more may be (promoted-max)"
            ),
        })
    }

    /// Why a planned change is made, in a few lines.
    pub fn reasons(&self, change: &Change) -> Vec<String> {
        match change {
            Change::Node { .. } => Vec::new(),
            Change::Resource(change) => self.reasons_of(change),
        }
    }

    fn reasons_of(&self, change: &ResourceChange) -> Vec<String> {
        let Some(id) =
            self.situation.resource_by_name(&change.resource).or_else(|| self.find(&change.resource).first().copied())
        else {
            return Vec::new();
        };
        let mut reasons: Vec<String> =
            self.remarks(id).into_iter().chain(self.waits(id)).map(|remark| remark.trim().to_owned()).collect();
        reasons.extend(self.promotion(id).map(|words| words.trim().to_owned()));
        let mut nodes: Vec<&String> = change.destination.iter().chain(&change.origin).collect();
        nodes.dedup();
        for node in nodes.into_iter().filter_map(|name| self.situation.node_by_name(name)) {
            reasons.push(self.verdict(id, node).in_short());
        }
        reasons
    }
}

fn kind(resource: &Resource) -> &'static str {
    if resource.is_group() {
        "a group"
    } else if resource.is_bundle() {
        "a bundle"
    } else if resource.promotable {
        "a promotable clone"
    } else {
        "a clone"
    }
}

#[cfg(test)]
mod tests;
