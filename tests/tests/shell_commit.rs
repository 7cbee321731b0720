//! Commits past others' changes, shadows, and the commands that edit the CIB.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::{Answer, Bench};

const BASE: &str = "node n1\nnode 2: n2\nprimitive p1 Dummy params fake=1\nprimitive p2 Dummy\nprimitive p3 Dummy meta target-role=Started\n\
    primitive p4 ocf:pacemaker:Stateful\ngroup g p3\nclone c p4 meta promotable=true\n";

fn ok(answer: Answer) -> String {
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    answer.out
}

// ---- three-way -------------------------------------------------------------------------------------

/// While a shadow was edited the real configuration was changed too.
fn meanwhile(mine: &str, theirs: &str) -> (Bench, Answer) {
    let bench = Bench::with(BASE);
    ok(bench.script(&format!("cib new plan\nconfigure\n{mine}\n")));
    ok(bench.script(&format!("configure\n{theirs}\n")));
    let answer = bench.crm(&["cib", "commit", "plan"]);
    (bench, answer)
}

#[test]
fn changes_to_different_things_merge() {
    for (mine, theirs) in [
        ("primitive mine Dummy", "primitive theirs Dummy"),
        ("set p1.fake 2", "location theirs p1 10: n1"),
        ("location mine p2 10: n1", "delete p1"),
        ("property mine=1", "property theirs=1"),
        ("node n1 attributes mine=1", "node n1 utilization theirs=1"),
    ] {
        let (bench, answer) = meanwhile(mine, theirs);
        assert_eq!(answer.code, 0, "{mine} / {theirs}\n{}", answer.err);
        let text = bench.show(&[]);
        assert!(!mine.contains("mine") || text.contains("mine"), "{text}");
        assert!(!theirs.contains("theirs") || text.contains("theirs"), "{text}");
    }
}

#[test]
fn changes_to_the_same_thing_stop_and_show_all_three_sides() {
    let (bench, answer) = meanwhile("set p1.fake 2", "set p1.fake 3");
    let before = bench.cib();
    assert_eq!(answer.code, 4);
    assert_eq!(
        answer.err,
        "ERROR: somebody else changed the same things meanwhile; nothing was committed\n  primitive `p1` › instance_attributes `p1-instance_attributes` › nvpair `p1-instance_attributes-fake`: value\n      was:    `1`\n      theirs: `3`\n      mine:   `2`\nhint: `cib use plan` and change there what is in the way, then commit again; or `cib reset plan` drops its changes\n"
    );
    assert_eq!(bench.cib(), before);
    let (_, answer) = meanwhile("delete p1", "set p1.fake 3");
    assert_eq!(answer.code, 4);
    assert!(answer.err.contains("mine:   absent"), "{}", answer.err);
}

#[test]
fn many_writers_of_one_file_lose_nothing() {
    let bench = Bench::default();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let bench = &bench;
            scope.spawn(move || {
                for round in 0..5 {
                    let id = format!("w{writer}r{round}");
                    ok(bench.crm(&["configure", "primitive", &id, "Dummy"]));
                }
            });
        }
    });
    assert_eq!(bench.show(&[]).matches("primitive w").count(), 20);
}

// ---- schemas ---------------------------------------------------------------------------------------

#[test]
fn an_upgrade_is_a_change_like_others_and_losses_must_be_meant() {
    let bench = Bench::with(BASE);
    let answer = bench.script("configure\nupgrade\nschema\ncommit\n");
    assert_eq!(answer.out, "pacemaker-4.0\n", "{}", answer.err);
    assert!(bench.cib().contains("validate-with=\"pacemaker-4.0\""));
    let old = Bench::with("primitive u upstart:cups\nprimitive p Dummy\nlocation l u 10: n1\n");
    let answer = old.crm(&["configure", "upgrade"]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.err,
        "WARNING: Dropping resource u because upstart resources are no longer supported\n\
         ERROR: nothing was upgraded\nhint: if this is meant, use `upgrade force`\n"
    );
    assert_eq!(ok(old.crm(&["configure", "upgrade", "force"])), "");
    assert_eq!(old.show(&[]).trim(), "primitive p Dummy");
}

// ---- shadows ---------------------------------------------------------------------------------------

