//! Fencing: which device can cut off which node, and one request until it is proved done.
//!
//! In: the configuration, results of device runs. Out: device runs to make, and the outcome.
//! Absent: deciding whom to fence (`scheduler`), processes.

pub mod ask;
pub mod cause;
pub mod delay;
pub mod device;
pub mod history;
pub mod parameter;
pub mod request;
pub mod run;
pub mod topology;
pub mod under_way;

pub use device::Device;
pub use history::FencingEvent;
pub use request::{FencingRequest, Verdict};
pub use run::DeviceRun;
pub use under_way::{AgentRun, UnderWay};
