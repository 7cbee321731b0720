//! What crm_mon prints of some nodes or resources only, in few words, and by node: as crm_mon 3.0.2 prints it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use quorate_tests::lab::program;

fn primitive(id: &str, more: &str) -> String {
    format!("<primitive id=\"{id}\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"{more}/>")
}

fn operation(id: &str, task: &str, code: u32, call: u32) -> String {
    format!(
        "<lrm_resource id=\"{id}\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"><lrm_rsc_op id=\"{id}_last_0\" \
         operation_key=\"{id}_{task}_0\" operation=\"{task}\" transition-key=\"1:1:{code}:x\" \
         transition-magic=\"0:{code};1:1:{code}:x\" call-id=\"{call}\" rc-code=\"{code}\" op-status=\"0\" interval=\"0\"/>\
         </lrm_resource>"
    )
}

fn state(id: u32, history: &str, attributes: &str) -> String {
    format!(
        "<node_state id=\"{id}\" uname=\"n{id}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\">\
         <lrm id=\"{id}\"><lrm_resources>{history}</lrm_resources></lrm><transient_attributes id=\"{id}\">\
         <instance_attributes id=\"s{id}\">{attributes}</instance_attributes></transient_attributes></node_state>"
    )
}

/// Two nodes; a primitive, a group of which a member runs, a clone, a bundle that does not run; tags.
fn cib() -> String {
    let first = operation("single", "start", 0, 1) + &operation("p", "start", 0, 2) + &operation("m1", "monitor", 7, 3);
    let attributes = "<nvpair id=\"f1\" name=\"fail-count-m1#monitor_0\" value=\"2\"/><nvpair id=\"f2\" name=\"pingd\" value=\"5\"/>";
    let second = operation("m1", "start", 0, 1) + &operation("p", "start", 0, 2);
    format!(
        "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\" \
         have-quorum=\"1\" dc-uuid=\"1\"><configuration><crm_config><cluster_property_set id=\"o\">\
         <nvpair id=\"o-s\" name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config>\
         <nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes><resources>{}\
         <group id=\"g\">{}{}</group><clone id=\"c\">{}</clone><bundle id=\"b\"><docker image=\"x\" replicas=\"2\"/>\
         <network ip-range-start=\"10.0.0.1\" control-port=\"3121\"/>{}</bundle></resources><constraints/>\
         <tags><tag id=\"odd\"><obj_ref id=\"1\"/></tag>\
         <tag id=\"mine\"><obj_ref id=\"single\"/><obj_ref id=\"m2\"/></tag></tags>\
         </configuration><status>{}{}</status></cib>",
        primitive("single", " description=\"what it is\""),
        primitive("m1", ""),
        primitive("m2", ""),
        primitive("p", ""),
        primitive("web", ""),
        state(1, &first, attributes),
        state(2, &second, "")
    )
}

fn printed(options: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cib.xml");
    fs::write(&path, cib()).unwrap();
    let mut monitor = Command::new(program("crm_mon"));
    let output = monitor.args(options.split(' ')).env("CIB_file", &path).env("TZ", "UTC").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn check(options: &str, expected: &[&str]) {
    let text = printed(options);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).map(str::trim_end).collect();
    assert_eq!(lines, expected, "crm_mon {options}");
}

#[test]
fn a_tag_stands_for_its_nodes() {
    check(
        "-1 --include=none,nodes,resources,failcounts --node=odd",
        &[
            "Node List:",
            "  * Online: [ n1 ]",
            "Active Resources:",
            "  * single\t(ocf:quorate:Dummy):\t Started n1",
            "  * Clone Set: c [p]:",
            "    * Started: [ n1 ]",
            "Migration Summary:",
            "  * Node: n1:",
            "    * m1: migration-threshold=1000000 fail-count=2",
        ],
    );
    check("-1 --include=none,nodes,resources --node=nowhere", &["Active Resources:", "  * No active resources"]);
}

#[test]
fn who_is_asked_for_is_shown_even_if_he_does_not_run() {
    check(
        "-1 --include=none,resources --resource=mine",
        &[
            "Active Resources:",
            "  * single\t(ocf:quorate:Dummy):\t Started n1",
            "  * Resource Group: g (1 member inactive):",
            "    * m2\t(ocf:quorate:Dummy):\t Stopped",
        ],
    );
}

#[test]
fn an_instance_and_a_part_of_a_replica_have_names() {
    check(
        "-1 --include=none,resources --resource=p:0 -R",
        &["Active Resources:", "  * Clone Set: c [p]:", "    * p\t(ocf:quorate:Dummy):\t Started n1"],
    );
    check(
        "-1 --include=none,resources -r --resource=b-docker-1",
        &[
            "Full List of Resources:",
            "  * Container bundle set: b [x]:",
            "    * Replica[1]",
            "      * b-docker-1\t(ocf:heartbeat:docker):\t Stopped",
        ],
    );
    let xml = printed("--output-as=xml --resource=b-docker-1");
    assert!(xml.contains("<replica id=\"1\">") && !xml.contains("<resource id=\"b-docker-0\""));
    // A node's count tells of all that runs there.
    assert!(xml.contains("resources_running=\"2\""), "{xml}");
}

#[test]
fn few_words_count_what_runs_where() {
    check(
        "-1 --include=none,resources -r -b",
        &[
            "Full List of Resources:",
            "  * 1/1\t(ocf:quorate:Dummy):\tActive n1",
            "  * Resource Group: g:",
            "    * 1/2\t(ocf:quorate:Dummy):\tActive n2",
            "  * Clone Set: c [p]:",
            "    * Started: [ n1 n2 ]",
            "  * Container bundle set: b [x]:",
            "    * b-0 (10.0.0.1)\t(ocf:quorate:Dummy):\t Stopped",
            "    * b-1 (10.0.0.2)\t(ocf:quorate:Dummy):\t Stopped",
        ],
    );
    // A guest on which nothing runs is not worth a line then.
    let by_node = "    * Resources:";
    let count = "      * 2\t(ocf:quorate:Dummy):\tActive";
    check(
        "-1 --include=none,nodes -n -b",
        &["Node List:", "  * Node n1: online:", by_node, count, "  * Node n2: online:", by_node, count],
    );
}

#[test]
fn by_node_resources_bear_their_descriptions() {
    check(
        "-1 --include=none,nodes -n --node=n1",
        &[
            "Node List:",
            "  * Node n1: online:",
            "    * Resources:",
            "      * single\t(ocf:quorate:Dummy):\t Started (what it is)",
            "      * p\t(ocf:quorate:Dummy):\t Started",
        ],
    );
}

#[test]
fn a_fail_count_needs_no_operation_and_a_probe_that_found_nothing_is_none() {
    let expected = ["Migration Summary:", "  * Node: n1:", "    * m1: migration-threshold=1000000 fail-count=2"];
    check("-1 --include=none,failcounts", &expected);
    let operations = printed("-1 --include=none,operations --node=n1");
    assert!(operations.contains("* single:") && !operations.contains("* m1:"), "{operations}");
}

#[test]
fn a_ping_that_runs_elsewhere_promises_nothing() {
    let xml = printed("--output-as=xml");
    assert!(xml.contains("<attribute name=\"pingd\" value=\"5\"/>"), "{xml}");
}

#[test]
fn pages_bear_the_classes_that_style_sheets_know() {
    let html = printed("--output-as=html --include=all -r -n");
    for part in [
        "<span class=\"bold\">Current DC: </span>",
        "<h2>Config Options</h2>",
        "<li>Resource management: enabled</li>",
        "<h3>n1:</h3>",
        "<li><span>Status:</span><span class=\"online\"> online</span>",
        "<span class=\"rsc-ok\">single\t(ocf:quorate:Dummy):\t Started (what it is)</span>",
        "<span class=\"rsc-failed\">b-0 (10.0.0.1)\t(ocf:quorate:Dummy):\t Stopped</span>",
        "<h3>Clone Set: c [p]</h3>",
        "<li>pingd: 5</li>",
        "<h3>single: migration-threshold=1000000</h3>",
    ] {
        let of_clone = part.contains("Clone Set");
        let html = if of_clone { printed("--output-as=html -r") } else { html.clone() };
        assert!(html.contains(part), "no {part} in\n{html}");
    }
}
