//! What of a configuration is ignored, replaced or refused: said before anything happens.
//!
//! In: a document, the present. Out: the notes that `resolve` and `constrain` make, each about an object.
//! Absent: what happened so far, which no configuration is to blame for; what the schema excludes.

use super::{Input, constrain, resolve};
use crate::cib::Document;
use crate::cib::upgrade;
use crate::note::{Note, Severity};
use crate::time::Now;

/// The gravest first; of one gravity in the order of the document.
pub fn verify(document: &Document, now: Now) -> Vec<Note> {
    // The scheduler knows the latest schema only, and translates others for itself.
    let mut document = match upgrade::to_latest(document) {
        Ok((latest, _)) => latest,
        Err(_) => document.clone(),
    };
    document.status_mut().children.clear();
    let situation = resolve(&Input::new(&document, now));
    let constraints = constrain(&situation);
    let mut notes: Vec<Note> = situation.notes.into_iter().chain(constraints.notes).collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.severity));
    notes
}

/// Whether anything is wrong, as Pacemaker has it; what merely has no effect is not.
pub fn is_wrong(notes: &[Note]) -> bool {
    notes.iter().any(|note| note.severity > Severity::Notice)
}
