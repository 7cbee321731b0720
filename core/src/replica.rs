//! The same document on every member: taken over at the start of a view, then changed by the
//! same messages in the same order.
//!
//! In: joins, the newest configuration and status, patches and edits as they are delivered.
//! Out: the document after each. Absent: sending, storing, deciding what to change.

use crate::cib::document::FEATURE_SET;
use crate::cib::upgrade::{self, UpgradeError};
use crate::cib::{ApplyError, Document, Edit, Patch, Version, apply};
use crate::fencing::under_way::Brought;
use crate::membership::load::Load;
use crate::membership::{Accord, Agreement, DiskState, Gathering, Join, LetIn, Member, View};
use crate::schema::{self, Fault};
use crate::xml::Element;
use crate::xml::digest::element_digest;
pub use seats::node_ref;
use seats::{keep_members, seat_members};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

mod seats;

/// What is remembered beside the document, so that replicas can be compared after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersistedTerms {
    /// The latest term the node took part in.
    pub term: u64,
    /// The term in which the configuration was last changed.
    pub configuration_term: u64,
}

/// Names a request of a tool on the node that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId {
    pub node: u32,
    /// Which run of that node's daemon.
    pub incarnation: u64,
    pub number: u64,
}

/// How many commits are remembered: more than can be under way when a view changes.
const COMMITS_MAX: usize = 1000;

/// Why a patch was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    Patch(ApplyError),
    /// Its result is of a schema that this program cannot read.
    Schema(UpgradeError),
    /// Its result is not what its schema allows.
    Invalid(Vec<Fault>),
}

/// What came of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub version: Version,
    /// Ids of nodes whose membership it had wrong: that stayed as it is.
    pub kept: Vec<String>,
}

/// A member's copy.
#[derive(Clone, Debug)]
pub struct Replica {
    me: Member,
    document: Document,
    terms: PersistedTerms,
    /// The term the status comes from; 0 until the first agreement.
    status_term: u64,
    /// The latest commits that the document contains, as far as this daemon's life goes back.
    commits: VecDeque<RequestId>,
    /// Members of views that were entered since the latest agreement.
    seen: BTreeSet<u32>,
    /// Which run of each node's daemon was let in last.
    let_in: BTreeMap<u32, LetIn>,
    /// While this member is kept out: its own state as it was when it came.
    waiting_with: Option<Option<Element>>,
    round: u32,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    /// No view yet.
    Outside,
    /// Members speak.
    Gathering(View, Gathering),
    /// All have spoken; what some lack is on its way.
    Receiving(View, Box<Receiving>),
    /// Everyone has the same document.
    Agreed(View, Box<Agreement>),
}

#[derive(Clone, Debug)]
struct Receiving {
    agreement: Agreement,
    configuration: Option<(Element, Vec<RequestId>)>,
    status: Option<Element>,
}

/// What a member says of itself besides what its replica knows.
#[derive(Clone, Debug, Default)]
pub struct AboutMe {
    /// Which run of its daemon.
    pub incarnation: u64,
    /// Since its daemon started. Milliseconds.
    pub uptime_ms: u64,
    /// Its clock, seconds since the epoch.
    pub epoch: i64,
    pub fencing: Brought,
    pub disk: DiskState,
    /// When it last heard of a disk that works again, seconds since the epoch.
    pub disk_recovered: Option<i64>,
    pub watchdog: bool,
    /// What it knows of attributes that no document holds.
    pub attributes: Vec<crate::attribute::table::Brought>,
    pub load: Load,
}

/// What this member has to send once all have spoken.
#[derive(Clone, Debug, Default)]
pub struct ToSend {
    pub configuration: Option<(Element, Vec<RequestId>)>,
    pub status: Option<Element>,
}

impl Replica {
    /// The copy a node starts with, from its disk.
    pub fn new(me: Member, document: Document, terms: PersistedTerms) -> Replica {
        Replica {
            me,
            document,
            terms,
            status_term: 0,
            commits: VecDeque::new(),
            seen: BTreeSet::new(),
            let_in: BTreeMap::new(),
            waiting_with: None,
            round: 0,
            phase: Phase::Outside,
        }
    }

    /// The document as of the last message delivered.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What is to be stored beside the document.
    pub fn terms(&self) -> PersistedTerms {
        self.terms
    }

