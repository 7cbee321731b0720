//! Whether a resource fails alike on every node.
//!
//! In: the histories of all nodes. Out: yes, where nobody knows anything of it but failures. Then its agent or
//! its configuration is broken everywhere alike, and cutting nodes off would mend nothing: a failed stop blocks
//! it instead (COMPAT.md).

use super::Resolver;
use super::resource::without_instance;
use crate::exit;
use crate::scheduler::table::ResourceId;
use crate::status::OperationRecord;
use crate::status::operation::ExecutionStatus;

/// Whoever is promoted was started, or is the only one: an agent that says nothing but that says it of all nodes.
const USEFUL: [i32; 3] = [exit::OK, exit::NOT_RUNNING, exit::DEGRADED];

impl Resolver<'_> {
    /// At least two nodes have results of this resource, and whoever has any has nothing but failures.
    pub(super) fn fails_alike(&self, id: ResourceId) -> bool {
        let base = without_instance(&self.resources[id].id);
        let mut failing = 0;
        for state in &self.status_all.nodes {
            let of_it = state.history.iter().filter(|history| without_instance(history.id()) == base);
            let records = of_it.flat_map(|history| history.operations.iter()).filter(|record| is_over(record));
            let records: Vec<&OperationRecord> = records.collect();
            if records.iter().any(|record| is_useful(record)) {
                return false;
            }
            failing += usize::from(!records.is_empty());
        }
        failing > 1
    }
}

fn is_over(record: &OperationRecord) -> bool {
    !matches!(record.status, None | Some(ExecutionStatus::Pending | ExecutionStatus::Cancelled))
}

/// The agent said where the resource stands (what is not installed runs nowhere), or did what it was
/// asked.
fn is_useful(record: &OperationRecord) -> bool {
    match (record.status, record.exit_code) {
        (Some(ExecutionStatus::NotInstalled), _) | (_, Some(exit::NOT_INSTALLED)) => true,
        (Some(ExecutionStatus::Done), Some(code)) => USEFUL.contains(&code),
        _ => false,
    }
}
