//! The local resource manager: what this node runs, one operation at a time per resource.
//!
//! In: operations to perform or cancel, exits of agents, timers. Out: agents to run, timers,
//! results. Absent: processes and clocks (the daemon's), deciding anything (the scheduler's).

pub mod operation;
pub mod queue;
pub mod result;

pub use operation::{ExitReport, Operation, Run, Ticket};
pub use queue::{Lrm, LrmEffect};
