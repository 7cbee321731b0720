//! What an operator wants of a cluster, as edits of its CIB: the same for whoever asks.
//!
//! In: a document, an [`Intent`], and [`Facts`] that no document holds. Out: edits, or a [`Refusal`].
//! Shell, monitor, tools, previews and the daemon all come here, so that one wish has one meaning.
//! Absent: asking people, what is told them, rights, and how edits reach a cluster.

pub mod attribute;
pub mod cleanup;
pub mod delete;
pub mod fence;
mod find;
pub mod holder;
pub mod intent;
pub mod manage;
pub mod moves;
pub mod parameter;
pub mod refusal;
pub mod running;
pub mod standby;
pub mod target_role;
#[cfg(test)]
mod tests;
pub mod ticket;
pub mod transient;

pub use find::find_node;
pub use intent::{Facts, Intent, apply, edits};
pub use refusal::Refusal;
pub use transient::Transient;
