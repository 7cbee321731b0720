//! When something that lasts from now on ends. The shell's only look at the clock.
//!
//! In: an ISO 8601 duration. Out: the moment it ends, in UTC, as Pacemaker's tools write it.
//! Absent: time zones.

use quorate_grammar::literal;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn end(duration: &str) -> Option<String> {
    let duration = literal::duration(duration).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let now = literal::DateTime::from_epoch(i64::try_from(now).ok()?);
    let at = now.plus(&duration).calendar();
    Some(format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", at.year, at.month, at.day, at.hour, at.minute, at.second))
}
