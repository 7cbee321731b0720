//! PostgreSQL with PAF, unmodified, on three hosts under Corosync, and clients that write all the time.

use quorate_tests::hosts::Hosts;
use quorate_tests::lab::Lab;
use quorate_tests::postgres::{ADDRESS, Postgres};
use std::fs;
use std::path::Path;

const ALL: [&str; 3] = ["n1", "n2", "n3"];

fn done(hosts: &Hosts, node: &str, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = hosts.lab.tool(node, &words).output().expect("the tool runs");
    assert!(output.status.success(), "{line}: {output:?}");
}

/// The example that people load, with the laboratory's address and fence devices.
fn example(hosts: &Hosts) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/paf.crm");
    let text = fs::read_to_string(file).expect("the example");
    let directory = hosts.power.directory().display();
    let mut own = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let device = ["virsh", "socket"].into_iter().find(|id| line.starts_with(&format!("primitive {id} ")));
        match device {
            Some(id) => {
                lines.next();
                own += &format!("primitive {id} stonith:fence_power params dir=\"{directory}\"\n");
            }
            None => own += &format!("{line}\n"),
        }
    }
    assert!(own.contains("ip=192.0.2.100"), "{own}");
    own.replace("ip=192.0.2.100", &format!("ip={ADDRESS} nic=e0"))
}

fn primary(hosts: &Hosts, asked: &str) -> Option<String> {
    let places = hosts.lab.places(asked, "pgsqld");
    let mut promoted = places.iter().filter_map(|place| place.strip_suffix('*'));
    promoted.next().filter(|_| promoted.next().is_none()).map(str::to_string)
}

/// Which host has the address and takes writes, when there is one and all know their chances.
fn settled(postgres: &Postgres, asked: &str, hosts: usize) -> String {
    let lab = &postgres.hosts.lab;
    lab.wait("a primary that all follow", |_| {
        let streaming = postgres.query(ADDRESS, "select count(*) from pg_stat_replication where state = 'streaming'");
        streaming.is_some_and(|count| count == (hosts - 1).to_string()) && scores(postgres, asked) >= hosts
    });
    lab.wait("the cluster to come to rest", |lab| lab.status(asked).is_some_and(|status| status.idle));
    primary(&postgres.hosts, asked).expect("a primary")
}

/// How many hosts may be promoted.
fn scores(postgres: &Postgres, asked: &str) -> usize {
    let document = postgres.hosts.lab.document(asked);
    let pairs = document.root().descendants().filter(|pair| pair.attr("name") == Some("master-pgsqld"));
    pairs
        .filter(|pair| pair.attr("value").and_then(|score| score.parse().ok()).is_some_and(|score: i32| score > 0))
        .count()
}

#[test]
fn a_primary_dies_moves_and_comes_back_and_nothing_that_was_acknowledged_is_lost() {
    let Some(mut postgres) = Postgres::new(3) else { return };
    ALL.iter().for_each(|name| postgres.hosts.start(name));
    let lab = &postgres.hosts.lab;
    let known =
        |lab: &Lab| lab.document("n1").configuration().child("nodes").map_or(0, |nodes| nodes.elements().count());
    lab.wait("three nodes", |lab| lab.status("n1").is_some_and(|status| status.members.len() == 3) && known(lab) == 3);
    let batch = lab.directory().join("paf.crm");
    fs::write(&batch, example(&postgres.hosts)).expect("a batch");
    done(&postgres.hosts, "n1", &format!("crm -f {}", batch.display()));
    let first = settled(&postgres, "n1", 3);
    let mut clients = postgres.clients();
    writes_go_on(&postgres, &clients);

    // The primary's host dies: one of the others has all that was acknowledged, and takes over.
    let asked = ALL.into_iter().find(|name| *name != first).expect("another");
    postgres.hosts.kill(&first);
    writes_go_on(&postgres, &clients);
    let second = settled(&postgres, asked, 2);
    assert_ne!(second, first);
    assert_eq!(postgres.hosts.power.switched_off(&first), 1, "it is known to be off before another is primary");

    // It comes back as a standby.
    postgres.hosts.boot(&first);
    postgres.rewind(&first);
    postgres.hosts.start(&first);
    assert_eq!(settled(&postgres, asked, 3), second);

    // The primary is moved to it, and where it was before.
    for to in [&first, &second] {
        done(&postgres.hosts, asked, &format!("crm resource move pgsqld-clone {to}"));
        postgres
            .hosts
            .lab
            .wait(&format!("the primary to be {to}"), |_| primary(&postgres.hosts, asked).as_ref() == Some(to));
        writes_go_on(&postgres, &clients);
        done(&postgres.hosts, asked, "crm resource clear pgsqld-clone");
        assert_eq!(&settled(&postgres, asked, 3), to);
    }
    clients.end();
    postgres.judge(&clients);
    assert_eq!(ALL.map(|name| postgres.hosts.power.switched_off(name)).iter().sum::<usize>(), 1);
}

#[track_caller]
fn writes_go_on(postgres: &Postgres, clients: &quorate_tests::postgres::Clients) {
    let before = clients.acknowledged();
    postgres.hosts.lab.wait("writes to be acknowledged", |_| clients.acknowledged() > before + 20);
}
