//! Stage 2: what must be respected. Written constraints are unrolled, implied ones added.
//!
//! In: [`Situation`]. Out: [`Constraints`]. Never here: choosing nodes, making actions.

mod colocation;
mod colour;
mod effect;
mod health;
mod implied;
mod location;
pub mod ordering;
mod ring;
mod set;
mod ticket;

pub use colocation::{Colocated, Colocation, compare as compare_colocated, insert_sorted};
pub use location::{Location, ProbeMode};
pub use ticket::TicketNeed;

use super::relation::{End, Ordering, Point, Relation, Task};
use super::resolve::Situation;
use super::table::{NodeId, ResourceId, Table};
use crate::cib::model::constraint::Constraint;
use crate::note::Note;
use crate::rules::Recheck;
use crate::score::Score;
use std::collections::BTreeMap;

/// Everything that restricts placement and order.
#[derive(Clone, Debug)]
pub struct Constraints {
    /// In the order they were made; they are applied newest first.
    pub locations: Vec<Location>,
    /// For each resource, its locations.
    pub locations_of: Table<ResourceId, Vec<usize>>,
    pub exclusive_probes: Table<ResourceId, bool>,
    pub colocations: Vec<Colocation>,
    pub colocated: Colocated,
    /// Colocations that hold once a container is on a remote node: of the connection into it with
    /// the connection to that node, for one host must hold both.
    pub nested: BTreeMap<(ResourceId, ResourceId), usize>,
    /// In the order they were made.
    pub orderings: Vec<Ordering>,
    pub points: Vec<Point>,
    pub tickets: Table<ResourceId, Vec<TicketNeed>>,
    /// Scores that lost tickets, and what a resource runs in, add.
    pub bans: Vec<Ban>,
    /// Facts of the situation that a ticket changed.
    pub managed: Table<ResourceId, bool>,
    pub blocked: Table<ResourceId, bool>,
    pub unclean: Table<NodeId, bool>,
    pub failed: Table<ResourceId, bool>,
    /// Remote and guest nodes whose connection must be made anew.
    pub reset: Table<NodeId, bool>,
    pub recheck: Recheck,
    pub notes: Vec<Note>,
    /// Constraints, and parts of them, that have no effect: by id, why.
    pub ignored: BTreeMap<String, String>,
}

/// A resource that may not run on a node, or anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    pub resource: ResourceId,
    pub node: Option<NodeId>,
    pub why: BanReason,
}

/// Why a resource must not run somewhere, or anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanReason {
    LostTicket,
    /// The node is not the one its container makes, or is one it cannot run on.
    NotThere,
}

/// Reads what is written, and adds what groups, clones, bundles and connections imply. What cannot be meant is
/// noted and left out.
pub fn constrain(situation: &Situation) -> Constraints {
    let mut builder = Builder::new(situation);
    builder.apply_health();
    for constraint in &situation.model.constraints {
        match constraint {
            Constraint::Location(location) => builder.read_location(location),
            Constraint::Colocation(colocation) => builder.read_colocation(colocation),
            Constraint::Order(order) => builder.read_order(order),
            Constraint::Ticket(ticket) => builder.read_ticket(ticket),
        }
    }
    for &resource in &situation.top {
        builder.imply(resource);
    }
    builder.say_rings();
    builder.colocate_all();
    builder.constraints
}

struct Builder<'a> {
    situation: &'a Situation,
    constraints: Constraints,
    /// Resources by every name constraints may use.
    names: BTreeMap<&'a str, ResourceId>,
    /// Templates and tags, to what they stand for.
    tags: BTreeMap<&'a str, Vec<String>>,
    points_by_name: BTreeMap<String, usize>,
    /// Of orders that are mandatory both ways.
    starts: Vec<ring::Start>,
}

impl<'a> Builder<'a> {
    fn new(situation: &'a Situation) -> Self {
        let resources = situation.resources.len();
        let empty = || Table::from_rows(vec![Vec::new(); resources]);
        Self {
            situation,
            constraints: Constraints {
                locations: Vec::new(),
                locations_of: empty(),
                exclusive_probes: Table::from_rows(vec![false; resources]),
                colocations: Vec::new(),
                colocated: Colocated::none(resources),
                nested: BTreeMap::new(),
                orderings: Vec::new(),
                points: Vec::new(),
                tickets: Table::from_rows(vec![Vec::new(); resources]),
                bans: Vec::new(),
                managed: Table::from_rows(situation.resources.rows().iter().map(|r| r.managed).collect()),
                blocked: Table::from_rows(situation.resources.rows().iter().map(|r| r.blocked).collect()),
                unclean: Table::from_rows(situation.nodes.rows().iter().map(|n| n.unclean).collect()),
                failed: Table::from_rows(situation.resources.rows().iter().map(|r| r.failed).collect()),
                reset: Table::from_rows(situation.nodes.rows().iter().map(|n| n.remote_reset).collect()),
                recheck: Recheck::default(),
                notes: Vec::new(),
                ignored: BTreeMap::new(),
            },
            names: names(situation),
            tags: tags(situation),
            points_by_name: BTreeMap::new(),
            starts: Vec::new(),
        }
    }

