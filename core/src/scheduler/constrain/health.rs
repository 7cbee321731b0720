//! Node health as location constraints.
//!
//! In: `#health…` attributes and the health strategy. Out: a location for every resource and unhealthy node.

use super::colour::score_or_colour;
use super::{Builder, Location, ProbeMode};
use crate::cib::model::options::HealthStrategy;
use crate::cib::model::resource::Role;
use crate::scheduler::resolve::{Node, Situation};
use crate::score::Score;
use std::ops::ControlFlow;

fn health(situation: &Situation, node: &Node) -> Score {
    let base = match situation.options.health_strategy {
        HealthStrategy::Progressive => situation.options.health_base,
        _ => Score::ZERO,
    };
    let indicators = node.attributes.range("#health".to_owned()..).take_while(|(name, _)| name.starts_with("#health"));
    let sum = indicators
        .filter_map(|(_, value)| score_or_colour(situation, value))
        .try_fold(base, |sum, score| ControlFlow::<Score, Score>::Continue(sum + score));
    match sum {
        ControlFlow::Continue(sum) | ControlFlow::Break(sum) => sum,
    }
}

impl Builder<'_> {
    pub(super) fn apply_health(&mut self) {
        if self.situation.options.health_strategy == HealthStrategy::None {
            return;
        }
        for (node, facts) in self.situation.nodes.iter() {
            let score = health(self.situation, facts);
            if score == Score::ZERO {
                continue;
            }
            for &resource in &self.situation.top {
                let tolerates = self.situation.resources[resource].meta_is_true("allow-unhealthy-nodes");
                if score > Score::ZERO || !tolerates {
                    self.add_location(Location {
                        id: "node-health-strategy".to_owned(),
                        resource,
                        role: Role::Unknown,
                        nodes: vec![(node, score)],
                        probe: ProbeMode::Always,
                    });
                }
            }
        }
    }
}
