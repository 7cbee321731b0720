//! crm_attribute, crm_node and crm_verify on a file: every form of theirs, with answers and exit codes.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::shell::{Bench, Step};
use std::process::Command;

const CIB: &str = r#"<cib crm_feature_set="3.16.0" validate-with="pacemaker-3.9" epoch="10" num_updates="3" admin_epoch="0" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config><cluster_property_set id="cib-bootstrap-options">
      <nvpair id="o1" name="stonith-enabled" value="false"/><nvpair id="o2" name="cluster-name" value="c"/>
    </cluster_property_set></crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources><primitive id="d" class="ocf" provider="pacemaker" type="Dummy"/>
      <primitive id="r1" class="ocf" provider="pacemaker" type="remote"/></resources><constraints/>
  </configuration>
  <status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member"/></status>
</cib>
"#;

fn call(bench: &Bench, line: &str) -> (i32, String, String) {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = Command::new(program("quorate"));
    command.args(&words).env("CIB_file", bench.path("cib.xml")).env_remove("OCF_RESOURCE_INSTANCE");
    command.env_remove("CIB_shadow");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Calls one after the other, each with its exit code and what stands in its answer.
#[track_caller]
fn story(steps: &[Step]) -> String {
    let bench = Bench::new(CIB);
    let whole = |(code, out, err): (i32, String, String)| (code, out + &err);
    bench.story(|bench, line| whole(call(bench, line)), steps);
    bench.cib()
}

#[test]
fn sections_have_their_sets() {
    let cib = story(&[
        ("crm_attribute -t crm_config -n cluster-name -G", 0, "scope=crm_config  name=cluster-name value=c\n"),
        ("crm_attribute -n batch-limit -v 5", 0, ""),
        ("crm_attribute --name batch-limit --query --quiet", 0, "5\n"),
        ("crm_attribute -t crm_config -s SAPHanaSR -n hana_x -v A", 0, ""),
        ("crm_attribute -t crm_config -s SAPHanaSR -n hana_x -G -q", 0, "A\n"),
        ("crm_attribute --type rsc_defaults --name resource-stickiness --update 1", 0, ""),
        (
            "crm_attribute --type rsc_defaults --attr-name resource-stickiness --get-value",
            0,
            "scope=rsc_defaults  name=resource-stickiness value=1",
        ),
        ("crm_attribute --type op_defaults --name timeout --attr-value 60s", 0, ""),
        ("crm_attribute -t nodes -N n1 -n site -v a", 0, ""),
        ("crm_attribute -U n1 -n site -G", 0, "scope=nodes  name=site value=a"),
        ("crm_attribute -t nodes --node n1 -z -n cpu -v 8", 0, ""),
        ("crm_attribute --quiet -t nodes --node n1 -z -n cpu", 0, "8\n"),
        ("crm_attribute -t tickets -n a -v b", 0, ""),
        ("crm_attribute -t tickets -n a -G", 0, "scope=tickets  name=a value=b"),
        ("crm_attribute -N r1 -n site -v b", 0, ""),
        ("crm_attribute -N n1 -n fail-count-d -v 3 -t status", 0, ""),
        ("crm_attribute -N n1 -l reboot -n fail-count-d -G", 0, "scope=status  name=fail-count-d value=3"),
        ("crm_attribute -N n1 -p d -v 10", 0, ""),
        ("crm_attribute -N n1 -p d -G", 0, "scope=status  name=master-d value=10"),
    ]);
    for part in [
        r#"<nvpair id="SAPHanaSR-hana_x" name="hana_x" value="A"/>"#,
        r#"<meta_attributes id="rsc_defaults-options">"#,
        r#"<meta_attributes id="op_defaults-options">"#,
        r#"<instance_attributes id="nodes-1">"#,
        r#"<nvpair id="nodes-1-utilization-cpu" name="cpu" value="8"/>"#,
        r#"<nvpair id="status-tickets-a" name="a" value="b"/>"#,
        r#"<node id="r1" type="remote" uname="r1">"#,
        r#"<nvpair id="status-1-fail-count-d" name="fail-count-d" value="3"/>"#,
    ] {
        assert!(cib.contains(part), "{part} in\n{cib}");
    }
}

#[test]
fn attributes_are_removed_and_what_is_not_there_is_gone() {
    story(&[
        ("crm_attribute -n nope -D", 0, ""),
        ("crm_attribute -n batch-limit -v 5", 0, ""),
        (
            "crm_attribute -n batch-limit -D",
            0,
            "Deleted crm_config option: id=cib-bootstrap-options-batch-limit name=batch-limit\n",
        ),
        (
            "crm_attribute -n batch-limit -G",
            105,
            "crm_attribute: Error performing operation: No such device or address\n",
        ),
        ("crm_attribute -n batch-limit -G -d 7", 0, "value=7"),
        ("crm_attribute -N n1 -n x -v 1 -l reboot", 0, ""),
        ("crm_attribute -N n1 -n x -D -l reboot", 0, "Deleted status attribute: id=status-1-x name=x\n"),
        ("crm_attribute -N n1 -n y -v 1", 0, ""),
        ("crm_attribute -N n1 -n y -D", 0, "Deleted nodes attribute: id=nodes-1-y name=y\n"),
        ("crm_attribute --type crm_config --name cluster-name --delete true", 0, "Deleted"),
    ]);
}

#[test]
fn one_of_several_is_named_by_its_set_or_id() {
    let cib = story(&[
        ("crm_attribute -n cluster-delay -v 60s", 0, ""),
        ("crm_attribute -n cluster-delay -v 40s -s duplicate", 0, ""),
        ("crm_attribute -n cluster-delay -G -q", 0, "60s\n40s\n"),
        (
            "crm_attribute -n cluster-delay -v 30s",
            109,
            "Multiple attributes match name=cluster-delay\n  Value: 60s \t(id=cib-bootstrap-options-cluster-delay)\n",
        ),
        ("crm_attribute -n cluster-delay -v 30s", 109, "supply the 'id' with --attr-id"),
        ("crm_attribute -n cluster-delay -v 30s -s duplicate", 0, ""),
        ("crm_attribute -n cluster-delay -D -i cib-bootstrap-options-cluster-delay", 0, "Deleted"),
        ("crm_attribute -n cluster-delay -G -q", 0, "30s\n"),
        ("crm_attribute -i duplicate-cluster-delay -G -q", 0, "30s\n"),
    ]);
    assert!(!cib.contains("60s"), "{cib}");
}

#[test]
fn patterns_and_sums() {
    story(&[
        ("crm_attribute -n ram -v 1024 -N n1", 0, ""),
        ("crm_attribute -n rattr -v XYZ -N n1", 0, ""),
        (
            "crm_attribute -t nodes -P ra.* -N n1 --query",
            0,
            "scope=nodes  name=ram value=1024\nscope=nodes  name=rattr value=XYZ\n",
        ),
        ("crm_attribute -t nodes -P rat.* -N n1 -v 10", 0, ""),
        ("crm_attribute -t nodes -N n1 -n rattr -v value++ --score", 0, ""),
        ("crm_attribute -t nodes -N n1 -n rattr -v value+=5", 0, ""),
        ("crm_attribute -t nodes -N n1 -n rattr -G -q", 0, "16\n"),
        ("crm_attribute -t nodes -P rat.* -N n1 -D", 0, "Deleted nodes attribute: id=nodes-1-rattr name=rattr\n"),
        ("crm_attribute -t nodes -N n1 -G", 0, "name=ram"),
        ("crm_attribute -P x.* -t crm_config -G", 64, "attributes of nodes"),
    ]);
}

#[test]
fn each_transient_attribute_is_a_change_of_its_own_in_a_file() {
    let cib = story(&[
        ("crm_attribute -t status -N n1 -n fail-count-a -v 3", 0, ""),
        ("crm_attribute -t status -N n1 -n fail-count-b -v 5", 0, ""),
        ("crm_attribute -t status -P fail-count -N n1 -v 10", 0, ""),
        ("crm_attribute -t status -P fail-count -N n1 -D", 0, "Deleted status attribute: id=status-1-fail-count-a"),
    ]);
    assert!(cib.contains("num_updates=\"9\""), "{cib}");
}

#[test]
fn an_option_goes_by_both_of_its_names() {
    let cib = story(&[
        ("crm_attribute -n fencing-enabled -G", 0, "scope=crm_config  name=fencing-enabled value=false"),
        ("crm_attribute -n fencing-enabled -v true", 0, ""),
        ("crm_attribute -n stonith-enabled -G -q", 0, "true\n"),
    ]);
    assert!(!cib.contains("fencing-enabled"), "{cib}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    story(&[
        ("crm_attribute -N n9 -n a -v 1", 105, "crm_attribute: Could not map name=n9 to a UUID\n"),
        ("crm_attribute -t nodes -N n1 -D", 64, "must specify attribute name or pattern to delete"),
        ("crm_attribute -N n1 -p  -G", 64, "must be called from an OCF resource agent or with a resource ID"),
        ("crm_attribute -n a -v 1 -D", 64, "exclude each other"),
        ("crm_attribute -t nowhere -n a -G", 64, "nowhere"),
        ("crm_attribute -n  -v 1", 64, "empty"),
        ("crm_attribute --list-options=asdf", 64, "Invalid --list-options value 'asdf'. Allowed values: cluster"),
    ]);
}

