//! `cluster`: the nodes as machines: from bare hosts to a cluster, its services, what is run on and copied to them.
//!
//! In: calls. Out: what the hosts answered.
//! Absent: how a cluster is planned (see `quorate_bootstrap`), its resources.

mod bring;
mod device;
mod flags;
mod given;
mod health;
mod login;
mod migrate;
mod obstacles;
mod rename;
mod services;
mod shared;

use crate::command::{Call, Command, Level, Run, What, any, maybe, one};
use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use flags::{
    ADMIN, ALGORITHM, ALL, ARBITER, ARBITER_PORT, BACK, CARRIER, CHECKSUM, CONTACT, COPY_KEY, DRY_RUN, FORCED,
    INTERFACE, IPV6, LOCAL, MULTI, NAME, NODE, NOW, PASSWORDS, QUIET, TIE_BREAKER, TLS, YES,
};
use std::time::{Duration, Instant};

pub static LEVEL: Level = Level {
    name: "cluster",
    help: "the nodes as machines: make a cluster, start it, run a command, copy a file",
    commands: &[
        Command {
            name: "init",
            arguments: &[any("options", What::Text)],
            flags: &[
                YES,
                NAME,
                NODE,
                INTERFACE,
                CARRIER,
                MULTI,
                IPV6,
                ADMIN,
                ARBITER,
                ARBITER_PORT,
                ALGORITHM,
                TIE_BREAKER,
                TLS,
                PASSWORDS,
                COPY_KEY,
                QUIET,
                DRY_RUN,
            ],
            reads_flags: true,
            help: "make a cluster of this host and others",
            details: "Looks at all hosts at once (by ssh, with an agent or keys that are there, else with a password that is asked for\nonce a host: known_hosts is checked, nothing is added to it), shows the plan, asks, and carries it out: key and corosync.conf are checked on all hosts before anything\nis started. What is done already is left alone, so a second run goes on where the first stopped, and hosts\nthat are named later come to the cluster. A host may be USER@HOST:PORT;\nanother user than root works there by sudo. One that cannot be reached is left\nout, and the exit code is 1. Without -i the hosts are linked over the first network that all have.",
            examples: &[
                "init -y -n lab -N n2 -N n3",
                "init -n lab -N n2 -N n3 --dry-run",
                "init -n lab -N n2 -i eth0 -i eth1",
            ],
            run: Run::Do(bring::init),
            ..Command::DEFAULT
        },
        Command {
            name: "join",
            arguments: &[any("options", What::Text)],
            flags: &[YES, CONTACT, INTERFACE, PASSWORDS, COPY_KEY, QUIET, DRY_RUN],
            reads_flags: true,
            help: "bring this host to a cluster",
            details: "Key and corosync.conf come from HOST; every node of the cluster is told of the new one.",
            examples: &["join -c n1"],
            run: Run::Do(bring::join),
            ..Command::DEFAULT
        },
        Command {
            name: "remove",
            aliases: &["delete"],
            arguments: &[any("options", What::Text)],
            flags: &[YES, FORCED, PASSWORDS, QUIET, DRY_RUN],
            reads_flags: true,
            help: "take nodes out of the cluster",
            details: "A node that is up leaves first, with its resources; the others forget it; corosync.conf, authkey and the\ncopies of the CIB are removed there. One that is dead is forgotten by the others. Refused, if those who stay\nwould be without quorum, or if a node runs that cannot be reached.",
            examples: &["remove n3", "remove -y n3 n4"],
            run: Run::Do(bring::remove),
        },
        Command {
            name: "migrate",
            flags: &[YES, BACK, DRY_RUN],
            help: "change the cluster manager under resources that run: from Pacemaker to Quorate, or --back",
            details: "Looks at all hosts and at the configuration and names all that speaks against it, shows the plan, asks. Then: maintenance\nmode; Pacemaker is stopped everywhere, Corosync and the resources run on; quorated is started on the same configuration\nand finds what runs; if all runs where it ran and nothing would be done, maintenance mode ends. It stops at the first\nthing that is not as it should be, in maintenance mode, and says where; `migrate --back` leads back from there.",
            examples: &["migrate --dry-run", "migrate -y", "migrate --back"],
            run: Run::Do(migrate::migrate),
            ..Command::DEFAULT
        },
        Command {
            name: "start",
            arguments: &[any("node", What::Node)],
            flags: &[ALL],
            help: "start Corosync and the cluster manager, here or on other nodes",
            examples: &["start", "start --all", "start n2 n3"],
            run: Run::Do(services::start),
            ..Command::DEFAULT
        },
        Command {
            name: "stop",
            arguments: &[any("node", What::Node)],
            flags: &[ALL],
            help: "stop the cluster manager with its resources, then Corosync",
            details: "On several nodes the cluster manager is stopped on all of them before Corosync is on any.",
            examples: &["stop", "stop --all"],
            run: Run::Do(services::stop),
            ..Command::DEFAULT
        },
        Command {
            name: "restart",
            arguments: &[any("node", What::Node)],
            flags: &[ALL],
            help: "stop, then start",
            run: Run::Do(services::restart),
            ..Command::DEFAULT
        },
        Command {
            name: "enable",
            arguments: &[any("node", What::Node)],
            flags: &[ALL, NOW],
            help: "start Corosync and the cluster manager at boot",
            run: Run::Do(services::enable),
            ..Command::DEFAULT
        },
        Command {
            name: "disable",
            arguments: &[any("node", What::Node)],
            flags: &[ALL, NOW],
            help: "do not start them at boot",
            run: Run::Do(services::disable),
            ..Command::DEFAULT
        },
        Command {
            name: "status",
            help: "who is here, who leads, is there quorum",
            run: Run::Do(status),
            ..Command::DEFAULT
        },
        Command {
            name: "health",
            flags: &[LOCAL],
            help: "look at all hosts: services, files, clocks, room, quorum",
            details: "The exit code is 1 if anything is wrong anywhere.",
            run: Run::Do(health::health),
            ..Command::DEFAULT
        },
        Command {
            name: "wait_for_startup",
            arguments: &[maybe("seconds", What::Text)],
            help: "wait until the cluster is up on this host, 10 seconds at most or SECONDS",
            details: "The exit code is 6 if it is not.",
            run: Run::Do(wait_for_startup),
            ..Command::DEFAULT
        },
        Command {
            name: "rename",
            arguments: &[one("name", What::Text)],
            help: "give the cluster another name, in corosync.conf of all nodes and in the configuration",
            details: "Corosync takes it when it is started the next time.",
            examples: &["rename web"],
            run: Run::Do(rename::rename),
            ..Command::DEFAULT
        },
        Command {
            name: "run",
            arguments: &[one("command", What::Text), any("node", What::Node)],
            help: "run a shell command on all nodes, or on some",
            details: "A node may be written USER@HOST:PORT. The exit code is 1 if the command failed anywhere.",
            examples: &["run \"uptime\"", "run \"systemctl status quorated\" n1 n2"],
            run: Run::Do(shared::run_command),
            ..Command::DEFAULT
        },
        Command {
            name: "copy",
            arguments: &[one("file", What::File), any("node", What::Node)],
            help: "copy a file to the same place on all other nodes, or on some",
            examples: &["copy /etc/hosts", "copy /etc/motd n2"],
            run: Run::Do(shared::copy_file),
            ..Command::DEFAULT
        },
        Command {
            name: "diff",
            arguments: &[one("file", What::File), any("node", What::Node)],
            flags: &[CHECKSUM],
            help: "how a file of other nodes differs from the one here",
            details: "The exit code is 1 if any differs, or cannot be fetched.",
            examples: &["diff /etc/hosts", "diff --checksum /etc/hosts n2"],
            run: Run::Do(shared::diff_file),
            ..Command::DEFAULT
        },
    ],
};

