//! The nodes of a document in its order, with what leads from one to another.
//!
//! In: a root element. Out: numbers that stand for nodes: the smaller is the earlier.

use super::error::XPathError;
use crate::xml::tree::{Element, Node};
use std::cell::Cell;

/// What a found node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root of the document, above its first element.
    Document,
    Element,
    Attribute {
        name: String,
        value: String,
    },
    Text(String),
    Comment(String),
}

/// A node that an expression means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    /// Places among children that lead from the root to the element: to the node itself, else to the one that has it.
    pub way: Vec<usize>,
}

/// A node's number.
pub type Id = usize;

/// The document itself.
pub const DOCUMENT: Id = 0;

/// What a node of the tree is: an attribute is its name and its value.
#[derive(Clone, Copy, Debug)]
pub enum Is<'a> {
    Document,
    Element(&'a Element),
    Attribute(&'a str, &'a str),
    Text(&'a str),
    Comment(&'a str),
}

#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    is: Is<'a>,
    parent: Id,
    /// Among the parent's children.
    place: usize,
    /// The first number behind it and all below it.
    end: Id,
}

/// A document with all its nodes in document order (XPath 1.0, section 5).
pub struct Tree<'a> {
    entries: Vec<Entry<'a>>,
    /// How many more nodes may be looked at.
    left: Cell<u64>,
}

/// Looking at so many takes about a second. An expression that asks for more (`count(//*)` for each of
/// thousands) would hold up whoever evaluates it: a daemon does so for each reader whom access lists bind.
const LOOKED_AT_MAX: u64 = 20_000_000;

impl<'a> Tree<'a> {
    /// Numbers all nodes of a document.
    pub fn of(root: &'a Element) -> Tree<'a> {
        let document = Entry { is: Is::Document, parent: DOCUMENT, place: 0, end: 0 };
        let mut tree = Tree { entries: vec![document], left: Cell::new(LOOKED_AT_MAX) };
        tree.add(root, DOCUMENT, 0);
        tree.entries[DOCUMENT].end = tree.entries.len();
        tree
    }

    fn add(&mut self, element: &'a Element, parent: Id, place: usize) {
        let id = self.leaf(Is::Element(element), parent, place);
        for (name, value) in &element.attributes {
            self.leaf(Is::Attribute(name.as_str(), value), id, 0);
        }
        for (place, child) in element.children.iter().enumerate() {
            match child {
                Node::Element(child) => self.add(child, id, place),
                Node::Text(text) => drop(self.leaf(Is::Text(text), id, place)),
                Node::Comment(text) => drop(self.leaf(Is::Comment(text), id, place)),
            }
        }
        self.entries[id].end = self.entries.len();
    }

    fn leaf(&mut self, is: Is<'a>, parent: Id, place: usize) -> Id {
        let id = self.entries.len();
        self.entries.push(Entry { is, parent, place, end: id + 1 });
        id
    }

    /// So many more nodes are looked at.
    ///
    /// # Errors
    /// These are too many.
    pub fn look_at(&self, count: usize) -> Result<(), XPathError> {
        let left = self.left.get().checked_sub(count as u64);
        self.left.set(left.ok_or_else(|| XPathError("the XPath expression looks at too many nodes".into()))?);
        Ok(())
    }

    /// What a node is.
    pub fn is(&self, id: Id) -> Is<'a> {
        self.entries[id].is
    }

    /// What a node is in; the document is in nothing.
    pub fn parent(&self, id: Id) -> Option<Id> {
        (id != DOCUMENT).then(|| self.entries[id].parent)
    }

    fn is_attribute(&self, id: Id) -> bool {
        matches!(self.is(id), Is::Attribute(..))
    }

    /// Elements, texts and comments directly below.
    pub fn children(&self, id: Id) -> Vec<Id> {
        let end = self.entries[id].end;
        let mut at = id + 1;
        let mut found = Vec::new();
        while at < end {
            if !self.is_attribute(at) {
                found.push(at);
            }
            at = self.entries[at].end;
        }
        found
    }

    /// An element's attributes, in their order.
    pub fn attributes(&self, id: Id) -> Vec<Id> {
        (id + 1..self.entries[id].end).take_while(|at| self.is_attribute(*at)).collect()
    }

    /// All below, without attributes.
    pub fn descendants(&self, id: Id) -> Vec<Id> {
        (id + 1..self.entries[id].end).filter(|at| !self.is_attribute(*at)).collect()
    }

    /// The nearest first.
    pub fn ancestors(&self, id: Id) -> Vec<Id> {
        std::iter::successors(self.parent(id), |at| self.parent(*at)).collect()
    }

    /// Those behind it and all below it.
    pub fn following(&self, id: Id) -> Vec<Id> {
        (self.entries[id].end..self.entries.len()).filter(|at| !self.is_attribute(*at)).collect()
    }

    /// Those before it that do not hold it; the nearest first.
    pub fn preceding(&self, id: Id) -> Vec<Id> {
        (1..id).rev().filter(|at| !self.is_attribute(*at) && self.entries[*at].end <= id).collect()
    }

    /// Brothers and sisters behind it, or before it with the nearest first.
    pub fn siblings(&self, id: Id, behind: bool) -> Vec<Id> {
        if self.is_attribute(id) {
            return Vec::new();
        }
        let all = self.parent(id).map(|parent| self.children(parent)).unwrap_or_default();
        match behind {
            true => all.into_iter().filter(|at| *at > id).collect(),
            false => all.into_iter().filter(|at| *at < id).rev().collect(),
        }
    }

    /// As `string()` has it.
    pub fn text(&self, id: Id) -> String {
        match self.is(id) {
            Is::Attribute(_, value) => value.to_string(),
            Is::Text(text) | Is::Comment(text) => text.to_string(),
            Is::Document | Is::Element(_) => {
                let texts = self.descendants(id).into_iter().filter_map(|at| match self.is(at) {
                    Is::Text(text) => Some(text),
                    _ => None,
                });
                texts.collect()
            }
        }
    }

    /// An element's or attribute's name; of others, nothing.
    pub fn name(&self, id: Id) -> &'a str {
        match self.is(id) {
            Is::Element(element) => element.name.as_str(),
            Is::Attribute(name, _) => name,
            _ => "",
        }
    }

    /// A node as whoever asked is told of it.
    pub fn found(&self, id: Id) -> Found {
        let kind = match self.is(id) {
            Is::Document => Kind::Document,
            Is::Element(_) => Kind::Element,
            Is::Attribute(name, value) => Kind::Attribute { name: name.to_string(), value: value.to_string() },
            Is::Text(text) => Kind::Text(text.to_string()),
            Is::Comment(text) => Kind::Comment(text.to_string()),
        };
        let mut way = Vec::new();
        let mut at = match kind {
            Kind::Element | Kind::Document => id,
            _ => self.entries[id].parent,
        };
        while at != DOCUMENT && self.entries[at].parent != DOCUMENT {
            way.push(self.entries[at].place);
            at = self.entries[at].parent;
        }
        way.reverse();
        Found { kind, way }
    }
}
