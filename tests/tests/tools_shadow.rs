//! crm_shadow, crm_diff, crm_error, crm_rule, crmadmin and iso8601 on files; and whose rights count in all tools.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::shell::{Bench, said};
use std::fs;
use std::process::{Command, Stdio};

const CIB: &str = r#"<cib crm_feature_set="3.20.5" validate-with="pacemaker-4.0" admin_epoch="0" epoch="10" num_updates="3">
  <configuration>
    <crm_config><cluster_property_set id="cib-bootstrap-options">
      <nvpair id="o1" name="enable-acl" value="true"/>
    </cluster_property_set></crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources><primitive id="d" class="ocf" provider="pacemaker" type="Dummy"/>
      <primitive id="r1" class="ocf" provider="pacemaker" type="remote"/>
      <primitive id="g" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="g-m">
        <nvpair id="g-r" name="remote-node" value="guest"/></meta_attributes></primitive></resources>
    <constraints>
      <rsc_location id="l1" rsc="d"><rule id="old" score="1">
        <date_expression id="e1" operation="lt" end="2019-01-01"/></rule></rsc_location>
      <rsc_location id="l2" rsc="d"><rule id="spec" score="1"><date_expression id="e2" operation="date_spec">
        <date_spec id="s2" years="2019" months="3-4"/></date_expression></rule></rsc_location>
      <rsc_location id="l3" rsc="d"><rule id="two" score="1" boolean-op="or">
        <date_expression id="e3" operation="lt" end="2019-01-01"/>
        <date_expression id="e4" operation="gt" start="2020-01-01"/></rule></rsc_location>
    </constraints>
    <acls><acl_role id="operator"><acl_permission id="p1" kind="read" xpath="/cib"/>
      <acl_permission id="p2" kind="write" xpath="//nvpair[@name='target-role']"/></acl_role>
      <acl_target id="ann"><role id="operator"/></acl_target></acls>
  </configuration>
  <status/>
</cib>
"#;

/// Words before the first one without `=` are variables of the call.
fn call(bench: &Bench, line: &str) -> (i32, String) {
    let mut words = line.split(' ').peekable();
    let mut command = Command::new(program("quorate"));
    for name in ["CIB_shadow", "SHELL", "PS1", "EDITOR"] {
        command.env_remove(name);
    }
    command.env("CIB_file", bench.path("cib.xml")).env("CIB_shadow_dir", bench.path("")).stdin(Stdio::null());
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value.replace("DIR", bench.path("").to_str().unwrap()));
        words.next();
    }
    let directory = bench.path("").display().to_string();
    command.args(words.map(|word| word.replace('~', " ").replace("DIR/", &directory)));
    said(&mut command)
}

/// Calls one after the other, each with its exit code and its whole answer; `…` at its end stands for the rest.
#[track_caller]
fn story(steps: &[(&str, i32, &str)]) -> Bench {
    let bench = Bench::new(CIB);
    for (line, code, expected) in steps {
        let (got, said) = call(&bench, line);
        let fits = match expected.strip_suffix('…') {
            Some(start) => said.starts_with(start),
            None => said == *expected,
        };
        assert!(got == *code && fits, "{line}: {got}, wanted {code} «{expected}»\n{said}");
    }
    bench
}

const NEW: &str = "A new shadow instance was created. To begin using it, enter the following into your shell:\n\texport CIB_shadow=s\n";

