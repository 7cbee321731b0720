//! What waits for probes where a graph is carried out.
//!
//! In: a graph. Out: the same graph, in which
//! - the departure of a node waits for all probes on it: a daemon that came back and is stopped at once
//!   may still have what its predecessor started; a probe that finds it ends the transition, and the
//!   next one stops it first;
//! - the fencing of a member waits for probes on other nodes: what they find may show that a failure
//!   is alike everywhere, and mends nothing (`scheduler::resolve::alike`). A node that is lost is cut
//!   off at once.
//!
//! Pacemaker's graphs lack these orders, so they are added here, and not where graphs are made.

use crate::transition::{ActionKind, Graph};

/// `is_member` says of a node's name whether it takes part.
pub(super) fn wait_for_probes(graph: &mut Graph, is_member: impl Fn(&str) -> bool) {
    struct Probe {
        node: String,
        id: u32,
        /// It waits for nothing itself.
        free: bool,
    }
    let probe = |synapse: &crate::transition::Synapse| {
        let action = &graph.actions[synapse.action];
        let is_probe = action.kind == ActionKind::Resource && action.operation == "monitor" && action.interval() == 0;
        let node = action.node.clone().filter(|_| is_probe)?;
        Some(Probe { node, id: action.id, free: synapse.inputs.is_empty() })
    };
    let probes: Vec<Probe> = graph.synapses.iter().filter_map(probe).collect();
    for synapse in &mut graph.synapses {
        let action = &graph.actions[synapse.action];
        let Some(node) = action.node.as_deref() else { continue };
        let waits = |probe: &&Probe| match action.operation.as_str() {
            "do_shutdown" => probe.node == node,
            "stonith" => is_member(node) && probe.node != node && probe.free,
            _ => false,
        };
        synapse.inputs.extend(probes.iter().filter(waits).map(|probe| probe.id));
        synapse.inputs.sort_unstable();
        synapse.inputs.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::Document;
    use crate::scheduler;
    use crate::time::Now;
    use crate::xml;

    #[test]
    fn a_node_that_leaves_is_asked_first() {
        let state = |id: u32, more: &str| {
            format!(
                "<node_state id='{id}' uname='n{id}' in_ccm='true' crmd='online' join='member' expected='member'>\
                 <lrm id='{id}'><lrm_resources/></lrm>{more}</node_state>"
            )
        };
        let leaving = "<transient_attributes id='2'><instance_attributes id='s'>\
            <nvpair id='s-s' name='shutdown' value='1000'/></instance_attributes></transient_attributes>";
        let text = format!(
            "<cib validate-with='pacemaker-4.0' have-quorum='1' dc-uuid='1'><configuration><crm_config>\
             <cluster_property_set id='o'><nvpair id='f' name='stonith-enabled' value='false'/></cluster_property_set>\
             </crm_config><nodes><node id='1' uname='n1'/><node id='2' uname='n2'/></nodes><resources>\
             <primitive id='p' class='ocf' provider='x' type='y'/></resources><constraints/></configuration>\
             <status>{}{}</status></cib>",
            state(1, ""),
            state(2, leaving)
        );
        let root = xml::read(&text).expect("good XML");
        let document = Document::from_element(root).expect("a CIB");
        let mut graph = scheduler::schedule(&scheduler::Input::new(&document, Now::from_epoch(1000))).graph;
        let inputs = |graph: &Graph| {
            let of = |at: usize| &graph.actions[graph.synapses[at].action];
            let place = (0..graph.synapses.len()).find(|at| of(*at).operation == "do_shutdown");
            let inputs = &graph.synapses[place.expect("n2 is to leave")].inputs;
            let named = inputs.iter().filter_map(|id| graph.action(*id));
            named.map(|action| format!("{} {}", action.key, action.node.as_deref().unwrap_or("-"))).collect::<Vec<_>>()
        };
        assert!(!inputs(&graph).contains(&"p_monitor_0 n2".to_string()), "{:?}", inputs(&graph));
        wait_for_probes(&mut graph, |_| true);
        assert!(inputs(&graph).contains(&"p_monitor_0 n2".to_string()), "{:?}", inputs(&graph));
        assert!(!inputs(&graph).contains(&"p_monitor_0 n1".to_string()), "{:?}", inputs(&graph));
    }
}
