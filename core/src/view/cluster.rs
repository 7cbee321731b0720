//! What there is to see of a cluster: plain data, names resolved, sorted.
//!
//! In: nothing. Out: [`ClusterView`] and what it holds. Never here: how it is made (see `build`)
//! or printed (see `text`, `html`, `xml`).

use crate::cib::model::options::NoQuorumPolicy;
use crate::cib::model::resource::Role;
use crate::scheduler::resolve::node::compare_names;
use crate::score::Score;
use std::collections::BTreeMap;

/// All that status displays show of a cluster, as plain data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterView {
    pub summary: Summary,
    /// By name.
    pub nodes: Vec<NodeView>,
    /// In the order of the configuration, removed ones last.
    pub resources: Vec<ResourceView>,
    pub attributes: Vec<NodeAttributes>,
    pub history: Vec<NodeHistory>,
    pub failures: Vec<FailureView>,
    /// Newest first.
    pub fencing: Vec<FencingView>,
    pub tickets: Vec<TicketView>,
    pub bans: Vec<BanView>,
    /// What each tag stands for.
    pub tags: BTreeMap<String, Vec<String>>,
}

/// The head of a status display.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub stack: String,
    pub dc: Option<CurrentDc>,
    pub quorate: bool,
    /// Seconds since 1970.
    pub updated: i64,
    /// The node that says so, where that is known.
    pub told_by: Option<String>,
    pub change: LastChange,
    pub nodes_configured: usize,
    pub instances: usize,
    pub disabled: usize,
    pub blocked: usize,
    pub fencing_enabled: bool,
    pub fencing_timeout_ms: u32,
    pub priority_fencing_delay_ms: u32,
    pub symmetric: bool,
    pub no_quorum_policy: NoQuorumPolicy,
    pub maintenance_mode: bool,
    pub stop_all_resources: bool,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            stack: String::new(),
            dc: None,
            quorate: false,
            updated: 0,
            told_by: None,
            change: LastChange::default(),
            nodes_configured: 0,
            instances: 0,
            disabled: 0,
            blocked: 0,
            fencing_enabled: true,
            fencing_timeout_ms: 60_000,
            priority_fencing_delay_ms: 0,
            symmetric: true,
            no_quorum_policy: NoQuorumPolicy::Stop,
            maintenance_mode: false,
            stop_all_resources: false,
        }
    }
}

/// The DC (here: the leader), as displays name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentDc {
    pub name: String,
    pub id: String,
    pub version: Option<String>,
    /// Nodes of different feature sets are online.
    pub mixed_versions: bool,
}

/// As the CIB's root element tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChange {
    pub time: Option<String>,
    pub user: Option<String>,
    pub client: Option<String>,
    pub origin: Option<String>,
}

/// What a node is to displays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeKind {
    #[default]
    Member,
    Remote,
    Guest,
}

/// A node's health, by its `#health-` attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    #[default]
    Green,
    Yellow,
    Red,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeView {
    pub name: String,
    pub id: String,
    pub kind: NodeKind,
    pub online: bool,
    pub standby: bool,
    pub standby_on_fail: bool,
    pub maintenance: bool,
    pub pending: bool,
    pub unclean: bool,
    pub shutdown: bool,
    pub expected_up: bool,
    pub is_dc: bool,
    pub health: Health,
    pub feature_set: Option<String>,
    /// Why it cannot store the configuration, if it cannot.
    pub disk: Option<String>,
    /// What its cluster engine finds amiss with the membership.
    pub engine: Option<String>,
    /// Resources for whose failures it was switched off, to stay so until somebody has looked.
    pub switched_off_for: Vec<String>,
    /// The resource a guest node runs in.
    pub container: Option<String>,
    /// Of a guest, the node it is on; empty if it is on none.
    pub host: Option<String>,
    /// What is active there and wanted, in the order found.
    pub running: Vec<PrimitiveView>,
    /// How many are active there, wanted or not.
    pub active: usize,
}

/// A resource of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceView {
    Primitive(PrimitiveView),
    Group(GroupView),
    Clone(CloneView),
    Bundle(BundleView),
}

/// What collectives and single resources have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    /// As people write it: an anonymous instance has no number.
    pub id: String,
    pub managed: bool,
    pub maintenance: bool,
    /// Its target role is Stopped, or Unpromoted where it could be promoted.
    pub disabled: bool,
    pub target_role: Option<String>,
    pub orphaned: bool,
    pub blocked: bool,
    pub failed: bool,
    pub failure_ignored: bool,
    /// At least a part of it runs.
    pub active: bool,
    /// All of it runs.
    pub fully_active: bool,
    pub description: Option<String>,
    /// Made by the cluster itself, and told of elsewhere: only programs want to see it.
    pub implicit: bool,
    /// Asked for by name: shown even if it does not run.
    pub asked_for: bool,
}

