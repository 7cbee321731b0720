//! What programs and people really give: empty words, quotes that are left, older names, what has no effect.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::{Answer, Bench, EMPTY};

const BASE: &str = "node 1: n1\nnode 2: n2\nnode 3: n3\nproperty stonith-enabled=false\n\
    primitive d1 ocf:pacemaker:Dummy\nprimitive d2 ocf:pacemaker:Dummy\n";

fn bench() -> Bench {
    Bench::with(BASE)
}

#[track_caller]
fn ok(answer: Answer) -> String {
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    answer.out
}

/// How often a text stands in the CIB after a call.
#[track_caller]
fn after(words: &[&str], code: i32, cases: &[(&str, usize)]) {
    let bench = bench();
    let answer = bench.crm(words);
    assert_eq!(answer.code, code, "{words:?}: {}{}", answer.out, answer.err);
    for (text, count) in cases {
        assert_eq!(bench.cib().matches(text).count(), *count, "{words:?}: {text} in {}", bench.cib());
    }
}

#[test]
fn an_empty_word_is_no_option() {
    after(&["-F", "node", "standby", "n1", ""], 0, &[("name=\"standby\"", 1)]);
    after(&["-F", "node", "standby", "", "n1"], 0, &[("name=\"standby\"", 1)]);
    after(&["-F", "node", "maintenance", "n2", ""], 0, &[("name=\"maintenance\"", 1)]);
    after(&["configure", "property", "batch-limit=5", ""], 0, &[("name=\"\"", 0), ("\"5\"", 1)]);
    after(&["-F", "configure", "delete", "d2", ""], 0, &[("id=\"d2\"", 0), ("id=\"d1\"", 1)]);
    after(&["resource", "stop", "d1", ""], 0, &[("\"Stopped\"", 1)]);
    after(&["resource", "ban", "d1", "n1", ""], 0, &[("cli-ban-d1-on-n1", 1)]);
    after(&["resource", "move", "d1", "n1", "", ""], 0, &[("cli-prefer-d1", 1)]);
    after(&["resource", "param", "d1", "set", "fake", ""], 2, &[("fake", 0)]);
    assert_eq!(ok(bench().crm(&["configure", "show", "d1", ""])), "primitive d1 ocf:pacemaker:Dummy\n");
    // A name that is empty is nobody's: this host is none of the nodes.
    let alone = bench().crm(&["-F", "node", "standby", ""]);
    assert!(alone.code == 2 && alone.err.contains("no node of the cluster"), "{}", alone.err);
    // Where a value may be empty it is.
    let bench = bench();
    ok(bench.script("resource param d1 set fake \"\"\n"));
    assert!(bench.cib().contains("name=\"fake\" value=\"\""));
    let wrong = bench.script("configure property a=5 \"\"\n");
    assert!(wrong.code == 1 && wrong.err.contains("found ``"), "{}", wrong.err);
}

#[test]
fn quotes_that_a_program_left_are_syntax() {
    after(
        &[
            "-F",
            "configure",
            "primitive",
            "vip",
            "IPaddr2",
            "params",
            "ip=\"192.0.2.7\"",
            "op",
            "monitor",
            "interval=\"10s\"",
        ],
        0,
        &[("value=\"192.0.2.7\"", 1), ("interval=\"10s\"", 1), ("&quot;", 0)],
    );
    after(
        &["configure", "property", "$id=\"cib-bootstrap-options\"", "no-quorum-policy=freeze"],
        0,
        &[("value=\"freeze\"", 1)],
    );
    after(
        &["configure", "rsc_defaults", "$id='rsc-options'", "resource-stickiness=\"100\""],
        0,
        &[("meta_attributes id=\"rsc-options\"", 1), ("value=\"100\"", 1)],
    );
    after(
        &["configure", "primitive", "p", "ocf:pacemaker:ping", "params", "host_list=\"192.0.2.1", "192.0.2.2\""],
        0,
        &[("value=\"192.0.2.1 192.0.2.2\"", 1)],
    );
    after(&["configure", "location", "l", "d1", "rule", "-inf:", "#uname", "eq", "'n3'"], 0, &[("value=\"n3\"", 1)]);
    after(&["resource", "param", "d1", "set", "fake", "\"it's\""], 0, &[("value=\"it's\"", 1)]);
    after(&["configure", "delete", "\"d2\""], 0, &[("id=\"d2\"", 0)]);
    after(&["configure primitive x ocf:pacemaker:Dummy"], 0, &[("id=\"x\"", 1)]);
}

