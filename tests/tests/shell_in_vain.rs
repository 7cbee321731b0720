//! What people write in vain, by kinds: told at the word, refused, or carried out as it was meant.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::{Answer, Bench};

const BASE: &str = "node 1: n1\nnode 2: n2\nproperty stonith-enabled=false\nprimitive d1 ocf:pacemaker:Dummy\n\
    primitive d2 ocf:pacemaker:Dummy\n";

/// What is told when a text is loaded and committed: the word that is marked, and a part of what is said of it. `""` is nothing.
#[track_caller]
fn told(text: &str, message: &str, word: &str) {
    let answer = Bench::with(BASE).fed(&["configure", "load", "update", "-"], &format!("{text}\n"));
    assert_eq!(answer.code, 0, "{text}: {}", answer.err);
    if message.is_empty() {
        assert_eq!(answer.err, "", "{text}");
        return;
    }
    let lines: Vec<&str> = answer.err.lines().collect();
    let at = lines.iter().position(|line| line.contains(message)).unwrap_or_else(|| panic!("{text}\n{}", answer.err));
    let mark = lines[at + 2];
    let marked = lines[at + 1].get(mark.find('^').unwrap()..=mark.rfind('^').unwrap());
    assert_eq!(marked, Some(word), "{text}\n{}", answer.err);
}

#[test]
fn what_of_a_bundle_comes_to_nothing_is_marked() {
    let bundle =
        |rest: &str, message: &str, word: &str| told(&format!("bundle b docker image=x {rest}"), message, word);
    bundle("replicas=3 network ip-range-start=192.0.2.9 host-netmask=24", "", "");
    bundle("replicas=3 promoted-max=5", "which is more than `replicas`, 3", "5");
    bundle("network host-interface=eth0", "no effect without `ip-range-start`", "eth0");
    bundle("network ip-range-start=192.0.2.300", "`192.0.2.300` is no address", "192.0.2.300");
    bundle(
        "replicas=9 network ip-range-start=192.0.2.9 host-netmask=29",
        "none of the network of `192.0.2.9/29`",
        "29",
    );
    bundle("network ip-range-start=192.0.2.9 port-mapping port=99999", "`99999` is no port", "99999");
    bundle("network ip-range-start=192.0.2.9 primitive d1 meta clone-max=3", "has no effect in a bundle", "3");
}

#[test]
fn access_lists_alerts_and_amounts_that_nobody_asks_for_are_marked() {
    let listed = |what: &str, message: &str, word: &str| {
        told(&format!("property enable-acl=true\nrole r read {what}\nacl_target u r"), message, word);
    };
    listed("xpath:\"//nodes\"", "", "");
    listed("xpath:\"//nodse\"", "no element is called `nodse`", "//nodse");
    listed("type:primitve", "no element is called `primitve`", "primitve");
    told("role r read xpath:\"//nodes\"\nacl_target u r", "no effect unless `enable-acl` is true", "u");
    told("property enable-acl=true\nrole r read xpath:\"//nodes\"", "no user and no group has this role", "r");
    told("alert a /usr/bin/true", "", "");
    told("alert a true", "no path that begins with `/`", "true");
    let needs = |strategy: &str, message: &str, word: &str| {
        let property = format!("property placement-strategy={strategy}");
        told(
            &format!("{property}\nnode 1: n1 utilization cpu=4\nprimitive p ocf:pacemaker:Dummy utilization cpu=5"),
            message,
            word,
        );
    };
    needs("default", "utilization has no effect", "p");
    needs("balanced", "no node has more than 4", "5");
}

#[test]
fn conditions_on_what_is_not_there_are_marked() {
    told("location l d1 rule 10: #id eq 2", "", "");
    told("location l d1 rule 10: #id eq 9", "`#id` is 1 or 2, and not `9`", "9");
    told(
        "property cluster-name=east\nlocation l d1 rule 10: #cluster-name eq west",
        "is `east`, and not `west`",
        "west",
    );
}