/// A primitive, or one instance of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrimitiveView {
    pub common: Common,
    /// With its instance number, for telling instances apart.
    pub instance_id: String,
    pub agent: String,
    pub role: Role,
    /// Its clone is promotable.
    pub promotable: bool,
    pub nodes: Vec<NodeRef>,
    /// Which of `nodes` it is best said to be on.
    pub current: Option<usize>,
    /// The operation that was sent and not answered: `start`, `monitor`, …
    pub pending: Option<String>,
    /// Where it was sent to.
    pub pending_on: Option<NodeRef>,
    /// Why a probe could not tell, where it is not active.
    pub probe_failure: Option<String>,
    /// Kept for a node that is down.
    pub locked_to: Option<NodeRef>,
}

/// A node that something is active on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRef {
    pub name: String,
    pub id: String,
    /// Unclean and offline: what runs there is a guess.
    pub lost: bool,
    pub online: bool,
}

/// A group, or one instance of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupView {
    pub common: Common,
    /// As people write it: an instance of an anonymous clone has no number.
    pub name: String,
    /// Members that do not run, wanted or not.
    pub inactive: usize,
    /// How many there are from the first that is wanted to the last of all.
    pub reach: usize,
    pub members: Vec<PrimitiveView>,
}

/// A clone with its instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloneView {
    pub common: Common,
    /// What is cloned.
    pub of: String,
    pub promotable: bool,
    pub unique: bool,
    /// How many instances there may be.
    pub max: usize,
    pub instances: Vec<InstanceView>,
    /// Nodes without an instance, by what is to be said of them.
    pub absent: Vec<(String, Vec<String>)>,
}

/// A primitive or a group, and how its clone mentions it in few words.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceView {
    pub resource: ResourceView,
    pub mention: Mention,
    /// Something is being done about it.
    pub changing: bool,
}

/// How a clone's short form mentions an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mention {
    /// With a line of its own.
    Alone,
    /// By the node it is promoted on.
    Promoted(String),
    /// By the node it runs on.
    Started(String),
    #[default]
    Nowhere,
}

/// The short form: who needs no line of his own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloneDigest {
    /// Indices of instances that do need one.
    pub singled_out: Vec<usize>,
    pub promoted: Vec<String>,
    pub started: Vec<String>,
    /// Nodes without an instance, by what is to be said of them.
    pub stopped: Vec<(String, Vec<String>)>,
}

/// A bundle with its replicas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BundleView {
    pub common: Common,
    /// Only some of its parts are wanted: they are listed one by one.
    pub in_parts: bool,
    pub engine: String,
    pub image: String,
    pub unique: bool,
    /// How many there are, wanted or not.
    pub configured: usize,
    pub replicas: Vec<ReplicaView>,
}

/// One replica of a bundle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaView {
    pub number: usize,
    pub ip_address: Option<String>,
    pub ip: Option<PrimitiveView>,
    pub child: Option<PrimitiveView>,
    pub container: PrimitiveView,
    pub remote: Option<PrimitiveView>,
    /// The container is not wanted.
    pub without_container: bool,
}

/// A node's attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeAttributes {
    pub node: String,
    pub id: String,
    pub kind: NodeKind,
    pub host: Option<String>,
    pub attributes: Vec<AttributeView>,
}

/// One attribute of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeView {
    pub name: String,
    pub value: String,
    /// What a ping-like agent should have written, where there is one.
    pub expected: Option<i64>,
}

/// What was run on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeHistory {
    pub node: String,
    pub id: String,
    pub kind: NodeKind,
    pub host: Option<String>,
    pub resources: Vec<ResourceHistoryView>,
}

/// What was run for one resource on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceHistoryView {
    pub id: String,
    /// The instance it is held to be of.
    pub instance_id: String,
    /// The name the history itself bears.
    pub kept_as: String,
    pub orphaned: bool,
    pub migration_threshold: Score,
    pub fail_count: Score,
    /// Seconds since 1970.
    pub last_failure: Option<i64>,
    pub operations: Vec<OperationView>,
}

/// One operation of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationView {
    pub call: String,
    /// `start`, `monitor`, `probe`, …
    pub task: String,
    pub interval_ms: u32,
    pub exit_code: i32,
    /// Seconds since 1970.
    pub last_change: Option<i64>,
    pub exec_ms: Option<String>,
    pub queue_ms: Option<String>,
}

