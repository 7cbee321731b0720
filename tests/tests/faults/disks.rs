//! Disks that hang and fill: who is cut off, and whether answers about them are true.

use super::{UP, check};
use quorate_core::cib::{Version, diff};
use quorate_core::node::{Refusal, Reply, Request};
use quorate_core::xml::Element;
use quorate_tests::world::{Chance, World};

#[test]
fn a_hanging_disk_costs_its_node_if_others_are_well() {
    check(3, &[], |world| world.hang_disks(&[2], UP + 60_000), &[2]);
    // Storage that all share is no reason to have nothing left.
    check(3, &[], |world| world.hang_disks(&[1, 2, 3], UP + 40_000), &[]);
    check(3, &[], |world| world.hang_disks(&[1, 2], UP + 40_000), &[]);
    // A second or two is slow.
    check(3, &[], |world| world.hang_disks(&[2], UP + 6_000), &[]);
}

/// A commit through n1.
fn commit(world: &mut World, id: &str) -> Reply {
    let base = world.nodes().next().expect("n1 lives").1.document().clone();
    let mut work = base.clone();
    let reference = Element::new("obj_ref").with("id", "p1");
    work.configuration_mut().child_or_new("tags").push(Element::new("tag").with("id", id).with_child(reference));
    let number = world.ask(1, Request::Commit { patch: diff(&base, &work) });
    for _ in 0..600 {
        if let Some(reply) = world.answer(number) {
            return reply.clone();
        }
        world.run_for(100).expect("the laws hold");
    }
    panic!("no answer:\n{}", world.story.join("\n"));
}

fn holds(world: &World, id: &str) -> bool {
    let (_, node) = world.nodes().next().expect("n1 lives");
    let tags = node.document().configuration().child("tags");
    tags.into_iter().flat_map(|tags| tags.elements()).any(|tag| tag.id() == Some(id))
}

#[test]
fn answers_about_disks_are_true() {
    let mut world = World::calm(1, 3, Chance::new(1));
    world.verbose = true;
    world.run_until(UP).expect("the laws hold");
    let durable = |reply: &Reply| match reply {
        Reply::Committed { durable, unsaved, .. } => {
            let names: Vec<&str> = unsaved.iter().map(|at| at.node.as_str()).collect();
            Some((*durable, names.join(" ")))
        }
        _ => None,
    };
    world.fill_disks(&[3], true);
    let reply = commit(&mut world, "a");
    assert!(durable(&reply).is_some_and(|(durable, _)| durable), "{reply:?}");
    assert!(holds(&world, "a"));
    // It turns out with this one that no majority can store it; but it is in force, and that is said.
    world.fill_disks(&[2], true);
    let reply = commit(&mut world, "b");
    assert_eq!(durable(&reply), Some((false, "n2 n3".to_string())), "{reply:?}");
    assert!(holds(&world, "b"));
    // Now it is known: nothing is changed any more.
    let reply = commit(&mut world, "c");
    assert!(matches!(&reply, Reply::Refused(Refusal::Disk { reason }) if reason.contains("n2")), "{reply:?}");
    assert!(!holds(&world, "c"));
    // Room again: all have it.
    world.fill_disks(&[2, 3], false);
    world.run_for(15_000).expect("the laws hold");
    let reply = commit(&mut world, "d");
    assert_eq!(durable(&reply), Some((true, String::new())), "{reply:?}");
    for (id, _) in world.nodes().collect::<Vec<_>>() {
        assert_eq!(
            world.stored(id),
            world.nodes().next().map(|(_, node)| node.document().version()).map(epochs),
            "n{id}"
        );
    }
}

fn epochs(version: Version) -> (u32, u32) {
    (version.admin_epoch, version.epoch)
}
