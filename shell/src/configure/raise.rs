//! Elements of a document as statements.
//!
//! In: an object's element. Out: the statement that makes it, or `None` if the language cannot say
//! it; such an object is shown as `xml <…>`.
//! Every attribute and child must be accounted for: what is not understood is not left out.
//! Absent: the order of objects (see `show`), the document around them.

mod access;
mod alert;
mod attributes;
mod constraint;
mod context;
mod fencing;
mod resource;
mod rule;

pub use context::Context;

use crate::configure::REFERENCE;
use attributes::rules_and_pairs;
use context::{attr, childless, only, settings, word};
use quorate_core::cib::objects::{Object, is_resource};
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{ActorKind, Kind, OptionSet, OptionsKind, Statement, Tag};
use quorate_grammar::crm::{parse, print};
use rule::faithful_score;
use std::sync::Arc;

/// The statement of an object: in the language if it can say all of it, else as XML.
pub fn raise_object(object: &Object, context: &Context) -> Statement {
    in_words(object, context).filter(says_itself).unwrap_or_else(|| in_xml(object))
}

/// The same for whoever asks what an object says, and does not write it: whether a text of it would be read back
/// as the same is not tried.
pub fn meaning(object: &Object, context: &Context) -> Statement {
    in_words(object, context).unwrap_or_else(|| in_xml(object))
}

fn in_words(object: &Object, context: &Context) -> Option<Statement> {
    let element = object.element;
    let kind = match defaults(object) {
        Some(kind) if element.name == "meta_attributes" => Kind::Options(options(element, kind, context)?),
        Some(_) => return None,
        None => kind(element, context)?,
    };
    Some(Statement { comments: comments(element), ..Statement::new(kind) })
}

fn in_xml(object: &Object) -> Statement {
    let element = match defaults(object) {
        // The same element stands in two sections; the section must be said too.
        Some(kind) => Element::new(kind.keyword()).with_child(object.element.clone()),
        None => object.element.clone(),
    };
    Statement::new(Kind::Xml(as_xml(element)))
}

/// Whose defaults the object is, if it is a set of such.
fn defaults(object: &Object) -> Option<OptionsKind> {
    let defaults = [OptionsKind::ResourceDefaults, OptionsKind::OperationDefaults];
    defaults.into_iter().find(|kind| kind.keyword() == object.kind)
}

/// Resources inside a container are objects of their own; the container's XML only refers to them.
fn as_xml(mut element: Element) -> Word {
    for node in &mut element.children {
        if let Node::Element(child) = node
            && is_resource(child)
        {
            let reference = Element::new(REFERENCE).with("id", child.id().unwrap_or_default());
            *node = Node::from(reference);
        }
    }
    flatten_comments(&mut element);
    Word::new(quorate_core::xml::write_pretty(&element).trim_end())
}

/// The lines of a comment would be joined when the statement is read; here they are joined already.
fn flatten_comments(element: &mut Element) {
    for node in &mut element.children {
        match node {
            Node::Comment(text) if text.contains('\n') => {
                let words: Vec<&str> = text.split_whitespace().collect();
                *text = format!(" {} ", words.join(" ")).into();
            }
            Node::Element(child) => flatten_comments(Arc::make_mut(child)),
            Node::Comment(_) | Node::Text(_) => {}
        }
    }
}

/// Whether two texts of XML are the same object.
pub fn same_xml(one: &Word, other: &Word) -> bool {
    let read = |word: &Word| quorate_core::xml::read(&word.text).map(as_xml).ok();
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}

/// The last check: the printed text must be read back as the same statement.
fn says_itself(statement: &Statement) -> bool {
    let text = print::print(statement);
    let (read, diagnostics) = parse(&text);
    !diagnostics.iter().any(|diagnostic| diagnostic.is_error()) && read.iter().eq([statement])
}

fn comments(element: &Element) -> Vec<String> {
    let comment = |node: &Node| match node {
        Node::Comment(text) if text.trim_start().starts_with('#') => Some(text.trim().to_string()),
        _ => None,
    };
    element.children.iter().filter_map(comment).collect()
}

fn kind(element: &Element, context: &Context) -> Option<Kind> {
    Some(match &*element.name {
        "node" => Kind::Node(resource::node(element, context)?),
        "primitive" => Kind::Primitive(resource::primitive(element, context)?),
        "template" => Kind::Template(resource::primitive(element, context)?),
        "group" => Kind::Group(resource::group(element, context)?),
        "clone" | "master" => Kind::Clone(resource::clone(element, context)?),
        "bundle" => Kind::Bundle(resource::bundle(element, context)?),
        "acl_role" => Kind::Role(access::role(element, context)?),
        "acl_target" => Kind::Actor(access::actor(element, ActorKind::Target)?),
        "acl_group" => Kind::Actor(access::actor(element, ActorKind::Group)?),
        "acl_user" => Kind::User(access::user(element, context)?),
        "alert" => Kind::Alert(alert::alert(element, context)?),
        "rsc_location" => Kind::Location(constraint::location(element, context)?),
        "rsc_colocation" => Kind::Colocation(constraint::colocation(element, context)?),
        "rsc_order" => Kind::Order(constraint::order(element, context)?),
        "rsc_ticket" => Kind::Ticket(constraint::ticket(element, context)?),
        "tag" => Kind::Tag(tag(element)?),
        "fencing-topology" => Kind::Topology(fencing::topology(element, context)?),
        "cluster_property_set" => Kind::Options(options(element, OptionsKind::Property, context)?),
        _ => return None,
    })
}

// ---- the rest --------------------------------------------------------------------------------------

fn options(element: &Element, kind: OptionsKind, context: &Context) -> Option<OptionSet> {
    if let Some(reference) = attr(element, "id-ref") {
        only(element, &["id-ref"])?;
        childless(element)?;
        let (id, score, rules, pairs) = (None, None, Vec::new(), Vec::new());
        return Some(OptionSet { kind, id, reference: Some(reference), score, rules, pairs });
    }
    only(element, &["id", "score"])?;
    let score = match element.attr("score") {
        Some(text) => Some(faithful_score(text)?),
        None => None,
    };
    let (rules, pairs) = rules_and_pairs(element, context)?;
    Some(OptionSet { kind, id: attr(element, "id"), reference: None, score, rules, pairs })
}

fn tag(element: &Element) -> Option<Tag> {
    only(element, &["id"])?;
    let member = |child: &Element| attr(child, "id").filter(|_| child.name == "obj_ref" && child.attributes.len() == 1);
    let members: Vec<Word> = element.elements().map(member).collect::<Option<_>>()?;
    Some(Tag { id: attr(element, "id")?, members })
}
