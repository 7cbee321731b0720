//! From recorded results to the state of a resource on a node.
//!
//! In: a node's histories. Out: roles, active nodes, failures and findings in the `Resolver`.
//! Never here: finding the resource (see `instance`), what failures finally lead to (see `failure`).

use super::change::Change;
use super::operation::OnFail;
use super::{FailedOperation, Finding, Resolver};
use crate::cib::model::resource::Role;
use crate::exit;
use crate::scheduler::resolve::resource::Pending;
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::status::operation::ExecutionStatus;
use crate::status::{NodeState, OperationRecord, ResourceHistory};
use crate::time::Interval;

/// One record under judgement. The results start as recorded and end as they are meant.
pub(super) struct Judged<'r> {
    pub resource: ResourceId,
    pub node: NodeId,
    pub record: &'r OperationRecord,
    pub status: ExecutionStatus,
    pub exit_code: i32,
    /// -1 where the record does not say.
    pub expected: i32,
}

/// What is carried from record to record of one history.
#[derive(Default)]
pub(super) struct FailureState<'r> {
    pub last_failure: Option<&'r OperationRecord>,
    pub on_fail: Option<OnFail>,
}

impl FailureState<'_> {
    /// What the failures so far lead to; without any, nothing.
    pub fn on_fail(&self) -> OnFail {
        self.on_fail.unwrap_or(OnFail::Ignore)
    }
}

