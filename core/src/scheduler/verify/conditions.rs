//! Rules whose conditions, each for itself in order, leave nothing or everything: they hold never, always, no more.
//!
//! In: the configuration as it is written, the present. Out: notes.
//! Absent: a condition that holds never or always alone (see `rules`); dates that are none (see `cib::decode`).
//! What a rule asks for is tried with all values that could make a difference, by what decides about rules.

use super::rules::BUILTIN;
use crate::cib::decode::rule::{comparison, date};
use crate::cib::model::rule::{AttributeExpression, DateExpression, DateTest, ValueSource};
use crate::note::Note;
use crate::rules::{Facts, calendar, expression};
use crate::time::Now;
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

pub fn notes(configuration: &Element, now: Now) -> Vec<Note> {
    let mut notes = Vec::new();
    for section in configuration.elements() {
        below(section, false, now, &mut notes);
    }
    notes
}

fn below(element: &Element, of_node: bool, now: Now, notes: &mut Vec<Note>) {
    for child in element.elements() {
        match child.name.as_str() {
            "rule" => notes.extend(told(child, of_node, now)),
            "rsc_location" | "primitive" | "template" | "op" => below(child, true, now, notes),
            "meta_attributes" | "utilization" | "cluster_property_set" => below(child, false, now, notes),
            _ => below(child, of_node, now, notes),
        }
    }
}

fn told(rule: &Element, of_node: bool, now: Now) -> Option<Note> {
    let tree = Tree::read(rule, now);
    of_attributes(&tree).filter(|_| of_node).or_else(|| over(&tree, now))
}

/// A rule with what is asked of one thing at a time; all else may be true or false.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Attribute(AttributeExpression),
    Date(DateExpression),
    Free,
}

impl Tree {
    fn read(rule: &Element, now: Now) -> Tree {
        let parts = rule.elements().map(|part| match part.name.as_str() {
            "rule" => Tree::read(part, now),
            "expression" => comparison(part).filter(is_literal).map_or(Tree::Free, Tree::Attribute),
            "date_expression" => date(part).filter(|date| is_dated(date, now)).map_or(Tree::Free, Tree::Date),
            _ => Tree::Free,
        });
        let parts = parts.collect();
        match rule.attr("boolean-op") {
            Some(word) if word.eq_ignore_ascii_case("or") => Tree::Any(parts),
            _ => Tree::All(parts),
        }
    }

    /// Whether it holds, by what is known of some leaves; `free` is what all others are.
    fn holds(&self, known: &dyn Fn(&Tree) -> Option<bool>, free: bool) -> bool {
        match self {
            Tree::All(parts) => parts.iter().all(|part| part.holds(known, free)),
            Tree::Any(parts) => parts.iter().any(|part| part.holds(known, free)),
            leaf => known(leaf).unwrap_or(free),
        }
    }

    fn leaves<'a>(&'a self, all: &mut Vec<&'a Tree>) {
        match self {
            Tree::All(parts) | Tree::Any(parts) => parts.iter().for_each(|part| part.leaves(all)),
            leaf => all.push(leaf),
        }
    }
}

fn is_literal(one: &AttributeExpression) -> bool {
    one.source == ValueSource::Literal && !one.attribute.contains('%')
}

// ---- attributes ------------------------------------------------------------------------------------

fn of_attributes(tree: &Tree) -> Option<Note> {
    let mut leaves = Vec::new();
    tree.leaves(&mut leaves);
    let mut by_name: BTreeMap<&str, Vec<&AttributeExpression>> = BTreeMap::new();
    for leaf in leaves {
        if let Tree::Attribute(one) = leaf {
            by_name.entry(&one.attribute).or_default().push(one);
        }
    }
    by_name.into_iter().find_map(|(name, asked)| of_attribute(tree, name, &asked))
}

