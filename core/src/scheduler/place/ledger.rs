//! Where scores come from: kept only when someone asked.
//!
//! In: steps of placement, each with its cause. Out: for every score what changed it, in order.
//! An ordinary decision pays one look at an empty option for each step.

use super::{NodeTable, Placer};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use std::collections::BTreeMap;

/// Why a score changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The location of this place among the constraints.
    Location(usize),
    LostTicket,
    /// It is not a node that such a resource can be on.
    NotThere,
    /// It is kept for this node while that is away.
    ShutdownLock(NodeId),
    Stickiness,
    /// This one failed there as often as it may.
    Failures(ResourceId),
    /// Its locations name the nodes it may be on.
    Discovery,
    /// The colocation of this place, seen by its dependent.
    With(usize),
    /// The colocation of this place, seen by its primary: what the dependent wants.
    Wish(usize),
    /// It is to be stopped.
    Target,
    /// There is no room.
    Full,
    /// The collective has as many instances there as it may, or does not go there.
    Crowded,
    /// The collective has all the instances it may have.
    Complete,
    /// What the agent thinks of being promoted there.
    Promotion,
    /// What is in a container runs in that container.
    Contained,
}

/// One change of one score; `None` is a node that is not considered at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub resource: ResourceId,
    pub node: NodeId,
    pub before: Option<Score>,
    pub after: Option<Score>,
    pub cause: Cause,
}

/// Changes in the order they were made.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub entries: Vec<Entry>,
    /// For each resource that chose: how much was placed by then on nodes as good as the best.
    pub choices: BTreeMap<ResourceId, Vec<(NodeId, u32)>>,
}

impl Placer<'_> {
    /// Makes a step that may change the scores of these resources, and notes what it changed.
    pub(super) fn noting<T>(&mut self, cause: Cause, ids: Affected, step: impl FnOnce(&mut Self) -> T) -> T {
        if self.placement.ledger.is_none() {
            return step(self);
        }
        let ids = match ids {
            Affected::Only(id) => vec![id],
            Affected::AllOf(id) => self.situation.with_descendants(id),
        };
        let mark = self.ledger_mark();
        let before: Vec<NodeTable> = ids.iter().map(|id| self.row(*id).allowed.clone()).collect();
        let result = step(self);
        for (id, before) in ids.into_iter().zip(before) {
            self.note_changes(id, &before, &cause, mark);
        }
        result
    }

    /// What a step within the step noted stays its own.
    fn note_changes(&mut self, resource: ResourceId, before: &NodeTable, cause: &Cause, mark: usize) {
        let Some(ledger) = &mut self.placement.ledger else { return };
        let end = ledger.entries.len();
        for node in self.situation.nodes.ids() {
            let after = self.placement.resources[resource].allowed.score(node);
            let inner = ledger.entries[mark..end].iter().rev();
            let inner = inner.clone().find(|entry| entry.resource == resource && entry.node == node);
            let before = inner.map_or(before.score(node), |entry| entry.after);
            if before != after {
                ledger.entries.push(Entry { resource, node, before, after, cause: cause.clone() });
            }
        }
    }

    /// Notes what the best nodes had to carry when one of them was chosen.
    pub(super) fn note_choice(&mut self, id: ResourceId, ranked: &[NodeId]) {
        let Some(ledger) = &mut self.placement.ledger else { return };
        let (allowed, hosts) = (&self.placement.resources[id].allowed, &self.placement.nodes);
        let Some(best) = ranked.first().and_then(|node| allowed.score(*node)) else { return };
        let equal = ranked.iter().filter(|node| allowed.score(**node) == Some(best) && hosts[**node].is_available());
        ledger.choices.insert(id, equal.map(|node| (*node, hosts[*node].load)).collect());
    }

    /// How much is noted by now.
    pub(super) fn ledger_mark(&self) -> usize {
        self.placement.ledger.as_ref().map_or(0, |ledger| ledger.entries.len())
    }

    /// Forgets what was noted of these resources since a mark: their scores were put back.
    pub(super) fn forget_since(&mut self, mark: usize, ids: &[ResourceId]) {
        if let Some(ledger) = &mut self.placement.ledger {
            let mut later = ledger.entries.split_off(mark);
            later.retain(|entry| !ids.contains(&entry.resource));
            ledger.entries.append(&mut later);
        }
    }
}

/// Whose scores a step may change.
#[derive(Clone, Copy, Debug)]
pub(super) enum Affected {
    Only(ResourceId),
    /// And all below it.
    AllOf(ResourceId),
}
