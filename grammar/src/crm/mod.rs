//! The configure language of crm: node, primitive, group, location and the rest.
//!
//! In: text, or the words of one line. Out: statements and diagnostics; never a failure.
//! Absent: commands that are not statements (`show`, `commit`: the shell's).

mod access;
mod alert;
pub mod ast;
mod attributes;
mod bundle;
mod constraint;
pub mod expect;
mod fencing;
pub mod print;
mod property;
mod reader;
mod resource;
mod rule;
pub mod standing;

use crate::diagnostic::{Diagnostic, closest};
use crate::line::{self, Line, LineKind, Token};
use ast::{ActorKind, Kind, Statement};
use expect::{ALIASES, Expected, STATEMENTS};
use reader::{Parsed, Reader, meant};
use std::borrow::Cow;

/// Reads a whole text. A line that is wrong is left out and diagnosed; the others stand.
pub fn parse(text: &str) -> (Vec<Statement>, Vec<Diagnostic>) {
    let (lines, mut diagnostics) = line::lines(text);
    let mut statements = Vec::new();
    let mut comments = Vec::new();
    for line in lines {
        match line.kind {
            LineKind::Comment(comment) => comments.push(comment),
            _ => {
                let (statement, found) = parse_line(&line);
                diagnostics.extend(found);
                let comments = std::mem::take(&mut comments);
                statements.extend(statement.map(|statement| Statement { comments, ..statement }));
            }
        }
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    (statements, diagnostics)
}

/// Reads one line that is no comment.
pub fn parse_line(line: &Line) -> (Option<Statement>, Vec<Diagnostic>) {
    match &line.kind {
        LineKind::Comment(_) => (None, Vec::new()),
        LineKind::Words(tokens) => parse_words(tokens),
        LineKind::Raw { keyword, body } => {
            let span = keyword.span.to(body.span);
            if body.text.starts_with('<') {
                return (Some(Statement { comments: Vec::new(), kind: Kind::Xml(body.clone()), span }), Vec::new());
            }
            (
                None,
                vec![
                    Diagnostic::error(body.span, "expected an XML element after `xml`")
                        .hint("write `xml <primitive …/>`"),
                ],
            )
        }
    }
}

/// Reads the words of one statement.
pub fn parse_words(tokens: &[Token]) -> (Option<Statement>, Vec<Diagnostic>) {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return (None, Vec::new()) };
    let tokens = words_of(tokens);
    let mut reader = Reader::new(&tokens);
    let parsed = statement(&mut reader);
    let mut diagnostics = std::mem::take(&mut reader.diagnostics);
    match parsed {
        Ok(kind) => (Some(Statement { comments: Vec::new(), kind, span: first.span.to(last.span) }), diagnostics),
        Err(stop) => {
            diagnostics.push(*stop.0);
            (None, diagnostics)
        }
    }
}

/// The words, with brackets that touch others as words of their own where they mean something.
fn words_of(tokens: &[Token]) -> Cow<'_, [Token]> {
    match tokens.first() {
        Some(first) if first.is("alert") => Cow::Owned(alert::split_braces(tokens)),
        Some(first) if first.is("location") => {
            let tokens: Vec<Token> = tokens.iter().flat_map(constraint::split_score).collect();
            Cow::Owned(if constraint::has_brackets(first) { constraint::split_brackets(&tokens) } else { tokens })
        }
        Some(first) if constraint::has_brackets(first) => Cow::Owned(constraint::split_brackets(tokens)),
        _ => Cow::Borrowed(tokens),
    }
}

/// True if a line with this first word is a statement of the language (or of crmsh's).
pub fn is_statement(keyword: &str) -> bool {
    let keyword = keyword.to_lowercase();
    STATEMENTS.iter().any(|word| word.keyword == keyword) || ALIASES.iter().any(|(alias, _)| *alias == keyword)
}

/// True if a bracket that groups things in this statement is not closed yet.
pub fn has_open_bracket(tokens: &[Token]) -> bool {
    let mut depth = 0_i32;
    for token in words_of(tokens).iter().filter(|token| token.is_plain()) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// What could follow these words: what the parser was looking for when they ran out.
fn expected_after(before: &[Token]) -> Vec<Expected> {
    let tokens = words_of(before);
    let mut reader = Reader::new(&tokens);
    // Whether the words are a whole statement does not matter here.
    let _ = statement(&mut reader);
    if reader.is_done() { reader.wanted().to_vec() } else { Vec::new() }
}

fn statement(reader: &mut Reader) -> Parsed<Kind> {
    let Some(first) = reader.next() else { return Err(reader.stop()) };
    let typed = first.text.to_lowercase();
    let keyword = ALIASES.iter().find(|(alias, _)| *alias == typed).map_or(typed.as_str(), |(_, keyword)| keyword);
    let kind = match keyword {
        "node" => Kind::Node(resource::node(reader)?),
        "primitive" => Kind::Primitive(resource::primitive(reader)?),
        "rsc_template" => Kind::Template(resource::template(reader)?),
        "group" => Kind::Group(resource::group(reader)?),
        "clone" => Kind::Clone(resource::clone(reader, false)?),
        "ms" => Kind::Clone(resource::clone(reader, true)?),
        "bundle" => Kind::Bundle(bundle::bundle(reader)?),
        "role" => Kind::Role(access::role(reader)?),
        "acl_target" => Kind::Actor(access::actor(reader, ActorKind::Target)?),
        "acl_group" => Kind::Actor(access::actor(reader, ActorKind::Group)?),
        "user" => Kind::User(access::user(reader)?),
        "alert" => Kind::Alert(alert::alert(reader)?),
        "location" => Kind::Location(constraint::location(reader)?),
        "colocation" => Kind::Colocation(constraint::colocation(reader)?),
        "order" => Kind::Order(constraint::order(reader)?),
        "rsc_ticket" => Kind::Ticket(constraint::ticket(reader)?),
        "property" | "rsc_defaults" | "op_defaults" => Kind::Options(property::options(reader, keyword)?),
        "fencing_topology" => Kind::Topology(fencing::topology(reader)?),
        "tag" => Kind::Tag(property::tag(reader)?),
        "monitor" => Kind::Monitor(resource::monitor(reader)?),
        _ => return Err(unknown(first).into()),
    };
    reader.finish()?;
    Ok(kind)
}

fn unknown(first: &Token) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::error(first.span, format!("`{}` is not a statement of the configuration language", first.text));
    let words = STATEMENTS.iter().map(|word| word.keyword);
    diagnostic.hint = closest(&first.text, words).map(meant);
    diagnostic
}
