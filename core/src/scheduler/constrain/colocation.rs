//! Colocation constraints: who wants to be, or must not be, where another is.
//!
//! In: `rsc_colocation` as written. Out: [`Colocation`]s of pairs, each resource's list best first.

use super::Builder;
use super::effect::SetsOf;
use super::set::Named;
use crate::cib::model::constraint::{Colocation as Written, ColocationOf, ResourceSet};
use crate::cib::model::resource::Role;
use crate::scheduler::relation::{Relation, Task};
use crate::scheduler::resolve::{Resource, Situation, Variant};
use crate::scheduler::table::{ResourceId, Table};
use crate::score::Score;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The dependent is placed by where the primary is.
#[derive(Clone, Debug, PartialEq)]
pub struct Colocation {
    pub id: String,
    pub dependent: ResourceId,
    pub primary: ResourceId,
    /// `Unknown` holds whatever the role.
    pub dependent_role: Role,
    pub primary_role: Role,
    pub score: Score,
    /// Nodes are the same that have the same value of this; `None` is the node itself.
    pub node_attribute: Option<String>,
    /// Somebody wrote it, rather than a group or container implying it.
    pub explicit: bool,
    /// The dependent's wishes count for where the primary goes.
    pub influence: bool,
}

impl Colocation {
    /// One that nobody wrote: always together, whatever the roles.
    pub(super) fn implied(id: &str, dependent: ResourceId, primary: ResourceId) -> Self {
        Self {
            id: id.to_owned(),
            dependent,
            primary,
            dependent_role: Role::Unknown,
            primary_role: Role::Unknown,
            score: Score::INFINITY,
            node_attribute: None,
            explicit: false,
            influence: true,
        }
    }
}

/// Each resource's colocations by number, best first.
#[derive(Clone, Debug)]
pub struct Colocated {
    /// Those in which it is the dependent.
    pub this_with: Table<ResourceId, Vec<usize>>,
    /// Those in which it is the primary.
    pub with_this: Table<ResourceId, Vec<usize>>,
}

impl Colocated {
    /// Nobody is colocated with anybody.
    pub fn none(resources: usize) -> Self {
        let empty = || Table::from_rows(vec![Vec::new(); resources]);
        Self { this_with: empty(), with_this: empty() }
    }

    /// All colocations but those set aside, each list best first and of equals the newest.
    pub(super) fn of(situation: &Situation, all: &[Colocation], aside: impl Fn(usize) -> bool) -> Self {
        let mut lists = Self::none(situation.resources.len());
        // The newest first: what is equal keeps this order.
        for (at, colocation) in all.iter().enumerate().rev().filter(|(at, _)| !aside(*at)) {
            lists.this_with[colocation.dependent].push(at);
            lists.with_this[colocation.primary].push(at);
        }
        let priority = |id: ResourceId| situation.resources[id].priority;
        let sort = |lists: &mut Table<ResourceId, Vec<usize>>, side: Side| {
            for list in lists.rows_mut() {
                list.sort_by(|a, b| compare(situation, priority, side.of(&all[*a]), side.of(&all[*b])));
            }
        };
        sort(&mut lists.this_with, Side::Primary);
        sort(&mut lists.with_this, Side::Dependent);
        lists
    }

    /// Puts a colocation into the lists of both its resources, each list best first.
    pub fn insert(
        &mut self,
        situation: &Situation,
        priority: impl Fn(ResourceId) -> Score,
        all: &[Colocation],
        new: usize,
    ) {
        let is_after = |side: Side| {
            let priority = &priority;
            move |new: usize, old: usize| {
                compare(situation, priority, side.of(&all[new]), side.of(&all[old])) == Ordering::Greater
            }
        };
        insert_sorted(&mut self.this_with[all[new].dependent], new, is_after(Side::Primary));
        insert_sorted(&mut self.with_this[all[new].primary], new, is_after(Side::Dependent));
    }
}

