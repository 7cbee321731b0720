//! One contract for all cluster engines: simulated ones by seeds, real ones between hosts.

use quorate_tests::contract::{Contract, Net, Real, STORIES, Simulated};

const SEEDS: u64 = 10;

fn check(mut net: impl FnMut(u64) -> Box<dyn Net>, seeds: u64) {
    for (name, story) in STORIES {
        for seed in 0..seeds {
            eprintln!("{name}, seed {seed}");
            let mut net = net(seed);
            let mut contract = Contract::new(net.as_mut());
            story(&mut contract);
            contract.check();
        }
    }
}

#[test]
fn the_embedded_engine_keeps_it_on_a_simulated_network() {
    check(|seed| Box::new(Simulated::embedded(seed, 3)), SEEDS);
}

#[test]
fn the_engine_over_corosync_keeps_it_over_a_simulated_one() {
    check(|seed| Box::new(Simulated::corosync(seed, 3)), SEEDS);
}

/// Whether there are hosts is said once.
#[track_caller]
fn check_between_hosts(engine: &'static str) {
    let hosts = || Real::new(env!("CARGO_BIN_EXE_engine_probe"), engine, 3);
    let Some(first) = hosts() else { return };
    let mut first = Some(first);
    check(|_| Box::new(first.take().or_else(hosts).expect("hosts, as before")), 1);
}

#[test]
fn the_embedded_engine_keeps_it_between_hosts() {
    check_between_hosts("embedded");
}

#[test]
fn the_engine_over_corosync_keeps_it_between_hosts() {
    check_between_hosts("corosync");
}
