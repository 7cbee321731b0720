//! Looks whether this member's disk works, and knows of all members' disks.
//!
//! A member that cannot store the configuration says so to all, and is not counted on; one whose disk
//! does not answer at all cannot be trusted to run anything, and is cut off, if enough others are well.
//! In: answers of the disk, what members say. Out: questions to the disk, the state of nodes.
//! Absent: writing the configuration (`persistence`).

use super::message::Message;
use super::{Effect, Node, Timer};
use crate::cib::Edit;
use crate::lrm::result::NodeRef;
use crate::membership::DiskState;
use crate::note::Note;
use std::collections::BTreeMap;

/// How often the disk is asked whether it works.
const CHECK_EVERY_MS: u64 = 5_000;

/// A disk that has not answered for so long hangs. Slow ones take a second or two.
const HANGS_AFTER_MS: u64 = 10_000;

/// Storage that several nodes share does not stop for each at the same moment either: a node is not
/// judged before the others have had the time to notice theirs. Seconds.
const OTHERS_NOTICE_S: i64 = 6;

/// Storage that several nodes share comes back to each at its own moment: after one disk works again,
/// the others have so long before anyone is cut off. Seconds.
const OTHERS_FOLLOW_S: i64 = 20;

/// The attribute of a node's state that says what is wrong with its disk.
pub const DISK_ATTRIBUTE: &str = "disk";

/// What is known of disks.
#[derive(Clone, Debug, Default)]
pub(super) struct Disks {
    mine: DiskState,
    /// The latest question, and since when it is open. Milliseconds.
    number: u64,
    asked_at: Option<u64>,
    watching: bool,
    /// Members whose disks are not good, as all members know them.
    bad: BTreeMap<u32, DiskState>,
    /// Since when those hang that do. Seconds since the epoch.
    hanging: BTreeMap<u32, i64>,
    /// When one last said that it works again. Seconds since the epoch.
    recovered: Option<i64>,
}

impl Node {
    pub(super) fn disk_state(&self) -> DiskState {
        self.disks.mine.clone()
    }

    /// When one last said that it works again, as far as this member heard. Seconds since the epoch.
    pub(super) fn disk_recovered(&self) -> Option<i64> {
        self.disks.recovered
    }

    /// Members that cannot store anything now, and why.
    pub(super) fn bad_disks(&self) -> &BTreeMap<u32, DiskState> {
        &self.disks.bad
    }

    pub(super) fn watch_disk(&mut self) {
        if !std::mem::replace(&mut self.disks.watching, true) {
            self.timer_in(Timer::Disk, CHECK_EVERY_MS);
        }
    }

    pub(super) fn disk_timer(&mut self) {
        self.timer_in(Timer::Disk, CHECK_EVERY_MS);
        match self.disks.asked_at {
            Some(at) if self.clock.ms - at >= HANGS_AFTER_MS && self.disks.mine == DiskState::Hanging => {
                // Said again and again: what follows from it may depend on how the others are by now.
                self.tell_disk();
            }
            Some(at) if self.clock.ms - at >= HANGS_AFTER_MS => self.disk_is(DiskState::Hanging),
            Some(_) => {}
            None => {
                self.disks.number += 1;
                self.disks.asked_at = Some(self.clock.ms);
                self.effects.push(Effect::CheckDisk { number: self.disks.number });
            }
        }
    }

    /// The disk has answered, well or with a reason why not.
    pub(super) fn disk_checked(&mut self, number: u64, result: Result<(), String>) {
        if number == self.disks.number {
            self.disks.asked_at = None;
        }
        self.disk_is(result.map_or_else(DiskState::Failing, |()| DiskState::Good));
    }

    pub(super) fn disk_is(&mut self, state: DiskState) {
        if state == self.disks.mine {
            return;
        }
        let note = match &state {
            DiskState::Good => Note::info("disk", "works again"),
            state => Note::error("disk", state.to_string()),
        };
        self.note(note);
        self.disks.mine = state;
        if self.disks.mine == DiskState::Good {
            // What could not be written meanwhile.
            self.persist();
        }
        self.tell_disk();
    }

