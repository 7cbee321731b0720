//! The present, handed in as a value; and spans of it.
//!
//! In: seconds since 1970. Out: [`Now`], [`Zone`], [`Interval`]. Never here: reading a clock.

use quorate_grammar::literal::{self, DateTime};
use std::fmt;

/// Seconds that a clock was put ahead in one step: it left out what lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    pub from: i64,
    pub to: i64,
}

/// How much of these was left out since a moment. Seconds.
pub fn left_out_since(leaps: &[Leap], since: i64) -> i64 {
    leaps.iter().filter(|leap| since <= leap.from).map(|leap| leap.to - leap.from).sum()
}

/// What a clock has left out lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaps(Vec<Leap>);

impl Leaps {
    /// A step that is no more is not worth to be told from the grain of clocks. Seconds.
    const WORTH: i64 = 60;
    /// So many are remembered; a clock that is put ahead more often is no clock.
    const KEPT_MAX: usize = 16;

    /// The clock shows `now`, where it should show `expected` by another one that only goes forward.
    pub fn hear(&mut self, expected: i64, now: i64) {
        if now >= expected + Self::WORTH {
            self.0.push(Leap { from: expected, to: now });
            let surplus = self.0.len().saturating_sub(Self::KEPT_MAX);
            self.0.drain(..surplus);
        } else if now + Self::WORTH <= expected {
            // Put back: what it had left out comes after all.
            self.0.retain(|leap| leap.to <= now);
        }
    }

    /// The leaps that count, oldest first.
    pub fn all(&self) -> &[Leap] {
        &self.0
    }
}

/// When a decision is made, and by which calendar. Everything that asks the time is given this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The moment; its offset is the calendar that `date_spec` is held against.
    pub at: DateTime,
    /// Seconds east of Greenwich where a date does not say its zone.
    pub local: i32,
}

impl Now {
    /// By the calendar of Greenwich.
    pub const fn from_epoch(seconds: i64) -> Self {
        Self::with_offset(seconds, 0)
    }

    /// By the calendar of a place.
    pub fn in_zone(seconds: i64, zone: &Zone) -> Self {
        Self::with_offset(seconds, zone.offset_at(seconds))
    }

    /// By the calendar of a place that is so many seconds east of Greenwich at that moment.
    pub const fn with_offset(seconds: i64, offset: i32) -> Self {
        Self { at: DateTime { epoch: seconds, offset }, local: offset }
    }

    /// Seconds since 1970, UTC.
    pub const fn epoch(self) -> i64 {
        self.at.epoch
    }

    /// Another moment, by the same calendar.
    pub const fn at(self, seconds: i64) -> Self {
        Self::with_offset(seconds, self.local)
    }

    /// A date as it is meant here and now; `None` if it is none.
    pub fn date(self, text: &str) -> Option<DateTime> {
        literal::date_on(text, self.at, self.local).ok()
    }
}

/// A place's calendar: seconds east of Greenwich from each moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// Before the first change.
    pub offset: i32,
    /// Moment and offset from then on, in order.
    pub changes: Vec<(i64, i32)>,
}

impl Zone {
    /// Seconds east of UTC at a moment, which is in seconds since 1970.
    pub fn offset_at(&self, moment: i64) -> i32 {
        let after = self.changes.partition_point(|(from, _)| *from <= moment);
        after.checked_sub(1).map_or(self.offset, |at| self.changes[at].1)
    }
}

/// Milliseconds between two runs of a recurring operation, or a timeout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(pub u32);

impl Interval {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// Reads `10`, `10s`, `2min` as a CIB has it, a number alone as seconds; `None` where it is no interval.
    pub fn parse(text: &str) -> Option<Self> {
        let ms = literal::cib::interval_ms(text)?;
        Some(Self(ms.min(i64::from(u32::MAX)) as u32))
    }

    /// Whether it is no interval at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Milliseconds.
    pub const fn ms(self) -> u32 {
        self.0
    }

