//! Options of clones on what is none, and numbers of instances that come to nothing.
//!
//! In: the situation. Out: notes.
//! Absent: what clones do with their options (see `resolve::make`); names that only the statement shows to be wrong.

use super::guests::says;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{CloneConfig, ResourceConfig};
use crate::note::Note;
use crate::scheduler::resolve::Situation;

const OF_PROMOTABLE: [&str; 4] = ["promoted-max", "promoted-node-max", "master-max", "master-node-max"];

pub fn notes(situation: &Situation) -> Vec<Note> {
    let mut notes = Vec::new();
    for resource in &situation.model.resources {
        match resource {
            ResourceConfig::Primitive(primitive) => {
                of_no_clone(&primitive.id, &primitive.meta, &["globally-unique", "notify", "ordered"], &mut notes);
                of_no_group(&primitive.id, &primitive.meta, &mut notes);
            }
            ResourceConfig::Group(group) => {
                of_no_clone(&group.id, &group.meta, &["globally-unique", "notify"], &mut notes);
                for member in &group.members {
                    of_no_clone(&member.id, &member.meta, &["globally-unique", "notify", "ordered"], &mut notes);
                    of_no_group(&member.id, &member.meta, &mut notes);
                }
            }
            ResourceConfig::Clone(clone) => {
                of_clone(clone, situation, &mut notes);
            }
            ResourceConfig::Bundle(_) => {}
        }
    }
    notes
}

/// What is said of something that is not cloned. (What is cloned hears of some of these by its own, too.)
fn of_no_clone(id: &str, sets: &[AttributeSet], names: &[&str], notes: &mut Vec<Note>) {
    for name in names.iter().filter(|name| says(sets, name)) {
        let text = format!("`{name}` is an option of clones, and has no effect here");
        notes.push(Note::info(id, text).at(*name));
    }
}

fn of_no_group(id: &str, sets: &[AttributeSet], notes: &mut Vec<Note>) {
    if says(sets, "collocated") {
        let text = "`collocated` is an option of groups, and has no effect here";
        notes.push(Note::info(id, text).at("collocated"));
    }
}

fn of_clone(clone: &CloneConfig, situation: &Situation, notes: &mut Vec<Note>) {
    let Some(resource) = situation.by_name.get(&clone.id).map(|id| &situation.resources[*id]) else { return };
    let Some(settings) = resource.clone_settings() else { return };
    let mut inform = |name: &str, text: String| notes.push(Note::info(clone.id.as_str(), text).at(name));
    // A rule may make it promotable at other times.
    let decides_later = clone.meta.iter().filter(|set| set.rule.is_some()).flat_map(|set| &set.pairs);
    if !resource.promotable && !decides_later.into_iter().any(|pair| pair.name == "promotable") {
        for name in OF_PROMOTABLE.into_iter().filter(|name| says(&clone.meta, name)) {
            inform(name, format!("`{name}` has no effect because this clone is not promotable"));
        }
    }
    for (name, number) in [("clone-max", settings.max), ("clone-node-max", settings.node_max)] {
        if number == 0 && says(&clone.meta, name) {
            inform(name, format!("nothing runs of this clone because `{name}` is 0"));
        }
    }
    let promotes = [("promoted-max", settings.promoted_max), ("promoted-node-max", settings.promoted_node_max)];
    for (name, _) in
        promotes.iter().filter(|(name, number)| resource.promotable && *number == 0 && says(&clone.meta, name))
    {
        inform(name, format!("nothing is promoted of this clone because `{name}` is 0"));
    }
    let bounds = [
        ("promoted-max", settings.promoted_max, "clone-max", settings.max),
        ("promoted-node-max", settings.promoted_node_max, "clone-node-max", settings.node_max),
    ];
    for (name, number, other, most) in bounds {
        if resource.promotable && number > most && most > 0 && says(&clone.meta, name) {
            inform(name, format!("`{name}` is {number}, and `{other}` is {most}: no more can be promoted"));
        }
    }
    let nodes = situation.nodes.len() as u32;
    let most = settings.max.min(nodes.saturating_mul(settings.node_max));
    if nodes > 0 && settings.min > most {
        let text = format!("what waits for `clone-min` waits in vain: it is {}, and {most} can run", settings.min);
        inform("clone-min", text);
    }
}
