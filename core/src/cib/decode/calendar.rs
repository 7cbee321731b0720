//! What of a date is none, holds never or always: said where the rule is read.
//!
//! In: `<date_expression>` elements. Out: notes.
//! Never here: whether a date holds now (see `rules::calendar`).

use super::Reader;
use super::rule::fields_of;
use crate::note::Note;
use crate::xml::Element;
use quorate_grammar::literal;

const DAY: i64 = 86_400;

impl<'a> Reader<'a> {
    pub(super) fn inform_of_date(&mut self, element: &'a Element, id: &str) {
        self.fields(element, id);
        self.calendar(element, id);
        self.length(element, id);
        self.span(element, id);
    }

    /// Says which fields of a calendar or a length are none: they never fit, or do not count.
    fn fields(&mut self, element: &Element, id: &str) {
        for (name, text) in element.elements().flat_map(fields_of).filter(|(name, _)| name != OLDER_DAY) {
            if !text.split(',').all(is_range) {
                let text = format!("{name}={text} never fits: it is no number and no range of numbers");
                self.notes.push(Note::error(id, text).at(name.as_str()));
            }
        }
    }

    /// Says which ranges of a calendar no moment is in, and which fields are not looked at.
    fn calendar(&mut self, element: &Element, id: &str) {
        let Some(calendar) = element.child("date_spec").filter(|_| is_operation(element, "date_spec")) else { return };
        let fields = fields_of(calendar);
        if fields.is_empty() {
            self.notes.push(Note::info(id, "this rule's date always holds: its date_spec has no field").at("spec"));
        }
        for (name, text) in &fields {
            if name == OLDER_DAY {
                let why = format!("`{name}` has no effect: the field is called `yeardays`");
                self.notes.push(Note::info(id, why).at(name.as_str()));
                continue;
            }
            for range in text.split(',') {
                let Some(why) = why_never(name, range) else { continue };
                self.notes.push(Note::info(id, format!("{name}={range} never fits: {why}")).at(name.as_str()));
            }
        }
    }

    /// Says where a date that is to last some time lasts none.
    fn length(&mut self, element: &Element, id: &str) {
        let is_bounded = element.attr("start").is_some() && element.attr("end").is_none();
        let Some(length) = element.child("duration").filter(|_| is_bounded && is_operation(element, "in_range")) else {
            return;
        };
        let fields = fields_of(length);
        if fields.iter().all(|(_, text)| text.trim().parse() == Ok(0_i64)) {
            let word = fields.first().map_or("start", |(name, _)| name.as_str());
            let text = "this rule's date holds for no more than a second: its duration is 0";
            self.notes.push(Note::info(id, text).at(word));
        }
    }

    /// Says which range of time is over before it begins.
    fn span(&mut self, element: &Element, id: &str) {
        let date = |name: &str| literal::date(element.attr(name)?).ok();
        if let (true, Some(start), Some(end)) = (is_operation(element, "in_range"), date("start"), date("end"))
            && end < start
        {
            let text = "this rule's date never holds because it ends before it starts";
            self.notes.push(Note::info(id, text).at("end"));
        }
    }

    /// Says of a rule all of whose conditions must hold which of its dates is over before another begins.
    pub(super) fn dates_apart(&mut self, rule: &Element) {
        if rule.attr("boolean-op").is_some_and(|word| !word.eq_ignore_ascii_case("and")) {
            return;
        }
        let dates = |operation: &'static str, name: &'static str| {
            let dates = rule.elements_named("date_expression").filter(move |date| is_operation(date, operation));
            dates.filter_map(move |date| {
                let text = date.attr(name)?;
                Some((date.id().unwrap_or_default(), text, literal::date(text).ok()?.epoch))
            })
        };
        let Some((_, after, start)) = dates("gt", "start").max_by_key(|date| date.2) else { return };
        let Some((id, before, end)) = dates("lt", "end").min_by_key(|date| date.2) else { return };
        // A date with a zone and one without are less than a day apart from what they seem to be.
        let doubt = if after.len() == before.len() { 0 } else { DAY };
        if end + doubt <= start {
            let text = format!("this rule never holds: no moment is after {after} and before {before}");
            self.notes.push(Note::info(id, text).at(before));
        }
    }
}

/// What schemas call the field `yeardays`, too, which is the only one that is read.
const OLDER_DAY: &str = "yearsdays";

fn is_operation(element: &Element, operation: &str) -> bool {
    element.attr("operation").unwrap_or("in_range").eq_ignore_ascii_case(operation)
}

/// What a field of a calendar goes from and to. Years have no end.
fn bounds(field: &str) -> Option<(u32, u32)> {
    Some(match field {
        "hours" => (0, 23),
        "minutes" | "seconds" => (0, 59),
        "months" => (1, 12),
        "monthdays" => (1, 31),
        "weekdays" => (1, 7),
        "weeks" => (1, 53),
        "yeardays" => (1, 366),
        _ => return None,
    })
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn is_range(text: &str) -> bool {
    match text.split_once('-') {
        None => number(text).is_some(),
        Some((low, high)) => {
            (low.is_empty() || number(low).is_some())
                && (high.is_empty() || number(high).is_some())
                && low.len() + high.len() > 0
        }
    }
}

/// Whether a number or a range of numbers has nothing in common with what is possible.
fn is_beyond(text: &str, (least, most): (u32, u32)) -> bool {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    number(low).is_some_and(|low| low > most) || number(high).is_some_and(|high| high < least)
}

/// Why no moment is in a range of this field.
fn why_never(name: &str, range: &str) -> Option<String> {
    let bounds = bounds(name);
    if let Some((least, most)) = bounds.filter(|bounds| is_beyond(range, *bounds)) {
        return Some(format!("{name} go from {least} to {most}"));
    }
    let (low, high) = range.split_once('-').and_then(|(low, high)| number(low).zip(number(high)))?;
    let across = bounds.map(|(least, most)| format!("; across the end it is {low}-{most} or {least}-{high}"));
    (high < low).then(|| format!("it ends before it starts{}", across.unwrap_or_default()))
}
