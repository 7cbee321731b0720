//! `crm history`: on inputs that a simulation made, and on those of a real daemon.

use quorate_tests::lab::Lab;
use quorate_tests::shell::{Answer, Bench};
use std::fs;

const NODES: &str = r#"<cib validate-with="pacemaker-4.0" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0" execution-date="1700000000">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>RESOURCES</resources><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">HISTORY</node_state>
<node_state id="2" uname="n2" in_ccm="IN" crmd="online" join="member" expected="member"/></status></cib>"#;

const P: &str = r#"<primitive id="p" class="ocf" provider="acme" type="Svc"/>"#;
const Q: &str = r#"<primitive id="q" class="ocf" provider="acme" type="Svc"/>"#;
const RAN: &str = r#"<lrm id="1"><lrm_resources><lrm_resource id="p" class="ocf" provider="acme" type="Svc">
<lrm_rsc_op id="p_last_0" operation_key="p_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="1" rc-code="0" op-status="0" interval="0" last-rc-change="1700000001"/>
<lrm_rsc_op id="p_last_failure_0" operation_key="p_monitor_10000" operation="monitor" transition-key="2:1:0:x" transition-magic="0:7;2:1:0:x" call-id="2" rc-code="7" op-status="0" interval="10000" last-rc-change="1700000050" exit-reason="no process"/>
</lrm_resource></lrm_resources></lrm>"#;

/// Three decisions: nothing runs; p has failed; n2 is lost and q is new.
fn bench() -> Bench {
    let bench = Bench::default();
    let directory = bench.path("inputs");
    fs::create_dir(&directory).expect("a directory");
    let inputs = [
        (P, "", "true", 1_700_000_000),
        (P, RAN, "true", 1_700_000_060),
        (&format!("{P}{Q}"), RAN, "false", 1_700_000_100),
    ];
    for (number, (resources, history, is_in, at)) in inputs.into_iter().enumerate() {
        let text =
            NODES.replace("RESOURCES", resources).replace("HISTORY", history).replace("IN\"", &format!("{is_in}\""));
        let text = text.replace("execution-date=\"1700000000\"", &format!("execution-date=\"{at}\""));
        fs::write(directory.join(format!("pe-input-{number}.xml")), text).expect("an input");
    }
    bench
}

fn history(bench: &Bench, words: &[&str]) -> Answer {
    bench.crm(&[&["-H", "inputs", "history"], words].concat())
}

#[track_caller]
fn check(bench: &Bench, words: &[&str], expected: &str) {
    let answer = history(bench, words);
    assert_eq!((answer.code, answer.out.as_str()), (0, expected), "{words:?}: {}", answer.err);
}

const STARTED: &str = "2023-11-14 22:13:21Z n1 p: start: ok\n";
const FAILED: &str = "2023-11-14 22:14:10Z n1 p: monitor every 10s: not running (no process)\n";
const LOST: &str = "2023-11-14 22:15:00Z n2 node n2 is lost\n";

#[test]
fn inputs_are_listed_and_events_told() {
    let bench = bench();
    check(&bench, &["peinputs"], "pe-input-0\npe-input-1\npe-input-2\n");
    check(&bench, &["events"], &format!("{STARTED}{FAILED}{LOST}"));
    check(&bench, &["resource", "p"], &format!("{STARTED}{FAILED}"));
    check(&bench, &["node", "n2"], LOST);
    let listed = history(&bench, &["peinputs", "v"]).out;
    assert!(listed.contains("pe-input-2       2023-11-14 22:15:00Z  2 nodes, 2 resources\n"), "{listed}");
    let log = history(&bench, &["log"]).out;
    assert!(log.ends_with(&format!("{LOST}2023-11-14 22:15:00Z decided on pe-input-2\n")), "{log}");
    let info = history(&bench, &["info"]).out;
    assert!(
        info.contains("Period: 2023-11-14 22:13:20Z - 2023-11-14 22:15:00Z\nNodes: n1 n2\nResources: p q\n"),
        "{info}"
    );
}

#[test]
fn a_session_looks_at_some_time_and_leaves_out_what_it_is_told() {
    let bench = bench();
    let said = bench.script(
        "history\nsource inputs\nlimit \"2023-11-14 22:14:00\"\nevents\nexclude monitor\nevents\nexclude clear\nlimit\nexclude p:\nevents\n",
    );
    assert_eq!((said.code, said.out), (0, format!("{FAILED}{LOST}{LOST}{LOST}")), "{}", said.err);
}

#[test]
fn decisions_are_simulated_once_more_and_compared() {
    let bench = bench();
    let transition = history(&bench, &["transition", "1"]).out;
    assert!(transition.starts_with("pe-input-1 (2023-11-14 22:14:20Z)\n"), "{transition}");
    assert!(transition.contains("* Recover    p"), "{transition}");
    assert!(history(&bench, &["latest"]).out.contains("pe-input-2"));
    let diff = history(&bench, &["diff", "1", "2"]).out;
    assert!(
        diff.contains("--- pe-input-1\n+++ pe-input-2\n") && diff.contains("+primitive q ocf:acme:Svc\n"),
        "{diff}"
    );
    assert!(history(&bench, &["diff", "1", "--xml"]).out.contains("<change operation=\"create\""));
    assert!(history(&bench, &["graph", "0"]).out.contains("\"p_start_0 n1\""));
    assert!(history(&bench, &["show", "0"]).out.contains("primitive p ocf:acme:Svc"));
}

#[test]
fn what_is_not_there_is_said() {
    let bench = bench();
    for (words, code, said) in [
        (&["transition", "9"][..], 1, "there is no input `9`"),
        (&["limit", "yesterday"][..], 1, "no ISO 8601"),
        (&["source", "nowhere"][..], 1, "`nowhere` is no directory"),
    ] {
        let answer = history(&bench, words);
        assert!(answer.err.contains(said) && answer.code == code, "{words:?}: {} {}", answer.code, answer.err);
    }
}

#[test]
fn a_daemon_keeps_what_history_tells() {
    let lab = Lab::started(1);
    let batch = lab.directory().join("batch.crm");
    fs::write(&batch, "configure\nproperty fencing-enabled=false\nprimitive d ocf:quorate:Dummy\ncommit\n")
        .expect("a batch");
    let crm = |words: &[&str]| {
        let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
        let output = lab.tool("n1", &words).output().expect("the shell runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    crm(&["-w", "-f", &batch.to_string_lossy()]);
    lab.wait("the start to be history", |_| crm(&["history", "events"]).contains("n1 d: start: ok\n"));
    assert!(crm(&["history", "log"]).contains("decided on pe-input-"));
}
