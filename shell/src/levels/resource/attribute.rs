//! `resource meta`, `param`, `utilization`: one attribute of a resource, set, removed or shown.
//!
//! In: calls. Out: the changed configuration, and the words that Pacemaker's tools have for it.
//! A meta attribute may belong to the container or to a member: it goes where `crm_resource` puts it.
//! Absent: attributes of nodes (see `node`).

use super::steer::{meet_with, refused};
use super::{look::primitives, resource};
use crate::check;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::admin::attribute::{self, Sort};
use quorate_core::admin::holder::{Choice, Holders};
use quorate_core::admin::{Facts, Intent};
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Object, Place};
use quorate_core::xml::Element;
use quorate_grammar::Word;

pub fn param(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Parameter)
}

pub fn meta(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Meta)
}

pub fn utilization(session: &mut Session, call: &Call) -> Outcome {
    attribute_of(session, call, Sort::Utilization)
}

fn attribute_of(session: &mut Session, call: &Call, sort: Sort) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    if sort == Sort::Utilization && object.element.name != "primitive" {
        return Err(Failure::at(call.span(0), format!("`{}` is no primitive: only these take capacity", object.id))
            .hint(format!("its primitives are {}", primitives(object.element).join(", "))));
    }
    let word = call.required(2);
    let (name, value) = match (word.split_once('='), call.argument(3)) {
        (Some((name, value)), None) if call.required(1) == "set" => (name, Some(value)),
        (_, value) => (word, value),
    };
    one_pair(call)?;
    match (call.required(1), value) {
        ("set", Some(value)) => set(session, call, &document, &object, sort, (name, value)),
        ("set", None) => Err(Failure::usage(format!("`set {name}` needs a value"))),
        ("delete", None) => delete(session, call, &document, &object, sort, name),
        ("show", None) => show(session, &document, &object, sort, name),
        (word @ ("delete" | "show"), Some(_)) => {
            Err(Failure::misused(call.span(3), format!("`{word}` takes no value")))
        }
        (word, _) => Err(Failure::misused(call.span(1), format!("`{word}` is none of set, delete, show"))),
    }
}

/// Names have no `=`: who writes two pairs means both.
pub fn one_pair(call: &Call) -> Outcome {
    match (call.required(1), call.required(2).contains('='), call.argument(3)) {
        ("set", true, Some(surplus)) => Err(Failure::misused(
            call.span(3),
            format!("`{surplus}` is too much: one attribute is set at a time, as NAME VALUE or NAME=VALUE"),
        )),
        _ => Ok(()),
    }
}

fn set(
    session: &mut Session,
    call: &Call,
    document: &Document,
    object: &Object,
    sort: Sort,
    (name, value): (&str, &str),
) -> Outcome {
    if sort == Sort::Parameter && !session.is_forced() {
        not_a_meta_attribute(call, document.configuration(), object, name)?;
    }
    let holders = tell(session, document, object, sort, name, "update");
    let intent = wish(object, sort, name, Some(value));
    session.change(&call.text(), |session, document| {
        let before = document.clone();
        meet_with(document, &intent, &Facts::default()).map_err(|refusal| refused(call, &refusal))?;
        for place in &holders.places {
            let holder = objects::at(document.configuration(), place);
            let is_new = attribute::get(objects::at(before.configuration(), place), sort, name).is_none();
            let Some((set, pair)) = attribute::place(holder, sort, name) else { continue };
            let set = if is_new { format!(" set={set}") } else { String::new() };
            let id = holder.id().unwrap_or_default();
            session.ui.line(&format!("Set '{id}' option: id={pair}{set} name={name} value={value}"));
        }
        for place in &holders.places {
            let id = objects::at(document.configuration(), place).id().unwrap_or_default().to_string();
            check::tell_of(session, &before, document, &id, words_of(call, name, value).each_ref());
        }
        Ok(())
    })
}

/// The attribute and its value where the call has them: apart, or as one word.
pub fn words_of(call: &Call, name: &str, value: &str) -> [Word; 2] {
    let value_at = if call.argument(3).is_some() { 3 } else { 2 };
    [Word::at(name, call.span(2)), Word::at(value, call.span(value_at))]
}

