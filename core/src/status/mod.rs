//! The status section as facts: what nodes report, what operations did, which tickets are held.
//!
//! In: the `<status>` element. Out: [`ClusterStatus`]. Never here: what follows from it (see `scheduler::resolve`).

pub mod attribute;
pub mod cause;
pub mod failcount;
pub mod history;
pub mod node;
pub mod operation;
pub mod ticket;

pub use cause::FencingCause;
pub use failcount::FailCounts;
pub use history::ResourceHistory;
pub use node::NodeState;
pub use operation::OperationRecord;
pub use ticket::TicketState;

use crate::xml::Element;

/// Everything below `<status>`, in document order.
#[derive(Clone, Debug, Default)]
pub struct ClusterStatus {
    pub nodes: Vec<NodeState>,
    pub tickets: Vec<TicketState>,
}

/// Reads `<status>`.
pub fn read(status: &Element) -> ClusterStatus {
    ClusterStatus {
        nodes: status.elements_named("node_state").filter_map(node::read).collect(),
        tickets: status
            .elements_named("tickets")
            .flat_map(|tickets| tickets.elements_named("ticket_state"))
            .filter_map(ticket::read)
            .collect(),
    }
}
