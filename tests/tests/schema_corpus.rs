//! Upgrades of old CIBs, stage by stage, against Pacemaker's recorded results and warnings.
//!
//! Reads $QUORATE_CORPUS (default ../../shared/conformance). Each stage gets the recorded result of
//! the one before it, and whole documents go from their schema to the latest. Where the mark
//! `changed` stands among the attributes is not compared, nor the mark of what was there (`original="1"`). `KNOWN` may only shrink.

use quorate_tests::needs;
use std::path::Path;

use quorate_core::cib::Document;
use quorate_core::cib::upgrade::{STEPS, Warning, to_latest};
use quorate_core::xml::{self, Element, Node};

/// Results that differ, each with its reason.
const KNOWN: &[(&str, &str)] = &[];

/// The recorded names of a step's stages, and the folder they are in.
const RECORDED: [(u8, &str, &[&str]); 2] =
    [(2, "test-2", &["0", "1", "2"]), (3, "test-3", &["0", "1", "2", "3", "4", "99"])];

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.join("xml"))
        .expect("the corpus has inputs")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(path: &Path) -> Element {
    xml::read(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The mark `changed` is last. What stood there needs no mark with us.
fn canonical(element: &Element) -> Element {
    let mut ordered = element.clone();
    ordered.attributes.retain(|name, value| (name, value) != ("original", "1"));
    ordered.attributes.sort_by_key(|name| *name == "changed");
    for node in &mut ordered.children {
        if let Node::Element(child) = node {
            *node = Node::from(canonical(child));
        }
    }
    ordered
}

fn printed(element: &Element, warnings: &[Warning]) -> String {
    let warnings: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
    xml::write_pretty(&canonical(element)) + &warnings
}

#[derive(Default)]
struct Score {
    passed: usize,
    differing: Vec<String>,
}

impl Score {
    fn compare(&mut self, name: String, recorded: &str, found: &str) {
        if recorded == found {
            self.passed += 1;
            return;
        }
        if std::env::var("ONLY").is_ok_and(|only| name.starts_with(&only)) {
            println!("--- {name}: recorded\n{recorded}\n--- found\n{found}");
        }
        self.differing.push(name);
    }

    fn report(&self, what: &str) {
        println!("{what}: {} as recorded, {} not: {}", self.passed, self.differing.len(), self.differing.join(" "));
        let known = |name: &str| KNOWN.iter().any(|(known, _)| *known == name);
        let fresh: Vec<&String> = self.differing.iter().filter(|name| !known(name)).collect();
        assert!(fresh.is_empty(), "differ and are not known to: {fresh:?}");
    }
}

#[test]
fn every_stage_gives_what_pacemaker_gives() {
    let Some(corpus) = needs::corpus("schemas") else { return };
    let mut score = Score::default();
    for (major, folder, stages) in RECORDED {
        let folder = corpus.join(folder);
        let step = STEPS.iter().find(|step| step.major == major).expect("a step from every major version");
        assert_eq!(step.stages.len(), stages.len());
        for name in names(&folder) {
            let mut before = folder.join(format!("xml/{name}.xml"));
            for (stage, number) in step.stages.iter().zip(stages) {
                let after = folder.join(format!("ref/{name}.ref-{number}"));
                let warnings = read(&folder.join(format!("ref.err/{name}.ref.err-{number}")));
                let (found, said) = stage(parse(&before));
                let recorded = xml::write_pretty(&canonical(&parse(&after))) + &warnings;
                score.compare(format!("{name}-{number}"), &recorded, &printed(&found, &said));
                before = after;
            }
        }
    }
    score.report("stages");
    let mended: Vec<_> = KNOWN.iter().filter(|(known, _)| !score.differing.iter().any(|name| name == known)).collect();
    assert!(mended.is_empty(), "no longer differ; take them off the list: {mended:?}");
}

#[test]
fn whole_documents_reach_the_latest_schema() {
    let Some(corpus) = needs::corpus("schemas") else { return };
    let mut score = Score::default();
    let folder = corpus.join("test-3");
    for name in names(&folder) {
        let input = Document::read(&read(&folder.join(format!("xml/{name}.xml")))).expect("a CIB");
        let recorded = parse(&folder.join(format!("ref/{name}.ref-99")));
        let (found, _) = to_latest(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        score.compare(name, &printed(&recorded, &[]), &printed(found.root(), &[]));
    }
    score.report("documents");
    for name in names(&corpus.join("test-2")) {
        let input = Document::read(&read(&corpus.join(format!("test-2/xml/{name}.xml")))).expect("a CIB");
        let (found, _) = to_latest(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.root().attr("validate-with"), Some("pacemaker-4.0"), "{name}");
        assert!(to_latest(&found).is_ok_and(|(again, said)| again.same(&found) && said.is_empty()), "{name}");
    }
}
