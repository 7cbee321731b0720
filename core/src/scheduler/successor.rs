//! Promotable clones of which nobody can be promoted, for no agent has said that it could be.
//!
//! In: a placement. Out: which clones, and what their promotion scores are. An agent that sets the scores of others
//! only while it is promoted (PAF does so in its monitor) leaves none behind if it is lost before that: then
//! all that is left waits for a person, who has to be told.
//! Absent: clones that a constraint, a ticket, a failure or their target role keeps from being promoted.

use super::Input;
use super::constrain::constrain;
use super::place::{Placement, place};
use super::resolve::resource::without_instance;
use super::resolve::{Situation, resolve};
use super::table::{NodeId, ResourceId};
use crate::cib::model::resource::Role;
use crate::score::Score;
use std::collections::BTreeSet;
use std::fmt;

/// The score that an agent has given to promoting an instance on a node, if it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromotionScore {
    /// The node attribute that holds it.
    pub attribute: String,
    pub node: String,
    pub value: Option<String>,
}

impl fmt::Display for PromotionScore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(out, "{} is {value} on {}", self.attribute, self.node),
            None => write!(out, "{} is not set on {}", self.attribute, self.node),
        }
    }
}

/// One such clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuccessor {
    pub clone: String,
    /// On each node where an instance waits.
    pub scores: BTreeSet<PromotionScore>,
}

impl fmt::Display for NoSuccessor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scores: Vec<String> = self.scores.iter().map(ToString::to_string).collect();
        let name = self.scores.first().map(|score| score.attribute.as_str()).unwrap_or_default();
        write!(
            out,
            "nobody of {} can be promoted: no promotion score is 0 or more ({}). The agent sets it, some only in \
             a monitor of the promoted instance; by hand, on the node with the newest data: \
             crm_attribute -N NODE -n {name} -v 1 -l forever (or -l reboot, as the agent has it)",
            self.clone,
            scores.join(", ")
        )
    }
}

/// What a document leads to.
pub fn of_document(input: &Input) -> Vec<NoSuccessor> {
    let situation = resolve(input);
    let constraints = constrain(&situation);
    without_successor(&situation, &place(&situation, &constraints, false))
}

/// Promotable clones of which nobody can be promoted.
pub fn without_successor(situation: &Situation, placement: &Placement) -> Vec<NoSuccessor> {
    situation.resources.ids().filter_map(|clone| look_at(situation, placement, clone)).collect()
}

fn look_at(situation: &Situation, placement: &Placement, clone: ResourceId) -> Option<NoSuccessor> {
    let resource = &situation.resources[clone];
    let is_wanted = resource.promotable && resource.managed && situation.quorate;
    let may_be = !matches!(resource.target_role(), Some(Role::Stopped | Role::Unpromoted));
    if !is_wanted || !may_be || resource.clone_settings()?.promoted_max == 0 {
        return None;
    }
    let instances = &placement.children[clone];
    let leaves: Vec<ResourceId> = instances.iter().flat_map(|instance| leaves(placement, *instance)).collect();
    let waiting: Vec<(ResourceId, NodeId)> =
        leaves.into_iter().filter_map(|leaf| Some((leaf, placement.resources[leaf].node?))).collect();
    let waits = |(leaf, _): &(ResourceId, NodeId)| {
        let row = &placement.resources[*leaf];
        // Who has just been started was not asked yet.
        let is_active = !situation.resources[*leaf].active_on.is_empty();
        is_active && row.current != Role::Promoted && row.next != Role::Promoted && !row.blocked
    };
    if waiting.is_empty() || !waiting.iter().all(waits) {
        return None;
    }
    let scores: BTreeSet<PromotionScore> =
        waiting.into_iter().map(|(leaf, node)| score(situation, leaf, node)).collect();
    let is_enough = |score: &PromotionScore| {
        let value = score.value.as_deref().map(|text| Score::parse(text).unwrap_or_default());
        value.is_some_and(|value| value >= Score::ZERO)
    };
    let wished = instances.iter().any(|instance| placement.resources[*instance].promotion_priority >= Score::ZERO);
    if wished || scores.iter().any(is_enough) {
        return None;
    }
    Some(NoSuccessor { clone: resource.config_id.to_string(), scores })
}

fn leaves(placement: &Placement, id: ResourceId) -> Vec<ResourceId> {
    let children = &placement.children[id];
    if children.is_empty() { vec![id] } else { children.iter().flat_map(|child| leaves(placement, *child)).collect() }
}

fn score(situation: &Situation, leaf: ResourceId, node: NodeId) -> PromotionScore {
    let node = &situation.nodes[node];
    let attribute = format!("master-{}", without_instance(&situation.resources[leaf].id));
    let value = node.attribute(&attribute).map(str::to_owned);
    PromotionScore { attribute, node: node.name.to_string(), value }
}
