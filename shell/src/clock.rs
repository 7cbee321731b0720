//! The shell's only look at the clock.
//!
//! In: nothing, or an ISO 8601 duration from now on. Out: moments, in UTC.
//! Absent: time zones.

use quorate_core::time::Now;
use quorate_grammar::literal;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn now() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::from_epoch(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// When something that lasts so long from now on ends, as Pacemaker's tools write it.
pub fn end_of(duration: &str) -> Option<String> {
    let duration = literal::duration(duration).ok()?;
    Some(written(now().0.plus(&duration)))
}

/// Seconds since 1970 in the same form.
pub fn text(epoch: i64) -> String {
    written(Now::from_epoch(epoch).0)
}

fn written(moment: literal::DateTime) -> String {
    let at = moment.calendar();
    let (date, time) = ((at.year, at.month, at.day), (at.hour, at.minute, at.second));
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", date.0, date.1, date.2, time.0, time.1, time.2)
}
