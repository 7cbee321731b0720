//! All that a decision may know.
//!
//! In: nothing. Out: [`Input`].

use crate::cib::Document;
use crate::time::{Leap, Now, left_out_since};
use std::collections::BTreeMap;

/// Nobody has heard of anything before.
static UNHEARD: BTreeMap<String, i64> = BTreeMap::new();

/// The document carries the rest: `have-quorum`, `dc-uuid`.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub document: &'a Document,
    pub now: Now,
    /// What the clock has left out when it was put ahead: nothing ages by that.
    pub leaps: &'a [Leap],
    /// When this node learned by its own clock of fencings for failures, by their ids; where it does not say, what
    /// was written with them holds, by the clock of whoever asked for them.
    pub heard: &'a BTreeMap<String, i64>,
    pub transition_id: i32,
    /// What the cluster layer says; the document's `have-quorum` where it does not.
    pub quorate: Option<bool>,
    /// The document was made fit to be shown: parameters that are kept secret may differ.
    pub secrets_removed: bool,
    /// Whether the scores and capacities that were seen on the way are wanted too.
    pub trace: bool,
    /// Whether the picture of the plan is wanted too, and with what.
    pub draw: Option<Drawing>,
}

/// What a picture of the plan is to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Actions that are not needed, or not ours to do, too.
    pub all: bool,
    /// The numbers of actions.
    pub numbers: bool,
}

impl<'a> Input<'a> {
    /// A decision on this document at this moment, with nothing asked for beside it.
    pub const fn new(document: &'a Document, now: Now) -> Self {
        Self {
            document,
            now,
            leaps: &[],
            heard: &UNHEARD,
            transition_id: 1,
            quorate: None,
            secrets_removed: false,
            trace: false,
            draw: None,
        }
    }

    /// How much the clock has left out since that moment. Seconds.
    pub fn left_out_since(&self, since: i64) -> i64 {
        left_out_since(self.leaps, since)
    }

    /// The present for what began then: by how much it has aged, whatever was done to the clock.
    pub fn present_for(&self, since: i64) -> i64 {
        self.now.epoch() - self.left_out_since(since)
    }
}
