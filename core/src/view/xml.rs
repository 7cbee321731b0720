//! The view as crm_mon's XML: for programs, which need every attribute where it always was.
//!
//! In: a view, options, and how the result is to be framed. Out: an XML document.
//! Instances are listed one by one, whatever the options say of brevity.

use super::cluster::{
    BundleView, CloneView, ClusterView, Common, FencingState, FencingView, GroupView, NodeKind, NodeView,
    PrimitiveView, ReplicaView, ResourceView, Summary, TicketView,
};
use super::filter::{Section, ViewOptions};
use super::words;
use crate::exit;
use crate::score::Score;
use crate::time::Zone;
use crate::xml::{self, Element};

/// The version of the schema these results follow (Pacemaker 3.0.2).
pub const API_VERSION: &str = "2.42";

/// What stands around the sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// `<pacemaker-result>` with the command that was asked, and a status at the end.
    Result { request: String },
    /// `<crm_mon>`, as the oldest consumers want it.
    Legacy { version: String },
}

/// The document that `--output-as=xml` (or the older `--as-xml`) prints.
pub fn print(view: &ClusterView, options: &ViewOptions, frame: &Frame) -> String {
    let mut root = match frame {
        Frame::Result { request } => {
            Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request.as_str())
        }
        Frame::Legacy { version } => Element::new("crm_mon").with("version", version.as_str()),
    };
    for section in sections(view, options) {
        root.push(section);
    }
    if matches!(frame, Frame::Result { .. }) {
        root.push(Element::new("status").with("code", "0").with("message", "OK"));
    }
    xml::write_pretty(&root)
}

/// What the options ask for, an element for each section.
pub fn sections(view: &ClusterView, options: &ViewOptions) -> Vec<Element> {
    let mut sections = Vec::new();
    if options.sections.has_any(&Section::SUMMARIZED) {
        sections.push(summary(&view.summary, options));
    }
    let someone = view.nodes.iter().any(|node| node.online);
    let narrowed = options.only_node.is_some() || options.only_resource.is_some();
    let mut add = |section, name: &str, children: Vec<Element>| {
        // What was asked for is there, even if there is nothing in it.
        let told = match section {
            Section::Nodes => true,
            Section::Resources => narrowed && view.summary.instances > 0,
            Section::Operations | Section::FailCounts => someone,
            _ => false,
        };
        if options.shows(section) && (told || !children.is_empty()) {
            sections.push(list(name, children));
        }
    };
    add(Section::Nodes, "nodes", view.nodes.iter().map(|one| node(one, options)).collect());
    add(Section::Resources, "resources", resources(view, options));
    add(Section::Attributes, "node_attributes", attributes(view));
    let operations = options.shows(Section::Operations);
    add(Section::Operations, "node_history", history(view, options, true));
    if !operations {
        add(Section::FailCounts, "node_history", history(view, options, false));
    }
    add(Section::Failures, "failures", failures(view, options));
    let fencing = fencing(view, options);
    if !fencing.is_empty() {
        sections.push(list("fence_history", fencing).with("status", "0"));
    }
    let mut add = |section, name: &str, children: Vec<Element>| {
        if options.shows(section) && !children.is_empty() {
            sections.push(list(name, children));
        }
    };
    add(Section::Tickets, "tickets", tickets(view, options));
    add(Section::Bans, "bans", bans(view));
    sections
}

fn list(name: &str, children: Vec<Element>) -> Element {
    children.into_iter().fold(Element::new(name), Element::with_child)
}

