//! Rules and their conditions.
//!
//! In: `<rule>` elements. Out: `Rule`s; what cannot be read becomes a condition that never holds.

use super::{Reader, owned};
use crate::cib::model::rule::{
    AttributeExpression, Combine, Comparison, Condition, DateExpression, DateTest, Rule, RuleScore, ValueKind,
    ValueSource,
};
use crate::note::Note;
use crate::score::Score;
use crate::time::Interval;
use crate::xml::Element;
use quorate_grammar::literal;

impl<'a> Reader<'a> {
    pub(super) fn rule(&mut self, element: &'a Element) -> Option<Rule> {
        let element = self.follow(element)?;
        let combine = match element.attr("boolean-op").map(str::to_ascii_lowercase).as_deref() {
            None | Some("and") => Combine::And,
            Some("or") => Combine::Or,
            Some(other) => {
                let about = element.id().unwrap_or("");
                self.notes
                    .push(Note::error(about, format!("ignoring the rule because '{other}' is neither and nor or")));
                return None;
            }
        };
        self.dates_apart(element);
        Some(Rule {
            id: element.id().unwrap_or("").to_owned(),
            combine,
            role: owned(element, "role"),
            score: self.rule_score(element),
            conditions: element.elements().filter_map(|child| self.condition(child)).collect(),
        })
    }

    fn rule_score(&mut self, element: &Element) -> Option<RuleScore> {
        if let Some(text) = element.attr("score") {
            let about = element.id().unwrap_or("");
            let score = Score::parse(text).unwrap_or_else(|| {
                self.notes.push(Note::error(about, format!("using 0 because '{text}' is not a score")));
                Score::ZERO
            });
            return Some(RuleScore::Fixed(score));
        }
        let attribute = element.attr("score-attribute").or_else(|| element.attr("score_attribute"))?;
        Some(RuleScore::FromAttribute(attribute.to_owned()))
    }

    fn condition(&mut self, element: &'a Element) -> Option<Condition> {
        let id = element.id().unwrap_or("").to_owned();
        let read = match element.name.as_str() {
            "rule" => return self.rule(element).map(Condition::Rule),
            "expression" => {
                self.compared_as_text(element, &id);
                attribute_expression(element, &id).map(Condition::Attribute)
            }
            "date_expression" => {
                self.inform_of_date(element, &id);
                date_expression(element, &id).map(Condition::Date)
            }
            "rsc_expression" => Ok(Condition::Resource {
                class: owned(element, "class"),
                provider: owned(element, "provider"),
                kind: owned(element, "type"),
            }),
            "op_expression" => operation_expression(element),
            _ => return None,
        };
        Some(read.unwrap_or_else(|why| {
            let (what, word) = (condition_words(&element.name), why.word.clone());
            let text = format!("this rule's {what} never holds because {why}", why = why.text);
            self.notes.push(Note::error(id.as_str(), text).at(word));
            Condition::Invalid { id, why: why.text }
        }))
    }

    /// Says where a comparison of numbers has a value that is none: letters are compared instead.
    fn compared_as_text(&mut self, element: &Element, id: &str) {
        let is = |name: &str, words: &[&str]| {
            element.attr(name).is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
        };
        let by_number = is("type", &["integer", "number"])
            || element.attr("type").is_none() && is("operation", &["lt", "lte", "gt", "gte"]);
        let is_literal = element.attr("value-source").is_none() || is("value-source", &["literal"]);
        let Some(value) = element.attr("value").filter(|_| by_number && is_literal) else { return };
        if value.trim().parse::<f64>().is_err() && literal::cib::number(value).is_none() {
            let text = format!("values are compared as text, letter by letter, because '{value}' is no number");
            self.notes.push(Note::info(id, text).at(value));
        }
    }
}

/// A `<date_expression>` alone; `None` if it cannot be read.
pub fn date(element: &Element) -> Option<DateExpression> {
    date_expression(element, element.id().unwrap_or_default()).ok()
}

/// An `<expression>` alone; `None` if it cannot be read.
pub fn comparison(element: &Element) -> Option<AttributeExpression> {
    attribute_expression(element, element.id().unwrap_or_default()).ok()
}

