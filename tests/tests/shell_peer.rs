//! Made-up configurations, loaded by us and by the crmsh that is installed: the text that is shown and
//! the XML, ids and all, must be the same.
//!
//! `QUORATE_SEEDS` says how many files (each of some hundred objects); the report counts objects and
//! lists what differs by its cause.
#![allow(clippy::unwrap_used)]

use quorate_core::xml::{self, Element};
use quorate_tests::needs;
use quorate_tests::shell::Bench;
use quorate_tests::statements;
use quorate_tests::world::chance::Chance;
use std::collections::BTreeMap;
use std::process::Command;

const CRMSH: &str = "/usr/sbin/crm";

/// Statements by keyword and id, each on one line.
fn objects(shown: &str) -> BTreeMap<String, String> {
    let text = shown.replace(" \\\n", " ");
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [keyword, id, ..] = words[..] else { continue };
        let is_object = quorate_grammar::crm::is_statement(keyword);
        if is_object && !line.starts_with(' ') {
            found.insert(format!("{keyword} {id}"), words.join(" "));
        }
    }
    found
}

/// Elements by id, with attributes sorted by name; children as they stand.
fn elements(xml_text: &str) -> BTreeMap<String, String> {
    let start = xml_text.find("<?xml").unwrap_or(0);
    let text = &xml_text[start..];
    let end = text.find("</cib>").map_or(text.len(), |end| end + 6);
    let body = text[..end].replacen("<?xml version=\"1.0\" ?>", "", 1);
    let Ok(cib) = xml::read(body.trim()) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for section in cib.child("configuration").into_iter().flat_map(Element::elements) {
        for object in section.elements() {
            let name = format!("{} {}", object.name, object.id().unwrap_or_default());
            found.insert(name, xml::write(&sorted(object)));
        }
    }
    found
}

fn sorted(element: &Element) -> Element {
    let mut sorted = element.clone();
    sorted.attributes.sort_by_key(|name| name.to_string());
    sorted.children = element.elements().map(|child| quorate_core::xml::Node::from(self::sorted(child))).collect();
    sorted
}

fn theirs(session: &str) -> String {
    let bench = Bench::default();
    // Of some of these configurations its helpers never make an end.
    let mut command = Command::new("timeout");
    command
        .args(["60", CRMSH, "-F"])
        .env("CIB_file", bench.path("cib.xml"))
        .env("HOME", bench.path(""))
        .env("TERM", "dumb");
    command.stdin(std::fs::File::open(bench.write("session", session)).unwrap());
    let output = command.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused: Vec<&str> =
        complaints.lines().filter(|line| line.contains("syntax") || line.contains("load:")).collect();
    assert!(refused.is_empty(), "crmsh does not read it: {}", refused.join("\n"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Both texts where they begin to differ.
fn around_difference(ours: &str, theirs: &str) -> (String, String) {
    let same = ours.chars().zip(theirs.chars()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| text.chars().skip(same.saturating_sub(50)).take(140).collect::<String>();
    (cut(ours), cut(theirs))
}

/// Why two texts of one object differ; `None` if nobody knows yet.
fn cause(ours: &str, theirs: &str) -> Option<&'static str> {
    if theirs.starts_with("xml ") {
        return Some("shown as XML by crmsh");
    }
    if ours.starts_with("xml ") {
        return None;
    }
    None
}

#[test]
fn crmsh_makes_the_same_of_made_up_configurations() {
    if !needs::files(&[CRMSH]) {
        return;
    }
    let seeds = std::env::var("QUORATE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    let (mut compared, mut causes): (usize, BTreeMap<&str, usize>) = (0, BTreeMap::new());
    let mut wrong = Vec::new();
    for seed in 0..seeds {
        let text = statements::text(&mut Chance::new(seed), 150);
        let bench = Bench::default();
        let file = bench.write("all.crm", &text);
        // Dropped at the end: what is made up makes no sense, and crmsh would have it verified.
        let session = format!("configure\nload update {file}\nshow\nshow xml\nrefresh\nquit\n");
        let ours = bench.script(&session);
        assert_eq!(ours.code, 0, "seed {seed}\n{}", ours.err);
        let theirs = theirs(&session);
        for (ours, theirs) in [(objects(&ours.out), objects(&theirs)), (elements(&ours.out), elements(&theirs))] {
            for (name, mine) in &ours {
                compared += 1;
                let other = theirs.get(name).map_or("", String::as_str);
                if mine != other {
                    match cause(mine, other) {
                        Some(cause) => *causes.entry(cause).or_default() += 1,
                        None => {
                            let (mine, other) = around_difference(mine, other);
                            wrong.push(format!("seed {seed} {name}\n  ours   {mine}\n  theirs {other}"));
                        }
                    }
                }
            }
            let lost: Vec<&String> = theirs.keys().filter(|name| !ours.contains_key(*name)).collect();
            assert!(lost.is_empty(), "seed {seed}: only crmsh has {lost:?}");
        }
    }
    println!("{compared} objects compared (as text and as XML), {} differ without a cause", wrong.len());
    causes.iter().for_each(|(cause, count)| println!("{count} differ: {cause}"));
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(25)].join("\n"));
}
