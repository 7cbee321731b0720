//! One file per family of effects.

pub mod agent;
pub mod alert;
pub mod disk;
pub mod disk_thread;
pub mod watchdog;