fn condition_words(name: &str) -> &'static str {
    match name {
        "date_expression" => "date",
        "op_expression" => "operation",
        _ => "comparison",
    }
}

/// Why a condition cannot be read, and the word that is to blame.
struct Unreadable {
    text: String,
    word: String,
}

impl Unreadable {
    fn at(word: &str, text: String) -> Unreadable {
        Unreadable { text, word: word.to_owned() }
    }
}

impl From<&str> for Unreadable {
    fn from(text: &str) -> Unreadable {
        Unreadable::at("", text.to_owned())
    }
}

impl From<String> for Unreadable {
    fn from(text: String) -> Unreadable {
        Unreadable::at("", text)
    }
}

fn attribute_expression(element: &Element, id: &str) -> Result<AttributeExpression, Unreadable> {
    let attribute = owned(element, "attribute").ok_or("it has no attribute")?;
    let word = element.attr("operation").ok_or("it has no operation")?;
    let comparison = match word.to_ascii_lowercase().as_str() {
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        "eq" => Comparison::Equal,
        "ne" => Comparison::NotEqual,
        "defined" => Comparison::Defined,
        "not_defined" => Comparison::NotDefined,
        _ => return Err(Unreadable::at(word, format!("'{word}' is not an operation"))),
    };
    let kind = match element.attr("type").map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("string") => Some(ValueKind::Text),
        Some("integer") => Some(ValueKind::Integer),
        Some("number") => Some(ValueKind::Number),
        Some("version") => Some(ValueKind::Version),
        Some(other) => return Err(format!("'{other}' is not a type").into()),
    };
    let source = match element.attr("value-source").map(str::to_ascii_lowercase).as_deref() {
        None | Some("literal") => ValueSource::Literal,
        Some("param") => ValueSource::Parameter,
        Some("meta") => ValueSource::Meta,
        Some(other) => return Err(format!("'{other}' is not a value-source").into()),
    };
    let value = owned(element, "value");
    let tests_presence = matches!(comparison, Comparison::Defined | Comparison::NotDefined);
    match (tests_presence, &value) {
        (true, Some(_)) => Err(format!("a value is not allowed with {word}").into()),
        (false, None) => Err(format!("a value is required with {word}").into()),
        _ => Ok(AttributeExpression { id: id.to_owned(), attribute, comparison, kind, value, source }),
    }
}

fn date_expression(element: &Element, id: &str) -> Result<DateExpression, Unreadable> {
    let word = element.attr("operation").unwrap_or("in_range").to_ascii_lowercase();
    let needs = |name: &str| owned(element, name).ok_or_else(|| Unreadable::from(format!("{word} requires {name}")));
    for text in ["start", "end"].into_iter().filter_map(|name| element.attr(name)) {
        if literal::date(text).is_err() {
            return Err(Unreadable::at(text, format!("'{text}' is no date")));
        }
    }
    let test = match word.as_str() {
        "in_range" => {
            let (start, end) = (owned(element, "start"), owned(element, "end"));
            if start.is_none() && end.is_none() {
                return Err("in_range requires start or end".into());
            }
            let fields = element.child("duration").map(fields_of);
            DateTest::InRange { start, end, duration: fields }
        }
        "gt" => DateTest::After(needs("start")?),
        "lt" => DateTest::Before(needs("end")?),
        "date_spec" => {
            DateTest::Spec(element.child("date_spec").map(fields_of).ok_or("date_spec requires a date_spec element")?)
        }
        other => return Err(format!("'{other}' is not an operation").into()),
    };
    Ok(DateExpression { id: id.to_owned(), test })
}

pub(super) fn fields_of(element: &Element) -> Vec<(String, String)> {
    let fields = element.attributes.iter().filter(|(name, _)| *name != "id");
    fields.map(|(name, value)| (name.as_str().to_owned(), value.to_string())).collect()
}

fn operation_expression(element: &Element) -> Result<Condition, Unreadable> {
    let name = owned(element, "name").ok_or("it has no name")?;
    let interval_ms = match element.attr("interval") {
        None => None,
        Some(text) => Some(
            Interval::parse(text).ok_or_else(|| Unreadable::at(text, format!("'{text}' is not an interval")))?.ms(),
        ),
    };
    Ok(Condition::Operation { name, interval_ms })
}
