//! Lists of colocations as a resource sees them, and scores that flow through them.
//!
//! In: colocations. Out: the constraints to consider, best first; tables with others' wishes added.
//! This is the one recursion of placement; `updating` ends it at what is being added up already.

use super::ledger::{Affected, Cause};
use super::{NodeTable, Placer};
use crate::scheduler::constrain::Colocation;
use crate::scheduler::resolve::BundleSettings;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use std::cmp::Ordering;

/// How scores flow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    /// Follow primaries rather than dependents.
    pub this_with: bool,
    /// A node that is wanted shall not become unwanted.
    pub nonnegative: bool,
    /// Give up where no node is left.
    pub active: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ThisWith,
    WithThis,
}

impl Placer<'_> {
    /// Colocations in which a resource, or what it is part of, is the dependent.
    pub(super) fn this_with(&self, id: ResourceId) -> Vec<usize> {
        let mut list = Vec::new();
        self.collect(id, id, Direction::ThisWith, &mut list);
        list
    }

    /// Colocations in which a resource, or what it is part of, is the primary.
    pub(super) fn with_this(&self, id: ResourceId) -> Vec<usize> {
        let mut list = Vec::new();
        self.collect(id, id, Direction::WithThis, &mut list);
        list
    }

    fn own(&self, id: ResourceId, direction: Direction) -> &[usize] {
        match direction {
            Direction::ThisWith => &self.placement.colocated.this_with[id],
            Direction::WithThis => &self.placement.colocated.with_this[id],
        }
    }

    fn insert(&self, list: &mut Vec<usize>, at: usize, direction: Direction) {
        let colocations = &self.constraints.colocations;
        let other = |at: usize| match direction {
            Direction::ThisWith => colocations[at].primary,
            Direction::WithThis => colocations[at].dependent,
        };
        let priority = |id: ResourceId| self.row(id).priority;
        let is_after = |new: usize, old: usize| {
            crate::scheduler::constrain::compare_colocated(self.situation, priority, other(new), other(old))
                == Ordering::Greater
        };
        crate::scheduler::constrain::insert_sorted(list, at, is_after);
    }

    /// A whole list into another. Where there is one already, Pacemaker adds the first of the new
    /// as often as the new is long. So do we, for placements depend on it.
    fn insert_all(&self, list: &mut Vec<usize>, addition: &[usize], direction: Direction) {
        if list.is_empty() {
            list.extend_from_slice(addition);
            return;
        }
        for _ in addition {
            self.insert(list, addition[0], direction);
        }
    }

    fn collect(&self, id: ResourceId, origin: ResourceId, direction: Direction, list: &mut Vec<usize>) {
        let resource = &self.situation.resources[id];
        if resource.is_primitive() {
            self.collect_of_primitive(id, origin, direction, list);
        } else if resource.is_group() {
            match direction {
                Direction::WithThis => self.collect_with_group(id, origin, list),
                Direction::ThisWith => self.collect_group_with(id, origin, list),
            }
        } else if let Some(settings) = resource.bundle() {
            if self.speaks_for(settings, id, origin) {
                self.insert_all(list, self.own(id, direction), direction);
            }
        } else {
            self.insert_all(list, self.own(id, direction), direction);
            if let Some(parent) = resource.parent {
                self.collect(parent, origin, direction, list);
            }
        }
    }

    /// A bundle's colocations are its containers'; for roles inside they count once all is placed.
    fn speaks_for(&self, settings: &BundleSettings, bundle: ResourceId, origin: ResourceId) -> bool {
        if origin == bundle || settings.replicas.iter().any(|replica| replica.container == origin) {
            return true;
        }
        let Some(inside) = settings.inside.filter(|inside| self.situation.resources[*inside].promotable) else {
            return false;
        };
        if origin == inside {
            return self.promotion_ranked[inside];
        }
        self.situation.top_of(origin) == inside && !self.row(origin).unassigned
    }

    fn collect_of_primitive(&self, id: ResourceId, origin: ResourceId, direction: Direction, list: &mut Vec<usize>) {
        if id == origin {
            self.insert_all(list, self.own(id, direction), direction);
            if let Some(parent) = self.situation.resources[id].parent {
                self.collect(parent, origin, direction, list);
            }
            return;
        }
        for &at in self.own(id, direction) {
            if self.constraints.colocations[at].explicit {
                self.insert(list, at, direction);
            }
        }
    }

    /// Others go with the last member, for it comes up last.
    fn collect_with_group(&self, id: ResourceId, origin: ResourceId, list: &mut Vec<usize>) {
        let members = &self.placement.children[id];
        if origin != id && members.last() != Some(&origin) {
            return;
        }
        self.collect_of_group(id, origin, Direction::WithThis, list);
    }

    /// Its own, those of what it is part of, and those of its other members.
    fn collect_of_group(&self, id: ResourceId, origin: ResourceId, direction: Direction, list: &mut Vec<usize>) {
        let resource = &self.situation.resources[id];
        self.insert_all(list, self.own(id, direction), direction);
        if let Some(parent) = resource.parent {
            self.collect(parent, origin, direction, list);
        }
        if resource.group().is_some_and(|settings| settings.colocated) {
            for &member in self.placement.children[id].iter().filter(|member| **member != origin) {
                self.collect(member, origin, direction, list);
            }
        }
    }

    /// The first member goes with others, for the rest follows it.
    fn collect_group_with(&self, id: ResourceId, origin: ResourceId, list: &mut Vec<usize>) {
        let members = &self.placement.children[id];
        if id == origin || members.first() == Some(&origin) {
            return self.collect_of_group(id, origin, Direction::ThisWith, list);
        }
        // A member after an unmanaged one cannot rely on it to carry the group's colocations.
        let unmanaged =
            members.iter().take_while(|member| **member != origin).find(|member| !self.row(**member).managed);
        if unmanaged.is_some() {
            for &at in self.own(id, Direction::ThisWith) {
                if self.constraints.colocations[at].score.is_infinite() {
                    self.insert(list, at, Direction::ThisWith);
                }
            }
        }
    }

    /// Whether the dependent's wishes count for its primary.
    pub(super) fn has_influence(&self, colocation: &Colocation, primary: Option<ResourceId>) -> bool {
        let primary = primary.unwrap_or(colocation.primary);
        let resource = &self.situation.resources[primary];
        let dependent = &self.situation.resources[colocation.dependent];
        let in_bundle = dependent.remote_connection
            && dependent.parent.is_some_and(|parent| self.situation.resources[parent].is_bundle());
        if in_bundle && !self.constraints.failed[primary] && resource.active_on.len() == 1 {
            return false;
        }
        colocation.influence || self.situation.resources[primary].active_on.is_empty()
    }

    /// Adds what a dependent wishes to its primary's table.
    pub(super) fn add_dependent_scores(&mut self, at: usize, primary: ResourceId) {
        let colocation = &self.constraints.colocations[at];
        if !self.has_influence(colocation, None) {
            return;
        }
        let factor = colocation.score.value() as f32 / Score::INFINITY.value() as f32;
        let flow = Flow { active: true, nonnegative: self.situation.resources[primary].is_clone(), ..Flow::default() };
        let mut table = Some(self.row(primary).allowed.clone());
        self.add_colocated_scores(colocation.dependent, Some(primary), &mut table, Some(at), factor, flow);
        if let Some(table) = table {
            self.noting(Cause::Wish(at), Affected::Only(primary), |placer| placer.row_mut(primary).allowed = table);
        }
    }

    /// Adds a resource's scores, and those that flow into it, to a table; without a table, makes one of its own.
    pub(super) fn add_colocated_scores(
        &self,
        source: ResourceId,
        target: Option<ResourceId>,
        table: &mut Option<NodeTable>,
        at: Option<usize>,
        factor: f32,
        flow: Flow,
    ) {
        if self.updating[source].replace(true) {
            return;
        }
        if self.situation.resources[source].is_group() {
            let members = &self.placement.children[source];
            let speaker = if table.is_none() { members.last() } else { members.first() };
            if let Some(&speaker) = speaker {
                self.add_colocated_scores(speaker, target, table, at, factor, flow);
            }
        } else {
            self.add_scores_of(source, target, table, at, factor, flow);
        }
        self.updating[source].set(false);
    }

    fn add_scores_of(
        &self,
        source: ResourceId,
        target: Option<ResourceId>,
        table: &mut Option<NodeTable>,
        at: Option<usize>,
        factor: f32,
        flow: Flow,
    ) {
        let (mut work, target) = match (table.as_ref(), at) {
            (Some(table), Some(at)) => {
                let mut work = table.clone();
                self.add_matching_scores(&mut work, source, target, at, factor, flow.nonnegative);
                (work, target)
            }
            _ => (self.row(source).allowed.clone(), Some(source)),
        };
        if self.any_available(&work) {
            let list = if flow.this_with { self.this_with(source) } else { self.with_this(source) };
            let onward = Flow { active: true, ..flow };
            for at in list {
                let colocation = &self.constraints.colocations[at];
                let other_factor = factor * colocation.score.value() as f32 / Score::INFINITY.value() as f32;
                let other = if flow.this_with {
                    colocation.primary
                } else if self.has_influence(colocation, None) {
                    colocation.dependent
                } else {
                    continue;
                };
                let mut next = Some(work);
                self.add_colocated_scores(other, target, &mut next, Some(at), other_factor, onward);
                work = next.expect("a table that goes in comes out");
            }
        } else if flow.active {
            return;
        }
        if flow.nonnegative {
            for (_, cell) in work.iter_mut().filter(|(_, cell)| cell.spent) {
                cell.spent = false;
                cell.score = Score::new(1);
            }
        }
        *table = Some(work);
    }

    fn add_matching_scores(
        &self,
        work: &mut NodeTable,
        source: ResourceId,
        target: Option<ResourceId>,
        at: usize,
        factor: f32,
        only_positive: bool,
    ) {
        let colocation = &self.constraints.colocations[at];
        let wishes = self.wishes_of(source, colocation);
        let wishes = wishes.as_ref().unwrap_or(&self.row(source).allowed);
        let primary = &self.situation.resources[colocation.primary];
        for (node, cell) in work.iter_mut() {
            let score = self.best_matching(wishes, colocation.node_attribute.as_deref(), (node, target), source);
            if factor < 0.0 && score < Score::ZERO {
                // Two that avoid each other, and one that is unwanted: only where the other has no choice
                // does that make the node attractive.
                let is_weak = primary.stickiness >= -score || !self.has_influence(colocation, None);
                if is_weak || !self.is_allowed_on_one(colocation.dependent) {
                    continue;
                }
            }
            if cell.spent {
                continue;
            }
            let delta = share(factor, score);
            let sum = cell.score + delta;
            if only_positive && sum < Score::ZERO && cell.score > Score::ZERO {
                cell.spent = true;
                cell.score = Score::MINUS_INFINITY;
                continue;
            }
            if only_positive && sum < Score::ZERO && cell.score == Score::ZERO {
                continue;
            }
            cell.score = sum;
        }
    }

    /// A later member of a group speaks for the group where someone named it in a constraint.
    fn wishes_of(&self, source: ResourceId, colocation: &Colocation) -> Option<NodeTable> {
        if source != colocation.dependent || !colocation.explicit {
            return None;
        }
        let parent = self.situation.resources[source].parent?;
        let is_later_member =
            self.situation.resources[parent].is_group() && self.placement.children[parent].first() != Some(&source);
        is_later_member.then(|| self.with_locations_of(source, parent))
    }

    fn best_matching(
        &self,
        wishes: &NodeTable,
        attribute: Option<&str>,
        (node, target): (NodeId, Option<ResourceId>),
        source: ResourceId,
    ) -> Score {
        let is_available = |node: NodeId| self.placement.nodes[node].is_available();
        let is_plain = |node: NodeId| self.placement.nodes[node].is_named && !self.placement.nodes[node].is_guest;
        if attribute.is_none() && is_plain(node) && !self.in_bundle(source) {
            let score = wishes.score(node).filter(|_| is_available(node));
            return score.unwrap_or(Score::MINUS_INFINITY);
        }
        let wanted = self.value_seen(attribute, node, target);
        let matching = wishes.iter().filter(|(other, _)| {
            is_available(*other) && same_value(wanted, self.value_seen(attribute, *other, Some(source)))
        });
        matching.map(|(_, cell)| cell.score).max().unwrap_or(Score::MINUS_INFINITY)
    }

    fn in_bundle(&self, id: ResourceId) -> bool {
        let top = self.situation.top_of(id);
        self.situation.resources[top].parent.is_some() || self.wants_host(id)
    }

    fn wants_host(&self, id: ResourceId) -> bool {
        let target = self.situation.resources[id].meta("container-attribute-target");
        target.is_some_and(|target| target.eq_ignore_ascii_case("host"))
    }

    /// Whether two nodes count as one for a colocation, each as a resource sees it.
    pub(super) fn same_place(
        &self,
        attribute: Option<&str>,
        left: (NodeId, ResourceId),
        right: (NodeId, ResourceId),
    ) -> bool {
        same_value(self.value_seen(attribute, left.0, Some(left.1)), self.value_seen(attribute, right.0, Some(right.1)))
    }

    /// The same where the second may be nowhere.
    pub(super) fn both_at(
        &self,
        attribute: Option<&str>,
        left: (NodeId, ResourceId),
        right: (Option<NodeId>, ResourceId),
    ) -> bool {
        let there = right.0.and_then(|node| self.value_seen(attribute, node, Some(right.1)));
        same_value(self.value_seen(attribute, left.0, Some(left.1)), there)
    }

    /// A node's value of an attribute, by which nodes are compared. What runs in a bundle is compared by
    /// the container's host, for nothing else can be on the container's own node.
    fn value_seen(&self, attribute: Option<&str>, node: NodeId, seen_by: Option<ResourceId>) -> Option<&str> {
        let place = match seen_by {
            Some(id) if self.placement.nodes[node].is_guest && self.looks_at_host(node, id) => {
                let connection = self.situation.nodes[node].connection?;
                self.row(self.situation.resources[connection].launcher?).node?
            }
            _ => node,
        };
        self.situation.nodes[place].attribute(attribute.unwrap_or("#uname"))
    }

    fn looks_at_host(&self, node: NodeId, id: ResourceId) -> bool {
        let resources = &self.situation.resources;
        let top = self.situation.top_of(id);
        let is_inside = resources[top]
            .parent
            .is_some_and(|bundle| resources[bundle].bundle().is_some_and(|settings| settings.inside == Some(top)));
        (self.situation.nodes[node].in_bundle && is_inside) || self.wants_host(id)
    }

    fn is_allowed_on_one(&self, id: ResourceId) -> bool {
        self.row(id).allowed.iter().filter(|(_, cell)| cell.score >= Score::ZERO).take(2).count() == 1
    }
}

fn same_value(left: Option<&str>, right: Option<&str>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        (None, None) => true,
        _ => false,
    }
}

/// A part of a score, rounded half away from zero; what is not nothing does not become nothing.
fn share(factor: f32, score: Score) -> Score {
    let exact = f64::from(factor * score.value() as f32);
    let rounded = if exact < 0.0 { exact - 0.5 } else { exact + 0.5 } as i32;
    if rounded == 0 && score != Score::ZERO {
        return Score::new(if factor > 0.0 {
            1
        } else if factor < 0.0 {
            -1
        } else {
            0
        });
    }
    Score::new(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_something_is_never_nothing() {
        for (factor, score, want) in
            [(0.5, 3, 2), (0.5, -3, -2), (0.001, 5, 1), (-0.001, 5, -1), (1.0, 0, 0), (0.1, 1_000_000, 100_000)]
        {
            assert_eq!(share(factor, Score::new(score)), Score::new(want), "{factor} of {score}");
        }
    }
}
