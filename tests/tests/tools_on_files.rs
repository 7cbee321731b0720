//! `crm_attribute` and `crm_node` where a file stands for the cluster, with words as Pacemaker's tools split them.

use quorate_core::cib::Document;
use quorate_tests::lab::program;
use quorate_tests::shell::{Answer, Bench};
use std::process::Command;

const CIB: &str = r#"<cib validate-with="pacemaker-4.0" have-quorum="1" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config/><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources/><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>"#;

fn tool(bench: &Bench, line: &str) -> Answer {
    let mut command = Command::new(program("quorate"));
    command.args(line.split_whitespace()).env("CIB_file", bench.path("cib.xml")).env_remove("CIB_shadow");
    Bench::feed(command.env("QUORATE_NODE", "n1"), "")
}

/// Runs the lines one after the other; the last one's answer.
#[track_caller]
fn check(lines: &[&str], code: i32, out: &str) {
    let bench = Bench::new(CIB);
    let answers: Vec<Answer> = lines.iter().map(|line| tool(&bench, line)).collect();
    let last = answers.last().expect("a line");
    assert_eq!((last.code, last.out.trim_end()), (code, out), "{lines:?}: {}", last.err);
}

#[test]
fn attributes_of_every_sort_are_kept_in_the_file() {
    check(&["crm_attribute -n a -v 1", "crm_attribute -n a -G -q"], 0, "1");
    check(&["crm_attribute -N n2 -n a -v -5", "crm_attribute -Gqn a -N n2"], 0, "-5");
    check(&["crm_attribute -n a -l reboot -v x", "crm_attribute -l reboot -n a -G"], 0, "scope=status  name=a value=x");
    check(&["crm_attribute -p db -v 10", "crm_attribute --promotion=db:1 -Gq"], 0, "10");
    check(&["crm_attribute -n a -v 1", "crm_attribute -n a -D", "crm_attribute -n a -G"], 105, "");
    check(&["crm_attribute -n a -G -d none -q"], 0, "none");
    check(&["crm_attribute -N n9 -n a -G"], 105, "");
    check(&["crm_attribute -n a -G extra"], 64, "");
}

#[test]
fn a_change_of_the_status_is_no_change_of_the_configuration() {
    let bench = Bench::new(CIB);
    tool(&bench, "crm_attribute -n a -l reboot -v x");
    let document = Document::read(&bench.cib()).expect("a CIB");
    assert_eq!(document.version().to_string(), "0.1.1");
    tool(&bench, "crm_attribute -n a -v x");
    let document = Document::read(&bench.cib()).expect("a CIB");
    assert_eq!(document.version().to_string(), "0.2.0");
}

#[test]
fn nodes_are_those_of_the_file() {
    check(&["crm_node -l"], 0, "1 n1 member\n2 n2 lost");
    check(&["crm_node -p"], 0, "n1");
    check(&["crm_node -q"], 0, "1");
    check(&["crm_node -i"], 0, "1");
    check(&["crm_node -n"], 0, "n1");
    check(&["crm_node"], 64, "");
}
