//! The only look at the clock of the shell and the tools.
//!
//! In: nothing, or an ISO 8601 duration from now on. Out: the present by this machine's calendar; moments
//! as text, in UTC.
//! Absent: which zone the machine is in (see `transport::zone`).

use quorate_core::time::Now;
use quorate_grammar::literal;
pub use quorate_transport::zone::{at, now};

/// A date that somebody supposes to be today. Where it does not say its zone it is a local one.
pub fn supposed(text: &str) -> Option<Now> {
    let now = now();
    now.date(text).map(|at| Now { at, ..now })
}

/// When something that lasts so long from now on ends, as Pacemaker's tools write it.
pub fn end_of(duration: &str) -> Option<String> {
    let duration = literal::duration(duration).ok()?;
    Some(written(now().at.plus(&duration)))
}

/// Whether that is over as soon as it begins.
pub fn is_over_at_once(duration: &str) -> bool {
    literal::duration(duration).is_ok_and(|duration| now().at.plus(&duration) <= now().at)
}

/// Seconds since 1970 in the same form.
pub fn text(epoch: i64) -> String {
    written(Now::from_epoch(epoch).at)
}

fn written(moment: literal::DateTime) -> String {
    let at = moment.calendar();
    let (date, time) = ((at.year, at.month, at.day), (at.hour, at.minute, at.second));
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", date.0, date.1, date.2, time.0, time.1, time.2)
}