#[test]
fn a_shadow_lives_from_new_to_delete() {
    let bench = Bench::with(BASE);
    let live = bench.cib();
    ok(bench.crm(&["cib", "new", "plan"]));
    assert_eq!(bench.crm(&["cib", "new", "plan"]).code, 1, "it exists");
    assert_eq!(ok(bench.crm(&["cib", "list"])), "plan\n");
    ok(bench.crm(&["-c", "plan", "configure", "primitive", "new", "Dummy"]));
    assert_eq!(bench.cib(), live, "the real configuration is not touched");
    assert_eq!(
        ok(bench.crm(&["-c", "plan", "cib", "diff"])),
        "--- live\n+++ plan\n@@ -1,5 +1,6 @@\n node 2: n2\n node n1\n+primitive new Dummy\n primitive p1 Dummy \\\n \tparams fake=1\n primitive p2 Dummy\n"
    );
    let patch = ok(bench.crm(&["-c", "plan", "cib", "diff", "--xml"]));
    assert!(patch.contains("<diff format=\"2\">") && patch.contains("<primitive id=\"new\""), "{patch}");
    assert_eq!(bench.crm(&["-c", "plan", "cib", "delete", "plan"]).code, 1, "it is in use");
    ok(bench.crm(&["cib", "commit", "plan"]));
    assert!(bench.show(&[]).contains("primitive new Dummy\n"));
    ok(bench.crm(&["configure", "delete", "new"]));
    ok(bench.crm(&["cib", "reset", "plan"]));
    assert_eq!(ok(bench.crm(&["-c", "plan", "cib", "diff"])), "");
    ok(bench.crm(&["cib", "delete", "plan"]));
    assert_eq!(ok(bench.crm(&["cib", "list"])), "");
    let left: Vec<_> = std::fs::read_dir(bench.path("")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("shadow")), "{left:?}");
}

#[test]
fn a_batch_over_two_configurations_is_one_transaction() {
    let bench = Bench::with(BASE);
    let live = bench.cib();
    let batch = "cib new plan\nconfigure primitive new Dummy\ncib commit plan\ncib use\nresource stop new\n";
    let answer = bench.script(&format!("{batch}nonsense\n"));
    assert_eq!(answer.code, 1);
    assert_eq!((bench.cib(), ok(bench.crm(&["cib", "list"]))), (live, String::new()));
    ok(bench.script(batch));
    assert!(bench.show(&[]).contains("primitive new Dummy \\\n\tmeta target-role=Stopped\n"));
    assert_eq!(ok(bench.crm(&["cib", "list"])), "plan\n");
}

#[test]
fn an_empty_shadow_needs_nothing() {
    let bench = Bench::default();
    std::fs::remove_file(bench.path("cib.xml")).unwrap();
    ok(bench.script("cib new plan empty\nconfigure primitive p Dummy\n"));
    assert_eq!(ok(bench.crm(&["-c", "plan", "configure", "show"])), "primitive p Dummy\n");
}

// ---- commands that edit the CIB --------------------------------------------------------------------

/// After these commands the objects look like this.
fn after(commands: &[&str], show: &str, expected: &str) {
    let bench = Bench::with(BASE);
    for command in commands {
        ok(bench.crm(&command.split(' ').collect::<Vec<_>>()));
    }
    let words: Vec<&str> = show.split(' ').collect();
    assert_eq!(bench.show(&words), expected, "{commands:?}");
}

#[test]
fn resources_are_steered_by_their_meta_attributes() {
    after(&["resource stop p1"], "p1", "primitive p1 Dummy \\\n\tparams fake=1 \\\n\tmeta target-role=Stopped\n");
    after(
        &["resource stop p1", "resource start p1"],
        "p1",
        "primitive p1 Dummy \\\n\tparams fake=1 \\\n\tmeta target-role=Started\n",
    );
    after(&["resource stop g"], "g p3", "primitive p3 Dummy\ngroup g p3 \\\n\tmeta target-role=Stopped\n");
    after(&["resource stop p4"], "c", "clone c p4 \\\n\tmeta promotable=true target-role=Stopped\n");
    after(&["resource promote c"], "c", "clone c p4 \\\n\tmeta promotable=true target-role=Promoted\n");
    after(
        &["resource unmanage p2", "resource maintenance p2"],
        "p2",
        "primitive p2 Dummy \\\n\tmeta is-managed=false maintenance=true\n",
    );
    after(
        &["resource maintenance p2 on", "resource maintenance p2 off"],
        "p2",
        "primitive p2 Dummy \\\n\tmeta maintenance=false\n",
    );
    after(
        &[
            "resource meta p2 set a b",
            "resource param p2 set c=d",
            "resource utilization p2 set cpu 3",
            "resource meta p2 delete a",
        ],
        "p2",
        "primitive p2 Dummy \\\n\tparams c=d \\\n\tutilization cpu=3\n",
    );
    after(&["resource stop p[12]"], "p2", "primitive p2 Dummy \\\n\tmeta target-role=Stopped\n");
    after(&["configure tag t p1 p2", "resource unmanage t"], "p2", "primitive p2 Dummy \\\n\tmeta is-managed=false\n");
}

