//! What a test needs of the machine: programs, rights, what others recorded. Without it the test cannot run.
//!
//! In: what is needed. Out: whether it is there; if not, one line that says so, whoever captures the rest.
//! With `CI=true` that is a failure, unless `cannot_run.toml` names the test with its reason.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::Location;
use std::path::{Path, PathBuf};

/// Tests that may be without what they need, each with its reason.
const LIST: &str = include_str!("../cannot_run.toml");

/// What was recorded of the peers' behaviour: never part of the project, read from $QUORATE_CORPUS or beside it.
#[track_caller]
pub fn corpus(part: &str) -> Option<PathBuf> {
    let path = corpus_place().join(part);
    if !path.exists() {
        cannot_run(&format!("nothing is recorded at {}", path.display()));
        return None;
    }
    Some(path)
}

/// Where records are looked for.
pub fn corpus_place() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    std::env::var_os("QUORATE_CORPUS").map_or_else(beside, PathBuf::from)
}

/// Whether all these files are there: programs, agents.
#[track_caller]
pub fn files<P: AsRef<Path>>(paths: &[P]) -> bool {
    let missing = paths.iter().map(AsRef::as_ref).find(|path| !path.exists());
    if let Some(missing) = missing {
        cannot_run(&format!("there is no {}", missing.display()));
    }
    missing.is_none()
}

/// Whether the test is run by root.
#[track_caller]
pub fn root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        cannot_run("only root can do this");
    }
    is_root
}

/// Whether a laboratory of hosts can be made here: by root, with these programs. `QUORATE_LAB=skip` leaves it out, as
/// if it could not run; without that word a test that needs one fails where it cannot be.
#[track_caller]
pub fn lab<P: AsRef<Path>>(programs: &[P]) -> bool {
    if is_left_out(std::env::var("QUORATE_LAB").ok().as_deref(), is_strict()) {
        return false;
    }
    assert!(nix::unistd::geteuid().is_root(), "only root makes hosts; QUORATE_LAB=skip leaves them out");
    let missing = programs.iter().map(AsRef::as_ref).find(|path| !path.exists());
    if let Some(missing) = missing {
        panic!("there is no {}; QUORATE_LAB=skip leaves it out", missing.display());
    }
    true
}

#[track_caller]
fn is_left_out(word: Option<&str>, is_strict: bool) -> bool {
    let is_left_out = word == Some("skip");
    if is_left_out {
        left_out("QUORATE_LAB=skip leaves out hosts of their own", is_strict);
    }
    is_left_out
}

/// A line that is shown whoever captures the rest.
fn say(line: &str) {
    // What is printed in a test that passes is shown to nobody.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says that the running test, or a part of it, is left out.
#[track_caller]
pub fn cannot_run(why: &str) {
    left_out(why, is_strict());
}

/// Whether every test has to run that is not excused.
fn is_strict() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

#[track_caller]
fn left_out(why: &str, is_strict: bool) {
    let thread = std::thread::current();
    let name = test_name(Location::caller().file(), thread.name().unwrap_or_default());
    let mut line = format!("cannot run {name}: {why}");
    let reason = excuse(&name);
    if let Some(reason) = &reason {
        let _ = write!(line, " ({reason})");
    }
    say(&line);
    assert!(!is_strict || reason.is_some(), "{line}; tests/cannot_run.toml does not excuse it");
}

/// `shell_live::commands_run_and_files_go_to_all_hosts`: the file's name and the test's.
fn test_name(file: &str, test: &str) -> String {
    let file = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    format!("{file}::{test}")
}

/// The reason that the list has for a test, or for all of its file.
fn excuse(name: &str) -> Option<String> {
    let file = name.split("::").next().unwrap_or_default();
    let listed = |wanted: &str| excuses().into_iter().find(|(listed, _)| listed == wanted);
    listed(name).or_else(|| listed(file)).map(|(_, reason)| reason)
}

/// Names and reasons, as they are listed.
pub fn excuses() -> Vec<(String, String)> {
    let entry = |line: &str| {
        let (name, reason) = line.split_once(" = ")?;
        let bare = |text: &str| text.trim().trim_matches('"').to_owned();
        Some((bare(name), bare(reason)))
    };
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::is_left_out;

    #[test]
    fn hosts_that_are_left_out_are_a_failure_where_all_must_run() {
        assert!(!is_left_out(None, true) && !is_left_out(Some("run"), true));
        assert!(is_left_out(Some("skip"), false));
        assert!(std::panic::catch_unwind(|| is_left_out(Some("skip"), true)).is_err());
    }
}
