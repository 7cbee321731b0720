//! A new text in the place of what was there: all of it, or some objects.
//!
//! In: statements, and the configuration they are to replace. Out: the configuration with exactly
//! them. What a statement says as before stays in every detail: order, ids, comments.
//! Absent: reading files and running editors.

use super::lower::{Mode, lower, lower_and_note};
use super::raise::{Context, raise_object};
use super::references;
use crate::catalogue::Catalogue;
use crate::session::Session;
use quorate_core::admin::delete as remove;
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::{Element, Node};
use quorate_grammar::Diagnostic;
use quorate_grammar::crm::ast::{Kind, Statement};
use std::sync::Arc;

/// Everything that the statements do not make goes, but for the nodes.
pub fn replace(configuration: &mut Element, statements: &[Statement], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let before = configuration.clone();
    prune(configuration, statements);
    let found = lower(statements, Mode::Replace, configuration, catalogue);
    if found.iter().any(Diagnostic::is_error) {
        *configuration = before;
    } else {
        drop_emptied_sections(configuration, &before);
    }
    found
}

/// Takes out what no statement makes. What referred to it is a statement's business.
fn prune(configuration: &mut Element, statements: &[Statement]) {
    let kept: Vec<String> = objects::objects(configuration)
        .into_iter()
        .filter(|object| object.kind == "node" || statements.iter().any(|statement| makes(statement, object)))
        .map(|object| format!("{} {}", object.kind, object.id))
        .collect();
    prune_below(configuration, &kept);
}

/// Objects are elements of sections; resources are in each other, too.
fn prune_below(parent: &mut Element, kept: &[String]) {
    let children = std::mem::take(&mut parent.children);
    for mut node in children {
        let Node::Element(child) = &mut node else {
            parent.children.push(node);
            continue;
        };
        let Some(name) = objects::name_of(child, &parent.name) else {
            prune_below(Arc::make_mut(child), kept);
            parent.children.push(node);
            continue;
        };
        let stays = kept.contains(&name);
        if is_resource(child) {
            prune_below(Arc::make_mut(child), kept);
        }
        match stays {
            true => parent.children.push(node),
            false => parent.children.extend(child.children.iter().filter(|node| is_member(node)).cloned()),
        }
    }
}

fn is_member(node: &Node) -> bool {
    node.element().is_some_and(|child| is_resource(child))
}

fn makes(statement: &Statement, object: &Object) -> bool {
    match &statement.kind {
        Kind::Xml(_) | Kind::Topology(_) => mentions(statement, &object.id),
        Kind::Options(options) if options.reference.is_some() => {
            options.kind.keyword() == object.kind
                && object.element.attr("id-ref") == options.reference.as_ref().map(|reference| reference.as_str())
        }
        Kind::Options(options) if options.id.is_none() => {
            options.kind.keyword() == object.kind && object.id == "cib-bootstrap-options"
        }
        kind => kind.keyword() == object.kind && kind.id().is_some_and(|id| id.text == object.id),
    }
}

/// Optional sections that lost all they had are left out; those that were empty before stay.
fn drop_emptied_sections(configuration: &mut Element, before: &Element) {
    let full = |name: &str| before.child(name).is_some_and(|section| section.elements().next().is_some());
    let needed = |name: &str| matches!(name, "crm_config" | "nodes" | "resources" | "constraints");
    configuration.retain_elements(|section| {
        section.elements().next().is_some() || needed(&section.name) || !full(&section.name)
    });
}

/// Replaces some objects by a new text: what is in it is made or changed, what is missing is deleted.
/// Notes say what became of other objects by it.
pub fn replace_objects(
    session: &Session,
    document: &Document,
    selected: &[objects::Object],
    statements: &[Statement],
) -> Result<(Document, Vec<String>), Vec<Diagnostic>> {
    let mut new = document.clone();
    let mut notes = Vec::new();
    let configuration = new.configuration_mut();
    let context_statements = {
        let context = Context::of(document.configuration(), session.catalogue());
        selected.iter().map(|object| (object.id.clone(), raise_object(object, &context))).collect::<Vec<_>>()
    };
    let kept = |id: &str, old: &Statement| {
        statements.iter().any(|statement| {
            statement == old || statement.kind.id().is_some_and(|new| new.text == id) || mentions(statement, id)
        })
    };
    let gone: Vec<String> =
        context_statements.into_iter().filter(|(id, old)| !kept(id, old)).map(|(id, _)| id).collect();
    if let Err(error) = remove::delete(configuration, &gone) {
        return Err(vec![Diagnostic::error(
            Default::default(),
            format!("what is missing from the text cannot be deleted: {error:?}"),
        )]);
    }
    let mut found = lower_and_note(statements, Mode::Replace, configuration, session.catalogue(), &mut notes);
    if found.is_empty() {
        found = references::check(statements, configuration);
    }
    if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok((new, notes)) }
}

/// Statements without an id of their own: the topology by its keyword, XML by its element's id.
fn mentions(statement: &Statement, id: &str) -> bool {
    match &statement.kind {
        Kind::Topology(_) => id == "fencing_topology",
        Kind::Xml(xml) => quorate_core::xml::read(&xml.text).is_ok_and(|element| {
            let topology = element.name == "fencing-topology" && id == "fencing_topology";
            let defaults = matches!(&*element.name, "rsc_defaults" | "op_defaults");
            topology || element.id() == Some(id) || defaults && element.elements().any(|set| set.id() == Some(id))
        }),
        _ => false,
    }
}