fn of_attribute(tree: &Tree, name: &str, asked: &[&AttributeExpression]) -> Option<Note> {
    let last = asked.last()?;
    let is_known = BUILTIN.contains(&name);
    let tests_presence = |one: &&AttributeExpression| one.value.is_none();
    // A single comparison may hold or not, but for what every node has.
    if asked.len() < 2 && !(is_known && tests_presence(last)) {
        return None;
    }
    let mut values = values(asked);
    if is_known {
        values.remove(&None);
    }
    let holds = |value: &Option<String>, free: bool| {
        let attributes = value.iter().map(|value| (name.to_owned(), value.clone())).collect();
        let facts = Facts { node_attributes: Some(&attributes), ..Facts::default() };
        let known = |leaf: &Tree| match leaf {
            Tree::Attribute(one) if one.attribute == name => Some(expression::holds(one, &facts)),
            _ => None,
        };
        tree.holds(&known, free)
    };
    let word = last.value.as_deref().unwrap_or(name);
    let text = if !values.iter().any(|value| holds(value, true)) {
        format!("this rule never holds: what it asks of `{name}` excludes each other")
    } else if values.iter().all(|value| holds(value, false)) {
        format!("this rule always holds: what it asks of `{name}` leaves nothing out")
    } else {
        return None;
    };
    Some(Note::info(last.id.as_str(), text).at(word))
}

/// Every value with which some comparison has another outcome: those that are named, what is beside and between
/// them, and none.
fn values(asked: &[&AttributeExpression]) -> BTreeSet<Option<String>> {
    let named: Vec<&str> = asked.iter().filter_map(|one| one.value.as_deref()).collect();
    let numbers: Vec<f64> = named.iter().filter_map(|text| text.trim().parse().ok()).collect();
    let between = numbers.iter().flat_map(|one| numbers.iter().map(move |other| f64::midpoint(*one, *other)));
    let beside = numbers.iter().flat_map(|one| [one - 1.0, one - 0.5, one + 0.5, one + 1.0]);
    let numbers = between.chain(beside).flat_map(|number| [number.to_string(), number.floor().to_string()]);
    let texts = named.iter().flat_map(|text| [text.to_string(), format!("{text}0"), format!("{text}.1")]);
    let ends = ["", "0", "\u{10ffff}"].map(str::to_owned);
    texts.chain(numbers).chain(ends).map(Some).chain([None]).collect()
}

// ---- dates -----------------------------------------------------------------------------------------

/// The bounds of a date that has some; a calendar comes round again.
fn bounds(date: &DateExpression) -> Option<[Option<&str>; 2]> {
    match &date.test {
        DateTest::InRange { start, end, .. } => Some([start.as_deref(), end.as_deref()]),
        DateTest::After(start) => Some([Some(start), None]),
        DateTest::Before(end) => Some([None, Some(end)]),
        DateTest::Spec(_) => None,
    }
}

/// Whether it means the same moments every day: a bare time is of today.
fn is_dated(date: &DateExpression, now: Now) -> bool {
    let later = now.at(now.epoch() + 200_000);
    let moment = |now: Now, text: &str| now.date(text).map(|date| date.epoch);
    bounds(date).is_some_and(|bounds| {
        bounds.into_iter().flatten().all(|text| moment(now, text).is_some() && moment(now, text) == moment(later, text))
    })
}

