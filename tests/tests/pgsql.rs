//! PostgreSQL with the `pgsql` agent, unmodified, on two hosts under Corosync: what the agent says of each host,
//! and that nothing is lost when the primary's dies.

use quorate_tests::postgres::pgsql::{BOTH, Pgsql};

/// What the agent says of a primary: it runs as one, its data is the latest, and it is to stay.
const PRIMARY: [&str; 3] = ["PRI", "LATEST", "1000"];

/// The one that is primary, and the other.
fn roles(pgsql: &Pgsql) -> (&'static str, &'static str) {
    pgsql.lab().wait("a primary", |lab| lab.places("n1", "pgsql").iter().any(|place| place.ends_with('*')));
    let places = pgsql.lab().places("n1", "pgsql");
    let is_primary = |name: &&str| places.contains(&format!("{name}*"));
    let primary = BOTH.into_iter().find(is_primary).expect("a primary");
    (primary, BOTH.into_iter().find(|name| *name != primary).expect("another"))
}

#[test]
fn a_primary_whose_standby_has_all_is_followed_by_it_and_returns_when_it_is_repaired() {
    let Some(mut pgsql) = Pgsql::running("sync") else { return };
    let (first, second) = roles(&pgsql);
    pgsql.wait_for("n1", first, PRIMARY);
    pgsql.wait_for("n1", second, ["HS:sync", "STREAMING|SYNC", "100"]);
    // Before there was a primary each had told where its log ends.
    assert!(!pgsql.attribute("n1", first, "pgsql-master-baseline").is_empty());
    let mut clients = pgsql.postgres.clients();
    pgsql.writes_go_on(&clients);

    pgsql.postgres.hosts.kill(first);
    pgsql.writes_go_on(&clients);
    assert_eq!(pgsql.postgres.hosts.power.switched_off(first), 1, "it is known to be off before another is primary");
    pgsql.wait_for(second, second, PRIMARY);
    pgsql.lab().wait("what is known of the lost one's data", |_| {
        pgsql.attribute(second, first, "pgsql-data-status") == "DISCONNECT"
    });

    // It was a primary when it died: the agent does not start on what it has, and says what to do.
    pgsql.postgres.hosts.boot(first);
    pgsql.postgres.hosts.start(first);
    pgsql.lab().wait("its start to be refused", |lab| {
        lab.whole_log(second).contains("You have to remove /var/lib/postgresql/tmp/PGSQL.lock")
    });
    pgsql.writes_go_on(&clients);
    pgsql.repair(first);
    pgsql.lab().done(second, &format!("crm resource cleanup pgsql {first}"));
    pgsql.wait_for(second, first, ["HS:sync", "STREAMING|SYNC", "100"]);
    pgsql.writes_go_on(&clients);

    // Without its standby a primary goes on alone; who has not all of it cannot follow it.
    pgsql.lab().done(second, &format!("crm node standby {first}"));
    pgsql.wait_for(second, first, ["STOP", "DISCONNECT", "-INFINITY"]);
    pgsql.writes_go_on(&clients);
    pgsql.lab().done(second, &format!("crm node online {first}"));
    pgsql.wait_for(second, first, ["HS:sync", "STREAMING|SYNC", "100"]);
    clients.end();
    pgsql.postgres.judge(&clients);
}

#[test]
fn a_standby_that_streams_as_it_can_is_shown_as_such_and_takes_over() {
    let Some(pgsql) = Pgsql::running("async") else { return };
    let (first, second) = roles(&pgsql);
    pgsql.wait_for("n1", first, PRIMARY);
    pgsql.wait_for("n1", second, ["HS:async", "STREAMING|ASYNC", "100"]);
    pgsql.lab().done("n1", &format!("crm node standby {first}"));
    pgsql.wait_for("n1", second, PRIMARY);
    pgsql.lab().wait("the address to follow", |lab| lab.places("n1", "vip-rep") == [second]);
    assert_eq!(BOTH.map(|name| pgsql.postgres.hosts.power.switched_off(name)), [0, 0]);
}