#[test]
fn what_other_words_make_idle_is_marked() {
    told("property node-health-red=5", "unless `node-health-strategy` is progressive or custom", "5");
    told("property shutdown-lock-limit=5min", "unless `shutdown-lock` is true", "5min");
    told("node 1: n1 attributes Standby=on", "did you mean `standby`?", "on");
    told("node 1: n1 attributes #uname=n5", "the cluster knows it by itself", "n5");
    told("location l d1 0: n1", "no effect because its score is 0", "0");
    told("rsc_ticket t T: d1 loss-policy=demote", "is stopped: only what needs it for the role Promoted", "demote");
    told("colocation k1 inf: d1 d2\ncolocation k2 -inf: d1 d2", "one wants them together, and one apart", "d1");
    let device = "primitive f stonith:fence_dummy\nfencing_topology";
    told(&format!("{device} pattern:m[0-9] f"), "no node has a name that fits `m[0-9]`", "m[0-9]");
    told(&format!("{device} attr:rack=1 f"), "no node has `rack=1`", "attr:rack=1");
}

#[test]
fn constraints_whose_effect_is_lost_are_marked() {
    let group = "group g d1 d2 meta collocated=false\nprimitive d3 ocf:pacemaker:Dummy\n";
    told(&format!("{group}colocation k inf: g d3"), "'g' and 'd3' must be together has no effect", "g");
    told(&format!("{group}colocation k inf: ( d3 ) ( g )"), "'g' and 'd3' must be together has no effect", "g");
    told(&format!("{group}colocation k 500: g d3"), "", "");
    told("colocation k1 inf: d1 d2\ncolocation k2 -inf: d2 d1", "one wants them together, and one apart", "d2");
    let text = "group g d1 d2\ncolocation k -inf: d1 d2";
    told(text, "of this and their group one wants them together", "d1");
    told("location l1 d1 inf: n1\nlocation l2 d1 -inf: n1", "`l2` forbids it there", "n1");
    told("location l1 d1 -inf: n1\nlocation l2 d1 -inf: n2", "this with `l1` forbids it on every node", "d1");
    told("location l1 d1 rule -inf: defined #uname", "forbids it on every node", "d1");
    told("location l1 d1 rule 10: #uname eq n1 and #uname ne n1", "never holds", "n1");
    told("location l1 d1 rule 10: #uname eq n1 or #uname ne n1", "always holds", "n1");
    told("location l1 d1 rule 10: date lt 2020-01-01", "holds no more", "2020-01-01");
    told("location l1 d1 rule 10: cpu number:gt 3 and cpu number:lt 2", "excludes each other", "2");
    told("location l1 d1 rule 10: #uname string:eq n1", "", "");
}

#[test]
fn options_that_stand_where_they_are_none_are_marked() {
    told("clone c d1 clone-max=2", "no parameter of any agent in it", "clone-max");
    told("group g d1 d2 target-role=Stopped", "no parameter of any agent in it", "target-role");
    told("clone c d1 fake=2", "", "");
    told("primitive s systemd:dbus target-role=Stopped", "systemd resources take no parameters", "target-role");
    told("primitive s systemd:dbus op status interval=5", "`op status` has no effect", "status");
    told("primitive s heartbeat:x", "nothing runs agents of the class `heartbeat`", "heartbeat");
    told("primitive s systemd:dbus meta allow-migrate=true", "systemd resources cannot", "true");
    told("primitive s ocf:heartbeat:IPaddr2 ip=192.0.2.1 meta allow-migrate=1", "no action `migrate_to`", "1");
    told("clone c d1 meta allow-migrate=true", "", "");
    let meta = |pair: &str, message: &str, word: &str| {
        told(&format!("primitive p ocf:pacemaker:Dummy meta {pair}"), message, word);
    };
    meta("timeout=30s", "an option of operations", "timeout");
    meta("no-quorum-policy=stop", "an option of the cluster", "no-quorum-policy");
    meta("collocated=false", "an option of groups", "false");
    meta("mine=1", "", "");
    let device = |rest: &str, message: &str, word: &str| {
        told(&format!("primitive f stonith:fence_dummy {rest}"), message, word);
    };
    device("op monitor interval=60s", "", "");
    device("op reboot timeout=60s", "`op reboot` has no effect", "reboot");
    device("pcmk_reboot_action=off", "", "");
    device("pcmk_reboot_action=reset", "the agent has no action `reset`", "reset");
    device("pcmk_host_map=n1:1;n2:2,3", "", "");
    device("pcmk_host_map=n1:1,n2:2", "`n2:2` is a port of `n1` here", "n1:1,n2:2");
}

