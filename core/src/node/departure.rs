//! A node leaves only when it has been asked everything.
//!
//! In: a graph to be carried out. Out: the same graph, in which the departure of a node waits for all
//! probes on it. A daemon that came back and is stopped at once may still have what its
//! predecessor started; a probe that finds it ends the transition, and the next one stops it first.
//! Pacemaker's graphs lack these orders, so they are added where graphs are carried out, and not
//! where they are made.

use crate::transition::{ActionKind, Graph};
use std::collections::BTreeMap;

pub(super) fn wait_for_probes(graph: &mut Graph) {
    let mut probes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let in_graph = graph.synapses.iter().map(|synapse| &graph.actions[synapse.action]);
    for action in in_graph {
        let probe = action.kind == ActionKind::Resource && action.operation == "monitor" && action.interval() == 0;
        if let Some(node) = action.node.as_deref().filter(|_| probe) {
            probes.entry(node).or_default().push(action.id);
        }
    }
    for synapse in &mut graph.synapses {
        let action = &graph.actions[synapse.action];
        let found =
            action.node.as_deref().filter(|_| action.operation == "do_shutdown").and_then(|node| probes.get(node));
        if let Some(found) = found {
            synapse.inputs.extend(found);
            synapse.inputs.sort_unstable();
            synapse.inputs.dedup();
        }
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
        wait_for_probes(&mut graph);
        assert!(inputs(&graph).contains(&"p_monitor_0 n2".to_string()), "{:?}", inputs(&graph));
        assert!(!inputs(&graph).contains(&"p_monitor_0 n1".to_string()), "{:?}", inputs(&graph));
    }
}
