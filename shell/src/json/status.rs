//! The cluster's view as JSON.
//!
//! In: `ClusterView`. Out: the value that `crm --output json status` prints.

use quorate_core::view::ClusterView;
use quorate_core::view::cluster::{
    BundleView, CloneView, Common, FailureView, FencingState, FencingView, GroupView, NodeKind, NodeView,
    PrimitiveView, ResourceView, Summary, TicketView,
};
use serde_json::{Value, json};

pub fn status(view: &ClusterView) -> Value {
    json!({
        "cluster": summary(&view.summary),
        "nodes": view.nodes.iter().map(node).collect::<Vec<_>>(),
        "resources": view.resources.iter().filter(|one| !one.common().implicit).map(resource).collect::<Vec<_>>(),
        "failures": view.failures.iter().map(failure).collect::<Vec<_>>(),
        "fencing": view.fencing.iter().map(fencing).collect::<Vec<_>>(),
        "tickets": view.tickets.iter().map(ticket).collect::<Vec<_>>(),
        "bans": view.bans.iter().map(|ban| json!({
            "id": ban.id,
            "resource": ban.resource,
            "node": ban.node,
            "score": ban.score.to_string(),
            "promoted_only": ban.promoted_only,
        })).collect::<Vec<_>>(),
        "fail_counts": fail_counts(view),
    })
}

fn summary(summary: &Summary) -> Value {
    json!({
        "stack": summary.stack,
        "leader": summary.dc.as_ref().map(|dc| &dc.name),
        "version": summary.dc.as_ref().and_then(|dc| dc.version.as_ref()),
        "quorate": summary.quorate,
        "updated": summary.updated,
        "told_by": summary.told_by,
        "last_change": {
            "time": summary.change.time,
            "user": summary.change.user,
            "client": summary.change.client,
            "origin": summary.change.origin,
        },
        "nodes_configured": summary.nodes_configured,
        "instances_configured": summary.instances,
        "instances_disabled": summary.disabled,
        "instances_blocked": summary.blocked,
        "fencing_enabled": summary.fencing_enabled,
        "maintenance_mode": summary.maintenance_mode,
        "stop_all_resources": summary.stop_all_resources,
        "symmetric": summary.symmetric,
    })
}

fn node(node: &NodeView) -> Value {
    let kind = match node.kind {
        NodeKind::Member => "member",
        NodeKind::Remote => "remote",
        NodeKind::Guest => "guest",
    };
    json!({
        "name": node.name,
        "id": node.id,
        "type": kind,
        "online": node.online,
        "standby": node.standby || node.standby_on_fail,
        "maintenance": node.maintenance,
        "pending": node.pending,
        "unclean": node.unclean,
        "shutdown": node.shutdown,
        "leader": node.is_dc,
        "feature_set": node.feature_set,
        "running": node.running.iter().map(|one| &one.common.id).collect::<Vec<_>>(),
    })
}

// ---- resources ---------------------------------------------------------------------------------------------

fn resource(resource: &ResourceView) -> Value {
    match resource {
        ResourceView::Primitive(one) => primitive(one),
        ResourceView::Group(one) => group(one),
        ResourceView::Clone(one) => clone(one),
        ResourceView::Bundle(one) => bundle(one),
    }
}

fn primitive(one: &PrimitiveView) -> Value {
    let mut value = common("primitive", &one.common);
    value["instance"] = json!(one.instance_id);
    value["agent"] = json!(one.agent);
    value["role"] = json!(one.role.as_str());
    value["nodes"] = json!(one.nodes.iter().map(|node| &node.name).collect::<Vec<_>>());
    value["pending"] = json!(one.pending);
    value["locked_to"] = json!(one.locked_to.as_ref().map(|node| &node.name));
    value
}

fn group(one: &GroupView) -> Value {
    let mut value = common("group", &one.common);
    value["members"] = one.members.iter().map(primitive).collect();
    value
}

fn clone(one: &CloneView) -> Value {
    let mut value = common("clone", &one.common);
    value["of"] = json!(one.of);
    value["promotable"] = json!(one.promotable);
    value["unique"] = json!(one.unique);
    value["members"] = one.instances.iter().map(|instance| resource(&instance.resource)).collect();
    value
}

fn bundle(one: &BundleView) -> Value {
    let mut value = common("bundle", &one.common);
    value["engine"] = json!(one.engine);
    value["image"] = json!(one.image);
    value["unique"] = json!(one.unique);
    let replica = |replica: &quorate_core::view::cluster::ReplicaView| {
        json!({
            "number": replica.number,
            "ip_address": replica.ip_address,
            "members": replica.primitives().into_iter().map(primitive).collect::<Vec<_>>(),
        })
    };
    value["replicas"] = one.replicas.iter().map(replica).collect();
    value
}

fn common(kind: &str, common: &Common) -> Value {
    json!({
        "kind": kind,
        "id": common.id,
        "managed": common.managed,
        "maintenance": common.maintenance,
        "disabled": common.disabled,
        "target_role": common.target_role,
        "orphaned": common.orphaned,
        "blocked": common.blocked,
        "failed": common.failed,
        "failure_ignored": common.failure_ignored,
        "active": common.active,
        "fully_active": common.fully_active,
        "description": common.description,
    })
}

// ---- what went wrong ---------------------------------------------------------------------------------------

fn failure(failure: &FailureView) -> Value {
    json!({
        "resource": failure.resource,
        "node": failure.node,
        "operation": failure.task,
        "interval_ms": failure.interval_ms,
        "exit_code": failure.exit_code,
        "status": failure.status,
        "reason": failure.reason,
        "last_change": failure.last_change,
    })
}

fn fencing(event: &FencingView) -> Value {
    let state = match event.state {
        FencingState::Succeeded => "succeeded",
        FencingState::Failed => "failed",
        FencingState::Pending => "pending",
    };
    json!({
        "target": event.target,
        "action": event.action,
        "state": state,
        "client": event.client,
        "origin": event.origin,
        "delegate": event.delegate,
        "completed": event.completed,
        "reason": event.reason,
    })
}

fn ticket(ticket: &TicketView) -> Value {
    json!({
        "id": ticket.id,
        "granted": ticket.granted,
        "standby": ticket.standby,
        "last_granted": ticket.last_granted,
    })
}

/// Of resources that failed, by node.
fn fail_counts(view: &ClusterView) -> Value {
    let mut found = Vec::new();
    for node in &view.history {
        for resource in &node.resources {
            let count = resource.fail_count.to_string();
            if count != "0" {
                found.push(json!({
                    "resource": resource.id,
                    "node": node.node,
                    "fail_count": count,
                    "migration_threshold": resource.migration_threshold.to_string(),
                    "last_failure": resource.last_failure,
                }));
            }
        }
    }
    Value::Array(found)
}
