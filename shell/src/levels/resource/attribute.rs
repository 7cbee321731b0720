//! `resource meta`, `param`, `utilization`: one attribute of a resource, set, removed or shown.
//!
//! In: calls. Out: the changed configuration, and the words that Pacemaker's tools have for it.
//! A meta attribute may belong to the container or to a member: it goes where `crm_resource` puts it.
//! Absent: attributes of nodes (see `node`).

use super::{look::primitives, resource};
use crate::command::Call;
use crate::configure::attribute::{self, Sort};
use crate::configure::ids::Pool;
use crate::configure::objects::{self, Object, Place, is_resource};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::xml::Element;

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
    match (call.required(1), value) {
        ("set", Some(value)) => set(session, call, &document, &object, sort, (name, value)),
        ("set", None) => Err(Failure::usage(format!("`set {name}` needs a value"))),
        ("delete", None) => delete(session, call, &document, &object, sort, name),
        ("show", None) => show(session, call, &document, &object, sort, name),
        (word @ ("delete" | "show"), Some(_)) => {
            Err(Failure::misused(call.span(3), format!("`{word}` takes no value")))
        }
        (word, _) => Err(Failure::misused(call.span(1), format!("`{word}` is none of set, delete, show"))),
    }
}

fn words(call: &Call) -> String {
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    words.join(" ")
}

fn set(
    session: &mut Session,
    call: &Call,
    document: &Document,
    object: &Object,
    sort: Sort,
    (name, value): (&str, &str),
) -> Outcome {
    let configuration = document.configuration();
    if sort == Sort::Parameter && !session.is_forced() {
        not_a_meta_attribute(call, configuration, object, name)?;
    }
    let holders = Holders::of(configuration, object, sort, name, "update");
    holders.tell(session);
    session.change(&words(call), |session, document| {
        let mut pool = Pool::of(document.configuration());
        for place in &holders.places {
            let holder = objects::at_mut(document.configuration_mut(), place);
            let is_new = attribute::get(holder, sort, name).is_none();
            attribute::set(holder, sort, name, value, &mut pool);
            let Some((set, pair)) = attribute::place(holder, sort, name) else { continue };
            let set = if is_new { format!(" set={set}") } else { String::new() };
            let id = holder.id().unwrap_or_default();
            session.ui.line(&format!("Set '{id}' option: id={pair}{set} name={name} value={value}"));
        }
        Ok(())
    })
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
    let holders = Holders::of(document.configuration(), object, sort, name, "delete");
    holders.tell(session);
    let is_set = |place: &&Place| attribute::get(objects::at(document.configuration(), place), sort, name).is_some();
    if !holders.places.iter().any(|place| is_set(&place)) {
        session.ui.info(&format!("`{name}` of {} is not set", object.id));
        return Ok(());
    }
    session.change(&words(call), |session, document| {
        for place in &holders.places {
            let holder = objects::at_mut(document.configuration_mut(), place);
            let Some(pair) = attribute::place(holder, sort, name).map(|(_, pair)| pair.to_string()) else { continue };
            attribute::unset(holder, sort, name);
            let id = holder.id().unwrap_or_default();
            session.ui.line(&format!("Deleted '{id}' option: id={pair} name={name}"));
        }
        Ok(())
    })
}

/// A member has the meta attributes of what it is in, unless it has its own.
fn show(session: &mut Session, call: &Call, document: &Document, object: &Object, sort: Sort, name: &str) -> Outcome {
    let outermost = if sort == Sort::Meta { 2 } else { object.place.len() };
    let around = (outermost..=object.place.len()).rev().map(|end| &object.place[..end]);
    let mut values = around.map(|place| attribute::get(objects::at(document.configuration(), place), sort, name));
    match values.find_map(|value| value) {
        Some(value) => {
            session.ui.line(value);
            Ok(())
        }
        None => Err(Failure::at(call.span(2), format!("`{name}` is not set"))),
    }
}

// ---- whose attribute it is -----------------------------------------------------------------------

struct Holders {
    places: Vec<Place>,
    /// What is to be said about the choice.
    notes: Vec<String>,
}

impl Holders {
    fn of(configuration: &Element, object: &Object, sort: Sort, name: &str, what: &str) -> Holders {
        let mut notes = several(configuration, object, name);
        let has = |element: &Element| attribute::get(element, sort, name).is_some();
        let alone = |place: &[usize], notes| Holders { places: vec![place.to_vec()], notes };
        let Some((_, parent)) = object.place.split_last() else { return alone(&object.place, notes) };
        let around = objects::at(configuration, parent);
        if sort != Sort::Meta {
            return alone(&object.place, notes);
        }
        if is_clone(around) {
            if has(object.element) {
                return alone(&object.place, notes);
            }
            let id = around.id().unwrap_or_default();
            notes.push(format!("Performing {what} of '{name}' on '{id}', the parent of '{}'", object.id));
            return alone(parent, notes);
        }
        let members = members(object.element);
        if is_clone(object.element) {
            let within = members.iter().find(|(_, member)| member.name == "primitive" && has(member));
            return match within {
                Some((at, member)) => {
                    let (id, clone) = (member.id().unwrap_or_default(), &object.id);
                    notes.push(format!(
                        "A value for '{name}' already exists in child '{id}', performing {what} on that instead of \
                         '{clone}'"
                    ));
                    alone(&[&object.place[..], &[*at]].concat(), notes)
                }
                None => alone(&object.place, notes),
            };
        }
        let own = members.iter().filter(|(_, member)| has(member));
        let mut places: Vec<Place> = own.map(|(at, _)| [&object.place[..], &[*at]].concat()).collect();
        places.push(object.place.clone());
        Holders { places, notes }
    }

    fn tell(&self, session: &mut Session) {
        self.notes.iter().for_each(|note| session.ui.line(note));
    }
}

fn is_clone(element: &Element) -> bool {
    matches!(&*element.name, "clone" | "master")
}

/// Resources directly inside, with their places among the children.
fn members(element: &Element) -> Vec<(usize, &Element)> {
    let children = element.children.iter().enumerate();
    let inside = children.filter_map(|(at, child)| Some((at, &**child.element()?)));
    inside.filter(|(_, child)| is_resource(child)).collect()
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
