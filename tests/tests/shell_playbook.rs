//! What playbooks and scripts count on: nothing on standard error when all is well, the same answer
//! to the same question, no questions without a terminal, and an exit code for each kind of failure.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::{Lab, program};
use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One node, and the commands of a script on it.
struct Host {
    lab: Lab,
}

impl Host {
    fn new() -> Host {
        Host { lab: Lab::started(1) }
    }

    fn run(&self, command: &mut Command) -> Answer {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Answer { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn crm(&self, line: &str) -> Answer {
        let words: Vec<&str> = std::iter::once("crm").chain(line.split_whitespace()).collect();
        let agents = self.lab.root("n1").join("usr/lib/ocf");
        self.run(self.lab.tool("n1", &words).env("OCF_ROOT", agents))
    }

    /// Says nothing but its answer.
    #[track_caller]
    fn well(&self, line: &str) -> String {
        let answer = self.crm(line);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "crm {line}\n{}", answer.out);
        assert!(!answer.out.contains('\x1b'), "crm {line}: colours without a terminal");
        answer.out
    }

    fn monitor(&self, words: &[&str]) -> Answer {
        let mut command = Command::new(program("crm_mon"));
        command.args(words).env("QUORATE_ROOT", self.lab.root("n1")).env_remove("CIB_file");
        self.run(&mut command)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.lab.directory().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

const DESIRED: &str = "\
property fencing-enabled=false
primitive web ocf:quorate:Dummy \\
	op monitor interval=10s timeout=20s
primitive db ocf:quorate:Dummy \\
	op monitor interval=10s timeout=20s
group site db web \\
	meta resource-stickiness=100
rsc_defaults migration-threshold=3
";

#[test]
fn a_playbook_runs_silently_and_twice_is_once() {
    let host = Host::new();
    let file = host.file("site.crm", DESIRED);
    assert_eq!(host.well(&format!("-F configure load update {file}")), "");
    let shown = host.well("configure show");
    let version = |host: &Host| host.lab.document("n1").version();
    let before = version(&host);
    // What is desired is there: nothing is written.
    for line in [
        format!("-F configure load update {file}"),
        format!("configure load update {file}"),
        "configure property fencing-enabled=false".to_string(),
        "configure rsc_defaults migration-threshold=3".to_string(),
    ] {
        assert_eq!(host.well(&line), "", "{line}");
    }
    let after = version(&host);
    assert_eq!((before.admin_epoch, before.epoch), (after.admin_epoch, after.epoch));
    assert_eq!(host.well("configure show"), shown);
    assert_eq!(
        host.well("configure show web"),
        "primitive web ocf:quorate:Dummy \\\n\top monitor interval=10s timeout=20s\n"
    );
    assert_eq!(host.well("configure show xml"), host.well("configure show xml"));
    assert_eq!(host.well("configure get-property fencing-enabled"), "false\n");
    // An older word is a note, and no other thing.
    let older = host.crm("configure property stonith-enabled=false");
    assert_eq!((older.code, older.err.lines().count()), (0, 1), "{}", older.err);
    assert!(older.err.starts_with("INFO: `stonith-enabled` is called `fencing-enabled` now"), "{}", older.err);
    assert_eq!(host.well("configure show"), shown);
    // What is saved is what is shown, and loads again.
    let saved = host.lab.directory().join("saved.crm").display().to_string();
    host.well(&format!("configure save {saved}"));
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), shown);
    host.well(&format!("configure load replace {saved}"));
    assert_eq!(host.well("configure show"), shown);
}

#[test]
fn scripts_steer_resources_and_read_what_became_of_them() {
    let host = Host::new();
    let file = host.file("site.crm", DESIRED);
    host.well(&format!("-F -w configure load update {file}"));
    assert_eq!(host.well("resource locate web"), "resource web is running on: n1\n");
    for line in [
        "-w resource stop site",
        "-w resource start site",
        "-w resource restart web",
        "resource unmanage site",
        "resource manage site",
        "resource meta web set priority 5",
        "resource meta web delete priority",
        "resource param web set state /run/web",
        "resource param web delete state",
        "resource cleanup web",
        "resource refresh web",
        "resource maintenance site on",
        "resource maintenance site off",
        "node standby n1",
        "-w node online n1",
        "node attribute n1 set rack a",
        "node attribute n1 delete rack",
        "maintenance on",
        "maintenance off",
        "cib new plan",
        "-c plan configure property batch-limit=3",
        "cib commit plan",
        "cib delete plan",
        "configure delete site --force",
    ] {
        let answer = host.crm(line);
        assert_eq!(answer.code, 0, "crm {line}\n{}", answer.err);
        // What is worth a word is a note, not an error nor a warning.
        let notes = answer.err.lines().all(|line| line.starts_with("INFO: "));
        assert!(notes, "crm {line}\n{}", answer.err);
    }
    for line in [
        "node list",
        "node show n1",
        "resource status",
        "resource list",
        "status",
        "configure verify",
        "verify",
        "cib list",
    ] {
        host.well(line);
    }
    let status = host.well("status");
    assert!(status.contains("Online: [ n1 ]"), "{status}");
    let status: serde_json::Value = serde_json::from_str(&host.well("--output json status")).unwrap();
    assert_eq!((&status["cluster"]["leader"], &status["nodes"][0]["online"]), (&"n1".into(), &true.into()));
}

#[test]
fn the_monitor_answers_once_and_says_nothing_else() {
    let host = Host::new();
    let file = host.file("site.crm", DESIRED);
    host.well(&format!("-F -w configure load update {file}"));
    for words in [&["-1"][..], &["-1", "-r"], &["-1rfA"], &["--as-xml"], &["-1", "--output-as=xml"], &["-s"]] {
        let answer = host.monitor(words);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "crm_mon {words:?}\n{}", answer.out);
        assert!(!answer.out.is_empty() && !answer.out.contains('\x1b'), "crm_mon {words:?}");
    }
    let text = host.monitor(&["-1"]).out;
    assert!(text.contains("* web\t(ocf:quorate:Dummy):\t Started n1"), "{text}");
    let steady = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains("Last updated"));
        lines.map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(steady(&host.monitor(&["-1"]).out), steady(&text));
}

