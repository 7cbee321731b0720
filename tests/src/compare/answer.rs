//! What a `crm_simulate` answers to a CIB, in a form that can be compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that takes `crm_simulate`'s options.
#[derive(Clone, Debug)]
pub struct Program {
    pub words: Vec<String>,
    /// Where it may write.
    pub place: PathBuf,
}

/// Its answer, by part. Parts that carry no order are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub scores: BTreeSet<String>,
    pub summary: Vec<String>,
    pub execution: Vec<String>,
    pub graph: BTreeSet<String>,
    /// All that is printed, without blanks at the ends of lines.
    pub text: Vec<String>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Scores,
    Summary,
    Execution,
    Graph,
    /// Everything printed: the status before and after, what is supposed, and the order of it all.
    Text,
}

impl Part {
    /// How two answers differ in this part: the first lines that only one of them has.
    pub fn difference(self, ours: &Answer, theirs: &Answer) -> Option<String> {
        let lines = |answer: &Answer| -> Vec<String> {
            match self {
                Part::Scores => answer.scores.iter().cloned().collect(),
                Part::Summary => answer.summary.clone(),
                Part::Execution => answer.execution.clone(),
                Part::Graph => answer.graph.iter().cloned().collect(),
                Part::Text => answer.text.clone(),
            }
        };
        let (ours, theirs) = (lines(ours), lines(theirs));
        if ours == theirs {
            return None;
        }
        let only = |these: &[String], those: &[String], mark: &str| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).take(12).map(|line| format!("{mark} {line}")).collect()
        };
        let mut shown = only(&ours, &theirs, "ours  ");
        shown.extend(only(&theirs, &ours, "theirs"));
        if shown.is_empty() {
            shown.push("the same lines in another order".into());
        }
        Some(format!("{self:?}:\n  {}", shown.join("\n  ")))
    }
}

impl Program {
    /// The command for some words, e.g. `crm_simulate`.
    pub fn new(words: &[&str], place: &Path) -> Program {
        Program { words: words.iter().map(|word| (*word).to_string()).collect(), place: place.to_path_buf() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null());
        command
    }

    /// The major version it says it is of.
    pub fn major_version(&self) -> Option<u32> {
        let output = self.command().arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().nth(1)?.split('.').next()?.parse().ok()
    }

    /// The CIB after its plan for this one was carried out.
    pub fn after(&self, cib: &str) -> Option<String> {
        let (input, output) = (self.place.join("before.xml"), self.place.join("after.xml"));
        fs::write(&input, cib).ok()?;
        let _ = fs::remove_file(&output);
        let mut command = self.command();
        command.arg("-x").arg(&input).arg("-S").arg("-O").arg(&output);
        command.output().ok()?;
        fs::read_to_string(output).ok()
    }

    /// What it says to a CIB and to what is `supposed` (options); an error if it will not have it.
    pub fn answer(&self, cib: &str, supposed: &[String]) -> Result<Answer, String> {
        let (input, graph) = (self.place.join("input.xml"), self.place.join("graph.xml"));
        fs::write(&input, cib).map_err(|error| error.to_string())?;
        let _ = fs::remove_file(&graph);
        let mut command = self.command();
        command.arg("-x").arg(&input).args(["-S", "-s"]).arg("-G").arg(&graph).args(supposed);
        let output = command.output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code().is_none() {
            return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
        }
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        // Some names are none to the peer, which then goes on without what was supposed of them.
        if errors.contains("Invalid resource name") {
            return Err(errors);
        }
        // A plan that cannot be carried out to its end is an answer, too.
        let Ok(graph) = fs::read_to_string(&graph) else {
            return Err(format!("{}: {errors}{text}", output.status));
        };
        let ended = std::iter::once(format!("{}", output.status));
        Ok(Answer {
            scores: section(&text, "Assignment Scores").chain(section(&text, "Allocation Scores")).map(score).collect(),
            summary: sorted(section(&text, "Transition Summary")),
            execution: section(&text, "Executing Cluster Transition").map(str::to_string).chain(ended).collect(),
            graph: actions(&graph),
            text: said(&text),
        })
    }
}

/// Lines that mean something: the peer says in the midst of it what it thinks of digests, and what it
/// told the user of schemas.
fn said(text: &str) -> Vec<String> {
    // Moments of injected failures are those of the run.
    let timeless = |line: &'_ str| match line.split_once("last-failure-") {
        Some((before, failure)) => format!("{before}{}", failure.split('=').next().unwrap_or_default()),
        None => line.trim_end().to_string(),
    };
    let lines = text.lines().map(timeless);
    lines.filter(|line| !line.is_empty() && !line.starts_with("Only 'private'")).collect()
}

fn sorted<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    // Columns are as wide as their widest entry: of no importance here.
    let mut lines: Vec<String> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    lines
}

/// The lines below a heading.
fn section<'a>(text: &'a str, heading: &str) -> impl Iterator<Item = &'a str> {
    let start = text.find(heading).map_or(text.len(), |at| at + heading.len());
    // The peer says in the midst of it what it thinks of digests.
    let lines = text[start..].lines().skip(1).filter(|line| !line.starts_with("Only 'private'"));
    lines.take_while(|line| line.starts_with("  *")).map(str::trim)
}

/// A score without the name of the step that gave it, which changed with the versions.
fn score(line: &str) -> String {
    line.trim_start_matches("* ").to_string()
}

/// Every action of a graph with all it waits for, without numbers.
fn actions(graph: &str) -> BTreeSet<String> {
    let Ok(root) = quorate_core::xml::read(graph) else { return BTreeSet::from(["unreadable".into()]) };
    let mut names = std::collections::BTreeMap::new();
    let action_of = |element: &quorate_core::xml::Element| -> Option<(String, String)> {
        let id = element.id()?.to_string();
        let key = element.attr("operation_key").or(element.attr("operation"))?;
        let node = element.attr("on_node").unwrap_or("-");
        Some((id, format!("{key} {node}")))
    };
    let kinds = ["rsc_op", "pseudo_event", "crm_event"];
    for element in root.descendants().filter(|element| kinds.contains(&element.name.as_str())) {
        names.extend(action_of(element));
    }
    let mut all = BTreeSet::new();
    for synapse in root.elements() {
        let own = synapse.child("action_set").and_then(|set| set.elements().next()).and_then(action_of);
        let inputs = synapse.child("inputs").into_iter().flat_map(|inputs| inputs.descendants());
        let inputs = inputs.filter(|element| kinds.contains(&element.name.as_str())).filter_map(|input| input.id());
        let mut inputs: Vec<&str> = inputs.filter_map(|id| names.get(id)).map(String::as_str).collect();
        inputs.sort_unstable();
        let own = own.map(|(_, name)| name).unwrap_or_default();
        all.insert(format!("{own} <- {}", inputs.join(", ")));
    }
    all
}