fn wish(object: &Object, sort: Sort, name: &str, value: Option<&str>) -> Intent {
    let (name, value) = (name.to_string(), value.map(str::to_string));
    Intent::ResourceAttribute { resource: object.id.clone(), sort, name, value }
}

/// A parameter that is called like a meta attribute that is set is most likely meant to be that.
fn not_a_meta_attribute(call: &Call, configuration: &Element, object: &Object, name: &str) -> Outcome {
    let top = objects::at(configuration, &object.place[..2]);
    let Some((_, pair)) = attribute::place(top, Sort::Meta, name) else { return Ok(()) };
    let id = top.id().unwrap_or_default();
    Err(Failure::at(call.span(2), format!("`{id}` has a meta attribute called `{name}` ({pair})"))
        .hint(format!("`resource meta {id} set {name} …` sets that; -F makes a parameter of this name")))
}

/// What is gone already is as it was wanted.
fn delete(session: &mut Session, call: &Call, document: &Document, object: &Object, sort: Sort, name: &str) -> Outcome {
    let holders = tell(session, document, object, sort, name, "delete");
    let is_set = |place: &&Place| attribute::get(objects::at(document.configuration(), place), sort, name).is_some();
    if !holders.places.iter().any(|place| is_set(&place)) {
        session.ui.info(&format!("`{name}` of {} is not set", object.id));
        return Ok(());
    }
    let intent = wish(object, sort, name, None);
    session.change(&call.text(), |session, document| {
        for place in &holders.places {
            let holder = objects::at(document.configuration(), place);
            let Some((_, pair)) = attribute::place(holder, sort, name) else { continue };
            let id = holder.id().unwrap_or_default();
            session.ui.line(&format!("Deleted '{id}' option: id={pair} name={name}"));
        }
        meet_with(document, &intent, &Facts::default()).map_err(|refusal| refused(call, &refusal))
    })
}

/// A member has the meta attributes of what it is in, unless it has its own.
fn show(session: &mut Session, document: &Document, object: &Object, sort: Sort, name: &str) -> Outcome {
    let outermost = if sort == Sort::Meta { 2 } else { object.place.len() };
    let around = (outermost..=object.place.len()).rev().map(|end| &object.place[..end]);
    let mut values = around.map(|place| attribute::get(objects::at(document.configuration(), place), sort, name));
    match values.find_map(|value| value) {
        Some(value) => {
            session.ui.line(value);
            Ok(())
        }
        // In the words that programs look for; that it is not set is an answer, too.
        None => {
            session.ui.aside(&format!("Attribute '{name}' not found for '{}'", object.id));
            Ok(())
        }
    }
}

// ---- whose attribute it is -----------------------------------------------------------------------

/// Says what is to be said about where the attribute belongs.
fn tell(session: &mut Session, document: &Document, object: &Object, sort: Sort, name: &str, what: &str) -> Holders {
    let configuration = document.configuration();
    several(configuration, object, name).iter().for_each(|note| session.ui.line(note));
    let holders = Holders::of(configuration, object, sort, name);
    let id = &object.id;
    match &holders.choice {
        Choice::Itself => {}
        Choice::Parent(parent) => {
            session.ui.line(&format!("Performing {what} of '{name}' on '{parent}', the parent of '{id}'"));
        }
        Choice::Child(child) => session.ui.line(&format!(
            "A value for '{name}' already exists in child '{child}', performing {what} on that instead of '{id}'"
        )),
    }
    holders
}

/// That the name is set more than once in the whole resource: whoever changes one may think of the others.
fn several(configuration: &Element, object: &Object, name: &str) -> Vec<String> {
    let top = objects::at(configuration, &object.place[..2]);
    let pairs = top.descendants().filter(|part| part.name == "nvpair" && part.attr("name") == Some(name));
    let line = |pair: &Element| {
        format!("  Value: {} \t(id={})", pair.attr("value").unwrap_or_default(), pair.id().unwrap_or_default())
    };
    let lines: Vec<String> = pairs.map(line).collect();
    if lines.len() < 2 {
        return Vec::new();
    }
    let title = format!("Multiple attributes match name={name}");
    std::iter::once(title).chain(lines).chain([String::new()]).collect()
}
