//! Resources tried out: their agents run by hand, as the cluster would run them.
//!
//! In: resources as configured, nodes. Out: what each agent answered, and every resource stopped again.
//! Absent: whether a trial may be made (see `levels::configure::rsctest`); the cluster, which knows
//! nothing of it.

pub mod agent;
pub mod sequence;
pub mod subject;
pub mod validation;
