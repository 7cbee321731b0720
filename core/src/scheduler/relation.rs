//! Words for "this before that": tasks, ends of an ordering, and what the ordering demands.
//!
//! In: nothing. Out: [`Ordering`] and its parts. Never here: applying them (see `order`).

use super::table::{ActionId, NodeId, ResourceId};
use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::sync::Arc;

/// What an action does, or what it marks the completion of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    Start,
    Running,
    Stop,
    Stopped,
    Promote,
    Promoted,
    Demote,
    Demoted,
    Monitor,
    Notify,
    Notified,
    MigrateTo,
    MigrateFrom,
    Delete,
    Cancel,
    ReloadAgent,
    ClearFailCount,
    LrmDelete,
    Stonith,
    DoShutdown,
    MaintenanceNodes,
    /// A configured recurring operation of the agent's own, or a pseudo action of a constraint.
    Other(Arc<str>),
}

impl Task {
    const NAMES: [(&'static str, Self); 21] = [
        ("start", Self::Start),
        ("running", Self::Running),
        ("stop", Self::Stop),
        ("stopped", Self::Stopped),
        ("promote", Self::Promote),
        ("promoted", Self::Promoted),
        ("demote", Self::Demote),
        ("demoted", Self::Demoted),
        ("monitor", Self::Monitor),
        ("notify", Self::Notify),
        ("notified", Self::Notified),
        ("migrate_to", Self::MigrateTo),
        ("migrate_from", Self::MigrateFrom),
        ("delete", Self::Delete),
        ("cancel", Self::Cancel),
        ("reload-agent", Self::ReloadAgent),
        ("clear_failcount", Self::ClearFailCount),
        ("lrm_delete", Self::LrmDelete),
        ("stonith", Self::Stonith),
        ("do_shutdown", Self::DoShutdown),
        ("maintenance_nodes", Self::MaintenanceNodes),
    ];

    /// Any other name is an operation of the agent's own.
    pub fn parse(name: &str) -> Self {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(Arc::from(name)), |(_, task)| task.clone())
    }

    /// As it stands in action keys.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => Self::NAMES.iter().find(|(_, task)| task == known).map_or("", |(name, _)| name),
        }
    }

    /// What must happen when its opposite is ordered; `None` where there is no opposite.
    pub const fn inverse(&self) -> Option<Self> {
        Some(match self {
            Self::Start => Self::Stop,
            Self::Stop => Self::Start,
            Self::Promote => Self::Demote,
            Self::Demote => Self::Promote,
            Self::Promoted => Self::Demoted,
            Self::Demoted => Self::Promoted,
            Self::Running => Self::Stopped,
            Self::Stopped => Self::Running,
            _ => return None,
        })
    }

    /// Brings a resource up.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Start | Self::MigrateFrom | Self::Promote)
    }

    /// Takes a resource down.
    pub const fn is_down(&self) -> bool {
        matches!(self, Self::Stop | Self::Stopped | Self::Demote | Self::Demoted | Self::MigrateTo)
    }

    /// What a primitive does where a collective marks completion.
    pub fn of_primitive(&self) -> Self {
        match self {
            Self::Running => Self::Start,
            Self::Stopped => Self::Stop,
            Self::Promoted => Self::Promote,
            Self::Demoted => Self::Demote,
            same => same.clone(),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// What an ordering demands; several demands at once are usual.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Relation(u32);

impl Relation {
    /// Demands nothing.
    pub const NONE: Self = Self(0);
    /// First, then; nothing more.
    pub const ORDERED: Self = Self(1);
    /// Holds unless `first` is part of a live move.
    pub const IF_FIRST_UNMIGRATABLE: Self = Self(1 << 1);
    /// If `then` is required, so is `first`.
    pub const THEN_IMPLIES_FIRST: Self = Self(1 << 2);
    /// If `first` is required, so is `then`.
    pub const FIRST_IMPLIES_THEN: Self = Self(1 << 3);
    /// If `then` is required and for a promoted instance, `first` is required.
    pub const PROMOTED_THEN_IMPLIES_FIRST: Self = Self(1 << 4);
    /// `first` is runnable only if `then` is migratable and runnable.
    pub const UNMIGRATABLE_THEN_BLOCKS: Self = Self(1 << 5);
    /// `then` is runnable only if `first` is.
    pub const UNRUNNABLE_FIRST_BLOCKS: Self = Self(1 << 6);
    /// If `first` cannot run, `then` becomes real and unmigratable.
    pub const FIRST_ELSE_THEN: Self = Self(1 << 7);
    /// If `first` is required, so is `then` on the same node.
    pub const FIRST_IMPLIES_SAME_NODE_THEN: Self = Self(1 << 8);
    /// A probe on a remote node waits for the connection to it.
    pub const NESTED_REMOTE_PROBE: Self = Self(1 << 9);
    /// If `first` is blocked, `then` must still be stopped where it is.
    pub const INTERMEDIATE_STOP: Self = Self(1 << 10);
    /// Not both at once; which comes first does not matter.
    pub const SERIALIZE: Self = Self(1 << 11);
    /// Holds only if both happen on one node.
    pub const IF_ON_SAME_NODE: Self = Self(1 << 12);
    /// If `then` is required, `first` is shown in the graph.
    pub const THEN_IMPLIES_FIRST_GRAPHED: Self = Self(1 << 13);
    /// If `first` is required and can run, `then` is shown in the graph.
    pub const FIRST_IMPLIES_THEN_GRAPHED: Self = Self(1 << 14);
    /// The ordering has no opposite for stops.
    pub const ASYMMETRIC: Self = Self(1 << 15);
    /// Holds only if both happen on one node, or `first` where `then` moves to.
    pub const IF_ON_SAME_NODE_OR_TARGET: Self = Self(1 << 16);
    /// `then` is runnable if enough of its firsts are.
    pub const MIN_RUNNABLE: Self = Self(1 << 17);
    /// Holds only if `first` is required and both happen on one node.
    pub const IF_REQUIRED_ON_SAME_NODE: Self = Self(1 << 18);
    /// Holds even if `first` runs on a guest node that `then` creates.
    pub const GUEST_ALLOWED: Self = Self(1 << 19);
    /// If `then` is required, `first` is not.
    pub const THEN_CANCELS_FIRST: Self = Self(1 << 20);

    /// Whether all of these are demanded.
    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 == flag.0
    }

    /// Whether any of these is demanded.
    pub const fn has_any(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// Whether it orders nothing any more.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The same, less these flags.
    #[must_use]
    pub const fn without(self, flag: Self) -> Self {
        Self(self.0 & !flag.0)
    }
}

impl fmt::Debug for Relation {
    /// Its demands by name: `ORDERED | FIRST_IMPLIES_THEN`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 21] = [
            "ORDERED",
            "IF_FIRST_UNMIGRATABLE",
            "THEN_IMPLIES_FIRST",
            "FIRST_IMPLIES_THEN",
            "PROMOTED_THEN_IMPLIES_FIRST",
            "UNMIGRATABLE_THEN_BLOCKS",
            "UNRUNNABLE_FIRST_BLOCKS",
            "FIRST_ELSE_THEN",
            "FIRST_IMPLIES_SAME_NODE_THEN",
            "NESTED_REMOTE_PROBE",
            "INTERMEDIATE_STOP",
            "SERIALIZE",
            "IF_ON_SAME_NODE",
            "THEN_IMPLIES_FIRST_GRAPHED",
            "FIRST_IMPLIES_THEN_GRAPHED",
            "ASYMMETRIC",
            "IF_ON_SAME_NODE_OR_TARGET",
            "MIN_RUNNABLE",
            "IF_REQUIRED_ON_SAME_NODE",
            "GUEST_ALLOWED",
            "THEN_CANCELS_FIRST",
        ];
        let names = NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name);
        out.write_str(&names.collect::<Vec<_>>().join(" | "))
    }
}

