//! What the shell asks of running daemons: fencing, confirming that a lost node is off, restarts, waiting.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::Lab;
use std::fs;
use std::time::{Duration, Instant};

struct Answer {
    code: i32,
    out: String,
    err: String,
}

fn crm(lab: &Lab, words: &[&str]) -> Answer {
    let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
    let output = lab.tool("n1", &words).output().expect("the shell runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Answer { code: output.status.code().expect("it ended"), out: text(&output.stdout), err: text(&output.stderr) }
}

#[track_caller]
fn ok(lab: &Lab, words: &[&str]) -> String {
    let answer = crm(lab, words);
    assert_eq!(answer.code, 0, "crm {words:?}: {}{}", answer.out, answer.err);
    answer.out
}

#[track_caller]
fn load(lab: &Lab, text: &str) {
    let file = lab.directory().join("batch.crm");
    fs::write(&file, format!("configure\n{text}\ncommit\n")).expect("a batch");
    ok(lab, &["-w", "-f", &file.to_string_lossy()]);
}

/// A device that reaches these nodes.
fn fencer(lab: &Lab, nodes: &str) -> String {
    format!(
        "property fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"{nodes}\" pcmk_reboot_action=off\n\
         location fencer-n1 fencer 100: n1",
        lab.directory().display()
    )
}

fn is_on(lab: &Lab, resource: &str, node: &str) -> bool {
    let expected = format!("resource {resource} is running on: {node}\n");
    crm(lab, &["resource", "locate", resource]).out == expected
}

fn wait_on(lab: &Lab, resource: &str, node: &str) {
    lab.wait(&format!("{resource} on {node}"), |lab| is_on(lab, resource, node));
}

/// How often an agent noted that it started.
fn starts(lab: &Lab) -> usize {
    let record = fs::read_to_string(lab.directory().join("record")).unwrap_or_default();
    record.lines().filter(|line| line.contains(" start ")).count()
}

#[test]
fn a_fenced_node_is_cut_off_and_its_resources_run_elsewhere() {
    let mut lab = Lab::started(3);
    let fencer = fencer(&lab, "n2 n3");
    load(&lab, &format!("{fencer}\nprimitive a ocf:quorate:Dummy\nlocation a-n2 a 50: n2"));
    wait_on(&lab, "a", "n2");

    // Without a person who answers, and without -F, nothing happens.
    let asked = crm(&lab, &["node", "fence", "n2"]);
    assert!(asked.code == 1 && asked.err.contains("nothing was done"), "{}", asked.err);
    let shown = ok(&lab, &["node", "fence", "n2", "--preview"]);
    assert!(shown.starts_with("Supposed n2 is fenced") && shown.contains("Start      a"), "{shown}");
    // What was asked for later has happened.
    load(&lab, "primitive later ocf:quorate:Dummy\nlocation later-n1 later inf: n1");
    wait_on(&lab, "later", "n1");
    assert!(lab.runs("n2") && is_on(&lab, "a", "n2"));

    ok(&lab, &["-F", "node", "fence", "n2"]);
    // The answer comes after the fact.
    let log = fs::read_to_string(lab.directory().join("fencing.log")).expect("the device was used");
    assert!(log.lines().count() == 1 && log.ends_with(" off n2\n"), "cut off once: {log}");
    assert!(!lab.runs("n2"), "n2 is said to be fenced and still runs");
    lab.wait("a elsewhere", |lab| is_on(lab, "a", "n1") || is_on(lab, "a", "n3"));

    // What cannot be reached is an error that says so.
    let failed = crm(&lab, &["-F", "node", "fence", "n1"]);
    assert_eq!(failed.code, 1);
    assert!(failed.err.contains("not fenced: no fence device can reach n1"), "{}", failed.err);
    assert!(lab.runs("n1"));
    let unknown = crm(&lab, &["-F", "node", "fence", "n9"]);
    assert!(unknown.code == 1 && unknown.err.contains("there is no node `n9`"), "{}", unknown.err);
}

#[test]
fn a_lost_nodes_resources_wait_until_a_person_confirms_that_it_is_off() {
    let mut lab = Lab::started(3);
    let fencer = fencer(&lab, "n9");
    load(&lab, &format!("{fencer}\nprimitive a ocf:quorate:Dummy\nlocation a-n2 a 50: n2"));
    wait_on(&lab, "a", "n2");
    lab.kill("n2");
    lab.wait("n2 to be missed", |lab| lab.status("n1").is_some_and(|status| status.members.len() == 2));
    lab.wait("fencing to be tried", |lab| lab.status("n1").is_some_and(|status| !status.fencing.is_empty()));
    let asked = crm(&lab, &["node", "clearstate", "n2"]);
    assert!(asked.code == 1 && asked.err.contains("nothing was done"), "{}", asked.err);
    // What needs no fencing starts meanwhile.
    ok(&lab, &["configure", "primitive", "later", "ocf:quorate:Dummy", "meta", "requires=nothing"]);
    lab.wait("later to start", |lab| is_on(lab, "later", "n1") || is_on(lab, "later", "n3"));
    let elsewhere = ["n1", "n3"].map(|node| lab.root(node).join("run/resource-agents/Dummy-a.state"));
    assert!(!elsewhere.iter().any(|state| state.exists()), "a started while n2 may still run it");

    ok(&lab, &["-F", "node", "clearstate", "n2"]);
    lab.wait("a elsewhere", |_| elsewhere.iter().any(|state| state.exists()));
    let status = ok(&lab, &["status"]);
    assert!(status.contains("OFFLINE: [ n2 ]") && !status.contains("UNCLEAN"), "{status}");
}

#[test]
fn a_restart_stops_and_starts_and_leaves_the_configuration_as_it_was() {
    let lab = Lab::started(1);
    let record = lab.directory().join("record").display().to_string();
    load(
        &lab,
        &format!(
            "property fencing-enabled=false\nprimitive a ocf:quorate:Dummy params record=\"{record}\"\n\
             primitive b ocf:quorate:Dummy params record=\"{record}\" meta target-role=Started\ngroup g a b"
        ),
    );
    wait_on(&lab, "b", "n1");
    assert_eq!(starts(&lab), 2);
    let before = ok(&lab, &["configure", "show"]);
    for (what, sum) in [("b", 3), ("g", 5), ("a", 7)] {
        ok(&lab, &["-w", "resource", "restart", what]);
        wait_on(&lab, "b", "n1");
        assert_eq!(starts(&lab), sum, "after the restart of {what}");
    }
    // b's own target-role went when the group was stopped; nothing else differs.
    let after = ok(&lab, &["configure", "show"]);
    assert_eq!(after, before.replace(" \\\n\tmeta target-role=Started", ""), "{after}");
    let unknown = crm(&lab, &["resource", "restart", "c"]);
    assert!(unknown.code == 1 && unknown.err.contains("there is no resource `c`"), "{}", unknown.err);
    let batch = lab.directory().join("batch.crm");
    fs::write(&batch, "resource restart a\n").expect("a batch");
    let refused = crm(&lab, &["-f", &batch.to_string_lossy()]);
    assert!(refused.code == 1 && refused.err.contains("a command of its own"), "{}", refused.err);
}

#[test]
fn waiting_ends_when_all_is_done_or_says_after_its_time_what_still_runs() {
    let lab = Lab::started(1);
    let begun = Instant::now();
    load(&lab, "property fencing-enabled=false\nprimitive s ocf:quorate:Dummy params op_sleep=3");
    assert!(begun.elapsed() >= Duration::from_secs(3), "the batch did not wait for the start");
    assert!(is_on(&lab, "s", "n1"));

    let begun = Instant::now();
    let late = crm(&lab, &["--wait=1", "resource", "stop", "s"]);
    let took = begun.elapsed();
    assert_eq!(late.code, 6, "{}{}", late.out, late.err);
    assert!(late.err.contains("gave up waiting after 1 s: still running: s_stop_0 on n1"), "{}", late.err);
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
    // What was asked for goes on.
    ok(&lab, &["-w", "resource", "stop", "s"]);
    let locate = crm(&lab, &["resource", "locate", "s"]);
    assert_eq!((locate.code, locate.err.as_str()), (0, "resource s is NOT running\n"));
    // Nothing to wait for: no time is lost.
    let begun = Instant::now();
    ok(&lab, &["--wait=20", "node", "status-attr", "n1", "set", "x", "1"]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    // A restart that does not come to its end says how to go on.
    ok(&lab, &["-w", "resource", "start", "s"]);
    let late = crm(&lab, &["--wait=1", "resource", "restart", "s"]);
    assert!(late.code == 6 && late.err.contains("hint: `resource start` lets it run again"), "{}", late.err);
}

#[test]
fn a_change_of_a_reloadable_parameter_reloads_and_any_other_restarts() {
    let lab = Lab::started(1);
    let record = lab.directory().join("record").display().to_string();
    load(&lab, &format!("property fencing-enabled=false\nprimitive a ocf:quorate:Dummy params record=\"{record}\""));
    wait_on(&lab, "a", "n1");
    assert_eq!(starts(&lab), 1);

    ok(&lab, &["-w", "resource", "param", "a", "set", "op_sleep", "0"]);
    assert_eq!(starts(&lab), 1, "op_sleep is reloadable");
    assert!(lab.log("n1").contains("a reload-agent"), "{}", lab.log("n1"));

    let elsewhere = lab.directory().join("state");
    fs::create_dir(&elsewhere).expect("a directory");
    ok(&lab, &["-w", "resource", "param", "a", "set", "state", &elsewhere.to_string_lossy()]);
    assert_eq!(starts(&lab), 2, "state is not reloadable");
    // It was stopped where it had been started.
    assert!(elsewhere.join("Dummy-a.state").exists());
    assert!(!lab.root("n1").join("run/resource-agents/Dummy-a.state").exists());
}

#[test]
fn the_simulator_and_why_look_at_the_live_cluster() {
    let lab = Lab::started(1);
    load(&lab, "property fencing-enabled=false\nprimitive a ocf:quorate:Dummy\nlocation l a 7: n1");
    wait_on(&lab, "a", "n1");
    let tool = |words: &[&str]| {
        let output = lab.tool("n1", words).output().expect("the tool runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        text
    };
    let shown = tool(&["crm_simulate", "-L", "-S", "-u", "n1"]);
    assert!(shown.contains("Online: [ n1 ]") && shown.contains("Started n1"), "{shown}");
    let lost = tool(&["crm_simulate", "-L", "-S", "-d", "n1"]);
    assert!(lost.contains("OFFLINE: [ n1 ]"), "{lost}");
    let why = tool(&["why", "a"]);
    assert!(why.contains("n1") && why.contains("l"), "{why}");
    // Nothing of it was done.
    assert!(is_on(&lab, "a", "n1"));
}

#[test]
fn online_ends_a_standby_that_would_last_until_the_next_start() {
    let lab = Lab::started(2);
    load(&lab, "property fencing-enabled=false\nprimitive p ocf:quorate:Dummy\nlocation l p 100: n1");
    wait_on(&lab, "p", "n1");
    for lifetime in ["reboot", "forever"] {
        ok(&lab, &["node", "standby", "n1", lifetime]);
        wait_on(&lab, "p", "n2");
        let told = ok(&lab, &["node", "online", "n1", "--preview"]);
        assert!(told.contains("Move       p"), "{lifetime}: {told}");
        ok(&lab, &["node", "online", "n1"]);
        wait_on(&lab, "p", "n1");
    }
}
