//! Whether a lost node can be made safe.
//!
//! In: devices, quorum and policy; who is online, as the asker sees it. Out: yes or no.
//! Never here: whether it should be (see `node` and `history`), doing it (see `act::fence`).

use super::node::Node;
use super::resource::Resource;
use crate::cib::model::options::{ClusterOptions, NoQuorumPolicy};
use crate::scheduler::table::{NodeId, ResourceId, Table};

/// What fencing depends on.
pub struct Means<'a> {
    pub options: &'a ClusterOptions,
    pub have_fencing: bool,
    pub quorate: bool,
    pub no_quorum_policy: NoQuorumPolicy,
    pub nodes: &'a Table<NodeId, Node>,
    pub resources: &'a Table<ResourceId, Resource>,
    pub is_online: &'a dyn Fn(NodeId) -> bool,
    /// Where a connection may be held.
    pub allowed: &'a dyn Fn(ResourceId) -> Vec<NodeId>,
}

impl Means<'_> {
    pub fn can_fence(&self, id: NodeId) -> bool {
        self.can_fence_within(id, self.nodes.len())
    }

    /// A guest is fenced by stopping its container, whose hosts may be guests again: at most all nodes in turn.
    fn can_fence_within(&self, id: NodeId, hosts_left: usize) -> bool {
        let connection = self.nodes[id].connection;
        if let Some(launcher) = connection.and_then(|connection| self.resources[connection].launcher) {
            let mut hosts = self.resources[launcher].active_on.iter();
            return hosts.all(|host| {
                (self.is_online)(*host) || (hosts_left > 0 && self.can_fence_within(*host, hosts_left - 1))
            });
        }
        if !self.options.fencing_enabled || !self.have_fencing {
            return false;
        }
        if self.quorate || self.no_quorum_policy == NoQuorumPolicy::Ignore {
            return true;
        }
        if !(self.is_online)(id) {
            return false;
        }
        match connection {
            // A remote node may belong to the other side of a split by now.
            Some(connection) if self.nodes[id].is_remote() && !self.options.fence_remote_without_quorum => {
                (self.allowed)(connection).into_iter().all(|host| (self.is_online)(host))
            }
            _ => true,
        }
    }
}
