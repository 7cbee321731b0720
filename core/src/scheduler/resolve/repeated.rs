//! Nodes that are cut off for one failure again and again.
//!
//! In: the fencings that states of nodes remember, the histories of all nodes. Out: whether a failure has
//! its node rebooted, switched off for good, or blocks its resource. A failure that a reboot does not mend
//! would have its node cut off at every boot, without an end (decisions/0018).

use super::Resolver;
use super::operation::OnFail;
use super::resource::without_instance;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::status::cause::{self, WITHIN_S};
use crate::status::{FencingCause, OperationRecord};

/// What fencing a node for a failure comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    /// It is done as configured.
    Fence,
    /// It was done so often that it is done for good.
    SwitchOff,
    /// Nobody is cut off for it; why.
    Block(&'static str),
}

impl Resolver<'_> {
    /// Fencing for a failure, or what stands in for it. `asked`: an `on-fail` says so, not the rule.
    pub(super) fn fence_or_block(&mut self, id: ResourceId, node: NodeId, asked: bool) -> OnFail {
        match self.repeated(id, node, asked) {
            Repeated::Fence | Repeated::SwitchOff => OnFail::Fence,
            Repeated::Block(words) => {
                let name = self.resources[id].id.to_string();
                self.warn_once(&name, words);
                OnFail::Block
            }
        }
    }

    pub(super) fn warn_once(&mut self, about: &str, words: &str) {
        if !self.notes.iter().any(|note| note.about == about && note.message == words) {
            self.warn(about, words);
        }
    }

    /// This failure has the node fenced: what is to be remembered of it, and how it is done.
    pub(super) fn note_fencing_cause(&mut self, id: ResourceId, node: NodeId) {
        let base = without_instance(&self.resources[id].id).to_owned();
        if self.repeated(id, node, true) == Repeated::SwitchOff {
            self.nodes[node].fencing_action = Some("off");
            let name = self.nodes[node].name.to_string();
            let words = format!(
                "is switched off and stays so: a failure of {base} has had it fenced {} times within an hour; \
                 find out why {base} fails there, mend it, clean it up (crm resource cleanup {base} {name}), \
                 then switch {name} on",
                self.options.fencing_repeat_limit - 1
            );
            self.error(&name, &words);
        }
        self.nodes[node].fencing_causes.insert(base);
    }

    fn repeated(&mut self, id: ResourceId, node: NodeId, asked: bool) -> Repeated {
        let limit = self.options.fencing_repeat_limit as usize;
        let base = without_instance(&self.resources[id].id).to_owned();
        let (name, input) = (self.nodes[node].name.to_string(), self.input);
        let status = self.status_all.clone();
        let since = |cause: &FencingCause| input.heard.get(&cause.id).copied().unwrap_or(cause.at);
        let recent = |cause: &&FencingCause| {
            let since = since(cause);
            cause.resource == base && input.present_for(since) - since < WITHIN_S
        };
        let causes = status.nodes.iter().filter_map(|state| {
            let causes: Vec<&FencingCause> = state.fencing_causes.iter().filter(recent).collect();
            (!causes.is_empty()).then_some((state.uname.as_deref() == Some(name.as_str()), causes))
        });
        let causes: Vec<(bool, Vec<&FencingCause>)> = causes.collect();
        if let Some(first) = causes.iter().flat_map(|(_, causes)| causes).map(|cause| since(cause)).min() {
            self.recheck.at(first + WITHIN_S + self.input.left_out_since(first));
        }
        let own: Vec<&FencingCause> =
            causes.iter().filter(|(own, _)| *own).flat_map(|(_, causes)| causes).copied().collect();
        if own.iter().any(|cause| cause.is_off_impossible()) {
            return Repeated::Block(
                "its node is not fenced for its failure again: no fence device switches it off; find out why it \
                 fails there, mend it, clean it up",
            );
        }
        if limit == 0 {
            return Repeated::Fence;
        }
        if !asked && !self.works_elsewhere(&base, &name) {
            let others = causes.iter().filter(|(own, _)| !own).flat_map(|(_, causes)| causes);
            let never_worked = others.clone().all(|cause| !cause.worked) && !self.has_worked_on(&base, &name);
            if causes.len() > 1 || (others.count() > 0 && never_worked) {
                return Repeated::Block(
                    "nobody is fenced for its failure: that was done on another node and has not helped; \
                     find out why it fails, mend it, clean it up",
                );
            }
        }
        match own.len() + 1 {
            times if times < limit => Repeated::Fence,
            _ if own.iter().any(|cause| cause.is_off()) => Repeated::Block(
                "its node is not fenced for its failure again: it was switched off for it within the hour, and is \
                 back; find out why it fails there, mend it, clean it up",
            ),
            _ if self.can_switch_off() => Repeated::SwitchOff,
            _ => Repeated::Block(
                "its node is not fenced for its failure again: rebooting has not helped, and no fence device \
                 switches it off; find out why it fails there, mend it, clean it up",
            ),
        }
    }

    /// Whether the resource has ever worked on this node since it was up.
    fn has_worked_on(&self, base: &str, node: &str) -> bool {
        let mut states = self.status_all.nodes.iter().filter(|state| state.uname.as_deref() == Some(node));
        states.any(|state| cause::has_worked(&state.history, base))
    }

    /// Whether the resource was ever seen to do something on another node, be it only to stop.
    fn works_elsewhere(&self, base: &str, node: &str) -> bool {
        let others = self.status_all.nodes.iter().filter(|state| state.uname.as_deref() != Some(node));
        let of_it = |history: &&crate::status::ResourceHistory| without_instance(history.id()) == base;
        let mut records =
            others.flat_map(|state| state.history.iter().filter(of_it)).flat_map(|history| &history.operations);
        records.any(OperationRecord::worked)
    }

    /// Whether some device does with `off` what the word says.
    fn can_switch_off(&self) -> bool {
        let spells_off = |id: ResourceId| {
            let parameters = self.parameters_on(id, None);
            parameters.get("pcmk_off_action").is_none_or(|action| !matches!(action.as_str(), "reboot" | "on"))
        };
        let devices = self.resources.iter().filter(|(_, resource)| resource.fence_device && resource.is_primitive());
        let mut devices = devices.map(|(id, _)| id).peekable();
        // A watchdog alone cannot keep a node off.
        devices.peek().is_some() && devices.any(spells_off)
    }
}
