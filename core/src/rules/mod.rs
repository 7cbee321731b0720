//! Rules: when they hold, and until when.
//!
//! In: rules of the model, facts, the present. Out: yes or no, and the next moment that may change it.
//! Never here: what a rule's score does (see `scheduler::constrain`).

pub mod calendar;
pub mod evaluate;
pub mod expression;

pub use evaluate::{Recheck, evaluate_sets, holds};
pub use expression::Facts;
