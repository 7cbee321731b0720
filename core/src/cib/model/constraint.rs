//! Constraints as written; sets are kept, tags are not yet followed.
//!
//! In: nothing. Out: [`Constraint`]. Never here: what they do to a placement (see `scheduler::constrain`).

use super::rule::Rule;
use crate::score::Score;

/// One element of the `constraints` section.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    Location(Location),
    Colocation(Colocation),
    Order(Order),
    Ticket(Ticket),
}

impl Constraint {
    /// The element's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Location(location) => &location.id,
            Self::Colocation(colocation) => &colocation.id,
            Self::Order(order) => &order.id,
            Self::Ticket(ticket) => &ticket.id,
        }
    }

    /// The names of what it constrains.
    pub fn resources(&self) -> Vec<&str> {
        match self {
            Self::Location(Location { of: LocationOf::Resource(name), .. })
            | Self::Ticket(Ticket { of: TicketOf::Resource { resource: name, .. }, .. }) => vec![name],
            Self::Location(Location { of: LocationOf::Pattern(_), .. }) => Vec::new(),
            Self::Colocation(Colocation { of: ColocationOf::Pair { dependent, primary, .. }, .. }) => {
                vec![dependent, primary]
            }
            Self::Order(Order { of: OrderOf::Pair { first, then, .. }, .. }) => vec![first, then],
            Self::Location(Location { of: LocationOf::Sets(sets), .. })
            | Self::Colocation(Colocation { of: ColocationOf::Sets(sets), .. })
            | Self::Order(Order { of: OrderOf::Sets(sets), .. })
            | Self::Ticket(Ticket { of: TicketOf::Sets(sets), .. }) => {
                sets.iter().flat_map(|set| &set.resources).map(String::as_str).collect()
            }
        }
    }
}

/// An `rsc_location`.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    pub id: String,
    pub of: LocationOf,
    pub role: Option<String>,
    pub want: LocationWant,
    /// `always`, `never` or `exclusive`.
    pub discovery: Option<String>,
}

/// Whom a location is about.
#[derive(Clone, Debug, PartialEq)]
pub enum LocationOf {
    Resource(String),
    /// An extended regular expression over resource ids; `!` before it negates.
    Pattern(String),
    Sets(Vec<ResourceSet>),
}

/// Where a location wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum LocationWant {
    /// Without a score of its own, a set's may still give one.
    Node {
        node: String,
        score: Option<Score>,
    },
    Rules(Vec<Rule>),
    /// Neither a node nor a rule.
    Nothing,
}

/// An `rsc_colocation`.
#[derive(Clone, Debug, PartialEq)]
pub struct Colocation {
    pub id: String,
    pub score: Score,
    /// Whether the dependent may move the other; absent means it depends on `critical`.
    pub influence: Option<bool>,
    pub of: ColocationOf,
}

/// Who is to be beside whom: two resources, or sets of them.
#[derive(Clone, Debug, PartialEq)]
pub enum ColocationOf {
    Pair {
        dependent: String,
        dependent_role: Option<String>,
        primary: String,
        primary_role: Option<String>,
        /// Nodes are equal that have the same value of this; `#uname` when absent.
        node_attribute: Option<String>,
    },
    Sets(Vec<ResourceSet>),
}

/// An `rsc_order`.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: String,
    pub kind: Option<OrderKind>,
    pub score: Option<Score>,
    pub symmetrical: Option<bool>,
    pub require_all: Option<bool>,
    pub of: OrderOf,
}

/// The `kind` of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    Optional,
    Mandatory,
    Serialize,
}

/// What comes first and what then: two actions, or sets of them.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderOf {
    Pair { first: String, first_action: Option<String>, then: String, then_action: Option<String> },
    Sets(Vec<ResourceSet>),
}

/// An `rsc_ticket`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub id: String,
    pub ticket: String,
    pub loss_policy: Option<String>,
    pub of: TicketOf,
}

/// Who depends on a ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketOf {
    Resource { resource: String, role: Option<String> },
    Sets(Vec<ResourceSet>),
}

/// A `resource_set`; what it leaves open, its constraint decides.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSet {
    pub id: String,
    pub sequential: Option<bool>,
    pub require_all: Option<bool>,
    pub ordering: Option<String>,
    pub action: Option<String>,
    pub role: Option<String>,
    pub score: Option<Score>,
    pub kind: Option<OrderKind>,
    pub resources: Vec<String>,
}
