//! Bytes between people and nodes.
//!
//! `cluster` joins nodes; `local` joins tools to their node's daemon; `ssh` runs commands on other
//! hosts; `secret` keeps what the configuration must not show; `store` is the one door to a CIB, live or in a file.

pub mod cluster;
pub mod codec;
pub mod local;
pub mod secret;
pub mod ssh;
pub mod store;
pub mod wire;
pub mod zone;
