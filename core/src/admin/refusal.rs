//! Why what an operator wants is not done.

use std::fmt;

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoResource(String),
    NoNode(String),
    NotPromotable(String),
    /// Only a node that is gone is forgotten.
    IsMember(String),
    /// Moved, but nobody said where.
    NoDestination(String),
    /// It is there.
    AlreadyThere {
        resource: String,
        node: String,
    },
    /// It has to leave where it runs, and runs nowhere.
    RunsNowhere(String),
    /// It has to leave where it runs, and runs on several nodes.
    RunsOnSeveral {
        resource: String,
        nodes: Vec<String>,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoResource(id) => write!(out, "there is no resource `{id}`"),
            Refusal::NoNode(name) => write!(out, "there is no node `{name}`"),
            Refusal::NotPromotable(id) => write!(out, "`{id}` is not a promotable clone"),
            Refusal::IsMember(name) => write!(out, "`{name}` is a member of the cluster"),
            Refusal::NoDestination(id) => write!(out, "where is `{id}` to be moved?"),
            Refusal::AlreadyThere { resource, node } => write!(out, "`{resource}` runs on {node} already"),
            Refusal::RunsNowhere(id) => {
                write!(out, "`{id}` does not run anywhere, so there is nowhere to move it from")
            }
            Refusal::RunsOnSeveral { resource, nodes } => write!(out, "`{resource}` runs on {}", nodes.join(", ")),
        }
    }
}

impl std::error::Error for Refusal {}
