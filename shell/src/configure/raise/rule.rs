//! Rules and scores as values.

use super::{Context, attr, childless, only, settings, word};
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::Expression as E;
use quorate_grammar::crm::ast::{Boolean, Condition, Expression, Rule, Setting, Source};
use quorate_grammar::crm::expect::PLAIN_EXPRESSIONS;

pub fn rule(element: &Element, owner: &str, context: &Context) -> Option<Rule> {
    if let Some(id) = attr(element, "id-ref") {
        only(element, &["id-ref"])?;
        childless(element)?;
        return Some(Rule::Reference(id));
    }
    only(element, &["id", "role", "score", "score-attribute", "boolean-op"])?;
    let elements = element.elements().count();
    let mut verbatim = Vec::new();
    let score = match (element.attr("score"), attr(element, "score-attribute")) {
        (Some(_), Some(_)) => return None,
        (Some(text), None) => Some(faithful_score(text)?),
        (None, Some(name)) if is_score_attribute(&name) => Some(name),
        (None, Some(name)) => {
            verbatim.push((word("score-attribute"), name));
            Some(word("none"))
        }
        (None, None) => Some(word("none")),
    };
    let boolean = match (element.attr("boolean-op"), elements) {
        (None, _) => Boolean::And,
        (Some("or"), 2..) => Boolean::Or,
        // It goes without saying, and tools write it often.
        (Some("and"), _) if !context.ids => Boolean::And,
        (Some(said @ ("and" | "or")), _) => {
            verbatim.push((word("boolean-op"), word(said)));
            Boolean::And
        }
        (Some(_), _) => return None,
    };
    let id = context.shown_id(element, &format!("{owner}-rule"));
    let conditions: Vec<Condition> =
        element.elements().map(|one| condition(one, id.is_some(), context)).collect::<Option<_>>()?;
    if conditions.is_empty() {
        return None;
    }
    let score = score.filter(|score| *score != "inf");
    Some(Rule::Own { id, role: attr(element, "role"), score, boolean, verbatim, conditions })
}

fn condition(element: &Element, identified: bool, context: &Context) -> Option<Condition> {
    if element.name == "rule" {
        return Some(Expression::Nested(Box::new(rule(element, "", context)?)).into());
    }
    let expression = comparison(element).or_else(|| date(element, context)).or_else(|| plain(element, context))?;
    // An id before the first expression would be taken for the rule's.
    Some(Condition { id: attr(element, "id").filter(|_| context.ids && identified), expression })
}

fn comparison(element: &Element) -> Option<Expression> {
    (element.name == "expression").then_some(())?;
    only(element, &["id", "operation", "attribute", "type", "value", "value-source"])?;
    childless(element)?;
    let name = attr(element, "attribute").filter(|name| !starts_otherwise(name))?;
    let operation = attr(element, "operation")?;
    let bare = ["type", "value", "value-source"].iter().all(|name| element.attr(name).is_none());
    match operation.as_str() {
        "defined" => bare.then_some(Expression::Defined { name }),
        "not_defined" => bare.then_some(Expression::NotDefined { name }),
        _ => {
            let source = match element.attr("value-source") {
                None => Source::Literal,
                Some("literal") => Source::SaidLiteral,
                Some("param") => Source::Parameter,
                Some("meta") => Source::Meta,
                Some(_) => return None,
            };
            let value = attr(element, "value")?;
            Some(Expression::Compare { name, kind: attr(element, "type"), operation, value, source })
        }
    }
}

/// Words that begin another expression, so that no attribute of that name can stand there.
fn starts_otherwise(name: &Word) -> bool {
    let words = ["date", "defined", "not_defined", "("];
    words.iter().any(|word| name.text.eq_ignore_ascii_case(word))
        || name.text.starts_with('$')
        || name.text.contains('=')
}

fn date(element: &Element, context: &Context) -> Option<Expression> {
    (element.name == "date_expression").then_some(())?;
    only(element, &["id", "operation", "start", "end"])?;
    let (start, end) = (attr(element, "start"), attr(element, "end"));
    let empty = element.elements().next().is_none();
    match (element.attr("operation")?, start, end) {
        ("lt", None, Some(end)) if empty => Some(Expression::Before { end }),
        ("gt", Some(start), None) if empty => Some(Expression::After { start }),
        ("in_range", start, end) if empty && (start.is_some() || end.is_some()) => {
            Some(Expression::Within { start, end, duration_id: None, duration: Vec::new() })
        }
        ("in_range", start, end) if start.is_some() || end.is_some() => {
            let (part, id, duration) = below(element, context)?;
            (part == "duration").then_some(Expression::Within { start, end, duration_id: id, duration })
        }
        ("date_spec", None, None) => {
            let (part, id, fields) = below(element, context)?;
            (part == "date_spec").then_some(Expression::Calendar { id, fields })
        }
        _ => None,
    }
}

/// The one part below a date expression.
fn below(element: &Element, context: &Context) -> Option<(Word, Option<Word>, Vec<Setting>)> {
    let mut children = element.elements();
    let child = children.next().filter(|child| child.children.is_empty())?;
    children.next().is_none().then_some(())?;
    let fields = settings(child, &["id"]);
    // Without fields nothing but the id says that the part is there.
    let id = attr(child, "id").filter(|_| context.ids || fields.is_empty());
    Some((word(&child.name), id, fields))
}

/// An expression by its XML name: where the shorter forms do not say all of it.
fn plain(element: &Element, context: &Context) -> Option<Expression> {
    let (_, names) = PLAIN_EXPRESSIONS.iter().find(|(name, _)| element.name == **name)?;
    let attributes = settings(element, &["id"]);
    let known = attributes.iter().all(|(name, _)| names.contains(&name.as_str()));
    (known && !attributes.is_empty()).then_some(())?;
    let below = match element.elements().next() {
        Some(_) => Some(below(element, context)?),
        None => None,
    };
    Some(Expression::Plain { element: word(&element.name), attributes, below })
}

/// True if NAME=VALUE behind the rule could be read as a part of it.
pub fn ends_open(rule: &Rule) -> bool {
    let Rule::Own { conditions, .. } = rule else { return false };
    let last = conditions.last().map(|condition| &condition.expression);
    matches!(last, Some(E::Within { .. } | E::Calendar { .. } | E::Plain { .. }))
}

/// The score as the text has it, if the text gives the same XML again.
pub fn faithful_score(text: &str) -> Option<Word> {
    let number = text.parse::<i64>().is_ok();
    match text {
        "INFINITY" => Some(word("inf")),
        "-INFINITY" => Some(word("-inf")),
        _ if number => Some(word(text)),
        _ => None,
    }
}

/// Not every name can stand as `NAME:`.
fn is_score_attribute(name: &Word) -> bool {
    let taken = ["inf", "infinity", "mandatory", "advisory", "none"];
    let text = name.text.to_lowercase();
    !taken.contains(&text.as_str()) && text.starts_with(|c: char| c.is_alphabetic() || c == '_') && !text.contains('=')
}

/// A score or a score attribute; what the text cannot give back is kept as it stands.
pub fn either_score(element: &Element, verbatim: &mut Vec<Setting>) -> Option<Word> {
    let mut score = None;
    for name in ["score", "score-attribute"] {
        let Some(text) = element.attr(name) else { continue };
        let said = match name {
            "score" => faithful_score(text),
            _ => Some(word(text)).filter(is_score_attribute),
        };
        match said {
            Some(said) if score.is_none() => score = Some(said),
            _ => verbatim.push((word(name), word(text))),
        }
    }
    score
}
