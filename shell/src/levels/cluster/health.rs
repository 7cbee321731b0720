//! `cluster health`: what is wrong with the hosts of this cluster.
//!
//! In: facts of all hosts. Out: a line for each host and each trouble, an exit code.
//! Absent: mending it; resources.

use super::flags::LOCAL;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::facts::{Facts, Seen, gather};
use quorate_bootstrap::host::Host;

/// Clocks that are further apart make logs hard to read.
const CLOCK_OFF_MAX: u64 = 2_000;
/// KiB.
const FREE_MIN: u64 = 100 * 1024;

pub fn health(session: &mut Session, call: &Call) -> Outcome {
    let own = Host::here(&session.environment.node.host);
    let targets = if call.has(LOCAL) { vec![own] } else { hosts::named(session, &[], false)? };
    let seen = gather(&targets, &hosts::ssh(session), |_, _| {});
    let first = seen.iter().find_map(|one| one.facts.as_ref().ok()).cloned().unwrap_or_default();
    let mut ill = Vec::new();
    for one in &seen {
        let troubles = troubles(one, &first, targets.len());
        session.ui.line(&format!(
            "{}: {}",
            one.host.name,
            if troubles.is_empty() { "good".to_string() } else { troubles.join("; ") }
        ));
        if !troubles.is_empty() {
            ill.push(one.host.name.clone());
        }
    }
    match ill[..] {
        [] => Ok(()),
        _ => Err(Failure::refused(format!("something is wrong on {}", ill.join(", ")))),
    }
}

fn troubles(one: &Seen, first: &Facts, count: usize) -> Vec<String> {
    let facts = match &one.facts {
        Ok(facts) => facts,
        Err(error) => return vec![error.to_string()],
    };
    let mut found = services(facts);
    if facts.configuration != first.configuration {
        found.push("another corosync.conf than the first host".to_string());
    }
    if facts.key != first.key {
        found.push("another authkey than the first host".to_string());
    }
    if facts.clock_ahead.unsigned_abs() > CLOCK_OFF_MAX {
        found.push(format!("its clock is {:+.1} s off", facts.clock_ahead as f64 / 1000.0));
    }
    if facts.free < FREE_MIN {
        found.push(format!("{} MiB are free below /etc", facts.free / 1024));
    }
    if facts.running.is_some() && !facts.is_quorate {
        found.push("no quorum".to_string());
    }
    if facts.running.is_some() && facts.members.len() < count {
        found.push(format!("{} of {count} nodes are with it", facts.members.len()));
    }
    found
}

fn services(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    // Of two that are installed the one that runs.
    let running = ["quorated", "pacemaker"].into_iter().find(|unit| facts.runs(unit)).map(str::to_string);
    let manager = running.or_else(|| facts.manager.clone()).unwrap_or_else(|| "quorated".to_string());
    for unit in ["corosync".to_string(), manager] {
        if !facts.runs(&unit) {
            found.push(format!("{unit} does not run"));
        } else if !facts.enabled.contains(&unit) {
            found.push(format!("{unit} does not start at boot"));
        }
    }
    found
}
