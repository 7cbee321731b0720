//! Holds a document against the grammar of one schema.
//!
//! In: the `<cib>` element, a schema. Out: faults, in the document's order.
//! Where nothing is wrong nothing is allocated but the lists of ids. What to say of what is wrong is `fault`'s.

use super::fault::{self, Fault, Place};
use super::found::Found;
use super::grammar::{Alternative, Choice, Entry, Grammar, MOST, bit};
use super::value::Type;
use crate::cib::upgrade::Schema;
use crate::xml::{Element, Node};
use std::collections::BTreeMap;

/// Whoever mends a thousand faults may ask again for the rest.
const FAULTS_MAX: usize = 1000;

/// What a schema does not allow of a document.
pub fn validate(root: &Element, schema: Schema) -> Vec<Fault> {
    let grammar = super::versions::grammar(schema);
    if root.name != "cib" {
        return vec![fault::not_a_cib(root)];
    }
    let mut check = Check::new(grammar, schema, None);
    check.element(&Place { element: root, above: None }, 0);
    let suspects = suspects(&mut check.ids, &mut check.references);
    let mut faults = check.faults;
    if !suspects.is_empty() {
        let mut again = Check::new(grammar, schema, Some(suspects));
        again.element(&Place { element: root, above: None }, 0);
        faults = again.faults;
    }
    faults
}

/// An id or a reference to one. Hashes are compared first: there are many, and they begin alike.
type Hashed<'a> = (u64, &'a str);

/// Ids that are there twice, with who has it first, and those that are referred to and not there.
type Suspects<'a> = BTreeMap<&'a str, Suspect>;

enum Suspect {
    /// Who has it, once that is known.
    Twice(Option<String>),
    Absent,
}

struct Check<'a> {
    grammar: &'static Grammar,
    schema: Schema,
    /// Once it is known that something is wrong with ids.
    suspects: Option<Suspects<'a>>,
    ids: Vec<Hashed<'a>>,
    references: Vec<Hashed<'a>>,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn new(grammar: &'static Grammar, schema: Schema, suspects: Option<Suspects<'a>>) -> Check<'a> {
        Check { grammar, schema, suspects, ids: Vec::new(), references: Vec::new(), faults: Vec::new() }
    }

    fn say(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    fn element(&mut self, place: &Place<'a, '_>, entry: usize) {
        let grammar = self.grammar;
        let entry = &grammar.entries[entry];
        if entry.anything {
            return;
        }
        let mut found = Found { attributes: 0, values: [""; MOST], children: 0, counts: [0; MOST] };
        self.attributes(place, entry, &mut found);
        self.children(place, entry, &mut found);
        self.line(place, entry, &entry.base, &found);
        if !self.base_is_whole(entry, &found) {
            fault::incomplete(place, entry, &found).into_iter().for_each(|fault| self.say(fault));
        }
        for choice in &entry.choices {
            let fitting = choice.alternatives.iter().find(|alternative| found.fits(choice, alternative));
            match fitting {
                Some(alternative) => self.line(place, entry, alternative, &found),
                None if choice.may_be_absent && found.has_none_of(choice) => {}
                None => {
                    fault::no_choice(place, entry, choice, &found).into_iter().for_each(|fault| self.say(fault));
                    self.ids_of(place, choice, &found);
                }
            }
        }
    }

    fn attributes(&mut self, place: &Place<'a, '_>, entry: &Entry, found: &mut Found<'a>) {
        for (name, value) in &place.element.attributes {
            match entry.attribute(name) {
                Some(at) => {
                    found.attributes |= bit(at);
                    found.values[at] = value;
                }
                None => self.say(fault::unknown_attribute(place, entry, name, self.schema)),
            }
        }
    }

    fn children(&mut self, place: &Place<'a, '_>, entry: &Entry, found: &mut Found<'a>) {
        let mut latest = 0;
        for node in &place.element.children {
            let child = match node {
                Node::Element(child) => child,
                Node::Text(text) if !text.trim().is_empty() => {
                    self.say(fault::text(place, text));
                    continue;
                }
                Node::Text(_) | Node::Comment(_) => continue,
            };
            let Some((at, inner)) = entry.child(&child.name) else {
                self.say(fault::unknown_child(place, entry, child, self.schema));
                continue;
            };
            if at < latest && !entry.any_order {
                self.say(fault::misplaced(place, entry, child, latest));
            }
            latest = latest.max(at);
            found.children |= bit(at);
            found.counts[at] += 1;
            self.element(&Place { element: child, above: Some(place) }, inner);
        }
    }

    /// Values that hold whatever else is there, and ids.
    fn line(&mut self, place: &Place<'a, '_>, entry: &Entry, line: &Alternative, found: &Found<'a>) {
        for wanted in line.attributes.iter().filter(|wanted| found.has(wanted.at)) {
            let (name, value) = (entry.attributes[wanted.at].name, found.values[wanted.at]);
            if !wanted.kind.fits(value) {
                self.say(fault::wrong_value(place, name, &[&wanted.kind], value));
            }
            match wanted.kind {
                Type::Id => self.id(place, value.trim_matches([' ', '\t', '\n', '\r'])),
                Type::Ref => self.reference(place, name, value),
                _ => {}
            }
        }
    }

    /// What refers to something that is wrong is not wrong for that.
    fn ids_of(&mut self, place: &Place<'a, '_>, choice: &Choice, found: &Found<'a>) {
        let mut all = choice.alternatives.iter().flat_map(|line| &line.attributes);
        if let Some(id) = all.find(|wanted| wanted.kind == Type::Id && found.has(wanted.at)) {
            self.id(place, found.values[id.at]);
        }
    }

    fn base_is_whole(&self, entry: &Entry, found: &Found) -> bool {
        let counted = |count: &super::grammar::Count| (count.least..=count.most).contains(&found.counts[count.at]);
        entry.base.required_attributes & !found.attributes == 0 && entry.base.children.iter().all(counted)
    }

    fn id(&mut self, place: &Place<'a, '_>, id: &'a str) {
        let Some(suspects) = &mut self.suspects else { return self.ids.push((hash(id), id)) };
        if let Some(Suspect::Twice(first)) = suspects.get_mut(id) {
            match first {
                None => *first = Some(place.object()),
                Some(first) => {
                    let fault = fault::twice(place, id, first);
                    self.say(fault);
                }
            }
        }
    }

    fn reference(&mut self, place: &Place<'a, '_>, name: &str, id: &'a str) {
        let Some(suspects) = &self.suspects else { return self.references.push((hash(id), id)) };
        if matches!(suspects.get(id), Some(Suspect::Absent)) {
            self.say(fault::dangling(place, name, id));
        }
    }
}

fn suspects<'a>(ids: &mut [Hashed<'a>], references: &mut [Hashed<'a>]) -> Suspects<'a> {
    ids.sort_unstable();
    references.sort_unstable();
    let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut suspects: Suspects = twice.map(|pair| (pair[0].1, Suspect::Twice(None))).collect();
    let mut rest = ids.iter().peekable();
    for reference in references.iter() {
        while rest.next_if(|id| *id < reference).is_some() {}
        if rest.peek() != Some(&reference) {
            suspects.insert(reference.1, Suspect::Absent);
        }
    }
    suspects
}

/// FNV-1a, eight bytes at a time: quick, and alike everywhere.
fn hash(text: &str) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    let (whole, rest) = text.as_bytes().as_chunks::<8>();
    let hash = whole.iter().fold(0xcbf2_9ce4_8422_2325, |hash, bytes| mix(hash, u64::from_le_bytes(*bytes)));
    rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
}
