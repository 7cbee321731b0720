//! Sets of names and values, as `meta_attributes`, `instance_attributes`, `utilization` and properties hold them.
//!
//! In: nothing. Out: [`AttributeSet`]. Never here: which set wins (see `rules::evaluate`).

use super::rule::Rule;
use crate::score::Score;

/// One block; references to other blocks and pairs are already followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeSet {
    pub id: String,
    /// Blocks of a higher score speak first; of equal ones the later.
    pub score: Score,
    pub rule: Option<Rule>,
    pub pairs: Vec<Pair>,
}

/// An `<nvpair>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub id: String,
    pub name: String,
    pub value: String,
}
