//! Older words of the language, turned into today's.
//!
//! In: statements, and the schema they are for. Out: the same in new words, and what was changed.
//! Absent: whole documents of older schemas (core's upgrade).

use super::implicit::put_meta;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::upgrade::Schema;
use quorate_grammar::crm::ast::{
    AttributeSet, Expression, Kind, Location, Member, Members, OptionsKind, Pair, Part, Place, ResourceSet, Rule,
    SetBody, SetKind, Statement, Target,
};
use quorate_grammar::{Word, literal};
use std::collections::BTreeSet;

/// Since this schema a clone says by a meta attribute that it is promotable.
const CLONES_SINCE: Schema = Schema { major: 3, minor: 0 };

/// What a statement is put into.
pub struct Into<'a> {
    pub schema: Schema,
    /// The cluster options that are set there: they keep their names.
    pub held: &'a BTreeSet<String>,
    /// Older words that the schema still has may stay as they are.
    pub lenient: bool,
}

/// Puts words into those of the document, an option's name into the one it has there. Says once for each word
/// what it is called.
pub fn modernize(statement: &mut Statement, into: &Into) -> Vec<String> {
    let mut said = Vec::new();
    roles(&mut statement.kind, &mut Told { into, said: &mut said });
    clone(&mut statement.kind, &mut Told { into, said: &mut said });
    options(&mut statement.kind, &mut Told { into, said: &mut said });
    said.sort();
    said.dedup();
    said
}

struct Told<'a> {
    into: &'a Into<'a>,
    said: &'a mut Vec<String>,
}

impl Told<'_> {
    /// Writes a word as the document has it.
    fn rename(&mut self, word: &mut Word, now: &str) {
        if *word == *now {
            return;
        }
        // Only what the schema does not have at all must be said otherwise.
        let is_older = matches!(word.as_str(), "Master" | "Slave" | "master-max" | "master-node-max");
        if self.into.lenient && is_older {
            return;
        }
        let is_older = [Of::Cluster, Of::Resource].iter().any(|of| names::is_older(*of, &word.text))
            || matches!(word.as_str(), "Master" | "Slave");
        let here = if is_older { "now" } else { "here" };
        self.said.push(format!("`{}` is called `{now}` {here}, and is written so", word.text));
        word.text = now.to_string();
    }
}

// ---- Master and Slave --------------------------------------------------------------------------------

fn role(word: &mut Word, told: &mut Told) {
    let now = names::role_in_schema(&word.text, told.into.schema).to_string();
    told.rename(word, &now);
}

fn roles(kind: &mut Kind, told: &mut Told) {
    match kind {
        Kind::Primitive(primitive) | Kind::Template(primitive) => {
            for part in &mut primitive.parts {
                match part {
                    Part::Operation(operation) => {
                        for (name, value) in &mut operation.attributes {
                            if *name == "role" {
                                role(value, told);
                            }
                        }
                    }
                    Part::Set(set) => target_role(set, told),
                    Part::Operations(_) => {}
                }
            }
        }
        Kind::Group(group) => group.sets.iter_mut().for_each(|set| target_role(set, told)),
        Kind::Clone(clone) => clone.sets.iter_mut().for_each(|set| target_role(set, told)),
        Kind::Monitor(monitor) => monitor.role.iter_mut().for_each(|word| role(word, told)),
        Kind::Location(location) => located(location, told),
        Kind::Colocation(one) => members(&mut one.members, told),
        Kind::Ticket(one) => members(&mut one.members, told),
        _ => {}
    }
}

fn target_role(set: &mut AttributeSet, told: &mut Told) {
    let SetBody::Own { pairs, .. } = &mut set.body else { return };
    if set.kind == SetKind::Meta {
        pairs.iter_mut().for_each(|pair| of_role(pair, told));
    }
}

fn located(location: &mut Location, told: &mut Told) {
    location.role.iter_mut().for_each(|word| role(word, told));
    if let Target::Sets(sets) = &mut location.target {
        sets_of(sets, told);
    }
    if let Place::Rules(rules) = &mut location.place {
        rules.iter_mut().for_each(|rule| in_rule(rule, told));
    }
}

fn in_rule(rule: &mut Rule, told: &mut Told) {
    let Rule::Own { role: word, conditions, .. } = rule else { return };
    word.iter_mut().for_each(|word| role(word, told));
    for condition in conditions {
        if let Expression::Nested(rule) = &mut condition.expression {
            in_rule(rule, told);
        }
    }
}

