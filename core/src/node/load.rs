//! How busy the members' hosts are, and the bounds that this puts to the transition.
//!
//! In: what this host measured, what members tell. Out: a message when this host's step changes; bounds.
//! Absent: measuring it (the daemon's), what follows from a load (`membership::load`).

use super::message::Message;
use super::{Node, option};
use crate::membership::load::{Busy, Load};
use crate::note::Note;
use std::collections::BTreeMap;

impl Node {
    /// The host's load average, in hundredths, as it is now.
    pub(super) fn load_measured(&mut self, load_hundredths: u64) {
        let busy = Busy::of(load_hundredths, self.settings.cores, self.load_threshold());
        let load = Load { busy, ..self.own_load() };
        if self.load != busy {
            self.load = busy;
            self.note(Note::info("load", format!("the load of this host is {load_hundredths} hundredths: {busy:?}")));
            self.send(Message::Load { load });
        }
    }

    pub(super) fn own_load(&self) -> Load {
        Load { busy: self.load, cores: self.settings.cores, limit: self.settings.jobs_max }
    }

    pub(super) fn load_delivered(&mut self, from: u32, load: Load) {
        self.loads.insert(from, load);
        self.bound_nodes();
    }

    /// What the members said when they met.
    pub(super) fn gather_loads(&mut self) {
        let Some((_, agreement)) = self.replica.agreement() else { return };
        self.loads = agreement.joins.values().map(|join| (join.id, join.load)).collect();
        // What has changed since this node spoke may have been heard too early.
        let load = self.own_load();
        if self.loads.get(&self.me().id).is_some_and(|said| *said != load) {
            self.send(Message::Load { load });
        }
    }

    /// The bounds hold for the transition that runs, too.
    pub(super) fn bound_nodes(&mut self) {
        let limits = self.node_limits();
        if let Some(executor) = self.leadership.as_mut().and_then(|leadership| leadership.executor.as_mut()) {
            executor.limit_nodes(limits);
        }
    }

    fn node_limits(&self) -> BTreeMap<String, usize> {
        let configured = option(self.document(), "node-action-limit");
        let configured = configured.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let throttled = self.load_threshold() > 0;
        let members = self.replica.view().into_iter().flat_map(|view| &view.members);
        let limit = |member: &crate::membership::Member| {
            let load = self.loads.get(&member.id).copied().unwrap_or_default();
            Some((member.name.clone(), load.jobs(configured, throttled)?))
        };
        members.filter_map(limit).collect()
    }

    /// In percent of a core; 0 where nobody has set it.
    fn load_threshold(&self) -> u64 {
        let given = option(self.document(), "load-threshold");
        given.and_then(|text| text.trim().trim_end_matches('%').parse().ok()).unwrap_or(0)
    }
}