/// Which side of a colocation to rank by.
#[derive(Clone, Copy)]
pub enum Side {
    Dependent,
    Primary,
}

impl Side {
    /// The resource on this side.
    pub const fn of(self, colocation: &Colocation) -> ResourceId {
        match self {
            Self::Dependent => colocation.dependent,
            Self::Primary => colocation.primary,
        }
    }
}

const fn rank(resource: &Resource) -> u8 {
    match resource.variant {
        Variant::Primitive(_) => 0,
        Variant::Group(_) => 1,
        Variant::Clone(_) => 2,
        Variant::Bundle(_) => 3,
    }
}

/// Who comes first in a list of colocations: important, then large, then promotable, then by name.
pub fn compare(
    situation: &Situation,
    priority: impl Fn(ResourceId) -> Score,
    left: ResourceId,
    right: ResourceId,
) -> Ordering {
    let (a, b) = (&situation.resources[left], &situation.resources[right]);
    let by_kind = rank(b).cmp(&rank(a));
    let by_promotable = || if a.is_clone() { b.promotable.cmp(&a.promotable) } else { Ordering::Equal };
    priority(right)
        .cmp(&priority(left))
        .then(by_kind)
        .then_with(by_promotable)
        .then_with(|| a.id.as_str().cmp(b.id.as_str()))
}

/// Inserts before the first that is not better: of equals, the newest stands first.
pub fn insert_sorted(list: &mut Vec<usize>, new: usize, is_after: impl Fn(usize, usize) -> bool) {
    let at = list.iter().position(|old| !is_after(new, *old)).unwrap_or(list.len());
    list.insert(at, new);
}

/// All that is the same for every pair of one constraint.
#[derive(Clone, Copy)]
struct Common<'c> {
    id: &'c str,
    influence: Option<bool>,
    node_attribute: Option<&'c str>,
}

