//! The graph as Pacemaker's XML.
//!
//! In: a [`Graph`]. Out: text, written straight, without a tree between.

use super::graph::{Action, ActionKind, Graph, Synapse};
use crate::xml::writer::escape_attribute;
use std::collections::BTreeMap;

/// `<transition_graph …>` with everything in it.
pub fn write(graph: &Graph) -> String {
    let mut out = String::with_capacity(graph.synapses.len() * 600 + 300);
    let by_id: BTreeMap<u32, &Action> = graph.actions.iter().map(|action| (action.id, action)).collect();
    out.push_str("<transition_graph");
    attribute(&mut out, "cluster-delay", &graph.cluster_delay_text);
    attribute(&mut out, "fencing-timeout", &graph.fencing_timeout_text);
    attribute(&mut out, "failed-stop-offset", &graph.failed_stop_offset);
    attribute(&mut out, "failed-start-offset", &graph.failed_start_offset);
    attribute(&mut out, "batch-limit", &graph.batch_limit.to_string());
    attribute(&mut out, "transition_id", &graph.transition_id.to_string());
    if let Some(limit) = graph.migration_limit {
        attribute(&mut out, "migration-limit", &limit.to_string());
    }
    if let Some(moment) = graph.recheck_by {
        attribute(&mut out, "recheck-by", &moment.to_string());
    }
    if graph.synapses.is_empty() {
        out.push_str("/>\n");
        return out;
    }
    out.push_str(">\n");
    for synapse in &graph.synapses {
        write_synapse(&mut out, graph, synapse, &by_id);
    }
    out.push_str("</transition_graph>\n");
    out
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_attribute(value, out);
    out.push('"');
}

fn write_synapse(out: &mut String, graph: &Graph, synapse: &Synapse, by_id: &BTreeMap<u32, &Action>) {
    out.push_str("  <synapse");
    attribute(out, "id", &synapse.id.to_string());
    if synapse.priority > 0 {
        attribute(out, "priority", &synapse.priority.to_string());
    }
    out.push_str(">\n    <action_set>\n");
    write_action(out, &graph.actions[synapse.action]);
    out.push_str("    </action_set>\n");
    let inputs: Vec<_> = synapse.inputs.iter().filter_map(|id| by_id.get(id)).collect();
    if inputs.is_empty() {
        out.push_str("    <inputs/>\n");
    } else {
        out.push_str("    <inputs>\n");
        for input in inputs {
            out.push_str("      <trigger>\n        ");
            open(out, input);
            out.push_str("/>\n      </trigger>\n");
        }
        out.push_str("    </inputs>\n");
    }
    out.push_str("  </synapse>\n");
}

const fn element(action: &Action) -> &'static str {
    match action.kind {
        ActionKind::Resource => "rsc_op",
        ActionKind::Pseudo => "pseudo_event",
        ActionKind::Cluster => "crm_event",
    }
}

fn open(out: &mut String, action: &Action) {
    out.push('<');
    out.push_str(element(action));
    if action.operation == "lrm_delete" {
        attribute(out, "mode", "cib");
    }
    attribute(out, "id", &action.id.to_string());
    attribute(out, "operation", &action.operation);
    attribute(out, "operation_key", &action.key);
    let optional = [
        ("internal_operation_key", &action.internal_key),
        ("on_node", &action.node),
        ("on_node_uuid", &action.node_uuid),
        ("router_node", &action.router_node),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            attribute(out, name, value);
        }
    }
}

fn write_action(out: &mut String, action: &Action) {
    out.push_str("      ");
    open(out, action);
    if let Some(since) = action.shutdown_lock {
        attribute(out, "shutdown-lock", &since.to_string());
    }
    out.push_str(">\n");
    if let Some(resource) = &action.resource {
        out.push_str("        <primitive");
        attribute(out, "id", &resource.id);
        if let Some(long_id) = &resource.long_id {
            attribute(out, "long-id", long_id);
        }
        attribute(out, "class", &resource.class);
        if let Some(provider) = &resource.provider {
            attribute(out, "provider", provider);
        }
        attribute(out, "type", &resource.kind);
        out.push_str("/>\n");
    }
    out.push_str("        <attributes");
    for (name, value) in action.attributes.iter().filter(|(name, _)| !name.starts_with(|c: char| c.is_ascii_digit())) {
        attribute(out, name, value);
    }
    let numbered: Vec<_> =
        action.attributes.iter().filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_digit())).collect();
    if numbered.is_empty() {
        out.push_str("/>\n");
    } else {
        out.push_str(">\n");
        for (name, value) in numbered {
            out.push_str("          <param");
            attribute(out, "name", name);
            attribute(out, "value", value);
            out.push_str("/>\n");
        }
        out.push_str("        </attributes>\n");
    }
    if !action.downed.is_empty() {
        out.push_str("        <downed>\n");
        for node in &action.downed {
            out.push_str("          <node");
            attribute(out, "id", node);
            out.push_str("/>\n");
        }
        out.push_str("        </downed>\n");
    }
    if !action.maintenance.is_empty() {
        out.push_str("        <maintenance>\n");
        for (node, entered) in &action.maintenance {
            out.push_str("          <node");
            attribute(out, "id", node);
            attribute(out, "node_in_maintenance", if *entered { "1" } else { "0" });
            out.push_str("/>\n");
        }
        out.push_str("        </maintenance>\n");
    }
    out.push_str("      </");
    out.push_str(element(action));
    out.push_str(">\n");
}
