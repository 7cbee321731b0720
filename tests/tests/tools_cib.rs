//! cibadmin on a file: every form of its, with answers, exit codes and what is in the CIB afterwards.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::shell::{Bench, Step, said};
use std::process::Command;

const CIB: &str = r#"<cib crm_feature_set="3.20.5" validate-with="pacemaker-4.0" admin_epoch="0" epoch="10" num_updates="3">
  <configuration>
    <crm_config/>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources><primitive id="d" class="ocf" provider="pacemaker" type="Dummy"/></resources>
    <constraints><rsc_location id="l1" rsc="d" node="n1" score="10"/></constraints>
  </configuration>
  <status/>
</cib>
"#;

/// Calls cibadmin with words, some of which hold blanks: they stand between bars.
fn call(bench: &Bench, line: &str) -> (i32, String) {
    let mut words: Vec<&str> = Vec::new();
    for (at, part) in line.split('|').enumerate() {
        if at % 2 == 1 {
            words.push(part);
        } else {
            words.extend(part.split_whitespace());
        }
    }
    let mut command = Command::new(program("quorate"));
    command.arg("cibadmin").args(&words).env("CIB_file", bench.path("cib.xml")).env_remove("CIB_shadow");
    said(&mut command)
}

/// Calls one after the other, each with its exit code and what stands in its answer.
#[track_caller]
fn story(steps: &[Step]) -> String {
    story_of(CIB, steps)
}

#[track_caller]
fn story_of(cib: &str, steps: &[Step]) -> String {
    let bench = Bench::new(cib);
    bench.story(call, steps);
    bench.cib()
}

#[test]
fn parts_are_shown_as_they_are_asked_for() {
    story(&[
        ("-Q", 0, "<cib crm_feature_set=\"3.20.5\" validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"10\""),
        ("--query --local --scope resources", 0, "<resources>\n  <primitive id=\"d\" class=\"ocf\""),
        ("-Ql -A |//node[@uname='n2']|", 0, "<node id=\"2\" uname=\"n2\"/>\n"),
        ("-Q --xpath //node", 0, "<xpath-query>\n  <node id=\"1\" uname=\"n1\"/>\n"),
        ("-Q --xpath //node/@uname", 0, "<xpath-query uname="),
        ("-Q --xpath //missing", 105, "cibadmin: CIB API call failed: No such device or address\n"),
        (
            "-Q -n",
            0,
            "<cib crm_feature_set=\"3.20.5\" validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"10\" num_updates=\"3\"/>\n",
        ),
        ("-Q -e -A //rsc_location", 0, "/cib/configuration/constraints/rsc_location[@id='l1']\n"),
        ("-Q --scope tags", 105, "No such device or address"),
        ("-Q --output-as=xml --scope nodes", 0, "<output><![CDATA[<nodes>\n"),
        ("-a", 0, "epoch=\"1\""),
        ("-t 5 -V -s -Q -o constraints", 0, "<constraints>\n"),
        ("-Q extra", 64, "non-option ARGV-elements: extra"),
        ("-Z", 64, ""),
    ]);
}

