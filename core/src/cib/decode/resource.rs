//! Resources, with templates laid under the primitives that name them.
//!
//! In: the `<resources>` section. Out: `ResourceConfig`s in document order.

use super::{Reader, all_attributes, owned};
use crate::cib::model::resource::{
    Agent, Bundle, BundleNetwork, CloneConfig, Cloned, Group, Operation, PortMapping, Primitive, ResourceConfig,
    StorageMapping, Template,
};
use crate::note::Note;
use crate::time::Interval;
use crate::xml::Element;
use std::sync::Arc;

impl<'a> Reader<'a> {
    pub(super) fn templates(&mut self, section: Option<&'a Element>) -> Vec<Template> {
        let elements = section.into_iter().flat_map(|s| s.elements_named("template"));
        elements
            .filter_map(|element| {
                let primitive = self.plain_primitive(element)?;
                Some(Template { id: primitive.id.clone(), primitive })
            })
            .collect()
    }

    pub(super) fn resources(&mut self, section: Option<&'a Element>, templates: &[Template]) -> Vec<ResourceConfig> {
        let elements = section.into_iter().flat_map(Element::elements);
        elements.filter_map(|element| self.resource(element, templates)).collect()
    }

    fn resource(&mut self, element: &'a Element, templates: &[Template]) -> Option<ResourceConfig> {
        match element.name.as_str() {
            "template" => None,
            "primitive" => self.primitive(element, templates).map(Arc::new).map(ResourceConfig::Primitive),
            "group" => self.group(element, templates).map(Arc::new).map(ResourceConfig::Group),
            "clone" | "master" => self.clone_of(element, templates).map(Arc::new).map(ResourceConfig::Clone),
            "bundle" => self.bundle(element, templates).map(Arc::new).map(ResourceConfig::Bundle),
            other => {
                let about = element.id().unwrap_or("");
                self.notes.push(Note::error(about, format!("ignoring this resource of unknown type '{other}'")));
                None
            }
        }
    }

    fn id_of(&mut self, element: &Element) -> Option<String> {
        let id = element.id().filter(|id| !id.is_empty());
        if id.is_none() {
            self.notes.push(Note::error("", format!("ignoring a <{}> without id", element.name)));
        }
        id.map(str::to_owned)
    }

    fn primitive(&mut self, element: &'a Element, templates: &[Template]) -> Option<Primitive> {
        let own = self.plain_primitive(element)?;
        let Some(name) = own.template.clone() else { return Some(own) };
        match templates.iter().find(|template| template.id == name) {
            Some(template) => Some(laid_over(own, &template.primitive)),
            None => {
                self.notes.push(Note::error(
                    own.id.as_str(),
                    format!("ignoring this resource because no template is called '{name}'"),
                ));
                None
            }
        }
    }

    fn plain_primitive(&mut self, element: &'a Element) -> Option<Primitive> {
        let id = self.id_of(element)?;
        Some(Primitive {
            description: owned(element, "description"),
            template: owned(element, "template"),
            agent: Agent {
                class: owned(element, "class").unwrap_or_default(),
                provider: owned(element, "provider"),
                kind: owned(element, "type").unwrap_or_default(),
            },
            meta: self.sets(element, "meta_attributes"),
            parameters: self.sets(element, "instance_attributes"),
            utilization: self.sets(element, "utilization"),
            operations: self.operations(element),
            attributes: all_attributes(element),
            id,
        })
    }

    fn operations(&mut self, element: &'a Element) -> Vec<Operation> {
        let Some(block) = element.child("operations") else { return Vec::new() };
        let Some(block) = self.follow(block) else { return Vec::new() };
        block.elements_named("op").filter_map(|op| self.operation(op)).collect()
    }

    fn operation(&mut self, element: &'a Element) -> Option<Operation> {
        let element = self.follow(element)?;
        let interval = element.attr("interval").unwrap_or("0");
        let interval_ms = Interval::parse(interval).unwrap_or_else(|| {
            let about = element.id().unwrap_or("");
            let text = format!("using the interval 0 because '{interval}' is none");
            self.notes.push(Note::error(about, text).at("interval"));
            Interval::ZERO
        });
        Some(Operation {
            id: element.id().unwrap_or("").to_owned(),
            name: owned(element, "name").unwrap_or_default(),
            interval_ms: interval_ms.ms(),
            role: owned(element, "role"),
            enabled: self.boolean(element, "enabled").unwrap_or(true),
            attributes: all_attributes(element),
            meta: self.sets(element, "meta_attributes"),
            parameters: self.sets(element, "instance_attributes"),
        })
    }

