//! Hosts under Corosync that are restarted, wiped, added and taken away while resources run.

use quorate_tests::hosts::{Hosts, Plan};
use quorate_tests::lab::Lab;
use std::fs;

#[track_caller]
fn done(lab: &Lab, node: &str, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = lab.tool(node, &words).output().expect("the tool runs");
    assert!(output.status.success(), "{line}: {output:?}");
}

/// Every start and stop of what runs.
fn record(lab: &Lab) -> String {
    fs::read_to_string(lab.directory().join("record")).unwrap_or_default()
}

const ALL: [&str; 3] = ["n1", "n2", "n3"];

fn three_and_a_spare() -> Option<Hosts> {
    let hosts = Hosts::planned(&Plan { spare: 1, ..Plan::of(3) })?;
    ALL.iter().for_each(|name| hosts.start(name));
    hosts.lab.wait_together("n1", &ALL);
    let (power, record) = (hosts.power.directory().display(), hosts.lab.directory().join("record"));
    let primitive = |id: usize| {
        let record = record.display();
        format!(
            "primitive r{id} ocf:quorate:Dummy params record=\"{record}\" op monitor interval=1s\n\
                 location l{id} r{id} 100: n{id}\n"
        )
    };
    let resources: String = (1..=3).map(primitive).collect();
    let batch = hosts.lab.directory().join("batch.crm");
    let text = format!(
        "configure\nprimitive power stonith:fence_power params dir=\"{power}\"\nlocation l-power power 100: n1\n\
         {resources}commit\n"
    );
    fs::write(&batch, text).expect("a batch");
    done(&hosts.lab, "n1", &format!("crm -f {}", batch.display()));
    at_home(&hosts.lab);
    Some(hosts)
}

#[track_caller]
fn at_home(lab: &Lab) {
    for number in 1..=3 {
        lab.wait_at("n1", &format!("r{number}"), &[&format!("n{number}")]);
    }
    lab.wait("the cluster to come to rest", |lab| lab.status("n1").is_some_and(|status| status.idle));
}

fn ends(hosts: &Hosts, name: &str) {
    hosts.lab.wait(&format!("{name}'s daemon to end"), |lab| lab.status(name).is_none());
}

#[test]
fn daemons_and_corosync_are_restarted_and_nothing_that_runs_is_touched() {
    let Some(hosts) = three_and_a_spare() else { return };
    let before = record(&hosts.lab);
    done(&hosts.lab, "n1", "crm configure property maintenance-mode=true");
    for name in ALL {
        hosts.signal(name, "-TERM");
        ends(&hosts, name);
        hosts.start(name);
        hosts.lab.wait_together(name, &ALL);
    }
    // Corosync is asked to end though its daemon runs: that leaves, and both are begun again.
    for name in ALL {
        hosts.command(name, "corosync-cfgtool").args(["-H", "--force"]).output().expect("its tool");
        ends(&hosts, name);
        hosts.lab.wait("its Corosync to end", |_| !hosts.runs_corosync(name));
        hosts.start_corosync(name);
        hosts.start(name);
        hosts.lab.wait_together(name, &ALL);
    }
    done(&hosts.lab, "n2", "crm configure property maintenance-mode=false");
    at_home(&hosts.lab);
    assert_eq!(record(&hosts.lab), before, "what runs was touched");
    assert_eq!(ALL.map(|name| hosts.power.switched_off(name)), [0; 3]);
}

#[test]
fn hosts_are_wiped_added_and_taken_away_while_resources_run() {
    let Some(mut hosts) = three_and_a_spare() else { return };
    // A host dies, and comes back under its name with a new disk.
    hosts.kill("n3");
    hosts.lab.wait("r3 to run elsewhere", |lab| {
        let places = lab.places("n1", "r3");
        places.len() == 1 && places != ["n3"]
    });
    hosts.wipe("n3");
    hosts.boot("n3");
    hosts.start("n3");
    hosts.lab.wait_together("n3", &ALL);
    at_home(&hosts.lab);
    let version = |lab: &Lab, name: &str| lab.document(name).version();
    hosts.lab.wait("n3 to hold what the others do", |lab| version(lab, "n3") == version(lab, "n1"));

    // A fourth comes.
    let before = record(&hosts.lab);
    hosts.configure(&[1, 2, 3, 4], "n1");
    hosts.boot("n4");
    hosts.start("n4");
    hosts.lab.wait_together("n4", &["n1", "n2", "n3", "n4"]);
    at_home(&hosts.lab);
    assert_eq!(record(&hosts.lab), before, "what runs was touched");
    done(&hosts.lab, "n4", "crm configure location l-n4 r1 inf: n4");
    hosts.lab.wait_at("n2", "r1", &["n4"]);

    // The second goes for good. Three of its four remain.
    hosts.signal("n2", "-TERM");
    ends(&hosts, "n2");
    hosts.kill("n2");
    hosts.lab.wait_together("n1", &["n1", "n3", "n4"]);
    hosts.configure(&[1, 3, 4], "n1");
    done(&hosts.lab, "n1", "crm configure delete l2");
    done(&hosts.lab, "n1", "crm_node -R n2 --force");
    for name in ["n1", "n3", "n4"] {
        hosts.lab.wait("n2 to be forgotten", |lab| !lab.document(name).to_text().contains("\"n2\""));
    }
    hosts.lab.wait_at("n1", "r1", &["n4"]);
    hosts.lab.wait_at("n1", "r3", &["n3"]);
    // So one more may go without the rest losing its quorum.
    hosts.kill("n3");
    hosts.lab.wait("r3 to run elsewhere", |lab| {
        let places = lab.places("n1", "r3");
        places.len() == 1 && places != ["n3"] && lab.status("n1").is_some_and(|status| status.quorate)
    });
    let counts = ["n1", "n2", "n3", "n4"].map(|name| hosts.power.switched_off(name));
    assert_eq!(counts[..2], [0, 0], "who was never away, and who left in order: {counts:?}");
}
