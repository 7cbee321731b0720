//! `crm history` on saved scheduler inputs, without any daemon: a start, then a failed monitor.

use quorate_tests::lab::program;
use quorate_tests::shell::{Answer, Bench};
use std::process::Command;

const CIB: &str = r#"<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0" have-quorum="1" dc-uuid="1" execution-date="1700000000">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o-s" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources><primitive id="p" class="ocf" provider="pacemaker" type="Dummy"><operations><op id="p-m" name="monitor" interval="10s"/></operations></primitive></resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/>
    <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
"#;

/// Three inputs in `inputs`, a minute apart, and a log that tells of the last two.
fn bench() -> Bench {
    let bench = Bench::default();
    std::fs::create_dir(bench.path("inputs")).expect("a directory");
    bench.write("inputs/0.xml", CIB);
    step(&bench, &["-x", "inputs/0.xml", "-S", "-O", "inputs/1.xml"], 1, "1700000060");
    let failed = ["-x", "inputs/1.xml", "-i", "p_monitor_10000@n1=7", "-I", "inputs/2.xml"];
    step(&bench, &failed, 2, "1700000120");
    let text = std::fs::read_to_string(bench.path("inputs/2.xml")).expect("a file");
    bench.write(
        "inputs/2.xml",
        &text.replace("<crm_config>", "<crm_config><!-- -->").replace("interval=\"10s\"", "interval=\"11s\""),
    );
    for number in 0..3 {
        let from = bench.path(&format!("inputs/{number}.xml"));
        let packed = Command::new("bzip2").arg(&from).status().expect("bzip2");
        assert!(packed.success());
        let packed = bench.path(&format!("inputs/{number}.xml.bz2"));
        std::fs::rename(packed, bench.path(&format!("inputs/pe-input-{number}.bz2"))).expect("a file");
    }
    bench.write(
        "inputs/pacemaker.log",
        "Nov 14 22:14:20 n1 quorated [1] (scheduler) info: transition 1 decided from pe-input-1.bz2\n\
         Nov 14 22:14:21 n1 quorated [1] (lrm) info: one\n\
         Nov 14 22:15:20 n1 quorated [1] (scheduler) info: transition 2 decided from pe-input-2.bz2\n\
         Nov 14 22:15:21 n1 quorated [1] (lrm) info: two\n",
    );
    bench
}

/// The CIB after a simulation, as if it had been decided on then.
fn step(bench: &Bench, arguments: &[&str], number: u32, date: &str) {
    let mut command = Command::new(program("quorate"));
    let done = command.arg("crm_simulate").args(arguments).current_dir(bench.path("")).output().expect("crm_simulate");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = format!("inputs/{number}.xml");
    let text = std::fs::read_to_string(bench.path(&name)).expect("a file");
    let text = text.replace("execution-date=\"1700000000\"", "").replace("execution-date=\"1700000060\"", "");
    bench.write(&name, &text.replacen("<cib ", &format!("<cib execution-date=\"{date}\" "), 1));
}

fn history(lines: &str) -> Answer {
    let bench = bench();
    bench.script(&format!("history\nsource inputs\n{lines}\n"))
}

#[track_caller]
fn check(lines: &str, said: &[&str], unsaid: &[&str]) {
    let answer = history(lines);
    assert_eq!(answer.code, 0, "{}", answer.err);
    said.iter().for_each(|text| assert!(answer.out.contains(text), "{text}: {}", answer.out));
    unsaid.iter().for_each(|text| assert!(!answer.out.contains(text), "{text}: {}", answer.out));
}

#[track_caller]
fn check_wrong(lines: &str, said: &str) {
    let answer = history(lines);
    assert!(answer.code != 0 && answer.err.contains(said), "{}: {}", answer.code, answer.err);
}

#[test]
fn events_are_what_changed_between_inputs() {
    let failed = "p on n1: monitor every 10000ms: Not running (exit code 7, not expected)";
    check("events", &["n1: is online", "p on n1: start: OK", failed, "p on n1: monitor failures: 1"], &["p on n2"]);
    check("events", &["the configuration changed"], &[]);
    check("detail 1\nevents", &["p on n2: monitor: Not running"], &[]);
    check("resource p", &[failed], &["is online"]);
    check("node n2", &["n2: is online"], &["n1", "p on"]);
    check("exclude online\nsetnodes n1\nevents", &[failed], &["is online"]);
}

#[test]
fn inputs_are_listed_within_the_span_of_time() {
    check("peinputs", &["pe-input-0.bz2", "pe-input-2.bz2"], &[]);
    check("peinputs 1:2 v", &["22:14:20Z pe-input-1       n1           nothing to do", "1 action"], &["pe-input-0"]);
    check("limit 2023-11-14T22:13:30Z 2023-11-14T22:14:30Z\npeinputs", &["pe-input-1"], &["pe-input-0", "pe-input-2"]);
    check("info", &["Nodes: n1 n2", "Resources: p", "Transitions: 3 (pe-input-0 to pe-input-2)"], &[]);
}

