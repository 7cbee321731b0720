//! Who cannot start because the one it must be with cannot.
//!
//! In: actions that cannot run. Out: their colocation dependents' actions, blocked too.

use crate::cib::model::resource::Role;
use crate::scheduler::act::Plan;
use crate::scheduler::relation::Task;
use crate::scheduler::table::{ActionId, ResourceId};

impl Plan<'_> {
    pub(super) fn block_dependents(&mut self, action: ActionId) {
        let row = &self.actions[action];
        if row.runnable || !matches!(row.task, Task::Start | Task::Promote) {
            return;
        }
        let Some(id) = row.resource else { return };
        let task = row.task.clone();
        let top = self.situation.top_of(id);
        let whole = self.resource(top).parent.unwrap_or(top);
        // Only if no part can: another may serve the dependents.
        let some_can = self.children[whole]
            .iter()
            .any(|child| self.newest(*child, &task, None).is_none_or(|action| self.actions[action].runnable));
        if some_can {
            return;
        }
        for at in self.situation_colocations_with(whole) {
            let (score, primary_role, dependent_role, dependent) = at;
            if !score.is_infinite() || (task == Task::Promote && primary_role != Role::Promoted) {
                continue;
            }
            let blocked = if dependent_role == Role::Promoted { Task::Promote } else { Task::Start };
            self.mark_blocked(dependent, &blocked, id);
        }
    }

    fn mark_blocked(&mut self, id: ResourceId, task: &Task, because: ResourceId) {
        let reason = format!("colocation with {}", self.resource(because).id);
        for action in self.of[id].clone().into_iter().rev() {
            let row = &mut self.actions[action];
            if row.runnable && row.task == *task {
                row.runnable = false;
                row.set_reason(Some(&reason), false);
                self.block_dependents(action);
                self.settle(action);
            }
        }
        for child in self.children[id].clone() {
            self.mark_blocked(child, task, because);
        }
    }
}