#[test]
fn how_a_remote_node_is_reached_is_looked_at() {
    let remote = |rest: &str, message: &str, word: &str| {
        told(&format!("primitive r ocf:pacemaker:remote server=192.0.2.1 {rest}"), message, word);
    };
    remote("port=3121 reconnect_interval=60s", "", "");
    remote("port=x", "`x` is not a port from 1 to 65535", "x");
    remote("reconnect_interval=soon", "`soon` is not a time", "soon");
    told("primitive r ocf:pacemaker:remote server=\"a b\"", "neither an address nor the name of a host", "a b");
    told("node r:remote", "nothing connects to the remote node `r`", "remote");
    told("primitive r ocf:pacemaker:remote server=192.0.2.1\nnode r:remote", "", "");
    for (pair, word) in [("remote-port=0", "0"), ("remote-port=ssh", "ssh"), ("remote-connect-timeout=soon", "soon")] {
        let text = format!("primitive g ocf:pacemaker:Dummy meta remote-node=guest {pair}\n");
        let answer = Bench::with(BASE).fed(&["configure", "load", "update", "-"], &text);
        assert_ne!(answer.code, 0, "{text}");
        assert_eq!(answer.err.matches(&format!("`{word}`")).count(), 1, "{text}\n{}", answer.err);
    }
}

#[test]
fn what_is_no_text_is_refused_with_its_place() {
    for (bytes, place, message) in [
        (&b"primitive x ocf:pacemaker:Dummy\nprimitive y\xff ocf:pacemaker:Dummy\n"[..], "2:12", "\\xff is no UTF-8"),
        (&b"primitive x ocf:pacemaker:Dummy params fake=a\0b\n"[..], "1:46", "\\x00 cannot stand"),
        (&b"\xff\xfep\0"[..], "1:1", "in UTF-16"),
    ] {
        let bench = Bench::with(BASE);
        let before = bench.cib();
        std::fs::write(bench.path("file.crm"), bytes).unwrap();
        for words in [
            &["configure", "load", "update", "file.crm"][..],
            &["configure", "load", "replace", "file.crm"][..],
            &["configure", "load", "xml", "update", "file.crm"][..],
            &["-f", "file.crm"][..],
        ] {
            let answer = bench.crm(words);
            assert_eq!(answer.code, 2, "{words:?}\n{}", answer.err);
            let start = format!("file.crm:{place}: error: ");
            assert!(answer.err.starts_with(&start) && answer.err.contains(message), "{words:?}\n{}", answer.err);
        }
        assert_eq!(bench.cib(), before);
    }
}

#[test]
fn types_and_schemas_that_cannot_be_are_refused() {
    refused("crm configure show type:primitiv", 1, "did you mean `primitive`?");
    refused("crm configure show type:foo", 1, "is no type of objects; there are node, rsc_template");
    let bench = Bench::with(&format!("{BASE}bundle b docker image=x\n"));
    assert_eq!(bench.crm(&["configure", "show", "type:ms"]).code, 0);
    let before = bench.cib();
    let answer = bench.crm(&["configure", "schema", "pacemaker-1.0"]);
    assert!(answer.code == 1 && answer.err.contains("has no <bundle>"), "{}", answer.err);
    assert_eq!(bench.cib(), before);
    assert_eq!(bench.crm(&["configure", "schema", "pacemaker-3.0"]).code, 0);
}

#[test]
fn one_cause_is_told_once() {
    let text = "primitive p ocf:pacemaker:Dummy meta resource-stickiness=inf\n";
    let bench = Bench::with(BASE);
    let answer = bench.fed(&["configure", "load", "update", "-"], text);
    assert_eq!(answer.err.matches("warning").count(), 1, "{}", answer.err);
    let answer = bench.crm(&["configure", "verify"]);
    assert!(answer.code == 1 && answer.err.matches("p: ").count() == 1, "{}", answer.err);
}