/// A failed operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureView {
    pub resource: String,
    pub key: String,
    /// Older records have no key, and are known by their id.
    pub key_is_id: bool,
    pub node: String,
    /// What was done, as the key has it.
    pub deed: String,
    pub task: String,
    pub interval_ms: u32,
    pub exit_code: i32,
    /// The executor's own verdict; `None` if the operation ran to its end.
    pub not_executed: Option<&'static str>,
    pub status: &'static str,
    /// What the agent said; older records have none.
    pub reason: Option<String>,
    pub call: String,
    /// Seconds since 1970.
    pub last_change: Option<i64>,
    pub queue_ms: Option<String>,
    pub exec_ms: Option<String>,
}

impl ResourceHistoryView {
    /// Among operations, who has some; among fail counts, who failed.
    pub fn is_worth_telling(&self, with_operations: bool) -> bool {
        if with_operations { !self.operations.is_empty() } else { self.fail_count > Score::ZERO }
    }
}

/// What became of a fencing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FencingState {
    Succeeded,
    Failed,
    #[default]
    Pending,
}

/// One event of the fencing history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FencingView {
    pub target: String,
    pub action: String,
    pub state: FencingState,
    pub client: String,
    pub origin: String,
    /// The node that carried it out.
    pub delegate: Option<String>,
    /// Seconds since 1970.
    pub completed: Option<i64>,
    pub reason: Option<String>,
}

/// A ticket's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketView {
    pub id: String,
    pub granted: bool,
    pub standby: bool,
    /// Seconds since 1970.
    pub last_granted: Option<i64>,
    /// All that its state says.
    pub attributes: BTreeMap<String, String>,
}

/// A location constraint that keeps a resource away from a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanView {
    pub id: String,
    pub resource: String,
    pub node: String,
    pub node_id: String,
    pub host: Option<String>,
    pub score: Score,
    pub promoted_only: bool,
}

impl CloneView {
    /// What its instances come to in few words; instances on their way to another state are singled
    /// out where that is to be seen.
    pub fn digest(&self, with_pending: bool) -> CloneDigest {
        let mut digest = CloneDigest::default();
        for (at, instance) in self.instances.iter().enumerate() {
            match &instance.mention {
                _ if with_pending && instance.changing => digest.singled_out.push(at),
                Mention::Alone => digest.singled_out.push(at),
                Mention::Promoted(node) => digest.promoted.push(node.clone()),
                Mention::Started(node) => digest.started.push(node.clone()),
                Mention::Nowhere => {}
            }
        }
        let listed = digest.promoted.len() + digest.started.len();
        digest.promoted.sort_by(|left, right| compare_names(left, right));
        digest.started.sort_by(|left, right| compare_names(left, right));
        if !self.unique && self.max > listed {
            digest.stopped.clone_from(&self.absent);
        }
        digest
    }
}

impl ResourceView {
    /// What all kinds of resources have.
    pub fn common(&self) -> &Common {
        match self {
            Self::Primitive(primitive) => &primitive.common,
            Self::Group(group) => &group.common,
            Self::Clone(clone) => &clone.common,
            Self::Bundle(bundle) => &bundle.common,
        }
    }

    /// Single resources, down to the last container.
    pub fn primitives(&self) -> Vec<&PrimitiveView> {
        match self {
            Self::Primitive(primitive) => vec![primitive],
            Self::Group(group) => group.members.iter().collect(),
            Self::Clone(clone) => clone.instances.iter().flat_map(|instance| instance.resource.primitives()).collect(),
            Self::Bundle(bundle) => bundle.replicas.iter().flat_map(ReplicaView::primitives).collect(),
        }
    }
}

impl ReplicaView {
    /// The replica's parts, as far as they are wanted: address, contents, container, connection.
    pub fn primitives(&self) -> Vec<&PrimitiveView> {
        let container = Some(&self.container).filter(|_| !self.without_container);
        let parts = [self.ip.as_ref(), self.child.as_ref(), container, self.remote.as_ref()];
        parts.into_iter().flatten().collect()
    }
}

impl PrimitiveView {
    /// Where it is, if somewhere.
    pub fn current_node(&self) -> Option<&NodeRef> {
        self.nodes.get(self.current?)
    }

    /// Where it is, or else where it will be or was, or is kept for.
    pub fn shown_node(&self) -> Option<&NodeRef> {
        self.current_node().or(self.pending_on.as_ref()).or(self.locked_to.as_ref())
    }
}
