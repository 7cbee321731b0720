//! Older words of the language, turned into today's.
//!
//! In: statements, and the schema they are for. Out: the same in new words, and what was changed.
//! Absent: whole documents of older schemas (core's upgrade).

use quorate_core::cib::model::options::RENAMED;
use quorate_core::cib::upgrade::Schema;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    AttributeSet, Expression, Kind, Location, Member, Members, OptionsKind, Pair, Part, Place, ResourceSet, Rule,
    SetBody, SetKind, Statement, Target,
};
use std::collections::BTreeSet;

/// Since these schemas the new words are understood.
const ROLES_SINCE: Schema = Schema { major: 3, minor: 7 };
const CLONES_SINCE: Schema = Schema { major: 3, minor: 0 };
const OPTIONS_SINCE: Schema = Schema { major: 4, minor: 0 };

/// Says once for each word what it is called now. `taken` are the cluster options that are set by their
/// old names: those keep them.
pub fn modernize(statement: &mut Statement, schema: Schema, taken: &BTreeSet<String>) -> Vec<String> {
    let mut said = Vec::new();
    if schema >= ROLES_SINCE {
        roles(&mut statement.kind, &mut said);
    }
    if schema >= CLONES_SINCE {
        clone(&mut statement.kind, &mut said);
    }
    if schema >= OPTIONS_SINCE {
        options(&mut statement.kind, taken, &mut said);
    }
    said.sort();
    said.dedup();
    said
}

fn renamed(old: &str, new: &str) -> String {
    format!("`{old}` is called `{new}` now, and is written so")
}

// ---- Master and Slave --------------------------------------------------------------------------------

fn role(word: &mut Word, said: &mut Vec<String>) {
    let new = match word.as_str() {
        "Master" => "Promoted",
        "Slave" => "Unpromoted",
        _ => return,
    };
    said.push(renamed(&word.text, new));
    word.text = new.to_string();
}

fn roles(kind: &mut Kind, said: &mut Vec<String>) {
    match kind {
        Kind::Primitive(primitive) | Kind::Template(primitive) => {
            for part in &mut primitive.parts {
                match part {
                    Part::Operation(operation) => {
                        for (name, value) in &mut operation.attributes {
                            if *name == "role" {
                                role(value, said);
                            }
                        }
                    }
                    Part::Set(set) => target_role(set, said),
                    Part::Operations(_) => {}
                }
            }
        }
        Kind::Group(group) => group.sets.iter_mut().for_each(|set| target_role(set, said)),
        Kind::Clone(clone) => clone.sets.iter_mut().for_each(|set| target_role(set, said)),
        Kind::Monitor(monitor) => monitor.role.iter_mut().for_each(|word| role(word, said)),
        Kind::Location(location) => located(location, said),
        Kind::Colocation(one) => members(&mut one.members, said),
        Kind::Ticket(one) => members(&mut one.members, said),
        _ => {}
    }
}

fn target_role(set: &mut AttributeSet, said: &mut Vec<String>) {
    let SetBody::Own { pairs, .. } = &mut set.body else { return };
    for pair in pairs {
        if let Pair::Named { name, value: Some(value), .. } = pair
            && set.kind == SetKind::Meta
            && *name == "target-role"
        {
            role(value, said);
        }
    }
}

fn located(location: &mut Location, said: &mut Vec<String>) {
    location.role.iter_mut().for_each(|word| role(word, said));
    if let Target::Sets(sets) = &mut location.target {
        sets_of(sets, said);
    }
    if let Place::Rules(rules) = &mut location.place {
        rules.iter_mut().for_each(|rule| in_rule(rule, said));
    }
}

fn in_rule(rule: &mut Rule, said: &mut Vec<String>) {
    let Rule::Own { role: word, conditions, .. } = rule else { return };
    word.iter_mut().for_each(|word| role(word, said));
    for condition in conditions {
        if let Expression::Nested(rule) = &mut condition.expression {
            in_rule(rule, said);
        }
    }
}

fn members(members: &mut Members, said: &mut Vec<String>) {
    let mut one = |member: &mut Member| member.qualifier.iter_mut().for_each(|word| role(word, said));
    match members {
        Members::One(only) => one(only),
        Members::Two(first, second) => [first, second].into_iter().for_each(one),
        Members::Sets(sets) => sets_of(sets, said),
    }
}

fn sets_of(sets: &mut [ResourceSet], said: &mut Vec<String>) {
    sets.iter_mut().flat_map(|set| set.qualifier.iter_mut()).for_each(|word| role(word, said));
}

// ---- ms ----------------------------------------------------------------------------------------------

fn clone(kind: &mut Kind, said: &mut Vec<String>) {
    let Kind::Clone(clone) = kind else { return };
    let mut promotable = false;
    for set in clone.sets.iter_mut().filter(|set| set.kind == SetKind::Meta) {
        let SetBody::Own { pairs, .. } = &mut set.body else { continue };
        for pair in pairs {
            let Pair::Named { name, .. } = pair else { continue };
            promotable |= *name == "promotable";
            let new = match name.as_str() {
                "master-max" => "promoted-max",
                "master-node-max" => "promoted-node-max",
                _ => continue,
            };
            said.push(renamed(&name.text, new));
            name.text = new.to_string();
        }
    }
    if !clone.master {
        return;
    }
    clone.master = false;
    said.push("`ms` is a clone with `promotable=true` now, and is written so".to_string());
    if promotable {
        return;
    }
    let pair = Pair::named("promotable", "true");
    let own = clone.sets.iter_mut().find_map(|set| match &mut set.body {
        SetBody::Own { pairs, rules, .. } if set.kind == SetKind::Meta && rules.is_empty() => Some(pairs),
        _ => None,
    });
    match own {
        Some(pairs) => pairs.push(pair),
        None => clone.sets.push(AttributeSet {
            kind: SetKind::Meta,
            body: SetBody::Own { id: None, score: None, rules: Vec::new(), pairs: vec![pair] },
        }),
    }
}

// ---- stonith-… ---------------------------------------------------------------------------------------

fn options(kind: &mut Kind, taken: &BTreeSet<String>, said: &mut Vec<String>) {
    let Kind::Options(options) = kind else { return };
    if options.kind != OptionsKind::Property {
        return;
    }
    for pair in &mut options.pairs {
        let Pair::Named { name, .. } = pair else { continue };
        let new = RENAMED.iter().find(|(old, _)| *name == **old).filter(|(old, _)| !taken.contains(*old));
        if let Some((old, new)) = new {
            said.push(renamed(old, new));
            name.text = new.to_string();
        }
    }
}
