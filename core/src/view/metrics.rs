//! The state as Prometheus metrics, by the names of ha_cluster_exporter where it has one.
//!
//! In: a view, and what the daemon says of itself. Out: text in Prometheus' exposition format.

use super::cluster::{ClusterView, Common, FencingState, NodeKind, NodeView, PrimitiveView, ResourceView};
use crate::membership::Link;
use crate::node::NodeStatus;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A metric's text, line by line.
struct Page {
    text: String,
}

impl Page {
    /// Begins a metric.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.metric(name, "gauge", help);
        self.sample(name, &[], value);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// All metrics; `links` are those of this host, none where the cluster layer does not tell.
pub fn print(view: &ClusterView, status: Option<&NodeStatus>, links: &[Link], changed_at: Option<i64>) -> String {
    let mut page = Page { text: String::new() };
    nodes(&mut page, view);
    resources(&mut page, view);
    failures(&mut page, view);
    constraints(&mut page, view);
    let fencing = i32::from(view.summary.fencing_enabled);
    page.gauge("ha_cluster_pacemaker_stonith_enabled", "Whether fencing is enabled", fencing);
    if let Some(at) = changed_at {
        let help = "When the configuration was changed last, in seconds since the epoch";
        page.gauge("ha_cluster_pacemaker_config_last_change", help, at);
    }
    let quorate = i32::from(view.summary.quorate);
    page.gauge("ha_cluster_corosync_quorate", "Whether the cluster has quorum", quorate);
    rings(&mut page, links);
    fencings(&mut page, view);
    if let Some(status) = status {
        daemon(&mut page, status);
    }
    page.text
}

fn nodes(page: &mut Page, view: &ClusterView) {
    let name = "ha_cluster_pacemaker_nodes";
    page.metric(name, "gauge", "The states of nodes: 1 for each state that a node is in");
    for node in &view.nodes {
        let kind = match node.kind {
            NodeKind::Member => "member",
            NodeKind::Remote => "remote",
            NodeKind::Guest => "guest",
        };
        for state in states(node) {
            page.sample(name, &[("node", &node.name), ("type", kind), ("status", state)], 1);
        }
    }
    let name = "ha_cluster_pacemaker_node_attributes";
    page.metric(name, "gauge", "The attributes of nodes");
    for node in &view.attributes {
        for attribute in &node.attributes {
            page.sample(name, &[("node", &node.node), ("name", &attribute.name), ("value", &attribute.value)], 1);
        }
    }
}

fn states(node: &NodeView) -> Vec<&'static str> {
    let all = [
        (node.online, "online"),
        (node.standby, "standby"),
        (node.standby_on_fail, "standby_onfail"),
        (node.maintenance, "maintenance"),
        (node.pending, "pending"),
        (node.unclean, "unclean"),
        (node.shutdown, "shutdown"),
        (node.expected_up, "expected_up"),
        (node.is_dc, "dc"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

fn resources(page: &mut Page, view: &ClusterView) {
    let name = "ha_cluster_pacemaker_resources";
    page.metric(name, "gauge", "The states of resources: 1 for each state that a resource is in, by node");
    for resource in &view.resources {
        resource_samples(page, resource, "", "");
    }
}

fn resource_samples(page: &mut Page, resource: &ResourceView, group: &str, clone: &str) {
    match resource {
        ResourceView::Primitive(primitive) => primitive_samples(page, primitive, group, clone),
        ResourceView::Group(of) => {
            of.members.iter().for_each(|member| primitive_samples(page, member, &of.common.id, clone));
        }
        ResourceView::Clone(of) => {
            of.instances.iter().for_each(|one| resource_samples(page, &one.resource, group, &of.common.id));
        }
        ResourceView::Bundle(of) => {
            for replica in &of.replicas {
                let parts = [&replica.ip, &replica.child, &replica.remote];
                let parts = parts.into_iter().flatten().chain([&replica.container]);
                parts.for_each(|part| primitive_samples(page, part, "", &of.common.id));
            }
        }
    }
}

fn primitive_samples(page: &mut Page, primitive: &PrimitiveView, group: &str, clone: &str) {
    let common = &primitive.common;
    let (role, managed) = (primitive.role.to_string().to_lowercase(), common.managed.to_string());
    let nodes: Vec<&str> = match primitive.nodes.as_slice() {
        [] => vec![""],
        nodes => nodes.iter().map(|node| node.name.as_str()).collect(),
    };
    for node in nodes {
        for state in resource_states(common, !node.is_empty()) {
            let labels = [
                ("node", node),
                ("resource", primitive.instance_id.as_str()),
                ("role", &role),
                ("managed", &managed),
                ("status", state),
                ("agent", &primitive.agent),
                ("group", group),
                ("clone", clone),
            ];
            page.sample("ha_cluster_pacemaker_resources", &labels, 1);
        }
    }
}

fn resource_states(common: &Common, active: bool) -> Vec<&'static str> {
    let all = [
        (active, "active"),
        (common.orphaned, "orphaned"),
        (common.blocked, "blocked"),
        (common.failed, "failed"),
        (common.failure_ignored, "failure_ignored"),
    ];
    let found: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
    if found.is_empty() { vec!["inactive"] } else { found }
}

fn failures(page: &mut Page, view: &ClusterView) {
    let entries = || {
        let of = |node: &'_ super::cluster::NodeHistory| node.resources.len();
        view.history.iter().filter(move |node| of(node) > 0)
    };
    let name = "ha_cluster_pacemaker_fail_count";
    page.metric(name, "gauge", "How often a resource has failed on a node; +Inf for a failure that cannot be mended");
    for node in entries() {
        for resource in node.resources.iter().filter(|resource| !resource.orphaned) {
            page.sample(name, &[("node", &node.node), ("resource", &resource.id)], number(resource.fail_count));
        }
    }
    let name = "ha_cluster_pacemaker_migration_threshold";
    page.metric(name, "gauge", "How often a resource may fail on a node before it has to leave it");
    for node in entries() {
        for resource in node.resources.iter().filter(|resource| !resource.orphaned) {
            page.sample(
                name,
                &[("node", &node.node), ("resource", &resource.id)],
                number(resource.migration_threshold),
            );
        }
    }
}

fn number(score: crate::score::Score) -> String {
    if score >= crate::score::Score::INFINITY { "+Inf".to_string() } else { score.value().to_string() }
}

fn constraints(page: &mut Page, view: &ClusterView) {
    let name = "ha_cluster_pacemaker_location_constraints";
    page.metric(name, "gauge", "Scores of constraints that keep a resource away from a node");
    for ban in &view.bans {
        let role = if ban.promoted_only { "promoted" } else { "" };
        let labels =
            [("constraint", ban.id.as_str()), ("node", &ban.node), ("resource", &ban.resource), ("role", role)];
        let score = if ban.score <= crate::score::Score::MINUS_INFINITY {
            "-Inf".to_string()
        } else {
            ban.score.value().to_string()
        };
        page.sample(name, &labels, score);
    }
}

/// A ring is healthy if it reaches all other nodes.
fn rings(page: &mut Page, links: &[Link]) {
    if links.is_empty() {
        return;
    }
    let name = "ha_cluster_corosync_rings";
    page.metric(name, "gauge", "Whether a ring of this node reaches all other nodes");
    let mut rings: BTreeMap<(usize, &str), bool> = BTreeMap::new();
    for link in links {
        *rings.entry((link.number, &link.local_address)).or_insert(true) &= link.is_connected;
    }
    for ((number, address), healthy) in &rings {
        page.sample(name, &[("number", &number.to_string()), ("address", address)], i32::from(*healthy));
    }
    let faulty = rings.values().filter(|healthy| !**healthy).count();
    page.gauge("ha_cluster_corosync_ring_errors", "Rings of this node that do not reach all others", faulty);
    let name = "quorate_link_connected";
    page.metric(name, "gauge", "Whether a link of this node to another is connected");
    for link in links {
        let number = link.number.to_string();
        let labels = [("node", link.node.name.as_str()), ("number", &number), ("address", &link.address)];
        page.sample(name, &labels, i32::from(link.is_connected));
    }
}

fn fencings(page: &mut Page, view: &ClusterView) {
    let name = "quorate_fencings";
    page.metric(name, "gauge", "Remembered fencings by target, action and state");
    let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for event in &view.fencing {
        let state = match event.state {
            FencingState::Succeeded => "succeeded",
            FencingState::Failed => "failed",
            FencingState::Pending => "pending",
        };
        *counts.entry((event.target.as_str(), event.action.as_str(), state)).or_default() += 1;
    }
    for ((target, action, state), count) in counts {
        page.sample(name, &[("target", target), ("action", action), ("status", state)], count);
    }
}

/// What the daemon says besides the CIB.
fn daemon(page: &mut Page, status: &NodeStatus) {
    page.gauge("quorate_members", "Members of this partition", status.members.len());
    page.gauge("quorate_idle", "Whether the leader found nothing to do", i32::from(status.idle));
    let running = status.transition.as_ref();
    page.gauge("quorate_transition", "The number of the running transition, or -1", running.map_or(-1, |one| one.id));
    let actions = running.map_or(0, |one| one.running.len());
    page.gauge("quorate_transition_running_actions", "Actions that run now", actions);
    let version = &status.version;
    for (part, value) in
        [("admin_epoch", version.admin_epoch), ("epoch", version.epoch), ("num_updates", version.num_updates)]
    {
        page.gauge(&format!("quorate_cib_{part}"), "A part of the CIB's version", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Score;
    use crate::view::cluster::{NodeHistory, ResourceHistoryView};

    #[test]
    fn each_state_is_a_sample_and_values_are_escaped() {
        let node = NodeView { name: "n\"1".into(), online: true, is_dc: true, ..NodeView::default() };
        let history = ResourceHistoryView { id: "p".into(), fail_count: Score::INFINITY, ..Default::default() };
        let history = NodeHistory { node: "n1".into(), resources: vec![history], ..NodeHistory::default() };
        let view = ClusterView { nodes: vec![node], history: vec![history], ..ClusterView::default() };
        let text = print(&view, None, &[], Some(5));
        for line in [
            "ha_cluster_pacemaker_nodes{node=\"n\\\"1\",type=\"member\",status=\"online\"} 1",
            "ha_cluster_pacemaker_nodes{node=\"n\\\"1\",type=\"member\",status=\"dc\"} 1",
            "ha_cluster_pacemaker_fail_count{node=\"n1\",resource=\"p\"} +Inf",
            "ha_cluster_pacemaker_stonith_enabled 1",
            "ha_cluster_pacemaker_config_last_change 5",
            "ha_cluster_corosync_quorate 0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_resource_that_is_nowhere_is_inactive() {
        let primitive = PrimitiveView { instance_id: "p".into(), agent: "ocf:x:y".into(), ..PrimitiveView::default() };
        let view = ClusterView { resources: vec![ResourceView::Primitive(primitive)], ..ClusterView::default() };
        let text = print(&view, None, &[], None);
        let found = text.lines().find(|line| line.starts_with("ha_cluster_pacemaker_resources{"));
        assert!(
            found.is_some_and(|line| line.contains("resource=\"p\"") && line.contains("status=\"inactive\"")),
            "{text}"
        );
    }
}
