//! `alert`: a program that is told what happens, and whom it tells.
//!
//! In: a reader after the keyword. Out: `Alert`.
//! Absent: whether the program is there.

use crate::crm::ast::{Alert, AlertPart, Recipient, Selection, SetKind};
use crate::crm::attributes::set;
use crate::crm::expect::Expected;
use crate::crm::reader::{Parsed, Reader, split};
use crate::line::Token;

const BODY: &[&str] = &["attributes", "meta", "select", "to"];
const RECIPIENT: &[&str] = &["attributes", "meta", "to"];
const RECIPIENT_IN_BRACES: &[&str] = &["attributes", "meta", "}"];

/// Braces may touch the words in them; here they become words of their own.
pub fn split_braces(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        let text = &token.text;
        let loose = index > 2 && token.is_plain();
        let opened = loose && text.len() > 1 && text.starts_with('{');
        let start = usize::from(opened);
        let closed = loose
            && text.len() > start + 1
            && text.ends_with('}')
            && split(token).is_none()
            && !text[start..].contains('{');
        let end = text.len() - usize::from(closed);
        if opened {
            out.push(token.cut(0..1));
        }
        out.push(if start == 0 && end == text.len() { token.clone() } else { token.cut(start..end) });
        if closed {
            out.push(token.cut(end..text.len()));
        }
    }
    out
}

pub fn alert(reader: &mut Reader) -> Parsed<Alert> {
    let id = reader.id()?;
    let path = reader.name(Expected::Path)?;
    let description = reader.description();
    let mut parts = Vec::new();
    loop {
        if reader.keyword("attributes") {
            parts.push(AlertPart::Set(set(reader, SetKind::Attributes, BODY)?));
        } else if reader.keyword("meta") {
            parts.push(AlertPart::Set(set(reader, SetKind::Meta, BODY)?));
        } else if reader.keyword("select") {
            parts.push(AlertPart::Select(selections(reader)?));
        } else if reader.keyword("to") {
            parts.push(AlertPart::To(recipient(reader)?));
        } else {
            return Ok(Alert { id, path, description, parts });
        }
    }
}

fn selections(reader: &mut Reader) -> Parsed<Vec<Selection>> {
    let mut selections = Vec::new();
    loop {
        if reader.keyword("nodes") {
            selections.push(Selection::Nodes);
        } else if reader.keyword("fencing") {
            selections.push(Selection::Fencing);
        } else if reader.keyword("resources") {
            selections.push(Selection::Resources);
        } else if reader.peek().is_some_and(|token| token.is("attributes"))
            && reader.peek_behind(1).is_some_and(|token| token.text == "{")
        {
            reader.next();
            reader.next();
            selections.push(Selection::Attributes(names(reader)?));
        } else {
            // crmsh writes an empty `select`, too.
            reader.want(Expected::Keyword("attributes"));
            return Ok(selections);
        }
    }
}

/// `NAME… }`
fn names(reader: &mut Reader) -> Parsed<Vec<(Option<crate::span::Word>, crate::span::Word)>> {
    let mut names = Vec::new();
    loop {
        if brace(reader, "}") {
            return Ok(names);
        }
        let id = reader.prefixed("$id=");
        names.push((id, reader.name(Expected::Attribute)?));
    }
}

fn recipient(reader: &mut Reader) -> Parsed<Recipient> {
    let braced = brace(reader, "{");
    let id = reader.prefixed("$id=");
    let plain = |token: &Token| !matches!(token.text.as_str(), "{" | "}");
    let Some(value) = reader.next_if(Expected::Recipient, plain) else { return Err(reader.stop()) };
    let value = value.word();
    let description = reader.description();
    let followers = if braced { RECIPIENT_IN_BRACES } else { RECIPIENT };
    let mut sets = Vec::new();
    loop {
        if reader.keyword("attributes") {
            sets.push(set(reader, SetKind::Attributes, followers)?);
        } else if reader.keyword("meta") {
            sets.push(set(reader, SetKind::Meta, followers)?);
        } else {
            break;
        }
    }
    if braced && !brace(reader, "}") {
        return Err(reader.stop());
    }
    Ok(Recipient { id, value, description, sets })
}

fn brace(reader: &mut Reader, brace: &'static str) -> bool {
    reader.next_if(Expected::Bracket(brace), |token| token.text == brace).is_some()
}
