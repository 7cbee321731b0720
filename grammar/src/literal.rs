//! The small words of the language: scores, intervals, booleans and ISO 8601 times.
//!
//! In: text. Out: plain numbers and calendar values. Never here: what the words mean to a cluster.
//! Absent: fractions of seconds (they are read and dropped), years outside 1 to 9999.

use std::fmt;

pub mod cib;

/// A score that wins over (or, negated, forbids) everything.
pub const INFINITY: i32 = 1_000_000;

/// What was expected where something else was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLiteral {
    Score,
    Boolean,
    Interval,
    Date,
    Duration,
    Period,
}

impl fmt::Display for BadLiteral {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Score => "expected a whole number, INFINITY or -INFINITY",
            Self::Boolean => "expected true or false (or yes/no, on/off, 1/0)",
            Self::Interval => "expected a number with a unit such as 20s, 5min, 100ms or an ISO 8601 duration",
            Self::Date => "expected an ISO 8601 date such as 2026-07-01 12:00:00Z",
            Self::Duration => "expected an ISO 8601 duration such as P1DT12H",
            Self::Period => "expected an ISO 8601 period such as 2026-07-01/P1M",
        })
    }
}

impl std::error::Error for BadLiteral {}

/// `100`, `-5`, `INFINITY`, `+INFINITY`, `-INFINITY`, `inf`; numbers beyond are clamped.
pub fn score(text: &str) -> Result<i32, BadLiteral> {
    let word = text.trim();
    let (sign, magnitude) = match word.as_bytes().first() {
        Some(b'-') => (-1, &word[1..]),
        Some(b'+') => (1, &word[1..]),
        _ => (1, word),
    };
    if magnitude.eq_ignore_ascii_case("INFINITY") || magnitude.eq_ignore_ascii_case("inf") {
        return Ok(sign * INFINITY);
    }
    if magnitude.is_empty() || !magnitude.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadLiteral::Score);
    }
    let clamped = magnitude.parse::<i64>().map_or(INFINITY, |n| n.min(i64::from(INFINITY)) as i32);
    Ok(sign * clamped)
}

/// `true on yes y 1` or `false off no n 0`, in any case; with a blank it is neither.
pub fn boolean(text: &str) -> Result<bool, BadLiteral> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    if TRUE.iter().any(|t| text.eq_ignore_ascii_case(t)) {
        Ok(true)
    } else if FALSE.iter().any(|f| text.eq_ignore_ascii_case(f)) {
        Ok(false)
    } else {
        Err(BadLiteral::Boolean)
    }
}

/// An interval in milliseconds, as people should write it: `20`, `20s`, `5min`, `100ms`, `1h`, or `PT20S`.
///
/// A bare number is seconds. Microseconds round down. (What else is read from a CIB: see [`cib`].)
pub fn interval_ms(text: &str) -> Result<i64, BadLiteral> {
    let word = text.trim();
    if word.starts_with('P') {
        let seconds = duration(word).map_err(|_| BadLiteral::Interval)?.approximate_seconds();
        return Ok(seconds.saturating_mul(1000));
    }
    let digits_end = word
        .bytes()
        .enumerate()
        .find(|(at, byte)| !(byte.is_ascii_digit() || (*at == 0 && matches!(byte, b'+' | b'-'))))
        .map_or(word.len(), |(at, _)| at);
    let number: i64 = word[..digits_end].parse().map_err(|_| BadLiteral::Interval)?;
    let unit = word[digits_end..].trim();
    let scaled = match unit.to_ascii_lowercase().as_str() {
        "" | "s" | "sec" => number.saturating_mul(1000),
        "ms" | "msec" => number,
        "us" | "usec" => number / 1000,
        "m" | "min" => number.saturating_mul(60_000),
        "h" | "hr" => number.saturating_mul(3_600_000),
        _ => return Err(BadLiteral::Interval),
    };
    Ok(scaled)
}

/// A moment, with the zone it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    /// Seconds since 1970-01-01 00:00:00Z.
    pub epoch: i64,
    /// Seconds east of Greenwich, used only to read the calendar.
    pub offset: i32,
}

/// A moment read off a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    /// Day of the year, from 1.
    pub ordinal: u32,
    pub week_year: i32,
    pub week: u32,
    /// Monday is 1, Sunday 7.
    pub weekday: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

impl DateTime {
    pub const fn from_epoch(epoch: i64) -> Self {
        Self { epoch, offset: 0 }
    }

