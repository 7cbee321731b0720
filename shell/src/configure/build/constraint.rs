//! Constraints as elements.

use super::rule::{rule, set_score};
use super::{settings, with_options};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Colocation, Location, Member, Members, Order, Place, ResourceSet, Target, Ticket};

pub fn location(location: &Location) -> Element {
    let mut element = Element::new("rsc_location").with("id", &location.id.text);
    match &location.target {
        Target::Resource(resource) => element.set("rsc", &resource.text),
        Target::Pattern(pattern) => element.set("rsc-pattern", &pattern.text),
        Target::Sets(sets) => push_resource_sets(&mut element, sets, "role"),
    }
    element = settings(element, &location.attributes);
    element = with_options(element, &[("role", location.role.as_ref())]);
    match &location.place {
        Place::Node { score, node } => {
            set_score(&mut element, score);
            element.set("node", &node.text);
        }
        Place::Rules(rules) => rules.iter().for_each(|one| element.push(rule(one))),
        Place::None => {}
    }
    settings(element, &location.verbatim)
}

pub fn colocation(colocation: &Colocation) -> Element {
    let mut element = Element::new("rsc_colocation").with("id", &colocation.id.text);
    set_score(&mut element, &colocation.score);
    let said = [("node-attribute", colocation.node_attribute.as_ref()), ("influence", colocation.influence.as_ref())];
    element = with_options(element, &said);
    members(&mut element, &colocation.members, ["rsc", "with-rsc"], "role");
    settings(element, &colocation.verbatim)
}

pub fn order(order: &Order) -> Element {
    let mut element = Element::new("rsc_order").with("id", &order.id.text);
    element = with_options(element, &[("kind", order.kind.as_ref()), ("symmetrical", order.symmetrical.as_ref())]);
    members(&mut element, &order.members, ["first", "then"], "action");
    settings(element, &order.verbatim)
}

pub fn ticket(ticket: &Ticket) -> Element {
    let mut element = Element::new("rsc_ticket").with("id", &ticket.id.text).with("ticket", &ticket.ticket.text);
    element = with_options(element, &[("loss-policy", ticket.loss_policy.as_ref())]);
    members(&mut element, &ticket.members, ["rsc", "rsc"], "role");
    settings(element, &ticket.verbatim)
}

fn members(element: &mut Element, members: &Members, names: [&str; 2], qualifier: &str) {
    match members {
        Members::One(only) => member(element, only, names[0], qualifier),
        Members::Two(first, second) => {
            member(element, first, names[0], qualifier);
            member(element, second, names[1], qualifier);
        }
        Members::Sets(sets) => push_resource_sets(element, sets, qualifier),
    }
}

fn member(element: &mut Element, member: &Member, name: &str, qualifier: &str) {
    element.set(name, &member.resource.text);
    if let Some(word) = &member.qualifier {
        let instance = word.text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = if instance { "instance" } else { qualifier };
        element.set(&format!("{name}-{kind}"), &word.text);
    }
}

fn push_resource_sets(element: &mut Element, sets: &[ResourceSet], qualifier: &str) {
    for set in sets {
        element.push(resource_set(set, qualifier));
    }
}

fn resource_set(set: &ResourceSet, qualifier: &str) -> Element {
    let element = Element::new("resource_set");
    if let Some(reference) = &set.reference {
        return element.with("id-ref", &reference.text);
    }
    let mut element = with_options(element, &[("id", set.id.as_ref())]);
    if !set.require_all {
        element.set("require-all", "false");
    }
    if !set.sequential {
        element.set("sequential", "false");
    }
    element = with_options(element, &[(qualifier, set.qualifier.as_ref())]);
    element = settings(element, &set.attributes);
    for member in &set.members {
        element.push(Element::new("resource_ref").with("id", &member.text));
    }
    element
}
