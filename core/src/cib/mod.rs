//! The Cluster Information Base: the faithful tree, its version, and changes to it.
//!
//! [`Document`] is what is stored, digested, compared and replicated; the typed reading
//! of it is `model`. Changes are values: [`Edit`] says what to do to any document,
//! [`Patch`] what turned one version into the next (Pacemaker's patchset format 2).

pub mod acl;
pub mod apply;
pub mod command;
pub mod compare;
pub mod decode;
pub mod diff;
pub mod document;
pub mod edit;
pub mod merge;
pub mod model;
pub mod objects;
pub mod patch;
pub mod patch_xml;
pub mod pool;
pub mod upgrade;
pub mod version;

pub use apply::{ApplyError, apply};
pub use diff::diff;
pub use document::Document;
pub use edit::Edit;
pub use merge::{Conflict, merge};
pub use patch::{Change, Patch};
pub use version::Version;
