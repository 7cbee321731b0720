//! Reads `cib.grammar` as one schema has it.
//!
//! In: the text, a schema. Out: [`Grammar`]. The text is ours, so whatever is wrong in it is an assertion's.

use super::grammar::{Alternative, Attribute, Child, Choice, Count, Entry, Grammar, MOST, Wanted, bit};
use super::value::Type;
use crate::cib::upgrade::Schema;
use std::collections::BTreeMap;

/// The entries that `<cib>` leads to.
pub fn grammar(text: &'static str, schema: Schema) -> Grammar {
    let source = Source::of(text, schema);
    let mut reader = Reader { source, places: BTreeMap::new(), entries: Vec::new() };
    reader.entry("cib", None);
    let entries = reader.entries.into_iter().map(|entry| entry.expect("every entry that was begun is read"));
    Grammar { entries: entries.collect() }
}

/// The lines that hold in one schema.
struct Source {
    /// By name and, of `a(x)`, by `x`.
    entries: BTreeMap<(&'static str, Option<&'static str>), Vec<&'static str>>,
    types: BTreeMap<&'static str, Type>,
}

impl Source {
    fn of(text: &'static str, schema: Schema) -> Source {
        let mut source = Source { entries: BTreeMap::new(), types: BTreeMap::new() };
        for (head, body) in blocks(text) {
            let Some(head) = in_schema(head, schema) else { continue };
            if let Some(definition) = head.strip_prefix("type ") {
                let (name, value) = definition.split_once(" = ").expect("a type has a name and a value");
                let kind = match value {
                    "any but" => Type::AnyBut(body.iter().map(|line| excluded(line)).collect()),
                    other => source.kind(other, None),
                };
                assert!(source.types.insert(name, kind).is_none(), "the type {name} is there twice");
                continue;
            }
            let body: Vec<_> = body.iter().filter_map(|line| in_schema(line, schema)).collect();
            for name in head.split(' ') {
                let twice = source.entries.insert(with_argument(name), body.clone());
                assert!(twice.is_none(), "{name} is there twice");
            }
        }
        source
    }

    /// `argument` stands for `_`.
    fn kind(&self, text: &'static str, argument: Option<&'static str>) -> Type {
        match text {
            "_" => self.kind(argument.expect("something stands for `_`"), None),
            "text" => Type::Text,
            "id" => Type::Id,
            "ref" => Type::Ref,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "count" => Type::Whole(0, None),
            "positive" => Type::Whole(1, None),
            "level" => Type::Whole(1, Some(9)),
            "score" => Type::Score,
            "ports" => Type::Ports,
            "devices" => Type::Devices,
            "schema" => Type::Schema,
            _ if text.starts_with('=') => Type::Only(&text[1..]),
            _ if text.contains('|') => Type::OneOf(text.split('|').collect()),
            _ => self.types.get(text).unwrap_or_else(|| panic!("there is no type {text}")).clone(),
        }
    }
}

/// A line at the margin with those below it that are indented.
fn blocks(text: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut blocks: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.starts_with(' '), blocks.last_mut()) {
            (true, Some((_, body))) => body.push(line),
            _ => blocks.push((line, Vec::new())),
        }
    }
    blocks
}

/// The line without what says where it holds, if it holds in this schema.
fn in_schema(line: &'static str, schema: Schema) -> Option<&'static str> {
    let (line, until) = marked(line.trim_end(), " until ");
    let (line, since) = marked(line, " since ");
    let holds = since.is_none_or(|since| schema >= since) && until.is_none_or(|until| schema <= until);
    holds.then_some(line)
}

fn marked(line: &'static str, mark: &str) -> (&'static str, Option<Schema>) {
    let Some((rest, version)) = line.rsplit_once(mark) else { return (line, None) };
    let (major, minor) = version.split_once('.').expect("a version is two numbers");
    let number = |text: &str| text.parse().expect("a version is two numbers");
    (rest.trim_end(), Some(Schema { major: number(major), minor: number(minor) }))
}

/// `word: what replaces it`.
fn excluded(line: &'static str) -> (&'static str, Option<&'static str>) {
    match line.trim().split_once(": ") {
        Some((word, instead)) => (word, Some(instead)),
        None => (line.trim(), None),
    }
}

/// `a(x)` as `a` and `x`.
fn with_argument(name: &'static str) -> (&'static str, Option<&'static str>) {
    match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        Some((name, argument)) => (name, Some(argument)),
        None => (name, None),
    }
}