#[test]
fn a_decision_is_shown_again() {
    check("transition", &["* Recover    p"], &["* Start "]);
    check("transition 0", &["* Start      p"], &["* Recover"]);
    check("transition -2", &["* Start      p"], &["* Recover"]);
    check("transition showdot", &["digraph", "\"p_stop_0 n1\" -> \"p_start_0 n1\""], &[]);
    check("transition log 1", &["pe-input-1.bz2", "info: one"], &["info: two"]);
    check("transition tags", &["n1 p"], &["n2"]);
    check("transition save 0 then\nup\ncib use then\nconfigure show p", &["primitive p"], &[]);
    check("latest", &["p on n1: monitor failures: 1", "* Recover"], &["* Start "]);
}

#[test]
fn two_inputs_are_compared() {
    check("diff 0 2", &["-\top monitor interval=10s", "+\top monitor interval=11s"], &[]);
    check("diff 0 1", &[], &["monitor"]);
    check("diff 0 1 status html", &["<ins>+", "lrm_rsc_op"], &[]);
    check("show 2", &["interval=11s"], &[]);
}

#[test]
fn an_input_that_is_half_written_hides_no_other() {
    let bench = bench();
    bench.write("inputs/pe-input-3.bz2", "BZh9");
    let answer = bench.script("history\nsource inputs\npeinputs\n");
    assert!(answer.code == 0 && answer.out.contains("pe-input-2"), "{answer:?}");
    assert!(answer.err.contains("WARNING") && answer.err.contains("pe-input-3.bz2"), "{}", answer.err);
}

#[test]
fn what_is_not_there_is_named() {
    check_wrong("transition 9", "there is no scheduler input `9`");
    check_wrong("node n3", "no input knows a node `n3`");
    check_wrong("resource q", "no input knows a resource `q`");
    check_wrong("limit soon", "`soon` is no time");
    check_wrong("source nowhere", "nowhere: No such file");
    check_wrong("wdiff 0 9", "there is no scheduler input `9`");
}

/// A node whose inputs and log are below `node`, and a report of it.
fn reported(bench: &Bench, words: &[&str]) -> Answer {
    let node = bench.path("node/var");
    std::fs::create_dir_all(node.join("lib/pacemaker")).expect("a directory");
    std::fs::create_dir_all(node.join("log/pacemaker")).expect("a directory");
    let log = node.join("log/pacemaker/pacemaker.log");
    std::fs::rename(bench.path("inputs/pacemaker.log"), log).expect("a file");
    std::fs::rename(bench.path("inputs"), node.join("lib/pacemaker/pengine")).expect("a file");
    Bench::feed(bench.command().env("QUORATE_ROOT", bench.path("node")).arg("report").args(words), "")
}

#[test]
fn a_report_is_a_source_of_history() {
    let bench = bench();
    bench.load("primitive q ocf:acme:Svc params passwd=secret");
    let answer = reported(&bench, &["-f", "2023-11-14T22:14:00Z", "out"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, "out.tar.gz\n"), "{}", answer.err);
    let told = bench.script("history\nsource out.tar.gz\npeinputs\ntransition log 1\ntransition\n");
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("pe-input-1.bz2") && !told.out.contains("pe-input-0"), "{}", told.out);
    assert!(told.out.contains("info: one") && told.out.contains("* Recover    p"), "{}", told.out);
    let files = ["-xzOf", "out.tar.gz", "--wildcards", "*/cib.xml", "*/crm_mon.txt"];
    let mut unpacked = unpacked_in(&bench, Command::new("tar").args(files));
    assert!(unpacked.contains("id=\"q\"") && unpacked.contains("(ocf:acme:Svc)"), "{unpacked}");
    unpacked.retain(|c| !c.is_whitespace());
    assert!(!unpacked.contains("secret"), "{unpacked}");
}

