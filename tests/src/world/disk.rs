//! Disks of the simulated world: they take their time, are full, or do not answer.

use super::{Happening, World};
use quorate_core::cib::Document;
use quorate_core::node::Event;
use quorate_core::replica::PersistedTerms;

/// What a disk is asked to do.
#[derive(Clone, Debug)]
pub enum DiskWork {
    Write { number: u64, document: Document, terms: PersistedTerms },
    Check { number: u64 },
}

impl World {
    /// A commit was acknowledged as safe: it is, unless a disk has lied about it.
    pub(super) fn acknowledged(&mut self, name: String) {
        if !self.disk_forgot {
            self.record.acknowledged.insert(name);
        }
    }

    /// A disk does one thing after the other.
    pub(super) fn disk_begins(&mut self, node: u32, incarnation: u64, work: DiskWork) {
        let ends = (self.now + 1 + self.chance.below(15)).max(self.hosts[&node].disk_busy_until + 1);
        self.host(node).disk_busy_until = ends;
        self.host(node).disk_queue.push_back(work);
        self.after(ends - self.now, Happening::DiskEnds { node, incarnation });
    }

    /// A disk that hangs does it when it goes on.
    pub(super) fn disk_ends(&mut self, node: u32, incarnation: u64) {
        if !self.lives(node, incarnation) {
            return;
        }
        let now = self.now;
        let host = self.host(node);
        if let Some(until) = host.disk_hangs_until {
            host.disk_hangs_until = (until > now).then_some(until);
            return self.after(100, Happening::DiskEnds { node, incarnation });
        }
        let work = host.disk_queue.pop_front().expect("something was asked of the disk");
        let full = host.disk_is_full.then(|| "no space left on device".to_string());
        let event = match (work, full) {
            (DiskWork::Check { number }, full) => Event::DiskChecked { number, result: full.map_or(Ok(()), Err) },
            (DiskWork::Write { number, .. }, Some(reason)) => Event::PersistFailed { number, reason },
            (DiskWork::Write { number, document, terms }, None) => {
                host.disk = Some((document, terms));
                Event::Persisted { number }
            }
        };
        self.step(node, event);
    }

    /// The disks of these hosts answer nothing until then.
    pub fn hang_disks(&mut self, nodes: &[u32], until: u64) {
        for node in nodes {
            self.tell(|| format!("n{node}'s disk hangs until {until}"));
            self.host(*node).disk_hangs_until = Some(until);
            // When it goes on, the others may not know yet.
            let last = self.disturbed.entry(*node).or_default();
            *last = until.max(*last);
        }
    }

    /// From now on this disk forgets with the power what it says that it stores.
    pub fn let_disk_lie(&mut self, node: u32) {
        self.tell(|| format!("n{node}'s disk lies from now on"));
        let host = self.host(node);
        host.disk_forgets = host.disk.clone();
    }

    /// The power goes: what a disk has lied about is lost with it.
    pub(super) fn disk_loses_power(&mut self, node: u32) {
        let host = self.host(node);
        let Some(kept) = host.disk_forgets.take() else { return };
        host.disk = Some(kept);
        // Nobody can promise what such a disk has promised: with it a majority may forget its term, too.
        self.record.acknowledged.clear();
        self.disk_forgot = true;
        self.tell(|| format!("n{node}'s disk has forgotten"));
    }

    pub fn fill_disks(&mut self, nodes: &[u32], full: bool) {
        for node in nodes {
            self.host(*node).disk_is_full = full;
        }
    }

    /// The epochs of the configuration on a host's disk.
    pub fn stored(&self, node: u32) -> Option<(u32, u32)> {
        let (document, _) = self.hosts[&node].disk.as_ref()?;
        let version = document.version();
        Some((version.admin_epoch, version.epoch))
    }
}
