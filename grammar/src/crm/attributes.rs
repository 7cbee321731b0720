//! Attribute lists: `params`, `meta`, `utilization`, `attributes` and their kin, and the pairs in them.
//!
//! In: a reader after the list's keyword. Out: `AttributeSet`.
//! Absent: which attributes an agent or the cluster knows.

use crate::crm::ast::{AttributeSet, Pair, Rule, SetBody, SetKind};
use crate::crm::expect::{Expected, SECTIONS};
use crate::crm::reader::{Parsed, Reader, split};
use crate::crm::rule;
use crate::diagnostic::Diagnostic;
use crate::line::Token;
use crate::span::Word;

/// Lists for a statement that has nothing but lists; `implicit` may stand first without keyword.
pub fn sets(reader: &mut Reader, kinds: &[SetKind], implicit: Option<SetKind>) -> Parsed<Vec<AttributeSet>> {
    let followers: Vec<&'static str> = kinds.iter().map(|kind| kind.keyword()).collect();
    let mut sets = Vec::new();
    if let Some(kind) = implicit {
        sets.extend(implicit_set(reader, kind, &followers)?);
    }
    while let Some(kind) = kinds.iter().find(|kind| reader.keyword(kind.keyword())) {
        sets.push(set(reader, *kind, &followers)?);
    }
    Ok(sets)
}

/// A first list whose keyword was left out.
pub fn implicit_set(reader: &mut Reader, kind: SetKind, followers: &[&'static str]) -> Parsed<Option<AttributeSet>> {
    followers.iter().for_each(|word| reader.want(Expected::Keyword(word)));
    reader.want(Expected::Pair(kind));
    let Some(token) = reader.peek() else { return Ok(None) };
    if SECTIONS.iter().any(|section| token.is(section) && *section != "rule") {
        return Ok(None);
    }
    Ok(Some(set(reader, kind, followers)?))
}

/// The list after its keyword. `followers` are the keywords that may come next, for hints.
pub fn set(reader: &mut Reader, kind: SetKind, followers: &[&'static str]) -> Parsed<AttributeSet> {
    if let Some(id) = reader.prefixed("$id-ref=") {
        return Ok(AttributeSet { kind, body: SetBody::Reference(id) });
    }
    let id = reader.prefixed("$id=");
    let score = match reader.labelled(Expected::Score) {
        Some(score) => Some(rule::score(score)?),
        None => None,
    };
    let rules = rules(reader)?;
    let pairs = pairs(reader, Expected::Pair(kind), followers)?;
    // A list may be empty: clusters leave such sets behind when their last attribute goes.
    Ok(AttributeSet { kind, body: SetBody::Own { id, score, rules, pairs } })
}

pub fn rules(reader: &mut Reader) -> Parsed<Vec<Rule>> {
    let mut rules = Vec::new();
    while reader.keyword("rule") {
        rules.push(rule::rule(reader)?);
    }
    Ok(rules)
}

pub fn pairs(reader: &mut Reader, expected: Expected, followers: &[&'static str]) -> Parsed<Vec<Pair>> {
    let mut pairs = Vec::new();
    loop {
        followers.iter().for_each(|word| reader.want(Expected::Keyword(word)));
        reader.want(expected);
        let Some(token) = reader.peek() else { return Ok(pairs) };
        let ends = |word: &&str| token.is(word);
        if split(token).is_none() && SECTIONS.iter().chain(followers).any(ends) {
            return Ok(pairs);
        }
        pairs.push(pair(reader, token)?);
        reader.next();
    }
}

fn pair(reader: &mut Reader, token: &Token) -> Parsed<Pair> {
    if let Some(pair) = reference(token) {
        return Ok(pair);
    }
    let own_id = token.text.starts_with('$');
    let Some(at) = split(token) else {
        if let Some((id, name)) = valueless_with_id(token) {
            return Ok(Pair::Named { id: Some(id), name, value: None });
        }
        if own_id || token.text.is_empty() || token.text.contains(['=', ':', '(', ')']) {
            return Err(reader.stop());
        }
        reader.valueless(token)?;
        return Ok(Pair::Named { id: None, name: token.word(), value: None });
    };
    let value = Some(token.slice(at + 1..token.text.len()));
    if !own_id {
        return Ok(Pair::Named { id: None, name: token.slice(0..at), value });
    }
    if token.text.starts_with("$id") && matches!(&token.text[..at], "$id" | "$id-ref") {
        return Err(
            Diagnostic::error(token.span, format!("`{}` must come first in its list", &token.text[..at])).into()
        );
    }
    let label = &token.text[1..at];
    let colon = label.find(':').map_or(label.len(), |colon| colon);
    let name = if colon == label.len() { token.slice(1..at) } else { token.slice(colon + 2..at) };
    Ok(Pair::Named { id: Some(token.slice(1..colon + 1)), name, value })
}

/// `$ID:NAME`
fn valueless_with_id(token: &Token) -> Option<(Word, Word)> {
    let colon = token.text.strip_prefix('$')?.find(':').filter(|colon| *colon > 0)? + 1;
    (colon + 1 < token.text.len()).then(|| (token.slice(1..colon), token.slice(colon + 1..token.text.len())))
}

/// `@ID` or `@ID:NAME`.
fn reference(token: &Token) -> Option<Pair> {
    let label = token.text.strip_prefix('@').filter(|label| !label.is_empty() && !label.contains('='))?;
    let colon = label.find(':').unwrap_or(label.len());
    let name = (colon < label.len()).then(|| token.slice(colon + 2..token.text.len()));
    Some(Pair::Reference { id: token.slice(1..colon + 1), name })
}
