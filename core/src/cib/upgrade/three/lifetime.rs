//! `lifetime`: rules for when a constraint holds.
//!
//! A location constraint can say the same in its one rule. Others cannot: theirs is dropped, with
//! a warning, and rules that something else refers to move to a constraint that fits no resource.

use super::super::tree::{replace_children, section};
use super::super::warning::Warning;
use super::{PREFIX, is_original};
use crate::xml::{Element, Node};
use std::collections::BTreeSet;

/// No name begins before its beginning.
const NO_RESOURCE: &str = "a^";

/// Lifetimes as rules of the constraints themselves, and what to say of that.
pub fn translate(mut root: Element) -> (Element, Vec<Warning>) {
    let (mut warnings, mut orphans) = (Vec::new(), Vec::new());
    let has_one = |constraints: &&mut Element| constraints.elements().any(|one| one.child("lifetime").is_some());
    let Some(constraints) = section(&mut root, "constraints").filter(has_one) else { return (root, warnings) };
    replace_children(constraints, |constraint| {
        vec![Node::from(match (constraint.child("lifetime"), constraint.name.as_str()) {
            (None, _) => constraint,
            (Some(_), "rsc_location") => limited(constraint),
            (Some(_), _) => unlimited(constraint, &mut orphans, &mut warnings),
        })]
    });
    let wanted: BTreeSet<&str> = root
        .descendants()
        .filter(|element| element.name == "rule" && element.attr("original") == Some("0"))
        .filter_map(Element::id)
        .collect();
    orphans.retain(|rule| is_original(rule) && rule.id().is_some_and(|id| wanted.contains(id)));
    if let Some(constraints) = section(&mut root, "constraints")
        && !orphans.is_empty()
    {
        constraints.push(home(orphans));
    }
    (root, warnings)
}

/// The location whose rule holds when its own does and its lifetime.
fn limited(mut location: Element) -> Element {
    let id = location.id().unwrap_or_default().to_string();
    let own = own_rule(&mut location, &id);
    let times: Vec<Element> =
        location.elements_named("lifetime").flat_map(|lifetime| lifetime.elements_named("rule").cloned()).collect();
    let rule = match (own, one_of(times, &id)) {
        (Some(own), Some(time)) => Some(
            Element::new("rule")
                .with("id", format!("{PREFIX}{id}-lifetime-and-rule"))
                .with("boolean-op", "and")
                .with_child(own)
                .with_child(time),
        ),
        (own, time) => own.or(time),
    };
    location.retain_elements(|child| !matches!(child.name.as_str(), "rule" | "lifetime"));
    location.children.extend(rule.map(Node::from));
    location
}

/// Its rule, or its node and score put as one.
fn own_rule(location: &mut Element, id: &str) -> Option<Element> {
    if let Some(rule) = location.child("rule") {
        return Some(rule.clone());
    }
    let node = location.unset("node")?;
    let rule_id = format!("{PREFIX}{id}-node-score-rule");
    let expression = Element::new("expression")
        .with("id", format!("{rule_id}-expr"))
        .with("attribute", "#uname")
        .with("operation", "eq")
        .with("value", node);
    let mut rule = Element::new("rule").with("id", &rule_id);
    if let Some(score) = location.unset("score") {
        rule.set("score", score);
    }
    Some(rule.with_child(expression))
}

/// A lifetime lasts while any of its rules holds.
fn one_of(mut rules: Vec<Element>, id: &str) -> Option<Element> {
    if rules.len() < 2 {
        return rules.pop();
    }
    let any = Element::new("rule").with("id", format!("{PREFIX}{id}-lifetime-or-rule")).with("boolean-op", "or");
    Some(rules.into_iter().fold(any, Element::with_child))
}

fn unlimited(mut constraint: Element, orphans: &mut Vec<Element>, warnings: &mut Vec<Warning>) -> Element {
    for lifetime in constraint.elements_named("lifetime") {
        orphans.extend(lifetime.elements_named("rule").cloned());
        let id = constraint.id().unwrap_or_default();
        let why = format!(
            "Dropping lifetime element from constraint {id} because lifetime elements are no longer supported. Any \
             rules contained there will no longer apply to the constraint"
        );
        warnings.push(Warning::serious(why).of(id));
    }
    constraint.retain_elements(|child| child.name != "lifetime");
    constraint
}

/// Where rules live that are only referred to.
fn home(rules: Vec<Element>) -> Element {
    let id = format!("{PREFIX}coloc-order-lifetime-rules");
    let rule = Element::new("rule").with("id", format!("{id}-rule")).with("score", "-INFINITY");
    Element::new("rsc_location")
        .with("id", id)
        .with("rsc-pattern", NO_RESOURCE)
        .with_child(rules.into_iter().fold(rule, Element::with_child))
}
