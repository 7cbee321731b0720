//! Nodes that reset themselves: where their watchdogs are the means of fencing, or where a node hears
//! that it was fenced and is still there.
//!
//! A node whose partition has lost its quorum resets itself at once, and one whose daemon stands still is
//! reset by its watchdog. So after `fencing-watchdog-timeout` the others may count a node that they have
//! lost as off (Pacemaker Explained, "Cluster Options"; what sbd does without disks).
//! Absent: the device (the daemon's).

use super::Node;
use crate::fencing::AgentRun;
use crate::fencing::run::DeviceResult;
use crate::membership::View;
use crate::node::message::Message;
use crate::node::{Effect, option};
use crate::note::Note;
use crate::status::node::WATCHDOG_ATTRIBUTE;
use crate::time::Interval;

/// Twice what sbd takes for its watchdog's own time if nobody says: a negative time-out means this.
const AUTOMATIC_MS: u64 = 10_000;

impl Node {
    /// After how long a node that is lost has reset itself; 0 if that is not to be relied on.
    pub(super) fn watchdog_resets_after_ms(&self, target: &str) -> u64 {
        let state = self.find_node(target);
        let state = state.and_then(|node| self.document().status().child_with_id("node_state", &node.id));
        if state.and_then(|state| state.attr(WATCHDOG_ATTRIBUTE)) != Some("true") {
            return 0;
        }
        self.watchdog_timeout_ms()
    }

    pub(in crate::node) fn watchdog_timeout_ms(&self) -> u64 {
        let Some(text) = option(self.document(), "fencing-watchdog-timeout") else { return 0 };
        if text.trim().starts_with('-') {
            return AUTOMATIC_MS;
        }
        Interval::parse(&text).map_or(0, |interval| u64::from(interval.ms()))
    }

    /// This node is the target, and its watchdog is the means: unless it is a later run of it, which has
    /// been reset already.
    pub(super) fn resets_itself_for(&mut self, target: &str) -> bool {
        let run = self.fencer.active.get(target).and_then(|active| active.incarnation);
        if target != self.me().name || run != Some(self.settings.incarnation) {
            return false;
        }
        self.reset("it is to be fenced, and its watchdog is the only means");
        true
    }

    /// The time is over: who is away, or back as another run, has been reset.
    pub(super) fn watchdog_waited_for(&mut self, agent: AgentRun) {
        let run = self.fencer.active.get(&agent.target).and_then(|active| active.incarnation);
        let here = self.run_here(&agent.target).is_some_and(|here| run.is_none_or(|run| run == here));
        let failed = || DeviceResult::failed(format!("{} is here again", agent.target));
        let result = if here { failed() } else { DeviceResult::done("") };
        let (fencing, number) = (agent.fencing, agent.number);
        self.send(Message::DeviceRan { fencing, number, result });
    }

    /// Whoever has lost its quorum must be off before others take over what it runs. Nodes that left in
    /// order do not take over.
    pub(in crate::node) fn reset_without_quorum(&mut self, view: &View) {
        self.had_quorum |= view.quorate;
        let relied_on = self.settings.watchdog && self.is_fencing_enabled() && self.watchdog_timeout_ms() > 0;
        if view.quorate || !self.had_quorum || !relied_on || self.ignores_quorum() {
            return;
        }
        let away = self.settings.nodes.saturating_sub(view.members.len());
        if view.ended.len() < away {
            self.reset("it has lost its quorum, and the others rely on its watchdog");
        }
    }

    /// This node hears that it was fenced, and is there: its devices cut it off from its storage only, or do
    /// not do what they say. It resets itself, or stops what it runs and leaves, as `fencing-reaction` has
    /// it. `doubted`: the others wait whether it falls silent, and take it for a member if it does not:
    /// then it does not leave, for what it could not stop would be started elsewhere.
    pub(super) fn react_to_own_fencing(&mut self, doubted: bool) {
        let reaction = option(self.document(), "fencing-reaction");
        if reaction.is_some_and(|text| text.eq_ignore_ascii_case("panic")) {
            return self.reset("it hears that it was fenced, and fencing-reaction is panic");
        }
        let text = if doubted { "a device says that this node is off" } else { "this node was fenced: it leaves" };
        self.note(Note::error("fencing", text));
        if !doubted && !self.leaving {
            self.terminate();
        }
    }

    pub(super) fn reset(&mut self, reason: &str) {
        self.note(Note::error("fencing", format!("this node resets itself: {reason}")));
        self.effects.push(Effect::Reset { reason: reason.to_string() });
    }
}
