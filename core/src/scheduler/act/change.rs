//! What a changed definition asks for: restart, reload, new monitors, cancelled ones, clean-up.
//!
//! In: histories and digests. Out: actions.

use super::Plan;
use super::action::Key;
use super::plan::Deferred;
use crate::rules::Recheck;
use crate::scheduler::relation::{End, Relation, Task};
use crate::scheduler::resolve::Situation;
use crate::scheduler::resolve::change::{Change, Changes, needs_host_as_address};
use crate::scheduler::resolve::operation::configured;
use crate::scheduler::sort::merge_sort;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::status::{OperationRecord, ResourceHistory};
use crate::time::interval_in_words;
use std::collections::BTreeMap;

impl<'a> Plan<'a> {
    /// The newest first, as they pile up.
    pub(super) fn act_on_deferred(&mut self, secure: bool) {
        for deferred in std::mem::take(&mut self.deferred).into_iter().rev() {
            match deferred {
                Deferred::Definition(id, node, record) => {
                    let acted = self.act_on_definition(id, node, record, secure);
                    self.forgive_if(acted, id, node);
                }
                Deferred::Failure(id, node, record) => {
                    let change = self.change_since(id, node, record, None);
                    if matches!(change, Change::Parameters | Change::Restart) {
                        self.clear_fail_count(id, node);
                    }
                }
            }
        }
    }

    fn forgive_if(&mut self, changed: bool, id: ResourceId, node: NodeId) {
        if changed && self.situation.fail_count(id, node, true).0 != Score::ZERO {
            self.clear_fail_count(id, node);
        }
    }

    pub(super) fn act_on_changes(&mut self, secure: bool) {
        let situation = self.situation;
        let names = names(situation);
        for (node, facts) in situation.nodes.iter() {
            if !facts.maintenance && !self.nodes[node].is_available() {
                continue;
            }
            let Some(state) =
                situation.status.nodes.iter().find(|state| state.uname.as_deref() == Some(facts.name.as_str()))
            else {
                continue;
            };
            for history in state.history.iter().filter(|history| !history.operations.is_empty()) {
                for &id in names.get(history.id()).into_iter().flatten().rev() {
                    if self.resource(id).is_primitive() {
                        self.act_on_history(id, node, history, secure);
                    }
                }
            }
        }
    }

    fn act_on_history(&mut self, id: ResourceId, node: NodeId, history: &'a ResourceHistory, secure: bool) {
        let resource = self.resource(id);
        if resource.removed {
            let top = self.resource(self.situation.top_of(id));
            if !top.is_clone() || top.unique {
                self.clean_up(id, node, false);
            }
            return;
        }
        let is_active = resource.active_on.contains(&node);
        // Where nothing is known of it but an operation under way, a probe comes first.
        let whole = if resource.unique { id } else { self.situation.top_of(id) };
        let is_known = is_active || self.resource(whole).known_on.contains(&node);
        if self.agent_changed(id, node, history, is_active) && is_known {
            self.clean_up(id, node, false);
        }
        if !is_active {
            return;
        }
        let newest_first: Vec<_> = history.operations.iter().rev().collect();
        let by_age =
            merge_sort(newest_first, &|left: &&OperationRecord, right: &&OperationRecord| left.compare_age(right));
        let (start, stop) = crate::status::operation::active_span(&by_age);
        if start < stop {
            return;
        }
        for (at, record) in by_age.iter().enumerate() {
            if (at as i64) >= start {
                self.act_on_record(id, node, record, secure);
            }
        }
    }

    fn act_on_record(&mut self, id: ResourceId, node: NodeId, record: &'a OperationRecord, secure: bool) {
        let in_maintenance = self.resource(id).maintenance || self.situation.nodes[node].maintenance;
        if record.interval_ms > 0 && in_maintenance {
            self.cancel_recorded(id, node, record);
        } else if record.interval_ms > 0 || matches!(record.task(), "monitor" | "start" | "promote" | "migrate_from") {
            let resource = self.resource(id);
            if resource.remote_connection && needs_host_as_address(resource, &self.situation.parameters_on(id, None)) {
                self.deferred.push(Deferred::Definition(id, node, record));
            } else {
                let acted = self.act_on_definition(id, node, record, secure);
                self.forgive_if(acted, id, node);
            }
        }
    }

    fn agent_changed(&mut self, id: ResourceId, node: NodeId, history: &ResourceHistory, is_active: bool) -> bool {
        let agent = &self.resource(id).agent;
        let same = history.kind() == Some(agent.kind.as_str())
            && history.class() == Some(agent.class.as_str())
            && history.provider() == agent.provider.as_deref();
        if same {
            return false;
        }
        self.trigger_unfencing(Some(id), Some(node), "Device definition changed");
        if is_active {
            self.stop(id, Some(node), false);
            self.resources[id].start_pending = true;
        }
        true
    }

    pub(super) fn clean_up(&mut self, id: ResourceId, node: NodeId, optional: bool) {
        if self.resources[id].failed || !self.nodes[node].is_well() {
            return;
        }
        let relation = if optional { Relation::FIRST_IMPLIES_THEN } else { Relation::ORDERED };
        self.once(id, Task::Delete, Some(node), optional);
        self.order_tasks_later(id, Task::Stop, id, Task::Delete, relation);
        self.order_tasks_later(id, Task::Delete, id, Task::Start, relation);
    }

