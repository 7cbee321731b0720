//! The configuration as statements: onto a document, out of it, and the session that edits it.

pub mod build;
pub mod edit;
pub mod ids;
pub mod implicit;
pub mod legacy;
pub mod load;
pub mod lower;
pub mod raise;
pub mod references;
pub mod replace;
pub mod set;
pub mod show;
pub mod stage;

/// Stands for a contained resource in a container's XML, as crmsh writes it.
pub const REFERENCE: &str = "crmsh-ref";
