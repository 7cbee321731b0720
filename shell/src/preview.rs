//! What the cluster would do with a configuration, before anything is written.
//!
//! In: the document as it would be. Out: the transition's summary as text.
//! This is the one file of the shell that knows the scheduler.

use crate::clock;
use quorate_core::cib::Document;
use quorate_core::note::Severity;
use quorate_core::scheduler::{Input, schedule};
use quorate_core::status;
use quorate_core::transition::summary;

pub fn preview(document: &Document) -> String {
    let output = schedule(&Input::new(document, clock::now()));
    let mut text = String::new();
    let online = status::read(document.status()).nodes.iter().filter(|node| node.member.is_in()).count();
    if online == 0 {
        text.push_str("(no node is online in this CIB)\n");
    }
    for note in output.notes.iter().filter(|note| note.severity > Severity::Info) {
        text.push_str(&format!("{}: {}\n", note.about, note.message));
    }
    let lines = summary::lines(&output.summary);
    if lines.is_empty() {
        text.push_str("The cluster would do nothing.\n");
    } else {
        text.push_str("The cluster would:\n");
        lines.iter().for_each(|line| text.push_str(&format!("  * {line}\n")));
    }
    text
}
