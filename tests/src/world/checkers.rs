//! The laws, checked from outside: by what hosts really run and what writers were really told.

use super::{Broken, World};
use std::collections::{BTreeMap, BTreeSet};

/// Resources that may be active on one node only.
const ALONE: [&str; 4] = ["p1", "p2", "g1", "g2"];

/// What was seen during the run.
#[derive(Debug, Default)]
pub struct Record {
    active: BTreeMap<String, BTreeSet<u32>>,
    /// Commits whose writers were told that they are safe.
    pub acknowledged: BTreeSet<String>,
    broken: Option<String>,
}

impl Record {
    /// A resource is now active on a host, or not.
    pub fn active(&mut self, (node, resource): (u32, String), active: bool, now: u64) {
        let on = self.active.entry(resource.clone()).or_default();
        match active {
            true => on.insert(node),
            false => on.remove(&node),
        };
        if on.len() > 1 && ALONE.contains(&resource.as_str()) {
            self.broken = Some(format!("{resource} is active on {on:?} at {now} ms"));
        }
    }

    /// A host lost its power.
    pub fn off(&mut self, node: u32) {
        self.active.values_mut().for_each(|on| {
            on.remove(&node);
        });
    }

    pub fn check(&mut self) -> Result<(), Broken> {
        match self.broken.take() {
            Some(detail) => Err(Broken {
                law: "a resource is active on no more nodes than it allows",
                detail,
            }),
            None => Ok(()),
        }
    }
}

/// Long after the last fault: everyone is here, holds the same, and has nothing to do; everything
/// acknowledged is there; everything runs.
pub fn at_rest(world: &World) -> Result<(), Broken> {
    let broken = |law, detail| Err(Broken { law, detail });
    let here: Vec<u32> = world.nodes().map(|(id, _)| id).collect();
    if here.len() != world.size() {
        return broken("all nodes come back", format!("only {here:?} live"));
    }
    let digests: BTreeMap<u32, String> = world
        .nodes()
        .map(|(id, node)| (id, node.document().digest()))
        .collect();
    if digests.values().collect::<BTreeSet<_>>().len() != 1 {
        return broken("all documents become equal", format!("{digests:?}"));
    }
    if let Some((id, node)) = world.nodes().find(|(_, node)| !node.settled()) {
        return broken(
            "the next graph is empty",
            format!("n{id}: {:?}", node.status()),
        );
    }
    let (_, node) = world.nodes().next().expect("all nodes live");
    let tags = node.document().configuration().child("tags");
    let kept: BTreeSet<&str> = tags
        .into_iter()
        .flat_map(|tags| tags.elements())
        .filter_map(|tag| tag.id())
        .collect();
    let lost: Vec<&String> = world
        .record
        .acknowledged
        .iter()
        .filter(|name| !kept.contains(name.as_str()))
        .collect();
    if !lost.is_empty() {
        return broken("nothing acknowledged is lost", format!("{lost:?}"));
    }
    let active = world.active();
    for resource in ALONE {
        let on = active.get(resource).map_or(0, BTreeSet::len);
        if on != 1 {
            return broken(
                "everything runs again",
                format!("{resource} is active on {on} nodes"),
            );
        }
    }
    match active.get("c1").map_or(0, BTreeSet::len) {
        count if count == world.size() => Ok(()),
        count => broken(
            "everything runs again",
            format!("c1 is active on {count} nodes"),
        ),
    }
}
