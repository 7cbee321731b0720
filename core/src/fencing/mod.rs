//! Fencing: which device can cut off which node, and one request until it is proved done.
//!
//! In: the configuration, results of device runs. Out: device runs to make, and the outcome.
//! Absent: deciding whom to fence (`scheduler`), processes.

pub mod device;
pub mod history;
pub mod request;
pub mod topology;

pub use device::Device;
pub use history::FencingEvent;
pub use request::{DeviceRun, FencingRequest, Verdict};
