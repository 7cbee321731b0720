//! What of a date is none, holds never or always: said where the rule is read.
//!
//! In: `<date_expression>` elements. Out: notes.
//! Never here: whether a date holds now (see `rules::calendar`).

use super::Reader;
use super::rule::fields_of;
use crate::cib::model::rule::range_of;
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

    /// Says which fields of a calendar or a length are none.
    fn fields(&mut self, element: &Element, id: &str) {
        let (calendars, lengths): (Vec<_>, Vec<_>) = element.elements().partition(|child| child.name == "date_spec");
        for (name, text) in calendars.into_iter().flat_map(fields_of).filter(|(name, _)| name != OLDER_DAY) {
            if range_of(&text).is_none() {
                let why = match text.contains(',') {
                    true => "it takes one number or range of numbers, and no list",
                    false => "it is no number and no range of numbers",
                };
                let text = format!("{name}={text} never fits: {why}");
                self.notes.push(Note::error(id, text).at(name.as_str()));
            }
        }
        for (name, text) in lengths.into_iter().flat_map(fields_of) {
            if text.trim_start().parse::<i64>().is_err() {
                let text = format!("this rule's date never holds: {name}={text} of its duration is no number");
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
            if let Some(why) = why_never(name, text) {
                self.notes.push(Note::info(id, format!("{name}={text} never fits: {why}")).at(name.as_str()));
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

/// Why no moment is in a range of this field.
fn why_never(name: &str, range: &str) -> Option<String> {
    let ((low, high), bounds) = (range_of(range)?, bounds(name));
    // It has nothing in common with what is possible.
    if let Some((least, most)) = bounds.filter(|(least, most)| low > *most || high < *least) {
        return Some(format!("{name} go from {least} to {most}"));
    }
    let across = bounds.map(|(least, most)| format!("; across the end it is {low}-{most} or {least}-{high}"));
    (high < low).then(|| format!("it ends before it starts{}", across.unwrap_or_default()))
}
