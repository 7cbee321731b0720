//! Small clusters, and what is said of them.

use super::explain;
use crate::cib::Document;
use crate::scheduler::{Input, resolve};
use crate::time::Now;

/// Three nodes, `n3` in the state that `third` says, with these resources, constraints, options and status parts.
struct Case<'a> {
    options: &'a str,
    third: &'a str,
    resources: &'a str,
    constraints: &'a str,
    /// Inside the state of `n1`.
    history: &'a str,
    quorum: bool,
}

const PLAIN: Case = Case { options: "", third: UP, resources: P1, constraints: "", history: "", quorum: true };
const UP: &str = r#"in_ccm="true" crmd="online" join="member" expected="member""#;
const DOWN: &str = r#"in_ccm="false" crmd="offline" join="down" expected="down""#;
const P1: &str = r#"<primitive id="p1" class="ocf" provider="heartbeat" type="Dummy"/>"#;
const P1_STICKY: &str = r#"<primitive id="p1" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="m"><nvpair id="m1" name="resource-stickiness" value="10"/></meta_attributes></primitive>"#;
const P1_RUNS: &str = r#"<lrm id="1"><lrm_resources><lrm_resource id="p1" class="ocf" provider="heartbeat" type="Dummy">
    <lrm_rsc_op id="p1_last_0" operation_key="p1_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="1" rc-code="0" op-status="0" interval="0"/>
    </lrm_resource></lrm_resources></lrm>"#;

