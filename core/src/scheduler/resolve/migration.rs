//! Live moves that were under way: who has the resource now.
//!
//! In: records of migrate_to and migrate_from. Out: where the resource is, halfway moves, sources left behind.

use super::Resolver;
use super::history::Judged;
use crate::cib::model::resource::Role;
use crate::exit;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::status::operation::ExecutionStatus;
use crate::status::{OperationRecord, ResourceHistory};
use std::cmp::Ordering;
use std::sync::Arc;

impl Resolver<'_> {
    /// The two nodes of a move, where the record names both and fits the node it was found on.
    fn ends_of(&mut self, judged: &Judged, found_on_source: bool) -> Option<(String, String)> {
        let (source, target) = (judged.record.attr("migrate_source"), judged.record.attr("migrate_target"));
        let here = self.nodes[judged.node].name.to_string();
        let ends = source.zip(target).filter(|(source, target)| {
            let end = if found_on_source { source } else { target };
            end.eq_ignore_ascii_case(&here)
        });
        if ends.is_none() {
            let name = self.resources[judged.resource].id.to_string();
            self.error(
                &name,
                &format!(
                    "ignoring history entry {} because its source or target is missing or wrong",
                    judged.record.id()
                ),
            );
        }
        ends.map(|(source, target)| (source.to_owned(), target.to_owned()))
    }

    pub(super) fn read_migration_away(&mut self, judged: &Judged) {
        let id = judged.resource;
        let Some((source, target)) = self.ends_of(judged, true) else { return };
        let name = self.resources[id].id.to_string();
        let status = Arc::clone(&self.status_all);
        let look = Histories { status: &status };
        let source_moved_on = look.other_action_after(&name, &source, judged.record);
        let arrival = look.find(&name, "migrate_from", &target, &source);
        if arrival.is_some() && source_moved_on {
            return;
        }
        let (from_exit, from_status) = match arrival {
            Some(record) => (record.exit_code.unwrap_or(exit::OK), record.status.unwrap_or(ExecutionStatus::Pending)),
            None => (exit::OK, ExecutionStatus::Pending),
        };
        let target_moved_on = look.newer_state(&name, &target, Some(judged.record), arrival);
        if source_moved_on && target_moved_on {
            return;
        }
        if from_exit == exit::OK && from_status == ExecutionStatus::Done {
            // It arrived and was never stopped at the source.
            self.resources[id].role = Role::Stopped;
            self.resources[id].dangling_migration_sources.insert(0, judged.node);
            return;
        }
        self.resources[id].role = Role::Started;
        let target_node = self.node_by_name(&target);
        let active_on_target = target_node.filter(|node| !target_moved_on && self.nodes[*node].online);
        if from_status != ExecutionStatus::Pending {
            match active_on_target {
                Some(node) => self.add_active(id, node, true),
                None => self.give_up_migration(id),
            }
            return;
        }
        if target_node.is_some_and(|node| self.nodes[node].online) && look.is_unknown_on(&name, &target) {
            return;
        }
        match active_on_target {
            Some(node) => {
                let source_node = self.node_by_name(&source).filter(|source| self.nodes[*source].online);
                self.add_active(id, node, false);
                if let Some(source_node) = source_node {
                    self.resources[id].partial_migration = Some((source_node, node));
                }
            }
            None if !source_moved_on => self.give_up_migration(id),
            None => {}
        }
    }

    fn give_up_migration(&mut self, id: ResourceId) {
        self.resources[id].failed = true;
        self.resources[id].stop_if_failed = true;
        self.resources[id].migratable = false;
    }

    pub(super) fn read_failed_migration_away(&mut self, judged: &Judged) {
        let id = judged.resource;
        let Some((source, target)) = self.ends_of(judged, true) else { return };
        self.resources[id].role = Role::Started;
        let name = self.resources[id].id.to_string();
        let status = Arc::clone(&self.status_all);
        let look = Histories { status: &status };
        let arrival = look.find_successful(&name, "migrate_from", &target, &source);
        if !look.is_unknown_on(&name, &target) && !look.newer_state(&name, &target, Some(judged.record), arrival) {
            self.add_if_online(id, &target, false);
        } else if !look.other_action_after(&name, &source, judged.record) {
            self.resources[id].dangling_migration_sources.insert(0, judged.node);
        }
    }

    pub(super) fn read_failed_migration_here(&mut self, judged: &Judged) {
        let id = judged.resource;
        let Some((source, target)) = self.ends_of(judged, false) else { return };
        self.resources[id].role = Role::Started;
        let name = self.resources[id].id.to_string();
        let status = Arc::clone(&self.status_all);
        let look = Histories { status: &status };
        let departure = look.find_successful(&name, "migrate_to", &source, &target);
        if !look.is_unknown_on(&name, &source) && !look.newer_state(&name, &source, departure, Some(judged.record)) {
            self.add_if_online(id, &source, true);
        }
    }

    fn add_if_online(&mut self, id: ResourceId, name: &str, failed: bool) {
        let node: Option<NodeId> = self.node_by_name(name).filter(|node| self.nodes[*node].online);
        if let Some(node) = node {
            self.add_active(id, node, failed);
        }
    }
}

