//! Runs what acts on resources and hosts, to its end: OCF agents, init scripts, units of systemd, fence agents, alerts.
//!
//! In: what core wants run, and where things are on this host. Out: how it ended, in core's words.
//! Absent: the cluster, sockets to tools, values of secrets (who asks puts them in), every decision.

pub mod activity;
pub mod alert;
mod beside;
pub mod fence;
pub mod fence_actions;
mod fence_agent;
pub mod host;
pub mod init_script;
pub mod metadata;
pub mod obstacle;
pub mod ocf;
pub mod operation;
pub mod outcome;
mod output;
pub mod program;
pub mod register;
pub mod service;
pub mod stamp;
pub mod systemd;
pub mod tree;
