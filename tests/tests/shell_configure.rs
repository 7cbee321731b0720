//! Commands of `configure` beside the statements: each shown by what it prints or leaves behind.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::{Answer, Bench};

const BASE: &str = "node n1 attributes rack=a\nnode n2\nproperty fencing-enabled=false\n\
    primitive p1 ocf:pacemaker:Dummy params passwd=s fake=x op monitor interval=10s timeout=5s\nprimitive p2 ocf:pacemaker:Dummy\n\
    primitive p3 ocf:pacemaker:Dummy\ngroup g p1 p2\norder o g p3\nlocation l p3 rule $id=r 10: rack eq a\ntag t p3 g\n";

fn ok(answer: Answer) -> String {
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer.out
}

#[test]
fn selections_narrow_and_mask() {
    let bench = Bench::with(BASE);
    assert_eq!(bench.show(&["type:order"]), "order o g p3\n");
    assert_eq!(bench.show(&["type:primitive", "and", "tag:t"]).lines().count(), 1);
    assert!(
        bench.show(&["related:p3"]).contains("tag t p3 g\norder o g p3\n")
            | bench.show(&["related:p3"]).contains("order o")
    );
    assert!(bench.show(&["p1", "obscure:fak*"]).contains("passwd=\"******\" fake=\"******\""));
    let changed = bench.script("configure\nprimitive new ocf:pacemaker:Dummy\nshow changed type:primitive\nrefresh\n");
    assert!(ok(changed).contains("primitive new"), "changed objects are selected");
}

#[test]
fn options_have_defaults() {
    let bench = Bench::with(BASE);
    let get = |words: &[&str]| bench.crm(&[&["configure", "get-property"], words].concat());
    assert_eq!(ok(get(&["no-quorum-policy", "fencing-enabled"])), "stop\nfalse\n");
    assert_eq!(
        (ok(get(&["--true", "symmetric-cluster"])), ok(get(&["-t", "fencing-enabled", "nosuch"]))),
        ("true\n".into(), "false\nfalse\n".into())
    );
    assert_eq!(get(&["nosuch"]).code, 1);
    assert!(ok(get(&[])).contains("maintenance-mode\n"));
}

#[test]
fn checkpoints_are_gone_back_to_and_compared_with() {
    let bench = Bench::with(BASE);
    let out = ok(bench.script(
        "configure\ncheckpoint save one\ndelete o\ncheckpoint list\ndiff checkpoint:one work\ncheckpoint restore one\nshow type:order\n",
    ));
    assert!(out.starts_with("one\n") && out.contains("-order o g p3") && out.ends_with("order o g p3\n"), "{out}");
    bench.write("other.xml", &bench.cib().replace("rack", "rock"));
    let out = ok(bench.crm(&["configure", "diff", "live", "other.xml"]));
    assert!(out.contains("-\tattributes rack=a") && out.contains("+\tattributes rock=a"), "{out}");
}

#[test]
fn files_are_formatted_in_one_way() {
    let bench = Bench::with("node n1");
    bench.write("web.crm", "order o b a\n# the second\nprimitive b Dummy params x='1 2'\nprimitive a Dummy\n");
    let once = ok(bench.crm(&["configure", "fmt", "web.crm"]));
    assert_eq!(once, "primitive a Dummy\n# the second\nprimitive b Dummy \\\n\tparams x=\"1 2\"\norder o b a\n");
    bench.write("web.crm", &once);
    assert_eq!(ok(bench.crm(&["configure", "fmt", "web.crm"])), once);
}

#[test]
fn orders_are_drawn() {
    let bench = Bench::with(&format!("{BASE}primitive p4 ocf:pacemaker:Dummy\norder o2 Optional: ( p3 p4 ) g\n"));
    let dot = ok(bench.crm(&["configure", "graph"]));
    for edge in ["\"g\" -> \"p3\" [style=solid", "\"p1\" -> \"p2\" [style=dotted", "\"p4\" -> \"g\" [style=dashed"] {
        assert!(dot.contains(edge), "{edge}\n{dot}");
    }
}

#[test]
fn rules_are_tried_for_nodes_and_times() {
    let bench = Bench::with(BASE);
    let test = |words: &[&str]| ok(bench.crm(&[&["configure", "rule-test"], words].concat()));
    assert_eq!(test(&["l"]), "r on n1: holds\nr on n2: does not hold\n");
    assert_eq!(test(&["r", "n1"]), "r on n1: holds\n");
    let night = "#uname eq n2 and date spec hours=0-5";
    assert_eq!(test(&[night, "n2", "2026-01-01 12:00:00Z"]).split(" (").next(), Some("rule on n2: does not hold\n"));
    assert!(test(&[night, "n2", "2026-01-01 03:00:00Z"]).starts_with("rule on n2: holds"));
    assert!(test(&["date lt 2026-06-01", "n1", "2026-01-01 00:00:00Z"]).contains("holds (until 2026-06-01 00:00:0"));
}

