//! Stories of single faults in the simulated cluster: what is cut off, what is answered.
//!
//! Each story is told with several seeds, which only vary delays.

mod disks;
mod moves;
mod pauses;
mod status;

use quorate_core::node::{Refusal, Reply, Request};
use quorate_tests::world::{BROKEN, CRASHED, Chance, FenceDevices, MOVABLE, STUBBORN, World};
use std::collections::BTreeSet;

const SEEDS: u64 = 12;

/// When the cluster is up and at rest. Milliseconds.
const UP: u64 = 20_000;

/// Whom devices cut off by the end of a story; the laws hold throughout.
#[track_caller]
fn check(nodes: u32, parameters: &[(&str, &str)], story: impl Fn(&mut World), expected: &[u32]) {
    for seed in 0..SEEDS {
        let mut world = World::calm(seed, nodes, Chance::new(seed)).with_device_parameters(parameters);
        world.verbose = true;
        world.run_until(UP).expect("the laws hold");
        story(&mut world);
        let ended = world.run();
        let mut fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        fenced.sort_unstable();
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{}", world.story.join("\n"));
        assert_eq!(fenced, expected, "seed {seed}\n{}", world.story.join("\n"));
    }
}

#[track_caller]
fn wait(world: &mut World, until: u64) {
    world.run_until(until).expect("the laws hold");
}

/// Cut for eight seconds.
fn split(world: &mut World) {
    world.cut_off(&[1]);
    wait(world, UP + 8_000);
    world.mend();
}

#[test]
fn of_two_nodes_that_lose_each_other_one_survives() {
    check(2, &[], split, &[2]);
    check(2, &[("pcmk_delay_base", "0s")], split, &[2]);
    // Who is shot at later wins.
    check(2, &[("pcmk_delay_base", "n1:3s;n2:0s")], split, &[2]);
    check(2, &[("pcmk_delay_base", "n1:0s;n2:3s")], split, &[1]);
}

#[test]
fn a_node_that_comes_back_while_it_is_being_cut_off_waits_outside() {
    let story = |world: &mut World| {
        world.fence_agents_take = Some(5_000);
        world.lose_power_for(3, 2_500);
    };
    check(5, &[], story, &[3]);
}

#[test]
fn one_that_was_cut_from_the_network_is_not_let_in_between_shot_and_proof() {
    let story = |world: &mut World| {
        world.fence_agents_take = Some(6_000);
        world.cut_off(&[3]);
        wait(world, UP + 3_000);
        world.mend();
    };
    check(5, &[], story, &[3]);
}

#[test]
fn of_two_nodes_one_is_cut_off_once_if_they_meet_again_meanwhile() {
    let story = |world: &mut World| {
        world.fence_agents_take = Some(3_000);
        world.cut_off(&[1]);
        wait(world, UP + 2_000);
        world.mend();
    };
    check(2, &[], story, &[2]);
}

#[test]
fn the_end_of_one_fencing_does_not_begin_another_anew() {
    let story = |world: &mut World| {
        world.fence_agents_take = Some(5_000);
        world.lose_power_for(3, 60_000);
        wait(world, UP + 2_500);
        world.lose_power_for(4, 60_000);
    };
    check(5, &[], story, &[3, 4]);
}

/// A device does one thing at a time: what is asked of it waits, and whoever asked dies meanwhile.
#[test]
fn a_member_is_not_cut_off_for_one_who_is_away() {
    let story = |world: &mut World| {
        world.fence_agents_take = Some(5_000);
        world.lose_power_for(5, 60_000);
        wait(world, UP + 2_500);
        world.fence(4, 2);
        wait(world, UP + 3_000);
        world.lose_power_for(4, 60_000);
    };
    check(5, &[], story, &[4, 5]);
}

#[test]
fn a_device_that_says_off_of_a_member_that_speaks_on_is_not_believed() {
    for seed in 0..SEEDS {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.fence_devices = FenceDevices::Lie;
        world.verbose = true;
        wait(&mut world, UP);
        let asked = world.ask(1, Request::Fence { node: "n2".into(), action: "reboot".into() });
        let ended = world.run();
        let told = || format!("seed {seed}\n{}", world.story.join("\n"));
        assert!(ended.is_ok(), "{ended:?}\n{}", told());
        let answer = world.answer(asked);
        let refused = |reason: &str| reason.contains("still here");
        assert!(
            matches!(answer, Some(Reply::Refused(Refusal::NotFenced { reason })) if refused(reason)),
            "{answer:?}\n{}",
            told()
        );
        assert!(!world.story.iter().any(|line| line.contains("n2 is fenced")), "{}", told());
    }
}

