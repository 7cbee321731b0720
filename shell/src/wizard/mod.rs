//! Wizards: crmsh's cluster scripts, which make a configuration from a few answers.
//!
//! In: `main.yml` files, a person's `name=value` words. Out: the steps that would be taken, as text.
//! Absent: taking them (see `levels::script`); Hawk's older XML wizards.

pub mod condition;
pub mod include;
pub mod library;
pub mod model;
pub mod plan;
pub mod read;
pub mod template;
pub mod values;
mod yaml;
