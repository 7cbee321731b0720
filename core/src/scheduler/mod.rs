//! Decides what the cluster should do next. Same input, same answer.
//!
//! Stages, each a function from types to a type: resolve, constrain, place, act, order, emit.

pub mod input;
pub mod resolve;
pub mod scores;
pub mod sort;
pub mod table;

pub use input::Input;
pub use resolve::{Situation, resolve};