#[test]
fn an_option_without_a_value_is_refused() {
    let bench = bench();
    for set in ["property maintenance-mode", "rsc_defaults resource-stickiness", "op_defaults timeout"] {
        let words: Vec<&str> = std::iter::once("configure").chain(set.split(' ')).collect();
        let never = bench.crm(&words);
        assert!(never.code == 1 && never.err.contains("has no value"), "{set}: {}", never.err);
        let valued = format!("{set}=10");
        let valued = valued.replace("maintenance-mode=10", "maintenance-mode=true");
        bench.load(&valued);
        let before = bench.cib();
        for how in [bench.crm(&words), bench.fed(&["configure", "load", "update", "-"], set)] {
            assert!(how.code == 1 && how.err.matches("error: `").count() == 1, "{set}: {}", how.err);
        }
        // An empty one is none: what is meant is a variable that is not set.
        let empty = format!("{}=", words[2]);
        for how in [&["configure", words[1], &empty][..], &["-F", "configure", words[1], &empty]] {
            let answer = bench.crm(how);
            assert!(answer.code == 1 && answer.err.contains("has an empty value"), "{set}: {}", answer.err);
        }
        assert_eq!(bench.cib(), before, "{set}");
    }
}

#[test]
fn an_option_is_one_whichever_of_its_names_is_used() {
    let four = Bench::new(&EMPTY.replace("3.9", "4.0"));
    let say = |words: &str| ok(four.crm(&words.split(' ').collect::<Vec<_>>()));
    let told = four.crm(&["configure", "property", "stonith-enabled=false", "stonith-timeout=99"]);
    assert!(told.code == 0 && told.err.contains("`stonith-enabled` is called `fencing-enabled` now"), "{}", told.err);
    for (name, value) in [
        ("stonith-enabled", "false"),
        ("fencing-enabled", "false"),
        ("stonith-timeout", "99"),
        ("stop-orphan-resources", "true"),
        ("stop-removed-resources", "true"),
    ] {
        assert_eq!(say(&format!("configure get-property {name}")), format!("{value}\n"), "{name}");
    }
    say("configure set cib-bootstrap-options.stonith-enabled true");
    assert_eq!(say("configure get-property fencing-enabled"), "true\n");
    let program = "sed 's/fencing-enabled=true/stonith-enabled=false/'";
    ok(four.crm(&["configure", "filter", program, "cib-bootstrap-options"]));
    assert!(four.cib().contains("name=\"fencing-enabled\" value=\"false\"") && !four.cib().contains("stonith-"));
    say("configure primitive s ocf:pacemaker:Stateful op monitor interval=10 role=Master");
    say("configure ms m s meta master-max=1");
    assert_eq!(say("resource meta m show master-max"), "1\n");
    say("resource meta m set master-max 2");
    assert_eq!(say("resource meta m show promoted-max"), "2\n");
    say("resource meta m set target-role Slave");
    say("configure set s.monitor.role Slave");
    say("configure location l m rule $role=Master 10: #uname eq n1");
    let cib = four.cib();
    for gone in ["Master", "Slave", "master-max"] {
        assert!(!cib.contains(gone), "{gone}: {cib}");
    }
    say("resource meta m delete master-max");
    assert!(!four.cib().contains("promoted-max"));

    // An older document has the one that stands there.
    for (first, second) in [("stonith-enabled", "fencing-enabled"), ("fencing-enabled", "stonith-enabled")] {
        let three = Bench::with(&format!("property {first}=false"));
        assert_eq!(ok(three.crm(&["configure", "get-property", second])), "false\n");
        three.load(&format!("property {second}=true"));
        let cib = three.cib();
        assert!(cib.contains(&format!("name=\"{first}\" value=\"true\"")) && !cib.contains(second), "{cib}");
    }
    let both = Bench::with("property stonith-enabled=true fencing-enabled=false");
    let both = ok(both.crm(&["configure", "show", "type:property"]));
    assert_eq!(both.matches("-enabled").count(), 1, "{both}");
    assert!(both.contains("fencing-enabled=false"), "{both}");
    let clone = "primitive s ocf:pacemaker:Stateful\nclone m s meta promotable=true promoted-max=1";
    let three = Bench::with(&format!("property stonith-enabled=false\n{clone}"));
    let program = "sed 's/promoted-max=1/promoted-max=1 master-max=2/'";
    let told = three.crm(&["configure", "filter", program, "m"]);
    assert!(told.err.contains("`promoted-max` and `master-max` are two names of one option"), "{}", told.err);
    assert!(three.cib().contains("master-max") && !three.cib().contains("promoted-max"), "{}", three.cib());
}