    /// The agreement in force; `None` while members are still agreeing.
    pub fn agreement(&self) -> Option<(&View, &Agreement)> {
        match &self.phase {
            Phase::Agreed(view, agreement) => Some((view, agreement)),
            _ => None,
        }
    }

    /// The view in force.
    pub fn view(&self) -> Option<&View> {
        match &self.phase {
            Phase::Outside => None,
            Phase::Gathering(view, _) | Phase::Receiving(view, _) | Phase::Agreed(view, _) => Some(view),
        }
    }

    /// What messages of now are bound to; `None` before the first view.
    pub fn accord(&self) -> Option<Accord> {
        self.view().map(|view| Accord { view: view.id, round: self.round })
    }

    /// Whether this member takes part: the members agree, and it is not kept out.
    pub fn is_inside(&self) -> bool {
        self.agreement().is_some_and(|(_, agreement)| agreement.is_inside(self.me.id))
    }

    /// A view begins, or its members have to agree anew: the join this member is to send.
    pub fn enter(&mut self, view: View, about: AboutMe) -> Join {
        let AboutMe { incarnation, uptime_ms, epoch, fencing, disk, disk_recovered, watchdog, attributes, load } =
            about;
        let led = self.agreement().is_some_and(|(_, agreement)| agreement.leader == Some(self.me.id));
        self.round = match self.view() {
            Some(current) if current.id == view.id => self.round + 1,
            _ => 0,
        };
        let accord = Accord { view: view.id, round: self.round };
        // Who is kept out has not been let in by anybody, and is not by being here.
        let outside =
            self.agreement().filter(|(current, _)| current.id == view.id).map(|(_, agreement)| &agreement.outside);
        let seen =
            view.members.iter().map(|member| member.id).filter(|id| !outside.is_some_and(|out| out.contains(id)));
        let seen: Vec<u32> = seen.collect();
        self.seen.extend(seen);
        self.phase = Phase::Gathering(view.clone(), Gathering::new(view, self.round));
        let me = node_ref(&self.me);
        let node_state = match (&self.waiting_with, self.status_term) {
            (Some(own), _) => own.clone(),
            (None, 0) => None,
            (None, _) => me.state_path().find(self.document.root()).cloned(),
        };
        Join {
            accord,
            id: self.me.id,
            name: self.me.name.clone(),
            incarnation,
            feature_set: FEATURE_SET.to_string(),
            uptime_ms,
            led,
            term: self.terms.term,
            configuration_term: self.terms.configuration_term,
            status_term: self.status_term,
            version: self.document.version(),
            configuration_digest: self.configuration_digest(),
            status_digest: element_digest(self.document.status()),
            node_state,
            epoch_seconds: epoch,
            seen: self.seen.iter().copied().collect(),
            let_in: self.let_in.clone(),
            fencing,
            disk,
            watchdog,
            disk_recovered,
            attributes,
            load,
        }
    }

    /// The digest of what a commit can change.
    fn configuration_digest(&self) -> String {
        let schema = self.document.root().attr("validate-with").unwrap_or_default();
        format!("{} {schema}", element_digest(self.document.configuration()))
    }

    /// The term the status comes from; no more than 1 if this daemon has not been in a cluster with quorum.
    pub fn status_term(&self) -> u64 {
        self.status_term
    }

    /// A member has spoken. After the last one: what this member is to send.
    pub fn joined(&mut self, join: Join) -> Option<ToSend> {
        let Phase::Gathering(view, gathering) = &mut self.phase else { return None };
        let agreement = gathering.joined(join)?;
        let view = view.clone();
        let mine = |from: u32, send: bool| send && from == self.me.id;
        let to_send = ToSend {
            configuration: mine(agreement.configuration_from, agreement.send_configuration)
                .then(|| (self.document.without_status().root().clone(), self.commits.iter().copied().collect())),
            status: mine(agreement.status_from, agreement.send_status).then(|| self.document.status().clone()),
        };
        let receiving = Receiving { agreement, configuration: None, status: None };
        self.phase = Phase::Receiving(view, Box::new(receiving));
        Some(to_send)
    }

    /// The configuration that all take over.
    pub fn take_configuration(&mut self, root: Element, commits: Vec<RequestId>) {
        if let Phase::Receiving(_, receiving) = &mut self.phase {
            receiving.configuration = Some((root, commits));
        }
    }

