//! One statement as the element it stands for.
//!
//! In: a statement's value and the catalogue of agents. Out: an `Element` that has the ids which
//! the text names, and no others (see `ids` for the rest).
//! Absent: the document; children of groups and clones, which are moved there by `lower`.

use crate::catalogue::Catalogue;
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, AttributeSet, Node as NodeStatement, Operation, OptionSet, OptionsKind, Part, Primitive, Tag,
};

mod access;
mod alert;
mod attribute;
mod bundle;
mod constraint;
mod fencing;
mod rule;
mod set;

pub use access::{SHORTCUT_PATHS, actor, role, user};
pub use alert::alert;
pub use bundle::bundle;
pub use constraint::{colocation, location, order, ticket};
pub use fencing::topology;
pub use rule::{rule, score_text};
pub use set::{attribute_set, pair, set_element};

use attribute::{settings, with_options};
use set::{fill, push_sets};

/// The comments above a statement become comments inside the element.
pub fn with_comments(element: &mut Element, comments: &[String]) {
    let comments = comments.iter().map(|comment| Node::Comment(comment.as_str().into()));
    element.children.splice(0..0, comments);
}

pub fn node(node: &NodeStatement) -> Element {
    let element = Element::new("node");
    let id = node.id.as_ref().unwrap_or(&node.name);
    let mut element = with_options(
        element,
        &[
            ("id", Some(id)),
            ("uname", Some(&node.name)),
            ("type", node.kind.as_ref()),
            ("description", node.description.as_ref()),
            ("score", node.score.as_ref()),
        ],
    );
    push_sets(&mut element, &node.sets);
    element
}

pub fn primitive(primitive: &Primitive, template: bool, catalogue: &Catalogue) -> Element {
    let name = if template { "template" } else { "primitive" };
    let mut element = Element::new(name).with("id", &primitive.id.text);
    match &primitive.agent {
        Agent::Template(template) => element.set("template", &template.text),
        Agent::Type { class, provider, name } => {
            let agent =
                catalogue.resolve(class.as_ref().map(Word::as_str), provider.as_ref().map(Word::as_str), &name.text);
            element.set("class", agent.class);
            if let Some(provider) = agent.provider {
                element.set("provider", provider);
            }
            element.set("type", &name.text);
        }
    }
    element = with_options(element, &[("description", primitive.description.as_ref())]);
    for part in &primitive.parts {
        match part {
            Part::Set(set) => element.push(attribute_set(set)),
            Part::Operations(said) => {
                let operations = element.child_or_new("operations");
                for (name, value) in [("id", &said.id), ("id-ref", &said.reference)] {
                    if let Some(value) = value {
                        operations.set(name, &value.text);
                    }
                }
            }
            Part::Operation(op) => element.child_or_new("operations").push(operation(op)),
        }
    }
    element
}

pub fn operation(operation: &Operation) -> Element {
    let mut element = settings(Element::new("op").with("name", &operation.name.text), &operation.attributes);
    if element.attr("interval").is_none() {
        // The schema wants one; 0 is what the cluster takes an absent one for.
        element.set("interval", "0s");
    }
    push_sets(&mut element, &operation.sets);
    element
}

pub fn container(name: &str, id: &Word, description: Option<&Word>, sets: &[AttributeSet]) -> Element {
    let mut element = Element::new(name).with("id", &id.text);
    element = with_options(element, &[("description", description)]);
    push_sets(&mut element, sets);
    element
}

pub fn options(options: &OptionSet) -> Element {
    let name = match options.kind {
        OptionsKind::Property => "cluster_property_set",
        OptionsKind::ResourceDefaults | OptionsKind::OperationDefaults => "meta_attributes",
    };
    let score = options.score.as_ref().map(|score| Word::new(score_text(score)));
    let said = [("id", options.id.as_ref()), ("id-ref", options.reference.as_ref()), ("score", score.as_ref())];
    let mut element = with_options(Element::new(name), &said);
    fill(&mut element, &options.rules, &options.pairs);
    element
}

pub fn tag(tag: &Tag) -> Element {
    let mut element = Element::new("tag").with("id", &tag.id.text);
    for member in &tag.members {
        element.push(Element::new("obj_ref").with("id", &member.text));
    }
    element
}