#[test]
fn nobody_confirms_that_a_member_is_off() {
    check(
        3,
        &[],
        |world| {
            let asked = world.ask(1, Request::ConfirmFenced { node: "n2".into() });
            wait(world, UP + 1_000);
            let answer = world.answer(asked);
            assert!(matches!(answer, Some(Reply::Refused(Refusal::NotFenced { .. }))), "{answer:?}");
        },
        &[],
    );
}

/// Its probe says that it is stopped: only what was tried tells that no node is better than another.
#[test]
fn for_what_can_be_started_and_stopped_nowhere_one_is_cut_off_once() {
    for nodes in [2, 3, 5] {
        for seed in 0..SEEDS {
            let mut world = World::calm_with(seed, nodes, Chance::new(seed), Some(STUBBORN));
            world.verbose = true;
            let ended = world.run();
            let told = || format!("seed {seed}\n{}", world.story.join("\n"));
            assert!(ended.is_ok(), "{ended:?}\n{}", told());
            assert!(world.record.fenced.len() <= 1, "{:?}\n{}", world.record.fenced, told());
        }
    }
}

/// A database that crashed on one node: its stop fails there at every boot.
#[test]
fn a_node_that_fails_alike_at_every_boot_is_switched_off_the_third_time() {
    for nodes in [2, 3, 5] {
        for seed in 0..SEEDS / 3 {
            let mut world = World::calm_with(seed, nodes, Chance::new(seed), Some(CRASHED));
            world.verbose = true;
            let ended = world.run();
            let told = |world: &World| format!("seed {seed}, {nodes} nodes\n{}", world.story.join("\n"));
            assert!(ended.is_ok(), "{ended:?}\n{}", told(&world));
            let fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
            assert_eq!(fenced, [1, 1, 1], "{}", told(&world));
            assert_eq!(world.powered(), world.size() - 1, "{}", told(&world));
            // All members and their displays know why.
            for (_, node) in world.nodes() {
                let states = node.document().status().elements_named("node_state");
                let causes = states.flat_map(quorate_core::status::cause::read);
                let known: Vec<String> = causes.map(|cause| format!("{} {}", cause.action, cause.resource)).collect();
                assert_eq!(known, ["reboot crashed", "reboot crashed", "off crashed"], "{}", told(&world));
            }
            // Switched on before it is mended, it is not fenced again: the resource is blocked.
            world.switch_on(1);
            world.run_for(60_000).expect("the laws hold");
            assert_eq!(world.record.fenced.len(), 3, "{}", told(&world));
            assert!(world.nodes().all(|(_, node)| node.is_idle()), "{}", told(&world));
        }
    }
}

/// It cannot be known beforehand that no agent has the action: it is tried once, and that answer is final.
#[test]
fn where_no_agent_can_switch_off_the_third_fencing_is_not_tried_for_ever() {
    for seed in 0..SEEDS / 3 {
        let mut world = World::calm_with(seed, 3, Chance::new(seed), Some(CRASHED));
        world.verbose = true;
        world.fence_devices = FenceDevices::Lack("off");
        let ended = world.run();
        let told = world.story.join("\n");
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{told}");
        let fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        assert_eq!(fenced, [1, 1], "seed {seed}\n{told}");
        let tried = world.story.iter().filter(|line| line.contains("runs") && line.contains(" off for ")).count();
        assert_eq!(tried, 1, "seed {seed}\n{told}");
        for (_, node) in world.nodes() {
            let states = node.document().status().elements_named("node_state");
            let causes = states.flat_map(quorate_core::status::cause::read);
            assert_eq!(causes.last().map(|cause| cause.action).as_deref(), Some("off-impossible"), "{told}");
        }
        assert!(world.nodes().all(|(_, node)| node.is_idle()), "seed {seed}\n{told}");
    }
}

