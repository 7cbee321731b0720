//! A promotable clone of which nobody can be promoted says so at once, and is promoted when somebody sets a score.

use quorate_tests::lab::Lab;
use std::fs;
use std::process::Output;

#[track_caller]
fn typed(lab: &Lab, line: &str) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = lab.tool("n1", &words).output().expect("the tool runs");
    assert!(output.status.success(), "{line}: {output:?}");
    output
}

#[test]
fn who_has_no_successor_is_told_in_the_status_and_in_the_log() {
    let lab = Lab::started(2);
    let file = lab.directory().join("batch.crm");
    let text = "configure\nproperty fencing-enabled=false\n\
                primitive db ocf:quorate:Stateful params unpromoted_score=-1000\n\
                clone dbs db meta promotable=true\ncommit\n";
    fs::write(&file, text).expect("a batch");
    typed(&lab, &format!("crm -f {}", file.display()));
    lab.wait_at("n1", "db", &["n1", "n2"]);
    let told = "nobody of dbs can be promoted: no promotion score is 0 or more (master-db is -1000 on n1, \
                master-db is -1000 on n2)";
    let warned = |lab: &Lab| String::from_utf8_lossy(&typed(lab, "crm status").stderr).contains(told);
    lab.wait("the warning", warned);
    lab.wait_until_idle();
    let why = String::from_utf8_lossy(&typed(&lab, "crm resource why dbs").stdout).into_owned();
    assert!(why.contains(told), "{why}");
    let count = || lab.names().iter().map(|name| lab.whole_log(name).matches(told).count()).sum::<usize>();
    lab.wait("its line in the log", |_| count() == 1);
    // What it says is to be done helps.
    typed(&lab, "crm_attribute -N n2 -n master-db -v 1 -l reboot");
    lab.wait_at("n1", "db", &["n1", "n2*"]);
    lab.wait_until_idle();
    assert!(!warned(&lab));
    assert_eq!(count(), 1);
}