    pub fn calendar(self) -> Calendar {
        let local = self.epoch + i64::from(self.offset);
        let (days, second_of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let ordinal = (days - days_from_civil(year, 1, 1) + 1) as u32;
        let weekday = ((days + 3).rem_euclid(7) + 1) as u32;
        let (week_year, week) = iso_week(year, ordinal, weekday);
        Calendar {
            year,
            month,
            day,
            ordinal,
            week_year,
            week,
            weekday,
            hour: (second_of_day / 3600) as u32,
            minute: (second_of_day / 60 % 60) as u32,
            second: (second_of_day % 60) as u32,
        }
    }

    /// Calendar arithmetic: years and months first (the day is clipped to the month), then the rest.
    #[must_use]
    pub fn plus(self, duration: &Duration) -> Self {
        self.shifted(duration, 1)
    }

    #[must_use]
    pub fn minus(self, duration: &Duration) -> Self {
        self.shifted(duration, -1)
    }

    fn shifted(self, duration: &Duration, sign: i64) -> Self {
        let local = self.epoch + i64::from(self.offset);
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let months = i64::from(year) * 12 + i64::from(month) - 1
            + sign * (duration.years.saturating_mul(12).saturating_add(duration.months));
        let year = months.div_euclid(12).clamp(1, 9999) as i32;
        let month = months.rem_euclid(12) as u32 + 1;
        let day = day.min(days_in_month(year, month));
        let days = days_from_civil(year, month, day) + sign * duration.days;
        let local = days * 86_400 + rest + sign * duration.seconds;
        Self { epoch: local - i64::from(self.offset), offset: self.offset }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.calendar();
        write!(out, "{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second)?;
        match self.offset {
            0 => out.write_str("Z"),
            offset => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs() / 60;
                write!(out, " {sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// A length of time whose months and years depend on where it is laid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration {
    pub years: i64,
    pub months: i64,
    pub days: i64,
    pub seconds: i64,
}

impl Duration {
    /// As seconds, a month counted as 30 days and a year as 365.
    pub fn approximate_seconds(&self) -> i64 {
        let days =
            self.years.saturating_mul(365).saturating_add(self.months.saturating_mul(30)).saturating_add(self.days);
        days.saturating_mul(86_400).saturating_add(self.seconds)
    }
}

/// `2026-07-01 12:00:00Z`, `2026-182`, `2026-W27-3`, `20260701T120000+02:00`, `12:00`, `epoch`.
///
/// A time without a zone is one of `local` (seconds east of Greenwich), a day without a time begins in
/// Greenwich, as Pacemaker has it. A bare time is of the day given in `today`.
pub fn date_on(text: &str, today: DateTime, local: i32) -> Result<DateTime, BadLiteral> {
    let word = text.trim();
    if word.eq_ignore_ascii_case("epoch") {
        return Ok(DateTime::from_epoch(0));
    }
    if word.is_empty() {
        return Err(BadLiteral::Date);
    }
    let has_date = !(word.as_bytes().get(2) == Some(&b':') || word.starts_with(['T', 't']));
    let (date_text, time_text) = if has_date { split_date(word) } else { ("", word.trim_start_matches(['T', 't'])) };
    let days = if has_date {
        calendar_days(date_text).ok_or(BadLiteral::Date)?
    } else {
        (today.epoch + i64::from(today.offset)).div_euclid(86_400)
    };
    let (seconds, offset) = time_of_day(time_text).ok_or(BadLiteral::Date)?;
    // A day without a time begins in Greenwich.
    let offset = offset.unwrap_or(if time_text.trim().is_empty() { 0 } else { local });
    Ok(DateTime { epoch: days * 86_400 + seconds - i64::from(offset), offset })
}

/// As [`date_on`], where a bare time would make no sense, and local is Greenwich.
pub fn date(text: &str) -> Result<DateTime, BadLiteral> {
    date_on(text, DateTime::from_epoch(0), 0)
}

fn split_date(word: &str) -> (&str, &str) {
    match word.find([' ', 'T', 't']) {
        Some(at) => (&word[..at], word[at + 1..].trim_start()),
        None => match word.strip_suffix(['Z', 'z']) {
            Some(day) => (day, "Z"),
            None => (word, ""),
        },
    }
}

fn calendar_days(text: &str) -> Option<i64> {
    let (year_text, rest) = match text.find('-') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text.get(..4)?, text.get(4..)?),
    };
    if year_text.is_empty() || year_text.len() > 4 {
        return None;
    }
    let year = number(year_text)? as i32;
    if year < 1 {
        return None;
    }
    if let Some(week_text) = rest.strip_prefix(['W', 'w']) {
        return week_days(year, week_text);
    }
    let (first, second) = match rest.find('-') {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None if rest.len() == 4 => (&rest[..2], Some(&rest[2..])),
        None => (rest, None),
    };
    match (first.len(), second) {
        (0, None) => Some(days_from_civil(year, 1, 1)),
        (3, None) => {
            let ordinal = number(first)?;
            let last = if is_leap(year) { 366 } else { 365 };
            (1..=last).contains(&ordinal).then(|| days_from_civil(year, 1, 1) + ordinal - 1)
        }
        (1 | 2, second) => {
            let month = number(first)? as u32;
            let day = second.map_or(Some(1), number)? as u32;
            ((1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day))
                .then(|| days_from_civil(year, month, day))
        }
        _ => None,
    }
}

fn week_days(year: i32, text: &str) -> Option<i64> {
    let (week_text, day_text) = match text.find('-') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None if text.len() > 2 => (&text[..2], &text[2..]),
        None => (text, "1"),
    };
    let (week, day) = (number(week_text)?, number(day_text)?);
    if !(1..=i64::from(weeks_in_year(year))).contains(&week) || !(1..=7).contains(&day) {
        return None;
    }
    // Week 1 holds the 4th of January.
    let fourth = days_from_civil(year, 1, 4);
    let monday = fourth - (fourth + 3).rem_euclid(7);
    Some(monday + (week - 1) * 7 + day - 1)
}

/// Seconds into the day, and the zone's offset if one is named.
fn time_of_day(text: &str) -> Option<(i64, Option<i32>)> {
    let text = text.trim();
    let zone_at = text.find(['Z', 'z', '+', '-', ' ']).unwrap_or(text.len());
    let zone_text = text[zone_at..].trim();
    let offset = if zone_text.is_empty() { None } else { Some(zone(zone_text)?) };
    let clock = text[..zone_at].split(['.', ',']).next().unwrap_or("");
    if clock.is_empty() {
        return Some((0, offset));
    }
    let digits: String = clock.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), number);
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    // 24:00:00 is the midnight that ends the day.
    let valid = (hour < 24 && minute < 60 && second < 60) || (hour == 24 && minute == 0 && second == 0);
    valid.then_some((hour * 3600 + minute * 60 + second, offset))
}

