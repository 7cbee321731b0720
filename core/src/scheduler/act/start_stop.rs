//! A primitive from its role and node to the next: stops, starts, promotes, demotes.
//!
//! In: a placed primitive. Out: actions for each step between its roles.

use super::Plan;
use super::action::Key;
use crate::cib::model::resource::Role;
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::resolve::MultipleActive;
use crate::scheduler::table::{NodeId, ResourceId};

/// From any role to any other there are fewer steps.
const STEPS_MAX: usize = 4;

/// One change of role.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Start,
    Stop,
    Promote,
    Demote,
}

/// The role after the next step on the way from one to another.
const fn step_role(from: Role, to: Role) -> Role {
    match (from, to) {
        (Role::Unknown, Role::Unknown) => Role::Unknown,
        (Role::Promoted, Role::Unknown) => Role::Stopped,
        (Role::Stopped | Role::Started, Role::Started) => Role::Started,
        (Role::Unknown | Role::Stopped | Role::Started | Role::Unpromoted, Role::Unknown | Role::Stopped) => {
            Role::Stopped
        }
        (Role::Unknown, _) | (Role::Unpromoted, Role::Started) => Role::Stopped,
        (Role::Started | Role::Unpromoted | Role::Promoted, Role::Promoted) => Role::Promoted,
        (Role::Stopped | Role::Started | Role::Unpromoted, Role::Unpromoted)
        | (Role::Stopped, Role::Promoted)
        | (Role::Promoted, Role::Stopped | Role::Started | Role::Unpromoted) => Role::Unpromoted,
    }
}

/// What leads from a role to the one after the next step; `None` where nothing has to be done.
const fn step(from: Role, to: Role) -> Option<Step> {
    match (from, to) {
        (Role::Unknown | Role::Started | Role::Unpromoted, Role::Stopped) | (Role::Unpromoted, Role::Started) => {
            Some(Step::Stop)
        }
        (Role::Stopped, Role::Started | Role::Unpromoted) => Some(Step::Start),
        (Role::Started | Role::Unpromoted, Role::Promoted) => Some(Step::Promote),
        (Role::Promoted, Role::Stopped | Role::Started | Role::Unpromoted) => Some(Step::Demote),
        _ => None,
    }
}

/// What was found out before any step is taken.
struct Outlook {
    current: Option<NodeId>,
    need_stop: bool,
    need_promote: bool,
    is_moving: bool,
    may_migrate: bool,
}

