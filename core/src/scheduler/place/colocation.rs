//! What a colocation does to its dependent once the primary has a node.
//!
//! In: a dependent, a primary, the constraint. Out: the dependent's table or promotion priority, changed.

use super::Placer;
use crate::cib::model::resource::Role;
use crate::scheduler::resolve::{BundleSettings, Replica};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

/// What of the dependent a colocation is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Affects {
    Nothing,
    Location,
    Role,
}

impl Placer<'_> {
    /// Applies a colocation; `for_dependent` asks the dependent first, for a group speaks through its members.
    /// Returns what was added to the dependent's promotion priority.
    pub(super) fn apply_colocation(
        &mut self,
        dependent: ResourceId,
        primary: ResourceId,
        at: usize,
        for_dependent: bool,
    ) -> Score {
        if for_dependent && self.situation.resources[dependent].is_group() {
            return self.apply_to_group(dependent, primary, at);
        }
        let resource = &self.situation.resources[primary];
        if resource.is_primitive() {
            self.apply_with_primitive(dependent, primary, at)
        } else if resource.is_group() {
            self.apply_with_group(dependent, primary, at)
        } else if let Some(settings) = resource.bundle() {
            self.apply_with_bundle(dependent, primary, at, settings)
        } else {
            self.apply_with_clone(dependent, primary, at)
        }
    }

    fn apply_with_primitive(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        match self.affects(dependent, primary, at, false) {
            Affects::Nothing => Score::ZERO,
            Affects::Role => self.apply_to_priority(dependent, primary, at),
            Affects::Location => {
                self.apply_to_scores(dependent, primary, at);
                Score::ZERO
            }
        }
    }

    fn affects(&self, dependent: ResourceId, primary: ResourceId, at: usize, preview: bool) -> Affects {
        let colocation = &self.constraints.colocations[at];
        if !preview && self.row(primary).unassigned {
            return Affects::Nothing;
        }
        let (dependent_of_role, primary_of_role) = (self.role_of(dependent), self.role_of(primary));
        let parent = self.situation.resources[dependent_of_role].parent;
        let in_promotable = parent.is_some_and(|parent| self.situation.resources[parent].promotable);
        if colocation.dependent_role >= Role::Unpromoted && in_promotable && !self.row(dependent_of_role).unassigned {
            return Affects::Role;
        }
        if !preview && !self.row(dependent).unassigned {
            return Affects::Nothing;
        }
        let fits = |role: Role, id: ResourceId| role == Role::Unknown || role == self.row(id).next;
        if fits(colocation.dependent_role, dependent_of_role) && fits(colocation.primary_role, primary_of_role) {
            Affects::Location
        } else {
            Affects::Nothing
        }
    }

    pub(super) fn affects_location(&self, dependent: ResourceId, primary: ResourceId, at: usize) -> bool {
        self.affects(dependent, primary, at, true) == Affects::Location
    }

    fn apply_to_scores(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) {
        let colocation = &self.constraints.colocations[at];
        let (score, attribute) = (colocation.score, colocation.node_attribute.as_deref());
        let place = self.row(primary).node;
        if place.is_none() && score < Score::ZERO {
            return;
        }
        let mut work = self.row(dependent).allowed.clone();
        for (node, cell) in work.iter_mut() {
            match place {
                None => cell.score += -score,
                Some(place) if self.same_place(attribute, (node, dependent), (place, primary)) => {
                    if !score.is_infinite() {
                        cell.score += score;
                    }
                }
                Some(_) if score.is_infinite() => cell.score = Score::MINUS_INFINITY,
                Some(_) => {}
            }
        }
        if score.is_banned() || score.is_infinite() || self.any_available(&work) {
            self.row_mut(dependent).allowed = work;
        }
    }

    fn apply_to_priority(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        let colocation = &self.constraints.colocations[at];
        let Some(here) = self.row(dependent).node else { return Score::ZERO };
        let place = self.row(primary).node;
        let wants_role = colocation.primary_role != Role::Unknown;
        if place.is_some() && wants_role && colocation.primary_role != self.row(self.role_of(primary)).next {
            return Score::ZERO;
        }
        let attribute = colocation.node_attribute.as_deref();
        // Two that are both nowhere, as a guest is while its container is, are together, too.
        let together = self.both_at(attribute, (here, dependent), (place, primary));
        let delta = if !together {
            if !colocation.score.is_infinite() || colocation.dependent_role != Role::Promoted {
                return Score::ZERO;
            }
            -colocation.score
        } else if colocation.dependent_role == Role::Unpromoted {
            -colocation.score
        } else {
            colocation.score
        };
        self.row_mut(dependent).priority += delta;
        delta
    }

    fn apply_to_group(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        let members = self.placement.children[dependent].clone();
        let colocated = self.situation.resources[dependent].group().is_some_and(|settings| settings.colocated);
        let mut delta = Score::ZERO;
        if colocated {
            if let Some(&first) = members.first() {
                delta = self.apply_colocation(first, primary, at, true);
            }
        } else if !self.constraints.colocations[at].score.is_infinite() {
            for member in members {
                delta += self.apply_colocation(member, primary, at, false);
            }
        }
        if delta != Score::ZERO {
            self.row_mut(dependent).priority += delta;
        }
        delta
    }

    fn apply_with_group(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        if self.row(primary).unassigned {
            return Score::ZERO;
        }
        let members = self.placement.children[primary].clone();
        let mandatory = self.constraints.colocations[at].score.is_infinite();
        let colocated = self.situation.resources[primary].group().is_some_and(|settings| settings.colocated);
        if colocated {
            // All of it must be up where that matters; otherwise its first member shows where it is.
            let member = if mandatory { members.last() } else { members.first() };
            return member.map_or(Score::ZERO, |member| self.apply_colocation(dependent, *member, at, false));
        }
        if mandatory {
            return Score::ZERO;
        }
        let mut delta = Score::ZERO;
        for member in members {
            delta += self.apply_colocation(dependent, member, at, false);
        }
        delta
    }

    fn apply_with_clone(&mut self, dependent: ResourceId, primary: ResourceId, at: usize) -> Score {
        if self.row(primary).unassigned {
            return Score::ZERO;
        }
        let colocation = &self.constraints.colocations[at];
        if self.situation.resources[primary].promotable && colocation.primary_role != Role::Unknown {
            if self.row(dependent).unassigned {
                self.follow_roles(dependent, primary, at);
                return Score::ZERO;
            }
            if colocation.dependent_role == Role::Promoted {
                return self.follow_promotion(dependent, primary, at);
            }
        }
        if self.interleaves(at) {
            return match self.compatible_instance(dependent, primary, Role::Unknown, false, None) {
                Some(instance) => self.apply_colocation(dependent, instance, at, true),
                None => {
                    if colocation.score.is_infinite() {
                        self.assign_node(dependent, None, None, true, true);
                    }
                    Score::ZERO
                }
            };
        }
        let instances = self.placement.children[primary].clone();
        if colocation.score.is_infinite() {
            let usable = instances.iter().filter(|instance| !self.any_part_blocked(**instance));
            let nodes: Vec<_> =
                usable.filter_map(|instance| self.assigned_node(*instance).map(|node| (node, Score::ZERO))).collect();
            self.keep_to(dependent, &nodes);
            return Score::ZERO;
        }
        let mut delta = Score::ZERO;
        for instance in instances {
            delta += self.apply_colocation(dependent, instance, at, false);
        }
        delta
    }

    /// Whose role counts: for a bundle's container, that of what runs in it.
    fn role_of(&self, id: ResourceId) -> ResourceId {
        let resources = &self.situation.resources;
        let bundle = resources[id].parent.and_then(|parent| resources[parent].bundle());
        let replica = bundle.and_then(|settings| settings.replicas.iter().find(|replica| replica.container == id));
        replica.and_then(|replica| replica.inside).unwrap_or(id)
    }

    fn apply_with_bundle(
        &mut self,
        dependent: ResourceId,
        primary: ResourceId,
        at: usize,
        settings: &BundleSettings,
    ) -> Score {
        if self.row(primary).unassigned {
            return Score::ZERO;
        }
        let colocation = &self.constraints.colocations[at];
        let of = &self.situation.resources[colocation.dependent];
        if of.is_clone() || of.is_bundle() {
            return match self.compatible_container(dependent, settings) {
                Some(container) => self.apply_colocation(dependent, container, at, true),
                None => {
                    if colocation.score.is_infinite() {
                        self.assign_node(dependent, None, None, true, true);
                    }
                    Score::ZERO
                }
            };
        }
        if colocation.score.is_infinite() {
            let role_fits = |replica: &&Replica| {
                let is_promoted = replica.inside.is_some_and(|inside| self.row(inside).next >= Role::Promoted);
                colocation.primary_role < Role::Promoted || is_promoted
            };
            let usable =
                settings.replicas.iter().filter(|replica| !self.any_part_blocked(replica.container)).filter(role_fits);
            let nodes: Vec<_> = usable
                .filter_map(|replica| self.assigned_node(replica.container).map(|node| (node, Score::ZERO)))
                .collect();
            self.keep_to(dependent, &nodes);
            return Score::ZERO;
        }
        let mut delta = Score::ZERO;
        for replica in &settings.replicas {
            delta += self.apply_colocation(dependent, replica.container, at, false);
        }
        delta
    }

    /// The container on the node where a dependent is, or would best be.
    fn compatible_container(&self, dependent: ResourceId, settings: &BundleSettings) -> Option<ResourceId> {
        let on = |node: NodeId| {
            let host = self.host_of(node)?;
            let fits = |replica: &&Replica| {
                !self.any_part_blocked(replica.container) && self.assigned_node(replica.container) == Some(host)
            };
            settings.replicas.iter().find(fits).map(|replica| replica.container)
        };
        match self.assigned_node(dependent) {
            Some(node) => on(node),
            None => self.ranked(&self.row(dependent).allowed, None).into_iter().find_map(on),
        }
    }

    /// The node a container's node is on; any other node is its own host.
    fn host_of(&self, node: NodeId) -> Option<NodeId> {
        let connection = self.situation.nodes[node].connection;
        let container = connection.and_then(|connection| {
            let resource = &self.situation.resources[connection];
            let in_bundle = resource.parent.is_some_and(|parent| self.situation.resources[parent].is_bundle());
            resource.launcher.filter(|_| in_bundle)
        });
        container.map_or(Some(node), |container| self.assigned_node(container))
    }

    /// Two clones whose instances depend on each other node by node.
    fn interleaves(&self, at: usize) -> bool {
        let colocation = &self.constraints.colocations[at];
        let (dependent, primary) =
            (&self.situation.resources[colocation.dependent], &self.situation.resources[colocation.primary]);
        let per_node = |resource: &crate::scheduler::resolve::Resource| {
            resource.clone_settings().map(|settings| settings.node_max)
        };
        dependent.is_clone() && dependent.meta_is_true("interleave") && per_node(dependent) == per_node(primary)
    }

    /// Bans all nodes but these, and adds their scores.
    pub(super) fn keep_to(&mut self, dependent: ResourceId, nodes: &[(NodeId, Score)]) {
        for (node, cell) in self.row_mut(dependent).allowed.iter_mut() {
            match nodes.iter().rev().find(|(kept, _)| *kept == node) {
                Some((_, score)) => cell.score += *score,
                None => cell.score = Score::MINUS_INFINITY,
            }
        }
    }
}
