//! What would come of something, on paper: for `crm_simulate`, previews, what-if status and history.
//!
//! In: a document, what is to be supposed, and a moment. Out: [`Simulated`], or what follows in words.
//! Absent: options of tools, files, printing tables.

pub mod known;
pub mod request;
pub mod simulated;
pub mod would;

pub use known::{known, suppose};
pub use simulated::{Injections, Refused, Simulated, Wanted, Which, simulate};
