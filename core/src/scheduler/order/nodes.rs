//! Where actions happen that only an ordering made: where their resource is, or will be.
//!
//! In: settled actions. Out: the same, each on a node if its resource has one. The last step of the stage, for
//! what such an action demands of others does not depend on its node.

use crate::cib::model::resource::Role;
use crate::scheduler::act::{BeforeAfter, Key, Plan};
use crate::scheduler::relation::Task;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

impl Plan<'_> {
    pub(super) fn put_on_nodes(&mut self) {
        for change in self.before_after() {
            self.put_parts_on_nodes(change);
        }
    }

    fn put_parts_on_nodes(&mut self, change: BeforeAfter) {
        let BeforeAfter { resource: id, current, next, role, next_role } = change;
        let start = self.put_on(id, Task::Start, next);
        let can_start = start.is_some_and(|start| self.actions[start].runnable);
        self.put_on(id, Task::Stop, current.filter(|_| can_start));
        self.put_on(id, Task::Promote, next);
        // A demotion, too: one that is needed was made where the resource is.
        self.put_on(id, Task::Demote, next);
        if role == next_role {
            self.put_on(id, Task::MigrateFrom, next);
        } else if next_role == Role::Stopped || (start.is_some() && !can_start) {
            for &node in &self.resource(id).active_on {
                self.put_on(id, Task::Stop, Some(node));
            }
        }
    }

    /// Returns the first such action there.
    fn put_on(&mut self, id: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
        let actions = self.find(id, &Key::once(task), node);
        self.put(&actions, node);
        actions.first().copied()
    }
}
