//! From bare hosts to a cluster, and from a cluster to another: look, plan, do.
//!
//! `facts` are gathered from all hosts at once; `plan` and `removal` are pure, from facts to steps that can be
//! printed before anything is touched; `run` carries out the steps that are not done yet. A second run looks again,
//! so it goes on where the first stopped.
//! `migration` is what changes the manager under a cluster that runs.
//! Absent: asking people, printing, exit codes (see the shell); the CIB.

#![warn(clippy::missing_errors_doc)]

pub mod address;
pub mod arbiter;
pub mod configuration;
pub mod distribute;
pub mod facts;
pub mod host;
mod links;
pub mod migration;
pub mod plan;
pub mod refusal;
pub mod removal;
pub mod run;
pub mod step;
pub mod wish;
