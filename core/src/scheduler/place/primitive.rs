//! The best node for one primitive.
//!
//! In: its node table, its colocations. Out: a node, or none.

use super::ledger::{Affected, Cause};
use super::{NodeTable, Placer};
use crate::cib::model::options::{NoQuorumPolicy, PlacementStrategy};
use crate::cib::model::resource::Role;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::{Stage, TraceLine};
use crate::score::Score;
use std::cmp::Ordering;

impl Placer<'_> {
    pub(super) fn assign_primitive(
        &mut self,
        id: ResourceId,
        prefer: Option<NodeId>,
        stop_if_fail: bool,
    ) -> Option<NodeId> {
        let parent = self.situation.resources[id].parent;
        if let Some(parent) = parent.filter(|parent| !self.row(*parent).assigning) {
            self.assign(parent, prefer, stop_if_fail);
        }
        if !self.row(id).unassigned {
            return self.row(id).node;
        }
        if self.row(id).assigning {
            return None;
        }
        self.row_mut(id).assigning = true;
        self.apply_colocations(id);
        self.apply_target(id);
        self.trace_scores(Stage::Primitive, id);
        if self.situation.options.fencing_enabled && !self.situation.have_fencing {
            // Nothing may be started where a lost node could not be made safe.
            self.row_mut(id).managed = false;
        }
        if !self.row(id).managed {
            let current = self.row(id).current;
            self.set_next(id, current, "unmanaged");
            let here = self.active_node(id);
            let score = here.map(|node| self.placement.nodes[node].base);
            self.assign_node(id, here, score, true, stop_if_fail);
        } else if self.situation.options.stop_all_resources {
            self.assign_node(id, None, None, true, stop_if_fail);
        } else {
            self.assign_best(id, prefer, stop_if_fail);
        }
        self.row_mut(id).assigning = false;
        if self.situation.resources[id].remote_connection {
            self.note_connection(id);
        }
        self.row(id).node
    }

    /// First those who must be together or apart, then those who would like to.
    fn apply_colocations(&mut self, id: ResourceId) {
        let (this_with, with_this) = (self.this_with(id), self.with_this(id));
        let is_mandatory = |placer: &Self, at: &usize| {
            let score = placer.constraints.colocations[*at].score;
            score.is_banned() || score.is_infinite()
        };
        for mandatory in [true, false] {
            for &at in this_with.iter().filter(|at| is_mandatory(self, at) == mandatory).collect::<Vec<_>>() {
                self.noting(Cause::With(at), Affected::Only(id), |placer| placer.apply_this_with(id, at));
            }
            for &at in with_this.iter().filter(|at| is_mandatory(self, at) == mandatory).collect::<Vec<_>>() {
                self.add_dependent_scores(at, id);
            }
        }
    }

    fn apply_this_with(&mut self, id: ResourceId, at: usize) {
        let colocation = &self.constraints.colocations[at];
        let primary = colocation.primary;
        let may_be_dropped = colocation.dependent_role >= Role::Promoted
            || (colocation.score < Score::ZERO && !colocation.score.is_banned());
        let before = may_be_dropped.then(|| self.row(id).allowed.clone());
        if self.row(primary).unassigned {
            self.assign(primary, None, true);
        }
        self.apply_colocation(id, primary, at, true);
        if let Some(before) = before.filter(|_| !self.any_available(&self.row(id).allowed)) {
            self.row_mut(id).allowed = before;
        }
    }

    fn apply_target(&mut self, id: ResourceId) {
        let row = self.row(id);
        let frozen = !self.situation.quorate && self.situation.no_quorum_policy == NoQuorumPolicy::Freeze;
        if row.next == Role::Stopped {
            self.noting(Cause::Target, Affected::Only(id), |placer| placer.add_score(id, None, Score::MINUS_INFINITY));
        } else if row.next > row.current && frozen {
            let current = row.current;
            self.set_next(id, current, "no-quorum-policy=freeze");
        }
    }

    fn assign_best(&mut self, id: ResourceId, prefer: Option<NodeId>, stop_if_fail: bool) -> bool {
        let most_free = self.ban_full_nodes(id);
        let prefer = prefer.or(most_free);
        if !self.row(id).unassigned {
            return self.row(id).node.is_some();
        }
        let running = self.active_node(id);
        let ranked = self.ranked(&self.row(id).allowed, running);
        self.note_choice(id, &ranked);
        let allowed = &self.row(id).allowed;
        let score = |node: NodeId| allowed.score(node).unwrap_or(Score::MINUS_INFINITY);
        let best = ranked.first().copied();
        let preferred = prefer.zip(best).filter(|(prefer, best)| {
            let cell = allowed.get(*prefer);
            cell.is_some() && score(*prefer) >= score(*best) && self.is_available(*prefer, cell)
        });
        let chosen = preferred.map(|(prefer, _)| prefer).or_else(|| {
            let best = best?;
            let parent = self.situation.resources[id].parent.map(|parent| &self.situation.resources[parent]);
            let is_unique_instance = parent.is_some_and(|parent| parent.is_clone() && parent.unique);
            if is_unique_instance || score(best) <= Score::ZERO || !self.is_available(best, None) {
                return Some(best);
            }
            // Of equally good nodes, the one where it runs.
            let stays = running
                .filter(|node| self.is_available(*node, None) && self.placement.nodes[*node].base >= Score::ZERO);
            let equal = ranked.iter().take_while(|node| score(**node) == score(best));
            Some(equal.copied().find(|node| Some(*node) == stays).unwrap_or(best))
        });
        let chosen_score = chosen.map(score);
        self.assign_node(id, chosen, chosen_score, false, stop_if_fail);
        self.row(id).node.is_some()
    }

    /// Present nodes, best first.
    pub(super) fn ranked(&self, table: &NodeTable, running: Option<NodeId>) -> Vec<NodeId> {
        let mut nodes: Vec<_> = table.iter().map(|(node, _)| node).collect();
        nodes.sort_by(|left, right| self.compare_nodes(table, running, *left, *right));
        nodes
    }

    fn compare_nodes(&self, table: &NodeTable, running: Option<NodeId>, left: NodeId, right: NodeId) -> Ordering {
        let hosts = &self.placement.nodes;
        let score = |node: NodeId| {
            let score = table.score(node).filter(|_| hosts[node].is_available());
            score.unwrap_or(Score::MINUS_INFINITY)
        };
        let by_score = score(right).cmp(&score(left));
        let by_name = hosts[left].rank.cmp(&hosts[right].rank);
        let strategy = self.situation.options.placement;
        if by_score != Ordering::Equal || strategy == PlacementStrategy::Minimal {
            return by_score.then(by_name);
        }
        let by_capacity = match strategy {
            PlacementStrategy::Balanced => self.compare_capacities(left, right),
            _ => Ordering::Equal,
        };
        let by_load = hosts[left].load.cmp(&hosts[right].load);
        let by_running = (Some(right) == running).cmp(&(Some(left) == running));
        by_capacity.then(by_load).then(by_running).then(by_name)
    }

    /// Gives a resource, or all its parts, a node. Returns whether that is news.
    pub(super) fn assign_node(
        &mut self,
        id: ResourceId,
        node: Option<NodeId>,
        score: Option<Score>,
        force: bool,
        stop_if_fail: bool,
    ) -> bool {
        let children = self.placement.children[id].clone();
        if !children.is_empty() {
            let mut changed = false;
            for child in children {
                changed |= self.assign_node(child, node, score, force, stop_if_fail);
            }
            return changed;
        }
        let mut node = node;
        if let Some(wanted) = node.filter(|_| !force) {
            let host = &self.placement.nodes[wanted];
            let is_banned = score.is_some_and(|score| score < Score::ZERO);
            if is_banned || (!host.is_available() && !host.is_guest) {
                if stop_if_fail {
                    self.set_next(id, Role::Stopped, "node availability");
                }
                node = None;
            }
        }
        let changed = self.row(id).node != node;
        self.unassign(id);
        self.row_mut(id).unassigned = false;
        let Some(node) = node else {
            if stop_if_fail {
                self.set_next(id, Role::Stopped, "unable to assign");
                self.row_mut(id).refused = true;
            }
            return changed;
        };
        let row = self.row_mut(id);
        row.node = Some(node);
        row.score = score.unwrap_or_else(|| row.allowed.score(node).unwrap_or(Score::ZERO));
        self.placement.nodes[node].load += 1;
        self.take_capacity(node, id);
        self.trace(TraceLine::Taken { resource: id, node });
        changed
    }

    pub(super) fn unassign(&mut self, id: ResourceId) {
        self.row_mut(id).unassigned = true;
        let children = self.placement.children[id].clone();
        if children.is_empty() {
            if let Some(node) = self.row_mut(id).node.take() {
                self.placement.nodes[node].load -= 1;
                self.release_capacity(node, id);
            }
            return;
        }
        for child in children {
            self.unassign(child);
        }
    }

    /// A remote node is there if its connection will be.
    fn note_connection(&mut self, id: ResourceId) {
        let name = &self.situation.resources[id].id;
        let Some(node) = self.situation.node_by_name(name) else { return };
        let is_up = self.row(id).node.is_some() && self.row(id).next != Role::Stopped;
        let seen = self.situation.nodes[node].seen;
        let host = &mut self.placement.nodes[node];
        if is_up {
            host.online = true;
            if !seen {
                host.unclean = false;
            }
        } else {
            host.shutdown = true;
        }
    }
}
