//! Stage 3: where everything goes, and in which role. The score trace is kept.
//!
//! In: [`Situation`], [`Constraints`]. Out: [`Placement`]. Never here: starting or stopping anything (see `act`).

mod base;
mod bucket;
mod bundle;
mod clone;
mod colocation;
mod flow;
mod group;
mod instance;
pub mod ledger;
mod nodes;
pub mod parts;
mod primitive;
mod promotable;
mod shutdown_lock;
pub mod utilization;

use ledger::Ledger;
pub use nodes::{Cell, Host, NodeTable};

use super::constrain::{Colocated, Constraints, ProbeMode};
use super::resolve::{Situation, active_node, trusted};
use super::table::{NodeId, ResourceId, Table};
use super::trace::TraceLine;
use crate::cib::model::options::PlacementStrategy;
use crate::cib::model::resource::Role;
use crate::rules::Recheck;
use crate::score::Score;
use std::cell::Cell as Flag;

/// The answer for one resource.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Where it shall run; `None` is nowhere.
    pub node: Option<NodeId>,
    /// What the node's score was when it was chosen.
    pub score: Score,
    /// What it is now.
    pub current: Role,
    /// What it shall be; `Unknown` is what its node implies.
    pub next: Role,
    pub next_reason: Option<String>,
    pub managed: bool,
    pub blocked: bool,
    pub failed: bool,
    /// Changes with promotion scores.
    pub priority: Score,
    pub promotion_priority: Score,
    /// Some attempt to place it found no node.
    pub refused: bool,
    pub allowed: NodeTable,
    pub exclusive_probes: bool,
    /// Kept for this node while it is down, since when.
    pub shutdown_lock: Option<(NodeId, i64)>,
    unassigned: bool,
    assigning: bool,
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub struct Placement {
    pub resources: Table<ResourceId, Placed>,
    pub nodes: Table<NodeId, Host>,
    /// The same before anything was placed, when nobody knew which connections would come back.
    pub nodes_before: Table<NodeId, Host>,
    /// As constraints have it, and what came of where things were placed.
    pub colocated: Colocated,
    /// Resources without a parent, in the order they were placed.
    pub top: Vec<ResourceId>,
    /// Members and instances, in the order they were placed.
    pub children: Table<ResourceId, Vec<ResourceId>>,
    /// Locks that are over: their history must be forgotten.
    pub unlocked: Vec<(ResourceId, NodeId)>,
    /// Scores and capacities as they were seen on the way, where they are wanted.
    pub trace: Option<Vec<TraceLine>>,
    /// Where scores come from, if someone asked.
    pub ledger: Option<Ledger>,
    pub recheck: Recheck,
}

/// `trace` says whether scores and capacities are to be kept as they were seen on the way.
pub fn place(situation: &Situation, constraints: &Constraints, trace: bool) -> Placement {
    place_with(situation, constraints, trace, None)
}

/// The same, and keeps where every score comes from.
pub fn place_noting(situation: &Situation, constraints: &Constraints) -> Placement {
    place_with(situation, constraints, false, Some(Ledger::default()))
}

fn place_with(situation: &Situation, constraints: &Constraints, trace: bool, ledger: Option<Ledger>) -> Placement {
    let mut placer = Placer::new(situation, constraints);
    placer.placement.ledger = ledger;
    placer.placement.trace = trace.then(Vec::new);
    placer.keep_at_home();
    placer.gather_scores();
    placer.place_all();
    placer.placement
}

struct Placer<'a> {
    situation: &'a Situation,
    constraints: &'a Constraints,
    placement: Placement,
    /// Whose scores are being added up right now: guards the recursion through colocations.
    updating: Table<ResourceId, Flag<bool>>,
    /// Clones whose promotion scores are in, and whose instances are ranked for promotion.
    promotion_scored: Table<ResourceId, bool>,
    promotion_ranked: Table<ResourceId, bool>,
}

