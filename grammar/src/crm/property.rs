//! Options and tags: property, rsc_defaults, op_defaults, tag.
//!
//! In: a reader after the keyword. Out: the statement's value.
//! Absent: which options exist.

use crate::crm::ast::{OptionSet, OptionsKind, Tag};
use crate::crm::attributes::{pairs, rules};
use crate::crm::expect::Expected;
use crate::crm::reader::{Parsed, Reader, check_id};
use crate::crm::rule;
use crate::diagnostic::Diagnostic;
use crate::span::Word;

pub fn options(reader: &mut Reader, keyword: &str) -> Parsed<OptionSet> {
    let kind = match keyword {
        "property" => OptionsKind::Property,
        "rsc_defaults" => OptionsKind::ResourceDefaults,
        _ => OptionsKind::OperationDefaults,
    };
    if let Some(reference) = reader.prefixed("$id-ref=") {
        return Ok(OptionSet {
            kind,
            id: None,
            reference: Some(reference),
            score: None,
            rules: Vec::new(),
            pairs: Vec::new(),
        });
    }
    let id = match reader.prefixed("$id=") {
        Some(id) => Some(id),
        None => reader.labelled(Expected::SetId),
    };
    id.as_ref().map_or(Ok(()), check_id)?;
    // A label behind the id is the set's score; without an id it would be read as one.
    let score = match id.as_ref().and_then(|_| reader.labelled(Expected::Score)) {
        Some(word) => Some(rule::score(word)?),
        None => None,
    };
    let at_rules = reader.peek().map(|token| token.span);
    let rules = rules(reader)?;
    if let (None, false, Some(span)) = (&id, rules.is_empty(), at_rules) {
        return Err(Diagnostic::error(
            span,
            format!("a rule needs a {keyword} set of its own, or it would govern all the others"),
        )
        .hint(format!("name the set: `{keyword} NAME: rule …`"))
        .into());
    }
    let pairs = pairs(reader, Expected::Option(kind), &[])?;
    if id.is_none() && pairs.is_empty() {
        return Err(reader.stop());
    }
    Ok(OptionSet { kind, id, reference: None, score, rules, pairs })
}

pub fn tag(reader: &mut Reader) -> Parsed<Tag> {
    let id = match reader.labelled(Expected::NewId) {
        Some(id) => check_id(&id).map(|()| id)?,
        None => reader.id()?,
    };
    let mut members: Vec<Word> = vec![reader.name(Expected::Resource)?];
    while let Some(token) = reader.next_if(Expected::Resource, |token| !token.text.contains(['=', ':'])) {
        members.push(token.word());
    }
    Ok(Tag { id, members })
}
