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
