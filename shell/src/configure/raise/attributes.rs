//! Attribute sets and the pairs in them as values.

use super::rule::{ends_open, faithful_score, rule};
use super::{Context, attr, childless, only};
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{AttributeSet, Pair, Rule, SetBody, SetKind};
use quorate_grammar::crm::expect::{DATE_FIELDS, PLAIN_EXPRESSIONS, SECTIONS};
use quorate_grammar::diagnostic::closest;

/// Words that would start the next part where a pair without a value stands.
const PART_WORDS: &[&str] =
    &["select", "to", "network", "storage", "primitive", "docker", "podman", "rkt", "and", "or", "}"];

pub fn sets(element: &Element, names: &[(&str, SetKind)], context: &Context) -> Option<Vec<AttributeSet>> {
    // Operations and recipients may be given other ids; then so are their sets.
    let is_object = !matches!(&*element.name, "op" | "recipient");
    let owner = element.attr("uname").or(element.id()).filter(|_| is_object).unwrap_or_default();
    let set = |child: &Element| {
        let (_, kind) = names.iter().find(|(name, _)| child.name == **name)?;
        attribute_set(child, *kind, owner, context)
    };
    element.elements().map(set).collect()
}

pub fn attribute_set(element: &Element, kind: SetKind, owner: &str, context: &Context) -> Option<AttributeSet> {
    let body = match attr(element, "id-ref") {
        Some(id) => {
            only(element, &["id-ref"])?;
            childless(element)?;
            SetBody::Reference(id)
        }
        None => {
            only(element, &["id", "score"])?;
            let (rules, pairs) = rules_and_pairs(element, context)?;
            let score = match element.attr("score") {
                Some(text) => Some(faithful_score(text)?),
                None => None,
            };
            // The id that it would get anyway need not be said.
            let id = context.shown_id(element, &format!("{owner}-{}", element.name));
            SetBody::Own { id, score, rules, pairs }
        }
    };
    Some(AttributeSet { kind, body })
}

/// The text has the rules first; among the pairs they would mean the same.
pub fn rules_and_pairs(element: &Element, context: &Context) -> Option<(Vec<Rule>, Vec<Pair>)> {
    let (mut rules, mut pairs) = (Vec::new(), Vec::new());
    for child in element.elements() {
        match &*child.name {
            "rule" => rules.push(rule(child, "", context)?),
            "nvpair" => pairs.push(pair(child, context)?),
            _ => return None,
        }
    }
    if rules.last().is_some_and(ends_open) {
        // The first pair could be read as a part of the rule, unless its id is before it.
        let first = element.elements_named("nvpair").next();
        if let (Some(Pair::Named { id, name, .. }), Some(element)) = (pairs.first_mut(), first)
            && could_end_a_rule(name)
        {
            *id = attr(element, "id");
        }
    }
    Some((rules, pairs))
}

fn could_end_a_rule(name: &Word) -> bool {
    let name = name.as_str();
    let plain = PLAIN_EXPRESSIONS.iter().any(|(_, names)| names.contains(&name));
    DATE_FIELDS.contains(&name) || plain || matches!(name, "start" | "end")
}

/// Alone it would be read as the start of the next part, or as a slip of the pen for it.
fn could_be_a_slip(name: &str) -> bool {
    name.contains(['=', ':', '(', ')', '{', '}']) || closest(name, SECTIONS.iter().chain(PART_WORDS).copied()).is_some()
}

fn pair(element: &Element, context: &Context) -> Option<Pair> {
    childless(element)?;
    if let Some(id) = attr(element, "id-ref") {
        only(element, &["id-ref", "name"])?;
        return Some(Pair::Reference { id, name: attr(element, "name") });
    }
    only(element, &["id", "name", "value"])?;
    let (name, value) = (attr(element, "name")?, attr(element, "value"));
    let odd = value.is_none() && could_be_a_slip(&name.text) || name.text.starts_with(['$', '@']);
    let id = match odd {
        true => attr(element, "id"),
        false => context.shown_id(element, ""),
    };
    Some(Pair::Named { id, name, value })
}
