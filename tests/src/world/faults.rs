//! What goes wrong, and when all is mended.

use super::{Happening, World};
use quorate_core::node::{Event, Request};
use std::collections::BTreeMap;

impl World {
    /// One fault, and the next one later.
    pub(super) fn fault(&mut self) {
        if !self.faulty {
            return;
        }
        let gap = 500 + self.chance.below(8_000);
        self.after(gap, Happening::Fault);
        let count = self.hosts.len() as u64;
        let node = 1 + self.chance.below(count) as u32;
        match self.chance.below(11) {
            0 | 1 => self.kill_daemon(node),
            2 => self.lose_power(node),
            3 | 4 => {
                let parts = 2 + self.chance.below(2);
                let ids: Vec<u32> = self.hosts.keys().copied().collect();
                let part: BTreeMap<u32, u64> = ids.into_iter().map(|id| (id, self.chance.below(parts))).collect();
                self.tell(|| format!("network cut: {part:?}"));
                self.network.cut(part);
            }
            5 => {
                let other = 1 + self.chance.below(count) as u32;
                self.tell(|| format!("n{other} does not hear n{node}"));
                self.network.deafen(node, other);
            }
            6 => {
                self.tell(|| "network mended".into());
                self.network.mend();
            }
            7 | 8 => {
                let until = self.now + 100 + self.chance.below(6_000);
                self.tell(|| format!("n{node} stands still until {until}"));
                self.host(node).paused_until = until;
            }
            9 => {
                let by = 1 + self.chance.below(count) as u32;
                self.fence(by, node);
            }
            _ => {
                self.tell(|| format!("n{node} is asked to stop"));
                self.step(node, Event::Terminate);
            }
        }
    }

    /// A person at one node has another cut off.
    pub fn fence(&mut self, by: u32, target: u32) {
        let Some(life) = &self.hosts[&by].life else { return };
        let incarnation = life.incarnation;
        self.written += 1;
        let client = u64::from(self.written);
        self.tell(|| format!("n{by} is asked to fence n{target}"));
        self.fencing_asked.insert((by, incarnation, client), target);
        let request = Request::Fence { node: format!("n{target}"), action: "reboot".into() };
        self.step(by, Event::Request { client, request, user: "root".into(), program: "crm".into() });
    }

    /// The daemon dies; what its agents started lives on.
    fn kill_daemon(&mut self, node: u32) {
        self.tell(|| format!("n{node} daemon killed"));
        self.host(node).life = None;
        let back = 200 + self.chance.below(20_000);
        self.after(back, Happening::Boot { node });
    }

    /// Everything on the host is gone at once.
    fn lose_power(&mut self, node: u32) {
        self.tell(|| format!("n{node} loses power"));
        self.power_off(node);
        let back = 1_000 + self.chance.below(20_000);
        self.after(back, Happening::Boot { node });
    }

    /// From now on nothing goes wrong, and everyone is there.
    pub(super) fn heal(&mut self) {
        self.tell(|| "all is mended".into());
        self.faulty = false;
        self.network.mend();
        for node in self.hosts.keys().copied().collect::<Vec<_>>() {
            self.after(1_000, Happening::Boot { node });
        }
    }
}
