//! What a test has happen to a world, moment by moment, and what it then looks at.

use super::tools::STORY;
use super::{Broken, EPOCH, Happening, World};
use quorate_core::node::{Event, Node, Reply, Request};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// Somebody switches a host on.
    pub fn switch_on(&mut self, node: u32) {
        self.tell(|| format!("n{node} is switched on"));
        self.host(node).powered = true;
        self.after(0, Happening::Boot { node });
    }

    /// A tool asks a node; the answer comes in time, under this number.
    pub fn ask(&mut self, node: u32, request: Request) -> u64 {
        self.written += 1;
        let client = STORY + u64::from(self.written);
        self.tell(|| format!("n{node} is asked: {request:?}"));
        if let (Request::Fence { node: target, .. }, Some(life)) = (&request, &self.hosts[&node].life) {
            let target = target.trim_start_matches('n').parse().expect("nodes are n1, n2, …");
            self.fencing_asked.insert((node, life.incarnation, client), target);
        }
        self.step(node, Event::Request { client, request, user: "root".into(), groups: None, program: "story".into() });
        client
    }

    pub fn answer(&self, number: u64) -> Option<&Reply> {
        self.answers.get(&number)
    }

    /// Cuts the network: these nodes hear each other, and the others each other.
    pub fn cut_off(&mut self, nodes: &[u32]) {
        let ids = self.hosts.keys().copied();
        let part = ids.map(|id| (id, u64::from(nodes.contains(&id)))).collect();
        self.tell(|| format!("{nodes:?} are cut off"));
        self.disturb_all();
        self.network.cut(part);
    }

    /// Nobody hears anybody.
    pub fn part_all(&mut self) {
        let part = self.hosts.keys().map(|id| (*id, u64::from(*id))).collect();
        self.tell(|| "nobody hears anybody".into());
        self.disturb_all();
        self.network.cut(part);
    }

    pub fn stand_still(&mut self, node: u32, until: u64) {
        self.tell(|| format!("n{node} stands still until {until}"));
        self.host(node).paused_until = until;
        self.disturbed.insert(node, until);
    }

    /// Runs on for a while. Milliseconds.
    pub fn run_for(&mut self, ms: u64) -> Result<(), Broken> {
        self.run_until(self.now + ms)?;
        Ok(())
    }

    pub fn mend(&mut self) {
        self.tell(|| "the network is mended".into());
        self.disturb_all();
        self.network.mend();
    }

    /// A host loses its power, and has it again after a while.
    pub fn lose_power_for(&mut self, node: u32, ms: u64) {
        self.tell(|| format!("n{node} loses power"));
        self.power_off(node);
        self.power_on_after(node, ms);
    }

    /// Living nodes, with what they hold.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        self.hosts.iter().filter_map(|(id, host)| Some((*id, &host.life.as_ref()?.node)))
    }

    /// Living nodes whose tools wait to hear of a fencing, and of whose.
    pub fn unanswered(&self) -> Vec<(u32, u32)> {
        let waiting = self.fencing_asked.iter().filter(|((node, incarnation, _), _)| self.lives(*node, *incarnation));
        waiting.map(|((node, _, _), target)| (*node, *target)).collect()
    }

    /// Where each resource is active.
    pub fn active(&self) -> BTreeMap<String, BTreeSet<u32>> {
        let mut active: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (id, host) in &self.hosts {
            for resource in &host.active {
                active.entry(resource.clone()).or_default().insert(*id);
            }
        }
        active
    }

    /// Whether an agent works on a resource, on whatever host.
    pub fn agents_run(&self, resource: &str) -> bool {
        self.hosts.values().flat_map(|host| host.agents.values()).any(|run| run.resource.id == resource)
    }

    /// Whether any node says that there is nothing to do.
    pub fn rests(&self) -> bool {
        self.nodes().any(|(_, node)| node.is_idle())
    }

    /// Milliseconds.
    pub fn since_start(&self) -> u64 {
        self.now
    }

    /// Seconds since 1970, by a clock that nobody has touched.
    pub(super) fn now(&self) -> i64 {
        EPOCH + (self.now / 1_000) as i64
    }

    /// Hosts that are not switched off.
    pub fn powered(&self) -> usize {
        self.hosts.values().filter(|host| host.powered).count()
    }

    pub fn size(&self) -> usize {
        self.hosts.len()
    }
}
