//! The plan from one state of the cluster to the next, and how it is carried out.

pub mod executor;
pub mod graph;
pub mod history;
pub mod injection;
pub mod key;
pub mod simulation;
pub mod specification;
pub mod summary;
pub mod xml;

pub use executor::{Executor, Outcome, Progress};
pub use graph::{Action, ActionKind, Graph, ResourceRef, Synapse};
pub use key::TransitionKey;
