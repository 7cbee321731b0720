//! Rules as elements, and scores as they stand in XML.

use super::{settings, with_options};
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{Boolean, Condition, Expression, Rule, Source};

pub fn rule(rule: &Rule) -> Element {
    let element = Element::new("rule");
    match rule {
        Rule::Reference(id) => element.with("id-ref", &id.text),
        Rule::Own { id, role, score, boolean, verbatim, conditions } => {
            let mut element = with_options(element, &[("id", id.as_ref()), ("role", role.as_ref())]);
            match score {
                None => element.set("score", "INFINITY"),
                Some(score) => set_score(&mut element, score),
            }
            if *boolean == Boolean::Or {
                element.set("boolean-op", "or");
            }
            let mut element = settings(element, verbatim);
            conditions.iter().for_each(|one| element.push(condition(one)));
            element
        }
    }
}

fn condition(condition: &Condition) -> Element {
    let mut element = expression(&condition.expression);
    if let Some(id) = &condition.id {
        element.set("id", &id.text);
    }
    element
}

fn expression(expression: &Expression) -> Element {
    let plain = |operation: &str| Element::new("expression").with("operation", operation);
    let date = |operation: &str| Element::new("date_expression").with("operation", operation);
    match expression {
        Expression::Defined { name } => plain("defined").with("attribute", &name.text),
        Expression::NotDefined { name } => plain("not_defined").with("attribute", &name.text),
        Expression::Compare { name, kind, operation, value, source } => {
            let source = match source {
                Source::Literal => None,
                Source::SaidLiteral => Some(Word::new("literal")),
                Source::Parameter => Some(Word::new("param")),
                Source::Meta => Some(Word::new("meta")),
            };
            with_options(
                plain(&operation.text),
                &[
                    ("attribute", Some(name)),
                    ("type", kind.as_ref()),
                    ("value", Some(value)),
                    ("value-source", source.as_ref()),
                ],
            )
        }
        Expression::Before { end } => date("lt").with("end", &end.text),
        Expression::After { start } => date("gt").with("start", &start.text),
        Expression::Within { start, end, duration_id, duration } => {
            let mut element = with_options(date("in_range"), &[("start", start.as_ref()), ("end", end.as_ref())]);
            if !duration.is_empty() || duration_id.is_some() {
                let part = with_options(Element::new("duration"), &[("id", duration_id.as_ref())]);
                element.push(settings(part, duration));
            }
            element
        }
        Expression::Calendar { id, fields } => {
            let part = with_options(Element::new("date_spec"), &[("id", id.as_ref())]);
            date("date_spec").with_child(settings(part, fields))
        }
        Expression::Nested(inner) => rule(inner),
        Expression::Plain { element, attributes, below } => {
            let mut element = settings(Element::new(&element.text), attributes);
            if let Some((part, id, fields)) = below {
                let part = with_options(Element::new(&part.text), &[("id", id.as_ref())]);
                element.push(settings(part, fields));
            }
            element
        }
    }
}

pub fn score_text(score: &Word) -> &str {
    match score.text.as_str() {
        "inf" => "INFINITY",
        "-inf" => "-INFINITY",
        other => other,
    }
}

/// A number is a score; a name is the node attribute that holds one; `none` is neither.
pub fn set_score(element: &mut Element, score: &Word) {
    let text = score_text(score);
    if text == "none" {
        return;
    }
    let number = text.ends_with("INFINITY") || text.parse::<i64>().is_ok();
    element.set(if number { "score" } else { "score-attribute" }, text);
}
