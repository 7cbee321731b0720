//! Stories told by crm_simulate: each command works on what the one before left, its whole output is written down.
//!
//! `scenarios/postgresql/failover.txt` holds commands and outputs; `QUORATE_BLESS=1` writes the outputs anew,
//! `QUORATE_PEER_SIMULATE` names a program whose outputs are compared too.

use quorate_tests::lab::program;
use quorate_tests::needs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/postgresql")
}

/// Real time shows in when a failure was last seen, and nowhere else.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once("last-failure-").and_then(|(_, rest)| rest.split_once('=')) {
        Some((_, rest)) => {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            line.replacen(&format!("={digits}"), "=T", 1)
        }
        None => line.to_string(),
    };
    text.lines().map(|text| line(text).trim_end().to_string() + "\n").collect()
}

/// Standard output and errors, and the exit code if it is not 0.
fn output(program: &[&str], arguments: &str, directory: &Path) -> String {
    let command = format!("{} {arguments} 2>&1", program.join(" "));
    let output = Command::new("sh").args(["-c", &command]).current_dir(directory).env("TZ", "UTC").output();
    let output = output.expect("a shell");
    let mut text = timeless(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() {
        text.push_str(&format!("[exit {}]\n", output.status.code().unwrap_or(-1)));
    }
    text
}

/// The story with every command's output behind it.
fn told(story: &str, program: &[&str]) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let cib = directory.path().join("cluster.xml");
    std::fs::copy(folder().join("cluster.xml"), cib).expect("the cluster's CIB");
    let mut text = String::new();
    for line in story.lines().filter(|line| line.starts_with(['#', '$'])) {
        let remark = line.starts_with('#');
        if remark && text.lines().next_back().is_some_and(|before| !before.starts_with('#')) {
            text.push('\n');
        }
        text.push_str(&format!("{line}\n"));
        if let Some(arguments) = line.strip_prefix("$ crm_simulate ") {
            text.push_str(&output(program, arguments, directory.path()));
        }
    }
    text
}

#[test]
fn a_failover_goes_as_it_is_written() {
    let path = folder().join("failover.txt");
    let story = std::fs::read_to_string(&path).expect("the story");
    let ours = program("quorate");
    let found = told(&story, &[&ours.display().to_string(), "crm_simulate"]);
    if std::env::var_os("QUORATE_BLESS").is_some() {
        return std::fs::write(&path, found).expect("a writable story");
    }
    similar(&story, &found);
}

#[test]
fn the_peer_tells_the_same_story() {
    let Ok(peer) = std::env::var("QUORATE_PEER_SIMULATE") else {
        return needs::cannot_run("QUORATE_PEER_SIMULATE names no peer");
    };
    let story = std::fs::read_to_string(folder().join("failover.txt")).expect("the story");
    similar(&story, &told(&story, &[&peer]));
}

#[track_caller]
fn similar(expected: &str, found: &str) {
    let differing = expected.lines().zip(found.lines()).enumerate().find(|(_, (expected, found))| expected != found);
    if let Some((at, (expected, found))) = differing {
        panic!("line {}: expected\n  {expected}\nfound\n  {found}", at + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "one story is longer");
}
