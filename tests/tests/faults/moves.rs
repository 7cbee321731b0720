//! Moves of a resource that need no stop, while the plan changes in the middle of them.

use super::{UP, wait};
use quorate_core::node::Request;
use quorate_tests::world::{Chance, MOVABLE, World};

/// Long enough for an agent, a decision and their messages. Milliseconds.
const SPAN: u64 = 120;

/// The only node that it is active on.
#[track_caller]
fn place(world: &World) -> u32 {
    let active = world.active();
    let on = active.get(MOVABLE).into_iter().flatten().copied().collect::<Vec<_>>();
    assert_eq!(on.len(), 1, "{on:?}\n{}", world.story.join("\n"));
    on[0]
}

fn set(world: &mut World, node: u32, name: &str, value: Option<&str>) {
    let by = if world.nodes().any(|(id, _)| id == 1) { 1 } else { 2 };
    let pairs = vec![(name.to_string(), value.map(str::to_string))];
    world.ask(by, Request::SetAttributes { node: format!("n{node}"), pairs });
}

/// Its node goes on standby; so long afterwards something happens; at the end all nodes are free again. It was never
/// active twice (the laws), and not started more often than that.
fn check(starts_max: usize, happens: impl Fn(&mut World, u32)) {
    let mut moved = 0;
    for seed in 0..40 {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        wait(&mut world, UP);
        let before = place(&world);
        set(&mut world, before, "standby", Some("on"));
        wait(&mut world, UP + seed * SPAN / 40);
        happens(&mut world, before);
        wait(&mut world, UP + 20_000);
        let told = world.story.join("\n");
        assert_ne!(place(&world), before, "seed {seed}\n{told}");
        moved += usize::from(told.contains(&format!("{MOVABLE} migrate_from done")));
        for node in 1..=3 {
            set(&mut world, node, "standby", None);
        }
        let ended = world.run();
        let told = world.story.join("\n");
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{told}");
        let starts = told.matches(&format!(" {MOVABLE} start done")).count();
        assert!(starts <= starts_max, "seed {seed}: it was started {starts} times\n{told}");
        assert!(world.record.fenced.is_empty(), "seed {seed}\n{told}");
    }
    assert!(moved > 0, "nothing was moved");
}

/// A change that has nothing to do with it ends the transition early: the move goes on all the same.
#[test]
fn a_change_in_the_middle_of_a_move() {
    check(1, |world, _| set(world, 1, "anything", Some("else")));
}

/// Where it was to go it must not stay: it is not started on the third node beside.
#[test]
fn where_it_moves_to_goes_on_standby() {
    check(2, |world, before| {
        for node in (1..=3).filter(|node| *node != before && node % 2 != before % 2) {
            set(world, node, "standby", Some("on"));
        }
    });
}

/// The leader is lost while half of a move is under way between the others, or before: the next one does not have it
/// done again behind the first, which fails because nothing is there any more, and stops what runs.
#[test]
fn the_leader_is_lost_in_the_middle_of_a_move() {
    let mut moved = 0;
    for seed in 0..24 {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        world.moves_take = Some(4_000);
        wait(&mut world, UP);
        let leader = leader(&world);
        // With an even seed it moves between the two others.
        if seed % 2 == 0 {
            set(&mut world, leader, "standby", Some("on"));
            wait(&mut world, UP + 10_000);
        }
        let before = place(&world);
        if before == leader {
            continue;
        }
        world.story.clear();
        set(&mut world, before, "standby", Some("on"));
        // By then the lost leader is missed, and half of the move is still under way.
        world.run_for(200 + seed * 300).expect("the laws hold");
        world.lose_power_for(leader, 200_000);
        // Nobody is told that all is at rest while it goes from one to the other.
        let goes_on = |world: &World| {
            let active = world.active();
            let on = active.get(MOVABLE);
            world.agents_run(MOVABLE) || on.is_none_or(|on| on.is_empty() || on.contains(&before))
        };
        while goes_on(&world) {
            let ran = world.run_for(50);
            assert!(ran.is_ok(), "seed {seed}: {ran:?}\n{}", world.story.join("\n"));
            assert!(!world.rests() || !goes_on(&world), "seed {seed}\n{}", world.story.join("\n"));
        }
        wait(&mut world, UP + 80_000);
        let told = world.story.join("\n");
        if told.contains(&format!("Migrate {MOVABLE} ( n{before} -> n{leader} )")) {
            // It was on its way to the lost one: it is recovered, and the laws have held.
            continue;
        }
        let times = |what: &str| told.matches(&format!(" {MOVABLE} {what}")).count();
        assert_eq!(times("migrate_to done"), 1, "seed {seed}\n{told}");
        assert_eq!(times("migrate_to exits with 1"), 0, "seed {seed}\n{told}");
        assert_eq!(times("start done"), 0, "seed {seed}\n{told}");
        moved += 1;
    }
    assert!(moved > 0, "nothing was moved between those who stayed");
}

