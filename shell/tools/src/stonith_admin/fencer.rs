//! The daemon, which fences.
//!
//! In: requests. Out: its answers, errors in this tool's words.

use super::options::Wish;
use crate::door;
use crate::standard::Failed;
use quorate_core::fencing::Device;
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_transport::environment::Environment;
use quorate_transport::local::address::Address;
use quorate_transport::local::daemon::AskError;
use quorate_transport::store::{CibSource, StoreError};
use std::time::Duration;

/// Where the daemon answers: a CIB in a file has no fencer of its own.
fn address() -> Address {
    Environment::of_process().address()
}

/// What the daemon knows of the cluster.
///
/// # Errors
/// It does not answer.
pub fn status(within: Duration) -> Result<NodeStatus, Failed> {
    door::status(&address(), within).map_err(|error| match &error {
        StoreError::Daemon(AskError::Client(_)) => {
            (door::exit(&error), format!("Could not connect to fencer: {error}"))
        }
        _ => door::failed(error),
    })
}

/// Devices that no CIB has. Daemons know of them, files do not.
///
/// # Errors
/// The daemon does not answer.
pub fn registered(wish: &Wish) -> Result<Vec<Device>, Failed> {
    let CibSource::Live { at } = Environment::of_process().first_source() else { return Ok(Vec::new()) };
    match door::reply(&at, &Request::RegisteredDevices, wish.timeout) {
        Ok(Reply::Devices { devices }) => Ok(devices),
        // Whom access lists bind sees those of the CIB, and so does who asks a Pacemaker.
        Ok(_) | Err(StoreError::Daemon(AskError::Refused(_) | AskError::Lacking(_))) => Ok(Vec::new()),
        Err(error) => Err(door::failed(error)),
    }
}

/// Asks it for one thing.
///
/// # Errors
/// It does not answer, or refuses.
pub fn ask(request: &Request, wish: &Wish) -> Result<(), StoreError> {
    door::reply(&address(), request, wish.timeout).map(drop)
}
