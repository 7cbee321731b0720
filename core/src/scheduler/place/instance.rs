//! Instances of a clone: who chooses first, who stays, who comes where.
//!
//! In: instances and how many there may be. Out: a node for as many as possible.

use super::flow::Flow;
use super::ledger::{Affected, Cause};
use super::{NodeTable, Placer};
use crate::cib::model::resource::Role;
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use std::cmp::Ordering;

impl Placer<'_> {
    pub(super) fn sort_instances(&mut self, clone: ResourceId) {
        let instances = self.placement.children[clone].clone();
        self.placement.children[clone] = merge_sort(instances, &|left, right| self.compare_instances(*left, *right));
    }

    pub(super) fn compare_instances(&self, left: ResourceId, right: ResourceId) -> Ordering {
        let active = |id: ResourceId| self.situation.resources[id].active_on.len();
        if active(left) > 0 && active(right) > 0 && active(left) != active(right) {
            return active(left).cmp(&active(right));
        }
        let (left_node, left_allowed) = self.node_if_allowed(left);
        let (right_node, right_allowed) = self.node_if_allowed(right);
        let by_allowed = right_allowed.cmp(&left_allowed);
        let by_priority = self.row(right).priority.cmp(&self.row(left).priority);
        let by_active = right_node.is_some().cmp(&left_node.is_some());
        let order = by_allowed.then(by_priority).then(by_active);
        let (Some(left_node), Some(right_node)) = (left_node, right_node) else { return order };
        order.then_with(|| self.compare_places(left, left_node, right, right_node))
    }

    fn compare_places(&self, left: ResourceId, left_node: NodeId, right: ResourceId, right_node: NodeId) -> Ordering {
        let is_available = |node: NodeId| self.placement.nodes[node].is_available();
        let by_available = is_available(right_node).cmp(&is_available(left_node));
        if by_available != Ordering::Equal {
            return by_available;
        }
        let (left_count, right_count) = (self.parent_count(left, left_node), self.parent_count(right, right_node));
        let by_parent = right_count.is_some().cmp(&left_count.is_some());
        let (Some(left_count), Some(right_count)) = (left_count, right_count) else { return by_parent };
        let by_peers = left_count.cmp(&right_count);
        let by_failure = self.did_fail(left).cmp(&self.did_fail(right));
        by_peers
            .then(by_failure)
            .then_with(|| self.compare_by_colocated(left, right))
            .then_with(|| self.number(left).cmp(&self.number(right)))
    }

    /// The active node, where the instance may stay; and whether nothing speaks against it.
    fn node_if_allowed(&self, id: ResourceId) -> (Option<NodeId>, bool) {
        let Some(node) = self.active_node(id) else { return (None, true) };
        let allowed = self.row(id).allowed.score(node).is_some_and(|score| score >= Score::ZERO);
        (allowed.then_some(node), allowed)
    }

    fn parent_count(&self, id: ResourceId, node: NodeId) -> Option<u32> {
        let parent = self.situation.resources[id].parent.unwrap_or(id);
        self.row(parent).allowed.get(node).map(|cell| cell.count)
    }

    fn did_fail(&self, id: ResourceId) -> bool {
        self.constraints.failed[id] || self.placement.children[id].iter().any(|child| self.did_fail(*child))
    }

    fn number(&self, id: ResourceId) -> u32 {
        let name = &self.situation.resources[id].id;
        let number = name.rsplit_once(':').or_else(|| name.rsplit_once('-'));
        number.and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
    }

    fn compare_by_colocated(&self, left: ResourceId, right: ResourceId) -> Ordering {
        let worth = |id: ResourceId| {
            let Some(node) = self.active_node(id) else { return Score::MINUS_INFINITY };
            let mut table = NodeTable::none(self.situation.nodes.len());
            table.insert(node, super::Cell { score: self.placement.nodes[node].base, ..super::Cell::default() });
            let table = self.with_colocated_scores(id, table);
            table.score(node).unwrap_or(Score::MINUS_INFINITY)
        };
        let has_colocations = |id: ResourceId| !self.this_with(id).is_empty() || !self.with_this(id).is_empty();
        if !has_colocations(left) && !has_colocations(right) && self.all_hosts_equal(left, right) {
            return Ordering::Equal;
        }
        worth(right).cmp(&worth(left))
    }

    fn all_hosts_equal(&self, left: ResourceId, right: ResourceId) -> bool {
        let base = |id: ResourceId| self.active_node(id).map(|node| self.placement.nodes[node].base);
        base(left) == base(right)
    }

    fn with_colocated_scores(&self, id: ResourceId, table: NodeTable) -> NodeTable {
        let mut table = Some(table);
        for at in self.this_with(id) {
            let colocation = &self.constraints.colocations[at];
            let factor = colocation.score.value() as f32 / Score::INFINITY.value() as f32;
            self.add_colocated_scores(colocation.primary, Some(id), &mut table, Some(at), factor, Flow::default());
        }
        for at in self.with_this(id) {
            let colocation = &self.constraints.colocations[at];
            if !self.has_influence(colocation, Some(id)) {
                continue;
            }
            let factor = colocation.score.value() as f32 / Score::INFINITY.value() as f32;
            let flow = Flow { nonnegative: true, ..Flow::default() };
            self.add_colocated_scores(colocation.dependent, Some(id), &mut table, Some(at), factor, flow);
        }
        table.expect("a table that goes in comes out")
    }

    /// First those that can stay where they are, then the rest.
    pub(super) fn assign_instances(
        &mut self,
        clone: ResourceId,
        instances: &[ResourceId],
        max_total: u32,
        max_per_node: u32,
    ) {
        let available = self.reset_counts(clone);
        let optimal = max_total.checked_div(available).unwrap_or(0).max(1);
        let mut assigned = 0;
        for &instance in instances {
            if assigned >= max_total {
                break;
            }
            if !self.row(instance).unassigned {
                continue;
            }
            if let Some(current) = self.preferred(clone, instance, optimal)
                && self.assign_early(clone, instance, current, max_per_node, max_total - assigned)
            {
                assigned += 1;
            }
        }
        for &instance in instances {
            if !self.row(instance).unassigned {
                continue;
            }
            if assigned >= max_total {
                self.noting(Cause::Complete, Affected::AllOf(instance), |placer| {
                    placer.add_score(instance, None, Score::MINUS_INFINITY);
                });
            } else if self.assign_instance(clone, instance, None, max_per_node).is_some() {
                assigned += 1;
            }
        }
    }

    fn reset_counts(&mut self, clone: ResourceId) -> u32 {
        let mut available = 0;
        let (rows, hosts) = (&mut self.placement.resources, &self.placement.nodes);
        for (node, cell) in rows[clone].allowed.iter_mut() {
            cell.count = 0;
            available += u32::from(hosts[node].is_available());
        }
        available
    }

    fn preferred(&self, clone: ResourceId, instance: ResourceId, optimal: u32) -> Option<NodeId> {
        let resource = &self.situation.resources[instance];
        if resource.active_on.is_empty() || self.constraints.failed[instance] {
            return None;
        }
        let node = self.active_node(instance)?;
        let host = &self.placement.nodes[node];
        let is_crowded = self.row(clone).allowed.get(node).is_some_and(|cell| cell.count >= optimal);
        (host.is_available() && host.base >= Score::ZERO && !is_crowded).then_some(node)
    }

    /// Tries to leave an instance where it is. Wherever colocations drag it instead, the place stays reserved.
    fn assign_early(
        &mut self,
        clone: ResourceId,
        instance: ResourceId,
        current: NodeId,
        max_per_node: u32,
        available: u32,
    ) -> bool {
        if !self.row(instance).allowed.get(current).is_some_and(|cell| self.is_available(current, Some(cell))) {
            return false;
        }
        let parts = self.parts(instance);
        let before: Vec<_> = parts.iter().map(|part| self.row(*part).allowed.clone()).collect();
        let clone_before = self.row(clone).allowed.clone();
        let (mut chosen, mark) = (None, self.ledger_mark());
        for _ in 0..available {
            chosen = self.assign_instance(clone, instance, Some(current), max_per_node);
            if chosen == Some(current) {
                break;
            }
            for (part, table) in parts.iter().zip(&before) {
                self.row_mut(*part).allowed.clone_from(table);
            }
            self.forget_since(mark, &parts);
            if chosen.is_none() {
                self.row_mut(instance).unassigned = true;
                break;
            }
            self.unassign(instance);
            chosen = None;
        }
        self.row_mut(clone).allowed = clone_before;
        self.count_in_parent(clone, chosen);
        chosen.is_some()
    }

    fn parts(&self, id: ResourceId) -> Vec<ResourceId> {
        let mut parts = vec![id];
        parts.extend(self.placement.children[id].iter().flat_map(|child| self.parts(*child)));
        parts
    }

    fn assign_instance(
        &mut self,
        clone: ResourceId,
        instance: ResourceId,
        prefer: Option<NodeId>,
        max_per_node: u32,
    ) -> Option<NodeId> {
        if self.row(instance).assigning {
            return None;
        }
        self.ban_unusable(clone, instance, max_per_node);
        let chosen = self.assign(instance, prefer, prefer.is_none());
        self.count_in_parent(clone, chosen);
        chosen
    }

    fn count_in_parent(&mut self, clone: ResourceId, chosen: Option<NodeId>) {
        if let Some(cell) = chosen.and_then(|node| self.row_mut(clone).allowed.get_mut(node)) {
            cell.count += 1;
        }
    }

    fn ban_unusable(&mut self, clone: ResourceId, instance: ResourceId, max_per_node: u32) {
        let removed = self.situation.resources[instance].removed;
        let unusable: Vec<_> = self
            .row(instance)
            .allowed
            .iter()
            .map(|(node, _)| node)
            .filter(|node| {
                let has_room = |cell: &super::Cell| cell.score >= Score::ZERO && cell.count < max_per_node;
                let may = !removed && self.placement.nodes[*node].is_available();
                !(may && self.row(clone).allowed.get(*node).is_some_and(has_room))
            })
            .collect();
        for part in std::iter::once(instance).chain(self.placement.children[instance].clone()) {
            self.noting(Cause::Crowded, Affected::Only(part), |placer| {
                for &node in &unusable {
                    if let Some(cell) = placer.row_mut(part).allowed.get_mut(node) {
                        cell.score = Score::MINUS_INFINITY;
                    }
                }
            });
        }
    }

    /// The instance of a collective that is, or will be, where another resource is; places are compared
    /// by identity, or as colocations see them.
    pub(super) fn compatible_instance(
        &self,
        with: ResourceId,
        collective: ResourceId,
        role: Role,
        current: bool,
        attribute: Option<Option<&str>>,
    ) -> Option<ResourceId> {
        let on = |node: NodeId| {
            let fits = |instance: &&ResourceId| self.instance_matches(**instance, node, role, current, attribute);
            self.situation.resources[collective]
                .bundle()
                .map_or_else(
                    || self.placement.children[collective].clone(),
                    crate::scheduler::resolve::BundleSettings::containers,
                )
                .iter()
                .find(fits)
                .copied()
        };
        let place = if current { self.single_active_node(with) } else { self.assigned_node(with) };
        match place {
            Some(node) => on(node),
            None => self.ranked(&self.row(with).allowed, None).into_iter().find_map(on),
        }
    }

    fn single_active_node(&self, id: ResourceId) -> Option<NodeId> {
        match self.situation.resources[id].active_on.as_slice() {
            [node] => Some(*node),
            _ => None,
        }
    }

    fn instance_matches(
        &self,
        instance: ResourceId,
        node: NodeId,
        role: Role,
        current: bool,
        attribute: Option<Option<&str>>,
    ) -> bool {
        if role != Role::Unknown && role != self.state(instance, current) {
            return false;
        }
        if self.any_part_blocked(instance) {
            return false;
        }
        let place = if current { self.single_active_node(instance) } else { self.assigned_node(instance) };
        place.is_some_and(|place| match attribute {
            None => place == node,
            Some(attribute) => self.same_place(attribute, (place, instance), (node, instance)),
        })
    }
}