#[test]
fn answers_in_xml() {
    story(&[
        (
            "crm_attribute --output-as=xml -n cluster-name -G",
            0,
            "<attribute name=\"cluster-name\" value=\"c\" scope=\"crm_config\"/>\n  <status code=\"0\" message=\"OK\"/>",
        ),
        (
            "crm_attribute --output-as=xml -n nope -G",
            105,
            "<status code=\"105\" message=\"No such object\">\n    <errors>",
        ),
        (
            "crm_attribute --list-options=cluster --all --output-as=xml",
            0,
            "<parameter name=\"no-quorum-policy\" advanced=\"0\" generated=\"0\">",
        ),
        ("crm_attribute --list-options=cluster", 0, "\"stop\" (default), \"freeze\""),
    ]);
}

#[test]
fn crm_node_knows_ids_and_forgets_who_is_gone() {
    let cib = story(&[
        ("crm_node -l -p", 0, "n1\n"),
        ("crm_node -p -l", 0, "1 n1 member\n2 n2 lost\n"),
        ("crm_node -N 2", 0, "n2\n"),
        ("crm_node -N 9", 105, "there is no node with the id 9"),
        ("crm_node -q -Q", 0, "1\n"),
        ("crm_node -R n2", 64, "--force"),
        ("crm_node --force --remove n1", 107, "is a member"),
        ("crm_node -R n9 --force", 105, "no node"),
        ("crm_node -R n2 --force", 0, ""),
    ]);
    assert!(!cib.contains("uname=\"n2\""), "{cib}");
}

