//! What is wrong, or has no effect, is said at the word that caused it, wherever it was written.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::Bench;

const BASE: &str = "node 1: n1\nproperty stonith-enabled=false\nprimitive d1 ocf:pacemaker:Dummy\n\
    primitive d2 ocf:pacemaker:Dummy\nclone c2 d2\nprimitive d3 ocf:pacemaker:Dummy\ngroup g3 d3\n";

/// The word under the first mark of this message.
fn marked(told: &str, message: &str) -> Option<String> {
    let mut lines = told.lines().skip_while(|line| !line.contains(message)).skip(1);
    let (text, mark) = (lines.next()?, lines.next()?);
    let start = mark.find('^').filter(|_| mark.trim_start_matches(' ').starts_with('^'))?;
    let length = mark.trim().len();
    Some(text.chars().skip(start).take(length).collect())
}

/// Texts, the message, and the word that it is about.
#[track_caller]
fn at_words(run: impl Fn(&str) -> String, cases: &[(&str, &str, &str)]) {
    for (text, message, word) in cases {
        let told = run(text);
        assert_eq!(marked(&told, message).as_deref(), Some(*word), "{text}: {message}\n{told}");
    }
}

const EXCLUDED: &[(&str, &str, &str)] = &[
    ("property default-resource-stickiness=5", "excludes `default-resource-stickiness`", "default-resource-stickiness"),
    ("property is-managed-default=true\nproperty batch-limit=5", "excludes `is-managed-default`", "is-managed-default"),
    ("property cluster-infrastructure=\"classic openais\" batch-limit=5", "excludes `classic", "classic openais"),
    ("primitive p ocf:pacemaker:Dummy meta isolation=x", "excludes `isolation`", "isolation"),
    ("primitive p ocf:pacemaker:Dummy op start interval=0 on-fail=frob", "one of ignore", "frob"),
    ("location l1 d1 foo: n1", "no attribute `score-attribute`", "foo"),
    ("colocation k inf: ( d1 g3 ) c2 node-attribute=site", "cannot stand beside <resource_set>", "site"),
    ("bundle b docker image=x masters=1 promoted-max=1", "cannot stand beside `masters`", "1"),
    ("bundle b docker image=x network port-mapping port=80 range=80-90", "cannot stand beside `port`", "80-90"),
];

#[test]
fn what_the_schema_refuses_is_marked_in_what_was_loaded() {
    let run = |text: &str| {
        let answer = Bench::with(BASE).fed(&["configure", "load", "update", "-"], &format!("{text}\n"));
        assert_eq!(answer.code, 3, "{text}: {}", answer.err);
        answer.err
    };
    at_words(run, EXCLUDED);
}

#[test]
fn what_the_schema_refuses_is_marked_in_what_was_typed() {
    let run = |text: &str| {
        let lines = text.replace('\n', "\nconfigure ");
        let answer = Bench::with(BASE).script(&format!("configure {lines}\nconfigure commit\n"));
        assert_ne!(answer.code, 0, "{text}");
        answer.err
    };
    at_words(run, EXCLUDED);
}

#[test]
fn what_has_no_effect_is_marked_in_a_command_for_one_attribute() {
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let answer = Bench::with(BASE).crm(&words);
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
        answer.err
    };
    at_words(
        run,
        &[
            ("resource param d1 set fakee 1", "no parameter `fakee`", "fakee"),
            ("resource param d1 set fakee=1", "no parameter `fakee`", "fakee=1"),
            ("resource meta d1 set is-manged true", "no meta attribute `is-manged`", "is-manged"),
            ("resource meta d1 set is-managed maybe", "true or false", "maybe"),
            ("resource meta d1 set target-role Promoted", "Promoted", "Promoted"),
            ("resource meta d1 set resource-stickiness inf", "INFINITY", "inf"),
            ("resource meta d2 set clone-max two", "clone-max", "two"),
            ("resource utilization d1 set cpu 10.5", "whole number", "10.5"),
            ("node attribute n1 set standby maybe", "counts as false", "maybe"),
            ("node utilization n1 set cpu many", "whole number", "many"),
        ],
    );
    for quiet in [
        "resource param d1 set fake 1",
        "resource meta d1 set is-managed false",
        "resource meta d1 set of-mine 1",
        "resource utilization d1 set cpu 10",
        "node attribute n1 set site maybe",
        "-F resource param d1 set fakee 1",
    ] {
        assert_eq!(run(quiet), "", "{quiet}");
    }
}

#[test]
fn what_was_wrong_before_is_not_told_again() {
    let bench = Bench::with(BASE);
    bench.crm(&["resource", "param", "d1", "set", "fakee", "1"]);
    let answer = bench.crm(&["resource", "param", "d1", "set", "fake", "2"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
}

#[test]
fn a_file_takes_from_commands_what_the_daemon_would_take() {
    let bench = Bench::with(BASE);
    for line in ["resource meta d1 set isolation x", "node attribute n1 set a b"] {
        let words: Vec<&str> = line.split(' ').collect();
        let (before, answer) = (bench.cib(), bench.crm(&words));
        let refused = line.contains("isolation");
        assert_eq!(answer.code != 0, refused, "{line}: {}", answer.err);
        assert_eq!(bench.cib() == before, refused, "{line}");
    }
}
