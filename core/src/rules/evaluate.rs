//! Whole rules, and blocks of pairs under rules.
//!
//! In: rules, facts, the present. Out: outcomes; the earliest moment when one may change.

use super::{calendar, expression, expression::Facts};
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::rule::{Combine, Condition, Rule};
use crate::time::Now;
use std::collections::BTreeMap;

/// The earliest future second at which some answer given so far may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recheck(Option<i64>);

impl Recheck {
    /// The answer may change at this moment; the earliest of all is kept.
    pub fn at(&mut self, moment: i64) {
        self.0 = Some(self.0.map_or(moment, |known| known.min(moment)));
    }

    /// When to look again; `None` if time alone changes nothing.
    pub const fn moment(self) -> Option<i64> {
        self.0
    }
}

/// Whether a rule holds. `recheck` learns when time alone may change that.
pub fn holds(rule: &Rule, facts: &Facts, now: Now, recheck: &mut Recheck) -> bool {
    // No condition at all: `and` of nothing holds. Evaluation stops at the first that decides.
    let mut all_hold = true;
    for condition in &rule.conditions {
        let passed = condition_holds(condition, facts, now, recheck);
        match rule.combine {
            Combine::Or if passed => return true,
            Combine::And if !passed => return false,
            _ => all_hold &= passed,
        }
    }
    all_hold
}

fn condition_holds(condition: &Condition, facts: &Facts, now: Now, recheck: &mut Recheck) -> bool {
    match condition {
        Condition::Rule(rule) => holds(rule, facts, now, recheck),
        Condition::Attribute(expression) => expression::holds(expression, facts),
        Condition::Date(date) => {
            let verdict = calendar::judge(date, now);
            if let Some(moment) = verdict.changes_at {
                recheck.at(moment);
            }
            verdict.holds
        }
        Condition::Resource { class, provider, kind } => {
            let fits = |wanted: &Option<String>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
            fits(class, facts.class) && fits(provider, facts.provider) && fits(kind, facts.agent)
        }
        Condition::Operation { name, interval_ms } => facts.operation.is_some_and(|(operation, interval)| {
            operation == name && interval_ms.is_none_or(|wanted| wanted == interval)
        }),
        Condition::Invalid { .. } => false,
    }
}

/// Adds the pairs of all blocks whose rule holds; what is there already stays.
///
/// Blocks speak in the order: `first`, then by falling score, later before earlier.
pub fn evaluate_sets(
    sets: &[AttributeSet],
    first: Option<&str>,
    facts: &Facts,
    now: Now,
    recheck: &mut Recheck,
    into: &mut BTreeMap<String, String>,
) {
    for set in speaking_order(sets, first) {
        if set.rule.as_ref().is_some_and(|rule| !holds(rule, facts, now, recheck)) {
            continue;
        }
        for pair in &set.pairs {
            if pair.value.eq_ignore_ascii_case("#default") {
                into.remove(&pair.name);
            } else if !into.contains_key(&pair.name) {
                into.insert(pair.name.clone(), pair.value.clone());
            }
        }
    }
}

fn speaking_order<'a>(sets: &'a [AttributeSet], first: Option<&str>) -> Vec<&'a AttributeSet> {
    let mut order: Vec<_> = sets.iter().rev().collect();
    if order.len() > 1 {
        order.sort_by_key(|set| (first != Some(set.id.as_str()), -set.score));
    }
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cib::model::attributes::Pair;
    use crate::score::Score;

    fn set(id: &str, score: i32, pairs: &str) -> AttributeSet {
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').unwrap();
            Pair { id: String::new(), name: name.to_owned(), value: value.to_owned() }
        };
        AttributeSet {
            id: id.to_owned(),
            score: Score::new(score),
            rule: None,
            pairs: pairs.split(' ').map(pair).collect(),
        }
    }

    #[track_caller]
    fn check(sets: &[AttributeSet], first: Option<&str>, want: &str) {
        let mut into = BTreeMap::new();
        evaluate_sets(sets, first, &Facts::default(), Now::from_epoch(0), &mut Recheck::default(), &mut into);
        let got: Vec<_> = into.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(got.join(" "), want);
    }

    #[test]
    fn the_higher_score_wins() {
        check(&[set("a", 5, "x=1"), set("b", 10, "x=2 y=3")], None, "x=2 y=3");
    }

    #[test]
    fn of_equal_scores_the_later_block_wins() {
        check(&[set("a", 0, "x=1"), set("b", 0, "x=2")], None, "x=2");
    }

    #[test]
    fn the_first_block_wins_over_any_score() {
        check(&[set("cib-bootstrap-options", 0, "x=1"), set("b", 10, "x=2")], Some("cib-bootstrap-options"), "x=1");
    }

    #[test]
    fn within_a_block_the_first_pair_wins() {
        check(&[set("a", 0, "x=1 x=2")], None, "x=1");
    }
}
