//! corosync.conf to several hosts: checked by each host's own Corosync on a copy, and put in its place on none of
//! them before all have found it good.
//!
//! In: hosts and the text. Out: what came of it, host by host.
//! Absent: what stands in it, telling Corosync.

use crate::host::{Host, on_each};
use quorate_transport::ssh::{SshError, SshOptions};
use std::path::Path;
use std::time::Duration;

pub const CONFIGURATION: &str = "/etc/corosync/corosync.conf";
pub const KEY: &str = "/etc/corosync/authkey";
/// Corosync reads it as whoever may read it; there is nothing secret in it.
const CONFIGURATION_MODE: u32 = 0o644;
/// As `corosync-keygen(8)` makes it.
pub const KEY_MODE: u32 = 0o400;

/// A check or a rename takes no time; reaching a host does.
const LIMIT: Duration = Duration::from_secs(20);

/// Where it cannot be put, and why: then it was put nowhere, unless `placed` says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlaced {
    pub errors: Vec<(String, SshError)>,
    /// Hosts that have the new one in spite of it.
    pub placed: Vec<String>,
}

/// Puts the text on all hosts at `path`, or on none.
///
/// # Errors
/// A host cannot be reached, its disk does not take the file, or its Corosync does not take what stands in it.
pub fn distribute(hosts: &[Host], text: &str, path: &str, ssh: &SshOptions) -> Result<(), NotPlaced> {
    let beside = format!("{path}.new");
    let tried = on_each(hosts, |host| check(host, text, &beside, ssh), |_, _| {});
    let errors = failed(hosts, tried);
    if !errors.is_empty() {
        on_each(hosts, |host| drop(host.run(&format!("rm -f {beside}"), LIMIT, ssh)), |_, _| {});
        return Err(NotPlaced { errors, placed: Vec::new() });
    }
    let line = format!("mv -fT {beside} {path} && sync $(dirname {path})");
    let moved = on_each(hosts, |host| host.must(&line, LIMIT, ssh).map(drop), |_, _| {});
    let good = hosts.iter().zip(&moved).filter(|(_, moved)| moved.is_ok()).map(|(host, _)| host.name.clone());
    let placed = good.collect();
    match failed(hosts, moved) {
        errors if errors.is_empty() => Ok(()),
        errors => Err(NotPlaced { errors, placed }),
    }
}

fn check(host: &Host, text: &str, beside: &str, ssh: &SshOptions) -> Result<(), SshError> {
    host.put(text.as_bytes(), Path::new(beside), CONFIGURATION_MODE, ssh)?;
    host.must(&format!("PATH=$PATH:/usr/sbin corosync -t -c {beside}"), LIMIT, ssh).map(drop)
}

fn failed(hosts: &[Host], results: Vec<Result<(), SshError>>) -> Vec<(String, SshError)> {
    let pairs = hosts.iter().zip(results);
    pairs.filter_map(|(host, result)| result.err().map(|error| (host.name.clone(), error))).collect()
}
