//! Recorded operations as lines.
//!
//! In: a document. Out: one [`Recorded`] for each operation in its histories, in order of time.
//! Absent: what happened between two documents (see `history::event`).

use quorate_core::cib::Document;
use quorate_core::exit;
use quorate_core::view::words;
use quorate_core::xml::Element;
use std::collections::BTreeSet;

/// An operation, when it ended, and what it was about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    /// Seconds since 1970.
    pub at: i64,
    pub node: String,
    pub resource: String,
    pub text: String,
}

/// All that is recorded, each once.
pub fn recorded(document: &Document) -> Vec<Recorded> {
    let all: BTreeSet<Recorded> = document.status().elements_named("node_state").flat_map(of_node).collect();
    all.into_iter().collect()
}

fn of_node(state: &Element) -> Vec<Recorded> {
    let node = state.attr("uname").or(state.id()).unwrap_or_default();
    let resources = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
    let mut events = Vec::new();
    for history in resources.into_iter().flat_map(Element::elements) {
        let resource = history.id().unwrap_or_default();
        events.extend(history.elements().filter_map(|record| operation(record, node, resource)));
    }
    events
}

/// `vip: monitor every 10s: not running (call 12)`.
fn operation(record: &Element, node: &str, resource: &str) -> Option<Recorded> {
    let at = record.attr("last-rc-change")?.parse().ok()?;
    let number = |name: &str| record.attr(name).and_then(|text| text.parse::<i64>().ok());
    let interval = number("interval").filter(|interval| *interval > 0);
    let every = interval
        .map_or(String::new(), |ms| format!(" every {}", words::interval(u32::try_from(ms).unwrap_or(u32::MAX))));
    let result = match (number("op-status"), number("rc-code")) {
        (Some(-1), _) => "under way".to_string(),
        (_, Some(code)) => exit::text(code as i32).to_lowercase(),
        _ => "of unknown result".to_string(),
    };
    let reason = record.attr("exit-reason").filter(|reason| !reason.is_empty());
    let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
    let text = format!("{resource}: {}{every}: {result}{reason}", record.attr("operation").unwrap_or_default());
    Some(Recorded { at, node: node.to_string(), resource: resource.to_string(), text })
}
