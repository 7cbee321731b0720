//! The workshop that administrators learn Pacemaker from, with real daemons: what is typed, and what is seen.

use quorate_core::cib::Document;
use quorate_tests::compare::answer::{Answer, Part, Program};
use quorate_tests::lab::{Lab, program};
use quorate_tests::needs;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The two resources of the workshop: one that goes home, one that stays.
const DUMMIES: &str = "\
    primitive dummy1 ocf:quorate:Dummy meta resource-stickiness=1 op monitor interval=300ms\n\
    location dummy1-prefers-n1 dummy1 100: n1\n\
    primitive dummy2 ocf:quorate:Dummy meta resource-stickiness=100 op monitor interval=300ms\n\
    location dummy2-prefers-n2 dummy2 10: n2";

#[track_caller]
fn typed(lab: &Lab, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = lab.tool("n1", &words).output().expect("the tool runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A line is typed, and these lines are among the answer's, whatever their indentation.
#[track_caller]
fn check(lab: &Lab, line: &str, expected: &[&str]) {
    said(&typed(lab, line), expected);
}

#[track_caller]
fn said(answer: &str, expected: &[&str]) {
    let lines: Vec<String> = answer.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for wanted in expected {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}: {answer}");
    }
}

fn monitor(lab: &Lab, options: &str) -> String {
    let mut command = Command::new(program("crm_mon"));
    let output = command.arg(options).env("QUORATE_ROOT", lab.root("n1")).env_remove("CIB_file").output();
    String::from_utf8_lossy(&output.expect("the monitor runs").stdout).into_owned()
}

#[track_caller]
fn load(lab: &Lab, text: &str) {
    let file = lab.directory().join("batch.crm");
    fs::write(&file, format!("configure\nproperty fencing-enabled=false\n{text}\ncommit\n")).expect("a batch");
    typed(lab, &format!("crm -f {}", file.display()));
}

fn state_directory(lab: &Lab, node: &str) -> PathBuf {
    lab.root(node).join("run/resource-agents")
}

/// What runs on a node is gone, as the workshop does it with `rm`.
#[track_caller]
fn break_it(lab: &Lab, node: &str, resource: &str) {
    fs::remove_file(state_directory(lab, node).join(format!("Dummy-{resource}.state"))).expect("it runs there");
}

#[track_caller]
fn wait_for_count(lab: &Lab, resource: &str, node: &str, count: u32) {
    let line = format!("scope=status name=fail-count-{resource} value={count}");
    lab.wait(&line, |lab| {
        let answer = typed(lab, &format!("crm resource failcount {resource} show {node}"));
        answer.split_whitespace().collect::<Vec<_>>().join(" ").contains(&line)
    });
    lab.wait_until_idle();
}

fn workshop(text: &str) -> Lab {
    let lab = Lab::started(3);
    load(&lab, &format!("{DUMMIES}\n{text}"));
    lab.wait_at("n1", "dummy1", &["n1"]);
    lab.wait_at("n1", "dummy2", &["n2"]);
    lab.wait_until_idle();
    lab
}

#[test]
fn one_goes_home_and_one_stays_where_it_is() {
    let lab = workshop("");
    let scores = [
        "dummy1 allocation score on n1: 101",
        "dummy1 allocation score on n2: 0",
        "dummy1 allocation score on n3: 0",
        "dummy2 allocation score on n1: 0",
        "dummy2 allocation score on n2: 110",
        "dummy2 allocation score on n3: 0",
    ];
    check(&lab, "crm_simulate -sL", &scores);
    for (node, resource, meanwhile, then) in [("n1", "dummy1", "n2", "n1"), ("n2", "dummy2", "n3", "n3")] {
        typed(&lab, &format!("crm node standby {node}"));
        lab.wait_at("n1", resource, &[meanwhile]);
        lab.wait_until_idle();
        typed(&lab, &format!("crm node online {node}"));
        lab.wait_at("n1", resource, &[then]);
        lab.wait_until_idle();
        assert_eq!(lab.places("n1", resource), [then]);
    }
    let scores = ["dummy2 allocation score on n2: 10", "dummy2 allocation score on n3: 100"];
    check(&lab, "crm_simulate -sL", &scores);
    check(&lab, "crm resource why dummy2", &["n3: 100, chosen", "n2: 10"]);
}

#[test]
fn what_must_be_apart_stays_apart() {
    let lab = workshop("colocation apart -inf: dummy2 dummy1");
    check(&lab, "crm_simulate -sL", &["dummy2 allocation score on n1: -INFINITY"]);
    // What a person wishes for the one drives the other out.
    typed(&lab, "crm resource move dummy2 n1");
    lab.wait_at("n1", "dummy2", &["n1"]);
    lab.wait_at("n1", "dummy1", &["n3"]);
    lab.wait_until_idle();
    typed(&lab, "crm resource clear dummy2");
    typed(&lab, "crm resource move dummy2 n2");
    lab.wait_at("n1", "dummy2", &["n2"]);
    lab.wait_at("n1", "dummy1", &["n1"]);
    typed(&lab, "crm resource clear dummy2");
    lab.wait_until_idle();
    for node in ["n2", "n3"] {
        typed(&lab, &format!("crm node standby {node}"));
    }
    lab.wait_at("n1", "dummy2", &[]);
    lab.wait_until_idle();
    assert_eq!(lab.places("n1", "dummy1"), ["n1"], "there is one node, and the other one depends");
    check(&lab, "crm resource why dummy2", &["dummy2 does not run, and will not."]);
    typed(&lab, "crm node online n3");
    lab.wait_at("n1", "dummy2", &["n3"]);
}

#[test]
fn failures_are_counted_and_forgotten() {
    let lab = workshop("");
    for count in 1..=2 {
        break_it(&lab, "n1", "dummy1");
        wait_for_count(&lab, "dummy1", "n1", count);
        lab.wait_at("n1", "dummy1", &["n1"]);
    }
    said(&monitor(&lab, "-1rf"), &["dummy1: migration-threshold=1000000 fail-count=2 last-failure="]);
    typed(&lab, "crm resource failcount dummy1 delete n1");
    wait_for_count(&lab, "dummy1", "n1", 0);

    // The third time it has to go; what it failed there is forgotten after a while, and it goes home.
    typed(&lab, "crm resource meta dummy1 set migration-threshold 2");
    break_it(&lab, "n1", "dummy1");
    wait_for_count(&lab, "dummy1", "n1", 1);
    lab.wait_at("n1", "dummy1", &["n1"]);
    break_it(&lab, "n1", "dummy1");
    lab.wait_at("n1", "dummy1", &["n2"]);
    wait_for_count(&lab, "dummy1", "n1", 2);
    check(&lab, "crm_simulate -sL", &["dummy1 allocation score on n1: -INFINITY"]);
    said(&monitor(&lab, "-1rf"), &["dummy1: migration-threshold=2 fail-count=2"]);
    typed(&lab, "crm resource meta dummy1 set failure-timeout 1s");
    lab.wait_at("n1", "dummy1", &["n1"]);
    wait_for_count(&lab, "dummy1", "n1", 0);
}

#[test]
fn a_state_directory_that_is_removed_makes_a_start_fail_for_good() {
    let lab = workshop("");
    fs::remove_dir_all(state_directory(&lab, "n1")).expect("the state directory");
    lab.wait_at("n1", "dummy1", &["n2"]);
    lab.wait_until_idle();
    check(&lab, "crm resource failcount dummy1 show n1", &["name=fail-count-dummy1 value=INFINITY"]);
    check(&lab, "crm_simulate -sL", &["dummy1 allocation score on n1: -INFINITY", "dummy1 allocation score on n2: 1"]);
    said(&monitor(&lab, "-1rf"), &["dummy1: migration-threshold=1000000 fail-count=1000000", "is missing"]);
    fs::create_dir_all(state_directory(&lab, "n1")).expect("the repair");
    typed(&lab, "crm resource cleanup dummy1");
    lab.wait_at("n1", "dummy1", &["n1"]);
}

#[test]
fn a_group_starts_in_order_stops_in_reverse_and_moves_as_one() {
    let lab = Lab::started(3);
    let record = lab.directory().join("record");
    let member = |id: &str| format!("primitive {id} ocf:quorate:Dummy params record=\"{}\"", record.display());
    let members: Vec<String> = ["one", "two", "three"].iter().map(|id| member(id)).collect();
    load(&lab, &format!("{}\ngroup all one two three\nlocation all-n2 all 50: n2", members.join("\n")));
    lab.wait_at("n1", "three", &["n2"]);
    lab.wait_until_idle();
    typed(&lab, "crm resource move all n3");
    lab.wait_at("n1", "three", &["n3"]);
    lab.wait_until_idle();
    let lines = fs::read_to_string(&record).expect("the agents' record");
    let acts: Vec<String> =
        lines.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        ["start one n2", "start two n2", "start three n2"],
        ["stop three n2", "stop two n2", "stop one n2"],
        ["start one n3", "start two n3", "start three n3"],
    ];
    assert_eq!(acts, expected.concat());
    typed(&lab, "crm resource clear all");
    // One that is stopped stops those behind it, and no other.
    typed(&lab, "crm resource stop two");
    lab.wait_at("n1", "three", &[]);
    lab.wait_until_idle();
    assert_eq!((lab.places("n1", "one").len(), lab.places("n1", "two").len()), (1, 0));
}

