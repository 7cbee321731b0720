//! `crm resource trace`, `untrace` and `crm maintenance`: what they write into the configuration.

use quorate_tests::shell::Bench;

const PRIMITIVE: &str =
    "primitive p ocf:acme:Svc op monitor interval=10s op monitor interval=20s op start timeout=5s interval=0";

/// Commands, and the configuration after them.
#[track_caller]
fn check(before: &str, commands: &[&str], after: &str) {
    let bench = Bench::with(before);
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let answer = bench.crm(&words);
        assert_eq!(answer.code, 0, "{command}: {}", answer.err);
    }
    let shown = bench.show(&[]);
    let told = shown.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace(" \\ ", " ");
    assert_eq!(told, after);
}

#[track_caller]
fn check_wrong(before: &str, command: &str, code: i32, said: &str) {
    let bench = Bench::with(before);
    let words: Vec<&str> = command.split_whitespace().collect();
    let answer = bench.crm(&words);
    assert!(answer.code == code && answer.err.contains(said), "{}: {}", answer.code, answer.err);
}

#[test]
fn a_trace_is_a_parameter_of_the_operation() {
    check(
        PRIMITIVE,
        &["resource trace p monitor 10s"],
        "primitive p ocf:acme:Svc op monitor interval=10s op_params trace_ra=1 op monitor interval=20s op start timeout=5s interval=0",
    );
    check(
        PRIMITIVE,
        &["resource trace p start /var/tmp/t"],
        "primitive p ocf:acme:Svc op monitor interval=10s op monitor interval=20s op start timeout=5s interval=0 op_params trace_ra=1 trace_dir=\"/var/tmp/t\"",
    );
}

#[test]
fn without_an_operation_all_that_run_are_traced() {
    check(
        PRIMITIVE,
        &["resource trace p"],
        "primitive p ocf:acme:Svc op monitor interval=10s op_params trace_ra=1 op monitor interval=20s op_params trace_ra=1 \
         op start timeout=5s interval=0 op_params trace_ra=1 op stop interval=0 op_params trace_ra=1",
    );
}

#[test]
fn the_end_of_a_trace_leaves_what_was_there_before() {
    let untouched =
        "primitive p ocf:acme:Svc op monitor interval=10s op monitor interval=20s op start timeout=5s interval=0";
    check(PRIMITIVE, &["resource trace p", "resource untrace p"], untouched);
    check(PRIMITIVE, &["resource trace p stop /x", "resource untrace p stop"], untouched);
    check(PRIMITIVE, &["resource untrace p"], untouched);
}

#[test]
fn what_cannot_be_traced_is_said() {
    let group = "primitive a ocf:acme:Svc\nprimitive b ocf:acme:Svc\ngroup g a b";
    check_wrong(group, "resource trace g", 1, "its primitives are a, b");
    check_wrong(PRIMITIVE, "resource trace q", 1, "q");
    check_wrong(group, "resource trace a monitor", 1, "`a` has no operation monitor");
    check_wrong(PRIMITIVE, "resource trace p monitor 33", 1, "it has it every 10s, 20s");
    check_wrong(PRIMITIVE, "resource trace p monitor soon", 2, "neither an interval");
}

#[test]
fn maintenance_is_for_all_or_for_one() {
    let of_all = "primitive p ocf:acme:Svc property cib-bootstrap-options: maintenance-mode=true";
    check("primitive p ocf:acme:Svc", &["maintenance on"], of_all);
    check("primitive p ocf:acme:Svc", &["maintenance on", "maintenance off", "maintenance on"], of_all);
    check("primitive p ocf:acme:Svc", &["maintenance on p"], "primitive p ocf:acme:Svc meta maintenance=true");
    check_wrong("primitive p ocf:acme:Svc", "maintenance on q", 1, "q");
}

#[test]
fn a_probe_is_a_monitor_that_does_not_recur() {
    let probed = format!("{PRIMITIVE} op monitor interval=0 op_params trace_ra=1");
    check(PRIMITIVE, &["resource trace p probe"], &probed);
    check(PRIMITIVE, &["resource trace p probe", "resource untrace p probe"], PRIMITIVE);
    check(
        "primitive p ocf:acme:Svc",
        &["resource trace p probe", "resource untrace p probe"],
        "primitive p ocf:acme:Svc",
    );
}

/// `maintenance` and `is-managed` say something of the same: what would keep a wish from having its effect goes.
#[test]
fn what_is_managed_again_is_in_no_maintenance() {
    let p = |attributes: &str| format!("primitive p ocf:acme:Svc meta {attributes}");
    check(&p("maintenance=true"), &["resource manage p"], &p("is-managed=true"));
    check(&p("maintenance=true"), &["resource unmanage p"], &p("maintenance=true is-managed=false"));
    check(&p("maintenance=true"), &["-F resource unmanage p"], &p("is-managed=false"));
    check(&p("is-managed=false"), &["resource maintenance p on"], &p("is-managed=false maintenance=true"));
    check(&p("is-managed=false"), &["-F resource maintenance p on"], &p("maintenance=true"));
    check(&p("is-managed=false"), &["resource maintenance p off"], &p("is-managed=false maintenance=false"));
    let group = "group g p meta maintenance=true";
    check(
        &format!("{}\n{group}", p("maintenance=true")),
        &["resource manage g"],
        "primitive p ocf:acme:Svc group g p meta is-managed=true",
    );
    let cloned = "clone c p meta maintenance=true";
    check(
        &format!("primitive p ocf:acme:Svc\n{cloned}"),
        &["resource manage p"],
        "primitive p ocf:acme:Svc clone c p meta is-managed=true",
    );
}

#[test]
fn a_new_container_stands_behind_all_others() {
    let bench = Bench::with("primitive p ocf:acme:Svc\nprimitive q ocf:acme:Svc\nprimitive r ocf:acme:Svc\n");
    let order = |bench: &Bench| {
        let cib = bench.cib();
        let resources =
            cib.split('<').filter(|tag| ["primitive ", "group ", "clone "].iter().any(|one| tag.starts_with(one)));
        let ids = resources.filter_map(|tag| tag.split("id=\"").nth(1)?.split('"').next().map(str::to_string));
        ids.collect::<Vec<_>>().join(" ")
    };
    bench.script("configure clone c p\n");
    assert_eq!(order(&bench), "q r c p");
    bench.script("configure group g q\n");
    assert_eq!(order(&bench), "r c p g q");
    // What is there already stays where it is.
    bench.fed(&["configure", "load", "update", "-"], "clone c p meta clone-max=2\n");
    assert_eq!(order(&bench), "r c p g q");
    bench.script("configure modgroup g add r\n");
    assert_eq!(order(&bench), "c p g q r");
}
