//! Types of attributes' values.
//!
//! In: a type, a text. Out: whether it is one; what would be, in words.
//! Blanks around a word or a number do not count, but for an id that is referred to.

use crate::cib::upgrade::Schema;

/// What values an attribute may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    /// Unique in the document.
    Id,
    /// An id that something in the document has.
    Ref,
    Boolean,
    Integer,
    /// From this number to that.
    Whole(u64, Option<u64>),
    Score,
    /// `-` and digits.
    Ports,
    /// Names with commas between them.
    Devices,
    Schema,
    /// Just this word, which says what the rest of its line is about.
    Only(&'static str),
    OneOf(Vec<&'static str>),
    /// Any but these, and what each is replaced by.
    AnyBut(Vec<(&'static str, Option<&'static str>)>),
}

/// Longer numbers are none.
const DIGITS_MAX: usize = 24;

impl Type {
    /// Whether a text is such a value.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Type::Text => true,
            Type::Id | Type::Ref => is_name(text.trim_matches(is_blank)),
            Type::Boolean => matches!(text.trim_matches(is_blank), "true" | "false" | "1" | "0"),
            Type::Integer => is_integer(text),
            Type::Whole(least, most) => is_whole(text, *least, *most),
            Type::Score => {
                is_integer(text) || ["INFINITY", "+INFINITY", "-INFINITY"].iter().any(|word| same(text, word))
            }
            Type::Ports => !text.is_empty() && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()),
            Type::Devices => text.split(',').all(is_device),
            Type::Schema => is_schema(text),
            Type::Only(word) => same(text, word),
            Type::OneOf(words) => words.iter().any(|word| same(text, word)),
            Type::AnyBut(words) => !words.iter().any(|(word, _)| same(text, word)),
        }
    }

    /// What it is to people.
    pub fn words(&self) -> String {
        match self {
            Type::Text | Type::AnyBut(_) => "text".into(),
            Type::Id | Type::Ref => "an id (a letter or `_` first; then letters, digits, `-`, `_` and `.`)".into(),
            Type::Boolean => "true or false".into(),
            Type::Integer => "a whole number".into(),
            Type::Whole(least, None) => format!("a whole number from {least} on"),
            Type::Whole(least, Some(most)) => format!("a whole number from {least} to {most}"),
            Type::Score => "a whole number or INFINITY".into(),
            Type::Ports => "a port or a range of them".into(),
            Type::Devices => "one device or several, with commas between them".into(),
            Type::Schema => "the name of a schema".into(),
            Type::Only(word) => (*word).into(),
            Type::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }

    /// What is to be used instead of an excluded word, if the word is the type's to exclude.
    pub fn replacement(&self, text: &str) -> Option<Option<&'static str>> {
        match self {
            Type::AnyBut(words) => words.iter().find(|(word, _)| same(text, word)).map(|(_, instead)| *instead),
            _ => None,
        }
    }
}

/// XML's white space.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether two words are one, blanks apart.
fn same(text: &str, word: &str) -> bool {
    text == word
        || (text.contains(is_blank) && text.split(is_blank).filter(|part| !part.is_empty()).eq(word.split(' ')))
}

fn digits(text: &str) -> Option<(bool, &str)> {
    let text = text.trim_matches(is_blank);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.trim_start_matches('0');
    (all && digits.len() <= DIGITS_MAX).then_some((negative && !digits.is_empty(), digits))
}

fn is_integer(text: &str) -> bool {
    digits(text).is_some()
}

fn is_whole(text: &str, least: u64, most: Option<u64>) -> bool {
    let Some((false, digits)) = digits(text) else { return false };
    let number = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) };
    number >= least && most.is_none_or(|most| number <= most)
}

fn is_device(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

fn is_schema(text: &str) -> bool {
    text == "none" || Schema::parse(text).is_some()
}

/// A name in XML, without a colon.
fn is_name(text: &str) -> bool {
    if text.is_ascii() {
        let bytes = text.as_bytes();
        let first = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        return first && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    }
    let letter = |c: char| c.is_alphabetic() || c == '_';
    let more = |c: char| letter(c) || c.is_numeric() || matches!(c, '.' | '-' | '·' | '\u{300}'..='\u{36f}');
    text.chars().next().is_some_and(letter) && text.chars().all(more)
}
