//! The table: medians with their spread, how many times better, and whether the goal is met.

use super::figure::{ALL, Figure, Goal, Unit};
use super::manager::Manager;
use std::fmt::Write as _;

#[derive(Default)]
pub struct Table {
    values: Vec<(&'static Figure, Manager, f64)>,
}

impl Table {
    pub fn add(&mut self, figure: &'static Figure, manager: Manager, value: f64) {
        self.values.push((figure, manager, value));
    }

    fn of(&self, figure: &Figure, manager: Manager) -> Spread {
        let mine = self.values.iter().filter(|(of, whose, _)| *of == figure && *whose == manager);
        Spread::of(mine.map(|(.., value)| *value).collect())
    }

    /// Lines for people, the same for a page.
    pub fn text(&self) -> String {
        let mut text = "| what | ours | peer | times better | goal | |\n|---|---|---|---|---|---|\n".to_string();
        for figure in ALL {
            let [ours, theirs] = [Manager::Quorate, Manager::Pacemaker].map(|manager| self.of(figure, manager));
            if ours.values.is_empty() && theirs.values.is_empty() {
                continue;
            }
            let Figure { what, unit, goal } = figure;
            let times = match (ours.median(), theirs.median()) {
                (Some(ours), Some(theirs)) => shown(unit.times(ours, theirs)),
                _ => String::new(),
            };
            let _ = writeln!(
                text,
                "| {what} | {} | {} | {times} | {} | {} |",
                ours.text(*unit),
                theirs.text(*unit),
                goal.words(*unit),
                verdict(*goal, *unit, &ours, &theirs)
            );
        }
        text
    }
}

fn verdict(goal: Goal, unit: Unit, ours: &Spread, theirs: &Spread) -> &'static str {
    match ours.median().and_then(|median| goal.is_met(unit, median, theirs.median())) {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    }
}

/// What was measured, smallest first.
struct Spread {
    values: Vec<f64>,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        Spread { values }
    }

    /// Of an even number the mean of the two in the middle.
    fn median(&self) -> Option<f64> {
        let count = self.values.len();
        let middle = [self.values.get(count.checked_sub(1)? / 2)?, self.values.get(count / 2)?];
        Some((middle[0] + middle[1]) / 2.0)
    }

    fn text(&self, unit: Unit) -> String {
        let (Some(median), [first, .., last]) = (self.median(), &self.values[..]) else {
            let single = self.median().map(|median| format!("{} {}", shown(median), unit.word()));
            return single.unwrap_or_else(|| "-".into());
        };
        format!("{} {} ({} to {})", shown(median), unit.word(), shown(*first), shown(*last))
    }
}

/// Three digits, no more than are known.
fn shown(value: f64) -> String {
    let digits = match value {
        0.0..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::super::figure::{CRASH, MODIFY};
    use super::*;

    #[test]
    fn a_line_has_medians_their_spread_and_the_verdict() {
        let mut table = Table::default();
        for (ours, theirs) in [(0.05, 0.2), (0.1, 0.1), (0.04, 0.3)] {
            table.add(&CRASH, Manager::Quorate, ours);
            table.add(&CRASH, Manager::Pacemaker, theirs);
        }
        table.add(&MODIFY, Manager::Quorate, 100.0);
        let lines: Vec<String> = table.text().lines().skip(2).map(str::to_string).collect();
        assert_eq!(
            lines,
            [
                format!(
                    "| {} | 0.050 s (0.040 to 0.100) | 0.200 s (0.100 to 0.300) | 4.00 | 2 times | met |",
                    CRASH.what
                ),
                format!("| {} | 100 /s | - |  | 3 times |  |", MODIFY.what),
            ]
        );
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let median = |values: &[f64]| Spread::of(values.to_vec()).median();
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[3.0, 1.0]), Some(2.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    }
}