fn zone(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i32)
}

/// `P1Y2M3DT4H5M6S`, `P2W`, `PT90M`, or the date-like form `P0001-02-03T04:05:06`.
pub fn duration(text: &str) -> Result<Duration, BadLiteral> {
    let body = text.trim().strip_prefix(['P', 'p']).ok_or(BadLiteral::Duration)?;
    if body.is_empty() {
        return Err(BadLiteral::Duration);
    }
    if body.contains('-') && !body.starts_with('-') || body.contains(':') {
        return dated_duration(body).ok_or(BadLiteral::Duration);
    }
    let mut total = Duration::default();
    let mut in_time = false;
    let mut rest = body;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            (in_time, rest) = (true, after);
            continue;
        }
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or(BadLiteral::Duration)?;
        let amount: i64 = rest[..unit_at].parse().map_err(|_| BadLiteral::Duration)?;
        match (rest.as_bytes()[unit_at].to_ascii_uppercase(), in_time) {
            (b'Y', false) => total.years += amount,
            (b'M', false) => total.months += amount,
            (b'W', false) => total.days += amount.saturating_mul(7),
            (b'D', false) => total.days += amount,
            (b'H', _) => total.seconds += amount.saturating_mul(3600),
            (b'M', true) => total.seconds += amount.saturating_mul(60),
            (b'S', _) => total.seconds += amount,
            _ => return Err(BadLiteral::Duration),
        }
        rest = &rest[unit_at + 1..];
    }
    Ok(total)
}

fn dated_duration(body: &str) -> Option<Duration> {
    let (date_text, time_text) = body.split_once(['T', 't', ' ']).unwrap_or((body, ""));
    let mut parts = date_text.split('-').map(number);
    let (years, months, days) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let (seconds, _) = time_of_day(time_text)?;
    Some(Duration { years, months, days, seconds })
}