/// The one who comes is refused, goes, and says why; with a program of the others' version it joins.
#[test]
fn a_node_of_another_version_is_refused_and_harms_nobody() {
    let ours = quorate_transport::wire::WIRE_VERSION;
    for (theirs, late) in [(ours + 1, true), (200, true), (ours - 1, true), (200, false)] {
        let mut world = World::calm(1, 3, Chance::new(1));
        world.verbose = true;
        if late {
            wait(&mut world, UP);
            world.reinstall(3, theirs);
        } else {
            world.reinstall(3, theirs);
        }
        world.run_for(40_000).expect("the laws hold");
        let told = world.story.join("\n");
        let members = |node: &quorate_core::node::Node| node.agreed().map(Iterator::count);
        assert_eq!(world.nodes().map(|(_, node)| members(node)).collect::<Vec<_>>(), [Some(2), Some(2)], "{told}");
        assert!(told.contains(&format!("n3 is refused: it speaks version {theirs}")), "{told}");
        assert!(told.contains("n3 error: membership: n") && told.contains("this node does not join"), "{told}");
        assert!(world.record.fenced.iter().all(|(node, _)| *node == 3), "{told}");
        world.reinstall(3, ours);
        let ended = world.run();
        assert!(ended.is_ok(), "{ended:?}\n{}", world.story.join("\n"));
        assert_eq!(world.nodes().count(), 3);
    }
}

/// Nodes that reset themselves by the end of a story in which watchdogs are the only means of fencing.
#[track_caller]
fn check_resets(nodes: u32, story: impl Fn(&mut World), expected: &[&str]) {
    for seed in 0..SEEDS / 2 {
        let mut world = World::calm(seed, nodes, Chance::new(seed)).with_watchdogs("5s");
        world.verbose = true;
        wait(&mut world, UP);
        story(&mut world);
        let ended = world.run();
        let told = || format!("seed {seed}\n{}", world.story.join("\n"));
        assert!(ended.is_ok(), "{ended:?}\n{}", told());
        let resets = world.story.iter().filter(|line| line.contains("resets itself: "));
        let resets: Vec<&str> = resets.filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(resets.into_iter().collect::<std::collections::BTreeSet<_>>(), expected.iter().copied().collect());
        assert!(world.record.fenced.is_empty(), "{}", told());
    }
}

#[test]
fn where_watchdogs_are_the_means_a_node_without_quorum_resets_itself() {
    // Its resources start elsewhere only when it is off: the laws are held against that.
    let cut = |nodes: &'static [u32]| {
        move |world: &mut World| {
            world.cut_off(nodes);
            wait(world, UP + 12_000);
            world.mend();
        }
    };
    check_resets(3, cut(&[3]), &["n3"]);
    check_resets(5, cut(&[1, 2]), &["n1", "n2"]);
    // Whoever is merely gone has nothing to do with quorum.
    check_resets(3, |world| world.lose_power_for(2, 30_000), &[]);
    // A member that is to be fenced does it itself.
    let asked = |world: &mut World| {
        world.ask(1, Request::Fence { node: "n2".into(), action: "reboot".into() });
    };
    check_resets(3, asked, &["n2"]);
}

/// So few resources that the last of five nodes runs none of those that may be active once.
fn with_an_idle_node(seed: u64) -> World {
    World::calm(seed, 5, Chance::new(seed)).with_meta(MOVABLE, "target-role", "Stopped")
}

/// As a switch of storage does: the node goes on, and comes back.
fn cut_from_storage(properties: &[(&str, &str)], seed: u64) -> World {
    let mut world = with_an_idle_node(seed).with_properties(properties);
    world.verbose = true;
    wait(&mut world, UP);
    goes_on_without_storage(&mut world, UP);
    world
}

fn goes_on_without_storage(world: &mut World, since: u64) {
    world.fence_devices = FenceDevices::Lie;
    // It runs nothing that others would start: the device does not keep the law for it.
    assert!(
        ["p1", "p2", "g1", "g2"].iter().all(|resource| !world.active()[*resource].contains(&5))
            && !world.active().contains_key(MOVABLE)
    );
    world.cut_off(&[5]);
    for (until, mended) in [(25_000, false), (60_000, true)] {
        if mended {
            world.mend();
        }
        let ended = world.run_until(since + until);
        assert!(ended.is_ok(), "{ended:?}\n{}", world.story.join("\n"));
    }
}

#[test]
fn a_node_that_comes_back_and_hears_that_it_was_fenced_reacts() {
    for seed in 0..SEEDS / 2 {
        let count = |world: &World, text: &str| world.story.iter().filter(|line| line.contains(text)).count();
        let world = cut_from_storage(&[], seed);
        let story = world.story.join("\n");
        assert_eq!((count(&world, "n5 ends"), count(&world, "n5 resets itself")), (1, 0), "seed {seed}\n{story}");
        let world = cut_from_storage(&[("fencing-reaction", "panic")], seed);
        let story = world.story.join("\n");
        assert_eq!((count(&world, "n5 ends"), count(&world, "n5 resets itself")), (0, 1), "seed {seed}\n{story}");
    }
}