/// The leader, which has it, is cut off in the moment when it orders a move: what others have missed it hears of itself
/// when it is alone. What it moved to one of them would be there without their knowledge.
#[test]
fn a_leader_that_is_cut_off_moves_nothing_to_the_others() {
    let mut wanted = 0;
    for seed in 0..30 {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        world.fence_agents_take = Some(6_000);
        wait(&mut world, UP);
        let leader = leader(&world);
        let others: Vec<u32> = (1..=3).filter(|node| *node != leader).collect();
        others.iter().for_each(|node| set(&mut world, *node, "standby", Some("on")));
        world.run_for(10_000).expect("the laws hold");
        others.iter().for_each(|node| set(&mut world, *node, "standby", None));
        world.run_for(5_000).expect("the laws hold");
        assert_eq!(place(&world), leader, "seed {seed}\n{}", world.story.join("\n"));
        world.story.clear();
        set(&mut world, leader, "standby", Some("on"));
        let plan = |world: &World, node: u32| {
            world.story.join(" ").contains(&format!("Migrate {MOVABLE} ( n{leader} -> n{node} )"))
        };
        // The order is on its way.
        let asked = UP + 15_000;
        let decided = (1..500).find(|ms| {
            wait(&mut world, asked + ms);
            others.iter().any(|node| plan(&world, *node))
        });
        let decided = decided.unwrap_or_else(|| panic!("seed {seed}: no move\n{}", world.story.join("\n")));
        wait(&mut world, asked + decided + seed % 6);
        world.cut_off(&[leader]);
        let target = others.iter().copied().find(|node| plan(&world, *node)).expect("a target");
        let third = others.iter().copied().find(|node| *node != target).expect("a third");
        world.run_for(3_000).expect("the laws hold");
        let pairs = vec![("standby".to_string(), Some("on".to_string()))];
        world.ask(third, Request::SetAttributes { node: format!("n{target}"), pairs });
        let ran = world.run_for(30_000);
        let told = world.story.join("\n");
        assert!(ran.is_ok(), "seed {seed}: {ran:?}\n{told}");
        wanted += usize::from(!told.contains(&format!("{MOVABLE} migrate_to done")));
    }
    assert!(wanted > 0, "no order was missed by its target");
}

/// A move is under way when its source is cut off, and its target goes on standby: what arrives there all the same is
/// found before it is started elsewhere.
#[test]
fn what_a_fenced_node_was_moving_is_looked_for_where_it_went() {
    let mut arrived = 0;
    for seed in 0..40 {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        world.moves_take = Some(2_500);
        world.fence_agents_take = Some(3_000);
        wait(&mut world, UP);
        let before = place(&world);
        world.story.clear();
        set(&mut world, before, "standby", Some("on"));
        world.run_for(100 + seed * 40).expect("the laws hold");
        world.cut_off(&[before]);
        let target =
            (1..=3).find(|node| world.story.join(" ").contains(&format!("Migrate {MOVABLE} ( n{before} -> n{node} )")));
        let other = (1..=3).find(|node| *node != before && Some(*node) != target).expect("a third");
        if let Some(target) = target {
            let pairs = vec![("standby".to_string(), Some("on".to_string()))];
            world.ask(other, Request::SetAttributes { node: format!("n{target}"), pairs });
        }
        let ran = world.run_for(40_000);
        let told = world.story.join("\n");
        assert!(ran.is_ok(), "seed {seed}: {ran:?}\n{told}");
        arrived += usize::from(told.contains(&format!("{MOVABLE} migrate_to done")));
        assert!(place(&world) != before, "seed {seed}\n{told}");
    }
    assert!(arrived > 0, "nothing arrived");
}

/// Who decides.
fn leader(world: &World) -> u32 {
    world.nodes().find_map(|(_, node)| node.leader()).expect("a leader")
}
