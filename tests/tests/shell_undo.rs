//! The way back in an editing session: undo, redo, checkpoints; in batches and at a terminal.

use quorate_tests::lab::Lab;
use quorate_tests::shell::Bench;
use quorate_tests::terminal::Terminal;

const BEFORE: &str = "node n1\nprimitive a Dummy\nproperty stonith-enabled=false\n";

/// What is there after a session, and what it said.
#[track_caller]
fn check(session: &str, primitives: &str, said: &str) {
    let bench = Bench::with(BEFORE);
    bench.write("other.crm", "node n1\nprimitive z Dummy\n");
    let answer = bench.script(&format!("configure\n{session}"));
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains(said), "{}", answer.err);
    let shown = bench.show(&["type:primitive", "type:location"]).replace(" \\\n\t", " ");
    assert_eq!(shown.lines().collect::<Vec<_>>().join("; "), primitives);
}

#[test]
fn every_sort_of_change_is_one_step_back() {
    let changes = [
        "primitive b Dummy",
        "rename a b",
        "delete a",
        "erase",
        "load replace other.crm",
        "load push other.crm",
        "filter \"sed 's/Dummy/Stateful/'\" a",
        "assist weak-bond a b",
    ];
    for change in changes {
        let start = if change.contains("weak") { "primitive b Dummy\n" } else { "" };
        let end = if change.contains("weak") { "undo\n" } else { "" };
        check(&format!("{start}{change}\nundo\n{end}"), "primitive a Dummy", "took back: ");
        check(&format!("{start}{change}\nundo\nredo\nundo\n{end}"), "primitive a Dummy", "made again: ");
    }
}

#[test]
fn what_was_committed_is_taken_back_by_another_commit() {
    check(
        "primitive b Dummy\ncommit\nundo\n",
        "primitive a Dummy",
        "it was committed, so this has to be committed too",
    );
    check("primitive b Dummy\ncommit\nundo\nredo\n", "primitive a Dummy; primitive b Dummy", "made again");
    check("primitive b Dummy\ncommit\nundo\nundo\n", "primitive a Dummy", "nothing to take back");
}

#[test]
fn a_new_change_leaves_nothing_to_be_made_again() {
    check(
        "primitive b Dummy\nundo\nprimitive c Dummy\nredo\n",
        "primitive a Dummy; primitive c Dummy",
        "nothing to make again",
    );
}

#[test]
fn what_was_taken_back_is_not_missed() {
    check("location l nosuch 50: n1\nundo\ncommit\n", "primitive a Dummy", "");
    check(
        "location l nosuch 50: n1\nundo\nlocation l a 50: n1\n",
        "primitive a Dummy; location l a 50: n1",
        "took back: location l",
    );
    let answer = Bench::with(BEFORE).script("configure\nlocation l nosuch 50: n1\nundo\nredo\n");
    assert!(answer.code == 1 && answer.err.contains("there is no resource `nosuch`"), "{}", answer.err);
}

#[test]
fn a_checkpoint_is_not_lost_unawares_and_brings_its_schema_back() {
    let bench = Bench::with(BEFORE);
    let answer = bench.script("configure\ncheckpoint save x\ndelete a\ncheckpoint save x\n");
    assert_eq!(answer.code, 1, "{}", answer.err);
    assert!(answer.err.contains("there is a checkpoint `x` already"), "{}", answer.err);
    let answer = bench.script(
        "configure\ncheckpoint save x\nschema pacemaker-3.8\ncheckpoint save x --force\nschema pacemaker-3.9\n\
         checkpoint restore x\nschema\n",
    );
    assert!(answer.code == 0 && answer.out == "pacemaker-3.8\n", "{}{}", answer.out, answer.err);
    check("checkpoint save x\ndelete a\ncheckpoint restore x\n", "primitive a Dummy", "");
    check("checkpoint save x\nprimitive b Dummy\ncommit\ncheckpoint restore x\n", "primitive a Dummy", "");
}

