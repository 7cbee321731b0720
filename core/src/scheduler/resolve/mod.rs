//! Stage 1: what is. Rules are evaluated, instances exist, and needs are noted as facts.
//!
//! In: [`Input`]. Out: [`Situation`]. Never here: constraints, choosing nodes, making actions.
//!
//! For readers of the situation (displays above all): `nodes` is sorted by name; `top` lists the resources
//! in the order they are decided on (priority, then configuration, removed ones last); `configured` lists them as
//! written. A resource's `children` are members or instances; `active_on` and `role` tell where and as what it
//! runs; `failed_operations` is the list of failed actions; fail counts are in each node's `fail_counts`.

mod alike;
pub mod bundle;
pub mod change;
mod defaults;
mod definition;
mod failure;
mod fencing;
mod history;
mod instance;
mod make;
mod meta;
mod migration;
pub mod node;
pub mod operation;
pub mod remote;
mod repeated;
pub mod resource;
mod tree;

pub use node::{Node, NodeKind};
pub use operation::{Definitions, OnFail};
pub use resource::{BundleSettings, CloneSettings, GroupSettings, MultipleActive, Pending, Replica, Resource, Variant};

use super::input::Input;
use super::table::{NodeId, ResourceId, Table};
use crate::cib::decode;
use crate::cib::model::Configuration;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::options::{ClusterOptions, NoQuorumPolicy};
use crate::cib::model::resource::{Cloned, ResourceConfig};
use crate::note::Note;
use crate::rules::{Facts, Recheck, evaluate_sets};
use crate::score::Score;
use crate::status::{self, ClusterStatus, OperationRecord};
use crate::time::{Leap, Now, left_out_since};
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The state of the cluster and what is wanted of it.
#[derive(Clone, Debug)]
pub struct Situation {
    pub now: Now,
    /// What the clock has left out.
    pub leaps: Vec<Leap>,
    pub model: Configuration,
    pub options: ClusterOptions,
    /// The policy in force: `fence` counts as `stop` until the partition had quorum once.
    pub no_quorum_policy: NoQuorumPolicy,
    pub quorate: bool,
    /// A fence device is configured, or a watchdog runs.
    pub have_fencing: bool,
    /// Some device must be told to let a node in again.
    pub unfencing_enabled: bool,
    pub dc: Option<NodeId>,
    /// By name.
    pub nodes: Table<NodeId, Node>,
    pub resources: Table<ResourceId, Resource>,
    /// Resources without a parent, in the order they are decided on.
    pub top: Vec<ResourceId>,
    /// The same in the order of the configuration, removed ones last.
    pub configured: Vec<ResourceId>,
    pub by_name: BTreeMap<String, ResourceId>,
    pub status: Arc<ClusterStatus>,
    /// What histories demand, in the order it was found.
    pub findings: Vec<Finding>,
    pub failed_operations: Vec<FailedOperation>,
    /// Records of recurring monitors whose failure is over, by node and record id.
    pub expired_monitors: BTreeSet<(NodeId, String)>,
    /// Of the document; empty where it has none.
    pub feature_set: String,
    pub recheck: Recheck,
    pub notes: Vec<Note>,
}

/// A need or a fact that an action answers to.
#[derive(Clone, Debug)]
pub enum Finding {
    Fence {
        node: NodeId,
        reason: String,
        priority_delay: bool,
    },
    /// A failure asks for a stop.
    Stop {
        resource: ResourceId,
        node: NodeId,
    },
    Demote {
        resource: ResourceId,
        node: NodeId,
    },
    /// A stop asked for before turned out not to be needed.
    StopNotNeeded {
        resource: ResourceId,
        node: NodeId,
    },
    /// A recurring operation is running there.
    Recurring {
        resource: ResourceId,
        node: NodeId,
        task: String,
        interval_ms: u32,
    },
    ClearFailCount {
        resource: ResourceId,
        node: NodeId,
        reason: &'static str,
        after_fencing: bool,
        /// Whether it is about a guest that was running when this was found.
        reachable: bool,
    },
    /// A failure is forgotten if parameters changed since, which shows once its container has a host.
    CheckFailure {
        resource: ResourceId,
        node: NodeId,
        record: OperationRecord,
    },
    /// A shutdown lock is over.
    ForgetHistory {
        resource: ResourceId,
        node: NodeId,
    },
}

