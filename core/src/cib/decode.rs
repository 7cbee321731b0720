//! The faithful tree read into the typed model.
//!
//! In: the root element of a CIB. Out: `Configuration`, and notes on what could not be used.
//! Never here: evaluating rules, reading status, changing the tree.
//! Unknown elements and attributes stay in the tree; here they are passed over.

mod access;
mod attributes;
mod calendar;
mod constraint;
mod resource;
pub mod rule;

pub use attributes::attribute_sets_of;

use super::model::Configuration;
use super::model::node::{NodeConfig, NodeKind};
use crate::ids::{NodeName, NodeUuid};
use crate::note::Note;
use crate::score::Score;
use crate::xml::Element;
use std::collections::BTreeMap;

/// Reads `<cib>` (or a bare `<configuration>`).
pub fn configuration(root: &Element) -> (Configuration, Vec<Note>) {
    let section = if root.name == "configuration" { Some(root) } else { root.child("configuration") };
    let mut reader = Reader { references: References::of(root), notes: Vec::new() };
    let model = section.map(|section| reader.configuration(section)).unwrap_or_default();
    (model, reader.notes)
}

/// Where `id-ref` may point: elements by kind and id.
struct References<'a>(BTreeMap<(&'a str, &'a str), &'a Element>);

impl<'a> References<'a> {
    fn of(root: &'a Element) -> Self {
        let section = root.child("configuration").unwrap_or(root);
        if !section.descendants().any(|element| element.attr("id-ref").is_some()) {
            return Self(BTreeMap::new());
        }
        let named = |element: &'a Element| Some(((element.name.as_str(), element.id()?), element));
        // The first of equal ids counts: insert in reverse.
        let all: Vec<_> = section.descendants().filter_map(named).collect();
        Self(all.into_iter().rev().collect())
    }
}

struct Reader<'a> {
    references: References<'a>,
    notes: Vec<Note>,
}

impl<'a> Reader<'a> {
    fn configuration(&mut self, section: &'a Element) -> Configuration {
        let empty = || section.child("resources");
        let templates = self.templates(empty());
        let tags = self.tags(section.child("tags"));
        Configuration {
            properties: self.sets_in(section.child("crm_config"), "cluster_property_set"),
            nodes: self.nodes(section.child("nodes")),
            resources: self.resources(section.child("resources"), &templates),
            templates,
            constraints: self.constraints(section.child("constraints")),
            resource_defaults: self.sets_in(section.child("rsc_defaults"), "meta_attributes"),
            operation_defaults: self.sets_in(section.child("op_defaults"), "meta_attributes"),
            fencing_levels: self.fencing_levels(section.child("fencing-topology")),
            acls: self.acls(section.child("acls")),
            tags,
            alerts: self.alerts(section.child("alerts")),
        }
    }

    /// The element itself, or what its `id-ref` points to.
    fn follow(&mut self, element: &'a Element) -> Option<&'a Element> {
        let Some(target) = element.attr("id-ref") else { return Some(element) };
        let found = self.references.0.get(&(element.name.as_str(), target)).copied();
        if found.is_none() {
            self.notes
                .push(Note::error(target, format!("no <{}> has this id, so the reference is ignored", element.name)));
        }
        found
    }

    fn score(&mut self, element: &Element) -> Option<Score> {
        let text = element.attr("score")?;
        let score = Score::parse(text);
        if score.is_none() {
            let about = element.id().unwrap_or("");
            self.notes.push(Note::warning(about, format!("using 0 because '{text}' is not a score")));
        }
        Some(score.unwrap_or(Score::ZERO))
    }

    fn boolean(&mut self, element: &Element, name: &str) -> Option<bool> {
        let text = element.attr(name)?;
        let value = quorate_grammar::literal::boolean(text).ok();
        if value.is_none() {
            let about = element.id().unwrap_or("");
            self.notes.push(Note::error(about, format!("ignoring {name} because '{text}' is neither true nor false")));
        }
        value
    }

    fn nodes(&mut self, section: Option<&'a Element>) -> Vec<NodeConfig> {
        section.into_iter().flat_map(|s| s.elements_named("node")).filter_map(|node| self.node(node)).collect()
    }

    fn node(&mut self, element: &'a Element) -> Option<NodeConfig> {
        let Some(uuid) = element.id() else {
            self.notes.push(Note::error("", "ignoring a <node> without id"));
            return None;
        };
        let kind = match element.attr("type").map(str::to_ascii_lowercase).as_deref() {
            None | Some("member" | "normal") => NodeKind::Member,
            Some("remote") => NodeKind::Remote,
            Some(other) => {
                self.notes.push(Note::error(uuid, format!("ignoring this node because '{other}' is no type of node")));
                return None;
            }
        };
        Some(NodeConfig {
            uuid: NodeUuid::from(uuid),
            name: NodeName::from(element.attr("uname").unwrap_or(uuid)),
            kind,
            description: element.attr("description").map(str::to_owned),
            score: self.score(element).unwrap_or_default(),
            attributes: self.sets(element, "instance_attributes"),
            utilization: self.sets(element, "utilization"),
        })
    }

    fn tags(&mut self, section: Option<&'a Element>) -> BTreeMap<String, Vec<String>> {
        let members =
            |tag: &Element| tag.elements_named("obj_ref").filter_map(|r| r.id()).map(str::to_owned).collect::<Vec<_>>();
        section
            .into_iter()
            .flat_map(|s| s.elements_named("tag"))
            .filter_map(|tag| Some((tag.id()?.to_owned(), members(tag))))
            .collect()
    }
}

/// Every attribute of an element, as text.
fn all_attributes(element: &Element) -> BTreeMap<String, String> {
    element.attributes.iter().map(|(name, value)| (name.as_str().to_owned(), value.to_string())).collect()
}

fn owned(element: &Element, name: &str) -> Option<String> {
    element.attr(name).map(str::to_owned)
}
