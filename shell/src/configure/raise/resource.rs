//! Nodes and resources as statements.

use super::attributes::{attribute_set, sets};
use super::{Context, attr, childless, only, settings, word};
use crate::catalogue::Catalogue;
use quorate_core::cib::objects::is_resource;
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, Bundle, BundlePart, Clone, Group, Mapping, Node as NodeStatement, Operation, Operations, Part, Primitive,
    SetKind,
};
use quorate_grammar::crm::expect::{OLD_OPERATION_ATTRIBUTES, OPERATION_ATTRIBUTES};

pub fn node(element: &Element, context: &Context) -> Option<NodeStatement> {
    only(element, &["id", "uname", "type", "description", "score"])?;
    let name = attr(element, "uname")?;
    Some(NodeStatement {
        id: attr(element, "id").filter(|id| *id != name),
        name,
        kind: attr(element, "type"),
        description: attr(element, "description"),
        score: attr(element, "score"),
        sets: sets(
            element,
            &[("instance_attributes", SetKind::Attributes), ("utilization", SetKind::Utilization)],
            context,
        )?,
    })
}

pub fn primitive(element: &Element, context: &Context) -> Option<Primitive> {
    only(element, &["id", "class", "provider", "type", "template", "description"])?;
    let owner = element.id()?;
    let mut parts = Vec::new();
    let mut operations = 0;
    for child in element.elements() {
        match &*child.name {
            "instance_attributes" => parts.push(Part::Set(attribute_set(child, SetKind::Params, owner, context)?)),
            "meta_attributes" => parts.push(Part::Set(attribute_set(child, SetKind::Meta, owner, context)?)),
            "utilization" => parts.push(Part::Set(attribute_set(child, SetKind::Utilization, owner, context)?)),
            "operations" => {
                operations += 1;
                operation_parts(child, owner, context, &mut parts)?;
            }
            _ => return None,
        }
    }
    if operations > 1 {
        return None;
    }
    Some(Primitive {
        id: attr(element, "id")?,
        agent: agent(element, context.catalogue)?,
        description: attr(element, "description"),
        parts,
    })
}

fn agent(element: &Element, catalogue: &Catalogue) -> Option<Agent> {
    let (class, provider, name) = (element.attr("class"), element.attr("provider"), element.attr("type"));
    if let Some(template) = attr(element, "template") {
        return (class.is_none() && provider.is_none() && name.is_none()).then_some(Agent::Template(template));
    }
    let (class, name) = (class?, name?);
    if class == "ocf" && provider.is_none() || class != "ocf" && provider.is_some() {
        return None;
    }
    // heartbeat is left out where a bare name means it anyway.
    let bare = catalogue.resolve(None, None, name);
    if provider == Some("heartbeat") && !name.contains(':') && bare.class == class && bare.provider == provider {
        return Some(Agent::Type { class: None, provider: None, name: word(name) });
    }
    Some(Agent::Type { class: Some(word(class)), provider: provider.map(word), name: word(name) })
}

fn operation_parts(element: &Element, owner: &str, context: &Context, parts: &mut Vec<Part>) -> Option<()> {
    only(element, &["id", "id-ref"])?;
    let (id, reference) = (attr(element, "id"), attr(element, "id-ref"));
    // An element without operations is said to be there by the word alone.
    if id.is_some() || reference.is_some() || element.elements().next().is_none() {
        parts.push(Part::Operations(Operations { id, reference }));
    }
    let owner = element.id().unwrap_or(owner);
    for child in element.elements() {
        parts.push(Part::Operation(operation(child, owner, context)?));
    }
    Some(())
}

fn operation(element: &Element, owner: &str, context: &Context) -> Option<Operation> {
    if element.name != "op" {
        return None;
    }
    let mut attributes = Vec::new();
    let name = element.attr("name")?;
    let interval = element.attr("interval")?;
    for (name, value) in &element.attributes {
        let known = |names: &[&str]| names.contains(&name.as_str());
        match name.as_str() {
            "id" | "name" => {}
            _ if known(OPERATION_ATTRIBUTES) || known(OLD_OPERATION_ATTRIBUTES) => {
                attributes.push((word(name), word(value)));
            }
            _ => return None,
        }
    }
    if let Some(id) = context.shown_id(element, &format!("{owner}-{name}-{interval}")) {
        attributes.push((word("id"), id));
    }
    Some(Operation {
        name: word(name),
        attributes,
        sets: sets(
            element,
            &[("instance_attributes", SetKind::OperationParams), ("meta_attributes", SetKind::OperationMeta)],
            context,
        )?,
    })
}

/// The contained resources, and the rest of the element's children.
fn contents(element: &Element) -> (Vec<&Element>, Element) {
    let inside = element.elements().filter(|child| is_resource(child)).collect();
    let mut rest = element.clone();
    rest.retain_elements(|child| !is_resource(child));
    (inside, rest)
}

const CONTAINER_SETS: &[(&str, SetKind)] =
    &[("instance_attributes", SetKind::Params), ("meta_attributes", SetKind::Meta)];

pub fn group(element: &Element, context: &Context) -> Option<Group> {
    only(element, &["id", "description"])?;
    let (inside, rest) = contents(element);
    let members: Vec<Word> =
        inside.iter().map(|child| attr(child, "id").filter(|_| child.name == "primitive")).collect::<Option<_>>()?;
    Some(Group {
        id: attr(element, "id")?,
        members,
        description: attr(element, "description"),
        sets: sets(&rest, CONTAINER_SETS, context)?,
    })
}

pub fn clone(element: &Element, context: &Context) -> Option<Clone> {
    only(element, &["id", "description"])?;
    let (inside, rest) = contents(element);
    let [child] = inside[..] else { return None };
    Some(Clone {
        id: attr(element, "id")?,
        master: element.name == "master",
        child: attr(child, "id")?,
        description: attr(element, "description"),
        sets: sets(&rest, CONTAINER_SETS, context)?,
    })
}

const ENGINE: &[&str] = &["docker", "podman", "rkt"];

pub fn bundle(element: &Element, context: &Context) -> Option<Bundle> {
    only(element, &["id", "description"])?;
    let owner = element.id()?;
    let part = |child: &Element| {
        Some(match &*child.name {
            name if ENGINE.contains(&name) => {
                childless(child)?;
                BundlePart::Engine { name: word(name), settings: settings(child, &[]) }
            }
            "network" => BundlePart::Network {
                settings: settings(child, &[]),
                ports: mappings(child, "port-mapping", owner, context)?,
            },
            "storage" => {
                only(child, &[])?;
                BundlePart::Storage { mappings: mappings(child, "storage-mapping", owner, context)? }
            }
            "instance_attributes" => BundlePart::Set(attribute_set(child, SetKind::Params, owner, context)?),
            "meta_attributes" => BundlePart::Set(attribute_set(child, SetKind::Meta, owner, context)?),
            "primitive" => BundlePart::Primitive(attr(child, "id")?),
            _ => return None,
        })
    };
    Some(Bundle {
        id: attr(element, "id")?,
        description: attr(element, "description"),
        parts: element.elements().map(part).collect::<Option<_>>()?,
    })
}

fn mappings(element: &Element, name: &str, owner: &str, context: &Context) -> Option<Vec<Mapping>> {
    let mapping = |child: &Element| {
        (child.name == name).then_some(())?;
        childless(child)?;
        Some(Mapping { id: context.shown_id(child, owner), settings: settings(child, &["id"]) })
    };
    element.elements().map(mapping).collect()
}
