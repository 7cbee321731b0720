//! A schema's grammar as RELAX NG, for programs that look into Pacemaker's schema files: crmsh asks them which
//! elements and attributes there are, validators hold documents against them.
//!
//! In: a schema. Out: a `<grammar>`. Where children of a choice may stand among others, their order is not told.
//! Absent: what RELAX NG cannot say (scores written in other letters).

use super::grammar::{Alternative, Choice, Count, Entry, Grammar, bit};
use super::value::Type;
use super::versions::grammar;
use crate::cib::upgrade::Schema;
use crate::xml::{Element, Node};

const NAMESPACE: &str = "http://relaxng.org/ns/structure/1.0";
const DATATYPES: &str = "http://www.w3.org/2001/XMLSchema-datatypes";

/// The grammar of a schema, or of the nearest that there is one of.
pub fn relax_ng(schema: Schema) -> Element {
    let grammar = grammar(schema);
    let root = Element::new("grammar").with("xmlns", NAMESPACE).with("datatypeLibrary", DATATYPES);
    let root = root.with_child(Element::new("start").with_child(reference(0)));
    let entries = grammar.entries.iter().enumerate().map(|(at, entry)| {
        let content = if entry.anything { vec![named("ref", "anything")] } else { content(grammar, entry) };
        let element = with_all(named("element", entry.element), content);
        named("define", &definition(at)).with_child(element)
    });
    entries.fold(root, Element::with_child).with_child(anything())
}

fn named(pattern: &str, name: &str) -> Element {
    Element::new(pattern).with("name", name)
}

fn with_all(element: Element, parts: Vec<Element>) -> Element {
    parts.into_iter().fold(element, Element::with_child)
}

fn definition(at: usize) -> String {
    format!("element-{at}")
}

fn reference(at: usize) -> Element {
    named("ref", &definition(at))
}

/// Any attributes, text and elements.
fn anything() -> Element {
    let any = || Element::new("anyName");
    let attribute = with_all(Element::new("attribute"), vec![any(), Element::new("text")]);
    let element = with_all(Element::new("element"), vec![any(), named("ref", "anything")]);
    let choice = with_all(Element::new("choice"), vec![attribute, Element::new("text"), element]);
    named("define", "anything").with_child(Element::new("zeroOrMore").with_child(choice))
}

fn content(grammar: &Grammar, entry: &Entry) -> Vec<Element> {
    let mut parts = attributes(entry, &entry.base);
    let children: Vec<Element> = entry.base.children.iter().map(|count| child(grammar, entry, count)).collect();
    let chosen = entry.choices.iter().map(|choice| chosen(grammar, entry, choice));
    let mixed = entry.any_order || !children.is_empty() && entry.choices.iter().any(|choice| choice.children != 0);
    if mixed && children.len() + entry.choices.len() > 1 {
        parts.push(with_all(Element::new("interleave"), children.into_iter().chain(chosen).collect()));
    } else {
        parts.extend(children.into_iter().chain(chosen));
    }
    if parts.is_empty() {
        parts.push(Element::new("empty"));
    }
    parts
}

fn chosen(grammar: &Grammar, entry: &Entry, choice: &Choice) -> Element {
    let absent = choice.may_be_absent.then(|| Element::new("empty"));
    let groups = choice.alternatives.iter().map(|line| {
        let mut parts = attributes(entry, line);
        let children: Vec<Element> = line.children.iter().map(|count| child(grammar, entry, count)).collect();
        match entry.any_order && children.len() > 1 {
            true => parts.push(with_all(Element::new("interleave"), children)),
            false => parts.extend(children),
        }
        if parts.is_empty() { Element::new("empty") } else { with_all(Element::new("group"), parts) }
    });
    with_all(Element::new("choice"), groups.chain(absent).collect())
}

fn attributes(entry: &Entry, line: &Alternative) -> Vec<Element> {
    let attribute = |wanted: &super::grammar::Wanted| {
        let attribute = named("attribute", entry.attributes[wanted.at].name).with_child(value(&wanted.kind));
        match line.required_attributes & bit(wanted.at) != 0 {
            true => attribute,
            false => Element::new("optional").with_child(attribute),
        }
    };
    line.attributes.iter().map(attribute).collect()
}

fn child(grammar: &Grammar, entry: &Entry, count: &Count) -> Element {
    let known = entry.children[count.at].elements.iter().filter(|(_, at)| *at < grammar.entries.len());
    let mut ways: Vec<Element> = known.map(|(_, at)| reference(*at)).collect();
    let one = match ways.len() {
        1 => ways.remove(0),
        _ => with_all(Element::new("choice"), ways),
    };
    let pattern = match (count.least, count.most) {
        (0, 1) => "optional",
        (1, 1) => return one,
        (0, _) => "zeroOrMore",
        _ => "oneOrMore",
    };
    Element::new(pattern).with_child(one)
}

fn text_element(name: &str, text: &str) -> Element {
    let mut element = Element::new(name);
    element.children.push(Node::Text(text.into()));
    element
}

fn data(kind: &str) -> Element {
    Element::new("data").with("type", kind)
}

fn limited(kind: &str, limits: &[(&str, String)]) -> Element {
    limits.iter().fold(data(kind), |data, (name, limit)| {
        let mut param = named("param", name);
        param.children.push(Node::Text(limit.as_str().into()));
        data.with_child(param)
    })
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Element {
    with_all(Element::new("choice"), words.map(|word| text_element("value", word)).collect())
}

fn value(kind: &Type) -> Element {
    match kind {
        Type::Text => Element::new("text"),
        Type::Id => data("ID"),
        Type::Ref => data("IDREF"),
        Type::Boolean => data("boolean"),
        Type::Integer => data("integer"),
        Type::Whole(least, most) => {
            let most = most.map(|most| ("maxInclusive", most.to_string()));
            let limits: Vec<_> = std::iter::once(("minInclusive", least.to_string())).chain(most).collect();
            limited("integer", &limits)
        }
        Type::Score => words(["INFINITY", "+INFINITY", "-INFINITY"].into_iter()).with_child(data("integer")),
        Type::Ports => limited("string", &[("pattern", "[0-9-]+".into())]),
        Type::Devices | Type::Schema => data("string"),
        Type::Only(word) => text_element("value", word),
        Type::OneOf(all) => words(all.iter().copied()),
        Type::AnyBut(all) => {
            let excluded = words(all.iter().map(|(word, _)| *word));
            data("string").with_child(Element::new("except").with_child(excluded))
        }
    }
}