    fn group(&mut self, element: &'a Element, templates: &[Template]) -> Option<Group> {
        let id = self.id_of(element)?;
        let members: Vec<_> = element
            .elements_named("primitive")
            .filter_map(|member| self.primitive(member, templates))
            .map(Arc::new)
            .collect();
        if members.is_empty() {
            self.notes.push(Note::error(id.as_str(), "ignoring this group because it has no members"));
            return None;
        }
        Some(Group {
            description: owned(element, "description"),
            meta: self.sets(element, "meta_attributes"),
            parameters: self.sets(element, "instance_attributes"),
            members,
            attributes: all_attributes(element),
            id,
        })
    }

    fn clone_of(&mut self, element: &'a Element, templates: &[Template]) -> Option<CloneConfig> {
        let id = self.id_of(element)?;
        let inner = element.elements().find(|child| child.name == "primitive" || child.name == "group");
        let of = match inner {
            Some(child) if child.name == "group" => Cloned::Group(Arc::new(self.group(child, templates)?)),
            Some(child) => Cloned::Primitive(Arc::new(self.primitive(child, templates)?)),
            None => {
                self.notes.push(Note::error(id.as_str(), "ignoring this clone because it has nothing to clone"));
                return None;
            }
        };
        let mut meta = self.sets(element, "meta_attributes");
        if element.name == "master" {
            meta.insert(0, always_promotable());
        }
        Some(CloneConfig {
            description: owned(element, "description"),
            meta,
            parameters: self.sets(element, "instance_attributes"),
            of,
            attributes: all_attributes(element),
            id,
        })
    }

    fn bundle(&mut self, element: &'a Element, templates: &[Template]) -> Option<Bundle> {
        let id = self.id_of(element)?;
        let engine = element.elements().find(|child| matches!(child.name.as_str(), "docker" | "podman" | "rkt"));
        let Some(engine) = engine else {
            self.notes.push(Note::error(id.as_str(), "ignoring this bundle because it has neither docker nor podman"));
            return None;
        };
        Some(Bundle {
            description: owned(element, "description"),
            meta: self.sets(element, "meta_attributes"),
            engine: engine.name.as_str().to_owned(),
            container: all_attributes(engine),
            network: element.child("network").map(network),
            storage: element.child("storage").map(storage).unwrap_or_default(),
            primitive: element.child("primitive").and_then(|p| self.primitive(p, templates)).map(Arc::new),
            attributes: all_attributes(element),
            id,
        })
    }
}

/// What `<master>` meant before clones could be promotable.
fn always_promotable() -> crate::cib::model::attributes::AttributeSet {
    use crate::cib::model::attributes::{AttributeSet, Pair};
    let pair = Pair { id: String::new(), name: "promotable".to_owned(), value: "true".to_owned() };
    AttributeSet { pairs: vec![pair], ..AttributeSet::default() }
}

/// A primitive over its template: its own blocks come later and so win; its operations replace the template's.
fn laid_over(own: Primitive, template: &Primitive) -> Primitive {
    let both = |template: &[_], own: Vec<_>| template.iter().cloned().chain(own).collect::<Vec<_>>();
    let mut operations = own.operations;
    let taken: Vec<_> = operations.iter().map(template_key).collect();
    let inherited = template.operations.iter().filter(|operation| !taken.contains(&template_key(operation)));
    operations.extend(inherited.cloned());
    let mut attributes = template.attributes.clone();
    attributes.insert("id".to_owned(), own.id.clone());
    Primitive {
        description: own.description.or_else(|| template.description.clone()),
        agent: template.agent.clone(),
        meta: both(&template.meta, own.meta),
        parameters: both(&template.parameters, own.parameters),
        utilization: both(&template.utilization, own.utilization),
        operations,
        attributes,
        template: own.template,
        id: own.id,
    }
}

/// Operations with the same name for the same kind of role are one.
fn template_key(operation: &Operation) -> (String, String) {
    let role = match operation.role.as_deref() {
        None => "",
        Some(role) if ["Started", "Unpromoted", "Slave"].iter().any(|r| role.eq_ignore_ascii_case(r)) => "",
        Some(role) => role,
    };
    (operation.name.clone(), role.to_owned())
}

fn network(element: &Element) -> BundleNetwork {
    let port = |mapping: &Element| PortMapping {
        id: mapping.id().unwrap_or("").to_owned(),
        port: owned(mapping, "port"),
        internal_port: owned(mapping, "internal-port"),
        range: owned(mapping, "range"),
    };
    BundleNetwork {
        attributes: all_attributes(element),
        ports: element.elements_named("port-mapping").map(port).collect(),
    }
}

fn storage(element: &Element) -> Vec<StorageMapping> {
    let mapping = |mapping: &Element| StorageMapping {
        id: mapping.id().unwrap_or("").to_owned(),
        source_dir: owned(mapping, "source-dir"),
        source_dir_root: owned(mapping, "source-dir-root"),
        target_dir: owned(mapping, "target-dir").unwrap_or_default(),
        options: owned(mapping, "options"),
    };
    element.elements_named("storage-mapping").map(mapping).collect()
}