/// An entry of the list of failed actions.
#[derive(Clone, Debug)]
pub struct FailedOperation {
    pub resource: ResourceId,
    pub node: NodeId,
    pub record: OperationRecord,
}

/// A clone has no more instances: they all are decided on, also those that run nowhere.
const INSTANCES_MAX: u32 = 1_000;

/// The situation while it is being read.
struct Resolver<'a> {
    input: &'a Input<'a>,
    model: Configuration,
    options: ClusterOptions,
    no_quorum_policy: NoQuorumPolicy,
    quorate: bool,
    have_fencing: bool,
    unfencing_enabled: bool,
    dc_uuid: Option<String>,
    dc: Option<NodeId>,
    nodes: Table<NodeId, Node>,
    /// Nodes in containers: nobody may run there but who belongs there.
    contained: BTreeSet<NodeId>,
    /// Nodes that do not count yet: their bundle, or the history of the connection to them, was not met.
    unborn: BTreeSet<NodeId>,
    /// Remote nodes that only a history tells of, as an earlier reading found.
    late: &'a BTreeSet<String>,
    /// One more such node, which this reading had no place for.
    missing: Option<String>,
    resources: Table<ResourceId, Resource>,
    top: Vec<ResourceId>,
    by_name: BTreeMap<String, ResourceId>,
    /// Meta blocks of collectives, by id, for members to inherit.
    config_meta: BTreeMap<String, Vec<AttributeSet>>,
    status: ClusterStatus,
    status_all: Arc<ClusterStatus>,
    findings: Vec<Finding>,
    /// Containers whose connections failed.
    containers_to_stop: Vec<ResourceId>,
    failed: Vec<FailedOperation>,
    failed_keys: BTreeSet<(NodeId, String)>,
    expired_monitors: BTreeSet<(NodeId, String)>,
    recheck: Recheck,
    notes: Vec<Note>,
    said: BTreeSet<(String, String)>,
}

/// A history may tell of a remote node that is not configured any more. Nodes are numbered by name, so
/// the reading begins anew with a place for it; each time one more, so histories bound the times.
pub fn resolve(input: &Input) -> Situation {
    let mut late = BTreeSet::new();
    loop {
        let mut resolver = Resolver::new(input, &late);
        resolver.collect_nodes();
        resolver.collect_resources();
        resolver.check_definitions();
        let configured = resolver.top.clone();
        resolver.read_status();
        let Some(missing) = resolver.missing.take() else { return resolver.finish(configured) };
        assert!(late.insert(missing), "a node had no place although it was given one");
    }
}

impl<'a> Resolver<'a> {
    fn new(input: &'a Input<'a>, late: &'a BTreeSet<String>) -> Self {
        let root = input.document.root();
        let (model, mut notes) = decode::configuration(root);
        let mut recheck = Recheck::default();
        let mut given = BTreeMap::new();
        evaluate_sets(
            &model.properties,
            Some("cib-bootstrap-options"),
            &Facts::default(),
            input.now,
            &mut recheck,
            &mut given,
        );
        let options = ClusterOptions::read(given, &mut notes);
        let says = |name: &str| root.attr(name).is_some_and(|text| literal::boolean(text) == Ok(true));
        let quorate = input.quorate.unwrap_or_else(|| says("have-quorum"));
        let had_quorum = says("no-quorum-panic");
        let no_quorum_policy = match options.no_quorum_policy {
            NoQuorumPolicy::Fence if !quorate && !had_quorum => NoQuorumPolicy::Stop,
            policy => policy,
        };
        let status_all = Arc::new(status::read(input.document.status()));
        Self {
            input,
            quorate,
            no_quorum_policy,
            have_fencing: options.have_watchdog,
            unfencing_enabled: asks_for_unfencing(&model),
            dc_uuid: root.attr("dc-uuid").map(str::to_owned),
            dc: None,
            nodes: Table::new(),
            contained: BTreeSet::new(),
            unborn: BTreeSet::new(),
            late,
            missing: None,
            resources: Table::new(),
            top: Vec::new(),
            by_name: BTreeMap::new(),
            config_meta: meta_of_collectives(&model),
            status: ClusterStatus::clone(&status_all),
            status_all,
            findings: Vec::new(),
            containers_to_stop: Vec::new(),
            failed: Vec::new(),
            failed_keys: BTreeSet::new(),
            expired_monitors: BTreeSet::new(),
            model,
            options,
            recheck,
            notes,
            said: BTreeSet::new(),
        }
    }

