//! The scores a resource starts with: history, tickets, locks, locations, stickiness, failures.
//!
//! In: situation and constraints. Out: filled node tables.

use super::ledger::{Affected, Cause};
use super::{Cell, Placer};
use crate::cib::model::resource::Role;
use crate::scheduler::constrain::{BanReason, Location, ProbeMode};
use crate::scheduler::resolve::BundleSettings;
use crate::scheduler::resolve::Finding;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use std::collections::BTreeSet;

impl Placer<'_> {
    pub(super) fn gather_scores(&mut self) {
        self.apply_bans(BanReason::LostTicket);
        self.apply_shutdown_locks();
        for at in (0..self.constraints.locations.len()).rev() {
            let location = &self.constraints.locations[at];
            self.noting(Cause::Location(at), Affected::AllOf(location.resource), |placer| {
                placer.apply_location(location.resource, location, true);
            });
        }
        for id in self.placement.top.clone() {
            self.apply_stickiness(id);
        }
        self.apply_failure_limits();
        self.apply_exclusive_discovery();
        self.apply_bans(BanReason::NotThere);
    }

    fn apply_bans(&mut self, why: BanReason) {
        let constraints = self.constraints;
        for ban in constraints.bans.iter().filter(|ban| ban.why == why) {
            let cause = match ban.why {
                BanReason::LostTicket => Cause::LostTicket,
                BanReason::NotThere => Cause::NotThere,
            };
            self.noting(cause, Affected::AllOf(ban.resource), |placer| match (ban.why, ban.node) {
                (BanReason::NotThere, Some(node)) => {
                    if let Some(cell) = placer.row_mut(ban.resource).allowed.get_mut(node) {
                        cell.score = Score::MINUS_INFINITY;
                    }
                }
                (_, node) => placer.add_score(ban.resource, node, Score::MINUS_INFINITY),
            });
        }
    }

    /// A location of a group is for its first member; the others only learn of the nodes.
    fn apply_location(&mut self, id: ResourceId, location: &Location, with_scores: bool) {
        self.apply_location_to(id, location, with_scores);
        let resource = &self.situation.resources[id];
        if let Some(settings) = resource.bundle() {
            self.apply_bundle_location(settings, location, with_scores);
            return;
        }
        let in_line = resource.group().is_some_and(|settings| settings.colocated);
        for (at, child) in self.placement.children[id].clone().into_iter().enumerate() {
            self.apply_location(child, location, with_scores && (!in_line || at == 0));
        }
    }

    /// Roles are for what runs inside; everything else is for the containers and their addresses.
    fn apply_bundle_location(&mut self, settings: &BundleSettings, location: &Location, with_scores: bool) {
        for replica in &settings.replicas {
            self.apply_location(replica.container, location, with_scores);
            if let Some(ip) = replica.ip {
                self.apply_location(ip, location, with_scores);
            }
        }
        if let Some(inside) = settings.inside.filter(|_| location.role > Role::Started) {
            self.apply_location(inside, location, with_scores);
        }
    }

    fn apply_location_to(&mut self, id: ResourceId, location: &Location, with_scores: bool) {
        let (row, hosts) = (&mut self.placement.resources[id], &self.placement.nodes);
        if location.role != Role::Unknown && location.role != row.next {
            return;
        }
        for &(node, score) in &location.nodes {
            let score = if with_scores { score } else { Score::ZERO };
            match row.allowed.get_mut(node) {
                Some(cell) => cell.score += score,
                None => row.allowed.insert(node, Cell { score, probe: hosts[node].probe, ..Cell::default() }),
            }
            if let Some(cell) = row.allowed.get_mut(node).filter(|cell| cell.probe < location.probe) {
                cell.probe = location.probe;
                row.exclusive_probes |= location.probe == ProbeMode::Exclusive;
            }
        }
    }

    /// The locations of a group as its later member would see them; see `flow`.
    pub(super) fn with_locations_of(&self, id: ResourceId, owner: ResourceId) -> super::NodeTable {
        let mut table = self.row(id).allowed.clone();
        for &at in self.constraints.locations_of[owner].iter().rev() {
            let location = &self.constraints.locations[at];
            if location.role != Role::Unknown && location.role != self.row(id).next {
                continue;
            }
            for &(node, score) in &location.nodes {
                match table.get_mut(node) {
                    Some(cell) => cell.score += score,
                    None => table.insert(node, Cell { score, ..Cell::default() }),
                }
            }
        }
        table
    }

    fn apply_stickiness(&mut self, id: ResourceId) {
        let children = self.placement.children[id].clone();
        if !children.is_empty() {
            for child in children {
                self.apply_stickiness(child);
            }
            return;
        }
        let resource = &self.situation.resources[id];
        let &[node] = resource.active_on.as_slice() else { return };
        let may_stay = self.situation.options.symmetric || self.row(id).allowed.get(node).is_some();
        if self.row(id).managed && resource.stickiness >= Score::new(1) && may_stay {
            self.noting(Cause::Stickiness, Affected::Only(id), |placer| {
                placer.add_score(id, Some(node), resource.stickiness);
            });
        }
    }

    /// Bans what failed too often, node by node.
    fn apply_failure_limits(&mut self) {
        let cleared: BTreeSet<(ResourceId, NodeId)> = self
            .situation
            .findings
            .iter()
            .filter_map(|finding| match finding {
                Finding::ClearFailCount { resource, node, .. } => Some((*resource, *node)),
                _ => None,
            })
            .collect();
        for (node, facts) in self.situation.nodes.iter() {
            if facts.fail_counts.is_empty() {
                continue;
            }
            for id in self.situation.resources.ids() {
                if self.placement.children[id].is_empty() && !cleared.contains(&(id, node)) {
                    self.apply_failure_limit(id, node);
                }
            }
        }
    }

    fn apply_failure_limit(&mut self, id: ResourceId, node: NodeId) {
        if self.reached_limit(id, node) {
            let unique = self.situation.resources[id].unique;
            let whole = if unique { id } else { self.situation.top_of(id) };
            self.noting(Cause::Failures(id), Affected::AllOf(whole), |placer| {
                placer.add_score(whole, Some(node), Score::MINUS_INFINITY);
            });
        }
    }

    /// Whether a resource failed on a node as often as it may.
    pub(super) fn reached_limit(&self, id: ResourceId, node: NodeId) -> bool {
        let resource = &self.situation.resources[id];
        if resource.migration_threshold == Score::ZERO || resource.failure_ignored {
            return false;
        }
        // A bundle's connection may be elsewhere than its container: its failures are its own.
        let bundled = resource.parent.is_some_and(|parent| self.situation.resources[parent].is_bundle());
        let launched = resource
            .launched
            .iter()
            .filter(|_| !bundled)
            .map(|inside| self.situation.fail_count(*inside, node, true).0);
        let failures = launched.fold(self.situation.fail_count(id, node, true).0, |sum, count| sum + count);
        failures > Score::ZERO && failures >= resource.migration_threshold
    }

    fn apply_exclusive_discovery(&mut self) {
        for id in self.placement.top.clone() {
            self.keep_where_looked_for(id);
        }
    }

    /// A part's own wish to be looked for only somewhere says nothing about where it may run.
    fn keep_where_looked_for(&mut self, id: ResourceId) {
        let top = self.situation.top_of(id);
        if !self.row(id).exclusive_probes && !self.row(top).exclusive_probes {
            return;
        }
        for child in self.placement.children[id].clone() {
            self.keep_where_looked_for(child);
        }
        self.noting(Cause::Discovery, Affected::Only(id), |placer| {
            for (_, cell) in placer.row_mut(id).allowed.iter_mut() {
                if cell.probe != ProbeMode::Exclusive {
                    cell.score = Score::MINUS_INFINITY;
                }
            }
        });
    }
}
