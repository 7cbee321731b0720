//! Wrong inputs with all that is said of them: `wrong.txt` is the table, `QUORATE_BLESS=1` rewrites it.
//!
//! A case begins with `--- HOW`: `single` (words of a command line), `stdin` (lines in `configure`) or
//! `load` (a file). Then the input, a line `...`, and what comes on standard error.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::Bench;
use std::fmt::Write;
use std::path::PathBuf;

const BASE: &str = "node n1\nnode n2\nproperty fencing-enabled=false\nprimitive a ocf:pacemaker:Dummy\nprimitive b ocf:pacemaker:Dummy\n\
    primitive c ocf:pacemaker:Dummy\nprimitive d ocf:pacemaker:Dummy\ngroup g a b\nclone k c\nlocation l1 d 10: n1\ntag t1 d\nrole r1 read cib\n";

struct Case {
    how: String,
    input: String,
    expected: String,
}

fn cases(text: &str) -> Vec<Case> {
    let blocks = text.split("--- ").skip(1);
    blocks
        .map(|block| {
            let (how, rest) = block.split_once('\n').unwrap();
            let (input, expected) = rest.split_once("...\n").unwrap_or((rest, ""));
            Case { how: how.to_string(), input: input.to_string(), expected: expected.to_string() }
        })
        .collect()
}

fn said(case: &Case) -> String {
    let bench = Bench::with(BASE);
    let before = bench.cib();
    let answer = match case.how.as_str() {
        "single" => {
            let words: Vec<&str> = case.input.trim_end().split('|').collect();
            bench.crm(&words)
        }
        "stdin" => bench.fed(&["configure"], &case.input),
        "load" => {
            bench.write("file.crm", &case.input);
            bench.crm(&["configure", "load", "update", "file.crm"])
        }
        other => panic!("no such way: {other}"),
    };
    let mut said = answer.err;
    // None of these may stand in the table.
    if answer.code == 0 {
        said.push_str("BUT TAKEN\n");
    }
    if bench.cib() != before {
        said.push_str("BUT CHANGED\n");
    }
    if said.trim().is_empty() || said.to_lowercase().contains("syntax error") {
        said.push_str("BUT NOT SAID WHY\n");
    }
    said
}

#[test]
fn wrong_inputs_are_told_where_and_why() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wrong.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let cases = cases(&text);
    assert!(cases.len() >= 150, "{}", cases.len());
    let (mut blessed, mut wrong) = (String::new(), String::new());
    for case in &cases {
        let said = said(case);
        if said != case.expected {
            let _ = writeln!(wrong, "--- {}\n{}...\nwas\n{}is\n{said}", case.how, case.input, case.expected);
        }
        let _ = write!(blessed, "--- {}\n{}...\n{said}", case.how, case.input);
    }
    if std::env::var_os("QUORATE_BLESS").is_some() {
        std::fs::write(&path, blessed).unwrap();
        return;
    }
    assert!(wrong.is_empty() && !text.contains("\nBUT "), "{wrong}");
}