fn members(members: &mut Members, told: &mut Told) {
    let mut one = |member: &mut Member| member.qualifier.iter_mut().for_each(|word| role(word, told));
    match members {
        Members::One(only) => one(only),
        Members::Two(first, second) => [first, second].into_iter().for_each(one),
        Members::Sets(sets) => sets_of(sets, told),
    }
}

fn sets_of(sets: &mut [ResourceSet], told: &mut Told) {
    sets.iter_mut().flat_map(|set| set.qualifier.iter_mut()).for_each(|word| role(word, told));
}

// ---- ms ----------------------------------------------------------------------------------------------

fn clone(kind: &mut Kind, told: &mut Told) {
    let Kind::Clone(clone) = kind else { return };
    let mut promotable = None;
    for set in clone.sets.iter_mut().filter(|set| set.kind == SetKind::Meta) {
        let SetBody::Own { pairs, .. } = &mut set.body else { continue };
        let written = pairs.iter().rev().find_map(|pair| match pair {
            Pair::Named { name, value, .. } if *name == "promotable" => Some(value.as_ref()),
            _ => None,
        });
        promotable = promotable.or(written.map(|value| value.map_or(String::new(), |value| value.text.clone())));
        renamed(pairs, Of::Resource, told, |name, told| {
            names::in_schema(Of::Resource, name, told.into.schema).to_string()
        });
    }
    if !clone.master || told.into.schema < CLONES_SINCE || told.into.lenient {
        return;
    }
    clone.master = false;
    told.said.push(match &promotable {
        Some(value) if literal::boolean(value) != Ok(true) => {
            format!("`ms` with `promotable={value}` is a clone that nothing is promoted of, and is written so")
        }
        _ => "`ms` is a clone with `promotable=true` now, and is written so".to_string(),
    });
    if promotable.is_none() {
        put_meta(clone, Pair::named("promotable", "true"));
    }
}

// ---- names of options ----------------------------------------------------------------------------------

fn options(kind: &mut Kind, told: &mut Told) {
    let Kind::Options(options) = kind else { return };
    match options.kind {
        OptionsKind::Property => renamed(&mut options.pairs, Of::Cluster, told, |name, told| {
            let is_held = |name: &&str| told.into.held.contains(*name);
            let other = names::other(Of::Cluster, name).filter(is_held);
            match (other, is_held(&name)) {
                // Of both the newer one counts.
                (Some(other), true) if names::is_older(Of::Cluster, name) => other,
                (_, true) => name,
                (Some(other), false) => other,
                (None, false) => names::in_schema(Of::Cluster, name, told.into.schema),
            }
            .to_string()
        }),
        OptionsKind::ResourceDefaults => {
            renamed(&mut options.pairs, Of::Resource, told, |name, told| {
                names::in_schema(Of::Resource, name, told.into.schema).to_string()
            });
            options.pairs.iter_mut().for_each(|pair| of_role(pair, told));
        }
        // None of these has two names.
        OptionsKind::OperationDefaults => renamed(&mut options.pairs, Of::Resource, told, |name, _| name.to_string()),
    }
}

fn of_role(pair: &mut Pair, told: &mut Told) {
    if let Pair::Named { name, value: Some(value), .. } = pair
        && *name == "target-role"
    {
        role(value, told);
    }
}

/// Gives every pair the name that it has in the document. One option that is given twice, be it under two names,
/// counts once: the last.
fn renamed(pairs: &mut Vec<Pair>, of: Of, told: &mut Told, now: impl Fn(&str, &Told) -> String) {
    // As written, and as it is called.
    let mut names: Vec<Option<(String, String)>> = Vec::new();
    for pair in pairs.iter_mut() {
        let Pair::Named { name, .. } = pair else {
            names.push(None);
            continue;
        };
        let (written, now) = (name.text.clone(), now(&name.text, told));
        told.rename(name, &now);
        names.push(Some((written, name.text.clone())));
    }
    let mut later = names.iter();
    pairs.retain(|_| {
        let Some((name, now)) = later.next().and_then(Option::as_ref) else { return true };
        let Some((counts, _)) = later.clone().flatten().find(|(_, other)| names::is_same(of, now, other)) else {
            return true;
        };
        told.said.push(match counts == name {
            true => format!("`{name}` is given more than once: the last one counts"),
            false => format!("`{name}` and `{counts}` are two names of one option: the last one counts"),
        });
        false
    });
}
