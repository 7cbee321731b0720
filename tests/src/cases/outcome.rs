//! What a scheduler says to a CIB, as far as cases speak of it: the changes, the scores, the graph.
//!
//! In: a document. Out: [`Outcome`], of ours or of an installed `crm_simulate`.

use quorate_core::cib::{Document, upgrade};
use quorate_core::scheduler::{self, Input, trace};
use quorate_core::time::Now;
use quorate_core::transition::summary;
use quorate_core::transition::xml as graph_xml;
use quorate_core::xml::{self, Element};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

/// A decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The lines of the transition summary, sorted.
    pub summary: Vec<String>,
    /// `p1 allocation score on n1: 50`
    pub scores: BTreeSet<String>,
    pub actions: BTreeMap<u32, Action>,
    /// When time alone will change the decision.
    pub recheck_by: Option<i64>,
}

/// An action that is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// `p1_start_0`; a clone's instance has two.
    pub keys: Vec<String>,
    pub node: Option<String>,
    /// All that is said of it.
    pub attributes: BTreeMap<String, String>,
    /// What it waits for.
    pub inputs: Vec<u32>,
}

/// What ours decides.
pub fn ours(document: &Document) -> Outcome {
    let (document, _) = upgrade::to_latest(document).expect("a known schema");
    let now = document.root().attr("execution-date").and_then(|date| date.parse().ok()).expect("a moment");
    let input = Input { trace: true, ..Input::new(&document, Now::from_epoch(now)) };
    let situation = scheduler::resolve(&input);
    let output = scheduler::decide(&input, &situation);
    let scores = output.trace.iter().map(|line| trace::text(&situation, line));
    outcome(&summary::lines(&output.summary), scores, &graph_xml::write(&output.graph))
}

/// What the installed program decides, or why it does not.
pub fn theirs(document: &Document, program: &str, place: &Path) -> Result<Outcome, String> {
    let (input, graph) = (place.join("input.xml"), place.join("graph.xml"));
    std::fs::write(&input, document.to_text()).map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command
        .arg("-x")
        .arg(&input)
        .args(["-S", "-s", "--output-as=text", "--text-fancy", "-G"])
        .arg(&graph)
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let graph = std::fs::read_to_string(&graph);
    let graph = graph.map_err(|_| format!("{}{text}", String::from_utf8_lossy(&output.stderr)))?;
    let changes: Vec<String> = section(&text, "Transition Summary").collect();
    let scores = section(&text, "Assignment Scores").chain(section(&text, "Allocation Scores"));
    Ok(outcome(&changes, scores, &graph))
}

/// The lines below a heading.
fn section<'a>(text: &'a str, heading: &str) -> impl Iterator<Item = String> + 'a {
    let start = text.find(heading).map_or(text.len(), |at| at + heading.len());
    // The peer says in the midst of it what it thinks of digests.
    let lines = text[start..].lines().skip(1).filter(|line| !line.starts_with("Only 'private'"));
    lines.take_while(|line| line.starts_with("  *")).map(|line| line.trim_start_matches([' ', '*']).to_owned())
}

fn outcome(changes: &[String], scores: impl Iterator<Item = String>, graph: &str) -> Outcome {
    let root = xml::read(graph).expect("a graph");
    let mut summary: Vec<String> = changes.iter().map(|line| squeezed(line)).collect();
    summary.sort();
    let bare = |line: String| match line.split_once(": ") {
        // Steps of the placement are called otherwise by every version.
        Some((step, rest)) if !step.contains(' ') => rest.to_owned(),
        _ => line,
    };
    Outcome {
        summary,
        scores: scores.map(bare).collect(),
        actions: root.elements_named("synapse").filter_map(action).collect(),
        recheck_by: root.attr("recheck-by").and_then(|moment| moment.parse().ok()),
    }
}

/// Columns are of no importance.
pub fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn action(synapse: &Element) -> Option<(u32, Action)> {
    let own = synapse.child("action_set")?.elements().next()?;
    let number = |element: &Element| element.id()?.parse().ok();
    let inputs = synapse.child("inputs").into_iter().flat_map(Element::descendants).filter_map(number);
    let said = own.descendants().flat_map(|element| &element.attributes);
    let keys = ["operation_key", "internal_operation_key"].iter().filter_map(|name| own.attr(name));
    let mut keys: Vec<String> = keys.map(str::to_owned).collect();
    // Instances keep their own names in the graph of the newest versions only.
    if let Some(long) = own.child("primitive").and_then(|primitive| primitive.attr("long-id")) {
        keys.push(format!("{long}_{}_0", own.attr("operation").unwrap_or_default()));
    }
    let action = Action {
        keys,
        node: own.attr("on_node").map(str::to_owned),
        attributes: said.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        inputs: inputs.collect(),
    };
    Some((number(own)?, action))
}
