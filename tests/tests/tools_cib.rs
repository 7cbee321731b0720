//! cibadmin on a file: every form of its, with answers, exit codes and what is in the CIB afterwards.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::shell::Bench;
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
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), text.concat())
}

/// Calls one after the other, each with its exit code and what stands in its answer.
#[track_caller]
fn story(steps: &[(&str, i32, &str)]) -> String {
    let bench = Bench::new(CIB);
    for (line, code, expected) in steps {
        let (got, said) = call(&bench, line);
        assert!(got == *code && said.contains(expected), "{line}: {got}, wanted {code} «{expected}»\n{said}");
    }
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

#[test]
fn rights_of_others_are_not_pretended() {
    story(&[("-Q -U nobody", 3, "rights of users are not enforced"), ("-Q -S -U x", 3, "rights are not shown")]);
}