    /// In whole seconds; what is shorter than one is one.
    pub fn seconds(self) -> i64 {
        if self.0 == 0 { 0 } else { (i64::from(self.0) + 500).div_euclid(1000).max(1) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Tue Jun 16 19:23:21 2020`, in the zone of the moment: as C's `ctime` writes it, and Pacemaker with it.
pub fn in_words(moment: literal::DateTime) -> String {
    let at = moment.calendar();
    let weekday = WEEKDAYS[(at.weekday as usize).clamp(1, 7) - 1];
    let month = MONTHS[(at.month as usize).clamp(1, 12) - 1];
    format!("{weekday} {month} {:>2} {:02}:{:02}:{:02} {}", at.day, at.hour, at.minute, at.second, at.year)
}

/// `10s`, `1m30s`, `1h`, `100ms`.
pub fn interval_in_words(ms: u32) -> String {
    let mut rest = ms;
    let mut text = String::new();
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m")] {
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    match (rest / 1000, rest % 1000) {
        (0, 0) if !text.is_empty() => {}
        (0, 0) => text.push_str("0s"),
        _ if rest < 1000 => text.push_str(&format!("{rest}ms")),
        (seconds, 0) => text.push_str(&format!("{seconds}s")),
        (seconds, ms) => text.push_str(&format!("{seconds}.{ms:03}s")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_no_age() {
        let leaps = [Leap { from: 100, to: 200 }, Leap { from: 300, to: 1_300 }];
        let left_out = [50, 100, 250, 300, 1_300].map(|since| left_out_since(&leaps, since));
        assert_eq!(left_out, [1_100, 1_100, 1_000, 1_000, 0]);
    }

    #[test]
    fn a_clock_that_is_put_ahead_leaves_out_what_lies_between() {
        let heard = |steps: &[(i64, i64)]| {
            let mut leaps = Leaps::default();
            steps.iter().for_each(|(expected, now)| leaps.hear(*expected, *now));
            leaps.all().iter().map(|leap| (leap.from, leap.to)).collect::<Vec<_>>()
        };
        assert_eq!(heard(&[(1_000, 1_001), (2_000, 1_999), (3_000, 3_059)]), []);
        assert_eq!(heard(&[(1_000, 8_000)]), [(1_000, 8_000)]);
        assert_eq!(heard(&[(1_000, 8_000), (9_000, 20_000)]), [(1_000, 8_000), (9_000, 20_000)]);
        assert_eq!(heard(&[(1_000, 8_000), (8_500, 1_500)]), [], "put back");
        assert_eq!(heard(&[(1_000, 8_000), (20_000, 9_000)]), [(1_000, 8_000)]);
        assert_eq!(heard(&(0..40).map(|at| (at * 100, at * 100 + 60)).collect::<Vec<_>>()).len(), 16);
    }

    #[test]
    fn a_zone_changes_its_offset_at_its_moments() {
        let zone = Zone { offset: 1, changes: vec![(100, 2), (200, 3)] };
        for (moment, offset) in [(0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (999, 3)] {
            assert_eq!(zone.offset_at(moment), offset, "at {moment}");
        }
    }

    #[test]
    fn a_date_without_a_zone_is_a_local_one() {
        // 2026-07-01 12:00:00 in Berlin.
        let now = Now::with_offset(1_782_900_000, 7200);
        for (text, means) in [
            ("2026-07-01 12:00:00Z", "2026-07-01 12:00:00Z"),
            ("2026-07-01 12:00:00", "2026-07-01 12:00:00 +02:00"),
            ("2026-07-01T12:00 -05:00", "2026-07-01 12:00:00 -05:00"),
            ("2026-07-01", "2026-07-01 00:00:00Z"),
            ("09:30", "2026-07-01 09:30:00 +02:00"),
        ] {
            assert_eq!(now.date(text).map(|date| date.to_string()).as_deref(), Some(means), "{text}");
        }
        assert_eq!(now.date("soon"), None);
    }
}