impl<'a> Placer<'a> {
    fn new(situation: &'a Situation, constraints: &'a Constraints) -> Self {
        let nodes = situation.nodes.len();
        let allowed = |resource: &super::resolve::Resource| {
            let mut table = NodeTable::from_scores(&resource.scores, nodes);
            for &node in &resource.never_probed_on {
                if let Some(cell) = table.get_mut(node) {
                    cell.probe = ProbeMode::Never;
                }
            }
            table
        };
        let placed = |(id, resource): (ResourceId, &super::resolve::Resource)| Placed {
            node: None,
            score: Score::ZERO,
            current: resource.role,
            next: resource.target,
            next_reason: resource.target_reason.clone(),
            managed: constraints.managed[id],
            blocked: constraints.blocked[id],
            failed: constraints.failed[id],
            priority: resource.priority,
            promotion_priority: Score::ZERO,
            refused: false,
            allowed: allowed(resource),
            exclusive_probes: constraints.exclusive_probes[id],
            shutdown_lock: resource.shutdown_lock,
            unassigned: true,
            assigning: false,
        };
        let count = situation.resources.len();
        Self {
            situation,
            constraints,
            placement: Placement {
                resources: Table::from_rows(situation.resources.iter().map(placed).collect()),
                nodes: hosts(situation, constraints),
                nodes_before: hosts(situation, constraints),
                colocated: constraints.colocated.clone(),
                top: situation.top.clone(),
                children: Table::from_rows(situation.resources.rows().iter().map(|r| r.children.clone()).collect()),
                unlocked: Vec::new(),
                trace: None,
                ledger: None,
                recheck: Recheck::default(),
            },
            updating: Table::from_rows(vec![Flag::new(false); count]),
            promotion_scored: Table::from_rows(vec![false; count]),
            promotion_ranked: Table::from_rows(vec![false; count]),
        }
    }

    fn place_all(&mut self) {
        if self.situation.options.placement != PlacementStrategy::Default {
            self.sort_by_wishes();
        }
        self.trace_capacities("Original");
        // Remote connections first, for whether a remote node is there depends on them.
        if self.situation.nodes.rows().iter().any(super::resolve::Node::is_remote) {
            for id in self.placement.top.clone() {
                let resource = &self.situation.resources[id];
                if resource.remote_connection {
                    self.assign(id, resource.partial_migration.map(|(_, target)| target), true);
                }
            }
        }
        for id in self.placement.top.clone() {
            if !self.situation.resources[id].remote_connection {
                self.assign(id, None, true);
            }
        }
        self.trace_capacities("Remaining");
    }

    /// Chooses a node for a resource and all it consists of; recursion ends at what is being placed already.
    fn assign(&mut self, id: ResourceId, prefer: Option<NodeId>, stop_if_fail: bool) -> Option<NodeId> {
        let resource = &self.situation.resources[id];
        if resource.is_primitive() {
            self.assign_primitive(id, prefer, stop_if_fail)
        } else if resource.is_group() {
            self.assign_group(id, prefer, stop_if_fail)
        } else if resource.is_bundle() {
            self.assign_bundle(id, prefer, stop_if_fail)
        } else {
            self.assign_clone(id, prefer, stop_if_fail)
        }
    }

    fn row(&self, id: ResourceId) -> &Placed {
        &self.placement.resources[id]
    }

    fn row_mut(&mut self, id: ResourceId) -> &mut Placed {
        &mut self.placement.resources[id]
    }

    fn set_next(&mut self, id: ResourceId, role: Role, why: &str) {
        let row = self.row_mut(id);
        if row.next != role {
            row.next = role;
            row.next_reason = Some(why.to_owned());
        }
    }

    /// Whether a node may be used; a score below zero forbids, unless none is given.
    fn is_available(&self, node: NodeId, cell: Option<&Cell>) -> bool {
        self.placement.nodes[node].is_available() && cell.is_none_or(|cell| !cell.spent && cell.score >= Score::ZERO)
    }

    fn any_available(&self, table: &NodeTable) -> bool {
        table.iter().any(|(node, cell)| self.is_available(node, Some(cell)))
    }

    /// Adds to the score of a resource and all below it, on one node or on all.
    fn add_score(&mut self, id: ResourceId, node: Option<NodeId>, score: Score) {
        self.add_score_to_all(id, node, score);
        if node.is_none() && score.is_banned() {
            self.placement.resources[id].node = None;
        }
    }

    fn add_score_to_all(&mut self, id: ResourceId, node: Option<NodeId>, score: Score) {
        for child in self.placement.children[id].clone() {
            self.add_score_to_all(child, node, score);
        }
        let (rows, hosts) = (&mut self.placement.resources, &self.placement.nodes);
        match node {
            Some(node) => rows[id].allowed.add(node, score, &hosts[node]),
            None => {
                for node in hosts.ids() {
                    rows[id].allowed.add(node, score, &hosts[node]);
                }
            }
        }
    }

