//! Live moves: a migration instead of a stop and a start.
//!
//! In: a primitive that may move alive. Out: migrate_to and migrate_from, ordered around its stop and start.

use super::Plan;
use super::action::Key;
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::table::{NodeId, ResourceId};

impl Plan<'_> {
    pub(super) fn can_migrate(&self, id: ResourceId, current: Option<NodeId>) -> bool {
        let planned = &self.resources[id];
        let is_clean = |node: Option<NodeId>| node.is_some_and(|node| !self.nodes[node].unclean);
        self.resource(id).migratable
            && planned.managed
            && !planned.failed
            && !planned.start_pending
            && is_clean(current)
            && is_clean(planned.node)
    }

    /// A source that was left running after a move: it must go, and nothing follows from that.
    pub(super) fn abort_dangling_migration(&mut self, id: ResourceId, source: NodeId) {
        let stop = self.stop(id, Some(source), false);
        self.actions[stop].migration_abort = true;
    }

    pub(super) fn migrate(&mut self, id: ResourceId, current: NodeId) {
        let Some(target) = self.resources[id].node else { return };
        let is_halfway = self.resources[id].partial_migration.is_some();
        let start = self.start(id, Some(target), true);
        let stop = self.stop(id, Some(current), true);
        let to =
            (!is_halfway).then(|| self.action(id, Key::once(Task::MigrateTo), Task::MigrateTo, Some(current), true));
        let from = self.action(id, Key::once(Task::MigrateFrom), Task::MigrateFrom, Some(target), true);
        self.actions[start].migratable = true;
        self.actions[start].pseudo = true;
        self.actions[stop].migratable = true;
        self.actions[from].migratable = true;
        let requires = self.actions[start].requires;
        match to {
            Some(to) => {
                self.actions[to].migratable = true;
                self.actions[to].requires = requires;
                self.order_tasks_later(id, Task::Monitor, id, Task::MigrateTo, Relation::ORDERED);
                let relation = Relation::ORDERED | Relation::UNMIGRATABLE_THEN_BLOCKS;
                self.order_tasks_later(id, Task::MigrateTo, id, Task::MigrateFrom, relation);
            }
            None => {
                self.actions[from].requires = requires;
                self.order_tasks_later(id, Task::Monitor, id, Task::MigrateFrom, Relation::ORDERED);
            }
        }
        let relation = Relation::ORDERED | Relation::UNMIGRATABLE_THEN_BLOCKS;
        self.order_tasks_later(id, Task::MigrateFrom, id, Task::Stop, relation);
        self.order_tasks_later(id, Task::MigrateFrom, id, Task::Start, relation | Relation::FIRST_ELSE_THEN);
        let (source_name, target_name) =
            (self.situation.nodes[current].name.to_string(), self.situation.nodes[target].name.to_string());
        for action in to.into_iter().chain([from]) {
            self.actions[action].set_meta("migrate_source", source_name.as_str());
            self.actions[action].set_meta("migrate_target", target_name.as_str());
        }
        if let Some(to) = to.filter(|_| !self.resource(id).remote_connection) {
            self.actions[to].set_meta("record-pending", "true");
        }
    }
}