#[test]
fn a_node_in_standby_is_shown_and_runs_nothing() {
    let lab = workshop("");
    typed(&lab, "crm node standby n1");
    lab.wait_at("n1", "dummy1", &["n2"]);
    lab.wait_until_idle();
    said(&monitor(&lab, "-1"), &["* Node n1: standby", "* Online: [ n2 n3 ]"]);
    check(&lab, "crm resource why dummy1", &["dummy1 runs on n2, and that is its place.", "n1: is in standby"]);
    check(&lab, "crm_standby -G -N n1", &["value=on"]);
    typed(&lab, "crm node online n1");
    lab.wait_at("n1", "dummy1", &["n1"]);
    said(&monitor(&lab, "-1"), &["* Online: [ n1 n2 n3 ]"]);
}

#[test]
fn the_seven_steps_of_crm_simulate() {
    let lab = workshop("");
    let file = |name: &str| lab.directory().join(name).display().to_string();
    let peer = Peer::here();
    let now = lab.document("n1").to_text();
    // 1: the live state, of which nothing is to be done.
    peer.agrees(&now, &[], "");
    let live = typed(&lab, "crm_simulate -L");
    said(
        &live,
        &[
            "* Online: [ n1 n2 n3 ]",
            "* dummy1 (ocf:quorate:Dummy): Started n1",
            "dummy2 (ocf:quorate:Dummy): Started n2",
        ],
    );
    assert!(!live.contains("Move"), "{live}");
    // 2: what if a node went?
    peer.agrees(&now, &["--node-down", "n1"], "Start dummy1 ( n2 )");
    let down = typed(&lab, "crm_simulate -L -S --node-down n1");
    said(&down, &["* Taking node n1 offline", "* Start dummy1 ( n2 )", "* Resource action: dummy1 start on n2"]);
    said(&down, &["* OFFLINE: [ n1 ]", "* dummy1 (ocf:quorate:Dummy): Started n2"]);
    // 3: the outcome is kept, and the node comes again.
    typed(&lab, &format!("crm_simulate -L -S --node-down n1 -O {}", file("down.xml")));
    let up = typed(&lab, &format!("crm_simulate -x {} -S --node-up n1", file("down.xml")));
    said(&up, &["* Bringing node n1 online", "* Move dummy1 ( n2 -> n1 )", "* dummy1 (ocf:quorate:Dummy): Started n1"]);
    let kept = fs::read_to_string(file("down.xml")).expect("the outcome");
    peer.agrees(&kept, &["--node-up", "n1"], "Move dummy1 ( n2 -> n1 )");
    // 4: with scores.
    peer.agrees(&kept, &[], "");
    let scores = typed(&lab, &format!("crm_simulate -x {} -s", file("down.xml")));
    said(&scores, &["dummy1 allocation score on n2: 1", "dummy2 allocation score on n2: 110"]);
    // 5: a failure.
    peer.agrees(&now, &["-i", "dummy1_monitor_300@n1=7"], "Recover dummy1 ( n1 )");
    let failed = typed(&lab, "crm_simulate -L -S -i dummy1_monitor_300@n1=7");
    said(&failed, &["* Injecting dummy1_monitor_300@n1=7 into the configuration", "* Recover dummy1 ( n1 )"]);
    // 6: nothing of this has happened.
    assert_eq!(typed(&lab, "crm_simulate -L"), live);
    assert_eq!(lab.places("n1", "dummy1"), ["n1"]);
    // 7: what was decided before, from the inputs that the leader keeps.
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    let inputs = fs::read_dir(lab.root(&leader).join("var/lib/pacemaker/pengine")).expect("its inputs").flatten();
    let inputs: Vec<PathBuf> = inputs.map(|entry| entry.path()).filter(|path| is_input(path)).collect();
    let again = |path: &PathBuf| typed(&lab, &format!("crm_simulate -S -x {}", path.display()));
    let started = |path: &&PathBuf| again(path).contains("Start      dummy1");
    let input = inputs.iter().find(started).expect("the decision to start it");
    let unpacked = Command::new("bzcat").arg(input).output().expect("bzcat");
    peer.agrees(&String::from_utf8_lossy(&unpacked.stdout), &[], "Start dummy1 ( n1 )");
    said(&again(input), &["* Start dummy1 ( n1 )", "* Start dummy2 ( n2 )", "* Resource action: dummy1 start on n1"]);
}