/// Such texts take minutes where each word is looked for among all others.
#[test]
fn what_many_constraints_say_is_told() {
    use std::fmt::Write;
    let mut text = String::new();
    (0..400).for_each(|at| writeln!(text, "primitive p{at} ocf:pacemaker:Dummy").unwrap());
    let all: String = (0..400).map(|at| format!(" p{at}")).collect();
    writeln!(text, "tag t{all}\ncolocation k 5: ({all} ) ({all} )").unwrap();
    (0..100).for_each(|at| writeln!(text, "order o{at} Mandatory: t p{at}").unwrap());
    let answer = Bench::with(BASE).fed(&["configure", "load", "update", "-"], &text);
    assert!(answer.code == 0 && answer.err.contains("none of these is ever started"), "{}", answer.err);
}

#[test]
fn a_clone_of_which_nothing_runs_is_marked() {
    told("clone c d1 meta clone-max=0", "nothing runs of this clone", "0");
    let answer = Bench::with(BASE).crm(&["configure", "ms", "m", "d1", "meta", "promotable=false"]);
    assert!(
        answer.err.contains("`ms` with `promotable=false` is a clone that nothing is promoted of"),
        "{}",
        answer.err
    );
    let answer = Bench::with(BASE).crm(&["configure", "ms", "m", "d1", "meta", "promotable=yes"]);
    assert!(answer.err.contains("`ms` is a clone with `promotable=true` now"), "{}", answer.err);
}

#[test]
fn what_the_schema_excludes_is_told_once() {
    for (text, name) in [
        ("property default-resource-stickiness=5", "default-resource-stickiness"),
        ("property is-managed-default=true batch-limit=5", "is-managed-default"),
    ] {
        let bench = Bench::with(BASE);
        for answer in [
            bench.fed(&["configure", "load", "update", "-"], &format!("{text}\n")),
            bench.script(&format!("configure {text}\nconfigure commit\n")),
        ] {
            assert_ne!(answer.code, 0, "{text}");
            assert_eq!(answer.err.matches(&format!("`{name}`")).count(), 1, "{text}\n{}", answer.err);
        }
    }
    // What a document has already is told once by whoever asks, too.
    let pair = "<nvpair id=\"x\" name=\"default-resource-stickiness\" value=\"3\"/>";
    let set = format!("<cluster_property_set id=\"cib-bootstrap-options\">{pair}</cluster_property_set>");
    let cib = quorate_tests::shell::EMPTY.replace("<crm_config/>", &format!("<crm_config>{set}</crm_config>"));
    let answer = Bench::new(&cib).crm(&["configure", "verify"]);
    assert_eq!(answer.err.matches("`default-resource-stickiness`").count(), 1, "{}", answer.err);
}

/// One call on a bench that must be refused, with its exit code, and what is said; nothing changes.
#[track_caller]
fn refused(line: &str, code: i32, message: &str) {
    let bench = Bench::with(BASE);
    let before = bench.cib();
    let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
    let mut command = bench.tool(words[0]);
    let Answer { code: got, out, err } = Bench::feed(command.args(&words[1..]), "");
    assert!(got == code && format!("{out}{err}").contains(message), "{line}: {got}\n{out}{err}");
    assert_eq!(bench.cib(), before, "{line}");
}