/// `start/end`, `start/duration` or `duration/end`.
pub fn period(text: &str) -> Result<(DateTime, DateTime), BadLiteral> {
    let (left, right) = text.split_once('/').ok_or(BadLiteral::Period)?;
    let is_duration = |part: &str| part.trim_start().starts_with(['P', 'p']);
    let (start, end) = match (is_duration(left), is_duration(right)) {
        (true, true) => return Err(BadLiteral::Period),
        (true, false) => {
            let end = date(right)?;
            (end.minus(&duration(left)?), end)
        }
        (false, true) => {
            let start = date(left)?;
            (start, start.plus(&duration(right)?))
        }
        (false, false) => (date(left)?, date(right)?),
    };
    if start.epoch > end.epoch { Err(BadLiteral::Period) } else { Ok((start, end)) }
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

pub fn is_leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date (years counted from March, so that leap days come last).
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let shifted = i64::from(year) - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    ((era * 400 + year_of_era + i64::from(month <= 2)) as i32, month, day)
}

fn iso_week(year: i32, ordinal: u32, weekday: u32) -> (i32, u32) {
    let week = (i64::from(ordinal) - i64::from(weekday) + 10) / 7;
    match week {
        0 => (year - 1, weeks_in_year(year - 1)),
        53 if weeks_in_year(year) < 53 => (year + 1, 1),
        week => (year, week as u32),
    }
}

fn weeks_in_year(year: i32) -> u32 {
    // A year has 53 weeks if it begins on a Thursday, or is leap and begins on a Wednesday.
    let first_weekday = (days_from_civil(year, 1, 1) + 3).rem_euclid(7) + 1;
    if first_weekday == 4 || (first_weekday == 3 && is_leap(year)) { 53 } else { 52 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_numbers_or_infinity_and_never_beyond_it() {
        for (text, want) in [
            ("0", Some(0)),
            ("-5", Some(-5)),
            ("+7", Some(7)),
            ("INFINITY", Some(1_000_000)),
            ("-INFINITY", Some(-1_000_000)),
            ("-inf", Some(-1_000_000)),
            ("99999999999999999999", Some(1_000_000)),
            ("12x", None),
            ("", None),
        ] {
            assert_eq!(score(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn a_bare_number_is_seconds() {
        for (text, want) in [
            ("20", Some(20_000)),
            ("20s", Some(20_000)),
            ("100ms", Some(100)),
            ("5 min", Some(300_000)),
            ("PT20S", Some(20_000)),
            ("P1D", Some(86_400_000)),
            ("1h", Some(3_600_000)),
            ("0", Some(0)),
            ("soon", None),
            ("5 parsecs", None),
        ] {
            assert_eq!(interval_ms(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn one_day_has_many_spellings() {
        for text in [
            "2005-01-03",
            "2005-003",
            "2005-W01-1",
            "20050103",
            "2005003T000000Z",
            "2005-01-03 00:00:00Z",
            "2005-01-03T02:00:00 +02:00",
        ] {
            assert_eq!(date(text).unwrap().epoch, 1_104_710_400, "{text}");
        }
    }

    #[test]
    fn what_no_calendar_holds_is_refused() {
        for text in ["2005-02-30", "2005-366", "2005-W54", "2005-13-01", "24:01", "", "yesterday", "2005-01-01 25:00"] {
            assert_eq!(date(text), Err(BadLiteral::Date), "{text}");
        }
    }

    #[test]
    fn weeks_belong_to_the_year_of_their_thursday() {
        for (text, week_year, week) in
            [("2009-12-31", 2009, 53), ("2010-01-03", 2009, 53), ("2010-01-04", 2010, 1), ("2008-12-29", 2009, 1)]
        {
            let c = date(text).unwrap().calendar();
            assert_eq!((c.week_year, c.week), (week_year, week), "{text}");
        }
    }

    #[test]
    fn months_are_added_on_the_calendar() {
        let end = date("2024-01-31").unwrap().plus(&duration("P1M").unwrap());
        assert_eq!(end.to_string(), "2024-02-29 00:00:00Z");
        let (start, end) = period("2024-01-01/P1Y2M3DT4H").unwrap();
        assert_eq!(start.to_string(), "2024-01-01 00:00:00Z");
        assert_eq!(end.to_string(), "2025-03-04 04:00:00Z");
        assert!(period("P1D/P1D").is_err());
    }

    #[test]
    fn every_day_reads_back() {
        for days in (-700_000..2_900_000_i64).step_by(97) {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }
}
