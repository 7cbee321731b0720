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
            ("resource utilization d1 set cpu 10", "utilization has no effect with the `placement-strategy`", "cpu"),
            ("node attribute n1 set standby maybe", "counts as false", "maybe"),
            ("node utilization n1 set cpu many", "whole number", "many"),
        ],
    );
    for quiet in [
        "resource param d1 set fake 1",
        "resource meta d1 set is-managed false",
        "resource meta d1 set of-mine 1",
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

/// What is told when a text is loaded and committed; `""` is nothing.
#[track_caller]
fn told_of(cases: &[(&str, &str, &str)]) {
    for (text, message, word) in cases {
        let answer = Bench::with(BASE).fed(&["configure", "load", "update", "-"], &format!("{text}\n"));
        assert_eq!(answer.code, 0, "{text}: {}", answer.err);
        match *message {
            "" => assert_eq!(answer.err, "", "{text}"),
            message => assert_eq!(marked(&answer.err, message).as_deref(), Some(*word), "{text}\n{}", answer.err),
        }
    }
}

const PRIMITIVE: &str = "primitive p ocf:pacemaker:Dummy";

#[test]
fn what_stands_twice_or_nowhere_in_an_operation_is_marked() {
    let with = |operation: &str| format!("{PRIMITIVE} op {operation}");
    let cases = [
        ("monitor interval=10", "", ""),
        ("monitor interval=10 OCF_CHECK_LEVEL=10", "", ""),
        ("monitor interval=10 interval=20", "`interval` is given more than once", "interval"),
        ("monitor interval=10 timout=20", "did you mean `timeout`", ""),
        ("monitor interval=10 timout=20", "`timout` is no option of an operation", "timout"),
        ("monitor interval=10 Timeout=20", "`Timeout` is no option of an operation", "Timeout"),
        ("monitor interval=10 onfail=stop", "`onfail` is no option of an operation", "onfail"),
        ("monitor timeout=20", "a monitor without `interval` does not recur", "monitor"),
        ("monitor", "does not recur, and has no effect", "monitor"),
        ("migrate_to interval=5", "ignoring the interval 5 of migrate_to", "5"),
    ];
    let texts =
        cases.iter().filter(|(_, message, _)| !message.starts_with("did you")).map(|one| (with(one.0), one.1, one.2));
    let texts: Vec<_> = texts.collect();
    told_of(&texts.iter().map(|(text, message, word)| (text.as_str(), *message, *word)).collect::<Vec<_>>());
}

#[test]
fn of_a_name_that_stands_twice_it_is_said_which_counts() {
    told_of(&[
        (&format!("{PRIMITIVE} params fake=1 fake=2"), "the first counts, not `fake=2`", "fake=2"),
        (&format!("{PRIMITIVE} meta priority=1 priority=2"), "the first counts, not `priority=2`", "priority=2"),
        ("node 1: n1 attributes a=1 a=2", "the first counts, not `a=2`", "a=2"),
        ("order o d1:stop d1:start", "this order has no effect", "d1"),
        ("colocation k inf: c2 c2", "of a resource with itself", "c2"),
    ]);
    for (line, kept) in [
        ("property batch-limit=3 batch-limit=4", "name=\"batch-limit\" value=\"4\""),
        ("rsc_defaults priority=3 priority=4", "name=\"priority\" value=\"4\""),
        ("op_defaults timeout=3 timeout=4", "name=\"timeout\" value=\"4\""),
    ] {
        let bench = Bench::with(BASE);
        let answer = bench.crm(&[&["configure"][..], &line.split(' ').collect::<Vec<_>>()].concat());
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
        assert!(answer.err.contains("is given more than once: the last one counts"), "{line}: {}", answer.err);
        assert!(bench.cib().contains(kept), "{line}: {}", bench.cib());
        assert_eq!(bench.cib().matches(kept.split(' ').next().unwrap()).count(), 1, "{line}");
    }
}

#[test]
fn what_the_scheduler_leaves_out_is_marked() {
    told_of(&[
        ("primitive m OCF:pacemaker:Dummy", "the class `OCF` is written `ocf`", "OCF"),
        ("primitive s systemd:no-such-service", "the agent systemd:no-such-service is not here", "no-such-service"),
        ("primitive s lsb:no-such-script", "the agent lsb:no-such-script is not here", "no-such-script"),
        ("primitive n1 ocf:pacemaker:remote", "named like a node of the cluster", "n1"),
        ("rsc_defaults x: rule #uname eq n1 priority=3", "a rule here knows of no node", "#uname"),
        ("location l d1 rule #unam eq n1", "did you mean `#uname`", "#unam"),
        ("monitor d1:Master 10", "is not promotable", "d1:Master"),
        ("property stonith-action=poweroff", "", ""),
    ]);
}

#[test]
fn dates_that_never_hold_are_marked() {
    told_of(&[
        ("location l d1 rule 10: date spec hours=9-17", "", ""),
        ("location l d1 rule 10: date spec hours=22-6", "across the end it is 22-23 or 0-6", "22-6"),
        ("location l d1 rule 10: date spec yearsdays=10", "the field is called `yeardays`", "10"),
        ("location l d1 rule 10: date in start=2030-01-01 hours=0", "no more than a second", "0"),
        ("location l d1 rule 10: date gt 2030-01-01 and date lt 2029-01-01", "no moment is after", "2029-01-01"),
    ]);
}

#[test]
fn options_of_operations_that_do_not_count_are_marked() {
    told_of(&[
        ("op_defaults timeout=30", "", ""),
        ("op_defaults on-fail=fence", "using on-fail=stop for", "fence"),
        ("op_defaults on-fail=demote", "'demote' is allowed only", "demote"),
        ("op_defaults on-fail=restart-container", "it is in no container", "restart-container"),
        (&format!("{PRIMITIVE} op monitor interval=9\nop_defaults interval-origin=x"), "is no date", "x"),
        ("op_defaults interval=10", "`interval` has no effect here", "10"),
        ("op_defaults timeout=0", "because 0 is none", "0"),
        (&format!("{PRIMITIVE} op start timeout=33 op_meta timeout=5"), "start has timeout=33 of its own", "timeout=5"),
        (&format!("{PRIMITIVE} op monitor interval=9 op_meta role=Started"), "has no effect among", "role=Started"),
        (&format!("{PRIMITIVE} op monitor interval=9 op_meta on-fail=demote"), "'demote' is allowed only", "demote"),
        (&format!("{PRIMITIVE} op monitor interval=9 op_meta interval-origin=x"), "is no date", "x"),
    ]);
}

#[test]
fn constraints_without_effect_are_marked() {
    told_of(&[
        ("order o Mandatory: ( d1 g3 )", "its only set is not sequential", "d1"),
        ("colocation k inf: ( d1 g3 )", "its only set is not sequential", "d1"),
        ("colocation k inf: d1 c2 g3:Promoted", "'g3' is not promotable", "g3"),
        ("rsc_ticket t T: d1:Promoted g3", "'d1' is not promotable", "d1"),
        ("location l { d1:Promoted } -inf: n1", "'d1' is not promotable", "d1"),
        ("tag t d1\ncolocation k inf: g3 t:Promoted", "'d1' is not promotable", "t"),
        ("location l d1 role=Stopped 10: n1", "what is stopped is on no node", "Stopped"),
        ("location l { d1 d1 } 10: n1", "stands in a set more than once", "d1"),
        ("location l /nosuch/ 10: n1", "no resource has such a name", "/nosuch/"),
        ("location l /d3/ 10: n1", "held against the name of 'g3' only", "/d3/"),
        ("colocation k inf: d1 g3 node-attribute=site", "no node has `site`", "site"),
        ("location l d1 rule 10: #kind eq frob", "never holds", "frob"),
        ("location l d1 rule 10: #is_dc eq yes", "never holds", "yes"),
        ("location l d1 rule 10: op_expression name=start", "knows of no operation", "start"),
        ("property $id=x rule rsc_expression type=Dummy batch-limit=1", "knows of no resource", "Dummy"),
        ("rsc_defaults x: rule op_expression name=start priority=1", "knows of no operation", "start"),
    ]);
}

#[test]
fn orders_that_keep_resources_down_are_marked() {
    told_of(&[
        ("order o d1 g3\norder p c2 d1", "", ""),
        ("order o d1 g3\norder p g3 d1", "none of these is ever started", "g3"),
        ("order o d1 g3\norder p g3 c2\norder q c2 d1", "'d1' before 'g3' before 'c2' before 'd1'", "c2"),
        ("order o d1 g3 d1", "none of these is ever started", "g3"),
        ("order o d1 d1 g3", "puts 'd1' before itself", "d1"),
        ("tag t d1 g3\norder o t d1", "puts 'd1' before itself", "d1"),
        ("order o d1:promote g3:start", "waits for the promotion of 'd1'", "d1"),
        ("order o d1:promote g3 c2", "waits for the promotion of 'd1'", "d1"),
    ]);
}

#[test]
fn options_of_what_is_no_such_clone_are_marked() {
    told_of(&[
        ("clone c d1 meta promoted-max=2", "this clone is not promotable", "2"),
        ("clone c d1 meta master-max=2", "this clone is not promotable", "2"),
        ("clone c d1 meta clone-node-max=0", "nothing runs of this clone", "0"),
        ("clone c d1 meta clone-min=4", "waits in vain", "4"),
        ("clone c d1 meta master_max=2", "knows no meta attribute `master_max`", "master_max"),
        ("ms c d1", "`d1` cannot be promoted", "d1"),
        ("primitive s ocf:pacemaker:Stateful\nms c s meta interleave=true", "", ""),
        (&format!("{PRIMITIVE} meta notify=true"), "`notify` is an option of clones", "true"),
        ("group g d1 meta notify=true", "`notify` is an option of clones", "true"),
        ("group g d1 meta remote-node=r1", "`remote-node` has no effect here", "r1"),
        ("rsc_defaults remote-node=r1", "`remote-node` has no effect here", "r1"),
        (&format!("{PRIMITIVE} meta remote-port=3121"), "no effect without `remote-node`", "3121"),
        (&format!("{PRIMITIVE} meta remote-node=\"\""), "a guest node needs a name", "remote-node"),
    ]);
}

#[test]
fn fencing_that_does_nothing_is_marked() {
    let device = "primitive f stonith:fence_dummy";
    told_of(&[
        (
            &format!("{device} meta target-role=Stopped\nproperty stonith-enabled=true"),
            "nothing can be fenced",
            "Stopped",
        ),
        (&format!("{device}\nfencing_topology n1: f,f"), "`f` stands in this level more than once", "f,f"),
        (&format!("{device} params pcmk_delay_base=nosuch:5"), "there is no node `nosuch`", "nosuch:5"),
        (&format!("{device} params pcmk_delay_base=9 pcmk_delay_max=5"), "the delay is 5", "9"),
        (&format!("{device} params pcmk_host_list=n1 pcmk_host_check=none"), "has no effect beside", "n1"),
    ]);
}

#[test]
fn what_an_older_document_has_and_the_cluster_leaves_out_is_told() {
    let bench = Bench::new(&Bench::default().cib().replace("pacemaker-4.0", "pacemaker-3.9"));
    let answer = bench.crm(&["configure", "primitive", "u", "upstart:x"]);
    assert_eq!(marked(&answer.err, "upstart resources are no longer supported").as_deref(), Some("u"));
    let checked = Bench::feed(bench.tool("crm_verify").args(["-x", "cib.xml"]), "");
    assert_eq!(checked.code, 78);
    assert!(checked.err.contains("warning: u: Dropping resource u"), "{}", checked.err);
    let upgraded = Bench::feed(bench.tool("cibadmin").args(["--upgrade", "--force"]), "");
    assert_eq!((upgraded.code, upgraded.err.contains("Dropping resource u")), (0, true), "{}", upgraded.err);
}

#[test]
fn an_option_never_stands_under_both_of_its_names() {
    let bench = Bench::new(&Bench::default().cib().replace("pacemaker-4.0", "pacemaker-3.9"));
    bench.load("property stonith-enabled=false\n");
    let set = "<cluster_property_set id=\"cib-bootstrap-options\"><nvpair id=\"x1\" name=\"fencing-enabled\" value=\"true\"/>\
               </cluster_property_set>";
    let answer = Bench::feed(bench.tool("cibadmin").args(["-M", "-c", "-o", "crm_config", "-X", set]), "");
    assert_eq!(answer.code, 78, "{}", answer.err);
    assert!(answer.err.contains("are two names of one option"), "{}", answer.err);
    // One that has both: what counts is read, and what is set is the only one.
    let both = bench.cib().replace(
        "</cluster_property_set>",
        "<nvpair id=\"x1\" name=\"fencing-enabled\" value=\"true\"/></cluster_property_set>",
    );
    bench.write("cib.xml", &both);
    let read = |bench: &Bench| bench.crm(&["configure", "get-property", "stonith-enabled"]).out;
    assert_eq!(read(&bench), "true\n");
    let asked = Bench::feed(bench.tool("crm_attribute").args(["-G", "-q", "-n", "stonith-enabled"]), "");
    assert_eq!(asked.out, "true\n");
    assert!(bench.crm(&["configure", "verify"]).err.contains("`stonith-enabled` has no effect"));
    assert_eq!(bench.crm(&["configure", "property", "stonith-enabled=false"]).code, 0);
    assert_eq!(read(&bench), "false\n");
    assert_eq!(bench.cib().matches("-enabled\"").count(), 1, "{}", bench.cib());
}

/// Texts that cannot mean what they would do: nothing is changed.
#[test]
fn what_would_lose_something_without_a_word_is_refused() {
    let base = format!("{BASE}node 2: n2 attributes rack=7 standby=on\nrsc_defaults priority=1\n");
    for (method, text, message) in [
        ("update", "group gz d1\ngroup gz c2", "Duplicate resource: gz"),
        ("update", "primitive x ocf:pacemaker:Dummy\nprimitive x ocf:pacemaker:Stateful", "Duplicate resource: x"),
        ("update", "location l d1 10: n1\norder l d1 c2", "Duplicate resource: l"),
        ("update", "node n1 attributes a=1\nnode n1 attributes b=2", "the node `n1` stands here twice"),
        ("update", "fencing_topology n1: d1\nfencing_topology n2: d1", "`fencing_topology` stands here twice"),
        ("update", "rsc_defaults rsc-options: rule date lt 2001-01-01 migration-threshold=1", "`priority`, too"),
        ("update", "node N2 attributes a=1", "the node is called `n2`"),
        ("replace", "# nothing", "there are no statements"),
        ("push", "", "there are no statements"),
    ] {
        let bench = Bench::with(&base);
        let before = bench.cib();
        let answer = bench.fed(&["configure", "load", method, "-"], &format!("{text}\n"));
        assert!(answer.code != 0 && answer.err.contains(message), "{text}: {}\n{}", answer.code, answer.err);
        assert_eq!(bench.cib(), before, "{text}");
    }
    for (line, message) in [
        ("configure node n2:remote", "the node `n2` is a member node"),
        ("configure filter true d1", "has left nothing over"),
    ] {
        let bench = Bench::with(&base);
        let before = bench.cib();
        let answer = bench.crm(&line.split(' ').collect::<Vec<_>>());
        assert!(answer.code != 0 && answer.err.contains(message), "{line}: {}\n{}", answer.code, answer.err);
        assert_eq!(bench.cib(), before, "{line}");
    }
}

#[test]
fn a_node_that_is_loaded_without_its_id_keeps_what_it_has() {
    let bench = Bench::with(&format!("{BASE}node 2: n2 attributes rack=7 standby=on\n"));
    bench.load("node n2 attributes site=a");
    let shown = bench.show(&["n2"]);
    assert!(["rack=7", "standby=on", "site=a"].iter().all(|pair| shown.contains(pair)), "{shown}");
    bench.load("node 2: n2 attributes site=b");
    let shown = bench.show(&["n2"]);
    assert!(!shown.contains("rack") && shown.contains("site=b"), "{shown}");
}

/// A constraint on what a clone or a bundle contains is ignored.
#[test]
fn what_is_cloned_is_moved_and_banned_as_a_whole() {
    for (line, constraint) in [
        ("resource ban d2 n1", "rsc=\"c2\""),
        ("resource move d2 n1", "rsc=\"c2\""),
        ("resource ban d3 n1", "rsc=\"d3\""),
    ] {
        let bench = Bench::with(BASE);
        let answer = bench.crm(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
        assert!(bench.cib().contains(constraint), "{line}: {}", bench.cib());
        let cleared = bench.crm(&["resource", "clear", line.split(' ').nth(2).unwrap()]);
        assert!(cleared.code == 0 && !bench.cib().contains("cli-"), "{line}: {}", bench.cib());
    }
}

#[test]
fn an_empty_name_is_not_this_host() {
    let bench = Bench::with(BASE);
    for (tool, words) in [
        ("crm_attribute", &["-N", "", "-n", "standby", "-v", "on"][..]),
        ("crm_attribute", &["--node=", "-n", "standby", "-v", "on"]),
        ("crm_standby", &["-N", "", "-v", "on"]),
        ("crm_resource", &["-r", "d1", "-p", "", "-v", "x"]),
        ("crm_resource", &["--ban", "-r", "d1", "-N", ""]),
        ("crm_master", &["-r", "", "-v", "5"]),
    ] {
        let before = bench.cib();
        let answer = Bench::feed(bench.tool(tool).args(words), "");
        assert_ne!(answer.code, 0, "{tool} {words:?}");
        assert_eq!(bench.cib(), before, "{tool} {words:?}");
    }
}