/// What has held, and will not again.
fn over(tree: &Tree, now: Now) -> Option<Note> {
    let mut leaves = Vec::new();
    tree.leaves(&mut leaves);
    let dates = || leaves.iter().filter_map(|leaf| if let Tree::Date(date) = leaf { Some(date) } else { None });
    let holds = |moment: i64| {
        let known = |leaf: &Tree| match leaf {
            Tree::Date(date) => Some(calendar::judge(date, now.at(moment)).holds),
            _ => None,
        };
        tree.holds(&known, true)
    };
    let mut moments: BTreeSet<i64> = BTreeSet::from([now.epoch()]);
    for date in dates() {
        let named = bounds(date)?.into_iter().flatten().filter_map(|text| Some(now.date(text)?.epoch));
        let named: Vec<i64> = named.collect();
        let changes = named.iter().filter_map(|at| calendar::judge(date, now.at(at + 1)).changes_at);
        let moments_of_it: Vec<i64> = named.iter().copied().chain(changes).collect();
        moments.extend(moments_of_it.into_iter().flat_map(|at| [at - 1, at, at + 1]));
    }
    let (past, coming): (Vec<i64>, Vec<i64>) = moments.into_iter().partition(|at| *at < now.epoch());
    if coming.into_iter().any(holds) || !past.into_iter().any(holds) {
        return None;
    }
    let last = dates().rfind(|date| !calendar::judge(date, now).holds)?;
    let word = bounds(last)?.into_iter().flatten().last()?;
    let text = "this rule holds no more: its time is over";
    Some(Note::info(last.id.as_str(), text).at(word))
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, constrained};

    /// Conditions: `NAME OPERATION [VALUE [TYPE]]`, or `date OPERATION MOMENT`; `nothing` to be said of the last one.
    #[track_caller]
    fn with(combine: &str, conditions: &[&str], word: &str) {
        let one = |(at, condition): (usize, &&str)| match &condition.split(' ').collect::<Vec<_>>()[..] {
            ["date", "in", start, end] => {
                format!("<date_expression id=\"e{at}\" operation=\"in_range\" start=\"{start}\" end=\"{end}\"/>")
            }
            ["date", operation, moment] => {
                let bound = if *operation == "gt" { "start" } else { "end" };
                format!("<date_expression id=\"e{at}\" operation=\"{operation}\" {bound}=\"{moment}\"/>")
            }
            [name, operation] => format!("<expression id=\"e{at}\" attribute=\"{name}\" operation=\"{operation}\"/>"),
            [name, operation, value] => {
                format!("<expression id=\"e{at}\" attribute=\"{name}\" operation=\"{operation}\" value=\"{value}\"/>")
            }
            [name, operation, value, kind] => format!(
                "<expression id=\"e{at}\" attribute=\"{name}\" operation=\"{operation}\" value=\"{value}\" \
                 type=\"{kind}\"/>"
            ),
            other => panic!("{other:?}"),
        };
        let inner: String = conditions.iter().enumerate().map(one).collect();
        let rule = format!("<rule id=\"r\" score=\"5\" boolean-op=\"{combine}\">{inner}</rule>");
        let expected = match word {
            "" => String::new(),
            word => format!("info e{} {word}", conditions.len() - 1),
        };
        check(&constrained(&format!("<rsc_location id=\"l\" rsc=\"d1\">{rule}</rsc_location>")), &expected);
    }

    #[test]
    fn what_excludes_each_other_never_holds() {
        with("and", &["x eq 1", "x eq 2"], "2");
        with("and", &["x eq 1", "x ne 1"], "1");
        with("and", &["x defined", "x not_defined"], "x");
        with("and", &["x eq 1", "x not_defined"], "x");
        with("and", &["x gt 3 integer", "x lt 2 integer"], "2");
        with("and", &["x gt 3 integer", "x lt 4 integer"], "4");
        with("and", &["x gt 3 number", "x lt 4 number"], "");
        with("and", &["x gt 3", "x lt 5"], "");
        with("and", &["x gt b string", "x lt c string"], "");
        with("and", &["x gt 1.0 version", "x lt 1.1 version"], "");
        with("and", &["x ne 1", "x ne 2"], "");
        with("and", &["x eq 1", "y eq 2"], "");
        with("or", &["x eq 1", "x eq 2"], "");
        with("and", &["#uname eq n1", "#uname ne n1"], "n1");
        with("and", &["#uname not_defined"], "#uname");
    }

    #[test]
    fn what_leaves_nothing_out_always_holds() {
        with("or", &["#uname eq n1", "#uname ne n1"], "n1");
        with("or", &["x eq 1", "x ne 1"], "1");
        with("or", &["x defined", "x not_defined"], "x");
        with("or", &["x gt 1", "x lte 1"], "");
        with("or", &["x ne 1", "x ne 2"], "2");
        with("and", &["#uname defined"], "#uname");
        with("or", &["x ne 1", "y ne 1"], "");
    }

    /// The present is the beginning of 1970.
    #[test]
    fn what_is_over_holds_no_more() {
        with("and", &["date lt 1969-01-01"], "1969-01-01");
        with("and", &["date in 1968-01-01 1969-01-01"], "1969-01-01");
        with("and", &["date gt 1969-01-01"], "");
        with("and", &["date lt 1971-01-01"], "");
        with("and", &["date in 1969-01-01 1971-01-01"], "");
        with("and", &["x eq 1", "date lt 1969-01-01"], "1969-01-01");
        with("or", &["x eq 1", "date lt 1969-01-01"], "");
        with("or", &["date gt 1971-01-01", "date lt 1969-01-01"], "");
    }
}
