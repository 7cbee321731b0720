//! Constraints and the sets in them as text.

use super::{Printer, Role};
use crate::crm::ast::{Colocation, Location, Member, Members, Order, Place, ResourceSet, Target, Ticket};

impl Printer<'_> {
    pub(super) fn location(&mut self, location: &Location) {
        self.word(Role::Identifier, &location.id.text);
        match &location.target {
            Target::Resource(resource) => self.word(Role::Reference, &resource.text),
            Target::Pattern(pattern) => self.word(Role::Reference, &format!("/{}/", pattern.text)),
            Target::Sets(sets) => {
                self.space(Role::Plain, "{");
                self.resource_sets(sets);
                self.space(Role::Plain, "}");
            }
        }
        if let Some(role) = &location.role {
            self.pair("role", Some(&role.text));
        }
        self.attributes(&location.attributes);
        self.verbatim(&location.verbatim);
        match &location.place {
            Place::Node { score, node } => {
                self.word(Role::Score, &format!("{}:", score.text));
                self.word(Role::Reference, &node.text);
            }
            Place::Rules(rules) => rules.iter().for_each(|rule| {
                self.part();
                self.rule(rule);
            }),
            Place::None => {}
        }
    }

    pub(super) fn colocation(&mut self, colocation: &Colocation) {
        self.word(Role::Identifier, &colocation.id.text);
        self.word(Role::Score, &format!("{}:", colocation.score.text));
        self.members(&colocation.members);
        if let Some(attribute) = &colocation.node_attribute {
            self.pair("node-attribute", Some(&attribute.text));
        }
        if let Some(influence) = &colocation.influence {
            self.pair("influence", Some(&influence.text));
        }
        self.verbatim(&colocation.verbatim);
    }

    pub(super) fn order(&mut self, order: &Order) {
        self.word(Role::Identifier, &order.id.text);
        if let Some(kind) = &order.kind {
            self.word(Role::Score, &format!("{}:", kind.text));
        }
        self.members(&order.members);
        if let Some(symmetrical) = &order.symmetrical {
            self.pair("symmetrical", Some(&symmetrical.text));
        }
        self.verbatim(&order.verbatim);
    }

    pub(super) fn ticket(&mut self, ticket: &Ticket) {
        self.word(Role::Identifier, &ticket.id.text);
        self.word(Role::Reference, &format!("{}:", ticket.ticket.text));
        match &ticket.members {
            Members::Sets(sets) => {
                // Two plain members are a set already; one gets the mark, as crmsh prints it.
                if sets.iter().map(|set| set.members.len()).sum::<usize>() == 1 {
                    self.space(Role::Plain, "_rsc_set_");
                }
                self.resource_sets(sets);
            }
            members => self.members(members),
        }
        if let Some(policy) = &ticket.loss_policy {
            self.pair("loss-policy", Some(&policy.text));
        }
        self.verbatim(&ticket.verbatim);
    }

    fn members(&mut self, members: &Members) {
        let member =
            |printer: &mut Self, member: &Member| printer.qualified(&member.resource, member.qualifier.as_ref());
        match members {
            Members::One(only) => member(self, only),
            Members::Two(first, second) => {
                member(self, first);
                member(self, second);
            }
            Members::Sets(sets) => {
                if needs_mark(sets) {
                    self.space(Role::Plain, "_rsc_set_");
                }
                self.resource_sets(sets);
            }
        }
    }

    fn resource_sets(&mut self, sets: &[ResourceSet]) {
        for (index, set) in sets.iter().enumerate() {
            match brackets(sets, index) {
                Some(brackets) => self.bracketed(set, brackets),
                None => self.set_members(set),
            }
        }
    }

    fn bracketed(&mut self, set: &ResourceSet, (open, option, close): Brackets) {
        self.space(Role::Plain, open);
        if let Some(reference) = &set.reference {
            self.pair("$id-ref", Some(&reference.text));
        }
        if let Some(id) = &set.id {
            self.pair("$id", Some(&id.text));
        }
        self.set_members(set);
        if let Some((name, value)) = option {
            self.pair(name, Some(value));
        }
        self.verbatim(&set.attributes);
        self.space(Role::Plain, close);
    }

    fn set_members(&mut self, set: &ResourceSet) {
        for member in &set.members {
            self.qualified(member, set.qualifier.as_ref());
        }
    }
}

type Brackets = (&'static str, Option<(&'static str, &'static str)>, &'static str);

/// The brackets of a set and what must be said inside them. A plain set needs some if it would
/// melt into the plain set before it, or has more to say than its members.
fn brackets(sets: &[ResourceSet], index: usize) -> Option<Brackets> {
    let set = &sets[index];
    if set.reference.is_some() {
        return Some(("(", None, ")"));
    }
    match (set.sequential, set.require_all) {
        (false, true) => Some(("(", None, ")")),
        (false, false) => Some(("[", None, "]")),
        (true, false) => Some(("[", Some(("sequential", "true")), "]")),
        (true, true) => {
            let is_plain =
                |other: &ResourceSet| other.sequential && other.require_all && other.qualifier == set.qualifier;
            let melts = index > 0 && brackets(sets, index - 1).is_none() && is_plain(&sets[index - 1]);
            let says_more = set.id.is_some() || !set.attributes.is_empty();
            (melts || says_more).then_some(("(", Some(("sequential", "true")), ")"))
        }
    }
}

/// True if the sets, printed, would read as something simpler. As in crmsh a bracket before the last
/// member does not help, though it would.
fn needs_mark(sets: &[ResourceSet]) -> bool {
    let last_is_plain = !sets.is_empty() && brackets(sets, sets.len() - 1).is_none();
    last_is_plain && sets.iter().map(|set| set.members.len()).sum::<usize>() <= 2
}
