//! Orders that nothing can ever fulfil: rings, and what waits for a promotion that never comes.
//!
//! In: the mandatory starts that orders put one before the other. Out: notes.
//! Never here: the orderings themselves (see `ordering`). Pacemaker plans such starts like any others, and carries
//! out none of them; a resource before itself aborts it.

use super::Builder;
use crate::scheduler::relation::Task;
use crate::scheduler::table::ResourceId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// That one must have started before another may.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// The constraint that says so; its place in the document tells which closes a ring.
    constraint: String,
    first: ResourceId,
    then: ResourceId,
}

/// Those that wait for each.
type After = BTreeMap<ResourceId, BTreeSet<ResourceId>>;

impl Builder<'_> {
    /// What every mandatory symmetrical pair of an order comes to.
    pub(super) fn note_mandatory(
        &mut self,
        constraint: &str,
        (first, first_task): (ResourceId, &Task),
        (then, then_task): (ResourceId, &Task),
    ) {
        if first == then {
            return;
        }
        match (first_task, then_task) {
            (Task::Start, Task::Start) => {
                self.starts.push(Start { constraint: constraint.to_owned(), first, then });
            }
            (Task::Promote, Task::Start | Task::Promote) => {
                self.waits_for_promotion(constraint, first, then, then_task)
            }
            _ => {}
        }
    }

    fn waits_for_promotion(&mut self, constraint: &str, first: ResourceId, then: ResourceId, then_task: &Task) {
        let is_promotion = *then_task == Task::Promote;
        if !self.is_never_promoted(first) || is_promotion && self.is_never_promoted(then) {
            return;
        }
        let id = |resource: ResourceId| self.situation.resources[resource].config_id.to_string();
        let (first, then, done) = (id(first), id(then), if is_promotion { "promoted" } else { "started" });
        let text =
            format!("'{then}' is never {done}: it waits for the promotion of '{first}', which is not promotable");
        self.error(constraint, &first, text);
    }

    /// Says of an order in sets which resource it puts before itself.
    pub(super) fn say_before_itself(
        &mut self,
        constraint: &str,
        first: (ResourceId, &Task),
        then: (ResourceId, &Task),
    ) {
        if first == then {
            let id = self.situation.resources[first.0].config_id.to_string();
            self.error(constraint, &id, format!("ignoring that this order puts '{id}' before itself"));
        }
    }

    /// Says which resources wait for each other, once for each ring.
    pub(super) fn say_rings(&mut self) {
        let starts = std::mem::take(&mut self.starts);
        if starts.is_empty() {
            return;
        }
        let mut after: After = BTreeMap::new();
        for start in &starts {
            after.entry(start.first).or_default().insert(start.then);
        }
        for (first, then) in self.members_in_order() {
            after.entry(first).or_default().insert(then);
        }
        keep_rings(&mut after);
        if after.is_empty() {
            return;
        }
        let mut told: BTreeSet<ResourceId> = BTreeSet::new();
        let mut found: Vec<(&str, String, String)> = Vec::new();
        // The last order closes the ring: without it, all would be well.
        for start in starts.iter().rev() {
            let is_said = found.last().is_some_and(|(constraint, ..)| *constraint == start.constraint.as_str());
            let is_in_ring = after.get(&start.first).is_some_and(|then| then.contains(&start.then));
            if is_said || !is_in_ring || told.contains(&start.first) && told.contains(&start.then) {
                continue;
            }
            let Some(way) = way(&after, start.then, start.first) else { continue };
            let names = way.iter().map(|id| format!("'{}'", self.situation.resources[*id].config_id));
            let ring: Vec<String> = names.collect();
            let text = format!(
                "none of these is ever started, for each waits for the one before it: {} before {}",
                ring.join(" before "),
                ring[0]
            );
            let word = self.situation.resources[start.first].config_id.to_string();
            found.push((start.constraint.as_str(), word, text));
            told.extend(way);
        }
        found.into_iter().rev().for_each(|(constraint, word, text)| self.error(constraint, &word, text));
    }

    /// The members of groups that start one after the other.
    fn members_in_order(&self) -> Vec<(ResourceId, ResourceId)> {
        let groups = self.situation.resources.iter().filter(|(_, resource)| resource.parent.is_none());
        let ordered = groups.filter(|(_, resource)| resource.group().is_some_and(|settings| settings.ordered));
        ordered.flat_map(|(_, group)| group.children.windows(2).map(|pair| (pair[0], pair[1]))).collect()
    }
}

/// Leaves over what may be in a ring. There are many orders, and hardly ever a ring: what waits for nothing is taken
/// away, and what nothing waits for, until nothing is left, or nothing can be.
fn keep_rings(after: &mut After) {
    for _ in 0..2 {
        take_free(after);
        *after = turned(after);
    }
}

/// Each with those before it.
fn turned(after: &After) -> After {
    let mut before: After = BTreeMap::new();
    for (first, then) in after {
        then.iter().for_each(|then| {
            before.entry(*then).or_default().insert(*first);
        });
    }
    before
}

fn take_free(after: &mut After) {
    let mut waits_for: BTreeMap<ResourceId, usize> = after.keys().map(|first| (*first, 0)).collect();
    for then in after.values().flatten() {
        *waits_for.entry(*then).or_default() += 1;
    }
    let mut free: Vec<ResourceId> = waits_for.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    while let Some(first) = free.pop() {
        for then in after.remove(&first).into_iter().flatten() {
            let count = waits_for.get_mut(&then).expect("all were counted");
            *count -= 1;
            if *count == 0 {
                free.push(then);
            }
        }
    }
}

/// The shortest way from one to the other, both included.
fn way(after: &After, from: ResourceId, to: ResourceId) -> Option<Vec<ResourceId>> {
    let mut came_from: BTreeMap<ResourceId, ResourceId> = BTreeMap::from([(from, from)]);
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut way = vec![to];
            while way[way.len() - 1] != from {
                way.push(came_from[&way[way.len() - 1]]);
            }
            way.reverse();
            return Some(way);
        }
        for &next in after.get(&at).into_iter().flatten() {
            came_from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                at
            });
        }
    }
    None
}
