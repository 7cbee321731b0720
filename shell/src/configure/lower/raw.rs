//! `xml <…>`: an object put onto a document as it is written.

use super::{Lowered, Lowering};
use crate::configure::REFERENCE;
use quorate_core::cib::objects;
use quorate_core::xml::{self, Element};
use quorate_grammar::{Diagnostic, Word};

impl Lowering<'_> {
    pub(super) fn xml(&mut self, xml: &Word) -> Lowered {
        let element = xml::read(&xml.text).map_err(|error| {
            Diagnostic::error(
                xml.span,
                format!(
                    "this is not XML: {} (character {})",
                    error.message.trim_start_matches("syntax error: "),
                    error.column
                ),
            )
        })?;
        if matches!(&*element.name, "rsc_defaults" | "op_defaults") {
            return self.xml_defaults(element, xml);
        }
        let Some(section) = section_of(&element) else {
            return Err(Diagnostic::error(xml.span, format!("<{}> is no object of a configuration", element.name)));
        };
        if section.is_empty() {
            let name = element.name.to_string();
            *self.configuration.child_or_new(&name) = element;
            return Ok(());
        }
        let Some(id) = element.id().map(|id| Word::at(id, xml.span)) else {
            return Err(Diagnostic::error(xml.span, format!("<{}> has no id", element.name)));
        };
        if element.name == "node" {
            return self.xml_node(element);
        }
        let references: Vec<Word> =
            element.elements_named(REFERENCE).filter_map(Element::id).map(|id| Word::at(id, xml.span)).collect();
        if references.is_empty() {
            return self.object(section, &id, element, &[]);
        }
        if let Some(object) = objects::find_resource(self.configuration, &id.text) {
            let place = object.place.clone();
            self.open(&place);
        }
        self.container(&id, &references, element, &[])
    }

    /// A set of defaults, in the section that holds it.
    fn xml_defaults(&mut self, section: Element, xml: &Word) -> Lowered {
        for set in section.elements() {
            let Some(id) = set.id() else {
                return Err(Diagnostic::error(xml.span, format!("<{}> has no id", set.name)));
            };
            let mut set = set.clone();
            let place = objects::find(self.configuration, id).filter(|object| object.is_defaults());
            match place.map(|object| object.place) {
                Some(place) => {
                    let old = objects::at(self.configuration, &place).clone();
                    self.assign(&mut set, Some(&old));
                    *objects::at_mut(self.configuration, &place) = set;
                }
                None => {
                    self.assign(&mut set, None);
                    self.configuration.child_or_new(&section.name).push(set);
                }
            }
        }
        Ok(())
    }

    fn xml_node(&mut self, mut node: Element) -> Lowered {
        let name = node.attr("uname").or(node.id()).unwrap_or_default();
        match objects::find_node(self.configuration, name).map(|object| object.place) {
            Some(place) => {
                let old = objects::at(self.configuration, &place).clone();
                self.assign(&mut node, Some(&old));
                *objects::at_mut(self.configuration, &place) = node;
            }
            None => {
                self.assign(&mut node, None);
                self.configuration.child_or_new("nodes").push(node);
            }
        }
        Ok(())
    }
}

/// Where an element of this name stands; empty if right under the configuration.
fn section_of(element: &Element) -> Option<&'static str> {
    Some(match &*element.name {
        "node" => "nodes",
        "primitive" | "template" | "group" | "clone" | "master" | "bundle" => "resources",
        "rsc_location" | "rsc_colocation" | "rsc_order" | "rsc_ticket" => "constraints",
        "tag" => "tags",
        "cluster_property_set" => "crm_config",
        "acl_role" | "acl_target" | "acl_group" | "acl_user" => "acls",
        "alert" => "alerts",
        "fencing-topology" => "",
        _ => return None,
    })
}
