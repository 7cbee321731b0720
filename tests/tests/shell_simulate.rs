//! What would be and what was, in the shell: `configure simulate`, `resource scores`, `operations`, `cib import`.

use quorate_tests::shell::Bench;

const CIB: &str = r#"<cib validate-with="pacemaker-4.0" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
<resources><primitive id="p" class="ocf" provider="acme" type="Svc"/></resources><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources>
<lrm_resource id="p" class="ocf" provider="acme" type="Svc"><lrm_rsc_op id="p_last_0" operation_key="p_start_0" operation="start" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" call-id="1" rc-code="0" op-status="0" interval="0" last-rc-change="1700000001"/></lrm_resource>
</lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>"#;

#[track_caller]
fn check(text: &str, told: &[&str], untold: &[&str]) {
    let bench = Bench::new(CIB);
    let answer = bench.script(text);
    assert_eq!(answer.code, 0, "{text}: {}", answer.err);
    for part in told {
        assert!(answer.out.contains(part), "{text}: {part}\n-- in --\n{}", answer.out);
    }
    for part in untold {
        assert!(!answer.out.contains(part), "{text}: {part}\n-- in --\n{}", answer.out);
    }
}

#[test]
fn a_simulation_shows_what_it_is_asked_for() {
    let edit = "configure\nlocation l p -inf: n1\n";
    check(&format!("{edit}simulate\n"), &["The cluster would:\n  * Move       p"], &["score on"]);
    check(&format!("{edit}ptest nograph vv\n"), &["The cluster would:\n  * Move       p"], &["score on"]);
    check(
        &format!("{edit}simulate scores\n"),
        &["p allocation score on n1: -INFINITY", "* Move       p"],
        &["Executing"],
    );
    check(&format!("{edit}simulate actions\n"), &["* Resource action: p               stop on n1"], &["score on"]);
    check(&format!("{edit}simulate utilization\n"), &["n1 capacity:", "* Move       p"], &["Executing"]);
    let wrong = Bench::new(CIB).crm(&["configure", "simulate", "everything"]);
    assert!(wrong.code == 2 && wrong.err.contains("`everything` is none of scores"), "{}", wrong.err);
}

#[test]
fn scores_and_operations_are_told() {
    check("resource scores\n", &["p allocation score on n2: 0"], &[]);
    check("resource operations\n", &["2023-11-14 22:13:21Z n1 p: start: ok\n"], &[]);
    check("resource operations p n2\n", &[], &["start"]);
    let wrong = Bench::new(CIB).crm(&["resource", "operations", "q"]);
    assert!(wrong.code == 1 && wrong.err.contains("there is no resource `q`"), "{}", wrong.err);
}

#[test]
fn an_input_becomes_a_shadow() {
    let bench = Bench::default();
    bench.write("pe-input-3.xml", CIB);
    let answer = bench.script("cib import pe-input-3.xml\nconfigure show p\nresource operations p\n");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(answer.out, "primitive p ocf:acme:Svc\n2023-11-14 22:13:21Z n1 p: start: ok\n");
    let again = bench.crm(&["cib", "import", "pe-input-3.xml"]);
    assert!(again.code == 1 && again.err.contains("exists already"), "{}", again.err);
    let named = bench.crm(&["cib", "import", "pe-input-3.xml", "monday"]);
    assert_eq!(named.code, 0, "{}", named.err);
    let missing = bench.crm(&["cib", "import", "nowhere.bz2"]);
    assert!(missing.code != 0 && missing.err.contains("nowhere.bz2"), "{}", missing.err);
}
