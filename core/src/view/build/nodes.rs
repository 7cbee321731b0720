//! Nodes as seen: state, health, what runs there, their attributes.

use super::Builder;
use crate::cib::model::options::HealthStrategy;
use crate::cib::model::resource::ResourceConfig;
use crate::node::disk::DISK_ATTRIBUTE;
use crate::node::remarks::ENGINE_ATTRIBUTE;
use crate::scheduler::resolve::Node;
use crate::scheduler::table::NodeId;
use crate::score::Score;
use crate::status::failcount;
use crate::view::cluster::{AttributeView, Health, NodeAttributes, NodeKind, NodeRef, NodeView};

/// Attributes that begin so belong to the cluster's own bookkeeping.
const INTERNAL: [&str; 6] = ["#", failcount::COUNT, failcount::LAST, "shutdown", "standby", "terminate"];

impl Builder<'_> {
    pub(super) fn nodes(&self) -> Vec<NodeView> {
        self.situation.nodes.iter().map(|(id, node)| self.node(id, node)).collect()
    }

    fn node(&self, id: NodeId, node: &Node) -> NodeView {
        NodeView {
            name: node.name.to_string(),
            id: node.uuid.to_string(),
            kind: self.node_kind(node),
            online: node.online,
            standby: node.standby,
            standby_on_fail: node.standby_on_fail,
            maintenance: node.maintenance,
            pending: node.pending,
            unclean: node.unclean,
            shutdown: node.shutdown,
            expected_up: node.expected_up,
            is_dc: self.situation.dc == Some(id),
            health: self.health(node),
            feature_set: super::feature_set(node).map(str::to_string),
            disk: self.said(node, DISK_ATTRIBUTE),
            engine: self.said(node, ENGINE_ATTRIBUTE),
            switched_off_for: if node.online { Vec::new() } else { node.switched_off_for.clone() },
            container: self.container_of(node),
            host: self.host_of(node),
            running: node.running.iter().map(|resource| self.primitive(*resource)).collect(),
            active: node.running.len(),
        }
    }

    /// What a node says of itself in its state, as long as it may be so.
    fn said(&self, node: &Node, attribute: &str) -> Option<String> {
        let mut states = self.document.status().elements_named("node_state");
        let state = states.find(|state| state.attr("uname") == Some(&*node.name))?;
        state.attr(attribute).filter(|_| node.online || node.unclean).map(str::to_string)
    }

    pub(super) fn node_kind(&self, node: &Node) -> NodeKind {
        match (node.is_remote(), self.container_of(node)) {
            (false, _) => NodeKind::Member,
            (true, None) => NodeKind::Remote,
            (true, Some(_)) => NodeKind::Guest,
        }
    }

    /// Nobody looks at health attributes unless told to.
    fn health(&self, node: &Node) -> Health {
        match self.situation.options.health_strategy {
            HealthStrategy::None => Health::Green,
            _ => worst_health(node),
        }
    }

    /// Of a guest, the node its container is on; empty if that is on none.
    pub(super) fn host_of(&self, node: &Node) -> Option<String> {
        let container = self.resource(node.connection?).launcher?;
        let host = self.situation.active_node(container);
        Some(host.map_or(String::new(), |host| self.situation.nodes[host].name.to_string()))
    }

    fn container_of(&self, node: &Node) -> Option<String> {
        let connection = self.resource(node.connection?);
        connection.launcher.map(|launcher| self.resource(launcher).id.to_string())
    }

    pub(super) fn node_ref(&self, id: NodeId) -> NodeRef {
        let node = &self.situation.nodes[id];
        NodeRef {
            name: node.name.to_string(),
            id: node.uuid.to_string(),
            lost: node.unclean && !node.online,
            online: node.online,
        }
    }

    /// Of nodes that are online; others' may be outdated.
    pub(super) fn attributes(&self) -> Vec<NodeAttributes> {
        let online = self.situation.nodes.rows().iter().filter(|node| node.online);
        let all = online.map(|node| NodeAttributes {
            node: node.name.to_string(),
            id: node.uuid.to_string(),
            kind: self.node_kind(node),
            host: self.host_of(node),
            attributes: self.attributes_of(node),
        });
        all.filter(|node| !node.attributes.is_empty()).collect()
    }

    fn attributes_of(&self, node: &Node) -> Vec<AttributeView> {
        let is_internal = |name: &str| INTERNAL.iter().any(|prefix| name.starts_with(prefix));
        let shown = node.attributes.iter().filter(|(name, _)| !is_internal(name));
        let view = |(name, value): (&String, &String)| AttributeView {
            name: name.clone(),
            value: value.clone(),
            expected: self.expected_ping(node, name),
        };
        shown.map(view).collect()
    }

    /// What the attribute of a ping-like resource that runs there should be: hosts times multiplier.
    fn expected_ping(&self, node: &Node, attribute: &str) -> Option<i64> {
        let is_ping = |kind: &str| matches!(kind, "ping" | "pingd");
        let running = node.running.iter().map(|resource| self.resource(*resource));
        let primitives = running.filter(|resource| is_ping(&resource.agent.kind));
        for resource in primitives {
            let pairs = resource.parameters.iter().flat_map(|set| &set.pairs);
            let value = |wanted: &str| pairs.clone().find(|pair| pair.name == wanted).map(|pair| pair.value.as_str());
            if value("name").unwrap_or("pingd") == attribute {
                let hosts = value("host_list")?.split_whitespace().count() as i64;
                let multiplier = value("multiplier").and_then(|text| text.parse().ok()).unwrap_or(1);
                return Some(hosts * multiplier);
            }
        }
        None
    }

    /// Whether a name is a configured top-level resource.
    pub(super) fn is_configured(&self, name: &str) -> bool {
        self.situation.model.resources.iter().any(|config: &ResourceConfig| config.id() == name)
    }
}

/// The worst of a node's health attributes.
fn worst_health(node: &Node) -> Health {
    let marks = node.attributes.iter().filter(|(name, _)| name.starts_with("#health"));
    let worst = marks.map(|(_, value)| match value.as_str() {
        "red" => Health::Red,
        "yellow" => Health::Yellow,
        // A number stands for itself; what it leads to is the strategy's affair.
        text => match Score::parse(text) {
            Some(score) if score <= Score::MINUS_INFINITY => Health::Red,
            _ => Health::Green,
        },
    });
    worst.max().unwrap_or_default()
}
