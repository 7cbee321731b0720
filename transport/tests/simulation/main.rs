//! The embedded engine's protocol under faults: thousands of seeds, simulated clock and network.
//!
//! Laws: within a view all deliver the same messages in the same order; who goes together from
//! one view to the next has delivered the same; nobody delivers a message twice; two whole views
//! are never quorate at once; what one member has delivered, members of that view that go on
//! deliver too; once faults stop, all are in one view and everything sent has come back.
//! Replay one seed with QUORATE_SEED=n; run more with QUORATE_SEEDS=n.

mod world;

use world::{Faults, World};

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("QUORATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("QUORATE_SEEDS").unwrap_or(60),
    }
}

fn check(nodes: u32, faults: Faults) {
    for seed in seeds() {
        let mut world = World::new(seed, nodes, faults);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run()));
        if let Err(cause) = outcome {
            let words = cause.downcast_ref::<String>().cloned();
            let words = words.or_else(|| cause.downcast_ref::<&str>().map(|text| text.to_string()));
            panic!(
                "seed {seed}, {nodes} nodes, {faults:?}: {}\nreplay: QUORATE_SEED={seed}",
                words.unwrap_or_default()
            );
        }
    }
}

const CALM: Faults =
    Faults { drop: 0, duplicate: 0, delay: 5, partitions: false, crashes: false, pauses: false, leaves: false };

#[test]
fn a_calm_network_delivers_everything_to_everyone() {
    check(3, CALM);
    check(1, CALM);
}

#[test]
fn lost_late_and_doubled_packets_change_nothing() {
    check(3, Faults { drop: 10, duplicate: 10, delay: 60, ..CALM });
}

#[test]
fn partitions_heal_into_one_view() {
    check(5, Faults { partitions: true, drop: 2, delay: 30, ..CALM });
}

#[test]
fn crashes_and_restarts_lose_no_order() {
    check(3, Faults { crashes: true, drop: 2, delay: 30, ..CALM });
}

#[test]
fn a_paused_node_comes_back_as_a_new_member() {
    check(4, Faults { pauses: true, delay: 30, ..CALM });
}

#[test]
fn a_goodbye_is_no_fault() {
    check(4, Faults { leaves: true, delay: 30, ..CALM });
}

#[test]
fn everything_at_once() {
    let all = Faults { drop: 5, duplicate: 5, delay: 80, partitions: true, crashes: true, pauses: true, leaves: true };
    check(2, all);
    check(5, all);
}