#[test]
fn heredocs_and_pipes_are_transactions_without_a_prompt() {
    let bench = Bench::default();
    bench.load("property fencing-enabled=false\n");
    let answer = bench.script("configure\nprimitive a Dummy\nprimitive b Dummy\ncommit\nshow type:primitive\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert_eq!(answer.out, "primitive a Dummy\nprimitive b Dummy\n", "no prompt, no echo");
    let answer = bench.fed(&["configure"], "group g a b\n");
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (0, "", ""));
    assert_eq!(bench.show(&["g"]), "group g a b\n");
    let answer = bench.script("");
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (0, "", ""));
    let file = bench.write("batch", "configure delete g\n");
    let answer = bench.crm(&["-f", &file]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""), "{}", answer.err);
    // Where a person would be asked, a script is not.
    let answer = bench.crm(&["configure", "refresh"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    let began = Instant::now();
    let answer = Bench::feed(bench.command().env_remove("EDITOR").env_remove("VISUAL").args(["configure", "edit"]), "");
    assert!(answer.code == 1 && answer.err.contains("no terminal to edit at"), "{answer:?}");
    assert!(answer.out.is_empty() && began.elapsed() < Duration::from_secs(10), "{answer:?}");
}

#[test]
fn status_says_what_the_monitor_says() {
    let cib = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/postgresql/cluster.xml");
    let bench = Bench::new(&std::fs::read_to_string(cib).expect("a CIB"));
    for (words, options) in [
        ("", "-1r"),
        ("full", "-1ncrft"),
        ("bynode", "-1n"),
        ("ops timing", "-1ot"),
        ("quiet noheaders", "-1QD"),
        ("tickets detail brief", "-1cRb"),
        ("-1nrf", "-1nrf"),
        ("verbose --show-node-attributes -L", "-1VAL"),
        ("simple", "-s"),
    ] {
        let words: Vec<&str> = std::iter::once("status").chain(words.split_whitespace()).collect();
        let told = bench.crm(&words);
        let mut monitor = Command::new(program("crm_mon"));
        monitor.env("CIB_file", bench.path("cib.xml")).arg(options);
        let expected = Bench::feed(&mut monitor, "");
        let without_time = |text: &str| -> String {
            text.lines().filter(|line| !line.contains("Last updated")).map(|line| format!("{line}\n")).collect()
        };
        assert_eq!(without_time(&told.out), without_time(&expected.out), "{words:?} and {options}");
        assert!(!told.out.is_empty() && told.code == expected.code, "{words:?}: {told:?}");
    }
}

#[test]
fn words_may_be_cut_short_and_are_never_guessed() {
    let bench = Bench::with("node n1\nprimitive web Dummy");
    for (line, says) in [
        ("conf sh web", ""),
        ("res stat", ""),
        ("configure sho web", ""),
        ("configure cf", "is not a command of `configure`"),
        ("cnfigure show", "did you mean `configure`?"),
        ("re stat", "`re` could be "),
        ("configure s web", "`s` could be "),
        ("resource sto web", ""),
        ("resource strt web", "did you mean `start`?"),
        ("configure show --idz", "did you mean `--ids`?"),
        ("--kep-going status", "did you mean `--keep-going`?"),
        ("configure prim p9 Dummy metta", "did you mean `meta`?"),
    ] {
        let before = bench.cib();
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = bench.crm(&words);
        let expected = if says.is_empty() { 0 } else { 2 };
        assert_eq!(answer.code, expected, "{line}\n{}", answer.err);
        assert!(answer.err.contains(says), "{line}\n{}", answer.err);
        assert!(expected == 0 || bench.cib() == before, "{line}");
    }
}

// ---- an exit code for each kind of failure -----------------------------------------------------------

#[test]
fn code_0_is_for_what_is_done() {
    let bench = Bench::with("node n1");
    assert_eq!(bench.crm(&["configure", "primitive", "p", "Dummy"]).code, 0);
    assert_eq!(bench.crm(&["configure", "commit"]).code, 0, "nothing to commit is no failure");
}

#[test]
fn code_1_is_for_what_failed() {
    let bench = Bench::with("node n1");
    for words in [
        &["configure", "show", "nothing"][..],
        &["configure", "delete", "nothing"],
        &["resource", "start", "nothing"],
        &["resource", "cleanup"],
        &["configure", "load", "update", "/nowhere"],
        &["cib", "use", "nothing"],
    ] {
        assert_eq!(bench.crm(words).code, 1, "{words:?}");
    }
    let answer = bench.script("configure\nprimitive p Dummy\nshoe\n");
    assert!(answer.code == 1 && answer.err.contains("nothing was changed") && !bench.cib().contains("<primitive"));
}

#[test]
fn code_2_is_for_what_is_not_the_language() {
    let bench = Bench::with("node n1");
    for words in [
        &["--nothing"][..],
        &["nothing"],
        &["configure", "primitive"],
        &["configure", "primitive", "p", "Dummy", "op"],
        &["configure", "show", "--nothing"],
        &["resource", "start"],
        &["-f", "/nowhere"],
        &["--wait=soon", "status"],
    ] {
        assert_eq!(bench.crm(words).code, 2, "{words:?}");
    }
}

#[test]
fn code_3_is_for_what_is_not_fit_to_be_committed() {
    let bench = Bench::with("node n1");
    let answer = bench.crm(&["configure", "property", "batch-limit=3", "no-quorum-policy=perhaps"]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(!bench.cib().contains("batch-limit"), "nothing of it");
    assert_eq!(bench.crm(&["-F", "configure", "property", "no-quorum-policy=perhaps"]).code, 0);
    assert_eq!(bench.crm(&["verify"]).code, 3);
}

#[test]
fn code_4_is_for_what_somebody_else_changed() {
    let bench = Bench::with("node n1\nproperty batch-limit=30");
    assert_eq!(bench.crm(&["cib", "new", "plan"]).code, 0);
    assert_eq!(bench.crm(&["-c", "plan", "configure", "property", "batch-limit=1"]).code, 0);
    assert_eq!(bench.crm(&["configure", "property", "batch-limit=2"]).code, 0);
    let answer = bench.crm(&["cib", "commit", "plan"]);
    assert!(answer.code == 4 && answer.err.contains("theirs: `2`"), "{}", answer.err);
}

/// Somebody who is nobody: only root can become that.
const NOBODY: u32 = 65534;

#[test]
fn code_5_is_for_who_has_no_right() {
    if !needs::root() {
        return;
    }
    // The program where everybody may run it.
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let crm = place.path().join("crm");
    std::fs::copy(program("quorate"), &crm).unwrap();
    let host = Host::new();
    let file = Bench::with("node n1");
    let ask = |environment: (&str, std::path::PathBuf)| {
        let mut command = Command::new(&crm);
        command.args(["configure", "show"]).uid(NOBODY).gid(NOBODY).env_remove("CIB_file");
        command.env(environment.0, environment.1).env("HOME", "/nonexistent").current_dir("/");
        host.run(&mut command)
    };
    let set = |path: &std::path::Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    // The daemon's directory lets nobody in; nor does the file's.
    set(host.lab.directory(), 0o700);
    set(&file.path(""), 0o700);
    let answer = ask(("QUORATE_ROOT", host.lab.root("n1")));
    assert!(answer.code == 5 && answer.err.contains("haclient"), "{answer:?}");
    let answer = ask(("CIB_file", file.path("cib.xml")));
    assert!(answer.code == 5 && answer.err.contains("ermission denied"), "{answer:?}");
    // And the daemon itself refuses who reaches it.
    let mut path = host.lab.root("n1").join("run/quorate");
    while path.starts_with(host.lab.directory()) {
        set(&path, 0o755);
        path.pop();
    }
    let answer = ask(("QUORATE_ROOT", host.lab.root("n1")));
    assert!(answer.code == 5 && answer.err.contains("haclient"), "{answer:?}");
}

#[test]
fn code_6_is_for_what_took_too_long_and_says_what_is_pending() {
    let host = Host::new();
    let slow =
        host.file("slow.crm", "property fencing-enabled=false\nprimitive slow ocf:quorate:Dummy params op_sleep=4\n");
    let began = Instant::now();
    let answer = host.crm(&format!("--wait=1 -F configure load update {slow}"));
    assert_eq!(answer.code, 6, "{}", answer.err);
    assert!(answer.err.contains("gave up waiting after 1 s: still running: slow_"), "{}", answer.err);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // The change itself is made.
    assert!(host.well("configure show slow").starts_with("primitive slow"));
}
