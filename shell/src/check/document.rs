//! What only all objects together show: values that must differ from resource to resource.
//!
//! In: the configuration and agents' metadata. Out: problems.

use super::Facts;
use super::problem::Problem;
use crate::catalogue::AgentName;
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use quorate_grammar::Severity;
use std::collections::BTreeMap;

pub fn check(facts: &Facts) -> Vec<Problem> {
    // Agent, group of parameters, their values → resources.
    let mut users: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for object in objects::objects(facts.configuration) {
        if object.kind == "primitive" {
            for use_of in uses(object.element, facts) {
                users.entry(use_of).or_default().push(object.id.clone());
            }
        }
    }
    users
        .into_iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|((agent, values), ids)| Problem {
            severity: Severity::Warning,
            object: ids.join(", "),
            message: format!("of the same agent {agent}, but {values} should be another for each"),
            effect: None,
            blamed: None,
        })
        .collect()
}

/// What a primitive has for itself alone: by agent, `name=value` of each unique group.
fn uses(primitive: &Element, facts: &Facts) -> Vec<(String, String)> {
    let get = |name| primitive.attr(name);
    let (Some(class), Some(name)) = (get("class"), get("type")) else { return Vec::new() };
    let agent = AgentName { class, provider: get("provider"), name };
    let Some(metadata) = facts.metadata(&agent) else { return Vec::new() };
    let value = |name: &str| {
        let sets = primitive.elements_named("instance_attributes").filter(|set| set.child("rule").is_none());
        let mut pairs = sets.flat_map(Element::elements);
        pairs.find(|pair| pair.attr("name") == Some(name)).and_then(|pair| pair.attr("value"))
    };
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for parameter in &metadata.parameters {
        let Some(group) = &parameter.unique else { continue };
        if let Some(value) = value(&parameter.name) {
            groups.entry(group).or_default().push(format!("{}={value}", parameter.name));
        }
    }
    // Of a group of several, all must be given before they can be the same.
    let size = |group: &str| metadata.parameters.iter().filter(|one| one.unique.as_deref() == Some(group)).count();
    let whole = groups.into_iter().filter(|(group, values)| values.len() == size(group));
    whole.map(|(_, values)| (format!("{class}:{name}"), values.join(" "))).collect()
}