struct Reader {
    source: Source,
    /// Where each entry stands, or will.
    places: BTreeMap<(&'static str, Option<&'static str>), usize>,
    entries: Vec<Option<Entry>>,
}

impl Reader {
    /// The place of an entry, which is read if it was not yet; `None` if the schema has none.
    fn entry(&mut self, name: &'static str, argument: Option<&'static str>) -> Option<usize> {
        if let Some(place) = self.places.get(&(name, argument)) {
            return Some(*place);
        }
        let any = argument.map(|_| "_");
        let exact = self.source.entries.get(&(name, argument));
        let lines = exact.or_else(|| self.source.entries.get(&(name, any)))?.clone();
        let place = self.entries.len();
        self.places.insert((name, argument), place);
        self.entries.push(None);
        let mut entry = Entry {
            element: name,
            attributes: Vec::new(),
            children: Vec::new(),
            base: Alternative::default(),
            choices: Vec::new(),
            any_order: false,
            anything: false,
        };
        for line in lines {
            match line.trim_start() {
                "in any order" => entry.any_order = true,
                "anything" => entry.anything = true,
                "one of" => entry.choices.push(choice(false)),
                "at most one of" => entry.choices.push(choice(true)),
                items if line.starts_with("        ") => {
                    let mut alternative = Alternative::default();
                    for item in items.split(", ") {
                        self.item(&mut entry, &mut alternative, item, argument);
                    }
                    let choice = entry.choices.last_mut().expect("`one of` comes first");
                    choice.attributes |= alternative.allowed_attributes;
                    choice.children |= alternative.allowed_children;
                    choice.alternatives.push(alternative);
                }
                item => {
                    let mut base = std::mem::take(&mut entry.base);
                    self.item(&mut entry, &mut base, item, argument);
                    entry.base = base;
                }
            }
        }
        assert!(entry.attributes.len() <= MOST && entry.children.len() <= MOST, "<{name}> has too many");
        self.entries[place] = Some(entry);
        Some(place)
    }

    /// `name TYPE`, or `<child>`.
    fn item(&mut self, entry: &mut Entry, line: &mut Alternative, item: &'static str, argument: Option<&'static str>) {
        if let Some(child) = item.strip_prefix('<') {
            let (names, often) = child.split_once('>').expect("`<` has its `>`");
            self.child(entry, line, names, often, argument);
            return;
        }
        let (name, kind) = item.split_once(' ').unwrap_or_else(|| panic!("{item} has no type"));
        let (name, required) = match name.strip_suffix('?') {
            Some(name) => (name, false),
            None => (name, true),
        };
        let at = entry.attribute(name).unwrap_or_else(|| {
            entry.attributes.push(Attribute { name });
            entry.attributes.len() - 1
        });
        line.allowed_attributes |= bit(at);
        if required {
            line.required_attributes |= bit(at);
        }
        line.attributes.push(Wanted { at, kind: self.source.kind(kind, argument) });
    }

    fn child(
        &mut self,
        entry: &mut Entry,
        line: &mut Alternative,
        names: &'static str,
        often: &'static str,
        argument: Option<&'static str>,
    ) {
        let mut elements = Vec::new();
        for name in names.split('|') {
            let (name, inner) = with_argument(name);
            let inner = if inner == Some("_") { argument } else { inner };
            if let Some(place) = self.entry(name, inner) {
                elements.push((name, place));
            }
        }
        if elements.is_empty() {
            return;
        }
        let same = |child: &Child| child.elements == elements;
        let at = entry.children.iter().position(same).unwrap_or_else(|| {
            entry.children.push(Child { elements });
            entry.children.len() - 1
        });
        let (least, most) = match often {
            "" => (1, 1),
            "?" => (0, 1),
            "*" => (0, u32::MAX),
            "+" => (1, u32::MAX),
            other => panic!("`{other}` says nothing of how often <{names}> may be there"),
        };
        line.allowed_children |= bit(at);
        line.children.push(Count { at, least, most });
    }
}

fn choice(may_be_absent: bool) -> Choice {
    Choice { alternatives: Vec::new(), may_be_absent, attributes: 0, children: 0 }
}
