//! What our grammar of the CIB refuses is what Pacemaker's schemas refuse: damaged documents, judged by
//! `validate` and by `xmllint` with the schemas that the peer's package installs.
//!
//! `$QUORATE_SCHEMAS` names a folder with others, `$QUORATE_DOCUMENTS` how many documents a schema are tried,
//! `$QUORATE_CORPUS` where recorded ones to start from are. `$QUORATE_SHOW` shows those that differ.

use quorate_core::schema::{Schema, checked, relax_ng, validate};
use quorate_core::xml::{self, Element};
use quorate_tests::damage::Damage;
use quorate_tests::needs;
use quorate_tests::schema::configuration;
use quorate_tests::world::chance::Chance;
use std::path::{Path, PathBuf};
use std::process::Command;

const OURS: [&str; 3] =
    [include_str!("../schemas/every.xml"), include_str!("../schemas/old.xml"), include_str!("../schemas/new.xml")];

const XMLLINT: &str = "/usr/bin/xmllint";

/// So many documents are judged by one process.
const BATCH: usize = 500;

/// Of a thousand documents at most this many may be judged differently, and those for a reason of `known`.
const DIFFERING_MAX: usize = 1;

fn schemas() -> PathBuf {
    std::env::var_os("QUORATE_SCHEMAS").map_or_else(|| "/usr/share/pacemaker".into(), PathBuf::from)
}

/// Documents to start from.
fn documents() -> Vec<Element> {
    let mut all: Vec<Element> = OURS.iter().map(|text| xml::read(text).expect("XML")).collect();
    for seed in 0..20 {
        all.push(configuration(&mut Chance::new(seed)).root().clone());
    }
    let recorded = needs::corpus_place().join("scheduler/xml");
    let mut files: Vec<PathBuf> = std::fs::read_dir(recorded)
        .map_or(Vec::new(), |folder| folder.filter_map(|entry| Some(entry.ok()?.path())).collect());
    files.sort();
    for file in files.iter().step_by(12) {
        let read = std::fs::read_to_string(file).ok().and_then(|text| xml::read(&text).ok());
        if let Some(mut root) = read.filter(|root| root.attr("validate-with").is_some()) {
            root.retain_elements(|child| child.name != "status");
            all.push(root);
        }
    }
    all
}

/// Why the peer's judgement is another one, where ours is meant to be.
fn known(root: &Element) -> Option<&'static str> {
    if root.attr("validate-with").is_none() {
        return Some(
            "a document has to say which schema it is of: Pacemaker 3.0 refuses it, the schema before did not",
        );
    }
    None
}

/// Whether each file is valid.
fn judged_by_peer(rules: &Path, files: &[PathBuf]) -> Vec<bool> {
    let run = Command::new(XMLLINT).arg("--noout").arg("--relaxng").arg(rules).args(files).output().expect("xmllint");
    let said = String::from_utf8_lossy(&run.stderr);
    let valid = |file: &PathBuf| {
        let (good, bad) = (format!("{} validates", file.display()), format!("{} fails to validate", file.display()));
        let verdict = said.lines().find(|line| *line == good || *line == bad);
        verdict.unwrap_or_else(|| panic!("no verdict on {}: {said}", file.display())) == good
    };
    files.iter().map(valid).collect()
}

fn agree(schema: Schema, rules: &Path, wanted: usize, starts: &[Element], damage: &Damage) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut chance = Chance::new(u64::from(schema.major) * 100 + u64::from(schema.minor));
    let (mut valid, mut differing, mut explained) = (0, Vec::new(), 0);
    let mut tried = 0;
    while tried < wanted {
        let count = BATCH.min(wanted - tried);
        let batch: Vec<(PathBuf, Element)> = (0..count)
            .map(|at| {
                // Half start from ours, which have everything.
                let from = if chance.percent(50) { OURS.len() } else { starts.len() };
                let mut start = starts[chance.below(from as u64) as usize].clone();
                start.set("validate-with", schema.to_string());
                let document = damage.done_to(&start, &mut chance);
                let file = folder.path().join(format!("{at}.xml"));
                std::fs::write(&file, xml::write_pretty(&document)).expect("a file");
                (file, document)
            })
            .collect();
        let files: Vec<PathBuf> = batch.iter().map(|(file, _)| file.clone()).collect();
        for ((file, document), peer) in batch.iter().zip(judged_by_peer(rules, &files)) {
            let faults = validate(&xml::read(&std::fs::read_to_string(file).expect("a file")).expect("XML"), schema);
            valid += usize::from(peer);
            if faults.is_empty() == peer {
                continue;
            }
            if known(document).is_some() {
                explained += 1;
                continue;
            }
            if std::env::var_os("QUORATE_SHOW").is_some() {
                let keep = std::env::temp_dir().join(format!("differs-{schema}-{}.xml", differing.len()));
                std::fs::copy(file, &keep).expect("a copy");
                println!("{}", keep.display());
            }
            differing.push(faults.first().map_or("valid by us".to_string(), ToString::to_string));
        }
        tried += count;
    }
    println!(
        "{schema}: {tried} tried, {valid} valid, {} differ, {explained} of them for a reason",
        differing.len() + explained
    );
    assert!(valid * 20 > tried, "{schema}: too few valid documents to learn from");
    assert!(differing.len() * 1000 <= tried * DIFFERING_MAX, "{schema}: {differing:#?}");
}

#[test]
fn damaged_documents_are_judged_as_the_peer_judges_them() {
    let folder = schemas();
    if !needs::files(&[PathBuf::from(XMLLINT), folder.join("pacemaker-3.9.rng")]) {
        return;
    }
    let wanted = std::env::var("QUORATE_DOCUMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let starts = documents();
    let damage = Damage::from(&starts);
    for schema in checked() {
        let rules = folder.join(format!("{schema}.rng"));
        if rules.exists() {
            agree(schema, &rules, wanted, &starts, &damage);
        }
    }
}

/// What crmsh and pcs are given of the grammar says the same as the grammar.
#[test]
fn damaged_documents_are_judged_alike_by_what_is_written_of_the_grammar() {
    if !needs::files(&[XMLLINT]) {
        return;
    }
    let starts = documents();
    let damage = Damage::from(&starts);
    let folder = tempfile::tempdir().expect("a folder");
    for schema in checked() {
        let rules = folder.path().join(format!("{schema}.rng"));
        std::fs::write(&rules, xml::write_pretty(&relax_ng(schema))).expect("a file");
        agree(schema, &rules, 300, &starts, &damage);
    }
}
