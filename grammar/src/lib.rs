//! The crm language: text to statements with positions, and back.
//!
//! In: text. Out: values with spans, and diagnostics; parsing never fails.
//! Absent: XML, files, the cluster.

pub mod crm;
pub mod diagnostic;
pub mod line;
pub mod literal;
pub mod span;

pub use diagnostic::{Diagnostic, Severity};
pub use span::{Span, Word};
