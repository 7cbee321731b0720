//! What of a configuration is ignored, replaced or refused: said before anything happens.
//!
//! In: a document, the present. Out: the notes that `resolve` and `constrain` make, each about an object, and
//! those on what never reaches them.
//! Absent: what happened so far, which no configuration is to blame for; what the schema excludes.

mod access;
mod alerts;
mod attributes;
mod bundles;
mod clones;
mod conditions;
mod constraints;
mod existing;
mod fencing;
mod guests;
mod names;
mod nodes;
mod options;
mod places;
mod rules;
mod sets;
#[cfg(test)]
mod tests;
mod together;
mod utilization;

use super::resolve::Situation;
use super::{Input, constrain, resolve};
use crate::cib::Document;
use crate::cib::upgrade::{self, Level, Warning};
use crate::note::{Note, Severity};
use crate::time::Now;
use std::collections::{BTreeMap, BTreeSet};

/// The gravest first; of one gravity in the order of the document.
pub fn verify(document: &Document, now: Now) -> Vec<Note> {
    let written = document.configuration();
    let mut notes = sets::notes(written);
    notes.extend(rules::notes(written));
    notes.extend(conditions::notes(written, now));
    notes.extend(names::notes(written));
    notes.extend(attributes::notes(document));
    // The scheduler knows the latest schema only, and translates others for itself.
    let (mut latest, warnings) = upgrade::to_latest(document).unwrap_or_else(|_| (document.clone(), Vec::new()));
    notes.extend(warnings.into_iter().filter_map(lost));
    latest.status_mut().children.clear();
    let situation = resolve(&Input::new(&latest, now));
    notes.extend(clones::notes(&situation));
    notes.extend(options::notes(&situation));
    notes.extend(nodes::notes(&situation.model));
    notes.extend(bundles::notes(&situation.model));
    notes.extend(guests::notes(&situation.model));
    notes.extend(alerts::notes(&situation.model));
    notes.extend(access::notes(document, &situation.model));
    notes.extend(utilization::notes(document, &situation));
    notes.extend(fencing::notes(&situation));
    notes.extend(fencing::of_levels(document, &situation));
    notes.extend(constraints::notes(&situation));
    let constraints = constrain(&situation);
    notes.extend(together::notes(&situation, &constraints));
    notes.extend(places::notes(&situation, &constraints));
    let own = own(&situation);
    notes.extend(own.into_iter().chain(constraints.notes));
    notes.sort_by_key(|note| std::cmp::Reverse(note.severity));
    notes
}

/// The scheduler's own notes, but those on what a resource has from the one that it is in, of which the same is said.
fn own(situation: &Situation) -> Vec<Note> {
    let resources = &situation.resources;
    let holders: BTreeMap<&str, &str> = resources
        .iter()
        .filter_map(|(_, resource)| Some((resource.config_id.as_str(), resources[resource.parent?].config_id.as_str())))
        // A part may be known by the name of the whole.
        .filter(|(id, holder)| id != holder)
        .collect();
    let said: BTreeSet<(&str, &str, &str)> = situation.notes.iter().map(|note| content(&note.about, note)).collect();
    let is_own = |note: &&Note| {
        let mut above = std::iter::successors(holders.get(note.about.as_str()), |holder| holders.get(**holder));
        !above.any(|holder| said.contains(&content(holder, note)))
    };
    situation.notes.iter().filter(is_own).cloned().collect()
}

fn content<'a>(about: &'a str, note: &'a Note) -> (&'a str, &'a str, &'a str) {
    (about, &note.word, &note.message)
}

/// What the translation for the scheduler has no words for, and leaves out.
fn lost(warning: Warning) -> Option<Note> {
    let about = warning.about?;
    (warning.level == Level::Warning).then(|| Note::warning(about, warning.message))
}

/// Whether anything is wrong, as Pacemaker has it; what merely has no effect is not.
pub fn is_wrong(notes: &[Note]) -> bool {
    notes.iter().any(|note| note.severity > Severity::Notice)
}
