//! The tree itself: elements with attributes in document order, children shared by `Arc`.
//!
//! Copying an element copies one level; everything below is shared until it is changed
//! through [`Element::make_mut`]. So a CIB of any size is copied in no time and a small
//! change costs the path from the root to it.

use super::attributes::Attributes;
use super::name::Name;
use std::sync::Arc;

/// Deeper documents are refused: printing and comparing recurse over the depth.
pub const DEPTH_MAX: usize = 200;

/// What can stand between an element's tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Element(Arc<Element>),
    /// Character data, entities resolved. Text of blanks only is dropped by the reader.
    Text(Arc<str>),
    /// The inside of a comment, without its marks.
    Comment(Arc<str>),
}

impl Node {
    /// The element, if the node is one.
    pub fn element(&self) -> Option<&Arc<Element>> {
        match self {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Comment(_) => None,
        }
    }
}

impl From<Element> for Node {
    fn from(element: Element) -> Node {
        Node::Element(Arc::new(element))
    }
}

/// One element. Equality ignores where it stood in its text.
#[derive(Clone, Debug)]
pub struct Element {
    pub name: Name,
    pub attributes: Attributes,
    pub children: Vec<Node>,
    /// Byte offset of the start tag in the text it was read from; 0 where it was made.
    pub offset: u32,
}

impl PartialEq for Element {
    fn eq(&self, other: &Element) -> bool {
        self.name == other.name && self.attributes == other.attributes && self.children == other.children
    }
}

impl Eq for Element {}

impl Element {
    /// An element without attributes or children.
    pub fn new(name: &str) -> Element {
        Element { name: Name::from(name), attributes: Attributes::default(), children: Vec::new(), offset: 0 }
    }

    /// The same element with one attribute more (or changed): for building.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<str>) -> Element {
        self.set(name, value);
        self
    }

    /// The same element with one child more: for building.
    #[must_use]
    pub fn with_child(mut self, child: Element) -> Element {
        self.push(child);
        self
    }

    /// The value of an attribute.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// The value of the `id` attribute.
    pub fn id(&self) -> Option<&str> {
        self.attr("id")
    }

    /// Sets an attribute, in place if it is there, else as the last.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.attributes.set(name, value.as_ref());
    }

    /// Removes an attribute and returns its value.
    pub fn unset(&mut self, name: &str) -> Option<String> {
        self.attributes.remove(name)
    }

    /// Appends a child element.
    pub fn push(&mut self, child: Element) {
        self.children.push(Node::from(child));
    }

    /// The child elements, in order.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = &Element> {
        self.children.iter().filter_map(|node| node.element().map(|element| &**element))
    }

    /// The child elements of one name, in order.
    pub fn elements_named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Element> {
        self.elements().filter(move |element| element.name == name)
    }

    /// The first child element of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.name == *name)
    }

    /// The first child element of this name and id.
    pub fn child_with_id(&self, name: &str, id: &str) -> Option<&Element> {
        self.elements().find(|element| element.name == *name && element.id() == Some(id))
    }

    /// The child element at this place among all children, made the caller's own.
    pub fn child_at_mut(&mut self, at: usize) -> Option<&mut Element> {
        match self.children.get_mut(at)? {
            Node::Element(element) => Some(Arc::make_mut(element)),
            Node::Text(_) | Node::Comment(_) => None,
        }
    }

    /// The first child element that fits, made the caller's own; nothing is copied if none fits.
    pub fn find_mut(&mut self, fits: impl Fn(&Element) -> bool) -> Option<&mut Element> {
        let at = self.children.iter().position(|node| node.element().is_some_and(|element| fits(element)))?;
        self.child_at_mut(at)
    }

    /// The first child element of this name, made if it is not there.
    pub fn child_or_new(&mut self, name: &str) -> &mut Element {
        let at = self
            .children
            .iter()
            .position(|node| node.element().is_some_and(|element| element.name == name))
            .unwrap_or_else(|| {
                self.push(Element::new(name));
                self.children.len() - 1
            });
        self.child_at_mut(at).expect("the place was just found to hold an element")
    }

    /// The first child of this name and id, made (with that id) if it is not there.
    pub fn child_with_id_or_new(&mut self, name: &str, id: &str) -> &mut Element {
        let at = self
            .children
            .iter()
            .position(|node| node.element().is_some_and(|element| element.name == name && element.id() == Some(id)))
            .unwrap_or_else(|| {
                self.push(Element::new(name).with("id", id));
                self.children.len() - 1
            });
        self.child_at_mut(at).expect("the place was just found to hold an element")
    }

    /// Drops the child elements that do not pass; text and comments stay.
    pub fn retain_elements(&mut self, keep: impl Fn(&Element) -> bool) {
        self.children.retain(|node| node.element().is_none_or(|element| keep(element)));
    }

    /// This element and all below it, in document order.
    pub fn descendants(&self) -> Descendants<'_> {
        Descendants { stack: vec![self] }
    }

    /// The first element of the tree with this id, this one included.
    pub fn find_id(&self, id: &str) -> Option<&Element> {
        self.descendants().find(|element| element.id() == Some(id))
    }

    /// All character data directly inside.
    pub fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|node| match node {
                Node::Text(text) => Some(&**text),
                Node::Element(_) | Node::Comment(_) => None,
            })
            .collect()
    }
}

/// Elements in document order, from [`Element::descendants`].
pub struct Descendants<'a> {
    stack: Vec<&'a Element>,
}

impl<'a> Iterator for Descendants<'a> {
    type Item = &'a Element;
    fn next(&mut self) -> Option<&'a Element> {
        let element = self.stack.pop()?;
        self.stack.extend(element.elements().rev());
        Some(element)
    }
}
