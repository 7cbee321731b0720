//! Whether a lost node can be made safe.
//!
//! In: devices, quorum and policy; who is online, as the asker sees it. Out: yes or no.
//! Never here: whether it should be (see `node` and `history`), doing it (see `act::fence`).

use super::node::Node;
use super::resource::Resource;
use super::{Resolver, Situation};
use crate::cib::model::options::{ClusterOptions, NoQuorumPolicy};
use crate::scheduler::table::{NodeId, ResourceId, Table};

/// What the cluster may do to any lost node.
enum Power {
    None,
    All,
    /// Without quorum only nodes that are still there, so that the other side does not do the same.
    OnlyOnline {
        /// Whether remote nodes are safe to fence, too.
        remote: bool,
    },
}

impl Power {
    fn of(options: &ClusterOptions, have_fencing: bool, quorate: bool, policy: NoQuorumPolicy) -> Self {
        if !options.fencing_enabled || !have_fencing {
            Self::None
        } else if quorate || policy == NoQuorumPolicy::Ignore {
            Self::All
        } else {
            Self::OnlyOnline { remote: options.fence_remote_without_quorum }
        }
    }
}

/// What fencing depends on.
struct Means<'a> {
    power: Power,
    nodes: &'a Table<NodeId, Node>,
    resources: &'a Table<ResourceId, Resource>,
    is_online: &'a dyn Fn(NodeId) -> bool,
    /// Where a connection may be held.
    allowed: &'a dyn Fn(ResourceId) -> Vec<NodeId>,
}

impl Resolver<'_> {
    /// As far as is known while histories are read.
    pub(super) fn can_fence(&self, node: NodeId) -> bool {
        let is_online = |node| self.nodes[node].online;
        let allowed = |connection| self.resources[connection].scores.iter().map(|(node, _)| node).collect();
        let power = Power::of(&self.options, self.have_fencing, self.quorate, self.no_quorum_policy);
        let (nodes, resources) = (&self.nodes, &self.resources);
        Means { power, nodes, resources, is_online: &is_online, allowed: &allowed }.can_fence(node, self.nodes.len())
    }
}

impl Situation {
    /// As far as the asker knows who is online and where connections may be held.
    pub fn can_fence(
        &self,
        node: NodeId,
        is_online: &dyn Fn(NodeId) -> bool,
        allowed: &dyn Fn(ResourceId) -> Vec<NodeId>,
    ) -> bool {
        let power = Power::of(&self.options, self.have_fencing, self.quorate, self.no_quorum_policy);
        let (nodes, resources) = (&self.nodes, &self.resources);
        Means { power, nodes, resources, is_online, allowed }.can_fence(node, self.nodes.len())
    }
}

impl Means<'_> {
    /// A guest is fenced by stopping its container, whose hosts may be guests again: at most all nodes in turn.
    fn can_fence(&self, id: NodeId, hosts_left: usize) -> bool {
        let connection = self.nodes[id].connection;
        if let Some(launcher) = connection.and_then(|connection| self.resources[connection].launcher) {
            let mut hosts = self.resources[launcher].active_on.iter();
            return hosts
                .all(|host| (self.is_online)(*host) || (hosts_left > 0 && self.can_fence(*host, hosts_left - 1)));
        }
        match (&self.power, connection) {
            (Power::None, _) => false,
            (Power::All, _) => true,
            (Power::OnlyOnline { .. }, _) if !(self.is_online)(id) => false,
            // A remote node may belong to the other side of a split by now.
            (Power::OnlyOnline { remote: false }, Some(connection)) if self.nodes[id].is_remote() => {
                (self.allowed)(connection).into_iter().all(|host| (self.is_online)(host))
            }
            (Power::OnlyOnline { .. }, _) => true,
        }
    }
}
