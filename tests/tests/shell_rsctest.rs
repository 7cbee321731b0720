//! `crm configure rsctest`: real agents, run by hand, beside a cluster and without one.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::Lab;
use quorate_tests::shell::{Answer, Bench};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// An agent that says what it was asked, and fails where its parameter `fail` says so.
const AGENT: &str = r#"#!/bin/sh
echo "$OCF_RESOURCE_INSTANCE $1 interval=$OCF_RESKEY_CRM_meta_interval on=$OCF_RESKEY_a$OCF_RESKEY_b" >>"$OCF_RESKEY_record"
state=$HA_RSCTMP/$OCF_RESOURCE_INSTANCE
[ "$OCF_RESKEY_fail" = "$1" ] && { echo "ocf-exit-reason:as was wanted" >&2; exit 1; }
case $1 in
meta-data) echo '<resource-agent name="Svc"><parameters/></resource-agent>' ;;
start) [ -n "$OCF_RESKEY_sleep" ] && sleep "$OCF_RESKEY_sleep"; touch "$state" ;;
promote) echo p >"$state" ;;
demote) : >"$state" ;;
stop) rm -f "$state" ;;
monitor) [ -e "$state" ] || exit 7; [ -s "$state" ] && exit 8; exit 0 ;;
esac
exit 0
"#;

fn bench(statements: &str) -> Bench {
    let bench = Bench::default();
    let place = bench.path("usr/lib/ocf/resource.d/acme");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("Svc"), AGENT).unwrap();
    fs::set_permissions(place.join("Svc"), fs::Permissions::from_mode(0o755)).unwrap();
    let record = bench.path("record").display().to_string();
    bench.load(&statements.replace("RECORD", &format!("record=\"{record}\"")));
    bench
}

fn tried(bench: &Bench, words: &str) -> Answer {
    let mut command: Command = bench.command();
    command.env("QUORATE_ROOT", bench.path("")).args(["configure", "rsctest"]).args(words.split_whitespace());
    Bench::feed(&mut command, "")
}

