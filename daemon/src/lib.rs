//! Hands and feet of a node: performs the effects of `core::node`, and turns what happens into
//! its events.
//!
//! Absent: every decision.

mod cluster_file;
pub mod engine;
pub mod limits;
pub mod load;
pub mod log;
pub mod options;
pub mod perform;
pub mod replay;
pub mod run_place;
pub mod runtime;
pub mod syslog;
pub mod variables;
