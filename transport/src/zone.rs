//! The time zone of this machine: `$TZ`, else the system's.
//!
//! In: nothing but the environment and the zone files. Out: offsets, or all of them as a [`Zone`].
//! And the present by that calendar.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quorate_core::time::{Now, Zone};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Views show nothing before, and nobody plans beyond: 1970 to 2100.
const YEARS: std::ops::Range<i64> = 0..4_102_444_800;

/// The present, by this machine's calendar.
pub fn now() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    at(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A moment by this machine's calendar.
pub fn at(epoch: i64) -> Now {
    Now::with_offset(epoch, offset_at(epoch))
}

/// Seconds east of Greenwich at a moment.
pub fn offset_at(epoch: i64) -> i32 {
    offset(&TimeZone::system(), epoch)
}

/// The calendar of this machine. Greenwich where none can be read.
pub fn local() -> Zone {
    table(&TimeZone::system())
}

/// A moment in this machine's time by a format of strftime(3), with GNU date's `%N`, `%3N`, `%06N` for fractions of a
/// second. A format that cannot be read is given back.
pub fn in_format(format: &str, since_epoch: Duration) -> String {
    let format = with_fractions(format, since_epoch.subsec_nanos());
    let second = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    let Ok(moment) = Timestamp::from_second(second) else { return format };
    jiff::fmt::strtime::format(&format, &moment.to_zoned(TimeZone::system())).unwrap_or(format)
}

/// The moment that a text of ctime(3) in this machine's time means, in seconds since the epoch.
pub fn of_words(text: &str) -> Option<i64> {
    let parsed = jiff::fmt::strtime::parse("%a %b %e %H:%M:%S %Y", text).ok()?;
    let zoned = parsed.to_datetime().ok()?.to_zoned(TimeZone::system()).ok()?;
    Some(zoned.timestamp().as_second())
}

/// Fractions of a second put where the format asks for them.
fn with_fractions(format: &str, nanos: u32) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let digits = behind.chars().take_while(char::is_ascii_digit).count();
        if behind[digits..].starts_with('N') {
            let width = behind[..digits].parse::<usize>().ok().filter(|width| (1..=9).contains(width)).unwrap_or(9);
            out.push_str(&format!("{nanos:09}")[..width]);
            rest = &behind[digits + 1..];
            continue;
        }
        // What follows is part of this directive, a second `%` included.
        let length = behind.chars().next().map_or(0, char::len_utf8);
        out.push_str(&rest[at..at + 1 + length]);
        rest = &behind[length..];
    }
    out + rest
}

fn offset(zone: &TimeZone, epoch: i64) -> i32 {
    Timestamp::from_second(epoch).map_or(0, |moment| zone.to_offset(moment).seconds())
}

fn table(zone: &TimeZone) -> Zone {
    let Ok(start) = Timestamp::from_second(YEARS.start) else { return Zone::default() };
    let changes = zone.following(start).map(|change| (change.timestamp().as_second(), change.offset().seconds()));
    Zone { offset: offset(zone, YEARS.start), changes: changes.take_while(|(at, _)| *at < YEARS.end).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_moment_are_read() {
        let words = in_format("%a %b %e %H:%M:%S %Y", Duration::from_secs(1_700_000_005));
        assert_eq!(of_words(&words), Some(1_700_000_005), "{words}");
        assert_eq!(of_words("yesterday"), None);
    }

    #[test]
    fn fractions_of_a_second_are_put_where_the_format_asks_for_them() {
        let nanos = 12_345_678;
        for (format, expected) in
            [("%N", "012345678"), ("%06N", "012345"), ("a%3Nb%%N", "a012b%%N"), ("%H", "%H"), ("%", "%")]
        {
            assert_eq!(with_fractions(format, nanos), expected, "{format}");
        }
        assert_eq!(in_format("%s.%06N", Duration::new(5, nanos)), "5.012345");
        assert_eq!(in_format("%\u{e4}", Duration::ZERO), "%\u{e4}");
    }

    #[track_caller]
    fn check(name: &str, expected: &[(i64, i32)]) {
        let zone = match name.contains(',') {
            true => TimeZone::posix(name),
            false => TimeZone::get(name),
        };
        let zone = zone.unwrap_or_else(|error| panic!("{name}: {error}: zones are in the package tzdata"));
        let table = table(&zone);
        for (moment, wanted) in expected {
            assert_eq!(table.offset_at(*moment), *wanted, "{name} at {moment}");
            assert_eq!(offset(&zone, *moment), *wanted, "{name} at {moment}");
        }
    }

    #[test]
    fn winter_and_summer_differ() {
        // Winter and summer of 2020, and of 2090, for which no file has an entry.
        let berlin = [(1_580_000_000, 3600), (1_592_335_401, 7200), (3_790_000_000, 3600), (3_803_000_000, 7200)];
        check("Europe/Berlin", &berlin);
        check("CET-1CEST,M3.5.0,M10.5.0/3", &berlin);
        check("Asia/Kolkata", &[(1_580_000_000, 19_800), (1_592_335_401, 19_800)]);
        check("UTC", &[(0, 0), (1_592_335_401, 0)]);
    }
}
