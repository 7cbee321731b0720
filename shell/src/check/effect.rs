//! What the scheduler makes of a configuration other than is written: ignored, replaced, refused.
//!
//! In: a document; its notes on it. Out: problems of objects, and where in a text the word stands.
//! Absent: the facts themselves (core's `scheduler::verify`).

use super::problem::{Blamed, Problem};
use quorate_core::cib::Document;
use quorate_core::cib::model::kind::{self, Kind};
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::note::{self, Note};
use quorate_core::scheduler::{guarded, verify};
use quorate_core::xml::Element;
use quorate_grammar::line::{self, LineKind, Token};
use quorate_grammar::{Severity, Span};
use quorate_tools::clock;

/// The set that cluster options are written into.
const OPTIONS: &str = "cib-bootstrap-options";

/// Whether it is said that nothing can be started where there is nothing yet: only if somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    Told,
    Passed,
}

pub fn problems(document: &Document, empty: Empty) -> Vec<Problem> {
    let configuration = document.configuration();
    let is_empty = empty == Empty::Passed && objects::resource_ids(configuration).is_empty();
    // A fault of the scheduler is not to keep anybody from mending what brings it about.
    let notes = guarded(|| verify(document, clock::now())).unwrap_or_default();
    let told = notes.into_iter().filter(|note| !is_empty || note.about != "fencing-enabled");
    told.map(|note| problem(configuration, note)).collect()
}

fn problem(configuration: &Element, note: Note) -> Problem {
    // What is wrong as Pacemaker has it is an error of `verify`, as it is of `crm_verify`.
    let severity = if note.severity > note::Severity::Notice { Severity::Error } else { Severity::Warning };
    let object = object_of(configuration, &note.about);
    Problem { severity, object, message: note.message, effect: Some(note.word), blamed: None }
}

/// The object that a note is about: by its id, by that of a part of it, or by an option in it.
fn object_of(configuration: &Element, about: &str) -> String {
    if let Some(object) = objects::find_object(configuration, about) {
        return object.id;
    }
    if kind::of_cluster(about) != Kind::Any {
        let has = |pair: &Element| pair.attr("name").is_some_and(|name| names::is_same(Of::Cluster, name, about));
        let sets = configuration.child("crm_config").into_iter().flat_map(Element::elements);
        let set = sets.filter(|set| set.elements().any(has)).find_map(Element::id);
        return set.unwrap_or(OPTIONS).to_string();
    }
    let holds = |object: &objects::Object| object.element.descendants().any(|part| part.id() == Some(about));
    let holder = objects::objects(configuration).into_iter().rfind(holds);
    match holder {
        Some(object) if object.kind == "node" => object.element.attr("uname").unwrap_or(&object.id).to_string(),
        Some(object) => object.id,
        None if about.is_empty() => "configuration".to_string(),
        None => about.to_string(),
    }
}

/// Where the word stands in a statement of a text.
pub fn place(text: &str, statement: Span, word: &str) -> Option<Span> {
    let tokens = words(text, statement);
    let other = names::other(Of::Cluster, word).or(names::other(Of::Resource, word));
    let pattern = |text: &str| text.strip_prefix('/').and_then(|text| text.strip_suffix('/')).map(str::to_owned);
    let is_it = |text: &str| text == word || other == Some(text) || pattern(text).as_deref() == Some(word);
    let found = tokens.iter().skip(1).find_map(|token| {
        if is_it(&token.text) {
            return Some(token.span);
        }
        let pair = token.text.split_once('=');
        let (name, value) = pair.or(token.text.split_once(':'))?;
        let (first, second) = (token.slice(0..name.len()).span, token.slice(name.len() + 1..token.text.len()).span);
        match (is_it(name), is_it(value)) {
            // Of an option its value is to blame.
            (true, _) if pair.is_some() && !value.is_empty() => Some(second),
            (true, _) => Some(first),
            (_, true) => Some(second),
            _ => None,
        }
    });
    found.filter(|_| !word.is_empty()).map(|span| within(statement, span))
}

/// Where an attribute of the document stands in a statement: with its name, by its value alone, as what an
/// attribute is called.
pub fn place_of(text: &str, statement: Span, blamed: &Blamed) -> Option<Span> {
    let tokens = words(text, statement);
    let name = blamed.name.as_str();
    let halves = |token: &Token| {
        let cut = token.text.find('=').or_else(|| token.text.find(':'))?;
        Some((token.slice(0..cut), token.slice(cut + 1..token.text.len())))
    };
    let pairs = || tokens.iter().skip(1).filter_map(halves);
    let named = pairs().find(|(word, _)| word.text == name).map(|(word, value)| match &blamed.value {
        Some(known) if *known == value.text => value.span,
        _ => word.span,
    });
    let value = blamed.value.as_deref();
    let whole = || tokens.iter().skip(1).find(|token| Some(token.text.as_str()) == value).map(|token| token.span);
    let half = || {
        let mut halves = pairs().flat_map(|(word, value)| [word, value]);
        halves.find(|half| Some(half.text.as_str()) == value).map(|half| half.span)
    };
    named.or_else(whole).or_else(half).map(|span| within(statement, span))
}

/// Where the statement has its id.
pub fn place_of_id(text: &str, statement: Span) -> Span {
    let tokens = words(text, statement);
    tokens.get(1).or(tokens.first()).map_or(statement, |token| within(statement, token.span))
}

/// The words of a statement; their places count from its beginning.
fn words(text: &str, statement: Span) -> Vec<Token> {
    let (lines, _) = line::lines(text.get(statement.range()).unwrap_or_default());
    let words = lines.into_iter().flat_map(|line| match line.kind {
        LineKind::Words(tokens) => tokens,
        _ => Vec::new(),
    });
    words.collect()
}

/// The place in the whole text.
fn within(statement: Span, span: Span) -> Span {
    Span::new(statement.start + span.start, statement.start + span.end)
}
