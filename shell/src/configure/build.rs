//! One statement as the element it stands for.
//!
//! In: a statement's value and the catalogue of agents. Out: an `Element` that has the ids which
//! the text names, and no others (see `ids` for the rest).
//! Absent: the document; children of groups and clones, which are moved there by `lower`.

use crate::catalogue::Catalogue;
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, AttributeSet, Node as NodeStatement, Operation, Options, OptionsKind, Pair, Part, Primitive, Rule, SetBody,
    SetKind, Setting, Tag,
};

mod access;
mod alert;
mod bundle;
mod constraint;
mod fencing;
mod rule;

pub use access::{SHORTCUT_PATHS, actor, role, user};
pub use alert::alert;
pub use bundle::bundle;
pub use constraint::{colocation, location, order, ticket};
pub use fencing::topology;
pub use rule::{rule, score_text};

/// Attributes to be set on an element, absent ones left out.
fn with_options(mut element: Element, options: &[(&str, Option<&Word>)]) -> Element {
    for (name, value) in options {
        if let Some(value) = value {
            element.set(name, &value.text);
        }
    }
    element
}

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

fn settings(mut element: Element, settings: &[Setting]) -> Element {
    for (name, value) in settings {
        element.set(&name.text, &value.text);
    }
    element
}

pub fn container(name: &str, id: &Word, description: Option<&Word>, sets: &[AttributeSet]) -> Element {
    let mut element = Element::new(name).with("id", &id.text);
    element = with_options(element, &[("description", description)]);
    push_sets(&mut element, sets);
    element
}

fn push_sets(element: &mut Element, sets: &[AttributeSet]) {
    for set in sets {
        element.push(attribute_set(set));
    }
}

pub fn set_element(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Attributes | SetKind::Params | SetKind::OperationParams => "instance_attributes",
        SetKind::Meta | SetKind::OperationMeta => "meta_attributes",
        SetKind::Utilization => "utilization",
    }
}

pub fn attribute_set(set: &AttributeSet) -> Element {
    let element = Element::new(set_element(set.kind));
    match &set.body {
        SetBody::Reference(id) => element.with("id-ref", &id.text),
        SetBody::Own { id, score, rules, pairs } => {
            let score = score.as_ref().map(|score| Word::new(score_text(score)));
            let mut element = with_options(element, &[("id", id.as_ref()), ("score", score.as_ref())]);
            fill(&mut element, rules, pairs);
            element
        }
    }
}

pub fn options(options: &Options) -> Element {
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

fn fill(element: &mut Element, rules: &[Rule], pairs: &[Pair]) {
    rules.iter().for_each(|one| element.push(rule::rule(one)));
    pairs.iter().for_each(|one| element.push(pair(one)));
}

pub fn pair(pair: &Pair) -> Element {
    let element = Element::new("nvpair");
    match pair {
        Pair::Named { id, name, value } => {
            with_options(element, &[("id", id.as_ref()), ("name", Some(name)), ("value", value.as_ref())])
        }
        Pair::Reference { id, name } => with_options(element, &[("id-ref", Some(id)), ("name", name.as_ref())]),
    }
}

pub fn tag(tag: &Tag) -> Element {
    let mut element = Element::new("tag").with("id", &tag.id.text);
    for member in &tag.members {
        element.push(Element::new("obj_ref").with("id", &member.text));
    }
    element
}
