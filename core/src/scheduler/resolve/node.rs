//! Nodes: who is online, who is clean, and why one must be fenced.
//!
//! In: the configuration's nodes and what the status section says of them. Out: [`Node`]s.
//! Never here: acting on a need to fence (see `act::fence`).

use super::{Finding, Resolver, Resource, active_node};
use crate::cib::model::node::NodeKind as ConfiguredKind;
use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::ResourceConfig;
use crate::ids::{NodeName, NodeUuid};
use crate::rules::{Facts, evaluate_sets};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::status::cause;
use crate::status::failcount::Total;
use crate::status::node::Membership;
use crate::status::{FailCounts, NodeState};
use quorate_grammar::literal;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// What runs on a node of the cluster's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Runs the whole cluster stack.
    Cluster,
    /// Runs only the remote executor, reached through a connection resource.
    Remote,
}

/// A node as this decision sees it.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: NodeName,
    pub uuid: NodeUuid,
    pub kind: NodeKind,
    /// What every resource starts with here; -INFINITY when the node cannot run anything.
    pub score: Score,
    pub online: bool,
    /// Its resources' state is not known, and will not be until it is fenced.
    pub unclean: bool,
    /// Why it must be fenced, in words.
    pub fence_reason: Option<String>,
    /// How, if not as all nodes are.
    pub fencing_action: Option<&'static str>,
    /// Resources whose failure has it fenced.
    pub fencing_causes: BTreeSet<String>,
    /// It was switched off for good, for the failure of these resources.
    pub switched_off_for: Vec<String>,
    /// In the cluster, but not joined yet.
    pub pending: bool,
    pub standby: bool,
    /// Standby because an operation with on-fail=standby failed.
    pub standby_on_fail: bool,
    pub maintenance: bool,
    /// Asked to leave.
    pub shutdown: bool,
    pub expected_up: bool,
    /// A state was found for it.
    pub seen: bool,
    pub is_dc: bool,
    /// Permanent and transient attributes as one, with the built-in `#…` ones.
    pub attributes: BTreeMap<String, String>,
    pub utilization: BTreeMap<String, String>,
    pub fail_counts: FailCounts,
    /// Whether to look for resources here that nobody started.
    pub probes_allowed: bool,
    /// For remote and guest nodes: the resource that connects to it.
    pub connection: Option<ResourceId>,
    /// For remote and guest nodes: the connection must be made anew.
    pub remote_reset: bool,
    /// It is inside a bundle's container.
    pub in_bundle: bool,
    pub remote_fenced: bool,
    pub remote_maintenance: bool,
    /// Primitives active here, in the order found.
    pub running: Vec<ResourceId>,
    /// Sum of the priorities of what runs here.
    pub priority: i32,
    pub(super) history_read: bool,
}

impl Node {
    /// A resource's failures here; an anonymous instance answers for all.
    pub fn failures_of(&self, resource: &Resource) -> Total {
        self.fail_counts.total(resource.failure_name(), !resource.unique)
    }

    pub(super) fn new(name: NodeName, uuid: NodeUuid, kind: NodeKind, score: Score) -> Self {
        let word = if kind == NodeKind::Remote { "remote" } else { "cluster" };
        Self {
            name,
            uuid,
            kind,
            score,
            online: false,
            unclean: false,
            fence_reason: None,
            fencing_action: None,
            fencing_causes: BTreeSet::new(),
            switched_off_for: Vec::new(),
            pending: false,
            standby: false,
            standby_on_fail: false,
            maintenance: false,
            shutdown: false,
            expected_up: false,
            seen: false,
            is_dc: false,
            attributes: BTreeMap::from([("#kind".to_owned(), word.to_owned())]),
            utilization: BTreeMap::new(),
            fail_counts: FailCounts::default(),
            probes_allowed: true,
            connection: None,
            remote_reset: false,
            in_bundle: false,
            remote_fenced: false,
            remote_maintenance: false,
            running: Vec::new(),
            priority: 0,
            history_read: false,
        }
    }

    /// Online, and known to be safe.
    pub const fn is_well(&self) -> bool {
        self.online && !self.unclean
    }

    /// Whether resources are kept away though nothing is wrong with it.
    pub const fn is_closed(&self) -> bool {
        self.standby || self.maintenance
    }

    /// Whether it runs only the remote executor; guests do too.
    pub fn is_remote(&self) -> bool {
        self.kind == NodeKind::Remote
    }