fn is_input(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pe-input-"))
}

/// It leaves its headings out, with scores, unless it is asked for them.
const PEER: [&str; 3] = ["/usr/sbin/crm_simulate", "--output-as=text", "--text-fancy"];

/// The simulator of the installed Pacemaker, beside ours; nobody where there is none.
struct Peer {
    place: tempfile::TempDir,
    is_here: bool,
}

impl Peer {
    #[track_caller]
    fn here() -> Peer {
        let place = tempfile::tempdir().expect("a directory");
        Peer { place, is_here: needs::files(&PEER[..1]) }
    }

    /// It decides the same of a CIB, this among it, for the same scores, and carries out the same.
    #[track_caller]
    fn agrees(&self, cib: &str, supposed: &[&str], decided: &str) {
        if !self.is_here {
            return;
        }
        let quorate = program("quorate").display().to_string();
        let cib = as_of_2_1(cib);
        let supposed: Vec<String> = supposed.iter().map(|word| (*word).to_string()).collect();
        let answer = |words: &[&str]| {
            let answer = Program::new(words, self.place.path()).answer(&cib, &supposed);
            answer.unwrap_or_else(|why| panic!("{words:?} of {supposed:?}: {why}\n{cib}"))
        };
        let (ours, theirs) = (answer(&[&quorate, "crm_simulate"]), answer(&PEER));
        for part in [Part::Summary, Part::Execution] {
            let difference = part.difference(&ours, &theirs);
            assert_eq!(difference, None, "{supposed:?}\n{cib}");
        }
        assert!(decided.is_empty() == theirs.summary.is_empty(), "{supposed:?}: {theirs:?}");
        assert!(theirs.summary.iter().any(|line| line.contains(decided)) || decided.is_empty(), "{theirs:?}");
        assert_eq!(bare(&ours), bare(&theirs), "{supposed:?}");
        assert!(!bare(&ours).is_empty());
    }
}