#[test]
fn a_shadow_is_made_changed_compared_and_put_in_force() {
    let bench = story(&[
        ("crm_shadow --which", 105, "crm_shadow: No active shadow configuration defined\n"),
        ("crm_shadow", 64, "crm_shadow: No query or command option supplied\n"),
        ("crm_shadow --create s --batch", 0, NEW),
        ("crm_shadow --create s --batch", 73, "crm_shadow: A shadow instance 's' already exists.\nTo prevent…"),
        ("CIB_shadow=s crm_shadow -w", 0, "s\n"),
        ("CIB_shadow=s crm_shadow -d", 0, ""),
        ("CIB_shadow=s cibadmin -D --xml-text <primitive~id='r1'/>", 0, ""),
        (
            "CIB_shadow=s crm_shadow -d",
            1,
            "Diff: --- 0.10.3 2\nDiff: +++ 0.11.0 (no digest)\n-- /cib/configuration/resources/primitive[@id='r1']\n\
             +  /cib:  @epoch=11, @num_updates=0\n",
        ),
        ("CIB_shadow=s crm_shadow -p --output-as=xml", 0, "<pacemaker-result …"),
        ("crm_shadow --commit s", 64, "crm_shadow: The commit command overwrites the active cluster configuration.\n…"),
        ("CIB_shadow=x crm_shadow --commit s", 64, "crm_shadow: The commit command overwrites…"),
        ("crm_shadow --commit gone --force", 105, "crm_shadow: Could not access shadow instance 'gone': No such…"),
        ("crm_shadow --commit s --force", 0, ""),
        ("crm_shadow --delete s", 64, "crm_shadow: The delete command removes the specified shadow file.\n…"),
        ("CIB_shadow=s crm_shadow --delete s --force", 0, "Remember to unset the CIB_shadow variable…"),
        ("crm_shadow --switch s --batch", 105, "crm_shadow: Could not access shadow instance 's'…"),
        ("crm_shadow --create-empty s --validate-with pacemaker-9.9 --batch", 65, "crm_shadow: --validate-with…"),
        ("crm_shadow --create-empty s --validate-with pacemaker-3.9 --batch", 0, "Created new pacemaker-3.9 conf…"),
        ("crm_shadow --reset s --batch --force", 0, NEW),
        ("crm_shadow --create a/b --batch", 64, "crm_shadow: 'a/b' cannot be the name of a shadow instance\n"),
    ]);
    assert!(!bench.cib().contains("r1"), "committed");
    // `crm cib commit` merges by what the shadow was made from.
    assert!(bench.path(".shadow.s.base").exists());
}

#[test]
fn what_differs_is_a_patch_that_leads_there() {
    let bench = Bench::new(CIB);
    let put = |name: &str, text: &str| fs::write(bench.path(name), text).unwrap();
    let next = CIB.replace("epoch=\"10\"", "epoch=\"11\"").replace(
        "<node id=\"2\" uname=\"n2\"/>",
        "<!-- two --><node id=\"2\" uname=\"b\"/><node id=\"3\" uname=\"c\"/>",
    );
    put("new.xml", &next);
    let (code, patch) = call(&bench, "crm_diff -o DIR/cib.xml -n DIR/new.xml");
    assert_eq!(code, 1, "{patch}");
    put("patch.xml", &patch);
    let (code, after) = call(&bench, "crm_diff -o DIR/cib.xml -p DIR/patch.xml");
    assert_eq!(code, 0, "{after}");
    put("after.xml", &after);
    assert_eq!(call(&bench, "crm_diff -o DIR/after.xml -n DIR/new.xml"), (0, String::new()));
    assert_eq!(call(&bench, "crm_diff -o DIR/new.xml -p DIR/patch.xml").0, 1, "it was made for another");
    assert_eq!(call(&bench, "crm_diff -o DIR/cib.xml -n DIR/new.xml -c -u").0, 64);
    assert_eq!(call(&bench, "crm_diff -o DIR/cib.xml").0, 64);
    assert_eq!(call(&bench, "crm_diff -o DIR/gone.xml -n DIR/new.xml").0, 65);
    let (code, _) = call(&bench, "cibadmin --patch -x DIR/patch.xml");
    assert_eq!((code, bench.cib().contains("uname=\"c\"")), (0, true));
}

