//! Probes: asking every node what runs there before anything is started.
//!
//! In: nodes and resources. Out: one-time monitors where the state is not known.

use super::Plan;
use crate::cib::model::resource::Role;
use crate::exit;
use crate::scheduler::constrain::ProbeMode;
use crate::scheduler::relation::{End, Relation, Task};
use crate::scheduler::resolve::BundleSettings;
use crate::scheduler::table::{NodeId, ResourceId};

impl Plan<'_> {
    pub(super) fn probe_everywhere(&mut self) {
        for node in self.situation.nodes.ids() {
            if !self.nodes[node].online {
                if self.is_failed_remote(node) {
                    self.fence_node(node, "the connection is unrecoverable", false);
                }
                continue;
            }
            if !self.is_asked(node) {
                continue;
            }
            for &id in &self.placement.top {
                self.probe(id, node);
            }
        }
    }

    /// Whether a node is asked what runs there.
    pub(super) fn is_asked(&self, node: NodeId) -> bool {
        self.nodes[node].is_well() && self.situation.nodes[node].probes_allowed
    }

    fn probe(&mut self, id: ResourceId, node: NodeId) {
        if self.resource(id).is_clone() {
            self.probe_clone(id, node);
        } else if let Some(settings) = self.resource(id).bundle() {
            self.probe_bundle(settings, node);
        } else {
            self.probe_on(id, node);
        }
    }

    fn probe_clone(&mut self, id: ResourceId, node: NodeId) {
        let placed = &self.placement.resources[id];
        if placed.exclusive_probes && self.placement.probe_mode(id, node) != Some(ProbeMode::Exclusive) {
            self.struck.insert((id, node));
            return;
        }
        // Instances are asked for by number, whatever order they were placed in.
        self.children[id].sort_unstable();
        if self.resource(id).unique {
            for instance in self.children[id].clone() {
                self.probe(instance, node);
            }
            return;
        }
        let instances = &self.children[id];
        let known = instances.iter().find(|instance| self.is_known_on(**instance, node));
        let placed = || instances.iter().find(|instance| self.assigned_node(**instance) == Some(node));
        if let Some(&instance) = known.or_else(placed).or(instances.first()) {
            self.probe(instance, node);
        }
    }

    fn probe_bundle(&mut self, settings: &BundleSettings, node: NodeId) {
        for replica in &settings.replicas {
            if let Some(ip) = replica.ip {
                self.probe(ip, node);
            }
            if let Some(inside) = replica.inside.filter(|_| replica.node == Some(node)) {
                self.probe(inside, node);
            }
            let before = self.actions.len();
            self.probe(replica.container, node);
            if self.actions.len() > before && settings.per_host == 1 {
                let others = settings.replicas.iter().filter(|other| other.number != replica.number);
                for other in others {
                    let relation = Relation::ORDERED | Relation::IF_ON_SAME_NODE;
                    self.order_tasks_later(replica.container, Task::Monitor, other.container, Task::Start, relation);
                }
            }
            let before = self.actions.len();
            let Some(remote) = replica.remote else { continue };
            self.probe(remote, node);
            let probe = self.newest(remote, &Task::Monitor, Some(node)).filter(|_| self.actions.len() > before);
            if let Some(probe) = probe {
                self.order_later(
                    End::of(replica.container, Task::Start),
                    End::Action(probe),
                    Relation::NESTED_REMOTE_PROBE,
                );
            }
        }
    }

    fn is_known_on(&self, id: ResourceId, node: NodeId) -> bool {
        let children = &self.children[id];
        if children.is_empty() {
            return self.resource(id).known_on.contains(&node);
        }
        children.iter().any(|child| self.is_known_on(*child, node))
    }

    fn probe_on(&mut self, id: ResourceId, node: NodeId) {
        let resource = self.resource(id);
        if self.situation.nodes[node].is_remote() {
            let holds_guest = resource.launched.iter().any(|inside| self.resource(*inside).remote_connection);
            let guest_in_guest = self.situation.is_guest(node) && holds_guest;
            if resource.fence_device || resource.remote_connection || guest_in_guest {
                return;
            }
        }
        let children = self.children[id].clone();
        if !children.is_empty() {
            for child in children {
                self.probe(child, node);
            }
            return;
        }
        let is_contained = resource.launcher.is_some() && !resource.remote_connection;
        if is_contained || resource.removed || resource.known_on.contains(&node) || !self.may_probe(id, node) {
            return;
        }
        let top = self.situation.top_of(id);
        if self.situation.is_guest(node) && self.put_off_on_guest(node, top) {
            return;
        }
        self.make_probe(id, node, top);
    }

    fn may_probe(&self, id: ResourceId, node: NodeId) -> bool {
        let top = self.situation.top_of(id);
        let mode = self.placement.probe_mode(id, node);
        let exclusive = self.placement.resources[id].exclusive_probes || self.placement.resources[top].exclusive_probes;
        if exclusive {
            return mode == Some(ProbeMode::Exclusive);
        }
        match mode {
            Some(mode) => mode != ProbeMode::Never,
            // Only what belongs into a container is looked for there.
            None => !self.situation.nodes[node].in_bundle,
        }
    }

    /// A guest that is not up, or will not stay up, cannot be asked.
    fn put_off_on_guest(&mut self, node: NodeId, top: ResourceId) -> bool {
        let connection = self.situation.nodes[node].connection;
        let Some(guest) = connection.and_then(|connection| self.resource(connection).launcher) else { return false };
        let planned = &self.resources[guest];
        if planned.current == Role::Stopped {
            let is_unknown = planned.node.is_some_and(|place| !self.resource(guest).known_on.contains(&place));
            if is_unknown {
                self.order_tasks_later(guest, Task::Monitor, top, Task::Start, Relation::ORDERED);
            }
            return true;
        }
        let moves = planned.current > Role::Stopped
            && planned.node.is_some_and(|place| !self.resource(guest).active_on.contains(&place));
        let will_stop = self.remote_reset[node]
            || self.nodes[node].unclean
            || planned.failed
            || planned.next == Role::Stopped
            || moves;
        if will_stop {
            self.order_tasks_later(guest, Task::Stop, top, Task::Start, Relation::ORDERED);
        }
        will_stop
    }

    fn make_probe(&mut self, id: ResourceId, node: NodeId, top: ResourceId) {
        let probe = self.once(id, Task::Monitor, Some(node), false);
        self.actions[probe].optional = false;
        self.order_after_unfencing(id, node, probe, Relation::ORDERED);
        let is_running = self.resource(id).active_on.contains(&node);
        if !is_running {
            self.actions[probe].set_meta("op_target_rc", exit::NOT_RUNNING.to_string());
        } else if self.resources[id].current == Role::Promoted {
            self.actions[probe].set_meta("op_target_rc", exit::PROMOTED.to_string());
        }
        let whole = if self.resource(top).is_clone() { top } else { id };
        let mut relation = Relation::ORDERED;
        if !self.actions[probe].runnable && self.resource(whole).active_on.is_empty() {
            relation |= Relation::UNRUNNABLE_FIRST_BLOCKS;
        }
        self.order_later(End::Action(probe), End::of(whole, Task::Start), relation);
        self.order_later(End::Action(probe), End::of(whole, Task::ReloadAgent), Relation::ORDERED);
    }
}
