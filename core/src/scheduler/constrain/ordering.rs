//! Order constraints: who acts before whom, and what one's failing means for the other.
//!
//! In: `rsc_order` as written. Out: orderings of tasks.

use super::Builder;
use super::effect::SetsOf;
use super::set::Named;
use crate::cib::model::constraint::{Order, OrderKind, OrderOf, ResourceSet};
use crate::note::Note;
use crate::scheduler::relation::{End, Ordering, Point, Relation, Task};
use crate::scheduler::resolve::Situation;
use crate::scheduler::table::ResourceId;
use crate::score::Score;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Symmetry {
    Asymmetric,
    Symmetric,
    Inverse,
}

/// The kind an order has by its own word or its score.
pub fn kind_of(kind: Option<OrderKind>, score: Option<Score>) -> OrderKind {
    // Before there were kinds, a score of 0 meant optional.
    kind.unwrap_or(if score == Some(Score::ZERO) { OrderKind::Optional } else { OrderKind::Mandatory })
}

fn symmetry_of(symmetrical: Option<bool>, kind: OrderKind) -> Symmetry {
    match (symmetrical, kind) {
        (Some(true) | None, OrderKind::Serialize) | (Some(false), _) => Symmetry::Asymmetric,
        (Some(true) | None, _) => Symmetry::Symmetric,
    }
}

fn relation_of(kind: OrderKind, first: &Task, symmetry: Symmetry) -> Relation {
    match (kind, symmetry) {
        (OrderKind::Optional, _) => Relation::ORDERED,
        (OrderKind::Serialize, _) => Relation::SERIALIZE,
        (OrderKind::Mandatory, Symmetry::Asymmetric) => Relation::ORDERED | Relation::ASYMMETRIC,
        (OrderKind::Mandatory, Symmetry::Symmetric) if first.is_up() => {
            Relation::ORDERED | Relation::FIRST_IMPLIES_THEN | Relation::UNRUNNABLE_FIRST_BLOCKS
        }
        (OrderKind::Mandatory, Symmetry::Symmetric) => Relation::ORDERED | Relation::FIRST_IMPLIES_THEN,
        (OrderKind::Mandatory, Symmetry::Inverse) => Relation::ORDERED | Relation::THEN_IMPLIES_FIRST,
    }
}

/// Whether it keeps one down while the other is.
fn is_mandatory(kind: OrderKind, symmetry: Symmetry) -> bool {
    kind == OrderKind::Mandatory && symmetry == Symmetry::Symmetric
}

fn task_of(action: Option<&str>) -> Task {
    action.map_or(Task::Start, Task::parse)
}

