//! Decides what the cluster should do next. Same input, same answer.
//!
//! Stages, each a function from types to a type: resolve, constrain, place, act, order, emit.

pub mod act;
pub mod changes;
pub mod constrain;
pub mod dot;
pub mod emit;
pub mod input;
pub mod order;
pub mod output;
pub mod place;
pub mod relation;
pub mod resolve;
pub mod scores;
pub mod sort;
pub mod table;
pub mod trace;

pub use act::act;
pub use constrain::{Constraints, constrain};
pub use emit::emit;
pub use input::Input;
pub use order::order;
pub use output::Output;
pub use place::{Placement, place};
pub use resolve::{Situation, resolve};

/// The whole decision: from a document to the graph that leads to what it wants.
pub fn schedule(input: &Input) -> Output {
    let situation = resolve(input);
    decide(input, &situation)
}

/// The decision for a situation that is known already.
pub fn decide(input: &Input, situation: &Situation) -> Output {
    let constraints = constrain(situation);
    let placement = place(situation, &constraints);
    let actions = act(situation, &constraints, &placement, input.secrets_removed);
    let ordered = order(actions);
    let mut emitted = emit(ordered, input.transition_id);
    let moments = [situation.recheck, constraints.recheck, placement.recheck, emitted.plan.recheck];
    emitted.graph.recheck_by = moments.into_iter().filter_map(crate::rules::Recheck::moment).min();
    Output {
        scores: trace::score_lines(situation, &placement.trace),
        utilization: trace::utilization_lines(situation, &placement.trace),
        summary: changes::changes(&emitted.plan),
        dot: if input.draw { dot::dot(&emitted.plan) } else { String::new() },
        graph: emitted.graph,
        notes: situation.notes.iter().chain(&constraints.notes).cloned().collect(),
        trace: placement.trace,
    }
}
