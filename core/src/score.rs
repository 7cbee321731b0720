//! Scores: whole numbers that saturate at plus and minus a million, where minus always wins.
//!
//! In: numbers. Out: [`Score`]. Never here: where a score comes from.

use quorate_grammar::literal;
use std::fmt;
use std::ops::{Add, AddAssign, Neg};

/// How much a node is wanted; `-INFINITY` forbids, and no sum brings it back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(i32);

impl Score {
    /// Neither for nor against.
    pub const ZERO: Self = Self(0);
    /// Must: 1,000,000, as in Pacemaker.
    pub const INFINITY: Self = Self(literal::INFINITY);
    /// Must not.
    pub const MINUS_INFINITY: Self = Self(-literal::INFINITY);

    /// What is beyond infinity is infinity.
    pub const fn new(value: i32) -> Self {
        if value > literal::INFINITY {
            Self::INFINITY
        } else if value < -literal::INFINITY {
            Self::MINUS_INFINITY
        } else {
            Self(value)
        }
    }

    /// As a CIB has it; `None` when it is no score. What follows a number is passed over.
    pub fn parse(text: &str) -> Option<Self> {
        literal::cib::score(text).map(Self)
    }

    /// Infinity is 1,000,000.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Whether it is `INFINITY`: a must.
    pub const fn is_infinite(self) -> bool {
        self.0 >= literal::INFINITY
    }

    /// Whether it is `-INFINITY`: a must not.
    pub const fn is_banned(self) -> bool {
        self.0 <= -literal::INFINITY
    }
}

impl Add for Score {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        if self.is_banned() || other.is_banned() {
            Self::MINUS_INFINITY
        } else if self.is_infinite() || other.is_infinite() {
            Self::INFINITY
        } else {
            Self::new(self.0 + other.0)
        }
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Score {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl From<i32> for Score {
    fn from(value: i32) -> Self {
        Self::new(value)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => out.pad("INFINITY"),
            Self::MINUS_INFINITY => out.pad("-INFINITY"),
            Self(value) => value.fmt(out),
        }
    }
}

impl fmt::Debug for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn minus_infinity_wins_every_sum() {
        for (left, right, sum) in [
            ("1", "2", "3"),
            ("INFINITY", "-INFINITY", "-INFINITY"),
            ("INFINITY", "-5", "INFINITY"),
            ("-INFINITY", "999999", "-INFINITY"),
            ("999999", "2", "INFINITY"),
            ("-999999", "-2", "-INFINITY"),
        ] {
            let total = Score::parse(left).unwrap() + Score::parse(right).unwrap();
            assert_eq!(total.to_string(), sum, "{left} + {right}");
        }
    }
}
