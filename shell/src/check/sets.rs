//! Sets of attributes, as statements have them.

use super::options::{self, Unknown};
use quorate_grammar::crm::ast::{AttributeSet, Pair, SetBody, SetKind};
use quorate_grammar::{Diagnostic, Word, literal};

/// The meta attributes among the sets.
pub fn meta(sets: &[AttributeSet], found: &mut Vec<Diagnostic>) {
    for set in sets.iter().filter(|set| set.kind == SetKind::Meta) {
        for pair in pairs(set) {
            options::check(pair, options::OptionOf::Resource, Unknown::ToldIfNear, found);
        }
    }
}

/// The meta attributes of an alert, or of one of its recipients.
pub fn of_alert(sets: &[AttributeSet], found: &mut Vec<Diagnostic>) {
    for set in sets.iter().filter(|set| set.kind == SetKind::Meta) {
        pairs(set).iter().for_each(|pair| options::check(pair, options::OptionOf::Alert, Unknown::Told, found));
    }
}

/// What only clones have, by both names where there are two.
const OF_CLONES: [&str; 9] = [
    "clone-max",
    "clone-min",
    "clone-node-max",
    "interleave",
    "master-max",
    "master-node-max",
    "promotable",
    "promoted-max",
    "promoted-node-max",
];

/// Options of clones on what a clone contains, or could: the clone does not look there.
pub fn of_no_clone(sets: &[AttributeSet], found: &mut Vec<Diagnostic>) {
    for pair in sets.iter().filter(|set| set.kind == SetKind::Meta).flat_map(pairs) {
        if let Pair::Named { name, .. } = pair
            && OF_CLONES.contains(&name.as_str())
        {
            let text = format!("`{}` is an option of clones, and has no effect here", name.text);
            found.push(Diagnostic::warning(name.span, text));
        }
    }
}

/// The value that meta attributes give to a name, as far as the statement says.
pub fn value<'a>(sets: &'a [AttributeSet], wanted: &str) -> Option<&'a Word> {
    let pairs = sets.iter().filter(|set| set.kind == SetKind::Meta).flat_map(pairs);
    let mut values = pairs.filter_map(|pair| match pair {
        Pair::Named { name, value, .. } if name.text == wanted => value.as_ref(),
        _ => None,
    });
    values.next()
}

pub fn pairs(set: &AttributeSet) -> &[Pair] {
    match &set.body {
        SetBody::Own { pairs, .. } => pairs,
        SetBody::Reference(_) => &[],
    }
}

/// Capacities are whole numbers; what follows one is passed over, and what is none counts as 0.
pub fn utilization(sets: &[AttributeSet], found: &mut Vec<Diagnostic>) {
    for set in sets.iter().filter(|set| set.kind == SetKind::Utilization) {
        for pair in pairs(set) {
            let Pair::Named { name, value: Some(value), .. } = pair else { continue };
            if value.text.parse::<i32>().is_err() {
                let read = literal::cib::number(&value.text).unwrap_or(0);
                let read = read.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
                let text = format!("`{}` is a whole number; `{}` is read as {read}", name.text, value.text);
                found.push(Diagnostic::warning(value.span, text));
            }
        }
    }
}

/// What nodes are told by attributes is true or false.
pub fn of_node(sets: &[AttributeSet], found: &mut Vec<Diagnostic>) {
    for set in sets.iter().filter(|set| set.kind == SetKind::Attributes) {
        for pair in pairs(set) {
            let Pair::Named { name, value: Some(value), .. } = pair else { continue };
            let is_switch = matches!(name.as_str(), "standby" | "maintenance" | "resource-discovery-enabled");
            if is_switch && literal::boolean(&value.text).is_err() {
                let text = format!("`{}` is true or false; `{}` counts as false", name.text, value.text);
                found.push(Diagnostic::warning(value.span, text));
            }
        }
    }
}