/// Loads a text, and holds what is said against where it is to be said; then what `verify` says.
#[track_caller]
fn effect(text: &str, place: &str, words: &str, code: i32) {
    let bench = bench();
    let load = bench.fed(&["configure", "load", "update", "-"], text);
    assert_eq!(load.code, 0, "{text}: {}", load.err);
    let told = load.err.lines().any(|line| line.starts_with(&format!("-:{place}: warning: ")) && line.contains(words));
    assert!(told, "{text}: {place} {words}\n{}", load.err);
    let verify = bench.crm(&["configure", "verify"]);
    assert!(verify.code == code && verify.err.contains(words), "{text}: {} {}", verify.code, verify.err);
    let again = bench.crm(&["configure", "property", "batch-limit=7"]);
    assert_eq!((again.code, again.err.as_str()), (0, ""), "{text}: it is said to who brings it about");
}

#[test]
fn what_has_no_effect_is_said_at_its_word() {
    for (text, place, words, code) in [
        ("property no-quorum-policy=suicide", "1:27", "fencing is disabled", 1),
        ("primitive p ocf:pacemaker:Dummy op start interval=10", "1:51", "it does not recur", 1),
        (
            "primitive p ocf:pacemaker:Dummy op monitor interval=10 on-fail=demote",
            "1:64",
            "'demote' is allowed only",
            1,
        ),
        ("primitive p ocf:pacemaker:Dummy op monitor interval=10 on-fail=fence", "1:64", "fencing is disabled", 1),
        ("primitive p ocf:pacemaker:Dummy op stop on-fail=standby", "1:49", "not allowed for it", 1),
        ("primitive p ocf:pacemaker:Dummy op monitor interval=9 role=Promoted", "1:60", "not promotable", 0),
        ("primitive p ocf:pacemaker:Dummy meta target-role=Promoted", "1:50", "only makes sense for promotable", 1),
        ("primitive p ocf:pacemaker:Dummy meta migration-threshold=-3", "1:58", "is negative", 1),
        ("primitive p ocf:pacemaker:Dummy meta requires=fencing", "1:47", "fencing is disabled", 1),
        ("primitive p ocf:pacemaker:Dummy meta resource-stickiness=inf", "1:58", "has no effect", 1),
        ("primitive p ocf:pacemaker:Dummy meta failure-timeout=1h30m", "1:54", "is read as 3600000ms", 0),
        (
            "primitive p ocf:pacemaker:Dummy\nclone c p meta globally-unique=false clone-node-max=2",
            "2:53",
            "one instance per node",
            1,
        ),
        ("rsc_ticket t T: d1 loss-policy=fence", "1:32", "fencing is disabled", 1),
        ("order o Serialize: d1 d2 symmetrical=true", "1:38", "has no effect with kind=Serialize", 1),
        ("order o d1:promote d2", "1:9", "'d1' is not promotable", 0),
        ("order o d1 d1", "1:9", "before itself", 1),
        ("location l d1 rule 10: date lt 2020-02-30", "1:32", "is no date", 1),
        ("rsc_defaults failure-timeout=P1D", "1:30", "is read as 0ms", 0),
        ("node n1 attributes standby=maybe", "1:28", "counts as false", 0),
        ("node n1 utilization cpu=10.5", "1:25", "is read as 10", 0),
        ("primitive p ocf:pacemaker:Dummy utilization cpu=many", "1:49", "is read as 0", 0),
        ("location l d1 rule 10: date gt now", "1:32", "is no date", 1),
        ("location l d1 rule 10: date spec weekdays=mon-fri", "1:43", "never fits", 1),
        ("location l d1 rule -inf: #uname ne n1.example.org", "1:36", "there is no node", 0),
        ("primitive p ocf:pacemaker:Dummy op monitor interval=0", "1:53", "does not recur", 0),
        ("primitive p ocf:pacemaker:Dummy op monitor interval=10 timeout=0", "1:64", "because 0 is none", 0),
        ("primitive p ocf:pacemaker:Dummy op promote timeout=10", "1:36", "has no action `promote`", 0),
        ("primitive p ocf:pacemaker:Dummy meta clone-max=2", "1:38", "is an option of clones", 0),
        ("group g d1 meta promotable=true", "1:17", "is an option of clones", 0),
        ("clone c d1 meta clone-max=-1", "1:27", "is read as 0", 0),
        ("bundle b docker image=x replicas=0", "1:34", "`replicas` is at least 1", 1),
        ("primitive p ocf:pacemaker:Dummy meta remote-node=n1", "1:50", "that of a node of the cluster", 1),
        ("primitive p ocf:pacemaker:Dummy meta remote-node=d1", "1:50", "that of a resource", 1),
        ("property foo=bar", "1:10", "no cluster option `foo`", 0),
        ("rsc_defaults foo=bar", "1:14", "no meta attribute `foo`", 0),
        ("op_defaults foo=bar", "1:13", "no option of an operation `foo`", 0),
        ("alert a /bin/true meta frob=1", "1:24", "no option of alerts `frob`", 0),
        ("role r read xpath:///", "1:19", "permits nothing", 0),
        ("role r deny xpath:///", "1:19", "denies everything", 0),
        ("colocation k 0: d1 d2", "1:14", "its score is 0", 0),
        ("colocation k inf: d1 d1", "1:19", "a resource with itself", 0),
        ("location l d1 rule 10: date in start=2030-01-01 end=2029-01-01", "1:53", "ends before it starts", 0),
        ("location l d1 rule 10: date spec hours=25", "1:40", "hours go from 0 to 23", 0),
        ("location l d1 rule 10: cpu number:lt x", "1:38", "'x' is no number", 0),
        ("location l d1 rule 10: cpu lt high", "1:31", "'high' is no number", 0),
        ("clone c d1\nlocation l d1 10: n1", "2:12", "only its clone 'c' can be named", 1),
        ("clone c d1\ncolocation k inf: d2 d1", "2:22", "only its clone 'c' can be named", 1),
        ("clone c d1\norder o d1 d2", "2:9", "only its clone 'c' can be named", 1),
        ("clone c d1\nrsc_ticket t T: d1", "2:17", "only its clone 'c' can be named", 1),
        ("clone c d1\ncolocation k inf: d2 ( d1 )", "2:24", "only its clone 'c' can be named", 1),
    ] {
        effect(text, place, words, code);
    }
}