impl BitOr for Relation {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Relation {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// One side of an ordering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Whatever actions of the resource do this; found when orderings are applied.
    Task { resource: ResourceId, task: Task, interval_ms: u32 },
    /// A point that constraints made up; see `Constraints::points`.
    Point(usize),
    /// An action that exists.
    Action(ActionId),
}

impl End {
    /// A task that is done once.
    pub const fn of(resource: ResourceId, task: Task) -> Self {
        Self::Task { resource, task, interval_ms: 0 }
    }

    /// Whose task it is; `None` for what belongs to no resource.
    pub const fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Task { resource, .. } => Some(*resource),
            Self::Point(_) | Self::Action(_) => None,
        }
    }
}

/// First, then, and what that demands.
#[derive(Clone, Debug)]
pub struct Ordering {
    pub first: End,
    pub then: End,
    pub relation: Relation,
}

/// An action that is only a place in the plan, or the fencing of a node, needed before there are actions.
#[derive(Clone, Debug)]
pub enum Point {
    /// Its name; runnable once so many of its firsts are.
    Pseudo {
        name: String,
        min_runnable: u32,
    },
    /// Load that has left a node.
    LoadStopped {
        name: String,
        node: NodeId,
    },
    Unfence {
        node: NodeId,
    },
    Fence {
        node: NodeId,
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_are_told_by_name() {
        let both = Relation::ORDERED | Relation::THEN_CANCELS_FIRST;
        assert_eq!(format!("{both:?}"), "ORDERED | THEN_CANCELS_FIRST");
        assert_eq!(format!("{:?}", both.without(Relation::ORDERED)), "THEN_CANCELS_FIRST");
    }

    #[test]
    fn opposites_are_opposites_of_each_other() {
        for task in [Task::Start, Task::Promote, Task::Running, Task::Promoted] {
            let opposite = task.inverse().expect("it has one");
            assert_eq!(opposite.inverse(), Some(task));
        }
        assert_eq!(Task::Monitor.inverse(), None);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["start", "demoted", "migrate_from", "reload-agent", "my-own"] {
            assert_eq!(Task::parse(name).as_str(), name);
        }
    }
}
