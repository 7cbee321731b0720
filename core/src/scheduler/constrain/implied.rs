//! What groups, clones, containers and fencing imply without anyone writing it.
//!
//! In: resources of the situation. Out: orderings, colocations and bans.

use super::{Ban, BanReason, Builder, Colocation};
use crate::cib::model::options::PlacementStrategy;
use crate::cib::model::resource::Role;
use crate::scheduler::relation::{End, Point, Relation, Task};
use crate::scheduler::resolve::{BundleSettings, Replica};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

/// How a collective's steps through the roles follow each other.
const AROUND_ROLES: [(Task, Task); 7] = [
    (Task::Stopped, Task::Start),
    (Task::Stopped, Task::Promote),
    (Task::Demoted, Task::Stop),
    (Task::Demoted, Task::Start),
    (Task::Demoted, Task::Promote),
    (Task::Running, Task::Promote),
    (Task::Demote, Task::Demoted),
];

/// What a member needs to know of the members before it.
struct Line {
    ordered: bool,
    colocated: bool,
    promotable: bool,
    previous: Option<ResourceId>,
    last_active: Option<ResourceId>,
}

impl Builder<'_> {
    pub(super) fn imply(&mut self, id: ResourceId) {
        let resource = &self.situation.resources[id];
        if resource.is_group() {
            self.imply_group(id);
        } else if resource.is_clone() {
            self.imply_clone(id);
        } else if let Some(settings) = resource.bundle() {
            self.imply_bundle(id, settings);
        } else if resource.is_primitive() {
            self.imply_primitive(id);
        }
    }

    fn imply_primitive(&mut self, id: ResourceId) {
        if !self.constraints.managed[id] {
            return;
        }
        let situation = self.situation;
        let resource = &situation.resources[id];
        self.order_tasks(
            id,
            Task::Stop,
            id,
            Task::Start,
            Relation::ORDERED | Relation::FIRST_IMPLIES_THEN | Relation::INTERMEDIATE_STOP,
        );
        if situation.resources[situation.top_of(id)].promotable || resource.role > Role::Unpromoted {
            self.order_tasks(id, Task::Demote, id, Task::Stop, Relation::PROMOTED_THEN_IMPLIES_FIRST);
            self.order_tasks(id, Task::Start, id, Task::Promote, Relation::UNRUNNABLE_FIRST_BLOCKS);
        }
        self.order_tasks(
            id,
            Task::LrmDelete,
            id,
            Task::Monitor,
            Relation::IF_ON_SAME_NODE | Relation::THEN_CANCELS_FIRST,
        );
        if !resource.fence_device && situation.unfencing_enabled && resource.needs_unfencing {
            for node in self.allowed_nodes(id) {
                let point = self.point(Point::Unfence { node });
                self.order(End::of(id, Task::Stop), End::Point(point), Relation::ORDERED | Relation::IF_ON_SAME_NODE);
                let wanted = Relation::FIRST_IMPLIES_SAME_NODE_THEN | Relation::IF_ON_SAME_NODE;
                self.order(End::Point(point), End::of(id, Task::Start), wanted);
            }
        }
        if !resource.utilization.is_empty() && situation.options.placement != PlacementStrategy::Default {
            self.imply_utilization(id);
        }
        if resource.launcher.is_some() {
            self.imply_container(id);
        }
        if resource.remote_connection || resource.fence_device {
            self.avoid_remote_nodes(id);
        }
    }

    /// Nodes a resource may be placed on, whatever the score: all, or those that some location names.
    /// Where a lost ticket bans it everywhere, everywhere is named.
    fn allowed_nodes(&self, id: ResourceId) -> Vec<NodeId> {
        let situation = self.situation;
        let banned = |ban: &Ban| ban.resource == id && ban.node.is_none() && ban.why == BanReason::LostTicket;
        if self.constraints.bans.iter().any(banned) {
            return situation.nodes.ids().collect();
        }
        let from_locations = |node: &NodeId| {
            let names_it = |location: &usize| {
                let location = &self.constraints.locations[*location];
                location.role == Role::Unknown && location.nodes.iter().any(|(named, _)| named == node)
            };
            situation.resources.lineage(id).any(|part| self.constraints.locations_of[part].iter().any(names_it))
        };
        situation
            .nodes
            .ids()
            .filter(|node| situation.resources[id].scores.contains(*node) || from_locations(node))
            .collect()
    }

    /// Room on a node is free only once what leaves it is gone.
    fn imply_utilization(&mut self, id: ResourceId) {
        let load_stopped = |builder: &mut Self, node: NodeId| {
            let name = format!("load_stopped_{}", builder.situation.nodes[node].name);
            builder.point(Point::LoadStopped { name, node })
        };
        for &node in &self.situation.resources[id].active_on {
            let point = load_stopped(self, node);
            self.order(End::of(id, Task::Stop), End::Point(point), Relation::IF_ON_SAME_NODE_OR_TARGET);
        }
        for node in self.allowed_nodes(id) {
            let point = load_stopped(self, node);
            self.order(End::Point(point), End::of(id, Task::Start), Relation::IF_ON_SAME_NODE_OR_TARGET);
            self.order(End::Point(point), End::of(id, Task::MigrateTo), Relation::IF_ON_SAME_NODE_OR_TARGET);
        }
    }

    fn imply_container(&mut self, id: ResourceId) {
        let situation = self.situation;
        let resource = &situation.resources[id];
        let Some(launcher) = resource.launcher else { return };
        let mut inside = None;
        let in_bundle =
            resource.remote_connection && resource.parent.is_some_and(|parent| situation.resources[parent].is_bundle());
        if resource.remote_connection {
            if !in_bundle {
                self.avoid_remote_nodes(launcher);
            }
            self.order_tasks(launcher, Task::Monitor, id, Task::Stop, Relation::ORDERED);
        } else if situation.resources[launcher].remote_connection {
            inside = Some(launcher);
        } else {
            inside = situation.resources[launcher]
                .launched
                .iter()
                .copied()
                .find(|c| situation.resources[*c].remote_connection);
        }
        if let Some(connection) = inside {
            for (node, facts) in situation.nodes.iter() {
                if facts.connection != Some(connection) {
                    self.ban(id, Some(node), BanReason::NotThere);
                }
            }
            return;
        }
        self.order_tasks(
            launcher,
            Task::Start,
            id,
            Task::Start,
            Relation::FIRST_IMPLIES_THEN | Relation::UNRUNNABLE_FIRST_BLOCKS,
        );
        self.order_tasks(id, Task::Stop, launcher, Task::Stop, Relation::THEN_IMPLIES_FIRST);
        self.add_colocation(Colocation {
            // A connection into a container may also be held from elsewhere.
            score: if in_bundle { Score::new(10_000) } else { Score::INFINITY },
            ..Colocation::implied("#resource-with-container", id, launcher)
        });
    }

    fn avoid_remote_nodes(&mut self, id: ResourceId) {
        for (node, facts) in self.situation.nodes.iter() {
            if facts.connection.is_some() {
                self.ban(id, Some(node), BanReason::NotThere);
            }
        }
    }

    fn imply_group(&mut self, id: ResourceId) {
        self.order_tasks(id, Task::Stop, id, Task::Stopped, Relation::UNRUNNABLE_FIRST_BLOCKS);
        self.order_tasks(id, Task::Stopped, id, Task::Start, Relation::ORDERED);
        self.order_tasks(id, Task::Start, id, Task::Running, Relation::UNRUNNABLE_FIRST_BLOCKS);
        let situation = self.situation;
        let Some(settings) = situation.resources[id].group() else { return };
        let mut line = Line {
            ordered: settings.ordered,
            colocated: settings.colocated,
            promotable: situation.resources[situation.top_of(id)].promotable,
            previous: None,
            last_active: None,
        };
        for &member in &situation.resources[id].children {
            self.imply_member(id, member, &mut line);
        }
    }

    fn imply_member(&mut self, group: ResourceId, member: ResourceId, line: &mut Line) {
        self.imply_primitive(member);
        let mut down = Relation::THEN_IMPLIES_FIRST_GRAPHED;
        let mut after_down = Relation::FIRST_IMPLIES_THEN_GRAPHED;
        match line.previous {
            None if line.ordered => {
                down |= Relation::ORDERED;
                after_down = Relation::FIRST_IMPLIES_THEN;
            }
            None => {}
            Some(previous) if line.colocated => self.add_colocation(Colocation {
                influence: self.situation.resources[member].critical,
                ..Colocation::implied("#group-members", member, previous)
            }),
            Some(_) => {}
        }
        let up_with_group =
            Relation::UNRUNNABLE_FIRST_BLOCKS | Relation::FIRST_IMPLIES_THEN | Relation::FIRST_IMPLIES_THEN_GRAPHED;
        if line.promotable {
            self.order_tasks(group, Task::Demote, member, Task::Demote, down);
            self.order_tasks(member, Task::Demote, group, Task::Demoted, after_down);
            self.order_tasks(member, Task::Promote, group, Task::Promoted, up_with_group);
            self.order_tasks(group, Task::Promote, member, Task::Promote, Relation::THEN_IMPLIES_FIRST_GRAPHED);
        }
        self.order_tasks(group, Task::Stop, member, Task::Stop, down);
        self.order_tasks(member, Task::Stop, group, Task::Stopped, after_down);
        self.order_tasks(group, Task::Start, member, Task::Start, Relation::THEN_IMPLIES_FIRST_GRAPHED);
        self.order_tasks(member, Task::Start, group, Task::Running, up_with_group);
        self.imply_line(group, member, line);
        self.imply_stop_past_gaps(member, line);
        line.previous = Some(member);
    }

    /// Members start one after the other and stop the other way round.
    fn imply_line(&mut self, group: ResourceId, member: ResourceId, line: &Line) {
        let follows = Relation::FIRST_IMPLIES_THEN | Relation::UNRUNNABLE_FIRST_BLOCKS;
        if !line.ordered {
            let wanted = follows | Relation::THEN_IMPLIES_FIRST_GRAPHED;
            self.order_tasks(group, Task::Start, member, Task::Start, wanted);
            if line.promotable {
                self.order_tasks(group, Task::Promote, member, Task::Promote, wanted);
            }
            return;
        }
        let Some(previous) = line.previous else {
            self.order_tasks(group, Task::Start, member, Task::Start, Relation::NONE);
            if line.promotable {
                self.order_tasks(group, Task::Promote, member, Task::Promote, Relation::NONE);
            }
            return;
        };
        self.order_tasks(previous, Task::Start, member, Task::Start, follows);
        self.order_tasks(member, Task::Stop, previous, Task::Stop, Relation::ORDERED | Relation::INTERMEDIATE_STOP);
        let resources = &self.situation.resources;
        if !resources[member].active_on.is_empty() && resources[previous].active_on.is_empty() {
            // An earlier member was stopped behind our back: the later one must stop before it starts.
            let wanted = Relation::THEN_IMPLIES_FIRST | Relation::UNRUNNABLE_FIRST_BLOCKS;
            self.order_tasks(member, Task::Stop, previous, Task::Start, wanted);
        }
        if line.promotable {
            self.order_tasks(previous, Task::Promote, member, Task::Promote, follows);
            self.order_tasks(member, Task::Demote, previous, Task::Demote, Relation::ORDERED);
        }
    }

    fn imply_stop_past_gaps(&mut self, member: ResourceId, line: &mut Line) {
        let is_active = |id: ResourceId| !self.situation.resources[id].active_on.is_empty();
        if !is_active(member) {
            return;
        }
        if let (true, Some(previous), Some(last_active)) = (line.ordered, line.previous, line.last_active)
            && !is_active(previous)
            && is_active(last_active)
        {
            self.order_tasks(member, Task::Stop, last_active, Task::Stop, Relation::ORDERED);
        }
        line.last_active = Some(member);
    }

    fn imply_clone(&mut self, id: ResourceId) {
        let situation = self.situation;
        let resource = &situation.resources[id];
        self.order_tasks(id, Task::Stopped, id, Task::Start, Relation::ORDERED);
        self.order_tasks(id, Task::Start, id, Task::Running, Relation::UNRUNNABLE_FIRST_BLOCKS);
        self.order_tasks(id, Task::Stop, id, Task::Stopped, Relation::UNRUNNABLE_FIRST_BLOCKS);
        if resource.promotable {
            self.order_tasks(id, Task::Demoted, id, Task::Stop, Relation::ORDERED);
            self.order_tasks(id, Task::Running, id, Task::Promote, Relation::UNRUNNABLE_FIRST_BLOCKS);
        }
        let ordered = resource.clone_settings().is_some_and(|settings| settings.ordered);
        for (at, &instance) in resource.children.iter().enumerate() {
            self.imply(instance);
            let graphed = Relation::THEN_IMPLIES_FIRST_GRAPHED;
            self.order_tasks(id, Task::Start, instance, Task::Start, Relation::UNRUNNABLE_FIRST_BLOCKS | graphed);
            self.order_tasks(instance, Task::Start, id, Task::Running, Relation::FIRST_IMPLIES_THEN_GRAPHED);
            self.order_tasks(id, Task::Stop, instance, Task::Stop, graphed);
            self.order_tasks(instance, Task::Stop, id, Task::Stopped, Relation::FIRST_IMPLIES_THEN_GRAPHED);
            if ordered {
                for &later in &resource.children[at + 1..] {
                    self.order_tasks(instance, Task::Start, later, Task::Start, Relation::ORDERED);
                    self.order_tasks(later, Task::Stop, instance, Task::Stop, Relation::ORDERED);
                }
            }
        }
        if resource.promotable {
            self.imply_promotable(id, ordered);
        }
    }

    fn imply_bundle(&mut self, id: ResourceId, settings: &BundleSettings) {
        for replica in &settings.replicas {
            self.imply_replica(id, replica);
        }
        let Some(inside) = settings.inside else { return };
        let (down, up) = (Relation::THEN_IMPLIES_FIRST_GRAPHED, Relation::FIRST_IMPLIES_THEN_GRAPHED);
        self.order_tasks(id, Task::Start, inside, Task::Start, down);
        self.order_tasks(inside, Task::Running, id, Task::Running, up);
        self.order_tasks(id, Task::Stop, inside, Task::Stop, down);
        self.order_tasks(inside, Task::Stopped, id, Task::Stopped, up);
        self.imply_clone(inside);
        if !self.situation.resources[inside].promotable {
            return;
        }
        for (first, then) in AROUND_ROLES {
            self.order_tasks(id, first, id, then, Relation::ORDERED);
        }
        self.order_tasks(id, Task::Demote, inside, Task::Demote, down);
        self.order_tasks(inside, Task::Demoted, id, Task::Demoted, up);
        self.order_tasks(id, Task::Promote, inside, Task::Promote, down);
        self.order_tasks(inside, Task::Promoted, id, Task::Promoted, up);
    }

    fn imply_replica(&mut self, bundle: ResourceId, replica: &Replica) {
        let container = replica.container;
        let down = Relation::THEN_IMPLIES_FIRST_GRAPHED;
        self.imply_primitive(container);
        self.order_tasks(bundle, Task::Start, container, Task::Start, Relation::UNRUNNABLE_FIRST_BLOCKS | down);
        if let Some(inside) = replica.inside {
            self.order_tasks(bundle, Task::Stop, inside, Task::Stop, down);
        }
        self.order_tasks(bundle, Task::Stop, container, Task::Stop, down);
        self.order_tasks(container, Task::Start, bundle, Task::Running, Relation::FIRST_IMPLIES_THEN_GRAPHED);
        self.order_tasks(container, Task::Stop, bundle, Task::Stopped, Relation::FIRST_IMPLIES_THEN_GRAPHED);
        if let Some(ip) = replica.ip {
            self.imply_primitive(ip);
            self.order_tasks(
                ip,
                Task::Start,
                container,
                Task::Start,
                Relation::UNRUNNABLE_FIRST_BLOCKS | Relation::GUEST_ALLOWED,
            );
            self.order_tasks(
                container,
                Task::Stop,
                ip,
                Task::Stop,
                Relation::THEN_IMPLIES_FIRST | Relation::GUEST_ALLOWED,
            );
            self.add_colocation(Colocation::implied("#ip-with-container", ip, container));
        }
        if let Some(remote) = replica.remote {
            self.imply_primitive(remote);
            self.prepare_nesting(remote);
        }
    }

    fn prepare_nesting(&mut self, remote: ResourceId) {
        let connections = self.situation.nodes.rows().iter().filter_map(|node| node.connection);
        for connection in connections.filter(|connection| *connection != remote) {
            let colocation = Colocation::implied("#replica-remote-with-host-remote", remote, connection);
            self.constraints.colocations.push(colocation);
            self.constraints.nested.insert((remote, connection), self.constraints.colocations.len() - 1);
        }
    }

    fn imply_promotable(&mut self, id: ResourceId, ordered: bool) {
        for (first, then) in AROUND_ROLES {
            self.order_tasks(id, first, id, then, Relation::ORDERED);
        }
        let mut previous = None;
        for &instance in &self.situation.resources[id].children {
            self.order_tasks(instance, Task::Demote, instance, Task::Promote, Relation::ORDERED);
            self.order_tasks(id, Task::Promote, instance, Task::Promote, Relation::ORDERED);
            self.order_tasks(instance, Task::Promote, id, Task::Promoted, Relation::ORDERED);
            if let Some(previous) = previous.filter(|_| ordered) {
                self.order_tasks(previous, Task::Promote, instance, Task::Promote, Relation::ORDERED);
            }
            self.order_tasks(id, Task::Demote, instance, Task::Demote, Relation::THEN_IMPLIES_FIRST_GRAPHED);
            self.order_tasks(instance, Task::Demote, id, Task::Demoted, Relation::FIRST_IMPLIES_THEN_GRAPHED);
            if let Some(previous) = previous.filter(|_| ordered) {
                self.order_tasks(instance, Task::Demote, previous, Task::Demote, Relation::ORDERED);
            }
            previous = Some(instance);
        }
    }
}
