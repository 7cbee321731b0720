//! When a commit is acknowledged: once enough members hold it on disk that no later majority
//! can miss it.

use super::event::ClientId;
use super::message::{Message, RequestId};
use super::request::{Refusal, Reply, Unsaved};
use super::{Effect, Node};
use crate::cib::Version;
use crate::membership::DiskState;
use crate::note::Note;
use crate::replica::PersistedTerms;
use std::collections::{BTreeMap, BTreeSet};

/// What is on whose disk, and who waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    /// Writes asked for, by number; what they hold.
    writing: BTreeMap<u64, (u64, Version)>,
    number: u64,
    /// The terms of the latest write asked for.
    terms: PersistedTerms,
    commits: Vec<Commit>,
}

#[derive(Clone, Debug)]
struct Commit {
    request: RequestId,
    /// The term in which members have to say that they hold it.
    term: u64,
    version: Version,
    /// Members that hold it, and those that cannot, with their reasons.
    held_by: BTreeSet<u32>,
    failed: BTreeMap<u32, String>,
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
            let (held_by, failed) = Default::default();
            self.commits.push(Commit { request, term, version, held_by, failed });
        }
    }

    /// Whether the terms are others than the latest write's.
    pub(super) fn terms_moved(&self, terms: PersistedTerms) -> bool {
        self.terms != terms
    }
}

impl Node {
    /// Asks for the document to be written.
    pub(super) fn persist(&mut self) {
        let terms = self.replica.terms();
        let document = self.document().without_status();
        self.durability.number += 1;
        self.durability.terms = terms;
        let number = self.durability.number;
        self.durability.writing.insert(number, (terms.term, document.version()));
        self.effects.push(Effect::Persist { number, document, terms });
    }

    /// A write is done, and with it all before.
    pub(super) fn persisted(&mut self, number: u64) {
        let later = self.durability.writing.split_off(&(number + 1));
        let done = std::mem::replace(&mut self.durability.writing, later);
        if let DiskState::Failing(_) = self.disk_state() {
            self.disk_is(DiskState::Good);
        }
        if let Some((_, (term, version))) = done.last_key_value() {
            self.send(Message::Persisted { term: *term, version: *version });
        }
    }

    /// The disk refuses: all are told, for they count on it no more; the cluster goes on.
    pub(super) fn persist_failed(&mut self, number: u64, reason: String) {
        let failed = self.durability.writing.remove(&number);
        self.note(Note::error("cib", format!("cannot be written to disk: {reason}")));
        self.disk_is(DiskState::Failing(reason.clone()));
        if let Some((term, version)) = failed {
            self.send(Message::NotPersisted { term, version, reason });
        }
    }

    /// A member cannot store this version, and so none of those before that it has not stored.
    pub(super) fn not_persisted_by(&mut self, from: u32, term: u64, version: Version, reason: &str) {
        for commit in &mut self.durability.commits {
            if term == commit.term && at_least(version, commit.version) && !commit.held_by.contains(&from) {
                commit.failed.insert(from, reason.to_string());
            }
        }
        self.reconsider_durability();
    }

    /// A member's disk is not good: what it does not hold yet is not waited for.
    pub(super) fn commits_not_held(&mut self, member: u32, reason: &str) {
        for commit in &mut self.durability.commits {
            if !commit.held_by.contains(&member) {
                commit.failed.insert(member, reason.to_string());
            }
        }
        self.reconsider_durability();
    }

    /// Why a change could not be made safe now, if it could not.
    pub(super) fn too_few_disks(&self) -> Option<String> {
        let (view, _) = self.replica.agreement()?;
        let bad = view.members.iter().filter_map(|member| Some((member, self.bad_disks().get(&member.id)?)));
        let bad: Vec<String> = bad.map(|(member, state)| format!("{}: {state}", member.name)).collect();
        (view.members.len() - bad.len() < self.holders_needed()).then(|| bad.join("; "))
    }

    /// How many members must hold a change: a majority of all nodes, so that any later majority has
    /// one of them; fewer only where fewer may act.
    pub(super) fn holders_needed(&self) -> usize {
        let here = self.replica.view().map_or(0, |view| view.members.len());
        let majority = self.settings.nodes / 2 + 1;
        if self.may_write() { majority.min(here) } else { majority }
    }

    /// Whether what so many hold cannot be missed by those who act later: a majority of all nodes; or one of
    /// two, if the other alone does not act before both have met (`wait_for_all`). Where quorum is ignored,
    /// anybody acts.
    fn is_safe_with(&self, holders: usize) -> bool {
        holders * 2 > self.settings.nodes || self.settings.two_node && self.settings.wait_for_all
    }

    /// A member holds this version, and so every configuration before it.
    pub(super) fn persisted_by(&mut self, from: u32, term: u64, version: Version) {
        for commit in &mut self.durability.commits {
            if term == commit.term && at_least(version, commit.version) {
                commit.failed.remove(&from);
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
                    commit.failed.clear();
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

    /// Acknowledges the commits that enough members hold; and those that no more members will hold,
    /// for they are in force: with the word that they are not safe.
    fn reconsider_durability(&mut self) {
        let Some((view, _)) = self.replica.agreement() else { return };
        let members = view.members.clone();
        let enough = self.holders_needed();
        let may_write = self.may_write();
        let heard = |commit: &Commit| {
            let asked = !commit.failed.is_empty() && may_write;
            asked
                && members
                    .iter()
                    .all(|member| commit.held_by.contains(&member.id) || commit.failed.contains_key(&member.id))
        };
        let commits = std::mem::take(&mut self.durability.commits);
        let (done, open) =
            commits.into_iter().partition(|commit: &Commit| commit.held_by.len() >= enough || heard(commit));
        self.durability.commits = open;
        for commit in done {
            let durable = commit.held_by.len() >= enough && self.is_safe_with(commit.held_by.len());
            let named = members.iter().filter_map(|member| Some((member, commit.failed.get(&member.id)?)));
            let unsaved =
                named.map(|(member, reason)| Unsaved { node: member.name.clone(), reason: reason.clone() }).collect();
            self.answer(Some(commit.request), Reply::Committed { version: commit.version, durable, unsaved });
        }
    }
}

/// Whether a configuration is the other or a later one.
fn at_least(version: Version, other: Version) -> bool {
    (version.admin_epoch, version.epoch) >= (other.admin_epoch, other.epoch)
}