impl Builder<'_> {
    pub(super) fn read_order(&mut self, written: &Order) {
        let sets = match &written.of {
            OrderOf::Sets(sets) => {
                let kind = kind_of(written.kind, written.score);
                self.inform_of_sets(&written.id, sets, SetsOf::Order(kind));
                self.with_tags_in_sets(sets)
            }
            OrderOf::Pair { first, then, .. } => {
                let Some(left) = self.named(&written.id, first) else { return };
                let Some(right) = self.named(&written.id, then) else { return };
                match (&left, &right) {
                    (Named::Resource, Named::Resource) => return self.order_pair(written),
                    _ => sets_of_pair(written, &left, &right),
                }
            }
        };
        self.order_in_sets(written, &sets);
    }

    fn order_pair(&mut self, written: &Order) {
        let OrderOf::Pair { first, first_action, then, then_action } = &written.of else { return };
        let (Some(first), Some(then)) = (self.resource(first), self.resource(then)) else { return };
        let first_task = task_of(first_action.as_deref());
        let then_task = then_action.as_deref().map_or_else(|| first_task.clone(), Task::parse);
        if first == then && first_task == then_task {
            let id = self.situation.resources[first].id.to_string();
            return self.ignore(&written.id, &id, &format!("it puts {id} before itself"));
        }
        if first == then {
            let id = self.situation.resources[first].id.to_string();
            self.inform(&written.id, &id, &format!("this order has no effect because {id}'s actions have their own"));
        }
        let kind = kind_of(written.kind, written.score);
        let symmetry = self.symmetry(written, kind);
        if is_mandatory(kind, symmetry) {
            self.note_mandatory(&written.id, (first, &first_task), (then, &then_task));
        }
        self.needs_promotable(&written.id, kind, symmetry, [(first, &first_task), (then, &then_task)]);
        let relation = relation_of(kind, &first_task, symmetry);
        match self.instances_needed(first, written.require_all) {
            0 => self.order_tasks(first, first_task.clone(), then, then_task.clone(), relation),
            needed => self.order_after_enough(&written.id, first, &first_task, then, &then_task, relation, needed),
        }
        if symmetry == Symmetry::Symmetric {
            match (first_task.inverse(), then_task.inverse()) {
                (Some(first_inverse), Some(then_inverse)) => {
                    let relation = relation_of(kind, &first_inverse, Symmetry::Inverse);
                    self.order_tasks(then, then_inverse, first, first_inverse, relation);
                }
                _ => {
                    let why = "this order cannot be inverted; write the inverse yourself".to_owned();
                    self.error(&written.id, "symmetrical", why);
                }
            }
        }
    }

    fn symmetry(&mut self, written: &Order, kind: OrderKind) -> Symmetry {
        if written.symmetrical == Some(true) && kind == OrderKind::Serialize {
            let why = "ignoring symmetrical=true because it has no effect with kind=Serialize".to_owned();
            self.error(&written.id, "symmetrical", why);
        }
        symmetry_of(written.symmetrical, kind)
    }

    /// What is never promoted or demoted is not waited for, unless it must have been.
    fn needs_promotable(
        &mut self,
        constraint: &str,
        kind: OrderKind,
        symmetry: Symmetry,
        ends: [(ResourceId, &Task); 2],
    ) {
        let never = |(resource, task): (ResourceId, &Task)| {
            matches!(task, Task::Promote | Task::Demote) && self.is_never_promoted(resource)
        };
        let [first, then] = ends;
        let keeps_down =
            is_mandatory(kind, symmetry) && *first.1 == Task::Promote && matches!(then.1, Task::Start | Task::Promote);
        if keeps_down && never(first) && !never(then) {
            return;
        }
        for (resource, _) in ends.into_iter().filter(|end| never(*end)).collect::<Vec<_>>() {
            let name = &self.situation.resources[resource].config_id;
            let why = format!("this order has no effect because '{name}' is not promotable");
            self.constraints.notes.push(Note::info(constraint, why).at(name.as_str()));
        }
    }

    /// How many instances of a clone are enough; 0 is all of them.
    fn instances_needed(&self, first: ResourceId, require_all: Option<bool>) -> u32 {
        let resource = &self.situation.resources[first];
        match resource.clone_settings() {
            None => 0,
            Some(settings) if resource.meta("clone-min").is_some() => settings.min,
            Some(_) => u32::from(require_all == Some(false)),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn order_after_enough(
        &mut self,
        id: &str,
        first: ResourceId,
        first_task: &Task,
        then: ResourceId,
        then_task: &Task,
        relation: Relation,
        needed: u32,
    ) {
        let point = self.point(Point::Pseudo { name: format!("clone-one-or-more:{id}"), min_runnable: needed });
        for &instance in &self.situation.resources[first].children {
            let wanted = Relation::MIN_RUNNABLE | Relation::FIRST_IMPLIES_THEN_GRAPHED;
            self.order(End::of(instance, first_task.clone()), End::Point(point), wanted);
        }
        self.order(End::Point(point), End::of(then, then_task.clone()), relation | Relation::UNRUNNABLE_FIRST_BLOCKS);
    }

    fn order_in_sets(&mut self, written: &Order, sets: &[ResourceSet]) {
        let kind = kind_of(written.kind, written.score);
        let symmetry = self.symmetry(written, kind);
        let mut previous: Option<(&ResourceSet, Vec<ResourceId>)> = None;
        for set in sets {
            let Some(resources) = self.resources_of(&written.id, set) else { return };
            self.order_within(written, set, &resources, kind);
            if let Some((before, before_resources)) = &previous {
                self.order_sets(&written.id, (before, before_resources), (set, &resources), kind, symmetry);
                if symmetry == Symmetry::Symmetric {
                    self.order_sets(
                        &written.id,
                        (set, &resources),
                        (before, before_resources),
                        kind,
                        Symmetry::Inverse,
                    );
                }
            }
            previous = Some((set, resources));
        }
    }

    fn resources_of(&mut self, constraint: &str, set: &ResourceSet) -> Option<Vec<ResourceId>> {
        let found: Option<Vec<_>> = set.resources.iter().map(|name| self.resource(name)).collect();
        if found.is_none() {
            let unknown = set.resources.iter().find(|name| self.resource(name).is_none());
            let unknown = unknown.map_or("", String::as_str);
            let why = self.stands_for_nothing(unknown);
            self.constraints.ignored.insert(constraint.to_owned(), why.clone());
            self.error(constraint, unknown, format!("ignoring set {} and what follows it: {why}", set.id));
        }
        found
    }

    fn order_within(&mut self, written: &Order, set: &ResourceSet, resources: &[ResourceId], parent_kind: OrderKind) {
        let kind = set.kind.unwrap_or(parent_kind);
        // A score on the set decides on symmetry only, as it always has.
        let symmetry_kind =
            if set.kind.is_some() || set.score.is_some() { kind_of(set.kind, set.score) } else { parent_kind };
        let symmetry = symmetry_of(written.symmetrical, symmetry_kind);
        let sequential = set.sequential.unwrap_or(true);
        let task = task_of(set.action.as_deref());
        let relation = relation_of(kind, &task, symmetry);
        if resources.len() == 1 {
            return;
        }
        for pair in resources.windows(2).filter(|_| sequential) {
            self.say_before_itself(&written.id, (pair[0], &task), (pair[1], &task));
            if is_mandatory(kind, symmetry) {
                self.note_mandatory(&written.id, (pair[0], &task), (pair[1], &task));
            }
        }
        if kind == OrderKind::Serialize {
            for (at, &first) in resources.iter().enumerate() {
                for &then in &resources[at + 1..] {
                    self.order_tasks(first, task.clone(), then, task.clone(), relation);
                }
            }
        } else if sequential {
            for pair in resources.windows(2) {
                self.order_tasks(pair[0], task.clone(), pair[1], task.clone(), relation);
            }
        }
        if symmetry == Symmetry::Asymmetric || !sequential {
            return;
        }
        let Some(inverse) = task.inverse() else { return };
        let relation = relation_of(kind, &inverse, Symmetry::Inverse);
        for pair in resources.windows(2) {
            self.order_tasks(pair[1], inverse.clone(), pair[0], inverse.clone(), relation);
        }
    }

    fn order_sets(
        &mut self,
        constraint: &str,
        first: (&ResourceSet, &[ResourceId]),
        then: (&ResourceSet, &[ResourceId]),
        kind: OrderKind,
        symmetry: Symmetry,
    ) {
        let is_inverse = symmetry == Symmetry::Inverse;
        let task = |set: &ResourceSet| {
            let task = task_of(set.action.as_deref());
            if is_inverse { task.inverse().unwrap_or(task) } else { task }
        };
        let (first_task, then_task) = (task(first.0), task(then.0));
        let goes_down = matches!(first_task, Task::Stop | Task::Demote);
        let relation = relation_of(kind, &first_task, symmetry);
        if first.0.require_all == Some(false) && !goes_down {
            return self.order_after_any(first, first_task, then, then_task, relation);
        }
        // The near ends meet: last of the first with first of the then; when stopping, the other way round.
        let ends = |set: &ResourceSet, resources: &[ResourceId], near_is_last: bool| match set.sequential {
            Some(true) if near_is_last => resources.last().copied().into_iter().collect::<Vec<_>>(),
            Some(true) => resources.first().copied().into_iter().collect(),
            _ => resources.to_vec(),
        };
        let firsts = ends(first.0, first.1, !is_inverse);
        let thens = ends(then.0, then.1, is_inverse);
        for &before in &firsts {
            for &after in &thens {
                if !is_inverse {
                    self.say_before_itself(constraint, (before, &first_task), (after, &then_task));
                }
                if is_mandatory(kind, symmetry) {
                    self.note_mandatory(constraint, (before, &first_task), (after, &then_task));
                }
                self.order_tasks(before, first_task.clone(), after, then_task.clone(), relation);
            }
        }
    }

    fn order_after_any(
        &mut self,
        first: (&ResourceSet, &[ResourceId]),
        first_task: Task,
        then: (&ResourceSet, &[ResourceId]),
        then_task: Task,
        relation: Relation,
    ) {
        let point = self.point(Point::Pseudo { name: format!("one-or-more:{}", first.0.id), min_runnable: 1 });
        for &resource in first.1 {
            let wanted = Relation::MIN_RUNNABLE | Relation::FIRST_IMPLIES_THEN_GRAPHED;
            self.order(End::of(resource, first_task.clone()), End::Point(point), wanted);
        }
        for &resource in then.1 {
            self.order(
                End::Point(point),
                End::of(resource, then_task.clone()),
                relation | Relation::UNRUNNABLE_FIRST_BLOCKS,
            );
        }
    }
}

fn sets_of_pair(written: &Order, left: &Named, right: &Named) -> Vec<ResourceSet> {
    let OrderOf::Pair { first, first_action, then, then_action } = &written.of else { return Vec::new() };
    let left = ResourceSet { action: first_action.clone(), ..Builder::set_of(first, left) };
    let right = ResourceSet { action: then_action.clone(), ..Builder::set_of(then, right) };
    vec![left, right]
}

/// What an ordering of starts or stops means where a side moves alive instead.
pub(super) fn migration_equivalents(
    situation: &Situation,
    (first, first_task): (ResourceId, Task),
    (then, then_task): (ResourceId, Task),
) -> Vec<Ordering> {
    let is_above = |above: ResourceId, below: ResourceId| situation.resources.above(below).any(|id| id == above);
    let (first_moves, then_moves) = (situation.resources[first].migratable, situation.resources[then].migratable);
    if first == then || !(first_moves || then_moves) || is_above(first, then) || is_above(then, first) {
        return Vec::new();
    }
    let half_moved = situation.resources[then].partial_migration.is_some();
    let unless_moving =
        if first_moves { Relation::ORDERED | Relation::IF_FIRST_UNMIGRATABLE } else { Relation::ORDERED };
    let ordering = |first_task: Task, then_task: Task, relation: Relation| Ordering {
        first: End::of(first, first_task),
        then: End::of(then, then_task),
        relation,
    };
    let mut found = Vec::new();
    match (first_task, then_task) {
        (Task::Start, Task::Start) => {
            if first_moves && then_moves {
                found.push(ordering(Task::MigrateFrom, Task::MigrateTo, Relation::ORDERED));
            }
            if then_moves {
                found.push(ordering(Task::Start, Task::MigrateTo, unless_moving));
            }
        }
        (Task::Stop, Task::Stop) if then_moves => {
            found.push(ordering(Task::Stop, Task::MigrateTo, unless_moving));
            if half_moved {
                found.push(ordering(Task::Stop, Task::MigrateFrom, unless_moving));
            }
        }
        (Task::Promote, Task::Start) if then_moves => {
            found.push(ordering(Task::Promote, Task::MigrateTo, Relation::ORDERED));
        }
        (Task::Demote, Task::Stop) if then_moves => {
            found.push(ordering(Task::Demote, Task::MigrateTo, Relation::ORDERED));
            if half_moved {
                found.push(ordering(Task::Demote, Task::MigrateFrom, Relation::ORDERED));
            }
        }
        _ => {}
    }
    found
}