const fn yes(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

fn summary(summary: &Summary, options: &ViewOptions) -> Element {
    let mut all = Element::new("summary");
    if options.shows(Section::Stack) {
        all.push(Element::new("stack").with("type", summary.stack.as_str()));
    }
    if options.shows(Section::Dc) {
        all.push(current_dc(summary));
    }
    if options.shows(Section::Times) {
        let mut updated = Element::new("last_update").with("time", words::time(summary.updated, &options.zone));
        set_if(&mut updated, "origin", summary.told_by.as_deref());
        all.push(updated);
        let change = &summary.change;
        let mut element = Element::new("last_change").with("time", change.time.as_deref().unwrap_or(""));
        for (name, value) in [("user", &change.user), ("client", &change.client), ("origin", &change.origin)] {
            element.set(name, value.as_deref().unwrap_or(""));
        }
        all.push(element);
    }
    if options.shows(Section::Counts) {
        all.push(Element::new("nodes_configured").with("number", summary.nodes_configured.to_string()));
        let counts = Element::new("resources_configured").with("number", summary.instances.to_string());
        all.push(counts.with("disabled", summary.disabled.to_string()).with("blocked", summary.blocked.to_string()));
    }
    if options.shows(Section::Options) {
        all.push(cluster_options(summary));
    }
    all
}

fn current_dc(summary: &Summary) -> Element {
    let Some(dc) = &summary.dc else { return Element::new("current_dc").with("present", "false") };
    Element::new("current_dc")
        .with("present", "true")
        .with("version", dc.version.as_deref().unwrap_or(""))
        .with("name", dc.name.as_str())
        .with("id", dc.id.as_str())
        .with("with_quorum", yes(summary.quorate))
        .with("mixed_version", yes(dc.mixed_versions))
}

fn cluster_options(summary: &Summary) -> Element {
    Element::new("cluster_options")
        .with("fencing-enabled", yes(summary.fencing_enabled))
        .with("fencing-timeout-ms", summary.fencing_timeout_ms.to_string())
        .with("symmetric-cluster", yes(summary.symmetric))
        .with("no-quorum-policy", words::no_quorum_policy_value(summary.no_quorum_policy))
        .with("maintenance-mode", yes(summary.maintenance_mode))
        .with("stop-all-resources", yes(summary.stop_all_resources))
        .with("priority-fencing-delay-ms", summary.priority_fencing_delay_ms.to_string())
        .with("stonith-enabled", yes(summary.fencing_enabled))
        .with("stonith-timeout-ms", summary.fencing_timeout_ms.to_string())
}

fn node(node: &NodeView, options: &ViewOptions) -> Element {
    let kind = match node.kind {
        NodeKind::Member => "member",
        NodeKind::Remote | NodeKind::Guest => "remote",
    };
    let health = match node.health {
        super::cluster::Health::Green => "green",
        super::cluster::Health::Yellow => "yellow",
        super::cluster::Health::Red => "red",
    };
    let mut element = Element::new("node")
        .with("name", node.name.as_str())
        .with("id", node.id.as_str())
        .with("online", yes(node.online))
        .with("standby", yes(node.standby))
        .with("standby_onfail", yes(node.standby_on_fail))
        .with("maintenance", yes(node.maintenance))
        .with("pending", yes(node.pending))
        .with("unclean", yes(node.unclean))
        .with("health", health);
    set_if(&mut element, "feature_set", node.feature_set.as_deref());
    element.set("shutdown", yes(node.shutdown));
    element.set("expected_up", yes(node.expected_up));
    element.set("is_dc", yes(node.is_dc));
    element.set("resources_running", node.active.to_string());
    element.set("type", kind);
    set_if(&mut element, "id_as_resource", node.container.as_deref());
    if options.group_by_node {
        let described = ViewOptions { description: true, ..options.clone() };
        for running in &node.running {
            element.push(primitive(running, &described));
        }
    }
    element
}

fn resources(view: &ClusterView, options: &ViewOptions) -> Vec<Element> {
    if options.group_by_node && !options.inactive {
        return Vec::new();
    }
    let shown = view.resources.iter().filter(|resource| {
        let common = resource.common();
        let wanted = if options.group_by_node { !common.fully_active } else { options.inactive || common.active };
        wanted && (common.fully_active || !common.orphaned)
    });
    shown.map(|one| resource(one, options)).collect()
}

fn resource(resource: &ResourceView, options: &ViewOptions) -> Element {
    match resource {
        ResourceView::Primitive(one) => primitive(one, options),
        ResourceView::Group(one) => group(one, options),
        ResourceView::Clone(one) => clone(one, options),
        ResourceView::Bundle(one) => bundle(one, options),
    }
}

fn group(group: &GroupView, options: &ViewOptions) -> Element {
    let is_shown = |member: &PrimitiveView| options.inactive || member.common.active || member.common.asked_for;
    let mut element = Element::new("group")
        .with("id", group.common.id.as_str())
        .with("number_resources", group.reach.to_string())
        .with("maintenance", yes(group.common.maintenance))
        .with("managed", yes(group.common.managed))
        .with("disabled", yes(group.common.disabled));
    set_if(&mut element, "description", description(&group.common, options));
    group
        .members
        .iter()
        .filter(|member| is_shown(member))
        .fold(element, |element, member| element.with_child(primitive(member, options)))
}

fn clone(clone: &CloneView, options: &ViewOptions) -> Element {
    let common = &clone.common;
    let mut element = Element::new("clone")
        .with("id", common.id.as_str())
        .with("multi_state", yes(clone.promotable))
        .with("unique", yes(clone.unique))
        .with("maintenance", yes(common.maintenance))
        .with("managed", yes(common.managed))
        .with("disabled", yes(common.disabled))
        .with("failed", yes(common.failed))
        .with("failure_ignored", yes(common.failure_ignored));
    set_if(&mut element, "target_role", common.target_role.as_deref());
    set_if(&mut element, "description", description(common, options));
    clone.instances.iter().fold(element, |element, instance| element.with_child(resource(&instance.resource, options)))
}

fn bundle(bundle: &BundleView, options: &ViewOptions) -> Element {
    let common = &bundle.common;
    let mut element = Element::new("bundle")
        .with("id", common.id.as_str())
        .with("type", bundle.engine.as_str())
        .with("image", bundle.image.as_str())
        .with("unique", yes(bundle.unique))
        .with("maintenance", yes(common.maintenance))
        .with("managed", yes(common.managed))
        .with("failed", yes(common.failed));
    set_if(&mut element, "description", description(common, options));
    bundle.replicas.iter().fold(element, |element, one| element.with_child(replica(one, options)))
}

fn replica(replica: &ReplicaView, options: &ViewOptions) -> Element {
    let element = Element::new("replica").with("id", replica.number.to_string());
    replica.primitives().into_iter().fold(element, |element, part| element.with_child(primitive(part, options)))
}

/// A primitive or instance.
pub fn primitive(primitive: &PrimitiveView, options: &ViewOptions) -> Element {
    let common = &primitive.common;
    let mut element = Element::new("resource")
        .with("id", common.id.as_str())
        .with("resource_agent", primitive.agent.as_str())
        .with("role", words::activity(primitive, options));
    set_if(&mut element, "target_role", common.target_role.as_deref());
    let flags = [
        ("active", common.active),
        ("orphaned", common.orphaned),
        ("removed", common.orphaned),
        ("blocked", common.blocked),
        ("maintenance", common.maintenance),
        ("managed", common.managed),
        ("failed", common.failed),
        ("failure_ignored", common.failure_ignored),
    ];
    for (name, is) in flags {
        element.set(name, yes(is));
    }
    element.set("nodes_running_on", primitive.nodes.len().to_string());
    // Other pending operations show as the role.
    let monitoring = options.pending && primitive.pending.as_deref() == Some("monitor");
    set_if(&mut element, "pending", monitoring.then_some("Monitoring"));
    set_if(&mut element, "locked_to", primitive.locked_to.as_ref().map(|node| node.name.as_str()));
    set_if(&mut element, "description", description(common, options));
    for node in &primitive.nodes {
        let node_element = Element::new("node").with("name", node.name.as_str()).with("id", node.id.as_str());
        element.push(node_element.with("cached", yes(node.online)));
    }
    element
}

fn description<'a>(common: &'a Common, options: &ViewOptions) -> Option<&'a str> {
    common.description.as_deref().filter(|_| words::are_described(options))
}

