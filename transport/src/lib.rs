//! Bytes between people and nodes.
//!
//! `cluster` joins nodes; `local` joins tools to their node's daemon, or to a Pacemaker (`pacemaker`) whose guests
//! they are; `ssh` runs commands on other hosts; `owned` says who may read the cluster's files; `regular` opens them
//! without waiting for anybody; `secret` keeps what the configuration must not show; `environment` says whose (of
//! what `process` finds);
//! `store` is the one door to a CIB, live or in a file.

#![warn(clippy::missing_errors_doc)]

pub mod cluster;
pub mod codec;
pub mod environment;
pub mod local;
pub mod owned;
pub mod pacemaker;
pub mod process;
pub mod regular;
pub mod secret;
pub mod ssh;
pub mod store;
pub mod wire;
pub mod zone;
