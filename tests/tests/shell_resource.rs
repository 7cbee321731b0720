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
