//! `cibstatus`: the state of a cluster, changed on paper.

use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};

const CIB: &str = r#"<cib validate-with="pacemaker-4.0" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
<resources><primitive id="p" class="ocf" provider="acme" type="Svc"><operations><op id="m" name="monitor" interval="10s"/></operations></primitive></resources>
<constraints><rsc_ticket id="t" rsc="p" ticket="site" loss-policy="stop"/></constraints></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources>
<lrm_resource id="p" class="ocf" provider="acme" type="Svc"><lrm_rsc_op id="p_last_0" operation_key="p_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="1" rc-code="0" op-status="0" interval="0" last-rc-change="1700000001"/><lrm_rsc_op id="p_monitor_10000" operation_key="p_monitor_10000" operation="monitor" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="2" rc-code="0" op-status="0" interval="10000" last-rc-change="1700000002"/></lrm_resource>
</lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/><tickets><ticket_state id="site" granted="true"/></tickets></status></cib>"#;

fn run(bench: &Bench, text: &str) -> Answer {
    let before = bench.cib();
    let answer = bench.script(&format!("cibstatus\n{text}"));
    assert_eq!(bench.cib(), before, "the CIB itself stays as it is: {text}");
    answer
}

#[track_caller]
fn check(text: &str, told: &[&str], untold: &[&str]) {
    let answer = run(&Bench::new(CIB), text);
    assert_eq!(answer.code, 0, "{text}: {}", answer.err);
    for part in told {
        assert!(answer.out.contains(part), "{text}: {part}\n-- in --\n{}", answer.out);
    }
    for part in untold {
        assert!(!answer.out.contains(part), "{text}: {part}\n-- in --\n{}", answer.out);
    }
}

#[track_caller]
fn wrong(text: &str, message: &str) {
    let answer = run(&Bench::new(CIB), text);
    assert!(answer.code != 0 && answer.err.contains(message), "{text}: {message}\n-- in --\n{}", answer.err);
}

#[test]
fn what_is_supposed_is_what_is_decided_about() {
    check("run\n", &["Transition Summary:\n"], &["* Move", "* Stop"]);
    check("node n1 offline\nrun\n", &["* Start      p       (    n2 )"], &[]);
    check("quorum false\nrun\n", &["* Stop       p       (    n1 )  due to no quorum"], &[]);
    check("ticket site revoke\nrun\n", &["* Stop       p       (    n1 )  due to node availability"], &[]);
    check("ticket site standby\nrun\n", &["* Stop       p       (    n1 )"], &[]);
    check("op monitor p not_running\nrun scores\n", &["* Recover    p", "p allocation score on n1: 0"], &[]);
    check("op monitor p generic done n1\nrun nograph vv\n", &["* Recover    p       (    n1 )"], &["score on"]);
    check("op monitor:10 p 0 timeout\nrun\n", &["* Recover    p       (    n1 )"], &[]);
    check("op monitor:10s p 1 cancelled\nrun\n", &[], &["* Recover"]);
    check("op stop p 0 pending\nrun\n", &[], &["* Recover"]);
}

#[test]
fn a_simulation_leaves_the_state_it_ends_in() {
    check(
        "node n1 offline\nsimulate\nop probe p success done n2\nrun\n",
        &[
            "Executing Cluster Transition:",
            "* Resource action: p               start on n2",
            "p\t(ocf:acme:Svc):\t Started n2",
        ],
        &[],
    );
    check("node n1 offline\nsimulate\nshow changed\n", &["node n1 offline\nsimulate\n"], &[]);
}

#[test]
fn changes_are_shown_as_commands() {
    check(
        "origin\nquorum off\nnode n3 online\nticket site revoke\nop monitor p 7\norigin\nshow changed\n",
        &["live\nlive (modified)\nquorum false\nnode n3 online\nticket site revoke\nop monitor:10 p 7 done n1\n"],
        &[],
    );
    check("show\n", &["<status>", "<node_state id=\"2\" uname=\"n2\""], &["<configuration"]);
    check("node n1 offline\nload live\norigin\nshow changed\n", &["live\n"], &["modified", "offline"]);
}

#[test]
fn edits_that_are_not_committed_are_decided_about_in_the_supposed_state() {
    let bench = Bench::new(CIB);
    let edit = "configure\nlocation l p -inf: n2\ncibstatus node n1 offline\n";
    let answer = bench.script(&format!("{edit}simulate\nsimulate scores\ncibstatus run\nrefresh\n"));
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("in the state that `cibstatus` works on (live)"), "{}", answer.err);
    assert!(!answer.out.contains("* Start"), "{}", answer.out);
    assert!(answer.out.contains("p allocation score on n2: -INFINITY"), "{}", answer.out);
    assert_eq!(answer.out.matches("OFFLINE: [ n1 ]").count(), 2, "{}", answer.out);
}

