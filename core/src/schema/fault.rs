//! What is wrong, where, and what would be right, in words.
//!
//! In: a place in a document, its entry in the grammar, what was found there. Out: [`Fault`]s.

use super::found::Found;
use super::grammar::{Alternative, Choice, Count, Entry, Wanted, bit};
use super::value::Type;
use super::versions::{LATEST, checked, grammar};
use crate::cib::upgrade::Schema;
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;
use std::fmt;

/// One thing that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From the root to the element: `/cib/configuration/resources/primitive[@id='p']`.
    pub path: String,
    /// The resource, constraint, … it is a part of, by its id; else the section.
    pub object: String,
    /// The attribute, if it is one, or lacks.
    pub attribute: Option<String>,
    /// What that attribute has as its value, if it is there.
    pub value: Option<String>,
    pub kind: Kind,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Of what kind a fault is, for who says some kinds in words of his own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The document claims no schema, or one that is not known.
    Claim,
    /// Something is there that must not be, or lacks, or excludes another.
    Shape,
    /// An attribute has a value of another type.
    Value,
    /// A word that older versions took.
    Excluded,
    /// An id is there twice.
    Twice,
    /// Something refers to an id that nothing has.
    Dangling,
}

impl Fault {
    /// Whether the other says the same of the same element, whatever its value is by now.
    pub fn is(&self, other: &Fault) -> bool {
        (&self.path, &self.message, self.kind) == (&other.path, &other.message, other.kind)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.message)
    }
}

/// An element and what it stands in.
pub struct Place<'a, 'p> {
    pub element: &'a Element,
    pub above: Option<&'p Place<'a, 'p>>,
}

const RESOURCES: [&str; 6] = ["primitive", "template", "group", "clone", "master", "bundle"];

impl Place<'_, '_> {
    fn path(&self) -> String {
        let above = self.above.map_or(String::new(), Place::path);
        match self.element.id() {
            Some(id) => format!("{above}/{}[@id='{id}']", self.element.name),
            None => format!("{above}/{}", self.element.name),
        }
    }

    /// What people take it for a part of.
    pub fn object(&self) -> String {
        let mut inner = self;
        loop {
            let Some(above) = inner.above else { return inner.element.name.to_string() };
            let is_section = |name: &str| matches!(name, "cib" | "configuration");
            let is_object = RESOURCES.contains(&inner.element.name.as_str())
                || above.above.is_some_and(|section| is_section(&section.element.name));
            match inner.element.id() {
                Some(id) if is_object => return id.to_string(),
                _ if is_section(&above.element.name) => return inner.element.name.to_string(),
                _ => inner = above,
            }
        }
    }

    pub fn fault(&self, kind: Kind, attribute: Option<&str>, message: String) -> Fault {
        let value = attribute.and_then(|name| self.element.attr(name)).map(str::to_string);
        let attribute = attribute.map(str::to_string);
        Fault { path: self.path(), object: self.object(), attribute, value, kind, message }
    }
}

/// Something that belongs to one element, or should.
enum Part {
    Attribute(&'static str),
    Child(String),
}

impl Part {
    fn attribute(&self) -> Option<&'static str> {
        match self {
            Part::Attribute(name) => Some(name),
            Part::Child(_) => None,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Attribute(name) => write!(out, "`{name}`"),
            Part::Child(names) => out.write_str(names),
        }
    }
}

fn attribute(entry: &Entry, at: usize) -> Part {
    Part::Attribute(entry.attributes[at].name)
}

/// `<a>`, or `<a> or <b>`.
fn child(entry: &Entry, at: usize) -> Part {
    let names: Vec<_> = entry.children[at].elements.iter().map(|(name, _)| format!("<{name}>")).collect();
    Part::Child(listed(&names, "or"))
}

fn listed<T: fmt::Display>(parts: &[T], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.to_string(),
        [all @ .., last] => {
            let all: Vec<_> = all.iter().map(ToString::to_string).collect();
            format!("{} {and} {last}", all.join(", "))
        }
    }
}

/// The root is something else.
pub fn not_a_cib(root: &Element) -> Fault {
    let message = format!("the root element is <{}>, not <cib>", root.name);
    Place { element: root, above: None }.fault(Kind::Shape, None, message)
}

/// `validate-with` is missing.
pub fn unclaimed(root: &Element) -> Fault {
    let message = "the document names no schema: <cib> has no `validate-with`".to_string();
    Place { element: root, above: None }.fault(Kind::Claim, Some("validate-with"), message)
}

/// `validate-with` names no schema.
pub fn unknown(claimed: &str) -> Fault {
    let message = format!("validate-with=\"{claimed}\" is no schema from pacemaker-1.0 to {}", LATEST);
    let attribute = Some("validate-with".to_string());
    let value = Some(claimed.to_string());
    Fault { path: "/cib".into(), object: "cib".into(), attribute, value, kind: Kind::Claim, message }
}

