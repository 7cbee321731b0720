//! crm_simulate's options: what goes in, what is refused and how, and that the same input always gives the same output.

use quorate_core::cib::Document;
use quorate_core::xml;
use quorate_tests::lab::program;
use quorate_tests::needs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Desk {
    directory: tempfile::TempDir,
}

struct Answer {
    code: i32,
    out: String,
    err: String,
}

fn cluster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/postgresql/cluster.xml")
}

impl Desk {
    fn new() -> Desk {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::copy(cluster(), directory.path().join("cib.xml")).expect("a CIB");
        Desk { directory }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).expect(name)
    }

    /// `crm_simulate WORD…` on `cib.xml`, which is also CIB_file and the shadow `s`.
    fn run(&self, words: &[&str]) -> Answer {
        let mut command = Command::new(program("quorate"));
        command.arg("crm_simulate").args(words).current_dir(self.directory.path()).env("TZ", "UTC");
        command.env_remove("CIB_shadow").env("CIB_file", "cib.xml").env("CIB_shadow_dir", ".");
        command.stdin(Stdio::from(std::fs::File::open(self.directory.path().join("cib.xml")).expect("a CIB")));
        let output = command.output().expect("crm_simulate");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[track_caller]
fn refused(words: &[&str], code: i32, expected: &str) {
    let answer = Desk::new().run(words);
    assert_eq!((answer.code, answer.out.as_str()), (code, ""), "{words:?}: {}", answer.err);
    assert_eq!(answer.err.trim_end(), expected, "{words:?}");
}

/// As if each step were a change of the CIB, which it is in a cluster.
#[test]
fn steps_on_paper_count_in_the_version() {
    let version = |words: &[&str]| {
        let desk = Desk::new();
        let from = Document::read(&desk.file("cib.xml")).expect("a CIB").version();
        let answer = desk.run(&[&["-x", "cib.xml", "-O", "out.xml"], words].concat());
        assert_eq!(answer.code, 0, "{words:?}: {}", answer.err);
        let to = Document::read(&desk.file("out.xml")).expect("a CIB").version();
        let updates = if to.epoch == from.epoch { to.num_updates - from.num_updates } else { to.num_updates };
        (to.epoch - from.epoch, updates, answer.out.matches("Resource action:").count())
    };
    for (words, epochs, updates) in [
        (&["-u", "new"][..], 1, 2),
        (&["-u", "new", "-u", "newer"], 2, 2),
        (&["-u", "srv1"], 0, 1),
        (&["-f", "srv1"], 0, 1),
        (&["-d", "srv1"], 0, 2),
        (&["-g", "t", "-b", "t"], 0, 2),
        (&["-q", "true"], 0, 1),
        (&["-w", "true"], 1, 0),
        (&["-i", "pgsqld_monitor_15000@srv1=1"], 0, 3),
    ] {
        assert_eq!(version(words), (epochs, updates, 0), "{words:?}");
    }
    let (epochs, updates, actions) = version(&["-S", "-u", "new"]);
    assert!(actions > 0 && epochs == 1 && updates as usize == 2 + actions, "{updates} after {actions} actions");
}

#[test]
fn wrong_injections_are_pointed_at() {
    refused(
        &["-x", "cib.xml", "-S", "-i", "pgsqld_monitor_15000@srv9=1"],
        64,
        "crm_simulate: --op-inject: there is no node `srv9`\n    pgsqld_monitor_15000@srv9=1\n                         ^^^^\n    hint: did you mean `srv1`?",
    );
    refused(
        &["-x", "cib.xml", "-S", "-F", "pgsql_start_0@srv1=1"],
        64,
        "crm_simulate: --op-fail: there is no primitive resource `pgsql`\n    pgsql_start_0@srv1=1\n    ^^^^^\n    hint: did you mean `pgsqld`?",
    );
    refused(
        &["-x", "cib.xml", "-S", "-i", "pgsqld_monitr_0@srv1=1"],
        64,
        "crm_simulate: --op-inject: `monitr` is no task of a resource\n    pgsqld_monitr_0@srv1=1\n           ^^^^^^\n    hint: did you mean `monitor`?",
    );
    refused(
        &["-x", "cib.xml", "-S", "-d", "nowhere"],
        64,
        "crm_simulate: --node-down: there is no node `nowhere`\n    nowhere\n    ^^^^^^^\n    hint: it is one of srv1, srv2, srv3",
    );
    refused(
        &["-x", "cib.xml", "-R", "-q", "perhaps"],
        64,
        "crm_simulate: --quorum: `perhaps` is neither true nor false\n    perhaps\n    ^^^^^^^",
    );
    refused(
        &["-x", "cib.xml", "-R", "-t", "soon"],
        64,
        "crm_simulate: --set-datetime: `soon` is no ISO 8601 date and time",
    );
}

const ORDERED: &str = r#"<cib crm_feature_set="3.20.0" validate-with="pacemaker-1.2" epoch="3" num_updates="0" admin_epoch="0">
  <configuration><crm_config/><nodes/><resources>
    <primitive id="d1" class="ocf" provider="pacemaker" type="Dummy"/>
    <primitive id="d2" class="ocf" provider="pacemaker" type="Dummy"/>
  </resources><constraints><rsc_order id="o" first="d1" first-action="start" then="d2"/></constraints></configuration>
  <status/>
</cib>
"#;

/// Exit code, output, errors for this CIB.
fn decided(cib: &str) -> Answer {
    let desk = Desk::new();
    std::fs::write(desk.directory.path().join("cib.xml"), cib).expect("a CIB");
    desk.run(&["-p", "-S"])
}

#[test]
fn what_no_schema_allows_is_refused_at_its_place() {
    let good = decided(ORDERED);
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    // Nobody leads, and nobody asked.
    assert!(!good.out.contains("Current DC"), "{}", good.out);
    let wrong = [
        (ORDERED.replace("\"start\"", "\"break\""), "Cannot upgrade configuration (claiming pacemaker-1.2 schema)"),
        (
            ORDERED.replace("\"start\"", "\"break\""),
            "schema \terror: /cib/configuration/constraints/rsc_order[@id='o']",
        ),
        (ORDERED.replace("1.2", "9999.0"), "schema \terror: /cib: validate-with=\"pacemaker-9999.0\" is no schema"),
        (ORDERED.replace(" validate-with=\"pacemaker-1.2\"", ""), "schema \terror: /cib: the document names no schema"),
    ];
    for (cib, expected) in wrong {
        let answer = decided(&cib);
        assert_eq!((answer.code, answer.out.as_str()), (78, ""), "{}", answer.err);
        assert!(answer.err.contains(expected), "wanted {expected}\n{}", answer.err);
    }
}

#[test]
fn exit_codes_are_pacemakers() {
    let codes: [(&[&str], i32); 9] = [
        (&["-x", "cib.xml", "-R"], 0),
        (&["--nonsense"], 64),
        (&["-x", "missing.xml", "-R"], 65),
        (&["-x", "cib.xml", "-R", "--output-as=html"], 105),
        (&["-x", "cib.xml", "-R", "-G", "no/such/place"], 74),
        (&["-x", "cib.xml", "-R", "-D", "no/such/place"], 74),
        (&["-x", "cib.xml", "-R", "-O", "no/such/place"], 105),
        (&["-x", "cib.xml", "-R", "-I", "no/such/place"], 105),
        (&["-P", "no-such-directory"], 105),
    ];
    for (words, code) in codes {
        assert_eq!(Desk::new().run(words).code, code, "{words:?}");
    }
}

#[test]
fn every_door_leads_to_the_same_cib() {
    let desk = Desk::new();
    let expected = desk.run(&["-x", "cib.xml", "-R"]).out;
    assert!(expected.contains("Promote    pgsqld:0"), "{expected}");
    for words in [&["-p", "-R"][..], &["-R"], &["-x", "-", "-R"], &["-L", "-R"], &["-p", "-x", "cib.xml", "-R"]] {
        assert_eq!(desk.run(words).out, expected, "{words:?}");
    }
}

#[test]
fn quorum_alone_counts() {
    let answer = Desk::new().run(&["-x", "cib.xml", "-R", "-q", "false"]);
    assert!(answer.out.contains("due to no quorum (blocked)"), "{}", answer.out);
}

#[test]
fn a_clone_that_never_ran_can_fail() {
    let answer = Desk::new().run(&["-x", "cib.xml", "-R", "-i", "pgsqld_monitor_15000@srv1=1"]);
    assert!(answer.out.contains("fail-count-pgsqld#monitor_15000=1"), "{}{}", answer.out, answer.err);
}

#[test]
fn a_failure_that_could_not_happen_is_told() {
    let answer = Desk::new().run(&["-x", "cib.xml", "-F", "pgsqld_stop_0@srv1=1"]);
    assert_eq!(answer.code, 0);
    assert_eq!(
        answer.err.trim_end(),
        "crm_simulate: --op-fail: pgsqld_stop_0@srv1=1: there was no such action in this transition"
    );
}

#[test]
fn results_go_where_they_are_wanted() {
    let desk = Desk::new();
    let before = desk.file("cib.xml");
    assert_eq!(desk.run(&["-x", "cib.xml", "-S", "-I", "in.xml", "-O", "out.xml", "-d", "srv3"]).code, 0);
    assert_eq!(desk.file("cib.xml"), before, "only what was named is written");
    assert!(desk.file("in.xml").contains("crmd=\"offline\"") && !desk.file("in.xml").contains("<lrm_rsc_op"));
    assert!(desk.file("out.xml").contains("<lrm_rsc_op"));
    assert_eq!(desk.run(&["-x", "cib.xml", "-X"]).code, 0);
    assert!(desk.file("cib.xml").contains("<lrm_rsc_op"), "in place");
    let idle = desk.run(&["-x", "cib.xml", "-R"]).out;
    assert!(idle.trim_end().ends_with("Transition Summary:"), "{idle}");
    for words in [&["-p", "-X"][..], &["-X"]] {
        assert_eq!(desk.run(words).code, 64, "{words:?}");
    }
    assert_eq!(desk.run(&["-x", "cib.xml", "-R", "--output-to=said"]).out, "");
    assert_eq!(desk.file("said"), idle);
}

#[test]
fn xml_holds_what_text_says() {
    let words = [
        "-x",
        "cib.xml",
        "-s",
        "-S",
        "-f",
        "srv3",
        "-g",
        "T",
        "-q",
        "1",
        "-F",
        "pgsqld_start_0@srv1=1",
        "--output-as=xml",
    ];
    let answer = Desk::new().run(&words);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let root = xml::read(&answer.out).expect("XML");
    let names: Vec<&str> = root.elements().map(|part| part.name.as_str()).collect();
    let expected =
        ["cluster_status", "modifications", "allocations", "actions", "transition", "revised_cluster_status", "status"];
    assert_eq!(names, expected);
    let modifications = root.child("modifications").expect("it is there");
    let parts: Vec<&str> = modifications.elements().map(|part| part.name.as_str()).collect();
    assert_eq!((modifications.attr("quorum"), parts), (Some("1"), vec!["modify_node", "modify_ticket"]));
    assert!(root.child("transition").expect("it is there").elements().any(|step| step.name == "inject_attr"));
    let wrong = Desk::new().run(&["-x", "cib.xml", "-d", "nowhere", "--output-as=xml"]);
    let root = xml::read(&wrong.out).expect("XML");
    let status = root.child("status").expect("it is there");
    assert_eq!((status.attr("code"), status.attr("message")), (Some("64"), Some("Incorrect usage")));
    assert!(status.child("errors").is_some_and(|errors| errors.elements().count() == 1));
}

#[test]
fn explanations_stand_under_their_changes() {
    let answer = Desk::new().run(&["-x", "cib.xml", "--explain"]);
    let lines: Vec<&str> = answer.out.lines().skip_while(|line| !line.starts_with("Transition")).collect();
    let at = lines.iter().position(|line| line.contains("Promote")).expect("a promotion");
    assert_eq!(
        lines[at + 1],
        "      - it is promoted: its promotion score is 1001, and 1 may be promoted (promoted-max)",
        "{}",
        answer.out
    );
}

/// Everything that is printed and written for an input.
fn everything(input: &Path) -> Vec<String> {
    let desk = Desk::new();
    let input = input.display().to_string();
    let graph = ["-x", &input, "-sUSAc", "-a", "-V", "-G", "graph", "-D", "dot", "-t", "2024-01-01 12:00:00Z"];
    let text = desk.run(&graph);
    let xml = desk.run(&["-x", &input, "-sUS", "--explain", "--output-as=xml", "-t", "2024-01-01 12:00:00Z"]);
    vec![text.out, text.err, desk.file("graph"), desk.file("dot"), xml.out, xml.err]
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let mut inputs = vec![cluster()];
    if let Some(corpus) = needs::corpus("scheduler/xml") {
        let mut recorded: Vec<PathBuf> =
            std::fs::read_dir(corpus).expect("the corpus").flatten().map(|entry| entry.path()).collect();
        recorded.sort();
        inputs.extend(recorded.into_iter().step_by(16));
    }
    for input in &inputs {
        assert_eq!(everything(input), everything(input), "{}", input.display());
    }
    println!("{} inputs, twice each", inputs.len());
}