#[test]
fn looking_and_what_others_do_leave_the_way_back_and_forth() {
    let bench = Bench::with(BEFORE);
    let mut terminal = Terminal::at_prompt(&bench, &[]);
    let (clean, edited) = (")configure#", ")configure*#");
    terminal.press("configure\r");
    terminal.prompted(clean, 1);
    terminal.press("primitive b Dummy\r");
    terminal.prompted(edited, 1);
    terminal.press("undo\r");
    terminal.prompted(clean, 2);
    terminal.press("show\r");
    terminal.prompted(clean, 3);
    terminal.press("redo\r");
    terminal.sees("made again: primitive b");
    terminal.prompted(edited, 2);
    terminal.press("commit\r");
    terminal.prompted(clean, 4);
    // Somebody else, meanwhile.
    assert_eq!(bench.crm(&["configure", "primitive", "c", "Dummy"]).code, 0);
    terminal.press("show\r");
    terminal.sees("primitive c Dummy");
    terminal.prompted(clean, 5);
    terminal.press("undo\r");
    terminal.sees("took back: primitive b");
    terminal.prompted(edited, 3);
    terminal.press("commit\r");
    terminal.prompted(clean, 6);
    terminal.press("quit\r");
    terminal.ends();
    assert_eq!(bench.show(&["type:primitive"]), "primitive a Dummy\nprimitive c Dummy\n");
}

#[test]
fn on_a_cluster_what_is_on_the_stage_outlives_a_forced_delete_and_undo_a_commit() {
    let lab = Lab::started(1);
    let crm = |words: &[&str]| {
        let output = lab.tool("n1", &[&["crm"], words].concat()).output().expect("crm");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    crm(&["configure", "property", "stonith-enabled=false"]);
    crm(&["-w", "configure", "primitive", "d", "ocf:quorate:Dummy"]);
    let running = |id: &str| crm(&["resource", "locate", id]).contains("running on: n1");
    lab.wait("d to run", |_| running("d"));

    let bench = Bench::default();
    let root = lab.root("n1").display().to_string();
    // Without a file it is the cluster of this root.
    let mut terminal = Terminal::at_prompt(&bench, &[("CIB_file", ""), ("QUORATE_ROOT", &root)]);
    let (clean, edited) = (")configure#", ")configure*#");
    terminal.press("configure\r");
    terminal.prompted(clean, 1);
    terminal.press("primitive e ocf:quorate:Dummy\r");
    terminal.prompted(edited, 1);
    terminal.press("delete d\r");
    terminal.sees("`d` is running");
    terminal.prompted(edited, 2);
    terminal.press("delete --force d\r");
    terminal.prompted(edited, 3);
    assert!(crm(&["configure", "show", "d"]).contains("target-role=Stopped"), "it was stopped at once");
    assert!(!crm(&["configure", "show"]).contains("primitive e"), "and nothing else was committed");
    terminal.press("commit\r");
    terminal.prompted(clean, 2);
    lab.wait("e to run", |_| running("e"));
    let shown = crm(&["configure", "show", "type:primitive"]);
    assert!(shown.contains("primitive e") && !shown.contains("primitive d"), "{shown}");
    // The state of the cluster has changed since, and somebody has changed another thing.
    crm(&["configure", "property", "migration-limit=7"]);
    terminal.press("undo\r");
    terminal.sees("took back: delete --force d; it was committed");
    terminal.press("undo\r");
    terminal.sees("took back: primitive e");
    terminal.press("commit\r");
    terminal.prompted(clean, 3);
    terminal.press("quit\r");
    terminal.ends();
    let shown = crm(&["configure", "show"]);
    assert!(shown.contains("primitive d") && !shown.contains("primitive e"), "{shown}");
    assert!(shown.contains("migration-limit=7"), "{shown}");
}