    fn cancel_recorded(&mut self, id: ResourceId, node: NodeId, record: &OperationRecord) {
        let cancel = self.cancel(id, node, &Task::parse(record.task()), record.interval_ms);
        if let Some(call) = record.attr("call-id") {
            self.actions[cancel].set_meta("call-id", call);
        }
        self.order_later(End::of(id, Task::Stop), End::Action(cancel), Relation::ORDERED);
    }

    /// Returns whether anything was done about a difference.
    fn act_on_definition(&mut self, id: ResourceId, node: NodeId, record: &OperationRecord, secure: bool) -> bool {
        let task = record.task();
        let interval_ms = record.interval_ms;
        if interval_ms > 0
            && self.resource(id).primitive().and_then(|p| configured(p, task, interval_ms, false)).is_none()
        {
            if self.situation.options.cancel_removed_actions {
                self.cancel_recorded(id, node, record);
            }
            return true;
        }
        let is_start = interval_ms == 0 && matches!(task, "monitor" | "migrate_from" | "promote");
        let task = if is_start { Task::Start } else { Task::parse(task) };
        let change = if self.situation.expired_monitors.contains(&(node, record.id().to_owned())) {
            Change::Restart
        } else {
            self.change_since(id, node, record, secure.then_some(&task))
        };
        match change {
            Change::None => return false,
            Change::Restart => self.force_restart(id, node, task, interval_ms),
            Change::Unknown | Change::Parameters if interval_ms > 0 => self.reschedule(id, node, task, interval_ms),
            Change::Unknown | Change::Parameters if record.attr("op-restart-digest").is_some() => {
                self.trigger_unfencing(Some(id), Some(node), "Device parameters changed (reload)");
                self.reload(id, node);
            }
            Change::Unknown | Change::Parameters => self.force_restart(id, node, task, interval_ms),
        }
        true
    }

    /// `secure`: what is looked at, if a difference of secrets is none.
    fn change_since(
        &mut self,
        id: ResourceId,
        node: NodeId,
        record: &OperationRecord,
        secure: Option<&Task>,
    ) -> Change {
        let mut recheck = Recheck::default();
        let placement = self.placement;
        let assigned = |id: ResourceId| placement.resources[id].node;
        let changes = Changes { assigned: Some(&assigned), ..self.situation.changes() };
        let change = changes.since(id, node, record, &mut recheck);
        if let Some(task) = secure
            && change != Change::None
            && changes.only_hidden_changed(id, node, record, &mut recheck)
        {
            self.hidden_changes.push(format!(
                "Only 'private' parameters to {}-interval {task} for {} on {} changed: {}",
                interval_in_words(record.interval_ms),
                self.situation.resources[id].id,
                self.situation.nodes[node].name,
                record.attr("transition-magic").unwrap_or_default()
            ));
            return Change::None;
        }
        change
    }

    fn force_restart(&mut self, id: ResourceId, node: NodeId, task: Task, interval_ms: u32) {
        let key = Key::Operation { task: task.clone(), interval_ms };
        let action = self.action(id, key, task, None, false);
        self.actions[action].set_reason(Some("resource definition change"), true);
        self.trigger_unfencing(Some(id), Some(node), "Device parameters changed");
    }

    fn reschedule(&mut self, id: ResourceId, node: NodeId, task: Task, interval_ms: u32) {
        self.trigger_unfencing(Some(id), Some(node), "Device parameters changed (reschedule)");
        let key = Key::Operation { task: task.clone(), interval_ms };
        let action = self.action(id, key, task, Some(node), true);
        self.actions[action].reschedule = true;
    }

    fn reload(&mut self, id: ResourceId, node: NodeId) {
        let planned = &self.resources[id];
        if !planned.managed || planned.failed {
            return;
        }
        if planned.start_pending {
            self.stop(id, Some(node), false);
            return;
        }
        self.resources[id].reload = true;
        let reload = self.once(id, Task::ReloadAgent, Some(node), false);
        self.actions[reload].set_reason(Some("resource definition change"), false);
        for task in [Task::Stop, Task::Demote] {
            self.order_later(End::Action(reload), End::of(id, task), Relation::ORDERED | Relation::THEN_CANCELS_FIRST);
        }
    }
}

/// Resources by the names a history may have, in the order of the configuration's tree.
fn names(situation: &Situation) -> BTreeMap<&str, Vec<ResourceId>> {
    let mut names: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
    for &top in &situation.top {
        add_names(situation, top, &mut names);
    }
    names
}

fn add_names<'n>(situation: &'n Situation, id: ResourceId, names: &mut BTreeMap<&'n str, Vec<ResourceId>>) {
    let resource = &situation.resources[id];
    names.entry(resource.id.as_str()).or_default().push(id);
    if let Some(name) = resource.history_id.as_deref().filter(|name| resource.id != *name) {
        names.entry(name).or_default().push(id);
    }
    for &child in &resource.children {
        add_names(situation, child, names);
    }
}
