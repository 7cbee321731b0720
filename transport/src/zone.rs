//! The time zone of this machine: `$TZ`, else the system's.
//!
//! In: nothing but the environment and the zone files. Out: offsets, or all of them as a [`Zone`].
//! Absent: what time it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quorate_core::time::Zone;

/// Views show nothing before, and nobody plans beyond: 1970 to 2100.
const YEARS: std::ops::Range<i64> = 0..4_102_444_800;

/// Seconds east of Greenwich at a moment.
pub fn offset_at(epoch: i64) -> i32 {
    offset(&TimeZone::system(), epoch)
}

/// The calendar of this machine. Greenwich where none can be read.
pub fn local() -> Zone {
    table(&TimeZone::system())
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

    #[track_caller]
    fn check(name: &str, expected: &[(i64, i32)]) {
        let zone = match name.contains(',') {
            true => TimeZone::posix(name),
            false => TimeZone::get(name),
        };
        let Ok(zone) = zone else {
            println!("skipped: no zone {name}");
            return;
        };
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
