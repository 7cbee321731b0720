//! One comparison of an attribute with a value.
//!
//! In: an expression and [`Facts`]. Out: whether it holds.

use crate::cib::model::rule::{AttributeExpression, Comparison, ValueKind, ValueSource};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// All that a rule may ask about, save the time.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    pub node_attributes: Option<&'a BTreeMap<String, String>>,
    pub parameters: Option<&'a BTreeMap<String, String>>,
    pub meta: Option<&'a BTreeMap<String, String>>,
    pub class: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub operation: Option<(&'a str, u32)>,
    /// What `%0` to `%9` stand for in attribute names, from a resource pattern.
    pub submatches: &'a [String],
}

/// Whether an attribute compares as the expression says. What is not known compares to nothing.
pub fn holds(expression: &AttributeExpression, facts: &Facts) -> bool {
    let name = with_submatches(&expression.attribute, facts.submatches);
    let actual = facts.node_attributes.and_then(|all| all.get(&name)).map(String::as_str);
    match expression.comparison {
        Comparison::Defined => return actual.is_some(),
        Comparison::NotDefined => return actual.is_none(),
        _ => {}
    }
    let wanted = reference(expression, facts);
    let kind = expression.kind.unwrap_or_else(|| likely_kind(expression.comparison, actual, wanted));
    let order = compare(actual, wanted, kind);
    match expression.comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        _ if actual.is_none() || wanted.is_none() => false,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::Defined | Comparison::NotDefined => unreachable!("answered above"),
    }
}

fn reference<'a>(expression: &'a AttributeExpression, facts: &Facts<'a>) -> Option<&'a str> {
    let value = expression.value.as_deref()?;
    let table = match expression.source {
        ValueSource::Literal => return Some(value),
        ValueSource::Parameter => facts.parameters,
        ValueSource::Meta => facts.meta,
    };
    table?.get(value).map(String::as_str)
}

/// Words are equal or not; sizes are numbers.
fn likely_kind(comparison: Comparison, actual: Option<&str>, wanted: Option<&str>) -> ValueKind {
    let has_point = |text: Option<&str>| text.is_some_and(|t| t.contains('.'));
    match comparison {
        Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
            if has_point(actual) || has_point(wanted) { ValueKind::Number } else { ValueKind::Integer }
        }
        _ => ValueKind::Text,
    }
}

fn compare(actual: Option<&str>, wanted: Option<&str>, kind: ValueKind) -> Ordering {
    let (actual, wanted) = match (actual, wanted) {
        (None, None) => return Ordering::Equal,
        (Some(_), None) => return Ordering::Greater,
        (None, Some(_)) => return Ordering::Less,
        (Some(actual), Some(wanted)) => (actual, wanted),
    };
    let as_text = || actual.to_ascii_lowercase().cmp(&wanted.to_ascii_lowercase());
    match kind {
        ValueKind::Text => as_text(),
        ValueKind::Integer => match (whole_number(actual), whole_number(wanted)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => as_text(),
        },
        ValueKind::Number => match (actual.trim().parse::<f64>(), wanted.trim().parse::<f64>()) {
            (Ok(left), Ok(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            _ => as_text(),
        },
        ValueKind::Version => compare_versions(actual, wanted),
    }
}

/// The whole number a text begins with: 3 of "3.6".
fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let sign = text.len() - text.trim_start_matches(['+', '-']).len().max(text.len().saturating_sub(1));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().ok()
}

/// Dotted numbers, part by part; missing parts are 0.
fn compare_versions(left: &str, right: &str) -> Ordering {
    let part = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap_or(0)
    };
    let (left, right): (Vec<_>, Vec<_>) = (left.split('.').map(part).collect(), right.split('.').map(part).collect());
    let at = |parts: &[u64], index: usize| parts.get(index).copied().unwrap_or(0);
    (0..left.len().max(right.len()))
        .map(|index| at(&left, index).cmp(&at(&right, index)))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// `%1-attr` with what the resource pattern matched.
fn with_submatches(name: &str, submatches: &[String]) -> String {
    if submatches.is_empty() || !name.contains('%') {
        return name.to_owned();
    }
    let mut out = String::new();
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek().and_then(|next| next.to_digit(10)) {
            Some(digit) if c == '%' => {
                chars.next();
                out.push_str(submatches.get(digit as usize).map_or("", String::as_str));
            }
            _ => out.push(c),
        }
    }
    out
}
