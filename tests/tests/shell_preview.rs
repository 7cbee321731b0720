//! What a request would bring about is shown, and nothing is done.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::Bench;

/// p1 failed once and runs again on n1, p2 runs on n2; p3 failed to start on n2 and is down.
fn bench() -> Bench {
    let op = |id: &str, key: &str, operation: &str, interval: u32, code: i32, call: u32| {
        format!(
            "<lrm_rsc_op id=\"{id}\" operation_key=\"{key}\" operation=\"{operation}\" \
             transition-key=\"1:1:0:x\" transition-magic=\"0:{code};1:1:0:x\" on_node=\"n\" call-id=\"{call}\" \
             op-digest=\"f2317cad3d54cec5d7d7aa7d0bf35cf8\" rc-code=\"{code}\" op-status=\"0\" interval=\"{interval}\" last-rc-change=\"1700000000\"/>"
        )
    };
    let history = |name: &str, entries: String| {
        format!(
            "<lrm_resource id=\"{name}\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\">{entries}</lrm_resource>"
        )
    };
    let state = |id: u32, counts: &str, histories: String| {
        format!(
            "<node_state id=\"{id}\" uname=\"n{id}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\">\
             <transient_attributes id=\"{id}\"><instance_attributes id=\"status-{id}\">{counts}</instance_attributes>\
             </transient_attributes><lrm id=\"{id}\"><lrm_resources>{histories}</lrm_resources></lrm></node_state>"
        )
    };
    let count = |id: u32, name: &str, value: &str| {
        let part = name.replace('#', ".");
        format!("<nvpair id=\"status-{id}-fail-count-{part}\" name=\"fail-count-{name}\" value=\"{value}\"/>")
    };
    let start = |name: &str, code| op(&format!("{name}_last_0"), &format!("{name}_start_0"), "start", 0, code, 5);
    let stop = |name: &str| op(&format!("{name}_last_0"), &format!("{name}_stop_0"), "stop", 0, 0, 6);
    let probe = |name: &str| op(&format!("{name}_last_0"), &format!("{name}_monitor_0"), "monitor", 0, 7, 1);
    let failure = |name: &str, operation: &str, interval| {
        op(&format!("{name}_last_failure_0"), &format!("{name}_{operation}_{interval}"), operation, interval, 1, 4)
    };
    let n1 = history("p1", start("p1", 0) + &failure("p1", "monitor", 10000))
        + &history("p2", probe("p2"))
        + &history("p3", stop("p3") + &failure("p3", "start", 0));
    let n2 = history("p1", probe("p1"))
        + &history("p2", start("p2", 0))
        + &history("p3", stop("p3") + &failure("p3", "start", 0));
    let primitive =
        |name: &str| format!("<primitive id=\"{name}\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"/>");
    let infinite = |id| count(id, "p3#start_0", "INFINITY");
    Bench::new(&format!(
        "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\" \
         have-quorum=\"1\"><configuration><crm_config><cluster_property_set id=\"o\">\
         <nvpair id=\"o-s\" name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config>\
         <nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes>\
         <resources>{}</resources><constraints/></configuration><status>{}{}</status></cib>",
        ["p1", "p2", "p3"].map(primitive).concat(),
        state(1, &(count(1, "p1#monitor_10000", "1") + &infinite(1)), n1),
        state(2, &infinite(2), n2),
    ))
}

#[track_caller]
fn check(line: &str, expected: &str) {
    let bench = bench();
    let before = bench.cib();
    let words: Vec<&str> = line.split(' ').chain(["--preview"]).collect();
    let answer = bench.crm(&words);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{line}");
    assert_eq!(answer.out, expected, "{line}");
    assert_eq!(bench.cib(), before);
}

#[test]
fn standby_until_the_reboot() {
    check("node standby n1 reboot", "The cluster would:\n  * Move       p1      ( n1 -> n2 )\n");
}

#[test]
fn a_cleanup_lets_what_failed_try_again_and_leaves_what_runs() {
    check(
        "resource cleanup p1",
        "Supposed a new look finds what is believed now of p1 on n1:\nThe cluster would do nothing.\n",
    );
    check(
        "resource cleanup p3",
        "Supposed a new look finds what is believed now of p3 on n1, n2:\n\
         The cluster would:\n  * Start      p3      (    n1 )\n",
    );
    check(
        "resource cleanup p3 n2",
        "Supposed a new look finds what is believed now of p3 on n2:\n\
         The cluster would:\n  * Start      p3      (    n2 )\n",
    );
    check("resource cleanup p2", "There is nothing to forget.\nThe cluster would do nothing.\n");
}

#[test]
fn a_refresh_moves_nothing_that_is_found_where_it_is_believed() {
    check(
        "resource refresh p2",
        "Supposed a new look finds what is believed now of p2 on n1, n2:\nThe cluster would do nothing.\n",
    );
    check(
        "resource refresh",
        "Supposed a new look finds what is believed now of p1 on n1, n2; p2 on n1, n2; p3 on n1, n2:\n\
         The cluster would:\n  * Start      p3      (    n1 )\n",
    );
}

#[test]
fn a_restart_is_two_transitions() {
    check(
        "resource restart p2",
        "The cluster would first:\n  * Stop       p2      (    n2 )  due to node availability\n\
         and then:\n  * Start      p2      (    n2 )\n",
    );
}

#[test]
fn a_node_that_is_down_loses_what_ran_there() {
    check("node fence n1", "Supposed n1 is fenced (reboot):\nThe cluster would:\n  * Start      p1      (    n2 )\n");
    check("node clearstate n2", "Supposed n2 is down:\nThe cluster would:\n  * Start      p2      (    n1 )\n");
}

#[test]
fn what_has_no_preview_says_so_and_does_nothing() {
    let bench = bench();
    let before = bench.cib();
    for line in [
        "resource failcount p1 delete n1 --preview",
        "node status-attr n1 set a b --preview",
        "node delete n1 --preview",
    ] {
        let answer = bench.crm(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{line}");
        assert!(answer.err.contains("has no option `--preview`"), "{line}: {}", answer.err);
    }
    for (line, words) in [
        ("node fence n9 --preview", "there is no node `n9`"),
        ("resource cleanup nosuch --preview", "there is no resource `nosuch`"),
        ("resource restart nosuch --preview", "there is no resource `nosuch`"),
    ] {
        let answer = bench.crm(&line.split(' ').collect::<Vec<_>>());
        assert!(answer.code != 0 && answer.err.contains(words), "{line}: {}", answer.err);
    }
    assert_eq!(bench.cib(), before);
}

#[test]
fn only_fail_counts_that_are_there_can_be_set() {
    let bench = bench();
    for (line, words) in [
        ("p2 set n1 3", "`p2` has no fail count on n1 that could be set"),
        ("p1 set n2 3", "`p1` has no fail count on n2"),
        (
            "p1 set n1 3 start",
            "no fail count of `start` on n1 that could be set\nhint: there are counts of `monitor 10000ms`",
        ),
        ("p1 set n1 3 monitor 20", "no fail count of `monitor` on n1"),
        ("p1 set n1 many", "many"),
        // This one is there: a file has no daemon to ask.
        ("p1 set n1 3 monitor 10", "this needs the running cluster"),
        ("p1 set n1 3", "this needs the running cluster"),
    ] {
        let line = format!("resource failcount {line}");
        let answer = bench.crm(&line.split(' ').collect::<Vec<_>>());
        assert!(answer.code == 1 && answer.err.contains(words), "{line}: {}", answer.err);
    }
    assert_eq!(bench.crm(&["resource", "failcount", "p2", "set", "n1", "0"]).code, 0);
}