fn status(session: &mut Session, _: &Call) -> Outcome {
    let status = session.cluster_status()?;
    let mut text = format!("node:     {}\n", status.node);
    text.push_str(&format!("members:  {}\n", status.members.join(" ")));
    text.push_str(&format!("quorum:   {}\n", if status.quorate { "yes" } else { "no" }));
    text.push_str(&format!("leader:   {}\n", status.leader.as_deref().unwrap_or("none yet")));
    text.push_str(&format!("version:  {}\n", status.version));
    match &status.transition {
        Some(transition) => {
            text.push_str(&format!("busy:     {} actions\n", transition.actions));
            for (action, node) in &transition.running {
                text.push_str(&format!("          {action} on {node}\n"));
            }
        }
        None => text.push_str(if status.idle { "busy:     no\n" } else { "busy:     thinking\n" }),
    }
    session.ui.print(&text);
    Ok(())
}

/// As crmsh waits.
const STARTUP_SECONDS: u64 = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(200);

fn wait_for_startup(session: &mut Session, call: &Call) -> Outcome {
    let seconds = match call.argument(0) {
        None => STARTUP_SECONDS,
        Some(word) => {
            word.parse().map_err(|_| Failure::misused(call.span(0), format!("`{word}` is no number of seconds")))?
        }
    };
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        let missing = match session.cluster_status() {
            Ok(status) if status.leader.is_some() => return Ok(()),
            Ok(_) => "no leader yet".to_string(),
            Err(failure) => failure.message,
        };
        if Instant::now() >= deadline {
            return Err(Failure::new(Kind::Timeout, format!("the cluster is not up after {seconds} s: {missing}")));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