#[test]
fn a_word_too_many_is_refused() {
    for line in [
        "crm resource param d1 set fake=1 state=2",
        "crm resource meta d1 set priority=1 target-role=Stopped",
        "crm resource utilization d1 set cpu=1 ram=2",
        "crm node attribute n1 set a=1 b=2",
        "crm node utilization n1 set cpu=1 ram=2",
        "crm node status-attr n1 set a=1 b=2",
    ] {
        refused(line, 2, "is too much: one attribute is set at a time");
    }
    // A value may hold anything.
    let answer = Bench::with(BASE).crm(&["resource", "param", "d1", "set", "fake", "a=b"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn a_lifetime_that_is_over_at_once_is_refused() {
    for (line, code) in [
        ("crm resource ban d1 n1 PT0S", 2),
        ("crm resource move d1 n1 P0D", 2),
        ("crm_resource -r d1 -B -N n1 -u PT0S", 64),
        ("crm_resource -r d1 -M -N n1 -u P0D", 64),
    ] {
        refused(line, code, "is over at once");
    }
    let answer = Bench::with(BASE).crm(&["resource", "ban", "d1", "n1", "PT1S"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn names_that_are_empty_are_refused() {
    for (line, message) in [
        ("crm_failcount -G -r '' -N n1", "resource name required"),
        ("crm_failcount -G -r d1 -N ''", "node name required"),
        ("crm_failcount -D -r d1 -N ''", "node name required"),
        ("attrd_updater -n a -U 1 -N ''", "this one is empty"),
        ("attrd_updater -n a -Q -N ''", "this one is empty"),
    ] {
        refused(line, 64, message);
    }
}

#[test]
fn a_node_is_the_same_in_other_letters() {
    let bench = Bench::with(BASE);
    for line in ["crm_attribute -N N1 -n a -v 1", "crm_attribute -N N1 -n b -v 2 -t status", "crm_standby -N N2 -v on"]
    {
        let words: Vec<&str> = line.split(' ').collect();
        let answer = Bench::feed(bench.tool(words[0]).args(&words[1..]), "");
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
    }
    let cib = bench.cib();
    assert!(!cib.contains("N1") && !cib.contains("N2") && cib.contains("name=\"standby\""), "{cib}");
    let answer = Bench::feed(bench.tool("crm_attribute").args(["-N", "n1", "-n", "a", "-G", "-q"]), "");
    assert_eq!((answer.code, answer.out.as_str()), (0, "1\n"));
}

#[test]
fn who_leaves_nothing_over_in_the_editor_deletes_nothing() {
    for (words, left) in [
        (&["configure", "edit"][..], ""),
        (&["configure", "edit", "d2"][..], "\n"),
        (&["configure", "edit", "d1", "d2"][..], "# nothing\n"),
        (&["configure", "edit", "xml", "d1"][..], ""),
    ] {
        let bench = Bench::with(BASE);
        let (before, text) = (bench.cib(), bench.write("left", left));
        let mut command = bench.command();
        command.args(words).env("EDITOR", format!("cp {text}")).env("TMPDIR", bench.path(""));
        let answer = Bench::feed(&mut command, "");
        assert!(answer.code == 1 && bench.cib() == before, "{words:?}: {}\n{}", answer.code, answer.err);
    }
}

#[test]
fn what_stands_in_a_tag_is_deleted_in_any_order() {
    for words in [["d1", "d2"], ["d2", "d1"]] {
        let bench = Bench::with(&format!("{BASE}tag t d1 d2"));
        let answer = bench.crm(&["configure", "delete", words[0], words[1]]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(!bench.show(&[]).contains("tag"), "{words:?}");
    }
}

#[test]
fn a_new_name_is_followed_where_the_old_one_stood() {
    let bench = Bench::with(&format!(
        "{BASE}property enable-acl=true\nrole r read xpath:\"//primitive[@id='d1']\" write ref:d1\nacl_target u r\n\
         location l /d[0-9]/ 5: n1\nlocation other /new/ 5: n1\nlocation all /.*/ 5: n1"
    ));
    let answer = bench.crm(&["configure", "rename", "r", "readers"]);
    assert_eq!((answer.code, answer.err.contains("acl_target `u`")), (0, true), "{}", answer.err);
    let answer = bench.crm(&["configure", "rename", "d1", "new"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for (says, location) in [(true, "location `l` concerned"), (true, "location `other` concerns"), (false, "`all`")] {
        assert_eq!(answer.err.contains(location), says, "{location}\n{}", answer.err);
    }
    let text = bench.show(&["readers", "u"]);
    for part in ["xpath:\"//primitive[@id='new']\"", "ref:new", "readers"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let answer = bench.crm(&["configure", "delete", "readers"]);
    assert_eq!(answer.err.matches("`readers`").count(), 1, "{}", answer.err);
}