/// In which other schema something is there, to be told.
fn elsewhere(schema: Schema, has: impl Fn(Schema) -> bool) -> String {
    let later = checked().find(|other| *other > schema && has(*other)).map(|other| format!("; {other} has it"));
    let earlier = || checked().rev().find(|other| *other < schema && has(*other));
    later.or_else(|| earlier().map(|other| format!("; the last that had it is {other}"))).unwrap_or_default()
}

/// The element has an attribute that its schema does not know.
pub fn unknown_attribute(place: &Place, entry: &Entry, name: &str, schema: Schema) -> Fault {
    let has = |other: Schema| {
        let mut entries = grammar(other).entries.iter().filter(|other| other.element == entry.element);
        entries.any(|other| other.attribute(name).is_some())
    };
    let hint = elsewhere(schema, has);
    place.fault(Kind::Shape, Some(name), format!("the schema has no attribute `{name}` of <{}>{hint}", entry.element))
}

/// The element has a child that its schema does not know.
pub fn unknown_child(place: &Place, entry: &Entry, element: &Element, schema: Schema) -> Fault {
    let has = |other: Schema| {
        let mut entries = grammar(other).entries.iter().filter(|other| other.element == entry.element);
        entries.any(|other| other.child(&element.name).is_some())
    };
    let mut hint = elsewhere(schema, has);
    let known = entry.children.iter().flat_map(|child| &child.elements).map(|(name, _)| *name);
    if hint.is_empty()
        && let Some(near) = closest(&element.name, known)
    {
        hint = format!("; did you mean <{near}>?");
    }
    let inner = Place { element, above: Some(place) };
    inner.fault(Kind::Shape, None, format!("the schema has no <{}> in <{}>{hint}", element.name, entry.element))
}

/// A child comes behind one that has to follow it.
pub fn misplaced(place: &Place, entry: &Entry, element: &Element, after: usize) -> Fault {
    let message = format!("in <{}>, <{}> comes before {}", entry.element, element.name, child(entry, after));
    place.fault(Kind::Shape, None, message)
}

/// There is text where elements belong.
pub fn text(place: &Place, text: &str) -> Fault {
    let text: String = text.trim().chars().take(30).collect();
    place.fault(Kind::Shape, None, format!("there is text in <{}>: `{text}`", place.element.name))
}

/// What must be there whatever else is.
pub fn incomplete(place: &Place, entry: &Entry, found: &Found) -> Vec<Fault> {
    let missing = missing_attributes(entry, &entry.base, found).into_iter();
    let missing =
        missing.map(|name| place.fault(Kind::Shape, name.attribute(), format!("<{}> has no {name}", entry.element)));
    let counts = entry.base.children.iter().filter_map(|count| miscounted(entry, count, found));
    missing.chain(counts.map(|message| place.fault(Kind::Shape, None, message))).collect()
}

fn missing_attributes(entry: &Entry, line: &Alternative, found: &Found) -> Vec<Part> {
    let required = |wanted: &&Wanted| line.required_attributes & bit(wanted.at) != 0;
    let missing = line.attributes.iter().filter(required).filter(|wanted| !found.has(wanted.at));
    missing.map(|wanted| attribute(entry, wanted.at)).collect()
}

fn miscounted(entry: &Entry, count: &Count, found: &Found) -> Option<String> {
    let (number, what) = (found.counts[count.at], child(entry, count.at));
    if number < count.least {
        return Some(format!("<{}> has no {what} in it", entry.element));
    }
    (number > count.most).then(|| format!("<{}> has {number} of {what}, not one", entry.element))
}

/// The types are those of all lines that the attribute could be meant in.
pub fn wrong_value(place: &Place, name: &str, kinds: &[&Type], value: &str) -> Fault {
    if let Some(instead) = kinds.iter().find_map(|kind| kind.replacement(value)) {
        let message = match instead {
            Some(instead) => format!("the schema excludes `{value}`; what replaced it: {instead}"),
            None => format!("the schema excludes `{value}` as the {name}"),
        };
        return place.fault(Kind::Excluded, Some(name), message);
    }
    let mut words: Vec<&str> = Vec::new();
    for kind in kinds {
        let known = words.clone();
        match kind {
            Type::Only(word) => words.push(word),
            Type::OneOf(more) => words.extend(more.iter().filter(|word| !known.contains(*word))),
            _ => {}
        }
    }
    let wanted = match words.as_slice() {
        [] => kinds.first().map_or(String::new(), |kind| kind.words()),
        words => format!("one of {}", words.join(", ")),
    };
    place.fault(Kind::Value, Some(name), format!("`{name}` of <{}> is {wanted}, not `{value}`", place.element.name))
}