fn attributes(view: &ClusterView) -> Vec<Element> {
    let nodes = view.attributes.iter().map(|node| {
        let element = Element::new("node").with("name", node.node.as_str());
        node.attributes.iter().fold(element, |element, attribute| {
            let mut one =
                Element::new("attribute").with("name", attribute.name.as_str()).with("value", attribute.value.as_str());
            if let Some(expected) = attribute.expected {
                one.set("expected", expected.to_string());
            }
            element.with_child(one)
        })
    });
    nodes.collect()
}

fn history(view: &ClusterView, options: &ViewOptions, with_operations: bool) -> Vec<Element> {
    let mut nodes = Vec::new();
    for node in &view.history {
        let mut element = Element::new("node").with("name", node.node.as_str());
        let worth = node.resources.iter().filter(|resource| resource.is_worth_telling(with_operations));
        let mut any = false;
        for resource in worth {
            let id = if with_operations { &resource.id } else { &resource.kept_as };
            let mut one = Element::new("resource_history").with("id", id);
            // Pacemaker says so of everything it has a history of; the resource's own element tells.
            one.set("orphan", yes(false));
            one.set("removed", yes(false));
            one.set("migration-threshold", resource.migration_threshold.value().to_string());
            if resource.fail_count > Score::ZERO {
                one.set("fail-count", resource.fail_count.value().to_string());
            }
            if let Some(last) = resource.last_failure {
                one.set("last-failure", words::time(last, &options.zone));
            }
            for operation in resource.operations.iter().filter(|_| with_operations) {
                let mut entry = Element::new("operation_history")
                    .with("call", operation.call.as_str())
                    .with("task", operation.task.as_str())
                    .with("rc", operation.exit_code.to_string())
                    .with("rc_text", exit::text(operation.exit_code));
                if operation.interval_ms > 0 {
                    entry.set("interval", format!("{}ms", operation.interval_ms));
                }
                if let Some(moment) = operation.last_change {
                    entry.set("last-rc-change", words::time(moment, &options.zone));
                }
                set_if(&mut entry, "exec-time", operation.exec_ms.as_ref().map(|ms| format!("{ms}ms")).as_deref());
                set_if(&mut entry, "queue-time", operation.queue_ms.as_ref().map(|ms| format!("{ms}ms")).as_deref());
                one.push(entry);
            }
            any = true;
            element.push(one);
        }
        nodes.extend(any.then_some(element));
    }
    nodes
}

