//! Resources that wait for their node to come back after a clean shutdown.
//!
//! In: locks found in history, nodes that leave. Out: bans everywhere else.

use super::Placer;
use super::ledger::{Affected, Cause};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

impl Placer<'_> {
    pub(super) fn apply_shutdown_locks(&mut self) {
        if !self.situation.options.shutdown_lock {
            return;
        }
        for id in self.placement.top.clone() {
            self.apply_shutdown_lock(id);
        }
    }

    fn apply_shutdown_lock(&mut self, id: ResourceId) {
        let resource = &self.situation.resources[id];
        if resource.is_group() {
            for member in self.placement.children[id].clone() {
                self.apply_shutdown_lock(member);
            }
            return;
        }
        if !resource.is_primitive() || resource.fence_device || resource.remote_connection {
            return;
        }
        match (self.row(id).shutdown_lock, resource.active_on.as_slice()) {
            (Some((node, _)), [_, ..]) => {
                // It runs again, so the lock has served.
                self.placement.unlocked.push((id, node));
                self.row_mut(id).shutdown_lock = None;
            }
            (None, &[node]) if self.situation.nodes[node].shutdown && !self.placement.nodes[node].unclean => {
                let since = self.shutdown_time(node);
                self.row_mut(id).shutdown_lock = Some((node, since));
            }
            _ => {}
        }
        let Some((locked_to, since)) = self.row(id).shutdown_lock else { return };
        let limit = i64::from(self.situation.options.shutdown_lock_limit_ms) / 1000;
        if limit > 0 {
            self.placement.recheck.at(since + limit + 1);
        }
        for node in self.situation.nodes.ids().filter(|node| *node != locked_to) {
            self.noting(Cause::ShutdownLock(locked_to), Affected::Only(id), |placer| {
                placer.add_score(id, Some(node), Score::MINUS_INFINITY);
            });
        }
    }

    fn shutdown_time(&self, node: NodeId) -> i64 {
        let asked = self.situation.nodes[node].attribute("shutdown").and_then(|text| text.parse().ok());
        asked.filter(|since| *since != 0).unwrap_or(self.situation.now.epoch())
    }
}