fn unpacked_in(bench: &Bench, command: &mut Command) -> String {
    let output = command.current_dir(bench.path("")).output().expect("tar");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_report_does_not_replace_another_nor_take_what_is_no_time() {
    let bench = bench();
    bench.write("out.tar.gz", "mine");
    let answer = reported(&bench, &["out"]);
    assert!(answer.code == 1 && answer.err.contains("exists already"), "{answer:?}");
    let answer = bench.crm(&["report", "-f", "soon"]);
    assert!(answer.code == 2 && answer.err.contains("`soon` is no time"), "{answer:?}");
}

// ---- graphs and words --------------------------------------------------------------------------------------

#[test]
fn two_inputs_are_compared_word_by_word() {
    let changed = "primitive p ocf:pacemaker:Dummy \\\n\top monitor [-interval=10s-]{+interval=11s+}\n";
    check("wdiff 1 2", &[changed], &["property"]);
    check("wdiff 1 1", &[""], &["primitive"]);
    check("wdiff 1 2 status", &["{+"], &["primitive p"]);
    check_wrong("wdiff 1 2 xml", "`xml` is not `status`");
}

#[test]
fn the_order_in_an_input_is_drawn() {
    check("graph 1", &["digraph order {\n  \"p\" [shape=box];\n}\n"], &[]);
    check_wrong("graph 1 svg", "`svg` is no sort of graph");
    check_wrong("graph 9", "there is no scheduler input `9`");
    let bench = bench();
    assert_eq!(bench.script("history\nsource inputs\ngraph 1 dot o.dot dot\n").code, 0);
    assert!(std::fs::read_to_string(bench.path("o.dot")).expect("a file").starts_with("digraph order {"));
}

/// The file names in what `peinputs` says, and the rest.
fn names(out: &str) -> String {
    out.lines().map(|line| line.rsplit('/').next().unwrap_or(line)).collect::<Vec<_>>().join(" ")
}

// ---- sessions ------------------------------------------------------------------------------------------------

#[test]
fn a_session_keeps_what_is_looked_at_and_how() {
    let bench = bench();
    let save = "history\nsource inputs\nlimit 2023-11-14T22:14:00Z\nexclude stop\ndetail 1\nsession save s1\nsession\n";
    let saved = bench.script(save);
    assert!(saved.code == 0 && saved.out.starts_with("current session: s1\nsource: inputs\n"), "{}", saved.err);
    assert_eq!(bench.crm(&["history", "session", "list"]).out, "s1\n");
    let loaded = bench.script("history\nsession load s1\npeinputs\nexclude\n");
    assert_eq!((loaded.code, names(&loaded.out).as_str()), (0, "pe-input-1.bz2 pe-input-2.bz2 stop"), "{}", loaded.err);
    // A change is kept when that is wanted.
    assert_eq!(bench.script("history\nsession load s1\nlimit\nexclude clear\nsession update\n").code, 0);
    let loaded = bench.script("history\nsession load s1\npeinputs\nexclude\n");
    assert_eq!(names(&loaded.out), "pe-input-0.bz2 pe-input-1.bz2 pe-input-2.bz2", "{}", loaded.err);
    let gone = bench.script("history\nsession load s1\nsession delete s1\nsession\nsession list\n");
    assert_eq!((gone.code, gone.out.as_str()), (0, "current session: none\nsource: live\n"), "{}", gone.err);
    for (line, said) in [
        ("load s1", "there is no session `s1`"),
        ("save", "`session save` needs a name"),
        ("save ../x", "is no name for a session"),
        ("update", "there is no session yet"),
        ("pack", "there is no session yet"),
        ("keep x", "`keep` is no command of `session`"),
        ("list x", "one word too many"),
    ] {
        let answer = bench.script(&format!("history\nsource inputs\nsession {line}\n"));
        assert!(answer.code != 0 && answer.err.contains(said), "{line}: {}", answer.err);
    }
}

#[test]
fn a_session_that_crmsh_kept_is_taken_up() {
    let bench = bench();
    let user =
        nix::unistd::User::from_uid(nix::unistd::geteuid()).expect("users").map_or(String::new(), |one| one.name);
    let place = bench.path(&format!("cache/history-{user}/session/theirs"));
    std::fs::create_dir_all(&place).expect("a directory");
    let state = format!(
        "[report]\ndir = {}\nfrom_time = 2023-11-14 22:14:00Z\nto_time = \ndetail = 0\n\n[log]\nexclude_0 = stop\n\n",
        bench.path("inputs").display()
    );
    std::fs::write(place.join("history_state.cfg"), state).expect("a file");
    let cache = format!("path.cache={}", bench.path("cache").display());
    let text = "history\nsession list\nsession load theirs\npeinputs\nexclude\n";
    let loaded = bench.fed(&["-o", &cache], text);
    assert_eq!(names(&loaded.out), "theirs pe-input-1.bz2 pe-input-2.bz2 stop", "{}", loaded.err);
}

#[test]
fn a_nodes_own_past_is_kept_after_it_is_gone_and_packed_without_secrets() {
    let bench = bench();
    let (inputs, logs) = (bench.path("var/lib/pacemaker"), bench.path("var/log/pacemaker"));
    std::fs::create_dir_all(&inputs).expect("a directory");
    std::fs::create_dir_all(&logs).expect("a directory");
    std::fs::rename(bench.path("inputs/pacemaker.log"), logs.join("pacemaker.log")).expect("a file");
    std::fs::rename(bench.path("inputs"), inputs.join("pengine")).expect("a directory");
    let session = |text: &str| {
        let mut command = bench.command();
        Bench::feed(command.env("QUORATE_ROOT", bench.path("")), &format!("history\n{text}"))
    };
    let saved = session("session save s1\nsession save s1\n");
    assert!(saved.err.contains("there is a session `s1` already"), "{}", saved.err);
    std::fs::remove_dir_all(inputs).expect("the inputs");
    assert!(session("peinputs\n").err.contains("there are no scheduler inputs"));
    let before = session("session load s1\npeinputs v\nlog\nsession pack\n");
    assert!(before.code == 0 && before.out.contains("2023-11-14 22:15:20Z"), "{}{}", before.out, before.err);
    assert!(before.out.contains("(lrm) info: two") && before.out.ends_with("s1.tar.gz\n"), "{}", before.out);
    let packed = session("source s1.tar.gz\npeinputs\n");
    assert_eq!(names(&packed.out), "pe-input-0.bz2 pe-input-1.bz2 pe-input-2.bz2", "{}", packed.err);
}
