//! What nodes have room for.
//!
//! In: utilization of nodes and resources. Out: bans of nodes that are too full, the order of wishes.

use super::ledger::{Affected, Cause};
use super::{Placer, flow::Flow};
use crate::cib::model::options::PlacementStrategy;
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::TraceLine;
use crate::score::Score;
use quorate_grammar::literal;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A number; what is none counts as nothing.
pub fn amount(text: &str) -> i64 {
    literal::cib::number(text).map_or(0, |n| n.clamp(i64::from(i32::MIN), i64::from(i32::MAX)))
}

type Amounts = BTreeMap<String, i64>;

impl Placer<'_> {
    pub(super) fn trace_capacities(&mut self, when: &'static str) {
        let Some(trace) = &mut self.placement.trace else { return };
        let situation = self.situation;
        // What a bundle runs in its containers is taken of their hosts.
        let is_counted = |node: &NodeId| !situation.is_bundle_node(*node);
        for (node, host) in self.placement.nodes.iter().filter(|(node, _)| is_counted(node)) {
            let utilization = host.capacity.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
            trace.push(TraceLine::Capacity { when, node, utilization });
        }
    }

    /// Negative where the left node has more room.
    pub(super) fn compare_capacities(&self, left: NodeId, right: NodeId) -> Ordering {
        let (left, right) = (&self.placement.nodes[left].capacity, &self.placement.nodes[right].capacity);
        let of = |amounts: &Amounts, name: &String| amounts.get(name).copied().unwrap_or(0);
        let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
        let result: i32 = names
            .map(|name| match of(left, name).cmp(&of(right, name)) {
                Ordering::Greater => -1,
                Ordering::Less => 1,
                Ordering::Equal => 0,
            })
            .sum();
        result.cmp(&0)
    }

    pub(super) fn take_capacity(&mut self, node: NodeId, id: ResourceId) {
        self.change_capacity(node, id, -1);
    }

    pub(super) fn release_capacity(&mut self, node: NodeId, id: ResourceId) {
        self.change_capacity(node, id, 1);
    }

    fn change_capacity(&mut self, node: NodeId, id: ResourceId, sign: i64) {
        let situation = self.situation;
        let capacity = &mut self.placement.nodes[node].capacity;
        for (name, text) in &situation.resources[id].utilization {
            *capacity.entry(name.clone()).or_insert(0) += sign * amount(text);
        }
    }

    /// Bans nodes without room for a resource and all that must go with it.
    /// Where no node has that, says which has most.
    pub(super) fn ban_full_nodes(&mut self, id: ResourceId) -> Option<NodeId> {
        if self.situation.options.placement == PlacementStrategy::Default {
            return None;
        }
        let mut together = Vec::new();
        self.collect_colocated(id, id, &mut together);
        if together.is_empty() {
            return None;
        }
        if !together.contains(&id) {
            together.push(id);
        }
        let mut needed = Amounts::new();
        for &part in &together {
            self.add_needs(part, &together, &mut needed);
        }
        let has_room = |placer: &Self, node: NodeId, needed: &Amounts| {
            let capacity = &placer.placement.nodes[node].capacity;
            needed.iter().all(|(name, amount)| *amount <= capacity.get(name).copied().unwrap_or(0))
        };
        let usable: Vec<_> = self
            .row(id)
            .allowed
            .iter()
            .filter(|(node, cell)| self.is_available(*node, Some(cell)))
            .map(|(node, _)| node)
            .collect();
        let mut most_free: Option<NodeId> = None;
        let present: Vec<_> = self.row(id).allowed.iter().map(|(node, _)| node).collect();
        let order = super::bucket::order(present.iter().map(|node| self.situation.nodes[*node].uuid.as_str()));
        for node in order.into_iter().map(|at| present[at]).filter(|node| usable.contains(node)) {
            if most_free.is_none_or(|best| self.compare_capacities(node, best) == Ordering::Less) {
                most_free = Some(node);
            }
        }
        let any_fits = usable.iter().any(|node| has_room(self, *node, &needed));
        if !any_fits {
            needed = self.own_needs(id);
        }
        for node in usable {
            if !has_room(self, node, &needed) {
                self.noting(Cause::Full, Affected::AllOf(id), |placer| {
                    placer.add_score(id, Some(node), Score::MINUS_INFINITY);
                });
            }
        }
        most_free.filter(|_| !any_fits)
    }

    fn own_needs(&self, id: ResourceId) -> Amounts {
        self.situation.resources[id].utilization.iter().map(|(name, text)| (name.clone(), amount(text))).collect()
    }

    fn add_needs(&self, id: ResourceId, together: &[ResourceId], needed: &mut Amounts) {
        if !self.row(id).unassigned {
            return;
        }
        let resource = &self.situation.resources[id];
        let children = &self.placement.children[id];
        if resource.is_primitive() {
            for (name, amount) in self.own_needs(id) {
                *needed.entry(name).or_insert(0) += amount;
            }
        } else if let Some(settings) = resource.group() {
            let in_clone = resource.parent.is_some_and(|parent| self.situation.resources[parent].is_clone());
            let counted = if settings.colocated || in_clone { children.len() } else { 1 };
            for &member in children.iter().take(counted) {
                if self.row(member).unassigned && !together.contains(&member) {
                    self.add_needs(member, together, needed);
                }
            }
        } else {
            self.add_clone_needs(id, together, needed);
        }
    }

    fn add_clone_needs(&self, id: ResourceId, together: &[ResourceId], needed: &mut Amounts) {
        let mut counted = false;
        let children = &self.placement.children[id];
        for &child in children {
            if together.contains(&child) {
                counted = true;
            } else if self.placement.children[child].iter().any(|member| together.contains(member)) {
                self.add_needs(child, together, needed);
                counted = true;
            }
        }
        if let Some(&first) = children.first().filter(|_| !counted) {
            self.add_needs(first, together, needed);
        }
    }

    /// Resources that must be where this one is, the newest found first.
    fn collect_colocated(&self, id: ResourceId, origin: ResourceId, found: &mut Vec<ResourceId>) {
        let resource = &self.situation.resources[id];
        if let Some(settings) = resource.group() {
            let in_clone = resource.parent.is_some_and(|parent| self.situation.resources[parent].is_clone());
            if settings.colocated || in_clone {
                found.insert(0, id);
                for &member in &self.placement.children[id] {
                    self.collect_colocated(member, origin, found);
                }
                return;
            }
        }
        if found.contains(&id) {
            return;
        }
        found.insert(0, id);
        for at in self.this_with(id) {
            let colocation = &self.constraints.colocations[at];
            let other = colocation.primary;
            if other != origin && colocation.score.is_infinite() && self.affects_location(id, other, at) {
                self.collect_colocated(other, origin, found);
            }
        }
        for at in self.with_this(id) {
            let colocation = &self.constraints.colocations[at];
            let other = colocation.dependent;
            let only_one_of_many = resource.is_clone() && !self.situation.resources[other].is_clone();
            if other != origin
                && !only_one_of_many
                && colocation.score.is_infinite()
                && self.affects_location(other, id, at)
            {
                self.collect_colocated(other, origin, found);
            }
        }
    }

    /// Who chooses first: priority, then who has most to lose where it is, then anywhere.
    pub(super) fn sort_by_wishes(&mut self) {
        let nodes = {
            let mut table = super::NodeTable::none(self.situation.nodes.len());
            for (node, host) in self.placement.nodes.iter() {
                table.insert(node, super::Cell { score: host.base, ..super::Cell::default() });
            }
            self.ranked(&table, None)
        };
        let top = self.placement.top.clone();
        self.placement.top = merge_sort(top, &|left, right| self.compare_wishes(&nodes, *left, *right));
    }

    fn compare_wishes(&self, nodes: &[NodeId], left: ResourceId, right: ResourceId) -> Ordering {
        let by_priority = self.row(right).priority.cmp(&self.row(left).priority);
        if by_priority != Ordering::Equal {
            return by_priority;
        }
        let wishes = |id: ResourceId| {
            let mut table = None;
            self.add_colocated_scores(id, None, &mut table, None, 1.0, Flow { this_with: true, ..Flow::default() });
            table
        };
        let (left_wishes, right_wishes) = (wishes(left), wishes(right));
        let score = |table: &Option<super::NodeTable>, node: Option<NodeId>| {
            node.zip(table.as_ref()).and_then(|(node, table)| table.score(node)).unwrap_or(Score::MINUS_INFINITY)
        };
        let here = |id: ResourceId| self.active_node(id);
        let by_current = score(&right_wishes, here(right)).cmp(&score(&left_wishes, here(left)));
        if by_current != Ordering::Equal {
            return by_current;
        }
        nodes
            .iter()
            .map(|node| score(&right_wishes, Some(*node)).cmp(&score(&left_wishes, Some(*node))))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    }
}
