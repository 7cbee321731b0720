//! Cluster scripts ("wizards"): recipes in crmsh's YAML form that ask for a few values and make a
//! configuration of them (crmsh manual, "script").
//!
//! In: directories with `NAME/main.yml`, values by name. Out: a `Plan` of steps.
//! Absent: anything on other nodes; carrying a plan out (see `levels::script`).

pub mod library;
mod plan;
mod script;
mod template;
mod yaml;

pub use library::Library;
pub use plan::{Plan, Step, Values};
pub use script::{Include, Included, Parameter, Script};