impl Resolver<'_> {
    pub(super) fn read_node_history(&mut self, node: NodeId, state: &NodeState) {
        let mut removed_launched = false;
        for history in &state.history {
            if let Some(resource) = self.read_resource_history(node, history) {
                removed_launched |= self.resources[resource].removed_launched;
            }
        }
        if removed_launched {
            self.link_removed_launched(state);
        }
    }

    fn link_removed_launched(&mut self, state: &NodeState) {
        for history in &state.history {
            let Some(launcher) = history.container().and_then(|name| self.by_name.get(name).copied()) else {
                continue;
            };
            let Some(resource) = self.by_name.get(history.id()).copied() else { continue };
            if self.resources[resource].launcher.is_none() && self.resources[resource].removed_launched {
                self.resources[resource].launcher = Some(launcher);
                self.resources[launcher].launched.push(resource);
            }
        }
    }

    fn read_resource_history(&mut self, node: NodeId, history: &ResourceHistory) -> Option<ResourceId> {
        if history.operations.is_empty() && !self.options.shutdown_lock {
            return None;
        }
        let id = match self.resource_of_history(node, history) {
            Some(id) => id,
            None if history.operations.is_empty() => return None,
            None => self.add_removed(history),
        };
        self.read_shutdown_lock(id, node, history);
        let role_before = self.resources[id].role;
        self.resources[id].role = Role::Unknown;
        // Newest first in the document's reverse, then by age: ties keep that order.
        let newest_first: Vec<_> = history.operations.iter().rev().collect();
        let by_age =
            merge_sort(newest_first, &|left: &&OperationRecord, right: &&OperationRecord| left.compare_age(right));
        let mut failure_state = FailureState::default();
        for record in &by_age {
            self.judge_record(id, node, record, &mut failure_state);
        }
        self.find_recurring(id, node, &by_age);
        self.conclude_history(id, node, failure_state.on_fail());
        if let Some(wanted) = self.configured_target(id) {
            let target = self.resources[id].target;
            if target == Role::Unknown || wanted < target {
                self.set_target(id, wanted, "target-role");
            }
        }
        if role_before > self.resources[id].role {
            self.resources[id].role = role_before;
        }
        Some(id)
    }

    fn read_shutdown_lock(&mut self, id: ResourceId, node: NodeId, history: &ResourceHistory) {
        let Some(since) = history.shutdown_lock().filter(|_| self.options.shutdown_lock) else { return };
        let limit = i64::from(self.options.shutdown_lock_limit_ms) / 1000;
        if limit > 0 && self.input.present_for(since) > since + limit {
            self.findings.push(Finding::ForgetHistory { resource: id, node });
        } else {
            self.resources[id].shutdown_lock = Some((node, since));
        }
    }

    /// Recurring operations since the last start: they are running there now.
    fn find_recurring(&mut self, id: ResourceId, node: NodeId, by_age: &[&OperationRecord]) {
        if !self.nodes[node].online {
            return;
        }
        let (start, stop) = crate::status::operation::active_span(by_age);
        for (at, record) in by_age.iter().enumerate() {
            let at = at as i64;
            let is_before = (start < stop && at <= stop) || at < start;
            if is_before || record.interval_ms == 0 || record.status == Some(ExecutionStatus::Pending) {
                continue;
            }
            let (task, interval_ms) = (record.task().to_owned(), record.interval_ms);
            self.findings.push(Finding::Recurring { resource: id, node, task, interval_ms });
        }
    }

    fn judge_record<'r>(
        &mut self,
        id: ResourceId,
        node: NodeId,
        record: &'r OperationRecord,
        failure_state: &mut FailureState<'r>,
    ) {
        const TELLING: [&str; 8] =
            ["monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from", "asyncmon"];
        if record.id().is_empty() || !TELLING.contains(&record.task()) {
            return;
        }
        let status = record.status.filter(|status| *status != ExecutionStatus::Cancelled);
        let (Some(status), Some(exit_code)) = (status, record.exit_code) else {
            let name = self.resources[id].id.to_string();
            self.error(&name, &format!("ignoring history entry {} because its result cannot be read", record.id()));
            return;
        };
        let expected = record.expected_exit_code.unwrap_or(-1);
        let mut judged = Judged { resource: id, node, record, status, exit_code, expected };
        let expired = self.failure_expired(&judged);
        self.interpret(&mut judged, failure_state, expired);
        if expired && self.pass_over_expired(&judged, exit_code) {
            return;
        }
        if self.is_masked(id, record) {
            self.mask_probe(&judged, failure_state);
            return;
        }
        self.apply_result(judged, failure_state);
    }

    fn apply_result<'r>(&mut self, judged: Judged<'r>, failure_state: &mut FailureState<'r>) {
        let (id, node) = (judged.resource, judged.node);
        let whole = if self.resources[id].unique { id } else { self.resources.top_of(id) };
        match judged.status {
            ExecutionStatus::Pending => return self.note_pending(&judged, failure_state),
            ExecutionStatus::Done => return self.note_success(&judged, judged.exit_code, failure_state),
            ExecutionStatus::NotInstalled => {
                let (strategy, role) = self.failure_handling(id, node, judged.record.task(), judged.record.interval_ms);
                if strategy == OnFail::Ignore {
                    failure_state.on_fail = Some(OnFail::Ban);
                }
                self.add_score(whole, Some(node), Score::MINUS_INFINITY);
                return self.note_failure(&judged, strategy, role, failure_state);
            }
            ExecutionStatus::NotConnected => self.fail_connection_of(node),
            _ => {}
        }
        let (strategy, role) = self.failure_handling(id, node, judged.record.task(), judged.record.interval_ms);
        let container_will_stop_it = strategy == OnFail::RestartContainer && judged.record.task() == "stop";
        if strategy == OnFail::Ignore || container_will_stop_it {
            self.note_success(&judged, judged.expected, failure_state);
            self.resources[id].failure_ignored = true;
            self.list_failure(id, node, judged.record);
            if container_will_stop_it && failure_state.on_fail() <= OnFail::Restart {
                failure_state.on_fail = Some(strategy);
            }
            return;
        }
        self.note_failure(&judged, strategy, role, failure_state);
        match judged.status {
            ExecutionStatus::HardError => self.add_score(whole, Some(node), Score::MINUS_INFINITY),
            ExecutionStatus::FatalError => self.add_score(whole, None, Score::MINUS_INFINITY),
            _ => {}
        }
    }

    fn fail_connection_of(&mut self, node: NodeId) {
        if let Some(connection) = self.nodes[node].connection.filter(|connection| self.resources[*connection].managed) {
            self.resources[connection].failed = true;
            self.resources[connection].stop_if_failed = true;
        }
    }

    /// Turns what was recorded into what it means.
    fn interpret(&mut self, judged: &mut Judged, failure_state: &mut FailureState, expired: bool) {
        let id = judged.resource;
        let effective = match judged.exit_code {
            exit::DEGRADED => exit::OK,
            exit::DEGRADED_PROMOTED => exit::PROMOTED,
            code => code,
        };
        if effective != judged.exit_code {
            judged.exit_code = effective;
            let node = &self.nodes[judged.node];
            if !expired && (!node.shutdown || node.online) {
                self.list_failure(id, judged.node, judged.record);
            }
        }
        let is_not_running = judged.status == ExecutionStatus::Done && judged.exit_code == exit::NOT_RUNNING;
        if self.is_masked(id, judged.record) && !is_not_running {
            judged.status = ExecutionStatus::Done;
            judged.exit_code = exit::NOT_RUNNING;
        }
        match judged.status {
            ExecutionStatus::Done | ExecutionStatus::Error => {}
            ExecutionStatus::NoFenceDevice | ExecutionStatus::NoSecrets => {
                judged.status = ExecutionStatus::HardError;
                return;
            }
            _ => return,
        }
        judged.status = if judged.expected >= 0 && judged.exit_code == judged.expected {
            ExecutionStatus::Done
        } else {
            ExecutionStatus::Error
        };
        self.interpret_exit_code(judged, failure_state, expired);
    }

    fn interpret_exit_code(&mut self, judged: &mut Judged, failure_state: &mut FailureState, expired: bool) {
        let id = judged.resource;
        let is_probe = judged.record.is_probe();
        match judged.exit_code {
            exit::OK if is_probe && judged.expected == exit::NOT_RUNNING => judged.status = ExecutionStatus::Done,
            exit::OK => {}
            exit::NOT_RUNNING => self.interpret_not_running(judged, failure_state),
            exit::PROMOTED => {
                if is_probe && judged.exit_code != judged.expected {
                    judged.status = ExecutionStatus::Done;
                }
                if !expired || judged.exit_code == judged.expected {
                    self.resources[id].role = Role::Promoted;
                }
            }
            exit::FAILED_PROMOTED => {
                if !expired {
                    self.resources[id].role = Role::Promoted;
                }
                judged.status = ExecutionStatus::Error;
            }
            exit::NOT_CONFIGURED => judged.status = ExecutionStatus::FatalError,
            exit::UNIMPLEMENTED if judged.record.interval_ms > 0 => judged.status = ExecutionStatus::NotSupported,
            exit::UNIMPLEMENTED | exit::NOT_INSTALLED | exit::INVALID_PARAMETER | exit::INSUFFICIENT_PRIVILEGES => {
                if !expired {
                    self.block_if_unrecoverable(judged);
                }
                judged.status = ExecutionStatus::HardError;
            }
            _ if judged.status == ExecutionStatus::Done => judged.status = ExecutionStatus::Error,
            _ => {}
        }
    }

    fn interpret_not_running(&mut self, judged: &mut Judged, failure_state: &mut FailureState) {
        let id = judged.resource;
        if judged.record.is_probe() || judged.expected == judged.exit_code || !self.resources[id].managed {
            judged.status = ExecutionStatus::Done;
            self.resources[id].role = Role::Stopped;
            failure_state.on_fail = None;
            self.set_target(id, Role::Unknown, "not running");
        }
    }

    /// A stop that cannot ever work, on a node that cannot be fenced, ends all recovery.
    fn block_if_unrecoverable(&mut self, judged: &Judged) {
        if judged.record.task() == "stop" && !self.can_fence(judged.node) {
            let name = self.resources[judged.resource].id.to_string();
            self.error(
                &name,
                "no further recovery can be attempted because its stop failed and its node cannot be fenced",
            );
            self.resources[judged.resource].managed = false;
            self.resources[judged.resource].blocked = true;
        }
    }

    /// Whether a failure is too old to count; clears the fail count where that is due.
    fn failure_expired(&mut self, judged: &Judged) -> bool {
        let (id, node, record) = (judged.resource, judged.node, judged.record);
        if judged.status == ExecutionStatus::NotInstalled {
            return false;
        }
        let is_last_failure = record.id().ends_with("_last_failure_0");
        let timeout = Interval(self.resources[id].failure_timeout_ms).seconds();
        let mut expired = false;
        let mut unexpired_count = Score::ZERO;
        if timeout > 0
            && let Some(last_run) = record.last_change
        {
            expired = self.input.present_for(last_run) >= last_run + timeout && !self.timeout_is_moot(id, record);
            let (count, last) = self.fail_count(id, node, true, Some(record));
            unexpired_count = count;
            let over_at = last + timeout + 1 + self.input.left_out_since(last);
            if count != Score::ZERO && self.input.now.epoch() < over_at {
                self.recheck.at(over_at);
            }
        }
        let mut clear = None;
        if expired {
            if self.fail_count(id, node, false, Some(record)).0 != Score::ZERO {
                if unexpired_count == Score::ZERO {
                    clear = Some("it expired");
                } else {
                    expired = false;
                }
            } else if is_last_failure && self.resources[id].reconnect_interval_ms > 0 {
                clear = Some("reconnect interval is set");
            }
        }
        if !expired && is_last_failure && matches!(record.task(), "start" | "monitor") {
            if self.needs_host_as_address(id) {
                self.findings.push(Finding::CheckFailure { resource: id, node, record: record.clone() });
            } else if matches!(self.change_since(id, node, record), Change::Parameters | Change::Restart) {
                clear = Some("resource parameters have changed");
            }
        }
        if let Some(reason) = clear {
            let after_fencing = self.options.fencing_enabled && self.resources[id].reconnect_interval_ms > 0;
            // A guest that later turns out to need fencing was there when this was found.
            let reachable = self.is_guest(node) && !self.nodes[node].remote_reset;
            self.findings.push(Finding::ClearFailCount { resource: id, node, reason, after_fencing, reachable });
        }
        if expired && record.is_probe() {
            let tells_state = [exit::OK, exit::NOT_RUNNING, exit::PROMOTED, exit::DEGRADED, exit::DEGRADED_PROMOTED];
            expired = !tells_state.contains(&judged.exit_code);
        }
        expired
    }

    /// A failed remote monitor counts until the node was fenced, however old it is.
    fn timeout_is_moot(&self, id: ResourceId, record: &OperationRecord) -> bool {
        let resource = &self.resources[id];
        resource.reconnect_interval_ms > 0
            && self.options.fencing_enabled
            && record.interval_ms > 0
            && record.task() == "monitor"
            && self.node_by_name(&resource.id).is_some_and(|node| !self.nodes[node].remote_fenced)
    }

    /// Count and time of the last failure; `effective` leaves expired ones out.
    pub(super) fn fail_count(
        &mut self,
        id: ResourceId,
        node: NodeId,
        effective: bool,
        record: Option<&OperationRecord>,
    ) -> (Score, i64) {
        let resource = &self.resources[id];
        let total = self.nodes[node].failures_of(resource);
        if total.count > Score::ZERO && resource.failure_timeout_ms > 0 && self.failure_blocks(id, node, record) {
            let name = self.resources[id].id.to_string();
            self.warn(&name, "ignoring failure-timeout because it conflicts with on-fail=block");
            self.resources[id].failure_timeout_ms = 0;
        }
        let timeout_ms = if effective { self.resources[id].failure_timeout_ms } else { 0 };
        total.at(self.input.present_for(total.last), timeout_ms).count_and_last()
    }

    /// True when nothing more is to be made of an expired result.
    fn pass_over_expired(&mut self, judged: &Judged, recorded_exit: i32) -> bool {
        if self.is_masked(judged.resource, judged.record) && recorded_exit != judged.expected {
            if self.resources[judged.resource].role <= Role::Stopped {
                self.resources[judged.resource].role = Role::Unknown;
            }
            return true;
        }
        if judged.exit_code == judged.expected {
            return false;
        }
        if judged.record.interval_ms == 0 {
            return true;
        }
        if self.nodes[judged.node].is_well() {
            // The monitor must be started again, for it is not known whether it still runs.
            self.expired_monitors.insert((judged.node, judged.record.id().to_owned()));
            return true;
        }
        false
    }

    /// Where nothing is installed nothing runs; but what makes a bundle must be installed.
    fn is_masked(&self, id: ResourceId, record: &OperationRecord) -> bool {
        let in_bundle = || self.resources[self.resources.top_of(id)].parent.is_some();
        record.is_maskable_probe() && !in_bundle()
    }

    fn mask_probe(&mut self, judged: &Judged, failure_state: &mut FailureState) {
        let id = judged.resource;
        let whole = if self.resources[id].unique { id } else { self.resources.top_of(id) };
        self.note_success(judged, judged.expected, failure_state);
        self.list_failure(id, judged.node, judged.record);
        self.add_score(whole, Some(judged.node), Score::MINUS_INFINITY);
    }

    fn note_pending(&mut self, judged: &Judged, failure_state: &FailureState) {
        let (id, record) = (judged.resource, judged.record);
        if failure_state.last_failure.is_some_and(|failure| is_not_older(failure, record)) {
            return;
        }
        match record.task() {
            "start" => {
                self.resources[id].start_pending = true;
                self.set_active(id);
            }
            "promote" => self.resources[id].role = Role::Promoted,
            "migrate_to" if self.nodes[judged.node].unclean => {
                // Nobody knows how far it got, so the target must be stopped too.
                if let Some(target) = record.attr("migrate_target").and_then(|name| self.node_by_name(name)) {
                    self.findings.push(Finding::Stop { resource: id, node: target });
                }
            }
            _ => {}
        }
        if self.resources[id].pending.is_none() && !record.is_probe() {
            self.resources[id].pending = Some(Pending { task: record.task().to_owned(), node: judged.node });
        }
    }

    pub(super) fn note_success(&mut self, judged: &Judged, exit_code: i32, failure_state: &mut FailureState) {
        let (id, record) = (judged.resource, judged.record);
        let mut clears_failure = true;
        if exit_code == exit::NOT_INSTALLED || self.is_masked(id, record) {
            self.resources[id].role = Role::Stopped;
            clears_failure = false;
        } else if exit_code == exit::NOT_RUNNING {
        } else {
            match record.task() {
                "monitor" => {
                    clears_failure = failure_state.last_failure.is_some_and(|failure| failure.key() == record.key());
                    self.set_active_unless(id);
                }
                "start" | "migrate_from" => self.resources[id].role = Role::Started,
                "stop" => self.resources[id].role = Role::Stopped,
                "promote" => self.resources[id].role = Role::Promoted,
                "demote" => {
                    clears_failure = failure_state.on_fail() == OnFail::Demote;
                    self.resources[id].role = Role::Unpromoted;
                }
                "migrate_to" => {
                    clears_failure = false;
                    self.read_migration_away(judged);
                }
                _ => {
                    clears_failure = false;
                    self.set_active_unless(id);
                }
            }
        }
        if clears_failure {
            self.forget_failures(id, failure_state);
        }
    }

    fn forget_failures(&mut self, id: ResourceId, failure_state: &mut FailureState) {
        let reconnects = self.resources[id].reconnect_interval_ms != 0;
        match failure_state.on_fail() {
            OnFail::Stop | OnFail::Ban | OnFail::Standby | OnFail::Fence => {}
            OnFail::ResetRemote if reconnects => {}
            OnFail::Block
            | OnFail::Ignore
            | OnFail::Demote
            | OnFail::Restart
            | OnFail::RestartContainer
            | OnFail::ResetRemote => {
                failure_state.on_fail = None;
                self.set_target(id, Role::Unknown, "clear past failures");
            }
        }
    }

    fn set_active_unless(&mut self, id: ResourceId) {
        if self.resources[id].role < Role::Started {
            self.set_active(id);
        }
    }

    pub(super) fn set_active(&mut self, id: ResourceId) {
        let promotable = self.resources[self.resources.top_of(id)].promotable;
        self.resources[id].role = if promotable { Role::Unpromoted } else { Role::Started };
    }

    pub(super) fn list_failure(&mut self, id: ResourceId, node: NodeId, record: &OperationRecord) {
        if !self.nodes[node].online || !self.failed_keys.insert((node, record.key().to_owned())) {
            return;
        }
        self.failed.push(FailedOperation { resource: id, node, record: record.clone() });
    }
}

/// Whether a failure of the same operation is as new as this record or newer.
fn is_not_older(failure: &OperationRecord, record: &OperationRecord) -> bool {
    failure.task() == record.task()
        && failure.interval_ms == record.interval_ms
        && failure.last_change.unwrap_or(0) >= record.last_change.unwrap_or(0)
}