    /// The node a resource is active on, as far as is known by now: connections may have come back.
    fn active_node(&self, id: ResourceId) -> Option<NodeId> {
        let resource = &self.situation.resources[id];
        let is_well = |node: NodeId| self.placement.nodes[node].is_well();
        match resource.bundle() {
            None => active_node(resource, resource.partial_migration, is_well),
            // A bundle is where its containers are; an address alone makes no replica.
            Some(settings) => {
                let containers = settings.containers().into_iter();
                let places: Vec<_> =
                    containers.flat_map(|container| &self.situation.resources[container].active_on).copied().collect();
                trusted(&places, resource.needs_fencing, is_well)
            }
        }
    }

    /// The roles of a resource's parts: the highest counts.
    fn state(&self, id: ResourceId, current: bool) -> Role {
        let children = &self.placement.children[id];
        if children.is_empty() {
            let row = self.row(id);
            return if current { row.current } else { row.next };
        }
        children.iter().map(|child| self.state(*child, current)).max().unwrap_or_default()
    }

    /// Nodes assigned to a resource's parts, each once.
    fn assigned_nodes(&self, id: ResourceId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        self.collect_assigned(id, &mut nodes);
        nodes
    }

    fn collect_assigned(&self, id: ResourceId, nodes: &mut Vec<NodeId>) {
        let children = &self.placement.children[id];
        if children.is_empty() {
            let node = self.row(id).node.filter(|node| !nodes.contains(node));
            nodes.extend(node);
        }
        for &child in children {
            self.collect_assigned(child, nodes);
        }
    }

    /// The one node assigned, where there is exactly one.
    fn assigned_node(&self, id: ResourceId) -> Option<NodeId> {
        match self.assigned_nodes(id).as_slice() {
            [node] => Some(*node),
            _ => None,
        }
    }

    fn any_part_blocked(&self, id: ResourceId) -> bool {
        self.row(id).blocked || self.placement.children[id].iter().any(|child| self.any_part_blocked(*child))
    }

    fn trace(&mut self, line: TraceLine) {
        if let Some(trace) = &mut self.placement.trace {
            trace.push(line);
        }
    }

    fn trace_scores(&mut self, stage: super::trace::Stage, id: ResourceId) {
        if self.situation.resources[id].removed {
            return;
        }
        let Some(trace) = &mut self.placement.trace else { return };
        let lines = self.placement.resources[id].allowed.iter().map(|(node, cell)| TraceLine::Allocation {
            stage,
            resource: id,
            node,
            score: cell.score,
        });
        trace.extend(lines);
        for child in self.placement.children[id].clone() {
            self.trace_scores(stage, child);
        }
    }
}

fn hosts(situation: &Situation, constraints: &Constraints) -> Table<NodeId, Host> {
    let mut by_bytes: Vec<_> = situation.nodes.ids().collect();
    by_bytes.sort_by(|a, b| situation.nodes[*a].name.as_str().cmp(situation.nodes[*b].name.as_str()));
    let mut ranks = Table::from_rows(vec![0; situation.nodes.len()]);
    for (rank, node) in by_bytes.into_iter().enumerate() {
        ranks[node] = rank as u32;
    }
    let host = |(id, node): (NodeId, &super::resolve::Node)| Host {
        online: node.online,
        unclean: constraints.unclean[id],
        reset: constraints.reset[id],
        shutdown: node.shutdown,
        closed: node.is_closed(),
        is_guest: situation.is_guest(id),
        is_named: node.attribute("#uname").is_some(),
        load: 0,
        capacity: node.utilization.iter().map(|(name, text)| (name.clone(), utilization::amount(text))).collect(),
        rank: ranks[id],
        base: node.score,
        probe: if node.in_bundle { ProbeMode::Never } else { ProbeMode::Always },
    };
    Table::from_rows(situation.nodes.iter().map(host).collect())
}

impl Placement {
    /// The role of a resource, now or as placed; of a collective, the highest of any part.
    pub fn state(&self, id: ResourceId, current: bool) -> Role {
        let role = |part: ResourceId| {
            let row = &self.resources[part];
            if current { row.current } else { row.next }
        };
        parts::role(&self.children, id, &role)
    }

    /// Every node that a resource or its parts were placed on.
    pub fn assigned_nodes(&self, id: ResourceId) -> Vec<NodeId> {
        parts::nodes(&self.children, id, &|part| self.resources[part].node)
    }

    /// Whether a resource is looked for on a node; `None` where nothing allows it.
    pub fn probe_mode(&self, id: ResourceId, node: NodeId) -> Option<ProbeMode> {
        self.resources[id].allowed.get(node).map(|cell| cell.probe)
    }
}
