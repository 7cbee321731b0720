//! Values as Pacemaker reads them from a CIB: what follows a number is passed over, and only one spelling is
//! infinity. What people write is held against the stricter forms of `literal`, so that they learn of the
//! difference.
//!
//! In: text. Out: numbers. Absent: booleans and dates, which have one reading.

use super::{Duration, INFINITY, duration, is_leap};

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// The whole number that a text begins with, as C's `strtoll` has it; beyond 64 bits it is the last one.
pub fn number(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(is_space);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count()];
    if digits.is_empty() {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// A whole number that is at least so much: what is less, or no number, is that much.
pub fn at_least(least: i32, text: &str) -> i32 {
    number(text).map_or(least, |number| number.clamp(i64::from(least), i64::from(i32::MAX)) as i32)
}

/// `INFINITY` with or without a sign, or a number; `None` where it is no score.
pub fn score(text: &str) -> Option<i32> {
    match text {
        "INFINITY" | "+INFINITY" => Some(INFINITY),
        "-INFINITY" => Some(-INFINITY),
        _ => number(text).map(|n| n.clamp(-i64::from(INFINITY), i64::from(INFINITY)) as i32),
    }
}

/// An interval in milliseconds; `None` where it is none, or negative.
pub fn interval_ms(text: &str) -> Option<i64> {
    if text.starts_with('P') {
        let seconds = seconds(&duration(text).ok()?);
        return Some(seconds.saturating_mul(1000)).filter(|ms| *ms >= 0);
    }
    let text = text.trim_start_matches(is_space);
    let length = text.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.')).count();
    let (amount, unit) = text.split_at(length);
    let amount = number(amount).filter(|_| length > 0);
    let unit = unit.trim_start_matches(is_space).to_ascii_lowercase();
    // A unit counts by its beginning: `10seconds`, but also `1h30m`, which is one hour.
    let scale: fn(i64) -> i64 = match unit.as_str() {
        unit if unit.starts_with("ms") => |number| number,
        unit if unit.starts_with("us") => |number| number / 1000,
        unit if unit.starts_with('s') => |number| number.saturating_mul(1000),
        unit if unit.starts_with('m') => |number| number.saturating_mul(60_000),
        unit if unit.starts_with('h') => |number| number.saturating_mul(3_600_000),
        "" => |number| number.saturating_mul(1000),
        _ => return None,
    };
    amount.map(scale).filter(|ms| *ms >= 0)
}

/// The seconds of an ISO 8601 duration. Pacemaker counts its days and years as those of a date, from the first
/// on: of days, weeks and years there is one less than is written.
fn seconds(duration: &Duration) -> i64 {
    let years: i64 = (1..duration.years.min(9999)).map(|year| if is_leap(year as i32) { 366 } else { 365 }).sum();
    let days = years + duration.months.clamp(0, 1_000_000) * 30 + (duration.days - 1).max(0);
    days.saturating_mul(86_400).saturating_add(duration.seconds)
}

/// A share of something, such as `80%`.
pub fn is_percentage(text: &str) -> bool {
    let text = text.trim_start_matches(is_space);
    text.strip_suffix('%').is_some_and(|number| number.parse::<f64>().is_ok_and(|number| number >= 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        for (text, value) in [
            ("10", Some(10)),
            (" +7x", Some(7)),
            ("-3.9", Some(-3)),
            ("007", Some(7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("two", None),
            ("+-5", None),
            ("", None),
        ] {
            assert_eq!(number(text), value, "{text:?}");
        }
        for (text, value) in [("two", 0), ("2.5", 2), ("-4", 0), ("9999999999", i32::MAX)] {
            assert_eq!(at_least(0, text), value, "{text:?}");
        }
    }

    #[test]
    fn one_word_is_infinity() {
        for (text, value) in [
            ("INFINITY", Some(INFINITY)),
            ("-INFINITY", Some(-INFINITY)),
            ("inf", None),
            ("infinity", None),
            (" INFINITY", None),
            ("10x", Some(10)),
            ("2000000", Some(INFINITY)),
        ] {
            assert_eq!(score(text), value, "{text:?}");
        }
    }

    #[test]
    fn units_count_by_their_beginning() {
        for (text, ms) in [
            ("10", Some(10_000)),
            ("10 seconds", Some(10_000)),
            ("10.5s", Some(10_000)),
            ("1h30m", Some(3_600_000)),
            ("PT1M", Some(60_000)),
            ("P1D", Some(0)),
            ("P1W", Some(518_400_000)),
            ("P1DT1S", Some(1000)),
            ("P2Y", Some(31_536_000_000)),
            ("pt1m", None),
            ("1d", None),
            ("-5s", None),
            ("1500us", Some(1)),
        ] {
            assert_eq!(interval_ms(text), ms, "{text:?}");
        }
        assert!(is_percentage("80%") && is_percentage("200%") && !is_percentage("200") && !is_percentage("-1%"));
    }
}