#[test]
fn moves_are_constraints_that_clear_removes() {
    after(&["resource move p1 n1"], "type:location", "location cli-prefer-p1 p1 role=Started inf: n1\n");
    after(
        &["resource ban g n2", "resource move p3 n1"],
        "type:location",
        "location cli-ban-g-on-n2 g role=Started -inf: n2\nlocation cli-prefer-p3 p3 role=Started inf: n1\n",
    );
    // A container goes where its members go; so all of theirs is cleared with its own.
    after(&["resource ban g n2", "resource move p3 n1", "resource clear g"], "type:location", "");
    after(
        &["resource ban p1 n1", "resource move p1 n1"],
        "type:location",
        "location cli-prefer-p1 p1 role=Started inf: n1\n",
    );
    after(
        &["resource move p1 n1", "resource ban p1 n2"],
        "type:location",
        "location cli-ban-p1-on-n2 p1 role=Started -inf: n2\nlocation cli-prefer-p1 p1 role=Started inf: n1\n",
    );
    after(
        &["resource ban p1 n1", "resource ban p1 n2", "resource clear p1 n1"],
        "type:location",
        "location cli-ban-p1-on-n2 p1 role=Started -inf: n2\n",
    );
    after(&["resource ban p1 n1", "resource clear p1"], "type:location", "");
    let bench = Bench::with(BASE);
    ok(bench.crm(&["resource", "move", "p1", "n1", "PT1H"]));
    let text = bench.show(&["type:location"]);
    assert!(
        text.starts_with("location cli-prefer-p1 p1 role=Started \\\n\trule #uname string:eq n1 and date lt \"20"),
        "{text}"
    );
    let unsaid = bench.crm(&["resource", "move", "p1"]);
    assert!(unsaid.code == 2 && unsaid.err.contains("`move p1 NODE`"), "{}", unsaid.err);
    let nowhere = bench.crm(&["resource", "move", "p1", "force"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("name a node"), "{}", nowhere.err);
}

/// Both nodes are online and nothing runs.
fn online(bench: &Bench) {
    let state = |id: &str, name: &str| {
        format!(
            "<node_state id=\"{id}\" uname=\"{name}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
        )
    };
    let status = format!("<status>{}{}</status>", state("n1", "n1"), state("2", "n2"));
    let cib = bench.cib().replace("<status/>", &status).replacen("<cib ", "<cib have-quorum=\"1\" dc-uuid=\"n1\" ", 1);
    bench.write("cib.xml", &cib);
}

#[test]
fn a_preview_tells_what_would_happen_and_changes_nothing() {
    let bench = Bench::with(
        "node n1\nnode 2: n2\nprimitive p1 Dummy meta target-role=Stopped\nlocation l p1 10: n2\nproperty stonith-enabled=false",
    );
    online(&bench);
    let before = bench.cib();
    for (words, expected) in [
        ("resource start p1 --preview", "Start      p1      ( n2 )"),
        ("resource move p1 n1 --preview", "The cluster would do nothing."),
        ("node standby n2 --preview", "The cluster would do nothing."),
    ] {
        let text = ok(bench.crm(&words.split(' ').collect::<Vec<_>>()));
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&text).contains(&squeezed(expected)), "{words}: {text}");
    }
    let text = ok(bench.script("configure\nprimitive new Dummy\ndelete l\ncommit --preview\nrefresh\n"));
    assert!(text.contains("Start") && text.contains("new"), "{text}");
    assert_eq!(bench.cib(), before);
}

