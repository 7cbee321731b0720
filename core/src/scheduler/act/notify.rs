//! Clone notifications: telling every instance before and after a change.
//!
//! In: what a clone's instances will do. Out: points around each change, notify actions, what they tell.

use super::Plan;
use super::action::{Action, Key};
use super::plan::Notification;
use crate::cib::model::resource::Role;
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::table::{ActionId, NodeId, ResourceId};
use crate::score::Score;
use std::collections::BTreeMap;

type Entry = (ResourceId, Option<NodeId>);

/// Who is what, and who will do what.
#[derive(Default)]
struct Census {
    inactive: Vec<Entry>,
    active: Vec<Entry>,
    unpromoted: Vec<Entry>,
    promoted: Vec<Entry>,
    start: Vec<Entry>,
    stop: Vec<Entry>,
    promote: Vec<Entry>,
    demote: Vec<Entry>,
}

impl Plan<'_> {
    pub(super) fn make_start_notifications(
        &mut self,
        id: ResourceId,
        start: ActionId,
        started: ActionId,
        stop: ActionId,
        stopped: ActionId,
    ) {
        if self.notifications[id].start.is_none() {
            self.notifications[id].start = self.notify_around(id, Task::Start, Some(start), started);
        }
        if self.notifications[id].stop.is_none() {
            self.notifications[id].stop = self.notify_around(id, Task::Stop, Some(stop), stopped);
            let stop_done = self.notifications[id].stop.as_ref().map(|n| n.post_done);
            let start_pre = self.notifications[id].start.as_ref().and_then(|n| n.pre);
            self.order_points(stop_done, start_pre);
        }
    }

    pub(super) fn make_promote_notifications(&mut self, id: ResourceId, promote: ActionId, promoted: ActionId) {
        if self.notifications[id].promote.is_none() {
            self.notifications[id].promote = self.notify_around(id, Task::Promote, Some(promote), promoted);
        }
    }

    pub(super) fn make_demote_notifications(&mut self, id: ResourceId, demote: ActionId, demoted: ActionId) {
        if self.notifications[id].demote.is_some() {
            return;
        }
        self.notifications[id].demote = self.notify_around(id, Task::Demote, Some(demote), demoted);
        let all = &self.notifications[id];
        let done = |n: &Option<Notification>| n.as_ref().map(|n| n.post_done);
        let pre = |n: &Option<Notification>| n.as_ref().and_then(|n| n.pre);
        if all.promote.is_none() {
            return;
        }
        let pairs = [
            (done(&all.stop), pre(&all.promote)),
            (done(&all.start), pre(&all.promote)),
            (done(&all.demote), pre(&all.promote)),
            (done(&all.demote), pre(&all.start)),
            (done(&all.demote), pre(&all.stop)),
        ];
        for (first, then) in pairs {
            self.order_points(first, then);
        }
    }

    fn order_points(&mut self, first: Option<ActionId>, then: Option<ActionId>) {
        if let (Some(first), Some(then)) = (first, then) {
            self.order(first, then, Relation::ORDERED);
        }
    }

    fn notify_around(
        &mut self,
        id: ResourceId,
        task: Task,
        action: Option<ActionId>,
        complete: ActionId,
    ) -> Option<Notification> {
        if !self.resource(id).notify {
            return None;
        }
        let mut around = (None, None);
        if let Some(action) = action {
            let pre = self.notify_point(id, action, Task::Notify, "pre", &task);
            let pre_done = self.notify_point(id, action, Task::Notified, "confirmed-pre", &task);
            self.actions[pre].runnable = true;
            self.actions[pre_done].runnable = true;
            self.order(pre, pre_done, Relation::ORDERED);
            self.order(pre_done, action, Relation::ORDERED);
            around = (Some(pre), Some(pre_done));
        }
        let runnable = self.actions[complete].runnable;
        let post = self.notify_point(id, complete, Task::Notify, "post", &task);
        let post_done = self.notify_point(id, complete, Task::Notified, "confirmed-post", &task);
        for point in [post, post_done] {
            self.actions[point].priority = Score::INFINITY;
            self.actions[point].runnable = runnable;
        }
        self.order(complete, post, Relation::FIRST_IMPLIES_THEN);
        self.order(post, post_done, Relation::FIRST_IMPLIES_THEN);
        self.order_points(around.1, Some(post));
        Some(Notification { task, pre: around.0, pre_done: around.1, post, post_done })
    }

    fn notify_point(
        &mut self,
        id: ResourceId,
        around: ActionId,
        task: Task,
        kind: &'static str,
        of: &Task,
    ) -> ActionId {
        let (about, optional) = (self.actions[around].task.clone(), self.actions[around].optional);
        let point = self.action(id, Key::Notify { kind, task: about.clone() }, task, None, optional);
        let row = &mut self.actions[point];
        row.pseudo = true;
        row.set_meta("notify_key_type", kind);
        row.set_meta("notify_key_operation", about.as_str());
        row.set_meta("notify_type", if kind.ends_with("pre") { "pre" } else { "post" });
        row.set_meta("notify_operation", of.as_str());
        point
    }

    /// Makes the notify actions of a clone, now that it is settled what its instances do.
    pub fn notify_instances(&mut self, id: ResourceId) {
        let all = self.notifications[id].clone();
        for notification in [all.start, all.stop, all.promote, all.demote].into_iter().flatten() {
            let mut census = Census::default();
            self.take_census(id, true, &mut census);
            let told = self.words(id, &mut census);
            self.require_if_concerned(&notification, &census);
            self.notify_parts(id, &notification, &census, &told);
        }
    }

    /// Instances that fencing stopped are told of after it.
    pub(super) fn notify_after_fencing(&mut self, id: ResourceId, stop: ActionId, fencing: ActionId) {
        let Some(notification) = self.notify_around(id, Task::Stop, None, fencing) else { return };
        let mut census = Census::default();
        self.take_census(id, false, &mut census);
        let node = self.actions[stop].node.map(|node| self.situation.nodes[node].name.to_string()).unwrap_or_default();
        let told = vec![
            ("notify_stop_uname".to_owned(), node),
            ("notify_stop_resource".to_owned(), self.resource(id).id.to_string()),
        ];
        let top = self.situation.top_of(id);
        self.notify_parts(top, &notification, &census, &told);
    }

    fn take_census(&self, id: ResourceId, with_actions: bool, census: &mut Census) {
        let children = &self.children[id];
        if !children.is_empty() {
            for &child in children {
                self.take_census(child, with_actions, census);
            }
            return;
        }
        let entry = (id, self.resource(id).active_on.first().copied());
        match self.resources[id].current {
            Role::Stopped => census.inactive.push(entry),
            Role::Started => census.active.push(entry),
            Role::Unpromoted => {
                census.unpromoted.push(entry);
                census.active.push(entry);
            }
            Role::Promoted => {
                census.promoted.push(entry);
                census.active.push(entry);
            }
            Role::Unknown => {}
        }
        if !with_actions {
            return;
        }
        for action in self.of[id].iter().rev().map(|action| &self.actions[*action]) {
            let Some(node) = action.node.filter(|_| !action.optional) else { continue };
            let is_stopped_by_fencing = action.task == Task::Stop && self.nodes[node].unclean;
            if !is_stopped_by_fencing && !action.runnable {
                continue;
            }
            let list = match action.task {
                Task::Start => &mut census.start,
                Task::Stop => &mut census.stop,
                Task::Promote => &mut census.promote,
                Task::Demote => &mut census.demote,
                _ => continue,
            };
            list.push((id, Some(node)));
        }
    }

    /// Names of resources and of nodes, sorted and each resource once.
    fn lists(&self, entries: &mut [Entry], need_node: bool) -> (String, String) {
        let uuid = |node: Option<NodeId>| node.map(|node| self.situation.nodes[node].uuid.as_str());
        entries.reverse();
        entries.sort_by(|left, right| {
            let by_name = self.resource(left.0).id.as_str().cmp(self.resource(right.0).id.as_str());
            // One without a node comes last.
            by_name
                .then_with(|| uuid(left.1).is_none().cmp(&uuid(right.1).is_none()))
                .then_with(|| uuid(left.1).cmp(&uuid(right.1)))
        });
        let (mut resources, mut nodes): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut last = None;
        for (id, node) in entries.iter() {
            if (need_node && node.is_none()) || last == Some(*id) {
                continue;
            }
            last = Some(*id);
            resources.push(&self.resource(*id).id);
            nodes.extend(node.map(|node| self.situation.nodes[node].name.as_str()));
        }
        let text = |words: Vec<&str>| if words.is_empty() { " ".to_owned() } else { words.join(" ") };
        (text(resources), text(nodes))
    }

    fn words(&self, id: ResourceId, census: &mut Census) -> Vec<(String, String)> {
        let mut told = Vec::new();
        let mut tell = |name: &str, (resources, nodes): (String, String)| {
            told.push((format!("notify_{name}_resource"), resources));
            told.push((format!("notify_{name}_uname"), nodes));
        };
        tell("stop", self.lists(&mut census.stop, true));
        tell("start", self.lists(&mut census.start, true));
        tell("demote", self.lists(&mut census.demote, true));
        tell("promote", self.lists(&mut census.promote, true));
        tell("active", self.lists(&mut census.active, true));
        let unpromoted = self.lists(&mut census.unpromoted, true);
        let promoted = self.lists(&mut census.promoted, true);
        tell("unpromoted", unpromoted.clone());
        tell("slave", unpromoted);
        tell("promoted", promoted.clone());
        tell("master", promoted);
        told.push(("notify_inactive_resource".to_owned(), self.lists(&mut census.inactive, false).0));
        let names = |nodes: Vec<NodeId>| {
            let names: Vec<_> = nodes.iter().map(|node| self.situation.nodes[*node].name.as_str()).collect();
            if names.is_empty() { " ".to_owned() } else { names.join(" ") }
        };
        let is_struck = |node: &NodeId| self.struck.contains(&(id, *node));
        let allowed = self.placement.resources[id].allowed.iter().map(|(node, _)| node);
        let allowed = allowed.filter(|node| !is_struck(node)).collect();
        told.push(("notify_available_uname".to_owned(), names(allowed)));
        if self.resource(id).meta("container-attribute-target") == Some("host") {
            let host = |node: NodeId| self.guest_host(node).unwrap_or(node);
            told.push(("notify_all_hosts".to_owned(), names(self.situation.nodes.ids().map(host).collect())));
        }
        told.push(("notify_all_uname".to_owned(), names(self.situation.nodes.ids().collect())));
        told
    }

    /// Where a guest is now.
    fn guest_host(&self, node: NodeId) -> Option<NodeId> {
        let connection = self.situation.nodes[node].connection?;
        self.current_node(self.resource(connection).launcher?)
    }

    fn require_if_concerned(&mut self, notification: &Notification, census: &Census) {
        let concerned = match notification.task {
            Task::Start => &census.start,
            Task::Stop => &census.stop,
            Task::Promote => &census.promote,
            _ => &census.demote,
        };
        if concerned.is_empty() {
            return;
        }
        let points = [notification.pre, notification.pre_done, Some(notification.post), Some(notification.post_done)];
        for point in points.into_iter().flatten() {
            self.actions[point].optional = false;
        }
    }

    fn notify_parts(
        &mut self,
        id: ResourceId,
        notification: &Notification,
        census: &Census,
        told: &[(String, String)],
    ) {
        let children = self.children[id].clone();
        if !children.is_empty() {
            for child in children {
                self.notify_parts(child, notification, census, told);
            }
            return;
        }
        for action in self.of[id].clone() {
            let row = &mut self.actions[action];
            let is_change = matches!(row.task, Task::Start | Task::Stop | Task::Promote | Task::Demote);
            if !row.optional && row.node.is_some() && is_change {
                tell(row, told);
            }
        }
        match notification.task {
            Task::Start if census.start.is_empty() => {}
            Task::Promote if census.promote.is_empty() => {}
            Task::Demote if census.demote.is_empty() => {}
            Task::Start | Task::Promote => self.notify_before_up(id, notification, told),
            _ => self.notify_before_down(id, notification, told),
        }
    }

    fn notify_before_down(&mut self, id: ResourceId, notification: &Notification, told: &[(String, String)]) {
        if self.resources[id].current == Role::Stopped {
            return;
        }
        let stop = self.newest(id, &Task::Stop, None);
        let stop_is = |plan: &Self, test: fn(&Action) -> bool| stop.is_some_and(|stop| test(&plan.actions[stop]));
        for &node in &self.resource(id).active_on {
            let is_lost = self.nodes[node].unclean || self.remote_reset[node];
            if stop_is(self, |stop| stop.pseudo) && is_lost {
                continue;
            }
            self.notify(id, node, notification.pre, notification.pre_done, told);
            if notification.task == Task::Demote || stop.is_none() || stop_is(self, |stop| stop.optional) {
                self.notify_after(id, node, notification, told);
            }
        }
    }

    fn notify_before_up(&mut self, id: ResourceId, notification: &Notification, told: &[(String, String)]) {
        if self.resources[id].next == Role::Stopped {
            return;
        }
        let start = self.newest(id, &Task::Start, None);
        let connection =
            start.and_then(|start| self.actions[start].node).and_then(|node| self.situation.nodes[node].connection);
        let connect = connection.and_then(|connection| self.newest(connection, &Task::Start, None));
        if connect.is_some_and(|connect| !self.actions[connect].runnable) {
            return;
        }
        let Some(node) = self.resources[id].node else { return };
        let is_there = start.is_none_or(|start| self.actions[start].optional);
        if notification.task != Task::Start || is_there {
            self.notify(id, node, notification.pre, notification.pre_done, told);
        }
        self.notify_after(id, node, notification, told);
    }

    fn notify_after(&mut self, id: ResourceId, node: NodeId, notification: &Notification, told: &[(String, String)]) {
        if let Some(action) = self.notify(id, node, Some(notification.post), Some(notification.post_done), told) {
            self.actions[action].priority = Score::INFINITY;
        }
        // Monitoring begins when everybody has been told.
        for monitor in self.of[id].clone().into_iter().rev() {
            if self.actions[monitor].interval_ms() > 0 && self.actions[monitor].task != Task::Cancel {
                self.order(notification.post_done, monitor, Relation::ORDERED);
            }
        }
    }

    fn notify(
        &mut self,
        id: ResourceId,
        node: NodeId,
        point: Option<ActionId>,
        done: Option<ActionId>,
        told: &[(String, String)],
    ) -> Option<ActionId> {
        let (point, done) = (point?, done?);
        if !self.nodes[node].online || !self.actions[point].runnable {
            return None;
        }
        let row = &self.actions[point];
        let kind = if row.meta("notify_type") == Some("pre") { "pre" } else { "post" };
        let about = row.meta("notify_operation").map_or(Task::Notify, Task::parse);
        let (task, optional) = (row.task.clone(), row.optional);
        let inherited: BTreeMap<_, _> =
            row.meta.iter().map(|(n, v)| (n.clone(), v.clone())).chain(row.own_meta.iter().cloned()).collect();
        let action = self.action(id, Key::Notify { kind, task: about }, task, Some(node), optional);
        let row = &mut self.actions[action];
        for (name, value) in inherited {
            if row.meta(&name).is_none() {
                row.set_meta(&name, value);
            }
        }
        tell(row, told);
        self.order(point, action, Relation::ORDERED);
        self.order(action, done, Relation::ORDERED);
        Some(action)
    }
}

fn tell(action: &mut Action, told: &[(String, String)]) {
    for (name, value) in told {
        action.set_meta(name, value.as_str());
    }
}
