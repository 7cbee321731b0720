//! A bundle: its containers like instances, then what belongs to each, then what runs inside.
//!
//! In: a bundle. Out: a node for as many containers as possible, and their nodes for the instances.

use super::Placer;
use super::ledger::{Affected, Cause};
use crate::scheduler::constrain::ProbeMode;
use crate::scheduler::resolve::{BundleSettings, Replica};
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::scheduler::trace::Stage;
use crate::score::Score;

impl Placer<'_> {
    /// An instance in a container is looked for only on its own node.
    pub(super) fn keep_at_home(&mut self) {
        let situation = self.situation;
        for settings in situation.resources.rows().iter().filter_map(|resource| resource.bundle()) {
            for replica in &settings.replicas {
                let (Some(inside), Some(node)) = (replica.inside, replica.node) else { continue };
                let row = self.row_mut(inside);
                row.exclusive_probes = true;
                if let Some(cell) = row.allowed.get_mut(node) {
                    cell.probe = ProbeMode::Exclusive;
                }
            }
        }
    }

    /// A bundle has no node of its own, so none is returned.
    pub(super) fn assign_bundle(
        &mut self,
        id: ResourceId,
        prefer: Option<NodeId>,
        stop_if_fail: bool,
    ) -> Option<NodeId> {
        let settings = self.situation.resources[id].bundle()?;
        self.row_mut(id).assigning = true;
        self.trace_scores(Stage::Bundle, id);
        let containers = merge_sort(settings.containers(), &|left, right| self.compare_instances(*left, *right));
        self.assign_instances(id, &containers, settings.replicas.len() as u32, settings.per_host);
        for replica in &settings.replicas {
            self.assign_replica(replica, prefer, stop_if_fail);
        }
        if let Some(inside) = settings.inside {
            self.assign_inside(settings, inside, prefer, stop_if_fail);
        }
        let row = self.row_mut(id);
        row.assigning = false;
        row.unassigned = false;
        None
    }

    fn assign_replica(&mut self, replica: &Replica, prefer: Option<NodeId>, stop_if_fail: bool) {
        if let Some(ip) = replica.ip {
            self.assign(ip, prefer, stop_if_fail);
        }
        if let Some(remote) = replica.remote {
            self.nest(replica.container, remote);
            self.assign(remote, prefer, stop_if_fail);
        }
        let Some(inside) = replica.inside else { return };
        let nodes: Vec<_> = self.row(inside).allowed.iter().map(|(node, _)| node).collect();
        for node in nodes {
            let is_home = Some(node) == replica.node;
            let gives_up = is_home && self.reached_limit(inside, node);
            self.noting(Cause::Contained, Affected::Only(inside), |placer| {
                if let Some(cell) = placer.row_mut(inside).allowed.get_mut(node).filter(|_| !gives_up) {
                    cell.score = if is_home { Score::INFINITY } else { Score::MINUS_INFINITY };
                }
            });
        }
        let Some(clone) = self.situation.resources[inside].parent else { return };
        self.row_mut(clone).assigning = true;
        self.assign(inside, replica.node, stop_if_fail);
        self.row_mut(clone).assigning = false;
    }

    /// A remote executor keeps one connection only: who holds that to the host holds the one into the container.
    fn nest(&mut self, container: ResourceId, remote: ResourceId) {
        let host = self.row(container).node.filter(|host| self.situation.nodes[*host].is_remote());
        let connection = host.and_then(|host| self.situation.nodes[host].connection);
        let Some(&new) = connection.and_then(|connection| self.constraints.nested.get(&(remote, connection))) else {
            return;
        };
        let rows = &self.placement.resources;
        let priority = |id: ResourceId| rows[id].priority;
        self.placement.colocated.insert(self.situation, priority, &self.constraints.colocations, new);
    }

    fn assign_inside(
        &mut self,
        settings: &BundleSettings,
        inside: ResourceId,
        prefer: Option<NodeId>,
        stop_if_fail: bool,
    ) {
        self.noting(Cause::Contained, Affected::Only(inside), |placer| {
            for (node, cell) in placer.row_mut(inside).allowed.iter_mut() {
                let is_home = settings.replicas.iter().any(|replica| replica.node == Some(node));
                cell.score = if is_home { Score::ZERO } else { Score::MINUS_INFINITY };
            }
        });
        self.assign(inside, prefer, stop_if_fail);
    }
}
