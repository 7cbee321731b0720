//! A batch is a transaction: all of it or nothing, and every error with its place.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::Bench;

/// The batch is refused with exactly these errors, and nothing is changed.
fn refused(batch: &str, expected: &str) {
    let bench = Bench::with("node n1\nprimitive p1 Dummy");
    let before = bench.cib();
    let file = bench.write("batch.crm", batch);
    let answer = bench.crm(&["-f", &file]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    assert_eq!(answer.err.replace(&file, "batch.crm"), expected);
    assert_eq!(bench.cib(), before);
}

#[test]
fn every_error_is_listed_and_nothing_is_changed() {
    refused(
        "configure\nprimitive good Dummy\nprimtive bad Dummy\nlocation l1 p1 100 n1\ncommit\nlocation l2 pp1 10: n1\n",
        "batch.crm:3:1: error: `primtive` is not a command of `configure`\n    primtive bad Dummy\n    ^^^^^^^^\n    hint: did you mean `primitive`?\n\
         batch.crm:4:16: error: expected `role=…`, `resource-discovery=…`, `rule` or a score such as `100:` or `inf:`, found `100`\n    location l1 p1 100 n1\n                   ^^^\n    hint: a score ends with a colon: `100:`\n\
         batch.crm:6:13: error: there is no resource `pp1`\n    location l2 pp1 10: n1\n                ^^^\n    hint: did you mean `p1`?\n\
         ERROR: 3 errors; nothing was changed\n",
    );
}

#[test]
fn a_continued_line_is_shown_where_it_is_wrong() {
    refused(
        "configure primitive p2 Dummy \\\n    op monitor interval=10s \\\n    mta target-role=Stopped\n",
        "batch.crm:3:5: error: expected `op_params`, `op_meta`, `params`, `meta`, `utilization`, `operations`, `op` or `interval=…` or another NAME=VALUE, found `mta`\n        mta target-role=Stopped\n        ^^^\n    hint: did you mean `meta`?\nERROR: 1 error; nothing was changed\n",
    );
}

#[test]
fn what_follows_from_an_error_is_not_another_one() {
    refused(
        "configure\nprimitive p2 Dummy op\ngroup g p2\nlocation l g 10: n1\n",
        "batch.crm:2:22: error: expected an operation such as `monitor`, but the line ends\n    primitive p2 Dummy op\n                         ^\nERROR: 1 error; nothing was changed\n",
    );
}

#[test]
fn commands_of_other_levels_are_part_of_the_transaction() {
    refused(
        "resource stop p1\nnode standby n1\nresource stop nosuch\nresource strat p1\n",
        "batch.crm:3:15: error: there is no resource `nosuch`\n    resource stop nosuch\n                  ^^^^^^\n\
         batch.crm:4:10: error: `strat` is not a command of `resource`\n    resource strat p1\n             ^^^^^\n    hint: did you mean `start`?\nERROR: 2 errors; nothing was changed\n",
    );
}

#[test]
fn a_right_batch_is_committed_once() {
    let bench = Bench::with("node n1\nprimitive p1 Dummy");
    let answer = bench.script(
        "# a comment\nconfigure\nprimitive p2 Dummy\ncommit\nproperty maintenance-mode=true\nlocation late p3 10: n1\nprimitive p3 Dummy\nup\nresource stop p1\nnode standby n1\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(bench.cib().contains("epoch=\"3\""), "one commit each for the set-up and the batch\n{}", bench.cib());
    assert_eq!(
        bench.show(&[]),
        "node n1 \\\n\tattributes standby=on\nprimitive p1 Dummy \\\n\tmeta target-role=Stopped\nprimitive p2 Dummy\nprimitive p3 Dummy\nlocation late p3 10: n1\nproperty cib-bootstrap-options: \\\n\tmaintenance-mode=true\n"
    );
}