fn document(case: &Case) -> Document {
    let pair = |(at, pair): (usize, &str)| {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        format!(r#"<nvpair id="o{at}" name="{name}" value="{value}"/>"#)
    };
    let options: String = case.options.split_whitespace().enumerate().map(pair).collect();
    let quorum = u8::from(case.quorum);
    let text = format!(
        r#"<cib validate-with="pacemaker-4.0" have-quorum="{quorum}" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0"><configuration>
        <crm_config><cluster_property_set id="o"><nvpair id="f" name="fencing-enabled" value="false"/>{options}</cluster_property_set></crm_config>
        <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/><node id="3" uname="n3"/></nodes>
        <resources>{}</resources><constraints>{}</constraints></configuration><status>
        <node_state id="1" uname="n1" {UP}>{}</node_state><node_state id="2" uname="n2" {UP}/><node_state id="3" uname="n3" {}/>
        </status></cib>"#,
        case.resources, case.constraints, case.history, case.third
    );
    Document::read(&text).expect("a document")
}

#[track_caller]
fn check(case: &Case, resource: &str, expected: &[&str]) {
    let document = document(case);
    let situation = resolve(&Input::new(&document, Now::from_epoch(1_000_000)));
    let explanation = explain(&situation);
    let lines: Vec<String> = explanation.find(resource).into_iter().flat_map(|id| explanation.why(id, None)).collect();
    assert_eq!(lines, expected, "{}", lines.join("\n"));
}

#[test]
fn equal_nodes_differ_by_what_they_carry_and_by_name() {
    check(
        &PLAIN,
        "p1",
        &[
            "p1 does not run; its place is on n1.",
            "  n1: 0, chosen",
            "  n2: 0; as good as n1, whose name comes first",
            "  n3: 0; as good as n1, whose name comes first",
        ],
    );
    let two = format!("{P1}{}", P1.replace("p1", "p2"));
    check(
        &Case { resources: &two, ..PLAIN },
        "p2",
        &[
            "p2 does not run; its place is on n2.",
            "  n2: 0, chosen",
            "  n1: 0; as good as n2, but 1 resources were placed here by then, and 0 there",
            "  n3: 0; as good as n2, whose name comes first",
        ],
    );
}

#[test]
fn stickiness_and_locations_are_told_apart() {
    let constraints = r#"<rsc_location id="likes-n2" rsc="p1" node="n2" score="5"/><rsc_location id="cli-ban-p1-on-n3" rsc="p1" node="n3" score="-INFINITY"/>"#;
    check(
        &Case { resources: P1_STICKY, constraints, history: P1_RUNS, ..PLAIN },
        "p1",
        &[
            "p1 runs on n1, and that is its place.",
            "  n1: 10, chosen",
            "    10: stickiness, for it runs there",
            "  n2: 5",
            "    5: location likes-n2",
            "  n3: banned",
            "    -INFINITY: location cli-ban-p1-on-n3 (made by `crm resource ban` or `move`; `crm resource clear` removes it)",
        ],
    );
}

#[test]
fn a_node_that_cannot_be_used_says_why() {
    check(
        &Case { third: DOWN, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n1.",
            "  n1: 0, chosen",
            "  n2: 0; as good as n1, whose name comes first",
            "  n3: is offline",
        ],
    );
}

#[test]
fn failures_that_reached_the_threshold_ban_a_node() {
    let resources = P1_STICKY.replace("resource-stickiness", "migration-threshold").replace("10", "2");
    let history = format!(
        r#"<transient_attributes id="1"><instance_attributes id="t"><nvpair id="t1" name="fail-count-p1#monitor_10000" value="2"/></instance_attributes></transient_attributes>{P1_RUNS}"#
    );
    check(
        &Case { resources: &resources, history: &history, ..PLAIN },
        "p1",
        &[
            "p1 runs on n1; its place is on n2.",
            "  n2: 0, chosen",
            "  n3: 0; as good as n2, whose name comes first",
            "  n1: banned",
            "    -INFINITY: fail count 2 of p1 reached migration-threshold=2; `crm resource cleanup p1 n1` forgets it",
        ],
    );
}

#[test]
fn an_order_that_cannot_be_kept_is_what_a_resource_waits_for() {
    let stopped = P1_STICKY.replace("resource-stickiness", "target-role").replace("\"10\"", "\"Stopped\"");
    let two = format!("{stopped}{}{}", P1.replace("p1", "p2"), P1.replace("p1", "p3"));
    let nodes = 3;
    let waits = "  it waits for p1 to start (o), which does not run and will not";
    for (constraint, says) in [
        (r#"<rsc_order id="o" first="p1" then="p2"/>"#, Some(waits)),
        (r#"<rsc_order id="o" first="p1" then="p2" kind="Optional"/>"#, None),
        (r#"<rsc_order id="o" first="p3" then="p2"/>"#, None),
        (r#"<rsc_order id="o" first="p1" first-action="stop" then="p2" then-action="start"/>"#, None),
        (
            r#"<rsc_order id="o"><resource_set id="s"><resource_ref id="p1"/><resource_ref id="p2"/></resource_set></rsc_order>"#,
            Some(waits),
        ),
        (
            r#"<rsc_order id="o"><resource_set id="s" sequential="false"><resource_ref id="p1"/><resource_ref id="p2"/></resource_set></rsc_order>"#,
            None,
        ),
        (
            r#"<rsc_order id="o"><resource_set id="s" sequential="false"><resource_ref id="p1"/><resource_ref id="p3"/></resource_set><resource_set id="t"><resource_ref id="p2"/></resource_set></rsc_order>"#,
            Some(waits),
        ),
    ] {
        let case = Case { resources: &two, constraints: constraint, ..PLAIN };
        let document = document(&case);
        let situation = resolve(&Input::new(&document, Now::from_epoch(1_000_000)));
        let explanation = explain(&situation);
        let p2 = explanation.find("p2")[0];
        let lines = explanation.why(p2, None);
        let waiting: Vec<&str> = lines.iter().map(String::as_str).filter(|line| line.contains("waits")).collect();
        assert_eq!(waiting, says.into_iter().collect::<Vec<_>>(), "{constraint}");
        assert_eq!(lines.len(), 1 + nodes + usize::from(says.is_some()), "{constraint}: {lines:?}");
    }
    let group = format!(r#"<group id="g">{stopped}{}</group>"#, P1.replace("p1", "p2"));
    let case = Case { resources: &group, ..PLAIN };
    let document = document(&case);
    let situation = resolve(&Input::new(&document, Now::from_epoch(1_000_000)));
    let explanation = explain(&situation);
    let lines = explanation.why(explanation.find("p2")[0], None);
    assert!(
        lines.contains(&"  it waits for p1 to start (group g), which does not run and will not".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn colocations_name_the_other_and_where_it_is() {
    let two = format!("{P1}{}", P1.replace("p1", "p2"));
    let constraints = r#"<rsc_location id="at-n2" rsc="p2" node="n2" score="INFINITY"/>
        <rsc_colocation id="together" rsc="p1" with-rsc="p2" score="INFINITY"/>"#;
    check(
        &Case { resources: &two, constraints, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n2.",
            "  n2: 0, chosen",
            "  n1: banned",
            "    -INFINITY: colocation together: with p2, which is on n2",
            "  n3: banned",
            "    -INFINITY: colocation together: with p2, which is on n2",
        ],
    );
    let apart = r#"<rsc_colocation id="apart" rsc="p1" with-rsc="p2" score="-INFINITY"/>"#;
    check(
        &Case { resources: &two, constraints: apart, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n2.",
            "  n2: 0, chosen",
            "  n3: 0; as good as n2, whose name comes first",
            "  n1: banned",
            "    -INFINITY: colocation apart: apart from p2, which is on n1",
        ],
    );
}

#[test]
fn a_dependent_adds_its_wishes_to_what_it_goes_with() {
    let two = format!("{P1}{}", P1.replace("p1", "p2"));
    let constraints = r#"<rsc_location id="not-n1" rsc="p1" node="n1" score="-INFINITY"/>
        <rsc_colocation id="together" rsc="p1" with-rsc="p2" score="INFINITY"/>"#;
    check(
        &Case { resources: &two, constraints, ..PLAIN },
        "p2",
        &[
            "p2 does not run; its place is on n2.",
            "  n2: 0, chosen",
            "  n3: 0; as good as n2, whose name comes first",
            "  n1: banned",
            "    -INFINITY: colocation together: p1, which depends on it, cannot be there",
        ],
    );
}

#[test]
fn members_of_a_group_follow_the_first() {
    let group = format!(r#"<group id="g1">{P1}{}</group>"#, P1.replace("p1", "p2"));
    let constraints = r#"<rsc_location id="at-n3" rsc="g1" node="n3" score="7"/>"#;
    check(
        &Case { resources: &group, constraints, ..PLAIN },
        "g1",
        &[
            "g1 is a group.",
            "  its members go where p1 goes",
            "p1 does not run; its place is on n3.",
            "  n3: 7, chosen",
            "    7: location at-n3",
            "  n1: 0",
            "  n2: 0",
            "p2 does not run; its place is on n3.",
        ],
    );
}

#[test]
fn instances_of_a_clone_keep_apart() {
    let clone = format!(
        r#"<clone id="c1"><meta_attributes id="cm"><nvpair id="cm1" name="clone-max" value="1"/></meta_attributes>{P1}</clone>"#
    );
    check(
        &Case { resources: &clone, ..PLAIN },
        "c1",
        &[
            "c1 is a clone.",
            "  it may have 1 instances (clone-max), 1 on a node (clone-node-max)",
            "p1:0 does not run; its place is on n1.",
            "  n1: 0, chosen",
            "  n2: 0; as good as n1, whose name comes first",
            "  n3: 0; as good as n1, whose name comes first",
        ],
    );
}

#[test]
fn what_is_to_be_stopped_says_by_what() {
    let resources = P1_STICKY.replace("resource-stickiness", "target-role").replace("\"10\"", "\"Stopped\"");
    check(
        &Case { resources: &resources, ..PLAIN },
        "p1",
        &[
            "p1 does not run, and will not.",
            "  it is to be stopped (target-role=Stopped)",
            "  n1: banned",
            "    -INFINITY: it is to be stopped (target-role=Stopped)",
            "  n2: banned",
            "    -INFINITY: it is to be stopped (target-role=Stopped)",
            "  n3: banned",
            "    -INFINITY: it is to be stopped (target-role=Stopped)",
        ],
    );
}

#[test]
fn an_unmanaged_resource_stays() {
    let resources = P1_STICKY.replace("resource-stickiness", "is-managed").replace("\"10\"", "\"false\"");
    check(
        &Case { resources: &resources, history: P1_RUNS, ..PLAIN },
        "p1",
        &[
            "p1 runs on n1, and that is its place.",
            "  it is not managed (is-managed=false): it stays as it is",
            "  n1: INFINITY, chosen",
            "    INFINITY: it runs there, and is not managed",
            "  n2: 0",
            "  n3: 0",
        ],
    );
}

#[test]
fn without_quorum_that_is_what_counts() {
    check(
        &Case { quorum: false, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n1.",
            "  there is no quorum: everything is stopped (no-quorum-policy=stop)",
            "  n1: 0, chosen",
            "  n2: 0; as good as n1, whose name comes first",
            "  n3: 0; as good as n1, whose name comes first",
        ],
    );
}

#[test]
fn a_ticket_that_is_not_held_bans() {
    let constraints = r#"<rsc_ticket id="needs-t" rsc="p1" ticket="T" loss-policy="stop"/>"#;
    check(
        &Case { constraints, ..PLAIN },
        "p1",
        &[
            "p1 does not run, and will not.",
            "  it needs ticket T (needs-t), which this site does not hold",
            "  n1: banned",
            "    -INFINITY: a ticket it needs is not held",
            "  n2: banned",
            "    -INFINITY: a ticket it needs is not held",
            "  n3: banned",
            "    -INFINITY: a ticket it needs is not held",
        ],
    );
}

#[test]
fn an_opt_in_cluster_allows_only_what_is_named() {
    let constraints = r#"<rsc_location id="in" rsc="p1" node="n2" score="1"/>"#;
    check(
        &Case { options: "symmetric-cluster=false", constraints, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n2.",
            "  n2: 1, chosen",
            "    1: location in",
            "  n1: not considered, for nothing allows it there (symmetric-cluster=false)",
            "  n3: not considered, for nothing allows it there (symmetric-cluster=false)",
        ],
    );
}

#[test]
fn health_and_room_are_reasons_too() {
    let history = r##"<transient_attributes id="1"><instance_attributes id="t"><nvpair id="t1" name="#health-cpu" value="red"/></instance_attributes></transient_attributes>"##;
    check(
        &Case { options: "node-health-strategy=migrate-on-red", history, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n2.",
            "  n2: 0, chosen",
            "  n3: 0; as good as n2, whose name comes first",
            "  n1: banned",
            "    -INFINITY: the node's health (node-health-strategy)",
        ],
    );
    let big =
        P1.replace("/>", r#"><utilization id="u"><nvpair id="u1" name="cpu" value="4"/></utilization></primitive>"#);
    check(
        &Case { options: "placement-strategy=balanced", resources: &big, ..PLAIN },
        "p1",
        &[
            "p1 does not run, and will not.",
            "  n1: banned",
            "    -INFINITY: no room: it needs cpu=4, besides what must be with it; the node has nothing in all",
            "  n2: banned",
            "    -INFINITY: no room: it needs cpu=4, besides what must be with it; the node has nothing in all",
            "  n3: banned",
            "    -INFINITY: no room: it needs cpu=4, besides what must be with it; the node has nothing in all",
        ],
    );
}

#[test]
fn a_shutdown_lock_keeps_a_resource_for_its_node() {
    let history = format!(
        r#"<transient_attributes id="1"><instance_attributes id="t"><nvpair id="t1" name="shutdown" value="999990"/></instance_attributes></transient_attributes>{P1_RUNS}"#
    );
    check(
        &Case { options: "shutdown-lock=true", history: &history, ..PLAIN },
        "p1",
        &[
            "p1 runs on n1, and has no place to be.",
            "  it is kept for n1 (shutdown-lock)",
            "  n2: banned",
            "    -INFINITY: it is kept for n1, which was shut down (shutdown-lock)",
            "  n3: banned",
            "    -INFINITY: it is kept for n1, which was shut down (shutdown-lock)",
            "  n1: is shutting down",
        ],
    );
}

#[test]
fn exclusive_discovery_excludes_the_rest() {
    let constraints = r#"<rsc_location id="only" rsc="p1" node="n2" score="0" resource-discovery="exclusive"/>"#;
    let rest = "    -INFINITY: its locations name the nodes it may be on (resource-discovery=exclusive)";
    check(
        &Case { constraints, ..PLAIN },
        "p1",
        &["p1 does not run; its place is on n2.", "  n2: 0, chosen", "  n1: banned", rest, "  n3: banned", rest],
    );
}

#[test]
fn what_is_ignored_is_no_reason_and_is_told() {
    let resources = r#"<clone id="ca"><meta_attributes id="cm"><nvpair id="cm1" name="target-role" value="Stopped"/></meta_attributes><primitive id="a" class="ocf" provider="heartbeat" type="Dummy"/></clone>
        <primitive id="p1" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="m"><nvpair id="m1" name="target-role" value="Promoted"/></meta_attributes></primitive>"#;
    let constraints = r#"<rsc_order id="o1" first="a" then="p1"/>"#;
    check(
        &Case { resources, constraints, ..PLAIN },
        "p1",
        &[
            "p1 does not run; its place is on n1.",
            "  o1 is ignored because 'a' is cloned, and only its clone 'ca' can be named",
            "  ignoring target-role because 'Promoted' only makes sense for promotable clones",
            "  n1: 0, chosen",
            "  n2: 0; as good as n1, whose name comes first",
            "  n3: 0; as good as n1, whose name comes first",
        ],
    );
}

#[test]
fn the_agents_own_reason_is_told() {
    let history = r#"<lrm id="1"><lrm_resources><lrm_resource id="p1" class="ocf" provider="heartbeat" type="Dummy">
        <lrm_rsc_op id="p1_last_failure_0" operation_key="p1_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:5;1:1:0:x" call-id="1" rc-code="5" op-status="0" interval="0" exit-reason="couldn't find command: modprobe"/>
        </lrm_resource></lrm_resources></lrm>"#;
    let document = document(&Case { history, ..PLAIN });
    let situation = resolve(&Input::new(&document, Now::from_epoch(1_000_000)));
    let explanation = explain(&situation);
    let lines: Vec<String> = explanation.find("p1").into_iter().flat_map(|id| explanation.why(id, None)).collect();
    let told = lines.iter().filter(|line| line.contains("Not installed (couldn't find command: modprobe)")).count();
    assert_eq!(told, 2, "in general, and of the node\n{}", lines.join("\n"));
}

/// What is said of a promotable clone that is unpromoted on n1, and may be nowhere else.
fn promotable(meta: &str, scores: &str, constraints: &str) -> Vec<String> {
    let resources = format!(
        r#"<clone id="dbs"><meta_attributes id="m"><nvpair id="m1" name="promotable" value="true"/>{meta}</meta_attributes>
        <primitive id="db" class="ocf" provider="heartbeat" type="Stateful"/></clone>"#
    );
    let history = format!(
        r#"<lrm id="1"><lrm_resources><lrm_resource id="db" class="ocf" provider="heartbeat" type="Stateful">
        <lrm_rsc_op id="db_last_0" operation_key="db_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="1" rc-code="0" op-status="0" interval="0"/>
        </lrm_resource></lrm_resources></lrm><transient_attributes id="1"><instance_attributes id="t">{scores}</instance_attributes></transient_attributes>"#
    );
    let location = r#"<rsc_location id="only" rsc="dbs" node="n2" score="-INFINITY"/>"#;
    let constraints = format!("{location}{constraints}");
    let case = Case { third: DOWN, resources: &resources, constraints: &constraints, history: &history, ..PLAIN };
    let document = document(&case);
    let input = Input::new(&document, Now::from_epoch(1_000_000));
    let found = crate::scheduler::successor::of_document(&input);
    assert_eq!(found, crate::scheduler::schedule(&input).no_successor);
    let situation = resolve(&input);
    let explanation = explain(&situation);
    let told = explanation.find("dbs").into_iter().flat_map(|id| explanation.why(id, None));
    let told = told.filter(|line| line.contains("can be promoted")).count();
    assert_eq!(told, found.len());
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_clone_that_has_no_successor_says_which_score_is_missing() {
    let words = |score: &str| {
        format!(
            "nobody of dbs can be promoted: no promotion score is 0 or more ({score}). The agent sets it, some only \
             in a monitor of the promoted instance; by hand, on the node with the newest data: \
             crm_attribute -N NODE -n master-db -v 1 -l forever (or -l reboot, as the agent has it)"
        )
    };
    let score = |value: &str| format!(r#"<nvpair id="s" name="master-db" value="{value}"/>"#);
    assert_eq!(promotable("", "", ""), [words("master-db is not set on n1")]);
    assert_eq!(promotable("", &score("-1000"), ""), [words("master-db is -1000 on n1")]);
    // Who can be promoted, is not to be, or is promoted for another reason.
    let location = r#"<rsc_location id="l" rsc="dbs" node="n1" role="Promoted" score="10"/>"#;
    let none = |name: &str, value: &str| format!(r#"<nvpair id="m2" name="{name}" value="{value}"/>"#);
    let no_words: [&str; 0] = [];
    assert_eq!(promotable("", &score("5"), ""), no_words);
    assert_eq!(promotable("", "", location), no_words);
    assert_eq!(promotable(&none("target-role", "Unpromoted"), "", ""), no_words);
    assert_eq!(promotable(&none("promoted-max", "0"), "", ""), no_words);
}
