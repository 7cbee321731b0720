//! What this version supports, in the form that programs look for.
//!
//! In: nothing. Out: a line with words, or an element for each.

use crate::answer::{Answer, with_text};
use quorate_core::cib::document::{FEATURE_SET, PACEMAKER};
use quorate_core::xml::Element;

/// Pacemaker's words for what it was built with, as far as they are so here.
const FEATURES: [&str; 4] = ["cibsecrets", "corosync-ge-2", "monotonic", "systemd"];

pub fn tell(answer: &mut Answer) {
    let build = format!("Quorate {}", env!("CARGO_PKG_VERSION"));
    answer.line(format!("Pacemaker {PACEMAKER} (Build: {build})"));
    answer.line(format!(" Supporting v{FEATURE_SET}: {}", FEATURES.join(" ")));
    let features = FEATURES.iter().map(|word| with_text(Element::new("feature"), word));
    let features = features.fold(Element::new("features"), Element::with_child);
    let daemon = Element::new("pacemakerd").with("version", PACEMAKER).with("build", build);
    answer.part(daemon.with("feature_set", FEATURE_SET).with_child(features));
}
