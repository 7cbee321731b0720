//! PostgreSQL with PAF, unmodified, on three hosts under Corosync, and clients that write all the time.

use quorate_tests::postgres::paf::{ALL, Paf};
use quorate_tests::postgres::rounds::Rounds;
use std::time::{Duration, Instant};

/// Another host than this one.
fn other_than(name: &str) -> &'static str {
    ALL.into_iter().find(|other| *other != name).expect("another")
}

#[test]
fn a_primary_dies_moves_and_comes_back_and_nothing_that_was_acknowledged_is_lost() {
    let Some(mut paf) = Paf::running() else { return };
    let first = paf.primary_at_rest("n1", 3);
    let mut clients = paf.postgres.clients();
    paf.writes_go_on(&clients);

    // The primary's host dies: one of the others has all that was acknowledged, and takes over.
    let asked = other_than(&first);
    let killed = Instant::now();
    paf.postgres.hosts.kill(&first);
    paf.writes_go_on(&clients);
    let pause = clients.longest_pause(killed);
    let second = paf.primary_at_rest(asked, 2);
    told_as_it_was(&paf, asked, (&first, &second), pause);
    assert_ne!(second, first);
    assert_eq!(paf.postgres.hosts.power.switched_off(&first), 1, "it is known to be off before another is primary");

    // It comes back as a standby.
    paf.postgres.hosts.boot(&first);
    paf.postgres.rewind(&first);
    paf.postgres.hosts.start(&first);
    assert_eq!(paf.primary_at_rest(asked, 3), second);

    // The primary is moved to it, and where it was before.
    for to in [&first, &second] {
        paf.done(asked, &format!("crm resource move pgsqld-clone {to}"));
        paf.lab().wait(&format!("the primary to be {to}"), |_| paf.primary(asked).as_ref() == Some(to));
        paf.writes_go_on(&clients);
        paf.done(asked, "crm resource clear pgsqld-clone");
        assert_eq!(&paf.primary_at_rest(asked, 3), to);
    }
    clients.end();
    paf.postgres.judge(&clients);
    assert_eq!(paf.switched_off(), 1);
}

#[test]
fn instances_are_killed_standbys_die_and_all_are_shut_down_and_nothing_that_was_acknowledged_is_lost() {
    let Some(mut paf) = Paf::running() else { return };
    let primary = paf.primary_at_rest("n1", 3);
    let standbys: Vec<&str> = ALL.into_iter().filter(|name| **name != primary).collect();
    let mut clients = paf.postgres.clients();
    paf.writes_go_on(&clients);

    // An instance is killed: it is started again where it was, a primary as a primary.
    for name in [standbys[0], &primary] {
        paf.postgres.kill_instance(name);
        paf.lab().wait("the failure to be noticed", |lab| failures(lab, "n1") > 0);
        assert_eq!(paf.primary_at_rest("n1", 3), primary, "{name}");
        paf.writes_go_on(&clients);
        paf.done("n1", "crm resource cleanup pgsqld-clone");
        paf.lab().wait("the failure to be forgotten", |lab| failures(lab, "n1") == 0);
    }
    assert_eq!(paf.switched_off(), 0, "nobody is cut off for an instance");

    // A standby's host dies: the other one acknowledges what is written.
    paf.postgres.hosts.kill(standbys[0]);
    assert_eq!(paf.primary_at_rest(&primary, 2), primary);
    paf.writes_go_on(&clients);
    come_back(&mut paf, &[standbys[0]]);
    assert_eq!(paf.primary_at_rest(&primary, 3), primary);

    // Both do: what is left has no quorum and ends its instance.
    standbys.iter().for_each(|name| paf.postgres.hosts.kill(name));
    let runs = |place: &String| place.trim_end_matches('*') == primary;
    paf.lab().wait("the primary to be stopped", |lab| !lab.places(&primary, "pgsqld").iter().any(runs));
    come_back(&mut paf, &standbys);
    paf.primary_at_rest(&primary, 3);
    paf.writes_go_on(&clients);

    // All are shut down in order, and start in another one.
    ALL.iter().for_each(|name| paf.postgres.hosts.signal(name, "-TERM"));
    paf.lab().wait("all to have left", |lab| ALL.iter().all(|name| lab.status(name).is_none()));
    let fenced = paf.switched_off();
    ALL.iter().rev().for_each(|name| paf.postgres.hosts.start(name));
    paf.primary_at_rest("n3", 3);
    paf.writes_go_on(&clients);
    clients.end();
    paf.postgres.judge(&clients);
    assert_eq!(paf.switched_off(), fenced, "nobody is cut off for having been shut down");
}

/// The page of the incident has the clients' time: from when the host was last heard until the address is elsewhere.
fn told_as_it_was(paf: &Paf, asked: &str, (from, to): (&str, &str), pause: Duration) {
    let leader = paf.lab().status(asked).and_then(|status| status.leader).expect("a leader");
    let page = paf.lab().crm(&leader, &["history", "incident"]);
    let moves = format!("pgsql-ip: {from} -> {to}, ");
    for words in [
        &format!("last heartbeat: {from} is lost"),
        &format!("(since {from} was last heard)"),
        &format!("pgsqld promoted: {from} -> {to}, "),
        &moves,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let down = page.split_once(&moves).and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok()).unwrap_or(0.0);
    // Corosync needs its token and its consensus; that a host was heard is seen within a second or so.
    let pause = pause.as_secs_f64();
    assert!(5.0 < down && down < pause + 3.0, "{down} of {pause}: {page}");
}

/// `QUORATE_PAF_ROUNDS` (2) and `QUORATE_PAF_SEED` (1) make it longer and other.
#[test]
fn nothing_that_was_acknowledged_is_lost_whatever_happens() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let Some(mut rounds) = Rounds::new(number("QUORATE_PAF_SEED").unwrap_or(1)) else { return };
    for _ in 0..number("QUORATE_PAF_ROUNDS").unwrap_or(2) {
        rounds.round();
    }
    rounds.clients.end();
    let timelines = rounds.paf.postgres.primaries(&rounds.clients);
    let rows = rounds.clients.acknowledged();
    println!("{}\n{rows} rows acknowledged, none lost; {} primaries", rounds.story.join("\n"), timelines.len());
}

/// How many failures of instances a node knows of.
fn failures(lab: &quorate_tests::lab::Lab, asked: &str) -> usize {
    let document = lab.document(asked);
    let pairs = document.status().descendants();
    pairs.filter(|pair| pair.attr("name").is_some_and(|name| name.starts_with("fail-count-pgsqld"))).count()
}

/// Hosts whose instances were standbys are switched on again.
fn come_back(paf: &mut Paf, names: &[&str]) {
    for name in names {
        paf.postgres.hosts.boot(name);
        paf.postgres.hosts.start(name);
    }
}
