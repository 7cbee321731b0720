//! iso8601: dates, durations and periods as Pacemaker reads them.
//!
//! In: what is to be read, and how it is to be shown. Out: it, as a date in Greenwich or as asked.

use crate::answer::{self, Answer, with_text};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io, clock};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::xml::Element;
use quorate_grammar::literal::{self, DateTime, Duration, days_from_civil};

const COMMANDS: &str = "Commands";
const OUTPUT: &str = "Output modifiers";

const MANUAL: Manual = Manual {
    name: "iso8601",
    operands: &[],
    about: "Reads dates, durations and periods (ISO 8601), and says what they are",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

const TABLE: &[Argument] = &[
    argument(Some('n'), "now", Value::None, COMMANDS, "the present moment"),
    argument(Some('d'), "date", Value::Required("DATE"), COMMANDS, "a date: '2019-09-24 00:30:00 +01:00', '2019-040'"),
    argument(Some('p'), "period", Value::Required("PERIOD"), COMMANDS, "a period: '2005-040/2005-043'"),
    argument(Some('D'), "duration", Value::Required("DURATION"), COMMANDS, "a duration: 'P1M'; with -d, laid after it"),
    argument(
        Some('E'),
        "expected",
        Value::Required("TEXT"),
        COMMANDS,
        "with -n or -d: exit with 1 if it is another one",
    ),
    argument(Some('s'), "seconds", Value::None, OUTPUT, "in seconds since the year 0"),
    argument(Some('S'), "epoch", Value::None, OUTPUT, "in seconds since 1970"),
    argument(Some('L'), "local", Value::None, OUTPUT, "in its own time zone"),
    argument(Some('O'), "ordinal", Value::None, OUTPUT, "with the day of the year"),
    argument(Some('W'), "week", Value::None, OUTPUT, "with the week of the year and its day"),
];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let given = &call.given;
    let invalid = |what: &str, text: &str| (Exit::INVALID_PARAMETER, format!("Invalid {what} specified: {text}"));
    let mut say = |line: &str, name: &str, text: &str| {
        answer.line(format!("{line}: {text}"));
        answer.part(with_text(Element::new(name), text));
    };
    let now = clock::now();
    let date = match given.last_of(&["now", "date"]).map(|_| given.value("date").filter(|text| text != "now")) {
        None => None,
        Some(None) => Some(("Current date/time", now.at)),
        Some(Some(text)) => Some(("Date", now.date(&text).ok_or_else(|| invalid("date/time", &text))?)),
    };
    if let Some((line, date)) = date {
        say(line, "date", &shown(date, given));
    }
    let duration = match given.value("duration") {
        None => None,
        Some(text) => Some(literal::duration(&text).map_err(|_| invalid("duration", &text))?),
    };
    if let Some(duration) = &duration {
        say("Duration", "duration", &in_words(duration));
    }
    if let Some(text) = given.value("period") {
        let (start, end) = literal::period(&text).map_err(|_| invalid("interval", &text))?;
        let (start, end) = (shown(start, given), shown(end, given));
        answer.line(format!("Period: {start} to {end}"));
        let part = |name: &str, text: &str| with_text(Element::new(name), text);
        let period = Element::new("period").with_child(part("start", &start)).with_child(part("end", &end));
        answer.part(period);
        return Ok(());
    }
    let Some((_, date)) = date else { return Ok(()) };
    let reached = match &duration {
        None => date,
        Some(duration) => {
            let end = date.plus(duration);
            say("Duration ends at", "duration_ends", &shown_as(end, given, true));
            end
        }
    };
    match given.value("expected") {
        Some(text) if !text.eq_ignore_ascii_case(&shown(reached, given)) => Err((Exit::ERROR, String::new())),
        _ => Ok(()),
    }
}

fn shown(date: DateTime, given: &Given) -> String {
    shown_as(date, given, given.has("local"))
}

/// In its own zone, or in Greenwich's.
fn shown_as(date: DateTime, given: &Given, in_zone: bool) -> String {
    if given.has("epoch") {
        return date.epoch.to_string();
    }
    if given.has("seconds") {
        return (date.epoch - days_from_civil(0, 1, 1) * 86_400).to_string();
    }
    let date = if in_zone { date } else { DateTime::from_epoch(date.epoch) };
    let (calendar, text) = (date.calendar(), date.to_string());
    let time = text.split_once(' ').map_or("", |(_, time)| time);
    if given.has("week") {
        return format!("{}-W{:02}-{} {time}", calendar.week_year, calendar.week, calendar.weekday);
    }
    if given.has("ordinal") {
        return format!("{}-{:03} {time}", calendar.year, calendar.ordinal);
    }
    text
}

/// `2 years  5 months 360 seconds (6 minutes)`, as Pacemaker's.
fn in_words(duration: &Duration) -> String {
    let plural = |count: i64| if count == 1 { "" } else { "s" };
    let mut text = String::new();
    for (count, unit, width) in [(duration.years, "year", 4), (duration.months, "month", 2), (duration.days, "day", 2)]
    {
        if count != 0 {
            text += &format!("{count:>width$} {unit}{} ", plural(count));
        }
    }
    let seconds = duration.seconds;
    if text.is_empty() || seconds != 0 {
        text += &format!("{seconds} second{}", plural(seconds));
    }
    let length = seconds.unsigned_abs() as i64;
    if length >= 60 {
        let parts = [(length / 3600, "hour"), (length / 60 % 60, "minute"), (length % 60, "second")];
        let parts = parts.iter().filter(|(count, _)| *count != 0);
        let parts: Vec<String> = parts.map(|(count, unit)| format!("{count} {unit}{}", plural(*count))).collect();
        text += &format!(" ({})", parts.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words() {
        let cases = [
            ("P2Y5MT6M", "   2 years  5 months 360 seconds (6 minutes)"),
            ("P1M", " 1 month "),
            ("P-1M", "-1 months "),
            ("P-1H", "-3600 seconds (1 hour)"),
            ("PT3661S", "3661 seconds (1 hour 1 minute 1 second)"),
            ("PT0S", "0 seconds"),
        ];
        for (text, expected) in cases {
            assert_eq!(in_words(&literal::duration(text).expect("a duration")), expected, "{text}");
        }
    }
}
