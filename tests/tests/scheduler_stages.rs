//! Single rules of the stages `constrain`, `act` and `order`, a table for each of their files.
//!
//! A row is a cluster, its state, and lines that the stage must say; one that begins with `!` it must not.
//! What comes of it all together is in `scheduler_cases`.

use quorate_tests::cases::stages::{Stage, lines};

type Row<'r> = (&'r str, &'r str, &'r [&'r str]);

#[track_caller]
fn check(stage: Stage, rows: &[Row]) {
    for (cluster, state, expected) in rows {
        let found = lines(cluster, state, stage);
        for line in *expected {
            let (wanted, line) = line.strip_prefix('!').map_or((true, *line), |line| (false, line));
            let has = found.iter().any(|found| found == line || found.starts_with(&format!("{line}:")));
            assert!(has == wanted, "{cluster}\n{state}\n{line}: {has}\n-- all\n{}", found.join("\n"));
        }
    }
}

const TWO: &str = "n1 online; n2 online";

// ---- constrain ---------------------------------------------------------------------------------------

#[test]
fn location() {
    let p1 = |rest: &str| format!("primitive p1 Dummy\n{rest}");
    let rows = [
        (p1("location l1 p1 50: n2"), "location l1: p1 n2=50"),
        (p1("location l1 p1 rule 20: #uname ne n1"), "location l1-rule: p1 n2=20"),
        (p1("location l1 /p./ -inf: n1"), "location l1: p1 n1=-INFINITY"),
        (
            "primitive s Stateful\nclone c s meta promotable=true\nlocation l1 c role=Promoted 5: n1".into(),
            "location l1: c Promoted n1=5",
        ),
    ];
    for (cluster, expected) in rows {
        check(Stage::Constrain, &[(&cluster, TWO, &[expected])]);
    }
}

#[test]
fn colour_and_health() {
    let red = "n1 online; n2 online; attribute #health-disk=red on n1";
    check(
        Stage::Constrain,
        &[
            ("primitive p1 Dummy", red, &["!location node-health-strategy: p1 n1=-INFINITY"]),
            (
                "property node-health-strategy=migrate-on-red\nprimitive p1 Dummy",
                red,
                &["location node-health-strategy: p1 n1=-INFINITY"],
            ),
            (
                "property node-health-strategy=progressive node-health-red=-7\nprimitive p1 Dummy",
                red,
                &["location node-health-strategy: p1 n1=-7"],
            ),
            (
                "property node-health-strategy=only-green\nprimitive p1 Dummy meta allow-unhealthy-nodes=true",
                red,
                &["!location node-health-strategy: p1 n1=-INFINITY"],
            ),
        ],
    );
}

const THREE: &str = "primitive p1 Dummy\nprimitive p2 Dummy\nprimitive p3 Dummy\n";

#[test]
fn colocation_and_set() {
    let with = |rest: &str| format!("{THREE}{rest}");
    let rows: [(String, &[&str]); 3] = [
        (with("colocation c1 -5: p2 p1"), &["colocation c1: p2 with p1 -5"]),
        (
            with("colocation c1 inf: p1 p2 p3"),
            &["colocation c1-0: p2 with p1 INFINITY", "colocation c1-0: p3 with p2 INFINITY"],
        ),
        (with("colocation c1 inf: ( p1 p2 ) p3"), &["!colocation c1-0: p2 with p1 INFINITY"]),
    ];
    for (cluster, expected) in &rows {
        check(Stage::Constrain, &[(cluster, TWO, expected)]);
    }
}

#[test]
fn ordering_and_set() {
    let with = |rest: &str| format!("{THREE}{rest}");
    let rows: [(String, &[&str]); 5] = [
        (with("order o1 p1 p2"), &["p1 start before p2 start", "p2 stop before p1 stop"]),
        (with("order o1 p1 p2 symmetrical=false"), &["p1 start before p2 start", "!p2 stop before p1 stop"]),
        (with("order o1 Optional: p1 p2"), &["p1 start before p2 start: ORDERED"]),
        (with("order o1 ( p1 p2 ) p3"), &["!p1 start before p2 start", "p2 start before p3 start"]),
        (
            with("order o1 [ p1 p2 ] p3"),
            &[
                "p1 start before one-or-more:o1-0: FIRST_IMPLIES_THEN_GRAPHED | MIN_RUNNABLE",
                "one-or-more:o1-0 before p3 start",
                "!p1 start before p3 start",
            ],
        ),
    ];
    for (cluster, expected) in &rows {
        check(Stage::Constrain, &[(cluster, TWO, expected)]);
    }
}

#[test]
fn implied() {
    let rows: [(&str, &[&str]); 3] = [
        (
            "primitive p1 Dummy\nprimitive p2 Dummy\ngroup g p1 p2",
            &["colocation #group-members: p2 with p1 INFINITY", "p1 start before p2 start", "p2 stop before p1 stop"],
        ),
        (
            "primitive p1 Dummy\nprimitive p2 Dummy\ngroup g p1 p2 meta ordered=false",
            &["colocation #group-members: p2 with p1 INFINITY", "!p1 start before p2 start"],
        ),
        (
            "primitive a Dummy\nclone c a meta ordered=true",
            &["a:0 start before a:1 start", "c start before a:0 start", "a:1 start before c running"],
        ),
    ];
    for (cluster, expected) in rows {
        check(Stage::Constrain, &[(cluster, TWO, expected)]);
    }
}

#[test]
fn ticket() {
    let policy = |policy: &str| format!("primitive p1 Dummy\nrsc_ticket rt T: p1 loss-policy={policy}");
    let lost = "n1 online; p1 started on n1; ticket T revoked";
    let rows: [(String, &str, &[&str]); 4] = [
        (policy("stop"), "n1 online; ticket T granted", &["ticket p1 T: held true", "!ban p1 everywhere"]),
        (policy("stop"), lost, &["ticket p1 T: held false", "ban p1 everywhere: LostTicket"]),
        (policy("freeze"), lost, &["unmanaged p1", "!ban p1 everywhere"]),
        (
            format!("property stonith-enabled=true\n{}", policy("fence")),
            lost,
            &["ban p1 everywhere: LostTicket", "unclean n1"],
        ),
    ];
    for (cluster, state, expected) in &rows {
        check(Stage::Constrain, &[(cluster, state, expected)]);
    }
}

// ---- act ---------------------------------------------------------------------------------------------

#[test]
fn start_stop_and_before_after() {
    let p1 = "primitive p1 Dummy";
    check(
        Stage::Act,
        &[
            (p1, TWO, &["p1_start_0 n1: required", "!p1_stop_0 n1"]),
            (p1, "n1 online; p1 started on n1", &["p1_start_0 n1: optional"]),
            (
                "primitive p1 Dummy\nlocation l1 p1 -inf: n1",
                "n1 online; n2 online; p1 started on n1",
                &["p1_stop_0 n1: required", "p1_start_0 n2: required"],
            ),
            (
                "primitive p1 Dummy meta target-role=Stopped",
                "n1 online; p1 started on n1",
                &["p1_stop_0 n1: required because node availability", "!p1_start_0 n1: required"],
            ),
            (
                "primitive p1 Dummy meta is-managed=false\nlocation l1 p1 -inf: n1",
                "n1 online; n2 online; p1 started on n1",
                &["!p1_stop_0 n1: required", "!p1_start_0 n2: required"],
            ),
        ],
    );
}

#[test]
fn probe() {
    let p1 = "primitive p1 Dummy";
    check(
        Stage::Act,
        &[
            (p1, TWO, &["p1_monitor_0 n1: required", "p1_monitor_0 n2: required"]),
            (p1, "n1 online; n2 online; p1 absent on n1", &["!p1_monitor_0 n1", "p1_monitor_0 n2: required"]),
            ("property enable-startup-probes=false\nprimitive p1 Dummy", TWO, &["!p1_monitor_0 n1"]),
            ("primitive p1 Dummy\nlocation l1 p1 resource-discovery=never -inf: n2", TWO, &["!p1_monitor_0 n2"]),
        ],
    );
}

#[test]
fn recurring_and_change() {
    let p1 = "primitive p1 Dummy op monitor interval=10s";
    let runs = "n1 online; p1 started on n1";
    check(
        Stage::Act,
        &[
            (p1, runs, &["p1_monitor_10000 n1: required"]),
            (p1, "n1 online; p1 started on n1; p1 monitored on n1", &["p1_monitor_10000 n1: optional"]),
            (
                "primitive p1 Dummy",
                "n1 online; p1 started on n1; p1 monitored on n1",
                &["p1_monitor_10000 n1: required"],
            ),
            (
                "primitive p1 Dummy",
                "n1 online; p1 started on n1; p1 changed on n1",
                &["p1_start_0 n1: required because resource definition change"],
            ),
            (
                "primitive p1 Dummy",
                "n1 online; p1 started on n1; p1 reloadable on n1",
                &["p1_reload-agent_0 n1: required because resource definition change", "!p1_stop_0 n1: required"],
            ),
        ],
    );
}

#[test]
fn migrate() {
    let state = "n1 online; n2 online; p1 started on n1; p1 absent on n2";
    check(
        Stage::Act,
        &[
            (
                "primitive p1 Dummy meta allow-migrate=true\nlocation l1 p1 10: n2",
                state,
                &["p1_migrate_to_0 n1: optional live", "p1_migrate_from_0 n2: optional live"],
            ),
            ("primitive p1 Dummy\nlocation l1 p1 10: n2", state, &["!p1_migrate_to_0 n1", "p1_stop_0 n1: required"]),
        ],
    );
}

#[test]
fn fence_and_shutdown() {
    let fencing = "property stonith-enabled=true\nprimitive f stonith:fence_dummy\nprimitive p1 Dummy";
    check(
        Stage::Act,
        &[
            (
                fencing,
                "n1 online; n2 lost; f started on n1; p1 started on n2",
                &[
                    "stonith-n2-reboot n2: required because peer is no longer part of the cluster",
                    "p1_stop_0 n2: required pseudo",
                ],
            ),
            (fencing, "n1 online; n2 offline; f started on n1", &["!stonith-n2-reboot n2"]),
            ("primitive p1 Dummy", "n1 leaving; n2 online; p1 started on n1", &["do_shutdown-n1 n1: required"]),
        ],
    );
}

#[test]
fn findings_and_remote() {
    check(
        Stage::Act,
        &[
            (
                "primitive p1 Dummy meta failure-timeout=5m op monitor interval=10s",
                "n1 online; p1 started on n1; p1 monitor failed on n1 10m ago",
                &["p1_clear_failcount_0 n1: required"],
            ),
            (
                "primitive p1 Dummy",
                "n1 online; p1 started on n1; old started on n1",
                &["old_stop_0 n1: required because node availability", "old_delete_0 n1: required"],
            ),
            (
                "primitive r1 remote params server=1.2.3.4\nprimitive p1 Dummy\nlocation l1 p1 100: r1",
                "n1 online",
                &["r1_start_0 n1: required", "p1_start_0 r1: required"],
            ),
        ],
    );
}

#[test]
fn notify() {
    let clone = |meta: &str| format!("primitive a Dummy\nclone c a meta {meta}");
    check(
        Stage::Act,
        &[
            (
                &clone("notify=true"),
                TWO,
                &["c_pre_notify_start_0 -: required pseudo", "c_confirmed-post_notify_running_0 -"],
            ),
            (&clone("clone-max=2"), TWO, &["!c_pre_notify_start_0 -"]),
        ],
    );
}

// ---- order -------------------------------------------------------------------------------------------

const PAIR: &str = "primitive p1 Dummy op monitor interval=10s\nprimitive p2 Dummy\norder o1 p1 p2";

#[test]
fn relation_and_settle() {
    check(
        Stage::Order,
        &[
            (PAIR, TWO, &["p1_start_0 n1 before p2_start_0 n2"]),
            // A restart of the first drags the second in; the other way round it does not.
            (
                PAIR,
                "n1 online; n2 online; p1 started on n1; p2 started on n2; p1 monitor failed on n1",
                &["p2_stop_0 n2: required", "p2_start_0 n2: required because required p1 start"],
            ),
            (
                "primitive p1 Dummy\nprimitive p2 Dummy\norder o1 Optional: p1 p2",
                "n1 online; n2 online; p1 started on n1; p2 started on n2; p1 changed on n1",
                &["p1_stop_0 n1: required", "!p2_stop_0 n2: required"],
            ),
        ],
    );
}

#[test]
fn demand_and_blocked() {
    check(
        Stage::Order,
        &[
            (
                "primitive p1 Dummy meta target-role=Stopped\nprimitive p2 Dummy\norder o1 p1 p2",
                "n1 online",
                &["p2_start_0 n1: required unrunnable because unrunnable p1 start"],
            ),
            (
                "primitive p1 Dummy\nprimitive p2 Dummy\nprimitive p3 Dummy meta target-role=Stopped\n\
                 order o1 p3 p1\ncolocation c1 inf: p2 p1",
                "n1 online",
                &[
                    "p1_start_0 n1: required unrunnable because unrunnable p3 start",
                    "p2_start_0 n1: required unrunnable because colocation with p1",
                ],
            ),
        ],
    );
}

#[test]
fn collective() {
    let group = "primitive p1 Dummy\nprimitive p2 Dummy\ngroup g p1 p2";
    check(
        Stage::Order,
        &[
            (group, "n1 online", &["g_start_0 -: required pseudo", "p1_start_0 n1 before p2_start_0 n1"]),
            (group, "n1 online; p1 started on n1; p2 started on n1", &["g_start_0 -: optional pseudo"]),
            ("primitive a Dummy\nclone c a", TWO, &["c_running_0 -: required pseudo"]),
        ],
    );
}

#[test]
fn probes() {
    check(
        Stage::Order,
        &[(
            PAIR,
            TWO,
            &[
                "p1_monitor_0 n1 before p1_start_0 n1",
                "p1_monitor_0 n2 before p1_start_0 n1",
                "p2_monitor_0 n1 before p2_start_0 n2",
            ],
        )],
    );
}

/// An action that only an ordering made is put where its resource is.
#[test]
fn nodes() {
    check(
        Stage::Order,
        &[(
            "primitive p1 Dummy\nprimitive p2 Dummy meta target-role=Stopped\norder o1 p1:stop p2:start symmetrical=false",
            "n1 online; p1 started on n1",
            &["!p1_stop_0 -"],
        )],
    );
}
