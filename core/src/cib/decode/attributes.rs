//! Blocks of names and values.
//!
//! In: elements that hold `meta_attributes` and their like. Out: `AttributeSet`s, references followed.
//! Absent: sorting by score (see `rules::evaluate`).

use super::Reader;
use crate::cib::model::attributes::{AttributeSet, Pair};
use crate::note::Note;
use crate::xml::Element;

/// The blocks of one kind below an element of the status section, where nothing refers elsewhere.
pub fn attribute_sets_of(parent: &Element, kind: &str) -> (Vec<AttributeSet>, Vec<Note>) {
    let mut reader = Reader { references: super::References(Default::default()), notes: Vec::new() };
    let sets = reader.sets(parent, kind);
    (sets, reader.notes)
}

impl<'a> Reader<'a> {
    pub(super) fn sets_in(&mut self, parent: Option<&'a Element>, kind: &str) -> Vec<AttributeSet> {
        parent.map(|parent| self.sets(parent, kind)).unwrap_or_default()
    }

    pub(super) fn sets(&mut self, parent: &'a Element, kind: &str) -> Vec<AttributeSet> {
        parent.elements().filter(|e| e.name == *kind).filter_map(|e| self.set(e)).collect()
    }

    fn set(&mut self, element: &'a Element) -> Option<AttributeSet> {
        let element = self.follow(element)?;
        // Older documents wrap the pairs once more.
        let holder = element.child("attributes").unwrap_or(element);
        Some(AttributeSet {
            id: element.id().unwrap_or("").to_owned(),
            score: self.score(element).unwrap_or_default(),
            rule: element.child("rule").and_then(|rule| self.rule(rule)),
            pairs: holder.elements_named("nvpair").filter_map(|pair| self.pair(pair)).collect(),
        })
    }

    fn pair(&mut self, element: &'a Element) -> Option<Pair> {
        let target = self.follow(element)?;
        let name = element.attr("name").or_else(|| target.attr("name"))?;
        Some(Pair {
            id: target.id().unwrap_or("").to_owned(),
            name: name.to_owned(),
            value: target.attr("value")?.to_owned(),
        })
    }
}