fn failures(view: &ClusterView, options: &ViewOptions) -> Vec<Element> {
    let elements = view.failures.iter().map(|failure| {
        let mut element = Element::new("failure")
            .with(if failure.key_is_id { "id" } else { "op_key" }, failure.key.as_str())
            .with("node", failure.node.as_str())
            .with("exitstatus", exit::text(failure.exit_code))
            .with("exitreason", failure.reason.as_deref().unwrap_or("none"))
            .with("exitcode", failure.exit_code.to_string())
            .with("call", failure.call.as_str())
            .with("status", failure.status);
        if let Some(moment) = failure.last_change {
            element.set("last-rc-change", words::time_iso(moment, &options.zone));
            set_if(&mut element, "queued", failure.queue_ms.as_deref());
            set_if(&mut element, "exec", failure.exec_ms.as_deref());
            element.set("interval", failure.interval_ms.to_string());
            element.set("task", failure.task.as_str());
        }
        element
    });
    elements.collect()
}

fn fencing(view: &ClusterView, options: &ViewOptions) -> Vec<Element> {
    let wanted = |event: &&FencingView| match event.state {
        FencingState::Succeeded => options.shows(Section::FencingSucceeded),
        FencingState::Failed => options.shows(Section::FencingFailed),
        FencingState::Pending => options.shows(Section::FencingPending),
    };
    let elements = view.fencing.iter().filter(wanted).map(|event| {
        let status = match event.state {
            FencingState::Succeeded => "success",
            FencingState::Failed => "failed",
            FencingState::Pending => "pending",
        };
        let mut element = Element::new("fence_event")
            .with("action", event.action.as_str())
            .with("target", event.target.as_str())
            .with("client", event.client.as_str())
            .with("origin", event.origin.as_str())
            .with("status", status);
        set_if(&mut element, "exit-reason", event.reason.as_deref());
        set_if(&mut element, "delegate", event.delegate.as_deref());
        set_if(&mut element, "completed", event.completed.map(|at| words::time_iso(at, &options.zone)).as_deref());
        element
    });
    elements.collect()
}

fn tickets(view: &ClusterView, options: &ViewOptions) -> Vec<Element> {
    view.tickets.iter().map(|ticket| self::ticket(ticket, &options.zone)).collect()
}

/// A `<ticket>`, its times in the zone given.
pub fn ticket(ticket: &TicketView, zone: &Zone) -> Element {
    let status = if ticket.granted { "granted" } else { "revoked" };
    let element = Element::new("ticket").with("id", ticket.id.as_str()).with("status", status);
    let mut element = element.with("standby", yes(ticket.standby));
    set_if(&mut element, "last-granted", ticket.last_granted.map(|at| words::time(at, zone)).as_deref());
    let others = ticket.attributes.iter().filter(|(name, _)| !matches!(name.as_str(), "last-granted" | "expires"));
    others.for_each(|(name, value)| element.set(name, value));
    element
}

fn bans(view: &ClusterView) -> Vec<Element> {
    let elements = view.bans.iter().map(|ban| {
        Element::new("ban")
            .with("id", ban.id.as_str())
            .with("resource", ban.resource.as_str())
            .with("node", ban.node.as_str())
            .with("weight", ban.score.value().to_string())
            .with("promoted-only", yes(ban.promoted_only))
            .with("master_only", yes(ban.promoted_only))
    });
    elements.collect()
}

fn set_if(element: &mut Element, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        element.set(name, value);
    }
}
