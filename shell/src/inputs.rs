//! The scheduler inputs that a node keeps: what the cluster looked like at each decision, and what
//! happened between them.
//!
//! In: a directory of `pe-input-N.bz2` (or `.xml`). Out: the inputs in the order of their decisions,
//! and events told from their histories.
//! Absent: writing them (the daemon does), and simulating them (see `tools::crm_simulate`).

use crate::error::{Failure, Outcome};
use crate::tools::read_cib;
use quorate_core::cib::Document;
use quorate_core::status::operation::exit;
use quorate_core::xml::Element;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One kept input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// `pe-input-7`.
    pub name: String,
    pub path: PathBuf,
}

/// What happened, when, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Seconds since 1970.
    pub at: i64,
    pub node: String,
    /// Empty for what befell the node itself.
    pub resource: String,
    pub text: String,
}

/// The inputs of a directory, oldest first.
///
/// # Errors
/// If it cannot be read.
pub fn list(directory: &Path) -> Outcome<Vec<Input>> {
    let entries = std::fs::read_dir(directory).map_err(|error| Failure::file(directory, &error))?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".bz2").or_else(|| file.strip_suffix(".xml")) else { continue };
        let Some(number) = name.strip_prefix("pe-").and_then(|rest| rest.rsplit_once('-')?.1.parse::<u64>().ok())
        else {
            continue;
        };
        // Numbers begin anew when the series is full: when it was written tells the order.
        let written = entry.metadata().and_then(|data| data.modified()).ok();
        found.push((written, number, Input { name: name.to_string(), path: entry.path() }));
    }
    found.sort_by_key(|(written, number, _)| (*written, *number));
    Ok(found.into_iter().map(|(.., input)| input).collect())
}

/// An input by its number, its name, or its file.
pub fn find<'i>(inputs: &'i [Input], word: &str) -> Option<&'i Input> {
    let file = Path::new(word).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = file.trim_end_matches(".bz2").trim_end_matches(".xml");
    inputs
        .iter()
        .rev()
        .find(|input| input.name == stem || input.name.rsplit_once('-').is_some_and(|(_, number)| number == word))
}

impl Input {
    /// # Errors
    /// If it is no CIB; the message names the file.
    pub fn read(&self) -> Outcome<Document> {
        read_cib(&self.path).map_err(|error| Failure::refused(format!("{}: {error}", self.path.display())))
    }
}

/// When a decision was made: seconds since 1970.
pub fn moment(document: &Document) -> Option<i64> {
    document.root().attr("execution-date")?.parse().ok()
}

/// What the histories of these decisions tell, in order of time, each once.
pub fn events(documents: &[Document]) -> Vec<Event> {
    let mut all = BTreeSet::new();
    let mut before: Option<BTreeMap<String, &'static str>> = None;
    for document in documents {
        for state in document.status().elements_named("node_state") {
            all.extend(operations(state));
        }
        let now = standings(document);
        let at = moment(document).unwrap_or_default();
        if let Some(before) = &before {
            for (node, standing) in &now {
                if before.get(node) != Some(standing) {
                    let text = format!("node {node} is {standing}");
                    all.insert(Event { at, node: node.clone(), resource: String::new(), text });
                }
            }
            for gone in before.keys().filter(|node| !now.contains_key(*node)) {
                let text = format!("node {gone} is forgotten");
                all.insert(Event { at, node: gone.clone(), resource: String::new(), text });
            }
        }
        before = Some(now);
    }
    all.into_iter().collect()
}

/// How each node stands.
fn standings(document: &Document) -> BTreeMap<String, &'static str> {
    let one = |state: &Element| {
        let is = |name: &str, yes: &[&str]| state.attr(name).is_some_and(|value| yes.contains(&value));
        let is_in = state.attr("in_ccm").is_some_and(|value| !["", "0", "false"].contains(&value));
        let standing = match () {
            () if !is_in && is("expected", &["member"]) => "lost",
            () if !is_in => "offline",
            () if is("join", &["member"]) => "online",
            () => "joining",
        };
        Some((state.attr("uname").or(state.id())?.to_string(), standing))
    };
    document.status().elements_named("node_state").filter_map(one).collect()
}

fn operations(state: &Element) -> Vec<Event> {
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
fn operation(record: &Element, node: &str, resource: &str) -> Option<Event> {
    let at = record.attr("last-rc-change")?.parse().ok()?;
    let number = |name: &str| record.attr(name).and_then(|text| text.parse::<i64>().ok());
    let interval = number("interval").filter(|interval| *interval > 0);
    let every = interval.map_or(String::new(), |ms| {
        format!(" every {}", quorate_core::view::words::interval(u32::try_from(ms).unwrap_or(u32::MAX)))
    });
    let result = match (number("op-status"), number("rc-code")) {
        (Some(-1), _) => "under way".to_string(),
        (_, Some(code)) => exit::text(code as i32).to_lowercase(),
        _ => "of unknown result".to_string(),
    };
    let reason = record.attr("exit-reason").filter(|reason| !reason.is_empty());
    let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
    let text = format!("{resource}: {}{every}: {result}{reason}", record.attr("operation").unwrap_or_default());
    Some(Event { at, node: node.to_string(), resource: resource.to_string(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(at: i64, join: &str, operations: &str) -> Document {
        Document::read(&format!(
            "<cib execution-date='{at}'><configuration/><status><node_state id='1' uname='n1' in_ccm='true' \
             expected='member' join='{join}'><lrm id='1'><lrm_resources><lrm_resource id='vip'>{operations}\
             </lrm_resource></lrm_resources></lrm></node_state></status></cib>"
        ))
        .expect("a CIB")
    }

    #[test]
    fn events_are_told_once_and_in_order() {
        let start = "<lrm_rsc_op id='a' operation='start' rc-code='0' op-status='0' last-rc-change='100'/>";
        let monitor = "<lrm_rsc_op id='b' operation='monitor' interval='10000' rc-code='7' op-status='0' \
                       last-rc-change='150' exit-reason='gone'/>";
        let documents =
            [input(90, "down", ""), input(120, "member", start), input(160, "member", &format!("{start}{monitor}"))];
        let told: Vec<String> =
            events(&documents).iter().map(|event| format!("{} {} {}", event.at, event.node, event.text)).collect();
        assert_eq!(
            told,
            ["100 n1 vip: start: ok", "120 n1 node n1 is online", "150 n1 vip: monitor every 10s: not running (gone)",]
        );
    }

    #[test]
    fn inputs_go_by_number_name_or_file() {
        let input = |name: &str| Input { name: name.into(), path: PathBuf::from(format!("/x/{name}.bz2")) };
        let all = [input("pe-input-1"), input("pe-input-12"), input("pe-warn-1")];
        for (word, name) in [
            ("12", Some("pe-input-12")),
            ("pe-input-1", Some("pe-input-1")),
            ("/x/pe-warn-1.bz2", Some("pe-warn-1")),
            ("1", Some("pe-warn-1")),
            ("2", None),
        ] {
            assert_eq!(find(&all, word).map(|input| input.name.as_str()), name, "{word}");
        }
    }
}
