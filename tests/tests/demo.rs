//! The demo without a terminal: its story reaches every step, and nothing is left behind.

use quorate_tests::lab::program;
use std::process::{Command, Stdio};

fn demo(directory: &std::path::Path, words: &[&str]) -> (bool, String) {
    let output = Command::new(program("quorate"))
        .arg("demo")
        .args(words)
        .arg("--dir")
        .arg(directory)
        .stdin(Stdio::null())
        .output()
        .expect("the demo runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

fn processes_naming(directory: &std::path::Path) -> Vec<String> {
    let mark = format!("QUORATE_ROOT={}", directory.display());
    let entries = std::fs::read_dir("/proc").expect("processes").flatten();
    let named = entries.filter(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes()))
    });
    named.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_story_reaches_every_step_and_leaves_nothing_behind() {
    let parent = tempfile::tempdir().expect("a directory");
    let directory = parent.path().join("demo");
    let (told, text) = demo(&directory, &[]);
    assert!(told, "{text}");
    assert!(text.ends_with("The end: every step was reached.\n"), "{text}");
    assert!(!directory.exists(), "the directory is left behind");
    assert_eq!(processes_naming(&directory), Vec::<String>::new());
}

#[test]
fn what_is_no_demo_is_left_alone() {
    let parent = tempfile::tempdir().expect("a directory");
    std::fs::write(parent.path().join("precious"), "data").expect("a file");
    let (ok, text) = demo(parent.path(), &[]);
    assert!(!ok && text.contains("not empty"), "{text}");
    let (ok, text) = demo(parent.path(), &["stop"]);
    assert!(!ok && text.contains("there is no demo"), "{text}");
    assert!(parent.path().join("precious").exists());
}
