//! The grammar of one schema as tables: which element may have what.
//!
//! In: entries from `read`. Out: the same, to be looked at by `validate`.

use super::value::Type;

/// More attributes or children of different kinds no element has: sets of them are bits of a `u32`.
pub const MOST: usize = 32;

/// Some of an entry's attributes, or of its children, by their places in the entry.
pub type Bits = u32;

/// All elements of one schema; the first is `<cib>`.
pub struct Grammar {
    pub entries: Vec<Entry>,
}

/// What one element may have where it stands.
pub struct Entry {
    pub element: &'static str,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Child>,
    /// What always holds.
    pub base: Alternative,
    pub choices: Vec<Choice>,
    /// Whether children may be mixed.
    pub any_order: bool,
    /// Whether nothing in it is looked at.
    pub anything: bool,
}

/// An attribute by its name; its type depends on the alternative it stands in.
pub struct Attribute {
    pub name: &'static str,
}

/// Children that stand in one place: one of some elements.
pub struct Child {
    /// Names, and the entries (their places in the grammar) for what is in them.
    pub elements: Vec<(&'static str, usize)>,
}

/// `one of`, or `at most one of`.
pub struct Choice {
    pub alternatives: Vec<Alternative>,
    pub may_be_absent: bool,
    /// All that stands in any of the alternatives.
    pub attributes: Bits,
    pub children: Bits,
}

/// Attributes and children that go together.
#[derive(Default)]
pub struct Alternative {
    pub attributes: Vec<Wanted>,
    pub children: Vec<Count>,
    pub allowed_attributes: Bits,
    pub required_attributes: Bits,
    pub allowed_children: Bits,
}

/// An attribute that an alternative may have.
pub struct Wanted {
    /// Which of the entry's attributes.
    pub at: usize,
    pub kind: Type,
}

/// How often an alternative has a child.
pub struct Count {
    /// Which of the entry's children.
    pub at: usize,
    pub least: u32,
    pub most: u32,
}

impl Alternative {
    /// The type of that attribute, if it may stand here.
    pub fn kind_of(&self, at: usize) -> Option<&Type> {
        self.attributes.iter().find(|wanted| wanted.at == at).map(|wanted| &wanted.kind)
    }
}

impl Entry {
    /// The number of an attribute.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.name == name)
    }

    /// Which of the children this one is, and the entry for it.
    pub fn child(&self, name: &str) -> Option<(usize, usize)> {
        self.children.iter().enumerate().find_map(|(at, child)| {
            let entry = child.elements.iter().find(|(known, _)| *known == name)?.1;
            Some((at, entry))
        })
    }

    /// Of all lines that know the attribute, what they take it to be.
    pub fn kinds_of(&self, at: usize) -> impl Iterator<Item = &Type> {
        let choices = self.choices.iter().flat_map(|choice| &choice.alternatives);
        std::iter::once(&self.base).chain(choices).filter_map(move |alternative| alternative.kind_of(at))
    }
}

/// The set of just this place.
pub fn bit(at: usize) -> Bits {
    1 << at
}
