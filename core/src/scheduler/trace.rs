//! The score trace in Pacemaker's words, which scripts and tests read.
//!
//! In: lines kept by `place`. Out: text. The words are a table, not the names of functions.

use super::resolve::Situation;
use super::table::{NodeId, ResourceId};
use crate::score::Score;

/// Which kind of resource was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Primitive,
    Group,
    Clone,
    Bundle,
}

impl Stage {
    /// As Pacemaker's trace names the stage: after its functions.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Primitive => "pcmk__primitive_assign",
            Self::Group => "pcmk__group_assign",
            Self::Clone => "pcmk__clone_assign",
            Self::Bundle => "pcmk__bundle_assign",
        }
    }
}

/// One thing the trace tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceLine {
    Allocation {
        stage: Stage,
        resource: ResourceId,
        node: NodeId,
        score: Score,
    },
    Promotion {
        resource: ResourceId,
        node: Option<NodeId>,
        score: Score,
    },
    /// What a node has room for.
    Capacity {
        when: &'static str,
        node: NodeId,
        utilization: Vec<(String, String)>,
    },
    /// What a resource takes of a node.
    Taken {
        resource: ResourceId,
        node: NodeId,
    },
}

/// Which part of the trace is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// `crm_simulate -s`
    pub scores: bool,
    /// `crm_simulate -U`
    pub utilization: bool,
}

impl Told {
    /// Whether the line was asked for.
    pub const fn tells(self, line: &TraceLine) -> bool {
        match line {
            TraceLine::Allocation { .. } | TraceLine::Promotion { .. } => self.scores,
            TraceLine::Capacity { .. } | TraceLine::Taken { .. } => self.utilization,
        }
    }
}

/// The word for who noted what a resource takes.
pub const TAKEN: &str = "pcmk__assign_resource";

/// A line as text.
pub fn text(situation: &Situation, line: &TraceLine) -> String {
    match line {
        TraceLine::Allocation { stage, resource, node, score } => format!(
            "{}: {} allocation score on {}: {score}",
            stage.word(),
            situation.resources[*resource].id,
            situation.nodes[*node].name
        ),
        TraceLine::Promotion { resource, node, score } => {
            let place = match node {
                Some(node) => format!("on {}", situation.nodes[*node].name),
                None => "(inactive)".to_owned(),
            };
            format!("{} promotion score {place}: {score}", situation.resources[*resource].id)
        }
        TraceLine::Capacity { when, node, utilization } => {
            let mut text = format!("{when}: {} capacity:", situation.nodes[*node].name);
            for (name, value) in utilization {
                text.push_str(&format!(" {name}={value}"));
            }
            text
        }
        TraceLine::Taken { resource, node } => {
            let resource = &situation.resources[*resource];
            let mut text = format!("{TAKEN}: {} utilization on {}:", resource.id, situation.nodes[*node].name);
            for (name, value) in &resource.utilization {
                text.push_str(&format!(" {name}={value}"));
            }
            text
        }
    }
}
