//! What raising must know beside the element, and strict reading: what is not understood is not passed over.

use crate::catalogue::Catalogue;
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::Setting;
use std::collections::BTreeSet;

/// What raising must know beside the element.
pub struct Context<'a> {
    pub catalogue: &'a Catalogue,
    /// Ids that something refers to by `id-ref`: those are shown, so that they survive.
    pub referenced: BTreeSet<&'a str>,
    /// Names of all nodes: a topology equal for all of them needs no targets.
    pub nodes: Vec<&'a str>,
    /// Show every id.
    pub ids: bool,
}

impl<'a> Context<'a> {
    pub fn of(configuration: &'a Element, catalogue: &'a Catalogue) -> Context<'a> {
        let nodes = configuration.child("nodes").into_iter().flat_map(|nodes| nodes.elements());
        Context {
            catalogue,
            referenced: configuration.descendants().filter_map(|element| element.attr("id-ref")).collect(),
            nodes: nodes.filter_map(|node| node.attr("uname")).collect(),
            ids: false,
        }
    }

    /// The same, with every id shown.
    pub fn with_ids(self, ids: bool) -> Context<'a> {
        Context { ids, ..self }
    }

    /// An id that must be shown because something refers to it; the one it would be given anyway
    /// need not be.
    pub(super) fn shown_id(&self, element: &Element, given: &str) -> Option<Word> {
        let id = attr(element, "id")?;
        (self.ids || self.referenced.contains(id.as_str()) && *id.text != *given).then_some(id)
    }
}

pub(super) fn word(text: &str) -> Word {
    Word::new(text)
}

pub(super) fn attr(element: &Element, name: &str) -> Option<Word> {
    element.attr(name).map(word)
}

/// Nothing but these attributes, and no text.
pub(super) fn only(element: &Element, attributes: &[&str]) -> Option<()> {
    let known = element.attributes.iter().all(|(name, _)| attributes.contains(&name.as_str()));
    let text = element.children.iter().any(|node| matches!(node, Node::Text(_)));
    (known && !text).then_some(())
}

pub(super) fn childless(element: &Element) -> Option<()> {
    element.children.is_empty().then_some(())
}

/// All attributes but these, in their order.
pub(super) fn settings(element: &Element, without: &[&str]) -> Vec<Setting> {
    let kept = element.attributes.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    kept.map(|(name, value)| (word(name), word(value))).collect()
}