/// What others keep there, what says something of the probe, what fits in part.
#[test]
fn what_has_its_effect_is_not_told() {
    for text in [
        "property $id=other foo=bar",
        "property last-lrm-refresh=1",
        "primitive p ocf:pacemaker:Dummy op monitor interval=0 timeout=30",
        "primitive p ocf:pacemaker:Dummy meta foo=bar",
        "alert a /bin/true meta timeout=5s enabled=true timestamp-format=%s",
        "property enable-acl=true\nrole r read xpath:\"//primitive[@id='d1']\"\nacl_target u r",
        "colocation k 1: d1 d2",
        "location l d1 rule 10: date in start=2029-01-01 end=2030-01-01",
        "location l d1 rule 10: date spec hours=20-30",
        "location l d1 rule 10: cpu number:lt 1.5",
        "location l d1 rule 10: os eq linux",
    ] {
        let bench = bench();
        let load = bench.fed(&["configure", "load", "update", "-"], text);
        assert_eq!((load.code, load.err.as_str()), (0, ""), "{text}");
    }
}

#[test]
fn resources_without_a_fence_device_are_an_error_of_verify_alone() {
    let bench = Bench::default();
    // There is nothing to start yet: nobody is told who does not ask.
    let empty = bench.fed(&["configure", "load", "update", "-"], "rsc_defaults priority=1");
    assert_eq!((empty.code, empty.err.as_str()), (0, ""));
    assert_eq!(bench.crm(&["configure", "verify"]).code, 1);
    let load = bench.fed(&["configure", "load", "update", "-"], "primitive d1 ocf:pacemaker:Dummy");
    assert!(load.code == 0 && load.err.contains("there is no fence device"), "{}", load.err);
    for words in [&["configure", "verify"][..], &["verify"]] {
        let verify = bench.crm(words);
        assert!(verify.code == 1 && verify.err.contains("there is no fence device"), "{}", verify.err);
    }
    bench.load("property fencing-enabled=false");
    assert_eq!(bench.crm(&["configure", "verify"]).code, 0);
}