    /// The resource a constraint names; an instance's plain name stands for the whole clone.
    fn resource(&self, name: &str) -> Option<ResourceId> {
        let found = *self.names.get(name)?;
        let is_exact = self.situation.resources[found].id == name;
        Some(if is_exact { found } else { self.situation.top_of(found) })
    }

    /// Says what becomes of a constraint that cannot be meant as it is written.
    fn error(&mut self, constraint: &str, word: &str, message: String) {
        let note = Note::error(constraint, message).at(word);
        if !self.constraints.notes.contains(&note) {
            self.constraints.notes.push(note);
        }
    }

    /// The same of one that has no effect.
    fn ignore(&mut self, constraint: &str, word: &str, why: &str) {
        self.constraints.ignored.insert(constraint.to_owned(), why.to_owned());
        self.error(constraint, word, format!("ignoring this constraint because {why}"));
    }

    /// The same of one with which nothing is wrong.
    fn inform(&mut self, constraint: &str, word: &str, message: &str) {
        self.constraints.notes.push(Note::info(constraint, message).at(word));
    }

    /// Why a name in a constraint stands for nothing.
    fn stands_for_nothing(&self, name: &str) -> String {
        let resources = &self.situation.resources;
        let cloned = resources.iter().find(|(_, resource)| resource.config_id.as_str() == name);
        let whole = cloned.and_then(|(id, _)| resources.lineage(id).last());
        match whole.map(|whole| (&resources[whole].config_id, resources[whole].is_bundle())) {
            Some((bundle, true)) => format!("'{name}' is in a bundle, and only the bundle '{bundle}' can be named"),
            Some((clone, false)) if clone.as_str() != name => {
                format!("'{name}' is cloned, and only its clone '{clone}' can be named")
            }
            _ => format!("'{name}' is neither a resource nor a tag"),
        }
    }

    fn point(&mut self, point: Point) -> usize {
        let name = match &point {
            Point::Pseudo { name, .. } | Point::LoadStopped { name, .. } => name.clone(),
            Point::Unfence { node } => format!("unfence {}", self.situation.nodes[*node].name),
            Point::Fence { node, .. } => format!("fence {}", self.situation.nodes[*node].name),
        };
        if let Some(at) = self.points_by_name.get(&name) {
            return *at;
        }
        self.constraints.points.push(point);
        let at = self.constraints.points.len() - 1;
        self.points_by_name.insert(name, at);
        at
    }

    fn order(&mut self, first: End, then: End, relation: Relation) {
        let does = |end: &End| match end {
            End::Task { resource, task, .. } => Some((*resource, task.clone())),
            End::Point(_) | End::Action(_) => None,
        };
        add_ordering(self.situation, &mut self.constraints.orderings, &does, (first, then), relation);
    }

    fn order_tasks(
        &mut self,
        first: ResourceId,
        first_task: Task,
        then: ResourceId,
        then_task: Task,
        relation: Relation,
    ) {
        self.order(End::of(first, first_task), End::of(then, then_task), relation);
    }

    fn ban(&mut self, resource: ResourceId, node: Option<NodeId>, why: BanReason) {
        self.constraints.bans.push(Ban { resource, node, why });
    }
}

/// Records an ordering, and what follows from it where either side may move alive.
pub fn add_ordering(
    situation: &Situation,
    orderings: &mut Vec<Ordering>,
    does: &dyn Fn(&End) -> Option<(ResourceId, Task)>,
    (first, then): (End, End),
    relation: Relation,
) {
    let equivalents = match (does(&first), does(&then)) {
        (Some(first), Some(then)) => ordering::migration_equivalents(situation, first, then),
        _ => Vec::new(),
    };
    orderings.push(Ordering { first, then, relation });
    orderings.extend(equivalents);
}

fn names(situation: &Situation) -> BTreeMap<&str, ResourceId> {
    let mut names = BTreeMap::new();
    for &top in &situation.top {
        add_names(situation, top, &mut names);
    }
    names
}

/// Depth first; the first resource with a name keeps it.
fn add_names<'a>(situation: &'a Situation, id: ResourceId, names: &mut BTreeMap<&'a str, ResourceId>) {
    let resource = &situation.resources[id];
    names.entry(resource.id.as_str()).or_insert(id);
    if let Some(name) = resource.history_id.as_deref() {
        names.entry(name).or_insert(id);
    }
    for &child in &resource.children {
        add_names(situation, child, names);
    }
}

fn tags(situation: &Situation) -> BTreeMap<&str, Vec<String>> {
    let mut tags: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (tag, members) in &situation.model.tags {
        tags.insert(tag, members.clone());
    }
    // A template's name counts before a tag's.
    for template in &situation.model.templates {
        let users = situation.resources.rows().iter().filter_map(|resource| {
            let primitive = resource.primitive()?;
            (primitive.template.as_deref() == Some(template.id.as_str())).then(|| primitive.id.clone())
        });
        let mut unique: Vec<String> = Vec::new();
        for user in users {
            if !unique.contains(&user) {
                unique.push(user);
            }
        }
        if !unique.is_empty() {
            tags.insert(&template.id, unique);
        }
    }
    tags
}

impl Constraints {
    /// The sum the bans give to a node; only whether there is any matters.
    pub const BANNED: Score = Score::MINUS_INFINITY;
}