#[test]
fn agents_advise_and_validate() {
    let bench = Bench::with(BASE);
    ok(bench.crm(&["configure", "default-timeouts", "p1"]));
    assert!(bench.show(&["p1"]).contains("op monitor interval=10s timeout=20s"));
    assert_eq!(bench.crm(&["configure", "default-timeouts", "g"]).code, 1);
    let answer = bench.crm(&["configure", "validate-all", "nosuch"]);
    assert!(answer.code == 1 && answer.err.contains("there is no resource `nosuch`"));
}

#[test]
fn xml_is_edited_and_filtered_too() {
    let bench = Bench::with(BASE);
    ok(bench.crm(&["configure", "filter", "sed s/rack/rock/g", "xml", "n1"]));
    assert_eq!(bench.show(&["n1"]), "node n1 \\\n\tattributes rock=a\n");
    assert!(bench.cib().contains("id=\"n1-instance_attributes-rock\""));
    let mut command = bench.command();
    command.args(["configure", "edit", "xml", "p3"]).env("EDITOR", "sed -i 's/type=\"Dummy\"/type=\"Stateful\"/'");
    ok(Bench::feed(&mut command, ""));
    assert_eq!(bench.show(&["p3"]), "primitive p3 ocf:pacemaker:Stateful\n");
}

#[test]
fn replacing_leaves_exactly_the_file() {
    let bench = Bench::with(BASE);
    bench.write("new.crm", "primitive p2 ocf:pacemaker:Dummy\nprimitive p9 ocf:pacemaker:Dummy\ngroup g2 p2 p9\nproperty fencing-enabled=false\n");
    ok(bench.crm(&["configure", "load", "replace", "new.crm"]));
    let text = bench.show(&[]);
    assert!(
        text.contains("node n1") && text.contains("group g2 p2 p9") && !text.contains("p1") && !text.contains("tag"),
        "{text}"
    );
    bench.write("push.crm", "primitive p9 ocf:pacemaker:Dummy\n");
    ok(bench.crm(&["configure", "load", "push", "push.crm"]));
    assert!(!bench.show(&[]).contains("g2"));
    bench.write("all.xml", &Bench::with(BASE).cib());
    ok(bench.crm(&["configure", "load", "xml", "replace", "all.xml"]));
    assert_eq!(
        bench.show(&["type:primitive", "type:group"]),
        Bench::with(BASE).show(&["type:primitive", "type:group"])
    );
}

#[test]
fn older_words_become_new_ones_and_are_said_once() {
    let bench = Bench::with("node n1\nprimitive p ocf:pacemaker:Stateful\nproperty fencing-enabled=false");
    let answer = bench.fed(
        &["configure"],
        "ms m p meta master-max=1\nlocation l m rule $role=Master 10: #uname eq n1\nlocation l2 m role=Master 5: n1\n",
    );
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(answer.err.matches("`Master` is called `Promoted` now").count(), 1, "{}", answer.err);
    let text = bench.show(&[]);
    assert!(
        text.contains("clone m p \\\n\tmeta promoted-max=1 promotable=true\n") && text.contains("rule $role=Promoted"),
        "{text}"
    );
    let new = Bench::new(&quorate_tests::shell::EMPTY.replace("pacemaker-3.9", "pacemaker-4.0"));
    let answer = new.crm(&["configure", "property", "stonith-enabled=false"]);
    assert!(
        answer.code == 0 && answer.err.contains("`stonith-enabled` is called `fencing-enabled` now"),
        "{}",
        answer.err
    );
    assert!(new.show(&[]).contains("fencing-enabled=false"));
}

#[test]
fn a_batch_may_go_on_after_errors() {
    let bench = Bench::with("node n1\nproperty fencing-enabled=false");
    let answer = bench.fed(
        &["--keep-going", "configure"],
        "primitive a ocf:pacemaker:Dummy\nprimtive b ocf:pacemaker:Dummy\nprimitive c ocf:pacemaker:Dummy\n",
    );
    assert_eq!(answer.code, 1);
    assert!(bench.show(&[]).contains("primitive a") && bench.show(&[]).contains("primitive c"));
}