#[test]
fn nodes_are_steered_by_their_attributes() {
    after(&["node standby n2"], "n2", "node 2: n2 \\\n\tattributes standby=on\n");
    after(&["node standby n2", "node online n2"], "n2", "node 2: n2\n");
    after(&["node maintenance n1", "node ready n1"], "n1", "node n1 \\\n\tattributes maintenance=off\n");
    after(
        &["node standby --all"],
        "type:node",
        "node 2: n2 \\\n\tattributes standby=on\nnode n1 \\\n\tattributes standby=on\n",
    );
    after(
        &["node attribute n2 set foo bar", "node utilization n1 set cpu 4"],
        "type:node",
        "node 2: n2 \\\n\tattributes foo=bar\nnode n1 \\\n\tutilization cpu=4\n",
    );
    let bench = Bench::with(BASE);
    ok(bench.crm(&["node", "attribute", "n2", "set", "foo", "bar"]));
    assert!(bench.cib().contains(r#"<instance_attributes id="nodes-2">"#));
    assert_eq!(ok(bench.crm(&["node", "attribute", "n2", "show", "foo"])), "scope=nodes  name=foo value=bar\n");
    assert_eq!(ok(bench.crm(&["node", "show", "n2"])), "n2(2): member(offline)\n\tfoo=bar\n");
}

/// As with crmsh, whoever puts resources into a new container means it by what was said of them.
#[test]
fn constraints_on_members_become_those_of_their_new_container() {
    let resources = "node n1\nprimitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\nprimitive d Dummy\n";
    for (constraints, statement, expected) in [
        (
            "order o a c\ncolocation k inf: c a\nlocation l a 10: n1",
            "clone x a",
            "colocation k inf: c x\nlocation l x 10: n1\norder o x c\n",
        ),
        ("order o a:start b", "group x a b", ""),
        ("order o a b c d", "group x a b", "order o x c d\n"),
        ("order o a b c", "group x a b", "order o x c\n"),
        ("colocation k inf: a b c", "group x a b", "colocation k inf: c x\n"),
        ("colocation k inf: ( a b ) c d", "group x a c", "colocation k inf: ( b ) x d\n"),
        ("colocation k inf: ( a b ) c", "clone x c", "colocation k inf: ( a b ) x\n"),
        ("colocation k inf: ( a b ) c", "group x a b", "colocation k inf: x c\n"),
        ("location l { a b } 10: n1", "group x a b", "location l { x } 10: n1\n"),
        ("rsc_ticket t T: a b\ntag g: a b", "group x a b", "rsc_ticket t T: _rsc_set_ x\ntag g: a b\n"),
    ] {
        let bench = Bench::with(&format!("{resources}{constraints}\n"));
        let words: Vec<&str> = std::iter::once("configure").chain(statement.split(' ')).collect();
        let answer = bench.crm(&words);
        assert!(answer.code == 0 && answer.err.contains("INFO: "), "{constraints} // {statement}: {}", answer.err);
        let shown = bench.show(&["type:location", "type:colocation", "type:order", "type:rsc_ticket", "type:tag"]);
        let mut lines: Vec<&str> = shown.lines().collect();
        lines.sort_unstable();
        let wanted = expected.replace("tag g: a b", "tag g a b");
        assert_eq!(lines, wanted.lines().collect::<Vec<_>>(), "{constraints} // {statement}");
    }
}

/// What a text says of a constraint counts, not what follows from its containers.
#[test]
fn constraints_that_are_loaded_with_a_container_are_as_they_are_written() {
    let bench = Bench::with("node n1\nprimitive a Dummy\nprimitive b Dummy\norder o a b\nlocation l a 10: n1\n");
    let file = bench.write("more.crm", "group g a\norder o a b\n");
    ok(bench.crm(&["configure", "load", "update", &file]));
    assert_eq!(bench.show(&["type:location", "type:order"]), "location l g 10: n1\norder o a b\n");
    let all = bench.write(
        "all.crm",
        "node n1\nprimitive a Dummy\nprimitive b Dummy\nclone c b\ngroup g a\norder o a b\nlocation l a 10: n1\n",
    );
    ok(bench.crm(&["configure", "load", "replace", &all]));
    assert_eq!(bench.show(&["type:location", "type:order"]), "location l a 10: n1\norder o a b\n");
}

#[test]
fn tags_lose_a_deleted_container_and_templates_keep_what_needs_them() {
    let bench = Bench::with(
        "primitive a Dummy\nprimitive b Dummy\ngroup g a\ntag t1 g b\ntag t2 g\nrsc_template t Dummy\nprimitive p @t\norder o p b\n",
    );
    ok(bench.crm(&["configure", "delete", "g"]));
    assert_eq!(bench.show(&["type:tag"]), "tag t1 b\n");
    let before = bench.cib();
    let answer = bench.crm(&["configure", "delete", "t"]);
    assert!(answer.code == 1 && answer.err.contains("`p` needs `t`") && bench.cib() == before, "{answer:?}");
    ok(bench.crm(&["configure", "delete", "--force", "t"]));
    assert_eq!(
        bench.show(&["type:rsc_template", "type:primitive", "type:order"]),
        "primitive a Dummy\nprimitive b Dummy\n"
    );
}

#[test]
fn who_goes_on_after_errors_deletes_what_is_there() {
    let bench = Bench::with("primitive a Dummy\nprimitive b Dummy\n");
    let answer = bench.fed(&["--keep-going"], "configure\ndelete a nothing\ncommit\n");
    assert!(answer.code == 1 && answer.err.contains("there is no object `nothing`"), "{answer:?}");
    assert_eq!(bench.show(&["type:primitive"]), "primitive b Dummy\n");
}

#[test]
fn deleting_puts_right_what_referred_to_it() {
    let config = "node n1\nprimitive p1 Dummy\nprimitive p2 Dummy\nprimitive p4 Dummy\nprimitive p5 Dummy\ngroup g1 p1 p2\nclone c1 g1\nlocation l1 c1 100: n1\ncolocation k1 inf: p4 c1\ncolocation k2 inf: p4 p5 c1\ncolocation k3 inf: p4 ( p5 c1 )\norder o1 p4 p5 c1\ntag t1 p4 p5\ntag t2 p4\nrsc_ticket tk ta: p4 p5\nfencing_topology n1: p4,p5\n";
    let cases = [
        ("p4", "colocation k2 inf: c1 p5\ncolocation k3 inf: ( p5 c1 )\nlocation l1 c1 100: n1\norder o1 p5 c1\n"),
        ("p4 p5", "location l1 c1 100: n1\n"),
        (
            "c1",
            "colocation k1 inf: p4 g1\ncolocation k2 inf: p4 p5 g1\ncolocation k3 inf: p4 ( p5 g1 )\nlocation l1 g1 100: n1\norder o1 p4 p5 g1\n",
        ),
        (
            "g1",
            "colocation k1 inf: p4 p1\ncolocation k2 inf: p4 p5 p1\ncolocation k3 inf: p4 ( p5 p1 )\nlocation l1 p1 100: n1\norder o1 p4 p5 p1\n",
        ),
        ("p1 p2", "colocation k2 inf: p5 p4\ncolocation k3 inf: p4 p5\norder o1 p4 p5\n"),
    ];
    for (ids, expected) in cases {
        let bench = Bench::with(config);
        let words: Vec<&str> = ids.split(' ').collect();
        ok(bench.crm(&[&["configure", "delete"], &words[..]].concat()));
        assert_eq!(bench.show(&["type:location", "type:colocation", "type:order"]), expected, "delete {ids}");
        ok(bench.crm(&["configure", "property", "fencing-enabled=false"]));
        let verify = bench.crm(&["verify"]);
        assert_eq!(verify.code, 0, "delete {ids}: {}", verify.err);
    }
}

#[test]
fn renaming_reaches_every_reference() {
    let bench = Bench::with(
        "node n1\nprimitive s stonith:fence_x\nprimitive b Dummy\nlocation l s 1: n1\norder o s b\ntag t s\nfencing_topology n1: s",
    );
    ok(bench.crm(&["configure", "rename", "s", "new"]));
    let text = bench.show(&[]);
    assert!(
        text.contains("location l new")
            && text.contains("order o new b")
            && text.contains("tag t new")
            && text.contains("fencing_topology new"),
        "{text}"
    );
    assert_eq!(ok(bench.crm(&["verify"])), "");
}

#[test]
fn editing_replaces_the_text_and_keeps_the_rest() {
    let bench = Bench::with(BASE);
    let editor = bench.write("editor", "#!/bin/sh\nsed -i -e 's/fake=1/fake=7/' -e '/^primitive p2/d' \"$1\"\n");
    let mut command = bench.command();
    let status =
        command.args(["configure", "edit", "p1", "p2"]).env("EDITOR", format!("sh {editor}")).status().unwrap();
    assert!(status.success());
    let text = bench.show(&["type:primitive"]);
    assert!(text.contains("fake=7") && !text.contains("primitive p2"), "{text}");
    ok(bench.crm(&["configure", "filter", "sed 's/fake=7/fake=8/'", "p1"]));
    assert_eq!(bench.show(&["p1"]), "primitive p1 Dummy \\\n\tparams fake=8\n");
    ok(bench.crm(&["configure", "modgroup", "g", "add", "p1", "before", "p3"]));
    assert!(bench.show(&["g"]).starts_with("group g p1 p3"));
}
