//! The plan from one state of the cluster to the next, and how it is carried out.

pub mod executor;
pub mod graph;

pub use executor::{Executor, Outcome, Progress};
pub use graph::{Action, ActionKind, Graph, ResourceRef, Synapse};
