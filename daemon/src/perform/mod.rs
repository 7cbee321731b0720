//! One file per family of effects.

pub mod agent;
pub mod disk;
pub mod fence_agent;
pub mod metadata;
pub mod ocf;
pub mod program;
