//! The present, handed in as a value; and spans of it.
//!
//! In: seconds since 1970. Out: [`Now`], [`Interval`]. Never here: reading a clock.

use quorate_grammar::literal::{self, DateTime};
use std::fmt;

/// When a decision is made. Everything that asks the time is given this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(pub DateTime);

impl Now {
    pub const fn from_epoch(seconds: i64) -> Self {
        Self(DateTime::from_epoch(seconds))
    }

    pub const fn epoch(self) -> i64 {
        self.0.epoch
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
