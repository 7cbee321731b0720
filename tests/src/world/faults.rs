//! What goes wrong, and when all is mended.

use super::{Happening, Input, World};
use quorate_core::node::{Event, Request};
use std::collections::BTreeMap;

/// After all is mended: when everybody has been up for a while.
const RELIEVED_MS: u64 = 40_000;

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
        match self.chance.below(18) {
            0 | 1 => self.kill_daemon(node),
            2 => self.lose_power(node),
            3 | 4 => {
                let parts = 2 + self.chance.below(2);
                let ids: Vec<u32> = self.hosts.keys().copied().collect();
                let part: BTreeMap<u32, u64> = ids.into_iter().map(|id| (id, self.chance.below(parts))).collect();
                self.tell(|| format!("network cut: {part:?}"));
                self.disturb_all();
                self.network.cut(part);
            }
            5 => {
                let other = 1 + self.chance.below(count) as u32;
                self.tell(|| format!("n{other} does not hear n{node}"));
                self.disturb_all();
                self.network.deafen(node, other);
            }
            6 => {
                self.mend();
            }
            7 | 8 => {
                let until = self.now + 100 + self.chance.below(6_000);
                self.stand_still(node, until);
            }
            9 => {
                let by = 1 + self.chance.below(count) as u32;
                self.fence(by, node);
            }
            10 => {
                let full = !self.hosts[&node].disk_is_full;
                self.tell(|| format!("n{node}'s disk is {}", if full { "full" } else { "not full any more" }));
                self.host(node).disk_is_full = full;
            }
            11 => {
                let until = self.now + 1_000 + self.chance.below(40_000);
                self.hang_disks(&[node], until);
            }
            // One at a time: who counts on a majority of disks is lost where two lie.
            12 if self.hosts.values().all(|host| host.disk_forgets.is_none()) => self.let_disk_lie(node),
            13 => {
                self.part_all();
                let ms = 500 + self.chance.below(8_000);
                self.after(ms, Happening::Mend);
            }
            14 => {
                let seconds = self.chance.below(16 * 3_600) as i64 - 8 * 3_600;
                self.step_clock(node, seconds);
            }
            15 | 16 => self.set_standby(node, Some("on")),
            _ if self.failing.is_some() => self.kill_daemon(node),
            _ => self.terminate(node),
        }
    }

    /// Somebody stops a node's daemon.
    pub fn terminate(&mut self, node: u32) {
        self.tell(|| format!("n{node} is asked to stop"));
        self.disturb(node);
        self.step(node, Event::Terminate);
    }

    /// Nobody starts the daemon of a node that was stopped again.
    pub fn leave_stopped(&mut self, node: u32) {
        self.host(node).powered = false;
    }

    /// A host is switched off, gets a program that speaks this version, and is switched on.
    pub fn reinstall(&mut self, node: u32, speaks: u8) {
        self.host(node).speaks = speaks;
        self.host(node).powered = true;
        self.lose_power_for(node, 2_000);
    }

    /// Its daemon ends, and nobody starts it again.
    pub(super) fn refused(&mut self, node: u32) {
        self.host(node).powered = false;
        self.engine(node, Input::Leave);
    }

    /// A host's clock is put ahead, or back, by so many seconds.
    pub fn step_clock(&mut self, node: u32, seconds: i64) {
        self.tell(|| format!("n{node}'s clock is put ahead by {seconds} s"));
        self.host(node).clock_ahead += seconds;
    }

    /// A resource dies where it is active; only a monitor can notice.
    pub fn dies(&mut self, resource: &str) {
        self.tell(|| format!("{resource} dies"));
        for node in self.active().remove(resource).unwrap_or_default() {
            self.host(node).active.remove(resource);
            self.record.active((node, resource.to_string()), false, false, self.now);
        }
    }

    /// A person at one node has another cut off.
    pub fn fence(&mut self, by: u32, target: u32) {
        let host = &self.hosts[&by];
        let Some(life) = host.life.as_ref().filter(|_| host.paused_until <= self.now) else { return };
        let incarnation = life.incarnation;
        self.written += 1;
        let client = u64::from(self.written);
        self.tell(|| format!("n{by} is asked to fence n{target}"));
        self.fencing_asked.insert((by, incarnation, client), target);
        let request = Request::Fence { node: format!("n{target}"), action: "reboot".into() };
        self.step(by, Event::Request { client, request, user: "root".into(), groups: None, program: "crm".into() });
    }

    /// The daemon dies; what its agents started lives on.
    fn kill_daemon(&mut self, node: u32) {
        self.tell(|| format!("n{node} daemon killed"));
        self.disturb(node);
        self.host(node).life = None;
        self.forget(node);
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

    /// Somebody puts a node on standby until it is up the next time, or takes it off that: what can be moved is.
    fn set_standby(&mut self, node: u32, value: Option<&str>) {
        self.tell(|| format!("n{node} standby {}", value.unwrap_or("off")));
        let pairs = vec![("standby".to_string(), value.map(str::to_string))];
        let request = Request::SetAttributes { node: format!("n{node}"), pairs };
        let event =
            Event::Request { client: 0, request, user: "root".into(), groups: None, program: "crm_standby".into() };
        self.step(node, event);
    }

    /// All nodes may run resources again.
    pub(super) fn relieve(&mut self) {
        for node in self.hosts.keys().copied().collect::<Vec<_>>() {
            self.set_standby(node, None);
        }
    }

    /// From now on nothing goes wrong, and everyone is there.
    pub(super) fn heal(&mut self) {
        self.tell(|| "all is mended".into());
        self.faulty = false;
        self.mended_at = Some(self.now);
        self.after(RELIEVED_MS, Happening::Relieve);
        self.mend();
        for host in self.hosts.values_mut() {
            host.powered = true;
            host.disk_is_full = false;
            host.disk_hangs_until = None;
            host.disk_forgets = None;
        }
        for node in self.hosts.keys().copied().collect::<Vec<_>>() {
            self.after(1_000, Happening::Boot { node });
        }
    }
}
