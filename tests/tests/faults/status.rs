//! Tools that write into the status: who is a member stays one, whatever they say.

use super::{UP, wait};
use quorate_core::cib::{Document, diff};
use quorate_core::node::{Reply, Request};
use quorate_tests::world::{Chance, FenceDevices, World};

/// The status is changed so; nobody is cut off, all are members and know so, and what runs goes on.
#[track_caller]
fn check(change: impl Fn(&mut Document)) {
    for seed in 0..6 {
        let mut world = World::calm(seed, 3, Chance::new(seed));
        world.verbose = true;
        wait(&mut world, UP);
        let before = world.nodes().next().map(|(_, node)| node.document().clone()).expect("a node");
        let mut after = before.clone();
        change(&mut after);
        after.set_version(before.version().next_status());
        let active = world.active();
        let asked = world.ask(2, Request::Commit { patch: diff(&before, &after) });
        let ended = world.run();
        let told = world.story.join("\n");
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{told}");
        assert!(matches!(world.answer(asked), Some(Reply::Committed { .. })), "{:?}\n{told}", world.answer(asked));
        assert!(world.record.fenced.is_empty(), "seed {seed}\n{told}");
        assert_eq!(world.active(), active, "seed {seed}\n{told}");
        for state in world.nodes().next().expect("a node").1.document().status().elements_named("node_state") {
            assert_eq!(state.attr("join"), Some("member"), "seed {seed}: {state:?}\n{told}");
        }
    }
}

fn set(document: &mut Document, node: &str, name: &str, value: &str) {
    document.status_mut().child_with_id_or_new("node_state", node).set(name, value);
}

#[test]
fn a_member_is_one_whatever_a_tool_writes() {
    check(|document| set(document, "3", "in_ccm", "0"));
    check(|document| set(document, "3", "crmd", "0"));
    check(|document| set(document, "1", "join", "down"));
    check(|document| {
        set(document, "2", "join", "down");
        set(document, "2", "expected", "down");
    });
    check(|document| set(document, "3", "uname", "n7"));
}

#[test]
fn a_status_that_was_emptied_costs_no_node() {
    check(|document| document.status_mut().children.clear());
    check(|document| document.status_mut().retain_elements(|state| state.id() != Some("3")));
    check(|document| document.status_mut().child_with_id_or_new("node_state", "2").children.clear());
}

/// A lost node that cannot be cut off runs on; its resources stay where they are, whatever becomes of the status.
#[test]
fn who_is_lost_stays_lost_whatever_a_tool_writes() {
    let changes: [fn(&mut Document); 3] = [
        |document| document.status_mut().children.clear(),
        |document| document.status_mut().retain_elements(|state| state.id() != Some("3")),
        |document| {
            ["in_ccm", "crmd"].iter().for_each(|name| set(document, "3", name, "1700000000"));
            set(document, "3", "join", "member");
        },
    ];
    for (seed, change) in (0..).zip(changes.iter().cycle().take(9)) {
        let mut world = World::calm(seed, 3, Chance::new(seed)).with_properties(&[("startup-fencing", "false")]);
        world.verbose = true;
        world.fence_devices = FenceDevices::Refuse;
        wait(&mut world, UP);
        world.stand_still(3, UP + 60_000);
        wait(&mut world, UP + 10_000);
        let before = world.nodes().next().map(|(_, node)| node.document().clone()).expect("a node");
        let mut after = before.clone();
        change(&mut after);
        after.set_version(before.version().next_status());
        world.ask(2, Request::Commit { patch: diff(&before, &after) });
        let ran = world.run_until(UP + 50_000);
        let told = world.story.join("\n");
        assert!(ran.is_ok(), "seed {seed}: {ran:?}\n{told}");
        let status = world.nodes().next().expect("a node").1.document().status().clone();
        let state = status.child_with_id("node_state", "3").expect("the lost one's state");
        assert_eq!((state.attr("in_ccm"), state.attr("expected")), (Some("0"), Some("member")), "seed {seed}\n{told}");
    }
}
