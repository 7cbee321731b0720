//! Stories of a simulated cluster over Corosync, where hosts have quorum and daemons may be missing.

use quorate_core::cib::diff;
use quorate_core::node::{Refusal, Reply, Request};
use quorate_core::xml::Element;
use quorate_tests::world::{Chance, World};

const SEEDS: u64 = 6;

/// When the cluster is up and at rest. Milliseconds.
const UP: u64 = 20_000;

/// A tool on a node adds a tag; what it is told.
fn commit(world: &mut World, node: u32, id: &str) -> Reply {
    let (_, at) = world.nodes().find(|(id, _)| *id == node).expect("its daemon runs");
    let base = at.document().clone();
    let mut work = base.clone();
    let tag = Element::new("tag").with("id", id).with_child(Element::new("obj_ref").with("id", "p1"));
    work.configuration_mut().child_or_new("tags").push(tag);
    let number = world.ask(node, Request::Commit { patch: diff(&base, &work) });
    world.run_for(2_000).expect("the laws hold");
    world.answer(number).unwrap_or_else(|| panic!("no answer\n{}", world.story.join("\n"))).clone()
}

fn holds(world: &World, node: u32, id: &str) -> bool {
    let (_, at) = world.nodes().find(|(id, _)| *id == node).expect("its daemon runs");
    at.document().configuration().descendants().any(|element| element.id() == Some(id))
}

fn stop(world: &mut World, node: u32) {
    world.terminate(node);
    world.leave_stopped(node);
    world.run_for(5_000).expect("the laws hold");
}

/// All hosts are up, and so Corosync says that there is quorum; but the one daemon that runs was away when the
/// others wrote.
#[test]
fn who_comes_alone_where_hosts_have_quorum_writes_nothing_until_most_daemons_are_here() {
    for seed in 0..SEEDS {
        let world = World::calm(seed, 3, Chance::new(seed)).with_properties(&[("startup-fencing", "false")]);
        let mut world = world.over_corosync();
        world.verbose = true;
        world.run_until(UP).expect("the laws hold");
        stop(&mut world, 1);
        let reply = commit(&mut world, 2, "while-1-was-away");
        assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
        stop(&mut world, 2);
        stop(&mut world, 3);
        world.switch_on(1);
        world.run_for(15_000).expect("the laws hold");
        let reply = commit(&mut world, 1, "alone");
        let story = world.story.join("\n");
        assert!(matches!(reply, Reply::Refused(Refusal::NoQuorum)), "seed {seed}: {reply:?}\n{story}");
        assert!(story.contains("n1 sees [\"n1\"] quorate true"), "{story}");
        world.switch_on(3);
        world.run_for(15_000).expect("the laws hold");
        assert!(holds(&world, 1, "while-1-was-away") && holds(&world, 3, "while-1-was-away"));
        let reply = commit(&mut world, 1, "two-of-three");
        assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    }
}

/// What it wrote would be unknown to the others, should it end and they come without it.
#[test]
fn who_stays_alone_of_three_goes_on_and_writes_nothing() {
    for seed in 0..SEEDS {
        let mut world = World::calm(seed, 3, Chance::new(seed)).over_corosync();
        world.verbose = true;
        world.run_until(UP).expect("the laws hold");
        stop(&mut world, 2);
        stop(&mut world, 3);
        let reply = commit(&mut world, 1, "alone");
        let story = world.story.join("\n");
        assert!(matches!(reply, Reply::Refused(Refusal::NoQuorum)), "seed {seed}: {reply:?}\n{story}");
        assert!(world.active().get("p1").is_some_and(|on| on.contains(&1)), "seed {seed}\n{story}");
        world.switch_on(2);
        world.run_for(15_000).expect("the laws hold");
        let reply = commit(&mut world, 1, "two-of-three");
        assert!(matches!(reply, Reply::Committed { durable: true, .. }), "seed {seed}: {reply:?}");
    }
}