/// Scores without the name of the step that gave them: those of the placing, which all versions tell.
fn bare(answer: &Answer) -> BTreeSet<String> {
    let scores = answer.text.iter().filter(|line| line.contains(" allocation score on "));
    scores.filter_map(|line| line.split_once(": ")).map(|(_, score)| score.to_string()).collect()
}

/// A CIB as the installed release has it: its schema, its feature set, its names of options, and that a node is
/// here instead of since when.
fn as_of_2_1(cib: &str) -> String {
    let mut document = Document::read(cib).expect("a CIB");
    document.root_mut().set("validate-with", "pacemaker-3.9");
    document.root_mut().set("crm_feature_set", "3.16.1");
    let status = document.status_mut();
    for at in 0..status.children.len() {
        let Some(state) = status.child_at_mut(at) else { continue };
        for (name, [no, yes]) in [("in_ccm", ["false", "true"]), ("crmd", ["offline", "online"])] {
            if let Some(since) = state.attr(name).and_then(|value| value.parse::<u64>().ok()) {
                state.set(name, if since == 0 { no } else { yes });
            }
        }
    }
    document.to_text().replace("\"fencing-enabled\"", "\"stonith-enabled\"")
}

#[test]
fn everything_that_the_monitor_shows_at_once() {
    let lab = workshop("");
    break_it(&lab, "n1", "dummy1");
    wait_for_count(&lab, "dummy1", "n1", 1);
    typed(&lab, "crm_attribute -N n2 -n ring -v 7");
    typed(&lab, "crm resource ban dummy2 n3");
    lab.wait_until_idle();
    let shown = monitor(&lab, "-1rnftcARL");
    said(
        &shown,
        &[
            "* 3 nodes configured",
            "* 2 resource instances configured",
            "* Node n1 (1): online",
            "* dummy1 (ocf:quorate:Dummy): Started",
            "* Node n3 (3): online",
            "No inactive resources",
            "* Node: n2 (2):",
            "* ring : 7",
            "* dummy1: migration-threshold=1000000 fail-count=1 last-failure=",
            "monitor: interval=\"300ms\"",
            "* cli-ban-dummy2-on-n3 prevents dummy2 from running on n3 (3)",
            "Failed Resource Actions:",
            "* dummy1_monitor_300 on n1 'Not running' (7)",
        ],
    );
}