#[test]
fn objects_come_change_and_go() {
    let cib = story(&[
        (
            "-C -o resources --xml-text |<primitive id=\"e\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>|",
            0,
            "",
        ),
        (
            "-C -o resources -X |<primitive id=\"e\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>|",
            108,
            "File exists",
        ),
        ("--modify -X |<rsc_location id=\"l1\" score=\"score+=5\"/>|", 0, ""),
        ("--modify -X |<rsc_location id=\"l2\" rsc=\"e\" node=\"n2\" score=\"1\"/>|", 105, "No such device or address"),
        ("-M -c -o constraints -X |<rsc_location id=\"l2\" rsc=\"e\" node=\"n2\" score=\"1\"/>|", 0, ""),
        ("-R -X |<node id=\"2\" uname=\"n3\"/>|", 0, ""),
        ("-D -X |<rsc_location id=\"l2\"/>|", 0, ""),
        ("-D --xpath |//node[@uname='n1']|", 0, ""),
        ("-d --xpath //node", 107, "--force flag is required"),
        ("-d --force --xpath |//rsc_location|", 0, ""),
        ("-B", 0, ""),
        ("-C -X nonsense", 65, "Couldn't parse input from input string"),
        ("-C", 64, "The supplied command requires input via --xml-file, --xml-text, or --xml-pipe"),
        ("-D", 64, "requires either --xpath or input"),
    ]);
    assert!(cib.contains("epoch=\"18\" num_updates=\"0\""), "{cib}");
    assert!(cib.contains("<constraints/>") && cib.contains("uname=\"n3\"") && !cib.contains("uname=\"n1\""), "{cib}");
}

#[test]
fn what_the_schema_forbids_is_not_written() {
    let cib = story(&[
        (
            "-C -o resources -X |<primitive id=\"e\" class=\"ocf\"/>|",
            78,
            "Update does not conform to the configured schema",
        ),
        ("-C -o constraints -X |<rsc_location id=\"l2\" rsc=\"none\" node=\"n2\"/>|", 78, "Update does not conform"),
        ("-D -X |<crm_config/>|", 78, "<configuration> has no <crm_config> in it"),
        ("-d --force -A //constraints", 78, "Update does not conform"),
    ]);
    assert!(cib.contains("<primitive id=\"d\"") && !cib.contains("\"e\""), "{cib}");
}

#[test]
fn the_whole_is_replaced_by_nothing_older() {
    let cib = story(&[
        ("-R -X |<cib epoch=\"9\" validate-with=\"pacemaker-4.0\"><configuration/></cib>|", 103, "Update was older"),
        ("-E", 107, "cibadmin: The supplied command is considered dangerous."),
        ("-E --force", 0, ""),
        ("-u", 107, ""),
        ("-u --force", 0, "Upgrade unnecessary: Schema is already the latest available"),
    ]);
    assert!(cib.contains("<resources/>") && cib.contains("admin_epoch=\"1\" epoch=\"11\""), "{cib}");
}

#[test]
fn a_difference_fits_what_it_was_made_of() {
    let patch = |epoch: u32| {
        format!(
            "<diff format=\"2\"><version><source admin_epoch=\"0\" epoch=\"{epoch}\" num_updates=\"3\"/><target \
             admin_epoch=\"0\" epoch=\"{}\" num_updates=\"0\"/></version><change operation=\"delete\" \
             path=\"/cib/configuration/constraints/rsc_location[@id='l1']\"/></diff>",
            epoch + 1
        )
    };
    let (fits, old) = (format!("-P -X |{}|", patch(10)), format!("-P -X |{}|", patch(9)));
    let cib = story(&[(&old, 103, "Update was older"), (&fits, 0, ""), (&fits, 103, "Update was older")]);
    assert!(cib.contains("epoch=\"11\"") && cib.contains("<constraints/>"), "{cib}");
}

const GUARDED: &str = r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="10" num_updates="3">
  <configuration>
    <crm_config><cluster_property_set id="b"><nvpair id="b-e" name="enable-acl" value="true"/></cluster_property_set></crm_config>
    <nodes/>
    <resources>
      <primitive id="p1" class="ocf" provider="pacemaker" type="Dummy">
        <instance_attributes id="p1-i"><nvpair id="p1-i-s" name="state" value="/x"/><!-- seen --></instance_attributes>
      </primitive>
      <primitive id="p2" class="ocf" provider="pacemaker" type="Dummy"/>
    </resources>
    <constraints/>
    <acls>
      <acl_role id="r">
        <acl_permission id="r-1" kind="read" xpath="//resources"/>
        <acl_permission id="r-2" kind="write" xpath="//primitive[@id='p2']"/>
        <acl_permission id="r-3" kind="deny" xpath="//nvpair[@name='state']"/>
      </acl_role>
      <acl_target id="tony"><role id="r"/></acl_target>
    </acls>
  </configuration>
  <status/>
