//! The present, handed in as a value; and spans of it.
//!
//! In: seconds since 1970. Out: [`Now`], [`Zone`], [`Interval`]. Never here: reading a clock.

use quorate_grammar::literal::{self, DateTime};
use std::fmt;

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

    pub const fn epoch(self) -> i64 {
        self.at.epoch
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
    pub fn offset_at(&self, moment: i64) -> i32 {
        let after = self.changes.partition_point(|(from, _)| *from <= moment);
        after.checked_sub(1).map_or(self.offset, |at| self.changes[at].1)
    }
}

/// Milliseconds between two runs of a recurring operation, or a timeout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(pub u32);

impl Interval {
    pub const ZERO: Self = Self(0);

    pub fn parse(text: &str) -> Option<Self> {
        let ms = literal::interval_ms(text).ok()?;
        Some(Self(ms.clamp(0, i64::from(u32::MAX)) as u32))
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn ms(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