impl Builder<'_> {
    pub(super) fn read_colocation(&mut self, written: &Written) {
        let sets = match &written.of {
            ColocationOf::Sets(sets) => {
                self.inform_of_sets(&written.id, sets, SetsOf::Colocation);
                self.with_tags_in_sets(sets)
            }
            ColocationOf::Pair { dependent, dependent_role, primary, primary_role, .. } => {
                let Some(left) = self.named(&written.id, dependent) else { return };
                let Some(right) = self.named(&written.id, primary) else { return };
                match (&left, &right) {
                    (Named::Resource, Named::Resource) => return self.colocate_pair(written),
                    (Named::Tag(_), Named::Tag(_)) => {
                        return self.ignore(&written.id, dependent, "two templates or tags cannot be colocated");
                    }
                    _ => {
                        // Of a resource that is named, the shell says it at the role.
                        for (name, named, role) in [(dependent, &left, dependent_role), (primary, &right, primary_role)]
                        {
                            if let (Named::Tag(_), Some(role)) = (named, role) {
                                self.inform_of_role(&written.id, std::slice::from_ref(name), role);
                            }
                        }
                        sets_of_pair(written, &left, &right)
                    }
                }
            }
        };
        let common = Common { id: &written.id, influence: written.influence, node_attribute: None };
        let mut previous: Option<&ResourceSet> = None;
        for set in &sets {
            self.colocate_within(&common, written.score, set);
            if let Some(previous) = previous {
                self.colocate_sets(&common, written.score, previous, set);
            }
            previous = Some(set);
        }
    }

    fn colocate_pair(&mut self, written: &Written) {
        let ColocationOf::Pair { dependent, dependent_role, primary, primary_role, node_attribute } = &written.of
        else {
            return;
        };
        let common =
            Common { id: &written.id, influence: written.influence, node_attribute: node_attribute.as_deref() };
        let (Some(left), Some(right)) = (self.resource(dependent), self.resource(primary)) else { return };
        if written.score == Score::ZERO {
            self.inform(&written.id, "0", "this colocation has no effect because its score is 0");
        } else if left == right {
            self.inform(&written.id, primary, "this colocation has no effect because it is of a resource with itself");
        }
        self.colocate(&common, written.score, (left, dependent_role.as_deref()), (right, primary_role.as_deref()));
    }

    fn colocate_within(&mut self, common: &Common, score: Score, set: &ResourceSet) {
        let score = set.score.unwrap_or(score);
        if score == Score::ZERO || set.sequential == Some(false) {
            return;
        }
        let with_previous = set.ordering.as_deref().is_none_or(|ordering| ordering.eq_ignore_ascii_case("group"));
        let common = Common { id: &set.id, ..*common };
        let role = set.role.as_deref();
        let mut seen: Vec<ResourceId> = Vec::new();
        for name in &set.resources {
            let Some(resource) = self.resource(name) else {
                let why = self.stands_for_nothing(name);
                return self.error(common.id, name, format!("ignoring it and what follows it: {why}"));
            };
            if score < Score::ZERO {
                // Each avoids all before it.
                for other in seen.clone() {
                    self.colocate(&common, score, (resource, role), (other, role));
                }
            } else if let Some(other) = seen.last().copied() {
                let (dependent, primary) = if with_previous { (resource, other) } else { (other, resource) };
                self.colocate_as(&common, score, resource, (dependent, role), (primary, role));
            }
            seen.push(resource);
        }
    }

    fn colocate_sets(&mut self, common: &Common, score: Score, left: &ResourceSet, right: &ResourceSet) {
        if score == Score::ZERO {
            return;
        }
        let in_line = |set: &ResourceSet| set.sequential.is_none_or(|sequential| sequential);
        let dependents: Vec<_> =
            if in_line(left) { left.resources.iter().take(1).collect() } else { left.resources.iter().collect() };
        let primaries: Vec<_> = if in_line(right) {
            right.resources.iter().rev().take(1).collect()
        } else {
            right.resources.iter().collect()
        };
        for dependent in &dependents {
            for primary in &primaries {
                match (self.resource(dependent), self.resource(primary)) {
                    (Some(dependent), Some(primary)) => {
                        self.colocate(
                            common,
                            score,
                            (dependent, left.role.as_deref()),
                            (primary, right.role.as_deref()),
                        );
                    }
                    (dependent_id, _) => {
                        let name = if dependent_id.is_none() { dependent } else { primary };
                        let why = self.stands_for_nothing(name);
                        self.error(common.id, name, format!("ignoring '{dependent}' with '{primary}': {why}"));
                    }
                }
            }
        }
    }

    fn colocate(
        &mut self,
        common: &Common,
        score: Score,
        dependent: (ResourceId, Option<&str>),
        primary: (ResourceId, Option<&str>),
    ) {
        self.colocate_as(common, score, dependent.0, dependent, primary);
    }

    /// `critical` of the resource named later decides on influence where the constraint does not.
    fn colocate_as(
        &mut self,
        common: &Common,
        score: Score,
        decider: ResourceId,
        dependent: (ResourceId, Option<&str>),
        primary: (ResourceId, Option<&str>),
    ) {
        let (Some(dependent_role), Some(primary_role)) =
            (self.constraint_role(common.id, dependent.1), self.constraint_role(common.id, primary.1))
        else {
            return;
        };
        self.check_interleave(common.id, dependent.0, primary.0);
        if score.is_infinite() {
            self.check_collocated(common.id, dependent.0, primary.0);
            self.check_collocated(common.id, primary.0, dependent.0);
        }
        let influence = common.influence.unwrap_or(self.situation.resources[decider].critical);
        self.add_colocation(Colocation {
            id: common.id.to_owned(),
            dependent: dependent.0,
            primary: primary.0,
            dependent_role,
            primary_role,
            score,
            node_attribute: common.node_attribute.filter(|name| *name != "#uname").map(str::to_owned),
            explicit: true,
            influence,
        });
    }

    /// Clones can only follow each other node by node if each node has as many instances of both.
    fn check_interleave(&mut self, constraint: &str, dependent: ResourceId, primary: ResourceId) {
        let resources = &self.situation.resources;
        let (one, other) = (&resources[dependent], &resources[primary]);
        let (Some(this), Some(that)) = (one.clone_settings(), other.clone_settings()) else { return };
        if this.interleave && this.node_max != that.node_max {
            let text = format!(
                "'{}' cannot be interleaved with '{}': a node has up to {} and {} instances of them",
                one.id, other.id, this.node_max, that.node_max
            );
            self.error(constraint, &one.id, text);
        }
    }

    /// What need not be together itself cannot have to be where another is.
    fn check_collocated(&mut self, constraint: &str, one: ResourceId, other: ResourceId) {
        let resources = &self.situation.resources;
        let group = [one].into_iter().chain(resources[one].children.first().copied());
        let mut group = group.filter_map(|id| resources[id].group());
        if group.next().is_some_and(|settings| !settings.colocated) {
            let (one, other) = (resources[one].config_id.as_str(), resources[other].config_id.as_str());
            let text = format!(
                "that '{one}' and '{other}' must be together has no effect: `collocated=false` lets the members of \
                 the group be on several nodes"
            );
            self.error(constraint, one, text);
        }
    }

    pub(super) fn constraint_role(&mut self, constraint: &str, text: Option<&str>) -> Option<Role> {
        match text.map(|text| (text, Role::parse(text))) {
            None | Some((_, Some(Role::Started))) => Some(Role::Unknown),
            Some((_, Some(role))) => Some(role),
            Some((text, None)) => {
                self.ignore(constraint, text, &format!("'{text}' is not a role"));
                None
            }
        }
    }

    pub(super) fn add_colocation(&mut self, colocation: Colocation) {
        if colocation.score == Score::ZERO {
            return;
        }
        let (dependent, primary, score) = (colocation.dependent, colocation.primary, colocation.score);
        let roles = (colocation.dependent_role, colocation.primary_role);
        self.constraints.colocations.push(colocation);
        if score.is_banned() {
            self.keep_apart(dependent, roles.0, primary, roles.1);
            self.keep_apart(primary, roles.1, dependent, roles.0);
        }
    }

    /// Makes the lists, once all are known: sorting each colocation in would ask for each of the others.
    pub(super) fn colocate_all(&mut self) {
        let aside: BTreeSet<usize> = self.constraints.nested.values().copied().collect();
        let all = &self.constraints.colocations;
        self.constraints.colocated = Colocated::of(self.situation, all, |at| aside.contains(&at));
    }

    /// Where two must never meet, one leaves a node before the other comes.
    fn keep_apart(&mut self, first: ResourceId, first_role: Role, then: ResourceId, then_role: Role) {
        let leaving: &[Task] = match first_role {
            Role::Promoted => &[Task::Demote],
            Role::Unpromoted => &[Task::Stop, Task::Promote],
            _ => &[Task::Stop],
        };
        let coming: &[Task] = match then_role {
            Role::Promoted => &[Task::Promote],
            Role::Unpromoted => &[Task::Start, Task::Demote],
            _ => &[Task::Start],
        };
        for first_task in leaving {
            for then_task in coming {
                self.order_tasks(
                    first,
                    first_task.clone(),
                    then,
                    then_task.clone(),
                    Relation::IF_REQUIRED_ON_SAME_NODE,
                );
            }
        }
    }
}

/// A pair in which one side is a tag, as two sets.
fn sets_of_pair(written: &Written, left: &Named, right: &Named) -> Vec<ResourceSet> {
    let ColocationOf::Pair { dependent, dependent_role, primary, primary_role, .. } = &written.of else {
        return Vec::new();
    };
    let left = ResourceSet { role: dependent_role.clone(), ..Builder::set_of(dependent, left) };
    let right = ResourceSet { role: primary_role.clone(), ..Builder::set_of(primary, right) };
    vec![left, right]
}
