//! When a commit is acknowledged: once enough members hold it on disk that no later majority
//! can miss it.

use super::event::ClientId;
use super::message::{Message, RequestId};
use super::request::{Refusal, Reply};
use super::{Effect, Node};
use crate::cib::Version;
use crate::note::Note;
use crate::replica::Mark;
use std::collections::{BTreeMap, BTreeSet};

/// What is on whose disk, and who waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    /// Writes asked for, by number; what they hold.
    writing: BTreeMap<u64, (u64, Version)>,
    number: u64,
    /// The mark of the latest write asked for.
    mark: Mark,
    commits: Vec<Commit>,
}

#[derive(Clone, Debug)]
struct Commit {
    request: RequestId,
    /// The term in which members have to say that they hold it.
    term: u64,
    version: Version,
    /// Members that hold it.
    held_by: BTreeSet<u32>,
}

impl Durability {
    /// Remembers a commit that a tool on this node waits for.
    pub(super) fn await_commit(
        &mut self,
        request: RequestId,
        term: u64,
        version: Version,
        waiting: &BTreeMap<RequestId, ClientId>,
    ) {
        if waiting.contains_key(&request) {
            let held_by = BTreeSet::new();
            self.commits.push(Commit { request, term, version, held_by });
        }
    }

    /// Whether the mark is another than the latest write's.
    pub(super) fn mark_moved(&self, mark: Mark) -> bool {
        self.mark != mark
    }
}

impl Node {
    /// Asks for the document to be written.
    pub(super) fn persist(&mut self) {
        let mark = self.replica.mark();
        let document = self.document().without_status();
        self.durability.number += 1;
        self.durability.mark = mark;
        let number = self.durability.number;
        self.durability.writing.insert(number, (mark.term, document.version()));
        self.effects.push(Effect::Persist { number, document, mark });
    }

    /// A write is done, and with it all before.
    pub(super) fn persisted(&mut self, number: u64) {
        let later = self.durability.writing.split_off(&(number + 1));
        let done = std::mem::replace(&mut self.durability.writing, later);
        if let Some((_, (term, version))) = done.last_key_value() {
            self.send(Message::Persisted { term: *term, version: *version });
        }
    }

    /// The disk refuses: the tools that wait are told; the cluster goes on.
    pub(super) fn persist_failed(&mut self, number: u64, reason: String) {
        self.durability.writing.remove(&number);
        self.note(Note::error("cib", format!("cannot be written to disk: {reason}")));
        for commit in std::mem::take(&mut self.durability.commits) {
            let refusal = Refusal::Disk { reason: reason.clone() };
            self.answer(Some(commit.request), Reply::Refused(refusal));
        }
    }

    /// A member holds this version, and so every configuration before it.
    pub(super) fn persisted_by(&mut self, from: u32, term: u64, version: Version) {
        for commit in &mut self.durability.commits {
            if term == commit.term && at_least(version, commit.version) {
                commit.held_by.insert(from);
            }
        }
        self.reconsider_durability();
    }

    /// The members agreed on a configuration: commits that it is not known to contain may be lost,
    /// and their tools are told. Who held the others has to say so again, for what it held may have
    /// been something else of the same version.
    pub(super) fn judge_commits(&mut self) {
        let mut lost = Vec::new();
        let Some((_, agreement)) = self.replica.agreement() else { return };
        for mut commit in std::mem::take(&mut self.durability.commits) {
            match self.replica.contains(commit.request) {
                true => {
                    commit.held_by.clear();
                    commit.term = agreement.term;
                    self.durability.commits.push(commit);
                }
                false => lost.push(commit.request),
            }
        }
        for request in lost {
            let reason = "the nodes that go on together are not known to have the change".to_string();
            self.answer(Some(request), Reply::Refused(Refusal::NotHere { reason }));
        }
        self.reconsider_durability();
    }

    /// Acknowledges the commits that enough members hold: a majority of all nodes, so that any
    /// later majority has one of them; fewer only where fewer may act.
    fn reconsider_durability(&mut self) {
        let Some((view, _)) = self.replica.agreement() else { return };
        let (here, majority) = (view.members.len(), self.settings.nodes / 2 + 1);
        let enough = if self.may_write() { majority.min(here) } else { majority };
        let commits = std::mem::take(&mut self.durability.commits);
        let (done, open) = commits.into_iter().partition(|commit| commit.held_by.len() >= enough);
        self.durability.commits = open;
        for commit in done {
            self.answer(Some(commit.request), Reply::Committed { version: commit.version });
        }
    }
}

/// Whether a configuration is the other or a later one.
fn at_least(version: Version, other: Version) -> bool {
    (version.admin_epoch, version.epoch) >= (other.admin_epoch, other.epoch)
}
