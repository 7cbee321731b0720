//! Who may do what: role, acl_target, acl_group, user.
//!
//! In: a reader after the keyword. Out: the statement's value.
//! Absent: the XPaths that shortcuts stand for (the shell's).

use crate::crm::ast::{Actor, ActorKind, Grant, Permission, Role, Spec, User};
use crate::crm::expect::{Expected, RIGHTS, SHORTCUTS};
use crate::crm::reader::{Parsed, Reader, meant};
use crate::diagnostic::{Diagnostic, closest};
use crate::line::Token;
use crate::span::Word;

pub fn role(reader: &mut Reader) -> Parsed<Role> {
    let id = reader.id()?;
    let description = reader.description();
    let mut permissions = Vec::new();
    while let Some(right) = right(reader) {
        permissions.extend(permission(reader, right)?);
    }
    Ok(Role { id, description, permissions })
}

fn right(reader: &mut Reader) -> Option<Word> {
    RIGHTS.iter().for_each(|right| reader.want(Expected::Keyword(right)));
    let token = reader.peek()?;
    let right = RIGHTS.iter().find(|right| token.is(right))?;
    reader.next();
    Some(Word::at(*right, token.span))
}

/// Everything that one `read`, `write` or `deny` is about; each thing is a permission of its own.
fn permission(reader: &mut Reader, right: Word) -> Parsed<Vec<Permission>> {
    let id = match reader.prefixed("$id=") {
        Some(id) => Some(id),
        None => reader.labelled(Expected::NewId),
    };
    let description = reader.description();
    let mut found: Vec<Permission> = Vec::new();
    let (mut name, mut attribute): (Option<Word>, Option<Word>) = (None, None);
    loop {
        RIGHTS.iter().for_each(|right| reader.want(Expected::Keyword(right)));
        reader.want(Expected::Permission);
        // In a user's line a role may follow.
        let ends = |token: &Token| token.text.starts_with("role:") || RIGHTS.iter().any(|right| token.is(right));
        let Some(token) = reader.peek().filter(|token| !ends(token)) else { break };
        match said(token)? {
            Said::Type(word) => name = Some(word),
            Said::Attribute(word) => attribute = Some(word),
            Said::Spec(what) => {
                found.push(Permission { right: right.clone(), id: None, description: description.clone(), what })
            }
        }
        reader.next();
    }
    match (name, attribute) {
        (Some(name), attribute) => {
            let what = Spec::Type { name, attribute };
            found.push(Permission { right: right.clone(), id: None, description, what });
        }
        (None, Some(attribute)) => {
            return Err(Diagnostic::error(attribute.span, "an attribute needs the elements that have it")
                .hint("write `type:ELEMENT attribute:NAME`")
                .into());
        }
        (None, None) if found.is_empty() => return Err(reader.stop()),
        (None, None) => {}
    }
    if let (Some(id), true) = (&id, found.len() > 1) {
        return Err(Diagnostic::error(id.span, "one id cannot be that of several permissions")
            .hint(format!("begin each with `{}` and an id of its own", right.text))
            .into());
    }
    if let Some(first) = found.first_mut() {
        first.id = id;
    }
    Ok(found)
}

enum Said {
    Spec(Spec),
    Type(Word),
    Attribute(Word),
}

fn said(token: &Token) -> Parsed<Said> {
    let (head, rest) = match token.text.find(':') {
        Some(colon) => (&token.text[..colon], Some(token.slice(colon + 1..token.text.len()))),
        None => (token.text.as_str(), None),
    };
    let rest = rest.filter(|rest| !rest.text.is_empty());
    Ok(match (head.to_lowercase().as_str(), rest) {
        ("xpath", Some(path)) => Said::Spec(Spec::XPath(path)),
        ("ref" | "reference", Some(id)) => Said::Spec(Spec::Reference(id)),
        ("tag" | "type" | "object-type", Some(name)) => Said::Type(name),
        ("attribute" | "attr", Some(name)) => Said::Attribute(name),
        (head, rest) => Said::Spec(shortcut(token, head, rest)?),
    })
}

fn shortcut(token: &Token, head: &str, rest: Option<Word>) -> Parsed<Spec> {
    let Some((name, least, most)) = SHORTCUTS.iter().find(|(name, ..)| *name == head) else {
        let message = format!("`{}` is nothing that can be permitted", token.text);
        let words = SHORTCUTS.iter().map(|(name, ..)| *name).chain(["xpath", "ref", "type", "tag", "attribute"]);
        let mut diagnostic = Diagnostic::error(token.span, message);
        diagnostic.hint = closest(head, words).map(meant).or(Some(
            "name it by `xpath:`, `ref:`, `type:`, `attribute:`, or a shortcut such as `meta:RSC:NAME`".into(),
        ));
        return Err(diagnostic.into());
    };
    let start = head.len() + 1;
    let mut arguments = Vec::new();
    if let Some(rest) = rest {
        let mut at = start;
        for piece in rest.text.splitn(*most.max(&1), ':') {
            arguments.push(token.slice(at..at + piece.len()));
            at += piece.len() + 1;
        }
    }
    let wrong = arguments.iter().any(|argument| argument.text.is_empty() || argument.text.contains(':'));
    if wrong || !(*least..=*most).contains(&arguments.len()) {
        return Err(Diagnostic::error(token.span, format!("`{}` does not name what is permitted", token.text))
            .hint(format!("it is written {}", shortcut_form(name, *least, *most)))
            .into());
    }
    Ok(Spec::Shortcut { name: Word::at(*name, token.slice(0..head.len()).span), arguments })
}

fn shortcut_form(name: &str, least: usize, most: usize) -> String {
    match (least, most) {
        (_, 0) => format!("`{name}`"),
        (0, _) => format!("`{name}` or `{name}:NAME`"),
        (_, 1) => format!("`{name}:RESOURCE`"),
        _ => format!("`{name}:RESOURCE` or `{name}:RESOURCE:NAME`"),
    }
}

pub fn actor(reader: &mut Reader, kind: ActorKind) -> Parsed<Actor> {
    let id = match (kind, reader.prefixed("id=")) {
        (_, Some(id)) => id,
        // A user's name need not be an XML id.
        (ActorKind::Target, None) => reader.name(Expected::NewId)?,
        (ActorKind::Group, None) => reader.id()?,
    };
    let name = reader.prefixed("$name=");
    let mut roles = Vec::new();
    while let Some(role) = reader.next_if(Expected::Role, |token| !token.text.contains(['=', ':'])) {
        if roles.iter().any(|known: &Word| known.text == role.text) {
            return Err(Diagnostic::error(role.span, format!("`{}` is listed more than once", role.text)).into());
        }
        roles.push(role.word());
    }
    if roles.is_empty() {
        return Err(reader.stop());
    }
    Ok(Actor { kind, id, name, roles })
}

pub fn user(reader: &mut Reader) -> Parsed<User> {
    let id = reader.id()?;
    let description = reader.description();
    let mut grants = Vec::new();
    loop {
        if let Some(role) = reader.prefixed("role:") {
            grants.push(Grant::Role(role));
        } else if let Some(right) = right(reader) {
            grants.extend(permission(reader, right)?.into_iter().map(Grant::Permission));
        } else if grants.is_empty() {
            return Err(reader.stop());
        } else {
            return Ok(User { id, description, grants });
        }
    }
}
