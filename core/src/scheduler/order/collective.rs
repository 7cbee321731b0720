//! Actions of groups and clones: as needed and as runnable as those of their parts.
//!
//! In: a collective's action. Out: its flags, brought up to date from the parts.

use crate::scheduler::act::Plan;
use crate::scheduler::relation::Task;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

/// What others see of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub optional: bool,
    pub runnable: bool,
    pub migratable: bool,
}

impl Plan<'_> {
    pub(crate) fn own_flags(&self, action: ActionId) -> Flags {
        let row = &self.actions[action];
        Flags { optional: row.optional, runnable: row.runnable, migratable: row.migratable }
    }

    pub(crate) fn flags(&mut self, action: ActionId, node: Option<NodeId>) -> Flags {
        let Some(id) = self.actions[action].resource else { return self.own_flags(action) };
        let resource = self.resource(id);
        if resource.is_group() {
            self.group_flags(action, id, node)
        } else if resource.is_clone() {
            let instances = self.children[id].clone();
            self.clone_flags(action, id, &instances, node)
        } else if resource.is_bundle() {
            let parts = self.bundle_parts(action, id);
            self.clone_flags(action, id, &parts, node)
        } else {
            self.own_flags(action)
        }
    }

    /// The task of a part that a collective's task stands for.
    pub(super) fn part_task(&self, part: ResourceId, task: &Task) -> Task {
        if self.resource(part).is_primitive() { task.of_primitive() } else { task.clone() }
    }

    fn group_flags(&mut self, action: ActionId, id: ResourceId, node: Option<NodeId>) -> Flags {
        let mut flags = Flags { optional: true, runnable: true, migratable: false };
        let task = self.actions[action].task.clone();
        for member in self.children[id].clone() {
            let member_task = self.part_task(member, &task);
            match self.newest(member, &member_task, node) {
                Some(member_action) => {
                    let member_flags = self.flags(member_action, node);
                    if flags.optional && !member_flags.optional {
                        flags.optional = false;
                        self.actions[action].optional = false;
                    }
                    if member_task != task && flags.runnable && !member_flags.runnable {
                        flags.runnable = false;
                        self.actions[action].runnable = false;
                    }
                }
                None if !matches!(member_task, Task::Stop | Task::Demote) => flags.runnable = false,
                None => {}
            }
        }
        flags
    }

    /// Roles are of the instances inside, all else of the containers.
    fn bundle_parts(&self, action: ActionId, id: ResourceId) -> Vec<ResourceId> {
        let Some(settings) = self.resource(id).bundle() else { return Vec::new() };
        match (settings.inside, &self.actions[action].task) {
            (None, _) | (_, Task::Start | Task::Running | Task::Stop | Task::Stopped | Task::Monitor) => {
                settings.containers()
            }
            (Some(inside), _) => self.children[inside].clone(),
        }
    }

    fn clone_flags(
        &mut self,
        action: ActionId,
        id: ResourceId,
        instances: &[ResourceId],
        node: Option<NodeId>,
    ) -> Flags {
        let mut flags = Flags { optional: true, runnable: true, migratable: false };
        let task = self.instance_task(action, id);
        let mut any_runnable = false;
        for &instance in instances {
            let instance_node = node.filter(|_| self.resource(instance).is_primitive());
            let Some(instance_action) = self.newest(instance, &task, instance_node) else { continue };
            let instance_flags = self.flags(instance_action, node);
            if flags.optional && !instance_flags.optional {
                flags.optional = false;
                self.actions[action].optional = false;
            }
            any_runnable |= instance_flags.runnable;
        }
        if !any_runnable {
            flags.runnable = false;
            if node.is_none() {
                self.actions[action].runnable = false;
            }
        }
        flags
    }

    /// What the instances do for a clone's action; for a notification, what is told of.
    pub(super) fn instance_task(&self, action: ActionId, id: ResourceId) -> Task {
        let row = &self.actions[action];
        let task = match row.task {
            Task::Notify | Task::Notified => row.meta("notify_key_operation").map_or(row.task.clone(), Task::parse),
            ref task => task.clone(),
        };
        self.children[id].first().map_or(task.clone(), |first| self.part_task(*first, &task))
    }

    /// As an ordering sees an action: on one node, an instance elsewhere that can run is as good.
    pub(super) fn flags_for_ordering(&mut self, action: ActionId, node: Option<NodeId>) -> Flags {
        let overall = self.flags(action, None);
        let is_clone = self.actions[action].resource.is_some_and(|id| self.resource(id).is_clone());
        if node.is_none() || !is_clone {
            return overall;
        }
        let here = self.flags(action, node);
        Flags { runnable: here.runnable || overall.runnable, ..here }
    }
}