    /// The status that all take over.
    pub fn take_status(&mut self, status: Element) {
        if let Phase::Receiving(_, receiving) = &mut self.phase {
            receiving.status = Some(status);
        }
    }

    /// Completes the agreement if all is here: `true` when everyone now has the same document.
    pub fn finalize_join(&mut self) -> bool {
        let Phase::Receiving(view, receiving) = &self.phase else { return false };
        let agreement = &receiving.agreement;
        let complete = (!agreement.send_configuration || receiving.configuration.is_some())
            && (!agreement.send_status || receiving.status.is_some());
        if !complete {
            return false;
        }
        let (view, agreement) = (view.clone(), agreement.clone());
        let status = receiving.status.clone().unwrap_or_else(|| self.document.status().clone());
        let received = receiving.configuration.clone();
        let root = received.map(|(root, commits)| {
            self.commits = commits.into();
            root
        });
        let root = root.unwrap_or_else(|| self.document.root().clone());
        let mut document = Document::from_element(root).unwrap_or_else(|_| self.document.clone());
        *document.status_mut() = status;
        if is_outdated(&agreement) {
            document.status_mut().retain_elements(|part| part.name != "tickets");
        }
        seat_members(&mut document, &view, &agreement);
        document.set_version(agreement.version);
        self.document = document;
        self.terms = PersistedTerms { term: agreement.term, configuration_term: agreement.configuration_term };
        self.status_term = agreement.status_term.max(1);
        self.seen.clear();
        self.let_in.clone_from(&agreement.let_in);
        self.waiting_with = match agreement.outside.contains(&self.me.id) {
            true => Some(agreement.joins.get(&self.me.id).and_then(|join| join.node_state.clone())),
            false => None,
        };
        self.phase = Phase::Agreed(view, Box::new(agreement));
        true
    }

    /// Applies a patch that was delivered. What it makes of the configuration is kept in the latest
    /// schema, so that everything here reads one language. What a schema does not allow is not taken.
    ///
    /// # Errors
    /// The patch does not fit the document, or its result is of a schema that cannot be read, or is not what its
    /// schema allows; nothing is changed then.
    pub fn commit(&mut self, request: RequestId, patch: &Patch) -> Result<Committed, CommitError> {
        let patched = apply(&self.document, patch).map_err(CommitError::Patch)?;
        let (mut document, _) = upgrade::to_latest(&patched).map_err(CommitError::Schema)?;
        for result in [&patched, &document] {
            let faults = schema::new_faults(self.document.root(), result.root());
            if !faults.is_empty() {
                return Err(CommitError::Invalid(faults));
            }
            if patched.same(&document) {
                break;
            }
        }
        let seated = self.agreement().map(|(view, _)| keep_members(&mut document, &self.document, view));
        self.commits.push_back(request);
        if self.commits.len() > COMMITS_MAX {
            self.commits.pop_front();
        }
        self.configuration_changed(&document);
        self.document = document;
        Ok(Committed { version: self.document.version(), kept: seated.unwrap_or_default() })
    }

    /// Whether the document is known to contain this commit.
    pub fn contains(&self, request: RequestId) -> bool {
        self.commits.contains(&request)
    }

    /// Makes edits that were delivered; those that have nothing to stand on are counted.
    pub fn update(&mut self, edits: &[Edit]) -> usize {
        let mut document = self.document.clone();
        let failed = edits.iter().filter(|edit| edit.apply(&mut document).is_err()).count();
        if failed == edits.len() {
            return failed;
        }
        let configuration = edits.iter().any(Edit::is_of_configuration);
        let version = self.document.version();
        document.set_version(match configuration {
            true => version.next_configuration(),
            false => version.next_status(),
        });
        self.configuration_changed(&document);
        self.document = document;
        failed
    }

    fn configuration_changed(&mut self, new: &Document) {
        if !new.version().same_configuration(self.document.version()) {
            self.terms.configuration_term = self.terms.term;
        }
    }
}

/// Whether a majority went on after the status that all take over, and has lost its memory since. What that
/// status grants may have been revoked then, and be granted to another site now: so it grants nothing.
fn is_outdated(agreement: &Agreement) -> bool {
    let joins = &agreement.joins;
    let status = joins.get(&agreement.status_from).map_or(0, |join| join.status_term);
    joins.values().any(|join| join.term > status)
}