#[test]
fn connections_to_remote_nodes_stand_alone() {
    let remote = "primitive r1 ocf:pacemaker:remote params server=192.0.2.9\n";
    for (line, column) in [("group g d1 r1", 12), ("order o r1 d1", 9), ("colocation c inf: d1 r1", 22)] {
        let answer = bench().fed(&["configure", "load", "update", "-"], &format!("{remote}{line}\n"));
        let expected = format!("-:2:{column}: error: Cannot put remote resource 'r1' in a");
        assert!(answer.code == 3 && answer.err.contains(&expected), "{line}: {}", answer.err);
    }
}

#[test]
fn what_resources_make_a_node_is_a_node() {
    let bench = bench();
    bench.load(
        "primitive remote1 ocf:pacemaker:remote params server=192.0.2.9\n\
         primitive vm1 ocf:pacemaker:Dummy meta remote-node=guest1\n",
    );
    for words in [
        "resource move d1 guest1",
        "resource ban d1 remote1",
        "configure location l d2 100: remote1",
        "configure location l2 d2 rule -inf: #uname eq guest1",
        "node standby remote1",
        "node attribute guest1 set site a",
        "node attribute guest1 show site",
        "node online remote1",
    ] {
        let answer = bench.crm(&words.split(' ').collect::<Vec<_>>());
        assert!(answer.code == 0 && !answer.err.contains("no node"), "{words}: {}", answer.err);
    }
    let cib = bench.cib();
    assert!(cib.contains("<node id=\"guest1\" type=\"remote\" uname=\"guest1\">"), "{cib}");
}

#[test]
fn an_id_of_a_node_is_its_own() {
    let bench = bench();
    let before = bench.cib();
    for (line, words) in [
        ("node 1: alpha attributes site=a", "the id `1` is that of the node `n1`"),
        ("node 7: n1", "the node `n1` has the id `1`"),
    ] {
        let answer = bench.fed(&["configure", "load", "update", "-"], line);
        assert!(answer.code == 1 && answer.err.contains(words), "{line}: {}", answer.err);
        assert_eq!(bench.cib(), before);
    }
}

#[test]
fn what_nobody_sees_in_a_text_is_named() {
    let load = |text: &str| bench().fed(&["configure", "load", "update", "-"], text);
    let marked = load("\u{feff}primitive x ocf:pacemaker:Dummy\n");
    assert_eq!(marked.code, 0, "{}", marked.err);
    for (text, expected) in [
        ("primitive x\u{a0}ocf:pacemaker:Dummy\n", "-:1:12: error: a no-break space (U+00A0) stands in this word"),
        (
            "primitive x ocf:pacemaker:Dummy \\\n# inside\n  op monitor interval=10s\n",
            "-:2:1: error: a comment cannot stand inside a statement",
        ),
    ] {
        let answer = load(text);
        assert!(answer.code == 2 && answer.err.contains(expected), "{text}: {}", answer.err);
    }
    let bench = bench();
    bench.load("location l d1 rule 100:#uname eq n2\nlocation l2 d1 10:n1\n");
    assert_eq!(bench.show(&["l", "l2"]), "location l d1 \\\n\trule 100: #uname eq n2\nlocation l2 d1 10: n1\n");
    bench.load("location l3 d1 rule 5: \\\n  #uname eq n2\n");
}

