//! Outages and pauses of all, steps of clocks: time passes, and nobody is to be cut off for it.

use super::{SEEDS, UP, check, wait};
use quorate_tests::world::{Chance, World};

#[test]
fn an_outage_for_all_cuts_off_nobody() {
    let story = |world: &mut World| {
        world.part_all();
        wait(world, UP + 5_000);
        world.mend();
    };
    check(3, &[], story, &[]);
    check(5, &[], story, &[]);
}

#[test]
fn a_node_that_stood_still_does_not_hold_the_silence_against_others() {
    let story = |world: &mut World| world.stand_still(1, UP + 1_200);
    check(2, &[], story, &[]);
}

/// Guests of one host go on one after the other once it does.
#[test]
fn a_pause_of_all_cuts_off_nobody_though_they_go_on_one_by_one() {
    for (nodes, pauses) in [
        (3, &[3_000, 3_100, 5_500][..]),
        (3, &[5_500, 3_000, 3_100]),
        (3, &[60_000, 61_000, 63_500]),
        (5, &[3_000, 3_200, 3_400, 5_000, 6_000]),
        (5, &[6_000, 5_000, 3_400, 3_200, 3_000]),
        (2, &[3_000, 5_500]),
        (2, &[5_500, 3_000]),
    ] {
        let story = |world: &mut World| {
            for (node, pause) in (1..).zip(pauses) {
                world.stand_still(node, UP + pause);
            }
        };
        check(nodes, &[], story, &[]);
    }
    // One that does not go on is missed in the end.
    let story = |world: &mut World| {
        for (node, pause) in [(1, 3_000), (2, 3_100), (3, 30_000)] {
            world.stand_still(node, UP + pause);
        }
    };
    check(3, &[], story, &[3]);
}

/// Hours ahead or back, on one host, on all, or apart.
#[test]
fn a_step_of_the_clock_cuts_off_nobody_and_stops_no_monitor() {
    const HOURS: i64 = 3_600;
    for steps in [[6, 0, 0], [0, -6, 0], [0, 0, 6], [-6, -6, -6], [6, 6, 6], [6, -6, 0]] {
        let story = |world: &mut World| {
            for (node, by) in (1..).zip(steps) {
                world.step_clock(node, by * HOURS);
            }
            wait(world, UP + 20_000);
            world.dies("p1");
            wait(world, UP + 40_000);
            let active = world.active();
            assert_eq!(active["p1"].len(), 1, "{steps:?}: its monitor is at work\n{}", world.story.join("\n"));
            // Who comes back takes its clock for what it is.
            world.lose_power_for(2, 5_000);
        };
        check(3, &[], story, &[2]);
    }
}

/// Whether somebody remembers that a resource has failed.
fn remembers_failure(world: &World, resource: &str) -> bool {
    let (_, node) = world.nodes().next().expect("a node lives");
    let name = format!("fail-count-{resource}#monitor_7000");
    node.document().status().descendants().any(|pair| pair.attr("name") == Some(&name))
}

#[test]
fn failures_do_not_age_by_steps_of_the_clock() {
    for seed in 0..SEEDS {
        for hours in [6, -6] {
            let mut world = World::calm(seed, 3, Chance::new(seed)).with_meta("p1", "failure-timeout", "60s");
            world.run_until(UP).expect("the laws hold");
            world.dies("p1");
            wait(&mut world, UP + 15_000);
            assert!(remembers_failure(&world, "p1"), "its monitor has told");
            for node in 1..=3 {
                world.step_clock(node, hours * 3_600);
            }
            // Somebody has a reason to decide.
            world.dies("p2");
            wait(&mut world, UP + 35_000);
            assert!(remembers_failure(&world, "p1"), "seed {seed}: forgotten at once after {hours} hours");
            wait(&mut world, UP + 100_000);
            assert_eq!(remembers_failure(&world, "p1"), hours < 0, "seed {seed}: by its age, after {hours} hours");
        }
    }
}
