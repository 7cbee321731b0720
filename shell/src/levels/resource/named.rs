//! What the words of a call name: resources by id, tag or pattern, nodes.

use crate::command::Call;
use crate::configure::lower::unknown_resource;
use crate::configure::show;
use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::Element;
use quorate_grammar::Word;

/// The ids that are meant: as written, the members of a tag, or all that match a pattern.
pub(super) fn expanded(document: &Document, call: &Call) -> Outcome<Vec<String>> {
    let configuration = document.configuration();
    let mut ids: Vec<String> = Vec::new();
    for (at, word) in call.words().iter().enumerate() {
        let found = expand(configuration, word);
        if found.is_empty() {
            return Err(missing(configuration, word, call, at));
        }
        ids.extend(found);
    }
    ids.dedup();
    Ok(ids)
}

/// The resources that the first argument means.
pub(super) fn named(document: &Document, call: &Call) -> Outcome<Vec<String>> {
    let found = expand(document.configuration(), call.required(0));
    match found.is_empty() {
        true => Err(missing(document.configuration(), call.required(0), call, 0)),
        false => Ok(found),
    }
}

pub(super) fn expand(configuration: &Element, word: &str) -> Vec<String> {
    if word.contains(['*', '?', '[']) {
        return objects::resource_ids(configuration).into_iter().filter(|id| show::glob(word, id)).collect();
    }
    match objects::find(configuration, word).filter(|object| object.kind == "tag") {
        Some(tag) => {
            let members = tag.element.elements().filter_map(Element::id);
            members.filter(|id| objects::find_resource(configuration, id).is_some()).map(str::to_string).collect()
        }
        None => objects::find_resource(configuration, word).map(|object| object.id).into_iter().collect(),
    }
}

pub fn missing(configuration: &Element, word: &str, call: &Call, at: usize) -> Failure {
    let unknown = unknown_resource(configuration, &Word::at(word, call.span(at)));
    Failure { kind: Kind::Refused, ..Failure::input(vec![unknown]) }
}

pub(super) fn resource<'a>(document: &'a Document, call: &Call) -> Outcome<Object<'a>> {
    let configuration = document.configuration();
    let found = objects::find_resource(configuration, call.required(0)).filter(|object| is_resource(object.element));
    found.ok_or_else(|| missing(configuration, call.required(0), call, 0))
}

pub(super) fn node_name(document: &Document, call: &Call, at: usize) -> Outcome<String> {
    let word = call.required(at);
    let names = objects::all_node_names(document.configuration());
    if names.iter().any(|name| name == word) {
        return Ok(word.to_string());
    }
    let mut failure = Failure::at(call.span(at), format!("there is no node `{word}`"));
    let near = quorate_grammar::diagnostic::closest(word, names.iter().map(String::as_str));
    failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
    Err(failure)
}