#[test]
fn one_resource_alone_is_kept_and_said() {
    for line in [
        "order o Mandatory: d1:start",
        "order o Mandatory: d1 symmetrical=false",
        "colocation o inf: d1",
        "colocation o 10: d1:Started",
    ] {
        let bench = bench();
        let answer = bench.fed(&["configure", "load", "update", "-"], line);
        assert!(answer.code == 0 && answer.err.contains("`d1` alone has no effect"), "{line}: {}", answer.err);
        let shown = bench.show(&["o"]);
        bench.load(&shown);
        assert_eq!(bench.show(&["o"]), shown, "{line}");
    }
}

#[test]
fn words_and_exit_codes_that_programs_look_for() {
    let bench = bench();
    for (words, code, out, err) in [
        (
            "configure primitive d1 ocf:pacemaker:Dummy",
            1,
            "",
            "Cannot create primitive with ID 'd1': Found existing primitive with same ID",
        ),
        ("configure clone d1 d2", 1, "", "Cannot create clone with ID 'd1': Found existing primitive with same ID"),
        ("configure show nope", 1, "", "object `nope` does not exist"),
        ("configure show related:Dummy", 0, "primitive d1", ""),
        ("configure show related:ocf:pacemaker:Dummy", 0, "primitive d2", ""),
        ("configure get_property nosuch", 1, "", "ERROR: configure.get_property:"),
        ("configure get_property -t maintenance-mode", 0, "false\n", ""),
        ("configure get_property -t symmetric-cluster", 0, "true\n", ""),
        ("node attribute n9 show x", 1, "", "Could not map name=n9 to a UUID"),
        ("resource meta d1 show maintenance", 0, "", "not found"),
        ("resource param d1 show nosuch", 0, "", "not found"),
        ("resource show", 0, "d1\t(ocf:pacemaker:Dummy):\t Stopped\n", ""),
        ("resource show d1", 0, "", "resource d1 is NOT running\n"),
        ("resource locate d1", 0, "", "resource d1 is NOT running\n"),
        ("ra list lsb", 0, "", ""),
        ("ra list systemd", 0, "", ""),
        ("-d configure show d1", 0, "primitive d1", ""),
        ("--version", 0, "crm 5.0.0 (quorate ", ""),
        ("cib new", 0, "", "unnamed-1 shadow CIB created"),
    ] {
        let answer = bench.crm(&words.split(' ').collect::<Vec<_>>());
        assert_eq!(answer.code, code, "{words}: {}{}", answer.out, answer.err);
        assert!(answer.out.contains(out) && answer.err.contains(err), "{words}: {}{}", answer.out, answer.err);
    }
    let gone = bench.crm(&["-F", "node", "delete", "n9"]);
    assert_eq!((gone.code, gone.err.as_str()), (1, "ERROR: node n9 not found in the CIB\n"));
    // As Hawk checks a constraint: on a copy without a name.
    let before = bench.cib();
    ok(bench.fed(&["configure"], "cib new\nprimitive x1 ocf:pacemaker:Dummy\nverify\ncommit\n"));
    assert_eq!(bench.cib(), before);
}

#[test]
fn a_status_attribute_is_written_into_a_file() {
    let state = r#"<status><node_state id="1" uname="n1" in_ccm="true" crmd="online"/></status>"#;
    let bench = Bench::new(
        &EMPTY.replace("<nodes/>", r#"<nodes><node id="1" uname="n1"/></nodes>"#).replace("<status/>", state),
    );
    ok(bench.crm(&["node", "status-attr", "n1", "set", "#health-disk", "red"]));
    assert_eq!(
        ok(bench.crm(&["node", "status-attr", "n1", "show", "#health-disk"])),
        "scope=status  name=#health-disk value=red\n"
    );
}