    fn tell_disk(&mut self) {
        let (state, epoch_seconds) = (self.disk_state(), self.clock.epoch);
        self.send(Message::Disk { state, epoch_seconds });
    }

    /// A member says what its disk does.
    pub(super) fn disk_said(&mut self, from: u32, state: DiskState, epoch: i64) {
        match state {
            DiskState::Good => {
                self.disks.bad.remove(&from);
                self.disks.hanging.remove(&from);
                self.disks.recovered = Some(epoch);
            }
            state => {
                self.commits_not_held(from, &state.to_string());
                match state {
                    DiskState::Hanging => drop(self.disks.hanging.entry(from).or_insert(epoch)),
                    _ => drop(self.disks.hanging.remove(&from)),
                }
                self.disks.bad.insert(from, state);
            }
        }
        self.look_at_held();
        if self.tell_of_disks(epoch, Some(from)) {
            self.something_changed("a disk");
        }
    }

    /// The members have agreed: each has said with its join what its disk does.
    pub(super) fn resume_disks(&mut self) {
        let Some((_, agreement)) = self.replica.agreement() else { return };
        let bad = agreement.joins.values().filter(|join| join.disk != DiskState::Good);
        let bad: BTreeMap<u32, DiskState> = bad.map(|join| (join.id, join.disk.clone())).collect();
        let epoch = agreement.epoch_seconds;
        // All members judge alike, whatever each of them has heard.
        self.disks.recovered = agreement.joins.values().filter_map(|join| join.disk_recovered).max();
        self.disks.hanging.clear();
        self.disks.bad = bad;
        self.tell_of_disks(epoch, None);
    }

    /// Writes into the state of each member what its disk does; whether anything is new. One whose disk
    /// hangs, as it has just said (`from`), is as good as silent where it can be cut off and a majority
    /// of all nodes has good disks, and has had them for a while.
    pub(super) fn tell_of_disks(&mut self, epoch: i64, from: Option<u32>) -> bool {
        let recovers = self.disks.recovered.is_some_and(|at| epoch - at < OTHERS_FOLLOW_S);
        let Some((view, agreement)) = self.replica.agreement() else { return false };
        let inside: Vec<u32> =
            view.members.iter().map(|member| member.id).filter(|id| agreement.is_inside(*id)).collect();
        let well = inside.iter().filter(|id| !self.disks.bad.contains_key(id)).count();
        let can_do_without = well > self.settings.nodes / 2 && self.is_fencing_enabled();
        let mut edits = Vec::new();
        for id in inside {
            let path = NodeRef { id: id.to_string(), name: String::new() }.state_path();
            let Some(state) = path.find(self.document().root()) else { continue };
            let disk = self.disks.bad.get(&id);
            let text = disk.map(DiskState::to_string);
            if state.attr(DISK_ATTRIBUTE) != text.as_deref() {
                edits.push(match text {
                    Some(value) => Edit::Set { path: path.clone(), name: DISK_ATTRIBUTE.into(), value },
                    None => Edit::Unset { path: path.clone(), name: DISK_ATTRIBUTE.into() },
                });
            }
            let is_silent = state.attr("crmd") == Some("0");
            let noticed = self.disks.hanging.get(&id).is_some_and(|since| epoch - since >= OTHERS_NOTICE_S);
            // While an agent may still cut it off, it stays what it was called.
            let shot_at = is_silent && self.is_being_cut_off(id);
            let judged = is_silent || from == Some(id) && noticed && !recovers;
            let silent = shot_at || can_do_without && disk == Some(&DiskState::Hanging) && judged;
            if silent != is_silent {
                let value = if silent { "0".to_string() } else { epoch.to_string() };
                edits.push(Edit::Set { path, name: "crmd".into(), value });
            }
        }
        if !edits.is_empty() {
            self.replica.update(&edits);
        }
        !edits.is_empty()
    }
}
