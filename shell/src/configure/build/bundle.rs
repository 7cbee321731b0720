//! Bundles as elements. What runs inside is a reference here; `lower` puts the resource in its place.

use super::{attribute_set, settings, with_options};
use crate::configure::REFERENCE;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Bundle, BundlePart, Mapping};

pub fn bundle(bundle: &Bundle) -> Element {
    let element = Element::new("bundle").with("id", &bundle.id.text);
    let mut element = with_options(element, &[("description", bundle.description.as_ref())]);
    for part in &bundle.parts {
        element.push(match part {
            BundlePart::Engine { name, settings: said } => settings(Element::new(&name.text), said),
            BundlePart::Network { settings: said, ports } => {
                with_mappings(settings(Element::new("network"), said), "port-mapping", ports)
            }
            BundlePart::Storage { mappings } => with_mappings(Element::new("storage"), "storage-mapping", mappings),
            BundlePart::Set(set) => attribute_set(set),
            BundlePart::Primitive(id) => Element::new(REFERENCE).with("id", &id.text),
        });
    }
    element
}

fn with_mappings(mut element: Element, name: &str, mappings: &[Mapping]) -> Element {
    for mapping in mappings {
        let one = with_options(Element::new(name), &[("id", mapping.id.as_ref())]);
        element.push(settings(one, &mapping.settings));
    }
    element
}
