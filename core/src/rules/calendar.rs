//! Tests of dates.
//!
//! In: a date expression and the present. Out: whether it holds, and the next moment that may change it.
//! Absent: the next change of a date_spec, which is not known ahead.

use crate::cib::model::rule::{DateExpression, DateTest, range_of};
use crate::time::Now;
use quorate_grammar::literal::{DateTime, Duration};

/// Whether a date expression holds, and until when.
pub struct Verdict {
    pub holds: bool,
    pub changes_at: Option<i64>,
}

impl Verdict {
    const fn for_good(holds: bool) -> Self {
        Self { holds, changes_at: None }
    }

    const fn until(holds: bool, moment: i64) -> Self {
        Self { holds, changes_at: Some(moment) }
    }
}

/// Holds an expression against the calendar of the place and the moment.
pub fn judge(expression: &DateExpression, now: Now) -> Verdict {
    match &expression.test {
        DateTest::InRange { start, end, duration } => {
            in_range(start.as_deref(), end.as_deref(), duration.as_deref(), now)
        }
        DateTest::After(start) => match read(start, now) {
            None => Verdict::for_good(false),
            Some(start) if now.epoch() > start.epoch => Verdict::for_good(true),
            Some(start) => Verdict::until(false, start.epoch + 1),
        },
        DateTest::Before(end) => match read(end, now) {
            None => Verdict::for_good(false),
            Some(end) if now.epoch() < end.epoch => Verdict::until(true, end.epoch),
            Some(_) => Verdict::for_good(false),
        },
        DateTest::Spec(fields) => Verdict::for_good(fields.iter().all(|(name, range)| field_fits(name, range, now))),
    }
}

fn read(text: &str, now: Now) -> Option<DateTime> {
    now.date(text)
}

fn in_range(start: Option<&str>, end: Option<&str>, duration: Option<&[(String, String)]>, now: Now) -> Verdict {
    // A bound that cannot be read makes the whole test fail.
    let bounds: Option<Vec<_>> = [start, end].into_iter().flatten().map(|text| read(text, now)).collect();
    if bounds.is_none() {
        return Verdict::for_good(false);
    }
    let start = start.and_then(|text| read(text, now));
    // So does a length that is none.
    let lasts = match duration.filter(|_| end.is_none()).map(length) {
        Some(None) => return Verdict::for_good(false),
        known => known.flatten(),
    };
    let end = end.and_then(|text| read(text, now)).or_else(|| Some(start?.plus(&lasts?)));
    match (start, end) {
        (Some(start), _) if now.epoch() < start.epoch => Verdict::until(false, start.epoch),
        (_, Some(end)) if now.epoch() > end.epoch => Verdict::for_good(false),
        (_, Some(end)) => Verdict::until(true, end.epoch + 1),
        (_, None) => Verdict::for_good(true),
    }
}

/// `None` if an amount is no number.
fn length(fields: &[(String, String)]) -> Option<Duration> {
    let mut total = Duration::default();
    for (name, text) in fields {
        let amount: i64 = text.trim_start().parse().ok()?;
        match name.as_str() {
            "years" => total.years += amount,
            "months" => total.months += amount,
            "weeks" => total.days += amount * 7,
            "days" => total.days += amount,
            "hours" => total.seconds += amount * 3600,
            "minutes" => total.seconds += amount * 60,
            "seconds" => total.seconds += amount,
            _ => return None,
        }
    }
    Some(total)
}

/// Where the present is, seen from what an expression means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    Within,
    After,
}

/// Whether an expression does not hold yet, holds, or holds no more; `None` if a date in it is none.
pub fn side(expression: &DateExpression, now: Now) -> Option<Side> {
    match &expression.test {
        DateTest::Spec(fields) => {
            let sides = fields.iter().filter_map(|(name, range)| field_side(name, range, now));
            Some(sides.into_iter().find(|side| *side != Side::Within).unwrap_or(Side::Within))
        }
        DateTest::InRange { start, end, .. } => {
            [start, end].into_iter().flatten().map(|text| read(text, now)).collect::<Option<Vec<_>>>()?;
            Some(verdict_side(&judge(expression, now)))
        }
        DateTest::After(text) | DateTest::Before(text) => {
            read(text, now)?;
            Some(verdict_side(&judge(expression, now)))
        }
    }
}

fn verdict_side(verdict: &Verdict) -> Side {
    match verdict {
        Verdict { holds: true, .. } => Side::Within,
        Verdict { changes_at: Some(_), .. } => Side::Before,
        Verdict { changes_at: None, .. } => Side::After,
    }
}

fn field_fits(name: &str, range: &str, now: Now) -> bool {
    field_side(name, range, now).is_none_or(|side| side == Side::Within)
}

/// Seen from the number or the range of one field.
fn field_side(name: &str, range: &str, now: Now) -> Option<Side> {
    let c = now.at.calendar();
    let value = match name {
        "years" => c.year as u32,
        "months" => c.month,
        "monthdays" => c.day,
        "yeardays" => c.ordinal,
        "weekyears" => c.week_year as u32,
        "weeks" => c.week,
        "weekdays" => c.weekday,
        "hours" => c.hour,
        "minutes" => c.minute,
        "seconds" => c.second,
        _ => return None,
    };
    Some(match range_of(range) {
        // What cannot be read never fits.
        None => Side::After,
        Some((low, _)) if value < low => Side::Before,
        Some((_, high)) if value > high => Side::After,
        Some(_) => Side::Within,
    })
}