/// Looks into the histories of all nodes.
struct Histories<'a> {
    status: &'a crate::status::ClusterStatus,
}

impl<'a> Histories<'a> {
    fn of(&self, resource: &str, node: &str) -> Option<&'a ResourceHistory> {
        let states = self.status.nodes.iter().filter(|state| state.uname.as_deref() == Some(node));
        states.flat_map(|state| &state.history).find(|history| history.id() == resource)
    }

    /// The other half of a move: on `node`, to or from `other`.
    fn find(&self, resource: &str, task: &str, node: &str, other: &str) -> Option<&'a OperationRecord> {
        let end = if task == "migrate_to" { "migrate_target" } else { "migrate_source" };
        let fits = |record: &&OperationRecord| record.task() == task && record.attr(end) == Some(other);
        self.of(resource, node)?.operations.iter().find(fits)
    }

    fn find_successful(&self, resource: &str, task: &str, node: &str, other: &str) -> Option<&'a OperationRecord> {
        let is_good = |record: &&OperationRecord| {
            record.exit_code == Some(exit::OK) && record.status == Some(ExecutionStatus::Done)
        };
        self.find(resource, task, node, other).filter(is_good)
    }

    fn is_unknown_on(&self, resource: &str, node: &str) -> bool {
        let records = self.of(resource, node).map(|history| history.operations.as_slice()).unwrap_or_default();
        // 193 is what a record has whose outcome never came.
        !records.iter().any(|record| record.attr("rc-code").is_some_and(|code| code != "193"))
    }

    fn other_action_after(&self, resource: &str, node: &str, record: &OperationRecord) -> bool {
        let records = self.of(resource, node).map(|history| history.operations.as_slice()).unwrap_or_default();
        records.iter().any(|other| {
            other.id() != record.id()
                && matches!(other.task(), "start" | "stop" | "migrate_to" | "migrate_from")
                && other.compare_age(record) == Ordering::Greater
        })
    }

    fn found_stopped_after(&self, resource: &str, node: &str, record: &OperationRecord) -> bool {
        let records = self.of(resource, node).map(|history| history.operations.as_slice()).unwrap_or_default();
        let monitor = records.iter().find(|other| other.task() == "monitor").filter(|monitor| {
            monitor.exit_code == Some(exit::NOT_RUNNING) && monitor.status == Some(ExecutionStatus::Done)
        });
        monitor.is_some_and(|monitor| monitor.compare_age(record) == Ordering::Greater)
    }

    /// Whether something happened on a node after its part in a move.
    fn newer_state(
        &self,
        resource: &str,
        node: &str,
        departure: Option<&OperationRecord>,
        arrival: Option<&OperationRecord>,
    ) -> bool {
        let Some(mut record) = arrival.or(departure) else { return false };
        if let (Some(_), Some(departure)) = (arrival, departure)
            && record.attr("migrate_source").is_some_and(|source| source.eq_ignore_ascii_case(node))
        {
            record = departure;
        }
        self.other_action_after(resource, node, record) || self.found_stopped_after(resource, node, record)
    }
}
