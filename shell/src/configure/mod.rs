//! The configuration as statements: onto a document, out of it, and the session that edits it.

pub mod attribute;
pub mod build;
pub mod edit;
pub mod ids;
pub mod implicit;
pub mod legacy;
pub mod load;
pub mod lower;
pub mod objects;
pub mod raise;
pub mod references;
pub mod remove;
pub mod replace;
pub mod set;
pub mod show;
pub mod stage;
