//! Locations that leave a resource no node, or say the opposite of each other.
//!
//! In: the situation, its constraints. Out: notes.
//! Absent: rules on the time or on attributes, which may be other than they are now.

use super::rules::BUILTIN;
use crate::cib::model::constraint::{Constraint, LocationWant};
use crate::cib::model::resource::Role;
use crate::cib::model::rule::{Condition, Rule, RuleScore, ValueSource};
use crate::note::Note;
use crate::scheduler::constrain::{Constraints, Location};
use crate::scheduler::resolve::Situation;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use std::collections::{BTreeMap, BTreeSet};

pub fn notes(situation: &Situation, constraints: &Constraints) -> Vec<Note> {
    if situation.nodes.is_empty() {
        return Vec::new();
    }
    let lasting = lasting(situation);
    let located = |resource: ResourceId| {
        let all = constraints.locations_of[resource].iter().map(|at| &constraints.locations[*at]);
        all.filter(move |location| location.resource == resource)
    };
    let mut told = BTreeSet::new();
    let mut notes = Vec::new();
    for resource in situation.resources.ids() {
        let plain: Vec<(&Location, &str)> = located(resource)
            .filter(|location| location.role != Role::Stopped)
            .filter_map(|location| Some((location, *lasting.get(location.id.as_str())?)))
            .collect();
        let all_last = plain.len() == located(resource).count();
        let found = banned(situation, resource, &plain).into_iter().chain(overruled(situation, resource, &plain));
        // What is said of each instance of a clone is said once.
        notes.extend(found.filter(|note| told.insert((note.about.clone(), note.word.clone()))));
        if all_last && situation.top.contains(&resource) {
            notes.extend(nowhere(situation, constraints, resource));
        }
    }
    notes
}

/// Locations by a node's name, and by rules that ask for nothing that changes: by their ids, the constraints' ids.
fn lasting(situation: &Situation) -> BTreeMap<&str, &str> {
    let mut lasting = BTreeMap::new();
    for constraint in &situation.model.constraints {
        let Constraint::Location(location) = constraint else { continue };
        match &location.want {
            LocationWant::Node { .. } => lasting.extend([(location.id.as_str(), location.id.as_str())]),
            LocationWant::Rules(rules) => {
                let rules = rules.iter().take(1).filter(|rule| lasts(rule));
                lasting.extend(rules.map(|rule| (rule.id.as_str(), location.id.as_str())));
            }
            LocationWant::Nothing => {}
        }
    }
    lasting
}

/// Whether a rule gives the same score to the same nodes at any time.
fn lasts(rule: &Rule) -> bool {
    matches!(rule.score, Some(RuleScore::Fixed(_))) && rule.conditions.iter().all(is_lasting)
}

fn is_lasting(condition: &Condition) -> bool {
    match condition {
        Condition::Rule(rule) => rule.conditions.iter().all(is_lasting),
        Condition::Attribute(one) => {
            let name = one.attribute.as_str();
            BUILTIN.contains(&name) && name != "#is_dc" && one.source == ValueSource::Literal
        }
        _ => false,
    }
}

/// What is forbidden on every node.
fn banned(situation: &Situation, resource: ResourceId, plain: &[(&Location, &str)]) -> Option<Note> {
    let forbids = |node: NodeId| {
        let has = |location: &Location| location.nodes.iter().any(|(at, score)| *at == node && score.is_banned());
        plain.iter().find(|(location, _)| location.role <= Role::Started && has(location)).map(|(_, id)| *id)
    };
    let by: Option<Vec<&str>> = situation.nodes.ids().map(forbids).collect();
    let mut by = by?;
    let last = *plain.iter().rev().find(|(_, id)| by.contains(id)).map(|(_, id)| id)?;
    by.sort_unstable();
    by.dedup();
    let others: Vec<String> = by.iter().filter(|id| **id != last).map(|id| format!("`{id}`")).collect();
    let with = if others.is_empty() { String::new() } else { format!(" with {}", others.join(", ")) };
    let name = situation.resources[resource].config_id.as_str();
    let text = format!("`{name}` can run nowhere: this{with} forbids it on every node");
    Some(Note::info(last, text).at(name))
}

