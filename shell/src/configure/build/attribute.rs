//! Attributes of elements, from words.

use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::Setting;

/// Attributes to be set on an element, absent ones left out.
pub(super) fn with_options(mut element: Element, options: &[(&str, Option<&Word>)]) -> Element {
    for (name, value) in options {
        if let Some(value) = value {
            element.set(name, &value.text);
        }
    }
    element
}

pub(super) fn settings(mut element: Element, settings: &[Setting]) -> Element {
    for (name, value) in settings {
        element.set(&name.text, &value.text);
    }
    element
}