#[test]
fn a_status_is_loaded_from_files_and_shadows_with_its_configuration() {
    let bench = Bench::default();
    let past = CIB.replace("name=\"fencing-enabled\" value=\"false\"", "name=\"fencing-enabled\" value=\"true\"");
    bench.write("past.xml", &past);
    bench.write("shadow.plan", &past);
    for name in ["past.xml", "shadow:plan"] {
        let answer = run(&bench, &format!("load {name}\norigin\nnode n1 unclean\norigin\nrun\n"));
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.starts_with(&format!("{name}\n{name} (modified)\n")), "{}", answer.out);
        assert!(answer.out.contains("Node n1: UNCLEAN"), "{}", answer.out);
    }
    assert_eq!(std::fs::read_to_string(bench.path("past.xml")).ok().as_deref(), Some(&*past), "only `save` writes");
}

/// Scheduler inputs are kept packed, and may be of an older schema.
#[test]
fn an_old_and_packed_input_is_worked_on() {
    let bench = Bench::default();
    let old = CIB.replace("pacemaker-4.0", "pacemaker-2.0").replace("fencing-enabled", "stonith-enabled");
    bench.write("pe-input-3", &old);
    let packed = std::process::Command::new("bzip2").arg(bench.path("pe-input-3")).status();
    if !packed.is_ok_and(|status| status.success()) {
        return needs::cannot_run("there is no bzip2 to pack an input with");
    }
    let answer = run(&bench, "load pe-input-3.bz2\nop monitor p generic\nnode n3 online\nrun\nsave now.xml\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("* Recover    p       (    n1 )"), "{}", answer.out);
    let saved = std::fs::read_to_string(bench.path("now.xml")).expect("the file");
    assert!(saved.contains("pacemaker-2.0") && saved.contains("uname=\"n3\""), "{saved}");
    let answer = run(&bench, "load pe-input-3.bz2\nnode n1 offline\nsave\n");
    assert!(answer.code != 0 && answer.err.contains("is packed; name another file"), "{}", answer.err);
}

#[test]
fn saving_replaces_the_status_and_nothing_else() {
    let bench = Bench::new(CIB);
    let other = CIB.replace("id=\"m\"", "id=\"other\"");
    bench.write("there.xml", &other);
    let answer = run(&bench, "ticket site revoke\nsave there.xml\nsave new.xml\nsave shadow:plan\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    for (name, id) in [("there.xml", "other"), ("new.xml", "m"), ("shadow.plan", "m")] {
        let text = std::fs::read_to_string(bench.path(name)).expect(name);
        assert!(text.contains("granted=\"false\"") && text.contains(&format!("<op id=\"{id}\"")), "{name}: {text}");
    }
    let answer = run(&bench, "load there.xml\nticket site grant\nsave\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    let text = std::fs::read_to_string(bench.path("there.xml")).expect("the file");
    assert!(text.contains("granted=\"true\""), "{text}");
}

#[test]
fn a_batch_that_fails_saves_nothing() {
    let bench = Bench::new(CIB);
    let answer = run(&bench, "ticket site revoke\nsave new.xml\nnode n9 offline\n");
    assert!(answer.code != 0 && !bench.path("new.xml").exists(), "{}", answer.err);
}

#[test]
fn what_is_wrong_is_told_at_the_word() {
    wrong("load nowhere.xml\n", "there is no file `nowhere.xml`");
    wrong("load shadow:x\n", "there is no shadow `x`");
    wrong("save\n", "what is only supposed is not written to the live cluster");
    wrong("save live\n", "what is only supposed is not written to the live cluster");
    wrong("node n9 offline\n", "there is no node `n9`");
    wrong("node n1 up\n", "`up` is none of online, offline, unclean");
    wrong("ticket site give\n", "`give` is none of grant, revoke, activate, standby");
    wrong("quorum maybe\n", "`maybe` is neither true nor false");
    wrong("op monitr p 1\n", "did you mean `monitor`?");
    wrong("op monitor q 1\n", "there is no resource `q`");
    wrong("op monitor p 256\n", "`256` is no exit code (0 to 255)");
    wrong("op monitor p foo\n", "`foo` is none of success, generic");
    wrong("op monitor p 1 bar\n", "`bar` is none of done, pending");
    wrong("op monitor p 1 done nx\n", "there is no node `nx`");
    wrong("op start:10 p 1\n", "`start` has no interval");
    wrong("op monitor:x p 1\n", "`x` is no interval");
    wrong("show everything\n", "`everything` is not `changed`");
    wrong("run all\n", "`all` is none of nograph, scores, utilization");
}

#[test]
fn it_is_at_the_root_under_cib_and_under_configure() {
    for path in [&["cibstatus"][..], &["cib", "cibstatus"], &["configure", "cibstatus"]] {
        let answer = Bench::new(CIB).crm(&[path, &["origin"]].concat());
        assert_eq!((answer.code, answer.out.as_str()), (0, "live\n"), "{path:?}: {}", answer.err);
    }
}
