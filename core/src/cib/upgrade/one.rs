//! From 1.3 to 2.0: access control lists name their parts anew.
//!
//! A user's own permissions become a role of its own; `read`, `write` and `deny` become
//! `acl_permission` with a kind.

use super::tree::{replace_children, section};
use super::warning::Warning;
use crate::xml::{Element, Node};

/// What the old elements' attributes are called now.
const RENAMED: [(&str, &str); 2] = [("ref", "reference"), ("tag", "object-type")];

/// Schema 1.x to 2.0: permissions in today's form, and what to say of that.
pub fn permissions(mut root: Element) -> (Element, Vec<Warning>) {
    if let Some(acls) = section(&mut root, "acls") {
        replace_children(acls, |child| match child.name.as_str() {
            "acl_user" => user(&child),
            "acl_role" => vec![Node::from(role(child))],
            _ => vec![Node::from(child)],
        });
    }
    root.set("validate-with", "pacemaker-2.0");
    (root, Vec::new())
}

/// A target for the user, and the role that holds what it alone may do.
fn user(user: &Element) -> Vec<Node> {
    let id = user.id().unwrap_or_default();
    let mut target = Element::new("acl_target").with("id", id);
    for reference in user.elements_named("role_ref") {
        target.push(Element::new("role").with("id", reference.id().unwrap_or_default()));
    }
    let own: Vec<Element> = user.elements().filter_map(permission).collect();
    if own.is_empty() {
        return vec![Node::from(target)];
    }
    let role_id = format!("auto-{id}");
    target.push(Element::new("role").with("id", &role_id));
    let mut role = Element::new("acl_role").with("id", &role_id);
    own.into_iter().for_each(|permission| role.push(permission));
    vec![Node::from(target), Node::from(role)]
}

fn role(mut role: Element) -> Element {
    replace_children(&mut role, |child| vec![Node::from(permission(&child).unwrap_or(child))]);
    role
}

fn permission(old: &Element) -> Option<Element> {
    if !matches!(old.name.as_str(), "read" | "write" | "deny") {
        return None;
    }
    let mut new = Element::new("acl_permission");
    new.set("id", old.id().unwrap_or_default());
    new.set("kind", old.name.as_str());
    for (name, value) in old.attributes.iter().filter(|(name, _)| *name != "id") {
        let renamed = RENAMED.iter().find(|(old, _)| *name == **old).map_or(name.as_str(), |(_, new)| new);
        new.set(renamed, value);
    }
    Some(new)
}
