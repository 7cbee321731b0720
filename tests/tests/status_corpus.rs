//! The state of a cluster as text, against Pacemaker's recorded summaries.
//!
//! Reads $QUORATE_CORPUS (default ../../shared/conformance). Names in `status_corpus_failures.txt`
//! are known to differ, each for the reason above it; the list may only shrink.

use quorate_tests::needs;
use std::path::PathBuf;

use quorate_core::cib::Document;
use quorate_core::scheduler::{Input, resolve};
use quorate_core::time::Now;
use quorate_core::view::{Extra, ViewOptions, build, text};

const KNOWN: &str = include_str!("../status_corpus_failures.txt");

/// The block under `Current cluster status:`.
fn recorded(summary: &str) -> Option<&str> {
    let start = summary.find("Current cluster status:")?;
    let rest = &summary[start..];
    // A blank line and a title at the margin end it.
    let end =
        rest.match_indices("\n\n").find(|(at, _)| rest[at + 2..].starts_with(|first: char| !first.is_whitespace()));
    Some(rest[..end.map_or(rest.len(), |(at, _)| at)].trim_end())
}

fn printed(xml: &str) -> Result<String, String> {
    let document = Document::read(xml).map_err(|error| error.to_string())?;
    let date = document.root().attr("execution-date").and_then(|text| text.parse().ok());
    // Recorded without a date, these were run when failures of years ago were long over.
    let now = Now::from_epoch(date.unwrap_or(1_700_000_000));
    let situation = resolve(&Input::new(&document, now));
    let view = build(&document, &situation, &Extra::default());
    Ok(text::print_status("Current cluster status", &view, &ViewOptions { pending: true, ..text::status_options() }))
}

fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

#[test]
fn the_state_reads_as_pacemaker_prints_it() {
    let Some(corpus) = needs::corpus("scheduler") else { return };
    let only = std::env::var("ONLY").ok();
    let mut entries: Vec<PathBuf> = std::fs::read_dir(corpus.join("summary"))
        .expect("the corpus has summaries")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    entries.sort();
    let (mut passed, mut differing) = (0, Vec::new());
    for path in entries {
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let summary = std::fs::read_to_string(&path).expect("a readable file");
        let Ok(xml) = std::fs::read_to_string(corpus.join(format!("xml/{name}.xml"))) else { continue };
        let Some(expected) = recorded(&summary) else { continue };
        match printed(&xml) {
            Ok(text) if text.trim_end() == expected => passed += 1,
            outcome => {
                if only.is_some() {
                    println!("--- recorded\n{expected}\n--- printed\n{}", outcome.unwrap_or_else(|error| error));
                }
                differing.push(name);
            }
        }
    }
    println!("{passed} as recorded, {} not: {}", differing.len(), differing.join(" "));
    let fresh: Vec<&String> = differing.iter().filter(|name| !known().any(|known| known == *name)).collect();
    assert!(fresh.is_empty(), "differ and are not known to: {fresh:?}");
    if only.is_none() {
        let mended: Vec<&str> = known().filter(|name| !differing.iter().any(|other| other == name)).collect();
        assert!(mended.is_empty(), "no longer differ; take them off the list: {mended:?}");
    }
}
