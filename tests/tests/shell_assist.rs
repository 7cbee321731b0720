//! `crm configure assist`: made at once, and alike with crmsh.

use quorate_tests::needs;
use quorate_tests::shell::Bench;
use std::fs;
use std::process::Command;

const CRMSH: &str = "/usr/sbin/crm";

const BEFORE: &str = "primitive a Dummy params state=/x op monitor interval=10s meta priority=1
primitive b Dummy params fake=1
primitive s Stateful
primitive c Dummy
group g c
property stonith-enabled=false
";

#[track_caller]
fn check(words: &str, shown: &[&str]) {
    let bench = Bench::with(BEFORE);
    let words: Vec<&str> = words.split_whitespace().collect();
    let answer = bench.crm(&[&["configure", "assist"], &words[..]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let text = bench.show(&[]).replace(" \\\n\t", " ");
    for line in shown {
        assert!(text.lines().any(|known| known == *line), "no `{line}` in\n{text}");
    }
}

#[track_caller]
fn check_wrong(words: &str, said: &str) {
    let bench = Bench::with(BEFORE);
    let before = bench.cib();
    let words: Vec<&str> = words.split_whitespace().collect();
    let answer = bench.crm(&[&["configure", "assist"], &words[..]].concat());
    assert!(answer.code != 0 && answer.err.contains(said), "{}", answer.err);
    assert_eq!(bench.cib(), before);
}

#[test]
fn primitives_of_one_agent_share_a_template() {
    check(
        "template a b",
        &[
            "rsc_template template-dummy-1 Dummy",
            "primitive a @template-dummy-1 params state=\"/x\" op monitor interval=10s meta priority=1",
            "primitive b @template-dummy-1 params fake=1",
        ],
    );
    check_wrong("template a s", "`s` is ocf:heartbeat:Stateful, not ocf:heartbeat:Dummy as `a`");
    check_wrong("template g", "`g` is a group, not a primitive");
    check_wrong("template a a", "`a` is named twice");
}

#[test]
fn a_weak_bond_is_a_set_without_order_and_a_resource_that_does_nothing() {
    check(
        "weak-bond a s",
        &["primitive place-dummy-1 Dummy", "colocation place-constraint-1 inf: ( a s ) place-dummy-1"],
    );
    check_wrong("weak-bond a", "between two resources at least");
    check_wrong("weak-bond a x", "there is no resource `x`");
}

#[test]
fn names_that_are_taken_are_passed_over() {
    let bench = Bench::with(BEFORE);
    let answer = bench.script("configure\nassist weak-bond a s\nassist weak-bond a b\nassist template a b\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    let shown = bench.show(&[]);
    assert!(shown.contains("colocation place-constraint-2 inf: ( a b ) place-dummy-2"), "{shown}");
    let again = bench.script("configure\nundo\nassist template a b\n");
    assert!(again.err.contains("use a template already"), "{}", again.err);
}

#[test]
fn crmsh_makes_the_same() {
    if !needs::files(&[CRMSH]) {
        return;
    }
    for words in ["template a b", "weak-bond a b", "weak-bond s b a"] {
        let made = |command: &mut Command, bench: &Bench| {
            command.env("CIB_file", bench.path("cib.xml")).env("HOME", bench.path("")).env("TERM", "dumb");
            Bench::feed(command.args(["-F", "configure", "assist"]).args(words.split_whitespace()), "");
            let cib = fs::read_to_string(bench.path("cib.xml")).expect("the CIB");
            let document = quorate_core::cib::Document::read(&cib).expect("a CIB");
            sorted(document.configuration())
        };
        let (ours, theirs) = (Bench::with(BEFORE), Bench::with(BEFORE));
        let ours = made(&mut ours.command(), &ours);
        assert_eq!(ours, made(&mut Command::new(CRMSH), &theirs), "{words}");
        assert!(ours.contains("-1\""), "{ours}");
    }
}

/// Elements line by line, attributes sorted by name.
fn sorted(element: &quorate_core::xml::Element) -> String {
    let line = |element: &quorate_core::xml::Element| {
        let mut attributes: Vec<String> =
            element.attributes.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        attributes.sort();
        format!("{} {}\n", element.name, attributes.join(" "))
    };
    element.descendants().map(line).collect()
}
