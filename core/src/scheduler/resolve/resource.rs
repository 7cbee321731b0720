//! Resources and instances: what can be placed, and what is known of each.
//!
//! In: nothing. Out: [`Resource`]. Never here: making them (see `make`), reading what is said of them (see `meta`).

use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Agent, Cloned, Primitive, Role};
use crate::ids::ResourceName;
use crate::scheduler::scores::NodeScores;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a resource is made of.
#[derive(Clone, Debug)]
pub enum Variant {
    Primitive(Arc<Primitive>),
    Group(GroupSettings),
    Clone(CloneSettings),
    Bundle(BundleSettings),
}

/// What a group decides for its members.
#[derive(Clone, Copy, Debug)]
pub struct GroupSettings {
    pub ordered: bool,
    pub colocated: bool,
}

/// What a clone decides for its instances.
#[derive(Clone, Debug)]
pub struct CloneSettings {
    pub max: u32,
    pub node_max: u32,
    pub promoted_max: u32,
    pub promoted_node_max: u32,
    pub ordered: bool,
    pub interleave: bool,
    /// How many must run before others may depend on the clone; 0 is all.
    pub min: u32,
    /// What is cloned.
    pub of: Cloned,
    /// Instances made so far, the removed ones included.
    pub made: u32,
}

/// What a bundle became.
#[derive(Clone, Debug)]
pub struct BundleSettings {
    pub per_host: u32,
    /// The clone of what runs in the containers.
    pub inside: Option<ResourceId>,
    pub replicas: Vec<Replica>,
}

/// One container with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Replica {
    pub number: u32,
    pub address: Option<String>,
    pub container: ResourceId,
    pub ip: Option<ResourceId>,
    pub remote: Option<ResourceId>,
    pub inside: Option<ResourceId>,
    /// The node in the container.
    pub node: Option<NodeId>,
}

impl BundleSettings {
    /// Every replica's container.
    pub fn containers(&self) -> Vec<ResourceId> {
        self.replicas.iter().map(|replica| replica.container).collect()
    }
}

impl Replica {
    /// All but the instance inside, in the order they come up.
    pub fn parts(&self) -> impl Iterator<Item = ResourceId> {
        self.ip.into_iter().chain([self.container]).chain(self.remote)
    }
}

/// What to do when a resource is found active in too many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipleActive {
    Block,
    StopOnly,
    StopStart,
    StopUnexpected,
}

/// An operation that was sent and has not been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub task: String,
    pub node: NodeId,
}

/// A primitive, an instance, or a collective of them.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Unique; instances carry their number: `p1:0`.
    pub id: ResourceName,
    /// As configured: `p1`.
    pub config_id: ResourceName,
    /// As the executor last called it, where that differs from `id`.
    pub history_id: Option<String>,
    pub variant: Variant,
    pub parent: Option<ResourceId>,
    pub children: Vec<ResourceId>,
    pub agent: Agent,
    pub description: Option<String>,
    /// Evaluated meta-attributes; the element's own attributes stand among them.
    pub meta: BTreeMap<String, String>,
    pub parameters: Vec<AttributeSet>,
    pub utilization: BTreeMap<String, String>,
    pub priority: Score,
    pub stickiness: Score,
    pub migration_threshold: Score,
    pub failure_timeout_ms: u32,
    pub multiple_active: MultipleActive,
    pub managed: bool,
    pub maintenance: bool,
    /// Nothing is done about a failure until someone cleans up.
    pub blocked: bool,
    pub critical: bool,
    pub notify: bool,
    pub unique: bool,
    pub promotable: bool,
    pub migratable: bool,
    pub fence_device: bool,
    pub remote_connection: bool,
    /// Not in the configuration any more, or an instance too many.
    pub removed: bool,
    /// Was run by a container that is gone too.
    pub removed_launched: bool,
    pub needs_quorum: bool,
    pub needs_fencing: bool,
    pub needs_unfencing: bool,
    pub failed: bool,
    /// When failed, it must be stopped.
    pub stop_if_failed: bool,
    /// A failure was forgiven by on-fail=ignore.
    pub failure_ignored: bool,
    pub start_pending: bool,
    /// Found running only on nodes where this was known before.
    pub role: Role,
    /// What it should become; `Unknown` is whatever fits.
    pub target: Role,
    pub target_reason: Option<String>,
    /// Nodes where it is active, in the order found.
    pub active_on: Vec<NodeId>,
    /// Nodes whose history says what it is there.
    pub known_on: BTreeSet<NodeId>,
    /// Nodes where it is never looked for, for they turned out to be inside of containers.
    pub never_probed_on: BTreeSet<NodeId>,
    pub pending: Option<Pending>,
    /// A live move that is halfway: from, to.
    pub partial_migration: Option<(NodeId, NodeId)>,
    pub dangling_migration_sources: Vec<NodeId>,
    /// Kept for this node while it is down: node, since when.
    pub shutdown_lock: Option<(NodeId, i64)>,
    pub reconnect_interval_ms: u32,
    /// The resource it runs in, and the resources that run in it.
    pub launcher: Option<ResourceId>,
    pub launched: Vec<ResourceId>,
    /// Scores from history and defaults; constraints come later.
    pub scores: NodeScores,
}

