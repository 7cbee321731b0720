//! What crm_simulate prints and writes, against Pacemaker's recorded cases.
//!
//! Reads $QUORATE_CORPUS (default ../../shared/conformance). `expected_failures.toml` says which
//! outputs of which case differ yet; it may only shrink. `ONLY=case` shows one case;
//! `QUORATE_WRITE_FAILURES=1` writes the list anew.

use quorate_core::xml::{self, Element};
use quorate_tests::needs;
use quorate_tools::{Io, crm_simulate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const OUTPUTS: [&str; 5] = ["scores", "summary", "dot", "graph", "exp"];

type Failures = BTreeMap<String, BTreeSet<String>>;

/// Lines without any white space, none empty.
fn squeezed(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<String>());
    lines.filter(|line| !line.is_empty()).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn unique(text: &str) -> BTreeSet<String> {
    squeezed(text).into_iter().collect()
}

/// The graph's text but for what no two versions agree on.
fn exact(text: &str) -> Vec<String> {
    squeezed(&without(&without(text, "crm_feature_set=\""), "batch-limit=\""))
}

fn without(text: &str, start: &str) -> String {
    let mut parts = text.split(start);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    kept
}

/// The graph without its numbers: its synapses, in no order.
fn shape(text: &str) -> Option<Vec<String>> {
    let root = xml::read(text).ok()?;
    let synapse = |synapse: &Element| {
        let parts = |name| synapse.child(name).into_iter().flat_map(Element::elements).map(bare).collect();
        let (actions, inputs): (Vec<String>, Vec<String>) = (parts("action_set"), parts("inputs"));
        format!("{:?} {:?} {:?}", synapse.attr("priority"), sorted(actions), sorted(inputs))
    };
    Some(sorted(root.elements_named("synapse").map(synapse).collect()))
}

fn bare(element: &Element) -> String {
    let kept = element.attributes.iter().filter(|(name, _)| !matches!(name.as_str(), "id" | "crm_feature_set"));
    let kept = kept.map(|(name, value)| format!("{name}={value}"));
    format!("{}{:?}{:?}", element.name, sorted(kept.collect()), sorted(element.elements().map(bare).collect()))
}

fn simulate(arguments: &[String]) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    crm_simulate::run(arguments, &mut Io { out: &mut out, err: &mut err });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(out), text(err))
}

/// The outputs that differ from what was recorded.
fn differing(corpus: &Path, scratch: &Path, name: &str, extra: &[String]) -> BTreeSet<String> {
    let recorded =
        |kind: &str| std::fs::read_to_string(corpus.join(format!("{kind}/{name}.{kind}"))).unwrap_or_default();
    let input = corpus.join(format!("xml/{name}.xml")).display().to_string();
    let (graph, dot) = (scratch.join(format!("{name}.exp")), scratch.join(format!("{name}.dot")));
    let words =
        |words: &[&str]| words.iter().map(|word| word.to_string()).chain(extra.iter().cloned()).collect::<Vec<_>>();
    let (summary, complaints) = simulate(&words(&["-x", &input, "-S"]));
    let (dot_name, graph_name) = (dot.display().to_string(), graph.display().to_string());
    let (scores, _) = simulate(&words(&["-x", &input, "-D", &dot_name, "-G", &graph_name, "-sSQ"]));
    let written = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let (dot, graph) = (written(&dot), written(&graph));
    let as_recorded = [
        sorted(squeezed(&scores)) == sorted(squeezed(&recorded("scores"))),
        squeezed(&format!("{complaints}{summary}")) == squeezed(&recorded("summary")),
        unique(&dot) == unique(&recorded("dot")),
        shape(&graph).is_some() && shape(&graph) == shape(&recorded("exp")),
        exact(&graph) == exact(&recorded("exp")),
    ];
    OUTPUTS.iter().zip(as_recorded).filter(|(_, same)| !same).map(|(output, _)| output.to_string()).collect()
}

/// Name and further arguments of every case.
fn cases(corpus: &Path) -> Vec<(String, Vec<String>)> {
    let list = std::fs::read_to_string(corpus.join("cases.tsv")).expect("the corpus lists its cases");
    let case = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?.to_owned();
        let extra: Vec<&str> = fields.nth(1).unwrap_or_default().split_whitespace().collect();
        // A date may hold a space.
        let extra = match extra.split_first() {
            Some((option, rest)) => vec![option.to_string(), rest.join(" ")],
            None => Vec::new(),
        };
        Some((name, extra))
    };
    list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).filter_map(case).collect()
}

fn list_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("expected_failures.toml")
}

fn expected() -> Failures {
    let text = std::fs::read_to_string(list_path()).unwrap_or_default();
    let entry = |line: &str| {
        let (name, outputs) = line.split_once(" = ")?;
        let outputs = outputs.trim_matches(['[', ']']).split(", ").map(|output| output.trim_matches('"').to_owned());
        Some((name.trim_matches('"').to_owned(), outputs.collect()))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(entry).collect()
}

fn write_list(failures: &Failures) {
    let mut text = "# Which outputs of which recorded case differ yet. May only shrink.\n\n".to_owned();
    for (name, outputs) in failures {
        let outputs: Vec<String> = outputs.iter().map(|output| format!("\"{output}\"")).collect();
        text.push_str(&format!("\"{name}\" = [{}]\n", outputs.join(", ")));
    }
    std::fs::write(list_path(), text).expect("a writable list");
}

#[test]
fn decisions_are_as_recorded() {
    let Some(corpus) = needs::corpus("scheduler") else { return };
    let only = std::env::var("ONLY").ok();
    let mut cases = cases(&corpus);
    cases.retain(|(name, _)| only.as_ref().is_none_or(|only| only == name));
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Failures::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, extra)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outputs = differing(&corpus, scratch.path(), name, extra);
                    if !outputs.is_empty() {
                        failures.lock().expect("no case panics").insert(name.clone(), outputs);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no case panics");
    println!("{} of {} cases in every output as recorded", cases.len() - failures.len(), cases.len());
    if std::env::var_os("QUORATE_WRITE_FAILURES").is_some() {
        return write_list(&failures);
    }
    let mut expected = expected();
    expected.retain(|name, _| only.as_ref().is_none_or(|only| only == name));
    let of = |list: &Failures| -> BTreeSet<(String, String)> {
        list.iter()
            .flat_map(|(name, outputs)| outputs.iter().map(move |output| (name.clone(), output.clone())))
            .collect()
    };
    let (known, found) = (of(&expected), of(&failures));
    let (fresh, mended): (Vec<_>, Vec<_>) = (found.difference(&known).collect(), known.difference(&found).collect());
    assert!(fresh.is_empty(), "differ and are not known to: {fresh:?}");
    assert!(mended.is_empty(), "no longer differ; take them off the list: {mended:?}");
}