#[test]
fn codes_dates_rules_and_nodes_in_words() {
    story(&[
        ("crm_error 201 -- -1005", 0, "Error\nError\n"),
        ("crm_error -n -r -- -1005", 0, "pcmk_rc_node_unknown - Node not found\n"),
        ("crm_error -n -X 105", 0, "CRM_EX_NOSUCH - No such object\n"),
        ("crm_error -r 2", 0, "No such file or directory\n"),
        ("crm_error x", 64, "crm_error: 'x' is no number\n"),
        ("iso8601 -d 2019-12-31~24:00:00Z -E 2020-01-01~00:00:00Z", 0, "Date: 2020-01-01 00:00:00Z\n"),
        ("iso8601 -d 2009-W53-7~00:00:00Z -W -E 2009-W53-6~00:00:00Z", 1, "Date: 2009-W53-7 00:00:00Z\n"),
        ("iso8601 -p 2019-01-01~00:00:00Z/P", 2, "iso8601: Invalid interval specified: 2019-01-01 00:00:00Z/P\n"),
        (
            "iso8601 -d 2009-01-31~00:00:00Z -D P1M",
            0,
            "Date: 2009-01-31 00:00:00Z\nDuration:  1 month \nDuration ends at: 2009-02-28 00:00:00Z\n",
        ),
        ("crm_rule -c -r old", 110, "Rule old is expired\n"),
        ("crm_rule -c -r old -d 20180101", 0, "Rule old is still in effect\n"),
        ("crm_rule -c -r spec -d 20190315", 0, "Rule spec satisfies conditions\n"),
        ("crm_rule -c -r spec -d 20190115", 111, "Rule spec has not yet taken effect\n"),
        ("crm_rule -c -r spec -d 20200315", 110, "Rule spec is expired\n"),
        ("crm_rule -c -r two", 3, "Could not determine whether rule two is in effect: Rule has more than one…"),
        ("crm_rule -c -r none", 105, "Could not determine whether rule none is in effect: Rule not found\n"),
        ("crm_rule -c", 64, "crm_rule: --check requires use of --rule=\n"),
        (
            "crmadmin -N",
            0,
            "cluster node: n1 (1)\ncluster node: n2 (2)\nguest node: guest (guest)\nremote node: r1 (r1)\n",
        ),
        ("crmadmin -N remote -B", 0, "export r1=r1\n"),
        ("crmadmin", 64, "crmadmin: error: Must specify a command option\n"),
    ]);
}

/// A role that may set `target-role` lets somebody stop what had none yet, and do nothing else.
#[test]
fn the_rights_of_the_user_named_in_the_environment_bind_every_tool() {
    let bench = story(&[
        ("CIB_user=bob cibadmin -Q", 4, "cibadmin: CIB API call failed: Permission denied\n"),
        ("CIB_user=bob crm_attribute -n enable-acl -G", 4, "crm_attribute: …"),
        (
            "CIB_user=ann crm_attribute -n enable-acl -v false",
            4,
            "Error setting enable-acl=false (section=crm_config, set=<null>): Permission denied\n\
             crm_attribute: Error performing operation: Permission denied\n",
        ),
        ("CIB_user=ann crm_attribute -V -n enable-acl -v false", 4, "Error setting enable-acl=false…"),
        ("CIB_user=ann crm_resource -r d --meta -p is-managed -v false", 4, "crm_resource: …"),
        ("CIB_user=ann crm_resource -r d --meta -p target-role -v Stopped", 0, "Set 'd' option: …"),
        ("CIB_user=ann crm_resource -r d --meta -p target-role -v Started", 0, "Set 'd' option: …"),
        ("CIB_user=ann crm_resource -D -r d -t primitive", 4, "crm_resource: …"),
        ("CIB_user=root crm_attribute -n enable-acl -v false", 0, ""),
        ("CIB_user=bob cibadmin -Q -A //node[@id='1']", 0, "<node id=\"1\" uname=\"n1\"/>\n"),
    ]);
    assert!(bench.cib().contains("value=\"Started\""));
}