    /// A permanent, transient or built-in attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn is_true(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|text| literal::boolean(text) == Ok(true))
    }

    /// Asked to leave, by its own attribute.
    pub fn shutdown_requested(&self) -> bool {
        self.attribute("shutdown").is_some_and(|text| text != "0")
    }
}

/// Names in the order people expect: `node9` before `node10`, case ignored.
pub fn compare_names(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if left[i].is_ascii_digit() && right[j].is_ascii_digit() {
            let run = |bytes: &[u8], from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
            let (a, b) = (&left[i..i + run(left, i)], &right[j..j + run(right, j)]);
            let value = |digits: &[u8]| {
                digits.iter().fold(0_u128, |n, d| n.saturating_mul(10).saturating_add(u128::from(d - b'0')))
            };
            let order = value(a).cmp(&value(b)).then(a.len().cmp(&b.len()));
            if order != Ordering::Equal {
                return order;
            }
            (i, j) = (i + a.len(), j + b.len());
        } else {
            let order = left[i].to_ascii_lowercase().cmp(&right[j].to_ascii_lowercase());
            if order != Ordering::Equal {
                return order;
            }
            (i, j) = (i + 1, j + 1);
        }
    }
    (left.len() - i).cmp(&(right.len() - j))
}

impl Resolver<'_> {
    /// The nodes of the configuration and those that remote resources stand for, by name.
    pub(super) fn collect_nodes(&mut self) {
        let mut nodes: Vec<Node> = Vec::new();
        let (mut contained, mut late) = (BTreeSet::new(), BTreeSet::new());
        for config in &self.model.nodes {
            let kind = match config.kind {
                ConfiguredKind::Member => NodeKind::Cluster,
                ConfiguredKind::Remote => NodeKind::Remote,
            };
            let mut node = Node::new(config.name.clone(), config.uuid.clone(), kind, config.score);
            // A remote node is judged once its connection is known.
            node.unclean = kind == NodeKind::Cluster && self.options.startup_fencing;
            nodes.push(node);
        }
        for name in self.remote_node_names() {
            if !nodes.iter().any(|node| node.name.eq_ignore_ascii_case(&name)) {
                nodes.push(Node::new(name.as_str().into(), name.as_str().into(), NodeKind::Remote, Score::ZERO));
            }
        }
        for bundle in self.model.resources.iter().filter_map(ResourceConfig::bundle) {
            for name in super::bundle::node_names(bundle) {
                if !nodes.iter().any(|node| node.name.eq_ignore_ascii_case(&name)) {
                    nodes.push(Node::new(
                        name.as_str().into(),
                        name.as_str().into(),
                        NodeKind::Remote,
                        Score::MINUS_INFINITY,
                    ));
                    contained.insert(name);
                }
            }
        }
        for name in self.late {
            nodes.push(Node::new(name.as_str().into(), name.as_str().into(), NodeKind::Remote, Score::ZERO));
            late.insert(name.clone());
        }
        nodes.sort_by(|left, right| compare_names(&left.name, &right.name));
        for node in nodes {
            let is_contained = contained.contains(node.name.as_str());
            let is_late = late.contains(node.name.as_str());
            let id = self.nodes.push(node);
            if is_contained {
                self.contained.insert(id);
            }
            if is_contained || is_late {
                self.unborn.insert(id);
            }
        }
        for at in 0..self.model.nodes.len() {
            let config = &self.model.nodes[at];
            let (uuid, attributes, utilization) =
                (config.uuid.clone(), config.attributes.clone(), config.utilization.clone());
            if let Some(node) = self.node_by_uuid(&uuid) {
                self.add_attributes(node, &attributes, &utilization, false);
            }
        }
    }

    pub(super) fn node_by_uuid(&self, uuid: &str) -> Option<NodeId> {
        self.nodes.iter().find(|(_, node)| node.uuid.eq_ignore_ascii_case(uuid)).map(|(id, _)| id)
    }

    pub(super) fn node_by_name(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().find(|(_, node)| node.name.eq_ignore_ascii_case(name)).map(|(id, _)| id)
    }

    fn node_of_state(&self, state: &NodeState) -> Option<NodeId> {
        let found = self.node_by_uuid(&state.id).or_else(|| self.node_by_name(state.uname.as_deref()?));
        found.filter(|node| !self.unborn.contains(node))
    }

    fn add_attributes(
        &mut self,
        id: NodeId,
        attributes: &[crate::cib::model::attributes::AttributeSet],
        utilization: &[crate::cib::model::attributes::AttributeSet],
        overwrite: bool,
    ) {
        let (now, cluster_name) = (self.input.now, self.options.cluster_name.clone());
        let is_dc = self.dc.is_none()
            && self.dc_uuid.as_deref().is_some_and(|dc| dc.eq_ignore_ascii_case(&self.nodes[id].uuid));
        if is_dc {
            self.dc = Some(id);
        }
        let known_dc = self.dc;
        let mut values = BTreeMap::new();
        evaluate_sets(attributes, None, &Facts::default(), now, &mut self.recheck, &mut values);
        let node = &mut self.nodes[id];
        let builtin = |node: &mut Node, name: &str, value: &str| {
            node.attributes.insert(name.to_owned(), value.to_owned());
        };
        let (name, uuid) = (node.name.clone(), node.uuid.clone());
        builtin(node, "#uname", &name);
        builtin(node, "#id", &uuid);
        node.is_dc = known_dc == Some(id);
        builtin(node, "#is_dc", if known_dc == Some(id) { "true" } else { "false" });
        if let Some(cluster) = &cluster_name {
            builtin(node, "#cluster-name", cluster);
        }
        for (name, value) in values {
            if overwrite || !node.attributes.contains_key(&name) {
                node.attributes.insert(name, value);
            }
        }
        evaluate_sets(utilization, None, &Facts::default(), now, &mut self.recheck, &mut node.utilization);
        if node.attribute("#site-name").is_none()
            && let Some(site) = node.attribute("site-name").map(str::to_owned).or(cluster_name)
        {
            node.attributes.insert("#site-name".to_owned(), site);
        }
        node.fail_counts = FailCounts::of(&node.attributes);
    }

    /// First reading of the states: attributes and membership. Histories come later.
    pub(super) fn read_node_state(&mut self, state: &NodeState) {
        let Some(id) = self.node_of_state(state) else { return };
        if self.nodes[id].is_remote() {
            self.nodes[id].remote_fenced = state.fenced;
            return;
        }
        self.read_transient(id, state);
        if self.nodes[id].attribute("resource-discovery-enabled").is_some_and(|t| literal::boolean(t) != Ok(true)) {
            let name = self.nodes[id].name.to_string();
            self.warn(&name, "resource-discovery-enabled is ignored: it is not for cluster nodes");
        }
        self.nodes[id].unclean = false;
        self.nodes[id].seen = true;
        self.nodes[id].switched_off_for = cause::switched_off_for(&state.fencing_causes);
        self.judge_membership(id, state);
        if !self.quorate && self.nodes[id].online && self.no_quorum_policy == NoQuorumPolicy::Fence {
            self.fence(id, "cluster does not have quorum", false);
        }
    }

    fn read_transient(&mut self, id: NodeId, state: &NodeState) {
        self.add_attributes(id, &state.transient.attributes, &state.transient.utilization, true);
        let node = &mut self.nodes[id];
        node.standby |= node.is_true("standby");
        node.maintenance |= node.is_true("maintenance");
    }

    fn judge_membership(&mut self, id: NodeId, state: &NodeState) {
        let expected = state.expected.as_deref().unwrap_or("");
        let node = &mut self.nodes[id];
        node.shutdown = node.shutdown_requested();
        node.expected_up |= !node.shutdown && expected.eq_ignore_ascii_case("member");
        let online = if self.options.fencing_enabled {
            self.online_with_fencing(id, state)
        } else {
            self.online_without_fencing(id, state)
        };
        let node = &mut self.nodes[id];
        node.online = online;
        if !online || node.shutdown {
            node.score = Score::MINUS_INFINITY;
        }
    }

    fn online_without_fencing(&mut self, id: NodeId, state: &NodeState) -> bool {
        match (state.member.is_in(), state.controller) {
            (true, true) => state.join.as_deref().is_some_and(|join| join.eq_ignore_ascii_case("member")),
            (true, false) if self.nodes[id].expected_up => {
                self.fence(id, "peer is unexpectedly down", false);
                false
            }
            _ => false,
        }
    }

    /// The order of the questions is the decision: the first that holds says why a node is fenced.
    fn online_with_fencing(&mut self, id: NodeId, state: &NodeState) -> bool {
        let is_member = state.member.is_in();
        if self.nodes[id].shutdown {
            return state.controller;
        }
        if state.member == Membership::Unseen {
            self.fence(id, "peer has not been seen by the cluster", false);
            return false;
        }
        let join = state.join.as_deref();
        let expected_down = state.expected.as_deref().is_none_or(|expected| expected == "down");
        if join == Some("banned") {
            self.fence(id, "peer failed Pacemaker membership criteria", false);
        } else if self.termination_requested(id) {
            if !is_member && !state.controller && join == Some("down") {
                return false;
            }
            self.fence(id, "fencing was requested", false);
        } else if expected_down {
            if self.pending_too_long(state) {
                self.fence(id, "peer pending timed out on joining the process group", false);
            } else if is_member || state.controller {
                self.mark_pending(id);
            }
        } else if !is_member {
            self.fence(id, "peer is no longer part of the cluster", true);
        } else if !state.controller {
            self.fence(id, "peer process is no longer available", false);
        } else if join == Some("member") {
        } else if matches!(join, Some("pending" | "down")) {
            self.mark_pending(id);
        } else {
            self.fence(id, "peer was in an unknown state", false);
        }
        is_member
    }

    /// It is there, but not ready: nothing runs on it yet.
    fn mark_pending(&mut self, id: NodeId) {
        self.nodes[id].standby = true;
        self.nodes[id].pending = true;
    }

    fn termination_requested(&self, id: NodeId) -> bool {
        let text = self.nodes[id].attribute("terminate");
        text.is_some_and(|t| literal::boolean(t).unwrap_or_else(|_| t.trim().parse::<i64>().is_ok_and(|when| when > 0)))
    }

    fn pending_too_long(&mut self, state: &NodeState) -> bool {
        let limit = i64::from(self.options.node_pending_timeout_ms) / 1000;
        let Membership::In { since } = state.member else { return false };
        if limit == 0 || state.controller {
            return false;
        }
        let since = since.unwrap_or(self.input.now.epoch());
        let deadline = since + limit + self.input.left_out_since(since);
        if self.input.now.epoch() >= deadline {
            return true;
        }
        self.recheck.at(deadline);
        false
    }

    /// Reads histories of nodes that can be trusted; again and again, for a history may bring up a remote node.
    pub(super) fn read_histories(&mut self) {
        let states = std::mem::take(&mut self.status.nodes);
        // Each pass must read at least one more node, so their number bounds the passes.
        for _ in 0..=states.len() {
            let mut progress = false;
            for state in &states {
                progress |= self.read_history_if_due(state, false);
            }
            if !progress {
                break;
            }
        }
        for state in &states {
            self.read_history_if_due(state, self.options.fencing_enabled);
        }
        self.status.nodes = states;
        for container in std::mem::take(&mut self.containers_to_stop).into_iter().rev() {
            let is_well = |node: NodeId| self.nodes[node].is_well();
            let resource = &self.resources[container];
            if let Some(node) = active_node(resource, resource.partial_migration, is_well) {
                self.findings.push(Finding::Stop { resource: container, node });
            }
        }
        for id in self.nodes.ids() {
            if self.nodes[id].is_remote() {
                if let (true, Some(connection)) = (self.nodes[id].shutdown, self.nodes[id].connection) {
                    self.set_target(connection, crate::cib::model::resource::Role::Stopped, "remote shutdown");
                }
                if !self.nodes[id].history_read {
                    self.judge_remote(id);
                }
            }
        }
    }

    fn read_history_if_due(&mut self, state: &NodeState, anyhow: bool) -> bool {
        let Some(id) = state.uname.as_ref().and_then(|_| self.node_of_state(state)) else { return false };
        if self.nodes[id].history_read || !(anyhow || self.history_is_due(id)) {
            return false;
        }
        if self.nodes[id].is_remote() {
            self.judge_remote(id);
            self.read_remote_attributes(id, state);
        }
        self.nodes[id].history_read = true;
        self.read_node_history(id, state);
        true
    }

    fn history_is_due(&self, id: NodeId) -> bool {
        use crate::cib::model::resource::Role;
        let node = &self.nodes[id];
        if !node.is_remote() {
            return self.options.fencing_enabled || self.options.shutdown_lock || node.online;
        }
        let Some(connection) = node.connection else { return false };
        let is_started = |resource: ResourceId| self.resources[resource].role == Role::Started;
        match self.resources[connection].launcher {
            Some(launcher) => is_started(connection) && is_started(launcher),
            None => self.options.shutdown_lock || is_started(connection),
        }
    }

    fn read_remote_attributes(&mut self, id: NodeId, state: &NodeState) {
        self.nodes[id].remote_maintenance = state.in_maintenance;
        if !self.nodes[id].remote_reset {
            self.nodes[id].unclean = false;
            self.nodes[id].seen = true;
        }
        self.read_transient(id, state);
        let unmanaged = self.nodes[id].connection.is_some_and(|connection| !self.resources[connection].managed);
        let fencing_enabled = self.options.fencing_enabled;
        let is_guest = self.is_guest(id);
        let node = &mut self.nodes[id];
        node.shutdown |= node.shutdown_requested();
        node.maintenance |= unmanaged;
        let discovery_off =
            node.attribute("resource-discovery-enabled").is_some_and(|t| literal::boolean(t) != Ok(true));
        // Without fencing, a lost remote node's resources could not be found again.
        if discovery_off && (is_guest || fencing_enabled) {
            node.probes_allowed = false;
        }
    }

    /// A remote node is what its connection resource is.
    pub(super) fn judge_remote(&mut self, id: NodeId) {
        use crate::cib::model::resource::Role;
        let Some(connection) = self.nodes[id].connection else {
            self.nodes[id].online = false;
            return;
        };
        let resource = &self.resources[connection];
        let launcher = resource.launcher.map(|launcher| &self.resources[launcher]);
        let host = match resource.active_on.as_slice() {
            [host] if launcher.is_some() => Some(&self.nodes[*host]),
            _ => None,
        };
        let (mut online, mut reset, mut shutdown) =
            (self.nodes[id].online, self.nodes[id].remote_reset, self.nodes[id].shutdown);
        if resource.role == Role::Started {
            online = true;
            shutdown |= resource.target == Role::Stopped;
        }
        if launcher.is_some_and(|launcher| launcher.failed) {
            (online, reset) = (false, true);
        } else if resource.failed {
            online = false;
        } else if resource.role == Role::Stopped || launcher.is_some_and(|launcher| launcher.role == Role::Stopped) {
            (online, reset) = (false, false);
        } else if host.is_some_and(|host| !host.online && host.unclean) {
            (online, reset) = (false, true);
        }
        let node = &mut self.nodes[id];
        (node.online, node.remote_reset, node.shutdown) = (online, reset, shutdown);
    }

    pub(super) fn is_guest(&self, id: NodeId) -> bool {
        self.nodes[id].connection.is_some_and(|connection| self.resources[connection].launcher.is_some())
    }

    /// Notes that a node must be fenced (or, for a guest, its container restarted).
    pub(super) fn fence(&mut self, id: NodeId, reason: &str, priority_delay: bool) {
        let connection = self.nodes[id].connection;
        if let Some(launcher) = connection.and_then(|connection| self.resources[connection].launcher) {
            let managed = self.resources[launcher].managed;
            if !self.resources[launcher].failed && managed {
                self.nodes[id].remote_reset = true;
                self.nodes[id].fence_reason.get_or_insert_with(|| reason.to_owned());
                self.resources[launcher].failed = true;
                self.resources[launcher].stop_if_failed = true;
            }
            return;
        }
        if self.nodes[id].is_remote() {
            if connection.is_some_and(|connection| self.resources[connection].removed_launched) {
                let connection = connection.expect("checked just above");
                self.resources[connection].failed = true;
                self.resources[connection].stop_if_failed = true;
                return;
            }
            if connection.is_none_or(|connection| self.resources[connection].managed) {
                self.nodes[id].remote_reset = true;
            }
            self.mark_unclean(id, reason, false);
        } else if !self.nodes[id].unclean {
            self.mark_unclean(id, reason, priority_delay);
        }
    }

    fn mark_unclean(&mut self, id: NodeId, reason: &str, priority_delay: bool) {
        let node = &mut self.nodes[id];
        node.unclean = true;
        node.fence_reason.get_or_insert_with(|| reason.to_owned());
        self.findings.push(Finding::Fence { node: id, reason: reason.to_owned(), priority_delay });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        for (left, right) in [("node9", "node10"), ("node1", "Node2"), ("a", "b"), ("n7", "n007"), ("n", "n1")] {
            assert_eq!(compare_names(left, right), Ordering::Less, "{left} {right}");
            assert_eq!(compare_names(right, left), Ordering::Greater, "{right} {left}");
        }
    }
}
