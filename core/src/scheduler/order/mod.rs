//! Stage 5: who waits for whom, who drags whom in, and who cannot run.
//!
//! In: [`Actions`]. Out: [`OrderedActions`]. Never here: making actions, save those an ordering names and nobody made.

mod blocked;
mod collective;
mod demand;
mod nodes;
mod probes;
mod relation;
mod settle;

use super::act::{Actions, Plan};

/// Actions whose demands on each other are settled.
#[derive(Clone, Debug)]
pub struct OrderedActions<'a> {
    pub plan: Plan<'a>,
}

/// Applies all orderings, settles who drags whom in and who cannot run, and puts on nodes what has none yet.
pub fn order(actions: Actions<'_>) -> OrderedActions<'_> {
    let mut plan = actions.plan;
    plan.apply_orderings();
    // Newest first, as everywhere from here.
    for action in plan.actions.ids().rev().collect::<Vec<_>>() {
        plan.block_dependents(action);
    }
    plan.order_probes();
    for action in plan.actions.ids().rev().collect::<Vec<_>>() {
        plan.settle(action);
    }
    plan.disable_invalid();
    plan.put_on_nodes();
    plan.close();
    OrderedActions { plan }
}
