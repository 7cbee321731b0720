//! What an element has, seen through its entry in the grammar.
//!
//! In: attributes and children, noted by `validate`. Out: which alternatives hold.

use super::grammar::{Alternative, Bits, Choice, MOST, bit};

/// What an element has, by the places that its entry gives to attributes and children.
pub struct Found<'a> {
    pub attributes: Bits,
    pub values: [&'a str; MOST],
    pub children: Bits,
    pub counts: [u32; MOST],
}

impl Found<'_> {
    /// Whether an alternative holds.
    pub fn fits(&self, choice: &Choice, alternative: &Alternative) -> bool {
        let (attributes, children) = (self.attributes & choice.attributes, self.children & choice.children);
        attributes & !alternative.allowed_attributes == 0
            && alternative.required_attributes & !attributes == 0
            && children & !alternative.allowed_children == 0
            && alternative.children.iter().all(|count| (count.least..=count.most).contains(&self.counts[count.at]))
            && alternative
                .attributes
                .iter()
                .all(|wanted| !self.has(wanted.at) || wanted.kind.fits(self.values[wanted.at]))
    }

    /// Whether the attribute with this number of the entry is there.
    pub fn has(&self, attribute: usize) -> bool {
        self.attributes & bit(attribute) != 0
    }

    /// Whether nothing that any alternative is about is there.
    pub fn has_none_of(&self, choice: &Choice) -> bool {
        self.attributes & choice.attributes == 0 && self.children & choice.children == 0
    }
}
