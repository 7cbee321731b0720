//! Where resources run, from the status section.
//!
//! In: a document. Out: nodes by resource, as the last operations there left them.
//! Absent: what should run where (the scheduler's).

use quorate_core::cib::Document;
use quorate_core::status::{self, OperationRecord, ResourceHistory};
use std::collections::BTreeMap;

/// Resource id (instances without their number) to the nodes on which it is active.
pub fn running(document: &Document) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in status::read(document.status()).nodes {
        let name = node.uname.clone().unwrap_or_else(|| node.id.clone());
        if !node.member.is_in() {
            continue;
        }
        for history in node.history.iter().filter(|history| is_active(history)) {
            let id = history.id.split(':').next().unwrap_or(&history.id).to_string();
            let nodes = found.entry(id).or_default();
            if !nodes.contains(&name) {
                nodes.push(name.clone());
            }
        }
    }
    found
}

/// Active if the newest operation that says so left it running.
fn is_active(history: &ResourceHistory) -> bool {
    let mut operations: Vec<&OperationRecord> = history.operations.iter().collect();
    operations.sort_by(|a, b| a.compare_age(b));
    operations.iter().fold(false, |active, operation| after(active, operation))
}

fn after(active: bool, operation: &OperationRecord) -> bool {
    match (operation.task(), operation.exit_code) {
        ("stop", Some(0)) | ("migrate_to", Some(0)) => false,
        ("start" | "promote" | "demote" | "migrate_from", Some(0)) => true,
        // 0 and 8 are running, 190 and 191 running but degraded, 7 is not running.
        ("monitor", Some(0 | 8 | 190 | 191)) => true,
        ("monitor", Some(7)) => false,
        _ => active,
    }
}
