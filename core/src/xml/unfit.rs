//! Why a tree cannot be written as it is.
//!
//! In: what somebody wants kept. Out: a reason, for whoever brings it: it is refused at the door, and
//! never changed in silence.

use super::tree::{DEPTH_MAX, Element, Node};
use crate::text::{misfit, written_out};

/// Names as the reader takes them.
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
    first && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}'))
}

/// What is wrong with an element or anything below it.
pub fn unfit(element: &Element) -> Option<String> {
    within(element, 1)
}

fn within(element: &Element, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return Some(format!("elements are nested deeper than {DEPTH_MAX}"));
    }
    if let Some(reason) = unfit_name(&element.name) {
        return Some(reason);
    }
    for (name, value) in &element.attributes {
        let reason = unfit_name(name).or_else(|| unfit_value(name, value));
        if let Some(reason) = reason {
            return Some(reason);
        }
    }
    element.children.iter().find_map(|child| match child {
        Node::Element(child) => within(child, depth + 1),
        Node::Text(text) => unfit_value("the text", text),
        Node::Comment(text) if text.contains("--") || text.ends_with('-') => {
            Some("a comment holds two hyphens, or ends with one".to_string())
        }
        Node::Comment(text) => unfit_value("a comment", text),
    })
}

/// Why this is no name of an element or attribute, if it is none.
pub fn unfit_name(name: &str) -> Option<String> {
    (!is_name(name)).then(|| format!("`{}` is no name for an element or attribute", crate::text::visible(name)))
}

/// What is wrong with the value of this attribute.
pub fn unfit_value(name: &str, value: &str) -> Option<String> {
    let c = misfit(value)?;
    Some(format!("{name} holds the character {}, which XML cannot hold", written_out(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{read, write, write_pretty};
    use proptest::prelude::*;
    use std::sync::Arc;

    #[test]
    fn the_reason_names_where_and_what() {
        let bad = Element::new("nvpair").with("id", "a").with("value", "a\u{1b}b");
        let reason = "value holds the character \\x1b, which XML cannot hold";
        assert_eq!(unfit(&Element::new("cib").with_child(bad)).as_deref(), Some(reason));
        let reason = "`a b` is no name for an element or attribute";
        assert_eq!(unfit(&Element::new("a b")).as_deref(), Some(reason));
        assert_eq!(unfit(&Element::new("a").with("v", "\t\n\u{9b}\u{10ffff}")), None);
    }

    /// Any characters, those that make trouble more often.
    fn text() -> impl Strategy<Value = String> {
        let odd =
            prop::sample::select(vec!['\0', '\u{1b}', '\u{fffe}', '\u{ffff}', '\u{9b}', '\r', '\n', '-', '<', '&']);
        prop::collection::vec(prop_oneof![odd, any::<char>(), prop::char::range('a', 'c')], 0..8)
            .prop_map(|chars| chars.into_iter().collect())
    }

    fn element() -> impl Strategy<Value = Element> {
        let plain = || (text(), prop::collection::vec((text(), text()), 0..3));
        let build = |(name, attributes): (String, Vec<(String, String)>), children: Vec<Node>| {
            let mut element = Element::new(&name);
            for (name, value) in attributes {
                element.set(&name, value);
            }
            element.children = children;
            element
        };
        let leaf = plain().prop_map(move |about| build(about, Vec::new()));
        leaf.prop_recursive(3, 20, 4, move |inner| {
            let node = prop_oneof![
                inner.prop_map(Node::from),
                text().prop_map(|text| Node::Text(text.into())),
                text().prop_map(|text| Node::Comment(Arc::from(text))),
            ];
            (plain(), prop::collection::vec(node, 0..4)).prop_map(move |(about, children)| build(about, children))
        })
    }

    proptest! {
        /// Whatever is brought, what is written can be read; and what is fit comes back as it was.
        #[test]
        fn the_reader_takes_all_that_is_written(element in element()) {
            let text = write(&element);
            let again = read(&text);
            prop_assert!(again.is_ok(), "{:?}: {text}", again);
            prop_assert!(read(&write_pretty(&element)).is_ok());
            let again = again.expect("as was seen");
            if unfit(&element).is_none() {
                prop_assert_eq!(write(&again), write(&read(&write(&again)).expect("again")));
                for (name, value) in &element.attributes {
                    prop_assert_eq!(again.attr(name), Some(value));
                }
            }
            prop_assert_eq!(unfit(&again), None);
        }
    }
}
