//! Rules: `rule 100: #uname eq n1 and date in start=… end=…`.
//!
//! In: a reader after the word `rule`. Out: `Rule`. Also scores, which rules and constraints share.
//! Absent: what a rule evaluates to (see core `rules`).

use crate::crm::ast::{Boolean, Condition, Expression, Rule, Setting, Source};
use crate::crm::expect::{COMPARISON_TYPES, COMPARISONS, DATE_FIELDS, Expected, NESTING_MAX, PLAIN_EXPRESSIONS, ROLES};
use crate::crm::reader::{Parsed, Reader, one_of, split};
use crate::diagnostic::Diagnostic;
use crate::line::Token;
use crate::span::Word;

pub fn rule(reader: &mut Reader) -> Parsed<Rule> {
    inside(reader, 0)
}

fn inside(reader: &mut Reader, depth: usize) -> Parsed<Rule> {
    if let Some(id) = reader.prefixed("$id-ref=") {
        return Ok(Rule::Reference(id));
    }
    let (mut id, mut role, mut verbatim) = (None, None, Vec::new());
    loop {
        // A second id is that of the first expression.
        if let Some(word) = id.is_none().then(|| reader.prefixed("$id=")).flatten() {
            id = Some(word);
        } else if let Some(word) = reader.prefixed("$role=") {
            role = Some(one_of(word, "a role", ROLES)?);
        } else if let Some(word) = reader.prefixed("role=") {
            role = Some(one_of(word, "a role", ROLES)?);
        } else if let Some(pair) = verbatim_pair(reader) {
            verbatim.push(pair);
        } else {
            break;
        }
    }
    // INFINITY is the default, and an absent score means it: one form for one meaning.
    let score = match reader.labelled(Expected::Score) {
        Some(word) => Some(self::score(word)?).filter(|score| score.text != "inf"),
        None => None,
    };
    let (boolean, conditions) = conditions(reader, depth)?;
    Ok(Rule::Own { id, role, score, boolean, verbatim, conditions })
}

fn verbatim_pair(reader: &mut Reader) -> Option<Setting> {
    let (name, value) = reader.verbatim(&["boolean-op", "score-attribute"])?;
    Some((name, value))
}

fn conditions(reader: &mut Reader, depth: usize) -> Parsed<(Boolean, Vec<Condition>)> {
    let mut conditions = vec![condition(reader, depth)?];
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
                .hint("write two rules, keep to one of the words, or put a part into `( … )`")
                .into());
        }
        boolean = Some(this);
        reader.next();
        conditions.push(condition(reader, depth)?);
    }
    Ok((boolean.unwrap_or(Boolean::And), conditions))
}

fn condition(reader: &mut Reader, depth: usize) -> Parsed<Condition> {
    let id = reader.prefixed("$id=");
    Ok(Condition { id, expression: expression(reader, depth)? })
}

fn expression(reader: &mut Reader, depth: usize) -> Parsed<Expression> {
    if let Some(open) = reader.next_if(Expected::Bracket("("), |token| token.text == "(") {
        return nested(reader, open, depth);
    }
    if reader.keyword("defined") {
        return Ok(Expression::Defined { name: reader.name(Expected::Attribute)? });
    }
    if reader.keyword("not_defined") {
        return Ok(Expression::NotDefined { name: reader.name(Expected::Attribute)? });
    }
    if reader.keyword("date") {
        return date(reader);
    }
    if let Some(plain) = plain(reader)? {
        return Ok(plain);
    }
    let name = reader.name(Expected::Attribute)?;
    let (kind, operation) = operation(reader)?;
    let (value, source) = value(reader.word(Expected::Value)?);
    Ok(Expression::Compare { name, kind, operation, value, source })
}

fn nested(reader: &mut Reader, open: &Token, depth: usize) -> Parsed<Expression> {
    if depth == NESTING_MAX {
        return Err(Diagnostic::error(open.span, format!("rules can be nested {NESTING_MAX} deep at most")).into());
    }
    let rule = inside(reader, depth + 1)?;
    match reader.next_if(Expected::Bracket(")"), |token| token.text == ")") {
        Some(_) => Ok(Expression::Nested(Box::new(rule))),
        None => Err(reader.stop()),
    }
}

/// `ELEMENT NAME=VALUE…`: an expression by its XML name. The same word alone is an attribute's name.
fn plain(reader: &mut Reader) -> Parsed<Option<Expression>> {
    let has_pair = reader.peek_behind(1).is_some_and(|token| split(token).is_some());
    let known = PLAIN_EXPRESSIONS.iter().find(|(name, _)| reader.peek().is_some_and(|token| token.is(name)));
    let Some((_, names)) = known.filter(|_| has_pair) else { return Ok(None) };
    let element = reader.word(Expected::Attribute)?;
    let element = Word::at(element.text.to_lowercase(), element.span);
    let mut attributes = Vec::new();
    while let Some(pair) = reader.pair(Expected::Prefix(names[0]), |name| names.contains(&name)) {
        attributes.push(pair);
    }
    if attributes.is_empty() {
        return Err(reader.stop());
    }
    let mut below = None;
    if element == "date_expression" {
        for part in ["duration", "date_spec"] {
            if reader.keyword(part) {
                let id = reader.prefixed("$id=");
                below = Some((Word::new(part), id, fields(reader)?));
                break;
            }
        }
    }
    Ok(Some(Expression::Plain { element, attributes, below }))
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
    let sources = [("param{", Source::Parameter), ("meta{", Source::Meta), ("literal{", Source::SaidLiteral)];
    for (prefix, source) in sources {
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
        let id = reader.prefixed("$id=");
        let fields = fields(reader)?;
        let empty = fields.is_empty() && id.is_none();
        return if empty { Err(reader.stop()) } else { Ok(Expression::Calendar { id, fields }) };
    }
    Err(reader.stop())
}

fn within(reader: &mut Reader) -> Parsed<Expression> {
    let start = reader.option("start=");
    let mut end = reader.option("end=");
    let start = start.or_else(|| reader.option("start="));
    let duration_id = reader.prefixed("$id=");
    let duration = fields(reader)?;
    end = end.or_else(|| reader.option("end="));
    if start.is_none() && end.is_none() {
        return Err(reader.stop());
    }
    Ok(Expression::Within { start, end, duration_id, duration })
}

fn fields(reader: &mut Reader) -> Parsed<Vec<Setting>> {
    let mut fields: Vec<Setting> = Vec::new();
    while let Some((name, value)) = reader.pair(Expected::DateField, |name| DATE_FIELDS.contains(&name)) {
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(Diagnostic::error(name.span, format!("`{}` is given twice", name.text)).into());
        }
        fields.push((name, value));
    }
    Ok(fields)
}

/// A score as it is kept: a number, `inf`, `-inf`, or the name of a node attribute.
pub fn score(word: Word) -> Parsed<Word> {
    let lower = word.text.to_lowercase();
    let text = match lower.as_str() {
        "inf" | "+inf" | "infinity" | "+infinity" | "mandatory" => "inf".to_string(),
        "-inf" | "-infinity" => "-inf".to_string(),
        "advisory" => "0".to_string(),
        _ => word.text.clone(),
    };
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) && text != "-inf";
    if text.is_empty() || numeric && text.parse::<i64>().is_err() {
        return Err(Diagnostic::error(word.span, format!("`{}` is not a score", word.text))
            .hint("a score is a whole number, `inf`, `-inf`, or the name of a node attribute that holds one")
            .into());
    }
    Ok(Word::at(text, word.span))
}
