//! The packages of ours, made of what is built here, and Debian's of the peers.
//!
//! In: a revision; names of packages. Out: files.
//! Absent: installing them (see `whole`).

use crate::lab::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes both packages with this revision; one test at a time does, since they are made in one place.
#[track_caller]
pub fn build(revision: &str, into: &Path) -> Vec<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/packages");
    let programs = program("quorated");
    let output = Command::new(script)
        .arg("deb")
        .arg(programs.parent().expect("a directory"))
        .arg(into)
        .args(["--fast", "--deb-revision", revision])
        .output()
        .expect("scripts/packages");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let end = format!("-{revision}_");
    let found: Vec<PathBuf> = files(into).into_iter().filter(|file| file.to_string_lossy().contains(&end)).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    found
}

/// Debian's packages of these names that the machine does not have, with all that they need.
#[track_caller]
pub fn fetch(names: &[&str], into: &Path) -> Vec<PathBuf> {
    let archives = format!("Dir::Cache::archives={}", into.display());
    fs::create_dir_all(into.join("partial")).expect("a directory for packages");
    let output = Command::new("apt-get")
        .args(["-qq", "-y", "install", "--no-install-recommends", "--download-only", "-o", &archives])
        .args(names)
        .output()
        .expect("apt-get");
    assert!(output.status.success(), "{names:?}: {}", String::from_utf8_lossy(&output.stderr));
    files(into)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory of packages").flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "deb")).collect();
    found.sort();
    found
}
