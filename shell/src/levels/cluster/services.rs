//! Corosync and the cluster manager as services: `start`, `stop`, `restart`, `enable`, `disable`.
//!
//! In: calls. Out: what systemd made of it on each host.
//! Absent: which hosts are in the cluster (the lists say).

use super::flags::{ALL, NOW};
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::host::{Host, on_each};
use std::time::Duration;

/// The manager that is installed, or of two the one that runs; else ours goes before Pacemaker, whose name is an
/// alias of ours once it is enabled. Where the embedded engine connects the hosts, Corosync has no part in it.
const UNITS: &str = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; manager=; \
    for unit in pacemaker quorated; do systemctl cat $unit.service >/dev/null 2>&1 && manager=$unit; done; \
    for unit in pacemaker quorated; do systemctl is-active --quiet $unit.service && manager=$unit; done; \
    [ -n \"$manager\" ] || { echo 'no cluster manager is installed' >&2; exit 1; }; \
    corosync=; [ -e /etc/corosync/corosync.conf ] && corosync=corosync; ";

/// Resources that stop take their time.
const LIMIT: Duration = Duration::from_secs(600);

pub fn start(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, call)?;
    started(session, &targets)
}

fn started(session: &mut Session, targets: &[Host]) -> Outcome {
    // The manager waits for its peers, so nobody waits for the manager.
    let line = format!(
        "for unit in $corosync; do {}; done; {}systemctl start --no-block $manager",
        quorate_bootstrap::step::start("start", "$unit"),
        quorate_bootstrap::step::forgive("$manager")
    );
    each(session, targets, &line, "started")
}

pub fn stop(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, call)?;
    stopped(session, &targets)
}

fn stopped(session: &mut Session, targets: &[Host]) -> Outcome {
    each(session, targets, "systemctl stop $manager", "the resources are stopped")?;
    let line =
        "systemctl stop corosync-qdevice 2>/dev/null; for unit in $corosync; do systemctl stop $unit || exit 1; done";
    each(session, targets, line, "stopped")
}

pub fn restart(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, call)?;
    stopped(session, &targets)?;
    started(session, &targets)
}

pub fn enable(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, call)?;
    each(session, &targets, "systemctl enable --quiet $corosync $manager", "starts at boot")?;
    if call.has(NOW) { started(session, &targets) } else { Ok(()) }
}

pub fn disable(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, call)?;
    each(session, &targets, "systemctl disable --quiet $corosync $manager", "does not start at boot")?;
    if call.has(NOW) { stopped(session, &targets) } else { Ok(()) }
}

/// This host, those that are named, or all.
fn targets(session: &mut Session, call: &Call) -> Outcome<Vec<Host>> {
    let words = call.words();
    match (call.has(ALL), words.is_empty()) {
        (true, true) => hosts::named(session, &[], false),
        (true, false) => Err(Failure::misused(call.span(0), "--all and names exclude each other")),
        (false, true) => Ok(vec![Host::here(&session.environment.node.host)]),
        (false, false) => hosts::named(session, &words, false),
    }
}

fn each(session: &mut Session, targets: &[Host], line: &str, done: &str) -> Outcome {
    let ssh = hosts::ssh(session);
    let line = format!("{UNITS}{line}");
    let results = on_each(targets, |host| host.must(&line, LIMIT, &ssh), |_, _| {});
    let mut failed = Vec::new();
    for (host, result) in targets.iter().zip(results) {
        match result {
            Ok(_) => session.ui.info(&format!("{}: {done}", host.name)),
            Err(error) => {
                failed.push(host.name.clone());
                hosts::tell(session, &error);
            }
        }
    }
    hosts::outcome("it failed on", &failed)
}