    /// Nodes that are there by now.
    fn existing(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.ids().filter(|node| !self.unborn.contains(node))
    }

    fn read_status(&mut self) {
        let status = Arc::clone(&self.status_all);
        for state in &status.nodes {
            self.read_node_state(state);
        }
        self.read_histories();
    }

    fn warn(&mut self, about: &str, message: &str) {
        self.say(Note::warning(about, message));
    }

    fn error(&mut self, about: &str, message: &str) {
        self.say(Note::error(about, message));
    }

    /// Of a resource as it is configured, not of each of its instances.
    fn warn_of(&mut self, id: ResourceId, word: &str, message: &str) {
        self.say(Note::warning(self.resources[id].config_id.as_str(), message).at(word));
    }

    fn error_of(&mut self, id: ResourceId, word: &str, message: &str) {
        self.say(Note::error(self.resources[id].config_id.as_str(), message).at(word));
    }

    /// Once is enough.
    fn say(&mut self, note: Note) {
        if self.said.insert((note.about.clone(), note.message.clone())) {
            self.notes.push(note);
        }
    }

    fn finish(self, configured: Vec<ResourceId>) -> Situation {
        let mut configured = configured;
        let known: BTreeSet<_> = configured.iter().copied().collect();
        // Creation order is document order.
        configured.sort_unstable();
        configured.extend(self.top.iter().filter(|id| !known.contains(id)));
        Situation {
            now: self.input.now,
            leaps: self.input.leaps.to_vec(),
            model: self.model,
            options: self.options,
            no_quorum_policy: self.no_quorum_policy,
            quorate: self.quorate,
            have_fencing: self.have_fencing,
            unfencing_enabled: self.unfencing_enabled,
            dc: self.dc,
            nodes: self.nodes,
            resources: self.resources,
            top: self.top,
            configured,
            by_name: self.by_name,
            status: self.status_all,
            findings: self.findings,
            failed_operations: self.failed,
            expired_monitors: self.expired_monitors,
            feature_set: self.input.document.root().attr("crm_feature_set").unwrap_or("").to_owned(),
            recheck: self.recheck,
            notes: self.notes,
        }
    }
}

/// Whether any resource, or the defaults, speak of unfencing.
fn asks_for_unfencing(model: &Configuration) -> bool {
    let asks = |sets: &[AttributeSet]| {
        let pairs = sets.iter().flat_map(|set| &set.pairs);
        pairs.into_iter().any(|pair| matches!(pair.name.as_str(), "provides" | "requires") && pair.value == "unfencing")
    };
    let resource_asks = |resource: &ResourceConfig| {
        let inner = match resource {
            ResourceConfig::Group(group) => group.members.iter().any(|member| asks(&member.meta)),
            ResourceConfig::Clone(clone) => match &clone.of {
                Cloned::Primitive(primitive) => asks(&primitive.meta),
                Cloned::Group(group) => asks(&group.meta) || group.members.iter().any(|member| asks(&member.meta)),
            },
            ResourceConfig::Bundle(bundle) => bundle.primitive.as_ref().is_some_and(|p| asks(&p.meta)),
            ResourceConfig::Primitive(_) => false,
        };
        asks(resource.meta()) || inner
    };
    asks(&model.resource_defaults)
        || model.resources.iter().any(resource_asks)
        || model.templates.iter().any(|template| asks(&template.primitive.meta))
}

fn meta_of_collectives(model: &Configuration) -> BTreeMap<String, Vec<AttributeSet>> {
    let mut all = BTreeMap::new();
    for resource in &model.resources {
        if !matches!(resource, ResourceConfig::Primitive(_)) {
            all.insert(resource.id().to_owned(), resource.meta().to_vec());
        }
        if let ResourceConfig::Clone(clone) = resource
            && let Cloned::Group(group) = &clone.of
        {
            all.insert(group.id.clone(), group.meta.clone());
        }
    }
    all
}

/// See [`Situation::active_node`].
pub fn active_node(
    resource: &Resource,
    partial_migration: Option<(NodeId, NodeId)>,
    is_well: impl Fn(NodeId) -> bool,
) -> Option<NodeId> {
    let first = resource.active_on.first().copied();
    match partial_migration {
        Some((source, _)) if resource.active_on.contains(&source) => Some(source),
        Some(_) => first,
        None => trusted(&resource.active_on, resource.needs_fencing, is_well),
    }
}