impl Resource {
    /// As configured; `None` for collectives.
    pub fn primitive(&self) -> Option<&Primitive> {
        match &self.variant {
            Variant::Primitive(primitive) => Some(primitive),
            _ => None,
        }
    }

    /// Whether it is one resource by itself, an instance included.
    pub fn is_primitive(&self) -> bool {
        matches!(self.variant, Variant::Primitive(_))
    }

    /// Whether it is a group.
    pub fn is_group(&self) -> bool {
        matches!(self.variant, Variant::Group(_))
    }

    /// Whether it is a clone.
    pub fn is_clone(&self) -> bool {
        matches!(self.variant, Variant::Clone(_))
    }

    /// Whether it is a bundle.
    pub fn is_bundle(&self) -> bool {
        matches!(self.variant, Variant::Bundle(_))
    }

    /// Its settings, if it is a group.
    pub fn group(&self) -> Option<GroupSettings> {
        match self.variant {
            Variant::Group(settings) => Some(settings),
            _ => None,
        }
    }

    /// Its settings, if it is a bundle.
    pub fn bundle(&self) -> Option<&BundleSettings> {
        match &self.variant {
            Variant::Bundle(settings) => Some(settings),
            _ => None,
        }
    }

    /// What a collective is counted in: a clone's instances, a bundle's containers.
    pub fn instances(&self) -> Vec<ResourceId> {
        self.bundle().map_or_else(|| self.children.clone(), BundleSettings::containers)
    }

    /// A clone's own; `None` for anything else.
    pub fn clone_settings(&self) -> Option<&CloneSettings> {
        match &self.variant {
            Variant::Clone(settings) => Some(settings),
            _ => None,
        }
    }

    /// A meta-attribute, evaluated.
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.get(name).map(String::as_str)
    }

    /// Whether a meta-attribute is given and means yes.
    pub fn meta_is_true(&self, name: &str) -> bool {
        self.meta(name).is_some_and(|text| literal::boolean(text) == Ok(true))
    }

    /// The name people and executors know: without an anonymous instance's number.
    pub fn printed_id(&self) -> &str {
        if self.unique { &self.id } else { &self.config_id }
    }

    /// The name fail counts are kept under.
    pub fn failure_name(&self) -> &str {
        let name = self.history_id.as_deref().unwrap_or(&self.id);
        if self.unique { name } else { without_instance(name) }
    }

    /// `target-role`, where it can be read.
    pub fn target_role(&self) -> Option<Role> {
        self.meta("target-role").and_then(Role::parse)
    }
}

/// `p1` of `p1:12`; a name that only ends in a colon keeps its parts.
pub fn without_instance(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((base, number)) if !base.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            if number.is_empty() {
                name
            } else {
                base
            }
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::without_instance;

    #[test]
    fn only_a_number_after_a_colon_is_an_instance() {
        for (name, base) in [("p1:12", "p1"), ("p1", "p1"), ("a:b", "a:b"), ("p1:", "p1:"), ("x:y:0", "x:y")] {
            assert_eq!(without_instance(name), base);
        }
    }
}