#[test]
fn what_the_schema_forbids_is_not_written() {
    let stays = story(&[
        ("crm_attribute -n default-resource-stickiness -v 5", 78, "excludes `default-resource-stickiness`"),
        ("crm_attribute -t nodes -N n1 -n x -v 1 -s 1bad", 78, "is an id"),
        ("crm_attribute -t rsc_defaults -n x -v 1 -i 1bad", 78, "is an id"),
        ("crm_resource -r d --meta -p x -v 5 -s 1bad", 78, "is an id"),
        ("crm_resource -r d -p class -v frob --element", 78, "one of ocf"),
        ("crm_resource -r d -d type --element", 78, "no `type`"),
    ]);
    assert_eq!(stays, CIB);
    let wrong = CIB.replace("\"cluster-name\"", "\"is-managed-default\"");
    let bench = Bench::new(&wrong);
    // What was wrong before keeps nobody from changing something else.
    assert_eq!(call(&bench, "crm_attribute -n batch-limit -v 5").0, 0);
    assert_eq!(call(&bench, "crm_attribute -n is-managed-default -v false").0, 0);
}

#[test]
fn crm_verify_says_what_the_scheduler_makes_of_it() {
    let bench = Bench::new(CIB);
    let file = bench.path("cib.xml").display().to_string();
    assert_eq!(call(&bench, &format!("crm_verify -x {file}")), (0, String::new(), String::new()));
    for (was, is, code, words) in [
        (
            "value=\"false\"",
            "value=\"true\"",
            78,
            "error: fencing-enabled: fencing is enabled and there is no fence device",
        ),
        ("value=\"false\"", "value=\"maybe\"", 78, "'maybe' is not true or false"),
        (
            "<constraints/>",
            "<constraints><rsc_order id=\"o\" first=\"d\" then=\"gone\"/></constraints>",
            78,
            "error: o: ignoring",
        ),
        ("pacemaker-3.9", "pacemaker-9.9", 78, "unknown"),
        ("<constraints/>", "", 78, "<configuration> has no <constraints> in it"),
        (" epoch=\"10\"", "", 78, "`epoch`"),
        ("id=\"o2\"", "id=\"o2\"", 0, ""),
    ] {
        std::fs::write(&file, CIB.replace(was, is)).unwrap();
        for how in [format!("crm_verify -x {file} -V"), "crm_verify -L".to_string()] {
            let (got, _, err) = call(&bench, &how);
            assert!(got == code && err.contains(words), "{how} {is}: {got}\n{err}");
        }
        assert_eq!(call(&bench, &format!("crm_verify -q -x {file}")).2, "");
    }
    assert_eq!(call(&bench, "crm_verify").0, 64);
    assert_eq!(call(&bench, "crm_verify -x /nowhere").0, 105);
}