/// What is wanted where it is forbidden.
fn overruled<'a>(
    situation: &'a Situation,
    resource: ResourceId,
    plain: &'a [(&Location, &'a str)],
) -> impl Iterator<Item = Note> + 'a {
    let name = situation.resources[resource].config_id.as_str();
    let forbidden = move |node: NodeId, role: Role| {
        plain.iter().find(|(location, _)| {
            let is_of_it = location.role <= Role::Started || location.role == role;
            is_of_it && location.nodes.iter().any(|(at, score)| *at == node && score.is_banned())
        })
    };
    plain.iter().filter_map(move |(location, id)| {
        let [(node, score)] = location.nodes[..] else { return None };
        let (_, other) = forbidden(node, location.role).filter(|_| score > Score::ZERO)?;
        let node = situation.nodes[node].name.as_str();
        let text = format!("`{name}` is not wanted on `{node}`: `{other}` forbids it there, which counts more");
        Some(Note::info(*id, text).at(node))
    })
}

/// What nothing allows anywhere, in a cluster where it must be allowed.
fn nowhere(situation: &Situation, constraints: &Constraints, resource: ResourceId) -> Option<Note> {
    if situation.options.symmetric {
        return None;
    }
    let is_located = |id: ResourceId| !constraints.locations_of[id].is_empty();
    let is_inside = |id: ResourceId| situation.top_of(id) == resource;
    if situation.resources.ids().any(|id| is_inside(id) && is_located(id)) {
        return None;
    }
    let name = situation.resources[resource].config_id.as_str();
    let text = format!("`{name}` can run nowhere: with `symmetric-cluster=false` a location must allow it a node");
    Some(Note::info(name, text).at(name))
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, constrained};

    const NODES: &str = "<node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/>";

    #[track_caller]
    fn with(locations: &[(&str, &str, &str)], expected: &str) {
        let one = |(id, score, what): &(&str, &str, &str)| match what.strip_prefix("rule ") {
            None => format!("<rsc_location id=\"{id}\" rsc=\"d1\" node=\"{what}\" score=\"{score}\"/>"),
            Some(rule) => {
                let [name, operation, value] = rule.split(' ').collect::<Vec<_>>()[..] else { panic!("{rule}") };
                let test = format!("attribute=\"{name}\" operation=\"{operation}\" value=\"{value}\"");
                let rule = format!("<rule id=\"{id}-r\" score=\"{score}\"><expression id=\"{id}-e\" {test}/></rule>");
                format!("<rsc_location id=\"{id}\" rsc=\"d1\">{rule}</rsc_location>")
            }
        };
        let text = constrained(&locations.iter().map(one).collect::<String>());
        check(&text.replace("<node id=\"1\" uname=\"n1\"/>", NODES), expected);
    }

    #[test]
    fn what_is_forbidden_on_every_node_is_told() {
        with(&[("a", "-INFINITY", "n1")], "");
        with(&[("a", "-INFINITY", "n1"), ("b", "-INFINITY", "n2")], "info b d1");
        with(&[("a", "-INFINITY", "n1"), ("b", "-500", "n2")], "");
        with(&[("a", "-INFINITY", "rule #uname ne n1"), ("b", "-INFINITY", "n1")], "info b d1");
        with(&[("a", "-INFINITY", "rule #uname ne n1")], "");
        // What has no value now may have one.
        with(&[("a", "-INFINITY", "rule pingd ne 1")], "");
    }

    #[test]
    fn what_is_wanted_where_it_is_forbidden_is_told() {
        with(&[("a", "INFINITY", "n1"), ("b", "-INFINITY", "n1")], "info a n1");
        with(&[("a", "-INFINITY", "rule #uname eq n1"), ("b", "50", "n1")], "info b n1");
        with(&[("a", "INFINITY", "n1"), ("b", "-INFINITY", "n2")], "");
        with(&[("a", "INFINITY", "n1"), ("b", "-500", "n1")], "");
    }

    #[test]
    fn what_nothing_allows_is_told_where_it_must_be_allowed() {
        let opt_in = "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"y\" name=\"symmetric-cluster\" \
                      value=\"false\"/></cluster_property_set></crm_config>";
        let all = |located: &[&str]| {
            let location = |id: &&str| format!("<rsc_location id=\"l-{id}\" rsc=\"{id}\" node=\"n1\" score=\"0\"/>");
            format!("{opt_in}{}", constrained(&located.iter().map(location).collect::<String>()))
        };
        check(&all(&["d1", "d2", "d3", "g1", "c", "m"]), "");
        check(&all(&["d1", "d3", "g", "c", "m"]), "info d2 d2");
        check(&all(&["d1", "d2", "d3", "g", "c"]), "info m m");
    }
}
