//! crm_mon beside Pacemaker's own, on recorded CIBs: every tenth of the corpus, or every fifth.
//!
//! The peer here is 2.1, and what 3.0 says differently is made alike before comparing: exit codes'
//! words, and who counts as unclean. Skipped where the peer or the corpus is missing. What differs from
//! that peer is intervals' words, bans' order, feature sets, expired failures, and nodes it reads by older
//! rules; QUORATE_PEER_MONITOR names another crm_mon, and one of 3.0 is held to nearly all.

use quorate_tests::needs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate_core::time::Now;
use quorate_tui::args::{self, Command as Asked};
use quorate_tui::once;
use quorate_tui::snapshot::Snapshot;

const PEER: &str = "/usr/sbin/crm_mon";

/// The peer, and whether it is another than the one that is installed.
fn peer() -> (PathBuf, bool) {
    let other = std::env::var_os("QUORATE_PEER_MONITOR").map(PathBuf::from);
    let is_other = other.is_some();
    (other.unwrap_or_else(|| PathBuf::from(PEER)), is_other)
}

fn peers(options: &[&str], path: &Path) -> Option<String> {
    let output = Command::new(peer().0).args(options).env("CIB_file", path).env("TZ", "UTC").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn ours(options: &[&str], path: &Path) -> String {
    let words: Vec<String> = options.iter().map(|word| (*word).to_string()).collect();
    let Ok(Asked::Show(show)) = args::parse("crm_mon", &words) else { panic!("{options:?} is not understood") };
    let document = quorate_transport::store::read_file(path).expect("a CIB of the corpus");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    once::print(&Snapshot { document, status: None, pacemaker: false }, &show, Now::from_epoch(now.as_secs() as i64)).0
}

/// Only what both can be expected to say alike.
fn comparable(text: &str) -> Vec<String> {
    let skipped = |line: &&str| {
        let moments = line.contains("Last updated") || line.contains("<last_update");
        let versions = line.contains("<pacemaker-result") || line.contains("<cluster_options");
        let cleanness = ["UNCLEAN (offline)", ": OFFLINE:", "  * OFFLINE: ["].iter().any(|words| line.contains(words));
        !(moments || versions || cleanness || line.trim().is_empty())
    };
    let alike = |line: &str| {
        let line = line
            .to_lowercase()
            .replace("status='complete'", "status='done'")
            .replace("status=\"complete\"", "status=\"done\"")
            .replace("error occurred", "error")
            .replace("unimplemented feature", "unimplemented")
            .replace(": granted", "\tgranted")
            .replace(": revoked", "\trevoked");
        let mut line = without_attribute(&line, "maintenance");
        for name in ["unclean", "removed", "feature_set", "target_role", "fail-count", "last-failure", "granted"] {
            line = without_attribute(&line, name);
        }
        line.split(" fail-count=").next().unwrap_or_default().to_string()
    };
    text.lines().filter(skipped).map(alike).collect()
}

fn without_attribute(line: &str, name: &str) -> String {
    let start = format!(" {name}=\"");
    match line.split_once(&start) {
        Some((before, after)) => format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest)),
        None => line.to_string(),
    }
}

/// Percent of the cases that read alike.
#[track_caller]
fn check(options: &[&str], floor: usize) {
    let Some(corpus) = needs::corpus("scheduler/xml").filter(|_| needs::files(&[peer().0])) else { return };
    let entries = std::fs::read_dir(corpus).expect("the corpus").flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    let (mut compared, mut differing) = (0, Vec::new());
    // In one line a lost quorum is critical here, and not to the peer: of these, more are looked at.
    let in_one_line = options.contains(&"-s");
    for path in paths.into_iter().step_by(if in_one_line { 5 } else { 10 }) {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        // Of these, Pacemaker 3.0 tells in other words than the peer that is installed.
        let told_otherwise = text.contains("<bundle") || text.contains("ticket");
        let without_quorum = ["0", "false"].iter().any(|no| text.contains(&format!("have-quorum=\"{no}\"")));
        let told_otherwise = told_otherwise || in_one_line && without_quorum;
        let Some(expected) = peers(options, &path).filter(|_| !told_otherwise) else { continue };
        compared += 1;
        if comparable(&expected) != comparable(&ours(options, &path)) {
            differing.push(path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
        }
    }
    let floor = if peer().1 { floor.max(90) } else { floor };
    assert!(compared > 40, "only {compared} cases could be compared");
    let alike = 100 * (compared - differing.len()) / compared;
    println!("{options:?}: {alike} % of {compared} alike; not: {differing:?}");
    assert!(alike >= floor, "{options:?}: only {alike} % of {compared} read as the peer's: {differing:?}");
}

#[test]
fn the_plain_state() {
    check(&["-1"], 88);
}

#[test]
fn everything_by_node() {
    check(&["-1nrcARL"], 76);
}

#[test]
fn operations_with_their_times() {
    check(&["-1rfot"], 70);
}

#[test]
fn counts_instead_of_names() {
    check(&["-1nb"], 80);
}

#[test]
fn xml_for_programs() {
    check(&["--output-as=xml", "-r"], 76);
}

#[test]
fn one_line_for_monitoring() {
    if peer().1 {
        return needs::cannot_run("Pacemaker 3.0 has no such option any more");
    }
    check(&["-s"], 95);
}
