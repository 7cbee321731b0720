//! House rules that a reader relies on: every file says what it is; nothing unfinished is marked.

use std::fs;
use std::path::{Path, PathBuf};

use quorate_tests::imports::without_tests;

const CRATES: [&str; 7] = ["grammar", "core", "transport", "daemon", "shell", "tui", "tests"];

/// Files longer than this want to be split by the noun inside them.
const LINES_MAX: usize = 800;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn files() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = CRATES.iter().map(|krate| root().join(krate)).collect();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 100, "only {} files found", found.len());
    found
}

fn broken(rule: impl Fn(&Path, &str) -> bool) -> Vec<PathBuf> {
    files().into_iter().filter(|(path, text)| rule(path, text)).map(|(path, _)| path).collect()
}

#[test]
fn every_file_says_what_it_is() {
    let silent = broken(|_, text| !text.starts_with("//! "));
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_file_is_endless() {
    let long = broken(|_, text| text.lines().count() > LINES_MAX);
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn nothing_unfinished_is_marked() {
    let marks = [concat!("todo", "!("), concat!("unimple", "mented!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];
    let marked = broken(|_, text| marks.iter().any(|mark| text.contains(mark)));
    assert!(marked.is_empty(), "{marked:?}");
}

#[test]
fn files_are_not_called_by_what_they_are_not_about() {
    let vague = broken(|path, _| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        ["utils", "util", "common", "helpers", "helper", "misc"].contains(&name)
    });
    assert!(vague.is_empty(), "{vague:?}");
}

/// What may be without its needs is named as it is called.
#[test]
fn excused_tests_exist() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let gone = quorate_tests::needs::excuses().into_iter().filter(|(name, reason)| {
        let (file, test) = name.split_once("::").map_or((name.as_str(), None), |(file, test)| (file, Some(test)));
        let text = fs::read_to_string(tests.join(format!("{file}.rs"))).unwrap_or_default();
        reason.is_empty() || text.is_empty() || test.is_some_and(|test| !text.contains(&format!("fn {test}(")))
    });
    let gone: Vec<_> = gone.collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// Public functions of a crate's files: path, comment, and head up to the body.
fn public_functions(folder: &str) -> Vec<(PathBuf, String, String)> {
    let mut all = Vec::new();
    for (path, text) in files() {
        if !path.starts_with(root().join(folder)) {
            continue;
        }
        let mut comment = String::new();
        let text = without_tests(&text);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().map(|line| line.trim_start()).enumerate() {
            if line.starts_with("pub fn ") || line.starts_with("pub const fn ") || line.starts_with("pub async fn ") {
                let head = lines[at..lines.len().min(at + 12)].join(" ");
                let head = head.split('{').next().unwrap_or_default().to_string();
                all.push((path.clone(), std::mem::take(&mut comment), head));
            } else if line.starts_with("///") {
                comment.push_str(line);
            } else if !line.starts_with("#[") {
                comment.clear();
            }
        }
    }
    assert!(all.len() > 20, "{folder} has functions");
    all
}

/// Whoever handles a failure in another crate needs to know which it is.
#[test]
fn failures_cross_crates_as_types() {
    for folder in
        ["grammar/src", "core/src", "transport/src", "daemon/agents/src", "shell/bootstrap/src", "shell/tools/src"]
    {
        for (path, _, head) in public_functions(folder) {
            let is_text = head.contains("-> Result<") && head.trim_end().ends_with(", String>");
            assert!(!is_text, "{}: {head}", path.display());
        }
    }
}

#[test]
fn core_and_transport_say_what_they_refuse() {
    for folder in ["core/src", "transport/src"] {
        for (path, comment, head) in public_functions(folder) {
            let refuses = head.contains("-> Result<") || head.contains("-> io::Result<");
            assert!(!refuses || comment.contains("# Errors"), "{}: {head}", path.display());
        }
    }
}
