//! Roles and those who have them as elements, and the XPaths that short names stand for.

use super::with_options;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Actor, ActorKind, Grant, Permission, Role, Spec, User};

/// A short name with so many arguments, and its XPath with `{0}`, `{1}` in their places.
pub const SHORTCUT_PATHS: &[(&str, usize, &str)] = &[
    ("meta", 2, "//primitive[@id='{0}']/meta_attributes/nvpair[@name='{1}']"),
    ("meta", 1, "//primitive[@id='{0}']/meta_attributes"),
    ("params", 2, "//primitive[@id='{0}']/instance_attributes/nvpair[@name='{1}']"),
    ("params", 1, "//primitive[@id='{0}']/instance_attributes"),
    ("utilization", 1, "//primitive[@id='{0}']/utilization"),
    ("location", 1, "//rsc_location[@id='cli-prefer-{0}' and @rsc='{0}']"),
    ("property", 1, "//crm_config/cluster_property_set/nvpair[@name='{0}']"),
    ("property", 0, "//crm_config/cluster_property_set"),
    ("nodeattr", 1, "//nodes/node/instance_attributes/nvpair[@name='{0}']"),
    ("nodeattr", 0, "//nodes/node/instance_attributes"),
    ("nodeutil", 1, "//nodes/node/utilization[@uname='{0}']"),
    ("nodeutil", 0, "//nodes/node/utilization"),
    ("node", 1, "//nodes/node[@uname='{0}']"),
    ("node", 0, "//nodes/node"),
    ("status", 0, "/cib/status"),
    ("cib", 0, "/cib"),
];

fn path_of(name: &str, arguments: &[quorate_grammar::Word]) -> String {
    let known = SHORTCUT_PATHS.iter().find(|(known, count, _)| *known == name && *count == arguments.len());
    let mut path = known.expect("the grammar reads no other short names").2.to_string();
    for (place, argument) in arguments.iter().enumerate() {
        path = path.replace(&format!("{{{place}}}"), &argument.text);
    }
    path
}

pub fn role(role: &Role) -> Element {
    let element = Element::new("acl_role").with("id", &role.id.text);
    let mut element = with_options(element, &[("description", role.description.as_ref())]);
    for one in &role.permissions {
        let permission = with_options(
            Element::new("acl_permission").with("kind", &one.right.text),
            &[("id", one.id.as_ref()), ("description", one.description.as_ref())],
        );
        element.push(what(permission, &one.what, ["reference", "object-type"]));
    }
    element
}

/// The names of two attributes changed with the schema.
fn what(element: Element, what: &Spec, [reference, kind]: [&str; 2]) -> Element {
    match what {
        Spec::XPath(path) => element.with("xpath", &path.text),
        Spec::Reference(id) => element.with(reference, &id.text),
        Spec::Type { name, attribute } => {
            with_options(element, &[(kind, Some(name)), ("attribute", attribute.as_ref())])
        }
        Spec::Shortcut { name, arguments } => element.with("xpath", path_of(&name.text, arguments)),
    }
}

pub fn actor(actor: &Actor) -> Element {
    let name = match actor.kind {
        ActorKind::Target => "acl_target",
        ActorKind::Group => "acl_group",
    };
    let mut element = with_options(Element::new(name), &[("id", Some(&actor.id)), ("name", actor.name.as_ref())]);
    for role in &actor.roles {
        element.push(Element::new("role").with("id", &role.text));
    }
    element
}

pub fn user(user: &User) -> Element {
    let element = Element::new("acl_user").with("id", &user.id.text);
    let mut element = with_options(element, &[("description", user.description.as_ref())]);
    for grant in &user.grants {
        element.push(match grant {
            Grant::Role(role) => Element::new("role_ref").with("id", &role.text),
            Grant::Permission(permission) => old_permission(permission),
        });
    }
    element
}

fn old_permission(permission: &Permission) -> Element {
    let said = [("id", permission.id.as_ref()), ("description", permission.description.as_ref())];
    what(with_options(Element::new(&permission.right.text), &said), &permission.what, ["ref", "tag"])
}
