//! Tools that ask nodes for something and wait: a writer of tags, and people who have a node cut off.

use super::{Happening, World};
use quorate_core::cib::diff;
use quorate_core::node::{Event, Refusal, Reply, Request};
use quorate_core::xml::Element;

/// Numbers of requests that belong to a story lie above.
pub(super) const STORY: u64 = 1 << 32;

impl World {
    /// Someone commits a tag through some node, as often as the run lasts.
    pub(super) fn write(&mut self) {
        let gap = 200 + self.chance.below(2_000);
        if self.faulty {
            self.after(gap, Happening::Write);
        }
        let node = 1 + self.chance.below(self.hosts.len() as u64) as u32;
        let Some(life) = self.hosts[&node].life.as_ref().filter(|_| self.hosts[&node].paused_until <= self.now) else {
            return;
        };
        let (incarnation, base) = (life.incarnation, life.node.document().clone());
        self.written += 1;
        let name = format!("t{}", self.written);
        let mut work = base.clone();
        let reference = Element::new("obj_ref").with("id", "fencer");
        work.configuration_mut().child_or_new("tags").push(Element::new("tag").with("id", &name).with_child(reference));
        let client = u64::from(self.written);
        self.asked.insert((node, incarnation, client), name);
        let request = Request::Commit { patch: diff(&base, &work) };
        let event = Event::Request { client, request, user: "root".into(), groups: None, program: "writer".into() };
        self.step(node, event);
    }

    pub(super) fn answered(&mut self, node: u32, incarnation: u64, client: u64, reply: Reply) {
        if client > STORY {
            self.tell(|| format!("n{node} answers: {reply:?}"));
            self.answers.insert(client, reply);
            self.fencing_asked.remove(&(node, incarnation, client));
            return;
        }
        if let Some(target) = self.fencing_asked.remove(&(node, incarnation, client)) {
            return self.tell(|| format!("n{node} answers about n{target}: {reply:?}"));
        }
        let Some(name) = self.asked.remove(&(node, incarnation, client)) else {
            return;
        };
        match reply {
            Reply::Committed { version, durable: true, .. } => {
                self.tell(|| format!("n{node} acknowledges {name} as {version}"));
                self.acknowledged(name);
            }
            Reply::Refused(Refusal::Patch(_) | Refusal::NoQuorum) => {}
            other => self.tell(|| format!("n{node} answers {name}: {other:?}")),
        }
    }
}
