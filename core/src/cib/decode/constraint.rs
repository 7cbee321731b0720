//! Constraints and the resource sets in them.
//!
//! In: the `<constraints>` section. Out: `Constraint`s in document order.

use super::{Reader, owned};
use crate::cib::model::constraint::{
    Colocation, ColocationOf, Constraint, Location, LocationOf, LocationWant, Order, OrderKind, OrderOf, ResourceSet,
    Ticket, TicketOf,
};
use crate::note::Note;
use crate::score::Score;
use crate::xml::Element;

impl<'a> Reader<'a> {
    pub(super) fn constraints(&mut self, section: Option<&'a Element>) -> Vec<Constraint> {
        section.into_iter().flat_map(Element::elements).filter_map(|element| self.constraint(element)).collect()
    }

    fn constraint(&mut self, element: &'a Element) -> Option<Constraint> {
        let Some(id) = element.id().map(str::to_owned) else {
            self.notes.push(Note::error("", format!("ignoring a <{}> without id", element.name)));
            return None;
        };
        match element.name.as_str() {
            "rsc_location" => self.location(element, id).map(Constraint::Location),
            "rsc_colocation" => self.colocation(element, id).map(Constraint::Colocation),
            "rsc_order" => self.order(element, id).map(Constraint::Order),
            "rsc_ticket" => self.ticket(element, id).map(Constraint::Ticket),
            other => {
                self.notes.push(Note::error(id, format!("ignoring this constraint of unknown type '{other}'")));
                None
            }
        }
    }

    fn location(&mut self, element: &'a Element, id: String) -> Option<Location> {
        let sets = self.resource_sets(element);
        let of = match (element.attr("rsc"), element.attr("rsc-pattern")) {
            _ if !sets.is_empty() => LocationOf::Sets(sets),
            (Some(resource), _) => LocationOf::Resource(resource.to_owned()),
            (None, Some(pattern)) => LocationOf::Pattern(pattern.to_owned()),
            (None, None) => return self.without(id, "a resource"),
        };
        let want = match element.attr("node") {
            Some(node) => LocationWant::Node { node: node.to_owned(), score: self.score(element) },
            None => {
                let rules: Vec<_> = element.elements_named("rule").filter_map(|rule| self.rule(rule)).collect();
                if rules.is_empty() { LocationWant::Nothing } else { LocationWant::Rules(rules) }
            }
        };
        Some(Location { of, role: owned(element, "role"), want, discovery: owned(element, "resource-discovery"), id })
    }

    fn colocation(&mut self, element: &'a Element, id: String) -> Option<Colocation> {
        let sets = self.resource_sets(element);
        let of = match (element.attr("rsc"), element.attr("with-rsc")) {
            _ if !sets.is_empty() => ColocationOf::Sets(sets),
            (Some(dependent), Some(primary)) => ColocationOf::Pair {
                dependent: dependent.to_owned(),
                dependent_role: owned(element, "rsc-role"),
                primary: primary.to_owned(),
                primary_role: owned(element, "with-rsc-role"),
                node_attribute: owned(element, "node-attribute"),
            },
            (None, _) => return self.without(id, "rsc"),
            (_, None) => return self.without(id, "with-rsc"),
        };
        let influence = self.boolean(element, "influence");
        Some(Colocation { score: self.score(element).unwrap_or(Score::ZERO), influence, of, id })
    }

    fn order(&mut self, element: &'a Element, id: String) -> Option<Order> {
        let sets = self.resource_sets(element);
        let of = match (element.attr("first"), element.attr("then")) {
            _ if !sets.is_empty() => OrderOf::Sets(sets),
            (Some(first), Some(then)) => OrderOf::Pair {
                first: first.to_owned(),
                first_action: owned(element, "first-action"),
                then: then.to_owned(),
                then_action: owned(element, "then-action"),
            },
            (None, _) => return self.without(id, "first"),
            (_, None) => return self.without(id, "then"),
        };
        Some(Order {
            kind: self.order_kind(element),
            score: self.score(element),
            symmetrical: self.boolean(element, "symmetrical"),
            require_all: self.boolean(element, "require-all"),
            of,
            id,
        })
    }

    fn ticket(&mut self, element: &'a Element, id: String) -> Option<Ticket> {
        let Some(ticket) = owned(element, "ticket") else { return self.without(id, "a ticket") };
        let sets = self.resource_sets(element);
        let of = match element.attr("rsc") {
            _ if !sets.is_empty() => TicketOf::Sets(sets),
            Some(resource) => TicketOf::Resource { resource: resource.to_owned(), role: owned(element, "rsc-role") },
            None => return self.without(id, "a resource"),
        };
        Some(Ticket { ticket, loss_policy: owned(element, "loss-policy"), of, id })
    }

    fn without<T>(&mut self, id: String, what: &str) -> Option<T> {
        self.notes.push(Note::error(id, format!("ignoring this constraint because it names no {what}")));
        None
    }

    fn order_kind(&mut self, element: &Element) -> Option<OrderKind> {
        let text = element.attr("kind")?;
        match text.to_ascii_lowercase().as_str() {
            "optional" => Some(OrderKind::Optional),
            "mandatory" => Some(OrderKind::Mandatory),
            "serialize" => Some(OrderKind::Serialize),
            _ => {
                let about = element.id().unwrap_or("");
                self.notes.push(Note::error(about, format!("using Mandatory because '{text}' is not a kind of order")));
                Some(OrderKind::Mandatory)
            }
        }
    }

    fn resource_sets(&mut self, element: &'a Element) -> Vec<ResourceSet> {
        element.elements_named("resource_set").filter_map(|set| self.resource_set(set)).collect()
    }

    fn resource_set(&mut self, element: &'a Element) -> Option<ResourceSet> {
        let element = self.follow(element)?;
        Some(ResourceSet {
            id: element.id().unwrap_or("").to_owned(),
            sequential: self.boolean(element, "sequential"),
            require_all: self.boolean(element, "require-all"),
            ordering: owned(element, "ordering"),
            action: owned(element, "action"),
            role: owned(element, "role"),
            score: self.score(element),
            kind: self.order_kind(element),
            resources: element.elements_named("resource_ref").filter_map(|r| r.id()).map(str::to_owned).collect(),
        })
    }
}
