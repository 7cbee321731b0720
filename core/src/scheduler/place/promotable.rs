//! Who of a promotable clone is promoted.
//!
//! In: promotion scores that agents set, constraints on the promoted role. Out: next roles.

use super::Placer;
use super::flow::Flow;
use super::ledger::{Affected, Cause};
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::scheduler::resolve::resource::without_instance;
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::TraceLine;
use crate::score::Score;

impl Placer<'_> {
    /// Instances go where they can be promoted.
    pub(super) fn add_promotion_scores(&mut self, clone: ResourceId) {
        if std::mem::replace(&mut self.promotion_scored[clone], true) {
            return;
        }
        for instance in self.placement.children[clone].clone() {
            let nodes: Vec<_> = self.row(instance).allowed.iter().map(|(node, _)| node).collect();
            for node in nodes {
                if !self.placement.nodes[node].is_available() {
                    continue;
                }
                let score = self.promotion_score(instance, node).unwrap_or_default();
                let row = self.row_mut(instance);
                row.priority = row.priority.max(score);
                if score > Score::ZERO {
                    self.noting(Cause::Promotion, Affected::Only(instance), |placer| {
                        if let Some(cell) = placer.row_mut(instance).allowed.get_mut(node) {
                            cell.score += score;
                        }
                    });
                }
            }
        }
    }

    /// What the agent thinks of promoting here; `None` where it says nothing. Members of a group add up.
    fn promotion_score(&self, id: ResourceId, node: NodeId) -> Option<Score> {
        let children = &self.placement.children[id];
        if !children.is_empty() {
            let scores: Vec<_> = children.iter().filter_map(|child| self.promotion_score(*child, node)).collect();
            return (!scores.is_empty())
                .then(|| scores.into_iter().fold(Score::ZERO, |sum, score| Score::new(sum.value() + score.value())));
        }
        if !self.promotion_score_applies(id, node) {
            return None;
        }
        let resource = &self.situation.resources[id];
        let source = self.attributes_of(id, node)?;
        let attribute = |name: &str| self.situation.nodes[source].attribute(&format!("master-{name}"));
        let own = attribute(resource.history_id.as_deref().unwrap_or(&resource.id));
        let base = without_instance(&resource.id);
        let text = own.or_else(|| attribute(base).filter(|_| !resource.unique && resource.id != base))?;
        Some(Score::parse(text).unwrap_or_default())
    }

    /// The node whose attributes count: a container's node may speak with its host's.
    fn attributes_of(&self, id: ResourceId, node: NodeId) -> Option<NodeId> {
        let resource = &self.situation.resources[id];
        let wants_host =
            resource.meta("container-attribute-target").is_some_and(|target| target.eq_ignore_ascii_case("host"));
        let connection = self.situation.nodes[node].connection.filter(|_| wants_host);
        let Some(container) = connection.and_then(|connection| self.situation.resources[connection].launcher) else {
            return Some(node);
        };
        match self.row(id).unassigned {
            true => self.situation.resources[container].active_on.first().copied(),
            false => self.row(container).node,
        }
    }

    /// A score may be left over from another time; it counts for an instance that is, or was looked for, there.
    fn promotion_score_applies(&self, id: ResourceId, node: NodeId) -> bool {
        let resource = &self.situation.resources[id];
        let allowed = self.row(id).allowed.score(node).is_some_and(|score| score >= Score::ZERO);
        if !resource.unique {
            let clone = self.situation.top_of(id);
            let same_part = |part: ResourceId| self.situation.resources[part].config_id == resource.config_id;
            let parts = || {
                self.placement.children[clone]
                    .iter()
                    .flat_map(|child| self.leaves(*child))
                    .filter(|part| same_part(*part))
            };
            let active = parts().find(|part| self.situation.resources[*part].active_on.contains(&node));
            if active == Some(id) {
                return allowed;
            }
            if active.is_none() && parts().any(|part| self.situation.resources[part].known_on.contains(&node)) {
                return allowed;
            }
        }
        if resource.active_on.is_empty() && resource.known_on.is_empty() {
            return allowed;
        }
        (resource.known_on.contains(&node) || resource.active_on.contains(&node)) && allowed
    }

    fn leaves(&self, id: ResourceId) -> Vec<ResourceId> {
        let children = &self.placement.children[id];
        if children.is_empty() { vec![id] } else { children.iter().flat_map(|child| self.leaves(*child)).collect() }
    }

    pub(super) fn set_instance_roles(&mut self, clone: ResourceId) {
        for (_, cell) in self.row_mut(clone).allowed.iter_mut() {
            cell.count = 0;
        }
        for instance in self.placement.children[clone].clone() {
            self.set_promotion_priority(clone, instance);
        }
        self.rank_for_promotion(clone);
        let mut promoted = 0;
        for instance in self.placement.children[clone].clone() {
            self.set_instance_role(clone, instance, &mut promoted);
        }
    }

    fn set_promotion_priority(&mut self, clone: ResourceId, instance: ResourceId) {
        if self.state(instance, true) == Role::Started {
            self.mark_unpromoted(instance);
        }
        let Some(node) = self.assigned_node(instance) else { return };
        let next = self.state(instance, false);
        match next {
            Role::Started | Role::Unknown => {
                let score = self.promotion_score(instance, node);
                self.row_mut(instance).priority = score.unwrap_or(Score::new(-1));
            }
            Role::Unpromoted | Role::Stopped => self.row_mut(instance).priority = Score::MINUS_INFINITY,
            Role::Promoted => {}
        }
        for owner in [instance, clone] {
            self.add_promoted_locations(instance, owner, node);
        }
        for at in self.this_with(instance) {
            let primary = self.constraints.colocations[at].primary;
            self.noting(Cause::With(at), Affected::AllOf(instance), |placer| {
                placer.apply_colocation(instance, primary, at, true);
            });
        }
        let row = self.row_mut(instance);
        row.promotion_priority = if next == Role::Promoted { Score::INFINITY } else { row.priority };
    }

    fn add_promoted_locations(&mut self, instance: ResourceId, owner: ResourceId, node: NodeId) {
        for &at in &self.constraints.locations_of[owner] {
            let location = &self.constraints.locations[at];
            if location.role != Role::Promoted {
                continue;
            }
            if let Some((_, score)) = location.nodes.iter().rev().find(|(named, _)| *named == node) {
                self.placement.resources[instance].priority += *score;
            }
        }
    }

    /// A promotable instance that only started is unpromoted.
    fn mark_unpromoted(&mut self, id: ResourceId) {
        if self.row(id).current == Role::Started {
            self.row_mut(id).current = Role::Unpromoted;
        }
        for child in self.placement.children[id].clone() {
            self.mark_unpromoted(child);
        }
    }

    fn rank_for_promotion(&mut self, clone: ResourceId) {
        if std::mem::replace(&mut self.promotion_ranked[clone], true) {
            return;
        }
        self.updating[clone].set(true);
        let instances = self.placement.children[clone].clone();
        for &instance in &instances {
            let priority = self.row(instance).promotion_priority;
            if priority < Score::ZERO {
                continue;
            }
            if let Some(cell) = self.assigned_node(instance).and_then(|node| self.row_mut(clone).allowed.get_mut(node))
            {
                cell.score += priority;
            }
        }
        for at in self.with_this(clone) {
            self.add_wishes_for_promotion(clone, at);
        }
        let lacks_ticket = self.constraints.tickets[clone].iter().any(|need| need.role == Role::Promoted && !need.held);
        if lacks_ticket {
            self.noting(Cause::LostTicket, Affected::AllOf(clone), |placer| {
                placer.add_score(clone, None, Score::MINUS_INFINITY);
            });
        }
        for &instance in &instances {
            self.take_promotion_priority(clone, instance);
        }
        self.placement.children[clone] = merge_sort(instances, &|left, right| {
            let priority = |id: ResourceId| self.row(id).promotion_priority;
            priority(*right)
                .cmp(&priority(*left))
                .then(self.state(*right, true).cmp(&self.state(*left, true)))
                .then_with(|| self.compare_instances(*left, *right))
        });
        self.updating[clone].set(false);
    }

    fn add_wishes_for_promotion(&mut self, clone: ResourceId, at: usize) {
        let colocation = &self.constraints.colocations[at];
        if colocation.primary_role != Role::Promoted || !self.has_influence(colocation, None) {
            return;
        }
        let factor = colocation.score.value() as f32 / Score::INFINITY.value() as f32;
        let flow = Flow { active: true, nonnegative: true, ..Flow::default() };
        let mut table = Some(self.row(clone).allowed.clone());
        self.add_colocated_scores(colocation.dependent, Some(clone), &mut table, Some(at), factor, flow);
        if let Some(table) = table {
            self.row_mut(clone).allowed = table;
        }
    }

    fn take_promotion_priority(&mut self, clone: ResourceId, instance: ResourceId) {
        let node = self.assigned_node(instance);
        let row = self.row(instance);
        let priority = if !row.managed && row.next == Role::Promoted {
            Score::INFINITY
        } else if let Some(node) = node {
            if row.promotion_priority < Score::ZERO {
                return;
            }
            self.row(clone).allowed.score(node).unwrap_or(row.promotion_priority)
        } else {
            Score::MINUS_INFINITY
        };
        self.row_mut(instance).promotion_priority = priority;
    }

    fn set_instance_role(&mut self, clone: ResourceId, instance: ResourceId, promoted: &mut u32) {
        let (node, score) = (self.assigned_node(instance), self.row(instance).promotion_priority);
        self.trace(TraceLine::Promotion { resource: instance, node, score });
        let max = self.situation.resources[clone].clone_settings().map_or(0, |settings| settings.promoted_max);
        let may_be = score >= Score::ZERO && (*promoted < max || !self.row(clone).managed);
        let chosen = if may_be { self.promotion_node(clone, instance) } else { None };
        let frozen = !self.situation.quorate && self.situation.no_quorum_policy == NoQuorumPolicy::Freeze;
        let Some(node) = chosen.filter(|_| self.row(instance).current >= Role::Promoted || !frozen) else {
            return self.set_unpromoted(instance);
        };
        if let Some(cell) = self.row_mut(clone).allowed.get_mut(node) {
            cell.count += 1;
        }
        self.set_promoted(instance);
        *promoted += 1;
    }

    fn promotion_node(&self, clone: ResourceId, id: ResourceId) -> Option<NodeId> {
        for &child in &self.placement.children[id] {
            self.promotion_node(clone, child)?;
        }
        let node = self.assigned_node(id)?;
        let row = self.row(id);
        if !row.managed {
            if self.state(id, true) != Role::Promoted {
                return None;
            }
        } else if row.priority < Score::ZERO || !self.is_available(node, None) || !self.guest_will_run(node) {
            return None;
        }
        let cell = self.row(clone).allowed.get(node)?;
        let max = self.situation.resources[clone].clone_settings().map_or(0, |settings| settings.promoted_node_max);
        (cell.count < max || !row.managed).then_some(node)
    }

    fn guest_will_run(&self, node: NodeId) -> bool {
        let connection = self.situation.nodes[node].connection;
        let launcher = connection.and_then(|connection| self.situation.resources[connection].launcher);
        launcher.is_none_or(|launcher| self.assigned_node(launcher).is_some())
    }

    fn set_unpromoted(&mut self, id: ResourceId) {
        if self.assigned_nodes(id).is_empty() {
            self.set_next(id, Role::Stopped, "stopped instance");
        } else {
            self.set_next(id, Role::Unpromoted, "unpromoted instance");
        }
        for child in self.placement.children[id].clone() {
            self.set_unpromoted(child);
        }
    }

    fn set_promoted(&mut self, id: ResourceId) {
        if self.row(id).next == Role::Unknown {
            self.set_next(id, Role::Promoted, "promoted instance");
        }
        for child in self.placement.children[id].clone() {
            self.set_promoted(child);
        }
    }

    /// A dependent of one role goes where instances have that role.
    pub(super) fn follow_roles(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) {
        let colocation = &self.constraints.colocations[at];
        let mut nodes = Vec::new();
        for instance in self.placement.children[primary].clone() {
            let Some(node) = self.assigned_node(instance) else { continue };
            if self.state(instance, false) != colocation.primary_role {
                continue;
            }
            if !colocation.score.is_infinite() {
                self.add_where_same(dependent, (primary, node), at);
            }
            nodes.push((node, self.assigned_score(instance)));
        }
        let both_promoted = colocation.dependent_role == Role::Promoted && colocation.primary_role == Role::Promoted;
        if colocation.score.is_infinite() && !both_promoted {
            self.keep_to(dependent, &nodes);
        }
    }

    fn add_where_same(&mut self, dependent: ResourceId, (primary, node): (ResourceId, NodeId), at: usize) {
        let colocation = &self.constraints.colocations[at];
        let same: Vec<_> = self
            .row(dependent)
            .allowed
            .iter()
            .map(|(other, _)| other)
            .filter(|other| self.same_place(colocation.node_attribute.as_deref(), (node, primary), (*other, dependent)))
            .collect();
        for other in same {
            if let Some(cell) = self.row_mut(dependent).allowed.get_mut(other) {
                cell.score += colocation.score;
            }
        }
    }

    fn assigned_score(&self, id: ResourceId) -> Score {
        let leaf = self.leaves(id).first().copied().unwrap_or(id);
        self.row(leaf).score
    }

    /// A promoted dependent wants a promoted primary beside it.
    pub(super) fn follow_promotion(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        let colocation = &self.constraints.colocations[at];
        let beside = self.compatible_instance(
            dependent,
            primary,
            colocation.primary_role,
            false,
            Some(colocation.node_attribute.as_deref()),
        );
        if beside.is_some() {
            self.row_mut(dependent).priority += colocation.score;
            return colocation.score;
        }
        if colocation.score.is_infinite() {
            self.row_mut(dependent).priority = Score::MINUS_INFINITY;
            return Score::MINUS_INFINITY;
        }
        Score::ZERO
    }
}
