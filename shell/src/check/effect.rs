//! What the scheduler makes of a configuration other than is written: ignored, replaced, refused.
//!
//! In: a document; its notes on it. Out: problems of objects.
//! Absent: the facts themselves (core's `scheduler::verify`); where in a text the word stands (see `written`).

use super::problem::Problem;
use quorate_core::cib::Document;
use quorate_core::cib::model::kind::{self, Kind};
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::note::{self, Note};
use quorate_core::scheduler::{guarded, verify};
use quorate_core::xml::Element;
use quorate_grammar::Severity;
use quorate_tools::clock;
use std::collections::BTreeMap;

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
    let holders = Holders::of(configuration);
    told.map(|note| problem(configuration, &holders, note)).collect()
}

/// Adds what has no effect to what was found without the scheduler, each once: an option that was found wrong by
/// itself need not be told again, by its name or by the value that is none.
pub fn add(effects: Vec<Problem>, problems: &mut Vec<Problem>) {
    let mut by_object: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, problem) in problems.iter().enumerate() {
        by_object.entry(problem.object.clone()).or_default().push(at);
    }
    for effect in effects {
        let quoted = |name: &str| format!("`{name}`");
        let word = effect.effect.as_deref().filter(|word| !word.is_empty()).map(quoted);
        let value = effect.message.split('\'').nth(1).map(quoted);
        let tells = |known: &Problem, name: &Option<String>| {
            name.as_ref().is_some_and(|name| known.message.contains(name) && !known.is_advice())
        };
        let of_object = by_object.get(&effect.object).into_iter().flatten();
        let told = of_object.copied().filter(|at| tells(&problems[*at], &word) || tells(&problems[*at], &value));
        let told: Vec<usize> = told.collect();
        // What is left out is not told by less than that.
        if told.iter().any(|at| problems[*at].is_error() || !effect.is_error()) {
            continue;
        }
        // The same of the same value, told as a warning: it is as grave as the scheduler has it.
        let same = told.into_iter().find(|at| tells(&problems[*at], &word) && tells(&problems[*at], &value));
        match same.filter(|_| word != value) {
            Some(at) => {
                problems[at] = Problem { severity: effect.severity, effect: effect.effect, ..problems[at].clone() }
            }
            None => problems.push(effect),
        }
    }
}

fn problem(configuration: &Element, holders: &Holders, note: Note) -> Problem {
    // What is wrong as Pacemaker has it is an error of `verify`, as it is of `crm_verify`.
    let severity = if note.severity > note::Severity::Notice { Severity::Error } else { Severity::Warning };
    let object = object_of(configuration, holders, &note.about);
    Problem { severity, object, message: note.message, effect: Some(note.word), blamed: None }
}

/// Objects by their ids, and by those of their parts: there may be as many notes as there are objects.
struct Holders(BTreeMap<String, String>);

impl Holders {
    fn of(configuration: &Element) -> Holders {
        let objects = objects::objects(configuration);
        let mut holders = BTreeMap::new();
        // Of two, the innermost holds a part; what is inside stands behind.
        for object in &objects {
            let name = match object.kind {
                "node" => object.element.attr("uname").unwrap_or(&object.id),
                _ => &object.id,
            };
            let parts = object.element.descendants().filter_map(Element::id);
            parts.for_each(|part| drop(holders.insert(part.to_string(), name.to_string())));
        }
        // The connection to a guest is made of what the guest runs in.
        for object in objects.iter().filter(|object| object.kind == "primitive") {
            let pairs = object.element.elements_named("meta_attributes").flat_map(Element::elements);
            let guest = pairs.filter(|pair| pair.attr("name") == Some("remote-node"));
            holders.extend(guest.filter_map(|pair| Some((pair.attr("value")?.to_string(), object.id.clone()))));
        }
        // A node may have the id of another object, which comes first; so does an object before a part.
        let called = objects.iter().rev().filter(|object| object.kind != "node");
        holders.extend(called.map(|object| (object.id.clone(), object.id.clone())));
        Holders(holders)
    }
}

/// The object that a note is about: by its id, by that of a part of it, or by an option in it.
fn object_of(configuration: &Element, holders: &Holders, about: &str) -> String {
    let holder = holders.0.get(about).cloned();
    if kind::of_cluster(about) == Kind::Any || holder.as_deref() == Some(about) {
        let about = if about.is_empty() { "configuration" } else { about };
        return holder.unwrap_or_else(|| about.to_string());
    }
    let has = |pair: &Element| pair.attr("name").is_some_and(|name| names::is_same(Of::Cluster, name, about));
    let sets = configuration.child("crm_config").into_iter().flat_map(Element::elements);
    let set = sets.filter(|set| set.elements().any(has)).find_map(Element::id);
    set.unwrap_or(OPTIONS).to_string()
}