</cib>
"#;

#[test]
fn one_may_act_with_the_rights_of_another() {
    let steps = [
        ("-Q -U root", 0, "<nodes/>"),
        ("-Q -U tony", 0, "<instance_attributes id=\"p1-i\">\n          <!-- seen -->"),
        ("-Q -U tony -A //acl_role", 105, "No such device or address"),
        ("-Q -U nobody", 4, "Permission denied"),
        ("-M -U tony -X |<primitive id=\"p1\" description=\"x\"/>|", 4, "Permission denied"),
        ("-M -U tony -X |<primitive id=\"p2\" description=\"mine\"/>|", 0, ""),
        ("-D -U tony -A |//primitive[@id='p1']|", 4, "Permission denied"),
        ("-E --force -U tony", 4, "Permission denied"),
    ];
    let cib = story_of(GUARDED, &steps);
    assert!(cib.contains("description=\"mine\"") && cib.contains("id=\"p1\""), "{cib}");
    // Lists that are not in force bind nobody.
    let open = GUARDED.replace("value=\"true\"", "value=\"false\"");
    story_of(&open, &[("-Q -U nobody", 0, "<nodes/>"), ("-D -U nobody -A |//primitive[@id='p1']|", 0, "")]);
}

/// As the peer's tool shows it.
#[test]
fn what_a_user_may_do_is_shown_beside_each_element() {
    let text =
        "<!-- ACLs as evaluated for user tony -->\nvvv---[ ~DENIED~ ]---vvv\n<cib validate-with=\"pacemaker-4.0\"";
    let readable = "    <nodes/>\n    \n    vvv---[ READABLE ]---vvv\n    <resources>\n      <primitive id=\"p1\"";
    let denied = "          \n          vvv---[ ~DENIED~ ]---vvv\n          <nvpair id=\"p1-i-s\" name=\"state\" value=\"/x\"/>\n";
    let writable = "      \n      vvv---[ WRITABLE ]---vvv\n      <primitive id=\"p2\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\n    </resources>\n    <constraints/>\n";
    let namespaces = "<pcmk-access-denied:cib validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"10\" num_updates=\"3\" \
        xmlns:pcmk-access-writable=\"http://clusterlabs.org/ns/pacemaker/access/writable\" xmlns:";
    story_of(
        GUARDED,
        &[
            ("-Q -U tony -S", 0, text),
            ("-Q -U tony --show-access=text", 0, readable),
            ("-Q -U tony -Stext", 0, denied),
            ("-Q -U tony -Sauto", 0, writable),
            ("-Q -U tony -Snamespace", 0, namespaces),
            ("-Q -U tony -Snamespace", 0, "    <pcmk-access-readable:resources>\n      <primitive id=\"p1\""),
            ("-Q -U tony -Snamespace", 0, "          <pcmk-access-denied:nvpair id=\"p1-i-s\""),
            ("-Q -U tony -Scolor", 0, "    \x1b[34m<resources>\n      \x1b[34m<primitive id=\"p1\""),
            (
                "-Q -U tony -Scolor",
                0,
                "      \x1b[32m<primitive id=\"p2\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\x1b[0m\n",
            ),
            (
                "-Q -U tony -S -A |//primitive[@id='p2']|",
                0,
                "user tony -->\nvvv---[ WRITABLE ]---vvv\n<primitive id=\"p2\"",
            ),
            ("-Q -S", 64, "The supplied command requires -U user specified."),
            ("-Q -U tony -Sx", 64, "Unrecognized value for --show-access: \"x\""),
            ("-Q -U root -S", 78, "Could not evaluate access per request (root, error: Already in requested state)"),
        ],
    );
}
