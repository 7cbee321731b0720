//! Sets of names and values, with their rules.

use super::attribute::with_options;
use super::rule::{rule, score_text};
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{AttributeSet, Pair, Rule, SetBody, SetKind};

pub(super) fn push_sets(element: &mut Element, sets: &[AttributeSet]) {
    for set in sets {
        element.push(attribute_set(set));
    }
}

pub fn set_element(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Attributes | SetKind::Params | SetKind::OperationParams => "instance_attributes",
        SetKind::Meta | SetKind::OperationMeta => "meta_attributes",
        SetKind::Utilization => "utilization",
    }
}

pub fn attribute_set(set: &AttributeSet) -> Element {
    let element = Element::new(set_element(set.kind));
    match &set.body {
        SetBody::Reference(id) => element.with("id-ref", &id.text),
        SetBody::Own { id, score, rules, pairs } => {
            let score = score.as_ref().map(|score| Word::new(score_text(score)));
            let mut element = with_options(element, &[("id", id.as_ref()), ("score", score.as_ref())]);
            fill(&mut element, rules, pairs);
            element
        }
    }
}

pub(super) fn fill(element: &mut Element, rules: &[Rule], pairs: &[Pair]) {
    rules.iter().for_each(|one| element.push(rule(one)));
    pairs.iter().for_each(|one| element.push(pair(one)));
}

pub fn pair(pair: &Pair) -> Element {
    let element = Element::new("nvpair");
    match pair {
        Pair::Named { id, name, value } => {
            with_options(element, &[("id", id.as_ref()), ("name", Some(name)), ("value", value.as_ref())])
        }
        Pair::Reference { id, name } => with_options(element, &[("id-ref", Some(id)), ("name", name.as_ref())]),
    }
}