/// Its clock was put back after its first fencing: the second run looks like the earlier one.
#[test]
fn a_clock_that_was_put_back_does_not_hide_that_a_run_was_fenced() {
    for seed in 0..SEEDS / 2 {
        let mut world = with_an_idle_node(seed);
        world.verbose = true;
        wait(&mut world, UP);
        world.fence(1, 5);
        world.step_clock(5, -3_600);
        wait(&mut world, UP + 40_000);
        goes_on_without_storage(&mut world, UP + 40_000);
        let ends = world.story.iter().filter(|line| line.contains("n5 ends")).count();
        assert_eq!(ends, 1, "seed {seed}\n{}", world.story.join("\n"));
    }
}

#[test]
fn startup_fencing_is_for_nodes_that_nobody_has_seen() {
    for (properties, expected) in [(&[][..], &[3][..]), (&[("startup-fencing", "false")], &[])] {
        for seed in 0..SEEDS / 2 {
            let mut world = World::calm(seed, 3, Chance::new(seed)).without(3).with_properties(properties);
            world.verbose = true;
            wait(&mut world, 60_000);
            let fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
            assert_eq!(fenced, expected, "{properties:?} seed {seed}\n{}", world.story.join("\n"));
        }
    }
}

/// Two of five lose their power, and one device reaches all.
#[track_caller]
fn check_at_once(parameters: &[(&str, &str)], properties: &[(&str, &str)], expected: usize) {
    for seed in 0..SEEDS / 3 {
        let world = World::calm(seed, 5, Chance::new(seed)).with_device_parameters(parameters);
        let mut world = world.with_properties(properties);
        world.verbose = true;
        world.fence_agents_take = Some(3_000);
        wait(&mut world, UP);
        world.lose_power_for(2, 40_000);
        world.lose_power_for(3, 40_000);
        let ended = world.run();
        let told = || format!("{parameters:?} {properties:?} seed {seed}\n{}", world.story.join("\n"));
        assert!(ended.is_ok(), "{ended:?}\n{}", told());
        assert_eq!(world.record.devices_at_once, expected, "{}", told());
        assert_eq!(world.record.fenced.len(), 2, "{}", told());
    }
}

#[test]
fn a_device_is_asked_for_as_much_at_once_as_it_can_do() {
    check_at_once(&[], &[], 1);
    check_at_once(&[("pcmk_action_limit", "2")], &[], 2);
    check_at_once(&[("pcmk_action_limit", "-1")], &[], 2);
    check_at_once(&[("pcmk_action_limit", "-1")], &[("concurrent-fencing", "false")], 1);
}

/// The leader's agent fails; another's does not.
#[test]
fn a_fence_agent_that_is_broken_on_one_host_is_tried_on_another() {
    for seed in 0..SEEDS {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        wait(&mut world, UP);
        let leader = world.nodes().find_map(|(_, node)| node.leader()).expect("somebody leads");
        world.fence_devices = FenceDevices::BrokenOn(leader);
        let lost = if leader == 3 { 2 } else { 3 };
        world.lose_power_for(lost, 60_000);
        world.run_for(15_000).expect("the laws hold");
        let fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        assert_eq!(fenced, [lost], "seed {seed}\n{}", world.story.join("\n"));
        let ended = world.run();
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{}", world.story.join("\n"));
    }
}

/// Whoever waited for that would wait until the agent's time is over: a minute, and ten seconds.
#[test]
fn who_dies_while_it_cuts_another_off_does_not_hold_its_device() {
    for seed in 0..SEEDS {
        let mut world = World::calm(seed, 5, Chance::new(seed));
        world.verbose = true;
        world.fence_agents_take = Some(5_000);
        wait(&mut world, UP);
        let leader = world.nodes().find_map(|(_, node)| node.leader()).expect("somebody leads");
        let other = if leader == 3 { 4 } else { 3 };
        world.lose_power_for(other, 60_000);
        while !world.story.iter().any(|line| line.contains(&format!("n{leader} runs"))) {
            world.run_for(100).expect("the laws hold");
        }
        world.lose_power_for(leader, 60_000);
        world.run_for(25_000).expect("the laws hold");
        let fenced: BTreeSet<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        assert_eq!(fenced, BTreeSet::from([leader, other]), "seed {seed}\n{}", world.story.join("\n"));
        let ended = world.run();
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{}", world.story.join("\n"));
    }
}

