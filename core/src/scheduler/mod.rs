//! Decides what the cluster should do next. Same input, same answer.
//!
//! Stages, each a function from types to a type: resolve, constrain, place, act, order, emit.

pub mod act;
pub mod changes;
pub mod constrain;
pub mod dot;
pub mod emit;
pub mod explain;
pub mod guard;
pub mod input;
pub mod order;
pub mod output;
pub mod place;
pub mod relation;
pub mod resolve;
pub mod scores;
pub mod sort;
pub mod successor;
pub mod table;
pub mod trace;
pub mod verify;

pub use act::act;
pub use constrain::{Constraints, constrain};
pub use emit::emit;
pub use guard::{Fault, guarded};
pub use input::{Drawing, Input};
pub use order::order;
pub use output::Output;
pub use place::{Placement, place};
pub use resolve::{Situation, resolve};
pub use verify::verify;

/// The whole decision: from a document to the graph that leads to what it wants.
pub fn schedule(input: &Input) -> Output {
    let situation = resolve(input);
    decide(input, &situation)
}

/// The situation with what lost tickets make of it: frozen resources, nodes that are to be fenced.
pub fn with_lost_tickets(mut situation: Situation) -> Situation {
    let constraints = constrain(&situation);
    for id in situation.resources.ids() {
        let resource = &mut situation.resources[id];
        resource.managed = constraints.managed[id];
        resource.blocked = constraints.blocked[id];
        resource.failed = constraints.failed[id];
    }
    for id in situation.nodes.ids() {
        situation.nodes[id].unclean = constraints.unclean[id];
    }
    situation
}

/// The decision for a situation that is known already.
pub fn decide(input: &Input, situation: &Situation) -> Output {
    let constraints = constrain(situation);
    let placement = place(situation, &constraints, input.trace);
    let actions = act(situation, &constraints, &placement, input.secrets_removed);
    let no_successor = successor::without_successor(situation, &placement);
    let mut emitted = emit(order(actions), input.transition_id);
    let moments = [situation.recheck, constraints.recheck, placement.recheck, emitted.plan.recheck];
    emitted.graph.recheck_by = moments.into_iter().filter_map(crate::rules::Recheck::moment).min();
    Output {
        hidden_changes: std::mem::take(&mut emitted.plan.hidden_changes),
        summary: changes::changes(&emitted.plan),
        dot: input.draw.map(|drawing| dot::dot(&emitted.plan, drawing)).unwrap_or_default(),
        graph: emitted.graph,
        fencing_causes: situation.fencing_causes(),
        no_successor,
        notes: situation.notes.iter().chain(&constraints.notes).cloned().collect(),
        trace: placement.trace.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, schedule};
    use crate::cib::Document;
    use crate::time::Now;
    use crate::transition::simulation::{Setting, simulate};

    const CIB: &str = r#"<cib validate-with="pacemaker-4.0" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0">
      <configuration>
        <crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
        <nodes><node id="1" uname="n1"/></nodes>
        <resources><primitive id="p1" class="ocf" provider="heartbeat" type="Dummy"/></resources>
        <constraints/>
      </configuration>
      <status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status>
    </cib>"#;

    #[test]
    fn what_was_simulated_needs_no_more_doing() {
        let document = Document::read(CIB).expect("a document");
        let now = Now::from_epoch(1_000_000);
        let first = schedule(&Input::new(&document, now));
        let setting = Setting { document: &document, known: &|_| true, now, failures: &[] };
        let simulation = simulate(first.graph, &setting);
        assert!(simulation.complete);
        let lines: Vec<String> = simulation.steps.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            ["Resource action: p1              monitor on n1", "Resource action: p1              start on n1",]
        );
        let second = schedule(&Input::new(&simulation.document, now));
        assert!(second.graph.does_nothing(), "{:?}", second.graph.actions);
    }
}
