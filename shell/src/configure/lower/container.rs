//! Groups, clones and bundles put onto a document, and the members they take in.

use super::{Lowered, Lowering, keep_foreign_comments, unknown_resource};
use crate::configure::REFERENCE;
use crate::configure::build;
use quorate_core::admin::delete as remove;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::{Element, Node};
use quorate_grammar::crm::ast::{Kind, Statement};
use quorate_grammar::{Diagnostic, Word};

impl Lowering<'_> {
    /// Takes apart every container that is about to be made anew, so that members can change places.
    pub(super) fn dissolve(&mut self, statements: &[&Statement]) {
        for statement in statements {
            let (Kind::Group(_) | Kind::Clone(_) | Kind::Bundle(_)) = &statement.kind else { continue };
            let Some(id) = statement.kind.id() else { continue };
            let Some(object) = objects::find_resource(self.configuration, &id.text) else { continue };
            if matches!(object.kind, "group" | "clone" | "ms" | "bundle") {
                let place = object.place.clone();
                self.open(&place);
            }
        }
    }

    /// Replaces a container by a marker that keeps its own parts. Its members go behind the outermost
    /// container, where every other may take them.
    pub(super) fn open(&mut self, place: &[usize]) {
        let mut element = objects::take(self.configuration, place);
        let members: Vec<Node> = element.children.iter().filter(|node| is_member(node)).cloned().collect();
        element.children.retain(|node| !is_member(node));
        element.set(OPEN, "true");
        objects::insert(self.configuration, place, element);
        let (section, outermost) = (place[0], place[1]);
        let resources = objects::at_mut(self.configuration, &[section]);
        resources.children.splice(outermost + 1..outermost + 1, members);
    }

    /// Builds a container where its opened predecessor stands, or behind all others as crmsh does (the
    /// scheduler looks at resources in that order), and moves the members into it.
    pub(super) fn container(
        &mut self,
        id: &Word,
        members: &[Word],
        mut element: Element,
        comments: &[String],
    ) -> Lowered {
        build::with_comments(&mut element, comments);
        let opened = objects::find_resource(self.configuration, &id.text)
            .filter(|object| object.element.attr(OPEN).is_some())
            .map(|object| object.place);
        let other = if opened.is_none() { self.old(id, &element)? } else { None };
        self.check_members(id, members, &element)?;
        if let Some((place, other)) = other {
            // The same id, but another sort of object: the old one goes.
            objects::take(self.configuration, &place);
            self.pool.release(&other);
        }
        match &opened {
            Some(place) => {
                let old = objects::at(self.configuration, place).clone();
                keep_foreign_comments(&mut element, &old);
                self.assign(&mut element, Some(&old));
                *objects::at_mut(self.configuration, place) = element;
            }
            None => {
                self.assign(&mut element, None);
                self.configuration.child_or_new("resources").push(element);
            }
        }
        for member in members {
            let place = self.place_of(&member.text);
            let moved = objects::take(self.configuration, &place);
            let container = self.place_of(&id.text);
            put(objects::at_mut(self.configuration, &container), moved);
        }
        if opened.is_none() {
            self.adopt(members, &id.text);
        }
        Ok(())
    }

    /// Constraints on members become those of their new container, save those that are being written.
    fn adopt(&mut self, members: &[Word], container: &str) {
        for member in members {
            let notes = remove::adopt(self.configuration, &member.text, container, &self.stated);
            self.notes.extend(notes);
        }
    }

    fn place_of(&self, id: &str) -> objects::Place {
        objects::find_resource(self.configuration, id).expect("it was found just before").place
    }

    /// Members must exist, fit, and not be in another container that stays as it is.
    fn check_members(&self, id: &Word, members: &[Word], container: &Element) -> Lowered {
        for member in members {
            let Some(object) = objects::find_resource(self.configuration, &member.text) else {
                return Err(missing_member(self.configuration, id, member));
            };
            check_content(container, id, member, &object)?;
            let above = &object.place[..object.place.len() - 1];
            if above.len() > 1 {
                let holder = objects::at(self.configuration, above);
                let holder_id = holder.id().unwrap_or_default();
                let message = format!("`{}` is already in {} `{holder_id}`", member.text, holder.name);
                return Err(Diagnostic::error(member.span, message).hint(format!("take it out of `{holder_id}` first")));
            }
        }
        Ok(())
    }
}

/// Where the container refers to the member, else at its end.
fn put(container: &mut Element, member: Element) {
    let is_reference =
        |node: &Node| node.element().is_some_and(|child| child.name == REFERENCE && child.id() == member.id());
    match container.children.iter().position(is_reference) {
        Some(at) => container.children[at] = Node::from(member),
        None => container.push(member),
    }
}

/// Marks a container whose members have been set free; never leaves this file.
const OPEN: &str = "quorate-open";

fn is_member(node: &Node) -> bool {
    node.element().is_some_and(|child| is_resource(child))
}

fn check_content(container: &Element, id: &Word, member: &Word, object: &Object) -> Lowered {
    let allowed = match &*container.name {
        "group" | "bundle" => object.kind == "primitive",
        _ => matches!(object.kind, "primitive" | "group"),
    };
    if allowed && member != id {
        return Ok(());
    }
    let what = match &*container.name {
        "group" => "a group contains primitives",
        "bundle" => "a bundle contains a primitive",
        _ => "a clone contains a primitive or a group",
    };
    Err(Diagnostic::error(member.span, format!("{what}; `{}` is a {}", member.text, object.kind)))
}

fn missing_member(configuration: &Element, id: &Word, member: &Word) -> Diagnostic {
    let mut diagnostic = unknown_resource(configuration, member);
    diagnostic.message = format!("`{}` refers to `{}`, which does not exist", id.text, member.text);
    diagnostic
}
