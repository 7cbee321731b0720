//! Attribute sets that are made on the way, or are emptied.

use crate::xml::Element;

/// What ids that no person chose begin with.
pub(super) const PREFIX: &str = "_2TO3_";

/// Whether a set has lost the last of its pairs.
pub(super) fn is_emptied(set: &Element, pairs_before: usize) -> bool {
    pairs_before > 0 && set.child("nvpair").is_none()
}

pub(super) fn pairs(set: &Element) -> usize {
    set.elements_named("nvpair").count()
}