impl Plan<'_> {
    pub(super) fn act_on_primitive(&mut self, id: ResourceId) {
        if self.resources[id].next == Role::Unknown {
            let is_placed = self.resources[id].node.is_some();
            self.set_next(id, if is_placed { Role::Started } else { Role::Stopped });
        }
        let current = self.current_node(id);
        for &source in &self.resource(id).dangling_migration_sources {
            self.abort_dangling_migration(id, source);
        }
        let mut outlook = self.look_ahead(id, current);
        if self.resources[id].start_pending {
            let node = self.resources[id].node;
            let start = self.start(id, node, true);
            self.actions[start].always_in_graph = true;
        }
        self.consider_state(id, &mut outlook);
        self.restart(id, &outlook);
        self.change_role(id);
        self.make_recurring(id);
        if let (true, Some(current)) = (outlook.may_migrate, current) {
            self.migrate(id, current);
        }
    }

    fn look_ahead(&mut self, id: ResourceId, current: Option<NodeId>) -> Outlook {
        let planned = &self.resources[id];
        let node = planned.node;
        let is_moving = current.is_some() && node.is_some() && current != node && planned.next >= Role::Started;
        let mut outlook = Outlook {
            current,
            need_stop: is_moving,
            need_promote: false,
            is_moving,
            may_migrate: is_moving && self.can_migrate(id, current),
        };
        let (all, clean) = self.active_counts(id);
        let mut multiply_active = false;
        match planned.partial_migration {
            Some((source, target))
                if outlook.may_migrate && all == 2 && current == Some(source) && node == Some(target) => {}
            Some(_) => {
                // The halfway move cannot be completed: start over.
                outlook.need_stop = true;
                outlook.may_migrate = false;
                self.resources[id].partial_migration = None;
            }
            None => multiply_active = if self.resource(id).needs_fencing { all > 1 } else { clean > 1 },
        }
        self.resources[id].stop_unexpected = false;
        if multiply_active {
            match self.resource(id).multiple_active {
                MultipleActive::StopStart => outlook.need_stop = true,
                MultipleActive::StopUnexpected => {
                    outlook.need_stop = true;
                    self.resources[id].stop_unexpected = true;
                }
                MultipleActive::StopOnly | MultipleActive::Block => {}
            }
        }
        outlook
    }

    fn consider_state(&mut self, id: ResourceId, outlook: &mut Outlook) {
        let planned = &self.resources[id];
        if outlook.is_moving {
        } else if planned.failed {
            if planned.stop_if_failed {
                outlook.need_stop = true;
            } else {
                outlook.need_promote |= planned.next == Role::Promoted;
            }
        } else if planned.blocked {
            outlook.need_stop = true;
        } else if planned.current > Role::Started && outlook.current.is_some() && planned.node.is_some() {
            let node = planned.node;
            let start = self.start(id, node, true);
            if !self.actions[start].optional {
                outlook.need_stop = true;
            }
        }
    }

    /// Down to stopped and up again to the present role, as optional actions unless that is needed.
    fn restart(&mut self, id: ResourceId, outlook: &Outlook) {
        self.resources[id].restarting = true;
        let present = self.resources[id].current;
        let mut role = present;
        for _ in 0..STEPS_MAX {
            if role == Role::Stopped {
                break;
            }
            let next = step_role(role, Role::Stopped);
            let Some(step) = step(role, next) else { break };
            self.take(id, step, outlook.current, !outlook.need_stop);
            role = next;
        }
        for _ in 0..STEPS_MAX {
            if present > self.resources[id].next || role == present || self.resources[id].blocked {
                break;
            }
            let next = step_role(role, present);
            let Some(step) = step(role, next) else { break };
            let required = outlook.need_stop || (next == Role::Promoted && outlook.need_promote);
            let node = self.resources[id].node;
            self.take(id, step, node, !required);
            role = next;
        }
        self.resources[id].restarting = false;
    }

    fn change_role(&mut self, id: ResourceId) {
        let mut role = self.resources[id].current;
        for _ in 0..STEPS_MAX {
            let target = self.resources[id].next;
            if role == target {
                return;
            }
            let next = step_role(role, target);
            let Some(step) = step(role, next) else { return };
            let node = self.resources[id].node;
            self.take(id, step, node, false);
            role = next;
        }
    }

    fn take(&mut self, id: ResourceId, step: Step, node: Option<NodeId>, optional: bool) {
        match step {
            Step::Stop => self.step_stop(id, optional),
            Step::Demote => self.step_demote(id, optional),
            Step::Start => self.step_start(id, node, optional),
            Step::Promote => self.step_promote(id, node, optional),
        }
    }

    /// Where a multiply active resource is meant to be, and is left alone.
    fn is_expected(&self, id: ResourceId, node: Option<NodeId>) -> bool {
        let planned = &self.resources[id];
        planned.stop_unexpected
            && planned.restarting
            && planned.next > Role::Stopped
            && planned.node.is_some()
            && planned.node == node
    }

    fn step_stop(&mut self, id: ResourceId, optional: bool) {
        let mut optional = optional;
        for &current in &self.resource(id).active_on {
            if self.is_expected(id, Some(current)) {
                continue;
            }
            if let Some((_, target)) = self.resources[id].partial_migration {
                if current == target && self.resources[id].node == Some(current) {
                    continue;
                }
                optional = false;
            }
            let stop = self.stop(id, Some(current), optional);
            let planned = &self.resources[id];
            let (is_nowhere, is_one_too_many) = (planned.node.is_none(), planned.restarting && planned.stop_unexpected);
            let managed = planned.managed;
            let row = &mut self.actions[stop];
            if is_nowhere {
                row.set_reason(Some("node availability"), true);
            } else if is_one_too_many {
                row.set_reason(Some("being multiply active"), true);
            }
            if !managed {
                row.runnable = false;
            }
            if self.resource(id).needs_unfencing {
                let unfence = self.fence_action(current, Some("on"), true, None, false);
                self.order(stop, unfence, Relation::THEN_IMPLIES_FIRST);
            }
        }
    }

    fn step_start(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) {
        let start = self.start(id, node, true);
        if let Some(node) = node {
            self.order_after_unfencing(id, node, start, Relation::FIRST_IMPLIES_THEN);
        }
        if self.actions[start].runnable && !optional {
            self.actions[start].optional = false;
        }
        if self.is_expected(id, node) {
            self.actions[start].pseudo = true;
        }
    }

    fn step_promote(&mut self, id: ResourceId, node: Option<NodeId>, optional: bool) {
        let Some(place) = node else { return };
        let starts = self.find_exact(id, &Key::once(Task::Start), place);
        if starts.iter().all(|start| self.actions[*start].runnable) {
            let promote = self.promote(id, node, optional);
            if self.is_expected(id, node) {
                self.actions[promote].pseudo = true;
            }
        } else {
            for promote in self.find_exact(id, &Key::once(Task::Promote), place) {
                self.actions[promote].runnable = false;
            }
        }
    }

    fn step_demote(&mut self, id: ResourceId, optional: bool) {
        for &current in &self.resource(id).active_on {
            if !self.is_expected(id, Some(current)) {
                self.demote(id, Some(current), optional);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: Role, to: Role, want: &str) {
        let mut role = from;
        let mut words = Vec::new();
        while role != to {
            let next = step_role(role, to);
            match step(role, next) {
                Some(Step::Start) => words.push("start"),
                Some(Step::Stop) => words.push("stop"),
                Some(Step::Promote) => words.push("promote"),
                Some(Step::Demote) => words.push("demote"),
                None => break,
            }
            role = next;
        }
        assert_eq!(words.join(" "), want, "{from} to {to}");
    }

    #[test]
    fn roles_change_one_step_at_a_time() {
        check(Role::Stopped, Role::Promoted, "start promote");
        check(Role::Promoted, Role::Stopped, "demote stop");
        check(Role::Promoted, Role::Unpromoted, "demote");
        check(Role::Started, Role::Stopped, "stop");
        check(Role::Stopped, Role::Started, "start");
        check(Role::Started, Role::Unpromoted, "");
    }
}
