//! Fencing and unfencing: acting on the reasons.
//!
//! In: unclean nodes. Out: fencing actions and what waits for them.

use super::Plan;
use super::action::{Key, Requires};
use crate::rules::Recheck;
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

impl Plan<'_> {
    /// Whether a lost node can be made safe, as far as is planned by now.
    pub(super) fn can_fence(&self, node: NodeId) -> bool {
        let allowed = |connection: ResourceId| {
            self.placement.resources[connection].allowed.iter().map(|(node, _)| node).collect()
        };
        self.situation.can_fence(node, &|node| self.nodes[node].online, &allowed)
    }

    /// The action that fences (or, with `on`, unfences) a node; made optional first, it is required where asked.
    pub fn fence_action(
        &mut self,
        node: NodeId,
        operation: Option<&str>,
        optional: bool,
        reason: Option<&str>,
        priority_delay: bool,
    ) -> ActionId {
        let situation = self.situation;
        let facts = &situation.nodes[node];
        let of_node = facts.fencing_action.unwrap_or(&situation.options.fencing_action);
        let operation = operation.unwrap_or(of_node);
        let name = format!("stonith-{}-{operation}", facts.name);
        let mut optional = optional;
        let is_new = !self.singletons.contains_key(&name);
        let action = self.cluster_action(name, Task::Stonith, Some(node), true);
        if is_new {
            let row = &mut self.actions[action];
            row.set_meta("on_node", facts.name.as_str());
            row.set_meta("on_node_uuid", facts.uuid.as_str());
            row.set_meta("stonith_action", operation);
            if situation.unfencing_enabled && self.add_device_digests(action, node) {
                optional = false;
            }
        }
        if situation.options.priority_fencing_delay_ms > 0
            && (priority_delay || self.actions[action].meta("priority-fencing-delay").is_some())
        {
            let delay = self.priority_delay(node);
            self.actions[action].set_meta("priority-fencing-delay", delay.to_string());
        }
        let can_fence = !optional && self.can_fence(node);
        let row = &mut self.actions[action];
        if can_fence {
            row.optional = false;
            row.set_reason(reason, false);
        } else if reason.is_some() {
            row.set_reason(reason, false);
        }
        action
    }

    /// Digests of all devices that unfence, for the node to remember; true where one differs from the last time.
    fn add_device_digests(&mut self, action: ActionId, node: NodeId) -> bool {
        let mut devices = Vec::new();
        for &top in &self.placement.top {
            self.collect_unfencing_devices(top, &mut devices);
        }
        let changes = self.situation.changes();
        let mut recheck = Recheck::default();
        let (mut all, mut secure, mut differs) = (String::new(), String::new(), false);
        for &device in devices.iter().rev() {
            let resource = self.resource(device);
            let (full, hidden) = changes.device_digests(device, node, &mut recheck);
            let entry = |digest: &str| format!("{}:{}:{digest},", resource.id, resource.agent.kind);
            let known = |name: &str| self.situation.nodes[node].attribute(name);
            let summary = |digest: &str| entry(digest).trim_end_matches(',').to_owned();
            if let Some(remembered) = known("#digests-all") {
                let same = remembered.contains(&summary(&full));
                let same_secure = || known("#digests-secure").is_some_and(|text| text.contains(&summary(&hidden)));
                differs |= !same && !same_secure();
            }
            all.push_str(&entry(&full));
            secure.push_str(&entry(&hidden));
        }
        let row = &mut self.actions[action];
        row.set_meta("digests-all", all);
        row.set_meta("digests-secure", secure);
        differs
    }

    fn collect_unfencing_devices(&self, id: ResourceId, devices: &mut Vec<ResourceId>) {
        for &child in &self.children[id] {
            self.collect_unfencing_devices(child, devices);
        }
        let resource = self.resource(id);
        let provides = resource.meta("provides").is_some_and(|text| text.eq_ignore_ascii_case("unfencing"));
        if self.children[id].is_empty() && resource.fence_device && (resource.needs_unfencing || provides) {
            devices.push(id);
        }
    }

    /// The side that runs what matters most gets a head start in a split.
    fn priority_delay(&self, node: NodeId) -> u32 {
        let members = || self.situation.nodes.iter().filter(|(_, facts)| !facts.is_remote());
        let is_member = !self.situation.nodes[node].is_remote();
        let online = members().filter(|(id, _)| self.nodes[*id].online).count();
        let top = members().map(|(_, facts)| facts.priority).max().unwrap_or(0);
        let lowest = members().map(|(_, facts)| facts.priority).min().unwrap_or(0);
        let has_majority = online > members().count() / 2;
        let own = self.situation.nodes[node].priority;
        if !is_member || self.nodes[node].online || has_majority || lowest == top || own < top {
            return 0;
        }
        self.situation.options.priority_fencing_delay_ms / 1000
    }

    /// A need to fence that was found while planning.
    pub fn fence_node(&mut self, node: NodeId, reason: &str, priority_delay: bool) {
        let facts = &self.situation.nodes[node];
        if let Some(launcher) = facts.connection.and_then(|connection| self.resource(connection).launcher) {
            if !self.resources[launcher].failed && self.resources[launcher].managed {
                self.remote_reset[node] = true;
                self.resources[launcher].failed = true;
                self.resources[launcher].stop_if_failed = true;
            }
            return;
        }
        if facts.is_remote() {
            if facts.connection.is_none_or(|connection| self.resources[connection].managed) {
                self.remote_reset[node] = true;
            }
            self.nodes[node].unclean = true;
            self.fence_action(node, None, true, Some(reason), false);
        } else if !self.nodes[node].unclean {
            self.nodes[node].unclean = true;
            self.fence_action(node, None, true, Some(reason), priority_delay);
        }
    }

    pub(super) fn trigger_unfencing(&mut self, device: Option<ResourceId>, node: Option<NodeId>, reason: &str) {
        if !self.situation.unfencing_enabled || device.is_some_and(|device| !self.resource(device).fence_device) {
            return;
        }
        let is_usable = |plan: &Self, node: NodeId| plan.nodes[node].is_well() && !plan.nodes[node].shutdown;
        if let Some(node) = node.filter(|node| is_usable(self, *node)) {
            self.fence_action(node, Some("on"), false, Some(reason), false);
        } else if let Some(device) = device {
            let allowed: Vec<_> = self.placement.resources[device].allowed.iter().map(|(node, _)| node).collect();
            for node in allowed {
                if is_usable(self, node) {
                    self.fence_action(node, Some("on"), false, Some(reason), false);
                }
            }
        }
    }

    /// Nothing is asked or started where the node must be let in again first.
    pub(super) fn order_after_unfencing(&mut self, id: ResourceId, node: NodeId, action: ActionId, relation: Relation) {
        let resource = self.resource(id);
        let is_device = resource.fence_device && self.situation.unfencing_enabled;
        if !is_device && !resource.needs_unfencing {
            return;
        }
        let unfence = self.fence_action(node, Some("on"), true, None, false);
        self.order(unfence, action, relation);
        let is_unfenced = self.situation.nodes[node].attribute("#node-unfenced").is_some_and(|when| when != "0");
        if !is_unfenced {
            let reason = format!("required by {} {}", resource.id, self.actions[action].task);
            self.trigger_unfencing(None, Some(node), &reason);
        }
    }

    pub(super) fn schedule_fencing(&mut self, node: NodeId) -> ActionId {
        let fencing = self.fence_action(node, None, false, Some("node is unclean"), false);
        self.order_around_fencing(fencing);
        fencing
    }

    fn order_around_fencing(&mut self, fencing: ActionId) {
        for &id in &self.placement.top {
            self.order_resource_around_fencing(id, fencing);
        }
    }

    fn order_resource_around_fencing(&mut self, id: ResourceId, fencing: ActionId) {
        let children = self.children[id].clone();
        if !children.is_empty() {
            for child in children {
                self.order_resource_around_fencing(child, fencing);
            }
        } else if self.resources[id].managed {
            self.order_starts_after_fencing(id, fencing);
            self.imply_stops_by_fencing(id, fencing);
        }
    }

    fn order_starts_after_fencing(&mut self, id: ResourceId, fencing: ActionId) {
        let Some(target) = self.actions[fencing].node else { return };
        for action in self.of[id].clone().into_iter().rev() {
            match self.actions[action].requires {
                Requires::Nothing => {}
                Requires::Fencing => {
                    self.order(fencing, action, Relation::ORDERED);
                }
                Requires::Quorum => {
                    let may_be_there = self.placement.resources[id].allowed.get(target).is_some()
                        && !self.is_known_by_anyone(id, target);
                    if self.actions[action].task == Task::Start && may_be_there {
                        self.order(fencing, action, Relation::ORDERED | Relation::UNRUNNABLE_FIRST_BLOCKS);
                    }
                }
            }
        }
    }

    fn is_known_by_anyone(&self, id: ResourceId, node: NodeId) -> bool {
        let resource = self.resource(id);
        let parent =
            resource.parent.map(|parent| self.resource(parent)).filter(|parent| parent.is_clone() && !parent.unique);
        resource.known_on.contains(&node)
            || parent.is_some_and(|parent| resource.is_primitive() && parent.known_on.contains(&node))
    }

    /// What fencing stops need not be stopped.
    fn imply_stops_by_fencing(&mut self, id: ResourceId, fencing: ActionId) {
        let Some(target) = self.actions[fencing].node else { return };
        let resource = self.resource(id);
        let waits = resource.needs_fencing || self.situation.is_guest(target);
        // What is in a bundle follows the stop of the whole, for the container's stop comes before this fencing.
        let is_bundled = self.is_bundled(id);
        let stops = self.find(id, &Key::once(Task::Stop), Some(target));
        let top = self.situation.top_of(id);
        let parent_stop = if stops.is_empty() || !waits { None } else { self.newest(top, &Task::Stop, None) };
        for stop in stops {
            let row = &mut self.actions[stop];
            row.pseudo = true;
            row.runnable = true;
            if waits {
                if !is_bundled {
                    self.order(fencing, stop, Relation::GUEST_ALLOWED);
                }
                if let Some(parent_stop) = parent_stop {
                    self.order(fencing, parent_stop, Relation::GUEST_ALLOWED);
                }
            }
            if resource.notify {
                self.notify_after_fencing(id, stop, fencing);
            }
        }
        for demote in self.find(id, &Key::once(Task::Demote), Some(target)) {
            let is_gone = self.actions[demote].node.is_some_and(|node| !self.nodes[node].is_well());
            if !is_gone && !self.resources[id].failed {
                continue;
            }
            let row = &mut self.actions[demote];
            row.pseudo = true;
            row.runnable = true;
            if waits && !is_bundled {
                self.order(fencing, demote, Relation::GUEST_ALLOWED | Relation::ORDERED);
            }
        }
    }

    fn is_bundled(&self, id: ResourceId) -> bool {
        self.situation.resources.lineage(id).any(|id| self.resource(id).is_bundle())
    }

    /// A guest is fenced by its container being stopped.
    pub(super) fn fence_guest(&mut self, node: NodeId) {
        let connection = self.situation.nodes[node].connection;
        let launcher = connection.and_then(|connection| self.resource(connection).launcher);
        let mut operation = "off";
        let mut stop = None;
        if let Some(launcher) = launcher {
            stop = self.newest(launcher, &Task::Stop, None);
            if self.newest(launcher, &Task::Start, None).is_some() {
                operation = "reboot";
            }
        }
        let fencing = self.fence_action(node, Some(operation), false, Some("guest is unclean"), false);
        self.actions[fencing].pseudo = true;
        self.actions[fencing].runnable = true;
        let relation = Relation::UNRUNNABLE_FIRST_BLOCKS | Relation::FIRST_IMPLIES_THEN;
        match stop {
            Some(stop) if self.actions[stop].pseudo => {
                if let Some(host) = self.actions[stop].node {
                    let host_fencing = self.fence_action(host, None, false, None, false);
                    self.order(host_fencing, fencing, relation);
                }
            }
            Some(stop) => {
                self.order(stop, fencing, relation);
            }
            None => {
                if let Some(stop) = connection.and_then(|connection| self.newest(connection, &Task::Stop, None)) {
                    self.order(stop, fencing, Relation::ORDERED);
                }
            }
        }
        self.order_around_fencing(fencing);
    }
}
