//! Hosts with systemd: the daemon as a unit, units, services and init scripts as resources.

use quorate_tests::whole::WholeHosts;

/// A unit that takes a while until it is up, and one that never is.
const SLOW: &str = "[Service]\nExecStartPre=/bin/sleep 2\nExecStart=/bin/sleep infinity\nRestart=always\n";
const BROKEN: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'exit 3'\n";

/// An init script that keeps a process.
const SCRIPT: &str = "#!/bin/sh
pid=/run/$(basename $0).pid
case $1 in
start) setsid sleep 100000 >/dev/null 2>&1 & echo $! >$pid ;;
stop) kill $(cat $pid) 2>/dev/null; rm -f $pid; exit 0 ;;
status) [ -f $pid ] && kill -0 $(cat $pid) 2>/dev/null || exit 3 ;;
*) exit 3 ;;
esac
";

fn place(whole: &WholeHosts, asked: &str, resource: &str) -> String {
    let line = format!("crm_mon -1 -r | sed -n 's/.*\\* {resource}\\t.*Started \\([a-z0-9]*\\).*/\\1/p'");
    whole.says(asked, &line)
}

fn online(whole: &WholeHosts, asked: &str, nodes: &str) -> bool {
    whole.says(asked, "crm_mon -1").contains(&format!("Online: [ {nodes} ]"))
}

#[test]
fn services_run_under_systemd_and_outlive_the_daemon() {
    let Some(mut whole) = WholeHosts::new(2) else { return };
    for name in whole.names() {
        whole.put(&name, "etc/systemd/system/slow.service", SLOW, 0o644);
        whole.put(&name, "etc/systemd/system/broken.service", BROKEN, 0o644);
        whole.put(&name, "etc/init.d/script", SCRIPT, 0o755);
        whole.put(&name, "etc/init.d/other", SCRIPT, 0o755);
        whole.must(&name, "systemctl daemon-reload && systemctl enable --quiet quorated && systemctl start quorated");
        // It is known by Pacemaker's name, too.
        whole.must(&name, "systemctl is-active pacemaker.service");
    }
    whole.wait("both to be together", |whole| online(whole, "n1", "n1 n2") && online(whole, "n2", "n1 n2"));

    whole.must(
        "n1",
        "crm configure <<E
property fencing-enabled=false
primitive slow systemd:slow op monitor interval=2s timeout=20s op start timeout=20s
primitive script lsb:script op monitor interval=2s
primitive other service:other
primitive broken systemd:broken meta migration-threshold=1
location here slow 100: n1
location there script 100: n1
commit
E",
    );
    whole.wait("all to run", |whole| {
        place(whole, "n2", "slow") == "n1"
            && place(whole, "n2", "script") == "n1"
            && !place(whole, "n2", "other").is_empty()
    });

    // A start is over when the unit is active, and systemd leaves it alone from then on.
    assert_eq!(whole.says("n1", "systemctl is-active slow"), "active");
    assert_eq!(whole.says("n1", "systemctl show -p Restart --value slow"), "no");
    let told = whole.must(
        "n1",
        "sed -n 's/.*notice: start of slow on n1: ok after \\(.*\\) s$/\\1/p' /var/log/pacemaker/pacemaker.log",
    );
    let seconds: f64 = told.parse().unwrap_or_default();
    assert!(seconds >= 2.0, "{told}: {}", whole.log("n1"));
    whole.wait("the log to say why the broken one is", |whole| {
        let why = "start of broken on n1: error occurred";
        ["n1", "n2"].iter().any(|name| {
            let log = whole.says(name, "grep 'start of broken' /var/log/pacemaker/pacemaker.log");
            log.contains(why) && log.contains("systemd's job to start broken.service ended: failed")
        })
    });

    // A unit that fails is seen, and started again.
    let before = whole.must("n1", "systemctl show -p MainPID --value slow");
    whole.must("n1", &format!("kill -9 {before}"));
    whole.wait("slow to be started again", |whole| {
        let now = whole.says("n1", "systemctl show -p MainPID --value slow");
        now != before && now != "0" && whole.succeeds("n1", "systemctl is-active --quiet slow")
    });

    // The daemon is restarted in maintenance: nothing that runs notices.
    let unit = |whole: &WholeHosts| whole.must("n1", "systemctl show -p MainPID --value slow");
    let script = |whole: &WholeHosts| whole.must("n1", "cat /run/script.pid");
    let (unit_before, script_before) = (unit(&whole), script(&whole));
    whole.must("n1", "crm configure property maintenance-mode=true");
    for name in whole.names() {
        whole.must(&name, "systemctl restart quorated");
    }
    whole.wait("both to be together again", |whole| online(whole, "n1", "n1 n2") && online(whole, "n2", "n1 n2"));
    whole.wait("what runs to be found", |whole| {
        place(whole, "n2", "slow") == "n1" && place(whole, "n1", "script") == "n1"
    });
    // So is Corosync, and the daemon with it.
    whole.must("n1", "systemctl restart corosync");
    whole.must("n1", "systemctl start quorated");
    whole.wait("both to be together once more", |whole| online(whole, "n1", "n1 n2") && online(whole, "n2", "n1 n2"));
    whole.wait("what runs to be found", |whole| {
        place(whole, "n2", "slow") == "n1" && place(whole, "n1", "script") == "n1"
    });
    assert_eq!((unit(&whole), script(&whole)), (unit_before.clone(), script_before));
    whole.must("n1", "crm configure property maintenance-mode=false");

    // A daemon that dies is started again by systemd, and finds what runs.
    let daemon = whole.must("n1", "systemctl show -p MainPID --value quorated");
    whole.must("n1", "systemctl kill -s KILL --kill-who=main quorated");
    whole.wait("another daemon", |whole| {
        let now = whole.says("n1", "systemctl show -p MainPID --value quorated");
        now != daemon && now != "0" && online(whole, "n2", "n1 n2")
    });

    // Corosync is stopped: the daemon goes first, in order, and what ran there runs elsewhere.
    whole.must("n1", "systemctl stop corosync");
    assert_eq!(whole.says("n1", "systemctl is-active quorated"), "inactive");
    assert_eq!(whole.says("n1", "systemctl is-active slow"), "inactive");
    whole.wait("n2 to run all", |whole| {
        ["slow", "script", "other"].iter().all(|resource| place(whole, "n2", resource) == "n2")
    });
    assert!(!whole.succeeds("n1", "test -e /run/systemd/system/slow.service.d/50-pacemaker.conf"));

    // A host that shuts down does the same.
    whole.must("n1", "systemctl start corosync quorated");
    whole.wait("both to be together", |whole| online(whole, "n1", "n1 n2"));
    whole.must("n2", "systemctl poweroff");
    whole.wait("n1 to run all", |whole| {
        ["slow", "script", "other"].iter().all(|resource| place(whole, "n1", resource) == "n1")
    });
    let left = whole.must("n1", "cat /var/log/pacemaker/pacemaker.log");
    assert!(!left.contains("n2 is lost"), "{left}");
    whole.kill("n2");
}