/// How far what was found is from an alternative. That a value is none of the words which the alternative
/// is about weighs more than that something lacks.
fn distance(choice: &Choice, line: &Alternative, found: &Found) -> u32 {
    let lacks = (line.required_attributes & !found.attributes).count_ones();
    let excess = (found.attributes & choice.attributes & !line.allowed_attributes).count_ones()
        + (found.children & choice.children & !line.allowed_children).count_ones();
    let counts = line.children.iter().filter(|count| !(count.least..=count.most).contains(&found.counts[count.at]));
    let values = line.attributes.iter().filter(|wanted| found.has(wanted.at)).map(|wanted| {
        let value = found.values[wanted.at];
        match &wanted.kind {
            kind if kind.fits(value) => 0,
            Type::Only(_) | Type::OneOf(_) => 3,
            kind if kind.replacement(value) == Some(None) && wanted_by_name(choice, value) => 3,
            _ => 1,
        }
    });
    2 * (lacks + excess) + 2 * counts.count() as u32 + values.sum::<u32>()
}

/// Whether another alternative is about just this word.
fn wanted_by_name(choice: &Choice, value: &str) -> bool {
    let mut all = choice.alternatives.iter().flat_map(|line| &line.attributes);
    all.any(|wanted| matches!(wanted.kind, Type::Only(_)) && wanted.kind.fits(value))
}

/// What to say where no alternative holds.
pub fn no_choice(place: &Place, entry: &Entry, choice: &Choice, found: &Found) -> Vec<Fault> {
    let name = entry.element;
    if found.has_none_of(choice) {
        let all: Vec<String> = choice.alternatives.iter().map(|line| needs(entry, line)).collect();
        return vec![place.fault(Kind::Shape, None, format!("<{name}> needs {}", listed(&all, "or")))];
    }
    let best = choice.alternatives.iter().min_by_key(|line| distance(choice, line, found));
    let Some(best) = best else { return Vec::new() };
    let mut faults = Vec::new();
    let present = |bits: u32, at: usize| bits & bit(at) != 0;
    let held: Vec<Part> = (0..entry.attributes.len())
        .filter(|at| present(found.attributes & best.allowed_attributes, *at))
        .map(|at| attribute(entry, at))
        .chain(
            (0..entry.children.len())
                .filter(|at| present(found.children & best.allowed_children, *at))
                .map(|at| child(entry, at)),
        )
        .collect();
    let excess = (0..entry.attributes.len())
        .filter(|at| present(found.attributes & choice.attributes & !best.allowed_attributes, *at))
        .map(|at| attribute(entry, at))
        .chain(
            (0..entry.children.len())
                .filter(|at| present(found.children & choice.children & !best.allowed_children, *at))
                .map(|at| child(entry, at)),
        );
    for part in excess {
        let message = match held.as_slice() {
            [] => format!("<{name}> has {part}, but needs {}", needs(entry, best)),
            held => format!("{part} of <{name}> cannot stand beside {}", listed(held, "and")),
        };
        faults.push(place.fault(Kind::Shape, part.attribute(), message));
    }
    for part in missing_attributes(entry, best, found) {
        let beside = listed(&held, "and");
        let message = match held.is_empty() {
            true => format!("<{name}> has no {part}"),
            false => format!("<{name}> has {beside}, but no {part}"),
        };
        faults.push(place.fault(Kind::Shape, part.attribute(), message));
    }
    let counts = best.children.iter().filter_map(|count| miscounted(entry, count, found));
    faults.extend(counts.map(|message| place.fault(Kind::Shape, None, message)));
    for wanted in best.attributes.iter().filter(|wanted| found.has(wanted.at)) {
        let value = found.values[wanted.at];
        if !wanted.kind.fits(value) {
            let kinds: Vec<&Type> = match wanted.kind {
                Type::AnyBut(_) => vec![&wanted.kind],
                _ => entry.kinds_of(wanted.at).collect(),
            };
            faults.push(wrong_value(place, entry.attributes[wanted.at].name, &kinds, value));
        }
    }
    faults
}

/// What an alternative asks for.
fn needs(entry: &Entry, line: &Alternative) -> String {
    let required = |at: &usize| line.required_attributes & bit(*at) != 0;
    let attributes = (0..entry.attributes.len()).filter(required).map(|at| attribute(entry, at));
    let children = line.children.iter().filter(|count| count.least > 0).map(|count| child(entry, count.at));
    listed(&attributes.chain(children).collect::<Vec<_>>(), "and")
}

/// Two elements have one id.
pub fn twice(place: &Place, id: &str, first: &str) -> Fault {
    place.fault(Kind::Twice, Some("id"), format!("the id `{id}` is used twice (also in {first})"))
}

/// A reference leads to an id that nothing has.
pub fn dangling(place: &Place, name: &str, id: &str) -> Fault {
    let message = format!("`{name}` of <{}> refers to `{id}`, an id that nothing has", place.element.name);
    place.fault(Kind::Dangling, Some(name), message)
}
