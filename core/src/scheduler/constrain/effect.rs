//! What of a constraint has no effect, though nothing in it is wrong.
//!
//! In: constraints as written, the situation. Out: notes.
//! Never here: what the constraints do (see the files named after them).

use super::Builder;
use crate::cib::model::constraint::{Location, LocationOf, LocationWant, OrderKind, ResourceSet};
use crate::cib::model::resource::Role;
use crate::scheduler::table::ResourceId;
use regex::Regex;

/// Whose sets they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetsOf {
    Location,
    Colocation,
    /// With the kind of the whole order.
    Order(OrderKind),
    Ticket,
}

impl Builder<'_> {
    pub(super) fn inform_of_sets(&mut self, constraint: &str, sets: &[ResourceSet], of: SetsOf) {
        if let [only] = sets {
            self.inform_of_one_set(constraint, only, of);
        }
        for set in sets {
            // In an order that puts it before itself, which is said there.
            if !matches!(of, SetsOf::Order(_)) || set.sequential == Some(false) {
                self.inform_of_twice(constraint, set, of);
            }
            let Some(role) = set.role.as_deref() else { continue };
            match of {
                SetsOf::Order(_) => {}
                SetsOf::Location => self.inform_of_located_role(constraint, &set.resources, role),
                SetsOf::Colocation | SetsOf::Ticket => self.inform_of_role(constraint, &set.resources, role),
            }
        }
    }

    /// In a set that is not sequential, resources have nothing to do with each other; only other sets have.
    fn inform_of_one_set(&mut self, constraint: &str, set: &ResourceSet, of: SetsOf) {
        let what = match of {
            SetsOf::Order(kind) if set.kind.unwrap_or(kind) != OrderKind::Serialize => "order",
            SetsOf::Colocation => "colocation",
            _ => return,
        };
        if let (Some(false), [first, _, ..]) = (set.sequential, &set.resources[..]) {
            let text = format!("this {what} has no effect: its only set is not sequential");
            self.inform(constraint, first, &text);
        }
    }

    fn inform_of_twice(&mut self, constraint: &str, set: &ResourceSet, of: SetsOf) {
        let effect = match of {
            SetsOf::Location => ", and its score counts as often",
            SetsOf::Order(_) | SetsOf::Ticket => ", which has no effect",
            // Pulled by as many, or by itself: it depends on the other sets.
            SetsOf::Colocation => "",
        };
        for (at, name) in set.resources.iter().enumerate() {
            if set.resources[..at].contains(name) {
                self.inform(constraint, name, &format!("'{name}' stands in a set more than once{effect}"));
            }
        }
    }

    /// Says which of these, or of what a tag among them stands for, never has the role.
    pub(super) fn inform_of_role(&mut self, constraint: &str, names: &[String], role: &str) {
        if !matches!(Role::parse(role), Some(Role::Promoted | Role::Unpromoted)) {
            return;
        }
        for name in names {
            let members = self.tags.get(name.as_str()).filter(|_| self.resource(name).is_none());
            let members = members.cloned().unwrap_or_else(|| vec![name.clone()]);
            let mut members = members.iter().filter_map(|member| self.resource(member));
            if let Some(never) = members.find(|member| self.is_never_promoted(*member)) {
                let never = self.situation.resources[never].config_id.clone();
                self.inform(constraint, name, &format!("'{never}' is not promotable, so that it is never {role}"));
            }
        }
    }

    /// Locations take all but `Promoted` and `Stopped` for any role.
    fn inform_of_located_role(&mut self, constraint: &str, names: &[String], role: &str) {
        match Role::parse(role) {
            Some(Role::Promoted) => self.inform_of_role(constraint, names, role),
            Some(Role::Stopped) => {
                let text = "this location's score has no effect because what is stopped is on no node";
                self.inform(constraint, role, text);
            }
            _ => {}
        }
    }

    pub(super) fn inform_of_location(&mut self, written: &Location) {
        let rule = match &written.want {
            LocationWant::Rules(rules) => rules.first(),
            _ => None,
        };
        let role = rule.map_or(written.role.as_deref(), |rule| rule.role.as_deref());
        let stops = |role: &str| Role::parse(role) == Some(Role::Stopped);
        match &written.of {
            LocationOf::Resource(name) => {
                let Some(role) = role else { return };
                // Of a resource that is named, the shell says it at the role.
                if stops(role) || self.resource(name).is_none() {
                    self.inform_of_located_role(&written.id, std::slice::from_ref(name), role);
                }
            }
            LocationOf::Sets(sets) => self.inform_of_sets(&written.id, sets, SetsOf::Location),
            LocationOf::Pattern(pattern) => self.inform_of_pattern(&written.id, pattern),
        }
    }

    /// Patterns are held against whole resources only.
    fn inform_of_pattern(&mut self, constraint: &str, pattern: &str) {
        let Some(regex) = Regex::new(pattern).ok().filter(|_| !pattern.starts_with('!')) else { return };
        let resources = &self.situation.resources;
        if self.situation.top.iter().any(|top| regex.is_match(&resources[*top].id)) {
            return;
        }
        let member = resources.iter().find(|(_, resource)| regex.is_match(&resource.config_id));
        let why = match member.map(|(id, member)| (&member.config_id, &resources[self.situation.top_of(id)].config_id))
        {
            Some((member, top)) => format!("it fits '{member}', but is held against the name of '{top}' only"),
            None => "no resource has such a name".to_owned(),
        };
        self.inform(constraint, pattern, &format!("this location has no effect: {why}"));
    }

    /// Neither by itself nor by what it is in, nor inside of containers.
    pub(super) fn is_never_promoted(&self, resource: ResourceId) -> bool {
        let top = &self.situation.resources[self.situation.top_of(resource)];
        !top.promotable && top.bundle().is_none_or(|settings| settings.inside.is_none())
    }
}
