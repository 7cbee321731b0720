//! What a resource waits for in vain: mandatory orders whose first part will not come.
//!
//! In: the orders of the configuration and the placement. Out: a line for each.
//! Absent: orders that only say in which sequence things happen (`Optional`, `Serialize`), and what
//! must stop or demote first.

use super::Explanation;
use crate::cib::model::constraint::{Constraint, Order, OrderKind, OrderOf, ResourceSet};
use crate::cib::model::resource::Role;
use crate::scheduler::constrain::ordering::kind_of;
use crate::scheduler::resolve::Resource;
use crate::scheduler::table::ResourceId;

/// One resource before another, by the names of the configuration.
struct Pair<'o> {
    first: &'o str,
    first_action: &'o str,
    then: &'o str,
    then_action: &'o str,
}

impl Explanation<'_> {
    /// Lines of what keeps a resource from starting although it has a place.
    pub(super) fn waits(&self, id: ResourceId) -> Vec<String> {
        let mut lines = Vec::new();
        for constraint in &self.situation.model.constraints {
            let Constraint::Order(order) = constraint else { continue };
            // What is ignored is no reason.
            let is_ignored = self.constraints.ignored.contains_key(&order.id);
            if is_ignored || kind_of(order.kind, order.score) != OrderKind::Mandatory {
                continue;
            }
            let pairs = pairs(order).into_iter().filter(|pair| self.is_part_of(id, pair.then));
            lines.extend(pairs.filter_map(|pair| self.wait(&pair, &order.id)));
        }
        lines.extend(self.wait_in_group(id));
        lines
    }

    fn wait(&self, pair: &Pair, order: &str) -> Option<String> {
        let starts = |action: &str| matches!(action, "start" | "promote");
        if !starts(pair.first_action) || !starts(pair.then_action) {
            return None;
        }
        let firsts = self.find(pair.first);
        let role = if pair.first_action == "promote" { Role::Promoted } else { Role::Started };
        if firsts.is_empty() || firsts.iter().any(|first| self.will_be(*first, role)) {
            return None;
        }
        let (wanted, what) = match role {
            Role::Promoted => ("be promoted", "which will not be"),
            _ => ("start", "which does not run and will not"),
        };
        let then = if pair.then_action == "promote" { " before it is promoted" } else { "" };
        Some(format!("  it waits for {} to {wanted}{then} ({order}), {what}", pair.first))
    }

    /// Members of a group start one after the other.
    fn wait_in_group(&self, id: ResourceId) -> Option<String> {
        let resources = &self.situation.resources;
        let group =
            resources[id].parent.filter(|parent| resources[*parent].group().is_some_and(|group| group.ordered))?;
        let before = resources[group].children.iter().take_while(|member| **member != id);
        let missing = before.copied().find(|member| !self.will_be(*member, Role::Started))?;
        let name = |id: ResourceId| &resources[id].config_id;
        Some(format!(
            "  it waits for {} to start (group {}), which does not run and will not",
            name(missing),
            name(group)
        ))
    }

    /// Whether a resource, or any part of it, will be active in at least this role.
    fn will_be(&self, id: ResourceId, role: Role) -> bool {
        let resource = &self.situation.resources[id];
        if resource.is_primitive() {
            let row = &self.placement.resources[id];
            return row.node.is_some() && row.next != Role::Stopped && (role < Role::Promoted || row.next >= role);
        }
        self.parts(id).into_iter().any(|part| self.will_be(part, role))
    }

    fn is_part_of(&self, id: ResourceId, name: &str) -> bool {
        let is_named = |resource: &Resource| resource.config_id == name || resource.id == name;
        self.situation.resources.lineage(id).any(|part| is_named(&self.situation.resources[part]))
    }
}

/// Every resource with those it must come after. Where one of several is enough, none of them is said.
fn pairs(order: &Order) -> Vec<Pair<'_>> {
    match &order.of {
        OrderOf::Pair { first, first_action, then, then_action } => {
            let first_action = first_action.as_deref().unwrap_or("start");
            vec![Pair { first, first_action, then, then_action: then_action.as_deref().unwrap_or(first_action) }]
        }
        OrderOf::Sets(sets) => {
            let within = sets
                .iter()
                .filter(|set| is_sequential(set))
                .flat_map(|set| set.resources.windows(2).map(|two| pair(set, &two[0], set, &two[1])));
            let between = sets.windows(2).filter(|two| two[0].require_all != Some(false)).flat_map(|two| {
                let (former, latter) = (&two[0], &two[1]);
                let lasts = if is_sequential(former) { former.resources.len().saturating_sub(1) } else { 0 };
                let firsts = if is_sequential(latter) { 1 } else { latter.resources.len() };
                former.resources[lasts..].iter().flat_map(move |first| {
                    latter.resources.iter().take(firsts).map(move |then| pair(former, first, latter, then))
                })
            });
            within.chain(between).collect()
        }
    }
}

fn is_sequential(set: &ResourceSet) -> bool {
    set.sequential != Some(false)
}

fn pair<'o>(former: &'o ResourceSet, first: &'o str, latter: &'o ResourceSet, then: &'o str) -> Pair<'o> {
    let action = |set: &'o ResourceSet| set.action.as_deref().unwrap_or("start");
    Pair { first, first_action: action(former), then, then_action: action(latter) }
}
