//! Fence agents of the simulated world: some take longer than a node needs to come back, and they go
//! on when the daemon that started them is gone.

use super::{Happening, World};
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::run::{DeviceResult, RunEnd};
use quorate_core::node::Event;
use std::collections::BTreeSet;

/// A node to which nothing has happened for so long has no business being cut off. Milliseconds.
const QUIET_MS: u64 = 8_000;

/// So long after all was mended nobody is cut off any more. Milliseconds.
const ENDS_WITHIN_MS: u64 = 75_000;

/// What fence devices do when they are asked to cut a node off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FenceDevices {
    Work,
    /// They say that they did what they did not do.
    Lie,
    /// They say no.
    Refuse,
    /// Their agent does not have this action.
    Lack(&'static str),
    /// Their agent is broken on this host.
    BrokenOn(u32),
}

/// A fence agent that runs.
pub struct Device {
    /// The host it runs on.
    pub by: u32,
    fencing: String,
    number: u32,
    run: DeviceRun,
    target: Option<u32>,
    /// Those who know that it runs.
    known_by: BTreeSet<u32>,
    /// Which run of the target's daemon took part, as the host saw it when the agent began.
    let_in: Option<u64>,
}

impl World {
    pub(super) fn device_begins(&mut self, by: u32, incarnation: u64, fencing: String, number: u32, run: DeviceRun) {
        let slow = self.faulty && self.hosts.len() > 2 && self.chance.percent(30);
        let by_chance = 20 + self.chance.below(if slow { 8_000 } else { 300 });
        let ms = self.fence_agents_take.unwrap_or(by_chance);
        self.tell(|| format!("n{by} runs {} {} for {fencing}", run.device, run.action));
        let target = run.arguments.get("nodename").and_then(|name| name.strip_prefix('n')?.parse().ok());
        let target: Option<u32> = target.filter(|_| run.cuts_off());
        if let Some(target) = target {
            self.judge_begin(by, target);
        }
        let let_in = target.and_then(|target| self.let_in(by, target));
        // The others learn it when they agree with one who knows, if ever: a message may not reach them.
        let known_by = BTreeSet::from([by]);
        let device = Device { by, fencing, number, run, target, known_by, let_in };
        let number = self.sequence;
        self.devices.insert(number, device);
        self.record.devices_at_once = self.record.devices_at_once.max(self.devices.len());
        self.after(ms, Happening::DeviceEnds { node: by, incarnation, number });
    }

    fn let_in(&self, by: u32, target: u32) -> Option<u64> {
        self.hosts[&by].life.as_ref().and_then(|life| life.node.let_in(target))
    }

    fn agreed(&self, node: u32) -> Vec<u32> {
        let life = self.hosts[&node].life.as_ref();
        life.and_then(|life| life.node.agreed()).map(Iterator::collect).unwrap_or_default()
    }

    /// Who has come to agree with one who knows what fence agents run knows it.
    pub(super) fn spread_knowledge(&mut self, node: u32) {
        let together = self.agreed(node);
        let too = |member: &u32| *member == node || self.agreed(*member).contains(&node);
        let together: BTreeSet<u32> = together.into_iter().filter(too).collect();
        for device in self.devices.values_mut() {
            if !together.is_disjoint(&device.known_by) {
                device.known_by.extend(&together);
            }
        }
    }

    /// A daemon that has ended knows nothing any more, and is in no group.
    pub(super) fn forget(&mut self, node: u32) {
        if let Some(corosync) = &mut self.corosync {
            corosync.leave(node);
        }
        self.devices.values_mut().for_each(|device| {
            device.known_by.remove(&node);
        });
    }

    fn judge_begin(&mut self, by: u32, target: u32) {
        let mut others = self.devices.values();
        // Who has agreed with nobody who knows cannot know.
        if let Some(other) = others.find(|device| device.target == Some(target) && device.known_by.contains(&by)) {
            let detail = format!("n{by} and n{} cut off n{target} at {} ms", other.by, self.now);
            self.record.breaks("a target is never cut off by two agents at once", detail);
        }
        let last = self.disturbed.get(&target).copied().unwrap_or(0);
        let host = &self.hosts[&target];
        let well = host.life.is_some() && host.paused_until <= self.now && self.network.is_whole();
        let reason = self.record.failed_stop.contains(&target)
            || host.disk_hangs_until.is_some()
            || self.fencing_asked.values().any(|of| *of == target);
        if well && !reason && self.now.saturating_sub(last) > QUIET_MS {
            let detail = format!("n{target} by n{by} at {} ms, undisturbed since {last} ms", self.now);
            self.record.breaks("nobody is cut off needlessly", detail);
        }
    }

    /// The device cuts the node's power, proves it, and (for a reboot) switches it on again.
    pub(super) fn device_ends(&mut self, by: u32, incarnation: u64, number: u64) {
        // One that ended with its host, or was ended by the daemon that came after its own, does nothing more.
        let Some(device) = self.devices.remove(&number) else { return };
        let result = match device.target {
            _ if self.faulty && self.chance.percent(10) => DeviceResult::failed("the device does not answer"),
            Some(_) if self.fence_devices == FenceDevices::Refuse => DeviceResult::failed("no"),
            Some(_) if self.fence_devices == FenceDevices::BrokenOn(by) => DeviceResult::failed("it is broken here"),
            Some(_) if matches!(self.fence_devices, FenceDevices::Lack(action) if action == device.run.action) => {
                DeviceResult { end: RunEnd::Lacking, ..DeviceResult::failed("the agent has no such action") }
            }
            Some(target) => {
                self.judge_end(&device, target);
                if self.fence_devices != FenceDevices::Lie {
                    self.cut_power(by, target, device.run.action == "off");
                }
                DeviceResult::done("")
            }
            None => DeviceResult::done(""),
        };
        if self.lives(by, incarnation) {
            let (fencing, number) = (device.fencing, device.number);
            self.step(by, Event::DeviceRan { fencing, number, result });
        }
    }

    fn judge_end(&mut self, device: &Device, target: u32) {
        let now_in = self.let_in(device.by, target);
        // Who cuts itself off, for a person asks for it and nobody else can, does so in every view.
        if device.by != target && now_in.is_some() && now_in != device.let_in {
            let detail = format!("n{target} by n{} at {} ms ({})", device.by, self.now, device.run.action);
            self.record.breaks("nobody is cut off who was let in again", detail);
        }
        if self.mended_at.is_some_and(|mended| self.now > mended + ENDS_WITHIN_MS) {
            self.record.breaks("fencing ends", format!("n{target} by n{} at {} ms", device.by, self.now));
        }
    }

    /// Off is off: it stays so until somebody switches it on.
    fn cut_power(&mut self, by: u32, target: u32, for_good: bool) {
        self.tell(|| format!("n{target} is fenced by n{by}{}", if for_good { " for good" } else { "" }));
        self.record.fenced.push((target, self.now));
        self.record.failed_stop.remove(&target);
        self.power_off(target);
        self.host(target).powered = !for_good;
        if for_good {
            return;
        }
        let back = 2_000 + self.chance.below(4_000);
        self.power_on_after(target, back);
    }
}