/// The place to trust most: the first, or the first that is well where fencing does not decide.
pub fn trusted(places: &[NodeId], needs_fencing: bool, is_well: impl Fn(NodeId) -> bool) -> Option<NodeId> {
    let well = places.iter().copied().find(|node| !needs_fencing && is_well(*node));
    well.or(places.first().copied())
}

/// Instance parameters of a resource and of what it is part of, as one node sees them.
pub fn parameters_on(
    resources: &Table<ResourceId, Resource>,
    nodes: &Table<NodeId, Node>,
    now: Now,
    id: ResourceId,
    node: Option<NodeId>,
) -> BTreeMap<String, String> {
    let facts = Facts { node_attributes: node.map(|node| &nodes[node].attributes), ..Facts::default() };
    let mut parameters = BTreeMap::new();
    for part in resources.lineage(id) {
        evaluate_sets(&resources[part].parameters, None, &facts, now, &mut Recheck::default(), &mut parameters);
    }
    parameters
}

impl Situation {
    /// What operations are read with.
    pub fn definitions(&self) -> Definitions<'_> {
        Definitions { operation_defaults: &self.model.operation_defaults, now: self.now }
    }

    /// What comparing definitions needs, before anything is placed.
    pub fn changes(&self) -> change::Changes<'_> {
        change::Changes {
            definitions: self.definitions(),
            resources: &self.resources,
            nodes: &self.nodes,
            feature_set: &self.feature_set,
            assigned: None,
        }
    }

    /// Upper and lower case are the same in names of nodes.
    pub fn node_by_name(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().find(|(_, node)| node.name.eq_ignore_ascii_case(name)).map(|(id, _)| id)
    }

    /// A resource or an instance; `p1:0`, not `p1`, is one of a clone.
    pub fn resource_by_name(&self, name: &str) -> Option<ResourceId> {
        self.by_name.get(name).copied()
    }

    /// The uppermost collective a resource is part of, a bundle not counted.
    pub fn top_of(&self, id: ResourceId) -> ResourceId {
        self.resources.top_of(id)
    }

    /// Parameters as they hold on a node, or wherever no rule asks for one.
    pub fn parameters_on(&self, id: ResourceId, node: Option<NodeId>) -> BTreeMap<String, String> {
        parameters_on(&self.resources, &self.nodes, self.now, id, node)
    }

    /// Nodes that resources' failures have fenced, and which.
    pub fn fencing_causes(&self) -> BTreeMap<String, BTreeSet<String>> {
        let nodes = self.nodes.rows().iter().filter(|node| !node.fencing_causes.is_empty());
        nodes.map(|node| (node.name.to_string(), node.fencing_causes.clone())).collect()
    }

    /// Whether the node lives in a resource.
    pub fn is_guest(&self, node: NodeId) -> bool {
        self.nodes[node].connection.is_some_and(|connection| self.resources[connection].launcher.is_some())
    }

    /// Whether the node is what a bundle runs in one of its containers.
    pub fn is_bundle_node(&self, node: NodeId) -> bool {
        let parent = self.nodes[node].connection.and_then(|connection| self.resources[connection].parent);
        parent.is_some_and(|parent| self.resources[parent].is_bundle())
    }

    /// The resource and all below it, parents before children.
    pub fn with_descendants(&self, id: ResourceId) -> Vec<ResourceId> {
        self.resources.with_descendants(id)
    }

    /// Fail count and time of the last failure; `effective` leaves expired failures out.
    pub fn fail_count(&self, id: ResourceId, node: NodeId, effective: bool) -> (Score, i64) {
        let resource = &self.resources[id];
        let total = self.nodes[node].failures_of(resource);
        let expires = effective
            && total.count > Score::ZERO
            && resource.failure_timeout_ms > 0
            && !operation::failure_blocks(&self.status, &self.nodes, resource, node, None);
        let timeout_ms = if expires { resource.failure_timeout_ms } else { 0 };
        let present = self.now.epoch() - left_out_since(&self.leaps, total.last);
        total.at(present, timeout_ms).count_and_last()
    }

    /// The node a resource is active on, the one to trust most where there are several.
    pub fn active_node(&self, id: ResourceId) -> Option<NodeId> {
        let is_well = |node: NodeId| self.nodes[node].is_well();
        let resource = &self.resources[id];
        active_node(resource, resource.partial_migration, is_well)
    }
}
