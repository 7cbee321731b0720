//! The laws, checked from outside: by what hosts really run and what writers were really told.

use super::host::MOVABLE;
use super::{Broken, World};
use quorate_core::cib::Document;
use quorate_core::node::Node;
use quorate_core::scheduler::{Input, schedule};
use quorate_core::time::Now;
use quorate_core::transition::{Executor, Outcome, Progress};
use std::collections::{BTreeMap, BTreeSet};

/// Resources that may be active on one node only.
const ALONE: [&str; 5] = ["p1", "p2", "g1", "g2", MOVABLE];

/// What a configuration allows of its resources.
#[derive(Debug)]
pub struct Allowed {
    /// Active on one node only.
    pub alone: BTreeSet<String>,
    /// On how many nodes those may be promoted that may be.
    pub promoted: BTreeMap<String, usize>,
}

impl Default for Allowed {
    fn default() -> Allowed {
        let alone = ALONE.iter().map(ToString::to_string).collect();
        Allowed { alone, promoted: BTreeMap::from([("db".to_string(), 1)]) }
    }
}

const ALLOWED: &str = "a resource is active on no more nodes than it allows";

/// What was seen during the run.
#[derive(Debug, Default)]
pub struct Record {
    pub allowed: Allowed,
    active: BTreeMap<String, BTreeSet<u32>>,
    promoted: BTreeMap<String, BTreeSet<u32>>,
    /// Commits whose writers were told that they are safe.
    pub acknowledged: BTreeSet<String>,
    /// Nodes that a device cut off, and when, in milliseconds.
    pub fenced: Vec<(u32, u64)>,
    /// Nodes on which a stop has failed: to be cut off.
    pub failed_stop: BTreeSet<u32>,
    /// The most fence agents that ever ran at the same time.
    pub devices_at_once: usize,
    broken: Option<Broken>,
}

impl Record {
    /// A resource is now active on a host, and promoted there, or not.
    pub fn active(&mut self, (node, resource): (u32, String), active: bool, promoted: bool, now: u64) {
        let note = |table: &mut BTreeMap<String, BTreeSet<u32>>, is: bool| {
            let on = table.entry(resource.clone()).or_default();
            match is {
                true => on.insert(node),
                false => on.remove(&node),
            };
            on.clone()
        };
        let (active, promoted) = (note(&mut self.active, active), note(&mut self.promoted, promoted));
        if active.len() > 1 && (self.allowed.alone.contains(&resource) || resource.contains(':')) {
            self.breaks(ALLOWED, format!("{resource} is active on {active:?} at {now} ms"));
        }
        // Of a globally unique clone each instance has a name of its own; how many are promoted is the clone's.
        let of_clone = |name: &str| name.split(':').next().unwrap_or_default().to_string();
        let clone = of_clone(&resource);
        let count: usize =
            self.promoted.iter().filter(|(name, _)| of_clone(name) == clone).map(|(_, on)| on.len()).sum();
        if count > self.allowed.promoted.get(&clone).copied().unwrap_or(0) {
            self.breaks(ALLOWED, format!("{resource} is promoted on {promoted:?}, {count} in all, at {now} ms"));
        }
    }

    /// A host lost its power.
    pub fn off(&mut self, node: u32) {
        self.active.values_mut().chain(self.promoted.values_mut()).for_each(|on| {
            on.remove(&node);
        });
    }

    pub fn check(&mut self) -> Result<(), Broken> {
        self.broken.take().map_or(Ok(()), Err)
    }

    /// The first law that breaks is told.
    pub fn breaks(&mut self, law: &'static str, detail: String) {
        self.broken.get_or_insert(Broken { law, detail });
    }
}

/// Long after the last fault: everyone is here, holds the same, and has nothing to do; everything
/// acknowledged is there.
pub fn at_rest(world: &World) -> Result<(), Broken> {
    let broken = |law, detail| Err(Broken { law, detail });
    let here: Vec<u32> = world.nodes().map(|(id, _)| id).collect();
    if here.len() != world.powered() {
        return broken("all nodes come back", format!("only {here:?} live"));
    }
    let digests: BTreeMap<u32, String> = world.nodes().map(|(id, node)| (id, node.document().digest())).collect();
    if digests.values().collect::<BTreeSet<_>>().len() != 1 {
        let mut nodes = world.nodes().map(|(_, node)| node.document());
        let first = nodes.next().expect("all nodes live");
        let other = nodes.find(|document| document.digest() != first.digest()).expect("one differs");
        let patch = quorate_core::xml::write_pretty(&quorate_core::cib::diff(first, other).to_xml());
        return broken("all documents become equal", format!("{digests:?}\n{patch}"));
    }
    // The last that is on may have to be cut off, with nobody left to do it.
    let last = here.len() == 1 && world.size() > 1;
    let may_wait = |node: &Node| last || waits_for_itself(node.document(), world.now());
    if let Some((id, node)) = world.nodes().find(|(_, node)| !node.is_idle() && !may_wait(node)) {
        return broken("the next graph is empty", format!("n{id}: {:?}", node.status()));
    }
    let (_, node) = world.nodes().next().expect("all nodes live");
    let tags = node.document().configuration().child("tags");
    let kept: BTreeSet<&str> = tags.into_iter().flat_map(|tags| tags.elements()).filter_map(|tag| tag.id()).collect();
    let lost: Vec<&String> = world.record.acknowledged.iter().filter(|name| !kept.contains(name.as_str())).collect();
    if !lost.is_empty() {
        return broken("nothing acknowledged is lost", format!("{lost:?}"));
    }
    let unanswered = world.unanswered();
    if !unanswered.is_empty() {
        return broken("who asks for a fencing is answered", format!("(asked at, of): {unanswered:?}"));
    }
    Ok(())
}

/// Whether what is to be done waits for itself: constraints that form a ring are carried out by nobody.
fn waits_for_itself(document: &Document, now: i64) -> bool {
    let mut executor = Executor::new(schedule(&Input::new(document, Now::from_epoch(now))).graph);
    while let Some(action) = executor.start_next().map(|action| action.id) {
        executor.finished(action, Outcome::Done);
    }
    executor.progress() == Progress::Terminated
}

/// And everything runs.
pub fn all_run(world: &World) -> Result<(), Broken> {
    let broken = |law, detail| Err(Broken { law, detail });
    let (_, node) = world.nodes().next().expect("all nodes live");
    let here = world.nodes().count();
    let active = world.active();
    for resource in ALONE {
        let on = active.get(resource).map_or(0, BTreeSet::len);
        if on != 1 {
            return broken("everything runs again", format!("{resource} is active on {on} nodes"));
        }
    }
    for clone in ["c1", "db"] {
        let on = active.get(clone).map_or(0, BTreeSet::len);
        // Where it failed to stop it is not started again before somebody looks.
        let banned = format!("fail-count-{clone}#stop_0");
        let banned = node.document().status().descendants().filter(|pair| pair.attr("name") == Some(&banned)).count();
        if on + banned != here {
            return broken("everything runs again", format!("{clone} is active on {on} nodes"));
        }
    }
    match world.record.promoted.get("db").map_or(0, BTreeSet::len) {
        1 => Ok(()),
        count => broken("everything runs again", format!("db is promoted on {count} nodes")),
    }
}
