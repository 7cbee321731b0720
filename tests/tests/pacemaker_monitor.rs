//! Our monitor in front of a running Pacemaker of three hosts: it follows what crmsh and failures change, and loses
//! and finds the daemon again.

use portable_pty::CommandBuilder;
use quorate_tests::figures::cluster::Cluster;
use quorate_tests::guest::{Shell, cib, crm, pacemaker, ran, said};
use quorate_tests::lab::program;
use quorate_tests::terminal::Terminal;
use std::time::{Duration, Instant};

/// A change is on the screen within a second; on a machine that is busy with other tests it may take longer.
const BUSY: Duration = Duration::from_secs(5);

/// One of our programs on a host, at a terminal.
fn at_terminal(cluster: &Cluster, host: &str, name: &str, words: &[&str]) -> Terminal {
    let inside = cluster.hosts.command(host, program(name));
    let mut command = CommandBuilder::new(inside.get_program());
    command.args(inside.get_args());
    command.args(words);
    command.env("TERM", "xterm-256color");
    for name in ["CIB_file", "CIB_shadow", "CRM_CLUSTER", "QUORATE_ROOT"] {
        command.env_remove(name);
    }
    Terminal::start(command, 40)
}

#[track_caller]
fn crmsh(cluster: &Cluster, line: &str) {
    let output = crm(cluster, "n2", Shell::Crmsh, line);
    assert!(output.status.success(), "{line}: {}", said(&output));
}

/// How long after a change that n1 knows of it is on the screen.
fn shown_after(cluster: &Cluster, screen: &mut Terminal, value: &str) -> Duration {
    ran(cluster, "n1", &["crm_attribute", "--type=nodes", "--node=n2", "--name=standby", &format!("--update={value}")]);
    let changed = Instant::now();
    screen.wait(value, |text| text.contains("standby") == (value == "on"));
    changed.elapsed()
}

#[test]
fn a_monitor_follows_a_pacemaker() {
    let Some(mut cluster) = pacemaker() else { return };
    cluster.run_dummies(2, "10s", Some("n2")).unwrap_or_else(|trouble| panic!("{trouble}"));
    let mut screen = at_terminal(&cluster, "n1", "crm_mon", &[]);
    screen.sees("Pacemaker 2.1.5 live");
    screen.sees("3/3 nodes");
    let times: Vec<Duration> =
        ["on", "off", "on", "off"].into_iter().map(|value| shown_after(&cluster, &mut screen, value)).collect();
    println!("on the screen after {times:?}");
    assert!(times.iter().all(|time| *time < BUSY), "{times:?}");
    crmsh(&cluster, "node standby n2");
    screen.sees("standby");
    crmsh(&cluster, "node online n2");
    screen.wait("n2 to be back", |text| !text.contains("standby"));
    ran(&cluster, "n1", &["crm_resource", "--fail", "--resource=d0", "--node=n2"]);
    screen.sees("asyncmon");
    ran(&cluster, "n1", &["stonith_admin", "--reboot=n3"]);
    screen.wait("n3 to be cut off", |text| text.contains("2/3 nodes") && text.contains("n3: OFFLINE"));
    let once = program("crm_mon").display().to_string();
    let told = ran(&cluster, "n1", &[&once, "--one-shot", "--fence-history=3", "--manager=pacemaker"]);
    assert!(told.contains("reboot of n3 by n1"), "{told}");
    cluster.boot("n3").unwrap_or_else(|trouble| panic!("{trouble}"));
    screen.sees("3/3 nodes");
    let version = cib(&cluster, "n1").version();
    cluster.stop("n1", &["pacemakerd"]).unwrap_or_else(|trouble| panic!("{trouble}"));
    screen.sees("LOST, old state");
    cluster.start_host("n1").unwrap_or_else(|trouble| panic!("{trouble}"));
    screen.sees("Pacemaker 2.1.5 live");
    cluster.wait_until_at_rest().unwrap_or_else(|trouble| panic!("{trouble}"));
    assert!(cib(&cluster, "n1").version() > version);
    screen.sees("3/3 nodes");
    screen.press("q");
    screen.ends();
    let mut shell = at_terminal(&cluster, "n1", "quorate", &["crm"]);
    shell.sees("crm(live:pacemaker/n1)# ");
    shell.press("configure\r");
    shell.sees("crm(live:pacemaker/n1)configure# ");
    shell.press("quit\r");
    shell.ends();
}
