//! The rules of the scheduler, by name: `cases/*.txt`, decided by ours and, where one is installed, by
//! Pacemaker's `crm_simulate`.
//!
//! `ONLY=words` takes the cases with these words in their name and shows what was decided;
//! `QUORATE_KEEP=DIR` keeps their CIBs there.

use quorate_tests::cases::outcome::{Outcome, ours, theirs};
use quorate_tests::cases::{Case, expect, read_all};
use quorate_tests::needs;
use std::path::Path;

/// How many there must be at the least: none is lost unseen.
const CASES_MIN: usize = 300;

const PEER: &str = "/usr/sbin/crm_simulate";

fn cases() -> Vec<Case> {
    let mut cases = read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"));
    if let Ok(only) = std::env::var("ONLY") {
        cases.retain(|case| case.name().contains(&only));
    } else {
        assert!(cases.len() >= CASES_MIN, "only {} cases", cases.len());
    }
    cases
}

fn show(case: &Case, who: &str, outcome: &Outcome) {
    if std::env::var_os("ONLY").is_none() {
        return;
    }
    println!("-- {} ({who})\n{}", case.name(), outcome.summary.join("\n"));
    for score in &outcome.scores {
        println!("  {score}");
    }
    for action in outcome.actions.values() {
        let waits: Vec<String> = action.inputs.iter().filter_map(|id| outcome.actions.get(id)).map(words).collect();
        println!("  {} <- {}", words(action), waits.join(", "));
    }
}

fn words(action: &quorate_tests::cases::outcome::Action) -> String {
    let key = action.keys.last().or(action.attributes.get("operation")).cloned().unwrap_or_default();
    format!("{key} {}", action.node.as_deref().unwrap_or("-"))
}

#[test]
fn every_case_says_why_and_is_named_once() {
    let cases = cases();
    let mut names: Vec<String> = cases.iter().map(Case::name).collect();
    names.sort();
    let doubled: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    let silent: Vec<_> = cases.iter().filter(|case| case.why.is_empty() || case.then.is_empty()).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn ours_decides_as_the_cases_have_it() {
    let (mut wrong, cases) = (Vec::new(), cases());
    for case in &cases {
        let document = case.document();
        if let Some(place) = std::env::var_os("QUORATE_KEEP") {
            let name = case.name().replace([':', '/', ' '], "_");
            std::fs::write(Path::new(&place).join(name + ".xml"), document.to_text()).expect("a file");
        }
        let outcome = ours(&document);
        show(case, "ours", &outcome);
        let found = expect::differences(case, &outcome);
        wrong.extend((!found.is_empty()).then(|| format!("{}\n    {}", case.name(), found.join("\n    "))));
    }
    println!("{} cases, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_installed_peer_decides_as_the_cases_have_it() {
    if !needs::files(&[PEER]) {
        return;
    }
    let (mut wrong, cases) = (Vec::new(), cases());
    let place = tempfile::tempdir().expect("a directory");
    for case in &cases {
        let outcome = match theirs(&case.document(), PEER, place.path()) {
            Ok(outcome) => outcome,
            Err(error) => {
                wrong.push(format!("{}\n    {error}", case.name()));
                continue;
            }
        };
        show(case, "peer", &outcome);
        let found = expect::differences(case, &outcome);
        match (&case.peer, found.is_empty()) {
            (None, false) => wrong.push(format!("{}\n    {}", case.name(), found.join("\n    "))),
            (Some(_), true) => wrong.push(format!("{}\n    does so by now: `peer` can go", case.name())),
            _ => {}
        }
    }
    let others = cases.iter().filter(|case| case.peer.is_some()).count();
    println!("{} cases, {others} of them known to be otherwise, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
