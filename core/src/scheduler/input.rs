//! All that a decision may know.
//!
//! In: nothing. Out: [`Input`].

use crate::cib::Document;
use crate::time::Now;

/// The document carries the rest: `have-quorum`, `dc-uuid`, `execution-date`.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub document: &'a Document,
    pub now: Now,
    pub transition_id: i32,
    /// What the cluster layer says; the document's `have-quorum` where it does not.
    pub quorate: Option<bool>,
}

impl<'a> Input<'a> {
    pub const fn new(document: &'a Document, now: Now) -> Self {
        Self { document, now, transition_id: 1, quorate: None }
    }
}