#[test]
fn what_was_deleted_since_is_not_missed() {
    let bench = Bench::default();
    let answer =
        bench.script("configure\nprimitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\norder o a b c\ndelete b\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(bench.show(&["o"]), "order o a c\n");
}

#[test]
fn a_level_on_the_command_line_is_where_a_batch_starts() {
    let bench = Bench::default();
    let answer = bench.fed(&["configure"], "primitive p Dummy\nshow\n");
    assert_eq!((answer.code, answer.out.as_str()), (0, "primitive p Dummy\n"));
    assert!(bench.cib().contains("id=\"p\""));
}

#[test]
fn a_single_command_is_committed_or_refused_as_one() {
    let bench = Bench::default();
    assert_eq!(bench.crm(&["configure", "primitive", "p", "Dummy", "params", "fake=a b"]).code, 0);
    assert_eq!(bench.show(&["p"]), "primitive p Dummy \\\n\tparams fake=\"a b\"\n");
    let before = bench.cib();
    let answer = bench.crm(&["configure", "group", "g", "p", "q"]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.err,
        "crm:1:21: error: `g` refers to `q`, which does not exist\n    configure group g p q\n                        ^\n"
    );
    assert_eq!(bench.cib(), before);
}

#[test]
fn a_file_is_loaded_whole_or_not_at_all_in_any_order() {
    let bench = Bench::default();
    bench.load("group g a b\nlocation l g 10: n1\nprimitive b Dummy\nnode n1\nprimitive a Dummy\n");
    let before = bench.cib();
    let file = bench.write("bad.crm", "primitive c Dummy\n\n# comment\ncolocation k inf: c d\n");
    let answer = bench.crm(&["configure", "load", "update", &file]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.err.replace(&file, "bad.crm"),
        "bad.crm:4:21: error: there is no resource `d`\n    colocation k inf: c d\n                        ^\n"
    );
    assert_eq!(bench.cib(), before);
}

#[test]
fn replace_update_and_push_differ_in_what_they_delete() {
    let start = "node n1\nprimitive a Dummy\nprimitive b Dummy\nproperty x=1";
    for (method, expected) in [
        ("replace", "node n1\nprimitive a Dummy \\\n\tmeta target-role=Stopped\n"),
        (
            "update",
            "node n1\nprimitive a Dummy \\\n\tmeta target-role=Stopped\nprimitive b Dummy\nproperty cib-bootstrap-options: \\\n\tx=1\n",
        ),
        (
            "push",
            "node n1\nprimitive a Dummy \\\n\tmeta target-role=Stopped\nproperty cib-bootstrap-options: \\\n\tx=1\n",
        ),
    ] {
        let bench = Bench::with(start);
        let answer = bench.fed(&["configure", "load", method, "-"], "primitive a Dummy meta target-role=Stopped\n");
        assert_eq!((answer.code, bench.show(&[]).as_str()), (0, expected), "{method}\n{}", answer.err);
    }
}

#[test]
fn text_that_is_not_ascii_is_kept() {
    let bench = Bench::default();
    bench.load("primitive p Dummy params state=Zürich fake=\"Ωmega 世界\"\n");
    assert_eq!(bench.show(&[]), "primitive p Dummy \\\n\tparams state=Zürich fake=\"Ωmega 世界\"\n");
}

#[test]
fn passwords_are_masked_when_shown_and_kept_when_saved() {
    let bench = Bench::with("primitive p ocf:pacemaker:Dummy params passwd=secret fake=1");
    assert_eq!(bench.show(&[]), "primitive p ocf:pacemaker:Dummy \\\n\tparams passwd=\"******\" fake=1\n");
    assert!(!bench.show(&["xml"]).contains("secret"));
    // What was shown does not come back as the password.
    let shown = bench.show(&[]).replace("fake=1", "fake=2");
    bench.load(&shown);
    assert_eq!(
        bench.crm(&["configure", "save", "-"]).out,
        "primitive p ocf:pacemaker:Dummy \\\n\tparams passwd=secret fake=2\n"
    );
    let other = Bench::default().fed(&["configure", "load", "update", "-"], &shown);
    assert!(other.code == 1 && other.err.contains("`passwd` of `p` is masked"), "{}", other.err);
    bench.load("primitive p ocf:pacemaker:Dummy params passwd=secret fake=1");
    assert_eq!(
        bench.crm(&["configure", "save", "-"]).out,
        "primitive p ocf:pacemaker:Dummy \\\n\tparams passwd=secret fake=1\n"
    );
}

#[test]
fn exit_codes_and_options() {
    let bench = Bench::default();
    for (words, code) in [
        (&["configure", "show"][..], 0),
        (&["configure", "show", "nosuch"], 1),
        (&["--foo", "configure", "show"], 2),
        (&["-f", "nosuch.crm"], 2),
        (&["configure", "show", "--bogus"], 2),
        (&["-c", "nosuch", "configure", "show"], 1),
        (&["cluster", "geo_join"], 2),
        (&["corosync", "status", "rings"], 2),
        (&["--version"], 0),
        (&["help", "configure", "primitive"], 0),
    ] {
        let answer = bench.crm(words);
        assert_eq!(answer.code, code, "{words:?}\n{}{}", answer.out, answer.err);
        assert!(!answer.out.contains('\x1b') && !answer.err.contains('\x1b'), "no colour without a terminal");
    }
    assert!(bench.crm(&["cluster", "geo_join"]).err.contains("not supported yet"));
    let always = bench.crm(&["-D", "color-always", "configure", "primitive", "p", "Dummy"]);
    assert_eq!(always.code, 0);
    assert!(bench.crm(&["-D", "color-always", "configure", "show"]).out.contains("\x1b[33mprimitive"));
}
