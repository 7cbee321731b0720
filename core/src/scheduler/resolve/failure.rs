//! What failures, and being found somewhere, finally mean for a resource.
//!
//! In: judged records and the on-fail that came of them. Out: flags, bans and findings in the `Resolver`.

use super::history::{FailureState, Judged};
use super::operation::OnFail;
use super::resource::MultipleActive;
use super::{Finding, Resolver};
use crate::cib::model::resource::Role;
use crate::exit;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

impl Resolver<'_> {
    pub(super) fn note_failure<'r>(
        &mut self,
        judged: &Judged<'r>,
        strategy: OnFail,
        role: Role,
        failure_state: &mut FailureState<'r>,
    ) {
        let (id, node) = (judged.resource, judged.node);
        failure_state.last_failure = Some(judged.record);
        // In an opt-in cluster, agents missing where nobody opted in are no news.
        if self.options.symmetric || judged.exit_code != exit::NOT_INSTALLED {
            self.list_failure(id, node, judged.record);
        }
        failure_state.on_fail = Some(failure_state.on_fail().max(strategy));
        match judged.record.task() {
            "stop" => self.add_score(id, Some(node), Score::MINUS_INFINITY),
            "migrate_to" => self.read_failed_migration_away(judged),
            "migrate_from" => self.read_failed_migration_here(judged),
            "promote" => self.resources[id].role = Role::Promoted,
            "demote" if strategy == OnFail::Block => {
                self.resources[id].role = Role::Promoted;
                self.set_target(id, Role::Stopped, "demote with on-fail=block");
            }
            "demote" if judged.exit_code == exit::NOT_RUNNING => self.resources[id].role = Role::Stopped,
            "demote" => self.resources[id].role = Role::Unpromoted,
            _ => {}
        }
        if judged.record.is_probe() && judged.exit_code == exit::NOT_INSTALLED {
            self.resources[id].role = Role::Stopped;
        } else if self.resources[id].role < Role::Started {
            self.set_active(id);
        }
        if role != Role::Started && self.resources[id].target < role {
            self.set_target(id, role, "failure");
        }
        if role == Role::Stopped {
            self.ban_everywhere(id);
        }
    }

    fn ban_everywhere(&mut self, id: ResourceId) {
        let top = self.resources.top_of(id);
        let whole = if self.resources[top].is_clone() && !self.resources[top].unique { top } else { id };
        for node in self.existing().collect::<Vec<_>>() {
            self.resources[whole].scores.set(node, Score::MINUS_INFINITY);
            self.note_container(whole, node);
        }
    }

    /// After all records of a resource on a node: where it stands, and what its worst failure asks for.
    pub(super) fn conclude_history(&mut self, id: ResourceId, node: NodeId, on_fail: OnFail) {
        let active = self.resources[id].role > Role::Stopped;
        if self.resources[id].role != Role::Unknown {
            self.mark_known(id, node);
        }
        let facts = &self.nodes[node];
        if active && !facts.online && !facts.maintenance && self.resources[id].managed {
            self.fence_host(id, node);
        }
        if on_fail == OnFail::Fence {
            self.note_fencing_cause(id, node);
        }
        let asked = if self.nodes[node].unclean { OnFail::Ignore } else { on_fail };
        self.apply_on_fail(id, node, asked, active);
        if self.resources[id].failed
            && self.resources[id].remote_connection
            && let Some(remote) = self.node_by_name(&self.resources[id].id.clone()).filter(|n| self.nodes[*n].unclean)
        {
            self.nodes[remote].seen = true;
        }
        if active {
            self.add_active(id, node, on_fail != OnFail::Ignore);
            match asked {
                OnFail::Ignore => {}
                OnFail::Demote | OnFail::Block => self.resources[id].failed = true,
                _ => self.mark_failed(id),
            }
        } else if self.resources[id].history_id.as_deref().is_some_and(|name| name.contains(':')) {
            // An old instance number says nothing once the instance is gone.
            self.resources[id].history_id = None;
        } else {
            self.findings.push(Finding::StopNotNeeded { resource: id, node });
        }
        let row = &self.resources[id];
        let is_source = row.partial_migration.is_some_and(|(source, _)| source == node);
        if row.role == Role::Stopped && !row.active_on.is_empty() && is_source {
            self.resources[id].role = Role::Started;
        }
    }

    fn mark_known(&mut self, id: ResourceId, node: NodeId) {
        let lineage: Vec<_> = self.resources.lineage(id).collect();
        for part in lineage {
            self.resources[part].known_on.insert(node);
            if self.resources[part].unique {
                break;
            }
        }
    }

    fn fence_host(&mut self, id: ResourceId, node: NodeId) {
        let mut reason = format!("{} is thought to be active there", self.resources[id].id);
        if self.is_guest(node) {
            self.mark_failed(id);
        } else if !self.options.fencing_enabled {
            return;
        } else if let Some(connection) =
            self.nodes[node].connection.filter(|c| self.nodes[node].is_remote() && !self.resources[*c].failed)
        {
            let _ = connection;
            self.nodes[node].seen = false;
            reason = format!(
                "{} is active there (fencing will be revoked if remote connection can be re-established elsewhere)",
                self.resources[id].id
            );
        }
        self.fence(node, &reason, false);
    }

    fn mark_failed(&mut self, id: ResourceId) {
        self.resources[id].failed = true;
        self.resources[id].stop_if_failed = true;
    }

    fn apply_on_fail(&mut self, id: ResourceId, node: NodeId, on_fail: OnFail, active: bool) {
        match on_fail {
            OnFail::Ignore => {}
            OnFail::Demote => {
                self.resources[id].failed = true;
                self.findings.push(Finding::Demote { resource: id, node });
            }
            OnFail::Fence => {
                let reason = format!("{} failed there", self.resources[id].id);
                self.fence(node, &reason, false);
            }
            OnFail::Standby => {
                self.nodes[node].standby = true;
                self.nodes[node].standby_on_fail = true;
            }
            OnFail::Block => {
                self.resources[id].managed = false;
                self.resources[id].blocked = true;
            }
            OnFail::Ban => self.add_score(id, Some(node), Score::MINUS_INFINITY),
            OnFail::Stop => self.set_target(id, Role::Stopped, "on-fail=stop"),
            OnFail::Restart if active => {
                self.mark_failed(id);
                self.stop_found(id, node);
            }
            OnFail::Restart => {}
            OnFail::RestartContainer => self.restart_container(id, node, active),
            OnFail::ResetRemote => self.reset_remote(id, node, active),
        }
    }

    /// What has failed must stop. On a node that is gone that cannot be done, whatever is in maintenance.
    fn stop_found(&mut self, id: ResourceId, node: NodeId) {
        self.findings.push(Finding::Stop { resource: id, node });
        let facts = &self.nodes[node];
        let is_running_guest = self.is_guest(node) && !facts.remote_reset;
        if !facts.online && !facts.unclean && !is_running_guest && self.resources[id].managed {
            self.fence(node, "stop is unrunnable", false);
        }
    }

    fn restart_container(&mut self, id: ResourceId, node: NodeId, active: bool) {
        self.mark_failed(id);
        let in_bundle = self.resources[self.resources.top_of(id)].parent.is_some();
        match self.resources[id].launcher {
            // The connection may be held from elsewhere, and the container's place may not be known yet.
            Some(launcher) if in_bundle => self.containers_to_stop.push(launcher),
            Some(launcher) => self.stop_found(launcher, node),
            None if active => self.stop_found(id, node),
            None => {}
        }
    }

    fn reset_remote(&mut self, id: ResourceId, node: NodeId, active: bool) {
        self.mark_failed(id);
        if self.options.fencing_enabled
            && let Some(remote) =
                self.node_by_name(&self.resources[id].id.clone()).filter(|_| self.resources[id].remote_connection)
            && self.nodes[remote].is_remote()
            && !self.nodes[remote].remote_fenced
        {
            self.fence(remote, "remote connection is unrecoverable", false);
        }
        if active {
            self.stop_found(id, node);
        }
        if self.resources[id].reconnect_interval_ms > 0 {
            self.set_target(id, Role::Stopped, "remote reset");
        }
    }

    /// Records that a resource is active on a node, and judges whether that is one node too many.
    pub(super) fn add_active(&mut self, id: ResourceId, node: NodeId, failed: bool) {
        if self.resources[id].active_on.contains(&node) {
            return;
        }
        self.resources[id].active_on.push(node);
        if self.resources[id].is_primitive() {
            self.nodes[node].running.push(id);
            self.add_priority(id, node, failed);
            if self.nodes[node].maintenance {
                self.resources[id].managed = false;
                self.resources[id].maintenance = true;
            }
        }
        if !self.resources[id].managed {
            self.add_score(id, Some(node), Score::INFINITY);
            for collective in self.resources.above(id).collect::<Vec<_>>() {
                self.resources[collective].active_on.push(node);
            }
            return;
        }
        if self.is_multiply_active(id) {
            self.apply_multiple_active(id);
        }
        if let Some(parent) = self.resources[id].parent {
            self.add_active(parent, node, false);
        }
    }

    fn add_priority(&mut self, id: ResourceId, node: NodeId, failed: bool) {
        let priority = self.resources[id].priority.value();
        if priority == 0 || failed {
            return;
        }
        let priority = priority + i32::from(self.resources[id].role == Role::Promoted);
        self.nodes[node].priority += priority;
        if let Some(launcher) = self.nodes[node].connection.and_then(|c| self.resources[c].launcher) {
            for host in self.resources[launcher].active_on.clone() {
                self.nodes[host].priority += priority;
            }
        }
    }

    fn is_multiply_active(&self, id: ResourceId) -> bool {
        let resource = &self.resources[id];
        let counts = |node: &&NodeId| resource.needs_fencing || self.nodes[**node].is_well();
        resource.is_primitive() && resource.active_on.iter().filter(counts).count() > 1
    }

    fn apply_multiple_active(&mut self, id: ResourceId) {
        match self.resources[id].multiple_active {
            MultipleActive::StopOnly => {
                for node in self.existing().collect::<Vec<_>>() {
                    self.resources[id].scores.set(node, Score::MINUS_INFINITY);
                    self.note_container(id, node);
                }
            }
            MultipleActive::Block => {
                self.block(id);
                let parent = self.resources[id].parent.filter(|parent| {
                    let parent = &self.resources[*parent];
                    (parent.is_group() || parent.is_bundle()) && parent.multiple_active == MultipleActive::Block
                });
                for sibling in parent.map(|parent| self.resources[parent].children.clone()).unwrap_or_default() {
                    self.block(sibling);
                }
            }
            MultipleActive::StopStart | MultipleActive::StopUnexpected => {}
        }
    }

    fn block(&mut self, id: ResourceId) {
        self.resources[id].managed = false;
        self.resources[id].blocked = true;
    }
}