/// What the agents were asked, in order.
fn asked(bench: &Bench) -> String {
    let text = fs::read_to_string(bench.path("record")).unwrap_or_default();
    let calls = text.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    calls.filter(|call| !call.contains("meta-data")).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(statements: &str, words: &str, code: i32, said: &str, calls: &str) {
    let bench = bench(statements);
    let answer = tried(&bench, words);
    assert!(answer.code == code && answer.err.contains(said), "{}: {}{}", answer.code, answer.out, answer.err);
    assert_eq!(asked(&bench), calls);
    let left = fs::read_dir(bench.path("run/resource-agents")).into_iter().flatten();
    assert_eq!(left.count(), 0, "something is left behind");
}

#[test]
fn resources_are_started_in_order_watched_and_stopped_again() {
    check(
        "primitive a ocf:acme:Svc params RECORD\nprimitive b ocf:acme:Svc params RECORD\ngroup g a b",
        "g",
        0,
        "",
        "a monitor, b monitor, a start, a monitor, b start, b monitor, b stop, b monitor, a stop, a monitor",
    );
}

#[test]
fn promotable_resources_are_promoted_and_demoted() {
    check(
        "node nowhere.invalid\nprimitive m ocf:acme:Svc params RECORD\nclone c m meta promotable=true",
        "c",
        1,
        "cannot reach nowhere.invalid",
        "",
    );
    let bench = bench("primitive m ocf:acme:Svc params RECORD\nclone c m meta promotable=true");
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    bench.load(&format!("node {}", host.trim()));
    let answer = tried(&bench, "c");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(asked(&bench), "m monitor, m start, m monitor, m promote, m monitor, m demote, m stop, m monitor");
}

#[test]
fn what_fails_says_why_and_everything_is_stopped() {
    check(
        "primitive a ocf:acme:Svc params RECORD\nprimitive b ocf:acme:Svc params RECORD fail=start",
        "a b",
        3,
        "b start: error occurred (exit code 1): as was wanted",
        "a monitor, b monitor, a start, a monitor, b start, b stop, b monitor, a stop, a monitor",
    );
    check(
        "primitive a ocf:acme:Svc params RECORD sleep=30 op start timeout=1s",
        "a",
        3,
        "a start: killed after 1.",
        "a monitor, a start, a stop, a monitor",
    );
}

#[test]
fn agents_are_told_what_the_cluster_would_tell_them() {
    let bench = bench(
        "rsc_template t ocf:acme:Svc params a=from-template\nprimitive p @t params RECORD b=own op monitor interval=7s",
    );
    assert_eq!(tried(&bench, "p").code, 0);
    let record = fs::read_to_string(bench.path("record")).unwrap();
    assert!(record.contains("p monitor interval=0 on=from-templateown\n"), "{record}");
    assert!(record.contains("p monitor interval=7000 on=from-templateown\n"), "{record}");
}

#[test]
fn what_cannot_be_tried_is_named() {
    let statements = "primitive a ocf:acme:Svc params RECORD\nprimitive f stonith:fence_none\nrsc_template t Dummy";
    for (words, said) in [
        ("nosuch", "`nosuch` is neither a resource nor a node"),
        ("t", "`t` is neither a resource nor a node"),
        ("a n9", "`n9` is neither a resource nor a node"),
        ("f", "`f` is a fence device"),
    ] {
        let bench = bench(statements);
        let answer = tried(&bench, words);
        assert!(answer.code == 1 && answer.err.contains(said), "{words}: {}", answer.err);
        assert_eq!(asked(&bench), "");
    }
}

#[test]
fn what_the_cluster_has_in_hand_is_not_tried() {
    let lab = Lab::started(1);
    let crm = |words: &[&str]| {
        let output = lab.tool("n1", &[&["crm"], words].concat()).output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    assert_eq!(crm(&["configure", "property", "stonith-enabled=false"]).0, 0);
    assert_eq!(crm(&["-w", "configure", "primitive", "d", "ocf:quorate:Dummy"]).0, 0);
    lab.wait("d to run", |_| crm(&["resource", "locate", "d"]).1.contains("running on: n1"));
    let (code, said) = crm(&["configure", "rsctest", "d"]);
    assert!(code == 1 && said.contains("`d` runs on n1"), "{said}");
    assert_eq!(crm(&["-w", "resource", "stop", "d"]).0, 0);
    let (code, said) = crm(&["configure", "rsctest", "d"]);
    assert!(code == 0 && said.contains("n1: d start: ok"), "{said}");
    assert!(crm(&["resource", "locate", "d"]).1.contains("NOT running"));
    // One that cannot run anywhere is the cluster's all the same.
    let waits = ["configure", "primitive", "e", "ocf:quorate:Dummy", "params", "state=/nonexistent"];
    assert_eq!(crm(&[&["-w"], &waits[..]].concat()).0, 0);
    let (code, said) = crm(&["configure", "rsctest", "e"]);
    assert!(code == 1 && said.contains("the cluster manages `e`"), "{said}");
    // In maintenance single actions are a person's business.
    let (code, said) = crm(&["maintenance", "action", "e", "monitor"]);
    assert!(code == 1 && said.contains("`e` is not in maintenance"), "{said}");
    assert_eq!(crm(&["-w", "resource", "start", "d"]).0, 0);
    assert_eq!(crm(&["-w", "maintenance", "on", "d"]).0, 0);
    let (code, said) = crm(&["maintenance", "action", "d", "monitor"]);
    assert!(code == 0 && said.contains("n1: d monitor: ok"), "{said}");
    assert_eq!(crm(&["maintenance", "action", "d", "stop"]).0, 0);
    let (code, said) = crm(&["maintenance", "action", "d", "monitor"]);
    assert!(code == 1 && said.contains("n1: d monitor: not running (exit code 7)"), "{said}");
    let (code, said) = crm(&["maintenance", "action", "d", "burn"]);
    assert!(code == 2 && said.contains("`burn` is no action of an agent"), "{said}");
    assert_eq!(crm(&["maintenance", "action", "d", "start"]).0, 0);
    // What is only on the stage is nobody's yet.
    let batch = lab.directory().join("batch");
    fs::write(&batch, "configure\nprimitive x ocf:quorate:Dummy\nrsctest x\nundo\n").unwrap();
    let (code, said) = crm(&["-f", &batch.display().to_string()]);
    assert!(code == 0 && said.contains("n1: x monitor: ok"), "{said}");
}
