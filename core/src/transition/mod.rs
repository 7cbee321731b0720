//! The plan from one state of the cluster to the next, and how it is carried out.

pub mod executor;
pub mod graph;
pub mod summary;
pub mod simulation;
pub mod xml;
pub mod key;

pub use executor::{Executor, Outcome, Progress};
pub use key::TransitionKey;
pub use graph::{Action, ActionKind, Graph, ResourceRef, Synapse};
