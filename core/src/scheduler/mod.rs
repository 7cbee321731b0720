//! Decides what the cluster should do next. Same input, same answer.
//!
//! Stages, each a function from types to a type: resolve, constrain, place, act, order, emit.

pub mod act;
pub mod constrain;
pub mod input;
pub mod order;
pub mod place;
pub mod relation;
pub mod resolve;
pub mod scores;
pub mod sort;
pub mod table;
pub mod trace;

pub use constrain::{Constraints, constrain};
pub use input::Input;
pub use place::{Placement, place};
pub use resolve::{Situation, resolve};
