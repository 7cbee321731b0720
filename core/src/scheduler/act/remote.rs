//! Actions on remote and guest nodes wait for the connection, and the connection for them.
//!
//! In: actions planned on remote nodes. Out: orderings with the connection's start and stop; late needs to fence.

use super::Plan;
use crate::cib::model::resource::Role;
use crate::scheduler::relation::{End, Relation, Task};
use crate::scheduler::table::{ActionId, NodeId, ResourceId};

/// How it stands with the connection to a remote node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    Unknown,
    Alive,
    /// Its host is lost, but it will come up elsewhere.
    Resting,
    Failed,
    Stopped,
}

impl Plan<'_> {
    pub(super) fn order_remote_connections(&mut self) {
        if !self.situation.nodes.rows().iter().any(super::super::resolve::Node::is_remote) {
            return;
        }
        for action in self.actions.ids().rev().collect::<Vec<_>>() {
            self.order_with_connection(action);
        }
    }

    fn order_with_connection(&mut self, action: ActionId) {
        let row = &self.actions[action];
        let Some(id) = row.resource else { return };
        if self.resource(id).remote_connection && row.task == Task::ClearFailCount {
            return self.order_later(End::Action(action), End::of(id, Task::Start), Relation::ORDERED);
        }
        let Some(node) = row.node.filter(|node| self.situation.nodes[*node].is_remote() && !row.pseudo) else { return };
        let Some(connection) = self.situation.nodes[node].connection else { return };
        if row.task == Task::Start {
            for other in self.of[id].clone().into_iter().rev() {
                let stops_elsewhere = self.actions[other].node != Some(node) && self.actions[other].task == Task::Stop;
                if stops_elsewhere {
                    self.order_later(End::of(connection, Task::Start), End::Action(other), Relation::ORDERED);
                }
            }
        }
        match self.resource(connection).launcher {
            Some(launcher) => self.order_on_guest(action, node, connection, launcher),
            None => self.order_on_remote(action, node, connection),
        }
    }

    fn after_start_of(&mut self, first: ResourceId, action: ActionId, extra: Relation) {
        let relation = Relation::GUEST_ALLOWED | Relation::UNRUNNABLE_FIRST_BLOCKS | extra;
        self.order_later(End::of(first, Task::Start), End::Action(action), relation);
    }

    fn before_stop_of(&mut self, action: ActionId, then: ResourceId, extra: Relation) {
        self.order_later(End::Action(action), End::of(then, Task::Stop), Relation::GUEST_ALLOWED | extra);
    }

    fn connection_state(&self, node: NodeId, connection: ResourceId) -> Connection {
        let (resource, planned) = (self.resource(connection), &self.resources[connection]);
        let host = self.current_node(connection);
        if planned.next == Role::Stopped || planned.node.is_none() {
            if host.is_some_and(|host| self.nodes[host].unclean) {
                return Connection::Failed;
            }
            if !planned.failed {
                return Connection::Stopped;
            }
            let facts = &self.situation.nodes[node];
            let was_reset = planned.next == Role::Stopped && resource.reconnect_interval_ms > 0 && facts.remote_fenced;
            return if was_reset && !facts.shutdown_requested() { Connection::Unknown } else { Connection::Failed };
        }
        let Some(host) = host else { return Connection::Unknown };
        let is_halfway = resource.active_on.len() > 1 && planned.partial_migration.is_some();
        if !self.nodes[host].is_well() || is_halfway {
            return Connection::Resting;
        }
        Connection::Alive
    }

    pub(super) fn is_failed_remote(&self, node: NodeId) -> bool {
        let facts = &self.situation.nodes[node];
        let connection = facts.connection.filter(|_| facts.is_remote() && !self.situation.is_guest(node));
        connection.is_some_and(|connection| self.connection_state(node, connection) == Connection::Failed)
    }

    fn order_on_remote(&mut self, action: ActionId, node: NodeId, connection: ResourceId) {
        let state = self.connection_state(node, connection);
        match self.actions[action].task {
            Task::Start | Task::Promote => {
                let extra = if state == Connection::Failed { Relation::FIRST_IMPLIES_THEN } else { Relation::NONE };
                self.after_start_of(connection, action, extra);
            }
            Task::Stop | Task::MigrateTo | Task::MigrateFrom => match state {
                Connection::Alive => self.before_stop_of(action, connection, Relation::THEN_IMPLIES_FIRST),
                Connection::Failed => {
                    self.fence_node(node, "resources are active but connection is unrecoverable", false)
                }
                _ if self.resources[connection].next == Role::Stopped => {
                    self.before_stop_of(action, connection, Relation::THEN_IMPLIES_FIRST);
                }
                _ => self.after_start_of(connection, action, Relation::NONE),
            },
            Task::Demote => {
                if matches!(state, Connection::Resting | Connection::Unknown) {
                    self.after_start_of(connection, action, Relation::NONE);
                }
            }
            _ if self.actions[action].interval_ms() > 0 => {
                self.after_start_of(connection, action, Relation::FIRST_IMPLIES_THEN);
            }
            _ => {
                if self.actions[action].task == Task::Monitor && state == Connection::Failed {
                    self.fence_node(node, "resources are in unknown state and connection is unrecoverable", false);
                }
                if self.current_node(connection).is_some() && state == Connection::Stopped {
                    self.before_stop_of(action, connection, Relation::UNRUNNABLE_FIRST_BLOCKS);
                } else {
                    self.after_start_of(connection, action, Relation::NONE);
                }
            }
        }
    }

    fn order_on_guest(&mut self, action: ActionId, node: NodeId, connection: ResourceId, launcher: ResourceId) {
        if self.resources[launcher].failed {
            self.fence_node(node, "container failed", false);
        }
        match &self.actions[action].task {
            Task::Start | Task::Promote => {
                self.after_start_of(launcher, action, Relation::FIRST_IMPLIES_THEN);
                self.after_start_of(connection, action, Relation::NONE);
            }
            Task::Stop | Task::Demote | Task::MigrateTo | Task::MigrateFrom => {
                if !self.resources[launcher].failed {
                    self.before_stop_of(action, connection, Relation::NONE);
                }
            }
            task if self.actions[action].interval_ms() > 0 => {
                if *task == Task::Monitor {
                    self.after_start_of(connection, action, Relation::FIRST_IMPLIES_THEN);
                }
            }
            _ => self.after_start_of(connection, action, Relation::NONE),
        }
    }

    /// The cluster node that speaks for a remote node when this action runs.
    pub fn connection_host(&self, action: ActionId) -> Option<NodeId> {
        let row = &self.actions[action];
        let node = row.node.filter(|node| self.situation.nodes[*node].is_remote() && row.task != Task::Stonith)?;
        let connection = self.situation.nodes[node].connection?;
        let (began, ended) = (self.current_node(connection), self.resources[connection].node);
        let (Some(began), Some(ended)) = (began, ended) else { return began.or(ended) };
        if began == ended {
            return Some(began);
        }
        let is_halfway =
            self.resource(connection).launcher.is_none() && self.resources[connection].partial_migration.is_some();
        let task = match row.task {
            Task::Notify => row.meta("notify_operation").map_or(Task::Notify, Task::parse),
            ref task => task.clone(),
        };
        let is_before = matches!(task, Task::Cancel | Task::Stop | Task::Demote | Task::MigrateFrom | Task::MigrateTo);
        Some(if is_before && !is_halfway { began } else { ended })
    }
}