#[test]
fn the_node_with_the_more_important_resources_survives() {
    for seed in 0..SEEDS {
        let world = World::calm(seed, 2, Chance::new(seed)).with_meta("p1", "priority", "10");
        let mut world = world.with_properties(&[("priority-fencing-delay", "4s")]);
        world.verbose = true;
        wait(&mut world, UP);
        let important: Vec<u32> = world.active()["p1"].iter().copied().collect();
        split(&mut world);
        let ended = world.run();
        let told = || format!("p1 on {important:?}, seed {seed}\n{}", world.story.join("\n"));
        assert!(ended.is_ok(), "{ended:?}\n{}", told());
        let fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        assert_eq!(fenced, [3 - important[0]], "{}", told());
    }
}

#[test]
fn fencing_that_fails_is_tried_as_often_as_configured() {
    let tries = |properties: &[(&str, &str)]| {
        let mut world = World::calm(1, 3, Chance::new(1)).with_properties(properties);
        world.verbose = true;
        world.fence_devices = FenceDevices::Refuse;
        wait(&mut world, UP);
        world.lose_power_for(3, 1_000_000);
        wait(&mut world, UP + 200_000);
        world.story.iter().filter(|line| line.contains("n3 is not fenced")).count()
    };
    assert_eq!(tries(&[("fencing-max-attempts", "1")]), 1);
    assert_eq!(tries(&[("fencing-max-attempts", "3")]), 3);
    assert_eq!(tries(&[("stonith-max-attempts", "3")]), 3);
    assert!(tries(&[]) > 4);
}

#[test]
fn a_node_that_is_alone_fences_itself_if_somebody_asks() {
    let story = |world: &mut World| {
        world.lose_power_for(2, 60_000);
        wait(world, UP + 10_000);
        world.ask(1, Request::Fence { node: "n1".into(), action: "reboot".into() });
    };
    check(2, &[], story, &[1, 2]);
    // For a failure it does not: nobody would remember, and it would do so at every boot.
    let mut world = World::calm_with(1, 2, Chance::new(1), Some(CRASHED)).without(2);
    world.verbose = true;
    world.run_for(60_000).expect("the laws hold");
    assert!(world.record.fenced.iter().all(|(node, _)| *node == 2), "{}", world.story.join("\n"));
}

/// The blocked resource of a node that is asked to leave keeps it.
#[test]
fn shutdown_escalation_ends_what_cannot_leave_in_order() {
    for (escalation, leaves) in [("40s", true), ("0", false), ("20min", false)] {
        let world = World::calm_with(1, 3, Chance::new(1), Some(BROKEN));
        let mut world = world.with_properties(&[("shutdown-escalation", escalation)]);
        world.verbose = true;
        wait(&mut world, UP);
        world.terminate(2);
        wait(&mut world, UP + 39_000);
        let ended = |world: &World| world.story.iter().any(|line| line.contains("n2 ends"));
        assert!(!ended(&world), "{escalation}\n{}", world.story.join("\n"));
        wait(&mut world, UP + 90_000);
        assert_eq!(ended(&world), leaves, "{escalation}\n{}", world.story.join("\n"));
    }
}

/// What waits for a node that was shut down runs elsewhere when it has waited long enough, and nobody decides
/// without end meanwhile.
#[test]
fn a_resource_waits_for_a_node_that_was_shut_down_as_long_as_was_said() {
    for seed in 0..SEEDS {
        let properties = [("shutdown-lock", "true"), ("shutdown-lock-limit", "30s")];
        let mut world = World::calm(seed, 3, Chance::new(seed)).with_properties(&properties);
        world.verbose = true;
        wait(&mut world, UP);
        let place = |world: &World| world.active().get("p2").and_then(|nodes| nodes.first().copied());
        let node = place(&world).expect("p2 runs");
        world.terminate(node);
        wait(&mut world, UP + 3_000);
        world.leave_stopped(node);
        wait(&mut world, UP + 20_000);
        let told = world.story.join("\n");
        assert_eq!(place(&world), None, "seed {seed}\n{told}");
        wait(&mut world, UP + 60_000);
        let told = world.story.join("\n");
        assert!(place(&world).is_some(), "seed {seed}\n{told}");
        let ended = world.run();
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{}", world.story.join("\n"));
    }
}
