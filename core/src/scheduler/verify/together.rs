//! Colocations that nothing can fulfil: who must be where another is, and must not.
//!
//! In: the situation, its constraints. Out: notes.
//! Absent: what a colocation is ignored for (see `constrain`).

use crate::cib::model::resource::Role;
use crate::note::Note;
use crate::scheduler::constrain::{Colocation, Constraints};
use crate::scheduler::resolve::Situation;
use crate::scheduler::table::ResourceId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// By what they are beside each other, and in which roles; the smaller of both first.
type Beside<'a> = (Option<&'a str>, [(ResourceId, Role); 2]);

/// Of one resource, with whom it must be, by which constraint.
type With<'a> = BTreeMap<ResourceId, Vec<(ResourceId, &'a str)>>;

pub fn notes(situation: &Situation, constraints: &Constraints) -> Vec<Note> {
    let all = || constraints.colocations.iter().filter(|one| one.dependent != one.primary);
    if !all().any(|one| one.score.is_banned()) {
        return Vec::new();
    }
    let mut known: BTreeMap<Beside, &Colocation> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut notes = Vec::new();
    let mut tell = |colocation: &Colocation, text: String| {
        let word = situation.resources[colocation.dependent].config_id.as_str();
        notes.push(Note::info(colocation.id.as_str(), text).at(word));
    };
    let name = |resource: ResourceId| situation.resources[resource].config_id.as_str();
    for one in all().filter(|one| one.score.is_banned() || one.score.is_infinite()) {
        let other = *known.entry(beside(one)).or_insert(one);
        // What nobody wrote, nobody can change.
        let (one, other) = if one.explicit { (one, other) } else { (other, one) };
        if other.score != one.score && one.explicit && told.insert(&one.id) {
            told.insert(&other.id);
            let (dependent, primary, other) = (name(one.dependent), name(one.primary), by(other));
            let text = format!(
                "`{dependent}` and `{primary}` cannot both run: of this and {other} one wants them together, and one \
                 apart"
            );
            tell(one, text);
        }
    }
    let with = with(situation, all());
    for one in all().filter(|one| one.score.is_banned() && is_plain(situation, one)) {
        if told.contains(one.id.as_str()) {
            continue;
        }
        let Some(way) = way(&with, one.dependent, one.primary) else { continue };
        told.insert(&one.id);
        let (dependent, primary) = (name(one.dependent), name(one.primary));
        let way: Vec<String> = way.into_iter().map(|id| format!("`{id}`")).collect();
        tell(one, format!("`{dependent}` and `{primary}` cannot both run: {} want them together", way.join(" and ")));
    }
    notes
}

/// What people know a colocation by: its id, or that it is their group's.
fn by(colocation: &Colocation) -> String {
    if colocation.explicit { format!("`{}`", colocation.id) } else { "their group".to_owned() }
}

fn beside(one: &Colocation) -> Beside<'_> {
    let mut sides = [(one.dependent, one.dependent_role), (one.primary, one.primary_role)];
    sides.sort_unstable();
    (one.node_attribute.as_deref(), sides)
}

/// Neither roles nor attributes, and of what is in one place only: it passes on to whoever is with them.
fn is_plain(situation: &Situation, one: &Colocation) -> bool {
    let is_single = |id: ResourceId| {
        let top = &situation.resources[situation.top_of(id)];
        !top.is_clone() && !top.is_bundle()
    };
    let is_any = one.dependent_role == Role::Unknown && one.primary_role == Role::Unknown;
    is_any && one.node_attribute.is_none() && is_single(one.dependent) && is_single(one.primary)
}

fn with<'a>(situation: &Situation, all: impl Iterator<Item = &'a Colocation>) -> With<'a> {
    let mut with = With::new();
    for one in all.filter(|one| one.score.is_infinite() && is_plain(situation, one)) {
        let id = if one.explicit { one.id.as_str() } else { "" };
        with.entry(one.dependent).or_default().push((one.primary, id));
        with.entry(one.primary).or_default().push((one.dependent, id));
    }
    with
}

/// The constraints by which two are together, by the shortest way; those that nobody wrote have no name.
fn way<'a>(with: &With<'a>, from: ResourceId, to: ResourceId) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<ResourceId, (ResourceId, &str)> = BTreeMap::from([(from, (from, ""))]);
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front().filter(|_| !came_from.contains_key(&to)) {
        for &(next, id) in with.get(&at).into_iter().flatten() {
            came_from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                (at, id)
            });
        }
    }
    let mut way = Vec::new();
    let mut at = to;
    while at != from {
        let (before, id) = *came_from.get(&at)?;
        if !id.is_empty() && !way.contains(&id) {
            way.push(id);
        }
        at = before;
    }
    way.reverse();
    Some(way)
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, constrained};

    #[track_caller]
    fn with(colocations: &[(&str, &str, &str, &str)], expected: &str) {
        let one = |(id, rsc, other, rest): &(&str, &str, &str, &str)| {
            format!("<rsc_colocation id=\"{id}\" rsc=\"{rsc}\" with-rsc=\"{other}\" {rest}/>")
        };
        check(&constrained(&colocations.iter().map(one).collect::<String>()), expected);
    }

    const TOGETHER: &str = "score=\"INFINITY\"";
    const APART: &str = "score=\"-INFINITY\"";

    #[test]
    fn colocations_that_contradict_each_other_are_told() {
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d1", "d2", APART)], "info k2 d1");
        with(&[("k1", "d1", "d2", APART), ("k2", "d1", "d2", TOGETHER)], "info k2 d1");
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d1", "d2", TOGETHER)], "");
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d1", "d3", APART)], "");
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d1", "d2", "score=\"-5\"")], "");
        let promoted = format!("{APART} with-rsc-role=\"Promoted\"");
        with(&[("k1", "d1", "m", TOGETHER), ("k2", "d1", "m", &promoted)], "");
    }

    #[test]
    fn whichever_of_both_is_named_first() {
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d2", "d1", APART)], "info k2 d2");
        let promoted = |score: &str, name: &str| format!("{score} {name}=\"Promoted\"");
        let (first, second) = (promoted(TOGETHER, "with-rsc-role"), promoted(APART, "rsc-role"));
        with(&[("k1", "d1", "m", &first), ("k2", "m", "d1", &second)], "info k2 m");
    }

    #[test]
    fn those_that_others_bring_together_cannot_be_apart() {
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d2", "d3", TOGETHER), ("k3", "d1", "d3", APART)], "info k3 d1");
        with(&[("k1", "d1", "d2", TOGETHER), ("k2", "d3", "d2", TOGETHER), ("k3", "d3", "d1", APART)], "info k3 d3");
        with(&[("k1", "d1", "c", TOGETHER), ("k2", "d2", "c", TOGETHER), ("k3", "d1", "d2", APART)], "");
        with(&[("k1", "g2", "g1", APART)], "info k1 g2");
    }
}
