//! Roles and those who have them as statements.

use super::{Context, attr, childless, only, word};
use crate::configure::build::SHORTCUT_PATHS;
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{Actor, ActorKind, Grant, Permission, Role, Spec, User};

pub fn role(element: &Element, context: &Context) -> Option<Role> {
    only(element, &["id", "description"])?;
    let owner = element.id()?;
    Some(Role {
        id: attr(element, "id")?,
        description: attr(element, "description"),
        permissions: element.elements().map(|one| permission(one, owner, context)).collect::<Option<_>>()?,
    })
}

fn permission(element: &Element, owner: &str, context: &Context) -> Option<Permission> {
    (element.name == "acl_permission").then_some(())?;
    only(element, &["id", "kind", "description", "xpath", "reference", "object-type", "attribute"])?;
    childless(element)?;
    Some(Permission {
        right: attr(element, "kind")?,
        id: context.shown_id(element, owner),
        description: attr(element, "description"),
        what: what(element, ["reference", "object-type"])?,
    })
}

fn what(element: &Element, [reference, kind]: [&str; 2]) -> Option<Spec> {
    let get = |name| attr(element, name);
    match (get("xpath"), get(reference), get(kind), get("attribute")) {
        (Some(path), None, None, None) => Some(shortcut(&path).unwrap_or(Spec::XPath(path))),
        (None, Some(id), None, None) => Some(Spec::Reference(id)),
        (None, None, Some(name), attribute) => Some(Spec::Type { name, attribute }),
        _ => None,
    }
}

/// The short name for an XPath, if it has one.
fn shortcut(path: &Word) -> Option<Spec> {
    SHORTCUT_PATHS.iter().find_map(|(name, _, form)| {
        let arguments = arguments(form, &path.text)?;
        let plain = |argument: &&str| !argument.is_empty() && !argument.contains([':', '\'', '"', '/', ' ']);
        arguments
            .iter()
            .all(plain)
            .then(|| Spec::Shortcut { name: word(name), arguments: arguments.into_iter().map(word).collect() })
    })
}

/// What stands for `{0}`, `{1}` where the text has this form.
fn arguments<'t>(form: &str, mut text: &'t str) -> Option<Vec<&'t str>> {
    let mut found: Vec<&str> = Vec::new();
    let mut pieces = form.split('{');
    text = text.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let (place, literal) = piece.split_once('}')?;
        let end = if literal.is_empty() { text.len() } else { text.find(literal)? };
        let argument = &text[..end];
        match found.get(place.parse::<usize>().ok()?) {
            Some(before) if *before != argument => return None,
            Some(_) => {}
            None => found.push(argument),
        }
        text = &text[end + literal.len()..];
    }
    text.is_empty().then_some(found)
}

pub fn actor(element: &Element, kind: ActorKind) -> Option<Actor> {
    only(element, &["id", "name"])?;
    let role = |child: &Element| {
        only(child, &["id"])?;
        attr(child, "id").filter(|_| child.name == "role" && child.children.is_empty())
    };
    Some(Actor {
        kind,
        id: attr(element, "id")?,
        name: attr(element, "name"),
        roles: element.elements().map(role).collect::<Option<_>>()?,
    })
}

pub fn user(element: &Element, context: &Context) -> Option<User> {
    only(element, &["id", "description"])?;
    let owner = element.id()?;
    let grant = |child: &Element| {
        childless(child)?;
        if child.name == "role_ref" {
            only(child, &["id"])?;
            return Some(Grant::Role(attr(child, "id")?));
        }
        only(child, &["id", "description", "xpath", "ref", "tag", "attribute"])?;
        matches!(&*child.name, "read" | "write" | "deny").then_some(())?;
        Some(Grant::Permission(Permission {
            right: word(&child.name),
            id: context.shown_id(child, &format!("{owner}-{}", child.name)),
            description: attr(child, "description"),
            what: what(child, ["ref", "tag"])?,
        }))
    };
    Some(User {
        id: attr(element, "id")?,
        description: attr(element, "description"),
        grants: element.elements().map(grant).collect::<Option<_>>()?,
    })
}
