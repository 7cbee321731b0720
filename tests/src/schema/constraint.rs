//! Constraints made up along the schema.

use super::{Maker, ROLES};
use quorate_core::xml::Element;

impl Maker<'_> {
    pub(super) fn constraints(&mut self) -> Element {
        let mut constraints = Element::new("constraints");
        if self.resources.len() < 2 {
            return constraints;
        }
        for _ in 0..self.some(6) {
            let constraint = match self.chance.below(4) {
                0 => self.location(),
                1 => self.colocation(),
                2 => self.order(),
                _ => self.ticket(),
            };
            constraints.push(constraint);
        }
        constraints
    }

    pub(super) fn resource(&mut self) -> String {
        self.pick(&self.resources.clone()).expect("there are resources")
    }

    pub(super) fn resource_sets(&mut self, element: &mut Element) {
        for _ in 0..1 + self.some(2) {
            if let Some(id) = self.pick(&self.resource_sets.clone()).filter(|_| self.maybe(10)) {
                element.push(Element::new("resource_set").with("id-ref", id));
                continue;
            }
            let id = self.id();
            let mut set = Element::new("resource_set").with("id", &id);
            self.set(&mut set, 30, "sequential", &["true", "false"]);
            self.set(&mut set, 30, "require-all", &["true", "false"]);
            self.set(&mut set, 10, "ordering", &["group", "listed"]);
            self.set(&mut set, 20, "action", &["start", "stop", "promote", "demote"]);
            self.set(&mut set, 20, "role", ROLES);
            self.set(&mut set, 10, "kind", &["Optional", "Mandatory", "Serialize"]);
            if set.attr("kind").is_none() && self.maybe(10) {
                let score = self.score();
                set.set("score", score);
            }
            for _ in 0..1 + self.some(2) {
                set.push(Element::new("resource_ref").with("id", self.resource()));
            }
            self.resource_sets.push(id);
            element.push(set);
        }
    }

    pub(super) fn location(&mut self) -> Element {
        let mut location = Element::new("rsc_location").with("id", self.id());
        match self.chance.below(3) {
            0 => {
                self.resource_sets(&mut location);
            }
            1 => {
                self.set(&mut location, 100, "rsc-pattern", &["a.*", "^x y$", "p\\.d"]);
                self.set(&mut location, 30, "role", ROLES);
            }
            _ => {
                location.set("rsc", self.resource());
                self.set(&mut location, 30, "role", ROLES);
            }
        }
        if self.maybe(50) {
            let score = self.score();
            location.set("score", score);
            self.set(&mut location, 100, "node", &["node1", "a b", "ünü"]);
        } else {
            let rule = self.rule(2);
            location.push(rule);
        }
        self.set(&mut location, 30, "resource-discovery", &["always", "never", "exclusive"]);
        location
    }

    pub(super) fn colocation(&mut self) -> Element {
        let mut colocation = Element::new("rsc_colocation").with("id", self.id());
        if self.maybe(80) {
            let score = self.score();
            colocation.set("score", score);
        }
        self.set(&mut colocation, 20, "influence", &["true", "false", "maybe so"]);
        if self.maybe(50) {
            self.resource_sets(&mut colocation);
            return colocation;
        }
        colocation.set("rsc", self.resource());
        colocation.set("with-rsc", self.resource());
        self.set(&mut colocation, 20, "node-attribute", &["rack", "Ra ck"]);
        self.set(&mut colocation, 30, "rsc-role", ROLES);
        self.set(&mut colocation, 30, "with-rsc-role", ROLES);
        colocation
    }

    pub(super) fn order(&mut self) -> Element {
        let mut order = Element::new("rsc_order").with("id", self.id());
        self.set(&mut order, 30, "symmetrical", &["true", "false"]);
        self.set(&mut order, 20, "require-all", &["true", "false"]);
        match self.chance.below(3) {
            0 => {}
            1 => {
                let score = self.score();
                order.set("score", score);
            }
            _ => self.set(&mut order, 100, "kind", &["Optional", "Mandatory", "Serialize"]),
        }
        if self.maybe(50) {
            self.resource_sets(&mut order);
            return order;
        }
        order.set("first", self.resource());
        order.set("then", self.resource());
        self.set(&mut order, 30, "first-action", &["start", "promote", "stop", "demote"]);
        self.set(&mut order, 30, "then-action", &["stop", "demote", "start", "promote"]);
        order
    }

    pub(super) fn ticket(&mut self) -> Element {
        let mut ticket = Element::new("rsc_ticket").with("id", self.id());
        self.set(&mut ticket, 100, "ticket", &["ticketA", "a b"]);
        self.set(&mut ticket, 50, "loss-policy", &["stop", "demote", "fence", "freeze"]);
        if self.maybe(50) {
            self.resource_sets(&mut ticket);
        } else {
            ticket.set("rsc", self.resource());
            self.set(&mut ticket, 50, "rsc-role", ROLES);
        }
        ticket
    }
}
