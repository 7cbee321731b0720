//! What is between a daemon and the network: the embedded engine, or Corosync.
//!
//! In: what the daemon asks of its engine, what Corosync says. Out: views and messages for the daemon.

use super::corosync::{Corosync, TURN_MS};
use super::host::Engine;
use super::{Happening, World};
use quorate_transport::cluster::corosync::group;
use quorate_transport::cluster::corosync::heard::Heard;
use quorate_transport::cluster::embedded::protocol::{Input, Output};
use quorate_transport::cluster::{ClusterEvent, DownReason};
use std::collections::BTreeSet;

/// How often the engines look around. Milliseconds.
const EMBEDDED_TICK_MS: u64 = 50;
const GROUP_TICK_MS: u64 = 100;

/// Who leaves waits no longer for what it has said. Milliseconds.
const LEAVE_MS: u64 = 5_000;

impl World {
    /// The same hosts with Corosync between them, which promises less than the embedded engine: what a host
    /// has seen that dies, the others may never see.
    pub fn over_corosync(mut self) -> World {
        self.corosync = Some(Corosync::new(self.hosts.len()));
        self.after(0, Happening::Turn);
        self
    }

    pub(super) fn tick(&mut self, node: u32, incarnation: u64) {
        if !self.lives(node, incarnation) {
            return;
        }
        self.engine(node, Input::Tick);
        self.leave_if_done(node);
        let ms = if self.corosync.is_some() { GROUP_TICK_MS } else { EMBEDDED_TICK_MS };
        self.after(ms, Happening::Tick { node, incarnation });
    }

    pub(super) fn engine(&mut self, node: u32, input: Input) {
        let now = self.now;
        let Some(life) = &mut self.host(node).life else {
            return;
        };
        match (&mut life.engine, input) {
            (Engine::Embedded(protocol), input) => {
                let outputs = protocol.step(input, now);
                self.engine_outputs(node, outputs);
            }
            (Engine::Corosync { .. }, Input::Tick) => self.group(node, group::Input::Tick),
            (Engine::Corosync { .. }, Input::Multicast(bytes)) => self.group(node, group::Input::Multicast(bytes)),
            (Engine::Corosync { leaving, .. }, Input::Leave) => {
                leaving.get_or_insert(now);
                self.leave_if_done(node);
            }
            (Engine::Corosync { .. }, other) => unreachable!("of the embedded engine, which is not there: {other:?}"),
        }
    }

    /// One step of what makes views and messages of Corosync's words.
    fn group(&mut self, node: u32, input: group::Input) {
        let Some(life) = &mut self.host(node).life else { return };
        let incarnation = life.incarnation;
        let Engine::Corosync { group, .. } = &mut life.engine else { return };
        let mut events = Vec::new();
        let mut is_excluded = false;
        // What is to be sent is on its way before the daemon hears of anything.
        for output in group.step(input) {
            match output {
                group::Output::Send(bytes) => {
                    if let Some(corosync) = &mut self.corosync {
                        corosync.send(node, bytes);
                    }
                }
                // What waits for room; here there is room.
                group::Output::Drop => {}
                group::Output::Excluded => is_excluded = true,
                group::Output::Event(event) => events.push(event),
            }
        }
        for event in events {
            // One of them may have ended it.
            if self.lives(node, incarnation) {
                self.engine_outputs(node, vec![Output::Event(event)]);
            }
        }
        if is_excluded && self.lives(node, incarnation) {
            self.come_anew(node);
        }
    }

    /// The others go on without this process: it leaves the group, and joins it again.
    fn come_anew(&mut self, node: u32) {
        if let Some(corosync) = &mut self.corosync {
            corosync.leave(node);
        }
        self.group(node, group::Input::Reconnected);
        self.join_group(node);
    }

    pub(super) fn join_group(&mut self, node: u32) {
        let first = self.corosync.as_mut().map(|corosync| corosync.join(node));
        first.into_iter().flatten().for_each(|heard| self.hear(node, heard));
    }

    fn hear(&mut self, node: u32, heard: Heard) {
        self.group(node, group::Input::Heard(heard));
        self.leave_if_done(node);
    }

    fn leave_if_done(&mut self, node: u32) {
        let now = self.now;
        let Some(Engine::Corosync { group, leaving: Some(since) }) = self.hosts[&node].life.as_ref().map(|l| &l.engine)
        else {
            return;
        };
        if group.waiting_bytes() == 0 || now > since + LEAVE_MS {
            self.engine_outputs(node, vec![Output::Event(ClusterEvent::Down(DownReason::Left))]);
        }
    }

    pub(super) fn turn_corosync(&mut self) {
        self.after(TURN_MS, Happening::Turn);
        let awake: BTreeSet<u32> =
            self.hosts.iter().filter(|(_, host)| host.paused_until <= self.now).map(|(node, _)| *node).collect();
        let network = &self.network;
        let hears = |one, other| network.hear_each_other(one, other);
        let Some(corosync) = &mut self.corosync else { return };
        for (node, heard) in corosync.turn(self.now, &awake, &hears, &mut self.chance) {
            self.hear(node, heard);
        }
    }
}
