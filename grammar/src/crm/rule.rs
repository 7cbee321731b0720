//! Rules: `rule 100: #uname eq n1 and date in start=… end=…`.
//!
//! In: a reader after the word `rule`. Out: `Rule`. Also scores, which rules and constraints share.
//! Absent: what a rule evaluates to (see core `rules`).

use crate::crm::ast::{Boolean, Expression, Rule, Setting, Source};
use crate::crm::expect::{COMPARISON_TYPES, COMPARISONS, DATE_FIELDS, Expected, ROLES};
use crate::crm::reader::{Parsed, Reader, one_of};
use crate::diagnostic::Diagnostic;
use crate::span::Word;

pub fn rule(reader: &mut Reader) -> Parsed<Rule> {
    if let Some(id) = reader.prefixed("$id-ref=") {
        return Ok(Rule::Reference(id));
    }
    let (mut id, mut role) = (None, None);
    loop {
        if let Some(word) = reader.prefixed("$id=") {
            id = Some(word);
        } else if let Some(word) = reader.prefixed("$role=") {
            role = Some(one_of(word, "a role", ROLES)?);
        } else if let Some(word) = reader.prefixed("role=") {
            role = Some(one_of(word, "a role", ROLES)?);
        } else {
            break;
        }
    }
    // INFINITY is the default, and an absent score means it: one form for one meaning.
    let score = match reader.labelled(Expected::Score) {
        Some(word) => Some(self::score(word)?).filter(|score| score.text != "inf"),
        None => None,
    };
    let (boolean, expressions) = expressions(reader)?;
    Ok(Rule::Own { id, role, score, boolean, expressions })
}

fn expressions(reader: &mut Reader) -> Parsed<(Boolean, Vec<Expression>)> {
    let mut expressions = vec![expression(reader)?];
    let mut boolean = None;
    loop {
        reader.want(Expected::Keyword("and"));
        reader.want(Expected::Keyword("or"));
        let Some(token) = reader.peek() else { break };
        let this = match token {
            token if token.is("and") => Boolean::And,
            token if token.is("or") => Boolean::Or,
            _ => break,
        };
        if boolean.is_some_and(|boolean| boolean != this) {
            return Err(Diagnostic::error(token.span, "`and` and `or` cannot be mixed in one rule")
                .hint("write two rules, or keep to one of the words")
                .into());
        }
        boolean = Some(this);
        reader.next();
        expressions.push(expression(reader)?);
    }
    Ok((boolean.unwrap_or(Boolean::And), expressions))
}

fn expression(reader: &mut Reader) -> Parsed<Expression> {
    if reader.keyword("defined") {
        return Ok(Expression::Defined { name: reader.name(Expected::Attribute)? });
    }
    if reader.keyword("not_defined") {
        return Ok(Expression::NotDefined { name: reader.name(Expected::Attribute)? });
    }
    if reader.keyword("date") {
        return date(reader);
    }
    let name = reader.name(Expected::Attribute)?;
    let (kind, operation) = operation(reader)?;
    let (value, source) = value(reader.word(Expected::Value)?);
    Ok(Expression::Compare { name, kind, operation, value, source })
}

/// `eq`, or with a type `number:eq`.
fn operation(reader: &mut Reader) -> Parsed<(Option<Word>, Word)> {
    COMPARISONS.iter().for_each(|word| reader.want(Expected::Keyword(word)));
    let Some(token) = reader.peek() else { return Err(reader.stop()) };
    let colon = token.text.find(':');
    let (kind, operation) = match colon {
        Some(at) => (Some(token.slice(0..at)), token.slice(at + 1..token.text.len())),
        None => (None, token.word()),
    };
    if colon.is_none() && !COMPARISONS.iter().any(|word| token.is(word)) {
        return Err(reader.stop());
    }
    let kind = kind.map(|kind| one_of(kind, "a type to compare as", COMPARISON_TYPES)).transpose()?;
    let operation = one_of(operation, "a comparison", COMPARISONS)?;
    reader.next();
    Ok((kind, operation))
}

/// A literal, or `param{x}`, `meta{x}`: the value of that parameter or meta attribute.
fn value(word: Word) -> (Word, Source) {
    for (prefix, source) in [("param{", Source::Parameter), ("meta{", Source::Meta)] {
        if let Some(name) = word.text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('}')) {
            return (Word::at(name, word.span), source);
        }
    }
    (word, Source::Literal)
}

fn date(reader: &mut Reader) -> Parsed<Expression> {
    if reader.keyword("lt") {
        return Ok(Expression::Before { end: reader.name(Expected::Date)? });
    }
    if reader.keyword("gt") {
        return Ok(Expression::After { start: reader.name(Expected::Date)? });
    }
    if reader.keyword("in") || reader.keyword("in_range") {
        return within(reader);
    }
    if reader.keyword("spec") || reader.keyword("date_spec") {
        let fields = fields(reader);
        return if fields.is_empty() { Err(reader.stop()) } else { Ok(Expression::Calendar { fields }) };
    }
    Err(reader.stop())
}

fn within(reader: &mut Reader) -> Parsed<Expression> {
    let start = reader.option("start=");
    let mut end = reader.option("end=");
    let start = start.or_else(|| reader.option("start="));
    let duration = if end.is_none() { fields(reader) } else { Vec::new() };
    end = end.or_else(|| reader.option("end="));
    if end.is_none() && (duration.is_empty() || start.is_none()) {
        return Err(reader.stop());
    }
    Ok(Expression::Within { start, end, duration })
}

fn fields(reader: &mut Reader) -> Vec<Setting> {
    let mut fields = Vec::new();
    while let Some(field) = reader.pair(Expected::DateField, |name| DATE_FIELDS.contains(&name)) {
        fields.push(field);
    }
    fields
}

/// A score as it is kept: a number, `inf`, `-inf`, or the name of a node attribute.
pub fn score(word: Word) -> Parsed<Word> {
    let lower = word.text.to_lowercase();
    let text = match lower.as_str() {
        "inf" | "+inf" | "infinity" | "+infinity" | "mandatory" => "inf".to_string(),
        "-inf" | "-infinity" => "-inf".to_string(),
        "advisory" => "0".to_string(),
        _ => word.text.trim_start_matches('+').to_string(),
    };
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && text != "-inf";
    if text.is_empty() || numeric && text.parse::<i64>().is_err() {
        return Err(Diagnostic::error(word.span, format!("`{}` is not a score", word.text))
            .hint("a score is a whole number, `inf`, `-inf`, or the name of a node attribute that holds one")
            .into());
    }
    Ok(Word::at(text, word.span))
}
