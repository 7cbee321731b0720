//! All that an operator can want, and who knows what it amounts to.
//!
//! In: a document, an [`Intent`], and [`Facts`] that no document holds. Out: edits, or a [`Refusal`].

use super::attribute::{self, Sort};
use super::find::find_node;
use super::manage::Rivals;
use super::refusal::Refusal;
use super::target_role::{self, Members, TargetRole};
use super::transient::Transient;
use super::{cleanup, delete, fence, holder, manage, moves, standby, ticket};
use crate::cib::Document;
use crate::cib::edit::{Edit, apply_all};

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A resource is started, stopped, promoted, demoted.
    Role {
        resource: String,
        role: TargetRole,
    },
    /// It gets the target role back that it had (`None`: none).
    Restore {
        resource: String,
        role: Option<String>,
    },
    Manage {
        resource: String,
        managed: bool,
    },
    /// Nothing is done to the resource, nor is it watched.
    Maintenance {
        resource: String,
        on: bool,
    },
    /// The same for all that runs on a node.
    NodeMaintenance {
        node: String,
        on: bool,
    },
    /// The same for the whole cluster.
    ClusterMaintenance {
        on: bool,
    },
    /// A node runs nothing.
    Standby {
        node: String,
        on: bool,
    },
    /// To a node, or away from where it runs; until a moment (ISO 8601) or for ever.
    Move {
        resource: String,
        node: Option<String>,
        until: Option<String>,
    },
    Ban {
        resource: String,
        node: Option<String>,
        until: Option<String>,
    },
    /// Moves and bans are forgotten, of one node or all.
    Clear {
        resource: String,
        node: Option<String>,
    },
    /// Of a resource, where `holder` says it belongs.
    ResourceAttribute {
        resource: String,
        sort: Sort,
        name: String,
        value: Option<String>,
    },
    NodeAttribute {
        node: String,
        sort: Sort,
        name: String,
        value: Option<String>,
    },
    /// Of a node, until it leaves.
    Transient(Transient),
    Property {
        name: String,
        value: Option<String>,
    },
    /// A node that is no member any more is forgotten.
    DeleteNode {
        node: String,
    },
    /// Failures are forgotten, or the whole history, so that resources are looked at anew.
    Cleanup {
        resource: Option<String>,
        node: Option<String>,
        failed_only: bool,
    },
    /// Failures of one operation are forgotten, with the history of what they were failures of.
    CleanupOperation {
        resource: Option<String>,
        node: Option<String>,
        operation: cleanup::Operation,
    },
    Ticket {
        ticket: String,
        change: ticket::Change,
    },
    /// A node counts as cut off.
    Down {
        node: String,
    },
}

impl Intent {
    /// The meta attribute that a resource is told by, with its value.
    pub fn meta(&self) -> Option<(&str, &'static str, &str)> {
        match self {
            Intent::Role { resource, role } => Some((resource, target_role::TARGET_ROLE, role.word())),
            Intent::Restore { resource, role } => {
                Some((resource, target_role::TARGET_ROLE, target_role::restarted(role.as_deref()?)))
            }
            Intent::Manage { resource, managed } => Some((resource, manage::MANAGED, manage::word(*managed))),
            Intent::Maintenance { resource, on } => Some((resource, manage::MAINTENANCE, manage::word(*on))),
            _ => None,
        }
    }
}

/// What is not in the document, or costs too much to find out again and again.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Seconds since 1970.
    pub epoch: i64,
    /// Where the resource is, when it is to be moved (see `running::places`).
    pub places: Vec<String>,
    /// Whoever asks knows better than what would be refused.
    pub force: bool,
    /// Which members of a container give up what they say to the contrary.
    pub members: Members,
    /// Who gives up `maintenance` for `is-managed`, or the reverse.
    pub rivals: Rivals,
    /// A move or a ban is about the promoted role alone.
    pub promoted_only: bool,
    /// The nodes that are in the cluster now, as far as a daemon or a status says so.
    pub in_cluster: Vec<String>,
}

impl Facts {
    fn terms<'a>(&'a self, until: &'a Option<String>) -> moves::Terms<'a> {
        let Facts { places, force, promoted_only, .. } = self;
        moves::Terms { until: until.as_deref(), places, force: *force, promoted_only: *promoted_only }
    }
}

/// The edits that an intent amounts to; none if all is so already.
///
/// # Errors
/// What it names is not there, or it would not do what whoever asks believes.
pub fn edits(document: &Document, intent: &Intent, facts: &Facts) -> Result<Vec<Edit>, Refusal> {
    match intent {
        Intent::Role { resource, role } => target_role::edits(document, resource, *role, &facts.members),
        Intent::Restore { resource, role } => target_role::restore(document, resource, role.as_deref(), &facts.members),
        Intent::Manage { resource, managed } => {
            manage::managed(document, resource, *managed, &facts.members, &facts.rivals)
        }
        Intent::Maintenance { resource, on } => {
            manage::maintenance(document, resource, *on, &facts.members, &facts.rivals)
        }
        Intent::NodeMaintenance { node, on } => manage::of_node(document, node, *on),
        Intent::ClusterMaintenance { on } => Ok(manage::of_cluster(document, *on)),
        Intent::Standby { node, on } => standby::edits(document, node, *on),
        Intent::Move { resource, node, until } => moves::to(document, resource, node.as_deref(), &facts.terms(until)),
        Intent::Ban { resource, node, until } => moves::ban(document, resource, node.as_deref(), &facts.terms(until)),
        Intent::Clear { resource, node } => moves::clear(document, resource, node.as_deref()),
        Intent::ResourceAttribute { resource, sort, name, value } => {
            holder::edits(document, resource, *sort, name, value.as_deref())
        }
        Intent::NodeAttribute { node, sort, name, value } => {
            attribute::of_node(document, node, *sort, name, value.as_deref())
        }
        Intent::Transient(transient) => transient.edits(document),
        Intent::Property { name, value } => Ok(attribute::property(document, name, value.as_deref())),
        Intent::DeleteNode { node } => delete::node(document, node, &facts.in_cluster),
        Intent::Cleanup { resource, node, failed_only } => {
            cleanup::edits(document, resource.as_deref(), node.as_deref(), *failed_only)
        }
        Intent::CleanupOperation { resource, node, operation } => {
            cleanup::edits_of_operation(document, resource.as_deref(), node.as_deref(), operation)
        }
        Intent::Ticket { ticket, change } => Ok(ticket::edits(document, ticket, change, facts.epoch)),
        Intent::Down { node } => {
            let node = find_node(document, node).ok_or_else(|| Refusal::NoNode(node.clone()))?;
            Ok(fence::down(document, &node))
        }
    }
}

/// The document as it is afterwards, with the next version if that is another.
///
/// # Errors
/// As [`edits`].
pub fn apply(document: &Document, intent: &Intent, facts: &Facts) -> Result<Document, Refusal> {
    let made = edits(document, intent, facts)?;
    let mut next = apply_all(document, &made).expect("edits stand on what was just looked at");
    if next.configuration() != document.configuration() {
        next.set_version(document.version().next_configuration());
    } else if next.root() != document.root() {
        next.set_version(document.version().next_status());
    }
    Ok(next)
}
